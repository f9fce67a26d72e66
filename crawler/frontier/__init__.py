"""What is due to be fetched, and when: entries, leases, and the SQLite queue that outlives a crash."""
