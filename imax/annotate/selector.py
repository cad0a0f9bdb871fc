"""A selector in scikit-learn's manner, which does not need scikit-learn."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._utils import check
from ..errors import InvalidArgumentError
from .methods import METHODS
from .selection import Selection

__all__ = ["InfluenceSelector"]


class InfluenceSelector:
    """Chooses rows of X to annotate: ``fit``, then ``get_support`` or ``selection_``.

    Parameters
    ----------
    budget : int
    method : str, default "ideal"
        ``"ideal"``, ``"simulated"``, ``"vote_k"``, ``"k_center"``, ``"facility_location"``, ``"graph_degree"`` or
        ``"random"``.
    n_neighbors : int, default 10
    neighbors : {"auto", "exact", "approximate"}, default "auto"
    random_state : int, optional
        As `rng` in `ideal`.

    Attributes
    ----------
    selection_ : Selection
        After `fit`.

    Examples
    --------
    >>> import numpy as np
    >>> from imax.annotate import InfluenceSelector
    >>> X = np.random.default_rng(0).normal(size=(30, 4))
    >>> InfluenceSelector(3, random_state=1).fit(X).get_support().sum()
    np.int64(3)
    """

    _NAMES = ("budget", "method", "n_neighbors", "neighbors", "random_state")

    def __init__(
        self,
        budget: int,
        method: str = "ideal",
        n_neighbors: int = 10,
        neighbors: str = "auto",
        random_state: int | None = None,
    ) -> None:
        self.budget = budget
        self.method = method
        self.n_neighbors = n_neighbors
        self.neighbors = neighbors
        self.random_state = random_state

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters; there is nothing inside that `deep` could reach."""
        return {name: getattr(self, name) for name in self._NAMES}

    def set_params(self, **params: Any) -> "InfluenceSelector":
        """Change parameters."""
        for name, value in params.items():
            if name not in self._NAMES:
                raise InvalidArgumentError(f"{name!r} is no parameter; those are {', '.join(self._NAMES)}")
            setattr(self, name, value)
        return self

    def fit(self, X: ArrayLike, y: Any = None) -> "InfluenceSelector":
        """Choose rows of X; y is not looked at."""
        choose = METHODS[check.one_of(self.method, "method", tuple(METHODS))]
        self.selection_: Selection = choose(
            X, self.budget, self.n_neighbors, neighbors=self.neighbors, rng=self.random_state
        )
        return self

    def get_support(self, indices: bool = False) -> NDArray[Any]:
        """Return a mask of the chosen rows, or with `indices` their numbers in the order of choice."""
        if not hasattr(self, "selection_"):
            raise InvalidArgumentError("nothing is chosen yet: call fit first")
        if indices:
            return np.array(self.selection_.indices, dtype=np.int64)
        mask = np.zeros(self.selection_.n_items, dtype=np.bool_)
        mask[self.selection_.indices] = True
        return mask

    def transform(self, X: ArrayLike) -> NDArray[Any]:
        """Return the chosen rows of X, in the order of choice."""
        chosen: NDArray[Any] = np.asarray(X)[self.get_support(indices=True)]
        return chosen

    def fit_transform(self, X: ArrayLike, y: Any = None) -> NDArray[Any]:
        """Choose rows of X and return them."""
        return self.fit(X, y).transform(X)
