"""A study's releases in event time: what the response model takes, and what it expects of each."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.types import Array
from models.impact.comparison.groups import ReleaseTraits
from models.impact.measure.controls import NONE
from models.impact.sample import hours_since_1970
from models.impact.study import ImpactStudy
from models.impact.study_moves import FIRST_CLOSE_AFTER
from models.quantiles.quantiles import MEDIAN, quantile_of
from models.response.by_record import HIGH, LOW
from models.response.history import MACHINE, History
from models.response.walk_forward import LEVEL_NAMES, NO_TEXT, WALK, WORDS, Expected

LARGE = 2.0  # sigmas
OWN, SHUFFLED, NO_WORDS = "real", "shuffled", "none"
MOVES_BEFORE_H = (4.0, 24.0)
LONGEST_QUIET_H = 90 * 24.0
STATES = (
    "hours to the first close", "ln volatility of the last bars", "ln size of the last move",
    *(f"move of the last {h:g} h" for h in MOVES_BEFORE_H), "ln hours since the last release",
    "ln dollar volume", "ln sigma", "sin hour", "cos hour", "weekend", MACHINE, "judged",
)  # fmt: skip


def history_of(
    study: ImpactStudy, traits: ReleaseTraits, text: list[str], kind: list[str]
) -> tuple[History, NDArray[np.int64]]:
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
        tuple(text[i] for i in order), np.array([kind[i] for i in order]), _state(study, traits)[order], STATES,
    ), order  # fmt: skip


def _state(study: ImpactStudy, traits: ReleaseTraits) -> Array:
    """STATES of each release [N, C], as known at the first close after it; NaN where unknown."""
    grid, asset, bars = study.moves.grids[study.moves.primary], study.sample.events.asset, study.bars
    row = np.minimum(study.sample.row_after, len(grid.path) - 1)
    closes = hours_since_1970(bars.close_ts)
    past_end = study.sample.row_after - row
    known = study.sample.frame["available_ts"].dt.epoch("s").to_numpy() / 3600
    _, lively, last = grid.states()
    before = []
    for hours in MOVES_BEFORE_H:
        steps = max(1, round(hours / bars.step_h))
        before.append(grid.scaled(row - steps, asset, steps))
    by_machine = _machine_probability(study.sample.frame, traits)
    return np.column_stack([
        closes[row] + past_end * bars.step_h - known, lively[row, asset], last[row, asset], *before,
        np.log(_hours_quiet(study) + 1), traits.covariates, by_machine, np.isfinite(by_machine),
    ])  # fmt: skip


def _machine_probability(frame: pl.DataFrame, traits: ReleaseTraits) -> Array:
    """The detector's probability, [N]; else 1 or 0 where the text came with its authorship (`published_authorship`)."""
    if "published_authorship" not in frame.columns:
        return traits.probability
    told = frame["published_authorship"].replace_strict({"machine": 1.0, "human": 0.0}, default=None)
    return np.where(np.isfinite(traits.probability), traits.probability, told.fill_null(np.nan).to_numpy())


