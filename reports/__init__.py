"""Reasons in words, pictures and reports, all made of the terms that ranked the list."""

from crossaisle.reports.catalogue import catalogue
from crossaisle.reports.compared import contrast_text, groups_text, what_if_text
from crossaisle.reports.csv_table import groups_csv, terms_csv
from crossaisle.reports.errors import ReportError
from crossaisle.reports.markdown import as_markdown
from crossaisle.reports.page import as_html
from crossaisle.reports.picture import picture
from crossaisle.reports.png import as_png
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
    "as_png",
    "as_text",
    "catalogue",
    "contrast_text",
    "groups_csv",
    "groups_text",
    "picture",
    "reasons",
    "terms_csv",
    "what_if_text",
]
