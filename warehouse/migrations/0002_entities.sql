-- Printed from warehouse/schema/registry.py; later changes are later migrations.
CREATE TABLE core.candles_versions (
    "exchange" VARCHAR,
    "symbol" VARCHAR,
    "timeframe" VARCHAR,
    "event_ts" TIMESTAMPTZ,
    "available_ts" TIMESTAMPTZ,
    "asset" VARCHAR,
    "quote" VARCHAR,
    "open_quote" DOUBLE,
    "high_quote" DOUBLE,
    "low_quote" DOUBLE,
    "close_quote" DOUBLE,
    "volume_base" DOUBLE,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ,
    "version" INTEGER,
    "is_latest" BOOLEAN
);
COMMENT ON TABLE core.candles_versions IS 'Closed bars of trading, one per exchange, symbol, timeframe and opening time';
COMMENT ON COLUMN core.candles_versions."exchange" IS 'Exchange, by its ccxt id';
COMMENT ON COLUMN core.candles_versions."symbol" IS 'Market, by its ccxt unified symbol';
COMMENT ON COLUMN core.candles_versions."timeframe" IS 'Length of the bar: 1m, 5m, 15m, 1h or 1d';
COMMENT ON COLUMN core.candles_versions."event_ts" IS 'Open of the bar (UTC)';
COMMENT ON COLUMN core.candles_versions."available_ts" IS 'Close of the bar (UTC)';
COMMENT ON COLUMN core.candles_versions."asset" IS 'Canonical ticker of the base asset';
COMMENT ON COLUMN core.candles_versions."quote" IS 'Currency that prices are in';
COMMENT ON COLUMN core.candles_versions."open_quote" IS 'First price (quote currency)';
COMMENT ON COLUMN core.candles_versions."high_quote" IS 'Highest price (quote currency)';
COMMENT ON COLUMN core.candles_versions."low_quote" IS 'Lowest price (quote currency)';
COMMENT ON COLUMN core.candles_versions."close_quote" IS 'Last price (quote currency)';
COMMENT ON COLUMN core.candles_versions."volume_base" IS 'Traded volume (base asset)';
COMMENT ON COLUMN core.candles_versions."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN core.candles_versions."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN core.candles_versions."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN core.candles_versions."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';
COMMENT ON COLUMN core.candles_versions."version" IS '1 for the first version of the key, one more for each revision';
COMMENT ON COLUMN core.candles_versions."is_latest" IS 'True for the newest version of the key';
CREATE VIEW core.candles AS SELECT "exchange", "symbol", "timeframe", "event_ts", "available_ts", "asset", "quote", "open_quote", "high_quote", "low_quote", "close_quote", "volume_base", "source", "is_simulated", "run_id", "ingested_ts", "version" FROM core.candles_versions WHERE is_latest;
COMMENT ON VIEW core.candles IS 'Closed bars of trading, one per exchange, symbol, timeframe and opening time';
COMMENT ON COLUMN core.candles."exchange" IS 'Exchange, by its ccxt id';
COMMENT ON COLUMN core.candles."symbol" IS 'Market, by its ccxt unified symbol';
COMMENT ON COLUMN core.candles."timeframe" IS 'Length of the bar: 1m, 5m, 15m, 1h or 1d';
COMMENT ON COLUMN core.candles."event_ts" IS 'Open of the bar (UTC)';
COMMENT ON COLUMN core.candles."available_ts" IS 'Close of the bar (UTC)';
COMMENT ON COLUMN core.candles."asset" IS 'Canonical ticker of the base asset';
COMMENT ON COLUMN core.candles."quote" IS 'Currency that prices are in';
COMMENT ON COLUMN core.candles."open_quote" IS 'First price (quote currency)';
COMMENT ON COLUMN core.candles."high_quote" IS 'Highest price (quote currency)';
COMMENT ON COLUMN core.candles."low_quote" IS 'Lowest price (quote currency)';
COMMENT ON COLUMN core.candles."close_quote" IS 'Last price (quote currency)';
COMMENT ON COLUMN core.candles."volume_base" IS 'Traded volume (base asset)';
COMMENT ON COLUMN core.candles."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN core.candles."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN core.candles."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN core.candles."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';
COMMENT ON COLUMN core.candles."version" IS '1 for the first version of the key, one more for each revision';

CREATE TABLE core.supply_versions (
    "coin" VARCHAR,
    "chain" VARCHAR,
    "event_ts" TIMESTAMPTZ,
    "available_ts" TIMESTAMPTZ,
    "supply_units" DOUBLE,
    "price_usd" DOUBLE,
    "market_cap_usd" DOUBLE,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ,
    "version" INTEGER,
    "is_latest" BOOLEAN
);
COMMENT ON TABLE core.supply_versions IS 'Circulating supply and price of stablecoins, daily';
COMMENT ON COLUMN core.supply_versions."coin" IS 'Ticker of the stablecoin; ALL_STABLES is a vendor''s own total';
COMMENT ON COLUMN core.supply_versions."chain" IS 'Blockchain, or ''all''';
COMMENT ON COLUMN core.supply_versions."event_ts" IS 'End of the UTC day that the value describes';
COMMENT ON COLUMN core.supply_versions."available_ts" IS 'event_ts plus the lag that the source declares (UTC)';
COMMENT ON COLUMN core.supply_versions."supply_units" IS 'Coins in circulation (units of the coin)';
COMMENT ON COLUMN core.supply_versions."price_usd" IS 'Price of one coin (USD)';
COMMENT ON COLUMN core.supply_versions."market_cap_usd" IS 'Market capitalisation (USD)';
COMMENT ON COLUMN core.supply_versions."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN core.supply_versions."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN core.supply_versions."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN core.supply_versions."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';
COMMENT ON COLUMN core.supply_versions."version" IS '1 for the first version of the key, one more for each revision';
COMMENT ON COLUMN core.supply_versions."is_latest" IS 'True for the newest version of the key';
CREATE VIEW core.supply AS SELECT "coin", "chain", "event_ts", "available_ts", "supply_units", "price_usd", "market_cap_usd", "source", "is_simulated", "run_id", "ingested_ts", "version" FROM core.supply_versions WHERE is_latest;
COMMENT ON VIEW core.supply IS 'Circulating supply and price of stablecoins, daily';
COMMENT ON COLUMN core.supply."coin" IS 'Ticker of the stablecoin; ALL_STABLES is a vendor''s own total';
COMMENT ON COLUMN core.supply."chain" IS 'Blockchain, or ''all''';
COMMENT ON COLUMN core.supply."event_ts" IS 'End of the UTC day that the value describes';
COMMENT ON COLUMN core.supply."available_ts" IS 'event_ts plus the lag that the source declares (UTC)';
COMMENT ON COLUMN core.supply."supply_units" IS 'Coins in circulation (units of the coin)';
COMMENT ON COLUMN core.supply."price_usd" IS 'Price of one coin (USD)';
COMMENT ON COLUMN core.supply."market_cap_usd" IS 'Market capitalisation (USD)';
COMMENT ON COLUMN core.supply."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN core.supply."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN core.supply."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN core.supply."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';
COMMENT ON COLUMN core.supply."version" IS '1 for the first version of the key, one more for each revision';

