"""Run functions on a pool of threads. Kernels release the GIL, so that threads run in parallel."""

import atexit
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["even_parts", "run", "slices"]

T = TypeVar("T")

_lock = threading.Lock()
_pools: dict[int, ThreadPoolExecutor] = {}


def _pool(n: int) -> ThreadPoolExecutor:
    with _lock:
        if n not in _pools:
            _pools[n] = ThreadPoolExecutor(n, thread_name_prefix="imax")
        return _pools[n]


def _close() -> None:
    for pool in _pools.values():
        pool.shutdown(wait=False, cancel_futures=True)
    _pools.clear()


atexit.register(_close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pools.clear)


def slices(n: int, parts: int) -> list[tuple[int, int]]:
    """Cut ``range(n)`` into at most `parts` ranges (start, stop) of nearly equal size. None is empty, unless n is 0.

    >>> slices(10, 3)
    [(0, 3), (3, 6), (6, 10)]
    """
    parts = max(1, min(parts, n))
    edges = [n * i // parts for i in range(parts + 1)]
    return list(pairwise(edges))


def even_parts(ptr: NDArray[np.int64], parts: int) -> list[tuple[int, int]]:
    """Cut the rows of a compressed graph into at most `parts` ranges with about the same number of arcs each.

    Parameters
    ----------
    ptr : numpy.ndarray of int64, shape (n_rows + 1,)
        Row v has the arcs ``ptr[v]`` to ``ptr[v + 1]``.
    parts : int
        Number of ranges; fewer if single rows hold more arcs than a range should.

    Returns
    -------
    list of (int, int)
        Ranges (start, stop) of rows. They cover all rows in order, and none is empty.

    >>> even_parts(np.array([0, 5, 6, 7, 10]), 2)
    [(0, 1), (1, 4)]
    """
    n = ptr.size - 1
    marks = np.searchsorted(ptr, ptr[-1] * np.arange(1, parts) / parts)
    edges = [0, *sorted(min(int(x), n) for x in marks), n]
    return [(a, b) for a, b in pairwise(edges) if a < b]


def run(tasks: Iterable[Callable[[], T]], threads: int) -> list[T]:
    """Run tasks on `threads` threads, including the calling thread, and return their results in order.

    The calling thread runs the first task, and does not wait: a thread that is woken while the thread that wakes it
    goes to sleep often gets the same core, and the two then take turns for some milliseconds.

    If a task raises an error, or the calling thread is interrupted, tasks that have not started are dropped, running
    tasks are completed, and then the error is raised. No task runs after this function has returned.
    """
    tasks = list(tasks)
    if threads <= 1 or len(tasks) <= 1:
        return [task() for task in tasks]
    results: dict[int, T] = {}
    waiting = deque(enumerate(tasks[1:], start=1))

    def work() -> None:
        while waiting:
            try:
                number, task = waiting.popleft()
            except IndexError:  # another thread took the last task
                return
            try:
                results[number] = task()
            except BaseException:
                waiting.clear()
                raise

    helpers: list[Future[None]] = [_pool(threads - 1).submit(work) for _ in range(min(threads, len(tasks)) - 1)]
    try:
        results[0] = tasks[0]()
        work()
        for helper in helpers:
            if not helper.cancel():  # a helper that has not started would find no task left
                helper.result()
    except BaseException:
        waiting.clear()
        for helper in helpers:
            if not helper.cancel():
                helper.exception()
        raise
    return [results[number] for number in range(len(tasks))]
