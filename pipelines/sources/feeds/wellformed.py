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
