"""Results in sentences."""

from typing import TYPE_CHECKING, Any

from .._utils.durations import time_text

if TYPE_CHECKING:
    from ..graph.influence_graph import InfluenceGraph
    from ..results import SelectionResult

__all__ = [
    "assumptions", "certificate", "count", "expected", "failure", "gain_unit", "model_name", "row_names", "until",
]  # fmt: skip

_MODELS = {"ic": "independent cascade", "lt": "linear threshold"}
_NOT_MEASURED = ("weighted_cascade", "uniform", "trivalency", "exponential", "weibull", "lt_uniform")


def count(n: int, noun: str) -> str:
    """Return a number and a noun.

    >>> count(1, "node"), count(1200, "node")
    ('1 node', '1,200 nodes')
    """
    return f"{n:,} {noun}" + ("" if n == 1 else "s")


def model_name(model: str) -> str:
    """Return the name of a diffusion model."""
    return _MODELS.get(model, model)


def until(result: Any) -> str:
    """Return until when a node counts, as the end of a sentence; empty without a limit."""
    if result.max_steps is not None:
        return f" within {count(result.max_steps, 'step')}"
    if result.deadline is not None:
        return f" until time {time_text(result.deadline, result.delay)}"
    return ""


def expected(result: "SelectionResult", graph: "InfluenceGraph", *, weighted: bool) -> str:
    """Return what the seeds are expected to reach; empty without an estimate."""
    if result.spread is None:
        return ""
    more = " more" if result.n_start else ""
    if weighted:
        return f"a total weight of {result.spread:,.1f}{more}{until(result)}"
    share = "" if result.n_start else f" of {graph.n_nodes:,} nodes ({result.spread / graph.n_nodes:.1%})"
    return f"{result.spread:,.1f}{more}{share or ' nodes'}{until(result)}"


def gain_unit(algorithm: str) -> str:
    """Return the unit of the gains of an annotation algorithm: only some of them maximize influence."""
    return "influence, items" if algorithm in ("ideal", "simulated") else f"objective of {algorithm}"


def failure(delta: float) -> str:
    """Return a probability of failure in words.

    >>> failure(0.01), failure(0.3)
    ('1 in 100', '0.3')
    """
    return f"1 in {1 / delta:,.0f}" if 0 < delta <= 0.1 else f"{delta:.2g}"


def certificate(result: "SelectionResult", best: str) -> list[str]:
    """Return the certificate in sentences; `best` names what the seeds are compared with."""
    if result.interval is None or result.spread is None or result.lower_bound is None:
        return ["These seeds have no certificate: their spread was not estimated."]
    low, high = result.interval
    said = [
        f"The spread is estimated from random samples that the choice did not use. Its 95 % interval is {low:,.1f} to "
        f"{high:,.1f}."
    ]
    fails = f"This statement is wrong with a probability of at most {failure(result.delta)}."
    if result.upper_bound is None or result.ratio is None:
        return [*said, f"It is certified to be at least {result.lower_bound:,.1f}. {fails}"]
    said.append(
        f"The spread is at least {result.lower_bound:,.1f}, and {best} can reach more than {result.upper_bound:,.1f}. "
        f"So the chosen seeds reach at least {result.ratio:.1%} of the best possible. {fails} "
        "The upper bound is cautious, so the true share is often larger."
    )
    if result.stop_reason in ("time limit", "memory limit", "interrupted"):
        said.append(f"The search ended early ({result.stop_reason}); a longer search may find better seeds.")
    return said


def assumptions(graph: "InfluenceGraph", model: str) -> str:
    """Return what all numbers of a report rest on."""
    spec = graph.probability.spec
    assumed = spec.partition(":")[0] in _NOT_MEASURED
    origin = (
        f"The probabilities come from the rule {spec}; they are an assumption and were not measured."
        if assumed
        else "The probabilities come from the given data."
        if spec == "column"
        else f"The probabilities come from the given data ({spec})."
    )
    return (
        f"All numbers hold for this graph under the {model_name(model)} model. {origin} A certificate says nothing "
        "about errors of the graph, of the probabilities or of the model."
    )


def row_names(comparison: Any) -> list[str]:
    """Return a name for each row of a comparison: the algorithm, k if there are several, and a mark if incomplete."""
    several = len({getattr(row, "k", None) for row in comparison.rows}) > 1
    names = [f"{row.algorithm}, k = {row.k}" if several else row.algorithm for row in comparison.rows]
    return [name if row.complete else f"{name} (incomplete)" for name, row in zip(names, comparison.rows, strict=True)]
