"""The table of scores: every model per horizon, asset and regime against the reference walk, with tests."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.names import REFERENCE, VOLATILITY
from domain.types import Array
from models.evaluate.confidence_set import model_confidence_set
from models.evaluate.decomposition import decompose
from models.evaluate.loss_tests import (
    clark_west_gain,
    diebold_mariano,
    equal_loss_slow,
    mean_above_zero,
    sign_dependence_hac,
)
from models.evaluate.walk_forward import REGIMES, Forecasts
from models.quantiles.quantiles import CENTRAL, HORIZONS_H, LEVELS, MEDIAN, as_datetime, quantile_of
from models.quantiles.scores import block_bootstrap_ratio, coverage, crps, tail_loss

CENTRAL_VALUES = np.array(LEVELS)[CENTRAL]
LOW_90, HIGH_90 = LEVELS.index(0.05), LEVELS.index(0.95)
MIN_ORIGINS = 30
MIN_BLOCK = 14
MIN_BLOCKS = 50  # with fewer a model confidence set leaves out too many: docs/methods.md
RIVALS = (VOLATILITY, "har", "garch")
ROUNDING = 1e-6
ALL = "ALL"


@dataclass(frozen=True)
class Slice:
    """Forecasts of one model on one part of the test span: horizons [h], origins in order of time.

    outcome [N, h], quantiles and reference [N, h, Q]; `origin` [O] rows of the grid, `place` [N] index into it. Losses
    [O] of the model, the reference and the rivals: CRPS summed over horizons, averaged over the assets of each origin.
    """

    outcome: Array
    quantiles: Array
    reference: Array
    loss: Array
    reference_loss: Array
    rival_losses: dict[str, Array]
    origin: NDArray[np.int64]
    place: NDArray[np.int64]
    lags: int

    def against(self, theirs: Array) -> Array:
        """The model's losses beside those of another, [O]; differences by rounding alone are set to zero."""
        return np.where(np.abs(self.loss - theirs) <= ROUNDING * theirs, theirs, self.loss)

    def per_origin(self, x: Array) -> Array:
        """Mean over the assets of each origin, [O]."""
        return _per_origin(x, self.place, len(self.origin))


def _per_origin(x: Array, place: NDArray[np.int64], n: int) -> Array:
    return np.bincount(place, x, n) / np.bincount(place, minlength=n)


def score_table(
    forecasts: Forecasts,
    assets: tuple[str, ...],
    close_ts: NDArray[np.datetime64],
    regime: NDArray[np.int64] | None = None,
) -> pl.DataFrame:
    """Rows of models.scores. `regime` [N] of the origins (walk_forward.regimes); without it only `all` is scored.

    ValueError where the reference walk is not among the models.
    """
    if REFERENCE not in forecasts.values:
        raise ValueError(f"scores are held against {REFERENCE!r}, which is not among {', '.join(forecasts.values)}")
    everywhere = np.ones(len(forecasts.pairs), dtype=bool)
    parts = [(ALL, "all", everywhere)]
    parts += [(asset, "all", forecasts.pairs[:, 0] == i) for i, asset in enumerate(assets)]
    if regime is not None:
        parts += [(ALL, name, regime == i) for i, name in enumerate(REGIMES)]
    rows: list[dict[str, object]] = []
    for asset, state, member in parts:
        for horizon in (0, *HORIZONS_H):
            key_columns: dict[str, str | int] = {"asset": asset, "regime": state, "horizon_h": horizon}
            if asset == ALL or member.sum() >= MIN_ORIGINS:
                rows += _scores(forecasts, member, horizon, key_columns, close_ts)
    return pl.DataFrame(rows, infer_schema_length=None)


