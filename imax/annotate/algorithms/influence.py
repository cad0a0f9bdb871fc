"""IDEAL: select the items with the largest influence on the others, by RR sets or by the paper's simulations.

Zhang, Xia, Wang, Chen, Liu, Wu and Liu, "IDEAL: Influence-Driven Selective Annotations Empower In-Context Learners in
Large Language Models", ICLR 2024.
"""

from typing import Any

from ...selection import maximize
from ..problem import CertifiedInfluence, Outcome, Problem

__all__ = ["EPSILON", "EPSILON_OF_MANY", "MANY", "SIMULATIONS", "ideal", "simulated"]

EPSILON = 0.025  # chosen by measurement: see docs/explanation/annotate-study
MANY = 10_000  # items beyond which the default precision is coarser, because the time grows with 1 / epsilon**2
EPSILON_OF_MANY = 0.1
SIMULATIONS = 10  # cascades for each influence in the paper's program


def ideal(problem: Problem) -> Outcome:
    """Select by `imax.maximize`, which certifies the influence of what it selects."""
    given = problem.work.given("threads", "epsilon", "delta", "max_memory", "time_limit", "progress", "client")
    work = {"epsilon": EPSILON if problem.graph.n_nodes <= MANY else EPSILON_OF_MANY, **given}
    found = maximize(problem.graph, problem.budget, model=problem.model, rng=problem.key, **problem.constraints, **work)
    return Outcome(
        _rows(problem, found.seeds),
        found.gains,
        found.stop_reason,
        CertifiedInfluence.of(found),
        auto=f"{found.algorithm}: {found.auto}",
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
