-- The response of each group: when it begins, is largest and is last seen, and what comes back
-- grain: study_id, release_group, slice_by, slice
CREATE OR REPLACE VIEW marts.impact_response AS
SELECT study_id, release_group, slice_by, slice, n_releases, verdict, onset_h, peak_h, peak_excess, peak_low, peak_high,
       peak_q, peak_statistic, detectable, last_h, before_h, before_excess, before_q, first_h, until_h, given_back,
       given_back_low, given_back_high, given_back_usual, given_back_q, half_life_h, alone_k, alone_n, alone_h,
       alone_p, pooled_excess, pooled_low, pooled_high, pooled_h, is_simulated
FROM models.impact_response;
