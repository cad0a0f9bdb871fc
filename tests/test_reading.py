"""What files say about themselves: headers, counts, named columns, formats; and what is refused instead of guessed."""

import gzip
import json
import pickle
import re

import networkx as nx
import numpy as np
import pytest
from click.testing import CliRunner

import imax
from imax.cli import main
from imax.errors import FileFormatError, InvalidArgumentError, MissingDependencyError, OutOfMemoryBoundError
from imax.graph.edge_columns import EdgeColumns, choose_columns, ends_of_names

pa = pytest.importorskip("pyarrow")
import pyarrow.parquet as pq  # noqa: E402
from pyarrow import feather  # noqa: E402

INVITATIONS = """\
invitation_id,inviter_email,invitee_email,sent_at,channel,accepted
1,ann@x.org,bob@x.org,2026-01-01 10:00:00,mail,true
2,ann@x.org,cid@x.org,2026-01-01 10:30:00,"sms, mail",false
3,bob@x.org,eve@x.org,2026-01-02 09:00:00,mail,true
"""
PAIRS = [("ann@x.org", "bob@x.org"), ("ann@x.org", "cid@x.org"), ("bob@x.org", "eve@x.org")]


@pytest.fixture
def read(tmp_path):
    """Return a function that writes a text and reads it as a graph."""

    def function(text, name="g.csv", **options):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return imax.read_graph(path, **options)

    return function


def pairs(graph):
    return sorted((u, v) for u, v, _ in graph.arcs())


# -- headers and columns ------------------------------------------------------------------------------------------


def test_a_wide_table_is_read_by_its_names(read):
    graph = read(INVITATIONS)
    assert pairs(graph) == PAIRS
    assert "'inviter_email' (source) and 'invitee_email' (target)" in " ".join(graph.report.notes)
    assert graph.report.doubts == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("follower,followed\nann,bob\ncid,bob\n", [("bob", "ann"), ("bob", "cid")]),
        ("to\tfrom\nann\tbob\n", [("bob", "ann")]),
        (",source,target\n0,5,6\n1,6,7\n", [(5, 6), (6, 7)]),
        ("id;src_id;dst_id;day\n1;10;20;x\n2;20;30;y\n", [(10, 20), (20, 30)]),
        ("id|from|to\n1|ann|bob\n", [("ann", "bob")]),
        ("FromNodeId ToNodeId\n1 2\n2 3\n", [(1, 2), (2, 3)]),
        ("left,right\nu1,u2\nu2,u3\n", [("u1", "u2"), ("u2", "u3")]),
        ("a,b\nann@x.org,bob@x.org\nbob@x.org,cid@x.org\n", [PAIRS[0], ("bob@x.org", "cid@x.org")]),
        ('"from" "to"\n"New York" "Boston"\n"Boston" "Rome"\n', [("Boston", "Rome"), ("New York", "Boston")]),
        ('"1" "2"\n"2" "3"\n', [(1, 2), (2, 3)]),
        ("1|2\n2|3\n", [(1, 2), (2, 3)]),
        ("x;y,z\na;b\nb;c\n", [("a", "b"), ("b", "c"), ("x", "y,z")]),
        ("Friends of a club\n1 2\n2 3\n", [(1, 2), (2, 3)]),
        (
            'Invitations of our users in May\nok to at from\nt b "1 2" a@x.org\nf a "3 4" c@x.org\n',
            [("a@x.org", "b"), ("c@x.org", "a")],
        ),
        ('All of our users\nuser_a by user_b\n8 mail 3\n6 "mail, 5" 7\n', [(6, 7), (8, 3)]),
        ('1,2,"two\nlines",x\n2,3,one,y\n', [(1, 2), (2, 3)]),
        ("".join(f"2026-01-01 10:0{i}:00|a{i}|b\n" for i in range(9)) + "q\n", None),
    ],
)
def test_headers_and_separators(read, text, expected):
    if expected is None:
        assert read(text, on_bad_line="skip").report.doubts
        return
    assert pairs(read(text)) == expected


