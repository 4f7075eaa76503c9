"""The response over hours, before and after: mean CAR with its band, mean scaled move beside that of placebo times."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.types import Array
from models.impact.measure.paths import car_path
from models.impact.sample import GROUPS
from models.impact.significance.overlap import excess_move, mean_with_overlap
from models.impact.study import ImpactStudy
from models.impact.study_moves import RAW

FINE_PATH_H = 24.0
BEFORE_H = (-24.0, -12.0, -8.0, -4.0, -2.0, -1.0)
DENSE_H, SPARSE_H = 12.0, 6.0


def path_rows(study: ImpactStudy) -> pl.DataFrame:
    """Rows of models.impact_paths, one per group, benchmark and whole hour.

    Placebo times stand beside raw and residual moves: before the release at BEFORE_H, after it hourly at first, then
    every SPARSE_H hours. Confounded releases are left out.
    """
    offsets = study.returns[RAW].offsets_h
    drawn = np.isclose(np.round(offsets), offsets)
    if study.bars.step_h < 1:
        drawn &= np.abs(offsets) <= FINE_PATH_H
    rows: list[dict[str, object]] = []
    for benchmark, returns in study.returns.items():
        paths = car_path(returns)
        for at in np.flatnonzero(drawn):
            rows += _points(study, benchmark, float(np.round(offsets[at])), paths[:, at])
    return pl.DataFrame(rows, infer_schema_length=None)


def _points(study: ImpactStudy, benchmark: str, hours: float, values: Array) -> list[dict[str, object]]:
    """One row per group with a release measured at this offset."""
    out: list[dict[str, object]] = []
    clean = study.clean(hours) if hours else np.ones(len(values), dtype=bool)
    for group in GROUPS:
        member = study.member(group) & np.isfinite(values) & clean
        if hours > 0:
            member &= ~study.moves.uncertain(hours)
        if not member.any():
            continue
        x = values[member]
        band = mean_with_overlap(x, study.sample.when_h[member], max(abs(hours), study.bars.step_h), test="path")
        low, high = (band.low, band.high) if band else (float(x.mean()), float(x.mean()))
        out.append({
            "study_id": study.study_id, "release_group": group, "benchmark": benchmark, "offset_h": hours,
            **_beside_placebo(study, benchmark, hours, member), "mean_car": float(x.mean()), "low": low, "high": high,
            "n_releases": int(member.sum()),
        })  # fmt: skip
    return out


def _beside_placebo(
    study: ImpactStudy, benchmark: str, hours: float, member: NDArray[np.bool_]
) -> dict[str, float | None]:
    """Mean |move| ÷ sigma between base close and offset, that at placebo times, the band of their difference."""
    names = ("mean_abs_scaled", "placebo_abs_scaled", "excess_low", "excess_high")
    told = hours in BEFORE_H or (hours > 0 and (hours <= DENSE_H or hours % SPARSE_H == 0))
    within = -study.design.before_h <= hours <= max(study.windows)
    if benchmark not in study.moves.grids or not told or not within:
        return dict.fromkeys(names)
    matched = study.moves.matched(benchmark, hours).where(member)
    known = np.isfinite(matched.excess)
    if not known.any():
        return dict.fromkeys(names)
    found = excess_move(matched, study.hours, hours)
    own, placebo = float(matched.own[known].mean()), float(matched.mean[known].mean())
    return dict(zip(names, (own, placebo, *((found.low, found.high) if found else (None, None))), strict=True))
