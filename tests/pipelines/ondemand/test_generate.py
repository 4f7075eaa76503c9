"""`tapewire generate`: stored with all that made it, marked, the same after a kill; impossible wishes refused."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

pytest.importorskip("transformers", reason="language models need the extra `text`")

from typer.testing import CliRunner

from domain.errors import NotEnoughDataError
from models.text.generation.write import MARK, Sampling
from pipelines.cli.app import app
from pipelines.ondemand import generate as flow
from pipelines.ondemand.detect import read_texts
from pipelines.ondemand.generate import generate
from pipelines.ondemand.generation_request import GenerationRequest
from pipelines.settings.load import load_settings
from tests.kits.languages import tiny_checkpoint
from tests.kits.texts import documents, home_with

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> str:
    return str(tiny_checkpoint(tmp_path_factory.mktemp("lm"), instructed=True, room=8192))


@pytest.fixture
def asked(checkpoint) -> GenerationRequest:
    return GenerationRequest(n=5, model=checkpoint, batch=2, sampling=Sampling(top_k=20), framed=False, longest=24)


@pytest.fixture(autouse=True)
def no_second_model(monkeypatch):
    monkeypatch.setattr(flow, "_judge", lambda run, causal: None)


def quiet(done: int, total: int) -> None:
    assert done <= total


def home(folder: Path):
    return load_settings("simulated", home=str(folder), threads=1)


def told(rows: pl.DataFrame) -> list[tuple]:
    return rows.select("text_id", "number", "title", "body", "frame_share").rows()


def test_every_release_is_stored_with_all_that_made_it(tmp_path, asked, checkpoint):
    made = generate(home(tmp_path), asked, tmp_path / "out.parquet", quiet)
    assert made.rows["number"].to_list() == list(range(5))
    for row in made.rows.to_dicts():
        assert (row["authorship"], row["mark"], row["model"], row["seed"]) == ("machine", MARK, checkpoint, 7)
        assert row["revision"].startswith("sha256 ")
        assert "Litecoin (LTC) is a cryptocurrency" in row["prompt"]
        assert json.loads(row["parameters"])["top_k"] == 20
        assert not row["is_simulated"], "the model wrote it, shown nothing of the simulator's"
        assert row["title"] and row["body"]
    assert set(made.measured["metric"]) >= {"distinct_2", "has_quote", "frame_share", "copied_8grams"}
    exported = pl.read_parquet(tmp_path / "out.parquet")
    assert set(exported["authorship"]) == {"machine"}
    assert set(exported["mark"]) == {MARK}
    assert read_texts(tmp_path / "out.parquet")["id"].to_list() == made.rows["text_id"].to_list()


def test_twice_is_once_and_fewer_are_the_first_of_more(tmp_path, asked):
    first = generate(home(tmp_path / "a"), asked, None, quiet)
    again = generate(home(tmp_path / "a"), asked, None, quiet)
    assert (first.n_before, again.n_before) == (0, 5)
    assert again.rows.equals(first.rows)
    fewer = generate(home(tmp_path / "b"), replace(asked, n=3), None, quiet)
    assert told(fewer.rows) == told(first.rows)[:3]
    assert fewer.rows["batch_id"][0] == first.rows["batch_id"][0]
    other = generate(home(tmp_path / "a"), replace(asked, seed=8), None, quiet)
    assert not set(other.rows["text_id"]) & set(first.rows["text_id"])


DYING = """
import os, signal, sys
from pathlib import Path
from pipelines.ondemand import generate as flow
from pipelines.ondemand.generate import generate
from pipelines.ondemand.generation_request import GenerationRequest
from pipelines.settings.load import load_settings
from models.text.generation.write import Sampling, write_releases
def dies(*args, batch, **more):
    if batch == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return write_releases(*args, batch=batch, **more)
flow.write_releases, flow._judge = dies, lambda run, causal: None
asked = GenerationRequest(n=5, model=sys.argv[1], batch=2, sampling=Sampling(top_k=20), framed=False, longest=24)
generate(load_settings("simulated", home=sys.argv[2], threads=1), asked, None, lambda done, total: None)
"""


def test_a_batch_that_was_killed_goes_on_and_ends_as_if_it_had_not_been(tmp_path, asked, checkpoint):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    killed = subprocess.run(
        [sys.executable, "-c", DYING, checkpoint, str(tmp_path / "killed")], env=environment, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    went_on = generate(home(tmp_path / "killed"), asked, None, quiet)
    assert went_on.n_before == 4, "two whole batches had been written"
    assert told(went_on.rows) == told(generate(home(tmp_path / "whole"), asked, None, quiet).rows)


def test_examples_are_real_releases_of_the_kind_and_of_the_asset_where_there_are_enough(tmp_path, asked):
    mixed = pl.concat([documents(4), documents(30, name="Bitcoin"), documents(9, kind="news")])
    settings, _ = home_with(tmp_path, mixed)
    made = generate(settings, replace(asked, shots=2, n=4), None, quiet)
    for row in made.rows.to_dicts():
        assert row["prompt"].count("Litecoin is listed") == 2
        assert len(row["examples"].split(", ")) == 2
        assert "Bitcoin is listed" not in row["prompt"]
    assert made.measured["n_real"].to_list() == [34] * len(made.measured)
    many = generate(settings, replace(asked, shots=8, n=2), None, quiet)
    assert "Bitcoin is listed" in many.rows["prompt"][0], "of the asset itself there are too few"


def test_more_examples_than_there_are_is_refused_with_what_to_do(tmp_path, asked):
    with pytest.raises(NotEnoughDataError, match="--shots 0"):
        generate(home(tmp_path), replace(asked, shots=1), None, quiet)


def test_a_small_gpt_is_trained_once_on_the_warehouses_releases_and_writes(tmp_path, asked):
    settings, _ = home_with(tmp_path, documents(120))
    scratch = replace(asked, model="scratch", steps=20, n=2, longest=40)
    made = generate(settings, scratch, None, quiet)
    assert set(made.rows["model"]) == {"small-gpt"}
    assert all(t.startswith("Litecoin") for t in made.rows["title"])
    trained = list(settings.checkpoints.glob("small-gpt-*"))
    assert len(trained) == 1
    before = trained[0].stat().st_mtime_ns
    generate(settings, replace(scratch, n=4), None, quiet)
    assert trained[0].stat().st_mtime_ns == before
    assert made.measured.filter(pl.col("metric") == "copied_8grams")["generated"][0] is not None


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["--asset", "NOPE"], 2, "asset 'NOPE' is not in the table of entities"),
        (["--kind", "poem"], 2, "kind 'poem' is unknown; expected press_release"),
        (["--temperature", "0"], 2, "temperature = 0.0 is outside"),
        (["--out", "texts.exe"], 2, ".exe ending; expected .parquet"),
        (["--n", "0"], 2, "greater than or equal to 1"),
        (["--model", "no/such/folder"], 1, "no causal language model could be read from 'no/such/folder'"),
        (["--model", "scratch"], 1, "5000 tokens are needed"),
    ],
)
def test_a_wish_that_cannot_be_ends_with_one_line_and_its_code(tmp_path, monkeypatch, args, code, message):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    done = CliRunner().invoke(app, ["generate", "--home", str(tmp_path), *args])
    assert done.exit_code == code, done.stderr
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
