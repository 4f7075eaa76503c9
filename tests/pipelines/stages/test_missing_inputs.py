"""A missing input stops what depends on it and nothing else."""

from datetime import UTC, datetime

import pytest

from domain.errors import NotEnoughDataError
from pipelines import run as runs
from pipelines.ingest.ingest import ingest
from pipelines.settings.load import load_settings
from pipelines.stages.derive import derive
from pipelines.stages.plan import BY_NAME
from pipelines.stages.stage import RunContext, run_stage

CSV = "asset,date,supply,price_usd\n" + "\n".join(
    f"{c},2024-01-{d:02d},1000000000,1.0" for c in ("USDT", "USDC") for d in range(1, 21)
)
BTC = "asset,date,price_usd,supply\n" + "\n".join(f"BTC,2024-01-{d:02d},40000,19000000" for d in range(1, 21))


@pytest.fixture
def run(tmp_path):
    (tmp_path / "p.toml").write_text("")
    (tmp_path / "s.csv").write_text(CSV)
    (tmp_path / "b.csv").write_text(BTC)
    tables = [{"path": "s.csv", "shape": "supply"}, {"path": "b.csv", "shape": "asset_metrics"}]
    settings = load_settings(
        str(tmp_path / "p.toml"),
        home=str(tmp_path),
        as_of=datetime(2024, 2, 1, tzinfo=UTC),
        files={"root": str(tmp_path), "tables": tables},
    )
    run = runs.start(settings, "test")
    assert ingest(run).exit_code == 0
    return run


def test_without_candles_the_supply_ratio_is_still_derived(run):
    assert run_stage(BY_NAME["derive"], RunContext(run)).status == "missing"
    with run.open() as con:
        rows = con.execute("SELECT count(*), any_value(ssr_par) FROM marts.ssr_daily WHERE coin = 'ALL'").fetchall()
    assert rows == [(20, 40_000 * 19e6 / 2e9)]


def test_a_stage_without_its_input_is_not_recorded_as_done(run):
    run_stage(BY_NAME["derive"], RunContext(run))
    with run.open() as con:
        with pytest.raises(NotEnoughDataError, match="no 1h candles"):
            derive(con, run)
        assert con.execute("SELECT count(*) FROM ops.stages").fetchall() == [(0,)]
