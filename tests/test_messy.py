"""Files and tables as people have them: exports of spreadsheets, labels that look alike, numbers with other signs."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather

import imax
from imax.errors import FileFormatError, InvalidArgumentError, OutOfMemoryBoundError, UnknownNodeError

from .test_cli import fails, run

HEAD = "inviter,invitee,sent"
ROWS = ["ann@x.org,Bob@x.org,2026-01-05", "çid@x.org,ann@x.org,2026-01-06"]
ARCS = {("ann@x.org", "Bob@x.org"), ("çid@x.org", "ann@x.org")}


def arcs(graph):
    return {(u, v) for u, v, _ in graph.arcs()}


@pytest.fixture
def file(tmp_path):
    def write(data, name="data.csv"):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return str(path)

    return write


# -- encodings and spreadsheets ------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_exports_of_spreadsheets(file, encoding, separator, end):
    text = end.join([HEAD, *ROWS, ""]).replace(",", separator)
    mark = "" if encoding in ("utf-8", "utf-8-sig", "utf-16") else "\ufeff"
    assert arcs(imax.read_graph(file((mark + text).encode(encoding)))) == ARCS


def test_utf_16_of_a_user_table_and_without_memory(file):
    graph = imax.as_graph([("ann", "bob"), ("bob", "cid")])
    users = file("name\tcost\r\nann\t1\r\nbob\t5\r\ncid\t5\r\n".encode("utf-16"), "users.txt")
    assert imax.maximize(graph, costs=f"{users}:name:cost", budget=2, rng=1).seeds == ["ann"]
    with pytest.raises(OutOfMemoryBoundError, match="its text in UTF-8"):
        imax.read_graph(file("ann bob\n".encode("utf-16")), max_memory=20)


def test_damaged_utf_16(file):
    with pytest.raises(FileFormatError, match="begins like UTF-16, but is damaged"):
        imax.read_graph(file("ann bob\n".encode("utf-16")[:-1]))


def test_utf_16_is_converted_in_memory_even_with_a_limit(file, tmp_path):
    source = file("1 2\n2 3\n".encode("utf-16"), "ids.txt")
    assert imax.io.reading.read_chunks(source) is None
    assert imax.read_graph(source).n_arcs == 2


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;"])
def test_the_line_that_names_the_separator_is_skipped(file, first):
    text = "\r\n".join([first, HEAD, *ROWS, ""]).replace(",", ";")
    assert arcs(imax.read_graph(file(text))) == ARCS
    graph = imax.as_graph([("ann", "bob"), ("bob", "cid")])
    with pytest.raises(UnknownNodeError, match=r"users.csv:4: node 'dan'"):
        imax.maximize(graph, 1, exclude=file(f"{first}\nname;age\nann;3\ndan;4\n", "users.csv") + ":name")


def test_arrays_of_json_objects(file):
    records = [{"id": i, "inviter": u, "invitee": v} for i, (u, v) in enumerate(sorted(ARCS))]
    assert arcs(imax.read_graph(file(json.dumps(records), "arcs.json"))) == ARCS
    assert arcs(imax.read_graph(file(json.dumps(records, indent=2), "arcs.json"))) == ARCS
    for text in ("[1, 2]", "[]", "[{", '[{"a": 1}, 2]'):
        with pytest.raises(FileFormatError, match="a JSON array, but not of objects"):
            imax.read_graph(file(text, "arcs.json"))


# -- labels that are one node or two -------------------------------------------------------------------------------


def test_integers_that_became_floats_are_the_same_nodes(file):
    graph = imax.read_graph(file("from_id,to_id\n1,2.0\n2,3.00\n"))
    assert graph.arcs() == [(1, 2, 1.0), (2, 3, 1.0)]
    assert "labels such as '7.0' are read as the integers that they stand for" in graph.report.notes
    users = file("id,cost\n1.0,1\n2.0,5\n3.0,5\n", "users.csv")
    assert imax.maximize(graph, costs=f"{users}:id:cost", budget=2, rng=1).seeds == [1]
    assert imax.read_graph(file("1.5 2.0\n2.0 3.0\n")).nodes() == ["1.5", "2.0", "3.0"]


@pytest.mark.parametrize(
    ("first", "second"), [("ann", "Ann"), ("007", "7"), ("7x", "7X"), ("straße", "STRASSE"), ("a 1", "A 1")]
)
def test_labels_that_look_alike_are_doubtful(file, first, second):
    rows = [(first, "zed"), ("zed", second), ("zed", "x")]
    table = pd.DataFrame(rows, columns=["source", "target"])
    parquet = file(b"", "t.parquet")
    pq.write_table(pa.Table.from_pandas(table), parquet)
    lines = file("".join(json.dumps({"source": u, "target": v}) + "\n" for u, v in rows), "t.jsonl")
    text = file("source,target\n" + "".join(f"{u},{v}\n" for u, v in rows))
    for given in (text, parquet, lines, table, pl.DataFrame(table)):
        graph = imax.as_graph(given)
        assert graph.n_nodes == 4
        (doubt,) = graph.report.doubts
        assert doubt.startswith(f"the labels {first!r} and {second!r} look alike, but are two nodes; ")
        assert doubt in graph.report.notes


def test_white_space_in_tables_and_words_for_missing_values():
    graph = imax.as_graph(pd.DataFrame({"source": ["ann ", "bob"], "target": ["bob", "ann"]}))
    assert "the labels 'ann ' and 'ann' look alike" in graph.report.doubts[0]
    graph = imax.as_graph(pd.DataFrame({"source": ["ann", "null"], "target": ["null", "bob"]}))
    assert graph.report.doubts == ("the label 'null' is a node; if it stands for a missing value, remove its rows",)
    assert imax.as_graph(pd.DataFrame({"source": ["ann", "bob"], "target": ["bob", "cid"]})).report.doubts == ()


@pytest.mark.parametrize("blank", ["", "  "])
def test_blank_labels_of_tables_are_refused(blank):
    with pytest.raises(InvalidArgumentError, match="target: row 1 of column 'target' is blank; drop such rows first"):
        imax.as_graph(pd.DataFrame({"source": ["ann", "bob"], "target": ["bob", blank]}))


def test_unknown_labels_that_look_like_a_node():
    graph = imax.as_graph([("ann", "bob"), ("bob", "cid"), ("007", "cid")])
    with pytest.raises(UnknownNodeError, match=r"'Bob ' looks like the node 'bob': write such labels the same way"):
        imax.maximize(graph, 1, candidates=["ann", "Bob "])
    with pytest.raises(UnknownNodeError, match=r"nor is any other of its labels; 7 looks like the node '007'"):
        imax.maximize(graph, 1, candidates=[7, 8], on_missing="drop")
    result = imax.maximize(graph, 1, exclude=["ANN", "BOB", "eve"], on_missing="drop", rng=1)
    assert "'ANN' looks like the node 'ann' (2 such labels)" in result.notes[0]


# -- numbers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "remedy"),
    [
        ("1,200.50", "write it as 1200.50"), ("1.200,5", "write it as 1200.5"), ("0,25", "write it as 0.25"),
        ("$12.5", "write it as 12.5"), ("12 €", "write it as 12"), ("35%", "write it as 0.35"),
        ("1,234", "without separators of thousands"), ("many", "'many'$"),
    ],
)  # fmt: skip
def test_numbers_of_spreadsheets_are_refused_with_the_remedy(file, cell, remedy):
    graph = imax.as_graph([("ann", "bob")])
    users = file(f'name,cost\nann,"{cell}"\nbob,1\n', "users.csv")
    with pytest.raises(FileFormatError, match=remedy):
        imax.maximize(graph, costs=f"{users}:name:cost", budget=1)
    with pytest.raises(InvalidArgumentError, match=f"^costs of node 'ann' must be a number, got .*{remedy}"):
        imax.maximize(graph, costs=pd.read_csv(users, dtype=str), budget=1)
    with pytest.raises(InvalidArgumentError, match=f"^costs of node 'ann' must be a number, got .*{remedy}"):
        imax.maximize(graph, costs=[cell, 1], budget=1)


def test_weights_that_are_no_numbers(file):
    text = "source,target,weight\nann,bob,35%\n"
    with pytest.raises(FileFormatError, match=r"write 0.25 for 25%.*skip such lines with on_bad_line='skip'"):
        imax.read_graph(file(text), weight="weight")
    with pytest.raises(FileFormatError, match=r"write it as 0.35.*skip such lines with on_bad_line='skip'"):
        imax.read_graph(file(text + '"c\nd",bob,0.5\n'), weight="weight")


def test_groups_that_no_node_belongs_to():
    groups = {"ann": "DE", "bob": "FR"}
    with pytest.raises(InvalidArgumentError, match=r"'De', which no node belongs to; the groups are 'DE', 'FR'"):
        imax.maximize([("ann", "bob")], 1, groups=groups, quotas={"De": 1})


# -- annotation and experiments ------------------------------------------------------------------------------------


def test_labels_of_items_that_were_removed(file):
    rows = "".join(json.dumps({"id": f"t{i}", "embedding": [i % 3, 1.0, i % 2], "text": "x"}) + "\n" for i in range(12))
    texts = file(rows, "texts.jsonl")
    labels = file("id,label\nt0,good\nt1,N/A\nold,bad\n", "labels.csv")
    given = ["annotate", texts, "--id-column", "id", "--budget", "2", "--n-neighbors", "3", "--random-seed", "1"]
    given += ["--format", "plain", "--labels", labels, "--algorithm", "ideal", "--epsilon", "0.5"]
    remedy = "'old' is not the id of an item (column 'id'); remove it, or use --on-missing drop"
    assert remedy in fails(1, *given)
    gone = file("id\nold\nolder\n", "gone.csv")
    listed = file("old\n", "listed.txt")
    result = run(*given, "--start", gone, "--exclude", listed, "--on-missing", "drop")
    assert len(result.stdout.split()) == 2
    assert f"note: {labels}: ids of no item, ignored: 1 ('old')" in result.stderr
    assert f"note: {gone}: ids of no item, ignored: 2 ('old', 'older')" in result.stderr
    assert f"note: {listed}: ids of no item, ignored: 1 ('old')" in result.stderr
    assert "note: labels: 'N/A' counts as a label like any other (items: 1); leave it blank" in result.stderr


def test_labels_of_unknown_items_in_python():
    embeddings = [[i % 3, 1.0, i % 2] for i in range(12)]
    ids = [f"t{i}" for i in range(12)]
    labels = pd.Series(["good", "nan", "bad"], index=["t0", "t1", "old"])
    with pytest.raises(UnknownNodeError, match="'old' is not a node of the graph"):
        imax.annotate.select(embeddings, 2, 3, ids=ids, labels=labels)
    found = imax.annotate.ideal(embeddings, 2, 3, ids=ids, labels=labels, on_missing="drop", epsilon=0.5, rng=1)
    assert "labels: 1 of 3 labels are not in the graph and are ignored ('old')" in found.notes
    assert "labels: 'nan' counts as a label" in found.notes[0]
    spread = imax.annotate.auto_annotate(found, labels, on_missing="drop", sets_per_item=20, rng=1)
    assert any("'nan' counts as a label" in note for note in spread.notes)


def test_experiment_without_the_participants_who_left(file):
    arcs_file = file("ann bob\nbob cid\n", "arcs.txt")
    given = [
        "experiment",
        "--active",
        file("name\nann\nzoe\ncid\n", "active.csv") + ":name",
        "--format",
        "csv",
        arcs_file,
    ]
    assert "use --on-missing drop" in fails(1, *given)
    result = run(*given, "--on-missing", "drop")
    assert result.stdout.count("\n") == 3
    assert "1 of 3 labels are not in the graph" in result.stderr


# -- shapes of objects and tables ----------------------------------------------------------------------------------


def test_a_dict_of_neighbors_is_no_table():
    with pytest.raises(InvalidArgumentError, match=r"for a dict of neighbors pass networkx.DiGraph\(graph\)"):
        imax.as_graph({"ann": ["bob", "cid"], "bob": ["cid", "dan"]})
    given = {"ann": ["bob"], "bob": ["cid"]}
    assert imax.as_graph(given, source="ann", target="bob").arcs() == [("bob", "cid", 1.0)]


def test_tables_whose_columns_are_in_the_index():
    table = pd.DataFrame({"caller": [1, 1, 2], "callee": [2, 2, 3], "seconds": [5, 6, 7]})
    counts = table.groupby(["caller", "callee"]).size()
    assert imax.as_graph(counts).arcs() == [(1, 2, 1.0), (2, 3, 1.0)]
    sums = table.groupby(["caller", "callee"]).agg(seconds=("seconds", "sum"))
    graph = imax.as_graph(sums, weight="seconds", probability="lt_normalized")
    assert graph.arcs() == [(1, 2, 1.0), (2, 3, 1.0)]


def test_arrays_of_floats():
    assert imax.as_graph(np.array([[4.0, 5.0], [5.0, 7.0]])).nodes() == [4, 5, 7]
    graph = imax.as_graph(np.array([[4, 5, 0.5], [5, 7, 0.25]]))
    assert [(type(u), u, v, p) for u, v, p in graph.arcs()] == [(int, 4, 5, 0.5), (int, 5, 7, 0.25)]
    for matrix in ([[0, 0.5, 0], [0, 0, 0.5], [0, 0, 0]], [[0, 1, 0], [0, 0, 1], [0, 0, 0]], [[0.5, 2], [3, 4]]):
        with pytest.raises(InvalidArgumentError, match=r"for an adjacency matrix use scipy.sparse.csr_array\(edges\)"):
            imax.as_graph(np.array(matrix))
    with pytest.raises(InvalidArgumentError, match="a node label is missing"):
        imax.as_graph(np.array([[1.0, np.nan]]))


def test_decimal_commas_beside_integers(file):
    graph = imax.read_graph(file("from;to;weight\n1;2;0,25\n2;3;0,5\n"))
    assert graph.arcs() == [(1, 2, 1.0), (2, 3, 1.0)]
    assert graph.report.doubts == ()


def test_capacities_and_active_people_of_a_table(file):
    graph = imax.as_graph([("ann", "bob"), ("ann", "cid"), ("dan", "eve")])
    table = pd.DataFrame({"who": ["dan", "ann", "zoe"], "slots": [1, 2, 3]})
    problem = imax.capacity.CapacityProblem(graph, (table, "who"), (table, "who", "slots"), on_missing="drop")
    assert dict(zip(problem.active, problem.capacity.tolist(), strict=True)) == {"dan": 1, "ann": 2}
    with pytest.raises(InvalidArgumentError, match=r"make one with CapacityProblem\(graph, active, capacity\)"):
        imax.capacity.assign(graph)
    path = file("who,slots\ndan,1\nann,2\n", "active.csv")
    for ignored in (None, []):
        with pytest.raises(FileFormatError, match=r"active.csv:1: 'who', 'slots' are not nodes.*active.csv:who$"):
            imax.io.read_active_sets(path, graph, ignored=ignored)


def test_columns_with_other_names_can_be_named(file):
    lists = file("User ID,Candidate ID,Score\nann,bob,\n", "lists.csv")
    arcs_file = file("ann bob\nbob cid\n", "arcs.txt")
    message = fails(1, "rerank", "--candidates", lists, arcs_file)
    assert f"it has 'User ID', 'Candidate ID', 'Score'; name the columns, as in {lists}:USER:CANDIDATE" in message
    named = f"{lists}:User ID:Candidate ID"
    assert "the score is missing; give one on every row, or leave out the column" in fails(
        1, "rerank", "--candidates", f"{named}:Score", arcs_file
    )
    assert "bob" in run("rerank", "--candidates", named, arcs_file).stdout
    foreign = file("user,candidate\nann,zoe\n", "foreign.csv")
    assert "use --on-missing drop to keep the given order" in fails(1, "rerank", "--candidates", foreign, arcs_file)
    scores = file("user,candidate,score\nann,bob,30%\n", "scores.csv")
    assert "is not a number; write it as 0.3" in fails(1, "rerank", "--candidates", scores, arcs_file)


def test_labels_of_files_that_are_whole_floats(file):
    graph = imax.as_graph([(14, 15), (15, 16)])
    named = imax.as_graph([("14", "15"), ("15", "16")])
    parquet = file(b"", "lists.parquet")
    pq.write_table(pa.table({"user": [14.0], "candidate": [15.0]}), parquet)
    for path in (parquet, file("user,candidate\n14.0,15\n", "lists.csv")):
        assert imax.recommend.files.read_rows(path, graph.labels, ("user", "candidate")) == [[14], [15]]
    assert imax.recommend.files.read_rows(parquet, named.labels, ("user", "candidate")) == [["14"], ["15"]]


def test_close_names_and_percent_in_arguments():
    with pytest.raises(InvalidArgumentError, match="did you mean 'weighted_cascade'"):
        imax.maximize([(1, 2)], 1, probability="weighted-cascad")
    with pytest.raises(InvalidArgumentError, match=r"'5%' is not a number; write it as 0.05"):
        imax.maximize([(1, 2)], 1, probability="uniform:5%")
    with pytest.raises(InvalidArgumentError, match=r"epsilon must be a number, got '5%'; write it as 0.05"):
        imax.maximize([(1, 2)], 1, epsilon="5%")
    with pytest.raises(InvalidArgumentError, match=r"on_missing must be one of .*did you mean 'drop'"):
        imax.maximize([(1, 2)], 1, on_missing="Drop")
    active = ("--active", "none", "--k", "1", "--acceptance", "50%", "karate")
    assert "got '50%'; write it as 0.5" in fails(2, "cim", *active)


@pytest.mark.filterwarnings("ignore:Feather V1")
@pytest.mark.parametrize("kind", ["arrow", "stream", "feather", "feather 1"])
def test_arrow_files_are_user_tables_and_logs(tmp_path, kind):
    path = tmp_path / "users.data"
    table = pa.table(
        {"name": ["ann", "bob", "cid"], "cost": [1.0, None, 5.0], "item": ["x", "x", "x"], "at": [1, 2, 3]}
    )
    if kind.startswith("feather"):
        feather.write_feather(table, path, version=1 if kind.endswith("1") else 2)
    else:
        new = pa.ipc.new_file if kind == "arrow" else pa.ipc.new_stream
        with new(str(path), table.schema) as writer:
            writer.write_table(table)
    graph = imax.as_graph([("ann", "bob"), ("bob", "cid")])
    result = imax.maximize(graph, costs=f"{path}:name:cost", budget=2, on_missing="drop", rng=1)
    assert result.seeds == ["ann"]
    assert imax.spread(graph, Path(f"{path}:name"), n_simulations=10, rng=1).spread == 3
    model = imax.learn.from_actions(graph, str(path), user="name", item="item", time="at", prior=(1, 1))
    assert sum(model.trials) == 2
    with pytest.raises(FileFormatError, match="the column 'who' is missing; it has 'name', 'cost', 'item', 'at'"):
        imax.maximize(graph, costs=f"{path}:who:cost", budget=2)
    with pytest.raises(FileFormatError, match="the column 'who' is missing"):
        imax.recommend.files.read_rows(path, graph.labels, ("who", "item"))
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(FileFormatError, match="the Arrow data is damaged"):
        imax.maximize(graph, costs=f"{path}:name:cost", budget=2)


def test_arrow_columns_with_one_name_and_memory(tmp_path):
    path = tmp_path / "users.arrow"
    table = pa.table([["ann", "bob"], [1.0, 2.0], [3.0, 4.0]], names=["name", "cost", "cost"])
    with pa.ipc.new_file(str(path), table.schema) as writer:
        writer.write_table(table)
    with pytest.raises(FileFormatError, match="2 columns have the name 'cost'"):
        imax.maximize([("ann", "bob")], costs=f"{path}:name:cost", budget=2)
    many = pa.table({"name": ["ann"] * 50_000, "cost": [1.0] * 50_000})
    with pa.ipc.new_file(str(path), many.schema) as writer:
        writer.write_table(many)
    with pytest.raises(OutOfMemoryBoundError, match="the rows of its Arrow data take"):
        imax.io.read_node_values(f"{path}:name:cost", imax.as_graph([("ann", "bob")]), max_memory=2_000_000)


def test_words_for_missing_numbers(file):
    graph = imax.as_graph([("ann", "bob"), ("bob", "cid"), ("cid", "dan")])
    users = file("name;cost\nann;NA\nbob;\ncid;null\ndan;1\n", "users.csv")
    assert imax.maximize(graph, costs=f"{users}:name:cost", budget=2, on_missing="drop", rng=1).seeds == ["dan"]
    lines = file('{"name": "ann", "cost": NaN}\n{"name": "dan", "cost": 1}\n', "users.jsonl")
    assert imax.maximize(graph, costs=f"{lines}:name:cost", budget=2, on_missing="drop", rng=1).seeds == ["dan"]
    table = pd.DataFrame({"name": ["ann"], "cost": [1]})
    for given in ((table, "Name", "cost"), (table, "name", "Cost")):
        with pytest.raises(InvalidArgumentError, match=r"^costs: the column of the \w+ must be one of"):
            imax.maximize(graph, costs=given, budget=1)


def test_logs_and_tables_that_are_no_utf_8_or_have_carriage_returns(file):
    graph = imax.as_graph([("ann", "bob")])
    log = file("user,item,time\nann,x,1\nçid,x,2\n".encode("latin-1"), "log.csv")
    with pytest.raises(FileFormatError, match=r"log.csv: not UTF-8: .*id,x.*; save the file as UTF-8"):
        imax.learn.from_actions(graph, log)
    costs = file('ann,1\nbob,"2\r3"4\n', "costs.csv")
    with pytest.raises(FileFormatError, match=r"costs.csv:2: expected a label and a finite number"):
        imax.maximize(graph, costs=costs, budget=1)


def test_dates_beyond_those_of_python(tmp_path):
    path = tmp_path / "log.arrow"
    late = pa.array([2**60], pa.timestamp("s"))
    table = pa.table({"user": ["ann"], "item": ["x"], "time": late})
    with pa.ipc.new_file(str(path), table.schema) as writer:
        writer.write_table(table)
    graph = imax.as_graph([("ann", "bob")])
    with pytest.raises(FileFormatError, match="the Arrow data is damaged"):
        imax.learn.from_actions(graph, str(path))
    with pytest.raises(FileFormatError, match="the Arrow data is damaged"):
        imax.maximize(graph, costs=f"{path}:user:time", budget=1)


# -- texts that are something else ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["0,1,0,1\n1,0,1,0\n0,1,0,1\n1,0,1,0\n", "0 1 0\n1 0 1\n0 1 0\n", "0 .5 0 0\n0 0 .5 0\n.25 0 0 0\n0 0 0 0\n"],
)
def test_adjacency_matrices_are_no_edge_lists(file, text):
    with pytest.raises(FileFormatError, match=r"as an adjacency matrix does; .* scipy.sparse.csr_array\(matrix\)"):
        imax.read_graph(file(text))
    assert imax.read_graph(file(text), source=0, target=1).n_nodes >= 2
    assert imax.read_graph(file("0 1 1\n1 0 1\n0 1 1\n2 1 1\n")).n_nodes == 3


def test_drawn_tables_and_lists_of_neighbors(file):
    with pytest.raises(FileFormatError, match=r"the line '\|---\|---\|' holds no arc; remove it"):
        imax.read_graph(file("| source | target |\n|---|---|\n| ann | bob |\n"))
    doubts = imax.read_graph(file("1 2 3 4 5\n2 3\n3 4 5\n")).report.doubts
    assert doubts == (
        "lines have different numbers of columns; the first two were read as source and target; read lists of "
        "neighbors by networkx.read_adjlist",
    )


def test_edges_that_say_that_they_are_undirected(file):
    snap = file("# Undirected graph: dblp.txt\n# Nodes: 3 Edges: 2\n1\t2\n2\t3\n", "snap.txt")
    gephi = file("Source,Target,Type,Id\n1,2,Undirected,0\n2,3,Undirected,1\n", "gephi.csv")
    for path, start in ((snap, "the comment '# Undirected graph: dblp.txt'"), (gephi, "the column 'Type'")):
        graph = imax.read_graph(path)
        assert graph.report.doubts[0].startswith(f"{start} says that edges are undirected, but each ")
        assert graph.report.doubts[0] in graph.report.notes
        assert not any("undirected" in doubt for doubt in imax.read_graph(path, directed=False).report.doubts)
    frame = pd.read_csv(gephi)
    for table in (frame, pl.DataFrame(frame).lazy(), pa.Table.from_pandas(frame)):
        assert imax.as_graph(table).report.doubts == imax.read_graph(gephi).report.doubts
        assert imax.as_graph(table, directed=False).report.doubts == ()
    chunks = imax.io.reading.read_chunks(snap)
    assert "says that edges are undirected" in chunks.doubts[0]
    for text in (
        "Source,Target,Type,Id\n1,2,Directed,0\n2,3,Directed,1\n", "a,b,type,c\n1,2,undirected,0\n2,3,friend,1\n",
        "# directed graph\n1 2\n", 'source,type\n1,"2\n',
    ):  # fmt: skip
        assert imax.io.other_shapes.undirected_doubts(imax.io.text.load(file(text))) == ()


def test_ids_that_a_spreadsheet_has_shortened(file):
    graph = imax.read_graph(file("from,to\n1.23457E+11,2.34568E+11\n2.34568E+11,1.3E+12\n"))
    assert graph.report.doubts[0].startswith("the label '1.23457E+11' is a number that a spreadsheet has shortened")


def test_lists_of_records_and_masked_arrays():
    rows = [{"id": 1, "from": "ann", "to": "bob", "p": 0.5}, {"id": 2, "from": "bob", "to": "cid", "p": 0.25}]
    assert imax.as_graph(rows, weight="p").arcs() == [("ann", "bob", 0.5), ("bob", "cid", 0.25)]
    assert imax.maximize(rows, 1, rng=1).seeds == ["ann"]
    with pytest.raises(InvalidArgumentError, match="target: row 1 of column 'to' is missing"):
        imax.as_graph([*rows[:1], {"from": "bob"}])
    with pytest.raises(InvalidArgumentError, match=r"edge number 0 must be \(source, target\)"):
        imax.InfluenceGraph.from_edges([{"from": 1, "to": 2}])
    with pytest.raises(InvalidArgumentError, match="edges has masked entries; drop such rows first"):
        imax.as_graph(np.ma.array([[1, 2], [2, 3]], mask=[[0, 0], [0, 1]]))
    with pytest.raises(InvalidArgumentError, match="edges has masked entries; drop such rows first"):
        imax.InfluenceGraph.from_edges(np.ma.array([[1, 2], [2, 3]], mask=[[0, 0], [0, 1]]))
