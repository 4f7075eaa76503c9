"""The event study of releases."""

from warehouse.schema.entity import (
    ASSET,
    BENCHMARK,
    DOC_ID,
    HIGH,
    LOW,
    N_RELEASES,
    P_VALUE,
    RELEASE_GROUP,
    STUDY_ID,
    TS,
    Column,
    Entity,
)

IMPACT = Entity(
    "impact",
    "models",
    "Abnormal return of every release, per window and benchmark",
    ("study_id", "doc_id", "asset", "window_h", "benchmark"),
    (
        Column("study_id", "VARCHAR", "Study: timeframe of the candles and its settings"),
        DOC_ID,
        ASSET,
        Column("window_h", "DOUBLE", "Length of the window after the release (hours)"),
        Column("benchmark", "VARCHAR", "reference_walk, mean, market_adjusted, market or transformer"),
        Column("event_ts", TS, "First public time of the release (UTC)"),
        Column("available_ts", TS, "End of the window (UTC)"),
        Column("base_ts", TS, "Close that the move is measured from: the last at or before the release (UTC)"),
        Column("timeframe", "VARCHAR", "Candles that were used"),
        RELEASE_GROUP,
        Column("is_late_stamp", "BOOLEAN", "True where the time is of the first report"),
        Column("car", "DOUBLE", "Cumulative abnormal return (log)"),
        Column("bhar", "DOUBLE", "Buy-and-hold abnormal return (simple)"),
        Column("sigma", "DOUBLE", "Reference walk's sigma for the window (log return)"),
        Column("scaled_move", "DOUBLE", "|CAR| ÷ sigma"),
        Column("placebo_move", "DOUBLE", "Mean |CAR| ÷ sigma of the matched placebo times", required=False),
        Column("excess_move", "DOUBLE", "scaled_move − placebo_move", required=False),
        Column("n_placebo", "INTEGER", "Matched placebo times"),
        Column("forecast_quantile", "DOUBLE", "Where the move fell in the forecast's distribution", required=False),
        Column("peak_car", "DOUBLE", "CAR of largest size within the window (log)"),
        Column("time_to_peak_h", "DOUBLE", "Hours from the base close to that peak"),
        Column("reversal_share", "DOUBLE", "Share of the peak given back at the end of the window"),
        Column(
            "half_life_h",
            "DOUBLE",
            "Hours from the peak until half of it was given back; null: not within the window",
            required=False,
        ),
        Column("pre_release_car", "DOUBLE", "CAR of the 24 hours before the base close (log)", required=False),
        Column(
            "abnormal_volume",
            "DOUBLE",
            "ln of the window's volume less its mean at that hour of the 2nd to 30th day before",
            required=False,
        ),
        Column("abnormal_volatility", "DOUBLE", "The same for the volatility from the range of bars", required=False),
        Column("n_overlapping", "INTEGER", "Other releases of the asset less than a window away"),
    ),
    stage="impact",
)

IMPACT_COVERAGE = Entity(
    "impact_coverage",
    "models",
    "How many releases each window measures, and why it does not measure the others",
    ("study_id", "window_h", "reason"),
    (
        STUDY_ID,
        Column("window_h", "DOUBLE", "Window (hours)"),
        Column("reason", "VARCHAR", "measured, or the first rule that leaves a release out"),
        Column("n_releases", "INTEGER", "Releases, one per document and asset"),
    ),
    stage="impact",
)

IMPACT_PATHS = Entity(
    "impact_paths",
    "models",
    "Mean CAR path of each release group around the release",
    ("study_id", "release_group", "benchmark", "offset_h"),
    (
        STUDY_ID,
        RELEASE_GROUP,
        BENCHMARK,
        Column("offset_h", "DOUBLE", "Hours from the base close"),
        Column("mean_abs_scaled", "DOUBLE", "Mean |CAR| ÷ sigma to this offset, after the release", required=False),
        Column("placebo_abs_scaled", "DOUBLE", "The same at matched placebo times", required=False),
        Column("mean_car", "DOUBLE", "Mean CAR (log)"),
        Column("low", "DOUBLE", "Lower end of the 95 % band of the mean CAR"),
        Column("high", "DOUBLE", "Upper end of the 95 % band of the mean CAR"),
        N_RELEASES,
    ),
    stage="impact",
)

