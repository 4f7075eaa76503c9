-- Documents as of the newest run, with a desk's labels before those of their source, and the group that follows
-- grain: doc_id
-- authorship_evidence: How authorship is known: provenance, labelled, none; desk where a desk labelled it
-- veracity_evidence: How veracity is known: provenance, labelled, none; desk where a desk labelled it
-- labelled_ts: First moment at which anyone could have known what the source says of it beside the text (UTC)
-- release_group: real, generated, fabricated or unlabelled, by one rule
CREATE OR REPLACE VIEW core.labelled_documents AS
SELECT d.* REPLACE (
           coalesce(l.authorship, s.authorship, d.authorship) AS authorship,
           CASE WHEN l.authorship IS NOT NULL THEN 'desk' WHEN s.authorship IS NOT NULL THEN 'labelled'
                ELSE d.authorship_evidence END AS authorship_evidence,
           coalesce(l.veracity, s.veracity, d.veracity) AS veracity,
           CASE WHEN l.veracity IS NOT NULL THEN 'desk' WHEN s.veracity <> 'unknown' THEN 'labelled'
                ELSE d.veracity_evidence END AS veracity_evidence,
           coalesce(d.url, s.report_url) AS url
       ),
       s.curator_title, s.event_label, coalesce(s.is_recommended, true) AS is_recommended, s.retracted_ts,
       s.reported_move, s.available_ts AS labelled_ts,
       core.release_group(coalesce(l.authorship, s.authorship, d.authorship),
                          coalesce(l.veracity, s.veracity, d.veracity)) AS release_group
FROM core.documents_as_of(core.newest_as_of()) d
LEFT JOIN core.source_labels s USING (doc_id)
LEFT JOIN core.document_labels l USING (doc_id);
