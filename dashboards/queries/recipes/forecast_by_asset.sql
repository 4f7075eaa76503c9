-- On which assets does the default forecast beat the walk?
-- chart: bar x=asset y=skill
SELECT asset, value AS skill, low, high, p_value
FROM marts.forecast_skill
WHERE model_name = 'tapewire' AND metric = 'crps_skill' AND horizon_h = 0 AND asset <> 'ALL'
ORDER BY skill DESC
