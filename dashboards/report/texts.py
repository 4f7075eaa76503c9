"""The report's section on authorship: verdicts, alarms, and the texts of tapewire's own generator."""

from typing import Any

import polars as pl

from dashboards.data import Published
from dashboards.report.tables import table_of
from dashboards.wording import one_line, printable, stretches

MAX_ROWS = 12
SCORE_NAMES = {"machine_probability": "detector", "lrr": "LRR", "top_1": "share of likeliest tokens"}
METRICS = {
    "bits_per_character": "Bits per character under another model", "words": "Words",
    "repeated_4grams": "Runs of 4 words that repeat in the text", "distinct_1": "Different words",
    "distinct_2": "Different runs of 2 words", "distinct_3": "Different runs of 3 words",
    "copied_8grams": "Runs of 8 words copied", "longest_copy_words": "Longest copy, words",
    "has_headline": "Have a headline", "has_dateline": "Have a dateline", "has_quote": "Have a quotation",
    "has_boilerplate": "Have a boilerplate", "frame_share": "Characters that the frame gave",
}  # fmt: skip


def text_section(warehouse: Published) -> dict[str, Any]:
    """The values of the template's section: detection, quality, a specimen, alarms, flagged documents."""
    return {
        "detection": _detection(warehouse), "quality": _quality(warehouse), "specimen": _specimen(warehouse),
        "alarms": _alarms(warehouse), "flagged": _flagged(warehouse), "judged": _judged(warehouse),
    }  # fmt: skip


def _judged(warehouse: Published) -> dict[str, int]:
    """Documents by verdict."""
    rows = warehouse.query(
        "SELECT machine_verdict, count(*) AS n FROM marts.releases WHERE machine_verdict IS NOT NULL GROUP BY ALL "
        "ORDER BY n DESC, machine_verdict"
    )
    return dict(rows.iter_rows())


def _detection(warehouse: Published) -> dict[str, Any] | None:
    rows = warehouse.query(
        "FROM marts.detection ORDER BY model, kind, score <> 'machine_probability', score, min_tokens"
    )
    if rows.is_empty():
        return None
    shown = rows.filter((pl.col("score") == "machine_probability") | (pl.col("min_tokens") == 30)).with_columns(
        pl.col("kind").str.replace_all("_", " "), pl.col("score").replace(SCORE_NAMES).str.replace_all("_", " ")
    )
    names = {"model": "Written by", "kind": "Kind", "score": "Score", "min_tokens": "Tokens, from", "auroc": "AUROC",
             "low": "95 % low", "high": "high", "true_positive_rate": "TPR at 1 % FPR",
             "flagged_generated": "Flagged", "flagged_real": "Real flagged", "n_generated": "Generated",
             "n_real": "Real"}  # fmt: skip
    formats = {"min_tokens": "", "auroc": ".3f", "low": ".3f", "high": ".3f", "true_positive_rate": ".0%",
               "flagged_generated": ".0%", "flagged_real": ".1%", "n_generated": ",", "n_real": ","}  # fmt: skip
    return table_of(shown, formats, names)


def _quality(warehouse: Published) -> list[tuple[str, dict[str, Any]]]:
    """A table for the newest batch of each language model."""
    rows = warehouse.query(
        "FROM marts.text_quality QUALIFY created_ts = max(created_ts) OVER (PARTITION BY model) ORDER BY model, metric"
    )
    out = []
    for (model, batch), part in rows.group_by("model", "batch_id", maintain_order=True):
        first = part.row(0, named=True)
        title = (
            f"{model}: {first['n_generated']} {first['kind'].replace('_', ' ')}s for {first['asset']}, batch {batch}"
        )
        measures = part.with_columns(pl.col("metric").replace(METRICS)).sort(
            pl.col("metric").replace_strict({m: i for i, m in enumerate(METRICS.values())}, default=99)
        )
        names = {"metric": "Measure", "generated": "Generated", "real": f"Real ({first['n_real']})"}
        out.append((one_line(title), table_of(measures, {"generated": ".3g", "real": ".3g"}, names)))
    return out


def _specimen(warehouse: Published) -> list[dict[str, str]]:
    """The first release of each language model's newest batch, with its mark and its most machine-like stretches."""
    rows = warehouse.query(
        "FROM marts.generated_releases "
        "QUALIFY row_number() OVER (PARTITION BY model ORDER BY created_ts DESC, batch_id, number) = 1 ORDER BY model"
    ).to_dicts()
    return [
        {
            "model": one_line(r["model"]),
            "mark": r["mark"],
            "title": one_line(r["title"]),
            "body": printable(r["body"]).strip(),
            "striking": stretches(r["machine_striking"]),
        }
        for r in rows
    ]


def _alarms(warehouse: Published) -> dict[str, Any] | None:
    rows = warehouse.query("FROM marts.story_alarms ORDER BY event_ts DESC, asset LIMIT $n", n=MAX_ROWS)
    if rows.is_empty():
        return None
    names = {
        "event_ts": "Time (UTC)",
        "asset": "Asset",
        "alarm": "Alarm",
        "n_documents": "Documents",
        "title": "Headline",
    }
    return table_of(rows, {"event_ts": "%Y-%m-%d %H:%M", "n_documents": ","}, names)


def _flagged(warehouse: Published) -> dict[str, Any] | None:
    rows = warehouse.query(
        "FROM marts.releases WHERE machine_verdict = 'flagged' ORDER BY available_ts DESC, doc_id LIMIT $n", n=MAX_ROWS
    )
    if rows.is_empty():
        return None
    flagged = rows.with_columns(striking=pl.Series([stretches(s) for s in rows["machine_striking"]], dtype=pl.String))
    names = {"available_ts": "Time (UTC)", "publisher": "Publisher", "title": "Headline",
             "machine_probability": "Probability", "striking": "Most machine-like"}  # fmt: skip
    return table_of(flagged, {"available_ts": "%Y-%m-%d %H:%M", "machine_probability": ".2f"}, names)