def test_weights_that_are_not_read_are_noted(read):
    text = "source,target,prob\n1,2,0.5\n2,3,0.25\n"
    said = [note for note in read(text).report.notes if "not used" in note]
    assert len(said) == 1
    assert said[0].startswith("the column 'prob' of ")
    for options in ({"weight": "prob"}, {"probability": "column"}):
        assert not any("not used" in note for note in read(text, **options).report.notes)
    said = [note for note in read(text.replace("prob", "year")).report.notes if "not used" in note]
    assert said == ["a third column is present and was not used; the probability scheme 'column' uses it"]


@pytest.mark.parametrize(
    ("text", "argument"),
    [
        ("id,name,city\n1,ann,Rome\n2,bob,Oslo\n", "source"),
        ("inviter_id,inviter_email,invitee_id,invitee_email\n1,a@x.org,2,b@x.org\n", "source"),
        ("i-1,ann@x.org,bob@x.org,5\ni-2,cid@x.org,bob@x.org,7\n", "source"),
        ("i-1,ann,bob,5\ni-2,bob,cid,7\ni-3,cid,ann,7\n", "source"),
    ],
)
def test_unclear_columns_are_an_error_that_lists_them(read, text, argument):
    with pytest.raises(InvalidArgumentError, match=r"g.csv has the columns .*; choose them by source, target") as error:
        read(text)
    assert error.value.argument == argument
    assert str(error.value).startswith(argument)


def test_columns_are_chosen_by_name_or_position(read):
    assert pairs(read(INVITATIONS, source="invitee_email", target="inviter_email")) == sorted(p[::-1] for p in PAIRS)
    assert pairs(read(INVITATIONS, source=1, target=-4)) == PAIRS
    text = "i-1,ann,bob,0.5\ni-2,bob,cid,0.25\n"
    assert read(text, source=1, target=2, weight=3).arcs() == [("ann", "bob", 0.5), ("bob", "cid", 0.25)]
    weighted = "id,from,to,p,cost\n1,5,6,0.5,7\n2,6,7,0.25,8\n"
    assert read(weighted, probability="column").arcs() == [(5, 6, 0.5), (6, 7, 0.25)]
    assert read(weighted, weight="cost", probability="lt_normalized").arcs() == [(5, 6, 1.0), (6, 7, 1.0)]
    assert read("1 2 0.5\n2 3 0.25\n", weight=2).arcs() == [(1, 2, 0.5), (2, 3, 0.25)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"source": "inviter"}, "target must be given together"),
        ({"source": "who", "target": "accepted"}, "source must be one of the columns, or a position; got 'who'"),
        ({"source": 1, "target": 1}, "target must be another column than source"),
        ({"source": 1, "target": 9}, "target must be one of the columns"),
        ({"probability": "column"}, "weight must name the column with the weights, because no name is clear"),
        ({"source": "inviter_email", "target": "invitee_email", "header": False}, "source names the column"),
        ({"weight": "accepted"}, None),
        ({"column": False, "weight": "accepted"}, "column=False contradicts weight"),
    ],
)
def test_wrong_choices_are_refused(read, options, message):
    expected = FileFormatError if message is None else InvalidArgumentError
    with pytest.raises(expected, match=message or "g.csv:2: the column of the weights must be a number"):
        read(INVITATIONS, **options)


def test_the_header_can_be_said(read):
    assert pairs(read("mia,zoe\nann,bob\n", header=True)) == [("ann", "bob")]
    assert pairs(read("from,to\nann,bob\n", header=False)) == [("ann", "bob"), ("from", "to")]
    assert read("mia,zoe\nann,bob\n").report.doubts[0].startswith("the first line, 'mia,zoe', was read as an arc")
    assert read("mia,zoe\nann,bob\n", header=False).report.doubts == ()
    assert read("New York,Boston\n7,Boston\n").n_arcs == 2  # a label of the first line occurs again in its column
    assert read("ann,bob,NA\nbob,cid,0.5\n").n_arcs == 2


