"""Labels: any hashable objects, and their lookup."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imax.errors import InvalidArgumentError, UnknownNodeError
from imax.graph.labels import Labels

ANY = st.one_of(
    st.integers(), st.integers(-5, 20), st.text(max_size=3), st.floats(allow_nan=False), st.booleans(), st.none(),
    st.tuples(st.integers(0, 3), st.integers(0, 3)), st.frozensets(st.integers(0, 3)), st.binary(max_size=2),
)  # fmt: skip


@given(st.lists(ANY, min_size=1, max_size=12, unique=True))
def test_labels_of_any_kind_are_found(values):
    labels = Labels.of(values, len(values))
    places = np.arange(len(values))
    assert labels.take(places) == values
    assert [type(x) for x in labels.take(places)] == [type(x) for x in values]
    assert labels.find(values).tolist() == places.tolist()
    assert len(labels) == len(values)
    assert labels[len(values) - 1] == values[-1]


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=12, unique=True))
def test_integers_are_stored_as_an_array(values):
    for given_labels in (values, np.array(values)):
        labels = Labels.of(given_labels, len(values))
        assert labels.kind == ("range" if values == list(range(len(values))) else "int64")
        assert labels.find(np.array(values)).tolist() == list(range(len(values)))
        assert labels.find([float(x) for x in values if int(float(x)) == x]).size <= len(values)


def test_integers_beyond_64_bits_are_stored_as_objects():
    labels = Labels.of([2**70, 1], 2)
    assert labels.kind == "object"
    assert labels.find([1, 2**70]).tolist() == [1, 0]


def test_labels_objects_are_returned_unchanged():
    labels = Labels.of(None, 5)
    assert labels.kind == "range"
    assert Labels.of(labels, 5) is labels


@pytest.mark.parametrize("values", [None, [7, 3, 11], ["a", "b", "c"]], ids=["range", "int64", "object"])
@pytest.mark.parametrize(
    "unknown",
    [99, -1, 2**70, -(2**70), "z", 1.5, float("nan"), float("inf"), None, True, (1,), [1], {}, np.float64(0.5)],
    ids=repr,
)
def test_errors_name_the_unknown_label(values, unknown):
    labels = Labels.of(values, 3)
    with pytest.raises(UnknownNodeError) as caught:
        labels.find([unknown], "seeds")
    assert str(caught.value).startswith(f"seeds: {unknown!r} is not a node of the graph (")


def test_the_message_shows_examples_of_labels():
    for values, n, hint in [
        (None, 4, "nodes are the whole numbers 0 to 3"),
        (["x", "y"], 2, "its nodes are 'x', 'y')"),
        ([9, 8, 7, 6], 4, "its nodes are 9, 8, 7, ..."),
    ]:
        with pytest.raises(UnknownNodeError) as caught:
            Labels.of(values, n).find([77])
        assert hint in str(caught.value)


@pytest.mark.parametrize("values", [["a", "a"], [1, 1], np.array([4, 4]), [1, True], np.array([2, 3, 2])])
def test_labels_must_be_unique(values):
    with pytest.raises(InvalidArgumentError, match="labels must all be different"):
        Labels.of(values, len(values))


def test_labels_must_be_hashable():
    with pytest.raises(InvalidArgumentError, match="labels must be hashable"):
        Labels.of([[1], [2]], 2)


def test_other_arrays_are_stored_as_lists():
    assert Labels.of(np.array(["a", "b"]), 2).take(np.arange(2)) == ["a", "b"]
    assert Labels.of(np.array([0.5, 1.5]), 2).find([1.5]).tolist() == [1]
    assert Labels.of(np.array([3, 2], dtype=np.uint8), 2).find([2]).tolist() == [1]


@pytest.mark.parametrize("labels", [5, None, 1.5])
def test_a_single_label_is_refused(labels):
    with pytest.raises(InvalidArgumentError, match="seeds must be an iterable of labels, got"):
        Labels.of(None, 9).find(labels, "seeds")
