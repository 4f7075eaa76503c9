"""A few hand-made rows for every mart that the pages read; the largest release carries hostile text."""

import json
import math
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import duckdb
import polars as pl

from models.backtest.contest import hold
from models.backtest.ledger.terms import Terms
from models.backtest.strategies.rules import Rule
from models.backtest.tables import Tables, tables_of
from models.backtest.trials import Plan
from tests.kits.backtests import pure_walk, walk_views
from warehouse.connect import open_writer
from warehouse.migrate import migrate
from warehouse.publish import STABLE_NAME, publish
from warehouse.schema import ENTITIES
from warehouse.write import Batch, write

NOW = datetime(2024, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOSTILE_TITLE = (
    "HOSTILE <script>window.pwned=1</script><img src=x onerror='window.pwned=1'> ![i](https://evil.invalid/x.png) "
    "[l](javascript:window.pwned=1) $\\frac{a}{b}$ **bold** `code` :red[red] {{ 7*7 }} \x07\x1b[31m\u202egnp.exe"
)
HOSTILE_BODY = f"first line\n# heading\n</script></pre><script>window.pwned=1</script>\n{HOSTILE_TITLE}\n| a | b |\n"
HOSTILE_SUBJECT = "SUBJECT <b onmouseover='window.pwned=1'>x</b>"
MODELS = ("tapewire", "patch_transformer", "reference_walk", "walk_drift", "volatility_walk", "walk_plain")
GROUPS = ("fabricated", "real", "real", "real", "real", "real", "real", "generated", "unlabelled")
MOVES = (9.5, 36.5, 0.2, 0.4, 0.1, 0.3, 0.2, 1.0, None)


def candles() -> pl.DataFrame:
    rows = []
    for asset, price in (("BTC", 60000.0), ("XRP", 0.55)):
        for i in range(24 * 12):
            at = NOW - (24 * 12 - i) * HOUR
            close = price * (1 + 0.02 * math.sin(i / 9))
            rows.append(("test", f"{asset}/USD", "1h", at, at + HOUR, asset, close * 0.999, close * 1.004, close))
    start = released(0).replace(minute=0) - 3 * HOUR
    for i in range(12 * 12):
        at = start + timedelta(minutes=5 * i)
        rows.append(("test", "BTC/USD", "5m", at, at + timedelta(minutes=5), "BTC", 60000.0, 60100.0, 60050.0))
    names = ["exchange", "symbol", "timeframe", "event_ts", "available_ts", "asset", "open_quote", "high_quote",
             "close_quote"]  # fmt: skip
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(
        quote=pl.lit("USD"), low_quote=pl.min_horizontal("open_quote", "close_quote"), volume_base=1.0
    )


AUTHORSHIP = {"generated": "machine", "unlabelled": "unknown"} | dict.fromkeys(("real", "fabricated"), "human")
VERACITY = {"fabricated": "false", "unlabelled": "unknown"} | dict.fromkeys(("real", "generated"), "true")


def released(i: int) -> datetime:
    return NOW - timedelta(days=8 - i * 0.6, minutes=17)


def documents() -> pl.DataFrame:
    rows = [
        {
            "doc_id": f"doc-{i}", "event_ts": released(i), "available_ts": released(i),
            "ts_precision": "day" if group == "real" else "second", "is_late_stamp": False,
            "availability_assumed": False, "publisher": "Wire", "kind": "press_release",
            "title": HOSTILE_TITLE if i == 0 else f"Release number {i}", "body": HOSTILE_BODY if i == 0 else "",
            "url": "javascript:window.pwned=1" if i == 0 else None, "authorship": AUTHORSHIP[group],
            "authorship_evidence": "labelled", "veracity": VERACITY[group],
            "veracity_evidence": "labelled",
        }
        for i, group in enumerate(GROUPS)
    ]  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


def source_labels() -> pl.DataFrame:
    retracted = released(0) + 2 * HOUR
    return (
        documents()
        .head(1)
        .select(
            "doc_id",
            "event_ts",
            available_ts=pl.lit(retracted),
            is_recommended=True,
            retracted_ts=pl.lit(retracted),
            reported_move=pl.lit("+35 % <i>then</i>"),
        )
    )


def document_assets() -> pl.DataFrame:
    return documents().select(
        "doc_id", "event_ts", "available_ts", asset=pl.lit("BTC"), confidence=1.0, method=pl.lit("given")
    )


def ssr_daily() -> pl.DataFrame:
    rows = []
    for i in range(260):
        day = NOW - timedelta(days=260 - i)
        for coin in ("ALL", "USDT"):
            rows.append({
                "coin": coin, "event_ts": day, "available_ts": day, "coin_list": "test-v1",
                "btc_market_cap_usd": 1.2e12,
                "supply_par_usd": 1.3e11, "supply_market_usd": None if i < 5 else 1.3e11, "ssr_par": 9.0 + i / 100,
                "ssr_market": None if i < 5 else 9.1 + i / 100, "oscillator_z": None if i < 200 else 2.4,
                "oscillator_pct_b": None, "growth_1d": 0.0, "growth_7d": -0.001, "growth_30d": None,
                "supply_share": 1.0, "n_coins": 1, "n_carried": 0,
            })  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


def forecasts() -> pl.DataFrame:
    rows = [
        (model, model, asset, NOW, h, level, (level - 0.5) * 0.02 * math.sqrt(h), "live")
        for model in MODELS[:2]
        for asset in ("BTC", "XRP")
        for h in (1, 4, 24)
        for level in (0.05, 0.25, 0.5, 0.75, 0.95)
    ]
    return pl.DataFrame(rows, orient="row", schema=[
        "model_id", "model_name", "asset", "origin_ts", "horizon_h", "level", "log_return", "purpose"])  # fmt: skip


def scores() -> pl.DataFrame:
    rows = []
    for model in MODELS:
        for h in (0, 1, 4, 24):
            values = {"crps": 0.01, "crps_skill": 0.002, "coverage_90": 0.89, "mae_ratio": 0.999, "direction": 0.51,
                      "dm_hln": 1.1, **{f"pit_{t}": 0.1 for t in range(10)}}  # fmt: skip
            if model != "volatility_walk":
                values["ratio_to_volatility_walk"] = 0.99
            values["confidence_set"] = 1.0
            rows += [(model, "ALL", "all", h, m, v, v - 0.01, v + 0.01, 0.3, 120) for m, v in values.items()]
        rows += [(model, "ALL", r, 0, "crps_skill", 0.01, 0.0, 0.02, None, 40) for r in ("calm", "turbulent")]
    names = ["model_name", "asset", "regime", "horizon_h", "metric", "value", "low", "high", "p_value", "n_origins"]
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(
        test_start_ts=pl.lit(NOW - timedelta(days=60)), test_end_ts=pl.lit(NOW)
    )


def impact() -> pl.DataFrame:
    rows = [
        {
            "study_id": "1h", "doc_id": f"doc-{i}", "asset": "BTC", "window_h": w, "benchmark": benchmark,
            "event_ts": released(i), "available_ts": released(i) + w * HOUR, "base_ts": released(i),
            "timeframe": "1h", "release_group": group, "is_late_stamp": False, "car": 0.01 * move, "bhar": 0.01 * move,
            "sigma": 0.01, "scaled_move": move, "placebo_move": 0.5, "excess_move": move - 0.5, "n_placebo": 12,
            "forecast_quantile": None, "peak_car": 0.02 * move, "time_to_peak_h": w / 2, "reversal_share": 0.5,
            "half_life_h": None, "excess_move_after_stamp": move - 0.6, "placebo_score": 0.4,
            "confounded_by": "macro announcement" if i == 1 else None, "abnormal_volume": 0.4,
            "abnormal_volatility": 0.2, "n_overlapping": 1,
        }
        for i, (group, move) in enumerate(zip(GROUPS, MOVES, strict=True)) if move is not None
        for w in (-4.0, 1.0, 24.0) for benchmark in ("reference_walk", "residual")
    ]  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


def impact_paths() -> pl.DataFrame:
    rows = [
        ("1h", group, benchmark, float(h), 1.0 if h else None, 0.8 if h else None, 0.1 if h else None,
         0.3 if h else None, 0.001 * h, 0.001 * h - 0.01, 0.001 * h + 0.01, n)
        for group, n in (("real", 6), ("generated", 5), ("fabricated", 2)) for benchmark in ("residual", "market")
        for h in range(-6, 25)
    ]  # fmt: skip
    return pl.DataFrame(rows, orient="row", infer_schema_length=None, schema=[
        "study_id", "release_group", "benchmark", "offset_h", "mean_abs_scaled", "placebo_abs_scaled",
        "excess_low", "excess_high", "mean_car", "low", "high", "n_releases"])  # fmt: skip


def impact_tests() -> pl.DataFrame:
    rows = [
        (
            "1h",
            group,
            w,
            "last_close",
            "residual",
            test,
            5.6,
            -1.2,
            12.4,
            1.4,
            0.2,
            0.3,
            9.5,
            0.1,
            test == "placebo_rank",
            n,
        )
        for group, n in (("real", 6), ("generated", 5))
        for w in (4.0, 24.0)
        for test in ("excess_move", "placebo_rank", "mean_car")
    ]
    return pl.DataFrame(rows, orient="row", schema=[
        "study_id", "release_group", "window_h", "base", "benchmark", "test", "estimate", "low", "high", "statistic",
        "p_value", "q_value", "detectable", "power", "is_preferred", "n_releases"])  # fmt: skip


def impact_response() -> pl.DataFrame:
    names = ["study_id", "release_group", "slice_by", "slice", "n_releases", "verdict", "onset_h", "peak_h",
             "peak_excess", "peak_low", "peak_high", "peak_q", "peak_statistic", "detectable", "last_h", "before_h",
             "before_excess", "before_q", "first_h", "until_h", "given_back", "given_back_low",
             "given_back_high", "given_back_usual",
             "given_back_q", "half_life_h"]  # fmt: skip
    moved = (1.0, 4.0, 1.2, 0.8, 1.6, 0.001, 5.1, 0.3, 8.0, -4.0, 0.1, 0.6, 4.0, 24.0, 0.7, 0.5, 0.9, 0.02, 0.001, 6.0)
    still = (None, 4.0, 0.1, -0.2, 0.4, 0.5, 0.3, 0.4, None, -4.0, 0.1, 0.6, *(None,) * 8)
    rows = [
        ("1h", "real", "all", "all", 60, "moves", *moved),
        ("1h", "generated", "all", "all", 45, "nothing found", *still),
        ("1h", "fabricated", "all", "all", 2, "not tested", *(None,) * 20),
        ("1h", "generated − real", "all", "all", 105, "differs", 4.0, 4.0, -0.5, -0.8, -0.2, 0.01, None, 0.4, 8.0,
         *(None,) * 11),
        ("1h", "all", "kind", HOSTILE_TITLE, 30, "nothing found", *still),
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)


def impact_comparisons() -> pl.DataFrame:
    rows = [
        (study, answer, a, "real", w, quantity, *part, method, 0.1, 0.2, -0.1, -0.5, 0.3, 0.4, 0.5, 5, 6, 0.9)
        for study, answer, a, quantity, part, method in (
            ("1h", "realised", "generated", "excess_move", ("all", "all"), "permutation"),
            ("1h", "realised", "generated", "excess_move", ("all", "all"), "matched"),
            ("1h", "realised", "generated", "excess_move", ("kind", HOSTILE_TITLE), "permutation"),
            ("scored", "scored", "generated", "expected_width_change", ("all", "all"), "permutation"),
            ("scored", "counterfactual", "shuffled", "expected_width_change", ("all", "all"), "paired"),
        )
        for w in (4.0, 24.0)
    ]
    return pl.DataFrame(rows, orient="row", schema=[
        "study_id", "answer", "group_a", "group_b", "window_h", "quantity", "slice_by", "slice", "method", "mean_a",
        "mean_b", "difference", "low", "high", "p_value", "q_value", "n_a", "n_b", "detectable"])  # fmt: skip


def scored() -> pl.DataFrame:
    rows = [
        ("doc-0", "BTC", h, released(0), released(0), None, released(0), "m", "fabricated", 0.001, 0.0, 0.0, 0.03, 0.02,
         0.02, -0.015, -0.01, -0.01, None if h == 24 else 0.01)
        for h in (1, 4, 24)
    ]  # fmt: skip
    return pl.DataFrame(rows, orient="row", infer_schema_length=None, schema=[
        "doc_id", "asset", "horizon_h", "event_ts", "available_ts", "placed_doc_id", "origin_ts", "model_id",
        "release_group", "median_text", "median_none", "median_walk", "width_text", "width_none", "width_walk",
        "low_text", "low_none", "low_walk", "realised"])  # fmt: skip


def response_expected() -> pl.DataFrame:
    return documents().select(
        "doc_id",
        "event_ts",
        "available_ts",
        asset=pl.lit("BTC"),
        window_h=4.0,
        sigma=0.01,
        low=-0.02,
        median=0.004,
        high=0.03,
        low_walk=-0.016,
        high_walk=0.016,
        odds_large=0.12,
        odds_large_walk=0.06,
        odds_up=0.61,
        level=pl.lit("words"),
        weight_words=0.8,
        n_past=120,
        realised=0.011,
    )


def response_record() -> pl.DataFrame:
    return pl.DataFrame({
        "window_h": [4.0, 24.0], "release_group": "all", "n_releases": 200, "covered": [0.9, 0.88],
        "covered_low": [0.86, 0.83], "covered_high": [0.94, 0.93], "walk_covered": [0.75, 0.84],
        "crps_ratio": [0.7, 0.9], "correlation": [0.6, None], "words_over_kind": [0.2, -0.02],
        "network_over_words": [0.03, 0.0],
        "words_gain": [0.2, -0.01],
        "words_gain_low": [0.1, -0.03], "words_gain_high": [0.3, 0.02], "words_gain_p": [0.001, 0.4],
    })  # fmt: skip


def impact_controls() -> pl.DataFrame:
    return pl.DataFrame({
        "study_id": ["1h", "1h", "1h"], "control": ["pseudo-releases", "planted moves", "exchange announcements"],
        "window_h": [4.0, 4.0, 0.0], "n_releases": 60, "n_studies": [200, 200, None], "found": [0.055, 0.9, None],
        "found_low": [0.02, 0.84, None], "found_high": [0.11, 0.95, None], "by_chance": [0.05, None, None],
        "verdict": ["as it should be", "power", "not tested"],
    })  # fmt: skip


def impact_conclusions() -> pl.DataFrame:
    return pl.DataFrame({"study_id": ["1h", "1h"], "place": [1, 2], "sentence": ["Prices moved.", HOSTILE_TITLE]})


def impact_coverage() -> pl.DataFrame:
    return pl.DataFrame(
        {"study_id": ["1h"] * 2, "window_h": [24.0] * 2, "reason": ["measured", HOSTILE_SUBJECT], "n_releases": [11, 2]}
    )


def release_alerts() -> pl.DataFrame:
    rows = [
        ("doc-0", "BTC", h, released(0), -0.02, 0.001, 0.02, -0.01, 0.01, 0.4, 0.99, "flagged", 1, 1.2, None)
        for h in (1, 24)
    ]
    return pl.DataFrame(rows, orient="row", infer_schema_length=None, schema=[
        "doc_id", "asset", "horizon_h", "available_ts", "low_text", "median_text", "high_text", "low_walk", "high_walk",
        "width_change", "machine_probability", "machine_verdict", "n_similar", "similar_scaled_move",
        "similar_excess_move"])  # fmt: skip


def similar_releases() -> pl.DataFrame:
    return pl.DataFrame({
        "doc_id": ["doc-0"], "asset": ["BTC"], "place": [1], "similar_doc_id": ["doc-1"], "similar_asset": ["BTC"],
        "similarity": [0.9], "vectors": ["test"], "available_ts": [released(0)], "similar_event_ts": [released(1)],
        "car": [0.01], "scaled_move": [1.2], "excess_move": [None], "reversal_share": [0.5],
    }, schema_overrides={"excess_move": pl.Float64})  # fmt: skip


def known_cases() -> pl.DataFrame:
    return pl.DataFrame({
        "case_id": ["case-1"], "timeframe": ["1h"], "asset": ["BTC"], "event_ts": [released(0)],
        "ts_precision": ["minute"], "claim": [HOSTILE_TITLE], "channel": [HOSTILE_TITLE], "kind": ["misreport"],
        "retracted_ts": [None], "reported_move": [HOSTILE_TITLE], "sources": ["https://example.org/a"],
        "is_clean": [False], "base_usd": [100.0], "peak_usd": [130.0], "peak_return": [0.3], "time_to_peak_h": [0.5],
        "end_return": [0.0], "reversal_share": [1.0], "half_life_h": [None], "peak_sigma": [9.0], "flagged_ts": [None],
        "lead_h": [None], "threshold": [4.0], "false_alarms": [None],
    }, schema_overrides={"retracted_ts": pl.Datetime("us", "UTC"), "flagged_ts": pl.Datetime("us", "UTC"),
                         "half_life_h": pl.Float64, "lead_h": pl.Float64, "false_alarms": pl.Float64})  # fmt: skip


@cache
def backtest() -> Tables:
    """A whole backtest of noise on 100 days of random walks."""
    market, views = walk_views(pure_walk(24 * 100, ("BTC", "ETH", "DOGE"), 3), 12, 3)
    headline = Rule("volatility")
    plan = Plan([headline, Rule("edge"), Rule("sign"), Rule("kelly", strength=0.25)], [], headline, "tapewire")
    return tables_of(hold(market, Terms(), views, plan, None), Terms(), NOW)


def explanations() -> pl.DataFrame:
    rows = [
        ("m", asset, NOW, h, kind, subject, None if kind == "channel" else 0.2, 0.02, 0.01)
        for asset in ("ALL", "BTC") for h in (1, 24)
        for kind, subject in (("channel", "log_rv_6h"), ("hours_back", "24 to 0"),
                              ("document", "newest" if asset == "ALL" else "doc-0"))
    ]  # fmt: skip
    return pl.DataFrame(rows, orient="row", infer_schema_length=None, schema=[
        "model_id", "asset", "origin_ts", "horizon_h", "kind", "subject", "attention", "width_change",
        "median_change"])  # fmt: skip


def training_runs() -> pl.DataFrame:
    return pl.DataFrame({
        "model_id": ["m"], "model_name": ["patch_transformer"], "train_start_ts": [NOW - timedelta(days=90)],
        "train_end_ts": [NOW], "epochs": [2], "best_epoch": [1],
        "validation_ratio": [0.99], "learning_curve": ["[[[1, 0.99, 0.99], [2, 0.98, 1.01]], [[1, 0.98, 0.99]]]"],
        "n_parameters": [100],
        "n_windows": [10], "settings": ["{}"], "data_fingerprint": ["x"], "checkpoint": ["x.ckpt"],
    })  # fmt: skip


def verdicts() -> dict[str, list[object]]:
    """The hostile release is flagged, the next one too short."""
    return {
        "n_tokens": [200, 9],
        "words_score": [1.5, -0.7],
        "reading_score": [2.0, None],
        "machine_probability": [0.97, None],
        "threshold": [0.86, 0.86],
        "verdict": ["flagged", "too short"],
        "striking": [json.dumps([[HOSTILE_SUBJECT, 1.5]]), None],
    }


def document_authorship() -> pl.DataFrame:
    return pl.DataFrame({
        "doc_id": ["doc-0", "doc-1"], "detector": ["tiny/1"] * 2, "available_ts": [released(0), released(1)],
        **verdicts(),
    })  # fmt: skip


def generated_releases() -> pl.DataFrame:
    return pl.DataFrame({
        "text_id": ["t0"], "batch_id": ["b"], "number": [0], "kind": ["press_release"], "asset": ["BTC"],
        "title": [HOSTILE_TITLE], "body": [HOSTILE_BODY], "authorship": ["machine"], "mark": ["Machine-written"],
        "model": ["<b>tiny</b>"], "revision": ["1"], "prompt": ["p"], "examples": [None], "parameters": ["{}"],
        "frame_share": [0.2], "seed": [1], "created_ts": [NOW],
    }, schema_overrides={"examples": pl.String})  # fmt: skip


def asset_daily() -> pl.DataFrame:
    bars = candles().filter(pl.col("timeframe") == "1h").with_columns(
        pl.col("available_ts").dt.offset_by("-1us").dt.truncate("1d").dt.offset_by("1d").alias("event_ts")
    )  # fmt: skip
    days = bars.group_by("asset", "event_ts").agg(
        pl.col("open_quote").first(), pl.col("high_quote").max(), pl.col("low_quote").min(),
        pl.col("close_quote").last(), volume_base=pl.lit(24.0), n_bars=pl.len().cast(pl.Int32),
    )  # fmt: skip
    return days.sort("asset", "event_ts").with_columns(
        available_ts="event_ts", volume_quote=24 * pl.col("close_quote"), timeframe=pl.lit("1h"),
        log_return=pl.lit(0.01), return_1d=pl.lit(0.01), return_7d=pl.lit(-0.05), return_30d=pl.lit(None, pl.Float64),
        volume_ratio=pl.lit(1.4), volatility_30d=pl.lit(0.6), volatility_percentile=pl.lit(0.8),
        drawdown=pl.lit(-0.2),
        beta_btc_90d=pl.when(pl.col("asset") != "BTC").then(1.2),
        correlation_btc_90d=pl.when(pl.col("asset") != "BTC").then(0.7),
    )  # fmt: skip


def supply() -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "coin": coin, "chain": chain, "event_ts": NOW - timedelta(days=60 - i),
                "available_ts": NOW - timedelta(days=60 - i) + 6 * HOUR, "supply_units": 1e9 * (1 + i / 100),
                "price_usd": 1 - 0.001 * (i % 3), "market_cap_usd": None,
            }
            for coin, chain in (("USDT", "all"), ("USDT", "Tron"), ("DAI", "all")) for i in range(60)
        ],
        schema_overrides={"market_cap_usd": pl.Float64},
    )  # fmt: skip


