"""Time and peak memory of whole processes: `imax seed --k 50`, with and without compiled kernels in the cache.

``python -m bench.process`` measures facebook (from the folder that IMAX_DATA names), and an R-MAT graph as a text file
and as a binary file. ``--scale 23 --edge-factor 20 --only-binary`` measures a graph of 160 million arcs.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import imax

from ._measure import machine, parser, table


def run(arguments: list[str], environment: dict[str, str]) -> tuple[float, float, str]:
    """Run a command; return its time in seconds, its peak memory in MiB and its standard output."""
    began = time.perf_counter()
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        printed = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{arguments} failed with exit code {process.returncode}")
    return time.perf_counter() - began, usage.ru_maxrss / 1024, printed


def write_text(path: Path, src: Any, dst: Any) -> None:
    """Write arcs as tab-separated lines, in slices of a million arcs."""
    with path.open("wb") as file:
        for a in range(0, src.size, 1 << 20):
            pairs = np.column_stack([src[a : a + (1 << 20)], dst[a : a + (1 << 20)]]).tolist()
            file.write("".join(f"{s}\t{d}\n" for s, d in pairs).encode())


def make(folder: Path, scale: int, edge_factor: int, *, text: bool) -> None:
    """Write an R-MAT graph as a binary file and, if `text` is true, as a text file."""
    src, dst = imax.datasets.rmat(scale, edge_factor, rng=0)
    if text:
        write_text(folder / "graph.txt", src, dst)
    used = np.zeros(1 << scale, dtype=np.bool_)
    used[src] = True
    used[dst] = True
    number = (np.cumsum(used) - 1).astype(np.int32)
    src, dst = number[src], number[dst]
    began = time.perf_counter()
    graph = imax.InfluenceGraph.from_arrays(src, dst)
    print(f"{graph!r}: built from arrays in {time.perf_counter() - began:.1f} s")
    imax.write_graph(graph, folder / "graph.imax")


def rows_for(name: str, path: str, repeats: int, environment: dict[str, str]) -> list[tuple[Any, ...]]:
    """Return the table row of one input."""
    command = [sys.executable, "-m", "imax", "seed", "--k", "50", "--random-seed", "1", "--format", "json", path]
    run(command, environment)
    runs = [run(command, environment) for _ in range(repeats)]
    seconds = sorted(seconds for seconds, _, _ in runs)
    result = json.loads(runs[-1][2])
    phases = ", ".join(f"{k} {v:.2f}" for k, v in result["seconds"].items() if k != "total")
    return [
        (
            name, f"{seconds[len(seconds) // 2]:.2f} ({seconds[0]:.2f} to {seconds[-1]:.2f})",
            f"{max(memory for _, memory, _ in runs):,.0f}", f"{result['spread']:,.0f}", phases,
        )
    ]  # fmt: skip


def main() -> None:
    """Print the table."""
    made = parser(__doc__ or "")
    made.add_argument("--scale", type=int, default=20)
    made.add_argument("--edge-factor", type=int, default=16)
    made.add_argument("--only-binary", action="store_true")
    made.add_argument("--make", help=argparse.SUPPRESS)
    options = made.parse_args()
    if options.make:
        make(Path(options.make), options.scale, options.edge_factor, text=not options.only_binary)
        return
    repeats = 1 if options.smoke else options.repeats
    scale = 12 if options.smoke else options.scale
    print(machine(), "\n")
    rows: list[tuple[Any, ...]] = []
    environment = dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        if not options.only_binary:
            cold = environment | {"NUMBA_CACHE_DIR": f"{folder}/cache"}
            seconds, memory, _ = run([sys.executable, "-m", "imax", "seed", "--k", "5", "karate"], cold)
            rows.append(("karate, first run ever", f"{seconds:.2f}", f"{memory:,.0f}", "", ""))
            data = Path(os.environ.get("IMAX_DATA", "")) / "facebook.txt.gz"
            if data.exists():
                seconds, memory, _ = run(
                    [sys.executable, "-m", "imax", "seed", "--k", "50", str(data)],
                    environment | {"NUMBA_CACHE_DIR": f"{folder}/cache2"},
                )
                rows.append(("facebook.txt.gz, first run ever", f"{seconds:.2f}", f"{memory:,.0f}", "", ""))
                rows += rows_for("facebook.txt.gz", str(data), repeats, environment)
        name = f"R-MAT 2^{scale} x {options.edge_factor}"
        # in a separate process: the peak memory of a child is never reported below that of its parent
        making = [sys.executable, "-m", "bench.process", "--make", folder, "--scale", str(scale)]
        making += ["--edge-factor", str(options.edge_factor)] + ["--only-binary"] * options.only_binary
        _, memory, printed = run(making, environment)
        print(f"{printed.strip()}; its peak memory was {memory:,.0f} MiB\n")
        text, binary = Path(folder) / "graph.txt", Path(folder) / "graph.imax"
        if not options.only_binary:
            rows += rows_for(f"{name}, text of {text.stat().st_size >> 20} MiB", str(text), repeats, environment)
        rows += rows_for(f"{name}, binary of {binary.stat().st_size >> 20} MiB", str(binary), repeats, environment)
    table(("imax seed --k 50", "seconds", "peak MiB", "spread", "seconds by phase"), rows)


if __name__ == "__main__":
    main()
