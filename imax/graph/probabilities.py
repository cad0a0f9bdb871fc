"""Schemes of arc probabilities, by name.

A scheme is a string: its name, followed by a colon and a value if it takes one, such as ``"weighted_cascade"`` or
``"uniform:0.1"``. `schemes` returns all schemes, `explain` describes one in a line.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .._utils import check
from .._utils.arrays import read_only
from .._utils.numbers import plain_number
from .._utils.streams import RNG, key_from
from ..errors import InvalidArgumentError, InvalidGraphError

__all__ = ["ArcProbability", "Scheme", "assign", "explain", "needs_weights", "parse", "schemes"]

Floats: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True)
class ArcProbability:
    """Probabilities of the arcs of a graph, stored as compactly as the scheme allows.

    Attributes
    ----------
    spec : str
        The scheme that made them, such as ``"uniform:0.1"``.
    kind : {"weighted_cascade", "uniform", "arcs"}
        ``weighted_cascade``: 1/in-degree of the target of the arc; nothing is stored. ``uniform``: `value` for every
        arc. ``arcs``: `values`, one per arc.
    value : float
        Probability of every arc if `kind` is ``"uniform"``, otherwise 0.
    values : numpy.ndarray of float32, shape (n_arcs,), or None
        Probability of each arc, in the order of the reverse rows, if `kind` is ``"arcs"``.
    lower, upper : numpy.ndarray of float32, shape (n_arcs,), or None
        Ends of the interval of each probability, if it was learned: see `imax.learn`.
    """

    spec: str
    kind: str
    value: float = 0.0
    values: Floats | None = None
    lower: Floats | None = None
    upper: Floats | None = None

    def __post_init__(self) -> None:
        for name in ("values", "lower", "upper"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.spec, self.kind, self.value, self.values, self.lower, self.upper)


@dataclass(frozen=True)
class SchemeInput:
    """The data of a graph that schemes make probabilities from.

    Attributes
    ----------
    in_ptr : numpy.ndarray of int64, shape (n_nodes + 1,)
        Row pointers of the in-arcs.
    weight : numpy.ndarray of float32, shape (n_arcs,), or None
        Numbers that came with the arcs.
    multiplicity : numpy.ndarray of int32, shape (n_arcs,), or None
        Number of parallel arcs that each arc stands for; None: 1 each.
    describe : callable
        Returns a phrase with the labels of an arc, for error messages.
    """

    in_ptr: NDArray[np.int64]
    weight: Floats | None
    multiplicity: NDArray[np.int32] | None
    describe: Callable[[int], str]

    @property
    def n_arcs(self) -> int:
        """Number of arcs."""
        return int(self.in_ptr[-1])

    def per_arc(self, per_node: NDArray[np.float64]) -> NDArray[np.float64]:
        """Repeat the value of each node for each of its in-arcs."""
        return np.repeat(per_node, np.diff(self.in_ptr))

    def normalized(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scale values per arc so that those into each node sum to 1. If all are 0, they stay 0."""
        sums = self.sums(values)
        with np.errstate(divide="ignore", invalid="ignore"):
            scaled = values / self.per_arc(sums)
        return np.nan_to_num(scaled, nan=0.0, posinf=0.0)

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of values per arc over the in-arcs of each node."""
        filled = np.flatnonzero(np.diff(self.in_ptr))
        sums = np.zeros(self.in_ptr.size - 1)
        if filled.size:
            sums[filled] = np.add.reduceat(values, self.in_ptr[filled])
        return sums


@dataclass(frozen=True)
class Scheme:
    """A rule that assigns probabilities to arcs.

    Attributes
    ----------
    name : str
        Name, as in ``probability="weighted_cascade"``.
    summary : str
        One line on what it does.
    source : str
        Paper that it comes from.
    make : callable
        The function (given, value, generator) that returns the probabilities: their kind, their number and an array.
    parameter : str or None
        Meaning of the value after the colon; None if the scheme takes no value.
    needs_column : bool
        Whether it needs the weights of the arcs: a third column, an edge attribute or the values of a matrix.
    random : bool
        Whether it draws probabilities, and so depends on `rng`.
    aliases : tuple of str
        Other names.
    """

    name: str
    summary: str
    source: str
    make: Callable[[SchemeInput, float, np.random.Generator], tuple[str, float, NDArray[np.float64] | None]]
    parameter: str | None = None
    needs_column: bool = False
    random: bool = False
    aliases: tuple[str, ...] = ()


Made: TypeAlias = tuple[str, float, NDArray[np.float64] | None]


def _any_live(p: NDArray[np.float64], multiplicity: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the probability that at least one of several parallel arcs is live."""
    return np.asarray(-np.expm1(multiplicity * np.log1p(-np.minimum(p, 1.0 - 1e-16))))


