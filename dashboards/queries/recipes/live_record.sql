-- What came of the forecasts that were published?
SELECT asset, origin_ts, horizon_h, q05, q50, q95, realised, is_inside_90, crps, crps_walk
FROM marts.live_track_record
WHERE model_name = 'tapewire'
ORDER BY origin_ts DESC, asset, horizon_h
