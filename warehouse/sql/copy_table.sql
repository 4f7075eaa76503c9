INSERT INTO copy.@schema.@name SELECT * FROM @schema.@name
