"""Whole nights of the simulated market, killed and repeated; the real data scored without training."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from dashboards.queries.cookbook import recipes
from dashboards.queries.limited import LimitedWarehouse
from models.simulation.prices import ASSETS
from pipelines import run as runs
from pipelines.ondemand.alert import NoSuchReleaseError, alert
from pipelines.settings.load import load_settings
from tests.kits.command import plain_night, tapewire
from warehouse.schema.texts import GENERATED_RELEASES
from warehouse.write import write

pytestmark = pytest.mark.slow

SMALL = {
    "TAPEWIRE_FORECAST__MEMBERS": "1",
    "TAPEWIRE_FORECAST__EPOCHS": "1",
    "TAPEWIRE_FORECAST__WINDOWS_PER_EPOCH": "1024",
    "TAPEWIRE_FORECAST__TEST_DAYS": "40",
    "TAPEWIRE_FORECAST__N_FOLDS": "1",
    "TAPEWIRE_FORECAST__STRETCH_DAYS": "20",
    "TAPEWIRE_IMPACT__WINDOWS_H": "[0.25, 1, 4, 24, 72]",
    "TAPEWIRE_THREADS": "1",
}
OF_REAL_TEXTS = {"generated_releases", "text_quality", "detection", "story_alarms", "known_cases"}
OF_SWAPS = {"funding"}  # the simulator has none
# Questions without an answer there: no swaps, no verdicts on texts, nothing revised, no de-peg yet.
OF_NO_SIMULATED_NIGHT = {
    "as_it_was_known", "depegs", "funding", "machine_written", "signals_with_record", "ssr_after_low"
}  # fmt: skip
OF_LATER = {"live_skill"}  # of forecasts whose outcome has come
AS_OF = "2024-03-01T00:00:00Z"
NIGHTS_TO_KILL = """
import logging, os, sys
from datetime import UTC, datetime
import pipelines.stages.forecast.evaluate  # everything is loaded once, before the first night
from pipelines.flows.night import run_night
from pipelines.settings.load import load_settings

logging.basicConfig(level=logging.INFO, stream=sys.stderr)
for home in sys.stdin:
    if (started := os.fork()) == 0:
        os.setsid()
        print("process", os.getpid(), file=sys.stderr, flush=True)
        run_night(load_settings("simulated", home=home.strip(), as_of=datetime(2024, 3, 1, tzinfo=UTC)))
        os._exit(0)
    os.waitpid(started, 0)
