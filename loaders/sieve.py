"""What is left out of a load, row by row, with where it stood and why."""

import polars as pl

from crossaisle.graph.catalogue import REJECTED
from crossaisle.loaders.mapping import Reject
from crossaisle.loaders.read import LINE, LoadError, Rows
from crossaisle.loaders.values import numbers

ROW = "row left out"
VALUE = "value left out"


class Sieve:
    """The rows of one file, narrowed step by step; all that falls through is kept with a reason."""

    def __init__(self, rows: Rows) -> None:
        """Start with every row; those that were no rows have fallen through already."""
        self.file = rows.file
        self.frame = rows.frame
        self._fallen: list[pl.DataFrame] = []
        if rows.broken:
            lines, reasons, texts = zip(*rows.broken, strict=True)
            self._keep(pl.DataFrame({LINE: lines, "reason": reasons, "content": texts}), ROW)

    def require(self, columns: dict[str, str | None], section: str) -> None:
        """Check that the columns a mapping names are there.

        Raises:
            LoadError: one is not; the message lists those that are.
        """
        present = [name for name in self.frame.columns if name != LINE]
        for key, column in columns.items():
            if column is not None and column not in present:
                raise LoadError(
                    f"{self.file} has no column {column!r}, which the mapping names as "
                    f"{section}.{key}; its columns are: {', '.join(present)}"
                )

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
        return pl.concat([empty, *self._fallen]).sort("line", maintain_order=True)

    def _rows(self, bad: pl.Series, reason: str) -> pl.DataFrame:
        fallen = self.frame.filter(bad)
        data = [name for name in fallen.columns if not name.startswith("_")]
        return fallen.select(
            pl.col(LINE),
            pl.lit(reason).alias("reason"),
            pl.struct(pl.col(data)).struct.json_encode().alias("content"),
        )

    def _keep(self, fallen: pl.DataFrame, action: str) -> None:
        self._fallen.append(
            fallen.select(
                pl.lit(self.file).alias("file"),
                pl.col(LINE).cast(pl.UInt32).alias("line"),
                pl.col("reason"),
                pl.lit(action).alias("action"),
                pl.col("content"),
            )
        )
