"""From the words of a document to the assets it speaks of."""