os._exit(0)
"""


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    return {**os.environ, **SMALL, "PYTHONPATH": str(Path(__file__).parents[3])}


@pytest.fixture(scope="module")
def night(tmp_path_factory, environment):
    """A first small night: its home and what the command said."""
    home = tmp_path_factory.mktemp("night")
    done = plain_night(home, as_of=AS_OF, env=environment)
    assert done.returncode == 0, done.stdout
    return home, done


def _published(home: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str((home / "simulated/published/tapewire.duckdb").resolve()), read_only=True)


def _query(home: Path, text: str):
    with _published(home) as con:
        return con.execute(text).fetchall()


def test_a_night_publishes_a_warehouse_and_a_report_and_names_them_with_the_headline_figures(night):
    home, done = night
    assert "SIMULATED MARKET" in done.stdout
    assert str(home / "simulated/reports/report.html") in done.stdout
    assert "Forecast skill over the reference walk" in done.stdout
    report = (home / "simulated/reports/report.html").read_text()
    assert "Simulated market" in report
    assert _query(home, "SELECT status, exit_code FROM ops.runs") == [("complete", 0)]


def test_every_question_of_the_cookbook_is_answered_on_a_simulated_night(night):
    with LimitedWarehouse(night[0] / "simulated/published/tapewire.duckdb") as warehouse:
        told = {r.name: pl.concat(warehouse.frames(r.sql, {}, limit=None, on_hang=lambda: None)) for r in recipes()}
    assert {name for name, rows in told.items() if rows.is_empty()} == OF_NO_SIMULATED_NIGHT
    assert told["movers"].height == told["expected_range"].height == len(ASSETS)
    assert told["movers"]["return_1d"].abs().is_sorted(descending=True)
    assert (told["expected_range"]["price_low_24h"] < told["expected_range"]["price_high_24h"]).all()
    assert told["stablecoin_shares"]["supply_share"].sum() == pytest.approx(1)
    assert told["fund_premium"]["premium"].abs().max() < 0.5
    assert set(told["models_in_use"]["model_name"]) >= {"tapewire", "patch_transformer", "reference_walk"}
    weeks = told["releases_per_week"].group_by("release_group").agg(pl.col("n_releases").sum())
    assert set(weeks["release_group"]) == {"real", "generated", "fabricated"}


def test_every_mart_of_a_night_has_rows_and_all_of_them_are_marked_simulated(night):
    with _published(night[0]) as con:

        def rows(text: str) -> list[tuple[object, ...]]:
            return con.execute(text).fetchall()

        views = [r[0] for r in rows("SELECT view_name FROM duckdb_views() WHERE schema_name = 'marts'")]
        empty = [v for v in views if rows(f"SELECT count(*) FROM marts.{v}") == [(0,)]]
        assert set(empty) == OF_REAL_TEXTS | OF_SWAPS | OF_LATER, "no verdict on simulated prose"
        columns = "SELECT table_name FROM duckdb_columns() WHERE schema_name = 'marts'"
        marked = rows(f"{columns} AND column_name = 'is_simulated'")
        for view in sorted((set(views) - set(empty)) & {r[0] for r in marked}):
            assert rows(f"SELECT bool_and(is_simulated) FROM marts.{view}") == [(True,)], view


def test_every_row_that_a_night_read_is_accounted_for(night):
    lost = "n_read <> n_new + n_changed + n_unchanged + n_quarantined + n_left_out"
    assert _query(night[0], f"SELECT count(*), count(*) FILTER ({lost}) FROM ops.source_rows")[0][1] == 0
    assert _query(night[0], "SELECT sum(n_read) FROM ops.source_rows")[0][0] > 50_000


def test_running_it_again_does_nothing_and_says_so(night, environment):
    home, _ = night
    before = json.loads((home / "simulated/published/marts.json").read_text())
    again = plain_night(home, as_of=AS_OF, env=environment)
    assert again.returncode == 0
    assert "Nothing new, nothing changed: the marts are identical" in again.stdout
    assert again.stdout.count("unchanged  ") >= 5
    assert json.loads((home / "simulated/published/marts.json").read_text()) == before


def test_a_killed_night_leaves_nothing_behind_and_the_next_one_gives_the_marts_of_an_undisturbed_one(
    night, environment, tmp_path
):
    first = json.loads((night[0] / "simulated/published/marts.json").read_text())
    with subprocess.Popen(
        [sys.executable, "-c", NIGHTS_TO_KILL], env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True,
    ) as nights:  # fmt: skip
        assert nights.stdin is not None
        assert nights.stderr is not None
        for stage in ("derive", "evaluate"):
            print(tmp_path, file=nights.stdin, flush=True)
            process = next(int(line.split()[1]) for line in nights.stderr if line.startswith("process "))
            assert any(f"{stage}: working" in line for line in nights.stderr)
            time.sleep(0.5)
            os.killpg(process, signal.SIGKILL)
        nights.stdin.close()
        assert "Traceback" not in nights.stderr.read()
    assert plain_night(tmp_path, as_of=AS_OF, env=environment).returncode == 0
    assert json.loads((tmp_path / "simulated/published/marts.json").read_text()) == first
    assert list((tmp_path / "simulated").rglob("*.partial")) == []


def test_analysts_read_the_published_night_with_the_command(night, environment):
    home, _ = night

    def command(*words: str) -> subprocess.CompletedProcess[str]:
        return tapewire(*words, "--home", str(home), env=environment)

    rows = command("sql", "SELECT count(*) AS n FROM marts.releases", "--format", "json")
    assert json.loads(rows.stdout)[0]["n"] > 100
    assert command("sql", "SELECT nonsense").returncode == 1
    assert command("sql", "DROP TABLE core.candles_versions").returncode == 1
    assert "nightly" in command("status").stdout
    assert command("doctor").returncode == 0


@pytest.fixture(scope="module")
def real(data, tmp_path_factory):
    """The real data ingested, derived and scored, without training: an open reader of its published warehouse."""
    from pipelines.ingest.ingest import ingest
    from pipelines.settings.load import load_settings
    from pipelines.stages.plan import BY_NAME
    from pipelines.stages.publish import publish_run
    from pipelines.stages.stage import RunContext, run_stage
    from warehouse.connect import open_reader

    profile = Path(__file__).parents[3] / "examples/files.example.toml"
    home, windows = str(tmp_path_factory.mktemp("real")), {"windows_h": (1.0, 4.0, 24.0)}
    settings = load_settings(str(profile), home=home, files={"root": str(data)}, impact=windows)
    run = runs.start(settings, "test")
    result = ingest(run)
    context = RunContext(run)
    assert run_stage(BY_NAME["derive"], context).status == "done"
    assert run_stage(BY_NAME["impact"], context).status == "done"
    publish_run(run)
    return result, open_reader(settings.published)


def test_the_real_files_are_all_delivered_and_no_check_is_fatal(real):
    result, con = real
    assert result.exit_code == 0
    assert con.execute("SELECT count(*) FROM core.candles WHERE timeframe = '1h'").fetchall()[0][0] == 893_307
    assert result.writes["documents"].quarantined == 0
    read, accounted = con.execute(
        "SELECT sum(n_read), sum(n_new + n_changed + n_unchanged + n_quarantined + n_left_out) FROM ops.source_rows"
    ).fetchall()[0]
    assert read == accounted > 1_000_000
    assert con.execute("SELECT count(*) FROM core.documents WHERE kind <> 'event'").fetchall()[0][0] == 17_378


@pytest.mark.parametrize(
    ("first", "last", "published"),
    [("2021-05-03", "2021-05-09", 13.4), ("2021-06-08", "2021-06-08", 6.0), ("2021-12-14", "2021-12-14", 6.52),
     ("2022-01-19", "2022-01-19", 5.26)],
)  # fmt: skip
def test_the_ratio_comes_within_four_per_cent_of_published_values(real, first, last, published):
    value = (
        real[1]
        .execute("SELECT max(ssr_par) FROM marts.ssr_daily WHERE coin = 'ALL' AND day BETWEEN $1 AND $2", [first, last])
        .fetchall()[0][0]
    )
    assert value == pytest.approx(published, rel=0.04)


def test_the_false_walmart_release_is_found_with_its_move_and_reversal(real):
    row = real[1].sql(
        "SELECT * FROM marts.known_fabrications WHERE asset = 'LTC' AND event_ts::DATE = '2021-09-13' AND window_h = 4"
    ).pl().to_dicts()[0]  # fmt: skip
    assert row["timeframe"] == "15m"
    assert 0.30 < row["peak_simple_return"] < 0.38, "175 to 234 USD"
    assert row["time_to_peak_h"] <= 0.5
    assert row["reversal_share"] > 0.9, "back at 178 by 14:45"


@pytest.mark.parametrize(
    ("check", "subject", "detail"),
    [
        ("candles_missing_bars", "binance AAVE/USDT 1h", "longest hole"),
        ("candles_market_wide_gaps", "binance 1h", "every market"),
        ("candles_ended_early", "binance ALGO/USDT 1h", "2024-05-08"),
        ("candles_ended_early", "binance ETC/USDT 1h", "2024-05-08"),
        ("supply_jump", "USDT", "+47.6 % on 2020-04-02"),
        ("supply_jump", "USDC", " % on 2022-01-01"),
        ("supply_ended_early", "TUSD", "2019"),
        ("supply_ended_early", "GUSD", "2019"),
        ("supply_depeg", "USTC", ""),
        ("asset_metrics_absent", "AAVE", ""),
        ("asset_metrics_absent", "NEO", ""),
        ("asset_metrics_vendor_seam", "BTC", "Coin Metrics"),
        ("document_assets_many", "documents", "up to"),
        ("asset_metrics_ended_early", "LTC", "2023"),
        ("funding_short_history", "1000PEPE/USDT:USDT", ""),
        ("documents_availability_assumed", "news", "zone"),
        ("documents_late_stamp", "event", ""),
        ("documents_not_recommended", "event", ""),
        ("documents_headline_only", "Cointelegraph", ""),
    ],
)
def test_the_quirks_of_the_real_data_are_reported(real, check, subject, detail):
    found = (
        real[1].sql("FROM marts.data_health").pl().filter(pl.col("check_name") == check, pl.col("subject") == subject)
    )
    assert found.height >= 1
    assert any(detail in d for d in found["detail"].to_list())


@pytest.fixture(scope="module")
def desk(night, environment, tmp_path_factory):
    """A copy of the night's home: labels of a desk and generated releases came in, and impact was scored anew."""
    home = tmp_path_factory.mktemp("desk")
    shutil.copytree(night[0], home, dirs_exist_ok=True, symlinks=True)
    asset = _query(home, "SELECT asset FROM marts.release_scored GROUP BY 1 ORDER BY count(*) DESC, 1")[0][0]
    settings = load_settings("simulated", as_of=datetime(2024, 3, 1, tzinfo=UTC), home=str(home))
    run = runs.start(settings, "test")
    texts = pl.DataFrame({
        "text_id": [f"made-{i}" for i in range(6)], "batch_id": "b", "number": range(6), "kind": "press_release",
        "asset": [asset] * 5 + ["KORU"], "title": [f"Listed {i}" for i in range(6)], "body": "A machine wrote it.",
        "authorship": "machine", "mark": "m", "model": "tiny", "revision": "1", "prompt": "p", "examples": None,
        "parameters": "{}", "frame_share": 0.0, "seed": 1, "created_ts": run.now,
    }, schema_overrides={"examples": pl.String})  # fmt: skip
    with run.open() as con:
        write(con, GENERATED_RELEASES, texts, run.batch("generate"))
    runs.record_end(run, 0)
    (home / "labels.csv").write_text(_labels(home))
    said = [
        tapewire(*command, "--home", str(home), env=environment)
        for command in (["label", str(home / "labels.csv")], ["label", str(home / "labels.csv")],
                        ["impact", "--as-of", AS_OF], ["impact", "--as-of", AS_OF], ["publish"])
    ]  # fmt: skip
    assert [s.returncode for s in said] == [0] * 5, "\n".join(s.stdout + s.stderr for s in said)
    return home, said


