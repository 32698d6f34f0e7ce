"""What a call's prompt holds, and how it differs from another's: for the context window and the diff."""
