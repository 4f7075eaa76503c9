-- Which releases read as machine-written?
SELECT event_ts, publisher, title, machine_probability, machine_threshold, release_group, doc_id
FROM marts.releases
WHERE machine_verdict = 'flagged'
ORDER BY machine_probability DESC
