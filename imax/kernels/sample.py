"""The cascade kernel: RR sets, and forward cascades, under the IC and LT models.

One kernel serves all: several cascades ("lanes") advance side by side, so that the memory waits of one are filled with
the work of the others. A round takes three passes, each a loop over independent items: draw the live arcs of the nodes
that the lanes pop, load the nodes at those arcs' ends, append the new ones to their lane. Every pass asks for the
next one's cache lines. What a cascade draws depends on its own stream alone, so the number of lanes changes nothing.

Which step the compiler builds is told by the arguments that are None:

=========== ======== ============================== =====================================================
step        graph    `cum`, `par`, `deg`, `mode`     what is drawn at a node
=========== ======== ============================== =====================================================
IC, equal   `idx`    given                          the number of live arcs, then their places
IC, general `pick`   None, `rec` has four columns   a Poisson number of hits on arcs, by rate
LT, equal   `idx`    None                           one arc, uniformly
LT, general `pick`   None, `rec` has two columns    one arc or none, by weight
=========== ======== ============================== =====================================================
"""

import numpy as np

from ._jit import helper, hot
from .stream import as_float, mix, mulhi, prefetch, stream, unit

__all__ = ["CHUNK_RATE", "MAX_HITS", "NONE", "SLOT_BITS", "TABLE", "cascades", "gather"]

SLOT_BITS = 24
TABLE = 24  # entries of a cumulative table; what lies beyond is drawn by inversion
CHUNK_RATE = 8.0  # Poisson counts of a larger rate are sums of counts of this one
MAX_HITS = 64  # P(Poisson(8) > 64) < 1e-35
NONE = np.uint32(0xFFFFFFFF)
_NO_NODE = np.int64(0xFFFFFFFF)

_U = np.uint64
_U0 = np.uint64(0)
_U1 = np.uint64(1)
_S24 = np.uint64(SLOT_BITS)
_S32 = np.uint64(32)
_SLOT = np.uint64((1 << SLOT_BITS) - 1)
_LOW = np.uint64(0xFFFFFFFF)
_ONE16 = np.uint16(1)
_Q_CHUNK = np.exp(-CHUNK_RATE)


@helper
def _poisson(rate, q0, state, step):
    """Draw a Poisson count of at most `CHUNK_RATE` by inversion; `q0` is exp(-rate)."""
    state += step
    x = unit(mix(state))
    count = 0
    term = q0
    total = q0
    while x >= total and count < MAX_HITS:
        count += 1
        term *= rate / count
        total += term
    return count, state


@helper
def _hits(rate, q0, state, step):
    """Draw a Poisson count of any rate; `q0` is exp(-rate) where the rate is at most `CHUNK_RATE`."""
    count = 0
    while rate > CHUNK_RATE:
        more, state = _poisson(CHUNK_RATE, _Q_CHUNK, state, step)
        count += more
        rate -= CHUNK_RATE
        q0 = np.exp(-rate)
    more, state = _poisson(rate, q0, state, step)
    return count + more, state


@helper
def _equal_many(word, slot, base, cum, par, deg, mode, arcs, na, state, step):
    """Append the live arcs of a node whose count's word lies beyond the table's first two entries.

    Modes: 0 a table of the count; 1 hits with replacement, by rate (a second hit on an arc changes nothing);
    2 a coin per arc.
    """
    d = deg[slot]
    if mode[slot] == 0:
        count = 2
        while count < TABLE and word >= cum[slot, count]:
            count += 1
        if count == TABLE and d >= TABLE:
            state += step
            x = unit(mix(state)) * par[slot, 1]
            term = par[slot, 2]
            total = term
            while x >= total and count < d and term > 0.0:
                term *= (d - count) / (count + 1) * par[slot, 3]
                count += 1
                total += term
        count = min(count, d)
        first = na
        for _ in range(count):
            state += step
            arc = base + np.int64(mulhi(mix(state), _U(d)))
            seen = first
            while seen < na:
                if arcs[seen] == arc:
                    state += step
                    arc = base + np.int64(mulhi(mix(state), _U(d)))
                    seen = first
                else:
                    seen += 1
            arcs[na] = arc
            na += 1
    elif mode[slot] == 1:
        count, state = _hits(par[slot, 1], par[slot, 2], state, step)
        for _ in range(count):
            state += step
            arcs[na] = base + np.int64(mulhi(mix(state), _U(d)))
            na += 1
    else:
        for j in range(d):
            state += step
            arcs[na] = base + j
            na += np.int64(unit(mix(state)) < par[slot, 1])
    return na, state


