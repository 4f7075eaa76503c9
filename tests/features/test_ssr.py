"""The Stablecoin Supply Ratio against reference values, identities and cases."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from features.daily.ssr import btc_market_cap, oscillator, ssr_daily
from features.daily.supply import CARRY_DAYS


def test_the_ratio_and_both_oscillators_agree_with_the_reference(reference):
    inputs = pl.read_csv(reference / "ssr" / "inputs.csv", try_parse_dates=True)
    expected = pl.read_csv(reference / "ssr" / "expected.csv").cast({pl.String: pl.Float64}, strict=False)
    ratio = pl.col("btc_price_usd") * pl.col("btc_supply") / pl.col("stablecoin_supply_usd")
    frame = inputs.with_columns(event_ts=pl.col("date").cast(pl.Datetime("us")), ssr=ratio)
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
    assert len(total) == 3 + CARRY_DAYS, "older than a week is not carried, and the total is not silently smaller"
    assert set(total["n_coins"]) == {2}
    assert total["event_ts"][-1] == daily["event_ts"].max()


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


DAYS = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=i) for i in range(40)]


def _supply(coin: str, days: list[datetime], *, chain: str = "all", **values: list[float]) -> pl.DataFrame:
    blank = {"supply_units": None, "price_usd": None, "market_cap_usd": None}
    return pl.DataFrame(
        {"coin": coin, "chain": chain, "event_ts": days, "available_ts": days, "source": "x"} | blank | values,
        schema_overrides={"event_ts": pl.Datetime("us", "UTC"), "available_ts": pl.Datetime("us", "UTC")}
        | dict.fromkeys(blank, pl.Float64),
    )


def _btc(days: list[datetime], cap: float = 4e11) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "asset": "BTC",
            "metric": "market_cap_usd",
            "event_ts": days,
            "available_ts": days,
            "source": "x",
            "value": cap,
        },
        schema_overrides={"event_ts": pl.Datetime("us", "UTC"), "available_ts": pl.Datetime("us", "UTC")},
    )


def _total(*supply: pl.DataFrame, btc: pl.DataFrame | None = None) -> pl.DataFrame:
    daily = ssr_daily(pl.concat(supply), _btc(DAYS) if btc is None else btc, "majors-v1")
    return daily.filter(pl.col("coin") == "ALL").sort("event_ts")


def test_growth_goes_by_the_calendar_where_the_capitalisation_of_btc_lacks_days():
    grown = [1e11 * 1.01**i for i in range(40)]
    total = _total(_supply("USDT", DAYS, supply_units=grown), btc=_btc([*DAYS[:20], *DAYS[24:]]))
    np.testing.assert_allclose(total["growth_1d"].drop_nulls(), 0.01, rtol=1e-9)
    np.testing.assert_allclose(total["growth_7d"].drop_nulls(), 1.01**7 - 1, rtol=1e-9)
    assert total["growth_7d"].null_count() == 7


def test_a_missing_day_of_supply_makes_no_longer_growth():
    kept = [*DAYS[:10], *DAYS[22:]]  # beyond what is carried
    total = _total(_supply("USDT", kept, supply_units=[1e11 * 1.01**i for i in range(len(kept))]))
    first_again = total.filter(pl.col("event_ts") == DAYS[22])
    assert first_again["growth_1d"].to_list() == [None]


def test_a_capitalisation_with_a_price_is_units_times_price_and_not_units():
    total = _total(_supply("USDC", DAYS[:1], market_cap_usd=[37.84e9], price_usd=[0.88]))
    assert total["supply_par_usd"].to_list() == pytest.approx([43.0e9])
    assert total["supply_market_usd"].to_list() == pytest.approx([37.84e9])
    alone = _total(_supply("USDC", DAYS[:1], market_cap_usd=[37.84e9]))
    assert alone.select("supply_par_usd", "supply_market_usd").row(0) == (37.84e9, 37.84e9)


def test_chains_are_summed_where_no_total_is_given_and_a_chain_without_a_figure_leaves_no_total():
    eth = _supply("USDT", DAYS, chain="ETH", supply_units=[3.9e10] * 40)
    trx = _supply("USDT", DAYS[:20], chain="TRX", supply_units=[4.9e10] * 20)
    total = _total(eth, trx)
    assert set(total["supply_par_usd"]) == {8.8e10}
    assert total["event_ts"].max() == DAYS[19 + CARRY_DAYS]
    other = _total(eth, trx, _supply("DAI", DAYS, supply_units=[1e9] * 40)).filter(pl.col("n_coins") == 2)
    assert other["event_ts"].max() == DAYS[19 + CARRY_DAYS], "what is carried is not carried on"
    assert other["n_carried"].to_list() == [0] * 20 + [1] * CARRY_DAYS
    assert set(_total(eth, trx, _supply("USDT", DAYS, supply_units=[9e10] * 40))["supply_par_usd"]) == {9e10}


def test_coins_of_the_list_without_any_figure_are_named():
    total = _total(_supply("USDT", DAYS, supply_units=[9e10] * 40), _supply("DAI", DAYS[5:], supply_units=[5e9] * 35))
    assert total["absent_coins"][0] == "BUSD, DAI, USDC, USDP"
    assert total["absent_coins"][-1] == "BUSD, USDC, USDP"


def test_the_oscillator_goes_by_days_and_needs_180_figures_among_200():
    days = [datetime(2023, 1, 1, tzinfo=UTC) + timedelta(days=i) for i in range(260)]
    frame = pl.DataFrame({"event_ts": days, "ssr": np.random.default_rng(1).normal(5, 1, 260)})
    z = frame.with_columns(z=oscillator(pl.col("ssr")))["z"]
    assert (z.null_count(), z[199] is not None) == (199, True)
    few = frame.filter(~pl.int_range(pl.len()).is_between(100, 119)).with_columns(z=oscillator(pl.col("ssr")))
    assert few.filter(pl.col("event_ts") == days[210])["z"].item() is not None
    fewer = frame.filter(~pl.int_range(pl.len()).is_between(100, 120)).with_columns(z=oscillator(pl.col("ssr")))
    assert fewer.filter(pl.col("event_ts") == days[210])["z"].item() is None


def _chain(name: str, billions: list[float | None], days: list[datetime] = DAYS) -> pl.DataFrame:
    kept = [(day, b * 1e9) for day, b in zip(days, billions, strict=False) if b is not None]
    return _supply("USDT", [day for day, _ in kept], chain=name, supply_units=[b for _, b in kept])


def test_one_chain_under_two_names_is_counted_once():
    renamed = [_chain("Optimism", [5.0] * 20), _chain("OP Mainnet", [5.0] * 20, DAYS[20:])]
    twice = [_chain("Tron", [5.0] * 40), _chain("TRX", [5.0] * 40)]
    for parts in (renamed, twice):
        assert set(_total(_chain("ETH", [10.0] * 40), *parts)["supply_par_usd"]) == {1.5e10}


def test_a_chain_of_little_weight_may_end_and_one_of_much_ends_the_total():
    ended = _total(_chain("ETH", [30.0] * 40), _chain("Tron", [0.2] * 20))
    assert ended["supply_par_usd"].to_list() == [3.02e10] * (20 + CARRY_DAYS) + [3e10] * (20 - CARRY_DAYS)


def test_a_zero_or_a_slip_of_units_on_one_day_is_carried_over_and_what_lasts_is_believed():
    for slip in (0.0, 0.045, 45_000.0):
        total = _total(_chain("ETH", [40.0] * 40), _chain("TRX", [45.0] * 20 + [slip] + [45.0] * 19))
        assert set(total["supply_par_usd"]) == {8.5e10}
        assert total["n_carried"].to_list() == [0] * 20 + [1] + [0] * 19
    gone = _total(_chain("ETH", [40.0] * 40), _chain("TRX", [45.0] * 20 + [0.0] * 20))["supply_par_usd"].to_list()
    assert gone[19:23] == [8.5e10] * 4
    assert gone[-1] == 4e10


def test_chains_are_summed_on_days_without_a_total_alone():
    total = _total(_chain("ETH", [40.0] * 40), _chain("TRX", [45.0] * 40), _chain("all", [86.0] * 3, DAYS[37:]))
    assert total["supply_par_usd"].to_list() == [8.5e10] * 37 + [8.6e10] * 3


def test_a_coin_that_begins_to_be_counted_is_no_growth():
    total = _total(_supply("USDT", DAYS, supply_units=[7e10] * 40), _supply("USDC", DAYS[6:], supply_units=[4e10] * 34))
    assert total["supply_par_usd"][5:7].to_list() == [7e10, 1.1e11]
    assert set(total["growth_1d"].drop_nulls()) == {0.0}
    assert set(total["growth_30d"].drop_nulls()) == {0.0}


@pytest.mark.parametrize(
    ("values", "par", "market"),
    [
        ({"market_cap_usd": [42.57e9], "price_usd": [0.99]}, 43e9, 42.57e9),
        ({"market_cap_usd": [43.86e9], "price_usd": [1.02]}, 43e9, 43.86e9),
        ({"supply_units": [43e9], "market_cap_usd": [37.84e9], "price_usd": [0.88]}, 43e9, 37.84e9),
        ({"supply_units": [43e9]}, 43e9, 43e9),
    ],
)
def test_units_and_dollars_are_told_apart_whatever_is_given(values, par, market):
    total = _total(_supply("USDC", DAYS[:1], **values))
    assert total["supply_par_usd"][0] == pytest.approx(par)
    assert total["supply_market_usd"][0] == pytest.approx(market)
