"""How well the curvature of a model foretells the largest rate at which it trains."""
