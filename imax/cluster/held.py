"""Objects of one call on the workers of a Dask cluster, and calls of their methods."""

from collections.abc import Callable, Sequence
from typing import Any

from . import worker
from .session import Session

__all__ = ["Held"]

_FAN_IN = 4  # arrays that one task adds up
_FEW_PARTS = 4  # arrays that the caller adds up itself
_FEW_SLOTS = 16  # for which calls without tasks are worthwhile: all arguments are sent to all workers


class Held:
    """Objects ``make(graph, *arguments, threads=...)`` on the workers, one for each slot.

    They live as long as this object. A lost object is made anew from the same arguments, so the methods have to be pure
    functions of their arguments; what an object remembers may only save time.
    """

    def __init__(self, session: Session, make: Callable[..., Any], *arguments: Any) -> None:
        self._session, self._make, self._arguments = session, make, arguments
        self._objects: dict[int, tuple[tuple[str, int], Any]] = {}

    def _future(self, slot: int) -> Any:
        """Return the future of the object of a slot."""
        return self._objects[slot][1]

    def _prepare(self, slots: Sequence[int]) -> None:
        """Make the objects of slots that do not exist."""
        session, made = self._session, []
        for slot in slots:
            if slot in self._objects and self._objects[slot][0] == session.place(slot):
                continue
            while (graph := session.placement.at(session.place(slot)[0])) is None:
                session.replace_worker(slot)
            arguments = self._make, graph, self._arguments, session.threads[slot]
            made.append(session.submit("prepare", worker.make_object, *arguments, slot=slot))
            self._objects[slot] = session.place(slot), made[-1]
        if made:
            session.settle(made)

    def call(
        self,
        name: str,
        method: str,
        arguments: Sequence[tuple[Any, ...]],
        slots: Sequence[int] = (),
        *,
        quick: bool = False,
    ) -> list[Any]:
        """Call a method of all objects, or of those of some slots, in named tasks; return the results in order.

        With `quick` the work takes little time: then it is done without tasks, see `call_at_once`.
        """
        session = self._session
        chosen = list(slots) or list(range(session.n_slots))
        given = dict(zip(chosen, arguments, strict=True))
        results: dict[int, Any] = {}
        missing = list(chosen)
        if quick and session.n_slots <= _FEW_SLOTS:
            found = dict(zip(chosen, self.call_at_once(method, arguments, chosen), strict=True))
            results = {slot: answer[0] for slot, answer in found.items() if answer is not None}
            missing = [slot for slot in chosen if slot not in results]
        while missing:
            self._prepare(missing)
            futures = {
                slot: session.submit(name, worker.call, self._future(slot), method, given[slot], slot=slot)
                for slot in missing
            }
            found, missing = session.wait(futures)
            results |= found
            for slot in missing:
                session.replace_worker(slot)
        return [results[slot] for slot in chosen]

    def total(self, name: str, method: str, arguments: Sequence[tuple[Any, ...]]) -> Any:
        """Return the sum of the arrays that a method of all objects returns; the workers add them up."""
        session = self._session
        if session.n_slots <= _FEW_PARTS:
            return worker.add(self.call(name, method, arguments))
        while True:
            self._prepare(range(session.n_slots))
            leaves = [
                session.submit(name, worker.call, self._future(slot), method, arguments[slot], slot=slot)
                for slot in range(session.n_slots)
            ]
            level = leaves
            while len(level) > 1:
                session.settle(level)
                level = [
                    session.submit(f"add-{name}", worker.add, level[i : i + _FAN_IN])
                    for i in range(0, len(level), _FAN_IN)
                ]
            found = session.wait_for_sum(level[0])
            if not isinstance(found, worker.Lost):
                return found
            for slot in session.dead_slots() or range(session.n_slots):
                session.replace_worker(slot)

    def call_at_once(
        self, method: str, arguments: Sequence[tuple[Any, ...]], slots: Sequence[int] = ()
    ) -> list[tuple[Any] | None]:
        """Call a quick method of all objects, or of some slots, without tasks: it takes a tenth of the time.

        Parameters
        ----------
        method : str
        arguments : sequence of tuple
            Those of each slot, or a single entry for all.
        slots : sequence of int, optional

        Returns
        -------
        list
            A tuple with the result of each slot, None where the object is lost.
        """
        session = self._session
        calls: dict[str, list[tuple[str, int]]] = {}
        names = []
        chosen = slots or range(session.n_slots)
        self._prepare(chosen)
        for place, slot in enumerate(chosen):
            names.append(self._future(slot).key)
            calls.setdefault(session.place(slot)[0], []).append((names[-1], min(place, len(arguments) - 1)))
        found = session.tasks.run(worker.call_at_once, calls, method, tuple(arguments), addresses=calls)
        by_key: dict[str, tuple[Any]] = {}
        for answer in found.values():
            if isinstance(answer, BaseException) and not isinstance(answer, OSError):
                raise answer
            if isinstance(answer, dict):
                by_key |= answer
        return [by_key.get(name) for name in names]
