"""Whether a document of XML came whole: told by its structure, not by a literal end."""

import re
from xml.parsers import expat

# Errors after which the end of the document was never reached because the document ended.
_ENDED_EARLY = frozenset(
    {
        expat.errors.codes[message]
        for message in (
            expat.errors.XML_ERROR_NO_ELEMENTS, expat.errors.XML_ERROR_UNCLOSED_TOKEN,
            expat.errors.XML_ERROR_PARTIAL_CHAR, expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
        )
    }
)  # fmt: skip
_LAST = 20_000  # the end of the outermost element stands here, whatever comments follow it
_END = re.compile(rb"</\s*(?:[\w.-]+:)?(?:rss|feed|rdf)\s*>", re.IGNORECASE)


def is_cut_off(body: bytes) -> bool:
    """Whether the outermost element is never closed. Entities are not resolved.

    A document that is broken otherwise, or in an encoding that the XML parser does not know, is whole where the end tag
    of a feed, under any prefix, stands near its end.
    """
    parser = expat.ParserCreate()
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.EntityDeclHandler = _no_entities
    try:
        parser.Parse(body.lstrip(), True)
    except expat.ExpatError as error:
        return error.code in _ENDED_EARLY or not _ends(body)
    except (_EntityError, ValueError, LookupError):
        return not _ends(body)
    return False


class _EntityError(Exception):
    """A document declares entities."""


def _no_entities(*_: object) -> None:
    raise _EntityError


def _ends(body: bytes) -> bool:
    return bool(_END.search(body.replace(b"\x00", b"")[-_LAST:]))


_DECLARED = re.compile(rb"<\?xml[^>]{0,200}encoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE)
_CAPTIONS = re.compile(
    rb"<media:(description|text|title|credit)\b[^>]*(?<!/)>.*?</media:\1\s*>", re.DOTALL | re.IGNORECASE
)


def readable(body: bytes, content_type: str) -> bytes:
    """A feed without the captions of its pictures, which are no text of its items; and where it says that it is UTF-8,
    or says nothing, with what is not UTF-8 in it replaced, so that one bad byte does not change how the rest is read.
    """
    declared = _DECLARED.search(body[:1000])
    charset = re.search(r"charset=[\"']?([\w.:-]+)", content_type, re.IGNORECASE)
    said = (charset[1] if charset else declared[1].decode() if declared else "utf-8").lower()
    if said in ("utf-8", "utf8") and not body.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = body.decode("utf-8", errors="replace")
        n_bad = text.count("\ufffd") - body.count("\ufffd".encode())
        if 0 < n_bad <= sum(byte > 127 for byte in body) / 4:
            body = text.encode()
    return _CAPTIONS.sub(b"", body)
