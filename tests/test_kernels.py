"""The interfaces of the kernels: few arguments, a table of arrays at the top of each file, a choice by type."""

import ast
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from imax.kernels._jit import by_type, helper, hot

FILES = sorted((Path(__file__).resolve().parent.parent / "imax" / "kernels").glob("*.py"))
WITHOUT_ARRAYS = {"__init__", "_cache", "_jit", "compiling", "stream"}
MAX_ARGUMENTS = 15


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_function_takes_many_arguments(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            n = len(node.args.posonlyargs) + len(node.args.args) + len(node.args.kwonlyargs)
            assert n <= MAX_ARGUMENTS, f"{path.name}: {node.name} takes {n} arguments"


@pytest.mark.parametrize("path", [p for p in FILES if p.stem not in WITHOUT_ARRAYS], ids=lambda path: path.stem)
def test_a_table_at_the_top_describes_the_arrays(path):
    text = ast.get_docstring(ast.parse(path.read_text()))
    headers = [line.split() for line in text.splitlines() if line.startswith("array ")]
    assert headers == [["array", "dtype", "shape", "meaning"]]


class Doubled(NamedTuple):
    values: np.ndarray


class Squared(NamedTuple):
    values: np.ndarray


@helper
def _double(tables, i):
    return 2 * tables.values[i]


@helper
def _square(tables, i):
    return tables.values[i] * tables.values[i]


@by_type({Doubled: _double, Squared: _square})
def entry(tables, i):
    """Return an entry in the way that the tables say."""


@hot
def total(tables):
    found = 0
    for i in range(tables.values.size):
        found += entry(tables, i)
    return found


def test_the_class_of_the_tables_chooses_the_helper():
    values = np.arange(5)
    assert total(Doubled(values)) == 20
    assert total(Squared(values)) == 30
    assert entry.__doc__.startswith("Return an entry")
