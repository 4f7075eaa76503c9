"""A study's releases in event time, as the response model takes them."""

import numpy as np

from domain.types import Array
from models.impact.measure.controls import NONE
from models.impact.sample import hours_since_1970
from models.impact.study import ImpactStudy
from models.impact.study_moves import FIRST_CLOSE_AFTER
from models.response.history import History


def history_of(study: ImpactStudy, text: list[str], kind: list[str]) -> tuple[History, np.ndarray]:
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
