-- How many releases came each week, by group?
-- chart: bar x=week y=n_releases by=release_group
SELECT date_trunc('week', event_ts AT TIME ZONE 'UTC') AS week, release_group, count(*) AS n_releases
FROM marts.releases
GROUP BY ALL
ORDER BY week, release_group