def fund_premium() -> pl.DataFrame:
    days = [NOW - timedelta(days=40 - i) for i in range(40)]
    return pl.DataFrame({
        "fund": "TEST", "asset": "BTC", "event_ts": days, "available_ts": days,
        "session_end_ts": [d - 3 * HOUR for d in days], "share_price_usd": 50.0, "units_per_share": 0.001,
        "asset_price_usd": 52000.0, "price_at": "session end", "net_asset_value_usd": 52.0,
        "premium": [-0.04 + 0.001 * i for i in range(40)],
    })  # fmt: skip


def macro_calendar() -> pl.DataFrame:
    return pl.DataFrame({"kind": ["cpi"], "event_ts": [NOW - timedelta(days=3)], "announcement": ["US consumer prices"],
                         "is_scheduled": [True]})  # fmt: skip


def funding_hourly() -> pl.DataFrame:
    settled = [NOW - 8 * i * HOUR for i in range(30)]
    return pl.DataFrame({
        "exchange": "test", "symbol": "BTC/USDT:USDT", "asset": "BTC", "event_ts": settled, "available_ts": settled,
        "funding_rate": 1e-4, "interval_h": 8.0, "is_interval_stated": True, "funding_rate_per_hour": 1.25e-5,
    })  # fmt: skip


