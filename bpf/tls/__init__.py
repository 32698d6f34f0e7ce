"""Parts of the TLS helper: standard library and bcc only, nothing of heron_tui."""
