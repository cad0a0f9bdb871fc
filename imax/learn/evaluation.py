"""`evaluate`: whether the probabilities predict actions that they were not learned from."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils import check
from .._utils.frames import frame_of
from .._utils.steps import finished
from .._utils.streams import RNG, Stream, key_from, stream_key
from .._utils.views import ReportView
from ..diffusion.simulation import spread
from ..errors import InvalidArgumentError
from ..graph.influence_graph import InfluenceGraph
from ..io.accept import as_graph
from ..results import Record
from .actions import Actions, counted
from .baselines import baselines
from .evidence import Placed, place
from .exposures import Exposures, find_exposures
from .model import LearnedModel

__all__ = ["Evaluation", "ModelScore", "evaluate"]

_DIGITS = 10
_BINS = 1 << 14  # bins of predictions for the AUC; predictions in the same bin are ties
_DECILES = 10
_SIZES = ((1, 2), (3, 5), (6, 10), (11, 20), (21, 50), (51, 100), (101, None))
_MAX_ITEMS = 2000  # items whose spread is simulated
_MIN_CHANCE = 1e-9  # predictions are at least this for the log-loss


@dataclass(frozen=True)
class ModelScore(Record):
    """How well one model predicts the held-out log.

    Attributes
    ----------
    model : str
    auc : float
        Probability that a user who acts has a larger prediction than one who does not; 0.5 is chance.
    auc_interval : tuple of float
        95 % interval, by bootstrap over the items.
    log_loss : float
        Mean of -log(probability of what happened); smaller is better.
    log_loss_interval : tuple of float
    calibration : list of (float, float, int)
        For ten groups of exposures by prediction: mean prediction, share that acted, size.
    spread_rmse, spread_rmse_interval : float, tuple of float
        Root mean squared error of the predicted size of an item, given its initiators.
    spread_errors : list of (str, int, float)
        For classes of items by real size: the class, the number of items, the median relative error.
    """

    model: str
    auc: float
    auc_interval: tuple[float, float]
    log_loss: float
    log_loss_interval: tuple[float, float]
    calibration: list[tuple[float, float, int]]
    spread_rmse: float
    spread_rmse_interval: tuple[float, float]
    spread_errors: list[tuple[str, int, float]]


@dataclass(frozen=True)
class Evaluation(Record, ReportView):
    """Scores of a learned model and of simple models on a held-out log.

    Attributes
    ----------
    rows : list of ModelScore
        The learned model first.
    n_items, n_exposures, n_acted : int
        Held-out items, users with an active in-neighbor on them, and those of them that acted.
    n_trained_items : int or None
        Number of items of the held-out log that are also in the log that the model was learned from. If it is not 0,
        the scores of the learned model are too good, and `notes` say so. None for a model from trials.
    advantage : dict of str to (float, float, float)
        For each simple model: the difference of the AUC of the learned model to it, and its 95 % interval. An interval
        above 0 says that the learned model predicts better.
    notes : list of str
    """

    rows: list[ModelScore]
    n_items: int
    n_exposures: int
    n_acted: int
    advantage: dict[str, tuple[float, float, float]]
    notes: list[str]
    n_trained_items: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as a dictionary of plain Python values."""
        return super().to_dict() | {"rows": [row.to_dict() for row in self.rows]}

    def to_frame(self, backend: str = "pandas") -> Any:
        """Return a data frame with a row for each model.

        Parameters
        ----------
        backend : {"pandas", "polars", "polars-lazy", "pyarrow"}, default "pandas"
            The kind of frame.
        """
        names = ("model", "auc", "log_loss", "spread_rmse")
        return frame_of({name: [getattr(row, name) for row in self.rows] for name in names}, backend)

    def __repr__(self) -> str:
        lines = [
            f"{self.n_items:,} held-out items, {self.n_exposures:,} exposed users, {self.n_acted:,} acted",
            f"{'model':<18}{'AUC':>7}  {'95 % interval':<16}{'log-loss':>9}{'spread RMSE':>13}",
        ]
        for row in self.rows:
            low, high = row.auc_interval
            interval = f"{low:.3f} to {high:.3f}"
            lines.append(f"{row.model:<18}{row.auc:>7.3f}  {interval:<16}{row.log_loss:>9.4f}{row.spread_rmse:>13.2f}")
        return "\n".join([*lines, *self.notes])


