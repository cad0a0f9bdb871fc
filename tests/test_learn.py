"""Probabilities from logs: every estimator against a slow reference, planted truths, evaluation, wrong input."""

import datetime as dt
import itertools
import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import imax
from imax.errors import FileFormatError, InvalidArgumentError
from imax.learn import Actions, credit_model, evaluate, from_actions, from_trials, split
from imax.learn.evidence import place
from imax.learn.prior import posterior_interval
from tests import naive_learn as naive

NODES = list("abcdef")
ARCS = [(u, v) for u in NODES for v in NODES if u != v]


@st.composite
def logs(draw):
    """Return arcs, a log with ties, repetitions and users outside the graph, and a window."""
    arcs = draw(st.lists(st.sampled_from(ARCS), min_size=1, max_size=14, unique=True))
    row = st.tuples(st.sampled_from([*NODES, "outside"]), st.sampled_from("xyz"), st.integers(0, 5))
    log = draw(st.lists(row, min_size=1, max_size=30))
    inside = draw(st.sampled_from(NODES))
    return arcs, [*log, (inside, "x", 2)], draw(st.sampled_from([None, 1, 3]))


def graph_of(arcs):
    return imax.InfluenceGraph.from_edges(arcs, nodes=NODES)


def by_arc(model, values):
    source, target, _ = model.graph.arc_arrays()
    return {(NODES[s], NODES[t]): x for s, t, x in zip(source, target, values.tolist(), strict=True)}


@settings(max_examples=25, deadline=None)
@given(logs())
@pytest.mark.parametrize(
    ("estimator", "reference", "options"),
    [
        ("bernoulli", naive.bernoulli, {}),
        ("jaccard", naive.jaccard, {}),
        ("partial-credits", naive.partial_credits, {}),
        ("partial-credits", naive.partial_credits, {"decay": True}),
        ("lt-weights", naive.lt_weights, {}),
        ("lt-weights", naive.lt_weights, {"decay": True}),
    ],
)
def test_counting_estimators_equal_the_reference(estimator, reference, options, case):
    arcs, log, window = case
    model = from_actions(graph_of(arcs), log, estimator=estimator, prior=None, window=window, threads=2, **options)
    expected = reference(arcs, log, set(NODES), window, **options)
    for values, column in ((model.successes, 1), (model.trials, 2)):
        assert by_arc(model, values) == pytest.approx({arc: x[column] for arc, x in expected.items()})
    share = {arc: 0.0 if math.isnan(x[0]) else x[0] for arc, x in expected.items()}
    assert by_arc(model, model.probability) == pytest.approx(share, abs=1e-6)
    if estimator == "lt-weights":
        model.graph.check_lt()


