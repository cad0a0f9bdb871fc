"""The results of selections and estimates."""

from .certificate import Certificate
from .comparison import Compared, Comparison, overlap_of
from .curve_result import CurveResult
from .record import ComparisonRecord, Record
from .selection_result import SelectionResult
from .spread_estimate import SpreadEstimate

__all__ = [
    "Certificate",
    "Compared",
    "Comparison",
    "ComparisonRecord",
    "CurveResult",
    "Record",
    "SelectionResult",
    "SpreadEstimate",
    "overlap_of",
]
