"""The answer of all studies of a run together: q-values over every window and timeframe, responses, sentences."""

from dataclasses import fields

import polars as pl

from models.impact.comparison.groups import with_comparison_q_values
from models.impact.findings.conclusions import conclusions
from models.impact.findings.parts import ResponseParts
from models.impact.findings.response import responses
from models.impact.study_inference import with_q_values


def answer_of(
    tests: pl.DataFrame,
    compared: pl.DataFrame,
    parts: dict[str, ResponseParts],
    *,
    simulated: bool = False,
) -> dict[str, pl.DataFrame]:
    """Rows of models.impact_tests, impact_comparisons, impact_response and impact_conclusions.

    `tests`, `compared`: rows of all studies without q-values; `parts`: those of `response_parts` by study. Sentences
    are made for every study; `simulated` releases are known by construction.
    """
    tested, compared = with_q_values(tests), with_comparison_q_values(compared)
    names = [f.name for f in fields(ResponseParts)]
    together = ResponseParts(*(_joined([getattr(part, name) for part in parts.values()]) for name in names))
    found = responses(together, compared)
    sentences = [
        pl.DataFrame({"sentence": said}).with_columns(
            study_id=pl.lit(study), place=pl.int_range(1, len(said) + 1, dtype=pl.Int32)
        )
        for study in parts
        if (said := conclusions(found, tested, compared, study, simulated=simulated))
    ]
    return {
        "impact_tests": tested, "impact_comparisons": compared, "impact_response": found,
        "impact_conclusions": _joined(sentences),
    }  # fmt: skip


def _joined(frames: list[pl.DataFrame]) -> pl.DataFrame:
    filled = [f for f in frames if not f.is_empty()]
    return pl.concat(filled, how="diagonal_relaxed") if filled else pl.DataFrame()
