"""Training that is killed goes on to the very same networks; checkpoints of old stay readable, others say why not."""

import contextlib
import logging
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time
import types
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from models.forecast.checkpoint import CheckpointError, load
from models.forecast.network import module as forecast_module
from models.forecast.network.module import BatchOrder
from models.forecast.network.net import Inputs
from models.forecast.network.train import Trained, forget_partial
from tests.kits.networks import DATA, EPOCHS, N_MEMBERS, STEPS_PER_EPOCH, tiny_inputs, tiny_training, train_in_a_process

pytestmark = pytest.mark.slow

ALL_STEPS = N_MEMBERS * EPOCHS * STEPS_PER_EPOCH
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tests.kits.networks"])


def in_a_process(
    out: Path, partial: Path | None, kill: tuple[str, int] | None = None, **changes: object
) -> multiprocessing.Process:
    """A training in a process of its own, started.

    A new process runs its parent's main module once more: Streamlit's tests put an app there, so that none is shown.
    """
    process = processes.Process(target=train_in_a_process, args=(out, partial, kill, changes))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))
        process.start()
    return process


def finished(out: Path, partial: Path | None, **changes: object) -> tuple[Trained, int]:
    """A training that nothing disturbs: the networks, and how many steps it took."""
    process = in_a_process(out, partial, **changes)
    process.join(60)
    assert process.exitcode == 0
    return load(out)[0], int(out.with_suffix(".json").read_text().split(":")[1].strip(" }"))


def killed(out: Path, partial: Path, kill: tuple[str, int], **changes: object) -> None:
    """A training that dies by SIGKILL."""
    process = in_a_process(out, partial, kill, **changes)
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert not out.exists()


def assert_same(a: Trained, b: Trained) -> None:
    """Bit for bit: weights, curves, best epochs."""
    assert [m.curve for m in a.members] == [m.curve for m in b.members]
    assert [(m.best_epoch, m.validation_ratio) for m in a.members] == [
        (m.best_epoch, m.validation_ratio) for m in b.members
    ]
    assert a.n_windows == b.n_windows
    for one, other in zip(a.members, b.members, strict=True):
        mine, theirs = one.net.state_dict(), other.net.state_dict()
        assert mine.keys() == theirs.keys()
        for name, value in mine.items():
            assert torch.equal(value, theirs[name]), name


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> Trained:
    """A training that nothing disturbs and that keeps no state."""
    trained, steps = finished(tmp_path_factory.mktemp("undisturbed") / "a.ckpt", None)
    assert steps == ALL_STEPS
    assert [len(m.curve) for m in trained.members] == [EPOCHS] * N_MEMBERS
    return trained


