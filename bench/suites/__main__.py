"""Run each benchmark once, without asv: ``IMAX_BENCH_SCALE=8 python -m bench.suites`` checks that they work."""

import contextlib
import inspect
import itertools
import tempfile
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from ._inputs import Inputs

KINDS = ("time_", "peakmem_", "track_")
LEFT_OUT = ("compilation",)  # it takes the same time for every size of graph


def classes(module: ModuleType) -> list[type]:
    """Return the classes of a module that contain benchmarks."""
    own = [cls for _, cls in inspect.getmembers(module, inspect.isclass) if cls.__module__ == module.__name__]
    return [cls for cls in own if any(name.startswith(KINDS) for name in dir(cls))]


def cases(cls: type) -> list[tuple[Any, ...]]:
    """Return all combinations of the parameters of a class."""
    params = getattr(cls, "params", ())
    if params and not isinstance(params[0], tuple):
        params = (params,)
    return list(itertools.product(*params))


def run(name: str) -> None:
    """Run the benchmarks of a module."""
    for cls in classes(import_module(f"bench.suites.{name}")):
        for case in cases(cls):
            suite = cls()
            if hasattr(suite, "setup"):
                suite.setup(*case)
            for method in (m for m in dir(suite) if m.startswith(KINDS)):
                getattr(suite, method)(*case)
    print(f"{name}: done")


def main() -> None:
    """Run all benchmarks in a folder that contains their inputs."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py") if path.stem not in LEFT_OUT)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Inputs().setup_cache()
        for name in names:
            run(name)


if __name__ == "__main__":
    main()
