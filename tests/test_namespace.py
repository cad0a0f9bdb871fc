"""The public names."""

import importlib
import tomllib
from pathlib import Path

import pytest

import imax

PUBLIC = [
    "Certificate",
    "Comparison",
    "Constraints",
    "CurveResult",
    "ImaxError",
    "InfluenceGraph",
    "RRCollection",
    "Report",
    "RobustResult",
    "SelectionResult",
    "Sensitivity",
    "SpreadEstimate",
    "__version__",
    "annotate",
    "anytime",
    "as_graph",
    "capacity",
    "certify",
    "compare",
    "curve",
    "datasets",
    "errors",
    "exact_spread",
    "io",
    "learn",
    "make_report",
    "maximize",
    "maximize_robust",
    "minimize_seeds",
    "plot",
    "probabilities",
    "read_edgelist",
    "read_graph",
    "recommend",
    "sample_rr_sets",
    "sensitivity",
    "set_attributes",
    "spread",
    "write_graph",
]
ROOT = Path(__file__).resolve().parents[1]


def modules_with_all():
    """Return the dotted names of all modules that have an ``__all__``, without the package itself."""
    found = []
    for folder, package in ((ROOT / "imax", "imax"), (ROOT / "datasets", "imax.datasets")):
        for path in sorted(folder.rglob("*.py")):
            parts = [part for part in path.relative_to(folder).with_suffix("").parts if part != "__init__"]
            if "\n__all__ = " in path.read_text():
                found.append(".".join([package, *parts]))
    return [name for name in found if name != "imax"]


def test_the_names_are_these():
    assert imax.__all__ == PUBLIC
    assert dir(imax) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_every_name_can_be_used(name):
    value = getattr(imax, name)
    if name != "__version__":
        assert value.__doc__
        home = getattr(value, "__module__", value.__name__ if hasattr(value, "__name__") else "")
        assert home.partition(".")[0] == "imax"


def test_other_names_are_refused():
    with pytest.raises(AttributeError, match="module 'imax' has no attribute 'minimize'"):
        _ = imax.minimize


@pytest.mark.parametrize("module", modules_with_all())
def test_modules_have_what_they_announce(module):
    loaded = importlib.import_module(module)
    assert len(set(loaded.__all__)) == len(loaded.__all__)
    for name in loaded.__all__:
        assert hasattr(loaded, name)


def test_no_module_hides_a_public_name():
    # importing imax.x makes imax.x that module, whatever stood there
    folder = Path(imax.__file__).parent
    folders = {"annotate", "capacity", "datasets", "errors", "io", "learn", "probabilities", "recommend"}
    for name in set(PUBLIC) - folders:
        assert not (folder / f"{name}.py").exists()
        assert not (folder / name).exists()


def test_the_version_is_the_project_s():
    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"]
    assert project["version"] == imax.__version__


def test_the_oldest_releases_tested_are_those_that_are_allowed():
    root = Path(__file__).parents[1]
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    lines = (root / "tests" / "minimum.txt").read_text().splitlines()
    tested = {name: f">={release.removesuffix('.*')}" for name, release in (x.split("==") for x in lines if "==" in x)}
    allowed = {name: ">=" + floor for name, floor in (x.split(">=") for x in project["dependencies"])}
    assert tested == allowed
