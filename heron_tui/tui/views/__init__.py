"""The views, one per file: panes side by side or below each other, and what enter leads to."""