def evaluate(
    model: LearnedModel,
    held_out: Any,
    *,
    models: "Mapping[str, InfluenceGraph] | None" = None,
    n_bootstrap: int = 200,
    n_simulations: int = 200,
    rng: RNG = 0,
    threads: int | None = None,
    **columns: Any,
) -> Evaluation:
    """Score a learned model on a log that it was not learned from, beside simple models.

    Exposures: for each held-out item, each user that acted after an in-neighbor, with the prediction
    1 - prod(1 - p) over the in-neighbors that precede it; and each user that did not act but has in-neighbors that did,
    with the same product over these. For ``lt-weights``, the prediction is the sum of the weights instead, and
    cascades follow the linear threshold model. Spread: the initiators of an item, that is, users that acted without a
    preceding in-neighbor, are the seeds of simulated cascades, whose mean size is compared with the size of the item.

    Parameters
    ----------
    model : LearnedModel
    held_out : Actions or anything that `Actions.of` accepts
        From `split`, for example. It should not share items with the log that the model was learned from: the result
        says how many it shares.
    models : dict of str to InfluenceGraph, optional
        Other models to compare with: graphs with the same nodes and arcs. Default: weighted cascade, the best uniform
        probability of the log that the model was learned from, and trivalency.
    n_bootstrap : int, default 200
        Number of bootstrap samples of the items for the intervals.
    n_simulations : int, default 200
        Number of simulated cascades for each item. At most 2,000 items are simulated, the first ones.
    rng : None, int, numpy.random.SeedSequence or numpy.random.Generator, default 0
        Source of randomness.
    threads : int, optional
        Number of threads; default ``IMAX_NUM_THREADS``, otherwise all cores.
    **columns
        `user`, `item`, `time` and `on_missing` as for `Actions.of`.

    Returns
    -------
    Evaluation

    Raises
    ------
    InvalidArgumentError
        If no user of the log is a node, if a graph of `models` has other nodes or arcs, if no user is exposed, or if
        only one of the logs has dates as times and the model has a window.

    References
    ----------
    Goyal, Bonchi, Lakshmanan: A Data-Based Approach to Social Influence Maximization. VLDB 2011.

    Examples
    --------
    >>> import imax
    >>> graph = imax.InfluenceGraph.from_edges([("ann", "bob"), ("ann", "cid")])
    >>> log = [("ann", i, 0) for i in range(20)] + [("bob", i, 1) for i in range(15)]
    >>> train, held_out = imax.learn.split(log, rng=1)
    >>> imax.learn.evaluate(imax.learn.from_actions(graph, train), held_out).rows[0].auc
    1.0
    """
    graph = model.graph
    n_threads = check.threads(threads)
    n_bootstrap = check.count(n_bootstrap, "n_bootstrap", low=2)
    n_simulations = check.count(n_simulations, "n_simulations", low=2)
    others = baselines(graph, model.uniform) if models is None else _checked_models(model, models)
    graphs = {model.estimator: graph, **others}
    log = Actions.of(held_out, **columns)
    if model.window is not None and model.dated is not None and log.dated != model.dated:
        kinds = ("dates", "numbers") if log.dated else ("numbers", "dates")
        raise InvalidArgumentError(
            f"held_out has times that are {kinds[0]}, but the model was learned from times that are {kinds[1]}, with a "
            "window; give both logs the same kind of times",
            argument="held_out",
        )
    placed = place(graph, log, n_threads)
    is_lt = model.estimator == "lt-weights"
    found = find_exposures(placed, list(graphs.values()), model.window, n_threads, is_lt=is_lt)
    if not found.acted.any() or found.acted.all():
        raise InvalidArgumentError(
            f"held_out must have exposed users that acted and some that did not; of {found.acted.size:,} users with an "
            f"active in-neighbor {int(found.acted.sum()):,} acted",
            argument="held_out",
        )
    key = stream_key(key_from(rng), Stream.BOOTSTRAP)
    draws = _multiplicities(placed.items.size, n_bootstrap, key)
    aucs, losses = _scores(found, draws)
    diffusion = {name: "lt" if is_lt and name == model.estimator else "ic" for name in graphs}
    sizes = _spread_errors(placed, found, graphs, diffusion, n_simulations, key_from(rng), n_threads)
    rows = [
        ModelScore(
            model=name,
            auc=float(aucs[j, 0]),
            auc_interval=_interval(aucs[j, 1:]),
            log_loss=float(losses[j, 0]),
            log_loss_interval=_interval(losses[j, 1:]),
            calibration=_calibration(found.predicted[:, j], found.acted),
            **sizes.of(j, draws),
        )
        for j, name in enumerate(graphs)
    ]
    advantage = {
        name: (float(aucs[0, 0] - aucs[j, 0]), *_interval(aucs[0, 1:] - aucs[j, 1:]))
        for j, name in enumerate(graphs)
        if j
    }
    n_unknown = placed.counts["unknown_users"]
    notes = [f"dropped: {counted(n_unknown, 'held-out user')} not in the graph"] if n_unknown else []
    if log.n_missing:
        notes.append(f"dropped: {counted(log.n_missing, 'held-out row')} with a missing cell")
    if is_lt:
        notes.append("lt-weights predicts with the linear threshold model, the other models with independent cascade")
    n_trained = model.count_trained_items(log)
    if n_trained:
        seen = f"{n_trained:,} of {np.unique(log.item).size:,} held-out items"
        notes.insert(0, f"{seen} are also in the log that the model was learned from, so its scores are too good")
    if sizes.n_items < placed.items.size:
        notes.append(f"spread: the first {sizes.n_items:,} of {placed.items.size:,} items")
    return Evaluation(rows, placed.items.size, found.acted.size, int(found.acted.sum()), advantage, notes, n_trained)


