"""Generators, compared with slow references and known distributions; the registry; loading by name.

Statistical tests use fixed keys, so that their outcome is always the same. With a random key a chi-square test would
fail once in a million times.
"""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from imax.datasets import chung_lu, disjoint_cliques, generate, load, path, resolve, rmat, star, stochastic_block
from numba import config
from scipy.stats import chi2

from imax import datasets
from imax.errors import FileFormatError, ImaxError, InvalidArgumentError, NoSuchFileError

from . import naive_generate as naive

FALSE_ALARM = 1e-6
MANY = 4_000 if config.DISABLE_JIT else 200_000


def assert_fits(observed, expected):
    statistic, freedom = naive.chi_square(observed, expected)
    assert statistic < chi2.isf(FALSE_ALARM, freedom), (statistic, freedom)


def key_of(seed):
    return tuple(np.random.SeedSequence(seed).generate_state(2, np.uint64).tolist())


# -- generators


@pytest.mark.parametrize("scale", [1, 2, 7, 10, 30])
def test_rmat_equals_the_reference_bit_for_bit(scale):
    src, dst = rmat(scale, 300 / 2**scale, 0.5, 0.2, 0.25, rng=5)
    expected = [naive.rmat_arc(key_of(5), i, scale, (0.5, 0.2, 0.25)) for i in range(300)]
    assert list(zip(src.tolist(), dst.tolist(), strict=True)) == expected
    assert src.dtype == dst.dtype == np.int32


@pytest.mark.parametrize("quarters", [(0.57, 0.19, 0.19), (0.25, 0.25, 0.25), (0.0, 0.7, 0.1), (0.1, 0.0, 0.9)])
def test_rmat_cells_have_the_frequencies_of_the_model(quarters):
    scale = 3
    src, dst = rmat(scale, MANY / 2**scale, *quarters, rng=11)
    seen = np.bincount(8 * src.astype(np.int64) + dst, minlength=64)
    probabilities = naive.rmat_cell_probabilities(scale, *quarters)
    expected = [len(src) * max(probabilities[divmod(cell, 8)], 0.0) for cell in range(64)]
    impossible = [cell for cell in range(64) if expected[cell] < 1e-9]
    assert seen[impossible].sum() == 0
    possible = [cell for cell in range(64) if cell not in impossible]
    assert_fits(seen[possible].tolist(), [expected[cell] for cell in possible])


@pytest.mark.parametrize(
    ("quarters", "corner"),
    [((1, 0, 0), (0, 0)), ((0, 1, 0), (0, 31)), ((0, 0, 1), (31, 0)), ((0, 0, 0), (31, 31))],
)
def test_rmat_with_a_quarter_of_probability_one(quarters, corner):
    src, dst = rmat(5, 1, *quarters, rng=1)
    assert (set(src.tolist()), set(dst.tolist())) == ({corner[0]}, {corner[1]})


@pytest.mark.parametrize(
    "draw",
    [
        lambda threads: rmat(9, 3.3, rng=2, threads=threads),
        lambda threads: chung_lu(700, 5, 2.2, rng=2, threads=threads),
        lambda threads: stochastic_block([30, 0, 50], np.full((3, 3), 0.1), rng=2, threads=threads),
    ],
    ids=["rmat", "chung-lu", "stochastic-block"],
)
def test_arcs_do_not_depend_on_threads(draw):
    first = draw(1)
    for threads in (2, 3):
        for one, other in zip(first, draw(threads), strict=True):
            assert np.array_equal(one, other)


def test_the_first_arcs_do_not_depend_on_the_number_of_arcs():
    few, many = rmat(8, 1, rng=3), rmat(8, 2, rng=3)
    assert np.array_equal(few[0], many[0][:256])
    assert np.array_equal(few[1], many[1][:256])
    assert not np.array_equal(few[0], rmat(8, 1, rng=4)[0])


def test_chung_lu_equals_the_reference():
    src, dst = chung_lu(1000, 0.6, 2.3, rng=8)
    expected = [naive.chung_lu_arc(key_of(8), i, 1000, 2.3) for i in range(300)]
    assert list(zip(src.tolist(), dst.tolist(), strict=True)) == expected


