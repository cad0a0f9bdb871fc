"""Reranking friend recommendations: a study on real events, one on simulated cascades, and run times.

``python -m bench.recommend`` reads Higgs, facebook and epinions from the folder that IMAX_DATA names. ``--part``
chooses one of the parts. The first study is described in `bench._higgs`. The second draws hidden
probabilities and simulates cascades with them in two stages, invitation and acceptance; the algorithms see noisy
estimates. Metrics are means over repeated draws, with 95 % confidence intervals. ``--plots DIR`` plots them.
"""

import math
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import imax
from imax.recommend import Reranker, expected_spread, heteroim, heteroir
from imax.recommend.metrics import evaluate

from ._higgs import RANKERS, Log, Split, choose_blend, expected_recall, higgs_log, measured, small_log
from ._measure import bench_graph, data_graph, machine, parser, table, timed

P_ONLY = "P(u, v) only"
VARIANTS = (
    "heteroir", "heteroim", "heteroim, blend 0.2", "probability", P_ONLY, "cim", "degree", "pagerank", "random",
)  # fmt: skip
KS = (1, 2, 3)
PARTS = ("all", "real", "simulated", "requests", "large")


def real_study(smoke: bool) -> None:
    """Print the metrics of all rankers on real events, for several splits and probabilities."""
    log = small_log() if smoke else higgs_log()
    if log is None:
        print("higgs: not found\n")
        return
    earlier, later = Split(log.part(0.0, 0.25), log.part(0.25, 0.5)), Split(log.part(0.0, 0.5), log.part(0.5, 1.0))
    blend = choose_blend(earlier)
    rankers = {**RANKERS, f"expected-spread, blend {blend:g}": ("expected-spread", {"blend": blend})}
    orders = 1 if smoke else 5
    metrics = ("recall@1", "recall@3", "ndcg@3", "nspread@1", "nspread@3")
    rows = []
    for name, (algorithm, options) in rankers.items():
        found = measured(later, later.rank(algorithm, orders=orders, **options), 20 if smoke else 400)
        rows.append((name, *(_with_range(found[metric]) for metric in metrics)))
    for name, (algorithm, options) in [*list(rankers.items())[-1:], ("probability", RANKERS["probability"])]:
        found = measured(later, later.rank(algorithm, orders=0, **options))
        rows.append((f"{name}, ties by label", *(f"{found[metric][0]:.4f}" for metric in metrics)))
    head = f"events, half split, {len(later.candidates)} users; blend chosen on {len(earlier.candidates)} users before"
    table((head, *metrics), rows)
    print(f"expected recall@3 of probability over all orders of ties: {expected_recall(later, 3):.4f}\n")
    others = {
        "split at 60 %": Split(log.part(0.0, 0.6), log.part(0.6, 1.0)),
        "learned P": Split(later.past, later.future, "learned"),
        "shares as P": Split(later.past, later.future, "share"),
    }
    mentions: Log | None = None if smoke else higgs_log(("MT",))
    if mentions is not None:
        others["mentions alone"] = Split(mentions.part(0.0, 0.5), mentions.part(0.5, 1.0))
    cells: dict[str, list[str]] = {name: [] for name in rankers}
    for split in others.values():
        for name, (algorithm, options) in rankers.items():
            found = measured(split, split.rank(algorithm, orders=orders, **options))
            cells[name].append(" ".join(f"{found[metric][0]:.3f}" for metric in ("recall@3", "nspread@1", "nspread@3")))
    head = "recall@3, NSpread@1, NSpread@3"
    table(
        (head, *(f"{name}, {len(s.candidates)} users" for name, s in others.items())),
        [(name, *own) for name, own in cells.items()],
    )


def _with_range(value: tuple[float, float, float]) -> str:
    return f"{value[0]:.3f} ({value[1]:.3f} to {value[2]:.3f})"


