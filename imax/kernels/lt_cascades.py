"""Forward cascades under the linear-threshold model: thresholds met by the weights of active in-neighbours."""

import numpy as np

from ._jit import hot
from .stream import mix, stream, unit

__all__ = ["lt_cascades"]

_ROUNDING = 1e-12  # of sums of float64


@hot
def lt_cascades(
    first, count, key0, key1, seeds, weights, ptr, idx, weight, by_target, cap, state_of, left, touched, queue, value
):  # fmt: skip
    """Run LT cascades number `first` on from the seeds; `value` takes the total weight (or number) of nodes reached.

    `weight` holds a value per arc, or with `by_target` one per node at the arc's end. `state_of` must be 0
    everywhere: 0 untouched, 1 touched, 2 active; `left` keeps what is missing to a node's threshold, which is
    uniform on (0, cap]: `cap` is 1, or the sum of the node's weights where that misses 1 by rounding alone.
    """
    for i in range(count):
        state, step = stream(key0, key1, np.uint64(first + i))
        tail = 0
        n_touched = 0
        for q in range(seeds.size):
            queue[tail] = seeds[q]
            state_of[seeds[q]] = 2
            tail += 1
        head = 0
        while head < tail:
            v = queue[head]
            head += 1
            for a in range(ptr[v], ptr[v + 1]):
                u = idx[a]
                if state_of[u] == 2:
                    continue
                if state_of[u] == 0:
                    state += step
                    left[u] = cap[u] * (1.0 - unit(mix(state)))
                    state_of[u] = 1
                    touched[n_touched] = u
                    n_touched += 1
                left[u] -= np.float64(weight[u] if by_target else weight[a])
                if left[u] <= _ROUNDING:
                    state_of[u] = 2
                    queue[tail] = u
                    tail += 1
        total = 0.0
        for q in range(tail):
            total += 1.0 if weights is None else weights[queue[q]]
            state_of[queue[q]] = 0
        for q in range(n_touched):
            state_of[touched[q]] = 0
        value[i] = total
