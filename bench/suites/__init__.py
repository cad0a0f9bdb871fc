"""Nightly benchmarks for airspeed velocity: one module for each part of the package."""
