"""Work on a Dask cluster: the same bits as in one process, whatever happens to the workers, and nothing left behind."""

import itertools
import os
import sys
import time

import numpy as np
import pytest
from distributed import Client, LocalCluster

import imax
from imax.cluster import held as cluster_held
from imax.cluster import session as cluster_session
from imax.cluster import tasks as cluster_tasks
from imax.cluster.held import Held
from imax.cluster.worker import Lost, add, call, keep, open_graph
from imax.diffusion.sampler import Sampler
from imax.errors import ClusterError, InvalidArgumentError, MissingDependencyError
from imax.ris.collection import RRCollection
from imax.ris.remote import new_collection
from imax.ris.shard import Shard

COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0")
GRAPH = imax.datasets.load("karate")
THIRDS = [node % 3 for node in range(34)]
DEGREE = GRAPH.out_degree()
N_SETS = 6000 if COMPILED else 300
TINY = GRAPH if COMPILED else imax.InfluenceGraph.from_edges([(0, 1), (0, 2), (1, 3), (2, 3), (3, 0)])


@pytest.fixture(scope="module")
def client():
    """Return a client of a cluster of two processes; without the compiler, of two workers in this process."""
    options = {"processes": True} if COMPILED else {"processes": False}
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", **options) as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def clean(client):
    """Check that the test leaves nothing on the cluster."""
    client.wait_for_workers(2)
    yield client
    for _ in range(100):
        left = client.run_on_scheduler(lambda dask_scheduler: list(dask_scheduler.tasks))
        if not left:
            return
        time.sleep(0.05)
    pytest.fail(f"left on the cluster: {left}")


def facts(result):
    """Return all that a result says except how long it took."""
    found = result.to_dict()
    found.pop("seconds", None)
    return found


CASES = [
    pytest.param({}, marks=pytest.mark.slow),
    pytest.param({"model": "lt", "probability": "lt_uniform", "algorithm": "opim-c"}, marks=pytest.mark.slow),
    pytest.param({"algorithm": "hist", "probability": "uniform:0.3"}, marks=pytest.mark.slow),
    {"algorithm": "imm", "epsilon": 0.4},
    {"algorithm": "ris", "n_rr_sets": N_SETS, "node_weights": list(range(1, 35))},
    {"algorithm": "ris", "n_rr_sets": N_SETS, "costs": DEGREE, "budget": 20.0},
    {"algorithm": "ris", "n_rr_sets": N_SETS, "groups": THIRDS, "quotas": 1},
    {"algorithm": "ris", "n_rr_sets": N_SETS, "groups": THIRDS, "quotas": 2, "costs": DEGREE, "budget": 20.0},
    {"algorithm": "ris", "n_rr_sets": N_SETS, "groups": THIRDS, "quotas": (1, 2)},
    {"algorithm": "ris", "n_rr_sets": N_SETS, "start": [0, 2], "include": [5], "exclude": [33]},
    {"algorithm": "ris", "n_rr_sets": N_SETS, "max_steps": 2},
    pytest.param({"algorithm": "hist", "start": [0]}, marks=pytest.mark.slow),
]


def test_a_time_limit_leaves_complete_steps(clean, monkeypatch):
    """The sizes of the collections do not depend on the sets, so that the bounds hold."""
    monkeypatch.setattr("imax.ris.remote._FIRST_STEP", 2)
    monkeypatch.setattr("imax.ris.remote._STEP_SECONDS", 1e-9)  # so few sets at once that steps have parts
    ticks = itertools.count()
    monkeypatch.setattr("imax.selection.problem.Limits.elapsed", lambda self: 0.1 * next(ticks))
    options = {"epsilon": 0.01, "delta": 1e-60, "time_limit": 5.0, "rng": 1, "client": clean}  # many sets at first
    found = imax.maximize(GRAPH, 2, algorithm="opim-c", **options)
    assert found.stop_reason == "time limit"
    sizes = {2**i + 2**j for i in range(12) for j in (i, i - 1)}
    assert found.n_rr_sets in sizes


