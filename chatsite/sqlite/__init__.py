"""SQLite with transactions that take turns: the ENGINE of the embedded database."""
