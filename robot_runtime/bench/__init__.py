"""Benchmarks: each budget of the design measured, as a table with machine and commit."""
