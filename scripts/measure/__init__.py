"""Measure: how quick the build, the pages and the figures are, and how right the reader of logs."""
