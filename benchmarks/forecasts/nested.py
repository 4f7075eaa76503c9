"""Choices that cannot flatter: every model and blend on nine half-years, each trained on what came before it alone.

    python -m benchmarks.forecasts.nested --home FOLDER [--models mlp,lstm] [--jobs 2]

Hourly candles, supply, funding and news of examples/files.example.toml, ingested into `--home` on the first call;
half-years from July 2020 on, origins at 00:00 and 12:00 UTC, one training per half-year that ends a day before it;
settings as shipped. Forecasts are kept in `--home` by model, half-year and hyper-parameters: a run goes on where it
stopped. Empty the folder `forecasts` there after a change of the code that should change them.

A candidate is taken only if it lowers the CRPS on average over the half-years, in most of them, *and* for most assets.
How many were tried stands in docs/decisions. Printed: CRPS ÷ the volatility-scaled walk's per half-year, the rank of
the default, horizons, coverage, where the gain over the reference walk comes from, and each candidate against it.
"""

import argparse
import hashlib
import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from domain.names import DEFAULT, REFERENCE, VOLATILITY
from domain.types import Array
from models.evaluate.decomposition import decompose
from models.forecast.combine import Conformal, average, calibrate
from models.forecast.dataset import Dataset
from models.forecast.network.windows import origins
from models.forecast.roster import FORECASTERS, forecaster
from models.quantiles.quantiles import CENTRAL, HORIZONS_H, LEVELS
from models.quantiles.scores import coverage, crps
from pipelines.ingest.ingest import ingest
from pipelines.run import Run, recorded_run
from pipelines.settings.load import load_settings
from pipelines.settings.settings import Settings
from pipelines.stages.dataset import load_dataset
from pipelines.stages.forecast.training import recipe
from pipelines.stages.plan import BY_NAME
from pipelines.stages.stage import RunContext, run_stage

PROFILE = "examples/files.example.toml"
HALF_YEARS = tuple(f"{year}-{month:02d}" for year in range(2020, 2026) for month in (1, 7))[1:11]
HOURS = (0, 12)
EMBARGO_H = 24
CENTRAL_VALUES = np.array(LEVELS)[CENTRAL]
LOW, HIGH = LEVELS.index(0.05), LEVELS.index(0.95)
BLENDS = {
    "mlp + linear": ("mlp", "patch_linear"),
    "mlp + linear + lightgbm": ("mlp", "patch_linear", "lightgbm"),
    "transformer + mlp": ("patch_transformer", "mlp"),
    "transformer + mlp + linear": ("patch_transformer", "mlp", "patch_linear"),
    "transformer + mlp + har_median": ("patch_transformer", "mlp", "har_median"),
    "transformer + mlp + lstm": ("patch_transformer", "mlp", "lstm"),
    "transformer + mlp + linear + lstm + lightgbm": ("patch_transformer", "mlp", "patch_linear", "lstm", "lightgbm"),
    "transformer + linear + lightgbm": ("patch_transformer", "patch_linear", "lightgbm"),
}


@dataclass(frozen=True)
class Half:
    """A half-year: training ends at row `until`, origins are `pairs` [N, 2] in order of time, `outcome` [N, H]."""

    name: str
    until: int
    pairs: NDArray[np.int64]
    outcome: Array


def prepared(home: Path) -> Settings:
    """The profile with everything ingested and derived in `home`."""
    settings = load_settings(PROFILE, home=home, threads=2)
    if not settings.warehouse.exists():
        with recorded_run(settings, "nested") as run:
            ingest(run)
            run_stage(BY_NAME["derive"], RunContext(run))
    return settings


def dataset_of(settings: Settings) -> Dataset:
    """What the models are fitted on."""
    with duckdb.connect(str(settings.warehouse), read_only=True) as con:
        con.execute("SET TimeZone='UTC'")
        return load_dataset(con, Run(settings, "nested", datetime.now(UTC), settings.moment()))