def _checked_models(model: LearnedModel, models: "Mapping[str, InfluenceGraph]") -> dict[str, InfluenceGraph]:
    """Return other models by name, after a check that each has the nodes and arcs of the learned graph."""
    graph, checked = model.graph, {}
    labels = graph.labels_of(np.arange(graph.n_nodes))
    for name, given in models.items():
        if name == model.estimator:
            raise InvalidArgumentError(
                f"models: {name!r} is the name of the learned model; choose another name", argument="models"
            )
        other = as_graph(given)
        same = np.array_equal(other.in_ptr, graph.in_ptr) and np.array_equal(other.in_idx, graph.in_idx)
        if not same or other.labels_of(np.arange(other.n_nodes)) != labels:
            raise InvalidArgumentError(
                f"models: {name!r} must have the nodes and arcs of the learned graph, in the same order; make it with "
                "with_probability of that graph",
                argument="models",
            )
        checked[name] = other
    return checked


def _multiplicities(n_items: int, n: int, key: tuple[int, int]) -> NDArray[np.int64]:
    """Return how often each item occurs: once in the first row, then in bootstrap samples."""
    generator = np.random.default_rng(list(key))
    rows = [np.bincount(generator.integers(0, n_items, n_items), minlength=n_items) for _ in range(n)]
    return np.stack([np.ones(n_items, dtype=np.int64), *rows])


