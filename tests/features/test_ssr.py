"""The Stablecoin Supply Ratio against reference values, identities and cases."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from features.ssr import CARRY_DAYS, btc_market_cap, oscillator, ssr_daily


def test_the_ratio_and_both_oscillators_agree_with_the_reference(reference):
    inputs = pl.read_csv(reference / "ssr" / "inputs.csv", try_parse_dates=True)
    expected = pl.read_csv(reference / "ssr" / "expected.csv").cast({pl.String: pl.Float64}, strict=False)
    frame = inputs.with_columns(ssr=pl.col("btc_price_usd") * pl.col("btc_supply") / pl.col("stablecoin_supply_usd"))
    found = frame.with_columns(z0=oscillator(pl.col("ssr"), ddof=0), z1=oscillator(pl.col("ssr"), ddof=1))
    for mine, theirs in (("ssr", "ssr"), ("z0", "z_ddof0"), ("z1", "z_ddof1")):
        a, b = found[mine].to_numpy(), expected[theirs].to_numpy()
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9, equal_nan=True)
    percent_b = (found["z0"] / 4 + 0.5).to_numpy()
    np.testing.assert_allclose(percent_b, expected["percent_b_ddof0"].to_numpy(), rtol=1e-9, equal_nan=True)


def _frames(prices: list[float], missing: tuple[int, ...] = ()) -> tuple[pl.DataFrame, pl.DataFrame]:
    n = len(prices)
    ts = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=i) for i in range(n)]
    schema = {"event_ts": pl.Datetime("us", "UTC"), "available_ts": pl.Datetime("us", "UTC")}
    a = pl.DataFrame({"coin": "AUSD", "chain": "all", "event_ts": ts, "available_ts": ts, "source": "x",
                      "supply_units": 3e9, "price_usd": prices, "market_cap_usd": None},
                     schema_overrides=schema)  # fmt: skip
    b = a.with_columns(coin=pl.lit("BSTB"), supply_units=pl.lit(1e9), price_usd=pl.lit(None, pl.Float64))
    b = b.filter(~pl.int_range(pl.len()).is_in(missing))
    btc = pl.DataFrame({"asset": "BTC", "metric": "market_cap_usd", "event_ts": ts, "available_ts": ts, "source": "x",
                        "value": [1e12] * n}, schema_overrides=schema)  # fmt: skip
    return pl.concat([a, b]), btc


def test_a_depegged_coin_weighs_less_at_market_and_the_same_at_par():
    daily = ssr_daily(*_frames([1.0, 0.5]), "simulated-v1").filter(pl.col("coin") == "ALL").sort("event_ts")
    assert daily["ssr_par"].to_list() == [250.0, 250.0]
    assert daily["ssr_market"].to_list() == [250.0, 1e12 / 2.5e9]


def test_a_missing_day_is_carried_and_counted_and_given_up_after_a_week():
    n = CARRY_DAYS + 6
    daily = ssr_daily(*_frames([1.0] * n, missing=tuple(range(2, n - 1))), "simulated-v1")
    total = daily.filter(pl.col("coin") == "ALL").sort("event_ts")
    assert total["n_carried"].to_list()[1:4] == [0, 1, 1]
    assert total["n_coins"][2 + CARRY_DAYS] == 1, "older than a week is not carried"
    assert total["n_coins"][-1] == 2


def test_total_market_capitalisation_over_btc_is_one_over_the_sum_of_inverse_ratios():
    daily = ssr_daily(*_frames([1.0, 1.0]), "simulated-v1")
    per_coin = daily.filter(pl.col("coin") != "ALL").group_by("event_ts").agg(inv=(1 / pl.col("ssr_par")).sum())
    joined = daily.filter(pl.col("coin") == "ALL").join(per_coin, on="event_ts")
    np.testing.assert_allclose(1 / joined["ssr_par"], joined["inv"])


def test_an_unknown_list_of_coins_names_the_known_ones():
    with pytest.raises(KeyError, match="majors-v1"):
        ssr_daily(*_frames([1.0]), "minors")


def test_another_figure_of_btc_does_not_delay_its_capitalisation():
    day = datetime(2024, 1, 2, tzinfo=UTC)
    known = {"market_cap_usd": 12, "hash_rate": 90}
    metrics = pl.DataFrame(
        {"asset": "BTC", "metric": m, "source": "v", "event_ts": day, "available_ts": day + timedelta(hours=h),
         "value": 8e11}
        for m, h in known.items()
    )  # fmt: skip
    assert btc_market_cap(metrics)["available_ts"].to_list() == [day + timedelta(hours=12)]
