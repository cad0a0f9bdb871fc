"""The cascade kernel: RR sets, and forward cascades, under the IC and LT models.

One kernel serves all: several cascades ("lanes") advance side by side, so that the memory waits of one are filled with
the work of the others. They advance by levels of the search; a block of the level's nodes, of whichever lanes, takes
three passes, each a loop over independent items: draw the nodes' live arcs, load the nodes at those arcs' ends, append
the new ones to their lane and to the next level. Every pass asks for the next one's cache lines. What a cascade
draws depends on its own stream alone, so the number of lanes changes nothing.

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

__all__ = ["BLOCK", "CHUNK_RATE", "MAX_HITS", "NONE", "PAD", "SLOT_BITS", "TABLE", "cascades", "gather", "poisson_hits"]

SLOT_BITS = 24
TABLE = 24  # entries of a cumulative table; what lies beyond is drawn by inversion
BLOCK = 64  # nodes that one round of the three passes takes
CHUNK_RATE = 8.0  # Poisson counts of a larger rate are sums of counts of this one
MAX_HITS = 64  # P(Poisson(8) > 64) < 1e-35
PAD = 8
NONE = np.uint32(0xFFFFFFFF)
_NO_NODE = np.int64(0xFFFFFFFF)
_NODE = np.int64(0xFFFFFFFF)

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
    count = np.int64(0)
    term = q0
    total = q0
    while x >= total and count < MAX_HITS:
        count += 1
        term *= rate / count
        total += term
    return count, state


@helper
def poisson_hits(rate, q0, state, step):
    """Draw a Poisson count of any rate; `q0` is exp(-rate) where the rate is at most `CHUNK_RATE`."""
    count = np.int64(0)
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
        count, state = poisson_hits(par[slot, 1], par[slot, 2], state, step)
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
        count, state = poisson_hits(as_float(rec[v, 2]), as_float(rec[v, 3]), state, step)
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
def _begin(
    lane, i, key0, key1, n, roots, strata, seeds, rec, mark, queue, state, step, seen, tail, items, n_items,
    is_sentinel, hit, cut,
):  # fmt: skip
    """Start cascade `i` in a lane, from the seeds or a random root; return the number of items with its own added."""
    s, d = stream(key0, key1, _U(i))
    bit = _ONE16 << np.uint16(lane)
    size = np.int64(1)
    if seeds is None:
        s += d
        word = mix(s)
        v = np.int64(mulhi(word, _U(n)))
        if roots is not None:
            v = np.int64(roots[v, 1] if np.uint32((word * _U(n)) >> _S32) <= roots[v, 0] else roots[v, 2])
        if strata is not None:
            v = np.int64(i) % np.int64(n)
        queue[lane, 0] = v
        mark[v] |= bit
        prefetch(rec, v)
        items[n_items] = (lane << 32) | v
        if is_sentinel is not None:
            hit[lane] = v if is_sentinel[v] else -1
            cut[lane] = 1
    else:
        size = seeds.size
        for q in range(size):
            v = np.int64(seeds[q])
            queue[lane, q] = v
            mark[v] |= bit
            items[n_items + q] = (lane << 32) | v
    state[lane] = s
    step[lane] = d
    seen[lane] = size
    tail[lane] = size
    return n_items + size


@helper
def _load(na, idx, pick, arcs, fracs, ends, mark, rec):
    """Load the node at each drawn arc's end and ask for its mark and its record; -1 where a coin said no."""
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
def _append(na, pick, lanes_of, ends, mark, queue, tail, items, n_items, is_sentinel, hit, cut):
    """Add each new node to its lane's cascade and to the next level's items; return their number."""
    for j in range(na):
        u = np.int64(ends[j])
        if pick is not None and u < 0:
            continue
        lane = np.int64(lanes_of[j])
        bit = _ONE16 << np.uint16(lane)
        old = mark[u]
        mark[u] = old | bit
        at = tail[lane]
        new = np.int64((old & bit) == 0)
        queue[lane, at] = u
        items[n_items] = (lane << 32) | u
        tail[lane] = at + new
        n_items += new
        if is_sentinel is not None:
            if is_sentinel[u] and hit[lane] < 0:
                hit[lane] = u
                cut[lane] = at + 1
    return n_items


@helper
def _drop(items, n_items, hit):
    """Take the items of cascades that are to end out of a level; return how many are left."""
    kept = np.int64(0)
    for j in range(n_items):
        item = items[j]
        items[kept] = item
        kept += np.int64(hit[item >> 32] < 0)
    return kept


@helper
def _end(lane, seeds, weights, mark, queue, tail, buf, out, value, which, is_sentinel, hit):
    """Write a finished cascade out and clear its marks; return its size, or -1 if `buf` has no room for it.

    Of one that was ended there is written the node that ended it alone.
    """
    size = tail[lane]
    off = ~(_ONE16 << np.uint16(lane))
    if is_sentinel is not None:
        if hit[lane] >= 0:
            if out + 1 > buf.size:
                return np.int64(-1)
            buf[out] = hit[lane]
            for q in range(size):
                mark[queue[lane, q]] &= off
            return np.int64(1)
    if seeds is None:
        if out + size > buf.size:
            return np.int64(-1)
        for q in range(size):
            u = queue[lane, q]
            buf[out + q] = u
            mark[u] &= off
    else:
        total = 0.0
        for q in range(size):
            u = queue[lane, q]
            total += 1.0 if weights is None else weights[u]
            mark[u] &= off
        value[which] = total
    return size


