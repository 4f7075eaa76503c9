-- How often did the 90 % band hold, by horizon?
-- chart: points x=horizon_h y=coverage by=model_name
SELECT model_name, horizon_h, value AS coverage, low, high
FROM marts.forecast_skill
WHERE asset = 'ALL' AND metric = 'coverage_90' AND horizon_h > 0
ORDER BY model_name, horizon_h
