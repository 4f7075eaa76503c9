-- What did bitcoin do in the 30 days after the ratio was unusually low?
SELECT s.day, s.oscillator_z, b.return_30d AS return_30d_after
FROM marts.ssr_daily s JOIN marts.market_daily b ON b.asset = 'BTC' AND b.day = s.day + 30
WHERE s.coin = 'ALL' AND s.oscillator_z < -1.5
ORDER BY s.day