class World:
    """The hidden probabilities of invitation and acceptance on a graph, and cascades with them."""

    def __init__(self, graph: imax.InfluenceGraph, draw: int, noise: float) -> None:
        self.rng = np.random.default_rng(draw)
        self.src, self.dst, p = graph.arc_arrays()
        n = graph.n_nodes
        # varies around the weighted cascade, so that some friends are invited far more often than others
        self.invite = np.clip(p * self.rng.gamma(0.5, 2.0, p.size), 0.0, 1.0)
        self.accept = self.rng.beta(2.0, 2.0, n)
        self.seen = np.clip(self.invite * np.exp(self.rng.normal(0.0, noise, p.size)), 0.0, 1.0)
        self.seen_accept = np.clip(self.accept * np.exp(self.rng.normal(0.0, noise, n)), 0.0, 1.0)
        self.n = n
        order = np.argsort(self.src, kind="stable")
        self.ptr = np.concatenate([[0], np.cumsum(np.bincount(self.src, minlength=n))])
        self.targets, self.chance = self.dst[order], self.invite[order] * self.accept[self.dst[order]]

    def graph(self) -> imax.InfluenceGraph:
        """Return the graph with the probabilities that the algorithms see."""
        return imax.InfluenceGraph.from_arrays(self.src, self.dst, self.seen, n_nodes=self.n)

    def spreads(self, starts: NDArray[np.int64]) -> set[tuple[int, int]]:
        """Return the pairs (u, v) between which an invitation spread, in one cascade from each of `starts`."""
        pairs: set[tuple[int, int]] = set()
        for start in starts.tolist():
            active, queue = {start}, [start]
            while queue:
                u = queue.pop()
                begin, end = self.ptr[u], self.ptr[u + 1]
                live = self.targets[begin:end][self.rng.random(end - begin) < self.chance[begin:end]].tolist()
                for v in live:
                    if v not in active:
                        active.add(v)
                        queue.append(v)
                        pairs.add((u, v))
        return pairs


def candidates_of(world: World, users: NDArray[np.int64], max_length: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the rows of a recommender: for each user, at most `max_length` friends at random."""
    user_parts, candidate_parts = [], []
    for u in users.tolist():
        friends = world.targets[world.ptr[u] : world.ptr[u + 1]]
        chosen = world.rng.choice(friends, min(max_length, friends.size), replace=False)
        user_parts.append(np.full(chosen.size, u))
        candidate_parts.append(chosen)
    return np.concatenate(user_parts), np.concatenate(candidate_parts)


def study(name: str, graph: imax.InfluenceGraph, draws: int, n_users: int, noise: float) -> dict[str, Any]:
    """Print the metrics at 3 of every variant, over several draws of the hidden probabilities, and return them."""
    found: dict[str, list[Any]] = {variant: [] for variant in VARIANTS}
    for draw in range(draws):
        world = World(graph, draw, noise)
        degree = np.diff(world.ptr)
        users = world.rng.choice(np.flatnonzero(degree >= 5), n_users, replace=False)
        truth = world.spreads(np.concatenate([users, world.rng.integers(0, world.n, n_users)]))
        rows = candidates_of(world, users, 50)
        seen = world.graph()
        for variant in VARIANTS:
            algorithm, _, blend = ("probability" if variant == P_ONLY else variant).partition(", blend ")
            accept = None if variant == P_ONLY else world.seen_accept
            reranker = Reranker(seen, algorithm, acceptance=accept, blend=float(blend) if blend else None, rng=draw)
            lists = reranker.rerank(rows, 3, on_short="keep")
            found[variant].append(evaluate(lists, truth, KS))
    rows_ = []
    for variant, records in found.items():
        cells = [_interval([getattr(r, what)[-1] for r in records]) for what in ("recall", "ndcg", "nspread")]
        difference = [
            _interval([r.nspread[-1] - p.nspread[-1] for r, p in zip(records, found[base], strict=True)], signed=True)
            for base in (P_ONLY, "probability")
        ]
        rows_.append((variant, *cells, *difference))
    n_evaluated = statistics.mean(r.n_users for r in found["heteroir"])
    head = (
        f"{name}, {draws} draws, {n_evaluated:.0f} users", "recall@3", "NDCG@3", "NSpread@3", f"minus {P_ONLY}",
        "minus probability",
    )  # fmt: skip
    table(head, rows_)
    return found


def _interval(values: list[float], *, signed: bool = False) -> str:
    """Return the mean and the half width of its 95 % confidence interval by Student's t distribution."""
    from scipy.stats import t

    mean = statistics.mean(values)
    if len(values) < 2:
        return f"{mean:.4f}"
    half = float(t.ppf(0.975, len(values) - 1)) * statistics.stdev(values) / math.sqrt(len(values))
    return f"{mean:{'+' if signed else ''}.4f} ± {half:.4f}"


def draw_study(folder: Path, found: dict[str, dict[str, Any]]) -> None:
    """Plot NSpread against K for all variants."""
    from matplotlib.figure import Figure

    folder.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(9.0, 3.8), layout="constrained")
    for ax, (name, by_variant) in zip(figure.subplots(1, len(found), squeeze=False)[0], found.items(), strict=True):
        for variant, records in by_variant.items():
            means = [statistics.mean(r.nspread[i] for r in records) for i in range(len(KS))]
            ax.plot(KS, means, marker=".", label=variant)
        ax.set_xticks(KS)
        ax.set_xlabel("K")
        ax.set_ylabel("NSpread@K")
        ax.set_title(name)
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside right center", frameon=False)
    figure.savefig(folder / "recommend-study.svg")


