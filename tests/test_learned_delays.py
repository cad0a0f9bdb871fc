"""Delays that were learned from a log: in the graph, in its file, and as the default of a deadline."""

import datetime as dt
import json
import pickle

import numpy as np
import pytest

import imax
from imax.capacity import CapacityProblem
from imax.diffusion.deadline import check_deadline
from imax.errors import InvalidArgumentError
from imax.graph.delays import LearnedDelays
from imax.learn import from_actions

from . import naive_learn
from .test_cli import fails, run

DAY = 86400.0
ARCS = [("ann", "bob"), ("ann", "cid"), ("bob", "cid"), ("cid", "dan")]
NODES = {"ann", "bob", "cid", "dan"}
LOG = [
    ("ann", "x", "2026-03-01"), ("bob", "x", "2026-03-03"), ("cid", "x", "2026-03-08"), ("ann", "y", "2026-03-01"),
    ("bob", "y", "2026-03-02"), ("ann", "z", "2026-03-05"), ("cid", "z", "2026-03-11"), ("dan", "q", "2026-03-11"),
]  # fmt: skip


def learned(log=LOG, **options):
    return from_actions(imax.InfluenceGraph.from_edges(ARCS), log, prior=(1, 1), intervals=False, **options)


def in_numbers():
    first = dt.datetime(2026, 3, 1)
    return [(u, i, (dt.datetime.fromisoformat(t) - first) / dt.timedelta(days=1)) for u, i, t in LOG]


def test_they_are_the_means_of_the_log():
    model = learned(in_numbers())
    arcs = [(u, v) for u, v, _ in model.graph.arcs()]
    means, overall = naive_learn.mean_delays(set(arcs), naive_learn.first_actions(in_numbers(), NODES))
    delays = model.graph.delays
    assert delays.mean.tolist() == pytest.approx([means.get(arc, overall) for arc in arcs])
    assert delays.overall == pytest.approx(overall)
    assert (delays.unit, delays.n_observed) == (None, len(means))
    assert str(delays).endswith("in the unit of the times of the log; 3 of 4 arcs have delays of their own, the others "
                                "get the mean")  # fmt: skip
    dated = learned().graph.delays
    assert np.allclose(dated.mean, DAY * delays.mean)
    assert (dated.unit, str(dated)[:11]) == ("s", "mean 4.2 d;")
    assert np.array_equal(learned().delays(), dated.mean.astype(np.float64))
    assert not dated.mean.flags.writeable


def test_a_log_without_pairs_and_trials_have_none():
    alone = learned(LOG[:1])
    assert alone.graph.delays is None
    with pytest.raises(ValueError, match="has no success"):
        alone.delays()
    trials = imax.learn.from_trials({"source": ["a"], "target": ["b"], "success": [1]}, prior=(1, 1))
    assert trials.graph.delays is None
    # learning again replaces them
    again = from_actions(learned().graph, LOG[:1], prior=(1, 1), intervals=False)
    assert again.graph.delays is None


def test_very_short_and_very_long_delays_stay_within_float32():
    short = learned([("ann", 0, 0.0), ("bob", 0, 1e-44)]).graph.delays
    assert (short.mean > 0).all()
    assert check_deadline(learned([("ann", 0, 0.0), ("bob", 0, 1e-44)]).graph, deadline=1).means.min() > 0


def test_copies_files_and_pickles_keep_them(tmp_path):
    graph = learned().graph
    path = tmp_path / "learned.imax"
    imax.write_graph(graph, path)
    stored = imax.io.read_binary(path, verify="full")
    for other in (
        stored,
        imax.read_graph(path, probability="uniform:0.5"),
        pickle.loads(pickle.dumps(graph)),
        graph.with_report(bad_lines=1),
    ):
        assert np.array_equal(other.delays.mean, graph.delays.mean)
        assert str(other.delays) == str(graph.delays)
        assert not other.delays.mean.flags.writeable
    assert graph.with_delays(None).delays is None
    imax.write_graph(stored, tmp_path / "again.imax")
    assert (tmp_path / "again.imax").read_bytes() == path.read_bytes()


