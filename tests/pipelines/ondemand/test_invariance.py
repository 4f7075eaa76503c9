"""What says the same gives the same: order and copies of rows, case of tickers, spelling of quotes, chains, formats."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from features.candles import build_bars
from features.daily.ssr import ssr_daily
from models.impact.measure.events import Design
from pipelines.ondemand.event_study import event_study
from pipelines.ondemand.study.events import read_events
from pipelines.ondemand.tables import read_table, write_table
from tests.conftest import candle_rows, random_bars
from tests.kits.live import Desk

DAY = timedelta(days=1)
START = datetime(2024, 1, 1, tzinfo=UTC)
TS = pl.Datetime("us", "UTC")


@pytest.fixture(scope="module")
def given_tables():
    """Prices of three assets, and events of them, as a user would give them."""
    bars = random_bars(1500)
    opened = (bars.close_ts - np.timedelta64(3600, "s")).astype("datetime64[us]")
    prices = pl.concat([
        pl.DataFrame({"asset": a, "ts": opened, "close": bars.close[:, j], "volume": bars.volume[:, j]})
        for j, a in enumerate(bars.assets)
    ]).filter(pl.col("close").is_finite()).with_columns(pl.col("ts").dt.replace_time_zone("UTC"))  # fmt: skip
    rng = np.random.default_rng(2)
    events = pl.DataFrame({
        "event_id": [f"{i:04}" for i in range(40)], "asset": [bars.assets[i] for i in rng.integers(0, 3, 40)],
        "event_ts": opened[np.sort(rng.integers(900, 1400, 40))],
        "group": rng.permutation(["real", "generated"] * 20),
    }).with_columns(pl.col("event_ts").dt.replace_time_zone("UTC"))  # fmt: skip
    return prices, events


def _studied(folder, prices, events, ending=".csv"):
    folder.mkdir()
    write_table(prices, folder / f"p{ending}")
    write_table(events, folder / f"e{ending}")
    design = Design(estimation_h=240.0, gap_h=24.0, before_h=24.0, after_h=24.0)
    tables = event_study(
        folder / f"e{ending}", folder / f"p{ending}", folder / "o", windows_h=(4.0, 24.0), design=design
    ).tables
    found = tables["tests"].drop("study_id", strict=False)
    return found.sort([c for c in found.columns if not found[c].dtype.is_float()])


CHANGES = {
    "rows in another order": lambda p, e: (p.sample(fraction=1, shuffle=True, seed=1), e.reverse()),
    "tickers in lower case": lambda p, e: (p, e.with_columns(pl.col("asset").str.to_lowercase())),
    "every row twice": lambda p, e: (pl.concat([p, p]), pl.concat([e, e])),
    "ids of other letters": lambda p, e: (p, e.with_columns(pl.col("event_id").str.replace("^0", "1."))),
}


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
def test_a_study_does_not_depend_on(given_tables, tmp_path, change):
    prices, events = given_tables
    expected = _studied(tmp_path / "a", prices, events)
    found = _studied(tmp_path / "b", *CHANGES[change](prices, events))
    assert_frame_equal(found, expected, rel_tol=1e-9)


@pytest.mark.slow
def test_a_study_does_not_depend_on_the_format_of_its_tables(given_tables, tmp_path):
    expected = _studied(tmp_path / "a", *given_tables)
    assert_frame_equal(_studied(tmp_path / "b", *given_tables, ending=".parquet"), expected, rel_tol=1e-9)


def test_a_copied_event_counts_once_and_it_is_said(tmp_path, caplog):
    (tmp_path / "e.csv").write_text("asset,ts\nBTC,2024-01-01T10:00:00Z\nBTC,2024-01-01T10:00:00Z\n")
    assert len(read_events(tmp_path / "e.csv", "1h")) == 1
    assert "1 rows are copies of others" in caplog.text


def test_bars_do_not_depend_on_which_dollar_they_are_quoted_in():
    rows = candle_rows(50)
    usd = rows.with_columns(symbol=pl.lit("BTC/USD"), quote=pl.lit("USD"))
    a, b = build_bars(rows), build_bars(usd)
    for name in ("open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


@st.composite
def supplies(draw):
    """Daily supply of some listed coins, with missing days, and the capitalisation of BTC."""
    rows = []
    for coin in draw(st.sets(st.sampled_from(["USDT", "USDC", "DAI", "BUSD"]), min_size=1)):
        for day in sorted(draw(st.sets(st.integers(0, 20), min_size=1, max_size=15))):
            rows.append(
                (coin, START + day * DAY, float(draw(st.integers(1, 9)) * 1e9), draw(st.sampled_from([1, 0.9])))
            )
    frame = pl.DataFrame(rows, schema={"coin": pl.String, "event_ts": TS, "supply_units": pl.Float64,
                                       "price_usd": pl.Float64}, orient="row")  # fmt: skip
    return frame.with_columns(chain=pl.lit("all"), source=pl.lit("v"), available_ts="event_ts",
                              market_cap_usd=pl.lit(None, pl.Float64))  # fmt: skip


def _ratio(supply):
    days = [START + i * DAY for i in range(-1, 22)]
    btc = pl.DataFrame({"asset": "BTC", "metric": "market_cap_usd", "event_ts": days, "available_ts": days,
                        "source": "v", "value": 4e11},
                       schema_overrides={"event_ts": TS, "available_ts": TS})  # fmt: skip
    return ssr_daily(supply, btc, "majors-v1")


@settings(max_examples=40, deadline=None)
@given(supplies(), st.integers(0, 99))
@pytest.mark.slow
def test_the_ratio_does_not_depend_on_the_order_of_rows_nor_on_a_split_by_chain(supply, seed):
    expected = _ratio(supply)
    assert_frame_equal(_ratio(supply.sample(fraction=1, shuffle=True, seed=seed)), expected)
    halves = [supply.with_columns(chain=pl.lit(c), supply_units=pl.col("supply_units") * share)
              for c, share in (("ETH", 0.25), ("TRX", 0.75))]  # fmt: skip
    assert_frame_equal(_ratio(pl.concat(halves)), expected, rel_tol=1e-12)


@pytest.mark.slow
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(supplies())
def test_supply_is_the_same_in_any_case_twice_and_in_any_format(tmp_path_factory, supply):
    found = []
    for i, (ending, change) in enumerate([(".csv", pl.col("asset")), (".csv", pl.col("asset").str.to_lowercase()),
                                          (".jsonl", pl.col("asset")), (".parquet", pl.col("asset"))]):  # fmt: skip
        folder = tmp_path_factory.mktemp("s")
        named = supply.select(asset="coin", date=(pl.col("event_ts") - DAY).dt.date(), supply="supply_units",
                              price_usd="price_usd", source="source")  # fmt: skip
        given_rows = pl.concat([named, named]).with_columns(change.alias("asset")) if i else named
        write_table(given_rows, folder / f"s{ending}")
        desk = Desk(folder / "home")
        tables = [{"path": f"s{ending}", "shape": "supply"}]
        assert desk.ingest(files={"root": folder, "tables": tables}, as_of=START + 300 * DAY).exit_code == 0
        found.append(desk.rows("SELECT coin, chain, source, event_ts, available_ts, supply_units, price_usd "
                               "FROM core.supply ORDER BY ALL"))  # fmt: skip
        assert found[-1] == found[0]
        assert len(found[0]) == len(supply)


CELLS = st.one_of(
    st.none(), st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), min_size=1, max_size=12)
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8))
def test_a_table_of_text_comes_back_from_every_format_as_it_went_in(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("t")
    frame = pl.DataFrame(rows, schema={"a": pl.String, "b": pl.String}, orient="row")
    frame = frame.with_columns(n=pl.int_range(pl.len()))
    read = []
    for ending in (".csv", ".jsonl", ".parquet"):
        write_table(frame, folder / f"t{ending}")
        read.append(read_table(folder / f"t{ending}").with_columns(pl.col("n").cast(pl.String)))
    assert_frame_equal(read[0], read[2])
    assert_frame_equal(read[1], read[2])
