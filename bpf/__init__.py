"""The privileged TLS helper and its parts; run as a program, never imported by heron_tui."""
