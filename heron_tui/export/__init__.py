"""Exports: what a store holds, in formats that others read. `running.run` makes the records, `output` writes them."""