def _scores(
    f: Forecasts,
    member: NDArray[np.bool_],
    horizon: int,
    key_columns: dict[str, str | int],
    close_ts: NDArray[np.datetime64],
) -> list[dict[str, object]]:
    """Every model on one part: its own metrics, and the model confidence set over all of them."""
    out: list[dict[str, object]] = []
    losses: dict[str, Array] = {}
    n_origins, block = 0, MIN_BLOCK
    for name, part in _slices(f, member, horizon):
        span = {"n_origins": len(part.origin), "test_start_ts": as_datetime(close_ts[part.origin[0]]),
                "test_end_ts": as_datetime(close_ts[part.origin[-1]])}  # fmt: skip
        n_origins, block = len(part.origin), max(part.lags, MIN_BLOCK)
        losses[name] = part.against(part.reference_loss)
        for metric, value, low, high, p in _metrics(name, part, horizon, str(key_columns["asset"])):
            out.append({"model_name": name, **key_columns, "metric": metric, "value": value, "low": low, "high": high,
                        "p_value": p, **span})  # fmt: skip
    whole = key_columns["asset"] == ALL and key_columns["regime"] == "all"
    if whole and len(losses) > 1 and n_origins >= MIN_BLOCKS * block:
        chosen = model_confidence_set(np.column_stack(list(losses.values())), list(losses), block=block)
        for name, p in chosen.p_values.items():
            is_in = float(name in chosen.included)
            out.append({"model_name": name, **key_columns, "metric": "confidence_set", "value": is_in, "low": None,
                        "high": None, "p_value": p, **span})  # fmt: skip
    return out


