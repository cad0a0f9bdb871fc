"""Mutated files for every reader: ``python -m tests.fuzz --cases N --seed S``.

Each case changes a valid file (bits, bytes, ranges, numbers, fields, headers) and reads it. A case passes if the reader
returns something sound, or raises an `ImaxError` with one short line. It fails if the process dies, if the reader takes
more than 10 s, if another error is raised, or if a file with checksums is accepted with other content than before.

The cases run in a process of their own, which is started again after a case that killed it. Case number i of a seed is
always the same; ``--first I --cases 1`` runs it alone, and ``--keep FILE`` stores the mutated file.
"""

import argparse
import bz2
import gzip
import inspect
import io
import json
import lzma
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np

import imax
import imax.io.text
from imax.annotate.files import read_embeddings
from imax.annotate.item_files import Items, read_item_columns, read_item_labels, read_items
from imax.errors import ImaxError
from imax.graph.delays import LearnedDelays
from imax.io import read_active_sets, read_binary, read_labels, read_node_texts, read_node_values, write_binary
from imax.recommend import Reranker
from imax.recommend.files import read_rows

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 10  # after which a case counts as a hang
MEMORY = 256 << 20  # what the readers believe to be free
MOST_FAILURES = 20
NUMBERS = [
    b"-1", b"0", b"00", b"1_0", b"+7", b"nan", b"inf", b"-inf", b"1e308", b"1e999", b"1e-320", b"0.5", b"2147483647",
    b"2147483648", b"9223372036854775807", b"9223372036854775808", b"18446744073709551616", b"9" * 400, b"9" * 5000,
    b"300000000", b"\xc2\xb2", b"", b"x" * 3000, b"True", b"None", b"[[", b"{}", b'"',
]  # fmt: skip
DTYPES = ["<i4", "<i8", "<f4", "<f8", "|u1", ">i4", "|O", "<M8[s]", 7, None]
VALUES = [0, 1, -1, 2**31, 2**63, 10**30, 1e400, None, True, "x", [], {}, [[[]]], [10**12], [-8]]


@dataclass(frozen=True)
class Reader:
    """A reader, valid files for it, and how to edit their headers with the checksums made right again."""

    files: list[bytes]
    read: Callable[[Path, np.random.Generator], Any]
    edit: Callable[[bytes, np.random.Generator], bytes] | None = None
    content: Callable[[Any], Any] | None = None  # what a file with checksums holds, to be compared
    any_change: bool = False  # whether the checksums find every change, not only single bits


def sound(graph: imax.InfluenceGraph) -> imax.InfluenceGraph:
    """Check that no kernel would read outside the arrays of a graph."""
    ptr, idx = np.asarray(graph.in_ptr), np.asarray(graph.in_idx)
    assert ptr[0] == 0
    assert ptr[-1] == idx.size
    assert (np.diff(ptr) >= 0).all()
    assert idx.size == 0 or (idx.min() >= 0 and idx.max() < graph.n_nodes)
    assert len(graph.nodes()) == graph.n_nodes
    return graph


def arcs_of(graph: imax.InfluenceGraph) -> tuple[Any, Any, Any]:
    """Return the labels, the arcs and the delays of a graph, for comparison."""
    return graph.nodes(), sorted(graph.arcs()), None if graph.delays is None else str(graph.delays)


def read_any_graph(path: Path, rng: np.random.Generator) -> Any:
    """Read a graph with random options."""
    return sound(
        imax.read_graph(
            path,
            directed=bool(rng.integers(2)),
            probability=[None, "column"][rng.integers(2)],
            on_bad_line=["error", "skip"][rng.integers(2)],
            multi_edges=["merge", "combine"][rng.integers(2)],
            threads=1,
        )
    )


def read_plain_graph(path: Path, rng: np.random.Generator) -> Any:
    """Read a graph with default options."""
    return sound(imax.read_graph(path, threads=1))


