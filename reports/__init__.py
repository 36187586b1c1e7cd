"""Reasons in words, pictures and reports, all made of the terms that ranked the list."""

from crossaisle.reports.errors import ReportError
from crossaisle.reports.markdown import as_markdown
from crossaisle.reports.page import as_html
from crossaisle.reports.picture import picture
from crossaisle.reports.report import (
    Accuracy,
    AisleCount,
    CustomerList,
    Interval,
    Method,
    Purchase,
    Ranked,
    Report,
)
from crossaisle.reports.terminal import as_text
from crossaisle.reports.words import FEWEST, reasons

__all__ = [
    "FEWEST",
    "Accuracy",
    "AisleCount",
    "CustomerList",
    "Interval",
    "Method",
    "Purchase",
    "Ranked",
    "Report",
    "ReportError",
    "as_html",
    "as_markdown",
    "as_text",
    "picture",
    "reasons",
]
