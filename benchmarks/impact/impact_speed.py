"""How fast the event study is, beside the Python packages that do part of it, in one run on the same events.

    python -m benchmarks.impact.impact_speed
    python -m benchmarks.impact.impact_speed --packages FOLDER  # with eventstudy and eventstudystatistics

Ours: 10,000 events × 5 benchmarks × 9 windows × every test, placebo ranks included. Theirs, on some of the same events
(both are linear in the number of events, or worse): the market and the mean model, CARs and the t of the mean CAR
(eventstudy); the adjusted BMP and the GRANK test of one window (eventstudystatistics). Where the two compute the same,
they are held together to 1e-9. The market is simulated.
"""

import argparse
import contextlib
import io
import logging
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from domain.types import Array
from features.candles import Bars, log_returns, market_index, trailing_dollar_volume
from models.impact.measure.benchmarks import AbnormalReturns, market_model, mean_model
from models.impact.sample import ALL, Sample, build_sample
from models.impact.significance.classic import bmp, brown_warner_1980, kp_bmp
from models.impact.significance.dependence import event_pairs
from models.impact.significance.event_tests import prediction_error
from models.impact.significance.ranks import grank as our_grank
from models.impact.significance.ranks import row_ranks
from models.impact.study import ImpactStudy
from models.impact.study_inference import event_test_rows
from models.impact.study_moves import BEFORE_H

HOURS, ASSETS, EVENTS = 5 * 365 * 24, 20, 10_000
WINDOWS_H = (1.0, 4.0, 8.0, 24.0, 48.0, 72.0)
PACKAGE_EVENTS = 1000
LIMIT_S, GOAL = 15.0, 100.0


def market(seed: int) -> Bars:
    """Hourly bars with a common factor and heavy tails."""
    rng = np.random.default_rng(seed)
    r = 0.004 * rng.standard_t(4, (HOURS, 1)) + 0.006 * rng.standard_t(4, (HOURS, ASSETS))
    close = np.exp(np.cumsum(r, axis=0))
    start = np.vstack([np.ones((1, ASSETS)), close[:-1]])
    high, low = np.maximum(start, close) * 1.002, np.minimum(start, close) * 0.998
    ends = np.datetime64("2020-01-01", "s") + np.arange(1, HOURS + 1) * np.timedelta64(3600, "s")
    names = tuple(f"A{i:02d}" for i in range(ASSETS))
    return Bars(names, "1h", ends, start, high, low, close, np.exp(rng.standard_normal((HOURS, ASSETS))))


def events(bars: Bars, n: int, seed: int) -> Sample:
    """n releases at random hours on random assets."""
    rng = np.random.default_rng(seed)
    moment = bars.close_ts[np.sort(rng.integers(1000, HOURS - 100, n))].astype("datetime64[us]")
    frame = pl.DataFrame({
        "doc_id": [f"d{i}" for i in range(n)], "asset": [bars.assets[i] for i in rng.integers(0, ASSETS, n)],
        "event_ts": moment, "available_ts": moment, "release_group": "unlabelled", "is_late_stamp": False,
        "is_recommended": True,
    })  # fmt: skip
    return build_sample(frame.with_columns(pl.col("event_ts", "available_ts").dt.replace_time_zone("UTC")), bars)


def every_test(bars: Bars, chosen: Sample) -> int:
    """Ours, whole: the study of five benchmarks and all tests over nine windows, ranks included; how many outcomes."""
    return len(event_test_rows(ImpactStudy(chosen, WINDOWS_H, None), groups=(ALL,)))


def timed(work: Callable[[], object], rounds: int = 3) -> float:
    """Best of some rounds, in seconds."""
    best = np.inf
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return float(best)


def quietly(work: Callable[[], object]) -> object:
    """Without what a package prints or logs."""
    logging.disable(logging.CRITICAL)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return work()
    finally:
        logging.disable(logging.NOTSET)


def by_eventstudy(spans: list[tuple[Array, Array]], n_window: int, n_estimation: int) -> list[object]:
    """The package's market and mean model over every event, and its aggregate of each."""
    from eventstudy import Multiple, Single, models

    out = []
    for model, needs_market in ((models.market_model, True), (models.constant_mean, False)):
        singles = []
        for r, m in spans:
            data = {"security_returns": list(r), **({"market_returns": list(m)} if needs_market else {})}
            singles.append(
                Single(model, data, event_window=(0, n_window - 1), estimation_size=n_estimation, buffer_size=0)
            )
        out.append(Multiple(singles))
    return out


@dataclass(frozen=True)
class Given:
    """What the packages are given, and ours for the same work: returns of asset and index, [N, S] and [N, E]."""

    r_est: Array
    r_evt: Array
    m_est: Array
    m_evt: Array

    @property
    def offsets(self) -> Array:
        """Bar ends of the window, [E]."""
        return np.arange(1.0, self.r_evt.shape[1] + 1)


def given(bars: Bars, chosen: Sample) -> Given:
    """Estimation span and window of 72 bars of every event."""
    span, gap, _, after = chosen.design.rows(bars)
    returns = log_returns(bars)
    index = market_index(returns, trailing_dollar_volume(bars, span))
    col, row = chosen.events.asset[:, None], chosen.events.row[:, None]
    est, evt = row - gap - span + 1 + np.arange(span), row + 1 + np.arange(after)
    return Given(returns[est, col], returns[evt, col], index[est, col], index[evt, col])


