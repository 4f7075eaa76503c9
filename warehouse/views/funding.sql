-- Funding of perpetual swaps: the rate of each settlement, the hours that it is for, and the rate per hour and per year
-- grain: exchange, symbol, event_ts
-- funding_rate_per_year: Rate per hour × 24 × 365 (share of notional per year)
CREATE OR REPLACE VIEW marts.funding AS
SELECT exchange, symbol, asset, event_ts, available_ts, funding_rate, interval_h, is_interval_stated,
       funding_rate_per_hour, funding_rate_per_hour * 24 * 365 AS funding_rate_per_year, is_simulated
FROM features.funding_hourly;