def _slices(f: Forecasts, member: NDArray[np.bool_], horizon: int) -> Iterator[tuple[str, Slice]]:
    """The part of each model's forecasts whose outcomes are known; nothing where there is none."""
    at = [HORIZONS_H.index(horizon)] if horizon else list(range(len(HORIZONS_H)))
    known = np.flatnonzero(member & np.isfinite(f.outcome[:, at]).all(1))
    if len(known) == 0:
        return
    origin, place = np.unique(f.pairs[known, 1], return_inverse=True)
    spacing = int(np.median(np.diff(origin))) if len(origin) > 1 else 1
    lags = max(1, -(-(horizon or max(HORIZONS_H)) // spacing))
    pick = np.ix_(known, np.array(at))
    outcome, reference = f.outcome[pick], f.values[REFERENCE][pick]
    loss = {
        name: _per_origin(crps(values[pick][..., CENTRAL], outcome, CENTRAL_VALUES).sum(1), place, len(origin))
        for name, values in f.values.items()
    }
    for name, values in f.values.items():
        rivals = {rival: loss[rival] for rival in RIVALS if rival in loss and rival != name}
        yield name, Slice(
            outcome, values[pick], reference, loss[name], loss[REFERENCE], rivals, origin, place, lags
        )  # fmt: skip


Metric = tuple[str, float, float | None, float | None, float | None]


def _metrics(name: str, s: Slice, horizon: int, asset: str) -> list[Metric]:
    """The metrics of one model on one slice; tests and ratios where it has at least MIN_ORIGINS origins."""
    loss, base = s.against(s.reference_loss), s.reference_loss
    out: list[Metric] = [("crps", float(s.loss.mean()), None, None, None)]
    enough = len(s.origin) >= MIN_ORIGINS
    if enough and name != REFERENCE:
        low, high = block_bootstrap_ratio(loss, base, block=max(s.lags, MIN_BLOCK))
        test = diebold_mariano(loss, base, horizon=s.lags)
        out.append(("crps_skill", float(1 - loss.mean() / base.mean()), 1 - high, 1 - low, None))
        out.append(("dm_hln", test.statistic, None, None, test.p_value))
        slow = equal_loss_slow(loss, base)
        out.append(("equal_loss_slow", slow.statistic, None, None, slow.p_value))
        error, walk = (np.abs(s.outcome - q[..., MEDIAN]).sum(1).mean() for q in (s.quantiles, s.reference))
        out.append(("mae_ratio", float(error / walk), None, None, None))
        out += _gains(s) if asset == ALL else []
    for rival, base in s.rival_losses.items():
        if enough and (asset == ALL or rival == VOLATILITY):
            loss = s.against(base)
            low, high = block_bootstrap_ratio(loss, base, block=max(s.lags, MIN_BLOCK))
            test = equal_loss_slow(loss, base)
            out.append((f"ratio_to_{rival}", float(loss.mean() / base.mean()), low, high, test.p_value))
    if horizon:
        out += _calibration(s, enough=enough)
        out += _direction(s, asset) if enough else []
    return out


def _gains(s: Slice) -> list[Metric]:
    """The gain over the reference walk by what it comes from, and the loss in the outer levels ÷ the walk's."""
    gains = decompose(s.quantiles, s.reference, s.outcome)
    tails, walk = (s.per_origin(tail_loss(q, s.outcome).sum(1)) for q in (s.quantiles, s.reference))
    low, high = block_bootstrap_ratio(tails, walk, block=max(s.lags, MIN_BLOCK))
    parts = [("gain_scale", gains.scale), ("gain_tails", gains.tails), ("gain_median", gains.median)]
    out: list[Metric] = [(metric, value, None, None, None) for metric, value in parts]
    return [*out, ("tail_ratio", float(tails.mean() / walk.mean()), low, high, None)]


def _calibration(s: Slice, *, enough: bool) -> list[Metric]:
    """Coverage of the 90 % band, with its interval, and the ten shares of the PIT histogram."""
    q, y = s.quantiles[:, 0], s.outcome[:, 0]
    low, high = _coverage_interval(s) if enough else (None, None)
    out: list[Metric] = [("coverage_90", coverage(q[:, LOW_90], q[:, HIGH_90], y), low, high, None)]
    share = np.histogram(quantile_of(q, y), bins=10, range=(0, 1))[0] / len(y)
    return out + [(f"pit_{i}", float(x), None, None, None) for i, x in enumerate(share)]


def _coverage_interval(s: Slice) -> tuple[float, float]:
    """95 % interval of the share of outcomes in the band; assets of one origin are hit and missed together."""
    q, y = s.quantiles[:, 0], s.outcome[:, 0]
    inside = (y >= q[:, LOW_90]) & (y <= q[:, HIGH_90])
    hits = np.bincount(s.place, inside.astype(np.float64), len(s.origin)).astype(np.float64)
    counts = np.bincount(s.place, minlength=len(s.origin)).astype(np.float64)
    return block_bootstrap_ratio(hits, counts, block=max(s.lags, MIN_BLOCK))


def _direction(s: Slice, asset: str) -> list[Metric]:
    """Share of medians with the right sign, Clark-West against zero, and per asset the test of sign dependence.

    Assets of one origin move together, so that shares and gains are averaged per origin first. Nothing for a model
    without a sign. Overlapping horizons: rectangular kernel with lags − 1 (Clark-West), Newey-West (signs).
    """
    median, y = s.quantiles[:, 0, MEDIAN], s.outcome[:, 0]
    moved = (np.abs(median) > 0) & (y != 0)
    origins, place = np.unique(s.place[moved], return_inverse=True)
    if len(origins) < MIN_ORIGINS:
        return []
    hits = np.bincount(place, np.sign(median[moved]) == np.sign(y[moved])) / np.bincount(place)
    low, high = block_bootstrap_ratio(hits, np.ones_like(hits), block=MIN_BLOCK)
    gain = s.per_origin(clark_west_gain(y, y - median, -median))
    test = mean_above_zero(gain, lags=s.lags - 1, kernel="acf")
    out: list[Metric] = [
        ("direction", float(hits.mean()), low, high, None),
        ("clark_west", test.statistic, None, None, test.p_value),
    ]
    if asset != ALL:
        signs = sign_dependence_hac(y, median, lags=max(s.lags, 4))
        out.append(("pesaran_timmermann", signs.statistic, None, None, signs.p_value))
    return out
