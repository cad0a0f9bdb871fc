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
from ..posterior import MAX_ARCS, MAX_SAMPLED, sample_posterior
from ..prior import Beta, fit_prior, posterior_interval, posterior_mean

__all__ = ["em"]

_PARTS = 64  # parts of each sum: a fixed number, so that sums do not depend on the number of threads
_UNBOUNDED = 30  # iterations without a prior, before the prior is fitted


def em(evidence: Evidence, settings: Settings) -> Estimate:
    """Estimate the probabilities under which the log is most likely, if each active parent tries once.

    With ``prior="empirical"`` the beta prior is fitted first; then it is fixed, so the log-likelihood never falls.
    """
    state = _State(evidence)
    notes = []
    prior = (0.0, 0.0) if settings.prior is None else settings.prior
    if prior == "empirical":
        for _ in range(_UNBOUNDED):
            state.step((0.0, 0.0))
        prior = fit_prior(*state.effective_counts())
    assert not isinstance(prior, str)
    posterior = None
    small = 0 < evidence.n_pairs <= MAX_SAMPLED and evidence.arcs.size <= MAX_ARCS
    if small and settings.intervals and prior != (0.0, 0.0):
        posterior = sample_posterior(evidence, state.p, prior, settings)
        prior = posterior.prior
    values = [state.objective(prior)]
    for _ in range(settings.max_iterations):
        state.step(prior)
        values.append(state.objective(prior))
        if len(values) > 2 and values[-1] - values[-2] <= settings.tolerance * abs(values[-1]):
            break
    else:
        notes.append(f"em stopped after {settings.max_iterations} iterations before it converged")
    interval = None
    if settings.intervals:
        counts = state.effective_counts()
        interval = posterior_interval(*counts, prior, settings.confidence, evidence.threads)
        if posterior is not None:
            for ends, drawn in zip(interval, posterior.interval(settings.confidence), strict=True):
                ends[evidence.arcs] = drawn
        elif evidence.n_pairs:
            notes.append(
                "the intervals treat the parents of an action as independent, so some are too short; they are sampled "
                f"if there is a prior, and the log has at most {MAX_SAMPLED:,} pairs on {MAX_ARCS:,} arcs"
            )
    return Estimate(evidence.spread(state.shares), state.trials, prior, interval, values, notes)


class _State:
    """The probabilities, and the sums over pairs of one iteration.

    Arrays by slot belong to the arcs with pairs. The other arcs have failures only, so that an iteration does not
    change their probabilities.
    """

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        trials = evidence.n_trials
        self.trials = trials.astype(np.float64)
        self.action = evidence.actions_by_slot()
        ptr = evidence.slot_ptr
        self.slot_trials, self.n_pairs = self.trials[evidence.arcs], np.diff(ptr).astype(np.float64)
        trials[evidence.arcs] = 0
        n_arcs_with = np.bincount(trials)
        self.n_failed = np.flatnonzero(n_arcs_with[1:]) + 1  # numbers of trials of arcs without pairs
        self.n_arcs_failed = n_arcs_with[self.n_failed]
        n_parents = np.diff(evidence.ptr)
        # begin with equal credit for all parents of an action
        self.shares = evidence.sum(np.repeat(1.0 / np.maximum(n_parents, 1), n_parents))
        self.reached = np.ones(n_parents.size)
        self.p = np.zeros(self.shares.size)
        self.prior = (0.0, 0.0)
        self.log_reached = 0.0
        self.step(self.prior)

    def step(self, prior: Beta) -> None:
        """Make one iteration: maximize the expected log-likelihood, then share the successes among the parents."""
        from ...kernels.actions import maximize, reach, sum_shares

        q, p, self.prior = self.evidence, self.p, prior
        ptr = q.slot_ptr
        slots = parallel.even_parts(ptr, 4 * q.threads)
        parallel.run([partial(maximize, a, b, self.shares, self.slot_trials, prior, p) for a, b in slots], q.threads)
        parts = parallel.even_parts(q.ptr, _PARTS)
        sums = parallel.run([partial(reach, a, b, q.ptr, q.slot, p, self.reached) for a, b in parts], q.threads)
        self.log_reached = float(sum(sums))
        parallel.run(
            [partial(sum_shares, a, b, ptr, self.action, p, self.reached, self.shares) for a, b in slots], q.threads
        )

    def objective(self, prior: Beta) -> float:
        """Return the log-likelihood, with the prior, of the current probabilities."""
        from ...kernels.actions import log_failed

        q = self.evidence
        arrays = self.slot_trials, self.n_pairs, prior, self.p
        parts = parallel.even_parts(q.slot_ptr, _PARTS)
        sums = parallel.run([partial(log_failed, a, b, *arrays) for a, b in parts], q.threads)
        return float(self.log_reached + sum(sums) + self._without_pairs(prior))

    def effective_counts(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return successes and trials of a binomial whose log-likelihood has the same first two derivatives at p.

        A success that other parents may have caused says less than one for which there is one parent only.
        """
        from ...kernels.actions import effective_counts

        q = self.evidence
        successes, trials = np.empty((2, self.p.size))
        arrays = q.slot_ptr, self.action, self.p, self.reached, self.slot_trials, successes, trials
        parts = parallel.even_parts(q.slot_ptr, 4 * q.threads)
        parallel.run([partial(effective_counts, a, b, *arrays) for a, b in parts], q.threads)
        every = self.trials.copy()
        every[q.arcs] = trials
        return q.spread(successes), every

    def _without_pairs(self, prior: Beta) -> float:
        """Return the part of the arcs without pairs in the objective."""
        a, b = prior
        p = posterior_mean(np.zeros(self.n_failed.size), self.n_failed.astype(np.float64), self.prior)
        with np.errstate(divide="ignore"):
            each = (self.n_failed + b) * np.log1p(-p) + (a * np.log(p) if a > 0.0 else 0.0)
        return float(self.n_arcs_failed @ each)
