"""Run functions on a pool of threads. Kernels release the GIL, so that threads run in parallel."""

import _thread
import os
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["even_parts", "run", "slices"]

T = TypeVar("T")


class _Help:
    """A function that a thread of the pool may run.

    Attributes
    ----------
    done : lock
        Locked until a thread that began to run the function has ended it.
    taken : bool
        Whether a thread has taken the function.
    error : BaseException or None
        The error that the function raised.
    """

    def __init__(self, function: Callable[[], None]) -> None:
        self.function = function
        self.taken = False
        self.error: BaseException | None = None
        self.done = _thread.allocate_lock()
        self.done.acquire()

    def run(self) -> None:
        """Run the function and keep its error."""
        try:
            self.function()
        except BaseException as error:
            self.error = error


class _Pool:
    """Threads that serve all calls of `run`. New threads start only if a call needs more than there are.

    The threads are started without `threading.Thread`, whose ``start`` waits for ever if the new thread has not enough
    memory to begin. Nothing here waits for a thread that has not taken a function. Python does not wait for these
    threads when it exits, and they then do nothing, because `run` returns only when no function is running.

    Attributes
    ----------
    n_threads : int
        Number of threads.
    """

    def __init__(self) -> None:
        self.n_threads = 0
        self._lock = _thread.allocate_lock()
        self._offered: deque[_Help] = deque()
        self._idle: list[Any] = []  # the lock that wakes each idle thread

    def offer(self, helps: list[_Help], n_threads: int) -> None:
        """Let threads run functions, and start threads until there are `n_threads`, as far as the system allows."""
        with self._lock:
            self._offered.extend(helps)
            for _ in helps:
                if self._idle:
                    self._idle.pop().release()  # the thread that worked last: its buffers exist already
                elif self.n_threads < n_threads:
                    try:
                        _thread.start_new_thread(self._serve, ())
                    except (RuntimeError, MemoryError):  # a limit of the system; the calling thread does the work
                        break
                    self.n_threads += 1

    def withdraw(self, help_: _Help) -> bool:
        """Withdraw a function unless a thread has taken it. Return whether it was withdrawn."""
        with self._lock:
            if not help_.taken:
                with suppress(ValueError):  # it was not offered, or is withdrawn already
                    self._offered.remove(help_)
            return not help_.taken

    def _serve(self) -> None:
        taken: _Help | None = None
        try:
            wake = _thread.allocate_lock()
            wake.acquire()
            while True:
                last, taken = taken, None
                try:
                    with self._lock:
                        if self._offered:
                            taken = self._offered.popleft()
                            taken.taken = True
                        else:
                            self._idle.append(wake)
                finally:
                    if last is not None:
                        last.done.release()  # only now, when this thread is ready for the next call
                        last = None
                if taken is None:
                    wake.acquire()
                else:
                    taken.run()
        except MemoryError:  # this thread ends; the others and the calling thread go on
            if taken is not None:
                taken.done.release()
            with self._lock:
                self.n_threads -= 1


_pool = _Pool()


def _forget_pool() -> None:
    """Begin with an empty pool, because a child process has none of the threads of its parent."""
    global _pool  # noqa: PLW0603
    _pool = _Pool()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)


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
    tasks are completed, and then the error is raised. No task runs after this function has returned. If the system
    refuses to start a thread, fewer threads run the tasks.
    """
    tasks = list(tasks)
    if threads <= 1 or len(tasks) <= 1:
        return [task() for task in tasks]
    results: list[Any] = [None] * len(tasks)
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

    pool = _pool
    helps = [_Help(work) for _ in range(min(threads, len(tasks)) - 1)]
    try:
        pool.offer(helps, threads - 1)
        results[0] = tasks[0]()
        work()
    except BaseException:
        waiting.clear()
        _finish(pool, helps)
        raise
    _finish(pool, helps)
    for help_ in helps:
        if help_.error is not None:
            raise help_.error
    return results


def _finish(pool: _Pool, helps: list[_Help]) -> None:
    """Withdraw functions that no thread has taken, and wait for the others, also if Ctrl-C is pressed meanwhile."""
    interrupt: KeyboardInterrupt | None = None
    while True:
        try:
            for help_ in helps:
                if not pool.withdraw(help_):
                    with help_.done:
                        pass
            break
        except KeyboardInterrupt as error:
            interrupt = error
    if interrupt is not None:
        raise interrupt