def test_lines_must_fit_the_header(read):
    with pytest.raises(FileFormatError, match=r"g.csv:3: expected 6 columns, as in the first line, got '3,x"):
        read(INVITATIONS.splitlines()[0] + "\n" + INVITATIONS.splitlines()[1] + "\n3,x,a@x.org,b@x.org,,,\n")
    with pytest.raises(FileFormatError, match=r"g.csv:2: expected labels in both columns"):
        read("id,from,to,day\n1,ann,,3\n2,ann,bob,3\n")
    assert read("id,from,to,day\n1,ann,,3\n2,ann,bob,3\n", on_bad_line="skip").report.bad_lines == 1
    with pytest.raises(FileFormatError, match=r"has 2 columns, but most lines below have 3"):
        read('"from" "to"\n"1" "ann" "bob"\n"2" "bob" "cid"\n')
    with pytest.raises(FileFormatError, match="must be a number"):  # a decimal comma is no separator
        read("1;2;0,5\n2;3;0,25\n", probability="column")
    assert "more columns than the header" in read("from,to\n1,2\n2,3\n3,4,5\n").report.doubts[0]


def test_cells_with_newlines_and_quotes(read):
    text = 'id,from,to,p,note\n1,"ann ""a""",bob,0.5,"two\nlines"\n# x\n2,bob,cid,0.25,"say ""hi"""\n'
    graph = read(text, probability="column")
    assert graph.arcs() == [('ann "a"', "bob", 0.5), ("bob", "cid", 0.25)]
    for change, message in [
        ((",0.5,", ",high,"), r"g.csv:3: the column of the weights must be a number"),
        ((",0.5,", ",1.5,"), r"g.csv:3: the column of the weights must be a probability"),
        ((",bob,0.5", ",,0.5"), r"g.csv:3: expected labels in both columns"),
        (("bob,cid", "bob,cid,eve"), r"g.csv:5: expected 5 columns"),
        (('"two', 'x"two'), r"g.csv:\d: (expected 5 columns|.*delimiter expected|.*quote)"),
        (('hi"""', "hi"), r"g.csv:\d: "),
    ]:
        with pytest.raises(FileFormatError, match=message):
            read(text.replace(*change), probability="column")
    skipped = read(text.replace(",0.5,", ",high,"), probability="column", on_bad_line="skip")
    assert (skipped.n_arcs, skipped.report.bad_lines) == (1, 1)
    with pytest.raises(FileFormatError, match="not UTF-8"):
        read(text.encode().replace(b"two", b"\xff"))
    with pytest.raises(FileFormatError, match="holds no arcs"):
        read('id,from,to,p,note\n1,ann,,0.5,"two\nlines"\n', on_bad_line="skip")


# -- lines of counts ----------------------------------------------------------------------------------------------


def test_a_line_of_counts_is_no_arc(read):
    exact = read("5 4\n1 2\n2 3\n\n# x\n3 4\n4 5\n")
    assert pairs(exact) == [(1, 2), (2, 3), (3, 4), (4, 5)]
    assert "taken as the counts of 5 nodes and 4 arcs" in exact.report.notes[0]
    assert exact.report.doubts == ()
    more = read("9 3\n1 2\n2 3\n3 4\n")
    assert more.n_arcs == 3
    assert "9 nodes" in more.report.doubts[0]
    assert read("4 3\nann bob\nbob cid\ncid dan\n").n_arcs == 3
    assert read("4 3\n1 2 0.5\n2 3 0.5\n3 4 0.5\n", probability="column").n_arcs == 3
    fewer = read("3 4\n1 2\n2 3\n3 4\n4 5\n")
    assert fewer.n_arcs == 4  # the first line repeats the arc (3, 4), because there are more than 3 nodes
    assert fewer.report.arcs_given == 5
    assert "was read as an arc" in fewer.report.doubts[0]
    assert read("5 4\n1 2\n2 3\n3 4\n4 5\n", header=False).n_arcs == 5
    assert "may hold counts" in read("7 9\n1 2 3\n2 3 4\n").report.doubts[0]


