"""The pages, run without a browser."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import dashboards
from dashboards.shell import PUBLISHED_PATH, warehouse_cache

SCREENS = Path(dashboards.__file__).parent / "screens"
PAGES = (
    "overview", "market", "forecasts", "signals", "release", "impact", "cases", "backtests", "health", "sql"
)  # fmt: skip
UNMARKED = ("Sources", "Freshness and findings", "Runs", "Marts", "A question", "What there is")


@pytest.fixture(autouse=True)
def let_go() -> Iterator[None]:
    """Pages keep the warehouse open for the next drawing; tests close it, since a process opens a file once."""
    yield
    warehouse_cache().close()


def run(page: str, stable: Path | None, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    if stable is None:
        monkeypatch.delenv(PUBLISHED_PATH, raising=False)
    else:
        monkeypatch.setenv(PUBLISHED_PATH, str(stable))
    script = SCREENS.parent / "app.py" if page == "overview" else SCREENS / f"{page}.py"  # links need the menu
    at = AppTest.from_file(str(script), default_timeout=30).run()
    assert not at.exception, at.exception
    return at


def said(at: AppTest) -> str:
    kinds = (at.text, at.info, at.warning, at.markdown, at.subheader, at.title, at.caption, at.code)
    return "\n".join(str(e.value) for kind in kinds for e in kind)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_a_simulated_warehouse_is_marked(page: str, published: Path, monkeypatch: pytest.MonkeyPatch):
    at = run(page, published, monkeypatch)
    assert "SIMULATED" in at.warning[0].value
    assert "not in the published warehouse" not in said(at)
    assert all("SIMULATED" in s.value for s in at.subheader if s.value not in UNMARKED)


@pytest.mark.slow
def test_the_overview_shows_the_market_and_every_headline_of_the_night(published: Path, monkeypatch):
    at = run("overview", published, monkeypatch)
    assert len(at.metric) == 5 + 9
    assert not at.info
    assert len(at.dataframe) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("market", "beta to BTC 1.20"),
        ("forecasts", "forecasts due"),
        ("signals", "8 of 24 tested records go beyond"),
    ],
)
def test_a_page_of_one_asset_follows_the_filter(page: str, told: str, published: Path, monkeypatch):
    at = run(page, published, monkeypatch)
    at.selectbox(key="asset").select("XRP").run()
    assert not at.exception and not at.error
    assert told in said(at)


@pytest.mark.slow
def test_the_sql_page_answers_refuses_and_explains(published: Path, monkeypatch: pytest.MonkeyPatch):
    at = run("sql", published, monkeypatch)
    assert "2 rows" in said(at)
    at.text_area[0].set_value("DROP VIEW marts.candles").run()
    assert "Refused: a DROP statement is no query" in said(at)
    at.text_area[0].set_value("SELECT repeat('x', 2000000000)").run()
    assert "more than 1 GB" in said(at)
    at.text_area[0].set_value("FROM marts.nothing").run()
    assert at.error[0].value == "The query is wrong:"
    at.selectbox(key="recipe").select("ssr").run()
    assert "260 rows" in said(at)
    assert not at.exception


@pytest.mark.slow
def test_the_release_page_opens_on_the_largest_move_and_searches(published: Path, monkeypatch: pytest.MonkeyPatch):
    at = run("release", published, monkeypatch)
    assert at.selectbox(key="release").value == "doc-1"
    at.text_input(key="search").set_value("hostile").run()
    assert at.selectbox(key="release").value == "doc-0"
    assert len(at.dataframe) == 4, "alert, similar releases, moves, what was expected"
    at.text_input(key="search").set_value("no such title").run()
    assert "No release has that" in said(at)
    at.text_input(key="search").set_value("").run()
    at.selectbox(key="group").select("unlabelled").run()
    assert "was not measured" in said(at) and "There is no forecast" in said(at)
    assert not at.exception


def test_outside_text_is_shown_by_elements_that_show_text_only(published: Path, rows, monkeypatch: pytest.MonkeyPatch):
    at = run("release", published, monkeypatch)
    at.selectbox(key="release").select("doc-0").run()
    assert any("<script>window.pwned=1</script>" in t.value for t in at.text)
    rendered = [e.value for kind in (at.markdown, at.caption, at.subheader, at.title, at.info) for e in kind]
    assert not any("pwned" in str(value) for value in rendered)


@pytest.mark.slow
def test_a_release_shows_its_verdict_and_what_was_too_likely_or_that_it_is_too_short(
    published: Path, rows, monkeypatch: pytest.MonkeyPatch
):
    at = run("release", published, monkeypatch)
    at.selectbox(key="release").select("doc-0").run()
    told = "machine-written with probability 0.97, flagged (threshold 0.86); machine-written is not false"
    assert f"Detector: {told}" in said(at)
    assert f"Most machine-like: “{rows.HOSTILE_SUBJECT}” (+1.5)" in "\n".join(t.value for t in at.text)
    at.selectbox(key="release").select("doc-1").run()
    assert "Detector: too short to tell who wrote it" in said(at)
    assert "Most machine-like" not in said(at)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_an_empty_warehouse_says_what_is_missing(page: str, empty: Path, monkeypatch: pytest.MonkeyPatch):
    at = run(page, empty, monkeypatch)
    assert len(at.info) >= (0 if page == "sql" else 1)
    assert "SIMULATED" not in said(at)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_a_page_without_a_published_warehouse_says_what_to_do(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    assert "tapewire dashboard" in said(run(page, None, monkeypatch))
    assert "tapewire nightly" in said(run(page, tmp_path / "none.duckdb", monkeypatch))


def test_a_file_that_is_no_warehouse_is_a_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    broken = tmp_path / "tapewire.duckdb"
    broken.write_bytes(b"not a database" * 500)
    assert run("overview", broken, monkeypatch).error[0].value.startswith("The published warehouse cannot be read")


@pytest.mark.slow
def test_marts_that_another_version_does_not_have_become_sentences(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    import duckdb

    old = tmp_path / "old.duckdb"
    shutil.copy(published.resolve(), old)
    old.chmod(0o644)
    con = duckdb.connect(str(old))
    con.execute("DROP VIEW marts.ssr_daily")
    con.execute("DROP VIEW marts.releases")
    con.close()
    assert "not in the published warehouse" in said(run("market", old, monkeypatch))
    warehouse_cache().close()
    assert "not in the published warehouse" in said(run("release", old, monkeypatch))


@pytest.mark.slow
def test_a_newer_publication_is_shown_at_the_next_drawing_and_the_old_one_let_go(
    rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from warehouse.connect import open_writer
    from warehouse.publish import publish

    stable = rows.make_published(tmp_path)
    at = run("overview", stable, monkeypatch)
    assert "Profile test," in said(at)
    with warehouse_cache().read(stable) as old:
        first = stable.resolve()
    con = open_writer(tmp_path / "warehouse.duckdb")
    con.execute("UPDATE ops.runs SET profile = 'newer'")
    publish(con, stable.parent, now=rows.NOW + timedelta(hours=1))
    con.close()
    assert stable.resolve() != first
    at.run()
    assert "Profile newer," in said(at)
    with pytest.raises(Exception, match="closed"):
        old.last_run()


def test_the_page_of_known_cases_shows_each_with_its_move_and_its_sources(
    published: Path, monkeypatch: pytest.MonkeyPatch
):
    at = run("cases", published, monkeypatch)
    assert len(at.dataframe) == 1
    text = said(at)
    assert "at the peak" in text
    assert "`https://example.org/a`" in text
    assert "Not suitable for a clean test" in text
    assert "<script>" not in "".join(str(m.value) for m in at.markdown), "claims from outside are text"
