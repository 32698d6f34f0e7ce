"""Tests, room by room as in heron_tui."""
