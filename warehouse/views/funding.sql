-- Funding of perpetual swaps: the rate of each settlement, the hours that it is for, and the rate per hour
-- grain: exchange, symbol, event_ts
CREATE OR REPLACE VIEW marts.funding AS
SELECT exchange, symbol, asset, event_ts, available_ts, funding_rate, interval_h, is_interval_stated,
       funding_rate_per_hour, is_simulated
FROM features.funding_hourly;