def full(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the argument that makes a reader compare all checksums."""
    parameter = inspect.signature(function).parameters.get("verify")
    return {} if parameter is None else {"verify": True if isinstance(parameter.default, bool) else "full"}


def read_binary_graph(path: Path, rng: np.random.Generator) -> Any:
    """Read a binary graph, comparing all checksums."""
    return sound(read_binary(path, **full(read_binary)))


def read_reranker(path: Path, rng: np.random.Generator) -> Any:
    """Read a reranker and rank with it."""
    reranker = Reranker.load(path, threads=1, **full(Reranker.load))
    ranking = reranker.rerank({0: [1, 2, 3], 33: [8, 9]}, 2, on_missing="drop", on_short="keep")
    return ranking.to_dict()


def edit_binary(data: bytes, rng: np.random.Generator) -> bytes:
    """Change one value of the header of a binary file, and correct the header's checksum and padding."""
    fixed = struct.Struct("<8sII")
    magic, length, _ = fixed.unpack(data[: fixed.size])
    try:
        header = json.loads(data[fixed.size : fixed.size + length])
    except ValueError:
        return data
    body = data[-(-(fixed.size + length) // 64) * 64 :]
    target = header
    if isinstance(header.get("arrays"), list) and header["arrays"] and rng.random() < 0.7:
        target = header["arrays"][rng.integers(len(header["arrays"]))]
    elif isinstance(header.get("meta"), dict) and rng.random() < 0.5:
        target = header["meta"]
    if target:
        name = list(target)[rng.integers(len(target))]
        if name == "dtype" and rng.random() < 0.8:
            target[name] = DTYPES[rng.integers(len(DTYPES))]
        elif isinstance(target[name], int) and rng.random() < 0.6:
            target[name] += int(rng.integers(-100, 100)) * int(rng.choice([1, 64]))
        elif name == "shape" and isinstance(target[name], list) and rng.random() < 0.6:
            target[name] = [int(rng.choice([0, 1, 2, 2**20, 2**61])) for _ in target[name]]
        else:
            target[name] = VALUES[rng.integers(len(VALUES))]
    raw = json.dumps(header).encode()
    start = -(-(fixed.size + len(raw)) // 64) * 64
    return fixed.pack(magic, len(raw), zlib.crc32(raw)) + raw + bytes(start - fixed.size - len(raw)) + body


def edit_npz(data: bytes, rng: np.random.Generator) -> bytes:
    """Change an array inside an archive; the archive itself stays valid."""
    out = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
            for name in archive.namelist():
                new.writestr(name, mutate_bytes(archive.read(name), [], rng))
    except Exception:  # the archive was damaged by an earlier change
        return data
    return out.getvalue()


def make_readers(folder: Path) -> dict[str, Reader]:
    """Return all readers by name. Valid files are made in `folder`."""
    karate = imax.datasets.load("karate")
    named = imax.InfluenceGraph.from_edges([("ann", "bob", 0.5), ("bob", "cy d", 0.25), ("cy d", "é", 1.0)])
    edges = [
        b"# two columns\n0 1\n1 2\n2 0\n5 7\n",
        b"source,target,weight\n10,20,0.5\n20,30,0.25\n30,10,1\n",
        b"ann\tbob\t0.5\nbob\tcy d\t1e-3\n\ncy d\tann\t.25\n",
        '"a b";c;1\nc;é;0.125\n'.encode(),
        b"\xef\xbb\xbf4000000000 5\n5 4000000001\n",
        "\n".join(f"{i} {i * 7 % 50}" for i in range(50)).encode(),
    ]
    matrices = [
        b"%%MatrixMarket matrix coordinate pattern general\n3 3 2\n1 2\n2 3\n",
        b"%%MatrixMarket matrix coordinate real symmetric\n% note\n4 4 3\n2 1 0.5\n3 2 1e-2\n4 4 1\n",
    ]
    text = b"".join(f"{i} {i * 31 % 997}\n".encode() for i in range(400))
    codecs: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}
    try:
        import zstandard

        codecs["zstd"] = zstandard.ZstdCompressor(write_checksum=True).compress
    except ImportError:  # Python 3.14 has a module of its own
        pass
    binaries = []
    delayed = karate.with_delays(LearnedDelays(np.full(karate.n_arcs, 2.0, dtype=np.float32), 2.0, "s", 5))
    for number, graph in enumerate((karate, named, karate.with_probability("trivalency", rng=1), delayed)):
        write_binary(graph, folder / f"{number}.imax")
        binaries.append((folder / f"{number}.imax").read_bytes())
    rerankers = []
    for number, algorithm in enumerate(("heteroim", "degree")):
        Reranker(karate, algorithm=algorithm, rng=1, threads=1).save(folder / f"{number}.index")
        rerankers.append((folder / f"{number}.index").read_bytes())
    vectors = np.random.default_rng(0).normal(size=(20, 3))
    arrays, archives = [], []
    for array in (vectors, np.asfortranarray(vectors.astype("<f4")), np.arange(40, dtype=">i4").reshape(20, 2)):
        buffer = io.BytesIO()
        np.save(buffer, array)
        arrays.append(buffer.getvalue())
        for save in (np.savez, np.savez_compressed):
            buffer = io.BytesIO()
            save(buffer, train=array, ids=np.arange(3))
            archives.append(buffer.getvalue())
    rows = [(0, 1, 0.5), (0, 2, 0.25), (33, 31, 0.9)]
    csv = "user,candidate,score\n" + "".join(f"{u},{c},{s}\n" for u, c, s in rows)
    lines = "".join(json.dumps({"user": u, "candidate": c, "score": s}) + "\n" for u, c, s in rows)
    vector_lines = "".join(json.dumps({"embedding": v.tolist(), "id": i}) + "\n" for i, v in enumerate(vectors))
    vector_csv = "id,embedding\n" + "".join(f'{i},"{v.tolist()}"\n' for i, v in enumerate(vectors))
    formats = []
    weighted = nx.DiGraph([("ann", "bob", {"weight": 0.5}), ("bob", "cid", {"weight": 0.25})])
    for write in (nx.write_graphml, nx.write_gexf, nx.write_gml, nx.write_pajek):
        write(weighted, folder / "graph")
        formats.append((folder / "graph").read_bytes())
    formats.append(json.dumps(nx.node_link_data(weighted, edges="links")).encode())
    wide = [
        b'id,inviter_email,invitee_email,p,note\n1,a@x.org,b@x.org,0.5,hi\n2,b@x.org,c@x.org,0.25,"two\nlines"\n',
        b"3 4\n1 2\n2 3\n3 1\n1 3\n",
        b'{"from": "ann", "to": "bob", "p": 0.5}\n{"from": "bob", "to": "cid", "p": 1}\n',
    ]
    readers = {
        "edges": Reader(edges, read_any_graph),
        "graph-formats": Reader(formats, read_any_graph),
        "wide-tables": Reader(wide, read_any_graph),
        "matrix-market": Reader(matrices, read_any_graph),
        "labels": Reader([b"33\n0\n# x\n5\n"], lambda path, rng: read_labels(path, karate)),
        "values": Reader([b"0 1.5\n33 2\n5,1e3\n"], lambda path, rng: read_node_values(path, karate, default=1.0)),
        "texts": Reader([b"ann,one\nbob,two\n", b"cy d\tone\n"], lambda path, rng: read_node_texts(path, named)),
        "active-sets": Reader([b"0,1,2\n33,32\n", b"0\n1\n2\n"], lambda path, rng: read_active_sets(path, karate)),
        "items": Reader([b"0\n5\n19\n"], lambda path, rng: read_items(path, Items(20))),
        "item-labels": Reader([b"0,cat\n5 dog\n"], lambda path, rng: read_item_labels(path, Items(20))),
        "npy": Reader(arrays, lambda path, rng: read_embeddings(path).sum()),
        "npz": Reader(
            archives, lambda path, rng: read_embeddings(path, key=[None, "train"][rng.integers(2)]), edit_npz
        ),
        "vectors": Reader([vector_lines.encode(), vector_csv.encode()], lambda path, rng: read_embeddings(path)),
        "tables": Reader(
            [csv.encode(), lines.encode()],
            lambda path, rng: read_rows(path, karate.labels, ("user", "candidate"), "score"),
        ),
        "table-texts": Reader(
            [csv.encode(), lines.encode()], lambda path, rng: read_item_columns(path, None, None, "candidate")
        ),
        "binary": Reader(binaries, read_binary_graph, edit_binary, arcs_of, True),
        "reranker": Reader(rerankers, read_reranker, edit_binary, lambda found: found, True),
    }
    for name, codec in codecs.items():
        readers[name] = Reader([codec(text), codec(edges[2])], read_plain_graph, None, arcs_of)
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
        from pyarrow import feather
    except ImportError:
        return readers
    user, candidate, score = map(list, zip(*rows, strict=True))
    tables = []
    for columns in ({"user": user, "candidate": candidate, "score": score}, {"embedding": vectors.tolist()}):
        buffer = io.BytesIO()
        pq.write_table(pa.table(columns), buffer)
        tables.append(buffer.getvalue())
    readers["parquet"] = Reader(
        tables[:1], lambda path, rng: read_rows(path, karate.labels, ("user", "candidate"), "score")
    )
    arcs = pa.table({"id": [1, 2], "from": ["ann", "bob"], "to": ["bob", "cid"], "weight": [0.5, 0.25]})
    arrow = []
    for table in (arcs, arcs.select(["weight", "id"]).append_column("target", [[5, 6]])):
        for make in (pq.write_table, feather.write_feather):
            make(table, folder / "table")
            arrow.append((folder / "table").read_bytes())
    readers["edge-tables"] = Reader(arrow, read_any_graph)
    readers["parquet-vectors"] = Reader(tables[1:], lambda path, rng: read_embeddings(path))
    return readers


def span(size: int, rng: np.random.Generator) -> tuple[int, int]:
    """Return a random range, most often a short one."""
    start = int(rng.integers(size + 1))
    return start, min(size, start + int(rng.choice([1, 4, 16, 256])))


def flip(data: bytes, rng: np.random.Generator) -> bytes:
    """Flip one bit."""
    if not data:
        return data
    out = bytearray(data)
    out[rng.integers(len(out))] ^= 1 << int(rng.integers(8))
    return bytes(out)


def change(data: bytes, others: list[bytes], rng: np.random.Generator) -> bytes:  # noqa: PLR0911
    """Change bytes at one place in one of ten ways."""
    a, b = span(len(data), rng)
    match int(rng.integers(10)):
        case 0:
            return flip(data, rng)
        case 1:
            return data[:a]
        case 2:
            return data[:a] + data[b:]
        case 3:
            return data[:b] + data[a:b] * int(rng.choice([1, 2, 50])) + data[b:]
        case 4:
            return data[:a] + rng.bytes(b - a) + data[b:]
        case 5:
            return data[:a] + rng.bytes(int(rng.integers(1, 9))) + data[a:]
        case 6:
            other = others[rng.integers(len(others))] if others else data[::-1]
            c, _ = span(len(other), rng)
            return data[:a] + other[c:]
        case 7:
            fields = re.split(rb"([\s,;:]+)", data)
            if len(fields) > 2:
                i, j = 2 * rng.integers((len(fields) + 1) // 2, size=2)
                fields[i], fields[j] = fields[j], fields[i]
            return b"".join(fields)
        case 8:
            c, d = span(len(data), rng)
            return data[:a] + data[c:d] + data[b:]
        case _:
            numbers = list(re.finditer(rb"[0-9.]+", data))
            if not numbers:
                return data + b"\n"
            one = numbers[rng.integers(len(numbers))]
            return data[: one.start()] + NUMBERS[rng.integers(len(NUMBERS))] + data[one.end() :]


def mutate_bytes(data: bytes, others: list[bytes], rng: np.random.Generator) -> bytes:
    """Return bytes with one or several changes."""
    for _ in range(int(rng.geometric(0.5))):
        data = change(data, others, rng)
    return data


def run_case(reader: Reader, path: Path, rng: np.random.Generator, expected: dict[bytes, Any]) -> str | None:
    """Run a case; return what is wrong, or None."""
    original = reader.files[rng.integers(len(reader.files))]
    way = rng.random()
    if reader.edit is not None and way < 0.4:
        data, checked = reader.edit(original, rng), False
    elif way < 0.6:
        data, checked = flip(original, rng), True
    else:
        data, checked = mutate_bytes(original, reader.files, rng), reader.any_change
    path.write_bytes(data)
    if data == original or (reader.any_change and data in reader.files):
        checked = False
    try:
        found = reader.read(path, rng)
    except ImaxError as error:
        text = str(error)
        return f"a message of {len(text)} characters: {text!r:.300}" if "\n" in text or len(text) > 2000 else None
    except Exception as error:
        return f"{type(error).__name__}: {error!s:.300}"
    if checked and reader.content is not None:
        if original not in expected:
            path.write_bytes(original)
            expected[original] = reader.content(reader.read(path, rng))
        if reader.content(found) != expected[original]:
            return "the file was accepted with other content"
    return None


def work(names: list[str], first: int, stop: int, seed: int, progress: Path, keep: Path | None) -> None:
    """Run cases and print one JSON line for each that fails; the number of the current case is in a file."""
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends the process, also inside a kernel
    for name in ("free_memory", "default_memory"):  # of graphs, and of files about nodes
        assert hasattr(imax.io.text, name)
        setattr(imax.io.text, name, lambda: MEMORY)
    with tempfile.TemporaryDirectory() as folder, progress.open("r+b", buffering=0) as mark:
        readers = make_readers(Path(folder))
        expected: dict[bytes, Any] = {}
        path = Path(folder) / "case"
        names = [name for name in names if name in readers] or list(readers)
        for name in names:  # compiles the kernels
            for data in readers[name].files:
                path.write_bytes(data)
                for i in range(8):
                    with suppress(ImaxError):  # random options need not fit the file
                        readers[name].read(path, np.random.default_rng(i))
        for i in range(first, stop):
            name = names[i % len(names)]
            mark.seek(0)
            mark.write(struct.pack("<q", i))
            if hasattr(signal, "alarm"):
                signal.alarm(SECONDS)
            problem = run_case(readers[name], path, np.random.default_rng((seed, i)), expected)
            if hasattr(signal, "alarm"):
                signal.alarm(0)
            if problem:
                print(json.dumps({"case": i, "reader": name, "problem": problem}), flush=True)
        if keep is not None:
            keep.write_bytes(path.read_bytes())


def fuzz(names: list[str], cases: int, seed: int, first: int = 0, keep: Path | None = None) -> list[dict[str, Any]]:
    """Run cases in processes of their own and return the failures, at most `MOST_FAILURES` of them."""
    failures: list[dict[str, Any]] = []
    stop = first + cases
    with tempfile.TemporaryDirectory() as folder:
        progress = Path(folder) / "progress"
        while first < stop and len(failures) < MOST_FAILURES:
            progress.write_bytes(struct.pack("<q", -1))
            command = [sys.executable, "-m", "tests.fuzz", "--worker", str(progress), "--seed", str(seed)]
            command += ["--first", str(first), "--cases", str(stop - first), "--readers", *names]
            command += [] if keep is None else ["--keep", str(keep)]
            environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONFAULTHANDLER": ""}
            done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment)
            failures += [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"case"')]
            if done.returncode == 0:
                break
            (current,) = struct.unpack("<q", progress.read_bytes())
            if current < 0:
                raise RuntimeError(f"the cases cannot be run: {done.stderr}")
            hung = hasattr(signal, "SIGALRM") and done.returncode == -signal.SIGALRM
            problem = f"hangs for {SECONDS} s" if hung else f"the process died ({done.returncode})"
            failures.append(
                {"case": current, "reader": names[current % len(names)], "problem": problem + done.stderr[-300:]}
            )
            first = current + 1
    return failures[:MOST_FAILURES]


def reader_names() -> list[str]:
    """Return the names of all readers that can run here."""
    with tempfile.TemporaryDirectory() as folder:
        return list(make_readers(Path(folder)))


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, metavar="I", help="number of the first case")
    parser.add_argument("--readers", nargs="*", default=[], help="default: all")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="store the last mutated file")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        stop = options.first + options.cases
        work(options.readers, options.first, stop, options.seed, options.worker, options.keep)
        return 0
    names = options.readers or reader_names()
    failures = fuzz(names, options.cases, options.seed, options.first, options.keep)
    for one in failures:
        print(f"case {one['case']}, {one['reader']}: {one['problem']}")
    print(f"{options.cases:,} cases of {len(names)} readers, seed {options.seed}: {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
