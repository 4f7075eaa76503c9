"""Press releases of a simulated market with planted effects; kind and strength are readable in the text.

A release moves its asset by `direction(kind) · (0.25 + strength) · capitalisation^−γ`, after a delay, and part of the
move comes back. Real releases keep most of it, generated ones move less and keep little, fabricated ones move as much
as real ones and keep nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from domain.types import Array
from models.simulation.prices import ASSETS, BLOCK, Asset, block_rng
from models.simulation.prose import KINDS, write_release

PER_DAY = 0.85
DIRECTION = {
    "partnership": 1.0, "listing": 1.3, "product": 0.7, "funding": 0.8,
    "treasury": 1.0, "hack": -1.6, "lawsuit": -1.1, "delay": -0.7,
}  # fmt: skip
GROUP_SHARE = {"real": 0.62, "generated": 0.25, "fabricated": 0.13}
GROUP_SIZE = {"real": 1.0, "generated": 0.6, "fabricated": 1.0}
GROUP_KEPT = {"real": 0.8, "generated": 0.4, "fabricated": 0.0}
BASE_MOVE = 0.05
SIZE_EXPONENT = 0.12
REFERENCE_CAP_USD = 1e9
RISE_DURATION_H = 1.0


@dataclass(frozen=True)
class Release:
    """A simulated press release with its ground truth."""

    guid: str
    published: datetime
    asset_index: int
    asset: str
    kind: str
    strength: float
    group: str
    title: str
    body: str
    delay_h: float
    half_life_h: float
    peak_log_return: float
    permanent_log_return: float
    retracted: datetime | None


def draw_releases(
    seed: int,
    start: datetime,
    n_hours: int,
    assets: tuple[Asset, ...] = ASSETS,
    *,
    with_text: bool = True,
    per_day: float = PER_DAY,
) -> list[Release]:
    """The releases published in the first `n_hours`, in order of time; drawn week by week, so that runs nest.

    `per_day`: releases a day over all assets, on average.
    """
    releases = []
    for block in range(-(-n_hours // BLOCK)):
        rng = block_rng(seed, "release", block)
        texts = block_rng(seed, "prose", block)
        for i in range(rng.poisson(per_day * 7)):
            offset_s = int(rng.integers(0, BLOCK * 3600))
            releases.append(_draw_one(rng, texts, start + timedelta(hours=block * BLOCK, seconds=offset_s),
                                      f"sim-{block}-{i}", assets, with_text))  # fmt: skip
    end = start + timedelta(hours=n_hours)
    return sorted((r for r in releases if r.published < end), key=lambda r: (r.published, r.guid))


def _draw_one(
    rng: np.random.Generator,
    texts: np.random.Generator,
    published: datetime,
    guid: str,
    assets: tuple[Asset, ...],
    with_text: bool,
) -> Release:
    index = int(rng.integers(0, len(assets)))
    asset = assets[index]
    kind = KINDS[int(rng.integers(0, len(KINDS)))]
    strength = float(rng.beta(1.6, 1.6))
    group = str(rng.choice(list(GROUP_SHARE), p=list(GROUP_SHARE.values())))
    delay, half_life = float(rng.uniform(0.0, 2.0)), float(rng.uniform(2.0, 10.0))
    peak = planted_peak(kind, strength, asset.cap_usd) * GROUP_SIZE[group]
    title, body = "", ""
    if with_text:
        title, body = write_release(
            texts, kind=kind, strength=strength, asset_name=asset.name, ticker=asset.ticker,
            style="machine" if group == "generated" else "human", published=published,
        )  # fmt: skip
    retracted = published + timedelta(hours=float(rng.uniform(1, 6))) if group == "fabricated" else None
    return Release(
        guid, published, index, asset.ticker, kind, strength, group, title, body, delay, half_life,
        peak, peak * GROUP_KEPT[group], retracted,
    )  # fmt: skip


def planted_peak(kind: str, strength: float, cap_usd: float) -> float:
    """Planted move at its peak (log return) of a real release."""
    return float(DIRECTION[kind] * BASE_MOVE * (0.25 + strength) * (cap_usd / REFERENCE_CAP_USD) ** -SIZE_EXPONENT)


def planted_response(release: Release, hours_since: Array) -> Array:
    """Planted cumulative log return at `hours_since` publication: 0 before the delay, up within RISE_H, then decay."""
    age = np.asarray(hours_since) - release.delay_h
    rise = np.clip(age / RISE_DURATION_H, 0.0, 1.0)
    fade = 0.5 ** (np.maximum(age - RISE_DURATION_H, 0.0) / release.half_life_h)
    kept = release.permanent_log_return
    return rise * (kept + (release.peak_log_return - kept) * fade)


def planted_effects(releases: list[Release], start: datetime, n_hours: int, n_assets: int) -> Array:
    """Planted log return of every hour and asset, [T, A]."""
    effects = np.zeros((n_hours, n_assets))
    for release in releases:
        published_h = (release.published - start).total_seconds() / 3600
        first = int(published_h)
        span = np.arange(first, min(first + 200, n_hours), dtype=np.int64)
        if len(span) == 0:
            continue
        path = planted_response(release, span.astype(np.float64) + 1 - published_h)
        effects[span, release.asset_index] += np.diff(path, prepend=0.0)
    return effects