@settings(max_examples=25, deadline=None)
@given(logs(), st.sampled_from([(0.0, 0.0), (1.0, 1.0), (0.5, 3.0)]))
def test_em_equals_the_reference_and_its_likelihood_never_falls(case, prior):
    arcs, log, window = case
    given_prior = None if prior == (0.0, 0.0) else prior
    model = from_actions(
        graph_of(arcs), log, prior=given_prior, window=window, max_iterations=7, tolerance=1e-300, threads=2
    )
    table = naive.first_actions(log, set(NODES))
    credit = naive.shared_credits(arcs, log, set(NODES), window)
    trials = {(u, v): naive.trials(table, u, v) for u, v in arcs}
    start = {arc: credit[arc] / trials[arc] if trials[arc] else 0.0 for arc in arcs}
    assert by_arc(model, model.trials) == pytest.approx(trials)
    values = model.log_likelihood
    assert all(b >= a - 1e-9 * abs(a) for a, b in itertools.pairwise(values))
    if given_prior is None:
        # the first expectation uses the credit, and each iteration begins with a maximization
        p, reference = naive.em(arcs, log, set(NODES), window, prior, len(values), start)
        assert values == pytest.approx(reference[: len(values)], rel=1e-9, abs=1e-9)
        assert by_arc(model, model.probability) == pytest.approx(p, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(logs())
def test_evaluation_equals_the_reference(case):
    arcs, log, window = case
    graph = graph_of(arcs)
    model = from_actions(graph, log, prior=(1.0, 2.0), estimator="bernoulli", window=window)
    p = by_arc(model, model.probability)
    rows = naive.exposures(arcs, log, set(NODES), p, window)
    acted = [row[2] for row in rows]
    if not any(acted) or all(acted):
        with pytest.raises(InvalidArgumentError, match="held_out must have exposed users"):
            evaluate(model, log, n_bootstrap=2, n_simulations=2)
        return
    found = evaluate(model, log, n_bootstrap=3, n_simulations=2, threads=2)
    assert (found.n_exposures, found.n_acted) == (len(rows), sum(acted))
    assert found.rows[0].auc == pytest.approx(naive.auc([(row[2], round(row[3], 6)) for row in rows]), abs=1e-6)
    loss = [-math.log(max(row[3] if row[2] else 1 - row[3], 1e-9)) for row in rows]
    assert found.rows[0].log_loss == pytest.approx(np.mean(loss), rel=1e-4)
    assert sum(size for _, _, size in found.rows[0].calibration) == len(rows)
    assert len(found.to_frame()) == 4
    assert "AUC" in repr(found)


def planted(n_items, a=1.0, b=4.0, seed=0):
    """Return a graph, its probabilities by arc, and the log of cascades that go one step at a time."""
    generator = np.random.default_rng(seed)
    source, target = np.divmod(generator.choice(3600, 240, replace=False), 60)
    p = generator.beta(a, b, 240)
    out = {u: np.flatnonzero((source == u) & (source != target)) for u in range(60)}
    rows = []
    for item in range(n_items):
        level, seen, time = {int(generator.integers(60))}, set(), 0
        while level:
            rows += [(u, item, time) for u in level]
            seen |= level
            tried = [e for u in sorted(level) for e in out[u] if target[e] not in seen]
            level = {int(target[e]) for e in tried if generator.random() < p[e]}
            time += 1
    graph = imax.InfluenceGraph.from_arrays(source, target, n_nodes=60)
    s, t, _ = graph.arc_arrays()
    truth = {(int(x), int(y)): z for x, y, z in zip(source, target, p, strict=True)}
    return graph, np.array([truth[int(x), int(y)] for x, y in zip(s, t, strict=True)]), rows


@pytest.mark.slow
def test_em_finds_planted_probabilities_and_its_intervals_hold():
    errors, inside = {}, []
    for n_items in (1500, 6000):
        for seed in range(4):
            graph, truth, log = planted(n_items, seed=seed)
            model = from_actions(graph, log, window=1)
            errors.setdefault(n_items, []).append(np.sqrt(np.mean((model.probability - truth) ** 2)))
            inside += ((model.lower <= truth) & (truth <= model.upper)).tolist()
            rough = from_actions(graph, log, window=1, estimator="bernoulli").probability
            assert errors[n_items][-1] < np.sqrt(np.mean((rough - truth) ** 2))
    # four times the trials halve the error; the keys are fixed
    assert 0.4 < np.mean(errors[6000]) / np.mean(errors[1500]) < 0.65
    # about 1,900 arcs at 90 %: 0.9 +- 0.02 is three standard errors
    assert 0.88 < np.mean(inside) < 0.93
    assert model.prior[0] / sum(model.prior) == pytest.approx(0.2, rel=0.25)


def test_threads_do_not_change_the_result():
    graph, _, log = planted(300)
    models = [from_actions(graph, log, threads=threads) for threads in (1, 2, 3)]
    for model in models[1:]:
        assert model.graph.fingerprint == models[0].graph.fingerprint
        assert np.array_equal(model.lower, models[0].lower)
        assert model.log_likelihood == models[0].log_likelihood
    assert "LearnedModel: em" in repr(models[0])
    assert list(models[0].to_frame().columns)[-1] == "delay"
    assert not np.isnan(models[0].delays()).any()


def test_learned_delays_and_probabilities_go_where_a_graph_goes():
    graph = graph_of([("a", "b"), ("a", "c"), ("b", "c")])
    log = [("a", 0, 0), ("b", 0, 2), ("a", 1, 0), ("c", 1, 9), ("a", 2, 0)]
    model = from_actions(graph, log, prior=(1, 1))
    assert by_arc(model, model.delays()) == {("a", "b"): 2.0, ("a", "c"): 9.0, ("b", "c"): 5.5}
    soon = imax.sample_rr_sets(model.graph, 2000, deadline=1.0, delay=model.delays(), rng=1)
    always = imax.sample_rr_sets(model.graph, 2000, rng=1)
    assert 1.0 <= soon.estimate(["a"]) < always.estimate(["a"])
    ranked = imax.recommend.Reranker(model.graph, algorithm="probability", rng=1).rerank_user("a", ["b", "c"], k=2)
    assert len(ranked["a"]) == 2


def test_large_problems_get_intervals_without_sampling(monkeypatch):
    graph, _, log = planted(300)
    monkeypatch.setattr("imax.learn.algorithms.em.MAX_SAMPLED", 0)
    model = from_actions(graph, log)
    assert any("as independent" in note for note in model.notes)
    assert (model.lower <= model.probability + 1e-7).all()
    assert (model.probability <= model.upper + 1e-7).all()


TABLE = {"who": ["a", "b", "a", "c"], "what": [1, 1, 2, 2], "when": [0, 2, 0, 9]}
NAMES = {"user": "who", "item": "what", "time": "when"}


def test_any_table_gives_the_same_model(tmp_path):
    frame = pd.DataFrame(TABLE)
    frame.to_csv(tmp_path / "log.csv", index=False)
    frame.to_csv(tmp_path / "log.tsv.gz", index=False, sep="\t")
    frame.to_parquet(tmp_path / "log.parquet")
    frame.to_json(tmp_path / "log.jsonl", orient="records", lines=True)
    rows = list(zip(*TABLE.values(), strict=True))
    logs = [TABLE, frame, pl.DataFrame(TABLE), pl.DataFrame(TABLE).lazy(), pl.DataFrame(TABLE).to_arrow()]
    logs += [tmp_path / name for name in ("log.csv", "log.tsv.gz", "log.parquet", "log.jsonl")]
    logs += [rows, iter(rows), (frame.iloc[i : i + 1] for i in range(4)), Actions.of(TABLE, **NAMES)]
    graph = graph_of([("a", "b"), ("a", "c")])
    models = [from_actions(graph, log, prior=None, **NAMES) for log in logs]
    assert len({model.graph.fingerprint for model in models}) == 1
    assert by_arc(models[0], models[0].probability) == {("a", "b"): 0.5, ("a", "c"): 0.5}


def test_dates_and_windows():
    day = [dt.datetime(2026, 3, 1), dt.datetime(2026, 3, 3)]
    iso = [moment.isoformat() for moment in day]
    aware = [moment.replace(tzinfo=dt.UTC) for moment in day]
    stamps = [np.datetime64(moment) for moment in day]
    dates = [moment.date() for moment in day]
    graph = graph_of([("a", "b")])
    for times in (day, iso, aware, stamps, dates, pd.Series(day), pl.Series(day)):
        log = {"user": ["a", "b"], "item": [0, 0], "time": times}
        for window, expected in (("1d", 0.0), ("48h", 1.0), (dt.timedelta(days=2), 1.0), (np.timedelta64(1, "D"), 0.0)):
            model = from_actions(graph, log, window=window, prior=None)
            assert float(model.probability[0]) == expected
        assert model.delay[0] != model.delay[0] or model.delay[0] == 172800.0
    assert from_actions(graph, {"user": ["a", "b"], "item": [0, 0], "time": ["1", "2.5"]}).delay[0] == 1.5


def test_a_window_with_a_unit_says_that_numbers_are_seconds():
    graph, log = graph_of([("a", "b")]), {"user": ["a", "b"], "item": [0, 0], "time": [0, 7200]}
    for window in ("1d", dt.timedelta(days=1)):
        model = from_actions(graph, log, window=window, prior=None)
        assert "are numbers and are taken as seconds, because the window" in model.notes[0]
        assert "taken as seconds" in imax.learn.credit_model(graph, log, window=window).report.notes[-1]
        assert str(model.graph.delays).startswith("mean 2 h")
    assert not any("seconds" in note for note in from_actions(graph, log, window=86400, prior=None).notes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"time": ["noon", "1"]}, "time: row 0: 'noon' is neither a number nor a date"),
        ({"time": [math.inf, 1]}, "time: row 0: inf is not a time"),
        ({"time": [None, 1]}, "actions: 1 rows have a missing cell, the first is row 0 .column time.; drop"),
        ({"user": [None, "b"]}, "actions: 1 rows have a missing cell, the first is row 0 .column user.; drop"),
        ({"item": [0.0, math.nan]}, "actions: 1 rows have a missing cell, the first is row 1 .column item.; drop"),
        ({"user": ["p", "q"]}, "none of 2 users .such as 'p', 'q'. is one of 6 nodes .such as 'a', 'b', 'c'."),
        ({"user": [[], []]}, "user: labels must be hashable"),
        ({"user": []}, "columns differ in length"),
    ],
)
def test_a_wrong_log_is_refused(change, message):
    log = {"user": ["a", "b"], "item": [0, 0], "time": [0, 1]} | change
    with pytest.raises(InvalidArgumentError, match=message):
        from_actions(graph_of([("a", "b")]), log)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": -1}, "window must be a finite number above 0, got -1"),
        ({"window": "-3d"}, "window must be"),
        ({"item": "what"}, "item must be one of the columns"),
        ({"window": "30 parsecs"}, "window must be a number or a duration such as '30d'"),
        ({"window": [1]}, "window must be a number or a duration such as '30d'"),
        ({"prior": (-1, 1)}, "prior must be 'empirical', None, or two numbers"),
        ({"estimator": "EM2"}, "estimator must be one of em, .*did you mean 'em'"),
        ({"estimator": "bernoulli", "decay": True}, "decay is not supported by estimator 'bernoulli'"),
        ({"no_evidence": "drop"}, "no_evidence must be"),
        ({"user": "name"}, "user must be one of the columns"),
    ],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(InvalidArgumentError, match=message):
        from_actions(graph_of([("a", "b")]), {"user": ["a"], "item": [0], "time": [0]}, **options)


