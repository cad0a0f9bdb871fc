"""A feature-selector-like class with scikit-learn's interface; scikit-learn itself is not needed."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidArgumentError
from .selecting import select
from .selection import Selection

__all__ = ["InfluenceSelector"]


class InfluenceSelector:
    """Selects rows of X to annotate, with scikit-learn's `fit` and `get_support`.

    Parameters
    ----------
    budget : int
        Number of rows to select.
    algorithm : str, default "ideal"
        A name in `imax.annotate.ALGORITHMS`; see `select`.
    n_neighbors : int, default 10
        Number of neighbors of each row in the nearest-neighbor graph.
    neighbor_search : {"auto", "exact", "approximate"}, default "auto"
        How neighbors are found; see `neighbors_of`.
    random_state : int, optional
        As `rng` in `select`.

    Attributes
    ----------
    selection_ : Selection
        The selected rows; set by `fit`.

    Examples
    --------
    >>> import numpy as np
    >>> from imax.annotate import InfluenceSelector
    >>> X = np.random.default_rng(0).normal(size=(30, 4))
    >>> InfluenceSelector(3, random_state=1).fit(X).get_support().sum()
    np.int64(3)
    """

    _PARAMETERS = ("budget", "algorithm", "n_neighbors", "neighbor_search", "random_state")

    def __init__(
        self,
        budget: int,
        algorithm: str = "ideal",
        n_neighbors: int = 10,
        neighbor_search: str = "auto",
        random_state: int | None = None,
    ) -> None:
        self.budget = budget
        self.algorithm = algorithm
        self.n_neighbors = n_neighbors
        self.neighbor_search = neighbor_search
        self.random_state = random_state

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters; `deep` has no effect, because no parameter is itself an estimator."""
        return {name: getattr(self, name) for name in self._PARAMETERS}

    def set_params(self, **params: Any) -> "InfluenceSelector":
        """Change parameters and return the selector."""
        for name, value in params.items():
            if name not in self._PARAMETERS:
                raise InvalidArgumentError(
                    f"{name} is not a parameter; the parameters are {', '.join(self._PARAMETERS)}", argument=name
                )
            setattr(self, name, value)
        return self

    def fit(self, X: ArrayLike, y: Any = None) -> "InfluenceSelector":
        """Select rows of X and return the selector; `y` is ignored."""
        self.selection_: Selection = select(
            X, self.budget, self.n_neighbors, algorithm=self.algorithm, neighbor_search=self.neighbor_search,
            rng=self.random_state,
        )  # fmt: skip
        return self

    def get_support(self, indices: bool = False) -> NDArray[Any]:
        """Return a mask of the selected rows or, if `indices` is true, their numbers in the order of selection."""
        if not hasattr(self, "selection_"):
            raise InvalidArgumentError("the selector is not fitted; call fit first")
        if indices:
            return np.array(self.selection_.indices, dtype=np.int64)
        mask = np.zeros(self.selection_.n_items, dtype=np.bool_)
        mask[self.selection_.indices] = True
        return mask

    def transform(self, X: ArrayLike) -> NDArray[Any]:
        """Return the selected rows of X, in the order of selection."""
        selected: NDArray[Any] = np.asarray(X)[self.get_support(indices=True)]
        return selected

    def fit_transform(self, X: ArrayLike, y: Any = None) -> NDArray[Any]:
        """Select rows of X and return them; `y` is ignored."""
        return self.fit(X, y).transform(X)
