"""The wheel holds everything that the packages need once they lie in site-packages."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.project.checkout import PACKAGES, ROOT, tracked

LEFT_OUT = {"warehouse/migrations/README.md"}  # for those who write migrations


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in a wheel built from the tracked files, so that no old build folder slips in."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in tracked(*PACKAGES, "pyproject.toml", "README.md", "LICENSE"):
        (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / "source" / name)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(folder / "source")], check=True)
    (built,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(built).namelist())


@pytest.mark.slow
def test_every_tracked_file_of_the_packages_is_in_the_wheel(wheel: set[str]) -> None:
    assert sorted(set(tracked(*PACKAGES)) - LEFT_OUT - wheel) == []


@pytest.mark.slow
def test_every_package_says_that_it_is_typed(wheel: set[str]) -> None:
    assert {f"{package}/py.typed" for package in PACKAGES} <= wheel


@pytest.mark.slow
def test_nothing_but_the_packages_is_in_the_wheel(wheel: set[str]) -> None:
    (other,) = {Path(name).parts[0] for name in wheel} - set(PACKAGES)
    assert other.endswith(".dist-info")
