"""Two ways to draw the live arcs of a node whose arcs have any probabilities, measured in one run.

SUBSIM (Guo et al. 2020) sorts arcs by falling probability into blocks of 1, 2, 4, ... It jumps by geometric steps with
the largest probability of a block and accepts an arc with the ratio of the probabilities. imax draws a Poisson number
of weighted picks at rate -log(1 - p) from alias tables. Both draw one RR set at a time, then imax uses its lanes.

``python -m bench.general`` generates its graphs.
"""

import math
from typing import Any

import numpy as np
from numba import njit

import imax
from imax._utils.streams import key_from
from imax.diffusion.sampler import Sampler
from imax.kernels.stream import mix, mulhi, stream, unit

from ._measure import bench_graph, machine, parser, table, timed


@njit(cache=True, nogil=True, error_model="numpy")
def blocks(count: int, key0: Any, key1: Any, n: int, ptr: Any, idx: Any, p: Any, mark: Any, queue: Any) -> int:
    """Draw RR sets one at a time by SUBSIM's blocks; return their number of entries."""
    entries = 0
    for i in range(count):
        state, step = stream(key0, key1, np.uint64(i))
        state += step
        queue[0] = np.int64(mulhi(mix(state), np.uint64(n)))
        mark[queue[0]] = i + 1
        head, tail = 0, 1
        while head < tail:
            v = queue[head]
            head += 1
            low, degree, size, at = ptr[v], ptr[v + 1] - ptr[v], 1, 0
            while at < degree:
                stop = min(at + size, degree)
                top = p[low + at]
                place = at
                scale = 1.0 / math.log1p(-top) if top < 1.0 else 0.0
                while True:
                    if top < 1.0:
                        state += step
                        jump = math.log(1.0 - unit(mix(state))) * scale
                        if jump >= stop - place:
                            break
                        place += int(jump)
                    if place >= stop:
                        break
                    live = True
                    if p[low + place] < top:
                        state += step
                        live = unit(mix(state)) * top < p[low + place]
                    if live:
                        u = idx[low + place]
                        if mark[u] != i + 1:
                            mark[u] = i + 1
                            queue[tail] = u
                            tail += 1
                    place += 1
                at = stop
                size *= 2
        entries += tail
    return entries


def _falling(graph: imax.InfluenceGraph) -> tuple[Any, Any]:
    """Return the nodes and probabilities of the arcs, each row sorted by falling probability."""
    p = graph.arc_values()
    row = np.repeat(np.arange(graph.n_nodes), np.diff(graph.in_ptr))
    order = np.lexsort((-p, row))
    return graph.in_idx[order], p[order].astype(np.float64)


def main() -> None:
    """Print the table."""
    options = parser(__doc__ or "").parse_args()
    print(machine(), "\n")
    rows = []
    scale, count = (10, 200) if options.smoke else (18, 20_000)
    for spec in ("exponential", "weibull", "trivalency" if options.smoke else "weighted_cascade"):
        graph = bench_graph(scale).with_probability(spec, rng=1)
        if graph.probability.values is None:
            graph = imax.InfluenceGraph.from_arrays(*graph.arc_arrays())
        idx, p = _falling(graph)
        mark, queue = np.zeros(graph.n_nodes, np.int64), np.empty(graph.n_nodes, np.int64)
        entries: dict[str, int] = {}

        def subsim(graph: Any = graph, idx: Any = idx, p: Any = p, mark: Any = mark, queue: Any = queue) -> int:
            mark[:] = 0
            return blocks(count, np.uint64(1), np.uint64(2), graph.n_nodes, graph.in_ptr, idx, p, mark, queue)

        def hits(lanes: int | None, graph: Any = graph) -> Any:
            sampler = Sampler(graph, "ic", key_from(1), lanes=lanes, threads=1)
            return lambda: sum(piece.nodes.size for piece in sampler.sample(0, count))

        tasks = {"blocks, one at a time": subsim, "hits, one at a time": hits(1), "hits, lanes": hits(None)}
        entries = {name: task() for name, task in tasks.items()}
        timings = timed(tasks, options.repeats)
        base = timings["blocks, one at a time"].median / entries["blocks, one at a time"]
        for name, timing in timings.items():
            seconds = timing.median / entries[name]
            rows.append((spec, name, f"{seconds * 1e9:.1f}", f"{entries[name] / count:.1f}", f"{base / seconds:.2f}x"))
    table((f"R-MAT 2^{scale}", "drawn by", "ns/entry", "nodes/set", "blocks / this"), rows)


if __name__ == "__main__":
    main()
