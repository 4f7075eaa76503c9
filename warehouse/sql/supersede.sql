-- The version that a changed row replaces is no longer the latest.
UPDATE @table AS t SET is_latest = false
FROM (SELECT s.* FROM _stage s JOIN _diff d USING (_row) WHERE d.status = 'changed') s
WHERE t.is_latest AND @key_match