def test_doubts_about_plain_columns(read):
    rows = "".join(f"{i} {i * 7 % 11} {i * 5 % 11}\n" for i in range(12))
    assert "the first column counts the lines" in read(rows, source=None).report.doubts[0]
    names = "".join(f"a{i},b{i},c{i}\n" for i in range(12))
    assert "the first 2 of its 3 columns were read as source and target" in read(names).report.doubts[0]
    assert read("ann,bob,friend\nbob,cid,friend\n").report.doubts == ()


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("true 24.5 860 328 a;b|c\n", "its separator is not clear"),
        ("a;b|c ann bob\na;b|c cid ann\n", "its separator is not clear"),
        ("i-0|thanks|878|307\n", "the first 2 of its 4 columns were read"),
        ("".join(f"i{i}|t{i}|{i}|{i + 1}\n" for i in range(12)), "columns 3 and 4 hold whole numbers"),
        ("2026-01-01 ann\n2026-01-02 bob\n", "column 1 holds dates"),
    ],
)
def test_doubts_about_separators_and_columns(read, text, doubt):
    assert doubt in " ".join(read(text).report.doubts)


def test_labels_that_begin_with_a_number_sign(read):
    dropped = read("ann,bob\n#cats,bob\nbob,#dogs\n")
    assert "1 lines that begin with # were skipped as comments, such as '#cats,bob'" in dropped.report.doubts[0]
    assert read("#source,target\n# made by hand\nann,bob\nbob,cid\n").report.doubts == ()
    assert "2 lines" in " ".join(read("#a,b\n#c,d\nann,bob\nbob,cid\n").report.doubts)
    for text in ('ann,bob\n"#cats",bob\n', 'ann,bob,"x\ny"\n"#cats",bob,z\n'):
        assert pairs(read(text)) == [("#cats", "bob"), ("ann", "bob")]


# -- names of columns -----------------------------------------------------------------------------------------------


def test_names_of_columns():
    assert ends_of_names(["src_ip", "src_port", "dst_ip", "dst_port"]) == [(0, 2, False)]
    assert ends_of_names(["node1", "node2"]) == [(0, 1, False)]
    assert ends_of_names(["user_b", "user_a"]) == [(1, 0, False)]
    assert ends_of_names(["inviter_email", "invitee_id"]) == []
    assert ends_of_names(["uid", "vid"]) == []
    assert choose_columns(["x", "y"], EdgeColumns(), wants_weight=False, table="t")[:2] == (0, 1)
    assert choose_columns(["from", "to", "x"], EdgeColumns(), wants_weight=True, table="t").weight == 2
    with pytest.raises(InvalidArgumentError, match="2 columns have the name 'a'"):
        choose_columns(["a", "a", "b"], EdgeColumns("a", "b"), wants_weight=False, table="t")
    with pytest.raises(InvalidArgumentError, match="several names are clear"):
        choose_columns(["from", "to", "p", "weight"], EdgeColumns(), wants_weight=True, table="t")
    many = [f"column{i}" * 20 for i in range(50)]
    with pytest.raises(InvalidArgumentError, match=r"\(50 in total\)") as error:
        choose_columns(many, EdgeColumns(), wants_weight=False, table="t")
    assert len(str(error.value)) < 1500


# -- the command line -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("id,name,city\n1,ann,Rome\n2,bob,Oslo\n", {}, "{source} and {target} must name the columns with the ends"),
        ("a,b,c\n1,2,x\n2,3,y\n", {"source": "a", "target": "a"}, "{target} must be another column than {source}, got"),
        ("a,b,c\n1,2,x\n2,3,y\n", {"source": "a"}, "{target} must be given together with the column of the other"),
        ("a,b,c\n1,2,x\n2,3,y\n", {"source": "q", "target": "b"}, "{source} must be one of the columns, or a position"),
        (
            "from,to,c,d\n1,2,3,4\n2,3,4,5\n",
            {"probability": "column"},
            "{weight} must name the column with the weights",
        ),
    ],
)
def test_errors_about_columns_name_arguments_or_options(read, tmp_path, text, options, expected):
    names = ("source", "target", "weight")
    end = "; choose them by {source}, {target} and {weight}"
    with pytest.raises(InvalidArgumentError) as error:
        read(text, **options)
    shown = dict(zip(names, names, strict=True))
    assert expected.format(**shown) in str(error.value)
    assert str(error.value).endswith(end.format(**shown))
    assert pickle.loads(pickle.dumps(error.value)).message(str.upper).endswith("by SOURCE, TARGET and WEIGHT")
    path = tmp_path / "columns.csv"
    path.write_text(text)
    given = [part for name, value in options.items() for part in (f"--{name}", value)]
    done = CliRunner().invoke(main, ["info", str(path), *given])
    shown = {name: f"--{name}" for name in names}
    assert done.exit_code == 2
    assert expected.format(**shown) in done.stderr
    assert done.stderr.rstrip().endswith(end.format(**shown))