@hot
def cascades(
    first, count, key0, key1, n, lanes, idx, pick, rec, cum, par, deg, mode, roots, strata, seeds, weights,
    is_sentinel, mark, queue, now, later, arcs, fracs, lanes_of, ends, room, registers, words, buf, start, length,
    value,
):  # fmt: skip
    """Run cascades number `first` to ``first + count - 1`` of a stream.

    With `seeds` None these are RR sets: their nodes go to `buf` (in the order in which sets end; `start` and
    `length` say where), and the number of entries is returned. With `seeds` they are cascades from those, and
    `value` takes the total of `weights` (or the number) of nodes reached; 0 is returned. -1 says that `buf` was too
    small and -2 that `now` and `later`, which hold one level of all lanes each, were: nothing is left marked, and
    the caller starts over.

    With `strata`, not None, the root of RR set i is node i modulo n, in place of a random one: of n sets in a row each
    node is the root of one. `ending` is None or marks nodes at which an RR set ends: one that meets such a node is
    written as that node alone, and `registers[5, 0]` takes the number of other nodes that these had met, in all.

    `lanes` is at most 16 (the bits of `mark`) and `queue` has a row for each; `arcs`, `fracs`, `lanes_of` and
    `ends` hold one block's arcs: nodes join a block while it has fewer than `room`.
    """
    seen = registers[0]
    tail = registers[1]
    who = registers[2]
    hit = registers[3]
    cut = registers[4]
    registers[5, 0] = 0
    state = words[0]
    step = words[1]
    # typed from the start: Numba would compile each helper once for the literal 0 and once more for int64
    begun = np.int64(0)
    live = np.int64(0)
    out = np.int64(0)
    status = np.int64(0)
    n_now = np.int64(0)
    while live < lanes and begun < count:
        who[live] = begun
        n_now = _begin(
            live, first + begun, key0, key1, n, roots, strata, seeds, rec, mark, queue, state, step, seen, tail, now,
            n_now, is_sentinel, hit, cut,
        )  # fmt: skip
        live += 1
        begun += 1
    used = live
    while live > 0 and status == 0:
        n_later = np.int64(0)
        done = np.int64(0)
        while done < n_now:
            na = np.int64(0)
            stop = min(n_now, done + BLOCK)
            while done < stop and na < room:
                v = now[done] & _NODE
                lane = now[done] >> 32
                if is_sentinel is not None:
                    if hit[lane] >= 0:
                        done += 1
                        continue
                s = state[lane]
                d = step[lane]
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
                state[lane] = s
                done += 1
            if n_later + na >= later.size:
                status = -2
                break
            _load(na, idx, pick, arcs, fracs, ends, mark, rec)
            n_later = _append(na, pick, lanes_of, ends, mark, queue, tail, later, n_later, is_sentinel, hit, cut)
        if is_sentinel is not None:
            n_later = _drop(later, n_later, hit)
        for lane in range(used):
            if seen[lane] < tail[lane]:
                seen[lane] = tail[lane]
                # a cascade that met an end has none of its nodes in the next level
                if is_sentinel is None:
                    continue
                if hit[lane] < 0:
                    continue
            if who[lane] < 0 or status < 0:
                continue
            size = _end(lane, seeds, weights, mark, queue, tail, buf, out, value, who[lane], is_sentinel, hit)
            if size < 0:
                status = -1
                continue
            if is_sentinel is not None:
                registers[5, 0] += cut[lane] - 1 if hit[lane] >= 0 else 0
            if seeds is None:
                start[who[lane]] = out
                length[who[lane]] = size
                out += size
            if begun < count and n_later + (1 if seeds is None else seeds.size) < later.size:
                who[lane] = begun
                n_later = _begin(
                    lane, first + begun, key0, key1, n, roots, strata, seeds, rec, mark, queue, state, step, seen, tail,
                    later, n_later, is_sentinel, hit, cut,
                )  # fmt: skip
                begun += 1
            elif begun < count:
                status = -2
                tail[lane] = 0
            else:
                who[lane] = -1
                tail[lane] = 0
                seen[lane] = 0
                live -= 1
        swap = now
        now = later
        later = swap
        n_now = n_later
    if status < 0:
        for lane in range(used):
            for q in range(tail[lane]):
                mark[queue[lane, q]] = 0
        return status
    return out


@hot
def gather(buf, start, length, count, nodes):
    """Copy the sets from `buf` to `nodes` in order.

    `PAD` entries at once, beyond the set's end too, where the next set writes over them: most sets are short, and a
    loop of unpredictable length costs more than the copy. Both arrays need `PAD` entries to spare.
    """
    at = 0
    for i in range(count):
        s = start[i]
        size = length[i]
        q = np.int64(0)
        while q < size:
            for j in range(PAD):
                nodes[at + q + j] = buf[s + q + j]
            q += PAD
        at += size
