"""The deployments of prefect.yaml on a real Prefect server and worker on loopback."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
import yaml

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
PREFECT = [sys.executable, "-m", "prefect"]


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def _wait(ask, what: str, seconds: float = 90.0):
    end = time.time() + seconds
    while time.time() < end:
        try:
            answer = ask()
        except httpx.HTTPError:
            answer = None
        if answer:
            return answer
        time.sleep(0.5)
    raise AssertionError(f"{what} did not happen within {seconds:.0f} s")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """API address of a server with the deployments and a worker; everything stops at the end."""
    home, port = tmp_path_factory.mktemp("prefect"), _free_port()
    api = f"http://127.0.0.1:{port}/api"
    env = {
        **os.environ, "PREFECT_HOME": str(home), "PREFECT_API_URL": api, "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1", "PREFECT_WORKER_QUERY_SECONDS": "1", "TAPEWIRE_HOME": str(home / "var"),
        "TAPEWIRE_AS_OF": "2023-09-01T00:00:00Z", "PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1",
    }  # fmt: skip
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": env, "cwd": ROOT}
    processes = [subprocess.Popen([*PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port)], **quiet)]
    try:
        _wait(lambda: httpx.get(f"{api}/health", timeout=2).status_code == 200, "the server's start")
        httpx.post(f"{api}/work_pools/", json={"name": "tapewire", "type": "process"}, timeout=10).raise_for_status()
        processes.append(subprocess.Popen([*PREFECT, "worker", "start", "--pool", "tapewire"], **quiet))
        subprocess.run([*PREFECT, "--no-prompt", "deploy", "--all"], check=True, **quiet)
        yield api, home
    finally:
        for process in reversed(processes):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def test_the_deployments_have_the_names_schedules_and_limits_that_operators_rely_on():
    deployments = {d["name"]: d for d in yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]}
    assert {n: d["schedules"][0]["cron"] for n, d in deployments.items()} == {
        "nightly": "15 0 * * *",
        "hourly-ingest": "5 * * * *",
        "weekly-training": "45 1 * * 0",
    }
    assert all(d["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"} for d in deployments.values())
    assert all(s["timezone"] == "UTC" for d in deployments.values() for s in d["schedules"])


def test_a_deployed_ingest_runs_on_a_real_server_and_worker(server):
    api, home = server
    named = httpx.get(f"{api}/deployments/name/ingest/hourly-ingest", timeout=10).json()
    run = httpx.post(f"{api}/deployments/{named['id']}/create_flow_run", json={}, timeout=10).json()

    def ended():
        state = httpx.get(f"{api}/flow_runs/{run['id']}", timeout=10).json()["state"]
        return state if state["type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") else None

    state = _wait(ended, "the end of the run", 120)
    assert state["type"] == "COMPLETED", state
    assert (home / "var/simulated/warehouse.duckdb").exists()


def test_all_three_deployments_are_on_the_server(server):
    api, _ = server
    found = httpx.post(f"{api}/deployments/filter", json={}, timeout=10).json()
    assert {d["name"] for d in found} == {"nightly", "hourly-ingest", "weekly-training"}