def halves(made: Dataset, lookback: int) -> list[Half]:
    """The half-years of the data set."""
    ts = made.bars.close_ts
    edges = [int(np.searchsorted(ts, np.datetime64(name))) for name in HALF_YEARS]
    out = []
    for name, first, last in zip(HALF_YEARS, edges, edges[1:], strict=False):
        pairs = origins(made.usable(lookback), first, min(last, len(ts) - max(HORIZONS_H)))
        pairs = pairs[np.isin(ts[pairs[:, 1]].astype("datetime64[h]").astype(np.int64) % 24, HOURS)]
        pairs = pairs[np.lexsort((pairs[:, 0], pairs[:, 1]))]
        out.append(Half(name, first - EMBARGO_H, pairs, made.y[pairs[:, 1], pairs[:, 0]]))
    return out


class Worker:
    """What a process holds: the data set and the half-years."""

    made: Dataset
    halves: list[Half]
    settings: Settings

    @classmethod
    def begin(cls, settings: Settings) -> None:
        """Load once per process."""
        cls.settings, cls.made = settings, dataset_of(settings)
        cls.halves = halves(cls.made, settings.forecast.lookback_h)

    @classmethod
    def forecast(cls, name: str, number: int) -> str:
        """Fit one model for one half-year, unless it is kept; the file of its quantiles."""
        how = replace(recipe(cls.settings, cls.made), threads=1, checkpoints=None, shows_progress=False)
        path, half = kept(cls.settings, name, cls.halves[number].name, asdict(how)), cls.halves[number]
        if not path.exists():
            values = forecaster(name, how).fit(cls.made, half.until).forecast(half.pairs)
            path.parent.mkdir(exist_ok=True)
            with path.open("wb") as file:
                np.save(file, values.astype(np.float32))
        return str(path)


def kept(settings: Settings, name: str, half: str, how: dict[str, object]) -> Path:
    """Where the quantiles of a model are kept; named after the hyper-parameters, not after the code."""
    told = {k: v for k, v in how.items() if k not in ("code", "checkpoints", "resume", "shows_progress")}
    key = hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()[:8]
    return settings.folder / "forecasts" / f"{name}-{half}-{key}.npy"


def forecast_all(settings: Settings, names: tuple[str, ...], jobs: int) -> dict[str, list[Array]]:
    """Quantiles [N, H, Q] of every model per half-year."""
    n = len(HALF_YEARS) - 1
    with ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), initializer=Worker.begin, initargs=(settings,)
    ) as pool:
        waiting = {(name, i): pool.submit(Worker.forecast, name, i) for name in names for i in range(n)}
        out: dict[str, list[Array]] = {name: [] for name in names}
        for (name, i), job in waiting.items():
            out[name].append(np.load(job.result()).astype(np.float64))
            print(f"{name} {HALF_YEARS[i]}", flush=True)
    return out


def losses(half: Half, values: Array) -> Array:
    """CRPS [N, H]."""
    return crps(values[..., CENTRAL], half.outcome, CENTRAL_VALUES)


def ratio(mine: Array, other: Array) -> float:
    """Sum of losses ÷ sum of the other's, over origins whose horizons are all known."""
    known = np.isfinite(mine).all(1)
    return float(mine[known].sum() / other[known].sum())


def calibrated(settings: Settings, parts: list[Half], values: list[Array], n_assets: int) -> list[Array]:
    """A blend as a night gives it: calibration learns from matured horizons of all half-years so far."""
    s = settings.forecast
    state = Conformal.fresh(n_assets, s.conformal_rate, s.conformal_own_rate)
    pairs, outcome = np.concatenate([h.pairs for h in parts]), np.concatenate([h.outcome for h in parts])
    out = calibrate(np.concatenate(values), outcome, pairs[:, 1], pairs[:, 0], state)
    return np.split(out, np.cumsum([len(h.pairs) for h in parts])[:-1])


