"""Links documents to the assets that they mention."""
