"""Problem sets for a class: the problems, and the formats in which they are written."""
