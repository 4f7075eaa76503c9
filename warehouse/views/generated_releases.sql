-- Releases that a language model wrote for research: machine-written, never news
-- grain: text_id
-- machine_probability: Probability of machine authorship that the detector gives it
-- machine_verdict: What the detector says: flagged, not flagged, too short, or not calibrated
-- machine_striking: JSON of the most machine-like stretches: words and mean log odds of a machine; null: its words spoke for a person, and it was not read
CREATE OR REPLACE VIEW marts.generated_releases AS
SELECT e.text_id, e.batch_id, e.number, e.kind, e.asset, e.title, e.body, e.authorship, e.mark, e.model, e.revision, e.prompt, e.examples, e.parameters, e.frame_share, e.seed, e.created_ts, s.machine_probability, s.verdict AS machine_verdict, s.striking AS machine_striking, e.is_simulated
FROM models.generated_releases e
LEFT JOIN (SELECT * FROM models.generated_scores QUALIFY row_number() OVER (PARTITION BY text_id ORDER BY ingested_ts DESC, detector) = 1) s USING (text_id);
