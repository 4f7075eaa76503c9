"""The docs: pages of commands are those of the code, links lead somewhere, the site builds strictly."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_PATH = re.compile(
    r"`((?:domain|warehouse|features|models|pipelines|dashboards|benchmarks|tests|examples|docs)/[\w./*-]+)`"
)


def test_the_page_of_every_command_is_its_help():
    spec = importlib.util.spec_from_file_location("_commands", ROOT / "docs" / "_commands.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = {p.name: p.read_text(encoding="utf-8") for p in (ROOT / "docs" / "commands").glob("*.md")}
    assert written == module.pages(), "run `make commands`"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_and_paths_lead_to_something_that_is_there(page):
    text = page.read_text(encoding="utf-8")
    for target in _LINK.findall(text):
        if "://" not in target and not target.startswith("#"):
            assert (page.parent / target.split("#")[0]).exists(), f"{page.name} links to {target}"
    for path in _PATH.findall(text):
        if "NAME" not in path and "SUBJECT" not in path:
            assert list(ROOT.glob(path.rstrip("/"))), f"{page.name} names {path}"


@pytest.mark.slow
def test_the_site_builds_strictly(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "commands" / "nightly" / "index.html").exists()
