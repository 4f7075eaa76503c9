"""Marts as files for other engines: read back without DuckDB, whole or not at all, harmless in a spreadsheet."""

import json
from pathlib import Path

import deltalake
import pandas as pd
import polars as pl
import pytest
from typer.testing import CliRunner

from dashboards.data import Published
from dashboards.files.export import ExportError, export_marts
from pipelines.cli.app import app

pytestmark = pytest.mark.slow


def test_every_mart_is_written_as_parquet_and_read_by_polars_and_pandas(published: Path, tmp_path: Path):
    done = list(export_marts(published, tmp_path, "parquet", [], None))
    with Published(published) as warehouse:
        assert len(done) == len(warehouse.mart("catalog")) + 1
    for one in done:
        assert pl.read_parquet(one.path).height == one.n_rows, one.mart
    assert len(pd.read_parquet(tmp_path / "candles_daily.parquet")) > 0
    assert not list(tmp_path.glob(".partial*"))


def test_a_delta_table_is_read_without_duckdb_and_written_anew_the_second_time(published: Path, tmp_path: Path):
    for _ in range(2):
        (one,) = export_marts(published, tmp_path, "delta", ["ssr_daily"], "coin")
    table = deltalake.DeltaTable(one.path)
    assert table.to_pandas()["coin"].nunique() == 2
    assert pl.read_delta(str(one.path)).height == one.n_rows == 520
    assert table.metadata().partition_columns == ["coin"]
    assert table.version() == 0


@pytest.mark.parametrize("form", ["parquet", "csv", "jsonl"])
def test_a_partitioned_mart_has_a_folder_per_value_and_every_row(form: str, published: Path, tmp_path: Path):
    (one,) = export_marts(published, tmp_path, form, ["candles"], "asset")
    assert {f.name for f in one.path.iterdir()} == {"asset=BTC", "asset=XRP"}
    read = {"parquet": pl.read_parquet, "csv": pl.read_csv, "jsonl": pl.read_ndjson}[form]
    assert sum(read(f).height for f in one.path.rglob(f"*.{form}")) == one.n_rows > 100


def test_marts_without_rows_are_folders_and_stop_no_export(empty: Path, tmp_path: Path):
    done = list(export_marts(empty, tmp_path, "csv", [], "model_name"))
    assert len(done) > 50 and (tmp_path / "live_skill").is_dir()


def test_hostile_text_is_exported_harmless(published: Path, tmp_path: Path, rows):
    (one,) = export_marts(published, tmp_path, "csv", ["releases"], None)
    text = pl.read_csv(one.path, infer_schema=False)
    assert rows.HOSTILE_TITLE[:30] in text["title"].str.join("\n").to_list()[0]
    assert not any(str(v).startswith(("=", "+", "-", "@", "\t")) for c in text.columns for v in text[c].drop_nulls())
    (raw,) = export_marts(published, tmp_path, "jsonl", ["releases"], None)
    assert any(json.loads(line)["title"] == rows.HOSTILE_TITLE for line in raw.path.read_text().splitlines())


def test_wrong_names_are_said_with_the_near_one_and_exit_with_2(published: Path, tmp_path: Path):
    with pytest.raises(ExportError, match="did you mean 'ssr_daily'"):
        list(export_marts(published, tmp_path, "csv", ["ssr_dayly"], None))
    with pytest.raises(ExportError, match=r"ssr_daily has no column 'asset'; it has coin"):
        list(export_marts(published, tmp_path, "csv", ["ssr_daily"], "asset"))
    with pytest.raises(ExportError, match="no column 'nope'"):
        list(export_marts(published, tmp_path / "none", "parquet", [], "nope"))
    assert not (tmp_path / "none").exists()
    home = published.parents[2] / "nothing"
    done = CliRunner().invoke(app, ["export", "--home", str(home), "--out", str(tmp_path)])
    assert done.exit_code == 1 and "tapewire nightly" in done.stderr


def test_the_command_writes_what_it_says(published: Path, tmp_path: Path):
    home = tmp_path / "home"
    (home / "simulated").mkdir(parents=True)
    (home / "simulated" / "published").symlink_to(published.parent)
    out = tmp_path / "out"
    done = CliRunner().invoke(app, ["export", "ssr_daily", "-f", "csv", "--home", str(home), "--out", str(out)])
    assert done.exit_code == 0, done.stderr
    assert done.stdout.strip().endswith("ssr_daily.csv: 520 rows")
    assert (out / "ssr_daily.csv").exists()


def test_a_title_of_a_megabyte_that_is_a_formula_is_stored_shown_short_and_exported_harmless(tmp_path: Path, rows):
    title = "=HYPERLINK(1)" + "x" * (1 << 20)
    stable = rows.make_published(tmp_path, title=title)
    (one,) = export_marts(stable, tmp_path / "out", "csv", ["releases"], None)
    read = pl.read_csv(one.path, infer_schema=False)
    assert read.filter(pl.col("title").str.starts_with("'=HYPERLINK"))["title"].str.len_chars().to_list() == [
        len(title) + 1
    ]
    with Published(stable) as warehouse:
        found = warehouse.releases("hyperlink")
    assert found["title"].to_list() == [title]