@pytest.mark.parametrize("exponent", [2.1, 2.5, 4.0])
def test_chung_lu_ends_have_the_shares_of_the_weights(exponent):
    src, dst = chung_lu(50, MANY / 50, exponent, directed=True, rng=6)
    shares = naive.chung_lu_shares(50, exponent)
    for ends in (src, dst):
        assert_fits(np.bincount(ends, minlength=50).tolist(), [MANY * share for share in shares])


def test_chung_lu_ends_are_independent():
    src, dst = chung_lu(4, MANY / 4, 3.0, directed=True, rng=7)
    shares = naive.chung_lu_shares(4, 3.0)
    seen = np.bincount(4 * src.astype(np.int64) + dst, minlength=16)
    assert_fits(seen.tolist(), [MANY * a * b for a in shares for b in shares])


@pytest.mark.parametrize("p", [0.0, 0.004, 0.3, 0.999, 1.0])
def test_chosen_cells_equal_the_reference(p, monkeypatch):
    from imax.datasets import generators

    monkeypatch.setattr(generators, "_CHUNK", 40)
    src, dst = stochastic_block([11, 13], [[0, p], [0, 0]], directed=True, rng=4)
    stride = 143 if p == 0 else -int(-40 // p)
    expected = []
    for number, low in enumerate(range(0, 143, stride)):
        expected += naive.bernoulli_cells(key_of(4), number, low, min(low + stride, 143), p)
    assert (13 * src + (dst - 11)).tolist() == expected


@pytest.mark.parametrize("directed", [False, True])
def test_stochastic_block_with_certain_edges_lists_every_pair(directed):
    sizes = [3, 1, 4]
    table = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1.0]])
    src, dst = stochastic_block(sizes, table, directed=directed, rng=1)
    pairs = list(zip(src.tolist(), dst.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    tried = naive.block_pairs(sizes, directed)
    assert len(pairs) == sum(count for (r, s), count in tried.items() if table[r, s])
    assert all(u != v if directed else u < v for u, v in pairs)


@pytest.mark.parametrize("directed", [False, True])
def test_stochastic_block_draws_every_pair_with_its_probability(directed, monkeypatch):
    from imax.datasets import generators

    monkeypatch.setattr(generators, "_CHUNK", 2)  # many streams, even for few cells
    draws, sizes, table = 300, [3, 4], np.array([[0.5, 0.1], [0.1, 0.3]])
    seen = np.zeros((7, 7))
    for seed in range(draws):
        np.add.at(seen, stochastic_block(sizes, table, directed=directed, rng=seed), 1)
    p = np.repeat(np.repeat(table, sizes, axis=0), sizes, axis=1)
    tried = ~np.eye(7, dtype=bool) if directed else np.triu(np.ones((7, 7), dtype=bool), 1)
    assert seen[~tried].sum() == 0
    scores = (seen - draws * p)[tried] ** 2 / (draws * p * (1 - p))[tried]
    assert scores.sum() < chi2.isf(FALSE_ALARM, tried.sum())


def test_stochastic_block_counts_of_large_blocks():
    sizes, p = [40_000, 60_000], 2e-6
    src, dst = stochastic_block(sizes, np.full((2, 2), p), rng=9)
    pairs = 100_000 * 99_999 / 2
    assert abs(len(src) - pairs * p) < 6 * np.sqrt(pairs * p)  # fails by chance once in 5e8 times
    assert len(set(zip(src.tolist(), dst.tolist(), strict=True))) == len(src)


def test_a_buffer_that_is_too_small_grows(monkeypatch):
    from imax.datasets import generators

    monkeypatch.setattr(generators, "_SPARE", -8)
    assert len(stochastic_block([1, 90], [[0, 1], [1, 0]], rng=1)[0]) == 90


def test_simple_shapes():
    assert [ends.tolist() for ends in star(1)] == [[], []]
    assert generate("star", 6).out_degree().tolist() == [5, 0, 0, 0, 0, 0]
    assert generate("path", n=4).out_degree().tolist() == [1, 1, 1, 0]
    assert generate("path", 1).n_nodes == 1
    cliques = generate("disjoint_cliques", 3, 4)
    assert (cliques.n_nodes, cliques.n_arcs) == (12, 36)
    assert disjoint_cliques(2, 1)[0].size == 0
    assert path(2)[1].tolist() == [1]


def test_generate_returns_the_arcs_of_the_function_and_keeps_isolated_nodes():
    graph = generate("rmat", 6, 2, rng=9, probability="uniform:0.5")
    src, dst = rmat(6, 2, rng=9)
    assert graph.n_nodes == 64
    assert graph.report.arcs_given == 128
    assert {(u, v) for u, v, _ in graph.arcs()} == {
        (u, v) for u, v in zip(src.tolist(), dst.tolist(), strict=True) if u != v
    }
    assert generate("chung-lu", 50, rng=1).report.directed is False
    assert generate("chung-lu", 50, directed=True, rng=1).report.directed is True
    assert generate("stochastic-block", [2, 3], [[1, 1], [1, 1]]).n_arcs == 20


def test_generate_repeats_for_an_int_and_differs_for_a_generator():
    def arcs(rng):
        return generate("rmat", 5, rng=rng, probability="trivalency").arcs()

    assert arcs(1) == arcs(1)
    assert arcs(np.random.SeedSequence(1)) == arcs(1)
    generator = np.random.default_rng(1)
    assert arcs(generator) != arcs(generator)
    assert arcs(None) != arcs(None)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: rmat(0), "scale must be at least 1"),
        (lambda: rmat(31), "scale must be at most 30"),
        (lambda: rmat(3, 0), "edge_factor must be a finite number above 0"),
        (lambda: rmat(3, 1, 0.5, 0.5, 0.5), "a + b + c must be at most 1"),
        (lambda: rmat(3, 1, -0.5), "a must lie in [0, 1], got -0.5"),
        (lambda: chung_lu(0), "n must be at least 1"),
        (lambda: chung_lu(10, 2, 2), "exponent must be above 2"),
        (lambda: stochastic_block([2, -1], [[0, 0], [0, 0]]), "sizes must be at least 0, got -1"),
        (lambda: stochastic_block([2, 2], [[0, 0]]), "(2, 2); got (1, 2)"),
        (lambda: stochastic_block([2, 2], [[0, 2], [2, 0]]), "in [0, 1], got 2.0"),
        (lambda: stochastic_block([2, 2], [[0, 1], [0, 0]]), "directed=True"),
        (lambda: stochastic_block([2], [["x"]]), "table of numbers"),
        (lambda: star(0), "n must be at least 1"),
        (lambda: disjoint_cliques(2**20, 2**20), "count * size nodes must fit 32 bits"),
        (lambda: generate("rnat", 3), "name must be one of rmat"),
        (lambda: generate("rmat", 3, colour=1), "name: the parameters of 'rmat' are scale, edge_factor, a, b, c"),
        (lambda: generate("star"), "missing a required argument"),
        (lambda: generate("star", 3, rng=-1), "rng must not be negative"),
    ],
)
def test_errors_name_the_argument(call, says):
    with pytest.raises(InvalidArgumentError) as caught:
        call()
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(caught.value.argument or "")


