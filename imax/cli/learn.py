"""``imax learn``: probabilities of arcs from a log, and whether they predict."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .._utils import check
from ..errors import InvalidArgumentError
from . import options as opt
from ._algorithms import AlgorithmName, OptionOf
from .arguments import reject_options, reject_two_stdin
from .context import Context, command
from .errors import OutputError, WrongUsage, named
from .learn_output import as_report
from .output import check_report, check_writable

if TYPE_CHECKING:
    from ..learn import Evaluation, LearnedModel

__all__ = ["learn_probabilities"]

_OF_ACTIONS = (
    "user",
    "item",
    "time",
    "estimator",
    "window",
    "decay",
    "no_evidence",
    "holdout",
    "holdout_by",
    "evaluate_on",
)
_OF_TRIALS = ("success", "n_trials", "n_successes")
_READING = ("probability", "directed", "on_bad_line", "header")


@command(
    "learn",
    "Learn arc probabilities from a log.",
    examples=(
        "imax learn --actions log.csv --holdout 0.2 -o learned.imax friends.txt.gz",
        "imax learn --actions log.csv --user who --item what --time at --window 30d -o g.imax friends.csv",
        "imax learn --actions january.csv --evaluate-on february.csv friends.txt.gz",
        "imax learn --trials invites.csv --success accepted -o learned.imax",
        "imax seed --k 20 --robust learned.imax",
        "imax seed --k 20 --deadline 7d learned.imax",
    ),
)
@opt.optional_graph_options
@click.option(
    "--actions",
    metavar="FILE",
    help="Log of who acted on which item, and when: CSV with a header, JSON lines, Parquet or Feather.",
)
@opt.column_option("--user", "Column of --actions with the users", "user")
@opt.column_option("--item", "Column of --actions with the items", "item")
@opt.column_option("--time", "Column of --actions with the times, numbers or dates", "time")
@click.option(
    "--trials",
    metavar="FILE",
    help="Log of trials such as invitations; --source and --target name its columns. The pairs are the arcs; there is "
    "no GRAPH.",
)
@opt.column_option("--success", "Column of --trials with 0 or 1", "success")
@opt.column_option("--n-trials", "Column of --trials with numbers of trials, instead of --success", "none")
@opt.column_option("--n-successes", "Column of --trials with numbers of successes", "none")
@click.option(
    "--estimator",
    cls=OptionOf,
    family="learn",
    type=AlgorithmName("learn"),
    metavar="NAME",
    help="How to learn from --actions: {names}.  [default: {default}]",
)
@click.option("--window", metavar="TIME", help="Longest delay of a success, such as 30d or 12h.  [default: any]")
@click.option("--decay", is_flag=True, help="Let credit fall with the delay (partial-credits and lt-weights).")
@click.option(
    "--prior",
    metavar="A,B",
    default="empirical",
    help="Successes and failures that are added to each arc, or none, or empirical: fitted to all arcs.  "
    "[default: empirical]",
)
@opt.choice(
    "--no-evidence",
    values=["prior", "zero"],
    help="Probability of arcs without trials: the mean of the prior, or 0.  [default: prior]",
)
@opt.number(
    "--holdout", metavar="SHARE", help="Keep this share of the items out of learning, and evaluate the model on them."
)
@opt.choice(
    "--holdout-by",
    values=["item", "time"],
    help="Which items to keep out: random ones, or the latest.  [default: item]",
)
@click.option(
    "--evaluate-on",
    metavar="FILE",
    help="Evaluate the model on this log, which has the columns of --actions, instead of on a share of --actions.",
)
@opt.choice(
    "--on-missing",
    values=["error", "drop"],
    default="error",
    help="Rows of the log with an empty cell: stop with an error, or drop them.",
)
@click.option("-o", "--output", "out", metavar="FILE", help="File for the learned graph; its name must end in .imax.")
@opt.choice("--format", "form", values=["table", "json"], default="table", help="Format of the report.")
@opt.report_option
@opt.common_options
def learn_probabilities(
    context: Context,
    actions: str | None,
    trials: str | None,
    out: str | None,
    prior: str,
    report_file: str | None,
    **options: Any,
) -> int:
    """Learn the probability of each arc of GRAPH from a log of actions, or of each pair of a log of trials.

    The report says what the log holds and what was dropped. With --holdout or --evaluate-on, it also says how well the
    probabilities predict actions that they were not learned from, compared with simple models. The learned graph keeps
    an interval for each probability, which imax seed --robust uses, and the mean delay of each arc, which imax seed
    --deadline uses. GRAPH is a file, - for standard input, or the name of a graph: see imax seed --help.
    """
    if (actions is None) == (trials is None):
        raise WrongUsage("give one of --actions and --trials")
    if out is not None and Path(out).suffix.lower() != ".imax":
        raise WrongUsage(f"--output must end in .imax, got {out!r}; imax convert writes other formats")
    if actions is not None and not context.source:
        raise WrongUsage("Missing argument 'GRAPH': --actions needs the graph of who can influence whom")
    reject_two_stdin(
        **{"GRAPH": context.source, "--actions": actions, "--trials": trials, "--evaluate-on": options["evaluate_on"]}
    )
    check_report(report_file)
    if out is not None:
        check_writable(out)
    options["prior"] = _prior(prior)
    evaluation = None
    if actions is not None:
        reject_options(options, _OF_TRIALS, "--actions")
        if options["evaluate_on"] is not None:
            reject_options(options, ("holdout", "holdout_by"), "--evaluate-on")
        model, evaluation = _from_actions(context, actions, options)
    else:
        assert trials is not None
        reject_options(options, _OF_ACTIONS, "--trials")
        model = _from_trials(context, trials, options)
    context.status.clear()
    for note in [*model.notes, *([] if evaluation is None else evaluation.notes)]:
        context.note(note)
    if out is not None:
        _write(model, out)
    context.write_report(report_file, model, evaluation)
    return context.finish(as_report(context, model, evaluation))


def _from_actions(context: Context, actions: str, options: dict[str, Any]) -> "tuple[LearnedModel, Evaluation | None]":
    graph = context.open_graph()
    from ..learn import Actions, evaluate, from_actions, split

    context.status.show(f"reading {actions}")
    columns = {name: options[name] if options[name] is not None else name for name in ("user", "item", "time")}
    reading: dict[str, Any] = {"on_missing": context.on_missing or "error", **columns}
    log = held_out = Actions.of(actions, **reading)
    if options["evaluate_on"] is not None:
        context.status.show(f"reading {options['evaluate_on']}")
        with named(actions="--evaluate-on"):
            held_out = Actions.of(options["evaluate_on"], **reading)
    elif options["holdout"] is not None:
        log, held_out = split(log, by=options["holdout_by"] or "item", share=options["holdout"], rng=context.rng)
    context.status.show("learning")
    chosen = {name: options[name] for name in ("estimator", "window", "no_evidence") if options[name] is not None}
    if options["decay"]:
        chosen["decay"] = True
    model = from_actions(graph, log, prior=options["prior"], **chosen, **context.work)
    if held_out is log:
        return model, None
    context.status.show("evaluating")
    source = "--evaluate-on" if options["evaluate_on"] is not None else "--holdout"
    with named(held_out=source, actions=source):
        return model, evaluate(model, held_out, **context.work)


def _from_trials(context: Context, trials: str, options: dict[str, Any]) -> "LearnedModel":
    if context.source:
        raise WrongUsage("--trials has no GRAPH: the pairs of the log are the arcs")
    given = [name for name in _READING if context.reading[name] is not None]
    if given:
        raise WrongUsage(f"--{given[0].replace('_', '-')} is for GRAPH, which --trials does not have")
    from ..learn import from_trials

    context.status.show(f"reading {trials}")
    ends: dict[str, Any] = {
        name: context.reading[name] if context.reading[name] is not None else name for name in ("source", "target")
    }
    chosen: dict[str, Any] = {name: options[name] for name in _OF_TRIALS if options[name] is not None}
    return from_trials(trials, on_missing=context.on_missing or "error", prior=options["prior"], **ends, **chosen)


def _prior(text: str) -> "tuple[float, float] | str | None":
    if text in ("empirical", "none"):
        return None if text == "none" else text
    try:
        a, b = (check.positive(float(part), "prior") for part in text.split(","))
    except (ValueError, InvalidArgumentError):
        raise WrongUsage(f"--prior must be empirical, none or two numbers A,B above 0, got {text!r}") from None
    return a, b


def _write(model: "LearnedModel", path: str) -> None:
    from ..io import write_graph

    try:
        write_graph(model.graph, path)
    except InvalidArgumentError as error:
        raise OutputError(str(error)) from None