CREATE TABLE core.asset_metrics_versions (
    "asset" VARCHAR,
    "metric" VARCHAR,
    "event_ts" TIMESTAMPTZ,
    "available_ts" TIMESTAMPTZ,
    "value" DOUBLE,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ,
    "version" INTEGER,
    "is_latest" BOOLEAN
);
COMMENT ON TABLE core.asset_metrics_versions IS 'Daily figures of assets, one metric per row';
COMMENT ON COLUMN core.asset_metrics_versions."asset" IS 'Canonical ticker';
COMMENT ON COLUMN core.asset_metrics_versions."metric" IS 'price_usd, market_cap_usd or supply_units';
COMMENT ON COLUMN core.asset_metrics_versions."event_ts" IS 'End of the UTC day that the value describes';
COMMENT ON COLUMN core.asset_metrics_versions."available_ts" IS 'event_ts plus the lag that the source declares (UTC)';
COMMENT ON COLUMN core.asset_metrics_versions."value" IS 'Value, in the unit that the metric''s name ends with';
COMMENT ON COLUMN core.asset_metrics_versions."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN core.asset_metrics_versions."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN core.asset_metrics_versions."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN core.asset_metrics_versions."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';
COMMENT ON COLUMN core.asset_metrics_versions."version" IS '1 for the first version of the key, one more for each revision';
COMMENT ON COLUMN core.asset_metrics_versions."is_latest" IS 'True for the newest version of the key';
CREATE VIEW core.asset_metrics AS SELECT "asset", "metric", "event_ts", "available_ts", "value", "source", "is_simulated", "run_id", "ingested_ts", "version" FROM core.asset_metrics_versions WHERE is_latest;
COMMENT ON VIEW core.asset_metrics IS 'Daily figures of assets, one metric per row';
COMMENT ON COLUMN core.asset_metrics."asset" IS 'Canonical ticker';
COMMENT ON COLUMN core.asset_metrics."metric" IS 'price_usd, market_cap_usd or supply_units';
COMMENT ON COLUMN core.asset_metrics."event_ts" IS 'End of the UTC day that the value describes';
COMMENT ON COLUMN core.asset_metrics."available_ts" IS 'event_ts plus the lag that the source declares (UTC)';
COMMENT ON COLUMN core.asset_metrics."value" IS 'Value, in the unit that the metric''s name ends with';
COMMENT ON COLUMN core.asset_metrics."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN core.asset_metrics."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN core.asset_metrics."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN core.asset_metrics."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';
COMMENT ON COLUMN core.asset_metrics."version" IS '1 for the first version of the key, one more for each revision';

CREATE TABLE core.funding_versions (
    "exchange" VARCHAR,
    "symbol" VARCHAR,
    "event_ts" TIMESTAMPTZ,
    "available_ts" TIMESTAMPTZ,
    "asset" VARCHAR,
    "funding_rate" DOUBLE,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ,
    "version" INTEGER,
    "is_latest" BOOLEAN
);
COMMENT ON TABLE core.funding_versions IS 'Funding settlements of perpetual swaps';
COMMENT ON COLUMN core.funding_versions."exchange" IS 'Exchange, by its ccxt id';
COMMENT ON COLUMN core.funding_versions."symbol" IS 'Market, by its ccxt unified symbol';
COMMENT ON COLUMN core.funding_versions."event_ts" IS 'Settlement (UTC)';
COMMENT ON COLUMN core.funding_versions."available_ts" IS 'Settlement (UTC)';
COMMENT ON COLUMN core.funding_versions."asset" IS 'Canonical ticker of the base asset';
COMMENT ON COLUMN core.funding_versions."funding_rate" IS 'Rate paid by longs to shorts (share of notional per settlement)';
COMMENT ON COLUMN core.funding_versions."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN core.funding_versions."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN core.funding_versions."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN core.funding_versions."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';
COMMENT ON COLUMN core.funding_versions."version" IS '1 for the first version of the key, one more for each revision';
COMMENT ON COLUMN core.funding_versions."is_latest" IS 'True for the newest version of the key';
CREATE VIEW core.funding AS SELECT "exchange", "symbol", "event_ts", "available_ts", "asset", "funding_rate", "source", "is_simulated", "run_id", "ingested_ts", "version" FROM core.funding_versions WHERE is_latest;
COMMENT ON VIEW core.funding IS 'Funding settlements of perpetual swaps';
COMMENT ON COLUMN core.funding."exchange" IS 'Exchange, by its ccxt id';
COMMENT ON COLUMN core.funding."symbol" IS 'Market, by its ccxt unified symbol';
COMMENT ON COLUMN core.funding."event_ts" IS 'Settlement (UTC)';
COMMENT ON COLUMN core.funding."available_ts" IS 'Settlement (UTC)';
COMMENT ON COLUMN core.funding."asset" IS 'Canonical ticker of the base asset';
COMMENT ON COLUMN core.funding."funding_rate" IS 'Rate paid by longs to shorts (share of notional per settlement)';
COMMENT ON COLUMN core.funding."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN core.funding."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN core.funding."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN core.funding."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';
COMMENT ON COLUMN core.funding."version" IS '1 for the first version of the key, one more for each revision';