def _weighted_cascade(given: SchemeInput, value: float, generator: np.random.Generator) -> Made:
    if given.multiplicity is None:
        return "weighted_cascade", 0.0, None
    degree = given.sums(given.multiplicity.astype(np.float64))
    with np.errstate(divide="ignore"):
        return "arcs", 0.0, _any_live(given.per_arc(1.0 / degree), given.multiplicity)


def _lt_uniform(given: SchemeInput, value: float, generator: np.random.Generator) -> Made:
    if given.multiplicity is None:
        return "weighted_cascade", 0.0, None
    return "arcs", 0.0, given.normalized(given.multiplicity.astype(np.float64))


def _uniform(given: SchemeInput, value: float, generator: np.random.Generator) -> Made:
    if given.multiplicity is None:
        return "uniform", value, None
    return "arcs", 0.0, _any_live(np.full(given.n_arcs, value), given.multiplicity)


def _trivalency(given: SchemeInput, value: float, generator: np.random.Generator) -> Made:
    p = np.array([0.1, 0.01, 0.001])[generator.integers(0, 3, size=given.n_arcs, dtype=np.int8)]
    return "arcs", 0.0, p if given.multiplicity is None else _any_live(p, given.multiplicity)


def _exponential(given: SchemeInput, value: float, generator: np.random.Generator) -> Made:
    return "arcs", 0.0, given.normalized(generator.standard_exponential(given.n_arcs))


def _weibull(given: SchemeInput, value: float, generator: np.random.Generator) -> Made:
    # a shape near 0 would overflow before the scaling; its logarithm does not
    shape = 10.0 * (1.0 - generator.random(given.n_arcs))
    scale = 10.0 * (1.0 - generator.random(given.n_arcs))
    logs = np.log(scale) + np.log(generator.standard_exponential(given.n_arcs)) / shape
    return "arcs", 0.0, given.normalized(np.exp(np.minimum(logs, 600.0)))


def _column(given: SchemeInput, value: float, generator: np.random.Generator) -> Made:
    weight = given.weight
    assert weight is not None
    wrong = np.flatnonzero(~((weight >= 0.0) & (weight <= 1.0)))
    if wrong.size:
        raise InvalidGraphError(
            f"the probability of {given.describe(int(wrong[0]))} is {weight[wrong[0]]:g}; probabilities must lie in "
            "[0, 1] (for weights of any size under the LT model, use {probability=lt_normalized})",
            others=("probability",),
        )
    if weight.size and bool(np.all(weight == weight[0])):
        return "uniform", float(weight[0]), None
    return "arcs", 0.0, weight.astype(np.float64)


def _lt_normalized(given: SchemeInput, value: float, generator: np.random.Generator) -> Made:
    weight = given.weight
    assert weight is not None
    return "arcs", 0.0, given.normalized(weight.astype(np.float64))


_REGISTRY = {
    scheme.name: scheme
    for scheme in (
        Scheme("weighted_cascade", "each arc 1/in-degree of its target; the default", "Kempe et al. 2003",
               _weighted_cascade, aliases=("wc",)),
        Scheme("uniform", "the same probability for every arc, as in uniform:0.1", "Kempe et al. 2003",
               _uniform, parameter="the probability"),
        Scheme("trivalency", "0.1, 0.01 or 0.001 for each arc, drawn at random", "Chen et al. 2010",
               _trivalency, random=True),
        Scheme("column", "the numbers given: third column, edge attribute or matrix values", "the data",
               _column, needs_column=True),
        Scheme("exponential", "drawn from Exp(1), then scaled so that those into each node sum to 1", "Guo et al. 2020",
               _exponential, random=True),
        Scheme("weibull", "drawn from Weibull(a, b) with a, b uniform on (0, 10], then scaled so that those "
               "into each node sum to 1", "Guo et al. 2020", _weibull, random=True),
        Scheme("lt_uniform", "LT weights: 1/in-degree of the target of the arc", "Kempe et al. 2003", _lt_uniform),
        Scheme("lt_normalized", "LT weights: the numbers given, scaled so that those into each node sum to 1",
               "Goyal et al. 2011", _lt_normalized, needs_column=True),
    )
}  # fmt: skip
_NAMES = {name: s for s in _REGISTRY.values() for name in (s.name, *s.aliases)}


