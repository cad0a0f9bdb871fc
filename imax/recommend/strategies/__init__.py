"""Strategies of reranking: one class per algorithm, prepared once on a graph and then used for many requests."""
