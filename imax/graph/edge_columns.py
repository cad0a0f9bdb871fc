"""Which columns of a table hold the ends and the weights of arcs: named by the caller, or guessed from clear names."""

import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

from ..errors import InvalidArgumentError

__all__ = [
    "ANY_COLUMNS", "COLUMNS", "ColumnChoice", "EdgeColumns", "choose_columns", "choose_weight", "ends_of_names",
    "list_columns", "undirected_doubt",
]  # fmt: skip

ColumnName: TypeAlias = "int | str | None"

# Words for the two ends. The first word of a pair is for the node that influences, the second for the influenced node.
_PAIRS = (
    (("source", "src"), ("target", "dst", "dest", "destination")),
    (("from",), ("to",)),
    (("tail",), ("head",)),
    (("sender",), ("receiver", "recipient")),
    (("inviter", "invitedby"), ("invitee", "invited")),
    (("referrer", "referer", "referredby"), ("referee", "referred")),
    (("caller",), ("callee",)),
    (("followed", "followee", "following"), ("follower",)),
    (("influencer",), ("influenced",)),
    (("parent",), ("child",)),
    (("who",), ("whom",)),
    (("user",), ("friend",)),
    (("u",), ("v",)),
)
# Parts of names that say what kind of label a column holds; both ends must have the same.
_AFFIXES = (
    "", "id", "ids", "uid", "uuid", "guid", "key", "name", "label", "handle", "email", "mail", "emailaddress",
    "address", "username", "user", "userid", "node", "nodeid", "account", "accountid", "person", "personid", "member",
    "memberid", "customer", "customerid", "phone", "number", "ip",
)  # fmt: skip
# Names of which two columns differ only in a last number or letter: node1 and node2, user_a and user_b.
_NUMBERED = (
    "node", "user", "person", "vertex", "id", "author", "actor", "member", "friend", "character", "player", "agent",
    "entity", "account", "email", "name", "protein", "gene", "company", "country", "word", "customer", "student",
    "employee",
)  # fmt: skip
_WEIGHTS = (
    "weight", "weights", "w", "probability", "prob", "p", "strength", "tiestrength", "influence",
    "influenceprobability", "acceptanceprobability", "edgeweight",
)  # fmt: skip
_STEM = re.compile(rf"({'|'.join(_NUMBERED)})(id)?([12ab])(id)?")
_OTHER = {"1": "2", "a": "b"}
_SHOWN = 12  # columns in a message
_MANY = 100  # more columns with clear names are not compared


class EdgeColumns(NamedTuple):
    """The columns that a caller names: names, positions from 0, or None."""

    source: ColumnName = None
    target: ColumnName = None
    weight: ColumnName = None

    @property
    def given(self) -> bool:
        """Whether the caller names a column."""
        return any(column is not None for column in self)


ANY_COLUMNS = EdgeColumns()
COLUMNS = EdgeColumns._fields  # arguments that messages mark


class ColumnChoice(NamedTuple):
    """Positions of the columns, and what the user should know about the choice.

    Attributes
    ----------
    source, target : int
    weight : int or None
    notes, doubts : tuple of str
        Decisions; those in `doubts` may be wrong.
    """

    source: int
    target: int
    weight: int | None
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def choose_columns(names: Sequence[Any], given: EdgeColumns, *, wants_weight: bool, table: str) -> ColumnChoice:
    """Return the columns with the ends and the weights of arcs.

    Parameters
    ----------
    names : sequence
        The names of all columns.
    given : EdgeColumns
        What the caller names.
    wants_weight : bool
        Whether the weights are needed.
    table : str
        What has these columns, for messages.

    Raises
    ------
    InvalidArgumentError
        If a column does not exist, or no names are clear enough for a guess. The message lists the columns.

    Examples
    --------
    >>> choose_columns(["id", "inviter_email", "invitee_email"], EdgeColumns(), wants_weight=False, table="x.csv")[:3]
    (1, 2, None)
    """
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    if given.source is None and given.target is None:
        source, target, reverse = _guess_ends(names, table)
        chosen = f"the columns {names[source]!r} (source) and {names[target]!r} (target) of {table} hold the arcs"
        if reverse:
            doubts = (
                f"{chosen}: followers are influenced by those whom they follow; exchange the two if this is wrong",
            )
        elif len(names) > 2:
            notes = (chosen,)
    elif given.source is None or given.target is None:
        missing = "source" if given.source is None else "target"
        raise InvalidArgumentError(
            f"{missing} must be given together with the column of the other end; {list_columns(names, table)}",
            argument=missing,
            others=COLUMNS,
        )
    else:
        source = _place(names, given.source, "source", table)
        target = _place(names, given.target, "target", table)
    if source == target:
        raise InvalidArgumentError(
            f"target must be another column than {{source}}, got {names[target]!r} for both; "
            f"{list_columns(names, table)}",
            argument="target",
            others=COLUMNS,
        )
    weight = None
    if given.weight is not None:
        weight = _place(names, given.weight, "weight", table)
    elif wants_weight:
        weight = choose_weight(names, (source, target), table)
    else:
        notes += _unread_weight(names, (source, target), table)
    return ColumnChoice(source, target, weight, notes, doubts)