IMPACT_TESTS = Entity(
    "impact_tests",
    "models",
    "Tests of no abnormal return, per group, window, benchmark",
    ("study_id", "release_group", "window_h", "benchmark", "test"),
    (
        STUDY_ID,
        Column("release_group", "VARCHAR", "all, real, generated, fabricated, unlabelled or late_stamp"),
        Column("window_h", "DOUBLE", "Window (hours); negative: the time before the release"),
        BENCHMARK,
        Column(
            "test",
            "VARCHAR",
            "Test, as docs/methods.md lists them",
        ),
        Column("estimate", "DOUBLE", "What is tested: mean CAR, mean excess move, rank correlation", required=False),
        LOW,
        HIGH,
        Column("statistic", "DOUBLE", "Test statistic", required=False),
        P_VALUE,
        Column(
            "q_value",
            "DOUBLE",
            "p-value with the false-discovery rate controlled over all groups and windows",
            required=False,
        ),
        Column("detectable", "DOUBLE", "Smallest effect found with 80 % power at 5 %", required=False),
        Column(
            "power", "DOUBLE", "Probability to find a mean CAR of .01, or an excess move of .25 sigma", required=False
        ),
        Column("is_preferred", "BOOLEAN", "True for the tests that stand in every simulated condition"),
        N_RELEASES,
    ),
    stage="impact",
)

IMPACT_CONCLUSIONS = Entity(
    "impact_conclusions",
    "models",
    "What the numbers of each study support, in sentences written by rule",
    ("study_id", "place"),
    (
        STUDY_ID,
        Column("place", "INTEGER", "Order of the sentence, from 1"),
        Column("sentence", "VARCHAR", "What moved, how far, how sure, or what cannot be said"),
    ),
    stage="impact",
)

IMPACT_COMPARISONS = Entity(
    "impact_comparisons",
    "models",
    "Generated and fabricated against real releases: realised and scored; other words in the same place",
    ("study_id", "answer", "quantity", "group_a", "group_b", "window_h", "slice_by", "slice", "method"),
    (
        STUDY_ID,
        Column(
            "answer",
            "VARCHAR",
            "realised (what prices did), scored (what the network expects), counterfactual (other words, same past)",
        ),
        Column("group_a", "VARCHAR", "Group compared"),
        Column("group_b", "VARCHAR", "Group compared with"),
        Column("window_h", "DOUBLE", "Window or horizon (hours)"),
        Column("quantity", "VARCHAR", "excess_move, expected_width_change or expected_move (|shift of the median|)"),
        Column("slice_by", "VARCHAR", "all, liquidity, capitalisation, kind or hour"),
        Column("slice", "VARCHAR", "Which part of the releases"),
        Column(
            "method",
            "VARCHAR",
            "permutation, cluster_bootstrap, matched, paired; checks: mislabelled_10, placebo_labels, soft_labels",
        ),
        Column("mean_a", "DOUBLE", "Mean of group a"),
        Column("mean_b", "DOUBLE", "Mean of group b"),
        Column("difference", "DOUBLE", "mean_a − mean_b"),
        LOW,
        HIGH,
        P_VALUE,
        Column(
            "q_value",
            "DOUBLE",
            "p-value with the false-discovery rate controlled over windows, pairs and slices",
            required=False,
        ),
        Column("n_a", "INTEGER", "Releases of group a"),
        Column("n_b", "INTEGER", "Releases of group b"),
        Column("detectable", "DOUBLE", "Smallest difference found with 80 % power at 5 %", required=False),
    ),
    stage="impact",
)
