"""Mutated tables of arcs: never a wrong column silently. ``python -m tests.fuzz_columns --cases N --seed S``.

Each case writes a table as people have them (invitations, followers, payments, plain edge lists), with shuffled
columns, other names, separators, quotes, damaged lines, titles or without a header, and reads it with default options.
A case passes if the graph has exactly the arcs of the two right columns, if the reader raises an `ImaxError` with one
line, or if ``graph.report.doubts`` says what may be wrong.
"""

import argparse
import csv
import gzip
import io
import sys
import tempfile
from pathlib import Path

import numpy as np

import imax
from imax.errors import ImaxError

PAIRS = [
    ("inviter_email", "invitee_email"), ("source", "target"), ("FromNodeId", "ToNodeId"), ("src", "dst"),
    ("sender", "recipient"), ("followed", "follower"), ("user_a", "user_b"), ("caller_id", "callee_id"),
    ("x", "y"), ("person", "city"),
]  # fmt: skip
UNCLEAR = 2  # the last pairs have names that are not clear


def labels(rng, kind, n):
    """Return labels of people."""
    ids = rng.choice(900, n, replace=False) + 10
    return {
        "email": [f"p{i}@x.org" for i in ids],
        "name": [
            f"{'ABCDEFG'[i % 7]}nn {'xyz'[i % 3]}{'abcdefghij'[i // 100]}{'klmnopqrst'[i // 10 % 10]}" for i in ids
        ],
        "word": ["".join("abcdefghij"[int(d)] for d in str(i * 7919)) for i in ids],
        "int": [str(i) for i in ids],
    }[kind]


def extra(rng, n):
    """Return a name and the cells of a column that is not about the ends of arcs."""
    choice = int(rng.integers(6))
    name = ["id", "sent_at", "channel", "accepted", "note", "amount"][choice]
    cells = [
        [f"inv-{i}" for i in range(n)],
        [f"2026-01-{1 + i % 28:02} 10:{i % 60:02}:00" for i in range(n)],
        [["mail", "sms", "mail, sms"][i % 3] for i in range(n)],
        [["true", "false"][i % 2] for i in range(n)],
        [["thanks", 'say "hi"', "two\nlines", "", "a;b|c"][int(k)] for k in rng.integers(0, 5, n)],
        [f"{x:.2f}" for x in rng.random(n) * 100],
    ][choice]
    return name, cells


def table(rng):
    """Return (bytes, arcs or None if a line is damaged, labels, whether there is a header): arcs in random dress."""
    kind = ["email", "name", "word", "int"][int(rng.integers(4))]
    people = labels(rng, kind, int(rng.integers(4, 20)))
    n = int(rng.integers(1, 60))
    ends = [(people[int(i)], people[int(j)]) for i, j in rng.integers(0, len(people), (n, 2))]
    source, target = PAIRS[int(rng.integers(len(PAIRS)))]
    columns = [(source, [u for u, _ in ends]), (target, [v for _, v in ends])]
    for _ in range(int(rng.choice([0, 0, 1, 3, 5]))):
        name, cells = extra(rng, n)
        if name not in [known for known, _ in columns]:
            columns.append((name, cells))
    if len(columns) > 2:
        columns = [columns[int(i)] for i in rng.permutation(len(columns))]
    header = rng.random() < 0.75
    separator = str(rng.choice([",", ";", "\t", "|", " "]))
    sink = io.StringIO()
    writer = csv.writer(
        sink,
        delimiter=separator,
        quoting=csv.QUOTE_ALL if rng.random() < 0.2 else csv.QUOTE_MINIMAL,
        lineterminator=str(rng.choice(["\n", "\r\n"])),
    )
    if header:
        writer.writerow([name for name, _ in columns])
    writer.writerows(zip(*(cells for _, cells in columns), strict=True))
    text = sink.getvalue()
    change = rng.random()
    if change < 0.1:
        text = f"{len({u for pair in ends for u in pair})} {n}\n" + text
    elif change < 0.2:  # a cell is missing, or one too many
        lines = text.split("\n")
        at = int(rng.integers(len(lines)))
        parts = lines[at].split(separator)
        where = int(rng.integers(len(parts)))
        lines[at] = separator.join(
            parts[:where] + parts[where + 1 :] if rng.random() < 0.5 else [*parts[:where], "q", *parts[where:]]
        )
        text = "\n".join(lines)
        ends = None
    elif change < 0.25:
        text = f"# made by a program\n{text}"
    elif change < 0.3:
        text = "\ufeff" + text
    elif change < 0.35:
        text = "Invitations of our users in January\n" + text
        ends = None
    elif change < 0.45:
        text = text.rstrip("\r\n")
    data = text.encode()
    return gzip.compress(data) if rng.random() < 0.1 else data, ends, people, header


def run_case(path, rng):
    """Run a case; return what is wrong, or None."""
    data, ends, people, header = table(rng)
    path.write_bytes(data)
    try:
        graph = imax.read_graph(path, threads=1)
    except ImaxError as error:
        text = str(error)
        return f"a message of {len(text)} characters: {text!r:.200}" if "\n" in text or len(text) > 2000 else None
    except Exception as error:
        return f"{type(error).__name__}: {error!s:.300}"
    if graph.report.doubts:
        return None
    found = {(str(u), str(v)) for u, v, _ in graph.arcs()}
    if ends is None:  # one line is damaged: its own labels may be odd, but all others must be people
        strangers = {label for pair in found for label in pair} - set(people)
        return f"labels of other columns: {sorted(strangers)[:4]}" if len(strangers) > 2 else None
    expected = {(u, v) for u, v in ends if u != v}
    if not header and found == {(v, u) for u, v in expected}:  # nothing says which end is which
        return None
    return None if found == expected else f"other arcs: {sorted(found ^ expected)[:4]}; {graph.report.notes}"


def fuzz(cases, seed, first=0):
    """Run cases and return the failures."""
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case.csv"
        for i in range(first, first + cases):
            problem = run_case(path, np.random.default_rng((seed, i)))
            if problem:
                failures.append((i, problem, path.read_bytes()[:300]))
    return failures


def main():
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, metavar="I", help="number of the first case")
    options = parser.parse_args()
    failures = fuzz(options.cases, options.seed, options.first)
    for case, problem, data in failures[:20]:
        print(f"case {case}: {problem}\n    {data!r}")
    print(f"{options.cases:,} cases, seed {options.seed}: {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
