"""A small published warehouse, once per session, and an empty one."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def _load_rows() -> ModuleType:
    """The rows' module: test folders are no packages, so it is loaded by its path."""
    name = "dashboards_warehouse_rows"
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("warehouse_rows.py"))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


rows_module = _load_rows()


@pytest.fixture(scope="session")
def rows() -> ModuleType:
    """The hand-made rows and the hostile texts among them."""
    return rows_module


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stable path of a simulated warehouse with a few rows in every mart."""
    return rows_module.make_published(tmp_path_factory.mktemp("filled"))


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stable path of a warehouse that nothing was ever written to."""
    return rows_module.make_published(tmp_path_factory.mktemp("empty"), filled=False)


@pytest.fixture(scope="session")
def report(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the filled warehouse."""
    from dashboards.report.build import write_report

    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(published, path)
    return path
