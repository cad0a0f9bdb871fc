"""Time of HTTP requests to the service of the tutorial, over the loopback interface.

``python -m bench.service`` starts the service of docs/tutorials/recommender.rst in a temporary folder, with two workers
of uvicorn, which are spawned, and then with two forked workers. It sends 1,000 requests, one, 64 and 1,000 at a time,
compares every answer with that of a reranker in this process, and prints quantiles of the times.
"""

import asyncio
import os
import re
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np

import imax
from imax.recommend import Reranker

from ._measure import bench_graph, machine, parser, table

PAGE = Path(__file__).resolve().parent.parent / "docs" / "tutorials" / "recommender.rst"
HOST = "127.0.0.1"
STARTS = ("spawn", "fork")
_FORK = """
import os, signal, socket, sys
import uvicorn
from service import app

listening = socket.socket(fileno=int(sys.argv[1]))
workers = []
for _ in range(2):
    worker = os.fork()
    if not worker:
        uvicorn.Server(uvicorn.Config(app, log_level="warning")).run([listening])
        os._exit(0)
    workers.append(worker)
signal.signal(signal.SIGTERM, lambda *_: [os.kill(worker, signal.SIGTERM) for worker in workers])
for worker in workers:
    os.waitpid(worker, 0)
"""


@dataclass(frozen=True)
class Answers:
    """What a service answered.

    Attributes
    ----------
    friends : list of list
        The friends in the answer to each request.
    workers : set of int
        Process ids of the workers that answered.
    milliseconds : numpy.ndarray of float64
        The time of each request.
    seconds : float
        The time of all requests together.
    """

    friends: list[list[int]]
    workers: set[int]
    milliseconds: Any
    seconds: float


def program() -> str:
    """Return the service of the tutorial."""
    found = re.search(
        r"code-block:: python\n   :caption: service.py\n\n((?:(?:   .*)?\n)+)", PAGE.read_text(encoding="utf-8")
    )
    assert found is not None
    return textwrap.dedent(found[1])


def requests_for(graph: imax.InfluenceGraph, count: int, width: int) -> list[dict[str, Any]]:
    """Return requests; some have unknown users, unknown, repeated or no candidates, or the user as a candidate."""
    rng = np.random.default_rng(0)
    n = graph.n_nodes
    made = []
    for i in range(count):
        user = int(rng.integers(n)) if i % 10 else n + i
        candidates = rng.integers(0, n + n // 50, 0 if i % 17 == 0 else width).tolist()
        made.append({"user": user, "candidates": candidates + [user] * (i % 5 == 0), "k": 3})
    return made


@contextmanager
def serving(folder: Path, start: str) -> Iterator[str]:
    """Run the service in a folder with two workers and yield its address; `start` is a member of `STARTS`."""
    (folder / "service.py").write_text(program(), encoding="utf-8")
    with socket.socket() as listening:
        listening.bind((HOST, 0))
        port = listening.getsockname()[1]
        if start == "fork":
            listening.listen(1024)
            (folder / "forked.py").write_text(_FORK, encoding="utf-8")
            command = [sys.executable, "forked.py", str(listening.fileno())]
        else:
            listening.close()
            options = ["--workers", "2", "--host", HOST, "--port", str(port), "--log-level", "warning"]
            command = [sys.executable, "-m", "uvicorn", "service:app", *options]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(PAGE.parents[2]), str(folder)])}
        handed = (listening.fileno(),) if start == "fork" else ()
        with subprocess.Popen(command, cwd=folder, env=environment, pass_fds=handed) as process:
            try:
                yield f"http://{HOST}:{port}"
            finally:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()


def ask(address: str, requests: list[dict[str, Any]], concurrent: int = 64, patience: float = 60.0) -> Answers:
    """Send requests, `concurrent` at a time, and return the answers; wait `patience` seconds for the service."""
    return asyncio.run(_ask(address, requests, concurrent, patience))


async def _ask(address: str, requests: list[dict[str, Any]], concurrent: int, patience: float) -> Answers:
    limits = httpx.Limits(max_connections=concurrent, max_keepalive_connections=concurrent)
    async with httpx.AsyncClient(base_url=address, limits=limits, timeout=60.0, trust_env=False) as client:
        until = time.monotonic() + patience
        while True:
            try:
                await client.post("/suggestions", json=requests[0])
                break
            except httpx.TransportError:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(0.05)
        free = asyncio.Semaphore(concurrent)
        friends: list[Any] = [None] * len(requests)
        times = np.zeros(len(requests))
        workers: set[int] = set()

        async def send(i: int) -> None:
            async with free:
                began = time.perf_counter()
                response = await client.post("/suggestions", json=requests[i])
                times[i] = 1e3 * (time.perf_counter() - began)
            answer = response.raise_for_status().json()
            friends[i] = answer["friends"]
            workers.add(answer["worker"])

        began = time.perf_counter()
        await asyncio.gather(*(send(i) for i in range(len(requests))))
        return Answers(friends, workers, times, time.perf_counter() - began)


def expected(reranker: Reranker, requests: list[dict[str, Any]]) -> list[list[int]]:
    """Return the answers of the reranker in this process."""
    return [
        reranker.rerank_user(r["user"], r["candidates"], r["k"], on_missing="drop")[r["user"]] for r in requests
    ]  # fmt: skip


def main() -> None:
    """Print the table."""
    options = parser(__doc__ or "").parse_args()
    print(machine(), "\n")
    graph = bench_graph(8 if options.smoke else 16)
    count, width = (40, 10) if options.smoke else (1000, 200)
    reranker = Reranker(graph, "heteroir", rng=1)
    requests = requests_for(graph, count, width)
    answers = expected(reranker, requests)
    rows = []
    for start in STARTS[:1] if options.smoke else STARTS:
        with tempfile.TemporaryDirectory() as folder:
            reranker.save(Path(folder) / "friends.reranker")
            with serving(Path(folder), start) as address:
                for concurrent in (1, 64, 1000):
                    found = ask(address, requests, concurrent)
                    if found.friends != answers:
                        raise SystemExit("the service gives other answers than the reranker in this process")
                    p50, p99 = np.quantile(found.milliseconds, [0.5, 0.99])
                    rows.append(
                        (start, len(found.workers), concurrent, f"{count:,}", f"{p50:.1f} ms", f"{p99:.1f} ms",
                         f"{count / found.seconds:,.0f}")
                    )  # fmt: skip
    print(f"{graph!r}, heteroir, {width} candidates per request; all answers are equal to those of one process\n")
    table(("workers", "that answered", "requests at a time", "requests", "p50", "p99", "requests per second"), rows)


if __name__ == "__main__":
    main()
