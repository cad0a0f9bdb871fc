"""Selection of items to annotate."""

import numpy as np

from imax.annotate import auto_annotate, ideal, neighbors_of

SIZE = 5_000


class Annotate:
    """Selection, neighbor search and propagation of labels on clustered embeddings."""

    def setup(self) -> None:
        rng = np.random.default_rng(0)
        centers = rng.normal(size=(50, 64))
        self.x = (centers[rng.integers(0, 50, SIZE)] + 0.7 * rng.standard_normal((SIZE, 64))).astype(np.float32)
        self.chosen = ideal(self.x, 100, 10, rng=1, epsilon=0.1)
        self.labels = dict.fromkeys(self.chosen.indices, "label")

    def time_neighbors(self) -> None:
        neighbors_of(self.x, 10)

    def time_ideal(self) -> None:
        ideal(self.x, 100, 10, rng=1, epsilon=0.1)

    def time_auto_annotate(self) -> None:
        auto_annotate(self.chosen, self.labels, rng=1)
