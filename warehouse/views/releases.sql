-- Releases, news and announcements with their assets and groups
-- grain: doc_id
-- machine_probability: Probability of machine authorship by the newest detector; null: not judged, or too short. Machine-written is not false
-- machine_threshold: Probability beyond which a text of its kind is flagged: set by people's texts of like kinds, of which 1 % at most exceed it; null: no such texts
-- machine_verdict: flagged, not flagged, too short to tell, or not calibrated (for its kind); null: not judged (simulated prose never is)
-- machine_striking: JSON of the most machine-like stretches: words and mean log odds of a machine; null: its words spoke for a person, and it was not read
CREATE OR REPLACE VIEW marts.releases AS
SELECT d.doc_id, d.event_ts, d.available_ts, d.ts_precision, d.is_late_stamp, d.availability_assumed,
       d.first_seen_ts, d.publisher, d.kind, d.title, d.curator_title, d.body, d.url, d.authorship, d.authorship_evidence, d.veracity,
       d.veracity_evidence, d.release_group, d.event_label, d.is_recommended, d.retracted_ts, d.reported_move,
       d.labelled_ts, a.assets, m.machine_probability, m.threshold AS machine_threshold, m.verdict AS machine_verdict,
       m.striking AS machine_striking, n.novelty, n.nearest_doc_id, n.nearest_similarity, d.source, d.is_simulated
FROM core.labelled_documents d
LEFT JOIN core.document_asset_list a USING (doc_id)
LEFT JOIN features.newest_authorship m USING (doc_id)
LEFT JOIN features.document_novelty n USING (doc_id);
