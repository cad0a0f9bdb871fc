"""Comparison of imax with other programs: alternating runs in one process; one evaluator for all seeds.

``python -m bench.peers`` installs nothing. It uses those of pynetim, cynetdiff, netmax and apricot-select that can be
imported, and graphs from the folder in the environment variable IMAX_DATA.

``--program 'NAME=COMMAND'`` adds an executable to the selections on facebook and can be repeated. {graph}, {k} and
{epsilon} in the command are replaced. {graph} is a file with a source, a target and a probability on each line; nodes
are numbered from 0. The command prints the seeds, or JSON with "seeds" and "seconds", the time to report.
"""

import contextlib
import io
import json
import shlex
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import networkx as nx
import numpy as np

import imax
from imax.diffusion.sampler import Piece
from imax.ris.collection import RRCollection
from imax.ris.constraint import Constraint
from imax.ris.coverage import greedy_cover

from ._measure import Timing, data_graph, machine, parser, table

Work = Callable[[], tuple[float, Any]]  # returns the seconds and the result


class Sizes(NamedTuple):
    """The amount of work in each comparison."""

    k: int
    repeats: int
    simulations: int  # of the evaluator
    rr_sets: int  # for greedy coverage
    cascades: int  # for forward simulation


def peer(module: str) -> Any:
    """Return the module of another package. If it cannot be imported, print this and return None."""
    try:
        with _quiet():
            return import_module(module)
    except ImportError as error:
        print(f"left out: {module} ({error})")
        return None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Suppress the progress bars and messages of other packages."""
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        yield


def clocked(task: Callable[[], Any]) -> Work:
    """Return work that measures the time of a whole task."""

    def work() -> tuple[float, Any]:
        began = time.perf_counter()
        with _quiet():
            found = task()
        return time.perf_counter() - began, found

    return work


def in_turn(works: dict[str, Work], repeats: int) -> tuple[dict[str, Timing], dict[str, Any]]:
    """Run works in the order A B C A B C ...; return the times, without the first run of each, and the last results."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    found = {}
    for run in range(repeats + 1):
        for name, work in works.items():
            taken, found[name] = work()
            if run:
                seconds[name].append(taken)
    return {name: Timing(values) for name, values in seconds.items()}, found


def print_selections(title: str, graph: imax.InfluenceGraph, works: dict[str, Work], sizes: Sizes) -> None:
    """Print the times, the ratios to the first work, and the spreads of the seeds."""
    times, seeds = in_turn(works, sizes.repeats)
    base = times[next(iter(works))].median
    rows = []
    for name, timing in times.items():
        estimate = imax.spread(graph, list(seeds[name]), n_simulations=sizes.simulations, rng=7)
        spread = f"{estimate.spread:,.1f} ± {estimate.std_error:.1f}"
        rows.append((name, str(timing), f"{timing.median / base:,.1f}x", len(seeds[name]), spread))
    table((title, "time", "of the first", "seeds", "spread"), rows)


# -- adapters ------------------------------------------------------------------------------------------------------


def pynetim_graph(graph: imax.InfluenceGraph) -> Any:
    """Return the graph as a PyNetIM graph. Its nodes are the node indices."""
    source, target, p = (array.tolist() for array in graph.arc_arrays())
    return import_module("pynetim.graph.graph").IMGraph(list(zip(source, target, strict=True)), p, True, False)


def cynetdiff_model(graph: imax.InfluenceGraph) -> Any:
    """Return the graph as a CyNetDiff model of independent cascades, in internal ids; None without CyNetDiff."""
    models = peer("cynetdiff.models")
    if models is None:
        return None
    import array

    ptr, idx, place = graph.forward(places=True)
    probabilities = graph.arc_values()[place]
    return models.IndependentCascadeModel(
        array.array("I", ptr[:-1].astype(np.uint32).tolist()),
        array.array("I", idx.astype(np.uint32).tolist()),
        activation_probs=array.array("f", probabilities.tolist()),
    )


def netmax_work(graph: imax.InfluenceGraph, algorithm: str, k: int, rounds: int) -> Work:
    """Return a selection by NetMax with the time that it reports, because it also evaluates the seeds afterwards."""
    module = import_module("netmax.influence_maximization")
    directed = graph.to_networkx()

    def work() -> tuple[float, Any]:
        with _quiet():
            seeds, _, seconds = module.InfluenceMaximization(directed, {"a": k}, algorithm, "ic", r=rounds).run()
        return float(seconds), seeds["a"]

    return work