def request_speed(smoke: bool, repeats: int) -> None:
    """Print the run times of HeteroIM lists, of requests of one user, and of a prepared index."""
    rows: list[tuple[Any, ...]] = []
    facebook = imax.datasets.load("lesmis") if smoke else data_graph("facebook")
    if facebook is not None:
        inviters = np.random.default_rng(0).choice(facebook.n_nodes, 40, replace=False)
        labels = facebook.labels.take(inviters)
        made = heteroim(facebook, labels, k=3, rng=1)
        time_ = timed({"": lambda: heteroim(facebook, labels, k=3, rng=1)}, repeats)[""]
        rows.append(("heteroim, facebook, 40 inviters, k = 3, epsilon 0.1", f"{made.n_rr_sets:,} RR sets", str(time_)))
    epinions = imax.datasets.load("karate") if smoke else data_graph("epinions")
    if epinions is not None:
        rng = np.random.default_rng(0)
        n, width = epinions.n_nodes, 10 if smoke else 200
        users = rng.integers(0, n, 20 if smoke else 2000).tolist()
        lists = [np.setdiff1d(rng.choice(n, width + 10, replace=False), [u])[:width].tolist() for u in users]
        for algorithm in ("heteroim", "heteroir", "expected-spread"):
            began = time.perf_counter()
            reranker = Reranker(epinions, algorithm, rng=1)
            prepared = f"prepared in {time.perf_counter() - began:.2f} s"
            requests = request_time(reranker, users, lists)
            rows.append((f"rerank_user, epinions, {width} candidates, {algorithm}", prepared, requests))
    small = bench_graph(8 if smoke else 14)
    users, batch = batch_of(small, 50 if smoke else 10_000, 5 if smoke else 50)
    for algorithm in ("heteroim", "heteroir", "expected-spread"):
        reranker = Reranker(small, algorithm, rng=1)
        time_ = timed({"": lambda r=reranker: r.rerank(batch, 3, on_short="keep")}, repeats)[""]
        work = f"rerank, R-MAT, {small.n_arcs:,} arcs, {len(batch):,} users, {algorithm}"
        rows.append((work, "dict of lists", str(time_)))
        chosen = users[:500]
        rows.append((f"rerank_user, the same, {algorithm}", "", request_time(reranker, chosen, list(batch.values()))))
    table(("work", "", "time"), rows)


