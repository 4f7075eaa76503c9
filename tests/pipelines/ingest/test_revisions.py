"""What changes later must not rewrite what was known earlier: revised labels, other channels, other checkpoints."""

import logging
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from models.forecast.checkpoint import save
from models.forecast.network.config import NetConfig, TrainConfig
from models.forecast.network.net import PatchTransformer
from models.forecast.network.train import Member, Trained
from pipelines import run as runs
from pipelines.ingest.ingest import ingest
from pipelines.settings.load import load_settings
from pipelines.stages.dataset import load_links
from pipelines.stages.impact.expected import _usable_model
from tests.kits.networks import plain_base
from warehouse import read

LINE = (
    '{{"published_at": "2024-01-01T10:20:00Z", "source": "w", "title": "{}", "id": "1", "assets": "BTC", '
    '"veracity": "{}", "authorship": "human"}}\n'
)


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "p.toml").write_text("")
    return load_settings(
        str(tmp_path / "p.toml"),
        home=str(tmp_path),
        files={"root": str(tmp_path), "tables": [{"path": "n.jsonl", "shape": "documents"}]},
    )


def test_a_label_added_later_changes_the_group_and_not_when_the_document_was_available(settings, tmp_path):
    (tmp_path / "n.jsonl").write_text(LINE.format("Helion signs", "unknown"))
    ingest(runs.start(settings, "first"))
    (tmp_path / "n.jsonl").write_text(LINE.format("Helion signs (updated)", "false"))
    run = runs.start(settings, "second")
    assert ingest(run).writes["documents"].changed == 1
    with run.open() as con:
        link = load_links(con, run).to_dicts()[0]
        first = read.first_versions(con, "documents", run.as_of).to_dicts()[0]
    assert link["release_group"] == "fabricated"
    assert link["available_ts"] == datetime(2024, 1, 1, 10, 20, 1, tzinfo=UTC)
    assert first["title"] == "Helion signs", "models read the text as it was at first"


def _checkpoint(path, assets: tuple[str, ...] = ("A", "B"), channels: int = 5) -> None:
    net = PatchTransformer(NetConfig(channels=channels, embedding=8))
    trained = Trained((Member(net, ((1, 0.9, 0.9),), 1, 0.9),), 10)
    save(path, trained, TrainConfig(), plain_base(np.zeros((2, 4, 25))), assets)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"assets": ("A", "C")}, "other assets or channels"),
        ({"channels": 6}, "other assets or channels"),
        (None, "no checkpoint of tapewire's networks"),
    ],
)
def test_a_stored_model_that_does_not_fit_todays_panel_is_left_out_with_a_warning(settings, caplog, told, message):
    market = SimpleNamespace(
        bars=SimpleNamespace(assets=("A", "B")),
        panel=SimpleNamespace(tape=np.zeros((2, 5, 5)), context=np.zeros((2, 5, 63))),
        documents=SimpleNamespace(vectors=np.zeros((1, 8))),
    )
    run = SimpleNamespace(settings=settings)
    path = settings.checkpoints / "m.ckpt"
    _checkpoint(path)
    assert _usable_model(run, market, "m") is not None
    if told is None:
        path.write_bytes(b"rubbish")
    else:
        _checkpoint(path, **told)
    logging.getLogger("tapewire").propagate = True
    with caplog.at_level(logging.WARNING, "tapewire.impact"):
        assert _usable_model(run, market, "m") is None
    assert message in caplog.text


def test_the_same_documents_have_the_same_fingerprint_whatever_comes_after_training():
    from models.forecast.network.windows import collect_documents

    def documents(n: int, sign: float = 1.0):
        links = pl.DataFrame(
            {
                "doc_id": [f"d{i}" for i in range(n)],
                "asset": "A",
                "available_ts": [datetime(2024, 1, 1 + i, tzinfo=UTC) for i in range(n)],
            },
            schema_overrides={"available_ts": pl.Datetime("us", "UTC")},
        )
        vectors = pl.DataFrame(
            {"doc_id": links["doc_id"], "embedding": [[sign * (i + 1), 0.0] for i in range(n)]},
            schema_overrides={"embedding": pl.List(pl.Float32)},
        )
        return collect_documents(links, vectors, ("A",), 2)

    until = int(datetime(2024, 1, 5, 12, tzinfo=UTC).timestamp())
    assert documents(8).fingerprint(until) == documents(20).fingerprint(until)
    assert documents(8).fingerprint(until) != documents(8, sign=-1.0).fingerprint(until)
    assert documents(8).fingerprint(until) != documents(3).fingerprint(until)
