"""The tear sheet: what it says on top, its figures, and what it says where there is little or nothing."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dashboards.data import Published
from dashboards.report.tearsheet import as_json, as_markdown, tearsheet_values, write_tearsheet
from dashboards.sheet import Sheet, alarms, sentences, sheet_of_warehouse
from models.backtest.contest import hold
from models.backtest.ledger.market import market_of
from models.backtest.ledger.terms import Terms
from models.backtest.strategies.rules import Rule
from models.backtest.tables import tables_of
from models.backtest.trials import Plan
from tests.kits.backtests import forecast_grid, pure_walk

NOW = datetime(2024, 3, 1, tzinfo=UTC)
HEADLINE = Rule("volatility")
PLAN = Plan([HEADLINE, Rule("sign")], [], HEADLINE, "tapewire")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sheet(published: Path) -> Sheet:
    with Published(published) as warehouse:
        found = sheet_of_warehouse(warehouse)
    assert found is not None
    return found


def sheet_of(days: int, assets: tuple[str, ...], *, strength: float = 0.1, hindsight_h: int = 0) -> Sheet:
    """A sheet of a backtest on walks."""
    market = market_of(pure_walk(24 * days, assets, 7))
    views = {"tapewire": forecast_grid(market, 1 if hindsight_h else 12, strength, 1, hindsight_h=hindsight_h)}
    made = tables_of(hold(market, Terms(), views, PLAN, None), Terms(), NOW)
    frames = {
        "equity": made.equity, "summary": made.metrics, "trades": made.trades, "positions": made.positions,
        "pnl_daily": made.positions, "drawdowns": made.drawdowns, "curves": made.curves, "trials": made.trials,
    }  # fmt: skip
    return Sheet(frames, f"tapewire: {HEADLINE.name}", is_simulated=False)


def test_the_first_sentences_say_what_was_earned_against_what_how_sure_and_how_much_is_luck(sheet: Sheet):
    text = " ".join(sentences(sheet)).replace("\u00a0", " ")
    assert text.startswith("tapewire: volatility 24 h, long and short, 9 January 2022 to")
    for part in ("a year net,", "before costs, which took", "Beside it: bitcoin", "at the headline's volatility",
                 "95 % interval", "not distinguishable from zero", "Random signals with the same turnover",
                 "4 configurations were ever tried", "shows without skill is"):  # fmt: skip
        assert part in text, part


def test_figures_on_the_page_are_those_of_the_warehouse(sheet: Sheet):
    values = tearsheet_values(sheet)
    assert values is not None
    table = values["metrics"]
    assert table["header"][1] == sheet.headline, "the headline comes first"
    sharpe = next(row for row in table["rows"] if row[0] == "Sharpe ratio")[1]
    assert sharpe.startswith(f"{sheet.value('sharpe'):.2f}".replace("-", "−"))
    total = values["profit"]["rows"][-1]
    assert total[0] == "all"
    assert total[-1] == f"{sheet.own('pnl_daily')['net_usd'].sum():,.0f}".replace("-", "−")


def test_months_compound_to_the_whole(sheet: Sheet):
    rows = tearsheet_values(sheet)["monthly"]["rows"]  # type: ignore[index]
    months = [float(c.replace("−", "-").rstrip("%\u00a0 ")) / 100 for row in rows for c in row[1:13] if c != "—"]
    assert np.prod(1 + np.array(months)) - 1 == pytest.approx(sheet.value("total_return"), abs=0.005)


def test_markdown_and_json_hold_the_same_sentences_and_the_mark_of_what_is_simulated(sheet: Sheet):
    text = as_markdown(sheet)
    assert "**SIMULATED market" in text
    assert all(f"* {said}" in text for said in sentences(sheet))
    told = json.loads(as_json(sheet))
    assert told["is_simulated"] and told["sentences"] == sentences(sheet)
    assert told["figures"][sheet.headline]["sharpe"]["value"] == sheet.value("sharpe")
    assert "SIMULATED" not in as_markdown(replace(sheet, is_simulated=False))


def test_a_look_ahead_is_the_first_thing_on_the_page(tmp_path: Path):
    found = sheet_of(60, ("BTC", "AAA"), strength=0.3, hindsight_h=1)
    assert any("a look into the future is likelier than skill" in said for said in alarms(found))
    write_tearsheet(found, tmp_path)
    page = (tmp_path / "tearsheet.html").read_text()
    assert page.index("a look into the future") < page.index("a year net")
    assert "* ALARM:" in (tmp_path / "tearsheet.md").read_text()


def test_one_asset_of_ten_days_has_a_sheet_that_says_what_it_cannot_say(tmp_path: Path):
    found = sheet_of(20, ("AAA",))
    days = len(found.own("equity"))
    assert days < 30
    said = " ".join(sentences(found))
    assert "too short for a figure a year" in said and "No Sharpe ratio: fewer than 30 days" in said
    write_tearsheet(found, tmp_path)
    assert "bitcoin" not in found.names("rival")


def test_without_a_trade_the_sheet_says_so(tmp_path: Path):
    found = sheet_of(80, ("BTC", "AAA"), strength=0.0)
    assert "nothing was traded" in sentences(found)[0]
    assert found.value("sharpe") is None
    write_tearsheet(found, tmp_path)


def test_two_runs_stand_side_by_side_with_their_difference(sheet: Sheet):
    other = sheet_of(80, ("BTC", "AAA"))
    rows = {r[0]: r[1:] for r in tearsheet_values(sheet, other)["compared"]["rows"]}  # type: ignore[index]
    mine, theirs = sheet.value("annual_volatility"), other.value("annual_volatility")
    assert mine is not None and theirs is not None
    assert rows["Volatility a year"][2] == f"{mine - theirs:+.1%}".replace("-", "−").replace("%", "\u00a0%")


def test_a_warehouse_without_a_backtest_has_no_sheet(empty: Path):
    with Published(empty) as warehouse:
        assert sheet_of_warehouse(warehouse) is None
    assert tearsheet_values(None) is None


def test_positions_sum_to_the_equity_of_the_day(sheet: Sheet):
    """Net profit of all assets and days is what the capital became."""
    own = sheet.own("pnl_daily")["net_usd"].sum()
    final = sheet.value("final_equity")
    assert final is not None
    assert own == pytest.approx(final - 100_000, abs=0.01)
    weights = sheet.own("positions").group_by("day").agg(pl.col("weight").abs().sum()).sort("day")
    exposure = sheet.own("equity").with_columns(day=pl.col("event_ts").dt.offset_by("-1s").dt.date())
    joined = exposure.join(weights, on="day")
    np.testing.assert_allclose(joined["weight"].to_numpy(), joined["gross_exposure"].to_numpy(), rtol=1e-6)
