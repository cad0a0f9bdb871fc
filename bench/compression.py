"""Bytes of RR sets, and what a compressed form would save and cost.

The compressed form sorts the nodes of a set and stores their differences with 7 bits a byte, or a bitmap of all nodes
if that is smaller. Times are per entry, on one thread: drawing the sets, their index, coding, and decoding.

``python -m bench.compression`` needs the folder named by IMAX_DATA for three of its graphs.
"""

from typing import Any

import numpy as np
from numba import njit

import imax
from imax._utils.streams import key_from
from imax.diffusion.sampler import Sampler
from imax.ris.collection import RRCollection

from ._measure import bench_graph, data_graph, machine, parser, table, timed


@njit(cache=True)
def encode(nodes: Any, offsets: Any, n_nodes: int, out: Any) -> int:
    """Write the code of all sets to `out`; return its number of bytes."""
    at = 0
    for i in range(offsets.size - 1):
        members = np.sort(nodes[offsets[i] : offsets[i + 1]])
        begin, before = at, -1
        for v in members:
            rest = v - before - 1
            while rest >= 128:
                out[at] = 128 | (rest & 127)
                rest >>= 7
                at += 1
            out[at] = rest
            at += 1
            before = v
        at = min(at, begin + (n_nodes + 7) // 8)
    return at


@njit(cache=True)
def decode(code: Any, n_bytes: int) -> int:
    """Return a sum over all decoded differences."""
    total, value, shift = 0, 0, 0
    for byte in code[:n_bytes]:
        value |= (np.int64(byte) & 127) << shift
        shift += 7
        if byte < 128:
            total += value
            value = shift = 0
    return total


def main() -> None:
    """Print the table."""
    options = parser(__doc__ or "").parse_args()
    print(machine(), "\n")
    graphs: list[tuple[str, imax.InfluenceGraph | None, str, int]] = [
        ("R-MAT", bench_graph(8 if options.smoke else 18), "weighted_cascade", 200_000)
    ]
    if not options.smoke:
        graphs.extend(
            (name, data_graph(name), spec, count)
            for name, spec, count in (
                ("facebook", "weighted_cascade", 200_000),
                ("epinions", "weighted_cascade", 200_000),
                ("nethept", "weighted_cascade", 200_000),
                ("epinions", "uniform:0.02", 2_000),
                ("facebook", "uniform:0.1", 1_000),
            )
        )
    rows = []
    for name, given, spec, number in graphs:
        if given is None:
            continue
        graph = given.with_probability(spec)
        count = 100 if options.smoke else number
        sampler = Sampler(graph, "ic", key_from(1), threads=1)
        sets = RRCollection(sampler)
        sets.extend(count)
        nodes, offsets = sets.nodes, sets.offsets
        code = np.empty(5 * nodes.size + 5 * graph.n_nodes, np.uint8)
        size = encode(nodes, offsets, graph.n_nodes, code)

        def again(sampler: Any = sampler, count: int = count) -> None:
            fresh = RRCollection(sampler)
            fresh.extend(count)

        times = timed(
            {
                "draw": again,
                "index": lambda sets=sets: sets._invert(1),
                "encode": lambda a=nodes, b=offsets, n=graph.n_nodes, c=code: encode(a, b, n, c),
                "decode": lambda c=code, n=size: decode(c, n),
            },
            options.repeats,
        )
        entries = sets.n_entries
        cost = [f"{times[task].median / entries * 1e9:.1f}" for task in ("draw", "index", "encode", "decode")]
        plain = (sets.nbytes + sets.index_nbytes) / entries
        rows.append((f"{name}, {spec}", f"{entries / count:.1f}", f"{plain:.1f}", f"{sets.nbytes / entries:.2f}",
                     f"{size / entries:.2f}", *cost))  # fmt: skip
    header = ("graph", "nodes/set", "bytes/entry", "without index", "coded", "draw, ns", "index", "code", "decode")
    table(header, rows)


if __name__ == "__main__":
    main()
