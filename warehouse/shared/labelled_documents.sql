-- Documents as of the newest run, with a desk's labels before those of their source, and the group that follows
-- grain: doc_id
-- authorship_evidence: How authorship is known: provenance, labelled, none; desk where a desk labelled it
-- veracity_evidence: How veracity is known: provenance, labelled, none; desk where a desk labelled it
-- release_group: real, generated, fabricated or unlabelled, by one rule
CREATE OR REPLACE VIEW core.labelled_documents AS
SELECT d.* REPLACE (
           coalesce(l.authorship, d.authorship) AS authorship,
           CASE WHEN l.authorship IS NULL THEN d.authorship_evidence ELSE 'desk' END AS authorship_evidence,
           coalesce(l.veracity, d.veracity) AS veracity,
           CASE WHEN l.veracity IS NULL THEN d.veracity_evidence ELSE 'desk' END AS veracity_evidence
       ),
       core.release_group(coalesce(l.authorship, d.authorship), coalesce(l.veracity, d.veracity)) AS release_group
FROM core.documents_as_of(core.newest_as_of()) d
LEFT JOIN core.document_labels l USING (doc_id);
