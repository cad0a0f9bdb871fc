"""Connected components of live-edge worlds of undirected graphs, and lazy greedy choice on them.

World i of a key is a function of the edges, the key and i: each edge is live with its probability, and the draws jump
from one live edge to the next.

============== ======= ============= ================================================================================
array          dtype   shape         meaning
============== ======= ============= ================================================================================
ptr            int64   (n + 1,)      arcs of node v are at ``ptr[v]`` to ``ptr[v + 1]``
idx            int32   (n_arcs,)     node at each arc's end, rising within a row
probability    float32 (n_arcs,)     probability of each arc; None: all are equal
cursor         int64   (n,)          scratch: next arc of each row
edges.low      int32   (n_edges,)    end of each edge with the smaller id; edges are sorted by class
edges.high     int32   (n_edges,)    end of each edge with the larger id
edge_p         float32 (n_edges,)    probability of each edge; None: all are equal
edges.first    int64   (classes+1,)  edges of class c are at ``first[c]`` to ``first[c + 1]``
edges.largest  float64 (classes,)    largest probability of each class
size           int32   (n,)          what each node adds to the size of its component; None: 1
labels         int32   (worlds, n)   one row for each world: a node that is not the smallest of its component has the
                                     id of the smallest; the smallest has ``~s``, where s is the size of the component,
                                     or ~0 once it is covered
seeds          int32   (n_seeds,)    nodes whose components are taken
nodes          int32   (n_kept,)     nodes among which greedy chooses, in the order of their first keys
gain           int64   (n,)          total size of the components of each node over the worlds, as last computed
key_of         float64 (n_kept,)     upper bound of the key of each of `nodes`: its gain, or gain per cost
cost           float64 (n,)          cost of each node; None: the key is the gain
heap           int32   (n_kept,)     places in `nodes`, a heap with the largest key on top; ties go to the smaller node
fresh          int32   (n_kept,)     number of the choice for which each key was computed
value          float64 (worlds,)     written: total size of the components that hold a seed
============== ======= ============= ================================================================================
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._jit import helper, hot
from .stream import mix, stream, unit

__all__ = [
    "Edges",
    "Lazy",
    "components",
    "cover",
    "drop_top",
    "edge_ends",
    "is_symmetric",
    "node_gains",
    "push_all",
    "raise_best",
]

_U = np.uint64


class Edges(NamedTuple):
    """The edges of an undirected graph, each once."""

    low: NDArray[np.int32]
    high: NDArray[np.int32]
    first: NDArray[np.int64]
    largest: NDArray[np.float64]


class Lazy(NamedTuple):
    """The heap of a lazy greedy choice."""

    nodes: NDArray[np.int32]
    key_of: NDArray[np.float64]
    heap: NDArray[np.int32]
    fresh: NDArray[np.int32]


@hot
def is_symmetric(ptr, idx, probability, cursor):
    """Whether each arc has an opposite arc with the same probability."""
    n = ptr.size - 1
    for v in range(n):
        cursor[v] = ptr[v]
    for v in range(n):
        for a in range(ptr[v], ptr[v + 1]):
            u = np.int64(idx[a])
            at = cursor[u]
            # rows rise, so that the opposite arcs come in order
            if at >= ptr[u + 1]:
                return False
            if np.int64(idx[at]) != v:
                return False
            if probability is not None:
                if probability[at] != probability[a]:
                    return False
            cursor[u] = at + 1
    return True


@hot
def edge_ends(ptr, idx, probability, low, high, p):
    """Write the ends, and the probability if it is given, of each edge of a symmetric graph; return their number."""
    count = np.int64(0)
    for v in range(ptr.size - 1):
        for a in range(ptr[v], ptr[v + 1]):
            u = np.int64(idx[a])
            if u <= v:
                continue
            low[count] = v
            high[count] = u
            if probability is not None:
                p[count] = probability[a]
            count += 1
    return count


@helper
def _root(label, v):
    """Return the root of a node; each node on the way then points to the one above its parent."""
    while label[v] != v:
        up = np.int64(label[v])
        label[v] = label[up]
        v = np.int64(label[v])
    return v


@helper
def _join(label, u, v):
    """Join the trees of two nodes; the smaller root becomes the parent."""
    a = _root(label, u)
    b = _root(label, v)
    if a < b:
        label[b] = a
    elif b < a:
        label[a] = b


@hot
def components(first, key, edges, edge_p, size, labels):
    """Write the components of worlds number `first`, `first` + 1, ...: one world to each row of `labels`."""
    n = labels.shape[1]
    for row in range(labels.shape[0]):
        label = labels[row]
        for v in range(n):
            label[v] = v
        state, step = stream(key[0], key[1], _U(first + row))
        for c in range(edges.largest.size):
            end = edges.first[c + 1]
            jump = 1.0 / math.log1p(-edges.largest[c]) if edges.largest[c] < 1.0 else -0.0
            span = np.float64(end - edges.first[c])
            state += step
            a = edges.first[c] + np.int64(min(math.log(1.0 - unit(mix(state))) * jump, span))
            while a < end:
                live = True
                if edge_p is not None:
                    if edge_p[a] < edges.largest[c]:
                        state += step
                        live = unit(mix(state)) * edges.largest[c] < edge_p[a]
                if live:
                    _join(label, np.int64(edges.low[a]), np.int64(edges.high[a]))
                state += step
                a += 1 + np.int64(min(math.log(1.0 - unit(mix(state))) * jump, span))
        # parents have smaller ids, so that one pass finds all roots
        for v in range(n):
            own = np.int32(1) if size is None else size[v]
            up = np.int64(label[v])
            above = np.int64(label[up])
            root = up if above < 0 else above
            label[v] = np.int64(-1) if up == v else root
            label[root] -= own


@hot
def node_gains(labels, first, last, gain):
    """Write the total size of the components of nodes `first` to `last` - 1."""
    for v in range(first, last):
        gain[v] = 0
    for row in range(labels.shape[0]):
        label = labels[row]
        for v in range(first, last):
            root = np.int64(label[v])
            root = v if root < 0 else root
            gain[v] += np.int64(~label[root])


@helper
def _gain(labels, v):
    total = np.int64(0)
    for row in range(labels.shape[0]):
        root = np.int64(labels[row, v])
        root = v if root < 0 else root
        total += np.int64(~labels[row, root])
    return total


@hot
def cover(labels, seeds, value):
    """Set the size of the components of seeds to 0, and add what it was to the value of each world."""
    for row in range(labels.shape[0]):
        label = labels[row]
        for q in range(seeds.size):
            v = np.int64(seeds[q])
            root = np.int64(label[v])
            root = v if root < 0 else root
            value[row] += np.float64(~label[root])
            label[root] = ~np.int32(0)


@helper
def _above(lazy, i, j):
    """Whether place i comes before place j."""
    if lazy.key_of[i] != lazy.key_of[j]:
        return lazy.key_of[i] > lazy.key_of[j]
    return lazy.nodes[i] < lazy.nodes[j]


@helper
def _sift(lazy, size, at):
    """Restore the heap, where only the entry at `at` may be out of order."""
    item = lazy.heap[at]
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and _above(lazy, lazy.heap[child + 1], lazy.heap[child]):
            child += 1
        if not _above(lazy, lazy.heap[child], item):
            break
        lazy.heap[at] = lazy.heap[child]
        at = child
    lazy.heap[at] = item


@hot
def push_all(lazy):
    """Make a heap of all places."""
    size = lazy.heap.size
    for i in range(size):
        lazy.heap[i] = i
    for i in range(size // 2 - 1, -1, -1):
        _sift(lazy, size, i)


@hot
def drop_top(lazy, size):
    """Remove the top of a heap of so many places; return how many are left."""
    size -= 1
    lazy.heap[0] = lazy.heap[size]
    if size > 1:
        _sift(lazy, size, 0)
    return size


@hot
def restore_first(lazy, size, count):
    """Restore a heap of so many places after keys of the first `count` entries have become smaller."""
    for at in range(count - 1, -1, -1):
        _sift(lazy, size, at)


@hot
def raise_best(labels, lazy, size, number, cost, gain):
    """Bring the node of the largest current key to the top of a heap of so many places.

    Keys that were not computed for the choice `number` are computed again, as far as needed: no key rises.
    """
    while True:
        place = np.int64(lazy.heap[0])
        if lazy.fresh[place] == number:
            break
        v = np.int64(lazy.nodes[place])
        gain[v] = _gain(labels, v)
        key = np.float64(gain[v])
        if cost is not None:
            if key > 0.0:
                key = math.inf if cost[v] == 0.0 else key / cost[v]
        lazy.key_of[place] = key
        lazy.fresh[place] = number
        _sift(lazy, size, 0)
