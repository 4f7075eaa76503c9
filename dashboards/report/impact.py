"""The report's section on releases: conclusions, groups, checks, other texts, known cases."""

from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go
import polars as pl
from markupsafe import Markup

from dashboards.charts import releases as releases_charts
from dashboards.data import Published
from dashboards.headline import caveats
from dashboards.report.figures import chart
from dashboards.report.tables import table_of
from dashboards.wording import P, group_name, sentence

MAX_FABRICATIONS = 14
MAX_ALERTS = 12
METHODS = {
    "permutation": "labels permuted",
    "cluster_bootstrap": "days drawn whole",
    "matched": "matched on asset, liquidity, volatility, hour",
    "mislabelled_10": "10 % of labels wrong",
    "placebo_labels": "labels assigned at random",
    "soft_labels": "exploratory: by the detector's probability",
    "paired": "paired, same place",
}
INTERVAL = {"low": "+.3f", "high": "+.3f", "difference": "+.3f", "p_value": P, "q_value": P, "n_a": ",",
            "n_b": ",", "detectable": ".3f", "window_h": ".3g"}  # fmt: skip


def impact_section(warehouse: Published) -> dict[str, Any]:
    """The values of the template's section."""
    paths = warehouse.mart("impact_paths").filter(pl.col("study_id") == "1h")
    compared = warehouse.compared()
    return {
        "conclusions": [sentence(s) for s in warehouse.conclusions()],
        "car_paths": _drawn(paths, releases_charts.car_paths, "Mean CAR by release group"),
        "excess_paths": _drawn(paths, releases_charts.excess_paths, "Scaled moves beside placebo"),
        "compared": {
            a: chart(releases_charts.comparison(compared, a), f"Groups compared, {a}")
            for a in ("realised", "scored")
            if not compared.filter(pl.col("answer") == a).is_empty()
        },
        "caveats": [f"{group_name(g)}: {text}" for g, text in caveats(warehouse).items()],
        "responses": _responses(warehouse.responses()),
        "sliced": _responses(warehouse.query("FROM marts.impact_response WHERE slice_by <> 'all' ORDER BY ALL")),
        "checks": _checks(warehouse),
        "slices": _slices(warehouse),
        "other_words": _counterfactual(warehouse),
        "impact_tests": _tests(warehouse),
        "coverage": _coverage(warehouse),
        "fabrications": _fabrications(warehouse),
        "cases": _cases(warehouse),
        "controls": _controls(warehouse),
        "bands": _bands(warehouse),
        "alerts": _alerts(warehouse),
    }


def _drawn(paths: pl.DataFrame, draw: Callable[[pl.DataFrame], go.Figure], alt: str) -> Markup | None:
    if paths.is_empty():
        return None
    return chart(draw(paths), alt)


def _responses(rows: pl.DataFrame) -> dict[str, Any] | None:
    """When the response of each group begins, is largest and ends, and what comes back."""
    if rows.is_empty():
        return None
    whole = {"release_group": "Group", "study_id": "Candles"}
    first = whole if (rows["slice_by"] == "all").all() else {"study_id": "Candles", "slice_by": "By", "slice": "Part"}
    names = {**first, "verdict": "Verdict", "onset_h": "Begins, h", "peak_h": "Surest, h", "peak_excess": "Excess, σ",
             "peak_low": "95 % low", "peak_high": "high", "peak_q": "q", "last_h": "Last seen, h",
             "before_excess": "Before, σ", "before_q": "q before", "given_back": "Back", "given_back_low": "95 % low ",
             "given_back_high": "high ", "given_back_q": "q back", "half_life_h": "Half-life, h",
             "detectable": "Detectable, σ", "n_releases": "n"}  # fmt: skip
    formats = dict.fromkeys(("peak_excess", "peak_low", "peak_high", "before_excess"), "+.2f")
    formats |= dict.fromkeys(("given_back", "given_back_low", "given_back_high"), ".0%") | {"detectable": ".2f"}
    formats |= dict.fromkeys(("peak_q", "before_q", "given_back_q"), ".3f") | {"n_releases": ","}
    formats |= dict.fromkeys(("onset_h", "peak_h", "last_h", "half_life_h"), ".3g")
    return table_of(rows, formats, names)


