"""Arc probabilities: the schemes that the field uses, each by name.

A scheme is written as its name, with a parameter after a colon where it takes one: ``"weighted_cascade"``,
``"uniform:0.1"``. `schemes` lists them all, `explain` tells what one does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .._utils.check import probability as check_probability
from .._utils.streams import RNG, key_from
from ..errors import InvalidArgumentError, InvalidGraphError

__all__ = ["ArcProbability", "Scheme", "assign", "explain", "parse", "schemes"]

Floats: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True)
class ArcProbability:
    """The probabilities of a graph's arcs, stored as shortly as the scheme allows.

    Attributes
    ----------
    spec : str
        The scheme as written, such as ``"uniform:0.1"``.
    kind : {"weighted_cascade", "uniform", "arcs"}
        ``weighted_cascade``: 1/in-degree of the target, nothing is stored. ``uniform``: `value` on every arc.
        ``arcs``: `values`, one per arc.
    value : float
        The probability of every arc if `kind` is ``"uniform"``.
    values : numpy.ndarray of float32, shape (n_arcs,), or None
        In the order of the reverse rows.
    """

    spec: str
    kind: str
    value: float = 0.0
    values: Floats | None = None


@dataclass(frozen=True)
class Rows:
    """What a scheme sees of a graph: its reverse rows."""

    in_ptr: NDArray[np.int64]
    column: Floats | None
    copies: NDArray[np.int32] | None
    describe: Callable[[int], str]

    @property
    def n_arcs(self) -> int:
        """Number of arcs."""
        return int(self.in_ptr[-1])

    def per_arc(self, per_node: NDArray[np.float64]) -> NDArray[np.float64]:
        """Repeat a value per node for each of its in-arcs."""
        return np.repeat(per_node, np.diff(self.in_ptr))

    def normalized(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scale values per arc so that each node's sum to 1; where all are 0 they stay 0."""
        sums = self.sums(values)
        with np.errstate(divide="ignore", invalid="ignore"):
            scaled = values / self.per_arc(sums)
        return np.nan_to_num(scaled, nan=0.0, posinf=0.0)

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum a value per arc over the in-arcs of each node."""
        filled = np.flatnonzero(np.diff(self.in_ptr))
        sums = np.zeros(self.in_ptr.size - 1)
        if filled.size:
            sums[filled] = np.add.reduceat(values, self.in_ptr[filled])
        return sums


@dataclass(frozen=True)
class Scheme:
    """A way to give arcs their probabilities.

    Attributes
    ----------
    name : str
        What users write.
    summary : str
        One line: what it does.
    source : str
        The paper or program that the field has it from.
    parameter : str or None
        What stands after the colon, if the scheme takes something.
    needs_column : bool
        Whether it reads the edge list's third column (an attribute, the matrix's values).
    random : bool
        Whether it draws, and therefore depends on `rng`.
    aliases : tuple of str
        Other names.
    """

    name: str
    summary: str
    source: str
    make: Callable[[Rows, float, np.random.Generator], tuple[str, float, NDArray[np.float64] | None]]
    parameter: str | None = None
    needs_column: bool = False
    random: bool = False
    aliases: tuple[str, ...] = ()


Made: TypeAlias = tuple[str, float, NDArray[np.float64] | None]


def _either(p: NDArray[np.float64], copies: NDArray[np.int32]) -> NDArray[np.float64]:
    """Probability that at least one of several parallel arcs is live."""
    return np.asarray(-np.expm1(copies * np.log1p(-np.minimum(p, 1.0 - 1e-16))))


def _weighted_cascade(rows: Rows, value: float, generator: np.random.Generator) -> Made:
    if rows.copies is None:
        return "weighted_cascade", 0.0, None
    degree = rows.sums(rows.copies.astype(np.float64))
    with np.errstate(divide="ignore"):
        return "arcs", 0.0, _either(rows.per_arc(1.0 / degree), rows.copies)


def _lt_uniform(rows: Rows, value: float, generator: np.random.Generator) -> Made:
    if rows.copies is None:
        return "weighted_cascade", 0.0, None
    return "arcs", 0.0, rows.normalized(rows.copies.astype(np.float64))


def _uniform(rows: Rows, value: float, generator: np.random.Generator) -> Made:
    if rows.copies is None:
        return "uniform", value, None
    return "arcs", 0.0, _either(np.full(rows.n_arcs, value), rows.copies)


def _trivalency(rows: Rows, value: float, generator: np.random.Generator) -> Made:
    p = np.array([0.1, 0.01, 0.001])[generator.integers(0, 3, size=rows.n_arcs, dtype=np.int8)]
    return "arcs", 0.0, p if rows.copies is None else _either(p, rows.copies)


def _exponential(rows: Rows, value: float, generator: np.random.Generator) -> Made:
    return "arcs", 0.0, rows.normalized(generator.standard_exponential(rows.n_arcs))


def _weibull(rows: Rows, value: float, generator: np.random.Generator) -> Made:
    # the logarithm keeps a shape near 0 from overflowing before the scaling
    shape = 10.0 * (1.0 - generator.random(rows.n_arcs))
    scale = 10.0 * (1.0 - generator.random(rows.n_arcs))
    logs = np.log(scale) + np.log(generator.standard_exponential(rows.n_arcs)) / shape
    return "arcs", 0.0, rows.normalized(np.exp(np.minimum(logs, 600.0)))


def _column(rows: Rows, value: float, generator: np.random.Generator) -> Made:
    column = rows.column
    assert column is not None
    wrong = np.flatnonzero(~((column >= 0.0) & (column <= 1.0)))
    if wrong.size:
        raise InvalidGraphError(
            f"the probability of {rows.describe(int(wrong[0]))} is {column[wrong[0]]:g}; probabilities must lie in "
            "[0, 1] (for weights of any size under the LT model, use probability='lt_normalized')"
        )
    if column.size and bool(np.all(column == column[0])):
        return "uniform", float(column[0]), None
    return "arcs", 0.0, column.astype(np.float64)


def _lt_normalized(rows: Rows, value: float, generator: np.random.Generator) -> Made:
    column = rows.column
    assert column is not None
    return "arcs", 0.0, rows.normalized(column.astype(np.float64))


_REGISTRY = {
    scheme.name: scheme
    for scheme in (
        Scheme("weighted_cascade", "each arc 1/in-degree of its target; the default", "Kempe et al. 2003",
               _weighted_cascade, aliases=("wc",)),
        Scheme("uniform", "the same probability on every arc, as in uniform:0.1", "Kempe et al. 2003",
               _uniform, parameter="the probability"),
        Scheme("trivalency", "each arc 0.1, 0.01 or 0.001, drawn at random", "Chen et al. 2010",
               _trivalency, random=True),
        Scheme("column", "as given: third column, edge attribute or matrix values", "the data",
               _column, needs_column=True),
        Scheme("exponential", "drawn from Exp(1), then scaled so that each node's in-arcs sum to 1", "Guo et al. 2020",
               _exponential, random=True),
        Scheme("weibull", "drawn from Weibull(a, b) with a, b uniform on (0, 10], then scaled so that each node's "
               "in-arcs sum to 1", "Guo et al. 2020", _weibull, random=True),
        Scheme("lt_uniform", "LT weights 1/in-degree of the target", "Kempe et al. 2003", _lt_uniform),
        Scheme("lt_normalized", "LT weights from the column, scaled so that each node's in-arcs sum to 1",
               "Goyal et al. 2011", _lt_normalized, needs_column=True),
    )
}  # fmt: skip
_NAMES = {name: s for s in _REGISTRY.values() for name in (s.name, *s.aliases)}


def schemes() -> tuple[Scheme, ...]:
    """Return every scheme.

    Examples
    --------
    >>> [scheme.name for scheme in schemes()][:3]
    ['weighted_cascade', 'uniform', 'trivalency']
    """
    return tuple(_REGISTRY.values())


def explain(name: str) -> str:
    """Return one line on what a scheme does and where it comes from.

    Examples
    --------
    >>> explain("uniform")
    'uniform:VALUE - the same probability on every arc, as in uniform:0.1 (Kempe et al. 2003)'
    """
    scheme, _ = parse(name if name != "uniform" else "uniform:0")
    form = f"{scheme.name}:VALUE" if scheme.parameter else scheme.name
    return f"{form} - {scheme.summary} ({scheme.source})"


def parse(spec: str) -> tuple[Scheme, float]:
    """Return the scheme that `spec` names, and its parameter (0 for those without).

    Parameters
    ----------
    spec : str
        A scheme's name or alias, with ``:value`` behind it where it takes a parameter.

    Returns
    -------
    tuple of (Scheme, float)

    Raises
    ------
    InvalidArgumentError
        If there is no such scheme, or its parameter is missing, superfluous or out of range.

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
        )
    if scheme.parameter is None:
        if colon:
            raise InvalidArgumentError(f"probability {scheme.name!r} takes no value, got {spec!r}")
        return scheme, 0.0
    if not colon:
        raise InvalidArgumentError(f"probability {scheme.name!r} needs a value, as in {scheme.name}:0.1")
    try:
        number = float(text)
    except ValueError:
        raise InvalidArgumentError(f"probability {spec!r}: {text!r} is not a number") from None
    return scheme, check_probability(number, f"probability {spec!r}: its value")


def assign(spec: str, rows: Rows, rng: RNG = None) -> ArcProbability:
    """Give the arcs of `rows` their probabilities by a scheme."""
    scheme, value = parse(spec)
    if scheme.needs_column and rows.column is None:
        raise InvalidArgumentError(
            f"probability {scheme.name!r} needs a value per arc: a third column, an edge attribute or the argument p"
        )
    generator = np.random.Generator(np.random.PCG64(list(key_from(rng)))) if scheme.random else _UNUSED
    kind, number, values = scheme.make(rows, value, generator)
    stored = None if values is None else np.minimum(values, 1.0).astype(np.float32)
    name = f"{scheme.name}:{value:g}" if scheme.parameter else scheme.name
    return ArcProbability(name, kind, number, stored)


_UNUSED = np.random.Generator(np.random.PCG64(0))
