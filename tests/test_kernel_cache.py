"""The folder of compiled kernels: unusual users and file systems, damaged files, changed sources."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"), reason="without the compiler there is nothing to keep"
)

ROOT = Path(__file__).resolve().parents[1]
COMPILE = (
    "import numpy as np; from imax.kernels.stream import unit; from imax.kernels import _cache; "
    "unit(np.uint64(5)); print(sum(unit.stats.cache_hits.values()), _cache.cache_folders()[0])"
)


def python(code, package=ROOT, **environment):
    """Run code in a new process that imports the package from a folder."""
    variables = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "PYTHONPATH")}
    variables |= {"PYTHONPATH": str(package)} | {k: str(v) for k, v in environment.items()}
    return subprocess.run(
        [sys.executable, "-P", "-W", "always", "-c", code],
        capture_output=True, text=True, check=False, env=variables, timeout=300,
    )  # fmt: skip


def compiled(*given, **environment):
    """Compile one kernel; return the number of cache hits and the folder."""
    done = python(COMPILE, *given, **environment)
    assert (done.returncode, done.stderr) == (0, "")
    hits, _, folder = done.stdout.strip().partition(" ")
    return int(hits), Path(folder)


@pytest.fixture
def package(tmp_path):
    """Return a folder with a copy of the package, whose files have an old time."""
    shutil.copytree(ROOT / "imax", tmp_path / "site" / "imax", ignore=shutil.ignore_patterns("__pycache__"))
    make_old(tmp_path / "site")
    return tmp_path / "site"


def make_old(folder):
    for path in folder.rglob("*.py"):
        os.utime(path, (1_500_000_000, 1_500_000_000))


def unwritable(folder):
    """Put a file where a folder would be made; this stops the superuser too."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("")
    return folder


def test_the_named_folder_is_used(tmp_path):
    first, second = (compiled(NUMBA_CACHE_DIR=tmp_path / "cache") for _ in range(2))
    assert (first[0], second[0]) == (0, 1)
    assert first[1] == second[1]
    assert first[1].parent == tmp_path / "cache"


def test_the_folder_of_the_package_is_the_default(package):
    assert compiled(package)[1].parent == package / "imax" / "kernels" / "__pycache__"
    assert compiled(package)[0] == 1


def test_the_users_folder_serves_if_the_package_is_read_only(package, tmp_path):
    unwritable(package / "imax" / "kernels" / "__pycache__")
    assert compiled(package, HOME=tmp_path / "home")[1].is_relative_to(tmp_path / "home")
    assert compiled(package, HOME=tmp_path / "home")[0] == 1


def test_a_temporary_folder_serves_if_nothing_else_is_writable(package, tmp_path):
    unwritable(package / "imax" / "kernels" / "__pycache__")
    blocked = unwritable(tmp_path / "blocked")
    (tmp_path / "tmp").mkdir()
    where = {"NUMBA_CACHE_DIR": blocked / "cache", "HOME": blocked, "TMPDIR": tmp_path / "tmp"}
    hits, folder = compiled(package, **where)
    assert hits == 0
    assert folder.parent.parent == tmp_path / "tmp"
    assert compiled(package, **where)[0] == 1
    assert folder.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("danger", ["open", "link"])
def test_a_temporary_folder_that_others_can_write_to_is_not_used(package, tmp_path, danger):
    unwritable(package / "imax" / "kernels" / "__pycache__")
    blocked = unwritable(tmp_path / "blocked")
    planted = tmp_path / "tmp" / f"imax-cache-{os.getuid()}"
    (tmp_path / "other").mkdir(mode=0o700)
    planted.parent.mkdir()
    if danger == "link":
        planted.symlink_to(tmp_path / "other")
    else:
        planted.mkdir()
        planted.chmod(0o777)
    done = python(COMPILE, package, HOME=blocked, TMPDIR=tmp_path / "tmp")
    assert done.returncode == 0
    assert done.stdout == "0 None\n"
    assert done.stderr.count("compiled code cannot be kept") == 1
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "other").iterdir())