def live_record() -> pl.DataFrame:
    rows = [
        (model, asset, NOW - timedelta(days=d), h, model, -0.02, 0.0, 0.02, *((None,) * 4 if d == 0 else came))
        for model, crps in (("tapewire", 0.004), ("reference_walk", 0.0041)) for asset in ("BTC", "XRP")
        for d in range(6) for h in (1, 24) for came in [(0.01 if d % 2 else -0.03, bool(d % 2), crps, 0.0041)]
    ]  # fmt: skip
    return pl.DataFrame(rows, orient="row", infer_schema_length=None, schema=[
        "model_name", "asset", "origin_ts", "horizon_h", "model_id", "q05", "q50", "q95", "realised", "is_inside_90",
        "crps", "crps_walk"])  # fmt: skip


def signal_values() -> pl.DataFrame:
    rows = [
        (signal, subject, NOW - timedelta(days=d), NOW - timedelta(days=d), value, place, state)
        for signal, subject, value, place, state in (
            ("momentum", "BTC", 0.2, 0.9, "high"), ("momentum", "XRP", 0.0, 0.5, "usual"),
            ("ssr_oscillator", "market", 2.4, 0.95, "high"), ("volume", "BTC", 0.4, 0.1, "low"),
        )
        for d in range(30)
    ]  # fmt: skip
    return pl.DataFrame(rows, orient="row", schema=[
        "signal", "subject", "event_ts", "available_ts", "value", "percentile", "state"])  # fmt: skip


