CREATE OR REPLACE MACRO core.release_group(authorship, veracity) AS CASE @cases ELSE @otherwise END
