"""Locks that a child process of ``os.fork`` can use even if another thread of the parent held them.

A child process has only the thread that called ``os.fork``. A lock that another thread held would stay locked for ever.
"""

import os
import threading
from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

__all__ = ["kept_property", "new_lock"]

T = TypeVar("T")

_owners: "WeakKeyDictionary[Any, str]" = WeakKeyDictionary()


def new_lock(owner: Any, attribute: str = "_lock") -> Any:
    """Return a reentrant lock. A child process replaces the owner's attribute if another thread held the lock.

    The result is a lock of `threading` and no wrapper, because an interrupt in a method written in Python could leave
    it locked.
    """
    _owners[owner] = attribute
    return threading.RLock()


class kept_property(cached_property[T]):
    """A `functools.cached_property` that a child process can use: that of Python 3.11 holds a lock."""

    def __init__(self, function: Callable[[Any], T]) -> None:
        super().__init__(function)
        if hasattr(self, "lock"):
            self.lock = new_lock(self, "lock")


def _replace_held() -> None:
    for owner, attribute in list(_owners.items()):
        lock = getattr(owner, attribute)
        if lock.acquire(blocking=False):  # it is free, or this thread holds it
            lock.release()
        else:
            setattr(owner, attribute, threading.RLock())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_replace_held)
