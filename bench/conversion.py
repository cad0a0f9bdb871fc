"""A generated graph that is converted with bounded memory, and a selection from the file: time and peak of memory.

``python -m bench.conversion --scale 26`` converts 2**26 nodes and 10**9 arcs. It needs 25 GB of free disk space in the
folder of temporary files (TMPDIR).
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ._measure import machine, parser, table

HEADER = ("command", "seconds", "processor seconds", "peak, GiB")


def _measured(*arguments: str) -> tuple[str, str, str]:
    """Run a command of imax in a new process; return its time, its processor time and the peak of its memory.

    The peak is that of the largest process so far.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "imax", *arguments], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{seconds:.1f}", f"{used:.1f}", f"{after.ru_maxrss / 2**20:.2f}"


def main() -> None:
    """Print the table."""
    arguments = parser(__doc__ or "")
    arguments.add_argument("--scale", type=int, default=22, help="logarithm of the number of nodes (default 22)")
    arguments.add_argument("--max-memory", default="6GiB", help="limit of the conversion (default 6GiB)")
    options = arguments.parse_args()
    scale, limit = (10, "1MiB") if options.smoke else (options.scale, options.max_memory)
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "graph.imax")
        convert = ("convert", "--max-memory", limit, f"rmat:{scale}")
        rows = [
            (" ".join(convert), *_measured(*convert, path)),
            ("seed --k 50", *_measured("seed", "--k", "50", "--random-seed", "1", path)),
        ]  # fmt: skip
    table(HEADER, rows)


if __name__ == "__main__":
    main()