@pytest.mark.parametrize("options", CASES, ids=lambda options: " ".join(map(str, options)) or "auto")
def test_a_selection_has_the_same_bits(clean, options):
    options = {"rng": 1, "epsilon": 0.1, **options}
    assert facts(imax.maximize(GRAPH, 3, client=clean, **options)) == facts(imax.maximize(GRAPH, 3, **options))


def test_every_family_samples_on_a_cluster(clean):
    """A small run of what `tests/test_cluster_contracts.py` tests in all variants."""
    from imax import annotate, capacity, recommend

    edges = TINY.with_probability("uniform:0.3") if COMPILED else imax.InfluenceGraph.from_edges(
        [(0, 1), (0, 2), (1, 3), (2, 3), (3, 4)], directed=False, probability="uniform:0.5"
    )  # fmt: skip
    problem, larger = capacity.CapacityProblem(TINY, [3], 1), capacity.CapacityProblem(GRAPH, [0, 33, 2], 2)
    runs = {
        "worlds": lambda **own: imax.maximize(edges, 2, algorithm="worlds", epsilon=0.5, rng=1, **own),
        "costs": lambda **own: imax.maximize(
            edges, algorithm="worlds", costs=[1.0] * edges.n_nodes, budget=2.0, start=[0], epsilon=0.9, rng=1, **own
        ),
        "celf": lambda **own: imax.maximize(TINY, 2, algorithm="celf", n_simulations=20, time_limit=60, rng=1, **own),
        "rr": lambda **own: imax.maximize(TINY, 2, algorithm="celf++", oracle="rr", n_rr_sets=50, rng=1, **own),
        "greedy": lambda **own: capacity.assign(larger, "rr-greedy", n_rr_sets=50, rng=1, **own),
        "separate": lambda **own: capacity.assign(problem, "opim-c", epsilon=0.9, rng=1, **own),
        "diagnosis": lambda **own: capacity.diagnose(problem, n_rr_sets=20, rng=1, **own),
        "declined": lambda **own: capacity.assign(problem, "rr-greedy", acceptance=0.5, n_rr_sets=50, rng=1, **own),
        "inviters": lambda **own: capacity.choose_inviters(problem, 1, epsilon=0.5, rng=1, **own),
        "ranking": lambda **own: recommend.heteroim(TINY, k=1, sets_per_node=5, rng=1, **own),
        "expected": lambda **own: recommend.expected_spread(TINY, k=1, sets_per_node=5, rng=1, **own),
        "labels": lambda **own: annotate.auto_annotate(TINY, {0: "a"}, sets_per_item=5, rng=1, **own),
    }  # fmt: skip
    for name, run in runs.items():
        assert facts(run(client=clean)) == facts(run()), name


def test_the_other_functions_have_the_same_bits(clean):
    for run in (
        lambda **own: facts(imax.minimize_seeds(TINY, TINY.n_nodes / 2, epsilon=0.2, rng=1, **own)),
        lambda **own: facts(imax.certify(TINY, [0, 3], start=[1], epsilon=0.2, rng=1, **own)),
        lambda **own: facts(imax.curve(TINY, 4, epsilon=0.2, rng=1, **own)),
        lambda **own: facts(imax.curve(TINY, [1, 4], algorithm="degree", epsilon=0.3, rng=1, **own)),
    ):
        assert run(client=clean) == run()
    results, own = imax.anytime(TINY, 2, rng=1, client=clean), imax.anytime(TINY, 2, rng=1)
    for _ in range(2):
        assert facts(next(results)) == facts(next(own))
    results.close()


@pytest.mark.parametrize("options", [{}, {"model": "lt", "probability": "lt_uniform"}, {"max_steps": 1}], ids=str)
def test_simulations_have_the_same_bits(clean, options):
    own, found = (
        imax.spread(GRAPH, [0, 33], n_simulations=N_SETS, rng=1, client=client, **options) for client in (None, clean)
    )
    assert facts(found) == facts(own)


