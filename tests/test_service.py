"""The web service of the tutorial: concurrent HTTP requests over the loopback interface to two workers."""

import os

import numpy as np
import pytest

pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")
pytest.importorskip("httpx")

import imax
from bench.service import STARTS, ask, expected, program, requests_for, serving
from imax.recommend import Reranker

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forked workers need an operating system with fork")


@pytest.mark.parametrize(
    ("start", "count"),
    [("spawn", 200), ("fork", 200), *(pytest.param(start, 1000, marks=pytest.mark.slow) for start in STARTS)],
)
def test_all_workers_give_the_answers_of_one_process(tmp_path, start, count):
    graph = imax.datasets.load("chung-lu-1k")
    reranker = Reranker(graph, "heteroir", rng=1)
    reranker.save(tmp_path / "friends.reranker")
    requests = requests_for(graph, count, 30)
    with serving(tmp_path, start) as address:
        found = ask(address, requests, concurrent=64)
    assert found.friends == expected(reranker, requests)
    assert 1 <= len(found.workers) <= 2
    assert os.getpid() not in found.workers
    p50, p99 = np.quantile(found.milliseconds, [0.5, 0.99])
    assert 0.0 < p50 <= p99 < 60_000


def test_the_service_is_that_of_the_tutorial():
    assert "warm_up()" in program()
    assert compile(program(), "service.py", "exec")
