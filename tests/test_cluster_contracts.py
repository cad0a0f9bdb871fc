"""Every algorithm that samples gives the same bits with one and two threads and on clusters of 1, 2 and 3 processes."""

import os

import numpy as np
import pytest
from distributed import Client, LocalCluster

import imax
from imax import annotate, capacity, recommend, report
from imax.selection.registry import ALGORITHMS

pytestmark = pytest.mark.skipif(
    os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"), reason="processes need compiled kernels to be quick"
)

KARATE = imax.datasets.load("karate")
GRAPHS = {
    "ic": KARATE,
    "lt": KARATE.with_probability("lt_uniform"),
    "worlds": KARATE.with_probability("uniform:0.1"),
    "dense": KARATE.with_probability("uniform:0.3"),  # sentinels pay here
}
LESMIS = imax.datasets.load("lesmis")
GROUPS = [node % 3 for node in range(34)]
COSTS = (KARATE.out_degree() + 1).tolist()
WEIGHTS = list(range(1, 35))
ITEMS = np.random.default_rng(0).normal(size=(40, 5))
INVITED = capacity.CapacityProblem(LESMIS, ["Myriel", "Marius", "Valjean"], [2, 1, 3])
RANKED = {"Myriel": ["Valjean", "Count", "Napoleon"], "Fantine": ["Simplice", "Javert"]}

CONSTRAINTS = {
    "plain": {},
    "weights": {"node_weights": WEIGHTS},
    "labels": {"start": [0, 2], "include": [5], "exclude": [33], "candidates": list(range(1, 34))},
    "budget": {"costs": COSTS, "budget": 20.0},
    "quotas": {"groups": GROUPS, "quotas": 1},
    "several": {"groups": GROUPS, "quotas": (1, 2), "costs": COSTS, "group_budgets": 15.0},
    "steps": {"max_steps": 2},
    "deadline": {"deadline": 2.0, "delay": "exponential:1"},
}
NEEDED = {
    "weights": {"node_weights"}, "labels": {"start"}, "budget": {"budget"}, "quotas": {"quotas"},
    "several": {"quotas", "budget", "group_budgets"}, "steps": {"max_steps"}, "deadline": {"deadline"},
}  # fmt: skip
SAMPLES = {"n_rr_sets": 2000, "n_simulations": 600}


