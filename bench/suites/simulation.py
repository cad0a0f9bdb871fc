"""Forward simulation under both models."""

import imax

from ._inputs import THREADS, Inputs


class Spread(Inputs):
    """The spread of the ten nodes with the largest degrees."""

    params = (("ic", "lt"), THREADS)
    param_names = ("model", "threads")

    def setup(self, model: str, threads: int) -> None:
        self.graph = self.read("weighted_cascade" if model == "ic" else "lt_uniform")
        self.seeds = imax.maximize(self.graph, 10, algorithm="degree").seeds
        self.time_spread(model, threads)

    def time_spread(self, model: str, threads: int) -> None:
        imax.spread(self.graph, self.seeds, model=model, n_simulations=100, rng=1, threads=threads)
