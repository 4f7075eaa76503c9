"""How well models/text/linking/link.py finds the assets of documents that a person has labelled.

    python -m benchmarks.texts.entities

Precision and recall of links at the threshold, per stratum: Wilson intervals take links as independent, bootstrap
intervals draw whole documents. Then the worst confusions, how often a link of each confidence was right, and documents
per second. The labels are tests/data/entity_labels.csv (stratum, doc_id, assets, salient; tickers between spaces),
the texts ../shared/data/news.parquet, which no checkout holds.
"""

import argparse
import json
import math
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl

from models.text.linking.catalogue import load_catalogue
from models.text.linking.link import link_assets
from pipelines.sources.documents import document_id

LABELS = Path(__file__).parents[2] / "tests" / "data" / "entity_labels.csv"
NEWS = Path(__file__).parents[3] / "shared" / "data" / "news.parquet"
THRESHOLD = 0.5
DRAWS = 2000
BINS = (0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1.0)


def documents(news: Path) -> pl.DataFrame:
    """`doc_id`, `title`, `body` of the file of news, the ids as the pipeline makes them."""
    frame = pl.read_parquet(news).with_columns(pl.col("title", "body", "url", "source").fill_null(""))
    guid = frame["source"] + "|" + frame.select(pl.coalesce("id", "title")).to_series()
    ids = [document_id(u, g) for u, g in zip(frame["url"], guid, strict=True)]
    return frame.select(pl.Series("doc_id", ids, dtype=pl.String), "title", "body").unique(
        "doc_id", keep="first", maintain_order=True
    )


def read_labels(path: Path) -> pl.DataFrame:
    """`stratum`, `doc_id`, and the sets `assets` and `salient` as lists of the catalogue's tickers."""
    text = dict.fromkeys(("stratum", "doc_id", "assets", "salient"), pl.String)
    frame = pl.read_csv(path, schema_overrides=text).with_columns(pl.col("assets", "salient").fill_null(""))
    return frame.with_columns(
        pl.Series(c, [sorted({_canonical(t) for t in row.split()}) for row in frame[c]], dtype=pl.List(pl.String))
        for c in ("assets", "salient")
    )


def _canonical(ticker: str) -> str:
    """The catalogue's ticker of a ticker that it knows under another name (STRAT, UST), else the ticker itself."""
    known = load_catalogue().spellings.get(ticker.lower(), ())
    return next((s.asset for s in known if s.text == ticker), ticker)


def judge(labels: pl.DataFrame, links: pl.DataFrame, threshold: float = THRESHOLD) -> pl.DataFrame:
    """One row per (document, asset) that is labelled or linked, with its confidence and whether it is which of both."""
    wanted = labels.explode("assets").drop_nulls("assets")
    wanted = wanted.select("doc_id", asset="assets", is_salient=pl.col("assets").is_in(pl.col("salient")))
    found = links.join(labels, on="doc_id", how="semi").select("doc_id", "asset", "confidence")
    both = wanted.with_columns(is_labelled=True).join(found, on=["doc_id", "asset"], how="full", coalesce=True)
    return both.join(labels.select("doc_id", "stratum"), on="doc_id").with_columns(
        pl.col("confidence").fill_null(0.0),
        pl.col("is_labelled", "is_salient").fill_null(value=False),
        is_linked=pl.col("confidence").fill_null(0.0) >= threshold,
        is_known=pl.col("asset").is_in(sorted(set(load_catalogue().tickers.values()))),
    )


