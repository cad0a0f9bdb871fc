"""Arguments that an algorithm does not use are reported in the notes, not ignored in silence."""

import pytest

import imax
from imax import capacity
from imax.selection.registry import ALGORITHMS, unused_by_all

from .test_cli import run

GRAPH = imax.InfluenceGraph.from_arrays([0, 0, 0, 1, 1, 2], [1, 2, 3, 4, 5, 6], probability="uniform:0.9")
RANKING = [entry.name for entry in ALGORITHMS.values() if not entry.guarantee]
BY_ORACLE = ["greedy", "celf", "celf++"]


@pytest.mark.parametrize("algorithm", [name for name in (*RANKING, *BY_ORACLE, "ris") if name != "random"])
def test_epsilon_and_delta_of_an_algorithm_that_does_not_use_them(algorithm):
    work = {"n_simulations": 10} if algorithm in BY_ORACLE else {"n_rr_sets": 50} if algorithm == "ris" else {}
    plain = imax.maximize(GRAPH, 2, algorithm=algorithm, rng=1, **work)
    assert plain.notes == []
    found = imax.maximize(GRAPH, 2, algorithm=algorithm, epsilon=0.3, delta=0.2, rng=1, **work)
    assert found.seeds == plain.seeds
    expected = [f"epsilon: not used by algorithm {algorithm!r}"]
    if algorithm != "ris":
        expected.append("delta: not used, because the result has no certificate")
    assert found.notes == expected


def test_epsilon_is_the_precision_of_the_certificate():
    work = {"algorithm": "degree", "certify": True, "delta": 0.5, "rng": 1}
    rough, exact = (imax.maximize(GRAPH, 1, epsilon=epsilon, **work) for epsilon in (0.5, 0.05))
    assert rough.notes == exact.notes == []
    assert rough.n_rr_sets < exact.n_rr_sets
    certificate = imax.certify(GRAPH, exact.seeds, epsilon=0.05, delta=0.5, rng=1)
    assert (exact.lower_bound, exact.upper_bound) == (certificate.lower_bound, certificate.upper_bound)


@pytest.mark.parametrize("algorithm", ["opim-c", "imm", "hist", "auto"])
def test_used_arguments_have_no_note(algorithm):
    assert imax.maximize(GRAPH, 1, algorithm=algorithm, epsilon=0.4, delta=0.4, rng=1).notes == []


def test_numbers_of_samples_of_another_oracle():
    found = imax.maximize(GRAPH, 1, algorithm="celf", n_rr_sets=50, n_simulations=10, rng=1)
    assert found.notes == ["n_rr_sets: not used by algorithm 'celf' with the oracle 'simulation'"]
    found = imax.maximize(GRAPH, 1, algorithm="greedy", oracle="rr", n_rr_sets=50, n_simulations=10, rng=1)
    assert found.notes == ["n_simulations: not used by algorithm 'greedy' with the oracle 'rr'"]
    found = imax.maximize(GRAPH, 1, algorithm="greedy", oracle="exact", n_rr_sets=50, n_simulations=10, rng=1)
    assert [note.partition(":")[0] for note in found.notes] == ["n_rr_sets", "n_simulations"]
    found = imax.curve(GRAPH, [1], algorithm="celf", n_rr_sets=50, n_simulations=10, epsilon=0.5, delta=0.9, rng=1)
    assert found.notes == ["n_rr_sets: not used by algorithm 'celf' with the oracle 'simulation'"]


def test_comparisons_report_what_no_algorithm_uses():
    work = {"n_simulations": 10, "delta": 0.9, "rng": 1}
    given = {"epsilon": 0.4, "oracle": "rr", "n_rr_sets": 50}
    assert unused_by_all(["degree", "opim-c", "celf"], "rr", given) == []
    assert unused_by_all(["degree", "opim-c"], "rr", given) == [
        f"{name}: none of the algorithms uses it" for name in ("oracle", "n_rr_sets")
    ]
    found = imax.compare(GRAPH, 1, ["degree"], **given, **work)
    assert found.notes == [f"{name}: none of the algorithms uses it" for name in ("epsilon", "n_rr_sets", "oracle")]


def test_invitations():
    problem = capacity.CapacityProblem(GRAPH, [0], 1)
    note = "epsilon: not used by algorithm 'degree'"
    assert capacity.assign(problem, "degree", epsilon=0.4, delta=0.5, rng=1).notes == [note]
    assert capacity.assign(problem, "rr-opim", epsilon=0.4, delta=0.5, rng=1).notes == []
    work = {"epsilon": 0.4, "delta": 0.5, "n_simulations": 10, "rng": 1}
    assert capacity.compare(problem, ["degree"], **work).notes == ["epsilon: none of the algorithms uses it"]
    assert capacity.compare(problem, ["degree", "rr-opim"], **work).notes == []


def test_commands_print_the_notes_of_results(tmp_path):
    graph, active = str(tmp_path / "small.imax"), tmp_path / "active"
    imax.write_graph(GRAPH, graph)
    active.write_text("0\n")
    for command, notes in (
        (
            "seed -k 2 --algorithm degree --epsilon 0.1 --delta 0.1",
            "note: --epsilon: not used by algorithm 'degree'\n"
            "note: --delta: not used, because the result has no certificate\n",
        ),
        (
            "seed -k 1 --algorithm celf --oracle rr --n-rr-sets 50 --simulations 9",
            "note: --simulations: not used by algorithm 'celf' with the oracle 'rr'\n",
        ),
        ("seed -k 1 --algorithm degree --epsilon 0.1 --quiet", ""),
        (
            f"cim --active {active} -k 1 --algorithm degree --epsilon 0.1 --delta 0.9",
            "note: --epsilon: not used by algorithm 'degree'\n",
        ),
        ("seed -k 1 --epsilon 0.4 --delta 0.9 --max-steps 1", ""),
    ):
        assert run(*command.split(), graph).stderr == notes