@pytest.mark.slow
def test_a_comparison_has_the_same_bits(clean):
    own, found = (
        imax.compare(TINY, 2, ["opim-c", "degree"], epsilon=0.3, n_simulations=100, rng=1, client=client)
        for client in (None, clean)
    )
    for mine, its in zip(own.rows, found.rows, strict=True):
        assert (mine.seeds, mine.spread, mine.ratio) == (its.seeds, its.spread, its.ratio)


def test_the_command_line_connects_to_a_scheduler(clean, monkeypatch, tmp_path):
    from click.testing import CliRunner

    from imax.cli import main

    def run(*arguments):
        return CliRunner().invoke(main, [*arguments, "--random-seed", "1", "karate"])

    at = ("--scheduler", clean.scheduler.address)
    for command in (
        ["seed", "--k", "2", "--algorithm", "ris", "--n-rr-sets", "200", "--format", "plain"],
        ["certify", "--seed", "0", "--epsilon", "0.5", "--format", "plain"],
        ["spread", "--seed", "0", "--simulations", "100", "--format", "plain"],
    ):
        own, found = run(*command), run(*command, *at)
        assert found.exit_code == 0, found.output
        assert found.stdout == own.stdout
    for wrong in ("local:0", "local:x"):
        assert "--scheduler must be an address or local:N" in run("seed", "--k", "2", "--scheduler", wrong).output
    (tmp_path / "players.txt").write_text("0\n33\n")
    invited = [
        "cim",
        "--k",
        "1",
        "--algorithm",
        "rr-greedy",
        "--n-rr-sets",
        "100",
        "--active",
        str(tmp_path / "players.txt"),
        "--format",
        "csv",
    ]
    own, found = run(*invited), run(*invited, *at)
    assert found.exit_code == 0, found.output
    assert found.stdout == own.stdout
    refused = run("seed", "--k", "2", "--algorithm", "degree", *at)
    assert refused.exit_code == 2
    assert "--scheduler is not supported by algorithm" in refused.output
    monkeypatch.setattr("imax.cli.cluster._SECONDS", 0.3)
    nowhere = run("seed", "--k", "2", "--scheduler", "tcp://127.0.0.1:9")
    assert nowhere.exit_code == 1
    assert "no Dask scheduler answers there" in nowhere.output
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert "--scheduler requires the package distributed" in run("seed", "--k", "2", *at).output


def test_rr_sets_stay_on_the_cluster(clean):
    sets, own = (imax.sample_rr_sets(GRAPH, 3000, rng=1, client=client) for client in (clean, None))
    assert len(sets) == 3000
    assert sets.n_entries == own.n_entries
    np.testing.assert_array_equal(sets.degree(), own.degree())
    assert sets.estimate([0, 33]) == own.estimate([0, 33])
    assert "3,000 RR sets" in repr(sets)
    assert 0.4 < sets.expected_nbytes(6000) / own.expected_nbytes(6000) < 1.1
    with sets:
        pass


def test_sets_that_do_not_fit_leave_the_cluster_although_the_error_is_kept(clean):
    with pytest.raises(imax.errors.OutOfMemoryBoundError) as caught:
        imax.sample_rr_sets(TINY, 200, max_memory="100B", rng=1, client=clean)
    for _ in range(100):  # consoles keep the last error, and the error keeps what its functions had
        if not clean.run_on_scheduler(lambda dask_scheduler: list(dask_scheduler.tasks)):
            break
        time.sleep(0.05)
    else:
        pytest.fail("the sets are left")
    assert caught.value.argument == "max_memory"


def test_the_default_memory_is_that_of_the_workers(clean, monkeypatch):
    from imax._utils.memory import default_memory

    with cluster_session.open_session(clean, TINY) as session:
        limits = clean.run(lambda dask_worker: dask_worker.memory_manager.memory_limit).values()
        of_workers = session.default_memory()
        assert 0 < of_workers <= min(default_memory() * 0.6, min(limits) / 4)
        monkeypatch.setattr("imax.cluster.worker.default_memory", lambda dask_worker: ("here", None, None))
        if not COMPILED:  # the workers are in this process
            assert session.default_memory() is None
    monkeypatch.setattr(cluster_session.Session, "default_memory", lambda self: 1 << 12)
    options = {"epsilon": 0.01, "delta": 1e-60, "rng": 1, "client": clean}
    found = [imax.maximize(TINY, 1, algorithm="opim-c", **more, **options) for more in ({}, {"max_memory": "1GiB"})]
    assert found[0].stop_reason == "memory limit"
    assert found[0].n_rr_sets < found[1].n_rr_sets


