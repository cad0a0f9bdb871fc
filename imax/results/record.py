"""Base classes of all results: views as dictionary, JSON and data frame."""

import dataclasses
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from .._utils import jsons
from .._utils.frames import frame_of
from .._utils.views import PlotView

__all__ = ["ComparisonRecord", "Record"]


def _plain(value: Any) -> Any:
    """Convert NumPy scalars to Python numbers, recursively."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if type(value) in (list, tuple):  # a tuple may be a label, so it stays a tuple
        return type(value)(_plain(item) for item in value)
    return value


@dataclass(frozen=True)
class Record(PlotView):
    """Base class of the results: dictionary and JSON views."""

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as a dictionary of plain Python values."""
        return {f.name: _plain(getattr(self, f.name)) for f in dataclasses.fields(self)}

    def to_json(self, indent: int | None = None) -> str:
        """Return all fields as JSON. Labels that JSON cannot represent become their repr, NaN and infinity null."""
        return jsons.dumps(self.to_dict(), indent)


R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class ComparisonRecord(Record, Generic[R]):
    """Dictionary and data frame views of a comparison.

    Attributes
    ----------
    rows : list of Record
        One per algorithm, each with a field `interval`.
    """

    rows: list[R]

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as a dictionary of plain Python values."""
        return super().to_dict() | {"rows": [row.to_dict() for row in self.rows]}

    def to_frame(self, backend: str = "pandas") -> Any:
        """Return a data frame with a row for each algorithm; `low` and `high` are the ends of `interval`.

        Parameters
        ----------
        backend : {"pandas", "polars", "polars-lazy", "pyarrow"}, default "pandas"
            The kind of frame.
        """
        records = [row.to_dict() for row in self.rows]
        columns = {name: [record[name] for record in records] for name in records[0] if name != "interval"}
        columns["low"], columns["high"] = ([record["interval"][end] for record in records] for end in (0, 1))
        return frame_of(columns, backend)