def choose_weight(names: Sequence[Any], ends: tuple[int, ...], table: str) -> int:
    """Return the position of the column, or attribute, with the weights: the one with a clear name, or the only one."""
    others = [place for place in range(len(names)) if place not in ends]
    clear = [place for place in others if _joined(names[place]) in _WEIGHTS]
    found = clear or (others if len(others) == 1 else [])
    if len(found) != 1:
        why = "several names are clear" if clear else "no name is clear"
        raise InvalidArgumentError(
            f"weight must name the column with the weights, because {why}; {list_columns(names, table)}",
            argument="weight",
            others=COLUMNS,
        )
    return found[0]


def _unread_weight(names: Sequence[Any], ends: tuple[int, ...], table: str) -> tuple[str, ...]:
    """Return a note if a column seems to contain weights that the caller does not use."""
    clear = [name for place, name in enumerate(names) if place not in ends and _joined(name) in _WEIGHTS]
    if len(clear) != 1:
        return ()
    return (f"the column {clear[0]!r} of {table} is not used; name it as the weight to read probabilities from it",)


def ends_of_names(names: Sequence[Any]) -> list[tuple[int, int, bool]]:
    """Return the pairs of columns whose names clearly say source and target, and whether the order is reversed.

    >>> ends_of_names(["follower", "followed"]), ends_of_names(["to_id", "from_id"]), ends_of_names(["a", "b"])
    ([(1, 0, True)], [(1, 0, False)], [])
    """
    joined = [_joined(name) for name in names]
    exact: list[tuple[int, int, bool]] = []
    loose: list[tuple[int, int, bool]] = []
    for sources, targets in _PAIRS:
        seconds = _with_kinds(joined, targets)
        for i, first in _with_kinds(joined, sources):
            for j, second in seconds:
                kinds = first & second
                if i != j and kinds:
                    (exact if "" in kinds else loose).append((i, j, "follower" in targets))
    places: dict[str, list[int]] = {}
    for i, name in enumerate(joined):
        places.setdefault(name, []).append(i)
    for name, found in places.items():
        match = _STEM.fullmatch(name)
        if match and match[3] in _OTHER:
            others = places.get(f"{match[1]}{match[2] or ''}{_OTHER[match[3]]}{match[4] or ''}", [])
            loose += [(i, j, False) for i in found[:_MANY] for j in others[:_MANY]]
    return exact or loose


def _with_kinds(names: Sequence[str], words: tuple[str, ...]) -> list[tuple[int, set[str]]]:
    """Return the places and kinds of the names that contain one of the words; many of them are not clear anyway."""
    found = ((i, _kinds(name, words)) for i, name in enumerate(names))
    return list(islice(((i, kinds) for i, kinds in found if kinds), _MANY))


def list_columns(names: Sequence[Any], table: str) -> str:
    """Return the end of a message that lists the columns and says how to choose; it marks the arguments `COLUMNS`."""
    shown = ", ".join(_short(name) for name in names[:_SHOWN])
    more = f", ... ({len(names)} in total)" if len(names) > _SHOWN else ""
    return f"{table} has the columns {shown or '(none)'}{more}; choose them by {{source}}, {{target}} and {{weight}}"


def undirected_doubt(name: Any, kinds: Iterable[Any]) -> tuple[str, ...]:
    """Return a doubt if the column Type of edges, as Gephi writes it, says that they are undirected.

    >>> undirected_doubt("Type", ["Directed", "Directed"])
    ()
    """
    found = {str(kind).strip().lower() for kind in kinds}
    if "undirected" not in found or not found <= {"directed", "undirected"}:
        return ()
    return (
        f"the column {name!r} says that edges are undirected, but each was read as one arc; use directed=False "
        "(--undirected)",
    )


def _guess_ends(names: Sequence[Any], table: str) -> tuple[int, int, bool]:
    """Return the ends by clear names; the only two columns need none."""
    found = ends_of_names(names)
    if len(found) == 1:
        return found[0]
    if len(names) == 2 and not found:
        return 0, 1, False
    why = "several pairs of names are clear" if found else "no names are clear"
    raise InvalidArgumentError(
        f"source and {{target}} must name the columns with the ends of the arcs, because {why}; "
        f"{list_columns(names, table)}",
        argument="source",
        others=COLUMNS,
    )


def _place(names: Sequence[Any], column: int | str, argument: str, table: str) -> int:
    """Return the position of a column, given by its name or position."""
    count = list(names).count(column)
    if count == 1:
        return list(names).index(column)
    if count:
        raise InvalidArgumentError(
            f"{argument}: {count} columns have the name {_short(column)}; {list_columns(names, table)} by position",
            argument=argument,
            others=COLUMNS,
        )
    if isinstance(column, int) and not isinstance(column, bool) and -len(names) <= column < len(names):
        return column % len(names)
    raise InvalidArgumentError(
        f"{argument} must be one of the columns, or a position; got {_short(column)}; {list_columns(names, table)}",
        argument=argument,
        others=COLUMNS,
    )


def _joined(name: Any) -> str:
    """Return the letters and digits of a name, in lower case."""
    return re.sub(r"[^a-z0-9]", "", str(name)[:100].lower())


def _kinds(name: str, words: tuple[str, ...]) -> set[str]:
    """Return the rests of a name after one of the words is removed: an empty text, or a known kind of label."""
    found = set()
    for word in words:
        if len(word) == 1:
            found |= {""} if name == word else set()
            continue
        found |= {name[len(word) :]} if name.startswith(word) and name[len(word) :] in _AFFIXES else set()
        found |= {name[: -len(word)]} if name.endswith(word) and name[: -len(word)] in _AFFIXES else set()
    return found


def _short(name: Any) -> str:
    text = repr(name)
    return text if len(text) <= 60 else f"{text[:57]}..."
