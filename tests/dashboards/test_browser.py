"""The report and the app in a real browser: nothing breaks, nothing runs, nothing overflows."""

import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dashboards.data import Published
from dashboards.report.tearsheet import write_tearsheet
from dashboards.serve import streamlit_command
from dashboards.sheet import sheet_of_warehouse
from dashboards.shell import PUBLISHED_PATH

pytestmark = pytest.mark.browser
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
ROOT = Path(__file__).parents[2]
WIDTHS = (1440, 375)
WAIT_MS = 20_000


@dataclass
class Watched:
    """A browser page with what went wrong on it and what it asked for."""

    page: Any
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def overflow(self, element: str) -> int:
        return self.page.evaluate(f"(() => {{ const e = {element}; return e.scrollWidth - e.clientWidth; }})()")

    def pwned(self) -> bool:
        return self.page.evaluate("window.pwned !== undefined")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(params=[(w, s) for w, s in zip(WIDTHS, ("light", "dark"), strict=True)], ids=lambda p: f"{p[0]}-{p[1]}")
def watched(browser: Any, request: pytest.FixtureRequest) -> Iterator[Watched]:
    width, scheme = request.param
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    seen = Watched(page)
    page.on("pageerror", lambda e: seen.errors.append(str(e)))
    page.on("console", lambda m: seen.errors.append(m.text) if m.type == "error" else None)
    page.on("request", lambda r: seen.requests.append(r.url))
    yield seen
    page.close()


@pytest.fixture(scope="module")
def tearsheet(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tear sheet of the filled warehouse."""
    with Published(published) as warehouse:
        sheet = sheet_of_warehouse(warehouse)
    assert sheet is not None
    return write_tearsheet(sheet, tmp_path_factory.mktemp("tearsheet"))[0]


@pytest.fixture(scope="module")
def server(published: Path) -> Iterator[str]:
    """The app as `tapewire dashboard` starts it, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(streamlit_command(port), env={**os.environ, PUBLISHED_PATH: str(published)}, cwd=ROOT,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        _await(f"{url}/_stcore/health", process)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=10)


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        assert process.poll() is None, "Streamlit ended at once"
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("Streamlit did not start")


def test_the_report_opens_from_a_file(watched: Watched, report: Path):
    watched.page.goto(report.as_uri())
    watched.page.wait_for_function("document.querySelectorAll('.js-plotly-plot .main-svg').length > 10")
    assert watched.errors == []
    assert all(u.startswith(("file:", "data:", "blob:")) for u in watched.requests)
    assert "HOSTILE <script>" in watched.page.inner_text("main")
    assert not watched.pwned()
    for box in watched.page.query_selector_all("details"):
        box.evaluate("e => { e.open = true; }")
    assert watched.overflow("document.documentElement") <= 0


def test_the_tear_sheet_loads_nothing_fits_every_screen_and_paper_and_is_accessible(browser: Any, tearsheet: Path):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    page = browser.new_page(viewport={"width": 375, "height": 900})
    seen = Watched(page)
    page.on("pageerror", lambda e: seen.errors.append(str(e)))
    page.on("console", lambda m: seen.errors.append(m.text) if m.type == "error" else None)
    page.on("request", lambda r: seen.requests.append(r.url))
    page.goto(tearsheet.as_uri())
    page.wait_for_function("document.querySelectorAll('.js-plotly-plot .main-svg').length > 10")
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    found = []
    for width in (375, 768, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert seen.overflow("document.documentElement") <= 0, width
        found += axe.Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")] == []
    assert seen.errors == []
    assert all(u.startswith(("file:", "data:", "blob:")) for u in seen.requests)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 718, "height": 1000})  # A4 without its margins
    assert page.pdf(format="A4").startswith(b"%PDF")
    cut = page.evaluate(
        "[...document.querySelectorAll('table')].filter(e => e.getBoundingClientRect().right > 719).length"
    )
    assert cut == 0, "no table reaches over the edge of the paper"
    page.close()


def test_charts_of_the_report_are_as_wide_as_their_boxes(watched: Watched, report: Path):
    watched.page.goto(report.as_uri())
    watched.page.wait_for_function(
        "[...document.querySelectorAll('figure')].every(f => { const s = f.querySelector('.main-svg');"
        " return s && Math.abs(s.getBoundingClientRect().width - f.getBoundingClientRect().width) < 3; })",
        timeout=5000,
    )


LAST = {
    "": "The night's figures", "market": "Premium of funds", "forecasts": "Models in use",
    "signals": "What followed them in the past", "release": "What the network expected",
    "impact": "Groups compared, window by window", "cases": "The case", "backtests": "Every figure", "health": "Marts",
    "sql": "The answer",
}  # fmt: skip


@pytest.fixture(scope="module")
def sessions(browser: Any, server: str) -> Iterator[dict[str, Watched]]:
    """Ten sessions of the app opened at once, each on its page: on phones in the dark and desks in the light."""
    opened: dict[str, Watched] = {}
    for number, path in enumerate(LAST):
        width, scheme = ((375, "dark"), (1440, "light"))[number % 2]
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        opened[path] = Watched(page)
        page.on("request", lambda r, own=opened[path]: own.requests.append(r.url))
        page.goto(f"{server}/{path}", wait_until="commit")
    yield opened
    for one in opened.values():
        one.page.close()


