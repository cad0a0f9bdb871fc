"""Limits on the time at which a node counts: a number of steps, or a deadline with the delays of the arcs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._utils import check
from .._utils.arrays import read_only, unmasked
from .._utils.durations import IN_SECONDS, SECONDS, Duration, duration_of, duration_text, has_unit
from ..errors import InvalidArgumentError
from ..graph.delays import LearnedDelays
from ..graph.influence_graph import InfluenceGraph

if TYPE_CHECKING:
    from ..kernels.timed import Delays

__all__ = ["DEADLINE_ARGUMENTS", "PER_ARC", "ArcDelays", "Deadline", "check_deadline"]

ArcDelays: TypeAlias = str | ArrayLike | Mapping[Any, float]

DEADLINE_ARGUMENTS = frozenset({"max_steps", "deadline", "delay"})
_LAW = "exponential"
PER_ARC = f"{_LAW}:per arc"
_MAX_STEPS = 2**31 - 2


@dataclass(frozen=True)
class Deadline:
    """The checked arguments `max_steps`, `deadline` and `delay`.

    Attributes
    ----------
    max_steps : int or None
        A node counts if the seeds reach it in at most so many steps. None with a time.
    time : float or None
        A node counts if the seeds reach it until this time. None with a number of steps.
    delay : str or None
        Law of the delays, as in results.
    mean : float
        Mean delay of every arc, unless there are `means`.
    means : numpy.ndarray of float64, shape (n_arcs,), or None
        Mean delay of each arc, in the order of ``graph.in_idx``.
    notes : tuple of str
        Which delays were used, if they were not given.
    """

    max_steps: int | None = None
    time: float | None = None
    delay: str | None = None
    mean: float = 1.0
    means: NDArray[np.float64] | None = None
    notes: tuple[str, ...] = ()

    def delays(self, graph: InfluenceGraph, *, forward: bool) -> "Delays":
        """Return the delays for the kernels: for the forward rows of a graph, or for its reverse rows."""
        from ..kernels.timed import Delays

        assert self.time is not None
        rows: tuple[Any, ...] = (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int32), np.empty(0))
        if self.means is not None and not forward:
            rows = graph.in_ptr, graph.in_idx, self.means
        elif self.means is not None:
            ptr, idx, place = graph.forward(places=True)
            rows = ptr, idx, self.means[place]
        # all arrays are read-only, as those of graphs: the kernels are compiled for one type
        ptr, idx, means = (read_only(array) for array in rows)
        return Delays(self.time, self.mean, ptr, idx, means)

    @staticmethod
    def facts(deadline: "Deadline | None") -> dict[str, Any]:
        """Return the fields of results that describe a deadline."""
        if deadline is None:
            return {"max_steps": None, "deadline": None, "delay": None}
        return {"max_steps": deadline.max_steps, "deadline": deadline.time, "delay": deadline.delay}

    @staticmethod
    def notes_of(deadline: "Deadline | None") -> tuple[str, ...]:
        """Return the notes on a deadline, for results."""
        return () if deadline is None else deadline.notes


def check_deadline(
    graph: InfluenceGraph, *, max_steps: int | None = None, deadline: Duration | None = None, delay: Any = None
) -> Deadline | None:
    """Return the checked deadline; None if no argument is given.

    Parameters
    ----------
    graph : InfluenceGraph
    max_steps : int, optional
        Largest number of steps.
    deadline : float, str or datetime.timedelta, optional
        Time until which a node counts: with a unit, as in ``"7d"``, if the delays have one, otherwise a number in the
        unit of the delays.
    delay : str, array_like or mapping, optional
        ``"exponential:MEAN"``, as in ``"exponential:2"`` or ``"exponential:2d"``, or the mean delay of each arc: an
        array in the order of ``graph.arcs()``, or a mapping from (source, target) to a number. Default: the delays that
        were learned with the graph.

    Raises
    ------
    InvalidArgumentError
        If an argument is wrong, or the arguments do not fit each other.
    UnknownNodeError
        If a mapping contains a label that is not a node.
    """
    if graph.walks is not None:
        for name, value in (("max_steps", max_steps), ("deadline", deadline), ("delay", delay)):
            if value is not None:
                raise InvalidArgumentError(
                    f"{name} is not supported by a credit distribution model; limit the delays by its window",
                    argument=name,
                )
    if max_steps is not None:
        for name, value in (("deadline", deadline), ("delay", delay)):
            if value is not None:
                raise InvalidArgumentError(
                    f"{name} cannot be combined with {{max_steps}}, which counts steps; give one of them",
                    argument=name,
                    others=("max_steps",),
                )
        return Deadline(max_steps=check.count(max_steps, "max_steps", high=_MAX_STEPS))
    if deadline is None and delay is None:
        return None
    if deadline is None:
        raise InvalidArgumentError(
            "delay requires {deadline}: give the time until which a node counts", argument="delay", others=("deadline",)
        )
    time = duration_of(deadline, "deadline")
    assert time is not None
    if delay is None:
        return _with_learned(graph.delays, deadline, time)
    if isinstance(delay, str):
        mean, with_unit = _parse(delay)
        _check_units(deadline, delay, with_unit)
        return Deadline(time=time, delay=f"{_LAW}:{mean:g}{IN_SECONDS if with_unit else ''}", mean=mean)
    _check_units(deadline, "a number per arc", with_unit=False)
    means = _of_arcs(graph, delay) if isinstance(delay, Mapping) else _checked(delay, graph.n_arcs)
    return Deadline(time=time, delay=PER_ARC, means=means)


def _with_learned(delays: LearnedDelays | None, deadline: Duration, time: float) -> Deadline:
    """Return a deadline with the delays that were learned with the graph."""
    if delays is None:
        raise InvalidArgumentError(
            "deadline requires {delay}: give the mean delay of the arcs, such as 'exponential:1'; only a graph that "
            "was learned from a log of actions has delays of its own",
            argument="deadline",
            others=("delay",),
        )
    in_seconds = delays.unit == SECONDS
    if has_unit(deadline) and not in_seconds:
        raise InvalidArgumentError(
            f"deadline {deadline!r} has a unit, but the learned delays have none, because the times of the log were "
            "numbers; give a number in the unit of these times",
            argument="deadline",
        )
    if in_seconds and not has_unit(deadline):
        raise InvalidArgumentError(
            f"deadline {deadline!r} has no unit, but the learned delays have one: their mean is "
            f"{duration_text(delays.overall)}; write the deadline with a unit, as in {{deadline=7d}}",
            argument="deadline",
            others=("deadline",),
        )
    return Deadline(
        time=time,
        delay=f"{_LAW}:learned{IN_SECONDS if in_seconds else ''}",
        means=delays.mean.astype(np.float64),
        notes=(delays.note(time),),
    )


def _check_units(deadline: Duration, delay: str, with_unit: bool) -> None:
    """Raise an error if only one of deadline and delay has a unit."""
    if has_unit(deadline) and not with_unit:
        raise InvalidArgumentError(
            f"deadline {deadline!r} has a unit, but {{delay}} ({delay}) has none; give a number in the unit of the "
            "delays, or {delay=exponential:2d}",
            argument="deadline",
            others=("delay",),
        )
    if with_unit and not has_unit(deadline):
        raise InvalidArgumentError(
            f"deadline {deadline!r} has no unit, but {{delay}} ({delay}) has one; write the deadline with a unit, as "
            "in {deadline=7d}",
            argument="deadline",
            others=("delay", "deadline"),
        )


def _parse(spec: str) -> tuple[float, bool]:
    """Return the mean of ``"exponential:MEAN"``, and whether it has a unit."""
    law, colon, number = spec.partition(":")
    if law.strip().lower() != _LAW or not colon:
        raise InvalidArgumentError(
            f"delay must be '{_LAW}:MEAN', such as '{_LAW}:2', or a mean delay for each arc; got {spec!r}",
            argument="delay",
        )
    mean = duration_of(number, "delay")
    assert mean is not None
    return mean, has_unit(number)


def _checked(values: Any, n_arcs: int) -> NDArray[np.float64]:
    """Return the mean delay of each arc as float64, in a new array."""
    unmasked(values, "delay")
    try:
        means = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidArgumentError(
            f"delay must be '{_LAW}:MEAN', an array of numbers or a mapping, got {values!r}", argument="delay"
        ) from None
    if means.shape != (n_arcs,):
        raise InvalidArgumentError(
            f"delay must have one mean delay per arc, shape ({n_arcs},), in the order of graph.arcs(); got shape "
            f"{means.shape}",
            argument="delay",
        )
    wrong = np.flatnonzero(~((means > 0.0) & np.isfinite(means)))
    if wrong.size:
        raise InvalidArgumentError(
            f"delay holds {means[wrong[0]]:g}; mean delays must be finite numbers above 0", argument="delay"
        )
    return means


def _of_arcs(graph: InfluenceGraph, given: Mapping[Any, float]) -> NDArray[np.float64]:
    """Return the mean delay of each arc from a mapping by (source, target)."""
    pairs = list(given)
    wrong = next((pair for pair in pairs if not (isinstance(pair, tuple) and len(pair) == 2)), None)
    if wrong is not None:
        raise InvalidArgumentError(
            f"delay must map pairs (source, target) to mean delays, got the key {wrong!r}", argument="delay"
        )
    source = graph.internal_of([u for u, _ in pairs], "delay").astype(np.int64)
    target = graph.internal_of([v for _, v in pairs], "delay").astype(np.int64)
    rows = np.repeat(np.arange(graph.n_nodes, dtype=np.int64), np.diff(graph.in_ptr))
    keys = rows << 32 | graph.in_idx  # ascending: rows are sorted
    wanted = target << 32 | source
    place = np.searchsorted(keys, wanted)
    found = place < keys.size
    found[found] = keys[place[found]] == wanted[found]
    if not found.all():
        raise InvalidArgumentError(
            f"delay contains {pairs[int(np.flatnonzero(~found)[0])]!r}, which is not an arc of the graph; remove it",
            argument="delay",
        )
    missing = np.ones(graph.n_arcs, dtype=np.bool_)
    missing[place] = False
    if missing.any():
        arc = int(np.flatnonzero(missing)[0])
        u, v = graph.labels_of([graph.in_idx[arc], rows[arc]])
        raise InvalidArgumentError(
            f"delay has no mean delay for the arc ({u!r}, {v!r}) and {int(missing.sum()) - 1:,} others; add them",
            argument="delay",
        )
    means = np.empty(graph.n_arcs)
    means[place] = _checked(list(given.values()), len(pairs)) if pairs else 0.0
    return means
