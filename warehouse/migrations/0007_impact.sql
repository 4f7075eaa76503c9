-- Impact: every test with its power, comparisons in other ways, other words in the same place, alerts, known cases, labels.

DROP TABLE models.impact;
CREATE TABLE models.impact (
    "study_id" VARCHAR,
    "doc_id" VARCHAR,
    "asset" VARCHAR,
    "window_h" DOUBLE,
    "benchmark" VARCHAR,
    "event_ts" TIMESTAMPTZ,
    "available_ts" TIMESTAMPTZ,
    "base_ts" TIMESTAMPTZ,
    "timeframe" VARCHAR,
    "release_group" VARCHAR,
    "is_late_stamp" BOOLEAN,
    "car" DOUBLE,
    "bhar" DOUBLE,
    "sigma" DOUBLE,
    "scaled_move" DOUBLE,
    "placebo_move" DOUBLE,
    "excess_move" DOUBLE,
    "n_placebo" INTEGER,
    "forecast_quantile" DOUBLE,
    "peak_car" DOUBLE,
    "time_to_peak_h" DOUBLE,
    "reversal_share" DOUBLE,
    "half_life_h" DOUBLE,
    "pre_release_car" DOUBLE,
    "abnormal_volume" DOUBLE,
    "abnormal_volatility" DOUBLE,
    "n_overlapping" INTEGER,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE models.impact IS 'Abnormal return of every release, per window and benchmark';
COMMENT ON COLUMN models.impact."study_id" IS 'Study: timeframe of the candles and its settings';
COMMENT ON COLUMN models.impact."doc_id" IS 'Document (core.documents)';
COMMENT ON COLUMN models.impact."asset" IS 'Canonical ticker';
COMMENT ON COLUMN models.impact."window_h" IS 'Length of the window after the release (hours)';
COMMENT ON COLUMN models.impact."benchmark" IS 'reference_walk, mean, market_adjusted, market or transformer';
COMMENT ON COLUMN models.impact."event_ts" IS 'First public time of the release (UTC)';
COMMENT ON COLUMN models.impact."available_ts" IS 'End of the window (UTC)';
COMMENT ON COLUMN models.impact."base_ts" IS 'Close that the move is measured from: the last at or before the release (UTC)';
COMMENT ON COLUMN models.impact."timeframe" IS 'Candles that were used';
COMMENT ON COLUMN models.impact."release_group" IS 'real, generated, fabricated or unlabelled';
COMMENT ON COLUMN models.impact."is_late_stamp" IS 'True where the time is of the first report';
COMMENT ON COLUMN models.impact."car" IS 'Cumulative abnormal return (log)';
COMMENT ON COLUMN models.impact."bhar" IS 'Buy-and-hold abnormal return (simple)';
COMMENT ON COLUMN models.impact."sigma" IS 'Reference walk''s sigma for the window (log return)';
COMMENT ON COLUMN models.impact."scaled_move" IS '|CAR| ÷ sigma';
COMMENT ON COLUMN models.impact."placebo_move" IS 'Mean |CAR| ÷ sigma of the matched placebo times';
COMMENT ON COLUMN models.impact."excess_move" IS 'scaled_move − placebo_move';
COMMENT ON COLUMN models.impact."n_placebo" IS 'Matched placebo times';
COMMENT ON COLUMN models.impact."forecast_quantile" IS 'Where the move fell in the forecast''s distribution';
COMMENT ON COLUMN models.impact."peak_car" IS 'CAR of largest size within the window (log)';
COMMENT ON COLUMN models.impact."time_to_peak_h" IS 'Hours from the base close to that peak';
COMMENT ON COLUMN models.impact."reversal_share" IS 'Share of the peak given back at the end of the window';
COMMENT ON COLUMN models.impact."half_life_h" IS 'Hours from the peak until half of it was given back; null: not within the window';
COMMENT ON COLUMN models.impact."pre_release_car" IS 'CAR of the 24 hours before the base close (log)';
COMMENT ON COLUMN models.impact."abnormal_volume" IS 'ln of the window''s volume less its mean at that hour of the 2nd to 30th day before';
COMMENT ON COLUMN models.impact."abnormal_volatility" IS 'The same for the volatility from the range of bars';
COMMENT ON COLUMN models.impact."n_overlapping" IS 'Other releases of the asset less than a window away';
COMMENT ON COLUMN models.impact."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN models.impact."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN models.impact."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN models.impact."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

DROP TABLE models.impact_tests;
CREATE TABLE models.impact_tests (
    "study_id" VARCHAR,
    "release_group" VARCHAR,
    "window_h" DOUBLE,
    "benchmark" VARCHAR,
    "test" VARCHAR,
    "estimate" DOUBLE,
    "low" DOUBLE,
    "high" DOUBLE,
    "statistic" DOUBLE,
    "p_value" DOUBLE,
    "q_value" DOUBLE,
    "detectable" DOUBLE,
    "power" DOUBLE,
    "is_preferred" BOOLEAN,
    "n_releases" INTEGER,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE models.impact_tests IS 'Tests of no abnormal return, per group, window, benchmark';
COMMENT ON COLUMN models.impact_tests."study_id" IS 'Study';
COMMENT ON COLUMN models.impact_tests."release_group" IS 'all, real, generated, fabricated, unlabelled or late_stamp';
COMMENT ON COLUMN models.impact_tests."window_h" IS 'Window (hours); negative: the time before the release';
COMMENT ON COLUMN models.impact_tests."benchmark" IS 'Model of the normal return';
COMMENT ON COLUMN models.impact_tests."test" IS 'Test, as docs/methods.md lists them';
COMMENT ON COLUMN models.impact_tests."estimate" IS 'What is tested: mean CAR, mean excess move, rank correlation';
COMMENT ON COLUMN models.impact_tests."low" IS 'Lower end of the 95 % interval';
COMMENT ON COLUMN models.impact_tests."high" IS 'Upper end of the 95 % interval';
COMMENT ON COLUMN models.impact_tests."statistic" IS 'Test statistic';
COMMENT ON COLUMN models.impact_tests."p_value" IS 'Two-sided p-value';
COMMENT ON COLUMN models.impact_tests."q_value" IS 'p-value with the false-discovery rate controlled over all groups and windows';
COMMENT ON COLUMN models.impact_tests."detectable" IS 'Smallest effect found with 80 % power at 5 %';
COMMENT ON COLUMN models.impact_tests."power" IS 'Probability to find a mean CAR of .01, or an excess move of .25 sigma';
COMMENT ON COLUMN models.impact_tests."is_preferred" IS 'True for the tests that stand in every simulated condition';
COMMENT ON COLUMN models.impact_tests."n_releases" IS 'Releases';
COMMENT ON COLUMN models.impact_tests."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN models.impact_tests."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN models.impact_tests."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN models.impact_tests."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

DROP TABLE models.impact_comparisons;
CREATE TABLE models.impact_comparisons (
    "study_id" VARCHAR,
    "answer" VARCHAR,
    "group_a" VARCHAR,
    "group_b" VARCHAR,
    "window_h" DOUBLE,
    "quantity" VARCHAR,
    "slice_by" VARCHAR,
    "slice" VARCHAR,
    "method" VARCHAR,
    "mean_a" DOUBLE,
    "mean_b" DOUBLE,
    "difference" DOUBLE,
    "low" DOUBLE,
    "high" DOUBLE,
    "p_value" DOUBLE,
    "q_value" DOUBLE,
    "n_a" INTEGER,
    "n_b" INTEGER,
    "detectable" DOUBLE,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE models.impact_comparisons IS 'Generated and fabricated against real releases: realised and scored; other words in the same place';
COMMENT ON COLUMN models.impact_comparisons."study_id" IS 'Study';
COMMENT ON COLUMN models.impact_comparisons."answer" IS 'realised (what prices did), scored (what the network expects), counterfactual (other words, same past)';
COMMENT ON COLUMN models.impact_comparisons."group_a" IS 'Group compared';
COMMENT ON COLUMN models.impact_comparisons."group_b" IS 'Group compared with';
COMMENT ON COLUMN models.impact_comparisons."window_h" IS 'Window or horizon (hours)';
COMMENT ON COLUMN models.impact_comparisons."quantity" IS 'excess_move, expected_width_change or expected_move (|shift of the median|)';
COMMENT ON COLUMN models.impact_comparisons."slice_by" IS 'all, liquidity, capitalisation, kind or hour';
COMMENT ON COLUMN models.impact_comparisons."slice" IS 'Which part of the releases';
COMMENT ON COLUMN models.impact_comparisons."method" IS 'permutation, cluster_bootstrap, matched, paired; checks: mislabelled_10, placebo_labels, soft_labels';
COMMENT ON COLUMN models.impact_comparisons."mean_a" IS 'Mean of group a';
COMMENT ON COLUMN models.impact_comparisons."mean_b" IS 'Mean of group b';
COMMENT ON COLUMN models.impact_comparisons."difference" IS 'mean_a − mean_b';
COMMENT ON COLUMN models.impact_comparisons."low" IS 'Lower end of the 95 % interval';
COMMENT ON COLUMN models.impact_comparisons."high" IS 'Upper end of the 95 % interval';
COMMENT ON COLUMN models.impact_comparisons."p_value" IS 'Two-sided p-value';
COMMENT ON COLUMN models.impact_comparisons."q_value" IS 'p-value with the false-discovery rate controlled over windows, pairs and slices';
COMMENT ON COLUMN models.impact_comparisons."n_a" IS 'Releases of group a';
COMMENT ON COLUMN models.impact_comparisons."n_b" IS 'Releases of group b';
COMMENT ON COLUMN models.impact_comparisons."detectable" IS 'Smallest difference found with 80 % power at 5 %';
COMMENT ON COLUMN models.impact_comparisons."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN models.impact_comparisons."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN models.impact_comparisons."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN models.impact_comparisons."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

DROP TABLE models.scored;
CREATE TABLE models.scored (
    "doc_id" VARCHAR,
    "asset" VARCHAR,
    "horizon_h" INTEGER,
    "event_ts" TIMESTAMPTZ,
    "available_ts" TIMESTAMPTZ,
    "placed_doc_id" VARCHAR,
    "origin_ts" TIMESTAMPTZ,
    "model_id" VARCHAR,
    "release_group" VARCHAR,
    "median_text" DOUBLE,
    "median_none" DOUBLE,
    "median_walk" DOUBLE,
    "width_text" DOUBLE,
    "width_none" DOUBLE,
    "width_walk" DOUBLE,
    "low_text" DOUBLE,
    "low_none" DOUBLE,
    "low_walk" DOUBLE,
    "realised" DOUBLE,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE models.scored IS 'What the network expects after a release: with its text, with none, and the reference walk';
COMMENT ON COLUMN models.scored."doc_id" IS 'Document (core.documents), or generated release (models.generated_releases)';
COMMENT ON COLUMN models.scored."asset" IS 'Canonical ticker';
COMMENT ON COLUMN models.scored."horizon_h" IS 'Hours ahead';
COMMENT ON COLUMN models.scored."event_ts" IS 'First public time of the release (UTC); of a generated one, where it was placed';
COMMENT ON COLUMN models.scored."available_ts" IS 'When the score could first be made: the document''s available_ts (UTC)';
COMMENT ON COLUMN models.scored."placed_doc_id" IS 'Real release in whose place a generated one was scored; null: no such';
COMMENT ON COLUMN models.scored."origin_ts" IS 'Last close at or before the release (UTC)';
COMMENT ON COLUMN models.scored."model_id" IS 'Model, trained wholly before the release';
COMMENT ON COLUMN models.scored."release_group" IS 'real, generated, fabricated or unlabelled';
COMMENT ON COLUMN models.scored."median_text" IS 'Median log return expected with the text';
COMMENT ON COLUMN models.scored."median_none" IS 'Median log return expected without the text';
COMMENT ON COLUMN models.scored."median_walk" IS 'Median of the reference walk';
COMMENT ON COLUMN models.scored."width_text" IS 'Width of the 90 % band with the text (log return)';
COMMENT ON COLUMN models.scored."width_none" IS 'Width of the 90 % band without the text (log return)';
COMMENT ON COLUMN models.scored."width_walk" IS 'Width of the reference walk''s 90 % band (log return)';
COMMENT ON COLUMN models.scored."low_text" IS 'Lower end of the 90 % band with the text (log return)';
COMMENT ON COLUMN models.scored."low_none" IS 'Lower end of the 90 % band without the text (log return)';
COMMENT ON COLUMN models.scored."low_walk" IS 'Lower end of the reference walk''s 90 % band (log return)';
COMMENT ON COLUMN models.scored."realised" IS 'What came (log return); null until it matures';
COMMENT ON COLUMN models.scored."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN models.scored."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN models.scored."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN models.scored."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE models.impact_coverage (
    "study_id" VARCHAR,
    "window_h" DOUBLE,
    "reason" VARCHAR,
    "n_releases" INTEGER,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE models.impact_coverage IS 'How many releases each window measures, and why it does not measure the others';
COMMENT ON COLUMN models.impact_coverage."study_id" IS 'Study';
COMMENT ON COLUMN models.impact_coverage."window_h" IS 'Window (hours)';
COMMENT ON COLUMN models.impact_coverage."reason" IS 'measured, or the first rule that leaves a release out';
COMMENT ON COLUMN models.impact_coverage."n_releases" IS 'Releases, one per document and asset';
COMMENT ON COLUMN models.impact_coverage."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN models.impact_coverage."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN models.impact_coverage."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN models.impact_coverage."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE models.impact_conclusions (
    "study_id" VARCHAR,
    "place" INTEGER,
    "sentence" VARCHAR,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE models.impact_conclusions IS 'What the numbers of each study support, in sentences written by rule';
COMMENT ON COLUMN models.impact_conclusions."study_id" IS 'Study';
COMMENT ON COLUMN models.impact_conclusions."place" IS 'Order of the sentence, from 1';
COMMENT ON COLUMN models.impact_conclusions."sentence" IS 'What moved, how far, how sure, or what cannot be said';
COMMENT ON COLUMN models.impact_conclusions."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN models.impact_conclusions."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN models.impact_conclusions."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN models.impact_conclusions."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE models.counterfactual (
    "doc_id" VARCHAR,
    "asset" VARCHAR,
    "horizon_h" INTEGER,
    "words" VARCHAR,
    "text_id" VARCHAR,
    "available_ts" TIMESTAMPTZ,
    "model_id" VARCHAR,
    "median" DOUBLE,
    "width" DOUBLE,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE models.counterfactual IS 'Same past, other words: what the network expects after each real release with another text in its place';
COMMENT ON COLUMN models.counterfactual."doc_id" IS 'Document whose place it is (core.documents)';
COMMENT ON COLUMN models.counterfactual."asset" IS 'Canonical ticker';
COMMENT ON COLUMN models.counterfactual."horizon_h" IS 'Hours ahead';
COMMENT ON COLUMN models.counterfactual."words" IS 'real, generated, shuffled (an earlier release of the asset), other_asset or none';
COMMENT ON COLUMN models.counterfactual."text_id" IS 'Document or generated release that was read; null: none';
COMMENT ON COLUMN models.counterfactual."available_ts" IS 'As the document (UTC)';
COMMENT ON COLUMN models.counterfactual."model_id" IS 'Model, trained wholly before the release';
COMMENT ON COLUMN models.counterfactual."median" IS 'Median log return expected';
COMMENT ON COLUMN models.counterfactual."width" IS 'Width of the 90 % band (log return)';
COMMENT ON COLUMN models.counterfactual."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN models.counterfactual."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN models.counterfactual."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN models.counterfactual."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE models.release_alerts (
    "doc_id" VARCHAR,
    "asset" VARCHAR,
    "horizon_h" INTEGER,
    "available_ts" TIMESTAMPTZ,
    "low_text" DOUBLE,
    "median_text" DOUBLE,
    "high_text" DOUBLE,
    "low_walk" DOUBLE,
    "high_walk" DOUBLE,
    "width_change" DOUBLE,
    "machine_probability" DOUBLE,
    "machine_verdict" VARCHAR,
    "n_similar" INTEGER,
    "similar_scaled_move" DOUBLE,
    "similar_excess_move" DOUBLE,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE models.release_alerts IS 'What was known of a release when it arrived: expected range of the move, authorship, what followed the like';
COMMENT ON COLUMN models.release_alerts."doc_id" IS 'Document (core.documents)';
COMMENT ON COLUMN models.release_alerts."asset" IS 'Canonical ticker';
COMMENT ON COLUMN models.release_alerts."horizon_h" IS 'Hours ahead';
COMMENT ON COLUMN models.release_alerts."available_ts" IS 'As the document (UTC)';
COMMENT ON COLUMN models.release_alerts."low_text" IS '5 % quantile of the log return expected with the text';
COMMENT ON COLUMN models.release_alerts."median_text" IS 'Median log return expected with the text';
COMMENT ON COLUMN models.release_alerts."high_text" IS '95 % quantile of the log return expected with the text';
COMMENT ON COLUMN models.release_alerts."low_walk" IS '5 % quantile of the reference walk (log return)';
COMMENT ON COLUMN models.release_alerts."high_walk" IS '95 % quantile of the reference walk (log return)';
COMMENT ON COLUMN models.release_alerts."width_change" IS 'Width of the band with the text ÷ without it − 1';
COMMENT ON COLUMN models.release_alerts."machine_probability" IS 'Probability of machine authorship; null: not judged';
COMMENT ON COLUMN models.release_alerts."machine_verdict" IS 'flagged, not flagged, or too short to tell';
COMMENT ON COLUMN models.release_alerts."n_similar" IS 'Similar earlier releases whose day was over when this one arrived';
COMMENT ON COLUMN models.release_alerts."similar_scaled_move" IS 'Mean |move| ÷ sigma in the 24 h after them';
COMMENT ON COLUMN models.release_alerts."similar_excess_move" IS 'Their mean excess move, 24 h';
COMMENT ON COLUMN models.release_alerts."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN models.release_alerts."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN models.release_alerts."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN models.release_alerts."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE models.similar_releases (
    "doc_id" VARCHAR,
    "asset" VARCHAR,
    "place" INTEGER,
    "similar_doc_id" VARCHAR,
    "similar_asset" VARCHAR,
    "similarity" DOUBLE,
    "vectors" VARCHAR,
    "available_ts" TIMESTAMPTZ,
    "similar_event_ts" TIMESTAMPTZ,
    "car" DOUBLE,
    "scaled_move" DOUBLE,
    "excess_move" DOUBLE,
    "reversal_share" DOUBLE,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE models.similar_releases IS 'Earlier releases most like a new one, and what prices did in the 24 hours after them';
COMMENT ON COLUMN models.similar_releases."doc_id" IS 'Document (core.documents)';
COMMENT ON COLUMN models.similar_releases."asset" IS 'Canonical ticker';
COMMENT ON COLUMN models.similar_releases."place" IS '1 for the most similar';
COMMENT ON COLUMN models.similar_releases."similar_doc_id" IS 'The earlier document';
COMMENT ON COLUMN models.similar_releases."similar_asset" IS 'Its asset';
COMMENT ON COLUMN models.similar_releases."similarity" IS 'Cosine similarity of the two texts';
COMMENT ON COLUMN models.similar_releases."vectors" IS 'Model whose vectors were compared';
COMMENT ON COLUMN models.similar_releases."available_ts" IS 'As the new document (UTC)';
COMMENT ON COLUMN models.similar_releases."similar_event_ts" IS 'When the earlier one was published (UTC)';
COMMENT ON COLUMN models.similar_releases."car" IS 'Move in the 24 h after it, against the reference walk (log)';
COMMENT ON COLUMN models.similar_releases."scaled_move" IS '|move| ÷ sigma';
COMMENT ON COLUMN models.similar_releases."excess_move" IS 'The same beyond placebo times';
COMMENT ON COLUMN models.similar_releases."reversal_share" IS 'Share of the peak given back within the 24 h';
COMMENT ON COLUMN models.similar_releases."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN models.similar_releases."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN models.similar_releases."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN models.similar_releases."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE models.known_cases (
    "case_id" VARCHAR,
    "timeframe" VARCHAR,
    "asset" VARCHAR,
    "event_ts" TIMESTAMPTZ,
    "ts_precision" VARCHAR,
    "claim" VARCHAR,
    "channel" VARCHAR,
    "kind" VARCHAR,
    "retracted_ts" TIMESTAMPTZ,
    "reported_move" VARCHAR,
    "sources" VARCHAR,
    "is_clean" BOOLEAN,
    "base_usd" DOUBLE,
    "peak_usd" DOUBLE,
    "peak_return" DOUBLE,
    "time_to_peak_h" DOUBLE,
    "end_return" DOUBLE,
    "reversal_share" DOUBLE,
    "half_life_h" DOUBLE,
    "peak_sigma" DOUBLE,
    "flagged_ts" TIMESTAMPTZ,
    "lead_h" DOUBLE,
    "threshold" DOUBLE,
    "false_alarms" DOUBLE,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE models.known_cases IS 'Known false releases on the finest candles there are: move, reversal, and when the move was beyond chance';
COMMENT ON COLUMN models.known_cases."case_id" IS 'Case, as tapewire''s own table of cases names it';
COMMENT ON COLUMN models.known_cases."timeframe" IS 'Candles used';
COMMENT ON COLUMN models.known_cases."asset" IS 'Canonical ticker';
COMMENT ON COLUMN models.known_cases."event_ts" IS 'First public time (UTC)';
COMMENT ON COLUMN models.known_cases."ts_precision" IS 'How exact that time is';
COMMENT ON COLUMN models.known_cases."claim" IS 'What was claimed';
COMMENT ON COLUMN models.known_cases."channel" IS 'Where it appeared';
COMMENT ON COLUMN models.known_cases."kind" IS 'fabricated release, misreport, hacked account or machine-generated';
COMMENT ON COLUMN models.known_cases."retracted_ts" IS 'When it was denied (UTC)';
COMMENT ON COLUMN models.known_cases."reported_move" IS 'Move as contemporaries reported it';
COMMENT ON COLUMN models.known_cases."sources" IS 'Addresses of the reports';
COMMENT ON COLUMN models.known_cases."is_clean" IS 'False where the case is confounded or its time too vague for a test';
COMMENT ON COLUMN models.known_cases."base_usd" IS 'Last close at or before the release (USD)';
COMMENT ON COLUMN models.known_cases."peak_usd" IS 'Price farthest from it within 24 h, from highs and lows (USD)';
COMMENT ON COLUMN models.known_cases."peak_return" IS 'The same as a simple return';
COMMENT ON COLUMN models.known_cases."time_to_peak_h" IS 'Hours from the release to the end of that bar';
COMMENT ON COLUMN models.known_cases."end_return" IS 'Simple return at the last close within 24 h';
COMMENT ON COLUMN models.known_cases."reversal_share" IS 'Share of the peak given back by then';
COMMENT ON COLUMN models.known_cases."half_life_h" IS 'Hours from the peak to the first close with half of it gone';
COMMENT ON COLUMN models.known_cases."peak_sigma" IS 'Largest |move at a close| ÷ the reference walk''s sigma for the time passed';
COMMENT ON COLUMN models.known_cases."flagged_ts" IS 'Close at which that first passed the threshold (UTC); null: never';
COMMENT ON COLUMN models.known_cases."lead_h" IS 'Hours from the flag to the denial; negative: the denial came first';
COMMENT ON COLUMN models.known_cases."threshold" IS 'The threshold, in sigmas';
COMMENT ON COLUMN models.known_cases."false_alarms" IS 'Share of placebo days on which it would have been passed';
COMMENT ON COLUMN models.known_cases."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN models.known_cases."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN models.known_cases."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN models.known_cases."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE core.document_labels_versions (
    "doc_id" VARCHAR,
    "event_ts" TIMESTAMPTZ,
    "available_ts" TIMESTAMPTZ,
    "authorship" VARCHAR,
    "veracity" VARCHAR,
    "note" VARCHAR,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ,
    "version" INTEGER,
    "is_latest" BOOLEAN
);
COMMENT ON TABLE core.document_labels_versions IS 'A desk''s own labels of documents; they go before what the source says';
COMMENT ON COLUMN core.document_labels_versions."doc_id" IS 'Document (core.documents)';
COMMENT ON COLUMN core.document_labels_versions."event_ts" IS 'As the document (UTC)';
COMMENT ON COLUMN core.document_labels_versions."available_ts" IS 'When the label was given (UTC)';
COMMENT ON COLUMN core.document_labels_versions."authorship" IS 'human, machine or unknown: who wrote it';
COMMENT ON COLUMN core.document_labels_versions."veracity" IS 'true, false or unknown: whether what it says is so';
COMMENT ON COLUMN core.document_labels_versions."note" IS 'Who says so and why';
COMMENT ON COLUMN core.document_labels_versions."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN core.document_labels_versions."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN core.document_labels_versions."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN core.document_labels_versions."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';
COMMENT ON COLUMN core.document_labels_versions."version" IS '1 for the first version of the key, one more for each revision';
COMMENT ON COLUMN core.document_labels_versions."is_latest" IS 'True for the newest version of the key';
CREATE VIEW core.document_labels AS SELECT "doc_id", "event_ts", "available_ts", "authorship", "veracity", "note", "source", "is_simulated", "run_id", "ingested_ts", "version" FROM core.document_labels_versions WHERE is_latest;
COMMENT ON VIEW core.document_labels IS 'A desk''s own labels of documents; they go before what the source says';
COMMENT ON COLUMN core.document_labels."doc_id" IS 'Document (core.documents)';
COMMENT ON COLUMN core.document_labels."event_ts" IS 'As the document (UTC)';
COMMENT ON COLUMN core.document_labels."available_ts" IS 'When the label was given (UTC)';
COMMENT ON COLUMN core.document_labels."authorship" IS 'human, machine or unknown: who wrote it';
COMMENT ON COLUMN core.document_labels."veracity" IS 'true, false or unknown: whether what it says is so';
COMMENT ON COLUMN core.document_labels."note" IS 'Who says so and why';
COMMENT ON COLUMN core.document_labels."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN core.document_labels."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN core.document_labels."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN core.document_labels."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';
COMMENT ON COLUMN core.document_labels."version" IS '1 for the first version of the key, one more for each revision';
