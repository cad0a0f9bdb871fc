"""A collection of RR sets on a cluster: the sets stay where they were drawn, and only counts are sent.

Greedy selection here makes the same choices, with the same gains and bounds, as on a collection in one process: the
caller holds the exact gain of every node, and the shards send by how much each choice lowers the gains of other nodes.
"""

from collections.abc import Callable
from itertools import count as numbers
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from .._utils.arrays import read_only
from ..cluster.held import Held
from ..cluster.session import Request, Session
from ..diffusion.sampler import Sampler
from .collection import RRCollection, index_nbytes, sets_nbytes
from .marks import Collection, Marks, SeparateChoices, Steps
from .remote_residual import RemoteResidual
from .separate import CountedLists, choose_by_counts
from .shard import Facts, Picked, Shard
from .shard_weights import Answer, Proposal, Taken

if TYPE_CHECKING:
    from ..kernels.matroid import Members

__all__ = ["RemoteCollection", "new_collection"]

_FIRST_STEP = 1 << 12  # sets drawn at first by each thread, to know their speed
_STEP_SECONDS = 1.0  # target for one step of drawing: an interrupt waits for its end
_LARGEST_STEP = 1 << 24  # sets
_QUICK_SECONDS = 0.2  # work that is done without a task
_FEW_ENTRIES = 1 << 20
_MAX_GUESSES = 256  # of the next seeds, in one request
_FEW_BYTES = 1 << 16  # of counts from each worker that take no longer than a request itself


