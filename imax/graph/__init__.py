"""The network: the immutable graph, its labels and probabilities, values of nodes, conversion from other libraries."""
