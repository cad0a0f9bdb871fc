"""Slow and simple generators with Python integers: the specification of the kernels. They never import imax."""

from fractions import Fraction
from math import floor, log, log1p

WORD = 2**64
GOLDEN = 0x9E3779B97F4A7C15


def mix(x):
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) % WORD
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) % WORD
    return x ^ (x >> 31)


def words(key, i):
    """Yield the words of stream i of a key."""
    state = mix((key[0] + GOLDEN * (i + 1)) % WORD)
    step = mix(state ^ key[1]) | 1
    while True:
        state = (state + step) % WORD
        yield mix(state)


def rmat_arc(key, i, scale, quarters):
    """Return arc i: one draw of 32 bits per level, the upper half of a word first; quarters row by row."""
    a, b, c = quarters
    halves = []
    stream = words(key, i)
    while len(halves) < scale:
        word = next(stream)
        halves += [word >> 32, word % 2**32]
    u = v = 0
    for half in halves[:scale]:
        if half < round(a * 2**32):
            row, column = 0, 0
        elif half < round((a + b) * 2**32):
            row, column = 0, 1
        elif half < round((a + b + c) * 2**32):
            row, column = 1, 0
        else:
            row, column = 1, 1
        u, v = 2 * u + row, 2 * v + column
    return u, v


def rmat_cell_probabilities(scale, a, b, c):
    """Return the probability of each cell of the adjacency matrix: a product with one factor per level."""
    quarter = {(0, 0): a, (0, 1): b, (1, 0): c, (1, 1): 1 - a - b - c}
    cells = {}
    for u in range(2**scale):
        for v in range(2**scale):
            product = 1.0
            for level in range(scale):
                product *= quarter[(u >> level) & 1, (v >> level) & 1]
            cells[u, v] = product
    return cells


def chung_lu_arc(key, i, n, exponent):
    """Return arc i: each end is n times a power of a uniform number, rounded down."""
    stream = words(key, i)
    power = (exponent - 1) / (exponent - 2)
    return tuple(floor(n * ((next(stream) >> 11) / 2**53) ** power) for _ in range(2))


def chung_lu_shares(n, exponent):
    """Return the probability of each node to be an end."""
    s = (exponent - 2) / (exponent - 1)
    return [((i + 1) / n) ** s - (i / n) ** s for i in range(n)]


def bernoulli_cells(key, number, start, stop, p):
    """Return the chosen cells; the gaps between them are geometric."""
    stream = words(key, number)
    chosen, cell = [], start
    while p > 0:
        uniform = ((next(stream) >> 11) + 1) / 2**53
        cell += 0 if p == 1 else floor(log(uniform) / log1p(-p))
        if cell >= stop:
            break
        chosen.append(cell)
        cell += 1
    return chosen


def block_pairs(sizes, directed):
    """Return {(block r, block s): number of possible edges}, by listing all pairs of nodes."""
    block = [r for r, size in enumerate(sizes) for _ in range(size)]
    tried = {}
    for u in range(len(block)):
        for v in range(len(block)):
            if u != v and (directed or u < v):
                tried[block[u], block[v]] = tried.get((block[u], block[v]), 0) + 1
    return tried


def chi_square(observed, expected):
    """Return Pearson's statistic and its degrees of freedom; cells with an expectation below 5 are merged."""
    kept = [(o, e) for o, e in zip(observed, expected, strict=True) if e >= 5]
    rest = [(o, e) for o, e in zip(observed, expected, strict=True) if e < 5]
    if rest:
        kept.append((sum(o for o, _ in rest), sum(e for _, e in rest)))
    cells = [(o, e) for o, e in kept if e > 0]
    return float(sum(Fraction((o - e) ** 2 / e) for o, e in cells)), len(cells) - 1
