"""What the service remembers: tables, transactions and migrations. SQLite by default, PostgreSQL by URL."""
