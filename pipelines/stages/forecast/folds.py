"""Fit every model fold by fold: one after another, or folds side by side in processes of their own.

A small network trains nearly as fast on one thread as on two, so that two folds side by side take little more than
half of the time of two in turn. Threads are shared out among the processes; each holds a copy of the data set, which
it reads from a file: whoever starts a process waits for it to take what it is given, for ever if it dies before.
"""

import logging
import pickle
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.forecast.dataset import Dataset
from models.forecast.recipe import Recipe
from pipelines.stages.forecast.children import end_with_parent
from pipelines.stages.forecast.training import Forecast, forecasts

log = logging.getLogger("tapewire.evaluate")

Fold = tuple[int, NDArray[np.int64]]  # the row that training ends at, and pairs [N, 2] of (asset, row) to forecast


def fit_folds(
    how: Recipe, dataset: Dataset, folds: list[Fold], names: tuple[str, ...], processes: int = 1
) -> list[dict[str, Forecast]]:
    """Forecasts of each model per fold, without the fitted models, in the order of the folds."""
    began, processes = time.perf_counter(), min(processes, len(folds))

    def said(number: int, origins: int) -> None:
        log.info("fold %d of %d: %d origins, %.0f s since the start", number + 1, len(folds), origins,
                 time.perf_counter() - began)  # fmt: skip

    if processes == 1:
        made = []
        for number, (until, pairs) in enumerate(folds):
            made.append(_forget_models(forecasts(how, dataset, until, pairs, names)))
            said(number, len(pairs))
        return made
    how = replace(how, threads=max(1, how.threads // processes), shows_progress=False)
    with tempfile.TemporaryDirectory(prefix="tapewire-folds-") as folder:
        given = Path(folder) / "given.pickle"
        given.write_bytes(pickle.dumps((how, dataset, names)))
        return _fit_beside(given, folds, processes, said)


def _fit_beside(
    given: Path, folds: list[Fold], processes: int, said: Callable[[int, int], None]
) -> list[dict[str, Forecast]]:
    with ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=_Worker.begin, initargs=(given,)
    ) as pool:
        waiting = {pool.submit(_Worker.fit, fold): number for number, fold in enumerate(folds)}
        try:
            for done in as_completed(waiting):
                done.result()
                said(waiting[done], len(folds[waiting[done]][1]))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        return [done.result() for done in waiting]


def _forget_models(made: dict[str, Forecast]) -> dict[str, Forecast]:
    return {name: replace(one, fitted=None) for name, one in made.items()}


class _Worker:
    """What a process holds."""

    how: Recipe
    dataset: Dataset
    names: tuple[str, ...]

    @classmethod
    def begin(cls, given: Path) -> None:
        """Once per process: what is fitted on what, the threads that it may use, and the end with its parent."""
        from threadpoolctl import threadpool_limits

        cls.how, cls.dataset, cls.names = pickle.loads(given.read_bytes())  # noqa: S301  the parent wrote it
        threadpool_limits(cls.how.threads)
        end_with_parent()

    @classmethod
    def fit(cls, fold: Fold) -> dict[str, Forecast]:
        """All models of one fold."""
        return _forget_models(forecasts(cls.how, cls.dataset, *fold, cls.names))
