-- A sum of row hashes does not depend on the order of rows, and tells a repeated row from a single one.
SELECT count(*), coalesce(sum(hash(@columns)::HUGEINT), 0)::VARCHAR FROM @table
