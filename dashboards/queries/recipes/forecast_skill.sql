-- Is the forecast better than a random walk, at which horizon?
-- chart: points x=horizon_h y=skill by=model_name
SELECT model_name, horizon_h, value AS skill, low, high, p_value, n_origins
FROM marts.forecast_skill
WHERE asset = 'ALL' AND metric = 'crps_skill'
ORDER BY model_name, horizon_h