@pytest.mark.parametrize("moment", ["pick_next", "name-graph", "draw"])
def test_a_worker_that_leaves_changes_no_bit_and_is_not_waited_for(monkeypatch, moment):
    """A worker that is retired moves what it holds to others; the others have to make the objects anew."""
    options = {"algorithm": "ris", "n_rr_sets": N_SETS, "rng": 1}
    expected = facts(imax.maximize(GRAPH, 3, **options))
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", processes=False) as cluster,
        Client(cluster) as client,
    ):
        retired = []

        def retire(name):
            if name == moment and not retired:
                retired.extend(client.retire_workers([min(client.nthreads())]))

        for owner, method, place in ((Held, "call_at_once", 1), (Held, "call", 2), (cluster_tasks.Tasks, "submit", 1)):
            monkeypatch.setattr(owner, method, watched(getattr(owner, method), place, retire))
        began = time.monotonic()
        assert facts(imax.maximize(GRAPH, 3, client=client, **options)) == expected
        assert time.monotonic() - began < 20.0
        assert len(retired) == 1


@pytest.mark.parametrize("in_file", [False, True])
def test_a_graph_that_dask_moves_is_placed_again_without_a_copy_of_its_arcs(clean, tmp_path, in_file):
    import pickle

    graph = GRAPH
    if in_file:
        imax.write_graph(GRAPH, tmp_path / "karate.imax")
        graph = imax.read_graph(tmp_path / "karate.imax")
    placed = open_graph(graph.path, None, graph.fingerprint) if in_file else keep(graph)
    assert len(pickle.dumps(placed)) < 100
    assert isinstance(pickle.loads(pickle.dumps(placed)), Lost)
    with cluster_session.open_session(clean, graph) as session:
        for address in session.addresses():  # what is left after a move
            session.placement._graphs[address] = session.tasks.submit("move", Lost, address=address)
        own = RRCollection(Sampler(GRAPH, "ic", (1, 2)))
        own.draw(0, 100)
        held = Held(session, Shard, own.sampler.recipe, True)
        assert held.call("draw", "draw", [(((0, 100),),)] * 2)[0].n_entries == own.n_entries
        assert session.placement.n_sent == (not in_file)
        del held


def watched(method, place, function):
    """Return a method that first calls a function with the argument in a place."""

    def run(*arguments, **options):
        function(arguments[place])
        return method(*arguments, **options)

    return run


def test_a_pick_sends_the_counts_of_touched_nodes(clean):
    with cluster_session.open_session(clean, GRAPH) as session:
        session.requests = []
        imax.maximize(GRAPH, 3, algorithm="ris", n_rr_sets=N_SETS, rng=1, client=session)
        assert len(session.requests) >= 2  # one request may count for two seeds
        for seconds, nbytes, n_touched, n_lowered in session.requests:
            assert seconds > 0.0
            assert 0 < nbytes - 8 * n_touched <= 8 * 5 * session.n_slots  # a number for a seed and each guess
            assert n_lowered >= n_touched


def test_expected_memory_does_not_multiply_what_does_not_grow():
    """Pointers of the index and counts of nodes take the same memory for any number of sets."""
    sets = RRCollection(Sampler(GRAPH, "ic", (1, 2), threads=1), store_singletons=False)
    sets.extend(10)
    fixed = 4 * 34 + 8 * 35
    assert sets.expected_nbytes(10) == sets.nbytes + sets.index_nbytes
    assert abs(sets.expected_nbytes(1000) - fixed - 100 * (sets.expected_nbytes(10) - fixed)) < 100