def test_wrong_logs_in_other_forms(tmp_path):
    graph = graph_of([("a", "b")])
    for log, message in ((7, "actions must be a table"), ([(1, 2)], "actions must be rows of"), ([], "must have rows")):
        with pytest.raises(InvalidArgumentError, match=message):
            from_actions(graph, log)
    chunks = [{"user": [1], "item": [0], "time": [0]}, {"user": ["a"], "item": [0], "time": [0]}]
    with pytest.raises(InvalidArgumentError, match="user must have one type of label in all chunks"):
        from_actions(graph, iter(chunks))
    chunks = [{"user": ["a"], "item": [0], "time": [0]}, {"user": ["a"], "item": [0], "time": ["2026-01-01"]}]
    with pytest.raises(InvalidArgumentError, match="time must be all numbers or all dates"):
        from_actions(graph, iter(chunks))
    path = tmp_path / "log.csv"
    for text, message in (
        ("user,item\na,1\n", "the column 'time' is missing; the columns are 'user', 'item'; name one of them as time"),
        ("user,item,time\na,1\n", "expected 3 columns"),
        ('{"user": 1}\n', "the column 'item' is missing"),
        ("{nothing}\n", "log.csv:1: not JSON"),
        ("PAR1 and no more", "the Parquet data is damaged"),
    ):
        path.write_text(text)
        with pytest.raises(FileFormatError, match=message):
            from_actions(graph, path)


