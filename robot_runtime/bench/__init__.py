"""Benchmarks: each budget measured, as a table with machine and commit."""
