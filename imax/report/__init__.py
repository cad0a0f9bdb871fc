"""Reports for readers who did not run the program, tables for notebooks, and plots."""

from .document import Report
from .selection import make_report

__all__ = ["Report", "make_report"]
