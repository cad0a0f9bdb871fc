"""Algorithms that select examples to annotate: functions from a `Problem` to an `Outcome`."""
