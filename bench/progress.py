"""Time of a selection without progress, with a bar on a terminal, and with log messages.

Run ``python -m bench.progress`` with IMAX_DATA set; ``--smoke`` runs once on a small graph. The three ways take
turns, so that a busy machine slows all of them.
"""

import argparse
import logging
import os
import pty
import statistics
import sys
import time

import imax


def seconds(graph: imax.InfluenceGraph, k: int, epsilon: float, seed: int, **options: object) -> float:
    """Return the time of one selection."""
    began = time.perf_counter()
    imax.maximize(graph, k, epsilon=epsilon, rng=seed, algorithm="imm", **options)
    return time.perf_counter() - began


def on_terminal(graph: imax.InfluenceGraph, k: int, epsilon: float, seed: int) -> float:
    """Return the time of one selection that draws its bar on a pseudo-terminal."""
    ours, theirs = pty.openpty()
    before, sys.stderr = sys.stderr, os.fdopen(theirs, "w")
    try:
        return seconds(graph, k, epsilon, seed, progress=True)
    finally:
        sys.stderr.close()
        sys.stderr = before
        os.close(ours)


def logged(graph: imax.InfluenceGraph, k: int, epsilon: float, seed: int) -> float:
    """Return the time of one selection whose phases are logged to a file."""
    logger, handler = logging.getLogger("imax"), logging.FileHandler(os.devnull)
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        return seconds(graph, k, epsilon, seed)
    finally:
        logger.setLevel(logging.NOTSET)
        logger.removeHandler(handler)
        handler.close()


def main() -> None:
    """Print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true")
    smoke = parser.parse_args().smoke
    graph = imax.datasets.load("karate" if smoke else "epinions")
    k, epsilon, runs = (2, 0.5, 1) if smoke else (50, 0.08, 7)
    ways = {"without progress": seconds, "bar on a terminal": on_terminal, "log at level DEBUG": logged}
    times: dict[str, list[float]] = {name: [] for name in ways}
    seconds(graph, k, epsilon, 0)
    for run in range(runs):
        for name, measure in ways.items():
            times[name].append(measure(graph, k, epsilon, run))
    print(f"{'maximize':<20}{'median':>10}{'fastest':>10}")
    for name, found in times.items():
        print(f"{name:<20}{statistics.median(found):>8.2f} s{min(found):>8.2f} s")


if __name__ == "__main__":
    main()