def _tests(warehouse: Published) -> dict[str, Any]:
    """The preferred tests and the classic ones, of the hourly study."""
    tests = warehouse.query(
        "FROM marts.impact_tests WHERE study_id = '1h' AND benchmark IN ('residual', 'reference_walk', 'market') "
        "AND window_h IN (-4, 4, 24) ORDER BY release_group, window_h, base, benchmark, NOT is_preferred, test"
    ).with_columns(pl.col("release_group", "base", "benchmark", "test").str.replace_all("_", " "))
    names = {"release_group": "Group", "window_h": "Window, h", "base": "From", "benchmark": "Benchmark",
             "test": "Test", "estimate": "Estimate", "low": "Low", "high": "High", "statistic": "Statistic",
             "p_value": "p", "q_value": "q", "detectable": "Detectable", "power": "Power",
             "n_releases": "n"}  # fmt: skip
    formats = {"n_releases": ",", "window_h": "g", "statistic": "+.2f", "power": ".0%"}
    formats |= dict.fromkeys(("estimate", "low", "high"), "+.4f")
    formats |= {"p_value": P, "q_value": P, "detectable": ".4f"}
    return table_of(tests, formats, names)


def _checks(warehouse: Published) -> dict[str, Any] | None:
    """The realised comparison made in every way."""
    rows = warehouse.query(
        "FROM marts.generated_against_real WHERE study_id = '1h' AND answer = 'realised' AND slice_by = 'all' "
        "AND window_h IN (4, 24) ORDER BY group_a, group_b, window_h, method <> 'permutation', method"
    )
    return _differences(rows, {"method": "Way"})


def _slices(warehouse: Published) -> dict[str, Any] | None:
    """The realised comparison slice by slice."""
    rows = warehouse.query(
        "FROM marts.generated_against_real WHERE study_id = '1h' AND answer = 'realised' AND slice_by <> 'all' "
        "AND window_h = 24 ORDER BY group_a, group_b, slice_by, slice"
    )
    return _differences(rows, {"slice_by": "By", "slice": "Part"})


def _counterfactual(warehouse: Published) -> dict[str, Any] | None:
    """How much another text in the place of a release changes what is expected."""
    rows = warehouse.query(
        "FROM marts.generated_against_real WHERE answer = 'counterfactual' AND window_h = 24 ORDER BY quantity, group_a"
    ).with_columns(
        *(pl.col(c) * 100 for c in ("difference", "low", "high", "detectable")),
        pl.col("quantity").str.replace_all("_", " "),
    )
    return _differences(rows, {"quantity": "Quantity, %"})


def _differences(rows: pl.DataFrame, first: dict[str, str]) -> dict[str, Any] | None:
    if rows.is_empty():
        return None
    shown = rows.with_columns(pl.col("method").replace(METHODS), pl.col("group_a", "group_b").str.replace_all("_", " "))
    names = {**first, "group_a": "Of", "group_b": "Against", "window_h": "Window, h", "difference": "Difference",
             "low": "95 % low", "high": "high", "p_value": "p", "q_value": "q", "detectable": "Detectable",
             "n_a": "n", "n_b": "against"}  # fmt: skip
    return table_of(shown, INTERVAL, names)


def _coverage(warehouse: Published) -> dict[str, Any] | None:
    """How many releases each window measured, and why not the others."""
    rows = warehouse.query(
        "FROM marts.impact_coverage WHERE n_releases > 0 ORDER BY study_id, window_h, reason <> 'measured', reason"
    )
    if rows.is_empty():
        return None
    names = {"study_id": "Candles", "window_h": "Window, h", "reason": "Outcome", "n_releases": "Releases"}
    return table_of(rows, {"window_h": ".3g", "n_releases": ","}, names)


def _fabrications(warehouse: Published) -> dict[str, Any] | None:
    """Fabricated documents of the warehouse with their moves."""
    known = warehouse.query(
        "FROM marts.known_fabrications "
        "WHERE window_h = (SELECT max(window_h) FILTER (window_h <= 24) FROM marts.known_fabrications) "
        "ORDER BY abs(peak_simple_return) DESC LIMIT $n",
        n=MAX_FABRICATIONS,
    )
    if known.is_empty():
        return None
    names = {"event_ts": "Release (UTC)", "asset": "Asset", "title": "Headline", "timeframe": "Candles",
             "peak_simple_return": "Peak in 24 h", "time_to_peak_h": "Hours to peak",
             "reversal_share": "Reversed", "scaled_move": "Move at 24 h, σ"}  # fmt: skip
    formats = {"event_ts": "%Y-%m-%d %H:%M", "peak_simple_return": "+.1%", "time_to_peak_h": ".2g",
               "reversal_share": ".0%", "scaled_move": ".1f"}  # fmt: skip
    return table_of(known, formats, names)


