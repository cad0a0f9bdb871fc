"""Argument checks, named random streams, threads and memory: what every other folder uses."""