def test_what_is_dropped_is_counted():
    log = [("a", "x", 0), ("a", "x", 5), ("b", "x", 1), ("ghost", "x", 2), (None, "y", 1)]
    model = from_actions(graph_of([("a", "b"), ("c", "d")]), log, on_missing="drop", no_evidence="zero")
    assert model.counts == {
        "actions": 4, "missing": 1, "unknown_users": 1, "unknown_actions": 1, "repeated": 1, "used": 2, "pairs": 1,
        "arcs_without_trials": 1,
    }  # fmt: skip
    assert len(model.notes) == 4
    assert by_arc(model, model.probability)["c", "d"] == 0.0


def test_numbers_in_a_csv_file_match_nodes_that_are_numbers(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("user,item,time\n10,x,0\n20,x,3\n007,x,4\n")
    graph = imax.InfluenceGraph.from_edges([(10, 20), (20, 7)])
    assert from_actions(graph, path).counts["unknown_users"] == 1


def test_split():
    log = {"user": [0, 1] * 10, "item": np.repeat(np.arange(10), 2), "time": np.arange(20)}
    train, held_out = split(log, share=0.3, rng=5)
    assert (len(train), len(held_out)) == (14, 6)
    assert not set(train.item) & set(held_out.item)
    late = split(log, by="time", share=0.2)[1]
    assert set(late.item) == {8, 9}
    assert repr(late) == "<Actions: 4 actions of 2 users on 10 items>"
    with pytest.raises(InvalidArgumentError, match="share must leave items on both sides"):
        split({"user": [0], "item": [0], "time": [0]})


def test_trials():
    rows = {"source": ["a", "a", "b", "c"], "target": ["b", "b", "c", "c"], "success": [True, False, True, True]}
    model = from_trials(rows, prior=None)
    assert sorted(model.graph.arcs()) == [("a", "b", 0.5), ("b", "c", 1.0)]
    assert model.notes == ["dropped: 1 row with equal source and target"]
    assert model.uniform == pytest.approx(2 / 3)
    counts = {"source": ["a", "b"], "target": ["b", "c"], "n": [2, 1], "yes": [1, 1]}
    same = from_trials(counts, n_trials="n", n_successes="yes", prior=None)
    assert sorted(same.graph.arcs()) == sorted(model.graph.arcs())
    with pytest.raises(ValueError, match="has no times"):
        model.delays()
    words = from_trials({"source": "ab", "target": "bc", "success": ["yes", "No"]}, prior=(1, 1))
    assert sorted(words.graph.arcs())[0][2] == pytest.approx(2 / 3)


def test_the_prior_of_trials_is_fitted():
    generator = np.random.default_rng(0)
    p, n = generator.beta(2.0, 6.0, 3000), generator.integers(1, 30, 3000)
    log = {"source": np.arange(3000), "target": np.arange(3000) + 3000, "n": n, "s": generator.binomial(n, p)}
    model = from_trials(log, n_trials="n", n_successes="s")
    assert model.prior == pytest.approx((2.0, 6.0), rel=0.15)
    source = model.graph.arc_arrays()[0]
    truth = p[np.array(model.graph.labels.take(source))]
    # 3,000 intervals at 90 %: 0.02 is four standard errors
    assert np.mean((model.lower <= truth) & (truth <= model.upper)) == pytest.approx(0.9, abs=0.022)


def test_few_trials_give_wide_intervals():
    model = from_trials({"source": "abcd", "target": "bcde", "success": [1, 0, 1, 1]})
    assert 0.5 < sum(model.prior) < 8.0
    assert (model.upper - model.lower > 0.3).all()


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"success": [2, 0]}, {}, "success: row 0: must be 0 or 1, got 2"),
        ({"success": ["maybe", "no"]}, {}, "success: row 0: must be a number, got 'maybe'"),
        ({"success": [None, 1]}, {}, "trials: 1 rows have a missing cell"),
        ({"s": [3, 0]}, {"n_trials": "n", "n_successes": "s"}, "n_successes: row 0: 3 successes of 2 trials"),
        ({"s": [0.5, 0]}, {"n_trials": "n", "n_successes": "s"}, "n_successes: row 0: must be a whole number"),
        ({}, {"n_trials": "n"}, "n_trials and n_successes must be given together"),
        ({}, {"n_trials": "n", "n_successes": "s", "success": "success"}, "success must not be given together"),
        ({}, {"prior": "flat"}, "prior must be"),
    ],
)
def test_wrong_trials_are_refused(change, options, message):
    log = {"source": ["a", "b"], "target": ["b", "c"], "success": [1, 0], "n": [2, 1], "s": [1, 1]} | change
    with pytest.raises(InvalidArgumentError, match=message):
        from_trials(log, **options)


