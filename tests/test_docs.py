"""Runs the examples of README and documentation: Python as doctests, ``console`` blocks in a shell.

A block with a caption is written to a file of that name, which later blocks can read. The output of commands is
compared without numbers, because times depend on the machine.
"""

import doctest
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.rst")),
    *sorted((ROOT / "docs").glob("[a-z]*/*.rst")),
]
PAGES = [page for page in PAGES if not {"generated", "auto_gallery"} & set(page.parts)]
OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DIRECTIVE = re.compile(r"^\.\. code-block:: (\w+)\n(?:   :caption: (\S+)\n)?\n((?:(?:   .*)?\n)+)", re.MULTILINE)
SHELL = 'imax() { "$PYTHON" -m imax "$@"; }; '


@dataclass(frozen=True)
class Block:
    """A code block of a page."""

    language: str
    file: str | None
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".md":
        found = [(m.start(), m[1], None, m[2]) for m in FENCE.finditer(text)]
    else:
        found = [(m.start(), m[1], m[2], textwrap.dedent(m[3]).strip("\n") + "\n") for m in DIRECTIVE.finditer(text)]
    return [Block(language, file, body, text.count("\n", 0, at) + 1) for at, language, file, body in found]


def run_python(block: Block, names: dict[str, object], page: Path) -> None:
    if ">>>" not in block.text:
        exec(compile(block.text, str(page), "exec"), names)
        return
    test = doctest.DocTestParser().get_doctest(block.text, names, page.name, str(page), block.line)
    report: list[str] = []
    result = doctest.DocTestRunner(optionflags=OPTIONS).run(test, out=report.append, clear_globs=False)
    names.update(test.globs)
    assert result.failed == 0, "".join(report)


def without_numbers(text: str) -> str:
    return re.sub(r"\d[\d,.]*", "#", " ".join(text.split()))


def run_console(block: Block) -> None:
    shell = shutil.which("sh")
    if shell is None:
        pytest.skip("no shell")
    environment = os.environ | {"PYTHON": sys.executable}
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        done = subprocess.run(
            [shell, "-c", SHELL + command],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        done.stdout = re.sub(r"; [\d.]+ s of it to compile functions, which later runs load", "", done.stdout)
        if re.search(r"^imax|plan\.csv", command) and "--format plain" not in command:  # it has times, or gains
            done.stdout, expected = without_numbers(done.stdout), without_numbers(expected)
        assert done.stdout.split() == expected.split(), command


def test_blocks_are_found():
    assert {block.language for page in PAGES for block in blocks(page)} >= {"python", "console"}


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_examples(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "__main__"}
    for block in blocks(page):
        if block.file is not None:
            Path(block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            run_python(block, names, page)
        elif block.language == "console":
            run_console(block)


SEARCHES = {
    "csv": "how-to/reading-data",
    "probabl": "concepts/probabilities",
    "memori": "how-to/large-graphs",
    "compar": "how-to/certify",
    "deadlin": "how-to/deadlines",
}


@pytest.mark.parametrize("stem", SEARCHES)
def test_the_search_finds_pages_by_their_titles(stem):
    """The words are csv, probabilities, memory, compare and deadline. The search ranks hits in titles first."""
    built = ROOT / "docs" / "_build" / "html" / "searchindex.js"
    if not built.exists():
        pytest.skip("needs the built documentation: make docs")
    text = built.read_text(encoding="utf-8")
    index = json.loads(text[text.index("(") + 1 : text.rindex(")")])
    found = index["titleterms"].get(stem, [])
    pages = {index["docnames"][i] for i in (found if isinstance(found, list) else [found])}
    assert SEARCHES[stem] in pages
