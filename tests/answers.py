"""The answers of every registered algorithm and of every function that draws random numbers, on small graphs.

``python -m tests.answers`` prints them as JSON. They must not depend on the number of threads, the order of the edges,
the seed of Python's hashes, the kind of processor, or what is in the cache of compiled kernels.
"""

import json
import sys

import numpy as np

import imax
from imax import annotate, capacity, learn, recommend
from imax.selection.registry import ALGORITHMS

TIMES = ("seconds", "memory")  # keys whose values may differ
PROBABILITIES = ("weighted_cascade", "uniform:0.1", "trivalency")


def graphs(order):
    """Return a graph for each kind of probabilities: text labels, with the edges in one of several orders."""
    generator = np.random.default_rng(5)
    ends = generator.integers(0, 40, (160, 2))
    edges = [(f"node {a}", f"node {b}") for a, b in np.random.default_rng(order).permutation(ends)]
    nodes = [f"node {i}" for i in range(41)]
    whole = imax.InfluenceGraph.from_edges(edges, nodes=nodes)
    return [whole.with_probability(name, rng=1) for name in PROBABILITIES]


def plain(value):
    """Return a result as what JSON can hold, without times."""
    if hasattr(value, "to_dict"):
        value = value.to_dict()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items() if key not in TIMES}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value if isinstance(value, (str, int, float, type(None))) else repr(value)


def calls(order):
    """Yield the name of each call, and a function of the number of threads that makes it."""
    common = {"rng": 1, "epsilon": 0.3}
    some = ["node 1", "node 2", "node 3"]
    karate = imax.datasets.load("karate", probability="uniform:0.1")
    yield "maximize worlds", lambda t: imax.maximize(karate, 3, algorithm="worlds", threads=t, **common)
    for graph, spec in zip(graphs(order), PROBABILITIES, strict=True):
        for name, entry in ALGORITHMS.items():
            counts = {"n_rr_sets": 500, "n_simulations": 200}
            given = {key: value for key, value in counts.items() if key in entry.accepts}
            if name == "worlds":  # needs an undirected graph with equal probabilities both ways
                continue
            yield (
                f"maximize {name} {spec}",
                lambda t, g=graph, n=name, o=given: imax.maximize(g, 3, algorithm=n, threads=t, **o, **common),
            )
        for model in ("ic", "lt") if spec == "weighted_cascade" else ("ic",):
            options = {"model": model} | common
            simulated = {"model": model, "rng": 1, "n_simulations": 300}
            yield f"maximize {model} {spec}", lambda t, g=graph, o=options: imax.maximize(g, 4, threads=t, **o)
            yield (
                f"celf {model} {spec}",
                lambda t, g=graph, o=simulated: imax.maximize(g, 2, algorithm="celf", threads=t, **o),
            )
            yield f"minimize {model} {spec}", lambda t, g=graph, o=options: imax.minimize_seeds(g, 9, threads=t, **o)
            yield f"certify {model} {spec}", lambda t, g=graph, o=options: imax.certify(g, some, threads=t, **o)
            yield f"curve {model} {spec}", lambda t, g=graph, o=options: imax.curve(g, 3, threads=t, **o)
            yield (
                f"anytime {model} {spec}",
                lambda t, g=graph, m=model: next(imax.anytime(g, 3, model=m, rng=1, threads=t)),
            )
            yield f"spread {model} {spec}", lambda t, g=graph, o=simulated: imax.spread(g, some, threads=t, **o)
            yield (
                f"RR sets {model} {spec}",
                lambda t, g=graph, m=model: imax.sample_rr_sets(g, 400, model=m, rng=1, threads=t).nodes,
            )
    graph = graphs(order)[2]
    weighted = graph.with_probability("exponential", rng=1)
    yield "maximize lt weights", lambda t: imax.maximize(weighted, 3, model="lt", threads=t, **common)
    yield (
        "celf lt weights",
        lambda t: imax.maximize(weighted, 2, algorithm="celf", model="lt", n_simulations=200, rng=1, threads=t),
    )
    yield "spread lt weights", lambda t: imax.spread(weighted, some, model="lt", n_simulations=300, rng=1, threads=t)
    yield "compare", lambda t: imax.compare(graph, 3, ["opim-c", "irie"], n_simulations=200, rng=1, threads=t)
    for name, entry in ALGORITHMS.items():
        if "deadline" in entry.accepts:
            until = common | {"deadline": 2.0, "delay": "exponential:1", "algorithm": name}
            until |= {"n_rr_sets": 500} if name == "ris" else {}
            yield f"deadline {name}", lambda t, o=until: imax.maximize(graph, 3, threads=t, **o)
            steps = {key: value for key, value in until.items() if not key.startswith("de")} | {"max_steps": 2}
            yield f"steps {name}", lambda t, o=steps: imax.maximize(graph, 3, threads=t, **o)
    yield (
        "spread deadline",
        lambda t: imax.spread(graph, some, deadline=2.0, delay="exponential:1", n_simulations=300, rng=1, threads=t),
    )
    yield "robust", lambda t: imax.maximize_robust(graph, 3, uncertainty=0.3, threads=t, **common)
    yield "sensitivity", lambda t: imax.sensitivity(graph, 3, factors=[0.5], threads=t, **common)
    yield from learning_calls(graph)
    problem = capacity.CapacityProblem(graph, some, 2)
    for name in capacity.registry.algorithm_names():
        method, _, oracle = name.partition(":")
        given = {"oracle": oracle} if oracle else {}
        given |= {"n_rr_sets": 500} if oracle == "rr" else {"n_simulations": 200} if oracle == "simulation" else {}
        yield f"assign {name}", lambda t, m=method, o=given: capacity.assign(problem, m, rng=1, threads=t, **o)
    embeddings = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    for name in annotate.ALGORITHMS:
        yield f"annotate {name}", lambda t, n=name: annotate.select(embeddings, 5, 4, algorithm=n, rng=1, threads=t)
    lists = {"node 1": ["node 5", "node 6", "node 7"], "node 2": ["node 8", "node 9"]}
    for name in recommend.ALGORITHMS:
        yield f"rerank {name}", lambda t, n=name: rankings(recommend.Reranker(graph, n, rng=1, threads=t).rerank(lists))
    for function in (recommend.heteroim, recommend.heteroir):
        yield function.__name__, lambda t, f=function: rankings(f(graph, some, k=2, rng=1, threads=t))


