"""The limits of the machine (latency, random loads, bandwidth, arithmetic), and the time of each kernel beside its own.

``python -m bench.limits`` generates its graph. The lower limit of a kernel is the time of the loads and bytes that its
task needs in any case; docs/benchmarks/limits counts them.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import njit

import imax
from imax._utils.streams import key_from
from imax.diffusion.sampler import Sampler
from imax.diffusion.simulation import simulate
from imax.kernels.stream import mix, stream
from imax.ris.collection import RRCollection
from imax.ris.constraint import Constraint
from imax.ris.coverage import greedy_cover

from ._measure import bench_graph, latency, machine, parser, table, timed


class Machine(NamedTuple):
    """Seconds of one thread for a dependent load, an independent load, a byte in order, and a dependent random word."""

    dependent: float
    independent: float
    byte: float
    word: float


@njit(cache=True)
def _gather(values: Any, places: Any) -> int:
    total = 0
    for i in range(places.size):
        total += values[places[i]]
    return total


@njit(cache=True)
def _sum(values: Any) -> int:
    total = 0
    for i in range(values.size):
        total += values[i]
    return total


@njit(cache=True)
def _words(count: int) -> int:
    state, step = stream(np.uint64(1), np.uint64(2), np.uint64(3))
    for _ in range(count):
        state = mix(state + step)  # each word needs the one before: a walk waits for it
    return state


def measure(mebibytes: int, repeats: int) -> Machine:
    """Measure the machine on an array of that size."""
    values = np.arange((mebibytes << 20) // 4, dtype=np.int32)
    places = np.random.default_rng(0).integers(0, values.size, 1 << 21)
    runs = timed(
        {
            "gather": lambda: _gather(values, places),
            "sum": lambda: _sum(values),
            "words": lambda: _words(1 << 22),
        },
        repeats,
    )
    return Machine(
        latency(mebibytes, repeats), runs["gather"].median / places.size, runs["sum"].median / values.nbytes,
        runs["words"].median / (1 << 22),
    )  # fmt: skip


class Task(NamedTuple):
    """The run of a kernel: its number of units, and the lower limit of one unit in seconds with its reason."""

    run: Callable[[], Any]
    units: float
    unit: str
    limit: float
    why: str


def tasks_of(graph: imax.InfluenceGraph, limits: Machine, count: int) -> dict[str, Task]:
    """Return the tasks of the kernels on one graph, in one thread."""
    load, byte = limits.independent, limits.byte
    lt = graph.with_probability("lt_uniform")
    samplers = {model: Sampler(g, model, key_from(1), threads=1) for model, g in (("ic", graph), ("lt", lt))}
    collections = {model: RRCollection(sampler) for model, sampler in samplers.items()}
    for collection in collections.values():
        collection.extend(count)
    sets = collections["ic"]
    sets.index()
    k = min(50, graph.n_nodes)
    constraint = Constraint.of(k, np.ones(graph.n_nodes, dtype=np.bool_))
    chosen = greedy_cover(sets, constraint).seeds
    touched = _entries_of_covered(sets, chosen)
    cascades = max(count // 500, 2)
    run = simulate(graph, chosen[:1], "ic", (3, 4), None, 1)
    values = np.empty(cascades)
    run(0, values)
    tasks = {
        f"RR sets, {model.upper()}": Task(
            lambda s=samplers[model]: s.sample(0, count), collections[model].n_entries, "node", 3 * load,
            "record, arc, mark",
        )
        for model in ("ic", "lt")
    }  # fmt: skip
    tasks["inverted index"] = Task(
        lambda: sets._invert(sets._parts(sets.n_entries)),
        sets.n_entries,
        "node",
        4 * byte + 2 * load,
        "read in order, a cursor, a place",
    )
    tasks["greedy cover"] = Task(
        lambda: greedy_cover(sets, constraint), touched, "node of a covered set", load + 4 * byte, "one gain to lower"
    )
    tasks["coverage of seeds"] = Task(
        lambda: sets.covered(chosen), sets.n_entries, "node", 4 * byte, "read in order, at most"
    )
    tasks["forward simulation"] = Task(
        lambda: run(0, values), float(values.sum()), "active node", 3 * load, "record, arc, mark"
    )
    tasks["forward rows"] = Task(
        lambda: _transpose(graph), graph.n_arcs, "arc", 12 * byte + 2 * load, "read, counted and written"
    )
    return tasks


def _entries_of_covered(sets: RRCollection, seeds: Any) -> int:
    """Return the number of entries of the sets that seeds cover."""
    hit = np.isin(sets.nodes, seeds)
    inside = np.logical_or.reduceat(hit, sets.offsets[:-1])
    return int(np.diff(sets.offsets)[inside].sum())


def _transpose(graph: imax.InfluenceGraph) -> Any:
    from imax.graph.build import transpose

    return transpose(graph.in_ptr, graph.in_idx, 1, places=False)


def main() -> None:
    """Print the limits of the machine and the times of the kernels."""
    options = parser(__doc__ or "").parse_args()
    print(machine())
    size, repeats = (4, 2) if options.smoke else (64, options.repeats)
    limits = measure(size, repeats)
    print(
        f"one thread over {size} MiB: dependent load {limits.dependent * 1e9:.1f} ns, independent load "
        f"{limits.independent * 1e9:.1f} ns, {1e-9 / limits.byte:.1f} GB/s in order, random word "
        f"{limits.word * 1e9:.2f} ns\n"
    )
    scale = 10 if options.smoke else 20
    graph = bench_graph(scale)
    tasks = tasks_of(graph, limits, 1_000 if options.smoke else 200_000)
    timings = timed({name: task.run for name, task in tasks.items()}, repeats)
    rows = []
    for name, task in tasks.items():
        seconds = timings[name].median / task.units
        rows.append((name, task.unit, f"{task.units:,.0f}", f"{seconds * 1e9:.1f} ns", f"{task.limit * 1e9:.1f} ns",
                     f"{seconds / task.limit:.1f}x", task.why))  # fmt: skip
    head = (
        f"R-MAT 2^{scale}, one thread",
        "unit",
        "units",
        "time per unit",
        "limit",
        "over limit",
        "what the limit counts",
    )
    table(head, rows)


if __name__ == "__main__":
    main()
