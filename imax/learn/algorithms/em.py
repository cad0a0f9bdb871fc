"""Expectation maximization for the independent cascade model.

Saito, Nakano, Kimura, "Prediction of Information Diffusion Probabilities for Independent Cascade Model", KES 2008, in
the form for asynchronous times.
"""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..._utils import parallel
from ..estimate import Estimate, Settings
from ..evidence import Evidence
from ..posterior import MAX_SAMPLED, sample_posterior
from ..prior import Beta, fit_prior, posterior_interval, posterior_mean

__all__ = ["em"]

_UNBOUNDED = 30  # iterations without a prior, before the prior is fitted


def em(evidence: Evidence, settings: Settings) -> Estimate:
    """Estimate the probabilities under which the log is most likely, if each active parent tries once.

    With ``prior="empirical"`` the beta prior is fitted first; then it is fixed, so the log-likelihood never falls.
    """
    state = _State(evidence)
    notes = []
    intervals = None
    prior = (0.0, 0.0) if settings.prior is None else settings.prior
    if prior == "empirical":
        for _ in range(_UNBOUNDED):
            state.step((0.0, 0.0))
        prior = fit_prior(*state.effective_counts())
    assert not isinstance(prior, str)
    small = evidence.n_pairs + evidence.graph.n_arcs <= MAX_SAMPLED
    if small and prior != (0.0, 0.0):
        posterior = sample_posterior(evidence, state.p, prior, settings)
        prior, intervals = posterior.prior, posterior.interval(settings.confidence)
    values = [state.objective(prior)]
    for _ in range(settings.max_iterations):
        state.step(prior)
        values.append(state.objective(prior))
        if len(values) > 2 and values[-1] - values[-2] <= settings.tolerance * abs(values[-1]):
            break
    else:
        notes.append(f"em stopped after {settings.max_iterations} iterations before it converged")
    if intervals is None:
        counts = state.effective_counts()
        intervals = posterior_interval(*counts, prior, settings.confidence)
        notes.append(
            "the intervals treat the parents of an action as independent, so some are too short; they are sampled if "
            f"the graph has at most {MAX_SAMPLED:,} arcs and pairs"
        )
    return Estimate(state.shares, state.trials, prior, intervals, values, notes)


class _State:
    """The probabilities, and the sums over pairs of one iteration."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.trials = evidence.n_trials.astype(np.float64)
        self.failures = self.trials - evidence.n_pairs_of
        n_parents = np.diff(evidence.ptr)
        # begin with equal credit for all parents of an action
        credit = evidence.sum(np.repeat(1.0 / np.maximum(n_parents, 1), n_parents))
        self.shares = credit
        self.slope, self.curvature = np.empty((2, credit.size))
        self.reached = np.ones(n_parents.size)
        self.p = np.zeros(credit.size)
        self._maximize((0.0, 0.0))
        self.log_reached = self._expect()

    def step(self, prior: Beta) -> None:
        """Make one iteration."""
        self._maximize(prior)
        self.log_reached = self._expect()

    def objective(self, prior: Beta) -> float:
        """Return the log-likelihood, with the prior, of the current probabilities."""
        a, b = prior
        tried = self.trials > 0
        p, failures = self.p[tried], self.failures[tried] + b
        with np.errstate(divide="ignore"):
            fail = failures[failures > 0] @ np.log1p(-p[failures > 0])
            return float(self.log_reached + fail + (a * np.log(p).sum() if a > 0.0 else 0.0))

    def effective_counts(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return successes and trials of a binomial whose log-likelihood has the same first two derivatives at p.

        A success that other parents may have caused says less than one for which there is one parent only.
        """
        p = self.p
        less = (self.slope - p * self.curvature) * (1.0 - p) ** 2
        failures = np.maximum(self.failures - less, 0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            successes = np.where(p < 1.0, p * (self.slope - less / (1.0 - p)), self.evidence.n_pairs_of)
        successes = np.clip(successes, 0.0, self.evidence.n_pairs_of)
        return successes, successes + failures

    def _maximize(self, prior: Beta) -> None:
        self.p = np.where(self.trials > 0, posterior_mean(self.shares, self.trials, prior), 0.0)

    def _expect(self) -> float:
        """Share the success of each action among its parents, and return the sum of the logs of their chance."""
        from ...kernels.actions import reach, sum_shares

        q, threads = self.evidence, self.evidence.threads
        parts = parallel.even_parts(q.ptr, 64)  # a fixed number, so that the sum does not depend on the threads
        sums = parallel.run([partial(reach, a, b, q.ptr, q.arc, self.p, self.reached) for a, b in parts], threads)
        ptr, action, _ = q.by_arc
        shares = [
            partial(sum_shares, a, b, ptr, action, self.p, self.reached, self.shares, self.slope, self.curvature)
            for a, b in parallel.even_parts(ptr, threads)
        ]
        parallel.run(shares, threads)
        return float(sum(sums))
