"""Style of a text, independent of its topic: punctuation, function words, lengths. Numbers per text.

Function words are the classic evidence of authorship (Mosteller and Wallace 1963). No feature contains a topic or a
name, so that little is learned about which sources were human in the labelled texts; house styles remain.
"""

import re
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from models.text.language.tokens import clean_text

MAX_CHARACTERS = 1_300  # about the length that the language model reads
MARKS = {
    "comma": ",", "stop": ".", "semicolon": ";", "colon": ":", "straight_quote": '"', "curly_quote": "“”",
    "apostrophe": "'", "curly_apostrophe": "’", "hyphen": "-", "dash": "–—", "bracket": "(", "exclamation": "!",
    "question": "?", "percent": "%", "currency": "$€£", "slash": "/", "tag": "#@", "ellipsis": "…", "bar": "|",
    "ampersand": "&",
}  # fmt: skip
_FUNCTION_WORDS = (
    "a about after again against all also although among an and any are as at be because been before being "
    "between both but by can could did do does during each either even for from further had has have he her here "
    "his how however i if in including into is it its itself just like made may might more moreover most much "
    "must my new no nor not now of off on once one only or other our out over own per rather said same says she "
    "should since so some such than that the their them then there these they this those through to told too "
    "toward under until up upon very was we were what when where whether which while who whom whose why will with "
    "within without would yet you your additionally furthermore overall potential significant highlights "
    "according statement officials reported revealed claims"
)
WORDS = tuple(_FUNCTION_WORDS.split())
ENDINGS = {"ing": ("ing",), "ly": ("ly",), "ed": ("ed",), "abstract": ("tion", "ment", "ity")}
SHAPES = ("capitals", "digits", "word_length", "distinct", "sentence_length", "sentence_spread", "long_words", "whole")
STYLE = (*MARKS, *SHAPES, *(f"ends_{e}" for e in ENDINGS), *(f"word_{w}" for w in WORDS))
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_SENTENCE = re.compile(r"[.!?]+[\"'”’)]*\s+")
_END = re.compile(r"[.!?\"”’)]$")
DISTINCT_OF, LONG = 60, 8


def style_features(texts: list[str | None]) -> NDArray[np.float64]:
    """STYLE of each text, [N, S]; of its first MAX_CHARACTERS.

    Marks, capitals and digits per 100 characters; endings per 100 words; words as the root of their number per 100
    words; `distinct` is the share of different ones among the first DISTINCT_OF words, `long_words` of those over LONG
    letters, `whole` 1 where the text ends as a sentence does. Lengths in words and letters. 0 for a text without words.
    """
    return np.array([_text_features(clean_text(text)[:MAX_CHARACTERS]) for text in texts]).reshape(
        len(texts), len(STYLE)
    )


def _text_features(text: str) -> list[float]:
    words = [w.lower() for w in _WORD.findall(text)]
    per_character, per_word = 100 / max(len(text), 1), 100 / max(len(words), 1)
    marks = [per_character * sum(text.count(c) for c in mark) for mark in MARKS.values()]
    endings = [per_word * sum(w.endswith(e) for w in words) for e in ENDINGS.values()]
    counts = Counter(words)
    return [*marks, *_shape_features(text, words), *endings, *(float(np.sqrt(per_word * counts[w])) for w in WORDS)]


def _shape_features(text: str, words: list[str]) -> list[float]:
    """SHAPES of a text and its words in lower case."""
    if not words:
        return [0.0] * len(SHAPES)
    per_character = 100 / len(text)
    lengths = [len(_WORD.findall(s)) for s in _SENTENCE.split(text) if s.strip()]
    start = words[:DISTINCT_OF]
    return [
        per_character * sum(c.isupper() for c in text), per_character * sum(c.isdigit() for c in text),
        float(np.mean([len(w) for w in words])), len(set(start)) / len(start),
        float(np.mean(lengths)), float(np.std(lengths)), float(np.mean([len(w) > LONG for w in words])),
        float(_END.search(text) is not None),
    ]  # fmt: skip
