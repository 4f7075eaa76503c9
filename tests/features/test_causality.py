"""Nothing looks ahead: cutting off or changing the future changes no feature, no panel, no window, no sigma.

A new feature joins this file: compute it on the whole history and on a history that ends earlier, and compare.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from features.candle_features import candle_features
from features.candles import Bars, log_returns, market_index, trailing_dollar_volume
from features.daily.ssr import ssr_daily
from features.news import document_novelty, news_hourly
from features.panel import build_panel
from features.volatility import garman_klass, parkinson, realised_volatility, volatility_scale
from models.forecast.baselines.walks import fit_walk, horizon_sigma, targets
from models.forecast.network.windows import collect_documents, latest_documents
from tests.conftest import random_bars

CUT = 1500


def _cut(bars: Bars, n: int) -> Bars:
    names = ("close_ts", "open", "high", "low", "close", "volume")
    return replace(bars, **{k: getattr(bars, k)[:n] for k in names})


def _shuffled_future(bars: Bars, n: int) -> Bars:
    """The same past, another future."""
    rng = np.random.default_rng(9)
    factor = np.exp(np.cumsum(rng.standard_normal((len(bars.close) - n, bars.close.shape[1])) * 0.05, axis=0))
    out = {}
    for name in ("open", "high", "low", "close"):
        grid = getattr(bars, name).copy()
        grid[n:] = grid[n:] * factor
        out[name] = grid
    volume = bars.volume.copy()
    volume[n:] *= 7
    return replace(bars, **out, volume=volume)


FEATURES = {
    "log_returns": log_returns,
    "parkinson": parkinson,
    "garman_klass": garman_klass,
    "realised_volatility": lambda b: realised_volatility(log_returns(b), 24),
    "ewma_variance": lambda b: volatility_scale(b).variance,
    "horizon_sigma": lambda b: horizon_sigma(volatility_scale(b)).reshape(len(b.close), -1),
    "hour_of_week_factor": lambda b: volatility_scale(b).factor()[:, None],
    "dollar_volume": trailing_dollar_volume,
    "market_index": lambda b: market_index(log_returns(b), trailing_dollar_volume(b)),
}


@pytest.mark.parametrize("name", FEATURES)
@pytest.mark.parametrize("change", [_cut, _shuffled_future])
def test_cutting_off_or_changing_the_future_changes_no_feature(name, change):
    bars = random_bars(2000)
    whole = FEATURES[name](bars)[:CUT]
    np.testing.assert_allclose(FEATURES[name](change(bars, CUT))[:CUT], whole, rtol=1e-9, atol=1e-15, equal_nan=True)


def test_cutting_off_the_future_changes_no_stored_candle_feature():
    bars = random_bars(2000)
    end = datetime(2024, 1, 1, 1, tzinfo=UTC) + timedelta(hours=CUT - 1)
    whole = (
        candle_features(bars, volatility_scale(bars)).filter(pl.col("available_ts") <= end).sort("asset", "event_ts")
    )
    part = candle_features(_cut(bars, CUT), volatility_scale(_cut(bars, CUT))).sort("asset", "event_ts")
    assert whole.select("asset", "event_ts").equals(part.select("asset", "event_ts"))
    for name in whole.columns[3:]:
        if whole[name].dtype == pl.Float64:
            a, b = (f[name].fill_null(-1).to_numpy() for f in (whole, part))
            np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-12, err_msg=name)


def _supply(n_days: int = 300) -> tuple[pl.DataFrame, pl.DataFrame]:
    rng = np.random.default_rng(2)
    ts = [datetime(2023, 6, 1, tzinfo=UTC) + timedelta(days=i) for i in range(n_days)]
    late = [t + timedelta(hours=6) for t in ts]
    schema = {"event_ts": pl.Datetime("us", "UTC"), "available_ts": pl.Datetime("us", "UTC")}
    supply = pl.concat(
        pl.DataFrame({"coin": c, "chain": "all", "event_ts": ts, "available_ts": late, "source": "t",
                      "supply_units": 1e9 * np.exp(np.cumsum(rng.normal(0, 0.01, n_days))), "price_usd": 1.0,
                      "market_cap_usd": 1e9}, schema_overrides=schema)
        for c in ("AUSD", "BSTB", "CUSD")
    )  # fmt: skip
    btc = pl.DataFrame({"asset": "BTC", "metric": "market_cap_usd", "event_ts": ts, "available_ts": late, "source": "t",
                        "value": 1e12 * np.exp(np.cumsum(rng.normal(0, 0.03, n_days)))},
                       schema_overrides=schema)  # fmt: skip
    return supply, btc


def test_cutting_off_the_future_changes_no_past_ssr():
    supply, btc = _supply()
    whole = ssr_daily(supply, btc, "simulated-v1")
    end = datetime(2024, 1, 10, tzinfo=UTC)
    early = ssr_daily(
        supply.filter(pl.col("available_ts") <= end), btc.filter(pl.col("available_ts") <= end), "simulated-v1"
    )
    known = whole.filter(pl.col("available_ts") <= end).sort("coin", "event_ts")
    assert known.height > 500
    assert known.drop("available_ts").equals(early.sort("coin", "event_ts").drop("available_ts"))


def _documents(n: int = 200) -> tuple[pl.DataFrame, pl.DataFrame]:
    rng = np.random.default_rng(4)
    minutes = np.sort(rng.integers(0, 2000 * 60, n))
    ts = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=int(m)) for m in minutes]
    ids = [f"d{i:03d}" for i in range(n)]
    links = pl.DataFrame(
        {"doc_id": ids, "asset": rng.choice(["AAA", "BTC"], n), "available_ts": ts},
        schema_overrides={"available_ts": pl.Datetime("us", "UTC")},
    )
    vectors = rng.standard_normal((n, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return links, pl.DataFrame(
        {"doc_id": ids, "available_ts": ts, "embedding": vectors.tolist()},
        schema_overrides={"embedding": pl.List(pl.Float32), "available_ts": pl.Datetime("us", "UTC")},
    )


def _authorship(links: pl.DataFrame) -> pl.DataFrame:
    """Every third document was judged; of those every fourth was too short."""
    judged = links.gather_every(3).with_row_index("i")
    p = pl.when(pl.col("i") % 4 == 0).then(None).otherwise(pl.col("i") / len(judged))
    return judged.select("doc_id", machine_probability=p)


def test_cutting_off_the_future_changes_no_past_news_feature():
    links, vectors = _documents()
    end = datetime(2024, 2, 10, tzinfo=UTC)
    told = _authorship(links)
    known = links.filter(pl.col("available_ts") <= end)
    whole = news_hourly(links, vectors, told).filter(pl.col("available_ts") <= end)
    part = news_hourly(known, vectors, told.join(known, on="doc_id", how="semi"))
    assert part.height > 50
    assert whole.equals(part.filter(pl.col("available_ts") <= end))


def test_news_counts_only_what_was_available_by_the_end_of_the_hour():
    links, vectors = _documents()
    rows = news_hourly(links, vectors, _authorship(links))
    for row in rows.sample(40, seed=1).to_dicts():
        mine = links.filter(pl.col("asset") == row["asset"], pl.col("available_ts") <= row["event_ts"])
        hour = mine.filter(pl.col("available_ts") > row["event_ts"] - timedelta(hours=1))
        assert row["documents_1h"] == hour.height


def test_an_hour_has_the_highest_probability_of_its_judged_documents():
    links, vectors = _documents()
    told = _authorship(links)
    rows = news_hourly(links, vectors, told)
    of_document = dict(told.iter_rows())
    for row in rows.to_dicts():
        hour = links.filter(
            pl.col("asset") == row["asset"],
            pl.col("available_ts") <= row["event_ts"],
            pl.col("available_ts") > row["event_ts"] - timedelta(hours=1),
        )
        known = [of_document[d] for d in hour["doc_id"] if of_document.get(d) is not None]
        assert row["machine_probability"] == (max(known) if known else None)
    assert rows["machine_probability"].null_count() not in (0, len(rows))


def test_novelty_and_the_nearest_look_at_the_week_before_and_at_nothing_later():
    _, vectors = _documents()
    end = datetime(2024, 2, 10, tzinfo=UTC)
    meanings = vectors.gather_every(2)
    whole = document_novelty(vectors.sample(fraction=1, shuffle=True, seed=2), meanings)
    known = pl.col("available_ts") <= end
    assert document_novelty(vectors.filter(known), meanings.filter(known)).equals(whole.filter(known))
    by_hand = _week_before(vectors)
    np.testing.assert_allclose(whole["novelty"].to_numpy(), [1 - c for _, c in by_hand], atol=1e-6)
    read = whole.join(meanings, on="doc_id", how="semi")
    nearest = _week_before(meanings)
    assert read["nearest_doc_id"].to_list() == [d for d, _ in nearest]
    np.testing.assert_allclose(read["nearest_similarity"].fill_null(0).to_numpy(), [c for _, c in nearest], atol=1e-6)
    assert whole.join(meanings, on="doc_id", how="anti")["nearest_doc_id"].null_count() == len(whole) - len(meanings)


def _week_before(vectors: pl.DataFrame) -> list[tuple[str | None, float]]:
    """The nearest document of the week before each, and its cosine, one pair at a time."""
    rows = vectors.sort("available_ts").to_dicts()
    found: list[tuple[str | None, float]] = []
    for i, row in enumerate(rows):
        week = [r for r in rows[:i] if row["available_ts"] - r["available_ts"] <= timedelta(days=7)]
        pairs = [(r["doc_id"], float(np.dot(r["embedding"], row["embedding"]))) for r in week]
        found.append(max(pairs, key=lambda p: p[1], default=(None, 0.0)))
    return found


def _funding(bars) -> pl.DataFrame:
    ts = pl.Series(bars.close_ts[::8].astype("datetime64[us]")).dt.replace_time_zone("UTC")
    rate = np.random.default_rng(4).normal(1e-4, 1e-4, len(ts))
    return pl.DataFrame({"asset": ["BTC"] * len(ts), "available_ts": ts, "funding_rate_per_hour": rate})


def test_cutting_off_the_future_changes_no_row_of_the_panel():
    bars, (supply, btc), (links, vectors) = random_bars(2000), _supply(), _documents()
    ratio, news = ssr_daily(supply, btc, "simulated-v1"), news_hourly(links, vectors, _authorship(links))
    end = bars.close_ts[CUT - 1].astype("datetime64[us]").item().replace(tzinfo=UTC)
    funding = _funding(bars)
    whole = build_panel(bars, volatility_scale(bars), ratio, news, funding)
    short = _cut(bars, CUT)
    part = build_panel(
        short, volatility_scale(short), ratio.filter(pl.col("available_ts") <= end),
        news.filter(pl.col("available_ts") <= end), funding.filter(pl.col("available_ts") <= end),
    )  # fmt: skip
    np.testing.assert_allclose(part.tape, whole.tape[:, :CUT], rtol=1e-5, atol=1e-6)
    for k, name in enumerate(whole.context_channels):
        np.testing.assert_allclose(part.context[..., k], whole.context[:, :CUT, k], rtol=1e-4, atol=1e-5, err_msg=name)
    assert np.isfinite(whole.tape).all()
    known = np.isfinite(whole.context).any((0, 1))
    assert known.all(), f"never known here: {[n for n, k in zip(whole.context_channels, known, strict=True) if not k]}"


def test_a_window_holds_only_documents_that_were_available_at_its_origin():
    links, vectors = _documents()
    documents = collect_documents(links, vectors, ("AAA", "BTC", "CCC"), 8)
    moments = np.datetime64("2024-01-01T01:00:00", "s").astype(np.int64) + 3600 * np.arange(2000)
    for asset in (0, 1):
        rows, age = latest_documents(documents, asset, moments)
        assert (age >= 0).all()
        assert (rows[age > 0] > 0).all()
        times = dict(zip(documents.rows[asset].tolist(), documents.moments[asset].tolist(), strict=True))
        seen = [(m, r) for m, row in zip(moments, rows, strict=True) for r in row if r]
        assert len(seen) > 100
        assert all(times[r] <= m for m, r in seen)
    assert latest_documents(documents, 2, moments)[0].sum() == 0


def test_a_walk_fitted_to_a_row_never_sees_a_return_that_ends_after_it():
    bars = random_bars(2000, gaps=False)
    other = _shuffled_future(bars, CUT)
    fits = [fit_walk(k, targets(np.log(b.close)), horizon_sigma(volatility_scale(b)), CUT - 1) for b in (bars, other)
            for k in ("reference", "plain", "drift")]  # fmt: skip
    for a, b in zip(fits[:3], fits[3:], strict=True):
        np.testing.assert_array_equal(a.quantiles, b.quantiles)
        np.testing.assert_array_equal(a.drift, b.drift)


def test_a_target_begins_after_its_origin():
    bars = random_bars(400, gaps=False)
    y = targets(np.log(bars.close))
    np.testing.assert_allclose(y[10, 0, 1], np.log(bars.close[14, 0] / bars.close[10, 0]))
    assert np.isnan(y[-1]).all()
    assert np.isnan(y[-24:, :, 3]).all()
