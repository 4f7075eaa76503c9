"""The published file in the oldest DuckDB that is promised: an environment of its own, named by OLDEST."""

import json
import os
import subprocess

import pytest

from tests.conftest import NOW, candle_rows
from warehouse.connect import open_writer
from warehouse.migrate import migrate
from warehouse.publish import STABLE_NAME, STORAGE_VERSION, publish
from warehouse.schema.market import CANDLES
from warehouse.write import write

OLDEST = "OLDEST_DUCKDB_PYTHON"  # a Python with that client; .ci/run makes one
READ = """
import json, sys, duckdb
con = duckdb.connect(sys.argv[1], read_only=True)
marts = [r[0] for r in con.execute("SELECT view_name FROM duckdb_views() WHERE schema_name = 'marts'").fetchall()]
rows = {m: len(con.execute(f'FROM marts."{m}"').fetchall()) for m in marts}
macros = {r[0] for r in con.execute("SELECT function_name FROM duckdb_functions() WHERE function_type = 'table_macro' "
                                    "AND schema_name = 'core'").fetchall()}
for macro in macros:
    con.execute(f"FROM core.{macro}(TIMESTAMPTZ '2030-01-01 00:00:00+00')").fetchall()
print(json.dumps([duckdb.__version__, rows, sorted(macros)]))
"""


@pytest.mark.slow
def test_the_oldest_client_reads_every_mart_and_macro(tmp_path, batch):
    python = os.environ.get(OLDEST)
    if not python:
        pytest.skip(f"{OLDEST} names no Python with DuckDB {STORAGE_VERSION}")
    con = open_writer(tmp_path / "warehouse.duckdb")
    migrate(con)
    write(con, CANDLES, candle_rows(100), batch)
    publish(con, tmp_path / "published", now=NOW)
    con.close()
    done = subprocess.run([python, "-c", READ, str((tmp_path / "published" / STABLE_NAME).resolve())],
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    version, rows, macros = json.loads(done.stdout)
    assert f"v{version}".startswith(STORAGE_VERSION.rsplit(".", 1)[0])
    assert rows["candles"] == 100 and len(rows) >= 45
    assert "candles_as_of" in macros