def _cases(warehouse: Published) -> dict[str, Any] | None:
    """The curated cases on the finest candles."""
    rows = warehouse.known_cases()
    if rows.is_empty():
        return None
    names = {"event_ts": "Time (UTC)", "asset": "Asset", "claim": "What was claimed", "timeframe": "Candles",
             "peak_return": "Peak in 24 h", "time_to_peak_h": "Hours to peak", "reversal_share": "Reversed",
             "half_life_h": "Half-life, h", "peak_sigma": "Largest, σ", "flagged_ts": "Flagged at",
             "lead_h": "Before the denial, h", "false_alarms": "False alarms", "beside_return": "Beside its mix",
             "beside_p": "p"}  # fmt: skip
    formats = {"event_ts": "%Y-%m-%d %H:%M", "peak_return": "+.1%", "time_to_peak_h": ".2g", "reversal_share": ".0%",
               "half_life_h": ".2g", "peak_sigma": ".1f", "flagged_ts": "%H:%M", "lead_h": "+.2f",
               "false_alarms": ".1%", "beside_return": "+.1%", "beside_p": P}  # fmt: skip
    return table_of(rows, formats, names)


def _controls(warehouse: Published) -> dict[str, Any] | None:
    """What must find nothing and does, and what must be found and is."""
    rows = warehouse.query(
        "FROM marts.impact_controls ORDER BY control <> 'pseudo-releases', control, study_id, window_h"
    )
    if rows.is_empty():
        return None
    names = {"control": "Control", "window_h": "Window, h", "n_releases": "Releases", "n_studies": "Studies",
             "found": "Found", "found_low": "99 % low", "found_high": "high", "by_chance": "By chance",
             "verdict": "Verdict"}  # fmt: skip
    formats = dict.fromkeys(("found", "found_low", "found_high", "by_chance"), ".1%")
    return table_of(rows, formats | {"window_h": ".3g", "n_releases": ",", "n_studies": ","}, names)


def _bands(warehouse: Published) -> dict[str, Any] | None:
    """How the bands to expect after releases have held."""
    rows = warehouse.query("FROM marts.response_record ORDER BY release_group <> 'all', release_group, window_h")
    if rows.is_empty():
        return None
    names = {"release_group": "Group", "window_h": "Window, h", "n_releases": "n", "covered": "Held",
             "covered_low": "95 % low", "covered_high": "high", "walk_covered": "Walk held",
             "crps_ratio": "CRPS ÷ walk", "correlation": "Correlation", "words_gain": "Words",
             "words_gain_low": "95 % low ", "words_gain_high": "high ", "words_gain_p": "p",
             "network_over_words": "Network"}  # fmt: skip
    formats = dict.fromkeys(("covered", "covered_low", "covered_high", "walk_covered"), ".0%")
    formats |= dict.fromkeys(("words_gain", "words_gain_low", "words_gain_high", "network_over_words"), "+.1%") | {
        "n_releases": ","
    }
    formats |= {"window_h": ".3g", "crps_ratio": ".3f", "correlation": "+.2f", "words_gain_p": P}
    return table_of(rows, formats, names)


def _alerts(warehouse: Published) -> dict[str, Any] | None:
    """The newest releases with what was to be expected of them."""
    rows = warehouse.query(
        "FROM marts.release_alerts WHERE horizon_h = 24 ORDER BY available_ts DESC, doc_id, asset LIMIT $n",
        n=MAX_ALERTS,
    )
    if rows.is_empty():
        return None
    names = {"available_ts": "Arrived (UTC)", "asset": "Asset", "title": "Headline",
             "response_low": "Beyond market 5 %", "response_median": "Median", "response_high": "95 %",
             "odds_large": "Odds > 2 σ", "odds_large_walk": "usual", "odds_up": "Odds up", "response_level": "By",
             "low_text": "Network 5 %", "high_text": "95 % ", "low_walk": "Walk 5 %", "high_walk": "95 %  ",
             "machine_verdict": "Authorship", "similar_excess_move": "Similar releases, excess σ"}  # fmt: skip
    percent = dict.fromkeys(
        ("response_low", "response_median", "response_high", "low_text", "high_text", "low_walk", "high_walk"), "+.1%"
    ) | dict.fromkeys(("odds_large", "odds_large_walk", "odds_up"), ".0%")
    formats = percent | {"available_ts": "%Y-%m-%d %H:%M", "similar_excess_move": "+.2f"}
    return table_of(rows, formats, names)