def wilson(hits: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's 95 % interval of a share (Wilson 1927)."""
    if n == 0:
        return 0.0, 1.0
    p, spread = hits / n, z * z / n
    middle, half = p + spread / 2, z * math.sqrt(p * (1 - p) / n + spread / (4 * n))
    return (middle - half) / (1 + spread), (middle + half) / (1 + spread)


def shares(judged: pl.DataFrame, labels: pl.DataFrame) -> dict[str, object]:
    """Precision and recall of the links of these labelled documents, with both intervals."""
    right, wrong = pl.col("is_linked") & pl.col("is_labelled"), pl.col("is_linked") & ~pl.col("is_labelled")
    missed = ~pl.col("is_linked") & pl.col("is_labelled")
    counts = labels.select("doc_id").join(
        judged.group_by("doc_id").agg(right=right.sum(), wrong=wrong.sum(), missed=missed.sum()), "doc_id", "left"
    )
    per_document = counts.select("right", "wrong", "missed").fill_null(0).to_numpy().astype(np.int64)
    rng = np.random.default_rng(1)
    times = rng.multinomial(len(labels), np.full(len(labels), 1 / max(1, len(labels))), size=DRAWS)
    drawn = times @ per_document
    total = per_document.sum(0)
    out: dict[str, object] = {"documents": len(labels)}
    for name, other in (("precision", 1), ("recall", 2)):
        n = int(total[0] + total[other])
        parts = drawn[:, 0] + drawn[:, other]
        ratio = drawn[parts > 0, 0] / parts[parts > 0]
        out[name] = round(int(total[0]) / n, 3) if n else None
        out[f"{name}_links"] = n
        out[f"{name}_wilson"] = [round(x, 3) for x in wilson(int(total[0]), n)]
        out[f"{name}_bootstrap"] = [round(float(x), 3) for x in np.quantile(ratio, (0.025, 0.975))] if n else None
    salient, known = judged.filter("is_salient"), judged.filter("is_labelled", "is_known")
    out["recall_salient"] = _share(salient["is_linked"])
    out["recall_known_assets"] = _share(known["is_linked"])
    return out


def _share(hits: pl.Series) -> float | None:
    return round(float(hits.mean()), 3) if len(hits) else None  # type: ignore[arg-type]


def confusions(judged: pl.DataFrame, n: int) -> list[dict[str, object]]:
    """The `n` assets with the most wrong and missed links, and the documents of these."""
    at_fault = judged.filter(pl.col("is_linked") != pl.col("is_labelled"))
    worst = at_fault.group_by("asset").agg(
        false_positives=pl.col("is_linked").sum(),
        false_negatives=pl.col("is_labelled").sum(),
        in_catalogue=pl.col("is_known").first(),
        wrong=pl.col("doc_id").filter("is_linked").sort(),
        missed=pl.col("doc_id").filter("is_labelled").sort(),
    )
    order = pl.col("false_positives") + pl.col("false_negatives")
    return worst.sort(order, "asset", descending=[True, False]).head(n).to_dicts()


def calibration(judged: pl.DataFrame) -> list[dict[str, float]]:
    """Mean confidence and share of right links, by bin of confidence."""
    out = []
    for low, high in pairwise(BINS):
        inside = judged.filter(pl.col("confidence") >= low, (pl.col("confidence") < high) | (pl.lit(high == BINS[-1])))
        if len(inside):
            mean, right = inside.select(pl.mean("confidence"), pl.col("is_labelled").mean()).row(0)
            out.append({"from": low, "links": len(inside), "mean_confidence": round(mean, 3), "right": round(right, 3)})
    return out


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=Path, default=LABELS)
    parser.add_argument("--news", type=Path, default=NEWS)
    parser.add_argument("--threshold", type=float, default=THRESHOLD)
    parser.add_argument("--worst", type=int, default=15, help="assets to list under confusions")
    args = parser.parse_args()
    for path in (args.news, args.labels):
        if not path.exists():
            print(f"{path} is not on this machine: nothing to measure")
            return
    texts = documents(args.news)
    load_catalogue()
    began = time.perf_counter()
    links = link_assets(texts)
    seconds = time.perf_counter() - began
    labels = read_labels(args.labels)
    absent = labels.join(texts, on="doc_id", how="anti")["doc_id"].to_list()
    labels = labels.join(texts, on="doc_id", how="semi")
    judged = judge(labels, links, args.threshold)
    strata = {"all": shares(judged, labels)} | {
        str(name): shares(judged.filter(pl.col("stratum") == name), part)
        for (name,), part in sorted(labels.group_by("stratum"))
    }
    out = {
        "threshold": args.threshold, "labels_without_document": absent, "strata": strata,
        "calibration": calibration(judged), "confusions": confusions(judged, args.worst),
        "documents": len(texts), "links": len(links), "documents_per_s": round(len(texts) / seconds),
    }  # fmt: skip
    print(json.dumps(out, indent=1))


if __name__ == "__main__":
    main()
