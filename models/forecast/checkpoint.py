"""Checkpoints: plain types and tensors in one file, read without running anything that is in it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from domain.files import appears_whole
from models.forecast.baselines.base import Base
from models.forecast.baselines.garch_har import Har
from models.forecast.baselines.medians import Medians
from models.forecast.network.config import NetConfig, TrainConfig
from models.forecast.network.net import build_net
from models.forecast.network.train import Member, Trained

FORMAT = 3
KEYS = {"format", "net", "train", "assets", "members", "base", "n_windows", "trust"}
BASE_KEYS = {"har_weights", "har_mean", "median_weights", "median_spread", "quantiles"}
MEMBER_KEYS = {"weights", "curve", "best_epoch", "validation_ratio"}


class CheckpointError(RuntimeError):
    """A file is no checkpoint of tapewire's networks, or one that this version cannot read."""


def save(path: Path, trained: Trained, config: TrainConfig, base: Base, assets: tuple[str, ...]) -> None:
    """Write a checkpoint; it appears whole or not at all. `base` is what the networks correct."""
    members = [
        {"weights": m.net.state_dict(), "curve": json.dumps(m.curve), "best_epoch": m.best_epoch,
         "validation_ratio": m.validation_ratio}
        for m in trained.members
    ]  # fmt: skip
    content = {
        "format": FORMAT, "net": asdict(trained.members[0].net.config), "train": asdict(config), "assets": list(assets),
        "members": members, "base": _base_parts(base), "n_windows": trained.n_windows,
        "trust": trained.trust,
    }  # fmt: skip
    with appears_whole(path) as partial:
        torch.save(content, partial)


def load(path: Path) -> tuple[Trained, Base, tuple[str, ...]]:
    """A checkpoint's networks, base and assets. CheckpointError for anything else; never unpickles code."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        if content["format"] != FORMAT:
            raise CheckpointError(
                f"{path.name} has format {content['format']}, this version reads {FORMAT}; train again"
            )
        _check(content)
        config = NetConfig(**content["net"])
        trained = Trained(
            tuple(_member(config, m) for m in content["members"]), content["n_windows"], float(content["trust"])
        )
        return trained, _base(content["base"]), tuple(content["assets"])
    except CheckpointError:
        raise
    except Exception as error:
        raise CheckpointError(
            f"{path} is no checkpoint of tapewire's networks ({type(error).__name__}: {error}); train again"
        ) from error


def _base_parts(base: Base) -> dict[str, torch.Tensor]:
    parts = {
        "har_weights": base.har.weights, "har_mean": base.har.mean, "median_weights": base.medians.weights,
        "median_spread": base.medians.spread, "quantiles": base.quantiles,
    }  # fmt: skip
    return {name: torch.from_numpy(value) for name, value in parts.items()}


def _base(parts: dict[str, torch.Tensor]) -> Base:
    p = {name: value.numpy() for name, value in parts.items()}
    return Base(Har(p["har_weights"], p["har_mean"]), Medians(p["median_weights"], p["median_spread"]), p["quantiles"])


def _member(config: NetConfig, content: dict[str, Any]) -> Member:
    net = build_net(config)
    net.load_state_dict(content["weights"])
    curve = tuple((int(e), float(t), float(v)) for e, t, v in json.loads(content["curve"]))
    return Member(net.eval(), curve, content["best_epoch"], content["validation_ratio"])


def _check(content: dict[str, Any]) -> None:
    """ValueError where a part is missing, unknown, of another shape, or not finite."""
    members = content.get("members") or [{}]
    for part, wanted in ((content, KEYS), (content["base"], BASE_KEYS), *((m, MEMBER_KEYS) for m in members)):
        if part.keys() != wanted:
            raise ValueError(f"missing or unknown keys: {', '.join(sorted(part.keys() ^ wanted))}")
    if not 0 <= content["trust"] <= 1:
        raise ValueError(f"the share of the networks is {content['trust']}, expected 0 to 1")
    shape = (len(content["assets"]), content["net"]["horizons"], content["net"]["levels"])
    if tuple(content["base"]["quantiles"].shape) != shape:
        raise ValueError(f"base quantiles of shape {tuple(content['base']['quantiles'].shape)}, expected {shape}")
    for name, value in content["base"].items():
        if torch.isnan(value).any() or not (name == "median_spread" or torch.isfinite(value).all()):
            raise ValueError(f"the base's {name} are not finite")
    for member in members:
        for name, value in member["weights"].items():
            endless = name.endswith("context.spread")  # infinite for a channel that training never saw
            if torch.isnan(value).any() or not (endless or torch.isfinite(value).all()):
                raise ValueError(f"weights {name} are not finite")
