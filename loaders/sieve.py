"""What is left out of a load, row by row, with where it stood and why."""

import polars as pl

from crossaisle.graph.catalogue import REJECTED
from crossaisle.loaders.mapping import Reject
from crossaisle.loaders.rows import LINE, LoadError, Rows
from crossaisle.loaders.values import numbers

ROW = "row left out"
VALUE = "value left out"
IDS = ("id", "product", "user", "head", "tail", "relation")
"""Keys of columns that must be there, whatever is optional."""
FILE = "_file"
"""Name of the column that holds the file of each row."""


class Sieve:
    """Rows of files, narrowed step by step; all that falls through is kept with a reason."""

    def __init__(self, *files: Rows) -> None:
        """Start with every row; those that were no rows have fallen through already."""
        self.file = (
            files[0].file if len(files) == 1 else f"{files[0].file} and {len(files) - 1} more"
        )
        self._files = files
        frames = [rows.frame.with_columns(pl.lit(rows.file).alias(FILE)) for rows in files]
        self.frame = frames[0] if len(frames) == 1 else pl.concat(frames, how="diagonal_relaxed")
        self._fallen: list[pl.DataFrame] = []
        for rows in files:
            if rows.broken:
                lines, reasons, texts = zip(*rows.broken, strict=True)
                fallen = {LINE: lines, "reason": reasons, "content": texts}
                self._keep(pl.DataFrame(fallen).with_columns(pl.lit(rows.file).alias(FILE)), ROW)

    def require(self, columns: dict[str, str | None], section: str, optional: bool = False) -> None:
        """Check that the columns a mapping names are there.

        Args:
            columns: key of the mapping to column; None is not asked for.
            section: of the mapping.
            optional: whether columns that are not there become empty ones, but for the ids.

        Raises:
            LoadError: one is not; the message lists those that are.
        """
        for rows in self._files:
            # Files without a header (JSON, XML) say in each row what they have.
            has = rows.frame.columns if rows.has_header else self.frame.columns
            present = [name for name in has if name not in {LINE, FILE}]
            for key, column in columns.items():
                if column is None or column in present or (optional and key not in IDS):
                    continue
                shown = ", ".join(present[:60]) + (" ..." if len(present) > 60 else "")
                raise LoadError(
                    f"{rows.file} has no column {column!r}, which the mapping names as "
                    f"{section}.{key}; its columns are: {shown}"
                )
        absent = {name for name in columns.values() if name and name not in self.frame.columns}
        self.frame = self.frame.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)

    def reject(self, bad: pl.Series, reason: str) -> None:
        """Leave out the rows where ``bad`` is true."""
        bad = bad.fill_null(value=False)
        if bad.any():
            self._keep(self._rows(bad, reason), ROW)
            self.frame = self.frame.filter(~bad)

    def blank(self, column: str, bad: pl.Series, reason: str) -> None:
        """Keep the rows where ``bad`` is true, without their value in ``column``."""
        bad = bad.fill_null(value=False)
        if bad.any():
            self._keep(self._rows(bad, reason), VALUE)
            self.frame = self.frame.with_columns(pl.when(~bad).then(pl.col(column)).alias(column))

    def apply(self, rules: tuple[Reject, ...]) -> None:
        """Leave out what a mapping's rules name.

        Raises:
            LoadError: a rule's regular expression cannot be read.
        """
        for rule in rules:
            column = self.frame[rule.column]
            if rule.matches is None:
                value = numbers(column)
                bad = value.is_null() | (value <= rule.at_most)
            else:
                try:
                    bad = column.cast(pl.String).str.contains(rule.matches)
                except pl.exceptions.ComputeError as error:
                    raise LoadError(f"the rule {rule.reason!r}: {error}") from None
            self.reject(bad, rule.reason)

    def rejected(self) -> pl.DataFrame:
        """Return everything that fell through, as the catalogue keeps it."""
        empty = pl.DataFrame(schema=dict(REJECTED))
        fallen = pl.concat([empty, *self._fallen])
        several = ["file"] if len(self._files) > 1 else []
        return fallen.sort(*several, "line", maintain_order=True)

    def _rows(self, bad: pl.Series, reason: str) -> pl.DataFrame:
        fallen = self.frame.filter(bad)
        data = [name for name in fallen.columns if not name.startswith("_")]
        return fallen.select(
            pl.col(FILE),
            pl.col(LINE),
            pl.lit(reason).alias("reason"),
            pl.struct(pl.col(data)).struct.json_encode().alias("content"),
        )

    def _keep(self, fallen: pl.DataFrame, action: str) -> None:
        self._fallen.append(
            fallen.select(
                pl.col(FILE).alias("file"),
                pl.col(LINE).cast(pl.UInt32).alias("line"),
                pl.col("reason"),
                pl.lit(action).alias("action"),
                pl.col("content"),
            )
        )
