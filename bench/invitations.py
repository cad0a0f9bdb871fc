"""Time and memory to read a table of invitations with default options: ``python -m bench.invitations [--rows N]``.

The table is generated: invitation_id, inviter_email, invitee_email, sent_at, channel, message, accepted. The header and
the columns must be found without options. ``--smoke`` reads a small table.
"""

import argparse
import csv
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import imax

COLUMNS = ["invitation_id", "inviter_email", "invitee_email", "sent_at", "channel", "message", "accepted"]
MESSAGES = ["", "Join us!", 'Ann said: "come along"', "Hello,\nsee you there"]


def write(path: Path, rows: int, *, seed: int = 1) -> set[tuple[str, str]]:
    """Write a table of invitations, of which few people send most, and return the pairs."""
    rng = np.random.default_rng(seed)
    n = max(4, rows // 2)
    inviter = (n * rng.random(rows) ** 3).astype(int)
    invitee = rng.integers(0, n, rows)
    pairs = [(f"user{u}@example.org", f"user{v}@example.org") for u, v in zip(inviter, invitee, strict=True)]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for i, (u, v) in enumerate(pairs):
            sent = f"2026-{1 + i % 12:02}-{1 + i % 28:02} {i % 24:02}:00:00"
            writer.writerow([i, u, v, sent, ("mail", "sms")[i % 2], MESSAGES[i % 4], ("true", "false")[i % 3 > 0]])
    return set(pairs)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--smoke", action="store_true")
    options = parser.parse_args()
    rows = 2000 if options.smoke else options.rows
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "invitations.csv"
        pairs = write(path, rows)
        start = time.perf_counter()
        graph = imax.read_graph(path)
        read = time.perf_counter() - start
        assert {(u, v) for u, v, _ in graph.arcs()} == {(u, v) for u, v in pairs if u != v}
        assert not graph.report.doubts
        start = time.perf_counter()
        result = imax.maximize(graph, 10, rng=1)
        select = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    print(f"{rows:,} invitations, {graph.n_nodes:,} nodes, {graph.n_arcs:,} arcs")
    print(f"read {read:.2f} s, select 10 seeds {select:.2f} s ({result.ratio:.1%} of the optimum), peak {peak:.0f} MB")


if __name__ == "__main__":
    main()
