-- After which releases did prices move most, beside like times without a release?
SELECT r.event_ts, i.asset, i.release_group, i.window_h, i.car, i.scaled_move, i.placebo_move, i.excess_move, r.title, r.doc_id
FROM marts.release_impact i JOIN marts.releases r USING (doc_id)
WHERE i.study_id = '1h' AND i.benchmark = 'residual' AND i.window_h = 4 AND i.excess_move IS NOT NULL
ORDER BY i.excess_move DESC
LIMIT 50