def test_a_graph_file_is_mapped_and_not_sent(clean, tmp_path):
    imax.write_graph(GRAPH, tmp_path / "karate.imax")
    graph = imax.read_graph(tmp_path / "karate.imax")
    with cluster_session.open_session(clean, graph) as session:
        assert session.placement.by_path
    with cluster_session.open_session(clean, graph.with_probability("uniform:0.1")) as session:
        assert session.placement.by_path
        own = RRCollection(Sampler(graph.with_probability("uniform:0.1"), "ic", (1, 2)))
        own.draw(0, 100)
        shard = Held(session, Shard, own.sampler.recipe, True)
        found = shard.call("draw", "draw", [(((0, 100),),)] * 2)
        assert found[0][1] == own.n_entries
        del shard
    graph.path = str(tmp_path / "missing.imax")
    with cluster_session.open_session(clean, graph) as session:
        assert not session.placement.by_path
        with cluster_session.open_session(session, graph) as same:
            assert same is session


@pytest.mark.skipif(not COMPILED, reason="workers in one process share more than a machine")
def test_a_sent_graph_is_sent_once_to_a_machine(clean):
    """The other worker maps the file that the first one writes; the file goes with the session."""
    from pathlib import Path

    def files():
        found = clean.run(lambda dask_worker: [str(p) for p in Path(dask_worker.local_directory).glob("imax-*")])
        return [path for paths in found.values() for path in paths]

    def passed():
        return sum(clean.run(lambda dask_worker: dask_worker.transfer_outgoing_bytes_total).values())

    graph, before = imax.datasets.load("rmat:12", rng=0), passed()
    with cluster_session.open_session(clean, graph) as session:
        assert not session.placement.by_path
        assert session.placement.n_sent == 1
        assert len(files()) == 1
        held = Held(session, Shard, Sampler(graph, "ic", (1, 2)).recipe, True)
        assert [facts.n_sets for facts in held.call("draw", "draw", [(((0, 5),),), (((5, 9),),)])] == [5, 4]
        assert passed() - before < graph.in_idx.nbytes
        with cluster_session.open_session(session, graph) as same:
            assert same is session
        del held
    for _ in range(100):
        if not files():
            return
        time.sleep(0.05)
    pytest.fail("the file of the graph is left")