def test_columns_on_the_command_line(tmp_path):
    path = tmp_path / "g.csv"
    path.write_text("i-1,ann@x.org,bob@x.org,0.5\ni-2,ann@x.org,cid@x.org,0.25\n")
    run = CliRunner().invoke
    command = ["seed", "--k", "1", "--format", "plain", "--random-seed", "1", str(path)]
    done = run(main, command)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--source and --target must be chosen by position" in done.stderr
    assert done.stderr.endswith("; choose them by --source, --target and --weight\n")
    assert run(main, [*command, "--source", "2", "--target", "3", "--weight", "4"]).stdout == "ann@x.org\n"
    path.write_text("follower,followed\nann,bob\ncid,bob\n")
    done = run(main, [*command, "--quiet"])
    assert done.stdout == "bob\n"
    assert done.stderr.startswith("warning: the columns 'followed' (source) and 'follower' (target)")
    assert run(main, [*command, "--source", "follower", "--target", "followed", "--quiet"]).stderr == ""
    assert "header" not in run(main, [*command, "--no-header"]).stderr
    assert "--header/--no-header is for files" in run(main, ["info", "karate", "--header"]).stderr
    assert "--no-verify is for graphs with a name" in run(main, [*command, "--no-verify"]).stderr


def test_files_of_named_graphs_are_verified_by_their_content(tmp_path, monkeypatch):
    text = b"0 1\n1 0\n"
    (tmp_path / "facebook.txt.gz").write_bytes(gzip.compress(text))
    monkeypatch.setenv("IMAX_DATA", str(tmp_path))
    done = CliRunner().invoke(main, ["info", "facebook"])
    assert done.exit_code == 1
    assert "the SHA-256 of its content" in done.stderr
    assert CliRunner().invoke(main, ["info", "facebook", "--no-verify"]).exit_code == 0


# -- formats -----------------------------------------------------------------------------------------------------

ARCS = [("ann", "bob", 0.5), ("bob", "cid", 0.25)]
GRAPH = nx.DiGraph([(u, v, {"weight": p}) for u, v, p in ARCS])
TABLE = pa.table({"id": [1, 2], "from": ["ann", "bob"], "to": ["bob", "cid"], "weight": [0.5, 0.25]})


def written(folder, kind):
    """Write the graph in a format and return the bytes."""
    path = folder / "graph"
    if kind == "json":
        return json.dumps(nx.node_link_data(GRAPH, edges="links")).encode()
    if kind == "jsonl":
        return "".join(json.dumps(row) + "\n" for row in TABLE.to_pylist()).encode()
    if kind == "parquet":
        pq.write_table(TABLE, path)
    elif kind == "feather":
        feather.write_feather(TABLE, path)
    elif kind == "arrows":
        with pa.ipc.new_stream(path, TABLE.schema) as stream:
            stream.write_table(TABLE)
    else:
        {"graphml": nx.write_graphml, "gexf": nx.write_gexf, "gml": nx.write_gml, "net": nx.write_pajek}[kind](
            GRAPH, path
        )
    return path.read_bytes()


