CREATE OR REPLACE VIEW marts.candles AS
SELECT exchange, symbol, timeframe, asset, quote, event_ts, available_ts, open_quote, high_quote, low_quote,
       close_quote, volume_base, source, is_simulated
FROM core.candles_as_of(
    coalesce((SELECT as_of_ts FROM ops.runs ORDER BY started_ts DESC, run_id DESC LIMIT 1), 'infinity'::TIMESTAMPTZ)
);
COMMENT ON VIEW marts.candles IS 'Closed bars of trading, newest version of each';
COMMENT ON COLUMN marts.candles.exchange IS 'Exchange (ccxt id)';
COMMENT ON COLUMN marts.candles.symbol IS 'Market (ccxt symbol)';
COMMENT ON COLUMN marts.candles.timeframe IS 'Length of the bar';
COMMENT ON COLUMN marts.candles.asset IS 'Canonical ticker';
COMMENT ON COLUMN marts.candles.quote IS 'Currency that prices are in';
COMMENT ON COLUMN marts.candles.event_ts IS 'Open of the bar (UTC)';
COMMENT ON COLUMN marts.candles.available_ts IS 'Close of the bar (UTC)';
COMMENT ON COLUMN marts.candles.open_quote IS 'First price (quote currency)';
COMMENT ON COLUMN marts.candles.high_quote IS 'Highest price (quote currency)';
COMMENT ON COLUMN marts.candles.low_quote IS 'Lowest price (quote currency)';
COMMENT ON COLUMN marts.candles.close_quote IS 'Last price (quote currency)';
COMMENT ON COLUMN marts.candles.volume_base IS 'Volume (base asset)';
COMMENT ON COLUMN marts.candles.source IS 'Source';
COMMENT ON COLUMN marts.candles.is_simulated IS 'True where the row comes from the market simulator or rests on it';
