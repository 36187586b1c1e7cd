"""Independent steps of a training side by side: closed forms leave a second core idle otherwise."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import TypeVar

from threadpoolctl import threadpool_info, threadpool_limits  # type: ignore[import-untyped]

First = TypeVar("First")
Second = TypeVar("Second")
Item = TypeVar("Item")


def beside(first: Callable[[], First], second: Callable[[], Second]) -> tuple[First, Second]:
    """Run ``second`` in a thread of its own while ``first`` runs in this one.

    numpy, scipy and BLAS let other threads run while they compute; each half gets half of BLAS's
    threads, and at least one. Neither may draw from the other's random numbers: results do not
    depend on who is faster. With one core both run one after the other.

    Returns:
        What each returned. An error of either is raised; when ``first`` fails or is interrupted
        nobody waits for ``second``.
    """
    if _cores() < 2:
        return first(), second()
    made: list[Second] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            made.append(second())
        except BaseException as error:  # raised again below, in the thread that is heard
            failed.append(error)

    other = Thread(target=run, daemon=True)
    with _half_of_blas():
        other.start()
        mine = first()
        other.join()
    if failed:
        raise failed[0]
    return mine, made[0]


def each(act: Callable[[Item], First], items: Iterable[Item]) -> list[First]:
    """``[act(item) for item in items]`` on two cores; for steps of seconds at most."""
    if _cores() < 2:
        return [act(item) for item in items]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(act, items))


def _cores() -> int:
    """Return how many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _half_of_blas() -> threadpool_limits:
    threads = [lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"]
    return threadpool_limits(limits=max(max(threads, default=1) // 2, 1), user_api="blas")
