-- Supply, price and growth of each stablecoin by chain and day, source by source: never to be summed over sources
-- grain: coin, chain, source, day
-- day: UTC day that the figures describe
-- peg_deviation: Price − 1 where the coin is pegged to the dollar (USD)
-- supply_usd: Units where they are known, at one dollar each, else the capitalisation (USD)
-- growth_1d: Growth of the supply over 1 day (share); null where the day before has no figure
-- growth_7d: Growth of the supply over 7 days (share)
-- growth_30d: Growth of the supply over 30 days (share)
CREATE OR REPLACE VIEW marts.stablecoins AS
WITH pegs AS (SELECT coin, any_value(peg_type) AS peg_type, any_value(peg_mechanism) AS peg_mechanism FROM core.stablecoins GROUP BY coin),
days AS (
    SELECT coin, chain, source, ((event_ts - INTERVAL 1 DAY) AT TIME ZONE 'UTC')::DATE AS day, available_ts, supply_units, price_usd,
           market_cap_usd, coalesce(supply_units, market_cap_usd) AS supply_usd, is_simulated
    FROM core.supply_as_of(core.newest_as_of())
)
SELECT d.coin, d.chain, d.source, d.day, d.available_ts, p.peg_type, p.peg_mechanism, d.supply_units, d.price_usd,
       CASE WHEN coalesce(p.peg_type, 'peggedUSD') = 'peggedUSD' THEN d.price_usd - 1 END AS peg_deviation,
       d.market_cap_usd, d.supply_usd, d.supply_usd / b1.supply_usd - 1 AS growth_1d, d.supply_usd / b7.supply_usd - 1 AS growth_7d,
       d.supply_usd / b30.supply_usd - 1 AS growth_30d, d.is_simulated
FROM days d LEFT JOIN pegs p USING (coin)
LEFT JOIN days b1 ON (b1.coin, b1.chain, b1.source, b1.day) = (d.coin, d.chain, d.source, d.day - 1) AND b1.supply_usd > 0
LEFT JOIN days b7 ON (b7.coin, b7.chain, b7.source, b7.day) = (d.coin, d.chain, d.source, d.day - 7) AND b7.supply_usd > 0
LEFT JOIN days b30 ON (b30.coin, b30.chain, b30.source, b30.day) = (d.coin, d.chain, d.source, d.day - 30) AND b30.supply_usd > 0;