CREATE TABLE core.documents_versions (
    "doc_id" VARCHAR,
    "event_ts" TIMESTAMPTZ,
    "available_ts" TIMESTAMPTZ,
    "ts_precision" VARCHAR,
    "is_late_stamp" BOOLEAN,
    "availability_assumed" BOOLEAN,
    "publisher" VARCHAR,
    "kind" VARCHAR,
    "title" VARCHAR,
    "body" VARCHAR,
    "url" VARCHAR,
    "authorship" VARCHAR,
    "authorship_evidence" VARCHAR,
    "veracity" VARCHAR,
    "veracity_evidence" VARCHAR,
    "release_group" VARCHAR,
    "event_label" VARCHAR,
    "is_recommended" BOOLEAN,
    "retracted_ts" TIMESTAMPTZ,
    "reported_move" VARCHAR,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ,
    "version" INTEGER,
    "is_latest" BOOLEAN
);
COMMENT ON TABLE core.documents_versions IS 'News, press releases and announcements; a version per revision of the text or its labels';
COMMENT ON COLUMN core.documents_versions."doc_id" IS 'Hash of the canonical URL, else of publisher and guid';
COMMENT ON COLUMN core.documents_versions."event_ts" IS 'Publication (UTC), start of what its precision allows';
COMMENT ON COLUMN core.documents_versions."available_ts" IS 'Latest moment that the precision of the publication time allows (UTC)';
COMMENT ON COLUMN core.documents_versions."ts_precision" IS 'second, minute, hour or day';
COMMENT ON COLUMN core.documents_versions."is_late_stamp" IS 'True where the time is of the first report, not the announcement';
COMMENT ON COLUMN core.documents_versions."availability_assumed" IS 'True for back-filled documents that nobody saw arrive';
COMMENT ON COLUMN core.documents_versions."publisher" IS 'Newsroom, wire or channel';
COMMENT ON COLUMN core.documents_versions."kind" IS 'press_release, news, exchange_announcement or event';
COMMENT ON COLUMN core.documents_versions."title" IS 'Headline';
COMMENT ON COLUMN core.documents_versions."body" IS 'Text, reduced from HTML; empty where only the headline is known';
COMMENT ON COLUMN core.documents_versions."url" IS 'Address as published';
COMMENT ON COLUMN core.documents_versions."authorship" IS 'human, machine or unknown: who wrote it';
COMMENT ON COLUMN core.documents_versions."authorship_evidence" IS 'How authorship is known: provenance, labelled, none';
COMMENT ON COLUMN core.documents_versions."veracity" IS 'true, false or unknown: whether what it says is so';
COMMENT ON COLUMN core.documents_versions."veracity_evidence" IS 'How veracity is known: provenance, labelled, none';
COMMENT ON COLUMN core.documents_versions."release_group" IS 'real, generated, fabricated or unlabelled, by one rule';
COMMENT ON COLUMN core.documents_versions."event_label" IS 'What kind of event a curated table calls it';
COMMENT ON COLUMN core.documents_versions."is_recommended" IS 'False where a curated table advises against a clean test';
COMMENT ON COLUMN core.documents_versions."retracted_ts" IS 'When it was retracted or denied (UTC)';
COMMENT ON COLUMN core.documents_versions."reported_move" IS 'Price move as contemporaries reported it';
COMMENT ON COLUMN core.documents_versions."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN core.documents_versions."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN core.documents_versions."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN core.documents_versions."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';
COMMENT ON COLUMN core.documents_versions."version" IS '1 for the first version of the key, one more for each revision';
COMMENT ON COLUMN core.documents_versions."is_latest" IS 'True for the newest version of the key';
CREATE VIEW core.documents AS SELECT "doc_id", "event_ts", "available_ts", "ts_precision", "is_late_stamp", "availability_assumed", "publisher", "kind", "title", "body", "url", "authorship", "authorship_evidence", "veracity", "veracity_evidence", "release_group", "event_label", "is_recommended", "retracted_ts", "reported_move", "source", "is_simulated", "run_id", "ingested_ts", "version" FROM core.documents_versions WHERE is_latest;
COMMENT ON VIEW core.documents IS 'News, press releases and announcements; a version per revision of the text or its labels';
COMMENT ON COLUMN core.documents."doc_id" IS 'Hash of the canonical URL, else of publisher and guid';
COMMENT ON COLUMN core.documents."event_ts" IS 'Publication (UTC), start of what its precision allows';
COMMENT ON COLUMN core.documents."available_ts" IS 'Latest moment that the precision of the publication time allows (UTC)';
COMMENT ON COLUMN core.documents."ts_precision" IS 'second, minute, hour or day';
COMMENT ON COLUMN core.documents."is_late_stamp" IS 'True where the time is of the first report, not the announcement';
COMMENT ON COLUMN core.documents."availability_assumed" IS 'True for back-filled documents that nobody saw arrive';
COMMENT ON COLUMN core.documents."publisher" IS 'Newsroom, wire or channel';
COMMENT ON COLUMN core.documents."kind" IS 'press_release, news, exchange_announcement or event';
COMMENT ON COLUMN core.documents."title" IS 'Headline';
COMMENT ON COLUMN core.documents."body" IS 'Text, reduced from HTML; empty where only the headline is known';
COMMENT ON COLUMN core.documents."url" IS 'Address as published';
COMMENT ON COLUMN core.documents."authorship" IS 'human, machine or unknown: who wrote it';
COMMENT ON COLUMN core.documents."authorship_evidence" IS 'How authorship is known: provenance, labelled, none';
COMMENT ON COLUMN core.documents."veracity" IS 'true, false or unknown: whether what it says is so';
COMMENT ON COLUMN core.documents."veracity_evidence" IS 'How veracity is known: provenance, labelled, none';
COMMENT ON COLUMN core.documents."release_group" IS 'real, generated, fabricated or unlabelled, by one rule';
COMMENT ON COLUMN core.documents."event_label" IS 'What kind of event a curated table calls it';
COMMENT ON COLUMN core.documents."is_recommended" IS 'False where a curated table advises against a clean test';
COMMENT ON COLUMN core.documents."retracted_ts" IS 'When it was retracted or denied (UTC)';
COMMENT ON COLUMN core.documents."reported_move" IS 'Price move as contemporaries reported it';
COMMENT ON COLUMN core.documents."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN core.documents."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN core.documents."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN core.documents."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';
COMMENT ON COLUMN core.documents."version" IS '1 for the first version of the key, one more for each revision';

