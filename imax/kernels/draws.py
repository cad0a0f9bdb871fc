"""Draws of a node's live arcs: one way for each model and kind of probabilities.

The type of the tables chooses the way when Numba compiles: `draw` and `load` are different functions for each of the
four classes of tables below.

============== ======================= =========================================================================
tables         model, probabilities    what is drawn at a node
============== ======================= =========================================================================
CountTables    IC, equal in each row   the number of live arcs, then their places
HitTables      IC, any                 a coin for each heavy arc, a Poisson number of weighted picks of light arcs
UniformTables  LT, equal in each row   one arc, uniformly
PickTables     LT, any                 one arc or none, by weight
============== ======================= =========================================================================

Rows are the in-arcs of a node for RR sets, and its out-arcs for forward cascades.

============= ======= =============== ==========================================================================
array         dtype   shape           meaning
============= ======= =============== ==========================================================================
record        uint64  (n,)            CountTables and UniformTables: first arc of the node's row in the upper 40
                                      bits, slot of its tables in the lower `SLOT_BITS`
record        uint64  (n, 4)          HitTables: columns `ROW`, `HEAVY_LIGHT`, `RATE`, `NO_HIT`
record        uint64  (n, 2)          PickTables: columns `ROW`, `N_ROWS`
idx           int32   (n_arcs,)       node at each arc's end
alias         uint32  (n_rows, 3)     alias tables, see `imax.kernels.alias`: columns `THRESHOLD`, `OWN`, `OTHER`;
                                      node `NONE` stands for no live arc
cumulative    uint64  (n_slots, 24)   P(at most c live arcs) * 2**64 for c < `TABLE`, by slot
parameter     float64 (n_slots, 4)    numbers that the slot's mode needs: columns `ARCS_PER_WORD` for all modes;
                                      `TAIL`, `TERM`, `ODDS` for `TABLE_MODE`; `HIT_RATE`, `HIT_NONE` for
                                      `HITS_MODE`; `COIN` for `COINS_MODE`
degree        int64   (n_slots,)      arcs in a row of the slot
mode          int8    (n_slots,)      `TABLE_MODE`, `HITS_MODE` or `COINS_MODE`
strata.nodes  int32   (count,)        the roots of RR sets where nodes take turns; empty where roots are random
block.arcs    int64   (size,)         drawn arcs, or rows of alias tables
block.lane    uint8   (size,)         lane that each drawn arc belongs to
block.word    uint32  (size,)         HitTables and PickTables: random fraction that decides between a row's nodes
block.ends    uint32  (size,)         node at each drawn arc's end; `NONE` if the arc is not live
============= ======= =============== ==========================================================================
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._jit import by_type, helper
from .stream import as_float, as_index, mix, mulhi, prefetch, unit

__all__ = [
    "ARCS_PER_WORD",
    "CHUNK_RATE",
    "COIN",
    "COINS_MODE",
    "HEAVY_LIGHT",
    "HITS_MODE",
    "HIT_NONE",
    "HIT_RATE",
    "MAX_HITS",
    "NONE",
    "NO_HIT",
    "N_ROWS",
    "ODDS",
    "OTHER",
    "OWN",
    "RATE",
    "ROW",
    "SLOT_BITS",
    "TABLE",
    "TABLE_MODE",
    "TAIL",
    "TERM",
    "THRESHOLD",
    "Block",
    "CountTables",
    "HitTables",
    "PickTables",
    "Strata",
    "UniformTables",
    "draw",
    "load",
    "may_miss",
    "poisson_hits",
    "root_of",
]

SLOT_BITS = 24
TABLE = 24  # entries of a cumulative table; larger counts are drawn by inversion
CHUNK_RATE = 8.0  # a Poisson count of a larger rate is a sum of counts of this rate
MAX_HITS = 64  # P(Poisson(8) > 64) < 1e-35
NONE = np.uint32(0xFFFFFFFF)

# How the live arcs of a row with equal probabilities are drawn.
TABLE_MODE = 0  # their number, from a table
HITS_MODE = 1  # hits with replacement, by rate: a second hit on an arc changes nothing
COINS_MODE = 2  # a coin for each arc

# Columns of `parameter`; the meaning of 1 to 3 depends on the mode.
ARCS_PER_WORD = 0  # turns what is left of a word into one of the row's arcs
TAIL, TERM, ODDS = 1, 2, 3  # P(at least TABLE live arcs); P(exactly TABLE); p / (1 - p)
HIT_RATE, HIT_NONE = 1, 2  # rate of hits on the row; exp(-rate)
COIN = 1  # probability of each arc

# Columns of `record` in HitTables and PickTables.
ROW = 0  # first row of the node's alias table; in HitTables the heavy arcs come first
HEAVY_LIGHT = 1  # number of heavy arcs << 32 | number of light arcs
RATE, NO_HIT = 2, 3  # rate of hits on all light arcs; exp(-rate); both the bits of a float64
N_ROWS = 1  # rows of the node's alias table

THRESHOLD, OWN, OTHER = 0, 1, 2  # columns of `alias`

_U = np.uint64
_U0 = np.uint64(0)
_U1 = np.uint64(1)
_S24 = np.uint64(SLOT_BITS)
_S32 = np.uint64(32)
_SLOT = np.uint64((1 << SLOT_BITS) - 1)
_LOW = np.uint64(0xFFFFFFFF)
_CHUNK_NONE = np.exp(-CHUNK_RATE)


class CountTables(NamedTuple):
    """Independent cascade where all arcs of a row have the same probability."""

    record: NDArray[np.uint64]
    idx: NDArray[np.int32]
    cumulative: NDArray[np.uint64]
    parameter: NDArray[np.float64]
    degree: NDArray[np.int64]
    mode: NDArray[np.int8]


class HitTables(NamedTuple):
    """Independent cascade with any probabilities."""

    record: NDArray[np.uint64]
    alias: NDArray[np.uint32]


class UniformTables(NamedTuple):
    """Linear threshold where the arcs of a row have equal weights of sum 1."""

    record: NDArray[np.uint64]
    idx: NDArray[np.int32]
    degree: NDArray[np.int64]


class PickTables(NamedTuple):
    """Linear threshold with any weights."""

    record: NDArray[np.uint64]
    alias: NDArray[np.uint32]


class Block(NamedTuple):
    """Arcs that one round of the passes draws."""

    arcs: NDArray[np.int64]
    lane: NDArray[np.uint8]
    word: NDArray[np.uint32]
    ends: NDArray[np.uint32]


@helper
def _poisson(rate, none, state, step):
    """Draw a Poisson count of a rate up to `CHUNK_RATE` by inversion; `none` is exp(-rate)."""
    state += step
    x = unit(mix(state))
    count = np.int64(0)
    term = none
    total = none
    while x >= total and count < MAX_HITS:
        count += 1
        term *= rate / count
        total += term
    return count, state


@helper
def poisson_hits(rate, none, state, step):
    """Draw a Poisson count of any rate; `none` is exp(-rate) if the rate is at most `CHUNK_RATE`."""
    count = np.int64(0)
    while rate > CHUNK_RATE:
        more, state = _poisson(CHUNK_RATE, _CHUNK_NONE, state, step)
        count += more
        rate -= CHUNK_RATE
        none = np.exp(-rate)
    more, state = _poisson(rate, none, state, step)
    return count + more, state


@helper
def _draw_many(tables, slot, word, base, arcs, n_arcs, state, step):
    """Append the live arcs of a node whose word lies beyond the first two entries of its table."""
    parameter = tables.parameter
    d = tables.degree[slot]
    if tables.mode[slot] == TABLE_MODE:
        cumulative = tables.cumulative
        count = 2
        while count < TABLE and word >= cumulative[slot, count]:
            count += 1
        if count == TABLE and d >= TABLE:
            state += step
            x = unit(mix(state)) * parameter[slot, TAIL]
            term = parameter[slot, TERM]
            total = term
            while x >= total and count < d and term > 0.0:
                term *= (d - count) / (count + 1) * parameter[slot, ODDS]
                count += 1
                total += term
        count = min(count, d)
        first = n_arcs
        for _ in range(count):
            state += step
            arc = base + np.int64(mulhi(mix(state), _U(d)))
            seen = first
            while seen < n_arcs:
                if arcs[seen] == arc:
                    state += step
                    arc = base + np.int64(mulhi(mix(state), _U(d)))
                    seen = first
                else:
                    seen += 1
            arcs[n_arcs] = arc
            n_arcs += 1
    elif tables.mode[slot] == HITS_MODE:
        count, state = poisson_hits(parameter[slot, HIT_RATE], parameter[slot, HIT_NONE], state, step)
        for _ in range(count):
            state += step
            arcs[n_arcs] = base + np.int64(mulhi(mix(state), _U(d)))
            n_arcs += 1
    else:
        for j in range(d):
            state += step
            arcs[n_arcs] = base + j
            n_arcs += np.int64(unit(mix(state)) < parameter[slot, COIN])
    return n_arcs, state


@helper
def _draw_count(tables, v, lane, block, n_arcs, state, step):
    """Append the live arcs of node `v` whose arcs all have the same probability."""
    packed = tables.record[v]
    slot = np.int64(packed & _SLOT)
    base = np.int64(packed >> _S24)
    state += step
    word = mix(state)
    if word < tables.cumulative[slot, 1]:
        # no arc or one, without a branch: the rest of the word chooses the arc
        none_below = tables.cumulative[slot, 0]
        live = word >= none_below
        rest = word - none_below if live else _U0
        arc = base + np.int64(np.float64(np.int64(rest >> _U1)) * tables.parameter[slot, ARCS_PER_WORD])
        block.arcs[n_arcs] = arc
        block.lane[n_arcs] = lane
        prefetch(tables.idx, arc)
        n_arcs += np.int64(live)
    else:
        before = n_arcs
        n_arcs, state = _draw_many(tables, slot, word, base, block.arcs, n_arcs, state, step)
        for j in range(before, n_arcs):
            block.lane[j] = lane
            prefetch(tables.idx, block.arcs[j])
    return n_arcs, state


@helper
def _draw_hits(tables, v, lane, block, n_arcs, state, step):
    """Append the hits on the arcs of node `v`: a coin for each heavy arc, then weighted picks among the light arcs."""
    record = tables.record
    before = n_arcs
    base = np.int64(record[v, ROW])
    heavy = np.int64(record[v, HEAVY_LIGHT] >> _S32)
    light = record[v, HEAVY_LIGHT] & _LOW
    for j in range(heavy):
        state += step
        block.arcs[n_arcs] = base + j
        block.word[n_arcs] = np.uint32(mix(state) >> _S32)
        n_arcs += 1
    if light > _U0:
        base += heavy
        count, state = poisson_hits(as_float(record[v, RATE]), as_float(record[v, NO_HIT]), state, step)
        for _ in range(count):
            state += step
            word = mix(state)
            block.arcs[n_arcs] = base + np.int64(mulhi(word, light))
            block.word[n_arcs] = np.uint32((word * light) >> _S32)
            n_arcs += 1
    for j in range(before, n_arcs):
        block.lane[j] = lane
        prefetch(tables.alias, block.arcs[j])
    return n_arcs, state


@helper
def _draw_uniform(tables, v, lane, block, n_arcs, state, step):
    """Append one arc of node `v`, chosen uniformly; nothing if it has no arc."""
    packed = tables.record[v]
    d = tables.degree[np.int64(packed & _SLOT)]
    state += step
    block.arcs[n_arcs] = np.int64(packed >> _S24) + np.int64(mulhi(mix(state), _U(d)))
    block.lane[n_arcs] = lane
    prefetch(tables.idx, block.arcs[n_arcs])
    return n_arcs + np.int64(d > 0), state


@helper
def _draw_pick(tables, v, lane, block, n_arcs, state, step):
    """Append one weighted pick among the arcs of node `v`; nothing if it has no arc."""
    record = tables.record
    count = record[v, N_ROWS]
    state += step
    word = mix(state)
    block.arcs[n_arcs] = np.int64(record[v, ROW]) + np.int64(mulhi(word, count))
    block.lane[n_arcs] = lane
    block.word[n_arcs] = np.uint32((word * count) >> _S32)
    prefetch(tables.alias, block.arcs[n_arcs])
    return n_arcs + np.int64(count > _U0), state


@helper
def _load_arcs(tables, block, n_arcs, mark):
    """Load the node at the end of each drawn arc, and prefetch its mark and its record."""
    for j in range(n_arcs):
        u = as_index(tables.idx[block.arcs[j]])
        block.ends[j] = u
        prefetch(mark, u)
        prefetch(tables.record, u)


@helper
def _load_rows(tables, block, n_arcs, mark):
    """Load the node that each drawn row of an alias table picks, and prefetch its mark and its record."""
    alias = tables.alias
    for j in range(n_arcs):
        row = block.arcs[j]
        u = alias[row, OWN] if block.word[j] <= alias[row, THRESHOLD] else alias[row, OTHER]
        block.ends[j] = u
        if u != NONE:
            prefetch(mark, np.int64(u))
            prefetch(tables.record, np.int64(u))


@helper
def _never(tables):
    return False


@helper
def _sometimes(tables):
    return True


@by_type({CountTables: _never, HitTables: _sometimes, UniformTables: _never, PickTables: _sometimes})
def may_miss(tables):
    """Return whether a drawn arc may turn out not to be live, for which `load` writes `NONE`."""


class Strata(NamedTuple):
    """The roots of RR sets in order, from set number `first` on."""

    nodes: NDArray[np.int32]
    first: np.int64


@helper
def root_of(i, word, n, roots, strata):
    """Return the root of RR set `i` from a random word; `roots` and `strata` are arguments of `cascades`."""
    if strata.nodes.size > 0:
        return np.int64(as_index(strata.nodes[i - strata.first]))
    v = np.int64(mulhi(word, _U(n)))
    if roots is not None:
        v = np.int64(roots[v, OWN] if np.uint32((word * _U(n)) >> _S32) <= roots[v, THRESHOLD] else roots[v, OTHER])
    return v


@by_type({CountTables: _draw_count, HitTables: _draw_hits, UniformTables: _draw_uniform, PickTables: _draw_pick})
def draw(tables, v, lane, block, n_arcs, state, step):
    """Append the live arcs of node `v` to the block; return the number of arcs in the block and the stream's state."""


@by_type({CountTables: _load_arcs, HitTables: _load_rows, UniformTables: _load_arcs, PickTables: _load_rows})
def load(tables, block, n_arcs, mark):
    """Load the node at the end of each drawn arc of the block."""
