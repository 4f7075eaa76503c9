"""The lock holds what pyproject.toml declares, at the tested versions, each file with its hash."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BY_VERSION_ALONE = {"torch"}  # its build depends on the machine; the lock's header says so
_PIN = re.compile(r"(?m)^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;]+)(?: ; ([^\\\n]+))?")


def _name(requirement: str) -> str:
    """The name of a requirement as the index spells it: small letters and single dashes."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def _pins(file: str) -> dict[str, str]:
    return {_name(name): version for name, version, _ in _PIN.findall((ROOT / file).read_text(encoding="utf-8"))}


@pytest.fixture(scope="module")
def lock() -> str:
    return (ROOT / "requirements.lock").read_text(encoding="utf-8")


def test_every_declared_dependency_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [*project["dependencies"], *(r for extra in project["optional-dependencies"].values() for r in extra)]
    names = {_name(requirement) for requirement in declared} - {project["name"]}
    assert sorted(names - BY_VERSION_ALONE - set(_pins("requirements.lock"))) == [], "run `make lock`"


def test_what_is_left_out_is_held_by_its_version(lock):
    assert set(_pins("requirements.lock")).isdisjoint(BY_VERSION_ALONE)
    assert set(_pins("constraints.txt")) >= BY_VERSION_ALONE
    assert all(f"Left out: {name}" in lock for name in BY_VERSION_ALONE)


def test_locked_versions_are_the_tested_ones():
    locked, tested = _pins("requirements.lock"), _pins("constraints.txt")
    assert {name: version for name, version in tested.items() if locked.get(name) != version} == {
        name: tested[name] for name in BY_VERSION_ALONE
    }, "run `make lock`"


def test_what_was_not_tested_is_for_other_machines_only(lock):
    tested = _pins("constraints.txt")
    assert [name for name, _, marker in _PIN.findall(lock) if _name(name) not in tested and not marker] == []


def test_every_locked_package_has_hashes_and_no_place(lock):
    lines = [line for line in lock.splitlines() if not line.startswith("#")]
    pinned = [i for i, line in enumerate(lines) if _PIN.match(line)]
    assert pinned
    assert all("--hash=sha256:" in lines[i + 1] for i in pinned)
    others = [line for i, line in enumerate(lines) if i not in pinned]
    assert [line for line in others if not re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?", line)] == []
    assert not re.search(r"://| @ |file:|index-url|find-links", lock)
