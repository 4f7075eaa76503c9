CREATE OR REPLACE VIEW marts.generated_releases AS
SELECT e.text_id, e.batch_id, e.number, e.kind, e.asset, e.title, e.body, e.authorship, e.mark, e.model, e.revision, e.prompt, e.examples, e.parameters, e.frame_share, e.seed, e.created_ts, s.machine_probability, s.verdict AS machine_verdict, s.striking AS machine_striking, e.is_simulated
FROM models.generated_releases e
LEFT JOIN (SELECT * FROM models.generated_scores QUALIFY row_number() OVER (PARTITION BY text_id ORDER BY ingested_ts DESC, detector) = 1) s USING (text_id);
COMMENT ON VIEW marts.generated_releases IS 'Releases that a language model wrote for research: machine-written, never news';
COMMENT ON COLUMN marts.generated_releases.text_id IS 'Hash of model, prompt, parameters, seed and number';
COMMENT ON COLUMN marts.generated_releases.batch_id IS 'Hash of what the releases of a batch share';
COMMENT ON COLUMN marts.generated_releases.number IS 'Place in the batch, from 0';
COMMENT ON COLUMN marts.generated_releases.kind IS 'press_release, exchange_announcement or news';
COMMENT ON COLUMN marts.generated_releases.asset IS 'Asset that it was asked to speak of';
COMMENT ON COLUMN marts.generated_releases.title IS 'Headline';
COMMENT ON COLUMN marts.generated_releases.body IS 'Text';
COMMENT ON COLUMN marts.generated_releases.authorship IS 'machine, always';
COMMENT ON COLUMN marts.generated_releases.mark IS 'What every copy of the text has to carry';
COMMENT ON COLUMN marts.generated_releases.model IS 'Language model';
COMMENT ON COLUMN marts.generated_releases.revision IS 'Version of its package, its commit, or a hash of its weights';
COMMENT ON COLUMN marts.generated_releases.prompt IS 'What the model was shown';
COMMENT ON COLUMN marts.generated_releases.examples IS 'Documents that it was shown (core.documents)';
COMMENT ON COLUMN marts.generated_releases.parameters IS 'JSON: sampling, frame, size of a batch';
COMMENT ON COLUMN marts.generated_releases.frame_share IS 'Share of its characters that the form gave, not the model';
COMMENT ON COLUMN marts.generated_releases.seed IS 'Seed';
COMMENT ON COLUMN marts.generated_releases.created_ts IS 'When it was written (wall clock, UTC)';
COMMENT ON COLUMN marts.generated_releases.machine_probability IS 'Probability of machine authorship that the detector gives it';
COMMENT ON COLUMN marts.generated_releases.machine_verdict IS 'What the detector says: flagged, not flagged, or too short';
COMMENT ON COLUMN marts.generated_releases.machine_striking IS 'JSON of the stretches that were too likely: words and deviations';
COMMENT ON COLUMN marts.generated_releases.is_simulated IS 'True where the row comes from the market simulator or rests on it';
