"""Assets that a document is about: names, tickers and traps from ``entities.toml``, weighted by place and form.

One compiled pass finds every spelling. A trap (an ordinary word: "near", "one", "polygon") counts only in the
right form or beside certain words. Mentions are weighted by place and form, and the sentences of a document are
combined as independent chances: confidence is one minus the chance that none of them makes it about the asset.
"""

from math import prod

import polars as pl

from models.text.linking.mention import LEAD, MAX_CHARACTERS, Mention, scan_text

METHOD = "entities-v1"
MIN_CONFIDENCE = 0.2

# The chance that a document is about an asset given one sentence with the asset in this form and place: rounded from
# 370 documents that were labelled by hand for development.
CHANCE = {
    "subject": {"title": 0.97, "lead": 0.85, "body": 0.60},  # "Ether rose", "LINK/USDT" where pairs are listed
    "plain": {"title": 0.95, "lead": 0.60, "body": 0.25},
    "modifier": {"title": 0.95, "lead": 0.30, "body": 0.12},  # "bitcoin mining firm", "Solana-based"
    "amount": {"title": 0.95, "lead": 0.20, "body": 0.12},  # "480 BTC"
    "passing": {"title": 0.60, "lead": 0.20, "body": 0.08},  # "such as Bitcoin"
    "compared": {"title": 0.30, "lead": 0.15, "body": 0.05},  # "bitcoin rival"
}
AS_TRAP, BY_COMPANY, IN_TAIL = 0.95, 0.6, 0.05  # what remains of the chance
CROWDED, LIST = (3, 0.6), (6, 0.3)  # more assets than this in one sentence of a body; what remains
_SCHEMA = {"doc_id": pl.String, "asset": pl.String, "confidence": pl.Float64, "method": pl.String}


def link_assets(documents: pl.DataFrame) -> pl.DataFrame:
    """`doc_id`, `asset`, `confidence`, `method` of every asset that `documents` (doc_id, title, body) are about.

    A document is about an asset that is a subject of its title or is discussed in at least one sentence, beyond a
    passing mention, a list or boilerplate. Confidence is the chance of that, 0 to 1; links below MIN_CONFIDENCE are
    left out. Title and body may be null; at most MAX_CHARACTERS of each are read. A document's links depend on itself
    alone; of documents with the same `doc_id` the first is read.
    """
    texts = documents.unique("doc_id", keep="first", maintain_order=True).select(
        "doc_id", *(pl.col(c).cast(pl.String).fill_null("").str.slice(0, n) for c, n in MAX_CHARACTERS.items())
    )
    rows = [
        (doc_id, asset, confidence, METHOD)
        for doc_id, title, body in texts.iter_rows()
        for asset, confidence in sorted(confidences(title, body).items())
        if confidence >= MIN_CONFIDENCE
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def confidences(title: str, body: str) -> dict[str, float]:
    """Confidence of every asset that a text of this title and body names, however low."""
    chances: dict[str, list[float]] = {}
    for (asset, _, _), chance in _sentence_chances(title, body).items():
        chances.setdefault(asset, []).append(1 - chance)
    return {asset: round(1 - prod(misses), 4) for asset, misses in chances.items()}


def _sentence_chances(title: str, body: str) -> dict[tuple[str, bool, int], float]:
    """The best chance of each asset in each sentence, by (asset, whether in the title, number of the sentence)."""
    head, rest = scan_text(title), scan_text(body)
    both, roles = head.mentions + rest.mentions, head.roles | rest.roles
    always = {m.asset for m in both if m.counts(in_context=False, companions=set())}
    spellings: dict[str, set[str]] = {}
    for m in both:
        if m.cased and m.rule != "confirmed":
            spellings.setdefault(m.asset, set()).add(m.text.lower())
    in_context = bool(always) or "context" in roles or any(len(s) > 1 for s in spellings.values())
    companions = {m.asset for m in both if m.counts(in_context, set())}
    best: dict[tuple[str, bool, int], float] = {}
    for part, in_title in ((head, True), (rest, False)):
        counted = [m for m in part.mentions if m.counts(in_context, companions)]
        assets_of: dict[int, set[str]] = {}
        for m in counted:
            assets_of.setdefault(m.sentence, set()).add(m.asset)
        for m in counted:
            key = m.asset, in_title, m.sentence
            n_assets = 1 if in_title else len(assets_of[m.sentence])
            best[key] = max(best.get(key, 0.0), _chance(m, in_title, part.tail, n_assets, "listing" in roles))
    return best


def _chance(m: Mention, in_title: bool, tail: int, n_assets: int, listing: bool) -> float:
    """The chance of one mention among `n_assets` assets of a sentence."""
    place = "title" if in_title else "lead" if m.start < LEAD else "body"
    if listing and m.pair:
        return CHANCE["subject"]["lead"]
    ticker_in_listing = listing and m.text.isupper()
    chance = CHANCE["plain" if ticker_in_listing and m.form == "passing" else m.form][place]
    if not in_title and m.start >= tail:
        chance *= IN_TAIL
    if m.rule in ("capitalised", "confirmed"):
        chance *= AS_TRAP if m.rule == "capitalised" or m.sure or m.backed else BY_COMPANY
    if ticker_in_listing:
        return chance
    return chance * next((left for length, left in (LIST, CROWDED) if n_assets > length), 1.0)