@pytest.mark.parametrize("kind", ["graphml", "gexf", "gml", "net", "json", "jsonl", "parquet", "feather", "arrows"])
def test_formats_are_recognized_by_content(read, tmp_path, kind):
    data = written(tmp_path, kind)
    assert pairs(read(data)) == [row[:2] for row in ARCS]
    assert sorted(read(gzip.compress(data), probability="column").arcs()) == ARCS
    assert sorted(read(data, weight="weight").arcs()) == ARCS
    assert read(data, directed=False).n_arcs == 4
    for argument in (
        ("source", "target", "header") if kind in ("graphml", "gexf", "gml", "net", "json") else ("header",)
    ):
        with pytest.raises(InvalidArgumentError, match=f"{argument} does not apply to"):
            read(data, **{argument: 0})
    with pytest.raises(InvalidArgumentError, match="weight must"):
        read(data, weight="strength")
    with pytest.raises(OutOfMemoryBoundError):
        read(data, max_memory=300 if kind not in ("parquet", "jsonl") else 20)
    for cut in (len(data) // 2, len(data) - 3) if kind not in ("net", "jsonl") else ():  # lines have no end
        with pytest.raises((FileFormatError, InvalidArgumentError)) as error:
            read(data[:cut])
        assert "\n" not in str(error.value)


def test_graph_formats_keep_what_they_say(read, tmp_path):
    undirected = tmp_path / "g"
    nx.write_graphml(nx.path_graph(3), undirected)
    graph = read(undirected.read_bytes())
    assert (graph.nodes(), graph.n_arcs) == ([0, 1, 2], 4)
    named = nx.DiGraph([("n0", "n1")])
    nx.set_node_attributes(named, {"n0": "ann", "n1": "bob"}, "name")
    nx.write_graphml(named, undirected)
    assert pairs(read(undirected.read_bytes())) == [("ann", "bob")]
    nx.write_graphml(nx.DiGraph([("n0", "n1")]), undirected)
    assert pairs(read(undirected.read_bytes())) == [("n0", "n1")]
    twice = 'graph [ node [ id 0 label "a" ] node [ id 1 label "a" ] edge [ source 0 target 1 ] ]'
    assert read(twice).nodes() == [0, 1]
    heavy = nx.DiGraph([("a", "b", {"weight": 7})])
    nx.write_graphml(heavy, undirected)
    with pytest.raises(FileFormatError, match=r"the weights must be a probability in \[0, 1\], got 7"):
        read(undirected.read_bytes(), probability="column")


BOMB = """<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<graphml><graph edgedefault="directed"><node id="&b;"/></graph></graphml>"""


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (BOMB, "declares entities"),
        (BOMB.replace('version="1.0"', 'version="1.0" encoding="cp037"'), "the encoding is 'cp037'"),
        (b'<?xml version="1.0"?><graphml>\xff</graphml>', "not in utf-8"),
        ("<html><body>Not found</body></html>", "XML or HTML with the first element 'html'"),
        ("<graphml><graph", "the GraphML data is malformed"),
        ("<graphml></graphml>", "the GraphML data is malformed"),
        ('<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><graph edgedefault="directed"></graph></graphml>',
         "holds no nodes"),
        ('{"nodes": [\n{"id": 1}], "links": [{"source": 1}]}', "the node-link JSON data is malformed"),
        ('{"a":\n 1}', "nodes and links"),
        ("{\n[", "is no object"),
        ('{"nodes": ' + "[" * 100_000, "nested too deeply|malformed"),
        ("[[1, 2]]", "JSON array"),
        ("digraph { a -> b }", "Graphviz"),
        (b"PK\x03\x04xx", "ZIP archive"),
        (b"\x93NUMPY", "a NumPy array"),
        (b"SQLite format 3\0", "SQLite"),
        (b"PAR1xxxx", "Parquet data is damaged"),
        (b"ARROW1xxxxxxxxxxxxxx", "Arrow data is damaged"),
        (b"FEA1xxxxxxxxxxxFEA1", "Feather 1 data is damaged"),
        ('{"from": 1, "to": "2"}\n', "mixes labels"),
        ('{"from": 1, "to": [2]}\n', "a label must be an integer or a text"),
        ('{"from": 1, "to": \n', "."),
        ("{x}\n", "not JSON"),
    ],
)  # fmt: skip
def test_hostile_and_foreign_files(read, data, message):
    with pytest.raises(FileFormatError, match=message) as error:
        read(data)
    assert "\n" not in str(error.value)


