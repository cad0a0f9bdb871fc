"""The command line: its output, its errors and its exit codes.

Commands run in this process, except where the end of the process is tested: Ctrl-C, a closed pipe, a full disk.
"""

import csv
import gzip
import importlib
import inspect
import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from pathlib import Path

import click
import numpy as np
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

import imax
from imax.cli import main
from imax.cli._algorithms import AlgorithmName, registry_of
from imax.cli.errors import name_option
from imax.cli.output import as_table
from imax.errors import InvalidArgumentError

QUICK = ("--epsilon", "0.4", "--random-seed", "1")
SQUARE = "0 1\n1 2\n2 3\n3 0\n"
NAMED = "ann,bob\nann,cid\nbob,cid\ncid,dot\n"
FAMILIES = [
    ("selection", "seed", "maximize"),
    ("capacity", "cim", "assign"),
    ("annotate", "annotate", "select"),
    ("recommend", "rerank", "Reranker"),
]
COMMANDS = (
    "seed", "cim", "experiment", "rerank", "annotate", "spread", "certify", "compare", "report", "info", "convert",
)  # fmt: skip


# click 8.1 mixes standard output and standard error by default; later releases never do
RUNNER = {"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner).parameters else {}


def run(*args, code=0, stdin=None):
    """Run a command, check its exit code, and return the result."""
    result = CliRunner(**RUNNER).invoke(main, [str(a) for a in args], input=stdin, prog_name="imax")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result


def fails(code, *args, stdin=None):
    """Run a command that must fail; return its error message of one line."""
    result = run(*args, code=code, stdin=stdin)
    assert result.stdout == ""
    assert result.stderr.startswith("imax: error: ")
    assert result.stderr.count("\n") == 1
    assert result.stderr.endswith("\n")
    return result.stderr


def files_in(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a file and returns its path."""

    def make(content, name="graph.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


@pytest.fixture
def square(write):
    return write(SQUARE, "square.txt")


# -- help ----------------------------------------------------------------------------------------------------------


def test_version():
    assert run("--version").stdout == f"imax {imax.__version__}\n"


@pytest.mark.parametrize("flag", ["-h", "--help"])
@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_each_option_and_examples_on_lines_of_their_own(command, flag):
    text = run(command, flag).stdout
    known = main.get_command(click.Context(main), command)
    for param in known.params:
        if isinstance(param, click.Option):
            assert max(param.opts, key=len) in text
            assert param.help, param.name
            assert "{" not in param.help
    examples = [line.strip() for line in known.epilog.splitlines() if "imax" in line]
    assert len(examples) >= 3
    assert set(examples) <= {line.strip() for line in text.splitlines()}


def test_examples_in_help_name_options_that_exist():
    for command in COMMANDS:
        epilog = main.get_command(click.Context(main), command).epilog
        for name, words in re.findall(r"imax (\w+) ([^|\n]*)", epilog):
            params = main.get_command(click.Context(main), name).params
            known = {option for param in params for option in (*param.opts, *param.secondary_opts)}
            assert set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", words)) <= known
            family = {"cim": "capacity", "rerank": "recommend", "annotate": "annotate"}.get(name, "selection")
            used = ",".join(re.findall(r"--algorithms? (\S+)", words)).split(",")
            assert set(used) <= {"", *registry_of(family)}


def test_without_a_command_the_help_is_shown():
    text = run().stdout
    assert all(name in text for name in COMMANDS)
    assert "141" in text


def test_help_shows_the_default_epsilon():
    from imax.selection.problem import DEFAULT_EPSILON

    assert f"[default: {DEFAULT_EPSILON}; imm: 0.1]" in " ".join(run("seed", "-h").stdout.split())


@pytest.mark.parametrize(("family", "command", "function"), FAMILIES)
def test_help_shows_all_algorithms_and_the_library_s_default(family, command, function):
    names = list(registry_of(family))
    text = "".join(run(command, "-h").stdout.split())
    assert f"Algorithm:{','.join(names)}." in text
    assert f"[default:{names[0]}]" in text
    module = importlib.import_module(f"imax.{family}")
    parameters = inspect.signature(getattr(module, function, lambda: None)).parameters
    assert "algorithm" not in parameters or parameters["algorithm"].default == names[0]


@pytest.mark.parametrize(("family", "command", "function"), FAMILIES)
def test_names_of_algorithms_are_completed(family, command, function):
    complete = AlgorithmName(family).shell_complete
    names = list(registry_of(family))
    assert [item.value for item in complete(None, None, "")] == names
    assert names[0] in {item.value for item in complete(None, None, names[0])}


def test_help_names_all_schemes_of_probabilities():
    words = set(re.findall(r"[a-z_]+", run("info", "-h").stdout))
    assert {scheme.name for scheme in imax.probabilities.schemes()} <= words


@pytest.mark.parametrize(
    ("args", "absent"),
    [
        (("--version",), {"numpy", "numba", "networkx", "scipy"}),
        (("-h",), {"numpy", "numba", "networkx", "scipy"}),
        (("info", "-h"), {"numpy", "numba", "networkx", "scipy"}),
        (("seed", "-h"), {"numba", "networkx", "scipy"}),  # the registry, for the names
        (("cim", "-h"), {"numba", "networkx", "scipy"}),
        (("rerank", "-h"), {"numba", "networkx", "scipy"}),
        (("annotate", "-h"), {"numba", "networkx", "scipy"}),
    ],
)
def test_help_and_version_import_little(args, absent):
    code = (
        f"import sys; from imax.cli import main; main({list(args)!r}, standalone_mode=False); "
        f"assert not {absent!r} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_registries_are_imported_only_for_a_given_name(tmp_path):
    code = (
        "import sys; from imax.cli import main\n"
        f"try: main(['seed', '-k', '1', *sys.argv[1:], {str(tmp_path / 'no')!r}])\n"
        "except SystemExit: print('imax.selection' in sys.modules)"
    )
    for options, expected in (((), "False"), (("--algorithm", "hist"), "True")):
        done = subprocess.run([sys.executable, "-c", code, *options], capture_output=True, text=True, check=True)
        assert done.stdout == f"{expected}\n"


def test_seeding_a_file_loads_only_what_it_needs(square):
    code = (
        "import sys; from imax.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: assert end.code == 0\n"
        "assert not {'networkx', 'pandas', 'scipy.linalg', 'scipy.sparse', 'imax.datasets'} & set(sys.modules)\n"
        "import gc; assert gc.isenabled()\n"
        "import scipy.linalg"
    )
    command = [sys.executable, "-c", code, "seed", "-k", "1", *QUICK, str(square)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def test_a_misspelled_command_gets_a_suggestion(square):
    assert "there is no command 'sed'; did you mean 'seed'?" in fails(2, "sed", "-k", 1, square)
    assert "there is no command 'xyz' (see" in fails(2, "xyz")


def test_a_misspelled_algorithm_gets_a_suggestion(square):
    assert "did you mean 'degree-discount'?" in fails(2, "seed", "-k", 1, "--algorithm", "degree_discount", square)


def test_errors_name_the_option():
    """The name of the argument at the start of a message becomes the name of the option; nothing else changes."""
    seed = main.get_command(click.Context(main), "seed")

    def shown(message, argument):
        return name_option(InvalidArgumentError(message, argument=argument), seed)

    assert (
        shown("n_simulations must be at least 2, got 1", "n_simulations") == "--simulations must be at least 2, got 1"
    )
    assert shown("k must be at most 4; use a smaller k", "k") == "--k must be at most 4; use a smaller k"
    assert shown("quotas: no group is named 'a'", "quotas") == "--quota: no group is named 'a'"
    assert shown("k_max must be at least 1", "k") == "k_max must be at least 1"
    assert shown("this k is too large", "k") == "this k is too large"
    assert shown("capacity must be at least 1", "capacity") == "capacity must be at least 1"
    assert shown("k must be at least 1", None) == "k must be at least 1"
    # other arguments are marked, also with a value
    error = InvalidArgumentError(
        "k is wrong; see {quotas}, {budget=1.5} or {oracle=rr}, not {costs} or {width=3}", argument="k",
        others=("quotas", "budget", "oracle", "width"),
    )  # fmt: skip
    assert str(error) == "k is wrong; see quotas, budget=1.5 or oracle='rr', not {costs} or width=3"
    assert name_option(error, seed) == (
        "--k is wrong; see --quota, --budget 1.5 or --oracle rr, not {costs} or width=3"
    )


def test_graph_names_are_completed():
    def complete(*args, incomplete):
        return ShellComplete(main, {}, "imax", "_IMAX_COMPLETE").get_completions(list(args), incomplete)

    assert {"karate"} < {item.value for item in complete("seed", incomplete="k")}
    assert "file" in {item.type for item in complete("info", incomplete="kar")}
    assert {item.value for item in complete(incomplete="s")} == {"seed", "spread"}


# -- seed ----------------------------------------------------------------------------------------------------------


def test_seed_table_shows_seeds_and_the_certificate_in_words():
    lines = run("seed", "--k", 3, *QUICK, "karate").stdout.splitlines()
    assert lines[0].split() == ["rank", "node", "gain", "total"]
    assert [line.split()[0] for line in lines[1:4]] == ["1", "2", "3"]
    facts = {line[:20].strip(): line[20:].strip() for line in lines[5:]}
    for name in ("Estimated spread", "Lower bound", "Upper bound", "Failure probability", "RR sets", "Stopped"):
        assert facts[name]
    assert facts["Certified"].endswith("% of the best possible")
    assert "sample" in facts["Time"]
    assert facts["Random seed"] == "1"


def test_seed_json_is_the_result_with_what_was_read():
    record = json.loads(run("seed", "-k", 3, *QUICK, "--format", "json", "karate").stdout)
    graph = imax.datasets.load("karate")
    result = imax.maximize(graph, 3, epsilon=0.4, rng=1)
    for name, value in json.loads(result.to_json()).items():
        if name != "seconds":
            assert record[name] == value
    assert record["random_seed"] == 1
    assert record["graph"]["nodes"] == 34
    assert record["graph"]["arcs"] == 156
    assert record["graph"]["source"] == "karate"
    assert record["verification"] is None
    assert set(record["seconds"]) >= {"read", "sample", "total"}


def test_seed_csv_and_plain_agree():
    rows = list(csv.reader(io.StringIO(run("seed", "-k", 4, *QUICK, "--format", "csv", "karate").stdout)))
    plain = run("seed", "-k", 4, *QUICK, "--format", "plain", "karate").stdout
    assert rows[0] == ["rank", "node", "gain", "total"]
    assert [row[0] for row in rows[1:]] == ["1", "2", "3", "4"]
    assert [row[1] for row in rows[1:]] == plain.split()
    gains = [float(row[2]) for row in rows[1:]]
    assert [float(row[3]) for row in rows[1:]] == pytest.approx(np.cumsum(gains))


@pytest.mark.parametrize("model", ["ic", "lt", "LT"])
def test_the_same_random_seed_gives_the_same_result(model, square):
    args = ("seed", "-k", 2, *QUICK, "--model", model, "--format", "csv", square)
    assert run(*args, "--threads", 1).stdout == run(*args, "--threads", 2).stdout


def test_a_drawn_random_seed_is_shown_and_repeats_the_run(square):
    args = ("seed", "-k", 2, "--epsilon", 0.4, "--format", "json", "--probability", "trivalency", square)
    first = json.loads(run(*args).stdout)
    again = json.loads(run(*args, "--random-seed", first["random_seed"]).stdout)
    assert again["rng_key"] == first["rng_key"]
    assert again["spread"] == first["spread"]


def test_verification_has_its_own_stream():
    args = ("seed", "-k", 2, *QUICK, "--verify", 500)
    record = json.loads(run(*args, "--format", "json", "karate").stdout)
    check = record["verification"]
    assert check["n_simulations"] == 500
    assert check["rng_key"] != record["rng_key"]
    assert abs(check["spread"] - record["spread"]) < 6 * check["std_error"] + 3
    assert "Verified spread" in run(*args, "karate").stdout


def test_candidates_exclude_and_node_weights(write):
    graph = write("0 1\n2 3\n4 5\n6 7\n")
    few, not_those = write("# may\n4\n6\n", "few"), write("4\n", "not")
    args = ("seed", "-k", 1, *QUICK, "--format", "plain")
    assert run(*args, "--candidates", few, "--exclude", not_those, graph).stdout == "6\n"
    worth = write("".join(f"{node},{100 if node == 5 else 1}\n" for node in range(8)), "worth.csv")
    assert run(*args, "--node-weights", worth, graph).stdout in ("4\n", "5\n")


def test_text_labels_and_notes(write):
    result = run("seed", "-k", 1, *QUICK, "--format", "plain", write("source,target,weight\nann,bob,1\nbob,cid,1\n"))
    assert result.stdout == "ann\n"
    assert all(line.startswith("note: ") for line in result.stderr.splitlines())
    assert "header" in result.stderr
    assert "column" in result.stderr
    assert run("seed", "-k", 1, *QUICK, "--quiet", write(SQUARE + "4 0 1\n")).stderr == ""


def test_skipped_lines_are_noted(write):
    graph = write("0 1\nnonsense\n1 2\n")
    result = run("seed", "-k", 1, *QUICK, "--on-bad-line", "skip", "--format", "plain", graph)
    assert result.stdout == "0\n"
    assert "note: 1 bad line" in result.stderr


def test_standard_input_and_output_file(tmp_path, square):
    out = tmp_path / "seeds.json"
    result = run("seed", "-k", 1, *QUICK, "--format", "json", "--output", out, "-", stdin=SQUARE)
    assert result.stdout == ""
    record = json.loads(out.read_text())
    assert record["graph"]["nodes"] == 4
    assert files_in(tmp_path) == ["seeds.json", "square.txt"]
    assert run("seed", "-k", 1, *QUICK, "--format", "plain", "-o", "-", square).stdout.strip().isdigit()


def test_a_file_comes_before_a_name(monkeypatch, tmp_path, write):
    write(SQUARE, "karate")
    monkeypatch.chdir(tmp_path)
    assert json.loads(run("info", "--format", "json", "karate").stdout)["nodes"] == 4


def test_undirected_doubles_arcs(square):
    assert json.loads(run("info", "--format", "json", "--undirected", square).stdout)["arcs"] == 8


def test_time_and_memory_limits(square):
    base = ("seed", "-k", 1, "--random-seed", 1, "--epsilon", 0.001, "--format", "json", square)
    assert json.loads(run(*base, "--time-limit", 1e-6).stdout)["stop_reason"] == "time limit"
    assert json.loads(run(*base, "--max-memory", "1K").stdout)["stop_reason"] == "memory limit"


# -- spread, info, convert -----------------------------------------------------------------------------------------


def test_spread_of_labels_and_files(write):
    graph = write(NAMED, "named.csv")
    sure = ("spread", "--probability", "uniform:1", "--simulations", 10, "--format", "json")
    assert json.loads(run(*sure, "--seed", "bob", graph).stdout)["spread"] == 3
    seeds = write("dot\nbob\n", "seeds")
    record = json.loads(run(*sure, "--seeds", seeds, "--seed", "dot", "--confidence", 0.9, graph).stdout)
    assert (record["n_seeds"], record["spread"], record["confidence"]) == (2, 3, 0.9)
    assert run(*sure[:-1], "plain", "--seeds", "-", graph, stdin="ann\n").stdout == "4.0\n"


def test_spread_of_integer_labels_and_table(write):
    graph = write("10 20\n20 30\n")
    text = run("spread", "--seed", 20, "--model", "lt", "--random-seed", 3, graph).stdout
    facts = {line[:16].strip(): line[16:].strip() for line in text.splitlines()}
    assert facts["Spread"].startswith("2.00 (95 % interval")
    assert facts["Seeds"] == "1"
    assert facts["Random seed"] == "3"


def test_spread_with_node_weights(write):
    graph, worth = write("0 1\n"), write("0 0.5\n1 10\n", "worth")
    out = run("spread", "--seed", 0, "--node-weights", worth, "--simulations", 5, "--format", "plain", graph)
    assert float(out.stdout) == 10.5


def test_info_shows_what_reading_did_to_the_input(write):
    graph = write("0 1\n0 1\n1 1\n2 0\n5 5\n")
    record = json.loads(run("info", "--format", "json", graph).stdout)
    expected = {
        "nodes": 4, "arcs": 2, "arcs_given": 5, "self_loops": 2, "parallel_arcs": 1, "isolated_nodes": 1,
        "largest_in_degree": 1, "largest_out_degree": 1, "mean_degree": 0.5, "directed": True, "labels": "integers",
        "probability": "weighted_cascade", "bad_lines": 0,
    }  # fmt: skip
    assert expected.items() <= record.items()
    assert re.fullmatch("[0-9a-f]{32}", record["fingerprint"])
    text = run("info", graph).stdout
    assert record["fingerprint"] in text
    assert "1/in-degree" in text


def test_info_of_probabilities(square):
    plain = json.loads(run("info", "--format", "json", square).stdout)
    other = json.loads(run("info", "--format", "json", "--probability", "uniform:0.5", square).stdout)
    assert other["probability"] == "uniform:0.5"
    assert plain["fingerprint"] != other["fingerprint"]
    assert "uniform:0.5" in run("info", "--probability", "uniform:0.5", square).stdout


@pytest.mark.parametrize("content", [SQUARE, NAMED, "1 2\n2 3\n3 1\n"])
@pytest.mark.parametrize("ending", [".imax", ".txt", ".csv"])
def test_converted_graphs_are_the_same(write, tmp_path, content, ending):
    source, out = write(content), tmp_path / f"out{ending}"
    result = run("convert", "--probability", "uniform:0.3", source, out)
    assert result.stdout == ""
    assert str(out) in result.stderr
    back = imax.read_graph(out, probability=None if ending == ".imax" else "column")
    first = imax.read_graph(source, probability="uniform:0.3")
    assert sorted(back.arcs()) == sorted(first.arcs())
    assert sorted(back.nodes()) == sorted(first.nodes())


def test_matrix_market_numbers_nodes_from_1(square, write, tmp_path):
    out = tmp_path / "out.mtx"
    assert "have no labels" in run("convert", square, out).stderr
    assert imax.read_graph(out, probability="column").arcs() == [(4, 1, 1.0), (1, 2, 1.0), (2, 3, 1.0), (3, 4, 1.0)]
    assert "have no labels" not in run("convert", write("1 2\n2 1\n"), out).stderr


def test_convert_notes_which_nodes_an_edge_list_loses(write, tmp_path):
    out = tmp_path / "out.txt"
    assert "1 nodes without arcs" in run("convert", write("0 1\n2 2\n"), out).stderr
    assert run("convert", "-q", write("0 1\n2 2\n"), out).stderr == ""


def test_labels_that_an_edge_list_cannot_hold_are_refused(write, tmp_path):
    graph = write('"a;b",c\nc,d\n', "odd.csv")
    out = tmp_path / "out.csv"
    out.write_text("old")
    assert "'a;b'" in fails(1, "convert", graph, out)
    assert out.read_text() == "old"


def test_table_columns_are_aligned():
    assert as_table(("n", "name"), [("10", "b"), ("9", "ccccc")], (True, False)) == " n  name\n10  b\n 9  ccccc\n"


# -- bad input -----------------------------------------------------------------------------------------------------


def truncated():
    return gzip.compress(SQUARE.encode() * 50)[:-12]


BAD_GRAPHS = {
    "empty": (b"", (), "no arcs"),
    "only comments": (b"# nothing\n\n", (), "no arcs"),
    "malformed line": (b"0 1\n1 2\n7\n", (), r"graph.txt:3: .*'7'"),
    "truncated gzip": (truncated(), (), "gzip data ends too early"),
    "not UTF-8": (b"ann bob\nc\xe9d eve\n", (), r"graph.txt:2: .*not UTF-8"),
    "UTF-16, cut": ("0 1\n".encode("utf-16")[:-1], (), "UTF-16"),
    "negative id": (b"0 1\n-1 2\n", (), r"graph.txt:2: .*'-1 2'"),
    "over-large id": (b"0 1\n99999999999999999999 2\n", (), r"graph.txt:2: .*99999999999999999999"),
    "p below 0": (b"0 1 0.5\n1 2 -0.5\n", ("--probability", "column"), r"graph.txt:2: .*\[0, 1\].*-0.5"),
    "p above 1": (b"0 1 0.5\n1 2 1.5\n", ("--probability", "column"), r"graph.txt:2: .*\[0, 1\].*1.5"),
    "p is NaN": (b"0 1 0.5\n1 2 nan\n", ("--probability", "column"), r"graph.txt:2: .*nan"),
    "no p": (b"0 1 0.5\n1 2\n", ("--probability", "column"), r"graph.txt:2: .*third column"),
    "multi_edges": (b"0 1\n0 1\n", ("--multi-edges", "error"), "multi_edges|more than once|twice|repeated"),
    "LT weights above 1": (
        b"0 2 0.7\n1 2 0.7\n",
        ("--probability", "column", "--model", "lt"),
        "node 2 sum to 1.4.*lt_normalized",
    ),
}


@pytest.mark.parametrize("case", BAD_GRAPHS)
def test_bad_graphs_end_with_1(write, tmp_path, case):
    content, options, expected = BAD_GRAPHS[case]
    graph, out = write(content), tmp_path / "out"
    line = fails(1, "seed", "-k", 1, *QUICK, *options, "--output", out, graph)
    assert re.search(expected, line), line
    assert files_in(tmp_path) == ["graph.txt"]


def test_truncated_gzip_from_standard_input():
    assert "<stdin>: the gzip data ends too early" in fails(1, "info", "-", stdin=truncated())


def test_missing_files(tmp_path, square):
    line = fails(1, "seed", "-k", 1, tmp_path / "no.txt")
    assert "no.txt: there is no such file" in line
    assert "karate" in line
    assert "folder" in fails(1, "info", tmp_path)
    assert "no such file" in fails(1, "info", "x" * 5000)
    for option in ("--candidates", "--exclude", "--node-weights"):
        assert "there is no such file" in fails(1, "seed", "-k", 1, option, tmp_path / "no", square)
    assert "there is no such file" in fails(1, "spread", "--seeds", tmp_path / "no", square)


def test_a_known_graph_whose_file_is_not_there(monkeypatch, tmp_path):
    monkeypatch.setenv("IMAX_DATA", str(tmp_path))
    assert "IMAX_DATA" in fails(1, "info", "dblp")


def test_unknown_nodes_are_named_with_their_place(write, square):
    unknown, worth = write("0\n\n7\n", "nodes"), write("0 1\n7 2\n", "worth")
    for option, path, place in (("--candidates", unknown, 3), ("--exclude", unknown, 3), ("--node-weights", worth, 2)):
        line = fails(1, "seed", "-k", 1, option, path, square)
        assert f"{path}:{place}: " in line
        assert "7 is not a node" in line
    assert "nodes:3: " in fails(1, "spread", "--seeds", unknown, square)
    assert "--seed: 9 is not a node" in fails(1, "spread", "--seed", 9, square)
    assert "--seed: 'x' is not a node" in fails(1, "spread", "--seed", "x", square)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("0 1\n1 nan\n", "worth:2: "),
        ("0 1\n", "3 of 4 nodes"),
        ("0 1\n1 -1\n2 1\n3 1\n", "node 1 is -1.0"),
        ("0 x\n", "worth:1: "),
    ],
)
def test_bad_node_weights(write, square, content, expected):
    assert expected in fails(1, "seed", "-k", 1, "--node-weights", write(content, "worth"), square)


BAD_USAGE = [
    (("--k", 0), "--k must be at least 1, got 0"),
    (("--k", -3), "--k must be at least 1, got -3"),
    (("--k", "many"), "many"),
    (("--k", 5), "--k must be at most 4"),
    (("--epsilon", 0), "--epsilon must lie strictly between 0 and 1, got 0.0"),
    (("--epsilon", 1), "--epsilon"),
    (("--epsilon", "nan"), "--epsilon"),
    (("--delta", 0), "--delta"),
    (("--delta", "1.5"), "--delta"),
    (("--threads", 0), "--threads must be at least 1, got 0"),
    (("--threads", -1), "--threads"),
    (("--threads", "two"), "--threads"),
    (("--random-seed", -1), "--random-seed"),
    (("--verify", 1), "--verify must be at least 2"),
    (("--max-memory", "lots"), "--max-memory"),
    (("--time-limit", 0), "--time-limit"),
    (("--model", "sir"), "--model"),
    (("--format", "xml"), "--format"),
    (("--probability", "uniform:-0.1"), "probability 'uniform:-0.1'.*-0.1"),
    (("--probability", "uniform:1.1"), "probability 'uniform:1.1'.*1.1"),
    (("--probability", "uniform:nan"), "probability 'uniform:nan'"),
    (("--probability", "uniform"), "probability 'uniform' needs a value"),
    (("--probability", "guess"), "probability must be one of"),
    (("--on-bad-line", "ignore"), "--on-bad-line"),
    (("--no-such-option",), "--no-such-option"),
    (("another",), "another"),
]


@pytest.mark.parametrize(("options", "expected"), BAD_USAGE, ids=lambda value: str(value)[:40])
def test_bad_options_end_with_2(square, options, expected):
    k = () if "--k" in options else ("--k", 1)
    assert re.search(expected, fails(2, "seed", *k, square, *options))


def test_bad_options_are_rejected_before_a_file_is_read(tmp_path):
    absent = tmp_path / "absent"
    for options in (("--k", 0), ("--k", 1, "--epsilon", 2), ("--k", 1, "--probability", "uniform:7")):
        fails(2, "seed", *options, absent)
    fails(2, "spread", "--seed", 1, "--confidence", 1, absent)
    fails(2, "spread", "--seed", 1, "--simulations", 1, absent)
    fails(2, "spread", absent)


def test_k_above_the_candidates(write, square):
    two = write("0\n1\n", "two")
    assert "--k must be at most 2" in fails(2, "seed", "-k", 3, "--candidates", two, square)
    line = fails(2, "seed", "-k", 1, "--candidates", two, "--exclude", two, square)
    assert "no node that may be a seed" in line


def test_missing_arguments(square):
    assert "--k" in fails(2, "seed", square)
    assert "GRAPH" in fails(2, "seed", "-k", 1)
    assert "OUT" in fails(2, "convert", square)
    assert "no-such-command" in fails(2, "no-such-command")


def test_only_one_input_is_standard_input():
    assert "GRAPH and --exclude" in fails(2, "seed", "-k", 1, "--exclude", "-", "-", stdin=SQUARE)
    assert "GRAPH and --seeds" in fails(2, "spread", "--seeds", "-", "-", stdin=SQUARE)


def test_options_for_files_are_refused_for_names():
    assert "'karate'" in fails(2, "seed", "-k", 1, "--undirected", "karate")
    assert "'karate'" in fails(2, "seed", "-k", 1, "--on-bad-line", "skip", "karate")
    assert "rmat" in fails(2, "info", "rmat:x")


def test_a_binary_directed_graph_cannot_be_made_undirected(square, tmp_path):
    run("convert", square, tmp_path / "g.imax")
    assert "directed" in fails(2, "info", "--undirected", tmp_path / "g.imax")


def test_bad_thread_setting(monkeypatch, square):
    monkeypatch.setenv("IMAX_NUM_THREADS", "all")
    assert "IMAX_NUM_THREADS" in fails(2, "seed", "-k", 1, square)


def test_debug_shows_the_traceback(tmp_path):
    text = run("info", "--debug", tmp_path / "no", code=1).stderr
    assert "Traceback" in text
    assert "NoSuchFileError" in text
    assert text.splitlines()[-1].startswith("imax: error: ")


# -- output that cannot be written ---------------------------------------------------------------------------------


def test_unwritable_output_is_rejected_before_the_work(tmp_path, square):
    absent = tmp_path / "absent"  # reading it would be the first error
    for command in (("seed", "-k", 1), ("spread", "--seed", 0), ("info",)):
        assert "no folder" in fails(1, *command, "--output", tmp_path / "no" / "out", absent)
        assert "it is a folder" in fails(1, *command, "--output", tmp_path, absent)
        assert "cannot write" in fails(1, *command, "--output", square / "out", absent)
    assert "no folder" in fails(1, "convert", absent, tmp_path / "no" / "out.imax")
    assert "cannot write" in fails(1, "info", "--output", "a\0b", absent)
    fails(2, "convert", absent, tmp_path / "out.png")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk(square, tmp_path):
    assert "No space left" in fails(1, "info", "--output", "/dev/full", square)
    (tmp_path / "out.csv").symlink_to("/dev/full")
    assert "No space left" in fails(1, "convert", square, tmp_path / "out.csv")
    with Path("/dev/full").open("w") as full:
        process = subprocess.run(command("info", square), stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert process.returncode == 1
    assert process.stderr == "imax: error: cannot write the output: No space left on device\n"


def test_a_failed_run_leaves_an_older_output_alone(tmp_path, write):
    out, graph = tmp_path / "out.csv", write("0 1 0.5\n1 2 7\n")
    out.write_text("old")
    fails(1, "seed", "-k", 1, "--probability", "column", "--output", out, graph)
    fails(1, "convert", "--probability", "column", graph, out)
    assert out.read_text() == "old"
    assert files_in(tmp_path) == ["graph.txt", "out.csv"]


def test_a_label_that_standard_output_cannot_show(write):
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    process = subprocess.run(
        command("seed", "-k", "1", *QUICK, "--format", "plain", write("é b\n")),
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    assert (process.returncode, process.stdout) == (1, "")
    assert process.stderr.count("\n") == 1
    assert "--output" in process.stderr


# -- pipes and signals ---------------------------------------------------------------------------------------------


def command(*args):
    return [sys.executable, "-m", "imax", *map(str, args)]


def test_a_closed_pipe_ends_quietly(square):
    process = subprocess.Popen(command("info", square), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == ""
    assert process.wait(120) == 141


def test_seeds_go_through_a_pipe(square):
    seeds = run("seed", "-k", 2, *QUICK, "--format", "plain", square).stdout
    assert "Seeds           2" in run("spread", "--seeds", "-", square, stdin=seeds).stdout


@contextmanager
def on_terminal(*args, **options):
    """Run a command whose standard error is a terminal; yield the process and a function that waits for a text."""
    import pty

    own, theirs = pty.openpty()
    # tests in the background may ignore interrupts, and child processes inherit that
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    options["env"] = options.get("env", os.environ) | {"NO_COLOR": "1"}
    process = subprocess.Popen(command(*args), stdout=subprocess.PIPE, stderr=theirs, text=True, **options)
    signal.signal(signal.SIGINT, before)
    os.close(theirs)
    watchdog = threading.Timer(240, process.kill)
    watchdog.start()
    seen = []

    def read(until=None):
        while until is None or until not in "".join(seen):
            try:
                seen.append(os.read(own, 4096).decode())
            except OSError:  # the process has ended
                break
        return "".join(seen)

    with closing(process.stdout):
        try:
            yield process, read
        finally:
            watchdog.cancel()
            process.kill()
            process.wait()
            os.close(own)


def interrupted(process, read):
    """Send an interrupt; return the whole standard output, and the last line on standard error."""
    process.send_signal(signal.SIGINT)
    printed = process.stdout.read()
    last = read()
    assert process.wait(60) == 130, last
    assert "Traceback" not in last
    return printed, last.replace("\r", "\n").strip().splitlines()[-1]


pytest.importorskip("pty", reason="needs Unix signals and terminals")


@pytest.mark.slow
def test_interrupt_prints_the_best_seeds_so_far(tmp_path):
    out = tmp_path / "seeds.txt"
    for options in ((), ("--format", "plain", "--output", str(out))):
        with on_terminal("seed", "-k", 5, "--epsilon", "0.0001", *options, "rmat:14") as (process, read):
            read("round 3")
            printed, last = interrupted(process, read)
        assert last == "imax: interrupted; this is the best result so far"
    assert printed == ""
    assert len(out.read_text().split()) == 5
    assert files_in(tmp_path) == ["seeds.txt"]


@pytest.mark.slow
def test_interrupt_shows_why_it_stopped():
    with on_terminal("seed", "-k", 5, "--epsilon", "0.0001", "rmat:14") as (process, read):
        read("round 2")
        printed, _ = interrupted(process, read)
    assert "Stopped              interrupted" in printed
    assert len(printed.split("\n\n")[0].splitlines()) == 6


@pytest.mark.slow
def test_interrupt_while_verifying_keeps_the_seeds():
    with on_terminal("seed", "-k", 2, *QUICK, "--verify", 10**8, "--format", "json", "karate") as (process, read):
        read("verifying")
        printed, last = interrupted(process, read)
    record = json.loads(printed)
    assert len(record["seeds"]) == 2
    assert record["verification"] is None or record["verification"]["n_simulations"] < 10**8
    assert "interrupted" in last


@pytest.mark.slow
def test_interrupt_prints_the_estimate_so_far():
    with on_terminal("spread", "--seed", 0, "--simulations", 10**8, "karate") as (process, read):
        read("of 100 M simulations")
        printed, last = interrupted(process, read)
    assert "interrupted" in printed
    assert last == "imax: interrupted; this is the estimate so far"


def test_interrupt_before_the_first_result():
    for args, expected in (
        (("seed", "-k", 1, "-"), "imax: error: interrupted before the first result"),
        (("info", "-"), "imax: error: interrupted"),
    ):
        with on_terminal(*args, stdin=subprocess.PIPE) as (process, read), process.stdin:
            read("reading standard input")
            printed, last = interrupted(process, read)
        assert printed == ""
        assert last == expected


@pytest.mark.slow
def test_progress_is_shown_on_a_terminal_and_removed():
    with on_terminal("seed", "-k", 2, "--random-seed", 1, "karate") as (process, read):
        process.stdout.read()
        text = read()
        assert process.wait(60) == 0
    assert re.search(r"sampling .* RR sets, .*certified [\d.]+%", text)
    assert text.split("\r")[-1] == ""
    assert "\n" not in text


def test_quiet_shows_no_progress(square):
    with on_terminal("info", "--quiet", square) as (process, read):
        process.stdout.read()
        assert read() == ""


@pytest.mark.parametrize(
    ("redirection", "code", "message"),
    [
        ("seed --k 2 - <&-", 1, "standard input is closed"),
        ("seed --k 2 karate >&-", 1, "standard output is closed"),
        ("seed --k 2 karate -o OUT >&- <&- 2>&-", 0, ""),
        ("seed --k 2 karate 2>&-", 0, ""),
        ("--help > /dev/full", 1, "cannot write the output"),
        ("seed --help > /dev/full", 1, "cannot write the output"),
        ("--version > /dev/full", 1, "cannot write the output"),
    ],
)
def test_closed_and_full_streams(tmp_path, redirection, code, message):
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    line = f"{shlex.join(command())} {redirection.replace('OUT', str(tmp_path / 'out'))}"
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (code, bool(message))
    assert message in done.stderr
    if "OUT" in redirection:
        assert (tmp_path / "out").read_text().startswith("rank")


def test_errors_are_short():
    assert len(fails(1, "info", "x" * 100_000)) < 2000
    assert len(fails(2, "info", "--threads", "x" * 100_000, "karate")) < 2000


def test_an_acceptance_file_with_a_bad_number_is_bad_input(tmp_path):
    (tmp_path / "acc").write_text("0 2\n")
    (tmp_path / "c.csv").write_text("user,candidate,score\n0,1,.5\n")
    files = ("--candidates", tmp_path / "c.csv", "--acceptance", tmp_path / "acc", "--on-missing", "default")
    message = fails(1, "rerank", *files, "--algorithm", "heteroir", "karate")
    assert "acceptance of node 0 is 2.0; acceptance must be between 0 and 1" in message


def test_json_of_an_evaluation_without_users_has_null(tmp_path):
    (tmp_path / "t.csv").write_text("user,friend\n5,6\n")
    (tmp_path / "c.csv").write_text("user,candidate,score\n0,1,.5\n")
    files = ("--candidates", tmp_path / "c.csv", "--evaluate", tmp_path / "t.csv")
    text = run("rerank", *files, "--k", 1, "--algorithm", "degree", "--format", "json", "karate").stdout
    assert json.loads(text, parse_constant=pytest.fail)["recall"] == [None]
