"""An estimator with scikit-learn's interface; scikit-learn itself is not needed."""

import sys
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidArgumentError
from ._checks import Vectors, is_sparse
from .knn import SHARPNESS
from .selecting import select
from .selection import Selection

__all__ = ["InfluenceSelector"]


class InfluenceSelector:
    """Selects rows of X to annotate, and describes all rows by their similarity to the selected ones.

    The class follows the interface of scikit-learn, also in pipelines. `fit` selects rows; `get_support` and `indices_`
    name them. `transform` returns one column for each selected row: the cosine similarity to it.

    Parameters
    ----------
    budget : int, default 10
        Number of rows to select.
    algorithm : str, default "facility-location"
        A name in `imax.annotate.ALGORITHMS`; see `select`.
    n_neighbors : int, default 10
        Number of neighbors of each row in the nearest-neighbor graph.
    direction : {"in", "out"}, default "in"
    sharpness : float, default 8
    model : {"ic", "lt"}, default "ic"
        The graph, and how influence spreads on it; see `select`.
    neighbor_search : {"auto", "exact", "approximate"}, default "auto"
        How neighbors are found; see `neighbors_of`.
    random_state : int or numpy.random.RandomState, optional
        As `rng` in `select`.

    Attributes
    ----------
    selection_ : Selection
        The selection with its certificate.
    indices_ : numpy.ndarray of int64, shape (budget,)
        The numbers of the selected rows, in the order of selection.
    n_rows_, n_zero_rows_ : int
        Number of rows, and of rows of zeros. These have no direction: they are not selected, and nothing reaches them.
    components_ : array of float64, shape (budget, n_features)
        The selected rows, scaled to length 1; sparse if X is sparse.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : numpy.ndarray of str, shape (n_features,)
        Names of these columns, if X has names.

    Examples
    --------
    >>> import numpy as np
    >>> from imax.annotate import InfluenceSelector
    >>> X = np.random.default_rng(0).normal(size=(30, 4))
    >>> selector = InfluenceSelector(3, random_state=1).fit(X)
    >>> X[selector.indices_].shape, selector.transform(X).shape
    ((3, 4), (30, 3))
    >>> selector
    InfluenceSelector(budget=3, random_state=1)
    """

    _DEFAULTS: ClassVar[dict[str, Any]] = {
        "budget": 10, "algorithm": "facility-location", "n_neighbors": 10, "direction": "in",
        "sharpness": SHARPNESS, "model": "ic", "neighbor_search": "auto", "random_state": None,
    }  # fmt: skip

    def __init__(
        self,
        budget: int = 10,
        algorithm: str = "facility-location",
        n_neighbors: int = 10,
        direction: str = "in",
        sharpness: float = SHARPNESS,
        model: str = "ic",
        neighbor_search: str = "auto",
        random_state: Any = None,
    ) -> None:
        self.budget = budget
        self.algorithm = algorithm
        self.n_neighbors = n_neighbors
        self.direction = direction
        self.sharpness = sharpness
        self.model = model
        self.neighbor_search = neighbor_search
        self.random_state = random_state

    n_features_in_: int

    # -- what scikit-learn requires of an estimator ------------------------------------------------------------

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters; `deep` has no effect, because no parameter is itself an estimator."""
        return {name: getattr(self, name) for name in self._DEFAULTS}

    def set_params(self, **params: Any) -> "InfluenceSelector":
        """Change parameters and return the selector."""
        for name, value in params.items():
            if name not in self._DEFAULTS:
                raise InvalidArgumentError(
                    f"{name} is not a parameter; the parameters are {', '.join(self._DEFAULTS)}", argument=name
                )
            setattr(self, name, value)
        return self

    def __sklearn_tags__(self) -> Any:
        """Return the tags of the estimator: a transformer of dense or sparse rows that needs no labels."""
        from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

        return Tags(
            estimator_type=None,
            target_tags=TargetTags(required=False),
            transformer_tags=TransformerTags(preserves_dtype=[]),
            input_tags=InputTags(sparse=True),
        )

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether `fit` was called."""
        return hasattr(self, "selection_")

    def _repr_html_(self) -> str:
        """Return the display of scikit-learn, if that is loaded, else the plain text."""
        if "sklearn" not in sys.modules:
            return f"<pre>{self!r}</pre>"
        from sklearn.utils import estimator_html_repr

        html: str = estimator_html_repr(self)
        return html

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name}={getattr(self, name)!r}"
            for name, default in self._DEFAULTS.items()
            if name == "budget" or (getattr(self, name) is not default and getattr(self, name) != default)
        )
        return f"InfluenceSelector({shown})"

    # -- selection ---------------------------------------------------------------------------------------------

    def fit(self, X: ArrayLike, y: Any = None) -> "InfluenceSelector":
        """Select rows of X, dense or sparse, and return the selector; `y` is ignored."""
        rows = self._checked(X, first=True)
        seed = self.random_state
        if isinstance(seed, np.random.RandomState):
            seed = int(seed.randint(2**31))
        has_direction = np.asarray(abs(rows).sum(axis=1)).ravel() > 0
        kept = np.flatnonzero(has_direction)
        complete = kept.size == has_direction.size
        self.selection_: Selection = select(
            rows if complete else rows[kept], self.budget, self.n_neighbors, algorithm=self.algorithm,
            direction=self.direction, sharpness=self.sharpness, model=self.model,
            neighbor_search=self.neighbor_search, ids=None if complete else kept, rng=seed,
        )  # fmt: skip
        self.n_zero_rows_ = int(has_direction.size - kept.size)
        self.n_rows_ = int(has_direction.size)
        self.indices_ = np.array(self.selection_.ids, dtype=np.int64)
        self.components_ = _unit(rows[self.indices_])
        return self

    def get_support(self, indices: bool = False) -> NDArray[Any]:
        """Return a mask of the selected rows or, if `indices` is true, their numbers in the order of selection."""
        self._require_fit()
        if indices:
            return self.indices_.copy()
        mask = np.zeros(self.n_rows_, dtype=np.bool_)
        mask[self.indices_] = True
        return mask

    def transform(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the cosine similarity of each row of X to each selected row, shape (n_rows, budget).

        A row of zeros has the similarity 0 to all.
        """
        self._require_fit()
        found = _unit(self._checked(X, first=False)) @ self.components_.T
        return found.toarray() if is_sparse(found) else found  # type: ignore[no-any-return]

    def fit_transform(self, X: ArrayLike, y: Any = None) -> NDArray[np.float64]:
        """Select rows of X and return the similarity of each row to them; `y` is ignored."""
        return self.fit(X, y).transform(X)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return a name for each column of `transform`; `input_features` is ignored."""
        self._require_fit()
        return np.array([f"influenceselector{i}" for i in range(self.indices_.size)], dtype=object)

    def _require_fit(self) -> None:
        if self.__sklearn_is_fitted__():
            return
        text = "the selector is not fitted; call fit first"
        if "sklearn" in sys.modules:
            from sklearn.exceptions import NotFittedError

            raise NotFittedError(text)
        raise InvalidArgumentError(text)

    def _checked(self, X: Any, *, first: bool) -> Vectors:
        """Return X as an array, checked by scikit-learn if that is loaded."""
        if "sklearn" in sys.modules:
            from sklearn.utils.validation import validate_data

            return validate_data(
                self, X, reset=first, accept_sparse="csr", dtype=[np.float64, np.float32],
                ensure_min_samples=2 if first else 1,
            )  # fmt: skip
        rows = X.tocsr() if is_sparse(X) else np.asarray(X, dtype=np.float64)
        if rows.ndim != 2 or (not first and rows.shape[1] != self.n_features_in_):
            wanted = "two dimensions" if first else f"{self.n_features_in_} columns, as in fit"
            raise InvalidArgumentError(f"X must have {wanted}, got shape {rows.shape}", argument="X")
        if first:
            self.n_features_in_ = int(rows.shape[1])
        return rows


def _unit(rows: Vectors) -> Vectors:
    """Return rows scaled to length 1, as float64; rows of zeros stay zeros."""
    if is_sparse(rows):
        from scipy.sparse import csr_array

        rows = csr_array(rows, dtype=np.float64, copy=True)
        length = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
        rows.data /= np.repeat(np.where(length > 0, length, 1.0), np.diff(rows.indptr))
        return rows
    rows = np.asarray(rows, dtype=np.float64)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(length > 0, length, 1.0)
