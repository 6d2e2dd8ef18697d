"""Logs of such runs, as people paste them, to measure how right the reader of logs is."""