def parquet(**columns):
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue().to_pybytes()


def test_typed_tables(read):
    assert pairs(read(parquet(a=[5, 7], b=[7, 2**40]))) == [(5, 7), (7, 2**40)]
    assert pairs(read(parquet(a=[-1, 7], b=[7, 3]))) == [(-1, 7), (7, 3)]
    assert pairs(read(parquet(a=[1.0, 2.0], b=[2.0, 3.0]))) == [(1, 2), (2, 3)]
    big = parquet(a=pa.array([2**63 + 1], pa.uint64()), b=pa.array([1], pa.uint64()))
    assert pairs(read(big)) == [(2**63 + 1, 1)]
    words = pa.array(["x", "y"]).dictionary_encode()
    assert read(parquet(a=words, b=["y", "a"])).nodes() == ["x", "y", "a"]
    rows = {"from": [1, None, 3], "to": [2, 3, 4], "p": [0.5, 0.5, None]}
    with pytest.raises(FileFormatError, match="row 2 has no source"):
        read(parquet(**rows))
    with pytest.raises(FileFormatError, match="row 2 has no target"):
        read(parquet(a=["x", "y"], b=["y", ""]))
    kept = read(parquet(**rows), on_bad_line="skip", probability="column")
    assert (kept.arcs(), kept.report.bad_lines) == ([(1, 2, 0.5)], 2)
    for columns, message in [
        ({"a": [1], "b": ["2"]}, "one column holds integers and the other texts"),
        ({"a": [[1]], "b": [[2]]}, "labels must be integers or texts"),
        ({"a": [0.5], "b": [1.0]}, "labels must be integers or texts"),
        ({"from": [1], "to": [2], "p": ["x"]}, "the weights must be numbers"),
        ({"from": [1], "to": [2], "p": [1.5]}, "row 1: the weight must be a probability"),
        ({"a": pa.array([], pa.int64()), "b": pa.array([], pa.int64())}, "no rows"),
        ({"a": pa.array([None], pa.int64()), "b": [1]}, "holds no arcs"),
    ]:
        with pytest.raises(FileFormatError, match=message):
            read(parquet(**columns), on_bad_line="skip", probability="column" if "p" in columns else None)
    lines = '{"from": 1, "to": 2, "p": %s}\n'
    assert read(lines % "0.5", weight="p").arcs() == [(1, 2, 0.5)]
    with pytest.raises(FileFormatError, match=r"g.csv:1: the weight must be a probability"):
        read(lines % '"x"', weight="p")


def test_the_same_table_in_all_formats_is_the_same_graph(read):
    rng = np.random.default_rng(3)
    source, target = rng.integers(0, 400, (2, 3000)) * 7
    text = "id,from,to\n" + "".join(f"{i},{u},{v}\n" for i, (u, v) in enumerate(zip(source, target, strict=True)))
    plain = "".join(f"{u} {v}\n" for u, v in zip(source, target, strict=True))
    graphs = [read(text), read(plain), read(parquet(**{"from": source, "to": target}), threads=2)]
    assert len({graph.fingerprint for graph in graphs}) == 1
    names = {"from": [f"u{u}" for u in source], "to": [f"u{v}" for v in target]}
    text = "from,to\n" + "".join(f"{u},{v}\n" for u, v in zip(names["from"], names["to"], strict=True))
    assert read(text).fingerprint == read(parquet(**names)).fingerprint


def test_pyarrow_is_optional(read, monkeypatch):
    data = parquet(a=[1], b=[2])
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MissingDependencyError, match=re.escape("influence-maximization[parquet]")):
        read(data)


def test_invitations_are_read_without_options(tmp_path):
    from bench.invitations import write

    pairs = write(tmp_path / "invitations.csv", 300)
    graph = imax.read_graph(tmp_path / "invitations.csv")
    assert {(u, v) for u, v, _ in graph.arcs()} == {(u, v) for u, v in pairs if u != v}
    assert graph.report.doubts == ()
