"""News and releases from RSS, Atom and RDF feeds."""
