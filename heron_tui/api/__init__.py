"""The JSON API: `heron-tui serve`, without a screen.

`server` listens, `security` lets in, `routes` is the table of what there is, `readers` answers from the store in
threads. It decodes nothing: it reads the store, and owns the engine that writes it.
"""