def program_work(command: str, folder: Path, graph: imax.InfluenceGraph, k: int, epsilon: float) -> Work:
    """Return a selection by an executable program."""
    path = folder / "peer.txt"
    if not path.exists():
        np.savetxt(path, np.column_stack(graph.arc_arrays()), fmt=("%d", "%d", "%.9g"))
    words = [word.format(graph=path, k=k, epsilon=epsilon) for word in shlex.split(command)]

    def work() -> tuple[float, Any]:
        began = time.perf_counter()
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        taken = time.perf_counter() - began
        if done.returncode:
            raise SystemExit(f"{shlex.join(words)} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
        if done.stdout.lstrip().startswith("{"):
            found = json.loads(done.stdout)
            return float(found.get("seconds", taken)), [int(v) for v in found["seeds"]]
        return taken, [int(v) for v in done.stdout.split()]

    return work


# -- comparisons ---------------------------------------------------------------------------------------------------


def ours(graph: imax.InfluenceGraph, k: int, **options: Any) -> dict[str, Work]:
    """Return selections by imax on one thread and on two."""
    return {
        f"imax, {threads} thread{'s' * (threads > 1)}": clocked(
            lambda t=threads: imax.maximize(graph, k, rng=1, threads=t, **options).seeds
        )
        for threads in (1, 2)
    }


def selections(graph: imax.InfluenceGraph, name: str, sizes: Sizes, programs: dict[str, str]) -> None:
    """Compare OPIM-C and IMM with the same k and epsilon. The time does not include building the graph."""
    k, epsilon = sizes.k, 0.1
    algorithms = peer("pynetim.algorithms")
    made = None if algorithms is None else pynetim_graph(graph)
    with tempfile.TemporaryDirectory() as folder:
        works = ours(graph, k, epsilon=epsilon)
        if made is not None:
            works["PyNetIM"] = clocked(lambda: algorithms.OPIMCAlgorithm(made, "IC", 1).run(k, epsilon))
        for label, command in programs.items():
            works[label] = program_work(command, Path(folder), graph, k, epsilon)
        print_selections(f"OPIM-C on {name}: k = {k}, epsilon = {epsilon}", graph, works, sizes)
    works = ours(graph, k, algorithm="imm", epsilon=epsilon)
    if made is not None:
        works["PyNetIM"] = clocked(lambda: algorithms.IMMAlgorithm(made, "IC", epsilon, 1, 1).run(k))
    print_selections(
        f"IMM on {name}: k = {k}, epsilon = {epsilon}", graph, works, sizes._replace(repeats=min(sizes.repeats, 3))
    )


def heuristics(graph: imax.InfluenceGraph, name: str, sizes: Sizes) -> None:
    """Compare degree, PageRank and VoteRank by imax, NetworkX and PyNetIM."""
    k = sizes.k
    directed = graph.to_networkx()
    backward = directed.reverse()  # PageRank ranks the targets of arcs; here the sources influence
    works: dict[str, Work] = {}
    for algorithm in ("degree", "degree-discount", "pagerank", "voterank"):
        works[f"imax, {algorithm}"] = clocked(lambda a=algorithm: imax.maximize(graph, k, algorithm=a).seeds)

    def best(scores: Any) -> list[Any]:
        return sorted(dict(scores), key=dict(scores).get, reverse=True)[:k]

    works["NetworkX, degree"] = clocked(lambda: best(directed.out_degree()))
    works["NetworkX, pagerank"] = clocked(lambda: best(nx.pagerank(backward)))
    works["NetworkX, voterank"] = clocked(lambda: nx.voterank(directed, k))
    algorithms = peer("pynetim.algorithms")
    if algorithms is not None:
        made = pynetim_graph(graph)
        works["PyNetIM, degree discount"] = clocked(lambda: algorithms.DegreeDiscountAlgorithm(made, "IC").run(k))
    print_selections(f"heuristics on {name}: k = {k}", graph, works, sizes)


def lazy(sizes: Sizes) -> None:
    """Compare CELF by simulation, and IMM with TIM+, on a small graph, because some programs are slow."""
    graph = imax.datasets.load("lesmis")
    k, rounds = min(sizes.k, 5), sizes.cascades // 10
    works = ours(graph, k, algorithm="celf", n_simulations=rounds)
    algorithms, netmax = peer("pynetim.algorithms"), peer("netmax.influence_maximization")
    if algorithms is not None:
        made = pynetim_graph(graph)
        labels = graph.nodes()
        run = lambda: algorithms.CELFAlgorithm(made, "IC").run(k, rounds, show_progress=False, random_seed=1)  # noqa: E731
        works["PyNetIM"] = clocked(lambda: [labels[i] for i in run()])
    if netmax is not None:
        works["NetMax"] = netmax_work(graph, "celf", k, rounds)
    print_selections(
        f"CELF on lesmis: k = {k}, {rounds} simulations", graph, works, sizes._replace(repeats=min(sizes.repeats, 3))
    )
    works = ours(graph, k, algorithm="imm", epsilon=0.2)
    if netmax is not None:
        works["NetMax, TIM+"] = netmax_work(graph, "tim_p", k, rounds)
    print_selections(f"IMM and TIM+ on lesmis: k = {k}, epsilon = 0.2", graph, works, sizes)


def coverage(graph: imax.InfluenceGraph, name: str, sizes: Sizes) -> None:
    """Compare greedy maximum coverage of the same RR sets."""
    sets = imax.sample_rr_sets(graph, sizes.rr_sets, rng=1, threads=1)
    constraint = Constraint.of(sizes.k, np.ones(graph.n_nodes, dtype=np.bool_))

    def cover() -> tuple[int, int]:
        fresh = RRCollection(sets.sampler)  # without the index, which the first collection keeps
        fresh.append([Piece(sets.nodes, np.diff(sets.offsets))])
        found = greedy_cover(fresh, constraint)
        return len(found.seeds), found.covered

    works = {"imax, 1 thread, index included": clocked(cover)}
    apricot = peer("apricot")
    if apricot is not None:
        from scipy.sparse import csr_matrix

        which = np.repeat(np.arange(sets.n_sets), np.diff(sets.offsets))
        matrix = csr_matrix((np.ones(which.size), (sets.nodes, which)), shape=(graph.n_nodes, sets.n_sets))

        def fit() -> tuple[int, int]:
            found = apricot.MaxCoverageSelection(sizes.k, optimizer="lazy").fit(matrix)
            return len(found.ranking), int(sum(found.gains))

        works["apricot-select, lazy, matrix made before"] = clocked(fit)
    times, found = in_turn(works, min(sizes.repeats, 3))
    base = times[next(iter(works))].median
    rows = [
        (label, str(t), f"{t.median / base:,.1f}x", *(f"{x:,}" for x in found[label])) for label, t in times.items()
    ]
    table(
        (f"greedy coverage of {sizes.rr_sets:,} RR sets of {name}", "time", "of the first", "chosen", "covered"), rows
    )


def simulation(graph: imax.InfluenceGraph, name: str, sizes: Sizes) -> None:
    """Compare the forward simulation of ten seeds."""
    seeds = imax.maximize(graph, min(10, sizes.k), algorithm="degree").seeds
    count = sizes.cascades

    def spread(threads: int) -> float:
        return imax.spread(graph, seeds, n_simulations=count, rng=1, threads=threads).spread

    works = {
        "imax, 1 thread": clocked(lambda: spread(1)),
        "imax, 2 threads": clocked(lambda: spread(2)),
    }
    model = cynetdiff_model(graph)
    if model is not None:
        ids = graph.internal_of(seeds).tolist()
        works["CyNetDiff"] = clocked(lambda: model.compute_marginal_gains(ids, [], count)[0])
    times, found = in_turn(works, min(sizes.repeats, 5))
    base = times[next(iter(works))].median
    rows = [(label, str(t), f"{t.median / base:,.1f}x", f"{found[label]:,.1f}") for label, t in times.items()]
    table((f"{count:,} cascades on {name} from {len(seeds)} seeds", "time", "of the first", "spread"), rows)


def main() -> None:
    """Run all comparisons."""
    options_parser = parser(__doc__ or "")
    options_parser.add_argument(
        "--program", action="append", default=[], metavar="NAME=COMMAND", help="add an executable program"
    )
    options = options_parser.parse_args()
    programs = dict(item.split("=", 1) for item in options.program)
    print(machine(), "\n")
    if options.smoke:
        graph, name, sizes = imax.datasets.load("karate"), "karate", Sizes(3, 1, 100, 200, 100)
    else:
        graph, name, sizes = data_graph("facebook"), "facebook", Sizes(50, options.repeats, 10_000, 20_000, 1_000)
    if graph is not None:
        selections(graph, name, sizes, programs)
        heuristics(graph, name, sizes)
        coverage(graph, name, sizes)
        simulation(graph, name, sizes)
    lazy(sizes)


if __name__ == "__main__":
    main()
