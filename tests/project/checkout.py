"""The files of the checkout, as git knows them."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("dashboards", "domain", "features", "models", "pipelines", "warehouse")


def tracked(*paths: str) -> list[str]:
    """Paths of the tracked files that are there, from the root, with slashes. Skips the test outside a checkout."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *paths], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]
