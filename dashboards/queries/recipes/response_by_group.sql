-- When does a response begin, when is it largest, and how much comes back?
SELECT release_group, n_releases, verdict, onset_h, peak_h, peak_excess, peak_low, peak_high, peak_q, last_h, given_back,
       half_life_h
FROM marts.impact_response
WHERE study_id = '1h' AND slice_by = 'all'
ORDER BY release_group
