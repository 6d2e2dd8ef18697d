"""The formats, one a file: what stands in a set, its key, or a question bank."""
