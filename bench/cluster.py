"""Selections on a Dask cluster of this machine: overhead, bytes, memory of the caller, and a model of large clusters.

``python -m bench.cluster`` draws an R-MAT graph. The seeds and bounds are compared with those of one process.

The model has these terms. The times are fitted to the measurements; the bandwidth is an assumption.

- drawing: the seconds of one thread for each arc that RR sets visit, divided among all threads;
- a fixed time for each round;
- round trips, each for one pick or several: a fixed time, and a time for each worker;
- counts that the calling process receives: 8 bytes for each node that a round trip touches on a worker; and once a
  round 4 bytes for each node, added up in a tree of four branches.
"""

import json
import math
import statistics
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
from distributed import Client, LocalCluster
from distributed.comm.tcp import TCP

import imax
from imax.cluster.session import Request, open_session

from ._measure import machine, parser, table

K = 50
BANDWIDTH = 1.25e9  # bytes per second: a network of 10 Gbit/s
THREADS = 16  # of each worker of the model
FEW_BYTES = 1 << 16  # counts of a pick from each worker above which a round trip is for a single pick
WORKERS, ARCS = (10, 30, 100, 300, 1000), (10**9, 10**10, 10**11)


class Written:
    """Counts the bytes that this process, which includes the scheduler, writes to other processes."""

    def __init__(self) -> None:
        self.nbytes = 0
        self._write = TCP.write

    def __enter__(self) -> "Written":
        record = self

        async def write(self: Any, *arguments: Any, **options: Any) -> Any:
            size = await record._write(self, *arguments, **options)
            record.nbytes += size or 0
            return size

        TCP.write = write
        return self

    def __exit__(self, *error: object) -> None:
        TCP.write = self._write


def select(
    graph: imax.InfluenceGraph, epsilon: float, algorithm: str = "opim-c", **options: Any
) -> tuple[imax.SelectionResult, float]:
    """Return a selection and its time."""
    began = time.perf_counter()
    result = imax.maximize(graph, K, algorithm=algorithm, epsilon=epsilon, rng=1, **options)
    return result, time.perf_counter() - began


def select_on(
    client: Client, graph: imax.InfluenceGraph, epsilon: float, algorithm: str = "opim-c"
) -> tuple[imax.SelectionResult, float, list[Request]]:
    """Return a selection on a cluster, its time with that of the placement of the graph, and its requests."""
    began = time.perf_counter()
    with open_session(client, graph) as session:
        assert session is not None
        session.requests = []
        result, _ = select(graph, epsilon, algorithm, client=session)
        requests = session.requests
    return result, time.perf_counter() - began, requests


def measure(
    graph: imax.InfluenceGraph, small: imax.InfluenceGraph, epsilon: float, algorithm: str, n_workers: int
) -> dict[str, float]:
    """Return what a cluster of so many processes takes, on a graph and on a small one."""
    with (
        LocalCluster(n_workers=n_workers, threads_per_worker=1, dashboard_address=":0", silence_logs=50) as cluster,
        Client(cluster) as client,
    ):
        select(small, 0.3, client=client)  # compiles and loads
        select(small, 0.3)
        fast, small_seconds, tiny = select_on(client, small, 0.3)
        _, small_local = select(small, 0.3)
        imax.sample_rr_sets(graph, 1000, client=client).close()
        imax.sample_rr_sets(graph, 1000)
        local, local_seconds = select(graph, epsilon, algorithm, threads=2)
        found, seconds, large = select_on(client, graph, epsilon, algorithm)
    assert (local.seeds, local.lower_bound, local.upper_bound) == (found.seeds, found.lower_bound, found.upper_bound)
    return {
        "workers": n_workers,
        "local": local_seconds,
        "seconds": seconds,
        "rounds": found.rounds,
        "entries": found.n_rr_entries,
        "sample": found.seconds["sample"] + found.seconds.get("estimate", 0.0),
        "round": (small_seconds - sum(request.seconds for request in tiny)) / fast.rounds,
        "overhead": small_seconds - small_local,
        "trip": statistics.median(request.seconds for request in tiny),
        "large trip": statistics.median(request.seconds for request in large),
        "trips": len(large) / found.rounds,
        "nbytes": statistics.mean(request.nbytes for request in large) / n_workers,
        "largest": max(request.nbytes for request in large) / n_workers,
        "lowered": statistics.mean(request.n_lowered for request in large),
    }


