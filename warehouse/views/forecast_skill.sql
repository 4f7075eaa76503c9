-- Walk-forward scores beside the reference walk; asset ALL and horizon 0 stand for all together
-- grain: model_name, asset, horizon_h, metric
-- metric: crps, crps_skill (1 − ratio to the reference walk), ratio_to_volatility_walk, ratio_to_har, ratio_to_garch, gain_scale + gain_tails + gain_median (crps_skill by what it comes from), tail_ratio (loss in the levels up to .025 and from .975 on ÷ the reference walk's), dm_hln and equal_loss_slow (tests of equal loss against the reference walk; the latter allows for slow components), coverage_90, mae_ratio, direction, clark_west, pesaran_timmermann, confidence_set (1: in it)
CREATE OR REPLACE VIEW marts.forecast_skill AS
SELECT model_name, asset, horizon_h, metric, value, low, high, p_value, n_origins, test_start_ts, test_end_ts,
       is_simulated
FROM models.scores WHERE metric NOT LIKE 'pit_%' AND regime = 'all';