# -- the registry and loading


def test_registry_is_consistent():
    known = datasets.DATASETS
    assert len({d.name for d in known}) == len({d.title for d in known}) == len(known)
    files = [d.file for d in known if not d.builtin]
    assert len(set(files)) == len(files)
    for d in known:
        assert d.source.startswith("http")
        assert d.licence
        assert d.name == d.name.lower()
        assert d.nodes > 0
        assert d.sha256 is None or len(d.sha256) == 64
        assert datasets.info(d.name) is d
    assert datasets.names() == [d.name for d in known]


@pytest.mark.parametrize("name", datasets.builtin_names())
def test_builtin_graphs_load_without_a_folder(name, monkeypatch):
    monkeypatch.delenv("IMAX_DATA", raising=False)
    graph = load(name, probability="uniform:0.1")
    assert graph.n_nodes == datasets.info(name).nodes
    assert graph.report.arcs_given == datasets.info(name).edges
    assert graph.probability.spec == "uniform:0.1"
    assert load(name).arcs() == load(name.upper().replace("-", "_"), rng=3).arcs()


def test_generated_graphs_load_by_name():
    assert load("rmat:6,4").arcs() == generate("rmat", 6, 4, rng=0).arcs()
    assert load("rmat:6,4,rng=3").arcs() == generate("rmat", 6, edge_factor=4, rng=3).arcs()
    assert load("rmat:6,4", rng=1).arcs() == load("RMAT:6,4", rng=2).arcs()
    assert load("disjoint_cliques:2,3").n_arcs == 12
    weighted = [load("rmat:6,4", probability="trivalency", rng=seed).arcs() for seed in (1, 1, 2)]
    assert weighted[0] == weighted[1] != weighted[2]
    assert load("rmat:4,a=0.9,b=0.1,c=0").n_nodes == 16


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("rmat:", "'' is not a number"),
        ("rmat:4,x", "'x' is not a number"),
        ("rmat:a=0.5,4", "'4' must come before the named parameters"),
        ("rmat:4,colour=3", "the parameters of 'rmat' are scale"),
        ("rmat:4.5", "scale must be a whole number"),
        ("nosuch", "name 'nosuch' is unknown"),
    ],
)
def test_invalid_names_of_generated_graphs(spec, says):
    with pytest.raises(InvalidArgumentError) as caught:
        load(spec)
    assert says in str(caught.value)
    assert str(caught.value).startswith(caught.value.argument or "")


