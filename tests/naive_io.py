"""A slow and simple reader of edge lists: the specification of the parser. It never imports imax."""

import math
import re

INTEGER = re.compile(r"0|[1-9][0-9]*")
NEGATIVE = re.compile(r"-(0|[1-9][0-9]*)")
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE)
BLANKS = " \t\r\x0b\x0c"


class Bad(Exception):
    """A line is malformed. The argument is its number."""


def lines_of(text):
    for i, line in enumerate(text.split("\n"), 1):
        visible = line.strip(BLANKS)
        if visible and visible[0] not in "#%":
            yield i, visible


def any_separator(line):
    """Split at white space, or at a comma or semicolon with optional white space around it."""
    fields = [f.strip(BLANKS) for f in re.split(r"[ \t\r\x0b\x0c]*[,;][ \t\r\x0b\x0c]*|[ \t\r\x0b\x0c]+", line)]
    return fields[:-1] if len(fields) > 1 and fields[-1] == "" else fields


def read(text, want=False, skip=False):
    """Return (arcs by label, number of bad lines); labels are ints, or all str."""
    rows = list(lines_of(text))
    split = [any_separator(line) for _, line in rows]
    pairs = [f[:2] for f in split if len(f) >= 2 and f[0] and f[1]]
    if all(INTEGER.fullmatch(x) or NEGATIVE.fullmatch(x) for pair in pairs for x in pair):
        return integers(rows, split, want, skip)
    first = rows[0][1]
    separator = next((s for s in "\t,;" if s in first), None)
    return names(rows, separator, want, skip)


def column(fields, want):
    if not want:
        return 1.0
    if len(fields) < 3 or not NUMBER.fullmatch(fields[2]):
        return None
    return float(fields[2])


def integers(rows, split, want, skip):
    arcs, bad = [], 0
    for (i, _), fields in zip(rows, split, strict=True):
        good = len(fields) >= 2 and all(INTEGER.fullmatch(x) and int(x) < 2**63 for x in fields[:2])
        value = column(fields, want) if good else None
        if value is not None:
            arcs.append((int(fields[0]), int(fields[1]), value))
        elif skip:
            bad += 1
        else:
            raise Bad(i)
    return arcs, bad


def names(rows, separator, want, skip):
    arcs, bad = [], 0
    for i, line in rows:
        fields = line.split() if separator is None else [f.strip(BLANKS) for f in line.split(separator)]
        good = len(fields) >= 2 and fields[0] and fields[1]
        value = column(fields, want) if good else None
        if value is not None:
            arcs.append((fields[0], fields[1], value))
        elif skip:
            bad += 1
        else:
            raise Bad(i)
    return arcs, bad


def in_unit(value):
    return not math.isnan(value) and 0.0 <= value <= 1.0


def checksum(data):
    """Return the checksum of bytes in a binary file, as 16 hexadecimal digits."""
    mask = 2**64 - 1
    golden, prime, second = 0x9E3779B97F4A7C15, 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F

    def mix(x):
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & mask
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB & mask
        return x ^ (x >> 31)

    def of_block(block, seed):
        block += bytes(-len(block) % 64)
        a = mix(seed)
        lanes = [a, a + golden, a ^ golden, a - golden, a + prime, a ^ prime, a - prime, a * prime]
        lanes = [lane & mask for lane in lanes]
        for start in range(0, len(block), 8):
            lane = start // 8 % 8
            x = (lanes[lane] + int.from_bytes(block[start : start + 8], "little") * second) & mask
            lanes[lane] = (x << 31 | x >> 33) * prime & mask
        result = 0
        for lane in lanes:
            result = mix(result ^ lane)
        return result

    whole = len(data) // 64 * 64
    chunks = [data[i : min(i + 2**23, whole)] for i in range(0, whole, 2**23)] + [data[whole:]]
    words = b"".join(of_block(chunk, i).to_bytes(8, "little") for i, chunk in enumerate(chunks))
    return f"{of_block(words, len(data)):016x}"
