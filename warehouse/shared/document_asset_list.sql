-- The assets that each document speaks of, in one text
-- grain: doc_id
-- assets: Canonical tickers, in alphabetical order, separated by commas
CREATE OR REPLACE VIEW core.document_asset_list AS
SELECT doc_id, string_agg(asset, ', ' ORDER BY asset) AS assets
FROM core.document_assets WHERE confidence > 0 GROUP BY doc_id;
