"""The checked selection problem that every algorithm solves."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .._utils import check
from .._utils.memory import default_memory
from .._utils.progress import Step, Switch, function_of
from .._utils.streams import RNG, Key, key_from
from ..cluster.session import Session, open_session
from ..diffusion.deadline import DEADLINE_ARGUMENTS, Deadline, check_deadline
from ..diffusion.sampler import Sampler
from ..diffusion.tables import CREDIT, check_model
from ..errors import InvalidArgumentError
from ..graph.influence_graph import InfluenceGraph
from ..io.accept import as_graph
from ..io.node_reader import NodeReader, NodeValues
from ..ris.constraint import Constraint
from ..ris.marks import Collection
from ..ris.remote import new_collection
from .constraints import Constraints, check_constraint_names, make_constraint
from .outcome import TIME

__all__ = [
    "DEFAULT_EPSILON",
    "Limits",
    "Problem",
    "Progress",
    "ProgressFunction",
    "check_work",
    "make_problem",
    "on_cluster",
    "selecting",
]

_SMALLEST_DELTA = 1e-300  # the inverse of a smaller one may overflow
DEFAULT_EPSILON = 0.01  # chosen by measurement: see docs/explanation/engine


@dataclass(frozen=True)
class Progress:
    """The state of a running selection, as passed to the `progress` callback.

    Attributes
    ----------
    round, rounds : int
        Completed rounds, and the maximum number of rounds.
    n_rr_sets : int
        RR sets drawn so far.
    ratio, target_ratio : float
        Certified ratio so far, and the ratio at which the selection stops.
    seconds : float
        Time since the start.
    phase : str
        What the algorithm does; empty for rounds of RR sets and for chosen seeds.
    n_evaluated, n_to_evaluate : int or None
        While all candidates are evaluated: how many gains are known, and of how many nodes; only greedy and CELF.
    awaited : str
        Why the selection goes on although the ratio has reached the target; otherwise empty.
    n_rr_sets_needed : int or None
        How many RR sets the algorithm will draw in total: by its own bound (IMM), or extrapolated from the certified
        ratios of the rounds so far.
    """

    round: int
    rounds: int
    n_rr_sets: int
    ratio: float
    target_ratio: float
    seconds: float
    phase: str = ""
    awaited: str = ""
    n_rr_sets_needed: int | None = None
    n_evaluated: int | None = None
    n_to_evaluate: int | None = None


ProgressFunction: TypeAlias = Callable[[Progress], Any]


def selecting(p: Progress) -> Step:
    """Return what a progress bar shows of the state of a selection."""
    if p.n_evaluated is not None:
        return Step("evaluating gains", p.n_evaluated, p.n_to_evaluate, "nodes")
    if not p.n_rr_sets and p.n_rr_sets_needed is None and p.phase != "sampling":
        return Step("choosing seeds", p.round, p.rounds, "seeds", p.phase)
    known = ""
    if p.round:
        target = f", target {p.target_ratio:.1%}" if p.target_ratio and not p.awaited else ""
        awaited = f", {p.awaited}" if p.awaited else ""
        known = f"certified {p.ratio:.1%}{target}{awaited}, round {p.round} of at most {p.rounds}"
    return Step(p.phase or "sampling", p.n_rr_sets, p.n_rr_sets_needed, "RR sets", known, is_estimate=True)


def _n_compiled() -> int:
    """Return how many functions this process has compiled."""
    from ..kernels.compiling import n_compiled

    return n_compiled()


@dataclass(frozen=True)
class Limits:
    """When to stop early.

    Attributes
    ----------
    seconds : float or None
        Time for the whole selection.
    memory : int or None
        Bytes for RR sets and their index.
    is_default : bool
        Whether `memory` was not given by the user.
    began : float
        Start of the selection on the clock `time.perf_counter`.
    compiled : int
        Functions that this process had compiled then.
    """

    seconds: float | None = None
    memory: int | None = None
    is_default: bool = False
    began: float = field(default_factory=time.perf_counter)
    compiled: int = field(default_factory=_n_compiled)

    def elapsed(self) -> float:
        """Return the seconds since the start."""
        return time.perf_counter() - self.began

    def in_time(self, share: float = 1.0) -> bool:
        """Whether less than the time limit, or than a share of it, has passed."""
        return self.seconds is None or self.elapsed() < self.seconds * share

    def notes(self, stop_reason: str) -> list[str]:
        """Return a note if the time limit ended a selection that had to compile functions first."""
        from ..kernels.compiling import notes_on_compiling

        return notes_on_compiling(_n_compiled() - self.compiled) if stop_reason == TIME else []


@dataclass(frozen=True)
class Problem:
    """A checked selection problem, in internal ids.

    Attributes
    ----------
    graph : InfluenceGraph
    constraint : Constraint
    model : {"ic", "lt"}
    weights : numpy.ndarray of float64, shape (n_nodes,), or None
        Weight of each node; None if each node counts 1.
    epsilon, delta : float
    key : tuple of int
        Key of all random streams.
    threads : int
    limits : Limits
    progress : callable or None
    n_rr_sets, n_simulations : int or None
        For the algorithms and oracles that accept them.
    oracle : str or None
    blocked : numpy.ndarray of bool, shape (n_nodes,), or None
        Nodes that are removed from the graph; their weight is 0.
    notes : tuple of str
        What was ignored, dropped or filled in when the arguments were read.
    deadline : Deadline or None
        The limit on the time at which a node counts; None for no limit.
    session : Session or None
        The cluster that draws and holds the RR sets; None for this process.
    """

    graph: InfluenceGraph
    constraint: Constraint
    model: str
    weights: NDArray[np.float64] | None
    epsilon: float
    delta: float
    key: Key
    threads: int
    limits: Limits
    progress: ProgressFunction | None
    n_rr_sets: int | None = None
    n_simulations: int | None = None
    oracle: str | None = None
    blocked: NDArray[np.bool_] | None = None
    notes: tuple[str, ...] = ()
    deadline: Deadline | None = None
    session: Session | None = None

    @property
    def total(self) -> float:
        """The number of nodes, or their total weight."""
        return float(self.graph.n_nodes) if self.weights is None else float(self.weights.sum())

    def collection(self, sampler: Sampler, *, store_singletons: bool) -> Collection:
        """Return a collection of the RR sets of a sampler, in this process or on the cluster; see `RRCollection`."""
        return new_collection(self.session, sampler, store_singletons=store_singletons)


@contextmanager
def on_cluster(problem: Problem, client: Any) -> Iterator[Problem]:
    """Return a problem whose RR sets are on the cluster of a client until the end of the block; None: in this process.

    `client` may also be an open session.
    """
    with open_session(client, problem.graph) as session:
        if session is None:
            yield problem
            return
        limits = problem.limits
        if limits.is_default:
            limits = replace(limits, memory=session.default_memory())
        yield replace(problem, session=session, limits=limits)


def make_problem(
    graph: Any,
    k: int | None,
    constraints: Constraints,
    *,
    function: str,
    probability: str | None = None,
    node_weights: "NodeValues | None" = None,
    rng: RNG = None,
    progress: Switch = None,
    oracle: str | None = None,
    any_size: bool = False,
    source: Any = None,
    **work: Any,
) -> Problem:
    """Check all arguments of a selection and return the problem.

    Parameters
    ----------
    function : str
        Name of the public function, for error messages.
    any_size : bool, default False
        Whether the number of seeds is not given, because a target spread decides it.
    source : object, optional
        What the user passed as the graph, if `graph` is made of it.
    **work
        Arguments of `check_work`.
    """
    check_constraint_names(function, constraints)
    checked = check_work(**work)
    network = as_graph(graph, probability=probability, rng=rng, max_memory=work.get("max_memory"))
    if checked["model"] == "lt":
        network.check_lt()
    rules: dict[str, Any] = dict(constraints)
    until = {name: rules.pop(name, None) for name in DEADLINE_ARGUMENTS}
    reader = NodeReader(
        network,
        rules.pop("on_missing", None),
        source=graph if source is None else source,
        max_memory=work.get("max_memory"),
    )
    weights = reader.node_weights(node_weights)
    if network.walks is not None:
        _check_credit(checked["model"])
        checked["model"] = CREDIT
        weights = network.walks.acted if weights is None else weights * network.walks.acted
    constraint = make_constraint(reader, k, any_size=any_size, **rules)
    timed = check_deadline(network, **until)
    return Problem(
        graph=network,
        constraint=constraint,
        weights=weights,
        notes=(*reader.notes, *Deadline.notes_of(timed)),
        key=key_from(rng),
        progress=function_of(progress),
        oracle=oracle,
        deadline=timed,
        **{"delta": 1.0 / max(network.n_nodes, 2), **checked},
    )


def _check_credit(model: str) -> None:
    """Reject a diffusion model, which a credit distribution model does not have."""
    if model != "ic":
        raise InvalidArgumentError(
            f"model must be left out: the graph is a credit distribution model, got {model!r}", argument="model"
        )


def check_work(
    *,
    model: str = "ic",
    epsilon: float = DEFAULT_EPSILON,
    delta: float | None = None,
    threads: int | None = None,
    max_memory: int | str | None = None,
    time_limit: float | None = None,
    n_rr_sets: int | None = None,
    n_simulations: int | None = None,
) -> dict[str, Any]:
    """Return the checked fields of a problem that do not depend on the graph; `delta` only if it is given."""
    limits = Limits(
        None if time_limit is None else check.positive(time_limit, "time_limit"),
        default_memory() if max_memory is None else check.memory_bytes(max_memory),
        is_default=max_memory is None,
    )
    given = {} if delta is None else {"delta": check.open_unit(delta, "delta")}
    if given.get("delta", 1.0) < _SMALLEST_DELTA:
        raise InvalidArgumentError(f"delta must be at least {_SMALLEST_DELTA:g}, got {delta!r}", argument="delta")
    return {
        "model": check_model(model),
        "epsilon": check.open_unit(epsilon, "epsilon"),
        "threads": check.threads(threads),
        "limits": limits,
        "n_rr_sets": None if n_rr_sets is None else check.count(n_rr_sets, "n_rr_sets"),
        "n_simulations": None if n_simulations is None else check.count(n_simulations, "n_simulations", low=2),
        **given,
    }
