"""IDEAL: select the items with the largest influence on the others, by RR sets or by the paper's simulations.

Zhang, Xia, Wang, Chen, Liu, Wu and Liu, "IDEAL: Influence-Driven Selective Annotations Empower In-Context Learners in
Large Language Models", ICLR 2024.
"""

from typing import Any

from ...selection import maximize
from ..problem import CertifiedInfluence, Outcome, Problem

__all__ = ["EPSILON", "SIMULATIONS", "default_epsilon", "ideal", "simulated"]

EPSILON = 0.025  # these numbers are chosen by measurement: see docs/explanation/annotate-study
COARSEST = 0.1
WORK = 2e7  # the time grows with n_items * budget**0.25: up to this product, EPSILON takes at most about 20 seconds
SIMULATIONS = 10  # cascades for each influence in the paper's program


def default_epsilon(n_items: int, budget: int) -> float:
    """Return the default of epsilon, which keeps the time of very large selections bounded.

    >>> default_epsilon(1_000_000, 1000), default_epsilon(10_000_000, 10_000)
    (0.025, 0.056)
    """
    epsilon = EPSILON * max(1.0, n_items * budget**0.25 / WORK) ** 0.5
    return min(float(f"{epsilon:.2g}"), COARSEST)


def ideal(problem: Problem) -> Outcome:
    """Select by `imax.maximize`, which certifies the influence of what it selects."""
    given = problem.work.given("threads", "epsilon", "delta", "max_memory", "time_limit", "progress", "client")
    epsilon = default_epsilon(problem.graph.n_nodes, problem.budget)
    work = {"epsilon": epsilon, **given}
    notes: tuple[str, ...] = ()
    if "epsilon" not in given and epsilon > EPSILON:
        notes = (
            f"epsilon: {epsilon:g} is the default for {problem.budget:,} of {problem.graph.n_nodes:,} items; a smaller "
            "value takes longer and selects items with more influence",
        )
    found = maximize(problem.graph, problem.budget, model=problem.model, rng=problem.key, **problem.constraints, **work)
    return Outcome(
        _rows(problem, found.seeds),
        found.gains,
        found.stop_reason,
        CertifiedInfluence.of(found),
        notes=notes,
        auto=f"{found.algorithm}: {found.auto}",
        epsilon=work["epsilon"],
    )


def simulated(problem: Problem) -> Outcome:
    """Select greedily, where each influence is the mean of a few simulated cascades, as in the paper's program."""
    found = maximize(
        problem.graph, problem.budget, model=problem.model, algorithm="celf", oracle="simulation",
        n_simulations=SIMULATIONS, rng=problem.key, **problem.constraints,
        **problem.work.given("threads", "time_limit", "client"),
    )  # fmt: skip
    return Outcome(_rows(problem, found.seeds), found.gains, found.stop_reason)


def _rows(problem: Problem, items: list[Any]) -> list[int]:
    """Return the rows of items that are given by label."""
    return [int(row) for row in problem.graph.labels.find(items, "seeds").tolist()]
