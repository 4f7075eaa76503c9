"""Threads that wait sleep: the policy is set before anything that reads it is loaded, wherever one comes in."""

import json
import os
import subprocess
import sys

import pytest

from models.hardware import PATIENT, wait_asleep

WATCH = """
import builtins, json, os, sys
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name in ("torch", "lightgbm"):
            note()
def note():
    seen.append({k: os.environ.get(k) for k in sys.argv[2].split(",")})
seen = []
sys.meta_path.insert(0, Watch())
__import__(sys.argv[1])
note()
print(json.dumps(seen))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "loads_torch"),
    [
        ("pipelines.flows.nightly", False),
        ("models.text.language.causal", True), ("benchmarks.impact.counterfactual", True),
    ],
)  # fmt: skip
def test_whatever_is_imported_first_threads_are_told_to_sleep_before_torch_is_loaded(module, loads_torch):
    env = {k: v for k, v in os.environ.items() if k not in PATIENT}
    command = [sys.executable, "-c", WATCH, module, ",".join(PATIENT)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    seen = json.loads(done.stdout.splitlines()[-1])
    assert all(environment == PATIENT for environment in seen)
    assert len(seen) > loads_torch


def test_what_the_environment_says_stands(monkeypatch):
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    wait_asleep()
    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"
    assert os.environ["GOMP_SPINCOUNT"] == PATIENT["GOMP_SPINCOUNT"]
