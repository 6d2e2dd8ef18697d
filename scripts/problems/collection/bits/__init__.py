"""What a number format does to a run."""