def schemes() -> tuple[Scheme, ...]:
    """Return all schemes.

    Examples
    --------
    >>> [scheme.name for scheme in schemes()][:3]
    ['weighted_cascade', 'uniform', 'trivalency']
    """
    return tuple(_REGISTRY.values())


def explain(name: str) -> str:
    """Return one line that describes a scheme and names its source.

    Parameters
    ----------
    name : str
        One of `schemes`.

    Returns
    -------
    str

    Raises
    ------
    InvalidArgumentError
        If no scheme has the name.

    Examples
    --------
    >>> explain("uniform")
    'uniform:VALUE - the same probability for every arc, as in uniform:0.1 (Kempe et al. 2003)'
    """
    scheme, _ = parse(name if name != "uniform" else "uniform:0")
    form = f"{scheme.name}:VALUE" if scheme.parameter else scheme.name
    return f"{form} - {scheme.summary} ({scheme.source})"


def needs_weights(spec: str | None) -> bool:
    """Return whether a scheme, if one is given, needs the weights of the arcs.

    >>> needs_weights(None), needs_weights("uniform:0.1"), needs_weights("column")
    (False, False, True)
    """
    return spec is not None and parse(spec)[0].needs_column


def parse(spec: str) -> tuple[Scheme, float]:
    """Return the scheme that a string names, and its value (0 for a scheme without one).

    Parameters
    ----------
    spec : str
        Name or alias of a scheme, followed by ``:value`` if it takes one.

    Returns
    -------
    tuple of (Scheme, float)

    Raises
    ------
    InvalidArgumentError
        If no scheme has the name, or its value is missing, superfluous or out of range.

    Examples
    --------
    >>> parse("uniform:0.1")[1]
    0.1
    """
    name, colon, text = str(spec).partition(":")
    scheme = _NAMES.get(name.strip().replace("-", "_"))
    if scheme is None:
        raise InvalidArgumentError(
            f"probability must be one of {', '.join(_REGISTRY)} (as in uniform:0.1); got {spec!r}"
            f"{check.did_you_mean(name, _REGISTRY)}",
            argument="probability",
        )
    if scheme.parameter is None:
        if colon:
            raise InvalidArgumentError(
                f"probability {scheme.name!r} takes no value, got {spec!r}", argument="probability"
            )
        return scheme, 0.0
    if not colon:
        raise InvalidArgumentError(
            f"probability {scheme.name!r} needs a value, as in {scheme.name}:0.1", argument="probability"
        )
    try:
        number = float(text)
    except ValueError:
        raise InvalidArgumentError(
            f"probability {spec!r}: {text!r} is not a number{plain_number(text)}", argument="probability"
        ) from None
    if not 0.0 <= number <= 1.0:
        raise InvalidArgumentError(
            f"probability {spec!r}: its value must lie in [0, 1], got {number!r}", argument="probability"
        )
    return scheme, number


def assign(spec: str, given: SchemeInput, rng: RNG = None) -> ArcProbability:
    """Return the probabilities that a scheme assigns to the arcs of a graph."""
    scheme, value = parse(spec)
    if scheme.needs_column and given.weight is None:
        raise InvalidArgumentError(
            f"probability {scheme.name!r} needs a value per arc: a third column, an edge attribute or the "
            "argument weight",
            argument="probability",
        )
    generator = np.random.Generator(np.random.PCG64(list(key_from(rng)))) if scheme.random else _UNUSED
    kind, number, values = scheme.make(given, value, generator)
    stored = None if values is None else np.minimum(values, 1.0).astype(np.float32)
    name = f"{scheme.name}:{value:g}" if scheme.parameter else scheme.name
    return ArcProbability(name, kind, number, stored)


_UNUSED = np.random.Generator(np.random.PCG64(0))