class RemoteCollection(Collection):
    """RR sets number 0 to ``len(collection) - 1`` of one stream, on the workers of a Dask cluster.

    Parameters
    ----------
    session : Session
    sampler : Sampler
        Describes the sets; it draws none itself.
    store_singletons : bool, default True
        As for `RRCollection`.

    Attributes
    ----------
    n_sets, n_entries : int
        Number of sets, and of nodes in them.
    total : float
        Number of nodes, or sum of node weights.
    """

    def __init__(self, session: Session, sampler: Sampler, *, store_singletons: bool = True) -> None:
        self.sampler = sampler
        self.graph = sampler.graph
        self.total = sampler.total
        self.n_sets = 0
        self.n_entries = 0
        self._session = session
        self._shards = Held(session, Shard, sampler.recipe, store_singletons)
        self._ranges: list[tuple[tuple[int, int], ...]] = [()] * session.n_slots
        self._facts = [Facts()] * session.n_slots
        self._choices = numbers()
        self._rate = 0.0  # sets per second
        self._store_singletons = store_singletons
        self._gathered: RRCollection | None = None
        self._n_gathered = 0  # ranges

    def extend(
        self,
        count: int,
        *,
        keep_going: Callable[[], bool] | None = None,
        alongside: Callable[[], None] | None = None,
    ) -> int:
        """Draw sets on all workers, in steps of about a second; `alongside` is done first."""
        if alongside is not None:
            alongside()
        while self.n_sets < count and (keep_going is None or keep_going()):
            began, first = perf_counter(), self.n_sets
            step = int(self._rate * _STEP_SECONDS) or _FIRST_STEP * sum(self._session.threads)
            step = min(count - first, step, _LARGEST_STEP * self._session.n_slots)
            shares = self._session.shares(first, step)
            before = self._ranges
            self._ranges = [(*own, share) for own, share in zip(before, shares, strict=True)]
            try:
                self._facts = self._call("draw", "draw", quick=step < self._rate * _QUICK_SECONDS)
            except BaseException:
                self._ranges = before  # sets that nobody has counted must not count later
                raise
            self.n_sets = sum(facts.n_sets for facts in self._facts)
            self.n_entries = sum(facts.n_entries for facts in self._facts)
            self._rate = max(step / (perf_counter() - began), 1.0)
        return self.n_sets

    def _call(self, name: str, method: str, *arguments: Any, quick: bool | None = None) -> list[Any]:
        """Call a method of all shards with their ranges and some arguments."""
        given = [(own, *arguments) for own in self._ranges]
        return self._shards.call(name, method, given, quick=self._is_small() if quick is None else quick)

    def _is_small(self) -> bool:
        """Whether going through all sets takes little time."""
        return self.n_entries < _FEW_ENTRIES * self._session.n_slots and self.graph.n_nodes < _FEW_ENTRIES

    @property
    def nbytes(self) -> int:
        """Bytes of the sets on the worker that has most, or in this process if they are gathered here."""
        return max(self._gathered.nbytes if self._gathered else 0, self._sets_nbytes(1.0))

    @property
    def index_nbytes(self) -> int:
        """Bytes of the index, likewise."""
        return max(self._gathered.index_nbytes if self._gathered else 0, self._index_nbytes(1.0))

    def _sets_nbytes(self, factor: float) -> int:
        """Return the bytes of the sets on the worker that has most, if there were so many times as many sets."""
        counts = 0 if self._store_singletons else 4 * self.graph.n_nodes
        return counts + max(sets_nbytes(int(x.n_places * factor), int(x.n_stored * factor)) for x in self._facts)

    def _index_nbytes(self, factor: float) -> int:
        n, threads = self.graph.n_nodes, self._session.threads
        return max(
            index_nbytes(n, int(x.n_places * factor), own) for x, own in zip(self._facts, threads, strict=True)
        )  # fmt: skip

    @property
    def n_cut(self) -> int:
        """Number of nodes that the sets do not hold because they met a sentinel."""
        return sum(facts.n_cut for facts in self._facts)

    def expected_nbytes(self, count: int) -> int:
        """Return the expected bytes of so many sets with their index on a worker, from the sets so far."""
        if not self.n_sets:
            return 0
        return self._sets_nbytes(count / self.n_sets) + self._index_nbytes(count / self.n_sets)

    def build_index(self, parts: int | None = None) -> None:
        """Build the index of the sets on the workers."""
        self._call("index", "index", parts)

    def marks(self) -> "RemoteMarks":
        """Return marks by which no set is covered."""
        return RemoteMarks(self, [])

    def degree(self) -> NDArray[np.int32]:
        """Return the sum of what the workers count."""
        return self._total("degree", "degree")

    def add_up(self, function: Callable[..., NDArray[Any]], *arguments: Any) -> NDArray[Any]:
        """Return the sum of what the function returns on the workers."""
        return self._total("count", "add_up", function, arguments)

    def choose_separately(self, members: "Members", check: Callable[[], Any]) -> SeparateChoices:
        """Let each group choose greedily as if it were alone, by counts."""
        return choose_by_counts(self.marks(), self.degree(), members, check)

    def group_lists(self, members: "Members") -> CountedLists:
        """Return lists of groups from counts."""
        return CountedLists(self, members)

    def _total(self, name: str, method: str, *arguments: Any) -> NDArray[Any]:
        """Return the sum of the arrays that a method of all shards returns."""
        if self._is_small():
            parts = self._call(name, method, *arguments)
            few: NDArray[Any] = np.sum(parts, axis=0, dtype=parts[0].dtype)
            return few
        found: NDArray[Any] = self._shards.total(name, method, [(own, *arguments) for own in self._ranges])
        return found

    def covered(self, seeds: NDArray[np.int32]) -> int:
        """Return the sum of one number from each worker."""
        return int(sum(self._call("validate", "covered", seeds)))

    def first_covered(self, seeds: NDArray[np.int32], start: NDArray[np.int32] | None = None) -> NDArray[np.int64]:
        """Return the sum of one number for each seed from each worker."""
        found: NDArray[np.int64] = np.sum(self._call("validate", "first_covered", seeds, start), axis=0)
        return found

    def new_choice(self) -> int:
        """Return a number for a choice."""
        return next(self._choices)

    def pick(
        self, choice: int, path: list[int], nodes: list[int], guesses: list[int] | None = None
    ) -> list[list[Picked]]:
        """Cover the sets of nodes after those of a path, and those of guesses, on all shards; see `Shard.pick`."""
        began, more = perf_counter(), guesses or []
        answers = self._continue("pick", (choice, len(path), nodes, more), (choice, path, nodes, more))
        picked = [list(parts) for parts in zip(*answers, strict=True)]
        if self._session.requests is not None:
            self._session.requests.append(_request(perf_counter() - began, picked))
        return picked

    def _continue(self, method: str, following: tuple[Any, ...], arguments: tuple[Any, ...]) -> list[Any]:
        """Continue a choice on all shards; those that do not know it so far get it with all arguments."""
        found = self._shards.call_at_once(f"{method}_next", [(len(self._ranges[0]), *following)])
        answers = [None if answer is None else answer[0] for answer in found]
        behind = [slot for slot, answer in enumerate(answers) if answer is None]
        if behind:
            given = [(self._ranges[slot], *arguments) for slot in behind]
            for slot, answer in zip(behind, self._shards.call(method, method, given, behind), strict=True):
                answers[slot] = answer
        return answers

    def weigh(self, choice: int, power: float, taken: Taken, proposal: Proposal) -> Answer:
        """Return the sum of what all shards answer; see `Shard.weigh`."""
        began = perf_counter()
        answers = self._continue("weigh", (choice, taken.nodes.size, proposal), (choice, power, taken, proposal))
        sums, left = (np.sum(parts, axis=0) for parts in zip(*answers, strict=True))
        if self._session.requests is not None:
            nbytes = len(answers) * (sums.nbytes + left.nbytes)
            self._session.requests.append(Request(perf_counter() - began, nbytes, 0, 0))
        return sums, left

    def values(self, choice: int, power: float, taken: Taken) -> NDArray[np.float64]:
        """Return the sum of what all shards answer; see `Shard.values`."""
        return self._total("count", "values", choice, power, taken)

    def singletons(self) -> NDArray[np.int32]:
        """Return the number of sets that hold each node alone and are not stored."""
        found: NDArray[np.int32] = self._shards.total("count", "singletons", [(own,) for own in self._ranges])
        return found

    def residual_sets(self, parts: int | None = None) -> RemoteResidual:
        """Return the sets with residual weights, which stay on the workers."""
        self.build_index(parts)
        return RemoteResidual(self)

    def shared(self, choice: int, path: list[int], node: int) -> list[tuple[NDArray[Any], NDArray[np.int32]]]:
        """Return what all shards share with a node after a path; see `Shard.shared`."""
        return self._call("count", "shared", choice, path, node, quick=True)

    def lowered(self, choice: int, path: list[int], *arguments: Any) -> NDArray[Any]:
        """Return by how much groups lower gains after a path; see `Shard.lowered`."""
        return self._total("count", "lowered", choice, path, *arguments)

    def gathered(self) -> RRCollection:
        """Return the sets in this process; those that came with an earlier call are not sent again."""
        if self._gathered is None:
            self._gathered = RRCollection(self.sampler, store_singletons=self._store_singletons)
        first, n_ranges = self._n_gathered, len(self._ranges[0])
        for number in range(first, n_ranges):
            # one range of all shards after the other: so they are in the order of their numbers
            self._gathered.append([piece for piece in self._call("gather", "piece", number) if piece.lengths.size])
        if first < n_ranges and not self._store_singletons:
            self._gathered.set_singletons(self.singletons())
        self._n_gathered = n_ranges
        return self._gathered

    def close(self) -> None:
        """Remove the sets from the cluster; they also leave it when this object is deleted."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _where(self) -> str:
        return f" on {self._session.n_slots} workers"


def _request(seconds: float, picked: list[list[Picked]]) -> Request:
    """Return what a request for the counts of chosen nodes took."""
    answers = [answer for parts in picked for answer in parts]
    lowered = sum(int(counts.sum()) for _, _, counts in answers)
    return Request(seconds, _nbytes(answers), sum(nodes.size for _, nodes, _ in answers), lowered)


def _nbytes(answers: list[Picked]) -> int:
    """Return the bytes of counts."""
    return sum(array.nbytes for answer in answers for array in answer)


def new_collection(session: Session | None, sampler: Sampler, *, store_singletons: bool = True) -> Collection:
    """Return a collection of the RR sets of a sampler, in this process or on the workers of a session."""
    if session is None:
        return RRCollection(sampler, store_singletons=store_singletons)
    return RemoteCollection(session, sampler, store_singletons=store_singletons)


class RemoteMarks(Marks):
    """Which sets of a `RemoteCollection` the nodes of a choice cover: only the nodes are known here."""

    def __init__(self, sets: RemoteCollection, path: list[int]) -> None:
        from ..kernels.inverted_index import InvertedIndex

        self._sets, self._path, self._choice = sets, list(path), sets.new_choice()
        ptr = read_only(np.empty((0, sets.graph.n_nodes + 1), dtype=np.int64))
        none, offsets = read_only(np.empty(0, dtype=np.int32)), read_only(np.zeros(1, dtype=np.int64))
        self.index = InvertedIndex(ptr, none, offsets, none)
        self.covered = np.zeros(1, dtype=np.bool_)

    def copy(self) -> "RemoteMarks":
        """Return marks whose sets the workers cover at the first pick."""
        return RemoteMarks(self._sets, self._path)

    def shared(self, node: int) -> NDArray[np.int32]:
        """Return the sum of what the shards count."""
        count = np.zeros(self._sets.graph.n_nodes, dtype=np.int32)
        for touched, counts in self._sets.shared(self._choice, self._path, node):
            count[touched] += counts
        return count

    def lowered(self, members: "Members", places: NDArray[np.int64], seeds: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the sum of what the shards count."""
        return self._sets.lowered(self._choice, self._path, members, places, seeds)

    def cover(self, nodes: NDArray[np.int32], gain: NDArray[np.int32], gains: NDArray[np.int64]) -> None:
        """Cover the sets of all nodes in one round trip."""
        gains[:] = 0
        (answers,) = self._sets.pick(self._choice, self._path, nodes.tolist())
        self._path += nodes.tolist()
        for own, touched, counts in answers:
            gains += own
            gain[touched] -= counts
        gain[nodes] = 0

    def choose(self, steps: Steps, n_seeds: int) -> None:
        """Let the kernel choose one seed after another, and lower the gains after each.

        A request for the counts of a seed may also ask for those of guesses of the next seeds. As long as the guesses
        are right, their counts are there already.
        """
        ready: list[tuple[int, list[Picked]]] = []  # guesses and their counts
        n_guesses = n_right = 0
        while True:
            n = steps.size()
            steps.run(min(n + 1, n_seeds))  # at its start it lowers the bounds by the gains that are left
            if steps.size() == n:
                return
            seed = int(steps.seeds[n])
            if steps.gains[n] == 0:
                continue  # it covers no set
            if ready and ready[0][0] == seed:
                answers = ready.pop(0)[1]
                n_right += 1
            else:
                n_guesses = min(n_guesses, max(1, n_right) if ready else _MAX_GUESSES)
                guesses = steps.guess(min(n_guesses, n_seeds - n - 1))
                answers, *more = self._sets.pick(self._choice, self._path, [seed], guesses)
                ready = list(zip(guesses, more, strict=True))
                few = _FEW_BYTES * len(answers) // max(_nbytes(answers), 1)  # such answers
                n_guesses, n_right = min(max(1, 2 * n_guesses), few), 0
            self._path.append(seed)
            for _, touched, counts in answers:
                steps.lower(touched, counts)
