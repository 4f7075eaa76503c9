SELECT s.* EXCLUDE (_row) FROM _stage s JOIN _diff d USING (_row) WHERE d.status = 'foreign' ORDER BY s._row