def test_a_deadline_uses_them_and_the_result_says_so():
    model = learned()
    graph = model.graph
    week = {"deadline": "7d", "rng": 1}
    by_hand = {"deadline": 7 * DAY, "delay": model.delays(), "rng": 1}
    for function, given in (
        (imax.spread, (["ann"],)),
        (imax.certify, (["ann"],)),
        (imax.maximize, (1,)),
        (imax.curve, (2,)),
    ):
        rough = {"n_simulations": 50} if function is imax.spread else {"epsilon": 0.4}
        found = function(graph, *given, **rough, **week)
        same = function(graph, *given, **rough, **by_hand)
        assert found.spread == same.spread
        assert (found.deadline, found.delay) == (7 * DAY, "exponential:learned, in seconds")
        assert [note for note in found.notes if note.startswith("deadline 7 d uses the delays that were learned")]
        assert not any("deadline" in note for note in same.notes)
    exact = imax.exact_spread(graph, ["ann"], deadline=dt.timedelta(days=7))
    assert exact == pytest.approx(imax.exact_spread(graph, ["ann"], deadline=7 * DAY, delay=model.delays()))
    assert 1.0 < exact < imax.exact_spread(graph, ["ann"])
    assert len(imax.sample_rr_sets(graph, 20, deadline="7d", rng=1)) == 20


def test_numbers_without_a_unit():
    graph = learned(in_numbers()).graph
    found = imax.spread(graph, ["ann"], deadline=7, n_simulations=20, rng=1)
    assert (found.deadline, found.delay) == (7.0, "exponential:learned")
    assert found.notes[0].startswith(
        "deadline 7 uses the delays that were learned with the graph: mean 4.2 in the unit"
    )
    with pytest.raises(InvalidArgumentError, match="'7d' has a unit, but the learned delays have none") as error:
        imax.spread(graph, ["ann"], deadline="7d")
    assert error.value.argument == "deadline"


@pytest.mark.parametrize("number", [7, "7", 7.0 * DAY])
def test_delays_from_dates_need_a_deadline_with_a_unit(number):
    in_seconds = [(u, i, DAY * t) for u, i, t in in_numbers()]
    for graph in (learned().graph, learned(in_seconds, window="30d").graph):
        with pytest.raises(InvalidArgumentError, match=r"has no unit.* mean is 4.2 d; .* as in deadline='7d'") as error:
            imax.spread(graph, ["ann"], deadline=number)
        assert error.value.argument == "deadline"
    # delays that are given as numbers are plain numbers
    assert check_deadline(learned().graph, deadline=7, delay="exponential:2").time == 7.0


@pytest.mark.parametrize(
    ("until", "message"),
    [
        ({"deadline": "7d"}, "only a graph that was learned from a log"),
        ({"deadline": "7d", "delay": "exponential:2"}, r"'7d' has a unit, but delay \(exponential:2\) has none"),
        ({"deadline": "7d", "delay": [1.0]}, r"but delay \(a number per arc\) has none"),
        ({"deadline": 7, "delay": "exponential:2d"}, r"7 has no unit, but delay \(exponential:2d\) has one"),
        ({"deadline": "soon", "delay": "exponential:2d"}, "must be a number or a duration such as '30d'"),
        ({"deadline": True, "delay": "exponential:2"}, "must be a number"),
        ({"deadline": "1_0", "delay": "exponential:2"}, "must be a number"),
        ({"deadline": "٣", "delay": "exponential:2"}, "must be a number"),
    ],
)
def test_units_must_fit(until, message):
    with pytest.raises(InvalidArgumentError, match=f"deadline.*{message}") as error:
        imax.spread(imax.InfluenceGraph.from_edges([("a", "b")]), ["a"], **until)
    assert error.value.argument == "deadline"


@pytest.mark.parametrize(
    "value", ["1M", "1 y", "-7d", "nan", "inf", "0d", np.timedelta64(7), np.timedelta64("NaT", "s")]
)
def test_durations_that_are_refused(value):
    with pytest.raises(InvalidArgumentError, match=r"^deadline must be"):
        check_deadline(learned().graph, deadline=value)


@pytest.mark.parametrize("value", ["7d", " 7 D ", "168h", "10080 MIN", "10080m", np.timedelta64(1, "W"), "604800S"])
def test_durations_of_a_week(value):
    assert check_deadline(learned().graph, deadline=value).time == 7 * DAY


def test_given_delays_with_a_unit():
    graph = learned().graph
    found = check_deadline(graph, deadline="7d", delay="exponential:2d")
    assert (found.time, found.mean, found.delay) == (7 * DAY, 2 * DAY, "exponential:172800, in seconds")
    assert (found.means, found.notes) == (None, ())


