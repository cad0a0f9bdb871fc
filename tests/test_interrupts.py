"""Ctrl-C and SIGTERM at every moment of a command: never lost, no traceback."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

pytest.importorskip("pty", reason="needs Unix signals")

LONG = (
    "seed",
    "-k",
    "30",
    "--algorithm",
    "greedy",
    "--simulations",
    "1000000",
    "--time-limit",
    "90",
    "--format",
    "json",
)


def start(*command, code=None):
    """Start a command, or Python code, with interrupts as in the foreground of a terminal."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [sys.executable, *(("-m", "imax", *command) if code is None else ("-c", code))],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    signal.signal(signal.SIGINT, before)
    return process


def ended(process):
    """Return exit code, standard output and standard error."""
    try:
        output, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    return process.returncode, output, errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_in_a_destructor_is_raised_again(number):
    code = f"""
import os, sys, time
from imax.cli.process import Process
process = Process(own=True)
process.watch_interrupts()
class Object:
    def __del__(self):
        os.kill(os.getpid(), {int(number)})
        for _ in range(1000):
            pass
Object()
try:
    time.sleep(30)
except KeyboardInterrupt:
    print(process.exit_code)
"""
    assert ended(start(code=code)) == (0, f"{128 + number}\n", "")


def test_other_errors_in_a_destructor_are_shown_as_usual():
    code = """
from imax.cli.process import Process
Process(own=True).watch_interrupts()
class Object:
    def __del__(self):
        raise ValueError("text")
Object()
"""
    assert "ValueError: text" in ended(start(code=code))[2]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_before_a_command_runs_an_interrupt_ends_the_process_without_a_traceback(number):
    code = f"""
import os, sys, runpy
from importlib.abc import MetaPathFinder
class Finder(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "imax.cli":
            os.kill(os.getpid(), {int(number)})
sys.meta_path.insert(0, Finder())
sys.argv = ["imax", "info", "karate"]
runpy.run_module("imax", run_name="__main__")
"""
    assert ended(start(code=code)) == (-number, "", "")


@pytest.mark.parametrize("background", [False, True])
def test_a_command_in_the_background_ignores_ctrl_c(background):
    before = "signal.signal(signal.SIGINT, signal.SIG_IGN)" if background else "pass"
    code = f"""
import os, signal, sys, click
{before}
from imax.cli import main
import imax.cli.info
def interrupt(context):
    os.kill(os.getpid(), signal.SIGINT)
    return 0
imax.cli.info.describe_graph.callback = lambda **options: interrupt(None)
sys.argv = ["imax", "info", "karate"]
main()
"""
    assert ended(start(code=code))[0] == (0 if background else 130)


@pytest.mark.slow
def test_sigterm_prints_the_best_result_so_far():
    assert ended(start("seed", "-k", "5", "karate"))[0] == 0  # compiles
    for seconds in (1, 2, 4, 10, 40):  # a slow machine needs longer to its first result
        process = start(*LONG, "karate")
        time.sleep(seconds)
        process.send_signal(signal.SIGTERM)
        code, output, errors = ended(process)
        if output:
            break
    assert code == 143
    assert errors.strip() == "imax: interrupted; this is the best result so far"
    assert json.loads(output)["stop_reason"] == "interrupted"


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_at_any_moment_counts(number):
    for step in range(12):
        process = start(*LONG, "karate")
        time.sleep(0.15 + 0.12 * step)
        process.send_signal(number)
        code, _, errors = ended(process)
        assert code in (128 + number, -number), errors
        assert "Traceback" not in errors
        assert "ignored" not in errors
