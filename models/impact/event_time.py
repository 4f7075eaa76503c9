"""A study's releases in event time: what the response model takes, and what it expects of each, and expects of each."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.types import Array
from models.impact.measure.controls import NONE
from models.impact.sample import hours_since_1970
from models.impact.study import ImpactStudy
from models.impact.study_moves import FIRST_CLOSE_AFTER
from models.quantiles.quantiles import MEDIAN, quantile_of
from models.response.history import History
from models.response.walk_forward import HIGH, LEVEL_NAMES, LOW, WALK, WORDS, Expected

LARGE = 2.0  # sigmas


def history_of(study: ImpactStudy, text: list[str], kind: list[str]) -> tuple[History, NDArray[np.int64]]:
    """The releases of `study` in the order in which they were public, and their places in the study [N].

    Moves are those of the primary benchmark ÷ sigma, from the first close at or after the moment by which a release was
    surely public; unknown where its time is less certain than the window.
    """
    frame = study.sample.frame
    known = frame["available_ts"].dt.epoch("s").to_numpy() / 3600
    order = np.argsort(known, kind="stable")
    windows = study.windows
    move, over, like = (np.stack(x, axis=1) for x in zip(*(_of_window(study, w) for w in windows), strict=True))
    return History(
        windows, known[order], np.maximum(over, known[:, None])[order], move[order], like[order],
        tuple(text[i] for i in order), np.array([kind[i] for i in order]),
    ), order  # fmt: skip


def _of_window(study: ImpactStudy, window_h: float) -> tuple[Array, Array, Array]:
    """Moves [N], hours at which the window is over [N], moves at like times [N, K]."""
    grid, asset = study.moves.grids[study.moves.primary], study.sample.events.asset
    row, steps = study.moves.start(window_h, FIRST_CLOSE_AFTER)
    control = study.moves.controls(window_h, FIRST_CLOSE_AFTER)
    move = np.where(study.moves.uncertain(window_h), np.nan, grid.scaled(row, asset, steps))
    closes = hours_since_1970(study.bars.close_ts)
    last = np.minimum(row + steps, len(closes) - 1)
    over = closes[last] + (row + steps - last) * study.bars.step_h
    like = np.where(control == NONE, np.nan, grid.scaled(control, asset[:, None], steps))
    return move, over, like


def expected_rows(study: ImpactStudy, history: History, order: NDArray[np.int64], found: Expected) -> pl.DataFrame:
    """Rows of models.response_expected: the 90 % band of the move beyond the market after each release, per window.

    Log returns: quantiles × the sigma known at the first close after the release. Releases before anything could be
    expected are left out.
    """
    frame = study.sample.frame[order].select("doc_id", "asset", "event_ts", "available_ts")
    grid, asset = study.moves.grids[study.moves.primary], study.sample.events.asset
    parts = []
    for at, window in enumerate(history.windows_h):
        row, steps = study.moves.start(window, FIRST_CLOSE_AFTER)
        sigma = grid.sigma(np.minimum(row, len(grid.path) - 1), asset, steps)[order]
        q, walk = found.combined[:, at], found.levels[:, at, LEVEL_NAMES.index(WALK)]
        parts.append(frame.with_columns(
            window_h=pl.lit(window), sigma=pl.Series(sigma),
            low=pl.Series(sigma * q[:, LOW]), median=pl.Series(sigma * q[:, MEDIAN]),
            high=pl.Series(sigma * q[:, HIGH]),
            low_walk=pl.Series(sigma * walk[:, LOW]), high_walk=pl.Series(sigma * walk[:, HIGH]),
            odds_large=pl.Series(_odds_beyond(q, LARGE)), odds_large_walk=pl.Series(_odds_beyond(walk, LARGE)),
            odds_up=pl.Series(1 - quantile_of(q, np.zeros(len(q)))),
            level=pl.Series([LEVEL_NAMES[k] for k in np.nan_to_num(found.weight[:, at]).argmax(1)]),
            weight_words=pl.Series(found.weight[:, at, LEVEL_NAMES.index(WORDS)]), n_past=pl.Series(found.n_past),
            realised=pl.Series(sigma * history.move[:, at]).fill_nan(None),
        ).filter(pl.Series(np.isfinite(q[:, MEDIAN]) & np.isfinite(sigma))))  # fmt: skip
    return pl.concat(parts).sort("available_ts", "doc_id", "asset", "window_h")


def _odds_beyond(quantiles: Array, size: float) -> Array:
    """Probability of a move further than `size` sigmas, either way, [N]."""
    n = len(quantiles)
    return np.asarray(1 - quantile_of(quantiles, np.full(n, size)) + quantile_of(quantiles, np.full(n, -size)))
