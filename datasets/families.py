"""Generated graphs by name: `generate`, and the strings that stand for them, such as ``"rmat:20,16"``."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from imax._utils import check
from imax._utils.streams import RNG, Stream, key_from, stream_key
from imax.errors import InvalidArgumentError
from imax.io.external import Chunk

from .generators import Arcs, chung_lu, disjoint_cliques, path, rmat, star, stochastic_block

if TYPE_CHECKING:
    from imax.graph.influence_graph import InfluenceGraph

__all__ = ["arc_chunks", "generate", "generator_names", "parse_spec"]


_CHUNK = 1 << 22  # arcs that one task makes


@dataclass(frozen=True)
class _Family:
    """A generator: its arcs, its number of nodes, and whether the arcs are directed (None: as its `directed` says)."""

    arcs: Callable[..., Arcs]
    n_nodes: Callable[..., int]
    directed: bool | None


_FAMILIES = {
    "rmat": _Family(rmat, lambda scale, **_: 2**scale, True),
    "chung-lu": _Family(chung_lu, lambda n, **_: n, None),
    "stochastic-block": _Family(stochastic_block, lambda sizes, **_: sum(sizes), None),
    "star": _Family(star, lambda n: n, True),
    "path": _Family(path, lambda n: n, True),
    "disjoint-cliques": _Family(disjoint_cliques, lambda count, size: count * size, False),
}


def generator_names() -> list[str]:
    """Return the names that `generate` accepts.

    >>> "rmat" in generator_names()
    True
    """
    return list(_FAMILIES)


def generate(
    name: str,
    *values: Any,
    probability: Any = None,
    multi_edges: str = "merge",
    threads: int | None = None,
    rng: RNG = None,
    **parameters: Any,
) -> "InfluenceGraph":
    """Generate a graph of a named family.

    Parameters
    ----------
    name : str
        One of `generator_names`: "rmat", "chung-lu", "stochastic-block", "star", "path", "disjoint-cliques".
    *values, **parameters
        Parameters of the function with that name, such as ``scale=20`` for "rmat".
    probability : str, optional
        Scheme of the arc probabilities, see `imax.probabilities`. Default: ``"weighted_cascade"``.
    multi_edges : {"merge", "combine", "error"}, default "merge"
        How to treat parallel arcs, see `InfluenceGraph.from_arrays`.
    threads : int, optional
        Number of threads. The graph does not depend on it.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, optional
        Source of randomness of the arcs and of schemes that draw probabilities. The same int gives the arcs that the
        function with that name draws with it.

    Returns
    -------
    InfluenceGraph
        Its nodes are 0 to n - 1, including those without arcs.

    Raises
    ------
    InvalidArgumentError
        If the name or a parameter is unknown.

    Examples
    --------
    >>> from imax.datasets import generate
    >>> generate("star", 5).n_arcs
    4
    """
    from imax.graph.influence_graph import InfluenceGraph

    key = str(name).lower().replace("_", "-")
    family = _FAMILIES[check.one_of(key, "name", generator_names())]
    signature = inspect.signature(family.arcs)
    accepted = [word for word in signature.parameters if word not in {"rng", "threads"}]
    try:
        given = dict(signature.bind(*values, **parameters).arguments)
    except TypeError as error:
        raise InvalidArgumentError(
            f"name: the parameters of {key!r} are {', '.join(accepted)}; {error}", argument="name"
        ) from None
    # arcs and probabilities use the same key: a Generator would give them different ones
    seed = rng if isinstance(rng, (int, np.integer, np.random.SeedSequence)) else np.random.SeedSequence(key_from(rng))
    extra = {word: value for word, value in (("rng", seed), ("threads", threads)) if word in signature.parameters}
    source, target = family.arcs(**given, **extra)
    return InfluenceGraph.from_arrays(
        source,
        target,
        n_nodes=family.n_nodes(**given),
        directed=bool(given.get("directed", False)) if family.directed is None else family.directed,
        multi_edges=multi_edges,
        probability=probability,
        threads=threads,
        rng=np.random.SeedSequence(stream_key(key_from(seed), Stream.GENERATED_PROBABILITIES)),
    )


class RmatChunks:
    """The arcs of an R-MAT graph in chunks, for `imax.io.external`; see there for the attributes.

    Parameters
    ----------
    scale, edge_factor, a, b, c, rng
        As for `rmat`.
    threads : int, optional
    """

    def __init__(
        self,
        scale: int,
        edge_factor: float = 16,
        a: float = 0.57,
        b: float = 0.19,
        c: float = 0.19,
        *,
        rng: RNG = None,
        threads: int | None = None,
    ) -> None:
        self._draw = partial(rmat, scale, edge_factor, a, b, c, rng=key_from(rng), threads=threads)
        self._draw(part=(0, 0))  # checks the parameters
        self.n_nodes = 2**scale
        self.n_given = round(edge_factor * 2**scale)
        self.labels = None
        self.directed = True
        self.bad_lines = 0
        self.notes: tuple[str, ...] = ()
        self.doubts: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Chunk]:
        for first in range(0, self.n_given, _CHUNK):
            yield Chunk(*self._draw(part=(first, min(first + _CHUNK, self.n_given))), None)


def arc_chunks(spec: str, threads: int | None = None) -> RmatChunks | None:
    """Return the arcs that a string such as ``"rmat:26"`` stands for, in chunks; None for any other string."""
    found = parse_spec(spec)
    if found is None or found[0] != "rmat":
        return None
    _, values, named = found
    return RmatChunks(*values, threads=threads, **named)


def parse_spec(spec: str) -> tuple[str, list[Any], dict[str, Any]] | None:
    """Parse a string such as ``"rmat:20,16,rng=3"``: a family, a colon, and numbers by position or by name.

    Returns
    -------
    tuple of (str, list, dict) or None
        Arguments of `generate`: name, values, named parameters. `rng` is 0 unless the string gives it, so that a string
        always means the same graph. None if the string does not begin with the name of a family and a colon.

    Raises
    ------
    InvalidArgumentError
        If the parameters of a family cannot be read.

    Examples
    --------
    >>> from imax.datasets.families import parse_spec
    >>> parse_spec("rmat:20,a=0.5")
    ('rmat', [20], {'rng': 0, 'a': 0.5})
    """
    head, colon, tail = spec.partition(":")
    name = head.strip().lower().replace("_", "-")
    if not colon or name not in _FAMILIES:
        return None
    values: list[Any] = []
    named: dict[str, Any] = {"rng": 0}
    for part in tail.split(","):
        word, equals, text = part.rpartition("=")
        if not equals and len(named) > 1:
            raise InvalidArgumentError(
                f"name {spec!r}: {part!r} must come before the named parameters", argument="name"
            )
        number = _number(text.strip(), spec)
        if equals:
            named[word.strip()] = number
        else:
            values.append(number)
    return name, values, named


def _number(text: str, spec: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        raise InvalidArgumentError(
            f"name {spec!r}: {text!r} is not a number; write a generated graph as in 'rmat:20,16,rng=3'",
            argument="name",
        ) from None
