"""Comments above the content of a file never make its recognition slow."""

import pytest

import imax


@pytest.mark.parametrize("comment", ["# a comment\n", "# " * 20 + "\n", "#  \n\n "])
def test_many_comments_are_read_at_once(tmp_path, comment):
    path = tmp_path / "g.txt"
    path.write_text(comment * 40 + "1 2\n")
    assert imax.read_graph(path).n_arcs == 1
    graph = "graph [ directed 1 node [ id 1 ] node [ id 2 ] edge [ source 1 target 2 ] ]"
    path.write_text(comment * 40 + f'Creator "x"\nVersion 1\n{graph}')
    assert imax.read_graph(path).n_arcs == 1