def _scores(found: Exposures, draws: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the AUC and the log-loss of each model (rows) on the log and on each bootstrap sample (columns)."""
    models = found.predicted.shape[1]
    aucs, losses = np.full((2, models, draws.shape[0]), np.nan)
    order = np.lexsort((found.acted, found.item))
    for j in range(models):
        predicted = found.predicted[:, j]
        bins, n_bins = _bins(predicted)
        # exposures of the same item, bin and outcome are counted together
        code = (found.item.astype(np.int64) * n_bins + bins) * 2 + found.acted
        unique, count = np.unique(code[order], return_counts=True)
        item, bin_, acted = unique // (2 * n_bins), unique // 2 % n_bins, unique % 2 == 1
        chance = np.clip(np.where(found.acted, predicted, 1.0 - predicted), _MIN_CHANCE, 1.0)
        loss = np.bincount(found.item, -np.log(chance), minlength=draws.shape[1])
        n_of = np.bincount(found.item, minlength=draws.shape[1])
        for b, times in enumerate(draws):
            weight = count * times[item]
            yes = np.bincount(bin_[acted], weight[acted], minlength=n_bins)
            no = np.bincount(bin_[~acted], weight[~acted], minlength=n_bins)
            total = yes.sum() * no.sum()
            if total > 0.0:
                below = np.cumsum(no) - no
                aucs[j, b] = float(yes @ (below + 0.5 * no)) / total
                losses[j, b] = float(times @ loss) / float(times @ n_of)
    return aucs, losses


def _bins(predicted: NDArray[np.float64]) -> tuple[NDArray[np.int64], int]:
    """Return a bin of each prediction: its rank among the distinct ones, or a quantile if there are very many."""
    predicted = np.round(predicted, _DIGITS)  # products in another order are ties
    distinct, bins = np.unique(predicted, return_inverse=True)
    if distinct.size <= _BINS:
        return bins.reshape(-1), distinct.size
    edges = np.unique(np.quantile(predicted, np.arange(1, _BINS) / _BINS))
    return np.searchsorted(edges, predicted, side="right"), edges.size + 1


def _interval(values: NDArray[np.float64]) -> tuple[float, float]:
    known = values[~np.isnan(values)]  # a sample of few items may lack users that acted
    if not known.size:
        return math.nan, math.nan
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)


def _calibration(predicted: NDArray[np.float64], acted: NDArray[np.bool_]) -> list[tuple[float, float, int]]:
    order = np.argsort(predicted, kind="stable")
    groups = [group for group in np.array_split(order, _DECILES) if group.size]
    return [(float(predicted[g].mean()), float(acted[g].mean()), int(g.size)) for g in groups]


@dataclass(frozen=True)
class _SpreadErrors:
    """Predicted sizes of the first items under each model, and their real sizes."""

    predicted: NDArray[np.float64]
    size: NDArray[np.float64]

    @property
    def n_items(self) -> int:
        """Number of items."""
        return self.size.size

    def of(self, model: int, draws: NDArray[np.int64]) -> dict[str, Any]:
        """Return the fields of `ModelScore` about the spread."""
        error = self.predicted[model] - self.size
        squares = error**2
        weights = draws[:, : self.n_items]
        with np.errstate(invalid="ignore", divide="ignore"):
            rmse = np.sqrt(weights @ squares / weights.sum(axis=1))
        relative = np.abs(error) / self.size
        classes = []
        for low, high in _SIZES:
            inside = (self.size >= low) & (self.size <= (np.inf if high is None else high))
            if inside.any():
                name = f"{low} or more" if high is None else f"{low} to {high}"
                classes.append((name, int(inside.sum()), float(np.median(relative[inside]))))
        return {
            "spread_rmse": float(rmse[0]),
            "spread_rmse_interval": _interval(rmse[1:]),
            "spread_errors": classes,
        }


def _spread_errors(
    placed: Placed,
    found: Exposures,
    graphs: Mapping[str, InfluenceGraph],
    diffusion: Mapping[str, str],
    n: int,
    key: tuple[int, int],
    threads: int,
) -> _SpreadErrors:
    first = next(iter(graphs.values()))
    n_items = min(placed.items.size, _MAX_ITEMS)
    ptr = placed.log.item_ptr
    sizes = np.diff(ptr)[:n_items].astype(np.float64)
    predicted = np.empty((len(graphs), n_items))
    for i in range(n_items):
        users = placed.log.user[ptr[i] : ptr[i + 1]]
        seeds = first.labels_of(users[found.initiated[ptr[i] : ptr[i + 1]]])
        for j, (name, graph) in enumerate(graphs.items()):
            own = stream_key(key, Stream.HELD_OUT_SPREAD)
            estimate = spread(graph, seeds, model=diffusion[name], n_simulations=n, rng=own, threads=threads)
            predicted[j, i] = finished(estimate).spread
    return _SpreadErrors(predicted, sizes)
