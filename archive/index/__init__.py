"""Derived indexes: the SQLite catalog and the full-text search index. Both can be rebuilt from the WARC files."""
