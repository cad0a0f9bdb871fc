"""The benchmarks that airspeed velocity runs every night: one module for each part of the package."""
