"""The command's entry point where Python finds another package named imax, such as the one on PyPI."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
REPAIR = "pip install --force-reinstall --no-deps influence-maximization"


@pytest.fixture
def site(tmp_path):
    """Return a folder that holds the entry point as pip installs it, and nothing else."""
    name, _, function = PROJECT["project"]["scripts"]["imax"].partition(":")
    assert function == "main"
    shutil.copytree(ROOT / PROJECT["tool"]["setuptools"]["package-dir"][name], tmp_path / name)
    return tmp_path


def install_other(site):
    """Write what `pip install imax` installs: an __init__.py without a line, and no command."""
    (site / "imax").mkdir(exist_ok=True)
    (site / "imax" / "__init__.py").write_text("")
    (site / "imax" / "transforms.py").write_text("")
    info = site / "imax-0.0.1b11.dist-info"
    info.mkdir()
    text = "Metadata-Version: 2.1\nName: imax\nVersion: 0.0.1b11\nSummary: Image augmentation library for Jax\n"
    (info / "METADATA").write_text(text)


def install_this(site):
    """Write a package that looks like this one."""
    (site / "imax" / "cli").mkdir(parents=True)
    (site / "imax" / "__init__.py").write_text("__all__ = ['maximize']\n")
    (site / "imax" / "cli" / "__init__.py").write_text("def main():\n    print('imax 0.1.0')\n")


def command(site, *arguments):
    """Run the command in a Python that sees only the standard library and `site`."""
    code = f"import sys; sys.path.append({str(site)!r}); from influence_maximization import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, *arguments], capture_output=True, text=True, check=False
    )


def error(site):
    """Run the command, which must fail, and return its one line."""
    done = command(site, "--version")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("imax: error: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_it_runs_the_command_line(site):
    install_this(site)
    done = command(site, "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, "imax 0.1.0\n", "")


def test_another_package_is_named_with_the_remedy(site):
    install_other(site)
    message = error(site)
    assert "imports imax 0.0.1b11 (Image augmentation library for Jax) from " in message
    assert str(site / "imax") in message
    assert f"pip uninstall imax; {REPAIR}" in message


def test_another_package_that_replaced_the_files_of_this_one(site):
    install_this(site)
    install_other(site)
    assert "pip uninstall imax" in error(site)


def test_a_package_without_its_init_file(site):
    # what is left after both were installed and the other one was uninstalled
    install_this(site)
    (site / "imax" / "__init__.py").unlink()
    message = error(site)
    assert "is incomplete" in message
    assert REPAIR in message


def test_a_folder_that_happens_to_have_the_name(site):
    (site / "imax").mkdir()
    (site / "imax" / "__init__.py").write_text("x = 1\n")
    assert f"the package imax in {site / 'imax'}" in error(site)


def test_the_version_warns_of_a_second_distribution(site):
    install_other(site)
    shutil.rmtree(site / "imax")
    install_this(site)
    done = command(site, "--version")
    assert (done.returncode, done.stdout) == (0, "imax 0.1.0\n")
    assert done.stderr.startswith("imax: warning: imax 0.0.1b11 (Image augmentation library for Jax) is installed too")
    assert done.stderr.count("\n") == 1
    assert command(site, "seed").stderr == ""


def test_the_right_package_passes(monkeypatch):
    from imax.cli import entry

    monkeypatch.setattr(sys, "argv", ["imax", "--help"])
    with pytest.raises(SystemExit) as end:
        entry.main()
    assert end.value.code == 0