def _labels(home: Path) -> str:
    """Labels that turn the newest real release into one by a machine, and one for a document that is not there."""
    real = _query(home, "SELECT max_by(doc_id, event_ts) FROM marts.release_impact WHERE release_group = 'real'")[0][0]
    return f"doc_id,authorship,note\n{real},machine,our reading\nnowhere,human,\n"


def test_a_desks_labels_go_before_those_of_the_source_and_the_same_file_twice_changes_nothing(night, desk):
    home, said = desk
    assert "1 new, 0 changed, 0 unchanged; 1 name no document" in said[0].stdout
    assert "0 new, 0 changed, 1 unchanged" in said[1].stdout
    doc = (home / "labels.csv").read_text().splitlines()[1].split(",")[0]
    group = f"SELECT DISTINCT release_group FROM marts.release_impact WHERE doc_id = '{doc}'"
    assert _query(night[0], group) == [("real",)]
    assert _query(home, group) == [("generated",)]
    told = f"SELECT release_group, authorship_evidence FROM marts.releases WHERE doc_id = '{doc}'"
    assert _query(home, told) == [("generated", "desk")]


def test_impact_scored_twice_is_impact_scored_once(desk):
    assert re.search(r"impact\s+done", desk[1][2].stdout)
    assert re.search(r"impact\s+unchanged", desk[1][3].stdout)


