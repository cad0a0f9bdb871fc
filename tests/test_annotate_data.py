"""People's own data for annotation: ids, Series, blank labels, sparse rows, scikit-learn's interface."""

import subprocess
import sys

import numpy as np
import pytest
from numba import config

import imax
from imax.annotate import InfluenceSelector, auto_annotate, ideal, knn_graph, neighbors_of, retrieve, select
from imax.annotate._checks import is_blank
from imax.annotate.knn import SHARPNESS
from imax.annotate.problem import CertifiedInfluence
from imax.errors import InvalidArgumentError, UnknownNodeError

JIT = not config.DISABLE_JIT
compiled = pytest.mark.skipif(
    not JIT, reason="draws tens of thousands of RR sets, which takes minutes without the compiler"
)
QUICK = {"epsilon": 0.3} if JIT else {"epsilon": 0.45, "delta": 0.3}


@pytest.fixture(autouse=True)
def quick_certificate(monkeypatch):
    """Replace the certificate of heuristics, which takes minutes without the compiler."""
    if not JIT:
        known = CertifiedInfluence(1.0, (1.0, 1.0), 1.0, 1.0, 1.0, 0.1)
        monkeypatch.setattr("imax.annotate.selecting._certified", lambda problem, indices, taken: known)


def cloud(n=20, d=4, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


# -- ids ----------------------------------------------------------------------------------------------------------


def test_items_by_id_give_the_same_selection():
    pd = pytest.importorskip("pandas")
    x = cloud()
    names = [f"doc-{i}" for i in range(20)]
    weights = np.arange(1.0, 21.0)
    rules = {"groups": [i % 2 for i in range(20)], "quotas": 2}
    plain = ideal(x, 3, 4, start=[0, 1], exclude=[2], node_weights=weights, rng=1, **rules, **QUICK)
    order = np.random.default_rng(1).permutation(20)
    by_id = {
        "start": ["doc-0", "doc-1"],
        "exclude": pd.Series(["doc-2"]),
        "node_weights": pd.Series(weights, names).iloc[order],
        "groups": pd.Series(rules["groups"], names).iloc[order],
    }
    for embeddings, ids in ((x, names), (pd.DataFrame(x, index=names), None), (knn_graph(x, 4, ids=names), None)):
        found = ideal(embeddings, 3, 4, ids=ids, rng=1, **{**rules, **by_id}, **QUICK)
        assert found.indices == plain.indices
        assert list(found) == found.ids == [names[i] for i in plain.indices]
        assert (found[0], found.start) == (found.ids[0], ["doc-0", "doc-1"])
        assert list(found.to_frame().columns) == ["rank", "index", "id", "gain"]
    assert (plain.ids, list(plain.to_frame().columns)) == (plain.indices, ["rank", "index", "gain"])
    retrieved = retrieve(x, x, found, 2)
    assert set(retrieved.ravel()) <= set(plain.indices)


def test_rejected_ids():
    x = cloud(4)
    for ids, message in [
        (["a", "b"], "ids must have one label for each of the 4 items, got 2"),
        (["a", "b", "", "d"], "ids must not be blank, as that of row 2"),
        (["a", "b", "a", "d"], "ids must be distinct, but 'a' occurs more than once"),
    ]:
        with pytest.raises(InvalidArgumentError, match=message) as caught:
            knn_graph(x, 2, ids=ids)
        assert caught.value.argument == "ids"
    with pytest.raises(InvalidArgumentError, match="ids must be None for a graph"):
        select(knn_graph(x, 2), 1, ids=range(4))
    with pytest.raises(UnknownNodeError, match="'z' is not a node"):
        select(x, 1, 2, ids=list("abcd"), start=["z"])


def test_items_without_a_group_have_no_quota():
    found = select(cloud(6), 4, 2, algorithm="k-center", groups=["a", "a", "a", None, "", float("nan")], quotas=1,
                   rng=1, **({} if JIT else {"delta": 0.4}))  # fmt: skip
    assert sorted(found.indices)[-3:] == [3, 4, 5]


# -- labels -------------------------------------------------------------------------------------------------------


def test_blank_labels_mean_not_annotated():
    pd = pytest.importorskip("pandas")
    pl = pytest.importorskip("polars")
    graph = knn_graph(cloud(), 3)
    blanks = ["", "  ", None, float("nan"), np.nan, pd.NA, pd.NaT]
    assert all(map(is_blank, blanks))
    assert not any(map(is_blank, [0, False, "a", 0.0, ()]))
    plain = auto_annotate(graph, {0: "a", 1: "b"}, rng=1, sets_per_item=20)
    assert plain.notes == []
    unfinished = {0: "a", 1: "b", **dict(enumerate(blanks, 2))}
    found = auto_annotate(graph, unfinished, rng=1, sets_per_item=20)
    assert (found.labels, found.n_annotated) == (plain.labels, 2)
    assert found.notes == ["labels: 7 blank labels mean that the items are not annotated"]
    everyone = ["a", "b", *blanks, *[None] * 11]
    table = pl.DataFrame({"item": range(20), "label": ["a", "b", "", *[None] * 17]})
    for labels in (everyone, pd.Series(everyone), np.array(everyone, dtype=object), table):
        assert auto_annotate(graph, labels, rng=1, sets_per_item=20).labels == plain.labels
    assert len(repr(plain)) < 100
    assert list(plain.to_frame("polars").columns) == ["id", "label", "confidence"]


def test_labels_by_id():
    pd = pytest.importorskip("pandas")
    names = [f"doc-{i}" for i in range(20)]
    graph, plain = knn_graph(cloud(), 3, ids=names), knn_graph(cloud(), 3)
    expected = auto_annotate(plain, {5: "a", 1: "b"}, rng=1, sets_per_item=20)
    for labels in ({"doc-5": "a", "doc-1": "b"}, pd.Series({"doc-5": "a", "doc-1": "b", "doc-7": ""})):
        found = auto_annotate(graph, labels, rng=1, sets_per_item=20)
        assert (found.labels, found.ids) == (expected.labels, names)
    with pytest.raises(UnknownNodeError, match="'x' is not a node"):
        auto_annotate(graph, pd.Series({"x": "a"}))
    with pytest.raises(InvalidArgumentError, match="default index"):
        auto_annotate(graph, pd.Series(["a", "b"]))  # a selection of rows without their ids
    with pytest.raises(InvalidArgumentError, match="labels must be hashable"):
        auto_annotate(graph, {"doc-1": ["a"]})


# -- sparse rows --------------------------------------------------------------------------------------------------


def sparse_rows(n=30, d=12):
    """Return rows like those of TF-IDF: few entries, none of them empty."""
    rng = np.random.default_rng(3)
    dense = np.where(rng.random((n, d)) < 0.2, rng.random((n, d)), 0.0)
    dense[np.arange(n), rng.integers(0, d, n)] = 1.0
    return dense


@pytest.mark.parametrize("block", [None, 50])
def test_sparse_rows_give_the_neighbors_of_dense_ones(monkeypatch, block):
    sparse = pytest.importorskip("scipy.sparse")
    dense = sparse_rows()
    if block:
        monkeypatch.setattr("imax.annotate.neighbors._BLOCK", block)
    exact = neighbors_of(dense, 4)
    for make in (sparse.csr_array, sparse.csc_matrix, sparse.coo_array):
        found = neighbors_of(make(dense), 4)
        assert (found.neighbor_search, found.recall) == ("exact", 1.0)
        assert found.similarity == pytest.approx(exact.similarity, abs=1e-6)
    with pytest.raises(InvalidArgumentError, match="neighbor_search must be 'exact' or 'auto' for sparse"):
        neighbors_of(sparse.csr_array(dense), 4, neighbor_search="approximate")


@pytest.mark.parametrize("name", ["ideal", "k-center", "facility-location"])
def test_sparse_rows_give_the_selection_of_dense_ones(name):
    sparse = pytest.importorskip("scipy.sparse")
    dense = sparse_rows(16)
    options = {"algorithm": name, "rng": 1, "delta": 0.4, **({"epsilon": 0.45} if name == "ideal" else {})}
    found = select(sparse.csr_array(dense), 3, 3, **options)
    assert found.indices == select(dense, 3, 3, **options).indices
    assert retrieve(sparse.csr_array(dense), sparse.csr_array(dense), found, 1).shape == (16, 1)


def test_rejected_sparse_rows():
    sparse = pytest.importorskip("scipy.sparse")
    for rows, message in [
        (sparse.csr_array(np.diag([1.0, 0.0, 1.0])), "must not be all 0, as in row 1"),
        (sparse.csr_array(np.diag([1.0, np.inf, np.nan])), "NaN or infinity in 2 rows: 1, 2"),
        (sparse.csr_array(np.diag([1.0 + 1j, 2.0])), "embeddings must be numbers"),
    ]:
        with pytest.raises(InvalidArgumentError, match=message):
            neighbors_of(rows, 1)


# -- scikit-learn's interface -------------------------------------------------------------------------------------


@compiled
@pytest.mark.filterwarnings("ignore:Estimator InfluenceSelector does not inherit:UserWarning")
@pytest.mark.parametrize("algorithm", ["k-center", pytest.param("ideal", marks=pytest.mark.slow)])
def test_the_checks_of_scikit_learn(algorithm):
    checks = pytest.importorskip("sklearn.utils.estimator_checks")
    results = checks.check_estimator(
        InfluenceSelector(2, algorithm=algorithm, n_neighbors=2), on_fail=None, on_skip=None
    )
    assert len(results) > 40
    assert [r["check_name"] for r in results if r["status"] == "failed"] == []
    assert {r["check_name"] for r in results if r["status"] == "skipped"} <= {"check_array_api_input"}


SMALL = {"algorithm": "k-center", "n_neighbors": 2, "random_state": 1}


def selector(budget=3, **options):
    return InfluenceSelector(budget, **{**SMALL, **options})


def test_the_selector():
    x = cloud()
    made = selector()
    for method in (made.get_support, made.get_feature_names_out, lambda: made.transform(x)):
        with pytest.raises(ValueError, match="call fit first"):
            method()
    mask = made.fit(x).get_support()
    assert (mask.sum(), mask.dtype, mask.size) == (3, bool, 20)
    assert np.array_equal(made.get_support(indices=True), made.indices_)
    near = made.transform(x)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    assert near == pytest.approx(unit @ unit[made.indices_].T)
    assert np.array_equal(made.fit_transform(x), near)
    assert made.get_feature_names_out().tolist() == ["influenceselector0", "influenceselector1", "influenceselector2"]
    assert made.get_params() == {
        "budget": 3, "neighbor_search": "auto", "direction": "in", "sharpness": SHARPNESS, "model": "ic", **SMALL
    }  # fmt: skip
    assert made.set_params(budget=2).fit(x).get_support().sum() == 2
    with pytest.raises(InvalidArgumentError, match="size is not a parameter"):
        made.set_params(size=1)
    assert repr(made) == "InfluenceSelector(budget=2, algorithm='k-center', n_neighbors=2, random_state=1)"
    assert repr(InfluenceSelector()) == "InfluenceSelector(budget=10)"
    assert selector(random_state=np.random.RandomState(0)).fit(x).indices_.size == 3


def test_rows_of_zeros_are_not_selected():
    sparse = pytest.importorskip("scipy.sparse")
    x = sparse_rows(12)
    x[[0, 5]] = 0.0
    found = selector().fit(sparse.csr_array(x))
    assert (found.n_zero_rows_, found.n_rows_) == (2, 12)
    assert not set(found.indices_) & {0, 5}
    assert (found.transform(sparse.csr_array(x))[[0, 5]] == 0).all()
    assert np.array_equal(found.indices_, selector().fit(x).indices_)


def test_a_pipeline():
    sklearn = pytest.importorskip("sklearn")
    from sklearn.base import clone
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline

    texts = [f"{a} {b} {c}" for a in ("red", "blue") for b in ("car", "tree", "house") for c in ("here", "there")]
    pipeline = make_pipeline(TfidfVectorizer(), selector())
    assert pipeline.fit_transform(texts).shape == (12, 3)
    assert pipeline.get_feature_names_out().size == 3
    assert "InfluenceSelector" in pipeline._repr_html_()
    assert "InfluenceSelector" in selector()._repr_html_()
    assert clone(selector()).get_params() == selector().get_params()
    assert sklearn.__version__


@compiled
def test_the_selector_without_scikit_learn():
    program = """
import sys
import numpy as np
from scipy.sparse import csr_array
from imax.annotate import InfluenceSelector
from imax.errors import InvalidArgumentError

x = np.random.default_rng(0).normal(size=(20, 4))
made = InfluenceSelector(3, algorithm="k-center", n_neighbors=2, random_state=1)
assert made._repr_html_().startswith("<pre>")
for call in (made.get_support, lambda: made.fit([1.0]), lambda: made.fit(x).transform(x[:, :2])):
    try:
        call()
    except InvalidArgumentError:
        continue
    raise SystemExit("no error")
assert made.transform(csr_array(x)).shape == (20, 3)
assert "sklearn" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_import_of_annotate_does_not_load_scikit_learn():
    program = "import sys, imax.annotate; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=120).returncode == 0
    assert imax.annotate.InfluenceSelector is InfluenceSelector


def test_missing_groups_and_weights():
    names = [f"doc-{i}" for i in range(20)]
    some = dict.fromkeys(names[:12], "mail") | {"doc-99": "mail"}
    given = {"ids": names, "groups": some, "quotas": 2, "rng": 1, **QUICK}
    with pytest.raises(UnknownNodeError, match=r"^groups: 'doc-99' is not a node"):
        ideal(cloud(), 2, 4, **given)
    given["groups"] = dict.fromkeys(names[:12], "mail")
    with pytest.raises(InvalidArgumentError, match=r'^groups lacks 8 of 20 nodes .* use on_missing="drop"'):
        ideal(cloud(), 2, 4, **given)
    given["groups"] = some
    listed = ideal(cloud(), 2, 4, on_missing="drop", exclude=["doc-0", "doc-98"], **given)
    assert set(listed) <= set(names[1:12])
    assert [note.split(":")[0] for note in listed.notes] == ["exclude", "groups", "groups"]
    given = {name: value for name, value in given.items() if name not in QUICK}
    with pytest.raises(InvalidArgumentError, match="quotas allow only 2 items"):
        select(cloud(), 3, 4, algorithm="random", on_missing="drop", **given)
    free = select(cloud(), 9, 4, algorithm="random", on_missing="default", **given)
    assert len(free) == 9
    assert "8 of 20 nodes have no group and are limited by no quota" in free.notes[-1]
    weights = dict.fromkeys(names[:12], 1.0)
    light = ideal(cloud(), 2, 4, ids=names, node_weights=weights, on_missing="drop", rng=1, **QUICK)
    assert light.influence <= 12
    assert "count 0" in light.notes[0]