@pytest.mark.slow
def test_comparisons_use_them():
    graph = learned().graph
    found = imax.compare(graph, 1, ["opim-c", "degree"], n_simulations=50, epsilon=0.4, deadline="7d", rng=1)
    assert found.notes[-1].startswith("deadline 7 d uses")
    assert found.deadline == 7 * DAY
    problem = CapacityProblem(graph, ["ann"], 1)
    assigned = imax.capacity.assign(problem, epsilon=0.4, deadline="7d", rng=1)
    assert assigned.notes[-1].startswith("deadline 7 d uses")
    compared = imax.capacity.compare(problem, ["rr-opim+"], n_simulations=50, epsilon=0.4, deadline="7d", rng=1)
    assert compared.notes[-1].startswith("deadline 7 d uses")
    robust = learned().graph
    ends = robust.arc_values() / 2, robust.arc_values()
    worst = imax.maximize_robust(robust, 1, uncertainty=ends, epsilon=0.4, deadline="7d", rng=1)
    assert worst.notes[-1].startswith("deadline 7 d uses")


# -- the command line ----------------------------------------------------------------------------------------------


def test_from_the_log_to_seeds_with_a_deadline_in_two_commands(tmp_path):
    arcs, log, out = tmp_path / "friends.csv", tmp_path / "log.csv", tmp_path / "learned.imax"
    arcs.write_text("source,target\n" + "".join(f"{u},{v}\n" for u, v in ARCS))
    log.write_text("user,item,time\n" + "".join(f"{u},{i},{t}\n" for u, i, t in LOG))
    text = run("learn", "--actions", log, "--prior", "1,1", "-o", out, arcs).stdout
    shown = "mean 4.2 d; 3 of 4 arcs have delays of their own, the others get the mean"
    assert f"Delays       {shown}" in text
    assert shown in run("info", out).stdout
    found = run("seed", "-k", 1, "--deadline", "7d", "--epsilon", 0.4, "--format", "json", "--random-seed", 1, out)
    assert f"note: --deadline 7 d uses the delays that were learned with the graph: {shown}" in found.stderr
    record = json.loads(found.stdout)
    assert record["seeds"] == ["ann"]
    assert (record["deadline"], record["delay"]) == (7 * DAY, "exponential:learned, in seconds")
    assert sum("uses the delays" in note for note in record["notes"]) == 1
    by_hand = imax.maximize(imax.read_graph(out), 1, deadline="7d", epsilon=0.4, rng=1)
    assert record["spread"] == by_hand.spread
    spread = run("spread", "--seed", "ann", "--deadline", "7d", "--simulations", 20, out).stdout
    assert "until 7 d with delays exponential:learned, in seconds" in spread
    assert "--deadline requires --delay: give" in fails(2, "seed", "-k", 1, "--deadline", "7d", "karate")
    for command in (("seed", "-k", 1), ("spread", "--seed", "ann")):
        said = run(*command, "--deadline", "7", out, code=2).stderr
        assert "--deadline '7' has no unit, but the learned delays have one: their mean is 4.2 d" in said
        assert "as in --deadline 7d" in said
        assert "note: --deadline" not in said
    assert "--deadline must be a number or a duration" in fails(2, "seed", "-k", 1, "--deadline", "soon", "karate")
    json_ = run("learn", "--actions", log, "--prior", "1,1", "--format", "json", arcs).stdout
    assert json.loads(json_)["delays"] == {"mean": pytest.approx(4.2 * DAY), "unit": "s", "arcs_observed": 3}


def test_text_formats_lose_them_and_the_command_says_so(tmp_path):
    model = from_actions(imax.InfluenceGraph.from_edges(ARCS), LOG, prior=(1, 1), estimator="bernoulli")
    path, text = tmp_path / "learned.imax", tmp_path / "learned.csv"
    imax.write_graph(model.graph, path)
    said = "only .imax files hold the intervals of the probabilities and the delays of the arcs"
    assert said in run("convert", path, text).stderr
    assert "only .imax" not in run("convert", path, tmp_path / "copy.imax").stderr
    assert imax.read_graph(tmp_path / "copy.imax").delays is not None
    assert "only .imax" not in run("convert", "karate", text).stderr


def test_a_graph_without_delays_has_no_line_on_them(tmp_path):
    assert "Delays" not in run("info", "karate").stdout
    trials = tmp_path / "t.csv"
    trials.write_text("source,target,success\na,b,1\n")
    assert "Delays" not in run("learn", "--trials", trials, "--prior", "1,1").stdout


def test_delays_of_a_graph_are_one_per_arc():
    delays = LearnedDelays(np.ones(4, np.float32), 1.0, None, 4)
    assert "4 of 4 arcs have delays of their own" in str(delays)
    assert "others" not in str(delays)
