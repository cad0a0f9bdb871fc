"""Results: what they hold, and how they are shown and stored."""

import dataclasses
import json
import math
import sys

import numpy as np
import pytest

import imax
from imax import InfluenceGraph, maximize, spread
from imax.errors import MissingDependencyError

LABELS = [("x", 1), "y", 3, None, 2.5, frozenset({1})]
G = InfluenceGraph.from_arrays([0] * 5, range(1, 6), labels=LABELS)


@pytest.fixture(scope="module")
def result():
    return maximize(G, 3, epsilon=0.2, delta=0.05, rng=1)


@pytest.fixture(scope="module")
def estimate():
    return spread(G, [("x", 1)], n_simulations=100, rng=1)


def test_a_selection_has_the_arguments_of_its_call(result):
    assert (result.k, result.model, result.probability, result.algorithm) == (3, "ic", "weighted_cascade", "opim-c")
    assert (result.epsilon, result.delta) == (0.2, 0.05)
    assert (result.n_nodes, result.n_arcs) == (6, 5)
    assert result.target_ratio == pytest.approx(1 - 1 / math.e - 0.2)
    assert result.version == imax.__version__
    assert {"pilot", "prepare", "sample", "index", "greedy", "certify", "total"} == set(result.seconds)
    assert "RR sets have" in result.auto
    assert all(value >= 0 for value in result.seconds.values())
    assert maximize(G, 1, rng=1, epsilon=0.2).delta == pytest.approx(1 / 6)


def test_a_selection_is_a_sequence_of_its_seeds(result):
    assert list(result) == result.seeds
    assert len(result) == 3
    assert result[0] == result.seeds[0] == ("x", 1)
    assert [type(s) for s in result.seeds] == [type(s) for s in (LABELS[LABELS.index(s)] for s in result.seeds)]


def test_results_are_frozen(result, estimate):
    for record in (result, estimate):
        with pytest.raises(dataclasses.FrozenInstanceError):
            record.spread = 0.0


def records():
    """Return all result classes that users get."""
    import imax.annotate
    import imax.capacity
    import imax.learn
    import imax.recommend.metrics

    found = [imax.results.Record]
    for kind in found:
        found.extend(kind.__subclasses__())
    return [kind for kind in found if not kind.__name__.endswith("Record") and "[" not in kind.__name__]


@pytest.mark.parametrize("kind", records(), ids=lambda kind: kind.__name__)
def test_every_field_of_a_result_is_documented(kind):
    documented = set()
    for line in kind.__doc__.splitlines():
        if line.startswith("    ") and not line.startswith("     "):
            documented.update(line.partition(" : ")[0].strip().split(", "))
    assert {field.name for field in dataclasses.fields(kind)} <= documented


def plain(value):
    if isinstance(value, dict):
        return all(isinstance(k, str) and plain(v) for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return all(plain(v) for v in value)
    return type(value) in (int, float, str, bool, type(None), frozenset)


def test_dictionaries_hold_plain_values_and_the_labels_themselves(result, estimate):
    for record in (result, estimate):
        found = record.to_dict()
        assert list(found) == [f.name for f in dataclasses.fields(record)]
        assert plain(found)
    assert result.to_dict()["seeds"] == result.seeds
    assert result.to_dict()["seeds"] is not result.seeds
    noted = dataclasses.replace(result, seeds=[np.int64(3)], gains=[np.float64(0.5)], seconds={"total": np.float32(1)})
    assert plain(noted.to_dict())


def test_json_comes_back(result, estimate):
    for record in (result, estimate):
        back = json.loads(record.to_json())
        assert list(back) == list(record.to_dict())
        assert back["spread"] == record.spread
        assert back["interval"] == list(record.interval)
        assert back["rng_key"] == list(record.rng_key)
    assert "\n" in result.to_json(indent=2)
    everyone = json.loads(maximize(G, 6, epsilon=0.2, rng=1).to_json())["seeds"]
    # what JSON has no form for stands there as its repr; it has lists, not tuples
    assert ["x", 1] in everyone
    assert "frozenset({1})" in everyone
    assert None in everyone


def test_frames(result):
    frame = result.to_frame()
    assert list(frame.columns) == ["rank", "seed", "gain", "total"]
    assert frame["rank"].tolist() == [1, 2, 3]
    assert frame["seed"].tolist() == result.seeds
    assert frame["gain"].tolist() == result.gains
    assert frame["total"].tolist() == pytest.approx(np.cumsum(result.gains).tolist())


def test_frames_without_pandas(monkeypatch, result):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingDependencyError, match=r"to_frame .*pip install 'influence-maximization\[frames\]'"):
        result.to_frame()


def test_reprs(result, estimate):
    text = repr(result)
    assert text.startswith("<SelectionResult: 3 seeds [('x', 1), ")
    assert "certified at least" in text
    assert text.endswith("of the optimum (target ratio reached)>")
    assert "..." not in text
    assert ", ...]" in repr(maximize(G, 6, epsilon=0.2, rng=1))
    text = repr(estimate)
    assert text.startswith("<SpreadEstimate: 6 (95% interval 6 to 6, 100 simulations, IC, weighted_cascade)>")
    for line in (text, repr(result), repr(G)):
        assert "\n" not in line
