"""The result of learning: a graph with probabilities, and what they rest on."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils.views import ReportView
from ..graph.influence_graph import InfluenceGraph
from .actions import Actions

__all__ = ["LearnedModel"]


@dataclass(frozen=True, eq=False, repr=False)
class LearnedModel(ReportView):
    """Influence probabilities learned from a log.

    Arrays by arc are in the order of ``graph.arc_arrays()``.

    Attributes
    ----------
    graph : InfluenceGraph
        The graph with the learned probabilities. It holds their intervals, so that `imax.maximize_robust` finds them,
        and the mean delay of each arc (``graph.delays``), so that a `deadline` needs no `delay`.
    estimator : str
        Name of the estimator; ``"trials"`` for `from_trials`.
    trials, successes : numpy.ndarray of float64, shape (n_arcs,)
        Trials and successes of each arc; estimators that share credit count fractions of successes.
    lower, upper : numpy.ndarray of float64, shape (n_arcs,), or None
        Ends of the interval of each probability (posterior quantiles) at level `confidence`. None with
        ``intervals=False``.
    delay : numpy.ndarray of float64, shape (n_arcs,), or None
        Mean delay of each arc, in seconds or in the unit of the times; NaN for arcs without a success. None without
        times.
    prior : tuple of float
        The beta prior (a, b) that was used; (0, 0) for none.
    confidence : float
        Level of the intervals.
    window : float or None
        Longest delay of a success.
    uniform : float
        The one probability for all arcs under which the log is most likely, a baseline for `evaluate`.
    log_likelihood : list of float
        Of ``"em"``: before each iteration and at the end, with the prior.
    counts : dict of str to int
        What was used and what was dropped, and why.
    notes : list of str
        The same in sentences.
    seconds : dict of str to float
        Time of each phase.
    item_hashes : numpy.ndarray of uint64, shape (n_items,), or None
        Hashes of the labels of the items of the log, sorted, by which `evaluate` recognizes items that the model was
        learned from. None for `from_trials`.
    dated : bool or None
        Whether the times of the log were dates. None for `from_trials`.

    Examples
    --------
    >>> import imax
    >>> sent = {"from": ["ann", "ann", "bob"], "to": ["bob", "cid", "cid"], "accepted": [1, 0, 1]}
    >>> model = imax.learn.from_trials(sent, source="from", target="to", success="accepted", prior=(1, 3))
    >>> model.counts["trials"], [round(float(p), 1) for p in model.probability]
    (3, [0.4, 0.2, 0.4])
    """

    graph: InfluenceGraph
    estimator: str
    trials: NDArray[np.float64]
    successes: NDArray[np.float64]
    lower: NDArray[np.float64] | None
    upper: NDArray[np.float64] | None
    delay: NDArray[np.float64] | None
    prior: tuple[float, float]
    confidence: float
    window: float | None
    uniform: float
    log_likelihood: list[float]
    counts: dict[str, int]
    notes: list[str]
    seconds: dict[str, float] = field(default_factory=dict)
    item_hashes: NDArray[np.uint64] | None = None
    dated: bool | None = None

    @property
    def probability(self) -> NDArray[np.float32]:
        """Learned probability of each arc: float32, shape (n_arcs,)."""
        return self.graph.arc_values()

    def delays(self) -> NDArray[np.float64]:
        """Return the mean delay of each arc; arcs without a success get the mean of all delays.

        They are the delays of ``graph.delays``, which a deadline without delays uses.

        Returns
        -------
        numpy.ndarray of float64, shape (n_arcs,)

        Raises
        ------
        ValueError
            If the log has no times, or no success.
        """
        if self.delay is None:
            raise ValueError("the log has no times, so there are no delays")
        if self.graph.delays is None:
            raise ValueError("the log has no success, so there are no delays")
        return self.graph.delays.mean.astype(np.float64)

    def count_trained_items(self, held_out: Actions) -> int | None:
        """Return how many items of a log are also in the log that the model was learned from; None if unknown."""
        if self.item_hashes is None:
            return None
        return int(np.isin(held_out.item_hashes(), self.item_hashes, assume_unique=True).sum())

    def to_frame(self, backend: str = "pandas") -> Any:
        """Return a data frame with a row for each arc.

        Parameters
        ----------
        backend : {"pandas", "polars", "polars-lazy", "pyarrow"}, default "pandas"
            The kind of frame.
        """
        from .._utils.frames import frame_of

        source, target, p = self.graph.arc_arrays()
        columns: dict[str, Any] = {
            "source": self.graph.labels.take(source),
            "target": self.graph.labels.take(target),
            "probability": p,
        }
        if self.lower is not None and self.upper is not None:
            columns |= {"lower": self.lower, "upper": self.upper}
        columns |= {"trials": self.trials, "successes": self.successes}
        if self.delay is not None:
            columns["delay"] = self.delay
        return frame_of(columns, backend)

    def __repr__(self) -> str:
        known = int(np.count_nonzero(self.trials))
        return (
            f"<LearnedModel: {self.estimator}, {known:,} of {self.graph.n_arcs:,} arcs with trials, mean probability "
            f"{float(self.graph.arc_values().mean()) if self.graph.n_arcs else 0.0:.3g}>"
        )