def test_a_user_without_home_and_name(package, tmp_path):
    code = "import os, pwd; os.environ.pop('HOME'); pwd.getpwuid = {}.__getitem__; " + COMPILE
    unwritable(package / "imax" / "kernels" / "__pycache__")
    (tmp_path / "tmp").mkdir()
    done = python(code, package, TMPDIR=tmp_path / "tmp")
    assert (done.returncode, done.stderr) == (0, "")
    assert str(tmp_path / "tmp") in done.stdout


def test_a_disk_without_space_is_one_warning(tmp_path):
    code = (
        "import tempfile\ndef full(*given, **options): raise OSError(28, 'No space left on device')\n"
        f"tempfile.mkstemp = full\n{COMPILE}\nunit(np.int64(5))"
    )
    done = python(code, NUMBA_CACHE_DIR=tmp_path)
    assert done.returncode == 0
    assert done.stderr.count("No space left on device") == 1


@pytest.mark.parametrize("damage", [b"", b"\0" * 500, b"garbage", "half", "flip"])
def test_a_damaged_file_is_compiled_anew(tmp_path, damage):
    _, folder = compiled(NUMBA_CACHE_DIR=tmp_path)
    for path in folder.glob("*.nbc"):
        content = path.read_bytes()
        half = len(content) // 2
        flipped = content[:half] + bytes([content[half] ^ 1]) + content[half + 1 :]
        path.write_bytes({"half": content[:half], "flip": flipped}.get(damage, damage))
    assert compiled(NUMBA_CACHE_DIR=tmp_path)[0] == 0
    assert compiled(NUMBA_CACHE_DIR=tmp_path)[0] == 1


def test_a_changed_helper_is_compiled_anew_though_times_and_sizes_stay(package, tmp_path):
    file = package / "imax" / "kernels" / "draws.py"
    text = file.read_text()
    assert "CHUNK_RATE = 8.0" in text
    before = compiled(package, NUMBA_CACHE_DIR=tmp_path / "cache")[1]
    file.write_text(text.replace("CHUNK_RATE = 8.0", "CHUNK_RATE = 7.0"))
    make_old(package)
    hits, after = compiled(package, NUMBA_CACHE_DIR=tmp_path / "cache")
    assert hits == 0
    assert after != before


def test_folders_of_other_versions_are_deleted_when_nobody_uses_them(tmp_path):
    ages = {"kernels-old": 31, "kernels-used": 29, "others": 99}
    for name, days in ages.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "code.nbc").write_text("x")
        os.utime(tmp_path / name, (time.time() - days * 86_400,) * 2)
    (tmp_path / "kernels-link").symlink_to(tmp_path / "others")
    own = compiled(NUMBA_CACHE_DIR=tmp_path)[1]
    assert {path.name for path in tmp_path.iterdir()} == {own.name, "kernels-used", "kernels-link", "others"}
    assert (tmp_path / "others" / "code.nbc").exists()


def test_a_folder_in_use_stays_young(tmp_path):
    own = compiled(NUMBA_CACHE_DIR=tmp_path)[1]
    for days, touched in ((0.5, False), (2, True), (40, True)):
        then = time.time() - days * 86_400
        os.utime(own, (then, then))
        assert compiled(NUMBA_CACHE_DIR=tmp_path) == (1, own)
        assert (own.stat().st_mtime > then + 1) == touched


def test_a_folder_that_is_deleted_while_it_is_used_is_made_anew(tmp_path):
    code = f"""
import shutil
{COMPILE}
shutil.rmtree(_cache.cache_folders()[0])
unit(np.int64(5))
print(len(list(_cache.cache_folders()[0].iterdir())))
"""
    done = python(code, NUMBA_CACHE_DIR=tmp_path)
    assert (done.returncode, done.stderr, done.stdout.split()[-1]) == (0, "", "1")


def test_two_processes_that_compile_at_once(tmp_path):
    variables = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    both = [
        subprocess.Popen([sys.executable, "-P", "-c", COMPILE], stdout=subprocess.PIPE, env=variables, text=True)
        for _ in range(3)
    ]
    for process in both:
        output, _ = process.communicate(timeout=300)
        assert process.returncode == 0
        assert output.endswith(f"{compiled(NUMBA_CACHE_DIR=tmp_path)[1]}\n")
    assert compiled(NUMBA_CACHE_DIR=tmp_path)[0] == 1
    assert not list(tmp_path.rglob("*.part"))