def learning_calls(graph):
    """Yield the calls of `imax.learn`, on a log of cascades with delays."""
    generator = np.random.default_rng(3)
    log = {
        "user": [f"node {i}" for i in generator.integers(0, 41, 600)],
        "item": generator.integers(0, 60, 600).tolist(),
        "time": generator.random(600).tolist(),
    }
    for name in learn.ESTIMATORS:
        yield f"learn {name}", lambda t, n=name: learned(learn.from_actions(graph, log, estimator=n, threads=t))
    model = learn.from_actions(graph, log, threads=1)
    yield "learn evaluate", lambda t: learn.evaluate(model, log, n_bootstrap=20, n_simulations=20, threads=t)
    yield "learned delays", lambda t: imax.maximize(model.graph, 3, deadline=0.5, epsilon=0.3, rng=1, threads=t)
    yield "learned intervals", lambda t: imax.maximize_robust(model.graph, 3, epsilon=0.3, rng=1, threads=t)
    yield "credit", lambda t: imax.maximize(learn.credit_model(graph, log, threads=t), 3, epsilon=0.3, rng=1, threads=t)


def learned(model):
    """Return the probabilities, intervals and delays of a learned model."""
    p = model.graph.probability
    parts = [np.sort(values) for values in (p.values, p.lower, p.upper) if values is not None]
    return [plain(part) for part in parts] + [model.graph.fingerprint]


def rankings(found):
    """Return lists and scores."""
    return [plain(found.lists()), found.scores.tolist()]


def answers(threads=None, order=0):
    """Return the answer of each call."""
    return {name: plain(call(threads)) for name, call in calls(order)}


def versions_for_writable_arrays():
    """Return the kernels of which two compiled versions differ only in which arrays can be written to."""
    from numba.core.dispatcher import Dispatcher

    found = []
    for name, module in list(sys.modules.items()):
        if name.startswith("imax.kernels."):
            for kernel in vars(module).values():
                if isinstance(kernel, Dispatcher) and kernel.__module__ == name:
                    texts = [str(signature).replace("readonly ", "") for signature in kernel.signatures]
                    texts = [text.replace("mutable", "").replace("nonconst", "") for text in texts]
                    if len(set(texts)) < len(texts):
                        found.append(f"{name}.{kernel.__name__}")
    return sorted(found)


if __name__ == "__main__":
    threads, order = map(int, sys.argv[1:3])
    found = answers(threads, order)
    print(json.dumps({"answers": found, "versions": versions_for_writable_arrays()}))
