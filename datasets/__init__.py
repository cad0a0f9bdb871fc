"""Graphs to work on: those of the field's papers by name, small built-in ones, and generators.

Files of real graphs are not part of the package and never downloaded: put them into a folder and name it in
the environment variable ``IMAX_DATA``. `info` tells where a graph comes from.
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
