"""What a person sees while a command works: everything but results goes to stderr."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from crossaisle.graph.store import Progress as Report

console = Console(stderr=True, highlight=False)
"""For people. Results that programs read go to stdout."""


def quiet() -> None:
    """Silence the warnings of libraries: a user can do nothing about them. Tests see them all."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")


@contextmanager
def progress_bars() -> Iterator[Report]:
    """Show a bar for each stage that is reported; a line a stage where there is no terminal."""
    if not console.is_terminal:
        yield _Lines()
        return
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    ) as bars:
        tasks: dict[str, TaskID] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield report


class _Lines:
    """A line when a stage begins, for logs."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage != self._last:
            self._last = stage
            console.print(f"{stage} ...", style="dim")