def test_generated_releases_are_scored_in_the_place_of_real_ones_of_their_asset(desk):
    rows = _query(
        desk[0],
        "SELECT g.doc_id, g.asset = h.asset AND g.event_ts = h.event_ts AND g.median_none = h.median_none "
        "AND g.realised IS NULL FROM marts.release_scored g JOIN marts.release_scored h "
        "ON h.doc_id = g.placed_doc_id AND h.horizon_h = g.horizon_h AND h.asset = g.asset",
    )
    assert {r[0] for r in rows} >= {f"made-{i}" for i in range(5)}
    assert all(r[1] for r in rows)
    paired = _query(
        desk[0],
        "SELECT n_a, low <= difference AND difference <= high FROM marts.generated_against_real "
        "WHERE answer = 'scored' AND method = 'paired' AND group_a = 'generated'",
    )
    assert paired
    assert all(n >= 5 and inside for n, inside in paired)


def test_every_kind_of_words_is_read_in_the_place_of_releases(desk):
    words = dict(_query(desk[0], "SELECT words, count(DISTINCT doc_id) FROM marts.other_words GROUP BY 1"))
    assert set(words) == {"real", "shuffled", "generated"}
    same = "SELECT count(*), max(abs(o.median - e.median)) FROM marts.other_words o JOIN marts.response_expected e "
    ((n, apart),) = _query(desk[0], same + "USING (doc_id, asset, window_h) WHERE words = 'real'")
    assert n
    assert apart < 1e-9
    late = _query(
        desk[0],
        "SELECT count(*) FROM marts.other_words o JOIN core.documents d ON d.doc_id = o.text_id "
        "JOIN core.documents own ON own.doc_id = o.doc_id "
        "WHERE words = 'shuffled' AND d.available_ts >= own.available_ts",
    )
    assert late == [(0,)], "no text of later is put in a place"