def beside_packages(bars: Bars, n: int) -> list[tuple[str, bool]]:
    """Time and agreement on n events, one window of 72 bars; prints what it finds and returns verdicts."""
    g = given(bars, events(bars, n, 5))
    return beside_eventstudy(g) + beside_eventstudystatistics(g)


def beside_eventstudy(g: Given) -> list[tuple[str, bool]]:
    """Market and mean model, mean abnormal returns, t of the mean CAR."""
    n_window = g.r_evt.shape[1]
    asset, index = np.hstack([g.r_est, g.r_evt]), np.hstack([g.m_est, g.m_evt])
    spans = list(zip(asset, index, strict=True))
    found: list[object] = []
    package_s = timed(lambda: found.extend(by_eventstudy(spans, n_window, g.r_est.shape[1])), rounds=1)
    ours_s = timed(lambda: same_models(g))
    mine = same_models(g)
    out = []
    for (study, t), theirs in zip(mine, found, strict=True):
        name = f"eventstudy, {study.benchmark} model, {len(spans)} staggered events"
        agrees = np.allclose(theirs.AAR, study.ar.mean(0), atol=1e-9, rtol=0)  # type: ignore[attr-defined]
        out.append((f"{name}: mean abnormal returns agree to 1e-9", bool(agrees)))
        out.append((f"{name}: t of the mean CAR agrees to 1e-9", abs(t - theirs.tstat[-1]) < 1e-9))  # type: ignore[attr-defined]
    ratio = package_s / ours_s
    print(f"eventstudy: {package_s:.2f} s; ours, the same work on the same arrays: {ours_s:.4f} s")
    return [*out, (f"eventstudy ÷ ours: {ratio:.0f}, goal {GOAL:.0f}", ratio >= GOAL)]


def same_models(g: Given) -> list[tuple[AbnormalReturns, float]]:
    """Ours for what eventstudy does; its sigmas divide by n, and its mean model takes the window into them."""
    out = []
    for study in (market_model(g.r_est, g.r_evt, g.m_est, g.m_evt, g.offsets), mean_model(g.r_est, g.r_evt, g.offsets)):
        theirs = study.estimation if study.benchmark == "market" else np.hstack([study.estimation, study.ar])
        study.ar.mean(0)
        tested = brown_warner_1980(study.ar.sum(1), theirs.std(axis=1), study.ar.shape[1])
        out.append((study, tested.statistic))
    return out


def beside_eventstudystatistics(g: Given) -> list[tuple[str, bool]]:
    """The adjusted BMP and the GRANK test of one window, on the residuals of the market model.

    The two are not held together: the package adjusts by inner products instead of correlations and standardises by
    the variance of the index in the event window, so that its statistics are not those of the papers.
    """
    from eventstudystatistics import adjBMP, grank

    study = market_model(g.r_est, g.r_evt, g.m_est, g.m_evt, g.offsets)
    period = [0, study.ar.shape[1] - 1]

    def theirs() -> None:
        adjBMP(study.ar, study.estimation, g.m_est, g.m_evt, period)
        grank(study.ar, study.estimation, g.m_est, g.m_evt, period)

    def ours() -> None:
        scar = study.ar.sum(1) / prediction_error(study, np.ones((1, study.ar.shape[1]), dtype=bool))[:, 0]
        row = np.zeros(len(scar), dtype=np.int64)
        kp_bmp(bmp(scar), event_pairs(study.estimation, row, 1).mean(np.ones(len(scar), dtype=bool), 1))
        gsar = study.estimation / study.residual_sigma[:, None]
        our_grank(scar, gsar, row_ranks(gsar))

    package_s, ours_s = timed(lambda: quietly(theirs), rounds=1), timed(ours)
    print(f"eventstudystatistics: {package_s:.2f} s; ours, the same two tests: {ours_s:.4f} s")
    ratio = package_s / ours_s
    return [(f"eventstudystatistics ÷ ours: {ratio:.0f}, goal {GOAL:.0f}", ratio >= GOAL)]


def main() -> None:
    """Print times, ratios and verdicts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--packages", type=Path, help="a folder with the packages to stand beside")
    args = parser.parse_args()
    if args.packages:
        sys.path.insert(0, str(args.packages))
    bars = market(3)
    chosen = events(bars, args.events, 4)
    began = time.perf_counter()
    n = every_test(bars, chosen)
    seconds = time.perf_counter() - began
    windows = len(WINDOWS_H) + len(BEFORE_H)
    told = f"{len(chosen.events):,} events × 5 benchmarks × {windows} windows × all tests: {seconds:.1f} s"
    verdicts = [(f"{told} ({n} outcomes), limit {LIMIT_S:.0f} s", seconds < LIMIT_S)]
    try:
        verdicts += beside_packages(bars, PACKAGE_EVENTS)
    except ImportError as error:
        print(f"no package to stand beside: {error}; see --help")
    for line, kept in verdicts:
        print(f"{'PASS' if kept else 'FAIL'}  {line}")


if __name__ == "__main__":
    main()
