INSERT INTO copy.@schema.@name BY NAME SELECT * FROM @schema.@name