def test_what_is_said_to_be_like_a_new_release_was_over_when_it_arrived(night):
    late = "SELECT count(*) FROM marts.similar_releases WHERE similar_event_ts + INTERVAL 24 HOURS > available_ts"
    assert _query(night[0], late) == [(0,)]
    assert _query(night[0], "SELECT count(*) > 0, bool_and(low_text < high_text) FROM marts.release_alerts") == [
        (True, True)
    ]


def test_the_alert_of_one_release_comes_in_one_call(night, environment):
    home = night[0]
    doc, title = _query(home, "SELECT doc_id, title FROM marts.release_alerts ORDER BY available_ts DESC LIMIT 1")[0]
    done = tapewire("impact", "--release", doc, "--home", str(home), "--as-of", AS_OF, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"SIMULATED  {title[:20]}")
    assert "Authorship: not judged: simulated prose never is" in done.stdout
    assert all(f" {h:>3} h  network: 90 % between" in done.stdout for h in (1, 4, 8, 24))
    assert all(f" {h:>3} h  beyond the market 90 % between" in done.stdout for h in (1, 4, 24, 72)), "but of 15 minutes"


def test_an_alert_about_no_release_or_several_says_what_to_do(night):
    settings = load_settings("simulated", as_of=datetime(2024, 3, 1, tzinfo=UTC), home=str(night[0]))
    with pytest.raises(NoSuchReleaseError, match="releases lists them"):
        alert(settings, "no headline says this")
    with pytest.raises(NoSuchReleaseError, match="give one id"):
        alert(settings, "a")


def test_a_release_that_no_night_has_scored_is_scored_at_once_and_as_a_night_would(night, tmp_path):
    home = tmp_path / "h"
    shutil.copytree(night[0], home, symlinks=True)
    settings = load_settings(
        "simulated", as_of=datetime(2024, 3, 1, tzinfo=UTC), home=str(home), threads=1,
        forecast={k.split("__")[1].lower(): int(v) for k, v in SMALL.items() if "FORECAST" in k},
    )  # fmt: skip
    doc = _query(night[0], "SELECT doc_id FROM marts.release_alerts ORDER BY available_ts DESC LIMIT 1")[0][0]
    before = alert(settings, doc)
    run = runs.start(settings, "test")
    with run.open() as con:
        con.execute("DELETE FROM models.scored WHERE doc_id = $1", [doc])
    now = alert(settings, doc)
    assert now.why_not == ""
    columns = ["asset", "horizon_h", "low_text", "median_text", "high_text"]
    assert now.expected.select(columns).equals(before.expected.select(columns))
    assert now.similar.equals(before.similar)