def runs_of_many_sets(graph):
    """Return runs whose RR sets stay on the workers; each takes a number of RR sets for each node."""
    from imax import annotate, capacity, recommend

    problem = capacity.CapacityProblem(graph, graph.nodes()[:10], 3)
    labels = dict.fromkeys(graph.nodes()[:50], "a")
    return {
        "ris": lambda count, **own: imax.maximize(
            graph, 20, algorithm="ris", n_rr_sets=count * graph.n_nodes, rng=1, **own
        ),
        "oracle": lambda count, **own: imax.maximize(
            graph, 5, algorithm="celf", oracle="rr", n_rr_sets=count * graph.n_nodes, rng=1, **own
        ),
        "diagnose": lambda count, **own: capacity.diagnose(problem, n_rr_sets=count * graph.n_nodes, rng=1, **own),
        "separate": lambda count, **own: capacity.assign(problem, "imm", epsilon=0.9 / count**0.4, rng=1, **own),
        "inviters": lambda count, **own: capacity.choose_inviters(problem, 3, epsilon=0.9 / count**0.5, rng=1, **own),
        "ranking": lambda count, **own: recommend.heteroim(
            graph, graph.nodes()[:50], k=3, sets_per_node=count, rng=1, **own
        ),
        "declined": lambda count, **own: capacity.assign(
            problem, "rr-greedy", acceptance=0.3, n_rr_sets=count * graph.n_nodes, rng=1, **own
        ),
        "expected": lambda count, **own: recommend.expected_spread(
            graph, graph.nodes()[:50], k=3, sets_per_node=count, rng=1, **own
        ),
        "labels": lambda count, **own: annotate.auto_annotate(graph, labels, sets_per_item=count, rng=1, **own),
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", runs_of_many_sets(GRAPH))
def test_memory_of_the_caller_does_not_depend_on_the_number_of_sets(clean, name):
    import tracemalloc

    graph, peaks = imax.datasets.load("rmat:14", rng=0), []
    run = runs_of_many_sets(graph)[name]
    for count in (1, 4, 24):  # the first run loads modules
        tracemalloc.start()
        run(count, client=clean)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 1.3 * peaks[1]
    assert peaks[2] < 350 * graph.n_nodes


def test_residual_weights_stay_on_the_cluster(clean, monkeypatch):
    """The workers send sums of weights, and never sets."""
    from imax import capacity, recommend
    from imax.ris.remote import RemoteCollection

    def gathered(self):
        raise AssertionError("the sets were sent")

    problem = capacity.CapacityProblem(GRAPH, [0, 2, 33], 3)
    count = 1000 if COMPILED else 50
    runs = (
        lambda **own: capacity.assign(
            problem, "rr-greedy", acceptance=0.3, discount=[1.0, 0.7], n_rr_sets=count, rng=1, **own
        ),
        lambda **own: recommend.expected_spread(TINY, k=3, sets_per_node=3, discount=[1.0, 0.5], rng=1, **own),
    )
    expected, weigh, sent = [facts(run()) for run in runs], RemoteCollection.weigh, []

    def counted(self, *arguments):
        sums, left = weigh(self, *arguments)
        sent.append(sums.size + left.size)
        return sums, left

    monkeypatch.setattr(RemoteCollection, "gathered", gathered)
    monkeypatch.setattr(RemoteCollection, "weigh", counted)
    for run, own, n_choices in zip(runs, expected, (9, 3 * TINY.n_nodes), strict=True):
        assert facts(run(client=clean)) == own
        assert 0 < len(sent) <= n_choices
        assert sum(sent) < 20 * n_choices
        sent.clear()


def test_a_step_that_is_interrupted_does_not_count(clean, monkeypatch):
    """Sets that may have been drawn without the caller's knowledge are drawn again."""
    from imax.ris.remote_worlds import RemoteWorlds

    graph, call_ = GRAPH.with_probability("uniform:0.1"), Held.call

    def interrupted(self, name, *arguments, **options):
        call_(self, name, *arguments, **options)
        if name.startswith("draw"):
            raise KeyboardInterrupt
        raise AssertionError

    with cluster_session.open_session(clean, graph) as session:
        sets, own = (new_collection(place, Sampler(graph, "ic", (1, 2))) for place in (session, None))
        worlds = RemoteWorlds(session, (1, 2), None)
        for collection in (sets, own):
            collection.extend(20)
        worlds.extend(4)
        with monkeypatch.context() as patch:
            patch.setattr(Held, "call", interrupted)
            for collection in (sets, worlds):
                with pytest.raises(KeyboardInterrupt):
                    collection.extend(30)
        assert sets.covered(np.array([0], dtype=np.int32)) == own.covered(np.array([0], dtype=np.int32))
        gain, before = (np.empty(graph.n_nodes, dtype=np.int64) for _ in range(2))
        worlds.gains(gain)
        other = RemoteWorlds(session, (1, 2), None)
        other.extend(4)
        other.gains(before)
        assert gain.tolist() == before.tolist()
        for collection in (sets, own):
            collection.extend(30)
        assert sets.n_entries == own.n_entries
        np.testing.assert_array_equal(sets.degree(), own.degree())


def test_a_call_that_seemed_lost_may_still_be_running(monkeypatch):
    """The connection to a worker broke, but not the worker: an earlier call and the next one run at the same time."""
    from concurrent.futures import ThreadPoolExecutor

    from imax.ris.remote_worlds import WorldShard
    from imax.ris.worlds import WorldCollection
    from imax.selection.oracles import SimulationOracle
    from imax.selection.remote_oracle import OracleShard

    def slow(kind, name):
        method = getattr(kind, name)

        def waits(self, *arguments):
            found = method(self, *arguments)
            time.sleep(0.02)
            return found

        monkeypatch.setattr(kind, name, waits)

    slow(WorldCollection, "cover")
    slow(SimulationOracle, "take_in")
    graph, nodes = GRAPH.with_probability("uniform:0.1"), np.array([1, 5], dtype=np.int32)
    for make, call_ in (
        (
            lambda: WorldShard(graph, (1, 2), None, threads=1),
            lambda x, taken: [x.gains_of(((0, 4),), taken, nodes), *x.cover(((0, 4),), taken)],
        ),
        (
            lambda: OracleShard(graph, "ic", None, (1, 2), 64, None, threads=1),
            lambda x, taken: [x.gains(0, 1, taken, nodes, -1)],
        ),
    ):
        lists, shard = [[0, 33, 2], [3, 1]], make()
        expected = [call_(make(), taken) for taken in lists]
        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(call_, [shard, shard], lists))
        for own, other in zip(found, expected, strict=True):
            for values, right in zip(own, other, strict=True):
                np.testing.assert_array_equal(values, right)


