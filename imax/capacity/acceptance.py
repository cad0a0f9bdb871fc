"""Acceptance probabilities of invitations: reading them in any form, aligned with the pairs of a problem."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._utils import check
from .._utils.tables import column_names, columns_of, is_table, values_of
from ..errors import InvalidArgumentError
from ..graph.node_values import examples
from ..io.node_reader import NodeReader, NodeValues
from ..ris.residual import discount_factors, list_places, pair_places
from .problem import CapacityProblem

__all__ = ["Acceptance", "PairValues", "read_acceptance"]

PairValues: TypeAlias = "float | str | Mapping[Any, Mapping[Any, float]] | tuple[Any, Any, Any] | NodeValues"

_DEFAULTS = {"drop": 0.0, "default": 1.0}
_COLUMNS = 3  # inviter, friend, probability


@dataclass(frozen=True)
class Acceptance:
    """The probability that each invitation is accepted.

    Attributes
    ----------
    given : str
        How the probabilities were given, for results.
    pairs : numpy.ndarray of float64, shape (n_pairs,)
        Probability of each pair, in the order of ``problem.matroid.nodes``.
    discount : numpy.ndarray of float64
        Factor on the probabilities by place in the list of an inviter.
    """

    given: str
    pairs: NDArray[np.float64]
    discount: NDArray[np.float64]

    def at(
        self, problem: CapacityProblem, inviters: NDArray[np.int32], nodes: NDArray[np.int32]
    ) -> NDArray[np.float64]:
        """Return the probabilities of chosen invitations, in order of choice."""
        m = problem.matroid
        accept = self.pairs[pair_places(m.ptr, m.nodes, inviters, nodes)]
        return accept * self.discount[list_places(inviters)]


def _discount_of(problem: CapacityProblem, discount: Any) -> NDArray[np.float64]:
    """Return the factor of each place of a list; the last one holds for all places after it."""
    m = problem.matroid
    size = int(np.minimum(m.capacity, np.diff(m.ptr) + 1).max())
    return discount_factors(discount, size)


def read_acceptance(problem: CapacityProblem, given: Any, reader: NodeReader, discount: Any) -> Acceptance:
    """Return acceptance probabilities in any of the forms that `assign` takes."""
    name, pairs = _read(problem, given, reader)
    if not pairs.any():
        raise InvalidArgumentError(
            "acceptance is 0 for all pairs of an inviter and a candidate; give a pair a positive probability",
            argument="acceptance",
        )
    return Acceptance(name, pairs, _discount_of(problem, discount))


def _read(problem: CapacityProblem, given: Any, reader: NodeReader) -> tuple[str, NDArray[np.float64]]:
    m = problem.matroid
    if isinstance(given, (int, float, np.integer, np.floating)):
        value = check.probability(given, "acceptance")
        return f"{value:g}", np.full(m.n_pairs, value)
    if isinstance(given, str) and given == "arcs":
        return "arcs", _of_arcs(problem, reader)
    triples = _triples(problem, given)
    if triples is None:
        return "by friend", reader.acceptance(given)[m.nodes]
    return "by pair", _of_triples(problem, reader, *triples)


def _triples(problem: CapacityProblem, given: Any) -> tuple[list[Any], list[Any], ArrayLike] | None:
    """Return inviters, friends and probabilities, if these are probabilities of pairs."""
    if isinstance(given, Mapping) and given and all(isinstance(own, Mapping) for own in given.values()):
        inviters = [inviter for inviter, own in given.items() for _ in own]
        friends = [friend for own in given.values() for friend in own]
        return inviters, friends, [p for own in given.values() for p in own.values()]
    if is_table(given) and len(column_names(given)) == _COLUMNS:
        found = columns_of(given, {"inviter": 0, "friend": 1, "probability": 2}, argument="acceptance")
        return _labels(found["inviter"]), _labels(found["friend"]), found["probability"]
    if isinstance(given, tuple) and len(given) == _COLUMNS and not isinstance(given[0], str):
        sizes = {len(column) for column in given if hasattr(column, "__len__")}
        if len(sizes) != 1:
            raise InvalidArgumentError(
                "acceptance must have as many inviters as friends and probabilities", argument="acceptance"
            )
        return _labels(values_of(given[0])), _labels(values_of(given[1])), given[2]
    return None


def _labels(column: Any) -> list[Any]:
    return column.tolist() if isinstance(column, np.ndarray) else list(column)


def _of_arcs(problem: CapacityProblem, reader: NodeReader) -> NDArray[np.float64]:
    """Return the probability of the arc of each pair, 0 where there is none."""
    graph, m = problem.graph, problem.matroid
    inviters = np.repeat(graph.internal_of(problem.active, "active"), np.diff(m.ptr)).astype(np.int64)
    n = graph.n_nodes
    arcs = np.repeat(np.arange(n, dtype=np.int64), np.diff(graph.in_ptr)) * n + graph.in_idx
    wanted = m.nodes.astype(np.int64) * n + inviters
    at = np.minimum(np.searchsorted(arcs, wanted), max(arcs.size - 1, 0))
    found = arcs[at] == wanted if arcs.size else np.zeros(wanted.size, dtype=np.bool_)
    absent = int((~found).sum())
    if absent:
        reader.notes.append(f"acceptance: {absent:,} of {m.n_pairs:,} candidates have no arc and never accept")
    values = np.zeros(m.n_pairs)
    values[found] = graph.arc_values()[at[found]]
    return values


def _of_triples(
    problem: CapacityProblem, reader: NodeReader, inviters: list[Any], friends: list[Any], given: ArrayLike
) -> NDArray[np.float64]:
    """Return probabilities of pairs that are given one by one."""
    m, strict = problem.matroid, reader.on_missing == "error"
    try:
        values = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        values = np.full(len(inviters), np.nan)
    if values.size and not bool(((values >= 0.0) & (values <= 1.0)).all()):
        wrong = int(np.argmin((values >= 0.0) & (values <= 1.0)))
        raise InvalidArgumentError(
            f"acceptance of the pair {inviters[wrong]!r}, {friends[wrong]!r} must be a number in [0, 1], got "
            f"{np.asarray(given, dtype=object).ravel()[wrong]!r}",
            argument="acceptance",
        )
    groups = np.array([problem.numbers.get(inviter, -1) for inviter in inviters], dtype=np.int64)
    index = problem.graph.labels.places(friends)
    nodes = np.where(index >= 0, problem.graph.rank[np.maximum(index, 0)], 0)
    at = pair_places(m.ptr, m.nodes, np.maximum(groups, 0).astype(np.int32), nodes.astype(np.int32))
    at = np.minimum(at, m.n_pairs - 1)
    row = np.repeat(np.arange(m.capacity.size), np.diff(m.ptr))
    known = (groups >= 0) & (index >= 0) & (m.nodes[at] == nodes) & (row[at] == groups)
    if not known.all():
        others = [(inviters[i], friends[i]) for i in np.flatnonzero(~known)[:4].tolist()]
        count = int((~known).sum())
        if strict:
            raise InvalidArgumentError(
                f"acceptance has the pair {others[0]!r}, which is no inviter with a candidate ({count:,} such pairs); "
                "leave it out, or use {on_missing=drop}",
                argument="acceptance",
                others=("on_missing",),
            )
        reader.notes.append(
            f"acceptance: {count:,} of {known.size:,} pairs are no inviter with a candidate and are ignored "
            f"({examples(others, count)})"
        )
    places = at[known]
    if np.unique(places).size < places.size:
        raise InvalidArgumentError(
            "acceptance lists a pair of an inviter and a friend twice; keep one probability each", argument="acceptance"
        )
    result = np.full(m.n_pairs, _DEFAULTS.get(reader.on_missing, 0.0))
    absent = np.ones(m.n_pairs, dtype=np.bool_)
    absent[places] = False
    result[places] = values[known]
    count = int(absent.sum())
    if count and strict:
        place = int(np.argmax(absent))
        pair = problem.active[row[place]], problem.graph.labels_of(m.nodes[place : place + 1])[0]
        raise InvalidArgumentError(
            f"acceptance has no probability for the pair {pair!r} ({count:,} such pairs); list it, or choose "
            "{on_missing=drop} (never accepts) or {on_missing=default} (always accepts)",
            argument="acceptance",
            others=("on_missing",),
        )
    if count:
        what = "never" if reader.on_missing == "drop" else "always"
        reader.notes.append(f"acceptance: {count:,} of {m.n_pairs:,} pairs have no probability and {what} accept")
    return result
