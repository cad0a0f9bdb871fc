"""RR sets, for each path of the sampler, number of threads, and number of lanes."""

import numpy as np

import imax
from imax.diffusion.sampler import Sampler

from ._inputs import THREADS, Inputs

PATHS = {  # probability scheme, model, number of sets
    "equal, table": ("weighted_cascade", "ic", 20_000),
    "equal, hits": ("uniform:0.005", "ic", 1_000),
    "per arc": ("exponential", "ic", 20_000),
    "LT, equal": ("lt_uniform", "lt", 20_000),
    "LT, per arc": ("lt_normalized", "lt", 20_000),
}


class Paths(Inputs):
    """Each path of the sampler, on one thread and on two."""

    params = (tuple(PATHS), THREADS)
    param_names = ("path", "threads")

    def setup(self, path: str, threads: int) -> None:
        probability, model, self.count = PATHS[path]
        if probability == "lt_normalized":
            source, target, _ = self.read().arc_arrays()
            weight = np.random.default_rng(1).random(source.size)
            graph = imax.InfluenceGraph.from_arrays(source, target, weight, probability=probability)
        else:
            graph = self.read(probability)
        self.sampler = Sampler(graph, model, (1, 2), threads=threads)
        self.sampler.sample(0, self.count)

    def time_sample(self, path: str, threads: int) -> None:
        self.sampler.sample(0, self.count)


class Lanes(Inputs):
    """RR sets that one thread samples side by side."""

    params = (("ic", "lt"), (1, 4, 8, 16))
    param_names = ("model", "lanes")

    def setup(self, model: str, lanes: int) -> None:
        graph = self.read("weighted_cascade" if model == "ic" else "lt_uniform")
        self.sampler = Sampler(graph, model, (1, 2), threads=1, lanes=lanes)
        self.sampler.sample(0, 20_000)

    def time_sample(self, model: str, lanes: int) -> None:
        self.sampler.sample(0, 20_000)
