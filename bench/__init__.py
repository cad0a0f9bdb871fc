"""Benchmarks: ``python -m bench.NAME`` runs a module and prints a table."""