@helper
def _equal(v, lane, idx, rec, cum, par, deg, mode, arcs, lanes_of, na, state, step):
    """Append the live arcs of node `v` where all its arcs have the same probability."""
    packed = rec[v]
    slot = np.int64(packed & _SLOT)
    base = np.int64(packed >> _S24)
    state += step
    word = mix(state)
    if word < cum[slot, 1]:
        # none or one, without a branch: what is left of the word says which arc
        none_below = cum[slot, 0]
        live = word >= none_below
        rest = word - none_below if live else _U0
        arc = base + np.int64(np.float64(np.int64(rest >> _U1)) * par[slot, 0])
        arcs[na] = arc
        lanes_of[na] = lane
        prefetch(idx, arc)
        na += np.int64(live)
    else:
        before = na
        na, state = _equal_many(word, slot, base, cum, par, deg, mode, arcs, na, state, step)
        for j in range(before, na):
            lanes_of[j] = lane
            prefetch(idx, arcs[j])
    return na, state


@helper
def _general(v, lane, pick, rec, arcs, lanes_of, fracs, na, state, step):
    """Append the hits on the arcs of node `v`: a coin for each heavy arc, then weighted picks among the light ones."""
    before = na
    base = np.int64(rec[v, 0])
    heavy = np.int64(rec[v, 1] >> _S32)
    light = rec[v, 1] & _LOW
    for j in range(heavy):
        state += step
        arcs[na] = base + j
        fracs[na] = np.uint32(mix(state) >> _S32)
        na += 1
    if light > _U0:
        base += heavy
        count, state = _hits(as_float(rec[v, 2]), as_float(rec[v, 3]), state, step)
        for _ in range(count):
            state += step
            word = mix(state)
            arcs[na] = base + np.int64(mulhi(word, light))
            fracs[na] = np.uint32((word * light) >> _S32)
            na += 1
    for j in range(before, na):
        lanes_of[j] = lane
        prefetch(pick, arcs[j])
    return na, state


@helper
def _one_equal(v, lane, idx, rec, deg, arcs, lanes_of, na, state, step):
    """Append one arc of node `v`, uniformly; none where it has none."""
    packed = rec[v]
    d = deg[np.int64(packed & _SLOT)]
    state += step
    arcs[na] = np.int64(packed >> _S24) + np.int64(mulhi(mix(state), _U(d)))
    lanes_of[na] = lane
    prefetch(idx, arcs[na])
    return na + np.int64(d > 0), state


@helper
def _one_general(v, lane, pick, rec, arcs, lanes_of, fracs, na, state, step):
    """Append one weighted pick among the arcs of node `v`."""
    count = rec[v, 1]
    state += step
    word = mix(state)
    arcs[na] = np.int64(rec[v, 0]) + np.int64(mulhi(word, count))
    lanes_of[na] = lane
    fracs[na] = np.uint32((word * count) >> _S32)
    prefetch(pick, arcs[na])
    return na + np.int64(count > _U0), state


@helper
def _begin(lane, i, key0, key1, n, roots, seeds, rec, mark, queue, state, step, head, tail, who, which):
    """Start cascade `i` in a lane: from the seeds, or from a random root."""
    s, d = stream(key0, key1, _U(i))
    bit = _ONE16 << np.uint16(lane)
    if seeds is None:
        s += d
        word = mix(s)
        v = np.int64(mulhi(word, _U(n)))
        if roots is not None:
            v = np.int64(roots[v, 1] if np.uint32((word * _U(n)) >> _S32) <= roots[v, 0] else roots[v, 2])
        queue[lane, 0] = v
        mark[v] |= bit
        prefetch(rec, v)
        tail[lane] = 1
    else:
        for q in range(seeds.size):
            queue[lane, q] = seeds[q]
            mark[seeds[q]] |= bit
        tail[lane] = seeds.size
    state[lane] = s
    step[lane] = d
    head[lane] = 0
    who[lane] = which


@helper
def _load(na, idx, pick, arcs, fracs, ends, mark, rec):
    """Load the node at each drawn arc's end and ask for its mark and its record; NONE where a coin said no."""
    for j in range(na):
        u = np.int64(-1)
        if idx is not None:
            u = np.int64(idx[arcs[j]])
        if pick is not None:
            row = arcs[j]
            u = np.int64(pick[row, 1] if fracs[j] <= pick[row, 0] else pick[row, 2])
            if u == _NO_NODE:
                ends[j] = -1
                continue
        ends[j] = u
        prefetch(mark, u)
        prefetch(rec, u)


