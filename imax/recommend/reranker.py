"""Reranking of a recommender's lists; what does not depend on a request is prepared once."""

import time
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._utils import check
from .._utils.streams import RNG, key_from
from ..errors import InvalidArgumentError
from ..graph.influence_graph import InfluenceGraph
from ..io.accept import as_graph
from ..io.node_reader import NodeReader, NodeValues
from ..io.text import PathLike
from ._candidates import CandidateLists, Policy, lists_of_table, lists_of_user
from ._network import inviters_of, network_of
from .heteroir import INTERACTIONS
from .ranking import Ranking, Scores, rank
from .registry import ALGORITHMS
from .storage import SavedReranker, read_reranker, write_reranker
from .strategies.base import LIST_LENGTH, SETS_PER_NODE, Context, Options, Strategy

__all__ = ["Reranker"]

_WARM_UP = 3  # candidates of a request that loads the kernels


@dataclass(frozen=True)
class _Prepared:
    """A strategy prepared on a network, and how its scores are used."""

    algorithm: str
    blend: float | None
    context: Context
    strategy: Strategy
    notes: tuple[str, ...] = ()


class Reranker:
    """Reorders lists of candidates so that invitations spread; prepared once, used for many requests.

    A reranker does not change after it is made: threads can share it, processes can share it by `save` and `load`, and
    it can be pickled.

    Parameters
    ----------
    graph : InfluenceGraph, networkx graph or SciPy sparse array
        Arcs lead from an inviter to a node that may be invited.
    algorithm : str, default "heteroim"
        ``"heteroim"``, ``"heteroir"``, ``"expected-spread"``, ``"cim"``, or one of the baselines ``"probability"``,
        ``"degree"``, ``"pagerank"`` and ``"random"``: a name in `imax.recommend.ALGORITHMS`. An algorithm rejects
        arguments that it does not support.
    acceptance : node values, optional
        The probability that each node accepts an invitation, see `imax.Constraints`. Default 1.
    on_missing : {"error", "drop", "default"}, default "error"
        What to do with nodes that `acceptance` does not list, and with labels in it that are not in the graph. With
        ``"drop"`` such nodes never accept, and with ``"default"`` they always accept; other labels are ignored.
        ``notes`` have the counts.
    interactions : int, optional
        For ``"heteroir"``: the maximum number of friends that a node interacts with; default 20.
    blend : float in [0, 1], optional
        The weight of the algorithm's own score, compared with willingness, the probability that the candidate is
        invited and accepts. The final score is (1 - blend) times willingness plus `blend` times the own score divided
        by the largest own score of the list. By default, it is the own score alone; that of HeteroIR contains
        willingness as a factor.
        ``"expected-spread"`` chooses by the blended score, so that lists of other users are blended, too.
    sets_per_node : int, optional
        For ``"heteroim"`` and ``"expected-spread"``: the number of RR sets of which each node is the root; default 20.
    min_willingness, discount
        For ``"expected-spread"``: see `expected_spread`.
    list_length : int, optional
        For ``"expected-spread"``: the length of the lists that users see who are not in a request; default 3.
        Of lists with more than 25 friends who accept with certainty, a request can undervalue these friends.
    inviters : iterable of labels, optional
        For ``"expected-spread"``: the users who see lists; default all nodes with out-arcs. A request takes the lists
        of all others as given.
    probability : str, optional
        A scheme of arc probabilities that replaces the graph's own; see `imax.probabilities`.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        The same value gives the same result, whatever `threads` is.
    threads : int, optional
        Default ``IMAX_NUM_THREADS``, else all cores.
    max_memory : int or str, optional
        For ``"heteroim"`` and ``"expected-spread"``: a bound on the bytes of RR sets, such as ``"2GiB"``; needing more
        is an error.
    client : distributed.Client, optional
        For ``"heteroim"`` and ``"expected-spread"``: draw the RR sets of the preparation on the workers of a Dask
        cluster; the result is the same. The sets are then sent to this process, and take memory here: a reranker
        answers requests from an index of its own, without a cluster. To make all lists once and keep the sets on the
        workers, use `heteroim` and `expected_spread`. See :doc:`/how-to/cluster`.

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

    _prepared: _Prepared

    def __init__(
        self,
        graph: Any,
        algorithm: str = "heteroim",
        *,
        acceptance: NodeValues | None = None,
        on_missing: str = "error",
        interactions: int | None = None,
        blend: float | None = None,
        sets_per_node: int | None = None,
        min_willingness: float | None = None,
        discount: "ArrayLike | None" = None,
        list_length: int | None = None,
        inviters: Iterable[Hashable] | None = None,
        probability: str | None = None,
        rng: RNG = None,
        threads: int | None = None,
        max_memory: int | str | None = None,
        client: Any = None,
    ) -> None:
        entry = ALGORITHMS.find(algorithm)
        ALGORITHMS.check_accepts(
            entry, interactions=interactions, sets_per_node=sets_per_node, max_memory=max_memory,
            min_willingness=min_willingness, discount=discount, list_length=list_length, inviters=inviters,
            client=client,
        )  # fmt: skip
        blend = None if blend is None else check.probability(blend, "blend")
        n_threads, key = check.threads(threads), key_from(rng)
        reader = NodeReader(
            as_graph(graph, probability=probability, rng=key, max_memory=max_memory),
            on_missing,
            source=graph,
            max_memory=max_memory,
        )
        network = network_of(reader.graph, acceptance, reader)
        options = Options(
            INTERACTIONS if interactions is None else check.count(interactions, "interactions"),
            SETS_PER_NODE if sets_per_node is None else check.count(sets_per_node, "sets_per_node"),
            max_memory,
            blend,
            min_willingness,
            discount,
            LIST_LENGTH if list_length is None else check.count(list_length, "list_length"),
            None if inviters is None else inviters_of(network, inviters),
            client,
        )
        context = Context(network, key, n_threads)
        self._prepared = _Prepared(entry.name, blend, context, entry.run.prepare(context, options), tuple(reader.notes))

    @classmethod
    def _from_prepared(cls, prepared: _Prepared) -> "Reranker":
        """Return a reranker that is prepared already, without computing anything."""
        reranker = cls.__new__(cls)
        reranker._prepared = prepared
        return reranker

    @property
    def algorithm(self) -> str:
        """The name of the algorithm."""
        return self._prepared.algorithm

    @property
    def graph(self) -> InfluenceGraph:
        """The graph on which the reranker is prepared."""
        return self._prepared.context.network.graph

    @property
    def n_rr_sets(self) -> int:
        """The number of RR sets drawn in preparation."""
        return self._prepared.strategy.n_rr_sets

    @property
    def notes(self) -> list[str]:
        """What was ignored or filled in when `acceptance` was read; empty after `load`."""
        return list(self._prepared.notes)

    @property
    def rng_key(self) -> tuple[int, int]:
        """The key of the random streams; passing it as `rng` repeats the preparation."""
        return self._prepared.context.key

    # -- requests ----------------------------------------------------------------------------------------------

    def rerank(
        self,
        candidates: Any,
        k: int | None = None,
        *,
        on_missing: str = "error",
        on_short: str | None = None,
        user: str = "user",
        candidate: str = "candidate",
        score: str = "score",
    ) -> Ranking:
        """Reorder the lists of many users.

        Parameters
        ----------
        candidates : dict, data frame or tuple of arrays
            A dict from users to lists of labels, or to dicts from label to the recommender's score; a table with one
            row per candidate (pandas, Polars, also lazy, pyarrow, DuckDB); or arrays (users, candidates) or (users,
            candidates, scores). A score replaces the arc probability P(u, v). Without a score and without an arc,
            P(u, v) is 0.
        k : int, optional
            The maximum length of each list; default all candidates.
        on_missing : {"error", "drop", "default"}, default "error"
            How to treat what cannot be ranked. With ``"error"``, unknown users and candidates, empty lists, repeated
            candidates and users among their own candidates raise an error. With ``"drop"``, the list of a user that
            the graph does not contain keeps the given order; unknown candidates, repetitions and the user itself are
            dropped; an empty list stays empty. ``"default"`` differs in one respect: candidates that the graph does
            not contain stay, after the others and in the given order. The result counts all of them in `notes`.
        on_short : {"error", "keep"}, optional
            How to treat lists with fewer than `k` candidates. Default ``"error"`` if `on_missing` is ``"error"``, else
            ``"keep"``.
        user, candidate, score : str
            The names of the table's columns. The column of scores may be missing.

        Returns
        -------
        Ranking
            Users are in the order of first appearance. Candidates with equal scores keep the given order; of those that
            share equally many RR sets with the user, HeteroIM prefers the one that its cover contains first. The parts
            are ``willingness``, P(u, v) U(v), and those of `heteroim` for HeteroIM, ``gain`` for expected spread, or
            ``value`` for the other algorithms. HeteroIR and the baselines rank each user separately. CIM and expected
            spread choose the lists of all users of a request together; for expected spread, users who are not in the
            request keep the lists of the preparation. ``to_frame()`` returns a table of the same kind as `candidates`.

        Raises
        ------
        InvalidArgumentError
            If scores are missing or outside [0, 1], or a list is too short; with ``on_missing="error"`` also if a
            candidate is repeated or the user itself, or a list is empty.
        UnknownNodeError
            If the graph does not contain a user or a candidate, with ``on_missing="error"``.
        """
        k = None if k is None else check.count(k, "k")
        policy = Policy(on_missing, on_short, k)
        lists = lists_of_table(self.graph, candidates, policy, columns=(user, candidate, score))
        return self._rank(lists, k, self._prepared.context.threads)

    def rerank_user(
        self,
        user: Hashable,
        candidates: Mapping[Any, float] | Iterable[Hashable] | NDArray[Any],
        k: int | None = None,
        *,
        scores: "ArrayLike | None" = None,
        on_missing: str = "error",
        on_short: str | None = None,
    ) -> Ranking:
        """Reorder the list of one user.

        Parameters
        ----------
        user : hashable
            The label of the user.
        candidates : iterable of labels, or dict
            A dict gives the recommender's score of each label.
        k : int, optional
            The maximum length of the list; default all candidates.
        scores : array_like of float, shape (n_candidates,), optional
            The recommender's scores, if `candidates` is not a dict.
        on_missing, on_short
            As in `rerank`.

        Returns
        -------
        Ranking

        Raises
        ------
        InvalidArgumentError, UnknownNodeError
        """
        k = None if k is None else check.count(k, "k")
        if isinstance(candidates, Mapping):
            scores, candidates = list(candidates.values()), list(candidates)
        lists = lists_of_user(self.graph, user, candidates, scores, Policy(on_missing, on_short, k))
        return self._rank(lists, k, 1)

    def warm_up(self) -> "Reranker":
        """Make the first request as fast as later ones, and return the reranker.

        This loads or compiles the kernels, builds the index of labels, and reads the arrays of a mapped file into
        memory. Call it in each process of a service before the first request, after the process was forked.

        Examples
        --------
        >>> import imax
        >>> from imax.recommend import Reranker
        >>> Reranker(imax.datasets.load("karate"), "heteroir").warm_up()
        <Reranker: heteroir on 34 nodes>
        """
        network = self._prepared.context.network
        for array in (network.ptr, network.idx, network.by_target, network.by_arc, network.acceptance,
                      *self._prepared.strategy.state().arrays.values()):  # fmt: skip
            if array is not None:
                array.max(initial=0)  # reads every page
        labels = self.graph.labels.take(np.arange(min(self.graph.n_nodes, _WARM_UP)))
        for k in (None, 1):
            self.rerank_user(labels[0], labels, k, on_missing="drop")
            self.rerank({labels[0]: dict.fromkeys(labels, 0.5)}, k, on_missing="drop")
        return self

    def _rank(self, lists: CandidateLists, k: int | None, threads: int) -> Ranking:
        began = time.perf_counter()
        prepared, network = self._prepared, self._prepared.context.network
        probability = lists.scores
        if probability is None:
            probability = network.arc_probability(lists.users, lists.offsets, lists.candidates, threads)
        willingness = probability * network.acceptance[lists.candidates]
        own = prepared.strategy.scores(lists, willingness, k, threads)
        score = own.score
        if prepared.blend is not None and not prepared.strategy.blends:
            score = _blended(lists, willingness, own.score, prepared.blend)
        scores = Scores(score, own.tie, lambda rows: {"willingness": willingness[rows], **own.parts(rows)})
        return rank(
            network.graph, lists, scores, k, threads, algorithm=prepared.algorithm, began=began,
            n_rr_sets=prepared.strategy.n_rr_sets, rng_key=prepared.context.key,
        )  # fmt: skip

    # -- files -------------------------------------------------------------------------------------------------

    def save(self, path: PathLike) -> None:
        """Write the reranker with its graph to the file `path`, which appears complete or not at all; see `load`."""
        prepared = self._prepared
        context, state = prepared.context, prepared.strategy.state()
        write_reranker(SavedReranker(prepared.algorithm, prepared.blend, context.key, context.network, state), path)

    @classmethod
    def load(cls, path: PathLike, graph: Any = None, *, threads: int | None = None, verify: str = "fast") -> "Reranker":
        """Return the reranker in a file; its arrays are mapped, so that processes share them.

        Parameters
        ----------
        path : str or os.PathLike
            The file. It must not change while the reranker is in use: replace it by a rename, as `save` does, and
            never overwrite it in place.
        graph : InfluenceGraph, networkx graph or SciPy sparse array, optional
            If given, a file that was made for another graph is rejected, by fingerprint.
        threads : int, optional
            Default ``IMAX_NUM_THREADS``, else all cores.
        verify : {"fast", "full"}, default "fast"
            ``full`` also compares the checksums of all arrays; see `imax.io.read_binary`.

        Raises
        ------
        NoSuchFileError, FileFormatError
        InvalidArgumentError
            If the file was made for another graph.
        """
        reranker = cls._from_prepared(
            read_reranker(path, partial(_restore, threads=check.threads(threads)), verify=verify)
        )
        if graph is not None and as_graph(graph).fingerprint != reranker.graph.fingerprint:
            raise InvalidArgumentError(
                f"graph must be the one that {path} was made for, with the fingerprint {reranker.graph.fingerprint}; "
                "make the file again from this graph",
                argument="graph",
            )
        return reranker

    def __repr__(self) -> str:
        return f"<Reranker: {self.algorithm} on {self.graph.n_nodes:,} nodes>"


def _blended(
    lists: CandidateLists, willingness: NDArray[np.float64], own: NDArray[np.float64], blend: float
) -> NDArray[np.float64]:
    """Return (1 - blend) times willingness plus blend times the own score divided by the largest of its list."""
    if not own.size:
        return own
    largest = np.maximum.reduceat(own, lists.offsets[:-1])
    scale = np.repeat(np.where(largest > 0, largest, 1.0), np.diff(lists.offsets))
    score: NDArray[np.float64] = (1.0 - blend) * willingness + blend * own / scale
    return score


def _restore(saved: SavedReranker, *, threads: int) -> _Prepared:
    context = Context(saved.network, saved.rng_key, threads)
    strategy = ALGORITHMS[saved.algorithm].run.restore(context, saved.state)
    return _Prepared(saved.algorithm, saved.blend, context, strategy)
