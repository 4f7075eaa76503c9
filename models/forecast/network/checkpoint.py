"""Checkpoints: plain types and tensors in one file, read without running anything that is in it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from domain.files import appears_whole
from domain.types import Array
from models.forecast.network.config import NetConfig, TrainConfig
from models.forecast.network.net import build_net
from models.forecast.network.train import Member, Trained

FORMAT = 2
OLD_MAX_LOG_GAP = 2.0  # of checkpoints from before it was a setting, which do not name it
KEYS = {"format", "net", "train", "assets", "members", "base", "n_windows"}
MEMBER_KEYS = {"weights", "curve", "best_epoch", "validation_ratio"}


class CheckpointError(RuntimeError):
    """A file is no checkpoint of tapewire's networks, or one that this version cannot read."""


def save(path: Path, trained: Trained, config: TrainConfig, base: Array, assets: tuple[str, ...]) -> None:
    """Write a checkpoint; it appears whole or not at all. `base` [A, H, Q] is the reference walk's."""
    members = [
        {"weights": m.net.state_dict(), "curve": json.dumps(m.curve), "best_epoch": m.best_epoch,
         "validation_ratio": m.validation_ratio}
        for m in trained.members
    ]  # fmt: skip
    content = {
        "format": FORMAT, "net": asdict(trained.members[0].net.config), "train": asdict(config), "assets": list(assets),
        "members": members, "base": torch.from_numpy(base), "n_windows": trained.n_windows,
    }  # fmt: skip
    with appears_whole(path) as partial:
        torch.save(content, partial)


def load(path: Path) -> tuple[Trained, Array, tuple[str, ...]]:
    """A checkpoint's networks, base quantiles and assets. CheckpointError for anything else; never unpickles code."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        if content["format"] != FORMAT:
            raise CheckpointError(
                f"{path.name} has format {content['format']}, this version reads {FORMAT}; train again"
            )
        _check(content)
        config = NetConfig(**({"max_log_gap": OLD_MAX_LOG_GAP} | content["net"]))
        trained = Trained(tuple(_member(config, m) for m in content["members"]), content["n_windows"])
        return trained, content["base"].numpy(), tuple(content["assets"])
    except CheckpointError:
        raise
    except Exception as error:
        raise CheckpointError(
            f"{path} is no checkpoint of tapewire's networks ({type(error).__name__}: {error}); train again"
        ) from error


def _member(config: NetConfig, content: dict[str, Any]) -> Member:
    net = build_net(config)
    net.load_state_dict(content["weights"])
    curve = tuple((int(e), float(t), float(v)) for e, t, v in json.loads(content["curve"]))
    return Member(net.eval(), curve, content["best_epoch"], content["validation_ratio"])


def _check(content: dict[str, Any]) -> None:
    """ValueError where a part is missing, unknown, of another shape, or not finite."""
    members = content.get("members") or [{}]
    for part, wanted in ((content, KEYS), *((m, MEMBER_KEYS) for m in members)):
        if part.keys() != wanted:
            raise ValueError(f"missing or unknown keys: {', '.join(sorted(part.keys() ^ wanted))}")
    shape = (len(content["assets"]), content["net"]["horizons"], content["net"]["levels"])
    if tuple(content["base"].shape) != shape:
        raise ValueError(f"base quantiles of shape {tuple(content['base'].shape)}, expected {shape}")
    for member in members:
        for name, value in member["weights"].items():
            endless = name.endswith("context.spread")  # infinite for a channel that training never saw
            if torch.isnan(value).any() or not (endless or torch.isfinite(value).all()):
                raise ValueError(f"weights {name} are not finite")