@helper
def _append(na, pick, lanes_of, ends, mark, queue, tail):
    """Put each new node at the end of its lane's queue."""
    for j in range(na):
        u = np.int64(ends[j])
        if pick is not None and u < 0:
            continue
        lane = np.int64(lanes_of[j])
        bit = _ONE16 << np.uint16(lane)
        old = mark[u]
        mark[u] = old | bit
        queue[lane, tail[lane]] = u
        tail[lane] += np.int64((old & bit) == 0)


@helper
def _move(source, target, mark, queue, state, step, head, tail, who):
    """Move a running cascade to another lane."""
    out = ~(_ONE16 << np.uint16(source))
    into = _ONE16 << np.uint16(target)
    for q in range(tail[source]):
        u = queue[source, q]
        queue[target, q] = u
        mark[u] = (mark[u] & out) | into
    state[target] = state[source]
    step[target] = step[source]
    head[target] = head[source]
    tail[target] = tail[source]
    who[target] = who[source]


@hot
def cascades(
    first, count, key0, key1, n, lanes, batch, idx, pick, rec, cum, par, deg, mode,
    roots, seeds, weights, mark, queue, arcs, fracs, lanes_of, ends, room, registers, words, buf, start, length, value,
):  # fmt: skip
    """Run cascades number `first` to ``first + count - 1`` of a stream.

    With `seeds` None these are RR sets: their nodes go to `buf` (in the order in which sets end; `start` and `length`
    say where), and the number of entries is returned, or -1 if `buf` is too small (nothing is left marked). With
    `seeds` they are cascades from those, and `value` takes the total of `weights` (or the number) of nodes reached.

    `lanes` is at most 16 (the bits of `mark`) and `queue` has a row for each; `arcs`, `fracs`, `lanes_of` and
    `ends` hold one round's arcs, a node being popped only while fewer than `room` are drawn.
    """
    head = registers[0]
    tail = registers[1]
    who = registers[2]
    state = words[0]
    step = words[1]
    begun = 0
    live = 0
    out = 0
    while live < lanes and begun < count:
        _begin(live, first + begun, key0, key1, n, roots, seeds, rec, mark, queue, state, step, head, tail, who, begun)
        live += 1
        begun += 1
    while live > 0:
        na = 0
        for lane in range(live):
            q = head[lane]
            stop = min(tail[lane], q + batch)
            s = state[lane]
            d = step[lane]
            while q < stop and na < room:
                v = np.int64(queue[lane, q])
                # Numba leaves out the branches on an argument that is None
                if idx is not None:
                    if cum is not None:
                        na, s = _equal(v, lane, idx, rec, cum, par, deg, mode, arcs, lanes_of, na, s, d)
                    else:
                        na, s = _one_equal(v, lane, idx, rec, deg, arcs, lanes_of, na, s, d)
                if pick is not None:
                    if rec.shape[1] == 2:
                        na, s = _one_general(v, lane, pick, rec, arcs, lanes_of, fracs, na, s, d)
                    else:
                        na, s = _general(v, lane, pick, rec, arcs, lanes_of, fracs, na, s, d)
                q += 1
            head[lane] = q
            state[lane] = s
        _load(na, idx, pick, arcs, fracs, ends, mark, rec)
        _append(na, pick, lanes_of, ends, mark, queue, tail)
        lane = 0
        while lane < live:
            if head[lane] < tail[lane]:
                lane += 1
                continue
            size = tail[lane]
            off = ~(_ONE16 << np.uint16(lane))
            if seeds is None:
                if out + size > buf.size:
                    for other in range(live):
                        for q in range(tail[other]):
                            mark[queue[other, q]] = 0
                    return -1
                start[who[lane]] = out
                length[who[lane]] = size
                for q in range(size):
                    u = queue[lane, q]
                    buf[out + q] = u
                    mark[u] &= off
                out += size
            else:
                total = 0.0
                for q in range(size):
                    u = queue[lane, q]
                    total += 1.0 if weights is None else weights[u]
                    mark[u] &= off
                value[who[lane]] = total
            if begun < count:
                _begin(lane, first + begun, key0, key1, n, roots, seeds, rec, mark, queue, state, step, head, tail, who, begun)
                lane += 1
                begun += 1
            else:
                live -= 1
                if lane < live:
                    _move(live, lane, mark, queue, state, step, head, tail, who)
    return out


@hot
def gather(buf, start, length, count, nodes):
    """Copy the sets from `buf` to `nodes` in order."""
    at = 0
    for i in range(count):
        s = start[i]
        for q in range(length[i]):
            nodes[at + q] = buf[s + q]
        at += length[i]
