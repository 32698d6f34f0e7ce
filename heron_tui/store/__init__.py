"""The store: one SQLite file that holds what heron-tui made of captures, written by one process and read by many.

`writer` is for the engine, `reader` for every front room; `catalog` knows the stores of earlier runs. Readers load
neither sqlite-utils nor, until packets are asked for, NumPy.
"""
