"""Graphs by name: small built-in graphs, the real graphs that papers of the field use, and generators.

Files of real graphs are not part of the package, and imax never downloads them. Put them into a folder and set the
environment variable ``IMAX_DATA`` to its path. `info` returns the web page of a graph.
"""

from .families import generate, generator_names
from .generators import chung_lu, disjoint_cliques, path, rmat, star, stochastic_block
from .loading import builtin_names, info, load, names, resolve
from .registry import DATASETS, Dataset

__all__ = [
    "DATASETS",
    "Dataset",
    "builtin_names",
    "chung_lu",
    "disjoint_cliques",
    "generate",
    "generator_names",
    "info",
    "load",
    "names",
    "path",
    "resolve",
    "rmat",
    "star",
    "stochastic_block",
]