def test_trials_need_rows():
    for log, message in ((3, "trials must be a table"), (iter([]), "trials must have rows")):
        with pytest.raises(InvalidArgumentError, match=message):
            from_trials(log)


def test_models_of_an_evaluation_must_have_the_same_arcs():
    graph, _, log = planted(100)
    model = from_actions(graph, log)
    with pytest.raises(InvalidArgumentError, match="models: 'other' must have the nodes and arcs"):
        evaluate(model, log, models={"other": graph_of([("a", "b")])})


def test_models_of_an_evaluation_are_not_confused():
    arcs = [("a", "b"), ("c", "d")]
    model = from_actions(imax.InfluenceGraph.from_edges(arcs), LT_LOG, prior=(1, 1), estimator="bernoulli")
    for other in ([("a", "d"), ("c", "b")], [("c", "d"), ("a", "b")], [("a", "b"), ("c", "e")]):
        with pytest.raises(InvalidArgumentError, match="models: 'other' must have the nodes and arcs"):
            evaluate(model, LT_LOG, models={"other": imax.InfluenceGraph.from_edges(other)})
    with pytest.raises(InvalidArgumentError, match="models: 'bernoulli' is the name of the learned model"):
        evaluate(model, LT_LOG, models={"bernoulli": model.graph})