def print_rows(rows: list[dict[str, float]], graph: imax.InfluenceGraph, what: str) -> None:
    """Print a row for each number of processes."""
    print(f"\n{graph.n_nodes:,} nodes, {graph.n_arcs:,} arcs, k = {K}, {what}; same seeds and bounds\n")
    table(
        ("processes", "2 threads", "cluster", "share", "small run more", "small trip", "trip", "trips a round",
         "bytes a trip and worker", "largest"),
        [
            (
                f"{row['workers']}", f"{row['local']:.2f} s", f"{row['seconds']:.2f} s",
                f"{row['seconds'] / row['local']:.2f}x", f"{row['overhead']:.2f} s", f"{row['trip'] * 1e3:.2f} ms",
                f"{row['large trip'] * 1e3:.2f} ms", f"{row['trips']:.1f}", f"{row['nbytes']:,.0f}",
                f"{row['largest']:,.0f}",
            )
            for row in rows
        ],
    )  # fmt: skip


def measure_bytes(graph: imax.InfluenceGraph, n_workers: int, n_rr_sets: int) -> dict[str, float]:
    """Return the bytes that the graph takes on its way, and the peak of the memory that the caller allocates."""
    bare = graph.with_probability(graph.probability.spec)
    bare.path = None  # as if it did not come from a file
    size = sum(array.nbytes for array in (bare.in_ptr, bare.in_idx, bare.index))
    peaks = {}
    with (
        LocalCluster(n_workers=n_workers, threads_per_worker=1, dashboard_address=":0", silence_logs=50) as cluster,
        Client(cluster) as client,
    ):
        with Written() as sent, open_session(client, bare) as session:
            assert session is not None
            copies, arcs = session.placement.n_sent, sent.nbytes
            passed = sum(client.run(lambda dask_worker: dask_worker.transfer_outgoing_bytes_total).values())
        options = {"algorithm": "ris", "rng": 1, "client": client}
        imax.maximize(graph, K, n_rr_sets=1000, **options)
        for count in (n_rr_sets, 4 * n_rr_sets):
            tracemalloc.start()
            imax.maximize(graph, K, n_rr_sets=count, **options)
            peaks[count] = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    few, many = peaks.values()
    return {
        "graph": size, "copies": copies, "sent": arcs, "passed": passed, "nodes": graph.n_nodes, "sets": n_rr_sets,
        "few": few, "many": many,
    }  # fmt: skip


def arcs_of_entry(graph: imax.InfluenceGraph) -> float:
    """Return how many arcs an RR set visits for each of its nodes, on average."""
    sets = imax.sample_rr_sets(graph, 20_000, rng=0)
    in_degree = np.diff(graph.in_ptr)
    return float(sets.degree().astype(np.float64) @ in_degree / sets.n_entries)


def fit(rows: list[dict[str, float]], long: dict[str, float], graph: imax.InfluenceGraph) -> dict[str, float]:
    """Return the parameters of the model: the cost of drawing from a long run, all others from `rows`."""
    workers, trips = (np.array([row[name] for row in rows]) for name in ("workers", "trip"))
    slope, fixed = np.polyfit(workers, trips, 1) if len(rows) > 1 else (0.0, float(trips[0]))
    if slope < 0.0:
        slope, fixed = 0.0, float(trips.mean())
    elif fixed < 0.0:
        slope, fixed = float((trips / workers).mean()), 0.0
    last = rows[-1]
    per_entry = arcs_of_entry(graph)
    of_visit = long["sample"] * min(long["workers"], 2) / (long["entries"] * per_entry)  # this machine has two cores
    return {
        "trip": float(fixed), "trip_of_worker": float(slope), "round": last["round"], "rounds": last["rounds"],
        "visits": last["entries"] * per_entry, "of_visit": of_visit, "lowered": last["lowered"],
        "trips": last["trips"],
        "n_nodes": graph.n_nodes, "n_arcs": graph.n_arcs,
    }  # fmt: skip


def predict(model: dict[str, float], arcs: float, workers: int, bandwidth: float) -> tuple[float, float, float, float]:
    """Return the seconds of drawing, of round trips and of counts, and the bytes of counts."""
    scale = arcs / model["n_arcs"]
    n, rounds = model["n_nodes"] * scale, model["rounds"]
    draw = model["visits"] * scale * model["of_visit"] / (workers * THREADS)
    touched = min(n, model["lowered"] * model["trips"] / K * scale / workers)  # by a pick
    n_trips = model["trips"] if 8 * touched <= FEW_BYTES else K  # then a trip is for one pick
    trips = rounds * (n_trips * (model["trip"] + model["trip_of_worker"] * workers) + model["round"])
    nbytes = rounds * (K * 8 * touched * workers + 4 * n * math.ceil(math.log(max(workers, 2), 4)))
    return draw, trips, nbytes / bandwidth, nbytes


