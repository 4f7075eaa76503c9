"""The house stays one to live in: folders, files and functions of a size that a reader takes in."""

import re

from tests.project.house import ROOT, measure

READS_TOP_TO_BOTTOM = "models/forecast/network/net.py"


def test_no_folder_has_more_than_ten_modules():
    assert {name: n for name, n in measure().modules.items() if n > 10} == {}


def test_no_file_is_longer_than_250_lines_but_the_networks():
    assert {name: n for name, n in measure().lines.items() if n > 250 and name != READS_TOP_TO_BOTTOM} == {}


def test_nine_functions_in_ten_have_at_most_30_lines():
    assert measure().function_quantile(0.9) <= 30


def test_public_definitions_say_what_they_are():
    house = measure()
    assert house.documented >= 0.98, house.undocumented


def test_the_dashboards_never_call_python_from_the_threads_of_polars():
    """Sessions that draw at once would wait for each other for ever: `dashboards.files.written.reworded` says why."""
    texts = {f: f.read_text(encoding="utf-8") for f in (ROOT / "dashboards").rglob("*.py")}
    called = re.compile(r"\.map_(elements|batches|groups|rows)\(")
    assert [str(f) for f, text in texts.items() if called.search(text)] == []
