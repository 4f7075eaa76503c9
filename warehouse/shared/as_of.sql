-- Moment that the newest run looked from; a warehouse without runs is seen whole.
CREATE OR REPLACE MACRO core.newest_as_of() AS
    coalesce((SELECT as_of_ts FROM ops.runs ORDER BY started_ts DESC, run_id DESC LIMIT 1), 'infinity'::TIMESTAMPTZ);