def print_model(model: dict[str, float], bandwidth: float) -> None:
    """Print the parameters and the predictions of the model."""
    trip, more = model["trip"] * 1e3, model["trip_of_worker"] * 1e3
    print(
        f"\nA round trip takes {trip:.2f} ms and {more:.3f} ms for each worker; a round {model['round']:.3f} s and "
        f"{model['trips']:.1f} round trips\nfor {K} picks. One thread takes {model['of_visit'] * 1e9:.2f} ns for each "
        f"visit of an arc; {model['visits']:,.0f} visits\nin "
        f"{model['rounds']:.0f} rounds.\n"
        f"Assumed: {bandwidth / 1e9:.3g} GB/s, workers of {THREADS} threads. Predictions:\n"
    )
    found = []
    for arcs in ARCS:
        for count in (10, 100, 1000):
            draw, trips, counts, nbytes = predict(model, arcs, count, bandwidth)
            found.append((
                f"{arcs:.0e}", f"{count:,}", f"{draw:,.1f}", f"{trips:,.1f}", f"{counts:,.1f}",
                f"{draw + trips + counts:,.0f}", f"{nbytes / 1e9:,.1f}",
            ))  # fmt: skip
    table(("arcs", "workers", "drawing, s", "round trips, s", "counts, s", "total, s", "counts, GB"), found)


def draw_model(model: dict[str, float], bandwidth: float, path: str) -> None:
    """Draw the predictions: the seconds of each part by the number of workers, a panel for each number of arcs."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(ARCS), sharey=True)
    for panel, arcs in zip(panels, ARCS, strict=True):
        parts = np.array([predict(model, arcs, count, bandwidth)[:3] for count in WORKERS])
        for values, name in zip(parts.T, ("drawing", "round trips", "counts"), strict=True):
            panel.loglog(WORKERS, values, marker="o", markersize=3, label=name)
        panel.loglog(WORKERS, parts.sum(axis=1), color="black", linewidth=2, label="total")
        panel.set_title(f"{arcs:.0e} arcs")
        panel.set_xlabel(f"workers of {THREADS} threads")
    panels[0].set_ylabel("seconds (predicted)")
    panels[0].legend()
    figure.savefig(path)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--scale", type=int, default=16, help="logarithm of the number of nodes")
    arguments.add_argument("--graph", help="a graph file instead of a new R-MAT graph")
    arguments.add_argument("--epsilon", type=float, default=0.01, help="of OPIM-C")
    arguments.add_argument(
        "--long-epsilon", type=float, help="of a longer run, by IMM, on the last number of processes"
    )
    arguments.add_argument("--processes", default="1,2,3", help="numbers of worker processes")
    arguments.add_argument("--bandwidth", type=float, default=BANDWIDTH, help="bytes per second, for the model")
    arguments.add_argument("--model", help="file to write the model to, or to read it from if there is one")
    arguments.add_argument("--plot", help="file to draw the predictions to")
    options = arguments.parse_args()
    if options.model and Path(options.model).exists():
        model = json.loads(Path(options.model).read_text())
    else:
        model = run(options)
        if options.model:
            Path(options.model).write_text(json.dumps(model, indent=1) + "\n")
    print_model(model, options.bandwidth)
    if options.plot:
        draw_model(model, options.bandwidth, options.plot)


def run(options: Any) -> dict[str, float]:
    """Measure, print the measurements and return the model."""
    print(machine())
    scale, epsilon = (10, 0.3) if options.smoke else (options.scale, options.epsilon)
    sizes = (1, 2) if options.smoke else tuple(int(size) for size in options.processes.split(","))
    small = imax.datasets.load("rmat:8", rng=0)
    graph = imax.read_graph(options.graph) if options.graph else imax.datasets.load(f"rmat:{scale}", rng=0)
    rows = [measure(graph, small, epsilon, "opim-c", size) for size in sizes]
    print_rows(rows, graph, f"OPIM-C, epsilon = {epsilon}, {rows[0]['rounds']} rounds")
    long = rows[-1]
    if options.long_epsilon:
        long = measure(graph, small, options.long_epsilon, "imm", sizes[-1])
        print_rows([long], graph, f"IMM, epsilon = {options.long_epsilon}")
    found = measure_bytes(graph, sizes[-1], 2_000 if options.smoke else 250_000)
    graph_size, sent, passed = (found[name] / 2**20 for name in ("graph", "sent", "passed"))
    print(
        f"\nA graph of {graph_size:,.1f} MiB is sent {found['copies']} time to {sizes[-1]} workers of one machine: "
        f"{sent:,.1f} MiB written by this process, {passed:,.1f} MiB by workers.\nPeak of the caller: "
        f"{found['few'] / found['nodes']:.1f} bytes a node with {found['sets']:,} RR sets, "
        f"{found['many'] / found['nodes']:.1f} with {4 * found['sets']:,}."
    )
    return fit(rows, long, graph)


if __name__ == "__main__":
    main()