def print_table(parts: list[Half], made: dict[str, list[Array]]) -> None:
    """One line per model: half-years, their mean and spread, all pooled, horizons, coverage."""
    base = [losses(h, v) for h, v in zip(parts, made[VOLATILITY], strict=True)]
    rows = []
    for name, values in made.items():
        mine = [losses(h, v) for h, v in zip(parts, values, strict=True)]
        each = [ratio(a, b) for a, b in zip(mine, base, strict=True)]
        by_h = [np.mean([np.nansum(a[:, i]) / np.nansum(b[:, i]) for a, b in zip(mine, base, strict=True)])
                for i in range(len(HORIZONS_H))]  # fmt: skip
        whole, outcome = np.concatenate(values), np.concatenate([h.outcome for h in parts])
        cover = [coverage(whole[:, i, LOW], whole[:, i, HIGH], outcome[:, i]) for i in range(len(HORIZONS_H))]
        rows.append((float(np.mean(each)), name, each, ratio(np.concatenate(mine), np.concatenate(base)), by_h, cover))
    print(f"\n{'CRPS ÷ volatility-scaled walk':46}" + "".join(f"{h.name[2:]:>7}" for h in parts)
          + "    mean      sd  pooled | " + "".join(f"{h:>6} h" for h in HORIZONS_H) + " | 90 % covers")  # fmt: skip
    ranks = np.argsort(np.argsort([r[2] for r in rows], axis=0), axis=0) + 1
    for (mean, name, each, pooled, by_h, cover), place in sorted(zip(rows, ranks, strict=True), key=lambda r: r[0][0]):
        cells = "".join(f"{x:7.4f}" for x in each)
        print(f"{name:46}{cells}  {mean:.4f}  {np.std(each, ddof=1):.4f}  {pooled:.4f} | "
              + "".join(f"{x:8.4f}" for x in by_h) + " | " + " ".join(f"{100 * c:.1f}" for c in cover))  # fmt: skip
        if name == DEFAULT:
            print(f"{'  its rank':46}" + "".join(f"{p:>7}" for p in place))


def print_parts(parts: list[Half], made: dict[str, list[Array]]) -> None:
    """Where the gain over the reference walk comes from, in per cent of the walk's CRPS."""
    print(f"\n{'gain over the reference walk, %':46}   whole   scale   tails   median and skew")
    walk, outcome = np.concatenate(made[REFERENCE]), np.concatenate([h.outcome for h in parts])
    known = np.isfinite(outcome).all(1)
    for name, values in made.items():
        if name != REFERENCE:
            g = decompose(np.concatenate(values)[known], walk[known], outcome[known])
            print(f"{name:46}" + "".join(f"{100 * x:8.2f}" for x in (g.whole, g.scale, g.tails, g.median)))


def print_candidates(parts: list[Half], made: dict[str, list[Array]]) -> None:
    """Every candidate against the default: taken only if better on average, in most half-years, for most assets."""
    print(f"\n{'candidate against the default':46}   ratio  half-years  assets")
    best = [losses(h, v) for h, v in zip(parts, made[DEFAULT], strict=True)]
    assets = np.concatenate([h.pairs[:, 0] for h in parts])
    for name, values in made.items():
        if name == DEFAULT:
            continue
        mine = [losses(h, v) for h, v in zip(parts, values, strict=True)]
        each = [ratio(a, b) for a, b in zip(mine, best, strict=True)]
        a, b = np.concatenate(mine), np.concatenate(best)
        won = [ratio(a[assets == i], b[assets == i]) < 1 for i in np.unique(assets)]
        taken = np.mean(each) < 1 and np.mean(np.array(each) < 1) > 0.5 and np.mean(won) > 0.5
        halves_won = sum(x < 1 for x in each)
        print(f"{name:46}  {np.mean(each):.4f}  {halves_won:>4} of {len(each)}  {sum(won):>3} of {len(won)}"
              f"  {'would be taken' if taken else ''}")  # fmt: skip


def main() -> None:
    """Forecast what is not there yet, then print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True, help="folder for the warehouse and kept forecasts")
    parser.add_argument("--models", help="only these, comma-separated; blends of them are formed")
    parser.add_argument("--jobs", type=int, default=2, help="processes side by side, one thread each")
    args = parser.parse_args()
    settings = prepared(args.home)
    names = tuple(args.models.split(",")) if args.models else tuple(FORECASTERS)
    made = forecast_all(settings, tuple(dict.fromkeys((VOLATILITY, REFERENCE, *names))), args.jobs)
    Worker.begin(settings)
    parts, n_assets = Worker.halves, len(Worker.made.bars.assets)
    blends = {**BLENDS, DEFAULT: settings.forecast.blend}
    for name, members in blends.items():
        if set(members) <= set(made):
            mixed = [average([made[m][i] for m in members]) for i in range(len(parts))]
            made[name] = calibrated(settings, parts, mixed, n_assets)
    print_table(parts, made)
    print_parts(parts, made)
    if DEFAULT in made:
        print_candidates(parts, made)


if __name__ == "__main__":
    main()
