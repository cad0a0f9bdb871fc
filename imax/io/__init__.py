"""Graphs, and labels and values of nodes, from files and to files."""

from .accept import as_graph
from .binary import read_binary, write_binary
from .columns import read_columns
from .node_files import read_active_sets, read_labels, read_node_texts, read_node_values
from .reading import read_edgelist, read_graph
from .text import write_text
from .writing import write_graph

__all__ = [
    "as_graph",
    "read_active_sets",
    "read_binary",
    "read_columns",
    "read_edgelist",
    "read_graph",
    "read_labels",
    "read_node_texts",
    "read_node_values",
    "write_binary",
    "write_graph",
    "write_text",
]
