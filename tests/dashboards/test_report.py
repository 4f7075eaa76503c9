"""The report: one file, marked where simulated, inert text, and a sentence for what is missing."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dashboards.data import Published
from dashboards.report.build import render, write_report


class Loads(HTMLParser):
    """What a page would load, the tags it has, and its text outside of scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.text: list[str] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.inside = tag if tag in ("script", "style") else self.inside
        self.loads += [v or "" for k, v in attrs if k in ("src", "srcset", "data") or (tag == "link" and k == "href")]
        self.tags += [f"on:{k}" for k, _ in attrs if k.startswith("on")]

    def handle_endtag(self, tag: str) -> None:
        self.inside = "" if tag == self.inside else self.inside

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.text.append(data)


def parsed(page: str) -> Loads:
    loads = Loads()
    loads.feed(page)
    return loads


def test_the_report_loads_nothing_from_outside(report: Path):
    page = report.read_text()
    assert parsed(page).loads == []
    style = re.search(r"<style>(.*?)</style>", page, re.S)
    assert style and "url(" not in style[1] and "@import" not in style[1]


def test_a_simulated_report_says_so_on_top_and_at_every_section(report: Path):
    page = report.read_text()
    assert "Simulated market:" in page
    assert page.count(">SIMULATED<") >= 5


@pytest.mark.slow
def test_a_real_report_is_not_marked_as_simulated(rows, tmp_path: Path):
    stable = rows.make_published(tmp_path, simulated=False)
    with Published(stable) as warehouse:
        page = render(warehouse)
    assert "SIMULATED" not in "".join(parsed(page).text)
    assert "Simulated market" not in page


def test_hostile_text_stays_text(report: Path, rows):
    found = parsed(report.read_text())
    text = "".join(found.text)
    assert "HOSTILE <script>window.pwned=1</script><img src=x onerror='window.pwned=1'>" in text
    assert rows.HOSTILE_SUBJECT in text
    assert '"note": "</pre><script>window.pwned=1</script>"' in text
    assert "img" not in found.tags and not any(t.startswith("on:") for t in found.tags)
    assert "{{ 7*7 }}" in text


def test_controls_and_direction_marks_do_not_reach_the_report(report: Path):
    text = "".join(parsed(report.read_text()).text)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", text)


def test_the_report_of_an_empty_warehouse_says_what_is_missing(empty: Path):
    with Published(empty) as warehouse:
        text = "".join(parsed(render(warehouse)).text)
    for sentence in (
        "no night yet", "the history is too short", "No stablecoin supply", "No release could be measured",
        "No walk-forward forecasts to trade", "0 candles",
    ):  # fmt: skip
        assert sentence in text


def test_the_report_appears_whole_and_leaves_no_partial_file(published: Path, tmp_path: Path):
    path = tmp_path / "new" / "report.html"
    write_report(published, path)
    assert path.read_text().rstrip().endswith("</html>")
    assert [p.name for p in path.parent.iterdir()] == ["report.html"]


@pytest.mark.slow
def test_the_same_warehouse_makes_the_same_text(published: Path):
    with Published(published) as warehouse:
        first, second = ("".join(parsed(render(warehouse)).text) for _ in range(2))
    assert first == second


def test_sources_that_did_not_deliver_are_named_with_their_reason(report: Path):
    found = parsed(report.read_text())
    text = " ".join(" ".join(found.text).split())
    assert "feeds:b, feeds:c" in text
    assert "<b>HTTP 451</b>" in text
    assert "2 of 3 sources did not deliver" in text