LT_LOG = [
    row
    for item in range(8)
    for row in [("a", item, 0), ("b", item, 1), *([("c", item, 2)] if item % 2 else [])]
]  # fmt: skip


def test_lt_weights_predict_with_the_linear_threshold_model():
    graph = imax.InfluenceGraph.from_edges([("a", "c"), ("b", "c")])
    model = from_actions(graph, LT_LOG, estimator="lt-weights")
    assert [p for *_, p in model.graph.arcs()] == [0.5, 0.5]
    assert any("choose seeds with model lt" in note for note in model.notes)
    found = evaluate(model, LT_LOG, n_bootstrap=2, n_simulations=2)
    # both in-neighbors are active each time: certain under LT, 3/4 under IC
    assert {predicted for predicted, _, _ in found.rows[0].calibration} == {1.0}
    assert found.rows[0].spread_rmse == pytest.approx(math.sqrt(0.5))
    assert any("linear threshold model" in note for note in found.notes)
    alone = evaluate(model, [("a", 0, 0), ("c", 0, 1), ("b", 1, 0)], n_bootstrap=2, n_simulations=2)
    assert {predicted for predicted, _, _ in alone.rows[0].calibration} == {0.5}


def test_logs_with_dates_and_with_numbers_do_not_mix_with_a_window():
    graph = imax.InfluenceGraph.from_edges([("a", "c"), ("b", "c")])
    dated = [(user, item, f"2026-03-0{time + 1}") for user, item, time in LT_LOG]
    for log, other in ((dated, LT_LOG), (LT_LOG, dated)):
        model = from_actions(graph, log, window=90_000, prior=(1, 1), estimator="bernoulli")
        with pytest.raises(InvalidArgumentError, match="held_out has times that are"):
            evaluate(model, other)
        # without a window only the order counts
        model = from_actions(graph, log, prior=(1, 1), estimator="bernoulli")
        same, mixed = (evaluate(model, held_out, n_bootstrap=2, n_simulations=2) for held_out in (log, other))
        assert same.rows[0].auc == mixed.rows[0].auc


def test_dates_far_away_and_dates_that_look_like_numbers():
    far = np.array(["2026-03-01", "2999-12-31"], dtype="datetime64[D]")
    log = Actions.of({"user": ["a", "b"], "item": ["x", "x"], "time": far})
    assert log.dated
    assert np.diff(log.time) == (far[1] - far[0]).astype(int) * 86400.0
    compact = {"user": ["a", "b"], "item": ["x", "x"], "time": [20260228, 20260301]}
    model = from_actions(imax.InfluenceGraph.from_edges([("a", "b")]), compact, prior=(1, 1), estimator="bernoulli")
    assert "such as 20260228, but are taken as numbers; write dates as in 2026-03-01" in model.notes[0]
    for times in ([20260228, 20261301], [1, 2], [20260228.5, 20260301]):
        model = from_actions(model.graph, {**compact, "time": times}, prior=(1, 1), estimator="bernoulli")
        assert not any("look like dates" in note for note in model.notes)


def test_users_that_are_not_quite_numbers():
    graph = imax.InfluenceGraph.from_edges([(0, -1), (10**18, 0)])
    users = ["0", "-1", "--1", "-", "007", "+0", "9" * 5000, "1" + "0" * 18]
    found = place(graph, Actions.of({"user": users, "item": [1] * 8, "time": range(8)}), 1)
    assert found.counts["unknown_users"] == 5


def test_rows_that_were_dropped_before_a_split_are_counted_once():
    log = Actions.of([*LT_LOG, ("a", None, 1)], on_missing="drop")
    train, held_out = split(log, rng=1)
    assert (train.n_missing, held_out.n_missing) == (1, 0)
    graph = imax.InfluenceGraph.from_edges([("a", "c"), ("b", "c")])
    model = from_actions(graph, train, prior=(1, 1), estimator="bernoulli")
    assert "dropped: 1 row with a missing cell" in model.notes
    # a user counts as unknown in the part of the log where the user acts
    train, held_out = split([*LT_LOG, ("z", 0, 1)], by="item", rng=1)
    unknown = [place(graph, part, 1).counts["unknown_users"] for part in (train, held_out)]
    assert sorted(unknown) == [0, 1]
    assert "dropped: 1 held-out row with a missing cell" in evaluate(model, log, n_bootstrap=2, n_simulations=2).notes


