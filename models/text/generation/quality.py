"""Quality of generated releases, compared with real ones: repetition, variety, copying, form, and likelihood under a
second model.

bits_per_character   −log2 of a text's probability under a judging language model ÷ its characters, mean over texts
                     (the first hundred of a set)
repeated_4grams      share of a text's runs of four words that occur earlier in it, mean over texts
distinct_n           different runs of n words ÷ all of them, over as many words of each set (Li et al. 2016)
copied_8grams        share of runs of eight words that occur verbatim in a source text, mean over texts
longest_copy_words   longest run of words of which each eight occur in a source, maximum of the set
has_…                share of texts with a headline, a dateline, a quotation with its speaker, a boilerplate
"""

import re
from collections import Counter
from collections.abc import Container, Iterable
from itertools import groupby, islice

import numpy as np

from models.text.language.causal import CausalModel
from models.text.language.tokens import MAX_CHARACTERS, read_tokens

Text = tuple[str, str]  # headline and body
COPIED = 8
DISTINCT = (1, 2, 3)
JUDGED = 100  # texts that the judge reads, for speed
_WORD = re.compile(r"[^\W_]+(?:['’.,-][^\W_]+)*")
FORM = ("has_headline", "has_dateline", "has_quote", "has_boilerplate")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATELINE = re.compile(
    rf"[^\n]{{0,120}}?\b[A-Z][\w.,’' ]{{1,60}}?[,(|–—-]\s?[^\n]{{0,40}}?{_MONTH}\.?,? +\d{{1,2}}"
    rf"|[^\n]{{0,60}}\d{{1,2}} +{_MONTH} +\d{{4}}",
    re.IGNORECASE,
)
_SAID = r"\b(?:said|says|added|commented|stated|noted|explained)\b"
_SPOKEN = r"[\"“][^\"”\n]{15,600}[\"”]"
_QUOTE = re.compile(rf"{_SPOKEN}[^\n]{{0,20}}{_SAID}|{_SAID}[^\n]{{0,80}}{_SPOKEN}")
_BOILERPLATE = re.compile(
    r"^\W{0,4}(?:about\b[^\n.]{2,80}$|(?:media|press|investor)\b[^\n]{0,30}\bcontacts?\b|contacts?:)",
    re.IGNORECASE | re.MULTILINE,
)


def lower_case_words(text: str) -> list[str]:
    """Words of a text in lower case."""
    return [w.lower() for w in _WORD.findall(text)]


def form_parts(text: Text) -> dict[str, bool]:
    """Which parts of a press release a text has."""
    title, body = text[0][:MAX_CHARACTERS], text[1][:MAX_CHARACTERS]
    start = next((line for line in body.splitlines() if line.strip()), "")
    found = (
        2 <= len(lower_case_words(title)) <= 25 and not title.rstrip().endswith("."),
        bool(_DATELINE.match(start.strip())),
        bool(_QUOTE.search(body)),
        bool(_BOILERPLATE.search(body)),
    )
    return dict(zip(FORM, found, strict=True))


def repeated(text: list[str], n: int = 4) -> float | None:
    """Share of a text's runs of n words that occur earlier in it; None where it has no run."""
    runs = _runs(text, n)
    return 1 - len(set(runs)) / len(runs) if runs else None


def distinct(texts: list[list[str]], n: int, budget: int) -> float | None:
    """Different runs of n words ÷ all of them, over the first `budget` words of the texts together."""
    remaining, runs = budget, []
    for text in texts:
        runs += _runs(text[:remaining], n)
        remaining -= len(text[:remaining])
    return len(set(runs)) / len(runs) if runs else None


def copied(text: list[str], sources: Container[tuple[str, ...]]) -> list[bool]:
    """Whether each run of COPIED words of a text is among `sources`."""
    return [run in sources for run in _runs(text, COPIED)]


def bits_per_character(texts: list[Text], judge: CausalModel) -> float | None:
    """Mean over the first JUDGED texts (their first tokens) of −log2 p ÷ characters, under the judge."""
    found = []
    for _, made in read_tokens([f"{t}\n{b}" for t, b in texts[:JUDGED]], judge):
        length = len(judge.tokenizer.decode(made.ids[1:].tolist()))
        if length:
            found.append(-made.log_p.sum() / np.log(2) / length)
    return float(np.mean(found)) if found else None


def text_quality(
    texts: list[Text], sources: list[Text], budget: int, judge: CausalModel | None = None, *, own: bool = False
) -> dict[str, float | None]:
    """All measures of a set of texts. `budget`: words that `distinct_n` looks at.

    `sources`: what may have been copied. With `own`, the texts are the sources and each is compared with the others.
    """
    tokenised = [lower_case_words(f"{t}\n{b}") for t, b in texts]
    forms = [form_parts(t) for t in texts]
    counts = Counter(run for t, b in sources for run in set(_runs(lower_case_words(f"{t}\n{b}"), COPIED)))
    known = {run for run, n in counts.items() if n > own}  # with `own` a text is itself among the sources
    hits = [copied(t, known) for t in tokenised] if sources else []
    return {
        "bits_per_character": bits_per_character(texts, judge) if judge else None,
        "words": _mean(len(t) for t in tokenised),
        "repeated_4grams": _mean(repeated(t) for t in tokenised),
        **{f"distinct_{n}": distinct(tokenised, n, budget) for n in DISTINCT},
        "copied_8grams": _mean(float(np.mean(h)) for h in hits if h),
        "longest_copy_words": max((_longest(h) for h in hits), default=None),
        **{name: _mean(f[name] for f in forms) for name in FORM},
    }


def _runs(text: list[str], n: int) -> list[tuple[str, ...]]:
    """All runs of n consecutive words."""
    return list(zip(*(islice(text, i, None) for i in range(n)), strict=False))


def _longest(hits: list[bool]) -> float:
    """Words of the longest row of copied runs."""
    best = max((len(list(row)) for hit, row in groupby(hits) if hit), default=0)
    return float(best + COPIED - 1) if best else 0.0


def _mean(values: Iterable[float | bool | None]) -> float | None:
    known = [float(v) for v in values if v is not None]
    return float(np.mean(known)) if known else None
