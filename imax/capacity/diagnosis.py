"""How far a capacity problem is from independent lists: overlap of the inviters, and the curvature of the spread."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from .._utils import check
from .._utils.streams import RNG, Stream, stream_key
from ..cluster.session import open_session
from ..diffusion.sampler import Sampler
from ..io.node_reader import NodeReader
from ..results import Record
from ..ris.collection import RRCollection
from ..ris.remote import new_collection
from .assigning import check_problem, selection_problem
from .problem import CapacityProblem

__all__ = ["Diagnosis", "diagnose"]

_SETS = 100_000


@dataclass(frozen=True)
class Diagnosis(Record):
    """Overlap and curvature of a capacity problem; see `diagnose`.

    Attributes
    ----------
    curvature : float
        Estimate of the curvature: 1 minus the smallest share of its own spread that a candidate still adds to all
        others. 0 means that spreads add up, 1 that some candidate adds nothing.
    curvature_bound : float
        The curvature is at most this, except with probability `delta`.
    guarantee : float
        1 / (1 + curvature_bound): the share of the optimum that round robin reaches on exact spreads; at least 1/2.
    n_candidates, n_shared : int
        Number of candidates, and of those whom at least two inviters can invite.
    mean_inviters : float
        Mean number of inviters who can invite a candidate.
    shared_lists : float
        Mean over inviters of the share of their candidates whom others can invite, too.
    shared_reach : float
        Share of the RR sets with a candidate that have at least two: how much the spreads of candidates overlap.
    n_rr_sets, delta, rng_key, version
        As in `Assignment`.

    Examples
    --------
    >>> import imax
    >>> from imax.capacity import CapacityProblem, diagnose
    >>> diagnose(CapacityProblem(imax.datasets.load("karate"), [0, 33], 2), n_rr_sets=1000, rng=1)
    <Diagnosis: curvature 1.000 (at most 1.000), guarantee 0.500, 4 of 29 candidates shared>
    """

    curvature: float
    curvature_bound: float
    guarantee: float
    n_candidates: int
    n_shared: int
    mean_inviters: float
    shared_lists: float
    shared_reach: float
    n_rr_sets: int
    delta: float
    rng_key: tuple[int, int]
    version: str

    def __repr__(self) -> str:
        return (
            f"<Diagnosis: curvature {self.curvature:.3f} (at most {self.curvature_bound:.3f}), guarantee "
            f"{self.guarantee:.3f}, {self.n_shared:,} of {self.n_candidates:,} candidates shared>"
        )


def diagnose(
    problem: CapacityProblem,
    *,
    model: str = "ic",
    n_rr_sets: int = _SETS,
    delta: float = 0.05,
    rng: RNG = None,
    threads: int | None = None,
    client: Any = None,
) -> Diagnosis:
    """Return how much the lists of inviters and the spreads of candidates overlap.

    Round robin reaches 1 / (1 + curvature) of the optimum, which is more than 1/2 if every candidate reaches somebody
    whom no other candidate reaches. The curvature is that of the spread as a function of pairs of an inviter and a
    candidate. If two inviters can invite the same candidate, then the second invitation adds nothing, and the curvature
    is 1.

    Parameters
    ----------
    problem : CapacityProblem
    model : {"ic", "lt"}, default "ic"
    n_rr_sets : int, default 100,000
        Number of RR sets on the graph of the passive nodes.
    delta : float, default 0.05
        Failure probability of the bound.
    rng, threads, client
        As in `assign`.

    Returns
    -------
    Diagnosis

    Raises
    ------
    InvalidArgumentError

    References
    ----------
    Zhang, Huang, Sun, Lin, Xiao, Tang: Capacity Constrained Influence Maximization in Social Networks. KDD 2023.

    Examples
    --------
    >>> import imax
    >>> from imax.capacity import CapacityProblem, diagnose
    >>> problem = CapacityProblem(imax.datasets.load("lesmis"), ["Myriel", "Marius"], 2)
    >>> found = diagnose(problem, n_rr_sets=2000, rng=1)
    >>> found.n_candidates, found.n_shared
    (28, 1)
    >>> found.guarantee
    0.5
    """
    from scipy.stats import beta

    check_problem(problem)
    count = check.count(n_rr_sets, "n_rr_sets")
    q = selection_problem(
        problem, problem.constraint, NodeReader(problem.graph), node_weights=None, rng=rng, progress=None, until={},
        epsilon=None, model=model, delta=check.open_unit(delta, "delta"), threads=threads,
    )  # fmt: skip
    m = problem.matroid
    sampler = Sampler(
        problem.graph, q.model, stream_key(q.key, Stream.CURVATURE), node_weights=q.weights, threads=q.threads,
        blocked=problem.blocked, stratify_after=None,
    )  # fmt: skip
    inviters = np.diff(m.by_ptr)
    is_candidate = inviters > 0
    candidates = np.flatnonzero(is_candidate).astype(np.int32)
    with open_session(client, problem.graph) as session:
        sets = new_collection(session, sampler)
        sets.extend(count)
        holding, alone = sets.add_up(_count_candidates, candidates)
        n_reached = sets.covered(candidates)  # sets with a candidate
    n_candidates = candidates.size
    shared = inviters[m.nodes] > 1
    lengths = np.diff(m.ptr)
    own = np.bincount(np.repeat(np.arange(lengths.size), lengths), weights=shared, minlength=lengths.size)
    curvature = bound = 1.0
    if not shared.any():
        # given the sets that hold a candidate, the number of those that hold no other one is binomial
        low = beta.ppf(q.delta / n_candidates, alone, holding - alone + 1)
        bound = 1.0 - float(np.where(alone > 0, low, 0.0).min())
        curvature = 1.0 - float((alone / np.maximum(holding, 1)).min())
    return Diagnosis(
        curvature=curvature,
        curvature_bound=bound,
        guarantee=1.0 / (1.0 + bound),
        n_candidates=n_candidates,
        n_shared=int((inviters > 1).sum()),
        mean_inviters=float(inviters[is_candidate].mean()),
        shared_lists=float((own[lengths > 0] / lengths[lengths > 0]).mean()),
        shared_reach=float((n_reached - int(alone.sum())) / max(n_reached, 1)),
        n_rr_sets=count,
        delta=q.delta,
        rng_key=q.key,
        version=__version__,
    )


def _count_candidates(sets: RRCollection, candidates: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the number of sets that hold each candidate, and of those that hold no other: shape (2, n_candidates)."""
    n = sets.graph.n_nodes
    is_candidate = np.zeros(n, dtype=np.bool_)
    is_candidate[candidates] = True
    inside = is_candidate[sets.nodes]
    nodes = sets.nodes[inside]
    number = np.repeat(np.arange(sets.n_sets), np.diff(sets.offsets))[inside]
    only = np.bincount(number, minlength=sets.n_sets)[number] == 1
    return np.array([np.bincount(found, minlength=n)[candidates] for found in (nodes, nodes[only])])
