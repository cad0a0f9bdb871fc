"""How ``imax learn`` prints a model and its evaluation."""

from typing import TYPE_CHECKING, Any

from .context import Context
from .facts import Fact
from .output import as_facts, as_json, as_table

if TYPE_CHECKING:
    from ..learn import Evaluation, LearnedModel

__all__ = ["as_report"]


def as_report(context: Context, model: "LearnedModel", evaluation: "Evaluation | None") -> str:
    """Return the model and its evaluation as text in the format of ``--format``."""
    if context.form == "json":
        return as_json(_record(context, model, evaluation))
    text = as_facts(_facts(model))
    return text if evaluation is None else f"{text}\n{_scores(model, evaluation)}"


def _summary(model: "LearnedModel") -> dict[str, Any]:
    p, known = model.probability, model.trials > 0
    return {
        "estimator": model.estimator,
        "nodes": model.graph.n_nodes,
        "arcs": model.graph.n_arcs,
        "arcs_with_trials": int(known.sum()),
        "mean_trials": float(model.trials.mean()) if p.size else 0.0,
        "mean_probability": float(p.mean()) if p.size else 0.0,
        "uniform": model.uniform,
        "prior": list(model.prior),
        "confidence": model.confidence,
        "mean_interval_width": _mean_width(model),
        "window": model.window,
        "delays": _delays(model),
    }


def _delays(model: "LearnedModel") -> dict[str, Any] | None:
    delays = model.graph.delays
    if delays is None:
        return None
    return {"mean": delays.overall, "unit": delays.unit, "arcs_observed": delays.n_observed}


def _mean_width(model: "LearnedModel") -> float:
    assert model.lower is not None
    assert model.upper is not None
    return float((model.upper - model.lower).mean()) if model.lower.size else 0.0


def _record(context: Context, model: "LearnedModel", evaluation: "Evaluation | None") -> dict[str, Any]:
    return _summary(model) | {
        "counts": model.counts,
        "log_likelihood": model.log_likelihood,
        "evaluation": None if evaluation is None else evaluation.to_dict(),
        "notes": model.notes,
        "random_seed": context.rng,
        "source": context.source,
        "seconds": model.seconds,
    }


def _facts(model: "LearnedModel") -> list[Fact]:
    found, counts = _summary(model), model.counts
    if model.estimator == "trials":
        log = f"{counts['trials']:,} trials, {counts['successes']:,} successes, {counts['pairs']:,} pairs"
    else:
        log = f"{counts['used']:,} of {counts['actions']:,} actions used, {counts['pairs']:,} after an in-neighbor"
    a, b = model.prior
    return [
        ("Log", log),
        ("Estimator", model.estimator),
        (
            "Arcs",
            f"{found['arcs']:,}, of which {found['arcs_with_trials']:,} have trials ({found['mean_trials']:.2f} each)",
        ),
        ("Probability", f"mean {found['mean_probability']:.4g}; one for all arcs: {found['uniform']:.4g}"),
        *([] if model.graph.delays is None else [("Delays", str(model.graph.delays))]),
        ("Intervals", f"{model.confidence:.0%}, mean width {found['mean_interval_width']:.3g}"),
        ("Prior", f"{a:.3g} successes, {b:.3g} failures" if a + b else "none"),
    ]


def _scores(model: "LearnedModel", evaluation: "Evaluation") -> str:
    rows = []
    for row in evaluation.rows:
        low, high = row.auc_interval
        auc = (f"{row.auc:.3f}", f"{low:.3f} to {high:.3f}")
        rows.append((row.model, *auc, f"{row.log_loss:.4f}", f"{row.spread_rmse:,.1f}"))
    table = as_table(
        ("model", "AUC", "95 % interval", "log-loss", "spread RMSE"), rows, (False, True, True, True, True)
    )
    better = [name for name, (_, low, _) in evaluation.advantage.items() if low > 0.0]
    if len(better) == len(evaluation.advantage):
        verdict = f"{model.estimator} predicts better than all simple models"
    elif better:
        verdict = f"{model.estimator} predicts better than {', '.join(better)}; not surely better than the others"
    else:
        verdict = (
            f"{model.estimator} is not surely better than any simple model: prefer the simple one, or collect more"
        )
    held = f"{evaluation.n_items:,} items, {evaluation.n_exposures:,} exposed users, {evaluation.n_acted:,} acted"
    return f"{as_facts([('Held out', held)])}\n{table}\n{as_facts([('By AUC', verdict)])}"
