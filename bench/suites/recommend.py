"""Friend recommendation: rankings of many users, and single requests."""

import numpy as np

from imax.recommend import Reranker, heteroim, heteroir

from ._inputs import Inputs


class Rank(Inputs):
    """The best friends of 200 users, without given lists."""

    def setup(self) -> None:
        self.graph = self.read()
        degree = self.graph.out_degree()
        self.users = self.graph.labels.take(np.flatnonzero(degree >= 5)[:200])
        self.time_heteroir()
        self.time_heteroim()

    def time_heteroir(self) -> None:
        heteroir(self.graph, self.users, k=10)

    def time_heteroim(self) -> None:
        heteroim(self.graph, self.users, k=10, sets_per_node=20, rng=1)


class Rerank(Inputs):
    """A request with one user and at most 200 friends."""

    params = (("heteroir", "heteroim"),)
    param_names = ("algorithm",)

    def setup(self, algorithm: str) -> None:
        graph = self.read()
        ptr, idx, _ = graph.forward()
        internal = int(np.argmin(np.abs(np.diff(ptr) - 200)))
        row = idx[ptr[internal] : ptr[internal + 1]][:200]
        (self.user,) = graph.labels_of([internal])
        self.friends = graph.labels_of(row)
        self.reranker = Reranker(graph, algorithm, rng=1)
        self.time_rerank_user(algorithm)

    def time_rerank_user(self, algorithm: str) -> None:
        self.reranker.rerank_user(self.user, self.friends, 10)
