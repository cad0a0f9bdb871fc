"""Threads over index ranges: kernels release the GIL, so a plain pool is all that is needed."""

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
    """Cut range(n) into at most `parts` nearly equal, non-empty (start, stop) ranges.

    >>> slices(10, 3)
    [(0, 3), (3, 6), (6, 10)]
    """
    parts = max(1, min(parts, n))
    edges = [n * i // parts for i in range(parts + 1)]
    return list(pairwise(edges))


def even_parts(ptr: NDArray[np.int64], parts: int) -> list[tuple[int, int]]:
    """Cut the rows into ranges of about the same number of arcs."""
    n = ptr.size - 1
    marks = np.searchsorted(ptr, ptr[-1] * np.arange(1, parts) / parts)
    edges = [0, *sorted(min(int(x), n) for x in marks), n]
    return [(a, b) for a, b in pairwise(edges) if a < b]


def run(tasks: Iterable[Callable[[], T]], threads: int) -> list[T]:
    """Run the tasks on `threads` threads, the calling one among them, and return their results in order.

    The first task is the caller's. The caller works rather than waits: a thread that is woken while its waker goes to
    sleep often lands on the waker's core, where the two then take turns for some milliseconds.

    An error, or an interrupt in the calling thread, drops the tasks that have not started, waits for those that have,
    and is raised again: nothing keeps running behind the caller's back.
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
            except IndexError:  # another thread took the last
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
            if not helper.cancel():  # what has not begun would find nothing left
                helper.result()
    except BaseException:
        waiting.clear()
        for helper in helpers:
            if not helper.cancel():
                helper.exception()
        raise
    return [results[number] for number in range(len(tasks))]
