"""How the code is laid out: which module may import which, where compiled functions stand, what an import loads."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = [
    ["errors"],
    ["kernels", "_utils"],
    ["results"],
    ["graph"],
    ["io"],
    ["cluster"],
    ["datasets"],
    ["diffusion"],
    ["ris"],
    ["selection"],
    ["capacity", "annotate", "learn"],
    ["recommend"],
    ["report"],
    ["cli"],
    ["__main__"],
]
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
LOOSE = {"__init__", "__main__", "errors"}


def modules():
    """Return {dotted name: path} of all modules of the package."""
    found = {}
    for folder, package in ((ROOT / "imax", "imax"), (ROOT / "datasets", "imax.datasets")):
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            found[".".join([package, *(p for p in parts if p != "__init__")])] = path
    return found


MODULES = modules()


def is_for_types_only(node):
    """Return whether a statement is ``if TYPE_CHECKING:``, which loads nothing."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imported(name, path):
    """Return (line, dotted name, whether at the module's own level) of every import of the package in a module."""
    tree = ast.parse(path.read_text())
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    inner = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) or is_for_types_only(block)
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            home = ".".join([*base, *([node.module] if node.module else [])])
            targets = [f"{home}.{a.name}" if f"{home}.{a.name}" in MODULES else home for a in node.names]
        else:
            continue
        for target in targets:
            if target.partition(".")[0] == "imax":
                yield node.lineno, target, id(node) not in inner


def folder_of(name):
    """Return the folder, or the module outside a folder, that a dotted name belongs to."""
    return name.partition(".")[2].partition(".")[0]


def problems(name, imports):
    """Return what is wrong with the imports of a module: imports from a floor above, or of a private module."""
    found = []
    for line, target, _ in imports:
        if target == "imax":  # the version
            continue
        if FLOOR_OF[folder_of(target)] > FLOOR_OF[folder_of(name)]:
            found.append(f"{name}:{line} imports {target} from a floor above")
        if folder_of(target) != folder_of(name) and FLOOR_OF[folder_of(target)] == FLOOR_OF[folder_of(name)]:
            found.append(f"{name}:{line} imports {target} from the same floor")
        private = [part for part in target.split(".")[2:] if part.startswith("_")]
        if private and folder_of(target) != folder_of(name):
            found.append(f"{name}:{line} imports the private module {target}")
    return found


def circle(arrows):
    """Return the modules of a circle of imports, [] if there is none."""
    done, path = set(), []

    def visit(name):
        if name in path:
            return path[path.index(name) :]
        if name in done:
            return []
        path.append(name)
        for target in sorted(arrows.get(name, ())):
            if found := visit(target):
                return found
        done.add(path.pop())
        return []

    return next((found for name in sorted(arrows) if (found := visit(name))), [])


def home(target):
    """Return the module that an import of a name loads."""
    return target if target in MODULES else target.rpartition(".")[0]


def test_every_module_has_a_floor():
    folders = {folder_of(name) for name in MODULES} - {""}
    assert folders <= FLOOR_OF.keys(), f"give a floor to {sorted(folders - FLOOR_OF.keys())}, here and in docs/"


def test_few_modules_are_outside_a_folder():
    assert {path.stem for path in (ROOT / "imax").glob("*.py")} == LOOSE


@pytest.mark.parametrize("name", [name for name in MODULES if name != "imax"])
def test_imports_point_downward_and_at_public_modules(name):
    assert problems(name, imported(name, MODULES[name])) == []


def test_imports_form_no_circle():
    arrows = {
        name: {home(target) for _, target, _ in imported(name, path)} - {"imax", name}
        for name, path in MODULES.items()
        if name != "imax"
    }
    # the names of a package come from its modules: its __init__ does not count
    packages = {name for name, path in MODULES.items() if path.name == "__init__.py"}
    arrows = {name: targets - packages for name, targets in arrows.items() if name not in packages}
    assert circle(arrows) == []


def test_wrong_imports_are_found():
    up, private = [(1, "imax.selection.maximization", True)], [(2, "imax.recommend._cover", False)]
    assert problems("imax.ris.bounds", up) == [
        "imax.ris.bounds:1 imports imax.selection.maximization from a floor above"
    ]
    assert problems("imax.cli.cim", private) == ["imax.cli.cim:2 imports the private module imax.recommend._cover"]
    assert problems("imax.recommend.heteroim", private) == []
    assert problems("imax.annotate.selector", [(3, "imax.recommend.metrics", True)])
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c"]
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


@pytest.mark.parametrize("name", [n for n in MODULES if folder_of(n) != "kernels"])
def test_kernels_are_imported_inside_functions_and_compiled_nowhere_else(name):
    for line, target, at_top in imported(name, MODULES[name]):
        assert not (at_top and folder_of(target) == "kernels"), f"{MODULES[name]}:{line} loads Numba with the module"
    tree = ast.parse(MODULES[name].read_text())
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not names & {"njit", "jit", "vectorize", "guvectorize"}


@pytest.mark.parametrize("path", sorted((ROOT / "tests").glob("naive*.py")), ids=lambda p: p.name)
def test_references_stand_on_their_own(path):
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module] if node.module else [alias.name for alias in node.names]
            assert node.level == 0 or all(module.startswith("naive") for module in modules)
            names = modules
        assert not [n for n in names if n.partition(".")[0] == "imax"]


def loaded_by(statement):
    """Return the heavy packages that a statement loads, in a process of its own."""
    code = f"import sys; {statement}; print(*{{m.partition('.')[0] for m in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"numba", "llvmlite", "scipy", "networkx", "pandas", "polars", "click", "hypothesis", "numpy"}
    return heavy & set(done.stdout.split())


def test_an_import_loads_little():
    assert loaded_by("import imax") == set()
    assert loaded_by("from imax import InfluenceGraph, maximize, spread, sample_rr_sets, datasets, read_graph") == {
        "numpy"
    }


def test_errors_are_raised_without_the_compiler():
    statement = "import imax\ntry: imax.InfluenceGraph.from_arrays([0], [1, 2])\nexcept imax.ImaxError: pass"
    assert "numba" not in loaded_by(f"exec({statement!r})")
