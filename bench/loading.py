"""Time to read a large edge list into arrays: ``python -m bench.loading [--arcs N]``.

Each candidate runs in a process of its own, including its imports, on a tab-separated file of random arcs with skewed
degrees. The candidates alternate, so that load on the machine affects all of them. The other readers return columns of
ids; imax also returns node indices and labels.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

GENERATE = """
import sys, numpy as np
path, arcs = sys.argv[1], int(sys.argv[2])
rng = np.random.default_rng(1)
scale = max(4, int(np.log2(arcs / 16)))
with open(path, "wb") as file:
    file.write(b"# skewed random arcs\\n# source\\ttarget\\n")
    for first in range(0, arcs, 1 << 20):
        n = min(1 << 20, arcs - first)
        src, dst = np.zeros(n, np.int64), np.zeros(n, np.int64)
        for _ in range(scale):  # one bit of both ends at a time, as in R-MAT
            x = rng.random(n)
            src, dst = 2 * src + (x >= 0.76), 2 * dst + (((x >= 0.57) & (x < 0.76)) | (x >= 0.95))
        text, keep = [], []
        for ids, end in ((src, 9), (dst, 10)):
            width = len(str(1 << scale))
            digits = np.empty((n, width + 1), np.uint8)
            shown = np.ones((n, width + 1), bool)
            for k in range(width - 1, -1, -1):
                digits[:, k] = ids % 10 + 48
                shown[:, k] = (ids > 0) | (k == width - 1)
                ids = ids // 10
            digits[:, width] = end
            text.append(digits)
            keep.append(shown)
        file.write(np.hstack(text)[np.hstack(keep)].tobytes())
"""

IMAX = """
from imax.io.edge_list import read_text
from imax.io.read_options import ReadOptions
from imax.io.text import load
from imax._utils.check import threads
n = read_text(load(path), ReadOptions(), threads()).source.size
"""
GRAPH = """
import imax
n = imax.read_graph(path).report.arcs_given
"""
PARQUET = """
import imax
n = imax.read_graph(path + ".parquet").report.arcs_given
"""
WRITE_PARQUET = """
import pyarrow as pa, pyarrow.csv as csv, pyarrow.parquet as pq
table = csv.read_csv(path, read_options=csv.ReadOptions(skip_rows=2, column_names=["source", "target"]),
                     parse_options=csv.ParseOptions(delimiter="\\t"))
pq.write_table(table, path + ".parquet")
n = table.num_rows
"""
PANDAS = """
import pandas
frame = pandas.read_csv(path, sep="\\t", comment="#", header=None, engine="c")
n = len(frame[0].to_numpy())
"""
POLARS = """
import polars
frame = polars.read_csv(path, separator="\\t", comment_prefix="#", has_header=False)
n = len(frame["column_1"].to_numpy())
"""
PYARROW = """
import pyarrow.csv as csv
table = csv.read_csv(path, read_options=csv.ReadOptions(skip_rows=2, autogenerate_column_names=True),
                     parse_options=csv.ParseOptions(delimiter="\\t"))
n = len(table["f0"].to_numpy())
"""
NUMPY = """
import numpy
n = len(numpy.loadtxt(path, dtype=numpy.int64, delimiter="\\t"))
"""
CANDIDATES = {
    "imax, arrays": (IMAX, "numba"),
    "imax, graph": (GRAPH, "numba"),
    "imax, Parquet": (PARQUET, "pyarrow"),
    "polars": (POLARS, "polars"),
    "pyarrow": (PYARROW, "pyarrow"),
    "pandas, C parser": (PANDAS, "pandas"),
    "numpy.loadtxt": (NUMPY, "numpy"),
}


def child(code: str, *arguments: str) -> tuple[float, float]:
    """Return the duration of a process in seconds, and its peak memory in MB."""
    code = f"import sys\npath = sys.argv[1]\n{code}\nassert n > 0"
    start = time.perf_counter()
    with subprocess.Popen([sys.executable, "-c", code, *arguments]) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"a candidate failed:\n{code}")
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return time.perf_counter() - start, usage.ru_maxrss / unit


def importable(module: str) -> bool:
    command = [sys.executable, "-c", f"import {module}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def measure(path: Path, arcs: int, repeats: int) -> None:
    here = {name: code for name, (code, module) in CANDIDATES.items() if importable(module)}
    for name in CANDIDATES.keys() - here.keys():
        print(f"{name}: not installed, skipped")
    if "imax, Parquet" in here:
        child(WRITE_PARQUET, str(path))
    times: dict[str, list[float]] = {name: [] for name in here}
    peaks: dict[str, float] = {}
    for turn in range(repeats + 1):  # the first turn fills the caches of kernels and of the file
        for name, code in here.items():
            seconds, peak = child(code, str(path))
            if turn:
                times[name].append(seconds)
                peaks[name] = max(peaks.get(name, 0.0), peak)
    ours = statistics.median(times["imax, arrays"])
    size = path.stat().st_size / 1e6
    print(f"\n{arcs:,} arcs, {size:,.0f} MB, median of {repeats} processes, {os.cpu_count()} cores\n")
    print(f"{'':<18}{'seconds':>9}{'minimum':>9}{'MB/s':>8}{'ratio':>8}{'peak MB':>10}")
    for name, seconds in times.items():
        middle = statistics.median(seconds)
        rate, ratio = size / middle, middle / ours
        print(f"{name:<18}{middle:>9.2f}{min(seconds):>9.2f}{rate:>8.0f}{ratio:>8.2f}{peaks[name]:>10.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--arcs", type=int, default=1 << 24)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--file", type=Path, help="measure on this file instead (tab-separated, two comment lines)")
    options = parser.parse_args()
    if options.file:
        with options.file.open("rb") as file:
            arcs = sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b"")) - 2
        measure(options.file, arcs, options.repeats)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "arcs.txt"
        subprocess.run([sys.executable, "-c", GENERATE, str(path), str(options.arcs)], check=True)
        measure(path, options.arcs, options.repeats)


if __name__ == "__main__":
    main()