def _hours_quiet(study: ImpactStudy) -> Array:
    """Hours since the release before of the same asset, [N], LONGEST_QUIET_H at most."""
    out = np.full(len(study.sample.events), LONGEST_QUIET_H)
    released, events = study.sample.released, study.sample.events
    for asset in np.unique(events.asset):
        mine = events.asset == asset
        rows = np.sort(released.row[released.asset == asset])
        at = np.searchsorted(rows, events.row[mine], side="left") - 1
        quiet = np.where(at >= 0, events.row[mine] - rows[np.maximum(at, 0)], np.inf) * study.bars.step_h
        out[mine] = np.minimum(quiet, LONGEST_QUIET_H)
    return out


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
    parts = []
    for at, window in enumerate(history.windows_h):
        sigma = _sigma_of(study, window)[order]
        q, walk = found.combined[:, at], found.levels[:, at, LEVEL_NAMES.index(WALK)]
        parts.append(frame.with_columns(
            window_h=pl.lit(window), sigma=pl.Series(sigma),
            low=pl.Series(sigma * q[:, LOW]), median=pl.Series(sigma * q[:, MEDIAN]),
            high=pl.Series(sigma * q[:, HIGH]),
            low_walk=pl.Series(sigma * walk[:, LOW]), high_walk=pl.Series(sigma * walk[:, HIGH]),
            odds_large=pl.Series(_odds_beyond(q, LARGE)), odds_large_walk=pl.Series(_odds_beyond(walk, LARGE)),
            odds_up=pl.Series(1 - quantile_of(q, np.zeros(len(q)))),
            level=pl.Series([LEVEL_NAMES[k] for k in np.nan_to_num(found.weight[:, at]).argmax(1)]),
            weight_words=pl.Series(found.weight[:, at, LEVEL_NAMES.index(WORDS) :].sum(1)),
            n_past=pl.Series(found.n_past),
            realised=pl.Series(sigma * history.move[:, at]).fill_nan(None),
        ).filter(pl.Series(np.isfinite(q[:, MEDIAN]) & np.isfinite(sigma))))  # fmt: skip
    return pl.concat(parts).sort("available_ts", "doc_id", "asset", "window_h")


def text_rows(
    study: ImpactStudy, history: History, order: NDArray[np.int64], found: Expected, read: dict[str, pl.Series]
) -> pl.DataFrame:
    """What is expected of each release with its own text (`words` real), with that of an earlier one that was not
    learned from (shuffled), and with each text `read` in its place.

    `read` [N] per kind of words, in the order of `history`: ids of the texts that `found` was given, null where there
    was none to give; of `none` every one is null. Log returns beyond the market, as in `expected_rows`;
    `realised_scaled` in sigmas.
    """
    frame = study.sample.frame[order].select("doc_id", "asset", "event_ts", "available_ts")
    frame = frame.with_columns(test_group=pl.Series(study.groups[order]))
    others = [frame["doc_id"][int(j)] if j != NO_TEXT else None for j in found.other]
    read = {SHUFFLED: pl.Series(others, dtype=pl.String), **read}
    texts = {OWN: (frame["doc_id"], found.combined)} | {
        words: (ids, found.instead[:, k]) for k, (words, ids) in enumerate(read.items())
    }
    parts = []
    for at, window in enumerate(history.windows_h):
        sigma = _sigma_of(study, window)[order]
        for words, (ids, quantiles) in texts.items():
            q = quantiles[:, at]
            there = np.isfinite(q[:, MEDIAN]) & np.isfinite(sigma)
            there &= ids.is_not_null().to_numpy() | (words == NO_WORDS)
            parts.append(frame.with_columns(
                window_h=pl.lit(window), words=pl.lit(words), text_id=ids.cast(pl.String),
                median=pl.Series(sigma * q[:, MEDIAN]), width=pl.Series(sigma * (q[:, HIGH] - q[:, LOW])),
                realised_scaled=pl.Series(history.move[:, at]),
            ).filter(pl.Series(there)))  # fmt: skip
    return pl.concat(parts).sort("available_ts", "doc_id", "asset", "window_h", "words")


def _sigma_of(study: ImpactStudy, window_h: float) -> Array:
    """Sigma of the move of each release over a window as known at its first close after it, [N]."""
    grid = study.moves.grids[study.moves.primary]
    row, steps = study.moves.start(window_h, FIRST_CLOSE_AFTER)
    return grid.sigma(np.minimum(row, len(grid.path) - 1), study.sample.events.asset, steps)


def _odds_beyond(quantiles: Array, size: float) -> Array:
    """Probability of a move further than `size` sigmas, either way, [N]."""
    n = len(quantiles)
    return np.asarray(1 - quantile_of(quantiles, np.full(n, size)) + quantile_of(quantiles, np.full(n, -size)))