def test_items_that_the_model_was_learned_from_are_counted():
    graph = graph_of([("a", "b"), ("a", "c")])
    log = [(u, item, t) for item in range(8) for t, u in enumerate(("abc", "ab", "ac", "a")[item % 4])]
    train, held_out = split(log, share=0.25, rng=1)
    rough = {"n_bootstrap": 2, "n_simulations": 2}
    model = from_actions(graph, train, intervals=False)
    assert model.item_hashes.size == 6
    again = evaluate(model, train, **rough)
    assert again.n_trained_items == 6
    said = "6 of 6 held-out items are also in the log that the model was learned from, so its scores are too good"
    assert again.notes[0] == said
    assert said in repr(again)
    # text files have no types
    texts = [(u, str(item), t) for u, item, t in log]
    assert evaluate(model, texts, **rough).notes[0].startswith("6 of 8 held-out items are also in the log")
    new = [(u, item + 100, t) for u, item, t in log]
    apart = evaluate(model, new, **rough)
    assert (apart.n_trained_items, apart.notes) == (0, [])
    assert apart.to_dict()["n_trained_items"] == 0
    assert model.count_trained_items(held_out) == 0
    trials = from_trials({"source": ["a", "a"], "target": ["b", "c"], "success": [1, 0]}, prior=(1, 1))
    assert evaluate(trials, new, **rough).n_trained_items is None


@pytest.mark.data
def test_learned_probabilities_predict_better_than_simple_ones(data):
    graph = imax.InfluenceGraph.from_frame(pd.read_csv(data / "android-graph.csv"), "source", "target")
    train, held_out = split(data / "android-actions.csv", rng=1)
    found = evaluate(from_actions(graph, train), held_out, n_simulations=2, n_bootstrap=40)
    assert all(low > 0.0 for _, low, _ in found.advantage.values())


# -- credit distribution ----------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(logs(), st.booleans(), st.sets(st.sampled_from(NODES), min_size=1))
def test_the_credited_spread_equals_the_recursion(case, decay, seeds):
    arcs, log, window = case
    model = credit_model(graph_of(arcs), log, window=window, decay=decay, threads=2)
    expected = naive.credit_spread(arcs, log, set(NODES), seeds, window, decay)
    assert model.spread_of(seeds) == pytest.approx(expected, rel=1e-5)


@pytest.mark.slow
def test_rr_sets_of_a_log_estimate_the_credited_spread():
    graph, _, log = planted(60)
    for decay in (False, True):
        model = credit_model(graph, log, decay=decay)
        sets = imax.sample_rr_sets(model, 200_000, rng=1)
        for seeds in ([3], [5, 11], list(range(0, 60, 7))):
            exact = model.spread_of(seeds)
            # the standard error is at most total / (2 sqrt(200,000)) = 0.07
            assert sets.estimate(seeds) == pytest.approx(exact, abs=0.3)
    arcs = [(u, v) for u, v, _ in graph.arcs()]
    best, values = naive.greedy_credit(arcs, log, set(range(60)), 2)
    result = imax.maximize(model, 2, rng=1)
    assert model.spread_of(result.seeds) >= 0.98 * model.spread_of(best)
    assert result.lower_bound <= model.spread_of(result.seeds) <= result.upper_bound * 1.0001
    assert result.model == "credit"
    for algorithm in ("hist", "imm"):
        other = imax.maximize(model, 2, algorithm=algorithm, epsilon=0.2, rng=1)
        assert model.spread_of(other.seeds) >= 0.9 * values[1]
    certificate = imax.certify(model, best, rng=1)
    assert certificate.lower_bound <= model.spread_of(best) <= certificate.upper_bound
    weights = np.linspace(0.0, 2.0, 60)
    weighted = imax.maximize(model, 2, node_weights=weights, rng=1)
    assert 0.0 < weighted.spread <= weights.sum()
    assert imax.minimize_seeds(model, 10.0, rng=1).lower_bound >= 10.0