def signal_record() -> pl.DataFrame:
    rows = [
        (signal, of_market, state, outcome, h, 200, 30, 0.01, 0.1, -0.1, 0.3, 0.3, q, 0.25, verdict)
        for signal, of_market, q, verdict in (
            ("momentum", False, 0.6, "no record beyond chance"),
            ("volume", False, 0.02, "moves larger than the walk said"),
            ("ssr_oscillator", True, None, "too short a history"),
        )
        for state in ("high", "low") for outcome in ("direction", "size") for h in (1, 7)
    ]  # fmt: skip
    return pl.DataFrame(rows, orient="row", infer_schema_length=None, schema=[
        "signal", "of_market", "state", "outcome", "horizon_d", "n_days", "n_stretches", "mean_return", "estimate",
        "low", "high", "p_value", "q_value", "detectable", "verdict"])  # fmt: skip


FRAMES = {
    "asset_daily": asset_daily, "supply": supply, "fund_premium": fund_premium, "macro_calendar": macro_calendar,
    "funding_hourly": funding_hourly, "live_record": live_record, "signal_values": signal_values,
    "signal_record": signal_record,
    "candles": candles, "documents": documents, "source_labels": source_labels, "document_assets": document_assets,
    "ssr_daily": ssr_daily, "forecasts": forecasts, "scores": scores, "impact": impact,
    "impact_paths": impact_paths, "impact_tests": impact_tests,
    "impact_response": impact_response,
    "impact_coverage": impact_coverage, "impact_conclusions": impact_conclusions,
    "impact_controls": impact_controls, "response_expected": response_expected, "response_record": response_record,
    "release_alerts": release_alerts, "similar_releases": similar_releases,
    "known_cases": known_cases, "impact_comparisons": impact_comparisons, "scored": scored,
    "backtest_equity": lambda: backtest().equity, "backtest_metrics": lambda: backtest().metrics,
    "backtest_trades": lambda: backtest().trades, "backtest_positions": lambda: backtest().positions,
    "backtest_drawdowns": lambda: backtest().drawdowns, "backtest_curves": lambda: backtest().curves,
    "backtest_trials": lambda: backtest().trials,
    "document_authorship": document_authorship, "generated_releases": generated_releases,
    "training_runs": training_runs, "explanations": explanations,
}  # fmt: skip


