"""Programs: run them, and keep what they print and draw for the pages."""
