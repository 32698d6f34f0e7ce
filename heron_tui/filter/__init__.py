"""The display filter: one language for every list, one tree, two back ends (SQL for the store, Python for records)."""
