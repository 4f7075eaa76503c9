-- Closed bars of trading, newest version of each
-- grain: exchange, symbol, timeframe, event_ts
CREATE OR REPLACE VIEW marts.candles AS
SELECT exchange, symbol, timeframe, asset, quote, event_ts, available_ts, open_quote, high_quote, low_quote,
       close_quote, volume_base, source, is_simulated
FROM core.candles_as_of(core.newest_as_of());