@pytest.mark.parametrize("path", LAST, ids=lambda p: p or "overview")
def test_a_page_opens_beside_nine_others_fits_and_can_be_used_by_everyone(
    sessions: dict[str, Watched], server: str, path: str
):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    page = sessions[path].page
    _settled(page)
    page.get_by_role("heading", name=LAST[path]).wait_for(timeout=WAIT_MS)
    if path not in ("signals", "health"):
        page.locator(".js-plotly-plot").first.wait_for(timeout=WAIT_MS)
    assert page.locator("[data-testid=stException]").count() == 0
    assert "SIMULATED" in page.locator("[data-testid=stAlert]").first.inner_text()
    ours = (server, server.replace("http", "ws"), "data:", "blob:")
    assert all(u.startswith(ours) for u in sessions[path].requests)
    for wide in (page.viewport_size["width"], 768):
        page.set_viewport_size({"width": wide, "height": 900})
        for element in ("document.documentElement", "document.querySelector('[data-testid=stMain]')"):
            page.wait_for_function(f"{element}.scrollWidth <= {element}.clientWidth", timeout=WAIT_MS)
    assert page.get_by_text("app", exact=True).count() == 0, "Streamlit's own menu of a pages folder is shown"
    page.wait_for_function("!document.querySelector('[data-stale=true]')", timeout=WAIT_MS)
    page.wait_for_timeout(300)  # elements fade in
    faults = axe.Axe().run(page).response["violations"]
    grave = [(v["id"], v["nodes"][0]["html"][:200]) for v in faults if v["impact"] in ("serious", "critical")]
    assert grave == []


def test_hostile_text_is_seen_and_does_nothing(browser: Any, server: str):
    page = browser.new_page(viewport={"width": 375, "height": 900})
    watched = Watched(page)
    page.on("request", lambda r: watched.requests.append(r.url))
    page.goto(f"{server}/release")
    page.get_by_label("Search titles and texts").fill("hostile")
    page.get_by_label("Search titles and texts").press("Enter")
    title = page.locator(".st-key-title").get_by_text("HOSTILE")
    title.wait_for(timeout=WAIT_MS)
    shown = title.inner_text()
    assert "<script>window.pwned=1</script><img src=x" in shown and "![i](" in shown and "$\\frac" in shown
    page.locator(".st-key-body").get_by_text("# heading").wait_for(timeout=WAIT_MS)
    page.get_by_role("heading", name="What the network expected").wait_for(timeout=WAIT_MS)
    assert not watched.pwned()
    assert not any("evil.invalid" in u for u in watched.requests)
    assert page.locator("a[href^='javascript']").count() == 0
    assert watched.overflow("document.querySelector('[data-testid=stMain]')") <= 0


def _opened(page: Any, address: str) -> None:
    page.goto(address)
    _settled(page)


def _settled(page: Any) -> None:
    page.locator("h1").first.wait_for(timeout=WAIT_MS)
    page.wait_for_function("!document.querySelector('[data-testid=stStatusWidget]')", timeout=WAIT_MS)


def test_a_filter_stands_in_the_address_and_is_shared_by_the_pages(browser: Any, server: str):
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    _opened(page, f"{server}/market")
    chooser = page.get_by_role("combobox", name="Asset")
    chooser.focus()
    page.keyboard.type("XRP")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="XRP").wait_for(timeout=WAIT_MS)
    assert "asset=XRP" in page.url
    page.get_by_role("link", name="Forecasts").click()
    page.get_by_role("heading", name="The newest forecast of XRP").wait_for(timeout=WAIT_MS)
    page.close()


@pytest.mark.parametrize(
    ("address", "heading"),
    [
        ("market?asset=XRP&span=30+days", "XRP"),
        ("release?release=doc-0", "What it says"),
        ("sql?recipe=ssr", "The answer"),
    ],
)
def test_an_address_leads_to_what_it_names(browser: Any, server: str, address: str, heading: str):
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    _opened(page, f"{server}/{address}")
    page.get_by_role("heading", name=heading).first.wait_for(timeout=WAIT_MS)
    if address.startswith("release"):
        page.locator(".st-key-title").get_by_text("HOSTILE").wait_for(timeout=WAIT_MS)
    if address.startswith("sql"):
        assert "ssr_par" in page.get_by_label("Query").input_value()
    page.close()


def test_tables_are_downloaded_as_csv_and_parquet(browser: Any, server: str, tmp_path: Path):
    page = browser.new_page(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    _opened(page, f"{server}/market")
    for ending, read in (("CSV", pl.read_csv), ("Parquet", pl.read_parquet)):
        with page.expect_download(timeout=WAIT_MS) as started:
            page.get_by_role("button", name=ending).first.click()
        path = tmp_path / started.value.suggested_filename
        started.value.save_as(path)
        assert path.name == f"candles_daily_BTC.{ending.lower()}"
        assert read(path).height > 5
    page.close()
