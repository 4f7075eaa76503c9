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
        Column("window_h", "DOUBLE", "Length of the window after the release (hours); negative: before it"),
        Column(
            "benchmark",
            "VARCHAR",
            "residual (beyond beta × market), reference_walk (raw moves), mean, market_adjusted, market, transformer",
        ),
        Column("event_ts", TS, "First public time of the release (UTC)"),
        Column("available_ts", TS, "End of the window (UTC)"),
        Column("base_ts", TS, "Close that the move is measured from: the last at or before the release (UTC)"),
        Column("timeframe", "VARCHAR", "Candles that were used"),
        RELEASE_GROUP,
        Column("is_late_stamp", "BOOLEAN", "True where the time is of the first report"),
        Column("car", "DOUBLE", "Cumulative abnormal return (log)"),
        Column("bhar", "DOUBLE", "Buy-and-hold abnormal return (simple)"),
        Column(
            "sigma", "DOUBLE", "Sigma of the window's move, known at its start (log return): of residuals, else raw"
        ),
        Column("scaled_move", "DOUBLE", "|CAR| ÷ sigma"),
        Column("placebo_move", "DOUBLE", "Mean |CAR| ÷ sigma at the placebo times", required=False),
        Column(
            "excess_move", "DOUBLE", "scaled_move − placebo_move; the residual one is the primary one", required=False
        ),
        Column(
            "excess_move_after_stamp",
            "DOUBLE",
            "The same measured from the first close at or after the moment at which the release was surely public",
            required=False,
        ),
        Column("placebo_score", "DOUBLE", "Normal score of the move's rank among its placebo moves", required=False),
        Column("n_placebo", "INTEGER", "Placebo times: same asset and hour of the day, alike in volatility"),
        Column(
            "confounded_by",
            "VARCHAR",
            "What else may have moved prices in the window: macro announcement, large move before; null: nothing known",
            required=False,
        ),
        Column("forecast_quantile", "DOUBLE", "Where the move fell in the forecast's distribution", required=False),
        Column("peak_car", "DOUBLE", "CAR of largest size within the window (log)", required=False),
        Column("time_to_peak_h", "DOUBLE", "Hours from the base close to that peak", required=False),
        Column(
            "reversal_share",
            "DOUBLE",
            "Share of the peak lost at the window's end; chance alone makes some: test with impact_response.given_back",
            required=False,
        ),
        Column(
            "half_life_h",
            "DOUBLE",
            "Hours from the peak until half of it was given back; null: not within the window",
            required=False,
        ),
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
        Column(
            "mean_abs_scaled", "DOUBLE", "Mean |move| ÷ sigma between the base close and this offset", required=False
        ),
        Column("placebo_abs_scaled", "DOUBLE", "The same at the placebo times", required=False),
        Column("excess_low", "DOUBLE", "Lower end of the 95 % band of the difference of the two", required=False),
        Column("excess_high", "DOUBLE", "Upper end of it", required=False),
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
    ("study_id", "release_group", "window_h", "base", "benchmark", "test"),
    (
        STUDY_ID,
        Column(
            "release_group",
            "VARCHAR",
            "all, real, generated, fabricated, unlabelled, late_stamp; confounded: something else moved prices",
        ),
        Column("window_h", "DOUBLE", "Window (hours); negative: the time before the release"),
        Column(
            "base",
            "VARCHAR",
            "last_close: from the last close at or before the release; first_close_after: from the first one after it",
        ),
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
            "p-value with the false-discovery rate controlled over timeframes, groups, windows, bases and benchmarks",
            required=False,
        ),
        Column("detectable", "DOUBLE", "Smallest effect found with 80 % power at 5 %", required=False),
        Column(
            "power", "DOUBLE", "Probability to find a mean CAR of .01, or an excess move of .25 sigma", required=False
        ),
        Column("is_preferred", "BOOLEAN", "True for the tests that keep their size on real prices"),
        N_RELEASES,
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
            "realised (what prices did), scored (what the response model expects), counterfactual (with other words)",
        ),
        Column("group_a", "VARCHAR", "Group compared"),
        Column("group_b", "VARCHAR", "Group compared with"),
        Column("window_h", "DOUBLE", "Window or horizon (hours)"),
        Column(
            "quantity",
            "VARCHAR",
            "excess_move, raw_excess_move, expected_width_change, expected_move (|shift of the median|)",
        ),
        Column("slice_by", "VARCHAR", "all, liquidity, capitalisation, kind or hour"),
        Column("slice", "VARCHAR", "Which part of the releases"),
        Column(
            "method",
            "VARCHAR",
            "permutation, ranks, cluster_bootstrap, matched, paired; mislabelled_10, placebo_labels, soft_labels",
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
            "p-value with the false-discovery rate controlled over timeframes, windows, pairs and slices",
            required=False,
        ),
        Column("n_a", "INTEGER", "Releases of group a"),
        Column("n_b", "INTEGER", "Releases of group b"),
        Column("detectable", "DOUBLE", "Smallest difference found with 80 % power at 5 %", required=False),
    ),
    stage="impact",
)

IMPACT_CONTROLS = Entity(
    "impact_controls",
    "models",
    "Controls of the studies: what finds nothing where nothing is, and something where something is",
    ("study_id", "control", "window_h"),
    (
        Column("study_id", "VARCHAR", "Study, or finest: each case on the finest candles that there are"),
        Column(
            "control",
            "VARCHAR",
            "pseudo-releases, planted moves (.35 sigma), known false releases, announced pumps, exchange announcements",
        ),
        Column("window_h", "DOUBLE", "Window (hours); 0: none was tested"),
        Column("n_releases", "INTEGER", "Releases, or pseudo-releases of one study"),
        Column("n_studies", "INTEGER", "Studies of pseudo-releases", required=False),
        Column(
            "found", "DOUBLE", "Share of studies that reject at 5 %, or of releases that were flagged", required=False
        ),
        Column("found_low", "DOUBLE", "Lower end of its 99 % interval", required=False),
        Column("found_high", "DOUBLE", "Upper end of it", required=False),
        Column("by_chance", "DOUBLE", "Share that chance alone gives", required=False),
        Column(
            "verdict",
            "VARCHAR",
            "as it should be, rejects too often, power; found, not beyond chance; or the verdict of the response",
        ),
    ),
    stage="impact",
)
