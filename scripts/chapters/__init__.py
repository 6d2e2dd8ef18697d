"""To add a chapter: its skeleton, and what it still lacks."""