def test_another_file_of_the_same_name_is_noticed(tmp_path):
    imax.write_graph(GRAPH, tmp_path / "karate.imax")
    with pytest.raises(LookupError, match="contains another graph"):
        open_graph(str(tmp_path / "karate.imax"), None, "0")
    with pytest.raises(LookupError, match=r"missing\.imax"):
        open_graph(str(tmp_path / "missing.imax"), None, "0")


def same_counts(answers, others):
    """Check that two answers of a shard have the same counts; touched nodes may be in any order."""
    for (gains, nodes, counts), (gains_2, nodes_2, counts_2) in zip(answers, others, strict=True):
        assert gains.tolist() == gains_2.tolist()
        pairs = [dict(zip(x.tolist(), y.tolist(), strict=True)) for x, y in ((nodes, counts), (nodes_2, counts_2))]
        assert pairs[0] == pairs[1]


def test_guesses_of_the_next_seeds_change_nothing():
    """A shard takes wrong guesses back, whether it is asked again or gets the whole path."""
    recipe, ranges = Sampler(GRAPH, "ic", (1, 2), threads=1).recipe, ((0, 200),)
    nodes = [33, 0, 32, 2, 1, 6]
    plain, shard = (Shard(GRAPH, recipe, False, threads=1) for _ in range(2))
    expected = [plain.pick(ranges, 0, nodes[:i], nodes[i : i + 1], [])[0] for i in range(6)]
    same_counts(shard.pick(ranges, 0, [], nodes[:1], nodes[1:3]), expected[:3])
    same_counts(shard.pick_next(1, 0, 3, nodes[3:4], [8, 9])[:1], expected[3:4])  # both guesses were right
    same_counts(shard.pick_next(1, 0, 4, nodes[4:5], [5]), [expected[4], shard.pick(ranges, 0, nodes[:5], [5], [])[0]])
    same_counts(shard.pick(ranges, 0, nodes[:5], nodes[5:], []), expected[5:])
    shard.pick(ranges, 0, nodes[:2], nodes[2:3], [8, 9])
    same_counts(shard.pick(ranges, 0, nodes[:3], nodes[3:4], []), expected[3:4])
    shard.pick(ranges, 0, nodes[:2], nodes[2:3], [3, 9])
    assert shard.pick_next(1, 0, 2, nodes[2:3], []) is None  # the answer was lost: it needs the whole path
    same_counts(shard.pick(ranges, 0, nodes[:2], nodes[2:3], []), expected[2:3])


