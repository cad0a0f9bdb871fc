"""The network: the immutable graph, its labels, probabilities and node values."""