def request_time(reranker: Reranker, users: list[int], lists: list[list[int]]) -> str:
    """Return the median and the 99 % quantile of the times of requests of one user."""
    reranker.rerank_user(users[0], lists[0], 3)
    seconds = []
    for user, own in zip(users, lists, strict=False):
        began = time.perf_counter()
        reranker.rerank_user(user, own, 3)
        seconds.append(time.perf_counter() - began)
    return f"median {statistics.median(seconds) * 1e6:.0f} µs, 99 % {np.quantile(seconds, 0.99) * 1e6:.0f} µs"


def batch_of(graph: imax.InfluenceGraph, count: int, width: int) -> tuple[list[int], dict[int, list[int]]]:
    """Return users, and random candidates of each of them."""
    rng = np.random.default_rng(1)
    users = rng.choice(graph.n_nodes, count, replace=count > graph.n_nodes).tolist()
    wide = rng.integers(0, graph.n_nodes, (count, width + 10))
    return users, {u: np.setdiff1d(row, [u])[:width].tolist() for u, row in zip(users, wide, strict=True)}


def large_speed(smoke: bool, repeats: int) -> None:
    """Print the run times of rankings on a large graph."""
    rows: list[tuple[Any, ...]] = []
    big = bench_graph(10 if smoke else 20)
    time_ = timed({"": lambda: heteroir(big, k=20)}, min(repeats, 3))[""]
    rows.append((f"heteroir, R-MAT, {big.n_arcs:,} arcs, all nodes invite, top 20", "", str(time_)))
    count, width = (50, 5) if smoke else (100_000, 50)
    users, batch = batch_of(big, count, width)
    for algorithm, options in (
        ("heteroir", {}), ("heteroim", {"sets_per_node": 3}), ("expected-spread", {"sets_per_node": 1}),
    ):  # fmt: skip
        reranker = Reranker(big, algorithm, rng=1, **options)
        time_ = timed({"": lambda r=reranker: r.rerank(batch, 3, on_short="keep")}, min(repeats, 3))[""]
        rows.append(
            (f"rerank, {len(batch):,} users, {width} candidates per user, {algorithm}", "dict of lists", str(time_))
        )
    for run in range(1 if smoke else 3):
        began, used = time.perf_counter(), time.process_time()
        expected_spread(big, users if not smoke else None, k=20, sets_per_node=1, rng=run)
        rows.append(
            (f"expected_spread, R-MAT, {big.n_arcs:,} arcs, {count:,} users, k = 20",
             f"{time.process_time() - used:.1f} s of processor time", f"{time.perf_counter() - began:.1f} s")
        )  # fmt: skip
    table(("work", "", "time"), rows)


def main() -> None:
    """Print all tables."""
    made = parser(__doc__ or "")
    made.add_argument("--plots", type=Path, metavar="DIR", help="write the plot to this folder")
    made.add_argument("--draws", type=int, default=20, help="draws of the hidden probabilities (default 20)")
    made.add_argument(
        "--noise", type=float, default=0.5, help="standard deviation of the logarithm of the estimates (default 0.5)"
    )
    made.add_argument("--part", choices=PARTS, default="all", help="what to run")
    options = made.parse_args()
    print(machine(), "\n")
    if options.part in ("all", "real"):
        real_study(options.smoke)
    found: dict[str, dict[str, Any]] = {}
    if options.part not in ("all", "simulated"):
        pass
    elif options.smoke:
        found["rmat"] = study("R-MAT 2^7", bench_graph(7), 2, 20, options.noise)
    else:
        for name in ("facebook", "epinions"):
            graph = data_graph(name)
            if graph is not None:
                found[name] = study(name, graph, options.draws, 2000, options.noise)
    if options.plots is not None and found:
        draw_study(options.plots, found)
    repeats = 1 if options.smoke else options.repeats
    if options.part in ("all", "requests"):
        request_speed(options.smoke, repeats)
    if options.part in ("all", "large"):
        large_speed(options.smoke, repeats)


if __name__ == "__main__":
    main()