def test_a_shard_does_the_same_in_any_order():
    recipe = Sampler(GRAPH, "ic", (1, 2), threads=1).recipe
    shard, other = (Shard(GRAPH, recipe, False, threads=1) for _ in range(2))
    ranges = ((0, 50), (100, 150))
    assert shard.draw(ranges[:1])[0] == 50
    assert shard.draw(ranges)[:2] == other.draw(ranges)[:2]
    assert shard.draw(((7, 60),))[0] == 53  # others than before
    first = shard.pick(ranges, 0, [], [3], [])
    assert shard.pick_next(2, 0, 0, [5], []) is None
    second = shard.pick_next(2, 0, 1, [5], [])
    same_counts(second, other.pick(ranges, 4, [3], [5], []))
    same_counts(first, other.pick(ranges, 4, [], [3], []))
    ((gains, _, _),) = other.pick(ranges, 5, [], [3, 5, 3], [])
    assert gains.tolist() == [first[0][0][0], second[0][0][0], 0]
    np.testing.assert_array_equal(shard.degree(ranges), other.degree(ranges))
    nodes, counts = shard.shared(ranges, 0, [3], 5)
    own = RRCollection(Sampler(GRAPH, "ic", (1, 2), threads=1))
    for first, stop in ranges:
        own.draw(first, stop - first)
    assert own.numbers().tolist() == [*range(50), *range(100, 150)]
    held = [set(own.nodes[a:b].tolist()) for a, b in itertools.pairwise(own.offsets.tolist())]
    left = [nodes for nodes in held if 5 in nodes and 3 not in nodes and len(nodes) > 1]
    expected = {v: sum(v in nodes for nodes in left) for nodes in left for v in nodes}
    assert dict(zip(nodes.tolist(), counts.tolist(), strict=True)) == expected
    import pickle

    moved = pickle.loads(pickle.dumps(shard))
    assert isinstance(moved, Lost)
    assert call(moved, "degree", ()) is moved
    assert add([np.ones(2), moved]) is moved
    assert add([np.ones(2), np.ones(2)]).tolist() == [2.0, 2.0]


def test_sums_are_added_on_the_workers(clean, monkeypatch):
    monkeypatch.setattr(cluster_held, "_FEW_PARTS", 1)
    monkeypatch.setattr("imax.ris.remote._FEW_ENTRIES", 0)
    sets, own = (imax.sample_rr_sets(GRAPH, 500, rng=1, client=client) for client in (clean, None))
    np.testing.assert_array_equal(sets.degree(), own.degree())
    sets.close()


def test_results_arrive_however_often_the_workers_are_looked_at(clean, monkeypatch):
    """A request that is cancelled at the wrong moment makes a client of Dask unable to fetch any other result."""
    monkeypatch.setattr(cluster_tasks, "PATIENCE", 1e-6)
    tasks = cluster_tasks.Tasks(clean)
    try:
        made = [tasks.submit("add", add, [np.full(3, i)]) for i in range(100)]
        assert [tasks.result(future, [])[0] for future in made] == list(range(100))
    finally:
        tasks.release_all()


@pytest.mark.parametrize("n_lost", [1, 2])
def test_a_worker_that_is_lost_before_it_has_the_graph_is_replaced(clean, monkeypatch, n_lost):
    """The graph cannot be sent to the first workers that are tried."""
    lost, scatter = [], cluster_tasks.Tasks.scatter

    def fails_first(self, data, address):
        if len(lost) < n_lost:
            lost.append(address)
            return None
        return scatter(self, data, address)

    monkeypatch.setattr(cluster_tasks.Tasks, "scatter", fails_first)
    options = {"algorithm": "ris", "n_rr_sets": N_SETS, "rng": 1}
    assert facts(imax.maximize(GRAPH, 2, client=clean, **options)) == facts(imax.maximize(GRAPH, 2, **options))
    assert len(lost) == n_lost


def test_clear_errors(clean, monkeypatch):
    with pytest.raises(InvalidArgumentError, match=r"client must be a distributed\.Client, got str"):
        imax.maximize(GRAPH, 2, client="localhost")
    with pytest.raises(InvalidArgumentError, match="client is not supported by algorithm 'degree'; these support it"):
        imax.maximize(GRAPH, 2, algorithm="degree", client=clean)
    with pytest.raises(InvalidArgumentError, match="k must be at most 34"):
        imax.maximize(GRAPH, 100, client=clean)
    monkeypatch.setattr(cluster_session, "__version__", "0.0.1")
    with pytest.raises(ClusterError, match=r"has imax .*, this process has 0\.0\.1; install the same version"):
        imax.maximize(GRAPH, 2, client=clean)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'influence-maximization\[dask\]'"):
        imax.anytime(GRAPH, 2, client=clean)
