"""Reranking a recommender's lists: what does not depend on the request is prepared once."""

import time
from collections.abc import Hashable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import __version__
from .._utils import check, parallel
from .._utils.streams import RNG, Stream, key_from, stream_key
from ..errors import InvalidArgumentError
from ..graph.accept import as_graph
from ..io.text import PathLike
from ..selection.algorithms.heuristics import pagerank_of
from ._network import Network, network_of
from ._tables import Rows, rows_of, rows_of_user
from .heteroim import Choice, Shared, choose, draw, scores_of, share
from .heteroir import INTERACTIONS
from .ranking import Ranking, ranked

__all__ = ["METHODS", "SETS_PER_NODE", "Reranker"]

METHODS = {
    "heteroim": "what user and candidate reach together on RR sets that no candidate before has reached (HeteroIM)",
    "heteroir": "the chance that the candidate is invited and accepts, times how many it brings along (HeteroIR)",
    "cim": "whom RR-OPIM+ would let all users invite together, k each, then the rest as given",
    "probability": "the chance that the candidate is invited and accepts",
    "degree": "the candidate's number of out-arcs",
    "pagerank": "the candidate's PageRank on the reversed graph",
    "random": "uniformly at random",
}
SETS_PER_NODE = 20


class Reranker:
    """Reorders candidates by how far inviting them would carry; prepared once, for many requests.

    Nothing changes after it is made: threads may share it, `save` and `load` let processes share it, and it can be
    pickled.

    Parameters
    ----------
    graph : InfluenceGraph, networkx graph or SciPy sparse array
        Its arcs lead from who invites to who may be invited.
    method : str, default "heteroim"
        ``"heteroim"``, ``"heteroir"``, ``"cim"``; for comparison ``"probability"``, ``"degree"``, ``"pagerank"`` and
        ``"random"``.
    acceptance : array_like of float, shape (n_nodes,), or dict, optional
        The probability that each node accepts, by node index or label; 1 for those that a dict leaves out.
    interactions : int, default 20
        For HeteroIR: with how many friends somebody interacts at most.
    blend : float in [0, 1], optional
        Weigh the method against willingness, the chance that the candidate is invited and accepts: the score is (1 -
        blend) times willingness plus `blend` times the method's own score over the largest of the list. By default the
        method's own score alone, in which HeteroIR has willingness as a factor, and the others do not have it.
    sets_per_node : int, default 20
        For HeteroIM: how many RR sets each node is the root of.
    probability, rng, threads, max_memory
        As in `heteroim`.

    Raises
    ------
    InvalidArgumentError, UnknownNodeError, OutOfMemoryBoundError

    References
    ----------
    Hou, Sun, Lin, Bi, Wang, Yang: Heterogeneous Influence Maximization in User Recommendation. 2025.

    Examples
    --------
    >>> import imax
    >>> from imax.recommend import Reranker
    >>> reranker = Reranker(imax.datasets.load("lesmis"), "heteroir")
    >>> lists = reranker.rerank({"Myriel": ["Valjean", "Count"], "Fantine": ["Simplice", "Javert"]}, k=1)
    >>> lists.lists()
    {'Myriel': ['Count'], 'Fantine': ['Simplice']}
    >>> reranker.rerank_user("Marius", {"Valjean": 0.9, "Cosette": 0.1})["Marius"]
    ['Valjean', 'Cosette']
    """

    def __init__(
        self,
        graph: Any,
        method: str = "heteroim",
        *,
        acceptance: Mapping[Any, float] | ArrayLike | None = None,
        interactions: int = INTERACTIONS,
        blend: float | None = None,
        sets_per_node: int = SETS_PER_NODE,
        probability: str | None = None,
        rng: RNG = None,
        threads: int | None = None,
        max_memory: int | str | None = None,
    ) -> None:
        self.method = check.one_of(method, "method", tuple(METHODS))
        self.blend = None if blend is None else check.probability(blend, "blend")
        self.threads = check.threads(threads)
        self.rng_key = key_from(rng)
        self.network: Network = network_of(as_graph(graph, probability=probability, rng=self.rng_key), acceptance)
        self.graph = self.network.graph
        self.n_rr_sets = 0
        self.value: NDArray[np.float64] | None = None  # what each node is worth by itself
        self.choice: Choice | None = None
        self.shared: Shared | None = None
        interactions = check.count(interactions, "interactions")
        per_node = check.count(sets_per_node, "sets_per_node")
        if method == "heteroim":
            sets = draw(self.network, per_node, self.rng_key, self.threads, max_memory)
            self.choice = choose(sets, np.ones(self.graph.n_nodes, dtype=np.bool_))
            everyone = np.arange(self.graph.n_nodes, dtype=np.int32)
            self.shared = share(sets, self.choice, everyone, self.threads)
            self.n_rr_sets = sets.n_sets
        elif method == "heteroir":
            self.value = self.network.reach(interactions, self.threads)
        elif method == "degree":
            self.value = np.diff(self.network.ptr).astype(np.float64)
        elif method == "pagerank":
            self.value = pagerank_of(self.graph, self.threads)[0]

    # -- requests ----------------------------------------------------------------------------------------------

    def rerank(
        self,
        candidates: Any,
        k: int | None = None,
        *,
        on_missing: str = "error",
        on_short: str = "error",
        user: str = "user",
        candidate: str = "candidate",
        score: str = "score",
    ) -> Ranking:
        """Reorder the lists of many users.

        Parameters
        ----------
        candidates : dict, data frame or tuple of arrays
            A dict of lists of labels, or of dicts from label to the recommender's score; a pandas or Polars frame with
            a row for each candidate; or arrays (users, candidates) or (users, candidates, scores). Scores stand for
            P(u, v), in place of the arc's; without either it is 0.
        k : int, optional
            Keep each user's best k; default all.
        on_missing : {"error", "drop"}, default "error"
            What to do about users and candidates that the graph lacks. Those dropped are counted.
        on_short : {"error", "keep"}, default "error"
            What to do about lists of fewer than k.
        user, candidate, score : str
            The frame's columns; that of scores may be missing.

        Returns
        -------
        Ranking
            Users in the order of first appearance. The parts are ``willingness``, P(u, v) U(v); for HeteroIM those of
            `heteroim`, for the others ``value``.

        Raises
        ------
        InvalidArgumentError
            For scores that are missing or outside [0, 1], a candidate named twice, empty or short lists.
        UnknownNodeError
        """
        k = None if k is None else check.count(k, "k")
        rows = rows_of(
            self.graph, candidates, columns=(user, candidate, score), on_missing=on_missing, k=k, on_short=on_short
        )
        return self._ranking(rows, k, self.threads)

    def rerank_user(
        self,
        user: Hashable,
        candidates: Mapping[Any, float] | Iterable[Hashable] | NDArray[Any],
        k: int | None = None,
        *,
        scores: ArrayLike | None = None,
        on_missing: str = "error",
        on_short: str = "error",
    ) -> Ranking:
        """Reorder the list of one user; for the arguments see `rerank`.

        `candidates` may be a dict of scores, or `scores` has one for each.
        """
        k = None if k is None else check.count(k, "k")
        if isinstance(candidates, Mapping):
            scores, candidates = list(candidates.values()), list(candidates)
        rows = rows_of_user(
            self.graph, user, candidates, scores, on_missing=on_missing, k=k, on_short=on_short
        )  # fmt: skip
        return self._ranking(rows, k, 1)

    def _ranking(self, rows: Rows, k: int | None, threads: int) -> Ranking:
        began = time.perf_counter()
        graph, friends = self.graph, rows.friends
        willing = self._willingness(rows, threads)
        own, parts = self._own(rows, willing, k, threads)
        score = own
        if self.blend is not None:
            most = np.maximum.reduceat(own, rows.starts[:-1])
            score = (1.0 - self.blend) * willing + self.blend * own / np.repeat(
                np.where(most > 0, most, 1.0), np.diff(rows.starts)
            )
        tie = np.arange(friends.size) if self.method == "cim" else graph.index[friends]
        if self.choice is not None:
            tie = self.choice.order[friends]
        offsets, best = ranked(rows.starts, score, tie, k, threads)
        return Ranking(
            graph=graph,
            users=graph.index[rows.users],
            offsets=offsets,
            friends=graph.index[friends[best]],
            scores=score[best],
            parts={name: values[best] for name, values in {"willingness": willing, **parts}.items()},
            method=self.method,
            k=k,
            n_rr_sets=self.n_rr_sets,
            dropped_users=rows.dropped_users,
            dropped_rows=rows.dropped_rows,
            seconds={"total": time.perf_counter() - began},
            rng_key=self.rng_key,
            version=__version__,
        )

    def _willingness(self, rows: Rows, threads: int) -> NDArray[np.float64]:
        """Return the chance that each candidate is invited and accepts."""
        from ..kernels.friends import find_arcs

        network = self.network
        chance = rows.given
        if chance is None:
            chance = np.empty(rows.friends.size)
            users = rows.users.astype(np.int64)
            parts = parallel.slices(users.size, threads)
            tasks = [
                partial(find_arcs, a, b, users, rows.starts, rows.friends, network.ptr, network.idx, network.by_target,
                        network.by_arc, chance)
                for a, b in parts
            ]  # fmt: skip
            parallel.run(tasks, threads)
        found: NDArray[np.float64] = chance * network.accept[rows.friends]
        return found

    def _own(
        self, rows: Rows, willing: NDArray[np.float64], k: int | None, threads: int
    ) -> tuple[NDArray[np.float64], dict[str, NDArray[Any]]]:
        """Return the method's own scores, and their parts."""
        friends = rows.friends
        value: NDArray[np.float64]
        if self.choice is not None and self.shared is not None:
            shared = self.shared.find(rows.users, rows.starts, friends, threads)
            cover, order = self.choice.cover[friends], self.choice.order[friends]
            return scores_of(self.choice, shared, friends), {"shared": shared, "cover": cover, "order": order}
        if self.method == "heteroir":
            assert self.value is not None
            value = self.value[friends]
            return willing * (1.0 + value), {"value": value}
        if self.method == "cim":
            value = self._gains(rows, k)
        elif self.method == "random":
            sequence = np.random.SeedSequence(list(stream_key(self.rng_key, Stream.RANDOM_RANKING)))
            words = np.random.PCG64(sequence).random_raw(friends.size)
            value = (words >> np.uint64(11)).astype(np.float64) * 2.0**-53
        else:
            value = willing if self.value is None else self.value[friends]
        return value, {"value": value}

    def _gains(self, rows: Rows, k: int | None) -> NDArray[np.float64]:
        """Return what each candidate adds where RR-OPIM+ lets its user invite it, 0 where it does not."""
        from ..capacity import CapacityProblem, assign

        graph = self.graph
        lengths = np.diff(rows.starts)
        active = np.zeros(graph.n_nodes, dtype=np.bool_)
        active[rows.users] = True
        users, labels = graph.labels_of(rows.users), graph.labels_of(rows.friends)
        free = (~active[rows.friends]).tolist()
        starts = rows.starts.tolist()
        lists = {user: [labels[q] for q in range(starts[i], starts[i + 1]) if free[q]] for i, user in enumerate(users)}
        gain = np.zeros(rows.friends.size)
        if not any(free):
            return gain  # those asked for are all users themselves
        problem = CapacityProblem(
            self.network.live(), users, lengths if k is None else np.minimum(lengths, k), candidates=lists
        )
        found = assign(problem, rng=self.rng_key, threads=self.threads)
        for i, user in enumerate(users):
            worth = dict(zip(found.friends[user], found.gains[user], strict=True))
            gain[starts[i] : starts[i + 1]] = [worth.get(label, 0.0) for label in labels[starts[i] : starts[i + 1]]]
        return gain

    # -- keeping -----------------------------------------------------------------------------------------------

    def save(self, path: PathLike) -> None:
        """Write the reranker, its graph included, to one file that `load` maps; it appears whole or not at all."""
        from .storage import write_reranker

        write_reranker(self, path)

    @classmethod
    def load(cls, path: PathLike, graph: Any = None, *, threads: int | None = None) -> "Reranker":
        """Return the reranker that a file holds; its arrays are mapped, so that processes share them.

        Parameters
        ----------
        path : str or os.PathLike
            The file must not change while it is in use.
        graph : InfluenceGraph, networkx graph or SciPy sparse array, optional
            Refuse the file if it was made for another graph, by fingerprint.
        threads : int, optional

        Raises
        ------
        NoSuchFileError, FileFormatError
        InvalidArgumentError
            If the file is for another graph.
        """
        from .storage import read_reranker

        found = read_reranker(path, check.threads(threads))
        if graph is not None and as_graph(graph).fingerprint != found.graph.fingerprint:
            raise InvalidArgumentError(
                f"{path} was made for another graph (its fingerprint is {found.graph.fingerprint}); make it again from "
                "this one"
            )
        return found

    def __repr__(self) -> str:
        return f"<Reranker: {self.method} on {self.graph.n_nodes:,} nodes>"
