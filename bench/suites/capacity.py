"""Capacity-constrained selection."""

import numpy as np

from imax.capacity import CapacityProblem, assign

from ._inputs import Inputs


class Assign(Inputs):
    """A share of the nodes are inviters, with a capacity of ten each."""

    params = (0.01, 0.1)
    param_names = ("share",)

    def setup(self, share: float) -> None:
        self.graph = self.read()
        size = int(share * self.graph.n_nodes)
        chosen = np.random.default_rng(0).choice(self.graph.n_nodes, size, replace=False)
        self.active = self.graph.labels.take(chosen)
        self.problem = CapacityProblem(self.graph, self.active, 10)
        self.time_rr_opim_plus(share)

    def time_problem(self, share: float) -> None:
        CapacityProblem(self.graph, self.active, 10)

    def time_rr_opim_plus(self, share: float) -> None:
        assign(self.problem, epsilon=0.1, rng=1)

    def time_rr_greedy(self, share: float) -> None:
        assign(self.problem, "rr-greedy", oracle="rr", n_rr_sets=50_000, rng=1)

    def peakmem_rr_opim_plus(self, share: float) -> None:
        assign(self.problem, epsilon=0.1, rng=1)
