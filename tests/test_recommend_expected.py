"""Expected-spread lists: against a naive reference on the same RR sets, requests given all others, and files."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import imax
from imax import InfluenceGraph
from imax._utils.streams import Stream, key_from
from imax.errors import FileFormatError, InvalidArgumentError
from imax.recommend import Reranker, expected_spread
from imax.recommend import _cover as cover
from imax.recommend._network import network_of

from . import naive_expected

SETS = 20
OPTIONS = {"sets_per_node": SETS, "rng": 1}


@pytest.fixture(scope="module")
def world():
    """Return a graph whose acceptance products are never 1, its RR sets, its rows of friends and their products."""
    generator = np.random.default_rng(3)
    n = 12
    src, dst = np.nonzero(generator.random((n, n)) < 0.3)
    graph = InfluenceGraph.from_arrays(src, dst, 0.05 + 0.9 * generator.random(src.size), n_nodes=n)
    collection = cover.sample_stratified(
        network_of(graph, None), SETS, key_from(1), 1, stream=Stream.EXPECTED_SPREAD
    )  # fmt: skip
    sets = [
        graph.labels_of(collection.nodes[a:b]) for a, b in zip(collection.offsets, collection.offsets[1:], strict=False)
    ]
    friends = {}
    for u, v, p in graph.arcs():
        if u != v:
            friends.setdefault(u, {})[v] = p
    order = dict(zip(graph.nodes(), graph.rank.tolist(), strict=True))
    friends = {
        u: dict(sorted(friends[u].items(), key=lambda item: order[item[0]])) for u in graph.nodes() if u in friends
    }
    return graph, sets, friends


def naive_lists(sets, friends, k, others=(), **options):
    """Return the naive lists of users, given picks of others, and the picks."""
    users = list(friends)
    rows = [list(friends[u]) for u in users]
    accept = {(g, v): friends[u][v] for g, u in enumerate(users) for v in friends[u]}
    fixed = [("other", v, q) for _, v, q in others]
    base = naive_expected.expected_coverage(sets, fixed)

    def value_of(picks):
        return naive_expected.expected_coverage(sets, [*fixed, *picks]) - base

    picks = naive_expected.greedy(value_of, rows, accept, [k] * len(users), **options)
    lists = {u: [v for g, v, _, _ in picks if users[g] == u] for u in users}
    return lists, [(users[g], v, q) for g, v, q, _ in picks]


@pytest.mark.parametrize("options", [{}, {"discount": [1.0, 0.5]}, {"blend": 0.4}])
def test_lists_are_the_naive_ones(world, options):
    graph, sets, friends = world
    found = expected_spread(graph, k=2, **OPTIONS, **options)
    assert found.lists() == naive_lists(sets, friends, 2, **options)[0]
    assert found.n_rr_sets == len(sets) == SETS * graph.n_nodes
    assert sorted(found.parts) == ["gain", "willingness"]
    if "blend" not in options:
        assert found.scores == pytest.approx(found.parts["gain"])


@pytest.mark.parametrize("options", [{}, {"discount": [1.0, 0.5]}, {"blend": 0.4}])
def test_one_list_given_all_others(world, options):
    graph, sets, friends = world
    reranker = Reranker(graph, "expected-spread", **OPTIONS, **options, list_length=2)
    _, picks = naive_lists(sets, friends, 2, **options)
    for user, own in friends.items():
        others = [pick for pick in picks if pick[0] != user]
        expected = naive_lists(sets, {user: own}, 3, others, **options)[0]
        for _ in range(2):  # the second request finds the weights as the first did
            assert reranker.rerank_user(user, list(own), 3, on_short="keep").lists() == expected


def test_all_users_together_choose_as_without_preparation(world):
    graph, _, friends = world
    reranker = Reranker(graph, "expected-spread", **OPTIONS)
    lists = {u: list(own) for u, own in friends.items()}
    for _ in range(2):
        assert reranker.rerank(lists, 3, on_short="keep").lists() == expected_spread(graph, k=3, **OPTIONS).lists()


def test_many_users_at_once():
    """More users than those for which only what they touch is restored."""
    graph = imax.datasets.load("karate")
    reranker = Reranker(graph, "expected-spread", probability="uniform:0.2", **OPTIONS)
    full = expected_spread(graph, k=None, probability="uniform:0.2", **OPTIONS).lists()
    assert len(full) > 16
    found = reranker.rerank(full, 2, on_short="keep")
    fresh = expected_spread(graph, k=2, probability="uniform:0.2", **OPTIONS)
    assert found.parts["gain"].sum() == pytest.approx(fresh.parts["gain"].sum(), rel=0.02)


def test_inviters_are_the_users_who_see_lists(world):
    graph, sets, friends = world
    user, *rest = friends
    reranker = Reranker(graph, "expected-spread", inviters=[user], **OPTIONS)
    other = rest[0]
    _, picks = naive_lists(sets, {user: friends[user]}, 3)
    expected = naive_lists(sets, {other: friends[other]}, 2, picks)[0]
    assert reranker.rerank_user(other, list(friends[other]), 2, on_short="keep").lists() == expected


def test_unwilling_candidates_come_last():
    graph = InfluenceGraph.from_arrays([0, 0, 1, 1], [1, 2, 3, 4], [0.1, 0.9, 1.0, 1.0], n_nodes=5)
    options = {"probability": None, **OPTIONS}
    assert expected_spread(graph, [0], k=None, **options)[0] == [2, 1]
    assert expected_spread(graph, [0], k=None, min_willingness=0.5, **options).scores.tolist()[1] == 0.0
    reranker = Reranker(graph, "expected-spread", min_willingness=0.5, rng=1)
    assert reranker.rerank_user(0, [1, 2])[0] == [2, 1]
    assert reranker.rerank_user(0, {1: 0.9, 2: 0.2})[0] == [1, 2]


def test_certain_invitations_can_be_taken_back():
    """The lists of the preparation invite both friends with certainty; a request of the same user takes that back."""
    src, dst = [0, 0, 0, 1, 1, 1, 1], [1, 2, 3, 4, 5, 6, 7]
    found = []
    for p in (1.0, 0.999):
        graph = InfluenceGraph.from_arrays(src, dst, [p, p, 0.4, 0.9, 0.9, 0.9, 0.9], n_nodes=8)
        found.append(Reranker(graph, "expected-spread", **OPTIONS).rerank_user(0, [2, 3, 1]))
    assert found[0][0] == found[1][0] == [1, 2, 3]
    assert found[0].scores == pytest.approx(found[1].scores, rel=0.3)


def test_files_pickles_and_threads(world, tmp_path):
    graph, _, friends = world
    path = tmp_path / "lists.imax"
    reranker = Reranker(graph, "expected-spread", blend=0.3, discount=[1.0, 0.5], min_willingness=0.1, **OPTIONS)
    reranker.warm_up().save(path)
    loaded, pickled = Reranker.load(path).warm_up(), pickle.loads(pickle.dumps(reranker))
    assert loaded.n_rr_sets == reranker.n_rr_sets
    lists = {u: list(own) for u, own in friends.items()}
    expected = {u: reranker.rerank_user(u, own, 2, on_short="keep").lists()[u] for u, own in lists.items()}
    for other in (loaded, pickled):
        assert {u: other.rerank_user(u, own, 2, on_short="keep")[u] for u, own in lists.items()} == expected
    with ThreadPoolExecutor(3) as pool:
        users = list(lists) * 5
        answers = pool.map(lambda u: loaded.rerank_user(u, lists[u], 2, on_short="keep")[u], users)
        assert list(answers) == [expected[u] for u in users]


def test_damaged_files(world, monkeypatch, tmp_path):
    from imax.recommend.strategies.expected_spread import ExpectedSpread

    whole = ExpectedSpread.state

    def damaged(self, **arrays):
        state = whole(self)
        state.arrays.update(arrays)
        return state

    path = tmp_path / "lists.imax"
    reranker = Reranker(world[0], "expected-spread", **OPTIONS)
    n = reranker._prepared.strategy.sets.sets.size
    for arrays, message in (
        ({"set.sets": np.full(n, 10**6, dtype=np.int32)}, "names an RR set that it does not have"),
        ({"floor": np.array([])}, "settings are incomplete"),
        ({"discount": np.array([0.5])}, "does not fall from 1"),
    ):
        monkeypatch.setattr(ExpectedSpread, "state", lambda self, arrays=arrays: damaged(self, **arrays))
        reranker.save(path)
        with pytest.raises(FileFormatError, match=message):
            Reranker.load(path)


def test_any_number_of_threads_gives_the_same_lists():
    graph = imax.datasets.load("lesmis")
    one, two = (expected_spread(graph, k=3, threads=threads, **OPTIONS) for threads in (1, 3))
    assert one.lists() == two.lists()
    assert one.scores.tolist() == two.scores.tolist()


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"discount": [0.9]}, "discount"),
        ({"discount": []}, "discount"),
        ({"discount": ["x"]}, "discount"),
        ({"blend": 2}, "blend"),
        ({"min_willingness": -1}, "min_willingness"),
        ({"sets_per_node": 0}, "sets_per_node"),
    ],
)
def test_wrong_arguments(world, options, argument):
    with pytest.raises(InvalidArgumentError, match=argument) as error:
        expected_spread(world[0], **options)
    assert error.value.argument == argument
    with pytest.raises(InvalidArgumentError, match=argument):
        Reranker(world[0], "expected-spread", **options)


def test_inviters_without_friends(world):
    graph = InfluenceGraph.from_arrays([0], [1], [0.5], n_nodes=3)
    with pytest.raises(InvalidArgumentError, match="inviters must include a node with out-arcs"):
        expected_spread(graph, [2], rng=1)