def test_resolve_returns_none_for_unknown_names():
    assert resolve("karate")(probability="uniform:0.2").probability.spec == "uniform:0.2"
    assert resolve("path:3")(threads=1).n_arcs == 2
    assert resolve("facebook") is not None
    for other in ("graph.txt", "C:\\graphs\\rmat", "unknown:3", "-", ""):
        assert resolve(other) is None


def test_the_error_for_a_missing_file_says_where_to_get_it(tmp_path, monkeypatch):
    monkeypatch.delenv("IMAX_DATA", raising=False)
    with pytest.raises(NoSuchFileError) as caught:
        load("dblp")
    for part in ("com-dblp.ungraph.txt.gz", "https://snap.stanford.edu/data/com-DBLP.html", "IMAX_DATA"):
        assert part in str(caught.value)
    monkeypatch.setenv("IMAX_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError) as caught:
        load("nethept")
    for part in ("nethept.txt.gz", str(tmp_path), "hep.txt of graphdata.zip", "IMAX_DATA"):
        assert part in str(caught.value)
    with pytest.raises(NoSuchFileError, match="elsewhere"):
        load("dblp", tmp_path / "elsewhere")


@pytest.mark.parametrize("as_text", [False, True])
def test_files_are_found_compressed_or_not(tmp_path, monkeypatch, as_text):
    content = b"# a comment\n1\t2\n2\t3\n"
    file = tmp_path / ("com-dblp.ungraph.txt" if as_text else "com-dblp.ungraph.txt.gz")
    file.write_bytes(content if as_text else gzip.compress(content))
    for place in (tmp_path, file, str(file)):
        graph = load("dblp", place)
        assert (graph.n_nodes, graph.n_arcs) == (3, 4)
    monkeypatch.setenv("IMAX_DATA", str(tmp_path))
    assert load("dblp", probability="uniform:0.5").nodes() == [1, 2, 3]


def test_a_file_with_another_checksum_is_refused(tmp_path):
    file = tmp_path / "facebook.txt.gz"
    file.write_bytes(gzip.compress(b"0 1\n1 0\n"))
    with pytest.raises(FileFormatError, match="not the file of the graph 'facebook'") as caught:
        load("facebook", tmp_path)
    assert "verify=False" in str(caught.value)
    assert isinstance(caught.value, ImaxError)
    assert load("facebook", tmp_path, verify=False).n_arcs == 2


def test_large_files_are_hashed_only_with_verify(tmp_path, monkeypatch):
    from imax.datasets import loading

    monkeypatch.setattr(loading, "_VERIFIED_BY_DEFAULT", 1)
    (tmp_path / "scinet.txt").write_bytes(b"0 1\n")
    assert load("scinet", tmp_path).n_arcs == 1
    with pytest.raises(FileFormatError):
        load("scinet", tmp_path, verify=True)


@pytest.mark.data
@pytest.mark.parametrize("name", ["facebook", "nethept", "epinions", "dnc-corecipient", "scinet"])
def test_real_graphs_match_the_registry(name):
    folder = os.environ.get("IMAX_DATA")
    known = datasets.info(name)
    if not folder:
        pytest.skip("IMAX_DATA is not set: it names the folder with the real graphs")
    if not (Path(folder) / known.file).is_file():
        pytest.skip(f"no {known.file} in the folder named by IMAX_DATA")
    graph = load(name, verify=True)
    assert (graph.n_nodes, graph.report.arcs_given) == (known.nodes, known.edges)
    assert graph.report.directed is known.directed
