"""The one part that keeps root when heron-tui is started with sudo: it starts capturers and the TLS helper, and nothing
else. It imports the standard library only, reads no packet, and writes no file."""