def fill(con: duckdb.DuckDBPyConnection, *, simulated: bool = True) -> None:
    """Write every frame, one run and one finding of the checks."""
    for name, frame in FRAMES.items():
        result = write(con, ENTITIES[name], frame(), Batch("run-1", NOW, "test", simulated))
        assert result.new and not result.quarantined, f"{name}: {result}"
    con.execute(
        "INSERT INTO ops.runs VALUES ('run-1', 'nightly', 'test', $now, $now, $now, 'complete', 0, 'abc', $s, $sim)",
        {"now": NOW, "s": '{"note": "</pre><script>window.pwned=1</script>"}', "sim": simulated},
    )
    con.execute(
        "INSERT INTO ops.checks VALUES ('run-1', 'candles_jump', 'candles', 'warning', $s, 3, 'jumps', $now, $now)",
        {"s": HOSTILE_SUBJECT, "now": NOW},
    )
    for source, reason in (("feeds:a", None), ("feeds:c", "<b>HTTP 451</b>"), ("feeds:b", "<b>HTTP 451</b>")):
        con.execute(
            "INSERT INTO ops.source_status VALUES ('run-1', $source, $ok, 0, $reason, 1.0, $now)",
            {"source": source, "ok": reason is None, "reason": reason, "now": NOW},
        )


def make_published(folder: Path, *, filled: bool = True, simulated: bool = True, title: str = "") -> Path:
    """A published warehouse in `folder`, with `title` for the last release where one is given; its stable path."""
    con = open_writer(folder / "warehouse.duckdb")
    migrate(con)
    if filled:
        fill(con, simulated=simulated)
    if title:
        con.execute("UPDATE core.documents_versions SET title = $1 WHERE doc_id = 'doc-8'", [title])
    publish(con, folder / "published", now=NOW)
    con.close()
    return folder / "published" / STABLE_NAME
