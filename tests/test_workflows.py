"""The workflows on GitHub: pinned actions, least rights, and the Pythons that the package claims to support.

`make security` checks more, but needs zizmor; these tests need the standard library only.
"""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def jobs(text):
    """Return {name: text} of the jobs of a workflow."""
    parts = re.split(r"^  (\w+):\n", text.partition("\njobs:\n")[2], flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_there_are_workflows():
    assert [path.name for path in WORKFLOWS] == ["ci.yml", "nightly.yml"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_hash(path):
    used = re.findall(r"^\s*(?:- )?uses: (.*)$", path.read_text(), re.MULTILINE)
    assert used
    for action in used:
        assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


def test_an_action_has_one_version():
    text = "".join(path.read_text() for path in WORKFLOWS)
    pairs = set(re.findall(r"uses: (\S+)@(\w+ # v[\d.]+)", text))
    assert len(pairs) == len({action for action, _ in pairs})


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_jobs_have_the_least_rights(path):
    text = path.read_text()
    assert "\npermissions: {}\n" in text.partition("\njobs:\n")[0]
    for name, job in jobs(text).items():
        assert "    timeout-minutes: " in job, name
        assert job.count("actions/checkout@") == job.count("persist-credentials: false"), name
        rights = re.search(r"^    permissions:\n((?:      .*\n)+)", job, re.MULTILINE)
        assert rights, name
        if "write" in rights[1]:  # no code of the repository or of a package may run here
            assert name == "publish"
            assert not re.search(r"checkout|setup-python|pip |python|make |bash ", job.partition("steps:")[2])


def test_python_versions_are_those_of_the_classifiers():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    prefix = "Programming Language :: Python :: 3."
    claimed = [entry.rpartition(" ")[2] for entry in project["classifiers"] if entry.startswith(prefix)]
    assert project["requires-python"] == f">={claimed[0]}"
    tested = re.search(r"^ +python: \[(.*)\]$", (ROOT / ".github" / "workflows" / "ci.yml").read_text(), re.MULTILINE)
    assert [version.strip(' "') for version in tested[1].split(",")] == claimed
