"""RR sets per second, and the machine's memory latency in the same run.

``python -m bench.sampler`` reads the facebook graph from the folder IMAX_DATA for the first rows of its table, and
generates the R-MAT graph.
"""

from collections.abc import Iterator
from typing import Any

from imax import InfluenceGraph
from imax._utils.streams import key_from
from imax.diffusion.sampler import Sampler

from ._measure import bench_graph, data_graph, latency, machine, parser, table, timed

HEADER = ("graph, probabilities, model", "lanes", "threads", "RR sets/s", "nodes/set", "ns/entry", "loads/entry")


def _sampling(graph: InfluenceGraph, model: str, lanes: int | None, threads: int, count: int) -> Any:
    sampler = Sampler(graph, model, key_from(1), lanes=lanes, threads=threads)
    return lambda: sampler.sample(0, count)


def _rows(
    name: str, cases: list[tuple[InfluenceGraph, str, int | None, int]], count: int, repeats: int, load: float
) -> Iterator[tuple[Any, ...]]:
    tasks = {}
    for number, (graph, model, lanes, threads) in enumerate(cases):
        tasks[str(number)] = _sampling(graph, model, lanes, threads, count)
    sizes = {key: sum(piece.nodes.size for piece in task()) for key, task in tasks.items()}
    for key, timing in timed(tasks, repeats).items():
        graph, model, lanes, threads = cases[int(key)]
        entries = sizes[key]
        per_entry = timing.median * threads / entries
        yield (
            f"{name}, {graph.probability.spec}, {model.upper()}",
            lanes or "auto",
            threads,
            f"{count / timing.median:,.0f}",
            f"{entries / count:.1f}",
            f"{per_entry * 1e9:.1f}",
            f"{per_entry / load:.2f}",
        )


def main() -> None:
    """Print the table."""
    options = parser(__doc__ or "").parse_args()
    repeats = 1 if options.smoke else options.repeats
    print(machine())
    load = latency(4 if options.smoke else 64, 2 if options.smoke else 5)
    print(f"one dependent load over {4 if options.smoke else 64} MiB: {load * 1e9:.0f} ns\n")
    rows: list[tuple[Any, ...]] = []
    facebook = data_graph("facebook")
    if facebook is not None:
        cases = [(facebook, "ic", None, 1), (facebook, "ic", None, 2), (facebook, "ic", 1, 1)]
        cases += [(facebook.with_probability(spec, rng=1), "ic", None, 1) for spec in ("uniform:0.01", "exponential")]
        cases += [(facebook, "lt", None, 1), (facebook, "lt", 1, 1)]
        rows += _rows("facebook", cases, 2_000 if options.smoke else 400_000, repeats, load)
    scale = 12 if options.smoke else 20
    rmat = bench_graph(scale)
    count = 1_000 if options.smoke else 100_000
    cases = [(rmat, "ic", lanes, 1) for lanes in (None, 1, 4, 8)] + [(rmat, "ic", None, 2)]
    cases += [(rmat.with_probability(spec, rng=1), "ic", None, 1) for spec in ("exponential", "weibull")]
    cases += [(rmat, "lt", None, 1), (rmat, "lt", 1, 1), (rmat, "lt", None, 2)]
    rows += _rows(f"R-MAT 2^{scale}", cases, count, repeats, load)
    rows += _rows(
        f"R-MAT 2^{scale}", [(rmat.with_probability("uniform:0.002"), "ic", None, 1)], count // 20, repeats, load
    )
    table(HEADER, rows)
    print("ns/entry: thread time per node of an RR set; loads/entry: the same in units of dependent loads.")


if __name__ == "__main__":
    main()
