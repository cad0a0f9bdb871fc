"""Argument checks, registries, random streams, threads and memory: the tools of every other folder."""
