"""The headline figures say what they cannot say; words keep their form."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from dashboards import headline
from dashboards.data import Published
from dashboards.headline import Headline, caveats, headlines
from dashboards.wording import number, one_line, printable, unbroken_units


@pytest.fixture(scope="module")
def figures(published: Path) -> dict[str, Headline]:
    with Published(published) as warehouse:
        return {h.name: h for h in headlines(warehouse)}


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("Forecast skill over the reference walk", "not distinguishable from the walk"),
        ("Prices after releases (real)", "within 4 h (95 % interval +0.80 to +1.60, n = 60), seen to 8 h, 70"),
        ("Generated − real: realised", "a difference beyond chance"),
        ("Generated − real: expected", "no difference beyond chance"),
        ("Backtest Sharpe ratio", "not distinguishable from zero"),
    ],
)
def test_a_figure_says_how_sure_it_is(figures: dict[str, Headline], name: str, sentence: str):
    assert sentence in figures[name].reading


def test_a_mean_that_one_release_carries_says_so(published: Path, figures: dict[str, Headline]):
    with Published(published) as warehouse:
        assert set(caveats(warehouse)) == {"real"}
    reading = figures["Prices after releases (real)"].reading
    assert "one release alone moved +36.0 σ beyond placebo" in reading
    assert "6 of 6 releases are dated to the day only" in reading


def test_where_nothing_survives_the_headline_says_so_with_what_would_have_been_found(published: Path):
    with Published(published) as warehouse:
        quiet = warehouse.responses().filter(pl.col("release_group") == "generated")
    found = headline._response(quiet, {})
    assert found.value == "nothing survives"
    assert "0.40 σ would have been found with 80 % power" in found.reading
    untested = quiet.with_columns(verdict=pl.lit("not tested"))
    assert headline._response(untested, {}).value == "—"


def test_an_oscillator_beyond_its_bands_is_called_so(figures: dict[str, Headline]):
    assert "beyond the ±2 bands" in figures["Stablecoin Supply Ratio"].reading


def test_a_ratio_that_ends_with_a_coin_names_it(published: Path):
    with Published(published) as warehouse:
        row = warehouse.query("FROM marts.ssr_daily WHERE coin = 'ALL' ORDER BY day DESC LIMIT 1")
    day = row["day"][0]
    newest = pl.DataFrame({"coin": ["ALL", "BUSD", "USDT"], "day": [day, day, day + timedelta(days=30)]})
    reading = headline._ssr(row, newest).reading
    assert reading.endswith("; no total since, for want of BUSD: choose a coin list without it")
    assert "no total" not in headline._ssr(row, newest.head(2)).reading


def test_the_band_after_releases_is_a_headline_with_its_interval(published: Path):
    with Published(published) as warehouse:
        record = warehouse.mart("response_record")
    found = headline._after_releases(record)
    assert found.value == number(0.88, ".0%")
    assert "should be 90 %: 95 % interval 83\u00a0% to 93\u00a0%, 200 releases" in found.reading
    groups = pl.concat([record, record.with_columns(release_group=pl.lit("real"), covered=pl.lit(0.7))])
    assert headline._after_releases(groups).reading.endswith("alone; real 70\u00a0%")


def test_every_figure_of_an_empty_warehouse_says_why_it_is_missing(empty: Path):
    with Published(empty) as warehouse:
        found = headlines(warehouse)
    assert [h.value for h in found] == ["—"] * (len(found) - 1) + ["0"]
    assert all(h.reading for h in found)


def test_numbers_have_a_true_minus_and_a_tied_unit():
    assert number(-0.123, "+.1%") == "−12.3\u00a0%"
    assert number(None, ".2f") == number(float("nan"), ".2f") == "—"
    assert unbroken_units("skill 0.4 % over 24 h, n = 14, p = 0.13") == (
        "skill 0.4\u00a0% over 24\u00a0h, n\u00a0=\u00a014, p\u00a0=\u00a00.13"
    )


def test_outside_text_loses_what_disturbs_a_page_and_keeps_the_rest():
    assert printable("a\r\nb\x07\u202ec\td é 👩‍🚀 <b>$x$") == "a\nb\N{REPLACEMENT CHARACTER}c\td é 👩‍🚀 <b>$x$"
    assert one_line("a\n\n b  c") == "a b c"
    assert one_line("abcdef", 4) == "abc…"
