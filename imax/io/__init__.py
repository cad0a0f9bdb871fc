"""Graphs, labels and node values from files, and back."""

from .binary import read_binary, write_binary
from .graphs import (
    read_active_sets,
    read_edgelist,
    read_graph,
    read_labels,
    read_node_texts,
    read_node_values,
    write_graph,
)
from .text import write_text

__all__ = [
    "read_active_sets",
    "read_binary",
    "read_edgelist",
    "read_graph",
    "read_labels",
    "read_node_texts",
    "read_node_values",
    "write_binary",
    "write_graph",
    "write_text",
]
