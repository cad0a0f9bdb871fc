"""Work on a Dask cluster: the same bits as in one process, whatever happens to the workers, and nothing left behind."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from distributed import Client, LocalCluster

import imax
from imax.cluster import held as cluster_held
from imax.cluster import session as cluster_session
from imax.cluster.held import Held
from imax.cluster.worker import Lost, add, call, open_graph
from imax.diffusion.sampler import Sampler
from imax.errors import ClusterError, InvalidArgumentError, MissingDependencyError
from imax.ris.collection import RRCollection
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
    problem = capacity.CapacityProblem(TINY, [3], 1)
    runs = {
        "worlds": lambda **own: imax.maximize(edges, 2, algorithm="worlds", epsilon=0.5, rng=1, **own),
        "costs": lambda **own: imax.maximize(
            edges, algorithm="worlds", costs=[1.0] * edges.n_nodes, budget=2.0, start=[0], epsilon=0.9, rng=1, **own
        ),
        "celf": lambda **own: imax.maximize(TINY, 2, algorithm="celf", n_simulations=20, time_limit=60, rng=1, **own),
        "rr": lambda **own: imax.maximize(TINY, 2, algorithm="celf", oracle="rr", n_rr_sets=50, rng=1, **own),
        "greedy": lambda **own: capacity.assign(problem, "rr-greedy", n_rr_sets=50, rng=1, **own),
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
    invited = ["cim", "--k", "1", "--algorithm", "degree", "--active", str(tmp_path / "players.txt"), "--format", "csv"]
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
    with sets:
        pass


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


def test_another_file_of_the_same_name_is_noticed(tmp_path):
    imax.write_graph(GRAPH, tmp_path / "karate.imax")
    with pytest.raises(LookupError, match="contains another graph"):
        open_graph(str(tmp_path / "karate.imax"), None, "0")
    with pytest.raises(LookupError, match=r"missing\.imax"):
        open_graph(str(tmp_path / "missing.imax"), None, "0")


def test_a_shard_does_the_same_in_any_order():
    recipe = Sampler(GRAPH, "ic", (1, 2), threads=1).recipe
    shard, other = (Shard(GRAPH, recipe, False, threads=1) for _ in range(2))
    ranges = ((0, 50), (100, 150))
    assert shard.draw(ranges[:1])[0] == 50
    assert shard.draw(ranges)[:2] == other.draw(ranges)[:2]
    assert shard.draw(((7, 60),))[0] == 53  # others than before
    first = shard.pick(ranges, 0, [], [3])
    assert shard.pick_next(2, 0, 0, [5]) is None
    second = shard.pick_next(2, 0, 1, [5])
    for mine, its in zip(second, other.pick(ranges, 4, [3], [5]), strict=True):
        np.testing.assert_array_equal(mine, its)
    for mine, its in zip(first, other.pick(ranges, 4, [], [3]), strict=True):
        np.testing.assert_array_equal(mine, its)
    gains, _, _ = other.pick(ranges, 5, [], [3, 5, 3])
    assert gains.tolist() == [first[0][0], second[0][0], 0]
    np.testing.assert_array_equal(shard.degree(ranges), other.degree(ranges))
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


@pytest.mark.slow
def test_an_interrupt_leaves_nothing(clean):
    def interrupt(progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        imax.maximize(GRAPH, 2, algorithm="imm", rng=1, client=clean, progress=interrupt)


def kill_one(client):
    """End a worker process without a warning."""
    os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_killed_worker_changes_no_bit(clean):
    expected = facts(imax.maximize(GRAPH, 3, algorithm="opim-c", rng=1))
    killed = []

    def kill(progress):
        if progress.round == 3 and not killed:
            killed.append(kill_one(clean))

    found = imax.maximize(GRAPH, 3, algorithm="opim-c", rng=1, client=clean, progress=kill)
    assert killed
    assert facts(found) == expected


@pytest.mark.slow
def test_a_worker_killed_during_greedy_changes_no_bit(clean, monkeypatch):
    from imax.ris.remote import RemoteCollection

    expected = facts(imax.maximize(GRAPH, 3, algorithm="ris", n_rr_sets=20_000, rng=1))
    pick, calls = RemoteCollection.pick, []

    def pick_and_kill(self, choice, path, nodes):
        calls.append(path)
        if len(calls) == 2:
            kill_one(clean)
        return pick(self, choice, path, nodes)

    monkeypatch.setattr(RemoteCollection, "pick", pick_and_kill)
    found = imax.maximize(GRAPH, 3, algorithm="ris", n_rr_sets=20_000, rng=1, client=clean)
    assert facts(found) == expected


SCRIPT = """
import os, signal, sys, threading
import imax
from distributed import Client, LocalCluster
import imax.cluster.session as session
session._WORKER_SECONDS = 0.5
if __name__ == "__main__":
    cluster = LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0", silence_logs=50)
    client = Client(cluster)
    graph = imax.datasets.load("karate")
    gone = []
    def end(progress):
        if not gone:
            gone.append(cluster.scale(0))
    try:
        imax.maximize(graph, 3, algorithm="opim-c", rng=1, client=client, progress=end)
    except imax.errors.ClusterError as error:
        print(error)
    try:
        imax.maximize(graph, 3, client=client)
    except imax.errors.ClusterError as error:
        print(error)
    cluster.close()
    try:
        imax.maximize(graph, 3, client=client)
    except imax.errors.ClusterError as error:
        print(error)
    os._exit(0)
"""


@pytest.mark.slow
def test_lost_clusters_are_clear_errors(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, tmp_path / "script.py"], capture_output=True, text=True, check=False, timeout=120
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("client")]
    assert "all workers of the Dask cluster" in lines[0], done.stderr
    assert "has no workers; start some" in lines[1]
    assert len(lines) == 3, done.stderr
