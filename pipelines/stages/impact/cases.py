"""The known cases on the candles that the warehouse has, as rows of models.known_cases."""

from datetime import datetime
from math import expm1

import polars as pl

from features.candles import Bars
from models.impact.cases import THRESHOLD, WINDOW_H, base_row, denied_after_h, known_cases, measure_case
from models.impact.measure.synthetic import beside_synthetic


def case_rows(bars: Bars, as_of: datetime) -> pl.DataFrame:
    """Rows for every case that one grid of bars can show and that had happened at `as_of`."""
    rows = []
    for case in known_cases():
        if case.time > as_of:
            continue
        move = measure_case(case, bars)
        if move is None:
            continue
        asset, row = bars.assets.index(case.asset), base_row(case, bars)
        beside = beside_synthetic(bars, asset, row, round(WINDOW_H / bars.step_h))
        rows.append({
            "case_id": case.id, "timeframe": bars.timeframe, "asset": case.asset, "event_ts": case.time,
            "ts_precision": case.precision, "claim": case.claim, "channel": case.channel, "kind": case.kind,
            "retracted_ts": case.denied, "reported_move": case.reported, "sources": " ".join(case.sources),
            "is_clean": case.clean, "base_usd": move.base, "peak_usd": move.peak, "peak_return": move.peak_return,
            "time_to_peak_h": move.time_to_peak_h, "end_return": move.end_return,
            "reversal_share": move.reversal_share, "half_life_h": move.half_life_h, "peak_sigma": move.peak_sigma,
            "flagged_ts": None if move.flagged_at is None else move.flagged_at.astype("datetime64[us]").item(),
            "lead_h": denied_after_h(case, move.flagged_h), "threshold": THRESHOLD, "false_alarms": move.false_alarms,
            "beside_return": None if beside is None else expm1(beside.peak_gap),
            "beside_end_return": None if beside is None else expm1(beside.end_gap),
            "beside_p": None if beside is None else beside.p_value,
            "n_donors": None if beside is None else beside.n_donors,
        })  # fmt: skip
    frame = pl.DataFrame(rows, infer_schema_length=None)
    return (
        frame
        if frame.is_empty()
        else frame.with_columns(pl.col("flagged_ts").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"))
    )