def test_users_without_actions_are_worth_nothing():
    graph = graph_of([("a", "b"), ("c", "d")])
    model = credit_model(graph, [("a", "x", 0), ("b", "x", 1)])
    assert (model.spread_of("cd"), model.spread_of("a")) == (0.0, 2.0)
    assert repr(model) == "<CreditGraph: 6 nodes, 2 arcs, 2 actions>"
    assert model.counts["pairs"] == 1
    result = imax.maximize(model, 1, rng=1)
    assert result.seeds == ["a"]
    assert result.spread == pytest.approx(2.0, abs=0.1)


def test_a_credit_model_is_refused_where_it_has_no_meaning(tmp_path):
    model = credit_model(graph_of([("a", "b")]), [("a", "x", 0), ("b", "x", 1)])
    for call, message in (
        (lambda: imax.spread(model, ["a"]), "graph must not be a credit distribution model"),
        (lambda: imax.spread(model, ["a"], model="lt"), "graph must not be a credit distribution model"),
        (lambda: imax.exact_spread(model, ["a"]), "graph must not be a credit distribution model"),
        (lambda: imax.maximize(model, 1, algorithm="celf"), "graph must not be a credit distribution model"),
        (lambda: imax.maximize(model, 1, model="lt"), "model must be left out"),
        (lambda: imax.maximize(model, 1, max_steps=2), "max_steps is not supported by a credit distribution model"),
        (
            lambda: imax.sample_rr_sets(model, 9, max_steps=2),
            "max_steps is not supported by a credit distribution model",
        ),
        (
            lambda: imax.sample_rr_sets(model, 9, deadline=1, delay="exponential:1"),
            "deadline is not supported by a credit distribution model",
        ),
        (lambda: imax.maximize(model, 1, probability="uniform:0.1"), "probability must be left out"),
        (lambda: imax.write_graph(model, tmp_path / "m.imax"), "a credit distribution model cannot be stored"),
        (lambda: imax.recommend.heteroir(model, ["a"]), "graph must not be a credit|probability must be left out"),
    ):
        with pytest.raises(InvalidArgumentError, match=message):
            call()


def test_intervals_of_many_arcs_are_interpolated():
    generator = np.random.default_rng(0)
    trials = generator.integers(0, 300, 30_000).astype(float)
    successes = np.minimum(generator.gamma(0.3, 30.0, 30_000) * (generator.random(30_000) < 0.7), trials)
    for prior in ((0.3, 2.0), (0.0, 0.0)):
        lower, upper = posterior_interval(successes, trials, prior, 0.9, 2)
        for part in (slice(0, 2000), slice(29_000, 30_000)):
            exact = posterior_interval(successes[part], trials[part], prior, 0.9)
            for found, expected in zip((lower[part], upper[part]), exact, strict=True):
                near = np.minimum(expected, 1.0 - expected)
                assert (np.abs(found - expected) <= 0.002 * near + 1e-6).all()
    lower, upper = posterior_interval(np.zeros(30_000), np.zeros(30_000), (0.0, 0.0), 0.9)
    assert (lower == 0.0).all()
    assert (upper == 1.0).all()


def test_large_items_are_sorted_by_time_and_user():
    generator = np.random.default_rng(1)
    rows = {"user": generator.integers(0, 90, 400), "item": generator.integers(5, 7, 400)}
    rows["time"] = generator.integers(0, 9, 400)
    graph = imax.InfluenceGraph.from_arrays(np.arange(89), np.arange(1, 90))
    placed = place(graph, Actions.of(rows), 2)
    assert placed.items.tolist() == [0, 1]
    for begin, end in itertools.pairwise(placed.log.item_ptr.tolist()):
        order = list(zip(placed.log.time[begin:end], placed.log.user[begin:end], strict=True))
        assert order == sorted(order)
        assert len({user for _, user in order}) == end - begin


def test_intervals_are_optional():
    graph, _, log = planted(100)
    model = from_actions(graph, log, intervals=False)
    assert (model.lower, model.upper, model.graph.probability.lower) == (None, None, None)
    assert "lower" not in model.to_frame().columns
    with pytest.raises(InvalidArgumentError, match="uncertainty"):
        imax.maximize_robust(model.graph, 1)
