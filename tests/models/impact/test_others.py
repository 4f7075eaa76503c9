"""The stacked comparison: beside an asset's own like times and beside other assets in the same hour."""

from dataclasses import replace

import numpy as np
import pytest

from features.volatility import volatility_scale
from models.impact.measure.events import Events
from models.impact.measure.others import MIN_OTHERS, others_at
from models.impact.sample import build_sample
from models.impact.significance.overlap import excess_move
from models.impact.study import ImpactStudy
from models.impact.study_moves import FIRST_CLOSE_AFTER, RAW
from tests.conftest import random_bars
from tests.models.impact.test_placebo import HOURS, _releases

N_ASSETS = 6


def _many_bars(seed: int):
    """Six assets of independent walks on the hourly grid."""
    bars = random_bars(HOURS, gaps=False)
    close = 100 * np.exp(np.cumsum(0.01 * np.random.default_rng(seed).standard_t(5, (HOURS, N_ASSETS)), axis=0))
    names = tuple(f"A{i}" for i in range(N_ASSETS))
    return replace(bars, assets=names, open=close, high=close, low=close, close=close, volume=np.full_like(close, 1e6))


def _study(bars, rows: np.ndarray) -> ImpactStudy:
    return ImpactStudy(build_sample(_releases(bars, rows), bars), (4.0, 24.0), volatility_scale(bars))


def _planted(bars, rows: np.ndarray, assets: slice, size: float):
    """The bars with moves of `size` (log, of random sign) over two hours from each row on, for some of the assets."""
    jump = np.zeros(bars.close.shape)
    sign = np.random.default_rng(9).choice([-1.0, 1.0], (len(rows), N_ASSETS))
    for step in (1, 2):
        jump[rows + step, assets] += size / 2 * sign[:, assets]
    close = bars.close * np.exp(np.cumsum(jump, axis=0))
    return replace(bars, open=close, high=close, low=close, close=close)


def _found(study: ImpactStudy, window: float, *, stacked: bool):
    matched = (
        study.moves.beside_others(window, FIRST_CLOSE_AFTER)
        if stacked
        else study.moves.matched(study.moves.primary, window, FIRST_CLOSE_AFTER)
    )
    found = excess_move(matched, study.hours, window)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return np.sort(np.random.default_rng(4).choice(np.arange(1500, HOURS - 100, 24), 60, replace=False))


def test_the_mean_of_the_others_is_that_of_a_plain_loop():
    bars = _many_bars(1)
    moves = _study(bars, np.arange(1500, 3500, 100)).moves.grids[RAW]
    released = Events(np.array([1, 2, 2, 5]), np.array([2000, 2003, 2900, 1999]), np.zeros(4))
    steps = 4
    others = others_at(moves, released, steps)
    for row in (1996, 1997, 2000, 2002, 2900):
        busy = {a for a, r in zip(released.asset, released.row, strict=True) if row <= r < row + steps}
        for asset in range(N_ASSETS):
            quiet = [a for a in range(N_ASSETS) if a != asset and a not in busy]
            each = [abs(moves.scaled(np.array([row]), np.array([a]), steps)[0]) for a in quiet]
            expected = np.mean(each) if len(each) >= MIN_OTHERS else np.nan
            assert others.mean(np.array([row]), np.array([asset]))[0] == pytest.approx(expected, nan_ok=True)


def test_an_hour_in_which_every_asset_moves_is_no_effect_of_the_release(rows):
    bars = _planted(_many_bars(2), rows, slice(None), 0.06)
    study = _study(bars, rows)
    plain, stacked = (_found(study, 4.0, stacked=s) for s in (False, True))
    assert plain.p_value < 0.001
    assert plain.estimate > 0.5
    assert stacked.p_value > 0.01
    assert abs(stacked.estimate) < 0.4 * plain.estimate


def test_a_move_of_the_asset_alone_is_found_beside_the_others(rows):
    study = _study(_planted(_many_bars(3), rows, slice(0, 1), 0.03), rows)
    plain, stacked = (_found(study, 4.0, stacked=s) for s in (False, True))
    assert stacked.p_value < 0.001
    assert stacked.estimate == pytest.approx(plain.estimate, abs=0.25)


def test_the_stacked_comparison_keeps_its_size():
    rejected, rng = 0, np.random.default_rng(6)
    for seed in range(3):
        study = _study(_many_bars(20 + seed), np.arange(1500, HOURS - 100, 5))
        matched = study.moves.beside_others(4.0, FIRST_CLOSE_AFTER)
        for _ in range(100):
            at = np.sort(rng.choice(len(matched.own), 60, replace=False))
            found = excess_move(matched.where(at), study.hours, 4.0)
            assert found is not None
            rejected += found.p_value < 0.05
    assert 0.015 < rejected / 300 < 0.09


def test_where_too_few_others_are_quiet_nothing_is_compared(rows):
    bars = random_bars(HOURS, gaps=False)
    study = _study(bars, rows)
    assert len(bars.assets) - 1 < MIN_OTHERS
    assert np.isnan(study.moves.beside_others(4.0, FIRST_CLOSE_AFTER).excess).all()