CREATE TABLE core.document_assets_versions (
    "doc_id" VARCHAR,
    "asset" VARCHAR,
    "event_ts" TIMESTAMPTZ,
    "available_ts" TIMESTAMPTZ,
    "confidence" DOUBLE,
    "method" VARCHAR,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ,
    "version" INTEGER,
    "is_latest" BOOLEAN
);
COMMENT ON TABLE core.document_assets_versions IS 'Which assets a document speaks of';
COMMENT ON COLUMN core.document_assets_versions."doc_id" IS 'Document (core.documents)';
COMMENT ON COLUMN core.document_assets_versions."asset" IS 'Canonical ticker';
COMMENT ON COLUMN core.document_assets_versions."event_ts" IS 'As the document (UTC)';
COMMENT ON COLUMN core.document_assets_versions."available_ts" IS 'As the document (UTC)';
COMMENT ON COLUMN core.document_assets_versions."confidence" IS 'How sure the link is, 0 to 1';
COMMENT ON COLUMN core.document_assets_versions."method" IS 'given by the source, curated, or simulated';
COMMENT ON COLUMN core.document_assets_versions."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN core.document_assets_versions."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN core.document_assets_versions."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN core.document_assets_versions."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';
COMMENT ON COLUMN core.document_assets_versions."version" IS '1 for the first version of the key, one more for each revision';
COMMENT ON COLUMN core.document_assets_versions."is_latest" IS 'True for the newest version of the key';
CREATE VIEW core.document_assets AS SELECT "doc_id", "asset", "event_ts", "available_ts", "confidence", "method", "source", "is_simulated", "run_id", "ingested_ts", "version" FROM core.document_assets_versions WHERE is_latest;
COMMENT ON VIEW core.document_assets IS 'Which assets a document speaks of';
COMMENT ON COLUMN core.document_assets."doc_id" IS 'Document (core.documents)';
COMMENT ON COLUMN core.document_assets."asset" IS 'Canonical ticker';
COMMENT ON COLUMN core.document_assets."event_ts" IS 'As the document (UTC)';
COMMENT ON COLUMN core.document_assets."available_ts" IS 'As the document (UTC)';
COMMENT ON COLUMN core.document_assets."confidence" IS 'How sure the link is, 0 to 1';
COMMENT ON COLUMN core.document_assets."method" IS 'given by the source, curated, or simulated';
COMMENT ON COLUMN core.document_assets."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN core.document_assets."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN core.document_assets."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN core.document_assets."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';
COMMENT ON COLUMN core.document_assets."version" IS '1 for the first version of the key, one more for each revision';

CREATE TABLE core.simulated_truth_versions (
    "doc_id" VARCHAR,
    "asset" VARCHAR,
    "event_ts" TIMESTAMPTZ,
    "available_ts" TIMESTAMPTZ,
    "release_group" VARCHAR,
    "kind" VARCHAR,
    "strength" DOUBLE,
    "delay_h" DOUBLE,
    "half_life_h" DOUBLE,
    "peak_log_return" DOUBLE,
    "permanent_log_return" DOUBLE,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ,
    "version" INTEGER,
    "is_latest" BOOLEAN
);
COMMENT ON TABLE core.simulated_truth_versions IS 'What the simulator planted: tests compare with it, no model ever reads it';
COMMENT ON COLUMN core.simulated_truth_versions."doc_id" IS 'Document (core.documents)';
COMMENT ON COLUMN core.simulated_truth_versions."asset" IS 'Canonical ticker';
COMMENT ON COLUMN core.simulated_truth_versions."event_ts" IS 'As the document (UTC)';
COMMENT ON COLUMN core.simulated_truth_versions."available_ts" IS 'As the document (UTC)';
COMMENT ON COLUMN core.simulated_truth_versions."release_group" IS 'real, generated or fabricated, by construction';
COMMENT ON COLUMN core.simulated_truth_versions."kind" IS 'Kind of news that the text tells';
COMMENT ON COLUMN core.simulated_truth_versions."strength" IS 'How strongly the text puts it, 0 to 1';
COMMENT ON COLUMN core.simulated_truth_versions."delay_h" IS 'Delay between the release and the start of the move (hours)';
COMMENT ON COLUMN core.simulated_truth_versions."half_life_h" IS 'Half-life of the part that reverts (hours)';
COMMENT ON COLUMN core.simulated_truth_versions."peak_log_return" IS 'Planted move at its peak (log return)';
COMMENT ON COLUMN core.simulated_truth_versions."permanent_log_return" IS 'Planted move that stays (log return)';
COMMENT ON COLUMN core.simulated_truth_versions."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN core.simulated_truth_versions."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN core.simulated_truth_versions."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN core.simulated_truth_versions."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';
COMMENT ON COLUMN core.simulated_truth_versions."version" IS '1 for the first version of the key, one more for each revision';
COMMENT ON COLUMN core.simulated_truth_versions."is_latest" IS 'True for the newest version of the key';
CREATE VIEW core.simulated_truth AS SELECT "doc_id", "asset", "event_ts", "available_ts", "release_group", "kind", "strength", "delay_h", "half_life_h", "peak_log_return", "permanent_log_return", "source", "is_simulated", "run_id", "ingested_ts", "version" FROM core.simulated_truth_versions WHERE is_latest;
COMMENT ON VIEW core.simulated_truth IS 'What the simulator planted: tests compare with it, no model ever reads it';
COMMENT ON COLUMN core.simulated_truth."doc_id" IS 'Document (core.documents)';
COMMENT ON COLUMN core.simulated_truth."asset" IS 'Canonical ticker';
COMMENT ON COLUMN core.simulated_truth."event_ts" IS 'As the document (UTC)';
COMMENT ON COLUMN core.simulated_truth."available_ts" IS 'As the document (UTC)';
COMMENT ON COLUMN core.simulated_truth."release_group" IS 'real, generated or fabricated, by construction';
COMMENT ON COLUMN core.simulated_truth."kind" IS 'Kind of news that the text tells';
COMMENT ON COLUMN core.simulated_truth."strength" IS 'How strongly the text puts it, 0 to 1';
COMMENT ON COLUMN core.simulated_truth."delay_h" IS 'Delay between the release and the start of the move (hours)';
COMMENT ON COLUMN core.simulated_truth."half_life_h" IS 'Half-life of the part that reverts (hours)';
COMMENT ON COLUMN core.simulated_truth."peak_log_return" IS 'Planted move at its peak (log return)';
COMMENT ON COLUMN core.simulated_truth."permanent_log_return" IS 'Planted move that stays (log return)';
COMMENT ON COLUMN core.simulated_truth."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN core.simulated_truth."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN core.simulated_truth."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN core.simulated_truth."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';
COMMENT ON COLUMN core.simulated_truth."version" IS '1 for the first version of the key, one more for each revision';

