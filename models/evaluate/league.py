"""What a table of scores says at a glance: the league of models, and alarms for what is too good to be true."""

import polars as pl

from models.evaluate.table import ALL

LEAK_DIRECTION = 0.55
LEAK_GAIN = 0.02


def leak_alarms(table: pl.DataFrame) -> list[str]:
    """Sentences on scores that are too good to be true: look for a leak of the future first."""
    whole = table.filter(pl.col("asset") == ALL, pl.col("regime") == "all")
    out = []
    for row in whole.filter(pl.col("metric") == "direction", pl.col("value") > LEAK_DIRECTION).iter_rows(named=True):
        out.append(f"{row['model_name']} has the right sign in {100 * row['value']:.1f} % at {row['horizon_h']} h")
    gain = whole.filter(pl.col("horizon_h") == 0, pl.col("value") < 1 - LEAK_GAIN)
    for row in gain.filter(pl.col("metric") == "ratio_to_volatility_walk").iter_rows(named=True):
        out.append(
            f"{row['model_name']} has {100 - 100 * row['value']:.1f} % less CRPS than the volatility-scaled walk"
        )
    return out


def league(scores: pl.DataFrame) -> pl.DataFrame:
    """One row per model, best first: CRPS ÷ the volatility-scaled walk's with interval and test, coverage, the set."""
    whole = scores.filter(pl.col("asset") == ALL, pl.col("regime") == "all")

    def metric(name: str, horizon: int, value: str = "value") -> pl.DataFrame:
        return whole.filter(pl.col("metric") == name, pl.col("horizon_h") == horizon).select("model_name", value)

    ratio = whole.filter(pl.col("metric") == "ratio_to_volatility_walk", pl.col("horizon_h") == 0)
    table = (
        whole.select("model_name")
        .unique()
        .join(
            ratio.select("model_name", ratio="value", low="low", high="high", p="p_value"), on="model_name", how="left"
        )
    )
    for horizon in (1, 4, 8, 24):
        each = metric("ratio_to_volatility_walk", horizon).rename({"value": f"ratio_{horizon}h"})
        table = table.join(each, on="model_name", how="left")
    for horizon in (1, 4, 8, 24):
        each = metric("coverage_90", horizon).rename({"value": f"cover_{horizon}h"})
        table = table.join(each, on="model_name", how="left")
    kept = metric("confidence_set", 0, "p_value").rename({"p_value": "set_p"})
    named = table.join(kept, on="model_name", how="left").with_columns(pl.col("ratio").fill_null(1.0))
    return named.sort("ratio", "model_name").rename({"model_name": "model"})