def plain(value):
    """Return what a result says, without times, memory and arrays."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if key not in ("seconds", "memory", "graph")}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def facts(result):
    return plain(result.to_dict() if hasattr(result, "to_dict") else result)


def selections():
    """Return a case for each algorithm that samples, each model and each constraint that it supports."""
    for name, entry in ALGORITHMS.items():
        if "client" not in entry.accepts:
            continue
        for model in ("worlds",) if name == "worlds" else ("ic", "lt"):
            for rule, options in CONSTRAINTS.items():
                if not NEEDED.get(rule, set()) <= entry.accepts:
                    continue
                own = {key: value for key, value in SAMPLES.items() if key in entry.accepts}
                if "n_simulations" in own:
                    del own["n_rr_sets"]
                yield f"{name} {model} {rule}", name, GRAPHS[model], {
                    "model": "lt" if model == "lt" else "ic", "epsilon": 0.3, **own, **options,
                }  # fmt: skip
    yield "hist dense", "hist", GRAPHS["dense"], {"epsilon": 0.3}
    yield "celf oracle", "celf", KARATE, {"oracle": "rr", "n_rr_sets": 2000}
    yield "celf++ oracle", "celf++", KARATE, {"oracle": "rr", "n_rr_sets": 2000}
    yield "degree certify", "degree", KARATE, {"certify": True, "epsilon": 0.3}


def maximized(name, graph, options):
    k = None if "budget" in options else 3
    return lambda **own: facts(imax.maximize(graph, k, algorithm=name, rng=1, **options, **own))


def assigned(name, **options):
    return lambda **own: facts(capacity.assign(INVITED, name, rng=1, **options, **own))


def without_times(record):
    """Return what a report contains that does not depend on times."""
    return facts(record["result"]), facts(record["curve"]), facts(record["sensitivity"])


def first_results(**own):
    results = imax.anytime(KARATE, 2, rng=1, **own)
    found = [facts(next(results)) for _ in range(2)]
    results.close()
    return found


def cases():
    """Return name and function of all cases; the function takes `threads` and `client`."""
    for name, algorithm, graph, options in selections():
        yield name, maximized(algorithm, graph, options)
    for name, entry in capacity.ALGORITHMS.items():
        epsilon = {} if entry.epsilon is None else {"epsilon": 0.3}
        for model in ("ic", "lt"):
            yield f"assign {name} {model}", assigned(name, model=model, **epsilon)
    for name in ("rr-greedy", "mg-greedy"):
        yield f"assign {name} simulation", assigned(name, oracle="simulation", n_simulations=600)
    yield "assign declined", assigned("rr-opim+", epsilon=0.3, acceptance=0.5, discount=[1, 0.5])
    yield "assign declined greedy", assigned("rr-greedy", acceptance=0.5, n_rr_sets=2000)
    yield "assign declined arcs", assigned("rr-opim+", epsilon=0.3, acceptance="arcs", discount=[1, 0.7, 0.1])
    yield "assign deadline", assigned("rr-opim+", epsilon=0.3, max_steps=2)
    yield "inviters", lambda **own: facts(capacity.choose_inviters(INVITED, 2, epsilon=0.3, rng=1, **own))
    yield "diagnose", lambda **own: facts(capacity.diagnose(INVITED, n_rr_sets=2000, rng=1, **own))
    yield "heteroim", lambda **own: facts(recommend.heteroim(LESMIS, k=2, sets_per_node=30, rng=1, **own))
    for name, options in {"": {}, " blend": {"blend": 0.3}, " discount": {"discount": [1, 0.3], "k": 5}}.items():
        yield (
            f"expected{name}",
            lambda options=options, **own: facts(
                recommend.expected_spread(LESMIS, **{"k": 2, "rng": 1, **options, **own})
            ),
        )
    for name, entry in recommend.ALGORITHMS.items():
        if "client" in entry.accepts:
            yield (
                f"rerank {name}",
                lambda name=name, **own: facts(recommend.Reranker(LESMIS, name, rng=1, **own).rerank(RANKED)),
            )
    for name in annotate.ALGORITHMS:
        yield (
            f"annotate {name}",
            lambda name=name, **own: facts(annotate.select(ITEMS, 3, algorithm=name, rng=1, **own)),
        )
    known = {"labels": {0: "a", 1: "b"}, "decided_above": 0.1}
    yield "annotate labels", lambda **own: facts(annotate.ideal(ITEMS, 3, **known, rng=1, **own))
    near = annotate.knn_graph(ITEMS, 4)
    yield "diffuse", lambda **own: facts(annotate.auto_annotate(near, known["labels"], rng=1, **own))
    lu = {"epsilon": 0.3, "rng": 1}
    yield "robust", lambda **own: facts(imax.maximize_robust(KARATE, 2, uncertainty=0.2, **lu, **own))
    yield "sensitivity", lambda **own: facts(imax.sensitivity(KARATE, 2, factors=[0.5], **lu, **own))
    yield "fewest", lambda **own: facts(imax.minimize_seeds(KARATE, 15.0, **lu, **own))
    yield "certify", lambda **own: facts(imax.certify(KARATE, [0, 3], start=[1], **lu, **own))
    yield "curve", lambda **own: facts(imax.curve(KARATE, 4, **lu, **own))
    dense = KARATE.with_probability("uniform:0.2")
    yield "curve on worlds", lambda **own: facts(imax.curve(dense, 3, **lu, **own))
    yield "anytime", first_results
    yield (
        "report",
        lambda **own: without_times(report.make_report(KARATE, 2, skip=["map"], n_simulations=50, **lu, **own).record),
    )
    for model in ("ic", "lt"):
        for rule in ("plain", "weights", "steps", "deadline"):
            yield (
                f"spread {model} {rule}",
                lambda model=model, rule=rule, **own: facts(
                    imax.spread(
                        GRAPHS[model], [0, 33], model=model, n_simulations=500, rng=1, **CONSTRAINTS[rule], **own
                    )
                ),
            )


CASES = dict(cases())


@pytest.fixture(scope="module")
def expected():
    """Return a function that returns the facts of a case in this process, each computed once."""
    found = {}

    def of(name):
        if name not in found:
            found[name] = CASES[name](threads=1)
        return found[name]

    return of


def connect(n_workers):
    with (
        LocalCluster(n_workers=n_workers, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def two():
    yield from connect(2)


@pytest.fixture(scope="module", params=[1, 3])
def others(request):
    yield from connect(request.param)


def left_on(client):
    """Return what is on the cluster: tasks, data of workers, actors and published data."""
    tasks = client.run_on_scheduler(lambda dask_scheduler: list(dask_scheduler.tasks))
    data = [key for keys in client.run(lambda dask_worker: [*dask_worker.data, *dask_worker.state.actors]).values()
            for key in keys]  # fmt: skip
    return [*tasks, *data, *client.list_datasets()]


# of the algorithms with the same code on clusters, two show all constraints in every run of the tests; the others
# show them in the slow tests
OFTEN = [
    name for name in CASES
    if "plain" in name or name.startswith(("ris ", "worlds ic quotas")) or len(name.split()) < 3 or "assign" in name
]  # fmt: skip


@pytest.mark.parametrize("name", OFTEN)
def test_a_cluster_gives_the_same_bits(two, expected, name):
    assert CASES[name](client=two) == expected(name)


def test_nothing_is_left(two):
    import time

    for _ in range(100):
        left = left_on(two)
        if not left:
            return
        time.sleep(0.05)
    pytest.fail(f"left on the cluster: {left}")


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_any_number_of_threads_gives_the_same_bits(expected, name):
    assert CASES[name](threads=2) == expected(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in CASES if name not in OFTEN])
def test_a_cluster_gives_the_same_bits_under_all_constraints(two, expected, name):
    assert CASES[name](client=two) == expected(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_other_clusters_give_the_same_bits(others, expected, name):
    assert CASES[name](client=others) == expected(name)


def test_all_families_are_among_the_cases():
    for registry in (ALGORITHMS, recommend.ALGORITHMS):
        for name, entry in registry.items():
            if "client" in entry.accepts:
                assert any(name in case.split() for case in CASES)
    for registry in (capacity.ALGORITHMS, annotate.ALGORITHMS):
        for name in registry:
            assert any(name in case.split() for case in CASES)
