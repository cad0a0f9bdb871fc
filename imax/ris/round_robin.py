"""Round robin over groups: each group in turn takes the node that covers the most RR sets."""

import numpy as np
from numpy.typing import NDArray

from .bounds import whole_bound
from .constraint import Constraint
from .coverage import NO_BOUND, Cover, GreedyState, likely_next
from .marks import Collection, Steps
from .matroid import Heaps

__all__ = ["round_robin_cover"]

_NEAR_TOP = 31  # entries of a heap among which the next seed is looked for: five levels


def round_robin_cover(
    collection: Collection, constraint: Constraint, *, prefixes: bool = True, first: tuple[int, int] | None = None
) -> Cover:
    """Let the groups choose in turn, in rounds: each takes its node that covers the most uncovered RR sets.

    Ties go to the smaller internal id. A group stops choosing when none of its nodes covers another RR set. This is
    RR-Greedy (Zhang et al., KDD 2023), which reaches at least half of the optimum. The upper bound is as for
    `greedy_cover`, over the prefixes of whole rounds; remaining gains are bounded with each node counted once, however
    many groups share it.

    Parameters
    ----------
    collection : Collection
    constraint : Constraint
        With groups, which are the only limit on the choice; without forced seeds and start nodes.
    prefixes : bool, default True
        False computes the upper bound from the guarantee alone.
    first : tuple of int, optional
        A group and the node that it takes before the first round. The upper bound is for this node together with as
        many others as the groups can take, so it also holds for RR sets that end at this node.

    Returns
    -------
    Cover
    """
    from ..kernels.matroid import round_robin, subtract_gains

    m = constraint.matroid
    assert m is not None
    state = GreedyState(collection, constraint)
    marks, capacity, covered = state.marks, m.capacity.copy(), 0
    if first is not None:
        gain = np.empty(1, dtype=np.int64)
        marks.cover(np.array([first[1]], dtype=np.int32), state.gain, gain)
        covered = int(gain[0])
        capacity[first[0]] -= 1
    heaps = Heaps(m, state.gain, collection.sampler.threads)
    heaps.refresh()
    members, picks = m.members(capacity), int(m.usable_capacity().sum())
    seed_groups, seeds = np.empty(picks, dtype=np.int32), np.empty(picks, dtype=np.int32)
    gains = np.empty(picks, dtype=np.int64)
    turn = np.zeros(2, dtype=np.int64)  # the next group, and the number of seeds
    if first is not None:
        seed_groups[0], seeds[0], gains[0], turn[1] = *first, covered, 1

    def run(n: int) -> None:
        round_robin(
            n, turn, members, heaps.heap, heaps.size, marks.index, marks.covered, state.gain, seed_groups, seeds, gains
        )

    def guess(n: int) -> list[int]:
        """Guess the nodes of the next groups, from the tops of their heaps."""
        found: list[int] = []
        for g in range(int(turn[0]), members.capacity.size):
            if len(found) == n:
                break
            if members.capacity[g] > 0 and heaps.size[g] > 0:
                begin = members.ptr[g]
                top = heaps.heap[begin : begin + min(_NEAR_TOP, heaps.size[g])]
                best = likely_next(top, state.gain, len(found) + 1)
                found += [node for node in best if node not in found][:1]
        return found

    def lower(nodes: NDArray[np.int32], counts: NDArray[np.int32]) -> None:
        subtract_gains(nodes, counts, state.gain)

    steps = Steps(run, seeds, gains, lambda: int(turn[1]), lower, guess)
    limit, at, size = NO_BOUND, -1, int(turn[1])
    n_first = size
    while size > at:
        if prefixes:
            if size > n_first:
                heaps.refresh()
            limit = min(limit, covered + heaps.upper_bound(constraint.allowed))
        at, turn[0] = size, 0
        marks.choose(steps, picks)
        size = int(turn[1])
        covered += int(gains[at:size].sum())
    bound = limit if first is not None else min(limit, whole_bound(covered / constraint.guarantee))
    return Cover(seeds[:size], gains[:size], covered, bound, seed_groups=seed_groups[:size])
