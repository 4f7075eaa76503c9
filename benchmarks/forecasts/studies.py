"""What the forecast claims are tried on: markets with and without something to learn, and one study of each kind."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats

from domain.names import DEFAULT, NETWORK, REFERENCE
from domain.types import Array
from features.candles import Bars
from features.panel import build_panel
from features.volatility import SLOTS, volatility_scale
from models.evaluate.table import ALL, CENTRAL_VALUES, score_table
from models.evaluate.walk_forward import Forecasts
from models.forecast.baselines.base import fit_base
from models.forecast.baselines.scaled import reference_walk
from models.forecast.baselines.walks import horizon_sigma, targets
from models.forecast.combine import Conformal, average, calibrate
from models.forecast.dataset import Dataset
from models.forecast.network.net import NETS
from models.forecast.network.spans import split
from models.forecast.network.train import Trained, predict, train
from models.forecast.network.windows import collect_documents, origins, usable
from models.forecast.recipe import WARM_UP_H, Recipe
from models.forecast.roster import forecaster
from models.forecast.walk import Walk
from models.quantiles.quantiles import CENTRAL, HORIZONS_H
from models.quantiles.scores import crps
from models.simulation.known_laws import RUN_IN_H, PlantedMarket, planted_market, reference_market
from models.text.embed import WIDTH

BASELINES = ("walk_plain", "walk_drift", "volatility_walk", "garch", "har", "har_median")
TWINS = ("twin_mirror", "twin_noise")
TWIN_SHIFT = 0.1
ORIGIN_EVERY_H = 12
EMBARGO_H = 24
BOOST_ONE_IN = 5
LOOKBACK_H = 168
SIZE, CLAIM_SIZE = 0.05, 0.025
NO_LINKS = pl.DataFrame(schema={"doc_id": pl.String, "asset": pl.String, "available_ts": pl.Datetime("us", "UTC")})
NO_NEWS = pl.DataFrame(schema={"asset": pl.String})


@dataclass(frozen=True)
class Span:
    """Rows of a study: training ends at `train_end`, the test span (origins and outcomes) lies between it and `end`."""

    train_end: int
    end: int


NULL = Span(35 * SLOTS, 52 * SLOTS)
PLANTED = Span(156 * SLOTS, 173 * SLOTS)
SHORT = Span(78 * SLOTS, 95 * SLOTS)
PLANTED_ASSETS, SHORT_ASSETS = 12, 6  # as many and as long as a desk's market; and half of both
FIRST_PLANTED_SEED = 21  # markets of lower seeds were looked at when settings were chosen
PLANTED_STATES = ((24.0, 0.9), (12.0, 0.9), (6.0, 1.0))  # half-life in hours, deviation of log volatility


def ground(bars: Bars, first: int = 0, width: int = WIDTH) -> Dataset:
    """What models are fitted on. Outcomes of rows before `first` are withheld: the market is only run in there."""
    level = volatility_scale(bars)
    y = targets(np.log(bars.close))
    y[:first] = np.nan
    documents = collect_documents(NO_LINKS, pl.DataFrame(), bars.assets, width)
    return Dataset(bars, level, build_panel(bars, level, pl.DataFrame(), NO_NEWS), documents, y, horizon_sigma(level))


def origins_of(made: Dataset, span: Span) -> NDArray[np.int64]:
    """Origins (asset, row) of the test span, [N, 2], every ORIGIN_EVERY_H hours, in order of time."""
    rows = usable(made.panel, made.sigma, LOOKBACK_H)
    pairs = origins(rows, span.train_end + EMBARGO_H, span.end - max(HORIZONS_H), ORIGIN_EVERY_H)
    return pairs[np.lexsort((pairs[:, 0], pairs[:, 1]))]


def shipped(made: Dataset, seed: int = 7, **settings: object) -> Recipe:
    """The recipe that tapewire ships, on one thread, with `settings` in the place of its own."""
    from pipelines.settings.models import ForecastSettings
    from pipelines.settings.settings import Settings
    from pipelines.stages.forecast.training import recipe

    chosen = Settings(forecast=ForecastSettings().model_copy(update=settings), seed=seed, threads=1)
    return replace(recipe(chosen, made), checkpoints=None)


def twins(kind: str, values: Array, sigma: Array, seed: int) -> tuple[Array, Array]:
    """Two forecasts [N, H, Q] of equal expected loss, from a symmetric one and its sigma [N, H].

    twin_mirror: moved up and moved down by TWIN_SHIFT sigma; their loss difference leans on the sign of the outcome, so
    that it overlaps as outcomes do. twin_noise: each moved by normal noise of that size, drawn anew per forecast.
    """
    shape = values.shape[:2]
    rng = np.random.default_rng([seed, 9])
    up, down = (np.ones(shape), -np.ones(shape)) if kind == "twin_mirror" else rng.standard_normal((2, *shape))
    return values + (TWIN_SHIFT * up * sigma)[..., None], values + (TWIN_SHIFT * down * sigma)[..., None]


def claims(forecasts: Forecasts, made: Dataset, seed: int) -> pl.DataFrame:
    """What the table of scores says of each model at each horizon (0: all): its skill, and what rejects at its level.

    `claim` as the dashboards make it: the 95 % interval of the skill above zero, and the test of equal loss that allows
    for slow components below .05.
    """
    table = score_table(forecasts, (), made.bars.close_ts).filter(pl.col("asset") == ALL)
    keys = ["model_name", "horizon_h"]

    def metric(name: str, **columns: str) -> pl.DataFrame:
        return table.filter(pl.col("metric") == name).select(*keys, **{k: pl.col(v) for k, v in columns.items()})

    joined = metric("crps_skill", skill="value", low="low").join(metric("dm_hln", dm="value", p="p_value"), on=keys)
    joined = joined.join(metric("equal_loss_slow", slow="p_value"), on=keys)
    joined = joined.join(metric("clark_west", cw="p_value"), on=keys, how="left")
    return joined.select(
        pl.lit(seed).alias("seed"),
        *keys,
        "skill",
        claim=(pl.col("low") > 0) & (pl.col("slow") < SIZE),
        better=(pl.col("dm") < 0) & (pl.col("p") / 2 < SIZE),
        differs=pl.col("p") < SIZE,
        differs_slow=pl.col("slow") < SIZE,
        clark_west=pl.col("cw") < SIZE,
    )


@dataclass(frozen=True)
class Trial:
    """One market with the origins of its test span, their outcomes [N, H], and the reference walk fitted before."""

    made: Dataset
    span: Span
    pairs: NDArray[np.int64]
    walk: Walk
    seed: int

    @classmethod
    def of(cls, made: Dataset, span: Span, seed: int) -> "Trial":
        """Fit the walk and find the origins."""
        return cls(made, span, origins_of(made, span), reference_walk(made, span.train_end), seed)

    @property
    def outcome(self) -> Array:
        """Cumulative log returns after the origins, [N, H]."""
        return self.made.y[self.pairs[:, 1], self.pairs[:, 0]]

    def baseline(self, name: str) -> Array:
        """Quantiles [N, H, Q] of a model that needs no network."""
        return forecaster(name, shipped(self.made)).fit(self.made, self.span.train_end).forecast(self.pairs)

    def network(self, recipe: Recipe, kind: str = NETWORK) -> tuple[Trained, Array]:
        """Networks of one kind, trained as a night trains them, and their quantiles [N, H, Q]."""
        made, config = self.made, recipe.net_for(kind)
        base = fit_base(made, self.span.train_end).walk(made)
        store = made.store(base, config.lookback)
        rows = usable(made.panel, made.sigma, config.lookback)
        span = split(WARM_UP_H, self.span.train_end, recipe.train.stretch_days * 24)
        trained = train(config, recipe.train, store, rows, span, seeds=recipe.members, threads=1)
        return trained, predict(trained.net(), store, self.pairs, base)

    def claims(self, values: dict[str, Array]) -> pl.DataFrame:
        """What the table of scores lets these forecasts claim."""
        return claims(Forecasts(self.pairs, self.outcome, values), self.made, self.seed)


def null_trial(seed: int, span: Span = NULL) -> Trial:
    """A market drawn from the reference walk itself."""
    return Trial.of(ground(reference_market(seed, span.end), RUN_IN_H), span, seed)


def null_study(seed: int, models: tuple[str, ...] = BASELINES, span: Span = NULL) -> pl.DataFrame:
    """Claims of `models`, fitted on the training span, and of the twins on one market drawn from the reference walk."""
    trial = null_trial(seed, span)
    walk = trial.baseline(REFERENCE)
    out = [trial.claims({REFERENCE: walk, **{name: trial.baseline(name) for name in models}})] if models else []
    sigma = trial.made.sigma[trial.pairs[:, 1], trial.pairs[:, 0]]
    for kind in TWINS:
        one, other = twins(kind, walk, sigma, seed)
        out.append(trial.claims({REFERENCE: one, kind: other}))
    return pl.concat(out)


def null_training(seed: int) -> pl.DataFrame:
    """Claims of a small training on one market drawn from the reference walk, and the share of untrained members."""
    trial = null_trial(seed)
    recipe = shipped(trial.made, seed, members=2, windows_per_epoch=20_000)
    trained, values = trial.network(recipe)
    untrained = float(np.mean([m.best_epoch == 0 for m in trained.members]))
    found = trial.claims({REFERENCE: trial.baseline(REFERENCE), NETWORK: values})
    return found.with_columns(untrained=pl.lit(untrained))


def crps_of(outcome: Array, values: dict[str, Array]) -> dict[str, Array]:
    """CRPS of each model, summed over horizons and per horizon, [1 + H]."""
    loss = {name: crps(q[..., CENTRAL], outcome, CENTRAL_VALUES).mean(0) for name, q in values.items()}
    return {name: np.array([x.sum(), *x]) for name, x in loss.items()}


def planted_trial(
    seed: int, half_life_h: float, sd: float, span: Span = PLANTED, n_assets: int = PLANTED_ASSETS
) -> tuple[PlantedMarket, Trial]:
    """A market with a volatility state that shows in the volume."""
    market = planted_market(seed, span.end, n_assets, half_life_h=half_life_h, sd=sd)
    return market, Trial.of(ground(market.bars), span, seed)


def planted_study(
    seed: int, half_life_h: float, sd: float, span: Span = PLANTED, n_assets: int = PLANTED_ASSETS
) -> dict[str, Array]:
    """Gain of the models as shipped and of the oracle over the reference walk, as a share of its CRPS, [1 + H] each."""
    from pipelines.settings.models import ForecastSettings

    market, trial = planted_trial(seed, half_life_h, sd, span, n_assets)
    shared = ForecastSettings()
    recipe = shipped(trial.made, seed)
    parts: dict[str, Array] = {n: trial.network(recipe, n)[1] if n in NETS else trial.baseline(n) for n in shared.blend}
    mixed = average(list(parts.values()))
    asset, row = trial.pairs.T
    state = Conformal.fresh(len(market.bars.assets), shared.conformal_rate, shared.conformal_own_rate)
    calibrated = calibrate(mixed, trial.outcome, row, asset, state)
    values: dict[str, Array] = {
        REFERENCE: trial.baseline(REFERENCE), "har": trial.baseline("har"), **parts, "average": mixed,
        DEFAULT: calibrated, "oracle": market.oracle(row, asset),
    }  # fmt: skip
    loss = crps_of(trial.outcome, values)
    return {name: 1 - x / loss[REFERENCE] for name, x in loss.items() if name != REFERENCE}


def region(n: int, nominal: float) -> tuple[float, float]:
    """The binomial 99 % region of a share of n rejections at a nominal size."""
    low, high = stats.binom(n, nominal).ppf([0.005, 0.995]) / n
    return float(low), float(high)