CREATE TABLE features.ssr_daily (
    "coin" VARCHAR,
    "event_ts" TIMESTAMPTZ,
    "available_ts" TIMESTAMPTZ,
    "coin_list" VARCHAR,
    "btc_market_cap_usd" DOUBLE,
    "supply_par_usd" DOUBLE,
    "supply_market_usd" DOUBLE,
    "ssr_par" DOUBLE,
    "ssr_market" DOUBLE,
    "oscillator_z" DOUBLE,
    "oscillator_pct_b" DOUBLE,
    "growth_1d" DOUBLE,
    "growth_7d" DOUBLE,
    "growth_30d" DOUBLE,
    "supply_share" DOUBLE,
    "n_coins" INTEGER,
    "n_carried" INTEGER,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE features.ssr_daily IS 'Stablecoin Supply Ratio per day, in total (coin = ALL) and per coin';
COMMENT ON COLUMN features.ssr_daily."coin" IS 'Stablecoin, or ALL for the coins of the list';
COMMENT ON COLUMN features.ssr_daily."event_ts" IS 'When it happened (UTC)';
COMMENT ON COLUMN features.ssr_daily."available_ts" IS 'First moment at which anyone could have known it (UTC)';
COMMENT ON COLUMN features.ssr_daily."coin_list" IS 'Version of the list of coins';
COMMENT ON COLUMN features.ssr_daily."btc_market_cap_usd" IS 'Market capitalisation of BTC (USD)';
COMMENT ON COLUMN features.ssr_daily."supply_par_usd" IS 'Stablecoin supply at one dollar each (USD)';
COMMENT ON COLUMN features.ssr_daily."supply_market_usd" IS 'Stablecoin supply at market prices (USD)';
COMMENT ON COLUMN features.ssr_daily."ssr_par" IS 'BTC market capitalisation ÷ supply at par';
COMMENT ON COLUMN features.ssr_daily."ssr_market" IS 'BTC market capitalisation ÷ supply at market prices';
COMMENT ON COLUMN features.ssr_daily."oscillator_z" IS '(SSR − mean of 200 days) ÷ standard deviation';
COMMENT ON COLUMN features.ssr_daily."oscillator_pct_b" IS 'Place of SSR in its bands (200 days, ±2): z/4 + 1/2';
COMMENT ON COLUMN features.ssr_daily."growth_1d" IS 'Growth of supply at par over 1 day (share)';
COMMENT ON COLUMN features.ssr_daily."growth_7d" IS 'Growth of supply at par over 7 days (share)';
COMMENT ON COLUMN features.ssr_daily."growth_30d" IS 'Growth of supply at par over 30 days (share)';
COMMENT ON COLUMN features.ssr_daily."supply_share" IS 'Share of the listed coins'' supply at par';
COMMENT ON COLUMN features.ssr_daily."n_coins" IS 'Coins with a value for the day';
COMMENT ON COLUMN features.ssr_daily."n_carried" IS 'Coins whose last value was carried forward';
COMMENT ON COLUMN features.ssr_daily."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN features.ssr_daily."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN features.ssr_daily."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN features.ssr_daily."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE features.candle_features (
    "asset" VARCHAR,
    "event_ts" TIMESTAMPTZ,
    "available_ts" TIMESTAMPTZ,
    "log_return" DOUBLE,
    "parkinson_var" DOUBLE,
    "garman_klass_var" DOUBLE,
    "realised_vol_24h" DOUBLE,
    "ewma_vol_1h" DOUBLE,
    "hour_of_week_factor" DOUBLE,
    "sigma_next_1h" DOUBLE,
    "dollar_volume" DOUBLE,
    "amihud_24h" DOUBLE,
    "beta_btc_30d" DOUBLE,
    "corr_market_30d" DOUBLE,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE features.candle_features IS 'Hourly features of an asset, known at the close of the bar';
COMMENT ON COLUMN features.candle_features."asset" IS 'Canonical ticker';
COMMENT ON COLUMN features.candle_features."event_ts" IS 'When it happened (UTC)';
COMMENT ON COLUMN features.candle_features."available_ts" IS 'First moment at which anyone could have known it (UTC)';
COMMENT ON COLUMN features.candle_features."log_return" IS 'Log return over the bar; null across a gap';
COMMENT ON COLUMN features.candle_features."parkinson_var" IS 'Parkinson variance of the bar (squared log return)';
COMMENT ON COLUMN features.candle_features."garman_klass_var" IS 'Garman-Klass variance of the bar';
COMMENT ON COLUMN features.candle_features."realised_vol_24h" IS 'Root of the mean squared return of 24 bars (per √hour)';
COMMENT ON COLUMN features.candle_features."ewma_vol_1h" IS 'EWMA volatility, hour-of-week pattern removed (per √hour)';
COMMENT ON COLUMN features.candle_features."hour_of_week_factor" IS 'Volatility of this hour of the week ÷ average';
COMMENT ON COLUMN features.candle_features."sigma_next_1h" IS 'Reference walk''s sigma for the next hour';
COMMENT ON COLUMN features.candle_features."dollar_volume" IS 'Volume × close (quote currency)';
COMMENT ON COLUMN features.candle_features."amihud_24h" IS 'Mean |return| ÷ million of dollar volume, 24 bars';
COMMENT ON COLUMN features.candle_features."beta_btc_30d" IS 'Beta to BTC over 720 bars';
COMMENT ON COLUMN features.candle_features."corr_market_30d" IS 'Correlation to the market index without the asset, 720 bars';
COMMENT ON COLUMN features.candle_features."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN features.candle_features."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN features.candle_features."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN features.candle_features."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE features.news_hourly (
    "asset" VARCHAR,
    "event_ts" TIMESTAMPTZ,
    "available_ts" TIMESTAMPTZ,
    "documents_1h" INTEGER,
    "documents_24h" INTEGER,
    "intensity" DOUBLE,
    "novelty" DOUBLE,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE features.news_hourly IS 'News per asset and hour, counted when it was available';
COMMENT ON COLUMN features.news_hourly."asset" IS 'Canonical ticker';
COMMENT ON COLUMN features.news_hourly."event_ts" IS 'When it happened (UTC)';
COMMENT ON COLUMN features.news_hourly."available_ts" IS 'First moment at which anyone could have known it (UTC)';
COMMENT ON COLUMN features.news_hourly."documents_1h" IS 'Documents that became available in the hour';
COMMENT ON COLUMN features.news_hourly."documents_24h" IS 'Documents that became available in the last 24 hours';
COMMENT ON COLUMN features.news_hourly."intensity" IS 'log(1 + documents of 24 h) less its mean over the past 30 days';
COMMENT ON COLUMN features.news_hourly."novelty" IS '1 − highest cosine similarity to a document of the past week';
COMMENT ON COLUMN features.news_hourly."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN features.news_hourly."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN features.news_hourly."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN features.news_hourly."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE features.document_embeddings (
    "doc_id" VARCHAR,
    "model" VARCHAR,
    "available_ts" TIMESTAMPTZ,
    "embedding" FLOAT[],
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE features.document_embeddings IS 'One vector per document';
COMMENT ON COLUMN features.document_embeddings."doc_id" IS 'Document (core.documents)';
COMMENT ON COLUMN features.document_embeddings."model" IS 'Embedding model';
COMMENT ON COLUMN features.document_embeddings."available_ts" IS 'As the document (UTC)';
COMMENT ON COLUMN features.document_embeddings."embedding" IS 'Vector of unit length';
COMMENT ON COLUMN features.document_embeddings."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN features.document_embeddings."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN features.document_embeddings."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN features.document_embeddings."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE models.training_runs (
    "model_id" VARCHAR,
    "model_name" VARCHAR,
    "train_start_ts" TIMESTAMPTZ,
    "train_end_ts" TIMESTAMPTZ,
    "validation_start_ts" TIMESTAMPTZ,
    "epochs" INTEGER,
    "best_epoch" INTEGER,
    "validation_ratio" DOUBLE,
    "learning_curve" VARCHAR,
    "n_parameters" BIGINT,
    "n_windows" BIGINT,
    "settings" VARCHAR,
    "data_fingerprint" VARCHAR,
    "checkpoint" VARCHAR,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE models.training_runs IS 'Every model that was trained, with what it was trained on';
COMMENT ON COLUMN models.training_runs."model_id" IS 'Model: name, end of training, settings and data';
COMMENT ON COLUMN models.training_runs."model_name" IS 'Kind of model';
COMMENT ON COLUMN models.training_runs."train_start_ts" IS 'First origin of the training span (UTC)';
COMMENT ON COLUMN models.training_runs."train_end_ts" IS 'Last moment whose prices training saw (UTC)';
COMMENT ON COLUMN models.training_runs."validation_start_ts" IS 'Start of the purged validation span (UTC)';
COMMENT ON COLUMN models.training_runs."epochs" IS 'Epochs run';
COMMENT ON COLUMN models.training_runs."best_epoch" IS 'Epoch whose weights were kept';
COMMENT ON COLUMN models.training_runs."validation_ratio" IS 'Validation loss ÷ the reference walk''s';
COMMENT ON COLUMN models.training_runs."learning_curve" IS 'JSON: epoch, training and validation loss ÷ the reference walk''s';
COMMENT ON COLUMN models.training_runs."n_parameters" IS 'Weights';
COMMENT ON COLUMN models.training_runs."n_windows" IS 'Training windows in an epoch';
COMMENT ON COLUMN models.training_runs."settings" IS 'JSON of the hyper-parameters';
COMMENT ON COLUMN models.training_runs."data_fingerprint" IS 'Fingerprint of the panel';
COMMENT ON COLUMN models.training_runs."checkpoint" IS 'File name of the checkpoint';
COMMENT ON COLUMN models.training_runs."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN models.training_runs."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN models.training_runs."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN models.training_runs."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE models.forecasts (
    "model_id" VARCHAR,
    "model_name" VARCHAR,
    "asset" VARCHAR,
    "origin_ts" TIMESTAMPTZ,
    "horizon_h" INTEGER,
    "level" DOUBLE,
    "log_return" DOUBLE,
    "purpose" VARCHAR,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE models.forecasts IS 'Quantiles of the cumulative log return, per model, asset, origin and horizon';
COMMENT ON COLUMN models.forecasts."model_id" IS 'Model (models.training_runs), or a baseline with the end of its training';
COMMENT ON COLUMN models.forecasts."model_name" IS 'Kind of model';
COMMENT ON COLUMN models.forecasts."asset" IS 'Canonical ticker';
COMMENT ON COLUMN models.forecasts."origin_ts" IS 'When the forecast was made: the close that it starts from (UTC)';
COMMENT ON COLUMN models.forecasts."horizon_h" IS 'Hours ahead';
COMMENT ON COLUMN models.forecasts."level" IS 'Probability level';
COMMENT ON COLUMN models.forecasts."log_return" IS 'Quantile of the cumulative log return';
COMMENT ON COLUMN models.forecasts."purpose" IS 'evaluation (walk-forward) or live (the night''s own)';
COMMENT ON COLUMN models.forecasts."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN models.forecasts."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN models.forecasts."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN models.forecasts."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE models.scores (
    "model_name" VARCHAR,
    "asset" VARCHAR,
    "horizon_h" INTEGER,
    "metric" VARCHAR,
    "value" DOUBLE,
    "low" DOUBLE,
    "high" DOUBLE,
    "p_value" DOUBLE,
    "n_origins" INTEGER,
    "test_start_ts" TIMESTAMPTZ,
    "test_end_ts" TIMESTAMPTZ,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE models.scores IS 'Walk-forward scores of each model beside the reference walk';
COMMENT ON COLUMN models.scores."model_name" IS 'Kind of model';
COMMENT ON COLUMN models.scores."asset" IS 'Canonical ticker, or ALL';
COMMENT ON COLUMN models.scores."horizon_h" IS 'Hours ahead; 0 stands for all horizons together';
COMMENT ON COLUMN models.scores."metric" IS 'crps, crps_skill, coverage_90, mae_ratio, direction, dm_hln, pit_…';
COMMENT ON COLUMN models.scores."value" IS 'Value of the metric';
COMMENT ON COLUMN models.scores."low" IS 'Lower end of the 95 % interval';
COMMENT ON COLUMN models.scores."high" IS 'Upper end of the 95 % interval';
COMMENT ON COLUMN models.scores."p_value" IS 'Two-sided p-value';
COMMENT ON COLUMN models.scores."n_origins" IS 'Origins that were scored';
COMMENT ON COLUMN models.scores."test_start_ts" IS 'First origin (UTC)';
COMMENT ON COLUMN models.scores."test_end_ts" IS 'Last origin (UTC)';
COMMENT ON COLUMN models.scores."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN models.scores."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN models.scores."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN models.scores."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE models.impact (
    "study_id" VARCHAR,
    "doc_id" VARCHAR,
    "asset" VARCHAR,
    "window_h" DOUBLE,
    "benchmark" VARCHAR,
    "event_ts" TIMESTAMPTZ,
    "available_ts" TIMESTAMPTZ,
    "base_ts" TIMESTAMPTZ,
    "timeframe" VARCHAR,
    "release_group" VARCHAR,
    "is_late_stamp" BOOLEAN,
    "car" DOUBLE,
    "bhar" DOUBLE,
    "sigma" DOUBLE,
    "scaled_move" DOUBLE,
    "placebo_move" DOUBLE,
    "excess_move" DOUBLE,
    "n_placebo" INTEGER,
    "forecast_quantile" DOUBLE,
    "peak_car" DOUBLE,
    "time_to_peak_h" DOUBLE,
    "reversal_share" DOUBLE,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE models.impact IS 'Abnormal return of every release, per window and benchmark';
COMMENT ON COLUMN models.impact."study_id" IS 'Study: timeframe of the candles and its settings';
COMMENT ON COLUMN models.impact."doc_id" IS 'Document (core.documents)';
COMMENT ON COLUMN models.impact."asset" IS 'Canonical ticker';
COMMENT ON COLUMN models.impact."window_h" IS 'Length of the window after the release (hours)';
COMMENT ON COLUMN models.impact."benchmark" IS 'reference_walk, mean, market or transformer';
COMMENT ON COLUMN models.impact."event_ts" IS 'First public time of the release (UTC)';
COMMENT ON COLUMN models.impact."available_ts" IS 'End of the window (UTC)';
COMMENT ON COLUMN models.impact."base_ts" IS 'Close that the move is measured from: the last at or before the release (UTC)';
COMMENT ON COLUMN models.impact."timeframe" IS 'Candles that were used';
COMMENT ON COLUMN models.impact."release_group" IS 'real, generated, fabricated or unlabelled';
COMMENT ON COLUMN models.impact."is_late_stamp" IS 'True where the time is of the first report';
COMMENT ON COLUMN models.impact."car" IS 'Cumulative abnormal return (log)';
COMMENT ON COLUMN models.impact."bhar" IS 'Buy-and-hold abnormal return (simple)';
COMMENT ON COLUMN models.impact."sigma" IS 'Reference walk''s sigma for the window (log return)';
COMMENT ON COLUMN models.impact."scaled_move" IS '|CAR| ÷ sigma';
COMMENT ON COLUMN models.impact."placebo_move" IS 'Mean |CAR| ÷ sigma of the matched placebo times';
COMMENT ON COLUMN models.impact."excess_move" IS 'scaled_move − placebo_move';
COMMENT ON COLUMN models.impact."n_placebo" IS 'Matched placebo times';
COMMENT ON COLUMN models.impact."forecast_quantile" IS 'Where the move fell in the forecast''s distribution';
COMMENT ON COLUMN models.impact."peak_car" IS 'CAR of largest size within the window (log)';
COMMENT ON COLUMN models.impact."time_to_peak_h" IS 'Hours from the base close to that peak';
COMMENT ON COLUMN models.impact."reversal_share" IS 'Share of the peak given back at the end of the window';
COMMENT ON COLUMN models.impact."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN models.impact."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN models.impact."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN models.impact."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE models.impact_paths (
    "study_id" VARCHAR,
    "release_group" VARCHAR,
    "benchmark" VARCHAR,
    "offset_h" DOUBLE,
    "mean_abs_scaled" DOUBLE,
    "placebo_abs_scaled" DOUBLE,
    "mean_car" DOUBLE,
    "low" DOUBLE,
    "high" DOUBLE,
    "n_releases" INTEGER,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE models.impact_paths IS 'Mean CAR path of each release group around the release';
COMMENT ON COLUMN models.impact_paths."study_id" IS 'Study';
COMMENT ON COLUMN models.impact_paths."release_group" IS 'real, generated, fabricated or unlabelled';
COMMENT ON COLUMN models.impact_paths."benchmark" IS 'Model of the normal return';
COMMENT ON COLUMN models.impact_paths."offset_h" IS 'Hours from the base close';
COMMENT ON COLUMN models.impact_paths."mean_abs_scaled" IS 'Mean |CAR| ÷ sigma to this offset, after the release';
COMMENT ON COLUMN models.impact_paths."placebo_abs_scaled" IS 'The same at matched placebo times';
COMMENT ON COLUMN models.impact_paths."mean_car" IS 'Mean CAR (log)';
COMMENT ON COLUMN models.impact_paths."low" IS 'Lower end of the 95 % band of the mean CAR';
COMMENT ON COLUMN models.impact_paths."high" IS 'Upper end of the 95 % band of the mean CAR';
COMMENT ON COLUMN models.impact_paths."n_releases" IS 'Releases';
COMMENT ON COLUMN models.impact_paths."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN models.impact_paths."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN models.impact_paths."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN models.impact_paths."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE models.impact_tests (
    "study_id" VARCHAR,
    "release_group" VARCHAR,
    "window_h" DOUBLE,
    "benchmark" VARCHAR,
    "test" VARCHAR,
    "estimate" DOUBLE,
    "low" DOUBLE,
    "high" DOUBLE,
    "statistic" DOUBLE,
    "p_value" DOUBLE,
    "n_releases" INTEGER,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE models.impact_tests IS 'Tests of no abnormal return, per group, window, benchmark';
COMMENT ON COLUMN models.impact_tests."study_id" IS 'Study';
COMMENT ON COLUMN models.impact_tests."release_group" IS 'real, generated, fabricated, unlabelled or late_stamp';
COMMENT ON COLUMN models.impact_tests."window_h" IS 'Window (hours)';
COMMENT ON COLUMN models.impact_tests."benchmark" IS 'Model of the normal return';
COMMENT ON COLUMN models.impact_tests."test" IS 'cross_sectional_t, patell, bmp, corrado_rank, sign, generalised_sign, mean_car, excess_move';
COMMENT ON COLUMN models.impact_tests."estimate" IS 'What is tested: mean CAR, or mean excess move';
COMMENT ON COLUMN models.impact_tests."low" IS 'Lower end of the 95 % interval';
COMMENT ON COLUMN models.impact_tests."high" IS 'Upper end of the 95 % interval';
COMMENT ON COLUMN models.impact_tests."statistic" IS 'Test statistic';
COMMENT ON COLUMN models.impact_tests."p_value" IS 'Two-sided p-value';
COMMENT ON COLUMN models.impact_tests."n_releases" IS 'Releases';
COMMENT ON COLUMN models.impact_tests."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN models.impact_tests."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN models.impact_tests."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN models.impact_tests."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE models.impact_comparisons (
    "study_id" VARCHAR,
    "answer" VARCHAR,
    "group_a" VARCHAR,
    "group_b" VARCHAR,
    "window_h" DOUBLE,
    "quantity" VARCHAR,
    "mean_a" DOUBLE,
    "mean_b" DOUBLE,
    "difference" DOUBLE,
    "low" DOUBLE,
    "high" DOUBLE,
    "p_value" DOUBLE,
    "n_a" INTEGER,
    "n_b" INTEGER,
    "detectable" DOUBLE,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE models.impact_comparisons IS 'Generated and fabricated against real releases: realised and scored';
COMMENT ON COLUMN models.impact_comparisons."study_id" IS 'Study';
COMMENT ON COLUMN models.impact_comparisons."answer" IS 'realised (what prices did) or scored (what the network expects)';
COMMENT ON COLUMN models.impact_comparisons."group_a" IS 'Group compared';
COMMENT ON COLUMN models.impact_comparisons."group_b" IS 'Group compared with';
COMMENT ON COLUMN models.impact_comparisons."window_h" IS 'Window or horizon (hours)';
COMMENT ON COLUMN models.impact_comparisons."quantity" IS 'excess_move or expected_width_change';
COMMENT ON COLUMN models.impact_comparisons."mean_a" IS 'Mean of group a';
COMMENT ON COLUMN models.impact_comparisons."mean_b" IS 'Mean of group b';
COMMENT ON COLUMN models.impact_comparisons."difference" IS 'mean_a − mean_b';
COMMENT ON COLUMN models.impact_comparisons."low" IS 'Lower end of the 95 % permutation interval';
COMMENT ON COLUMN models.impact_comparisons."high" IS 'Upper end of the 95 % permutation interval';
COMMENT ON COLUMN models.impact_comparisons."p_value" IS 'Two-sided permutation p-value';
COMMENT ON COLUMN models.impact_comparisons."n_a" IS 'Releases of group a';
COMMENT ON COLUMN models.impact_comparisons."n_b" IS 'Releases of group b';
COMMENT ON COLUMN models.impact_comparisons."detectable" IS 'Smallest difference found with 80 % power at 5 %';
COMMENT ON COLUMN models.impact_comparisons."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN models.impact_comparisons."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN models.impact_comparisons."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN models.impact_comparisons."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE models.scored (
    "doc_id" VARCHAR,
    "asset" VARCHAR,
    "horizon_h" INTEGER,
    "event_ts" TIMESTAMPTZ,
    "available_ts" TIMESTAMPTZ,
    "origin_ts" TIMESTAMPTZ,
    "model_id" VARCHAR,
    "release_group" VARCHAR,
    "median_text" DOUBLE,
    "median_none" DOUBLE,
    "median_walk" DOUBLE,
    "width_text" DOUBLE,
    "width_none" DOUBLE,
    "width_walk" DOUBLE,
    "realised" DOUBLE,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE models.scored IS 'What the network expects after a release: with its text, with none, and the reference walk';
COMMENT ON COLUMN models.scored."doc_id" IS 'Document (core.documents)';
COMMENT ON COLUMN models.scored."asset" IS 'Canonical ticker';
COMMENT ON COLUMN models.scored."horizon_h" IS 'Hours ahead';
COMMENT ON COLUMN models.scored."event_ts" IS 'First public time of the release (UTC)';
COMMENT ON COLUMN models.scored."available_ts" IS 'When the score could first be made: the document''s available_ts (UTC)';
COMMENT ON COLUMN models.scored."origin_ts" IS 'Last close at or before the release (UTC)';
COMMENT ON COLUMN models.scored."model_id" IS 'Model, trained wholly before the release';
COMMENT ON COLUMN models.scored."release_group" IS 'real, generated, fabricated or unlabelled';
COMMENT ON COLUMN models.scored."median_text" IS 'Median log return expected with the text';
COMMENT ON COLUMN models.scored."median_none" IS 'Median log return expected without the text';
COMMENT ON COLUMN models.scored."median_walk" IS 'Median of the reference walk';
COMMENT ON COLUMN models.scored."width_text" IS 'Width of the 90 % band with the text (log return)';
COMMENT ON COLUMN models.scored."width_none" IS 'Width of the 90 % band without the text (log return)';
COMMENT ON COLUMN models.scored."width_walk" IS 'Width of the reference walk''s 90 % band (log return)';
COMMENT ON COLUMN models.scored."realised" IS 'What came (log return); null until it matures';
COMMENT ON COLUMN models.scored."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN models.scored."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN models.scored."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN models.scored."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE models.backtest_equity (
    "strategy" VARCHAR,
    "event_ts" TIMESTAMPTZ,
    "available_ts" TIMESTAMPTZ,
    "equity" DOUBLE,
    "drawdown" DOUBLE,
    "gross_exposure" DOUBLE,
    "turnover" DOUBLE,
    "cost" DOUBLE,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE models.backtest_equity IS 'Equity of each strategy';
COMMENT ON COLUMN models.backtest_equity."strategy" IS 'Strategy';
COMMENT ON COLUMN models.backtest_equity."event_ts" IS 'When it happened (UTC)';
COMMENT ON COLUMN models.backtest_equity."available_ts" IS 'First moment at which anyone could have known it (UTC)';
COMMENT ON COLUMN models.backtest_equity."equity" IS 'Capital, 1 at the start, after costs';
COMMENT ON COLUMN models.backtest_equity."drawdown" IS 'Fall from the highest equity so far (share, ≤ 0)';
COMMENT ON COLUMN models.backtest_equity."gross_exposure" IS 'Sum of |weights|';
COMMENT ON COLUMN models.backtest_equity."turnover" IS 'Sum of |changes of weight| in the bar';
COMMENT ON COLUMN models.backtest_equity."cost" IS 'Fees and spread paid in the bar (share of capital)';
COMMENT ON COLUMN models.backtest_equity."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN models.backtest_equity."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN models.backtest_equity."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN models.backtest_equity."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';

CREATE TABLE models.backtest_metrics (
    "strategy" VARCHAR,
    "metric" VARCHAR,
    "value" DOUBLE,
    "low" DOUBLE,
    "high" DOUBLE,
    "source" VARCHAR,
    "is_simulated" BOOLEAN,
    "run_id" VARCHAR,
    "ingested_ts" TIMESTAMPTZ
);
COMMENT ON TABLE models.backtest_metrics IS 'Figures of each strategy';
COMMENT ON COLUMN models.backtest_metrics."strategy" IS 'Strategy';
COMMENT ON COLUMN models.backtest_metrics."metric" IS 'sharpe, psr, max_drawdown, annual_return, annual_volatility, …';
COMMENT ON COLUMN models.backtest_metrics."value" IS 'Value';
COMMENT ON COLUMN models.backtest_metrics."low" IS 'Lower end of the 95 % interval';
COMMENT ON COLUMN models.backtest_metrics."high" IS 'Upper end of the 95 % interval';
COMMENT ON COLUMN models.backtest_metrics."source" IS 'Source that delivered the row, or the computation that made it';
COMMENT ON COLUMN models.backtest_metrics."is_simulated" IS 'True where the row comes from the market simulator or rests on it';
COMMENT ON COLUMN models.backtest_metrics."run_id" IS 'Run that wrote the row (ops.runs)';
COMMENT ON COLUMN models.backtest_metrics."ingested_ts" IS 'When tapewire wrote the row (wall clock, UTC)';