@pytest.fixture(scope="module", autouse=True)
def two_processes(tmp_path_factory) -> Iterator[tuple[Path, subprocess.Popen[str]]]:
    """One training with devices=2, started before the first test, since its processes take long to import torch."""
    folder = tmp_path_factory.mktemp("together")
    command = [sys.executable, "-m", "tests.kits.networks", str(folder / "a.ckpt"), str(folder / "partial"),
               '{"devices": 2, "dropout": 0.0}']  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    started = subprocess.Popen(
        command, env=environment, cwd=Path(__file__).parents[3], text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    yield folder, started
    with contextlib.suppress(ProcessLookupError):
        os.killpg(started.pid, signal.SIGKILL)
    started.wait()


@pytest.mark.parametrize(
    ("kill", "left"),
    [
        (("training_step", 3), ALL_STEPS),  # in the first epoch: nothing was kept yet
        (("training_step", 5), ALL_STEPS - 4),  # after the first whole epoch
        (("training_step", 7), ALL_STEPS - 4),  # in the middle of the second
        (("validation_step", 2), ALL_STEPS - 4),  # while the second is validated
        (("save", 3), ALL_STEPS - 4),  # while the second is kept
        (("save", 4), ALL_STEPS - 4),  # between its two files
        (("training_step", 13), ALL_STEPS - 12),  # between the members
        (("training_step", 19), ALL_STEPS - 16),  # in the second member's second epoch
        (("end", 0), 0),  # after the last epoch, before anything was done with the networks
    ],
    ids=lambda x: "-".join(map(str, x)) if isinstance(x, tuple) else f"{x} steps left",
)
def test_a_training_killed_at_any_moment_goes_on_to_the_very_same_networks(tmp_path, undisturbed, kill, left):
    killed(tmp_path / "killed.ckpt", tmp_path / "partial", kill)
    trained, steps = finished(tmp_path / "resumed.ckpt", tmp_path / "partial")
    assert steps == left, "it goes on from the last whole epoch, and does not start anew"
    assert_same(trained, undisturbed)


def test_a_training_killed_from_outside_goes_on_to_the_very_same_networks(tmp_path, undisturbed):
    process = in_a_process(tmp_path / "killed.ckpt", tmp_path / "partial", ("slowly", 30))
    deadline = time.monotonic() + 30
    while not (tmp_path / "partial" / "member-0" / "last.ckpt").exists():
        assert time.monotonic() < deadline
        time.sleep(0.005)
    time.sleep(0.1)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    trained, steps = finished(tmp_path / "resumed.ckpt", tmp_path / "partial")
    assert steps < ALL_STEPS
    assert_same(trained, undisturbed)


def test_a_training_killed_twice_goes_on_from_the_second_time(tmp_path, undisturbed):
    for _ in range(2):
        killed(tmp_path / "killed.ckpt", tmp_path / "partial", ("training_step", 6))
    trained, steps = finished(tmp_path / "resumed.ckpt", tmp_path / "partial")
    assert steps == ALL_STEPS - 8
    assert_same(trained, undisturbed)


@pytest.mark.parametrize(
    ("kill", "left"),
    [
        (("training_step", 5), 4),
        (("end", 0), 0),
    ],
)
def test_a_member_that_patience_ended_before_the_kill_is_not_trained_on(tmp_path, kill, left):
    hopeless = {"learning_rate": 0.5, "patience": 1}
    whole, _ = finished(tmp_path / "whole.ckpt", None, **hopeless)
    assert [len(m.curve) for m in whole.members] == [1, 1], "each epoch is worse than the walk"
    killed(tmp_path / "killed.ckpt", tmp_path / "partial", kill, **hopeless)
    trained, steps = finished(tmp_path / "resumed.ckpt", tmp_path / "partial", **hopeless)
    assert_same(trained, whole)
    assert steps == left


@pytest.mark.parametrize("damage", ["truncated", "empty", "text", "foreign", "other network"])
def test_a_state_that_cannot_be_read_is_left_with_a_warning_and_that_member_starts_anew(
    tmp_path, undisturbed, caplog, damage
):
    killed(tmp_path / "killed.ckpt", tmp_path, ("end", 0))
    state = tmp_path / "member-0" / "last.ckpt"
    if damage == "truncated":
        state.write_bytes(state.read_bytes()[:-2000])
    elif damage == "empty":
        state.write_bytes(b"")
    elif damage == "text":
        state.write_text("not a checkpoint")
    elif damage == "foreign":
        torch.save({"model": torch.zeros(3)}, state)
    else:
        content = torch.load(state, weights_only=True)
        content["state_dict"]["net.horizon"] = torch.zeros(4, 99)
        torch.save(content, state)
    with caplog.at_level(logging.WARNING):
        trained = tiny_training(tmp_path)
    assert_same(trained, undisturbed)
    assert "last.ckpt" in caplog.text


class Code:
    """What runs when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.mark),)


def test_a_state_that_carries_code_is_not_run(tmp_path):
    state = tmp_path / "partial" / "member-0" / "last.ckpt"
    tiny_training(tmp_path / "partial", epochs=1)
    content = torch.load(state, weights_only=True)
    torch.save({**content, "more": Code(tmp_path / "ran")}, state)
    evil = state.read_bytes()
    with contextlib.suppress(Exception):  # that it does not end the resume either is another test's matter
        tiny_training(tmp_path / "partial", epochs=1)
    assert not (tmp_path / "ran").exists()
    (tmp_path / "evil.ckpt").write_bytes(evil)
    torch.load(tmp_path / "evil.ckpt", weights_only=False)
    assert (tmp_path / "ran").exists(), "the code was there to be run"


def test_what_is_kept_between_epochs_holds_plain_values_and_the_optimizers_state(tmp_path):
    tiny_training(tmp_path, epochs=2)
    states = sorted(tmp_path.rglob("*.ckpt"))
    assert {s.parent.name for s in states} == {"member-0", "member-1"}
    for path in states:
        content = torch.load(path, weights_only=True)
        assert content["optimizer_states"][0]["state"], "the moments of AdamW"
        assert content["lr_schedulers"][0]["last_epoch"] == 2 * STEPS_PER_EPOCH


def test_what_is_kept_holds_the_networks_weights_once_and_under_names_that_compiling_does_not_change(tmp_path):
    trained = tiny_training(tmp_path, epochs=1)
    content = torch.load(tmp_path / "member-0" / "last.ckpt", weights_only=True)
    assert content["state_dict"].keys() == {f"net.{name}" for name in trained.members[0].net.state_dict()}


def test_a_forgotten_training_starts_anew(tmp_path, undisturbed):
    killed(tmp_path / "killed.ckpt", tmp_path / "partial", ("training_step", 9))
    forget_partial(tmp_path / "partial")
    trained, steps = finished(tmp_path / "again.ckpt", tmp_path / "partial")
    assert steps == ALL_STEPS
    assert_same(trained, undisturbed)


# batches


def test_every_epoch_shuffles_anew_and_shows_no_origin_twice():
    order = BatchOrder(1000, 64, seed=1, limit=512)
    seen = []
    for epoch in (0, 1, 0):
        order.set_epoch(epoch)
        batches = list(order)
        assert [len(b) for b in batches] == [64] * 8
        assert len(torch.cat(batches).unique()) == 512
        seen.append(torch.cat(batches))
    assert torch.equal(seen[0], seen[2]), "a function of seed and epoch alone"
    assert not torch.equal(seen[0], seen[1])
    assert not torch.equal(seen[0].sort().values, seen[1].sort().values), "other origins, not only another order"


def test_batches_grow_with_each_epoch_over_the_same_number_of_windows():
    order = BatchOrder(1000, 64, seed=1, limit=512, growth=2)
    for epoch, sizes in enumerate(([64] * 8, [128] * 4, [256] * 2, [512], [512])):
        order.set_epoch(epoch)
        assert [len(b) for b in order] == sizes
        assert order.n_batches(epoch) == len(sizes)


def test_validation_sees_every_origin_once():
    order = BatchOrder(1000, 300, seed=None)
    assert torch.equal(torch.cat(list(order)), torch.arange(1000))


def test_processes_that_train_together_share_every_batch(monkeypatch):
    alone = BatchOrder(1000, 64, seed=1, limit=512)
    whole, shares = list(alone), []
    for rank in (0, 1):
        monkeypatch.setattr(forecast_module, "_place", lambda rank=rank: (rank, 2))
        shares.append(list(alone))
    for batch, first, second in zip(whole, *shares, strict=True):
        assert len(first) == len(second) == 32
        assert torch.equal(torch.cat([first, second]).sort().values, batch.sort().values)


def test_every_epoch_is_validated_also_where_batches_grow():
    for member in tiny_training(None, batch_growth=2).members:
        ratios = [valid for _, _, valid in member.curve]
        assert len(ratios) == EPOCHS
        assert len(set(ratios)) == EPOCHS, "the weights moved, and so does the loss"


def test_a_training_with_growing_batches_that_was_killed_goes_on_to_the_very_same_networks(tmp_path):
    whole, steps = finished(tmp_path / "whole.ckpt", None, batch_growth=2)
    assert steps == N_MEMBERS * (4 + 2 + 1)
    killed(tmp_path / "killed.ckpt", tmp_path / "partial", ("training_step", 6), batch_growth=2)
    trained, left = finished(tmp_path / "resumed.ckpt", tmp_path / "partial", batch_growth=2)
    assert_same(trained, whole)
    assert left == steps - 4


# two processes


@pytest.fixture(scope="module")
def together(two_processes) -> tuple[Trained, Trained]:
    """What the two processes come back with."""
    folder, started = two_processes
    _, said = started.communicate(timeout=120)
    assert started.returncode == 0, said
    return load(folder / "a-0.ckpt")[0], load(folder / "a-1.ckpt")[0]


def test_two_processes_come_to_the_same_weights_and_to_those_of_one(together):
    first, second = together
    alone = tiny_training(None, dropout=0.0)
    inputs = tiny_inputs(alone.members[0].net.config, 64)
    for a, b, c in zip(first.members, second.members, alone.members, strict=True):
        for name, value in a.net.state_dict().items():
            assert torch.equal(value, b.net.state_dict()[name]), name
        assert a.best_epoch == b.best_epoch == c.best_epoch
        with torch.no_grad():
            mine, theirs = a.net(inputs) - inputs.base, c.net(inputs) - inputs.base
        assert (mine - theirs).abs().mean() < 0.1 * theirs.abs().mean(), "the same steps, each batch shared by two"


def test_two_processes_report_the_same_learning_curve(together):
    first, second = together
    assert [m.curve for m in first.members] == [m.curve for m in second.members]


# checkpoints


def test_a_checkpoint_of_an_earlier_version_still_gives_its_forecasts():
    stored = np.load(DATA / "tiny-v3.npz")
    trained, base, assets = load(DATA / "tiny-v3.ckpt")
    with torch.no_grad():
        forecast = trained.net()(Inputs(*(torch.from_numpy(stored[name]) for name in Inputs._fields)))
    np.testing.assert_allclose(forecast, stored["forecast"], rtol=1e-4, atol=1e-5)
    assert np.abs(stored["forecast"] - stored["base"]).mean() > 0.1, "they are not the base alone"
    assert assets == ("BTC", "ETH")
    np.testing.assert_array_equal(base.quantiles, np.linspace(-2, 2, 200).reshape(2, 4, 25))
    assert base.har.weights.shape == (4, 20)
    assert (trained.n_windows, trained.trust) == (1234, 0.75)
    assert [m.curve for m in trained.members] == [
        ((1, 0.99, 0.981), (2, 0.97, 0.99)),
        ((1, 0.99, 0.982), (2, 0.97, 0.99)),
    ]
    assert [(m.best_epoch, m.validation_ratio) for m in trained.members] == [(1, 0.981), (2, 0.982)]


def assert_refused(path: Path, why: str = "") -> None:
    """CheckpointError that names the file, says why, and says what to do."""
    with pytest.raises(CheckpointError) as refusal:
        load(path)
    message = str(refusal.value)
    assert path.name in message
    assert why in message
    assert "train again" in message


@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 500, b"just text\n", b"PK\x03\x04 a broken zip", pickle.dumps({"format": 2})]
)
def test_a_corrupt_file_is_refused(tmp_path, content):
    (tmp_path / "corrupt.ckpt").write_bytes(content)
    assert_refused(tmp_path / "corrupt.ckpt")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_truncated_checkpoint_is_refused(tmp_path, share):
    whole = (DATA / "tiny-v3.ckpt").read_bytes()
    (tmp_path / "half.ckpt").write_bytes(whole[: int(share * len(whole))])
    assert_refused(tmp_path / "half.ckpt")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    assert_refused(tmp_path / "nowhere.ckpt", "FileNotFoundError")


def test_a_zip_of_something_else_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "letters.ckpt", "w") as archive:
        archive.writestr("letter.txt", "hello")
    assert_refused(tmp_path / "letters.ckpt")


@pytest.mark.parametrize("foreign", [{"state_dict": {"weight": torch.zeros(3)}}, torch.zeros(3), [1, 2], {}, 7])
def test_another_projects_file_is_refused(tmp_path, foreign):
    torch.save(foreign, tmp_path / "foreign.ckpt")
    assert_refused(tmp_path / "foreign.ckpt")


def changed(tmp_path: Path, change) -> Path:
    """The committed checkpoint with one thing changed in it."""
    content = torch.load(DATA / "tiny-v3.ckpt", weights_only=True)
    change(content)
    torch.save(content, tmp_path / "changed.ckpt")
    return tmp_path / "changed.ckpt"


def test_a_checkpoint_written_again_unchanged_is_read(tmp_path):
    assert len(load(changed(tmp_path, lambda c: None))[0].members) == 2


@pytest.mark.parametrize("number", [1, 2, 99, None, "3"])
def test_another_format_is_refused_with_both_numbers(tmp_path, number):
    assert_refused(changed(tmp_path, lambda c: c.update(format=number)), f"has format {number}, this version reads 3")


@pytest.mark.parametrize(
    "key",
    ["format", "net", "train", "assets", "members", "base", "n_windows", "trust"],
)
def test_a_checkpoint_without_one_of_its_keys_is_refused(tmp_path, key):
    assert_refused(changed(tmp_path, lambda c: c.pop(key)), key)


@pytest.mark.parametrize("key", ["weights", "curve", "best_epoch", "validation_ratio"])
def test_a_member_without_one_of_its_keys_is_refused(tmp_path, key):
    assert_refused(changed(tmp_path, lambda c: c["members"][1].pop(key)), key)


CHANGES = {
    "a weight is missing": lambda c: c["members"][1]["weights"].pop("horizon"),
    "a weight is too many": lambda c: c["members"][0]["weights"].update(other=torch.zeros(2)),
    "a weight has another shape": lambda c: c["members"][0]["weights"].update(horizon=torch.zeros(4, 9)),
    "a weight is no tensor": lambda c: c["members"][0]["weights"].update(horizon="zeros"),
    "the network has another width": lambda c: c["net"].update(width=16),
    "the network has an unknown option": lambda c: c["net"].update(flavour="sweet"),
    "the network is of an unknown kind": lambda c: c["net"].update(kind="oracle"),
    "the curve is no json": lambda c: c["members"][0].update(curve="[[1, 2"),
    "the base is no table of tensors": lambda c: c.update(base=[1, 2]),
    "a part of the base is missing": lambda c: c["base"].pop("har_mean"),
}
UNSEEN = {
    "a key is too many": lambda c: c.update(other=1),
    "a member has a key too many": lambda c: c["members"][0].update(other=1),
    "there is no member": lambda c: c.update(members=[]),
    "the base has another shape": lambda c: c["base"].update(quantiles=torch.zeros(2, 4, 3)),
    "the base is not finite": lambda c: c["base"]["har_weights"].fill_(torch.nan),
    "the networks have more than all of the say": lambda c: c.update(trust=1.5),
    "the base is of other assets": lambda c: c.update(assets=["BTC"]),
    "a weight is not finite": lambda c: c["members"][0]["weights"]["horizon"].fill_(torch.nan),
}


@pytest.mark.parametrize("what", [*CHANGES, *UNSEEN])
def test_a_checkpoint_that_does_not_fit_together_is_refused(tmp_path, what):
    assert_refused(changed(tmp_path, {**CHANGES, **UNSEEN}[what]))


@pytest.mark.parametrize("place", ["members", "net", "other", "base"])
def test_a_checkpoint_that_carries_code_is_refused_and_the_code_is_not_run(tmp_path, place):
    path = changed(tmp_path, lambda c: c.update({place: Code(tmp_path / "ran")}))
    assert_refused(path)
    assert not (tmp_path / "ran").exists()


def test_a_pickle_that_carries_code_is_refused_and_the_code_is_not_run(tmp_path):
    (tmp_path / "evil.ckpt").write_bytes(pickle.dumps(Code(tmp_path / "ran")))
    assert_refused(tmp_path / "evil.ckpt")
    assert not (tmp_path / "ran").exists()
