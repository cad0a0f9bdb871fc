"""Libraries that search approximate neighbors: time and recall on random embeddings, for `bench.annotate`."""

import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imax.annotate import neighbors_of

from ._measure import table

__all__ = ["QUICK", "clusters", "compare_libraries", "plain"]

_K = 10
_SAMPLE = 500

Vectors = NDArray[np.float32]
Search = Callable[[Vectors], NDArray[np.int64]]  # unit vectors to the item numbers of _K + 1 neighbors


def clusters(n: int, d: int) -> Vectors:
    """Return random embeddings that form 200 clusters."""
    rng = np.random.default_rng(0)
    centers = rng.normal(size=(200, d)).astype(np.float32)
    made: Vectors = centers[rng.integers(0, 200, n)]
    made += 0.7 * rng.standard_normal((n, d), dtype=np.float32)
    return made


def plain(n: int, d: int) -> Vectors:
    """Return random embeddings without clusters, a quarter of whose dimensions are strong."""
    scale = np.where(np.arange(d) < d // 4, 1.0, 0.25).astype(np.float32)
    made: Vectors = np.random.default_rng(0).standard_normal((n, d), dtype=np.float32) * scale
    return made


def _faiss_hnsw(unit: Vectors) -> NDArray[np.int64]:
    import faiss

    index = faiss.IndexHNSWFlat(unit.shape[1], 16, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction, index.hnsw.efSearch = 64, 64
    index.add(unit)
    found: NDArray[np.int64] = index.search(unit, _K + 1)[1]
    return found


def _hnswlib(unit: Vectors) -> NDArray[np.int64]:
    import hnswlib

    index = hnswlib.Index(space="ip", dim=unit.shape[1])
    index.init_index(max_elements=len(unit), M=16, ef_construction=64, random_seed=1)
    index.add_items(unit, num_threads=1)  # the index depends on the number of threads
    index.set_ef(64)
    found: NDArray[np.int64] = index.knn_query(unit, k=_K + 1)[0].astype(np.int64)
    return found


def _usearch(unit: Vectors) -> NDArray[np.int64]:
    from usearch.index import Index

    index = Index(
        ndim=unit.shape[1], metric="ip", dtype="f32", connectivity=16, expansion_add=64, expansion_search=64
    )  # fmt: skip
    index.add(np.arange(len(unit)), unit, threads=1)
    found: NDArray[np.int64] = np.asarray(index.search(unit, _K + 1).keys).astype(np.int64)
    return found


def _pynndescent(unit: Vectors) -> NDArray[np.int64]:
    from pynndescent import NNDescent

    index = NNDescent(unit, metric="dot", n_neighbors=_K + 5, random_state=1, n_jobs=2)
    found: NDArray[np.int64] = index.neighbor_graph[0][:, : _K + 1].astype(np.int64)
    return found


LIBRARIES: dict[str, Search] = {
    "faiss-cpu, HNSW, 16 links": _faiss_hnsw,
    "hnswlib, 16 links": _hnswlib,
    "usearch, 16 links": _usearch,
    "pynndescent, 15 neighbors": _pynndescent,
}


QUICK = {name: search for name, search in LIBRARIES.items() if search is not _pynndescent}  # without compilation


def _row(name: str, x: Vectors, search: Callable[[], NDArray[np.int64]]) -> tuple[Any, ...]:
    """Return processor seconds, seconds, and the recall of a search on some items."""
    cpu, began = time.process_time(), time.perf_counter()
    found = search()
    total, used = time.perf_counter() - began, time.process_time() - cpu
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    sample = np.random.default_rng(2).choice(len(x), min(_SAMPLE, len(x)), replace=False)
    cosine = unit[sample] @ unit.T
    cosine[np.arange(sample.size), sample] = -1.0
    kth = -np.partition(-cosine, _K - 1, axis=1)[:, _K - 1]
    near = found[sample]
    similarity = np.take_along_axis(cosine, np.maximum(near, 0), axis=1)
    similarity[near == sample[:, None]] = -1.0
    right = (similarity >= kth[:, None] - 1e-6).sum(axis=1)
    return name, f"{used:.1f} s", f"{total:.1f} s", f"{float(np.minimum(right, _K).mean()) / _K:.3f}"


def compare_libraries(n: int, d: int, libraries: dict[str, Search] = LIBRARIES) -> None:
    """Print the time and the recall of `imax.annotate.neighbors_of` and of other indexes; missing ones are left out."""
    rows = []
    for kind, x in (("clusters", clusters(n, d)), ("plain", plain(n, d))):
        unit = x / np.linalg.norm(x, axis=1, keepdims=True)
        rows.append(
            _row(f"{kind}: imax, inverted file of faiss-cpu", x,
                 lambda x=x: neighbors_of(x, _K, neighbor_search="approximate").index.astype(np.int64))
        )  # fmt: skip
        for name, search in libraries.items():
            try:
                search(unit[: min(n, 500)])  # compiles and loads
            except ImportError as error:
                print(f"left out: {name} ({error})")
                continue
            rows.append(_row(f"{kind}: {name}", x, lambda search=search, unit=unit: search(unit)))
    table((f"{n:,} x {d}, {_K} neighbors, {os.cpu_count()} cores", "processor", "total", "recall"), rows)
