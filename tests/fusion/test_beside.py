"""Two steps side by side: results in order, errors heard, nobody waits after an interruption."""

import threading

import pytest

from crossaisle.fusion import beside as module
from crossaisle.fusion.beside import beside, each


@pytest.mark.parametrize("cores", [1, 2])
def test_both_are_done_and_come_back_in_order(monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    monkeypatch.setattr(module, "_cores", lambda: cores)
    threads: list[threading.Thread] = []

    def act() -> str:
        threads.append(threading.current_thread())
        return "second"

    assert beside(lambda: "first", act) == ("first", "second")
    assert (threads[0] is threading.main_thread()) == (cores == 1)
    assert each(lambda n: n * n, range(5)) == [0, 1, 4, 9, 16]


def test_the_errors_of_both_are_raised() -> None:
    def fails() -> None:
        raise ValueError("not positive definite")

    with pytest.raises(ValueError, match="positive"):
        beside(lambda: 1, fails)
    with pytest.raises(ValueError, match="positive"):
        beside(fails, lambda: 1)


def test_an_interruption_does_not_wait_for_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_cores", lambda: 2)
    done = threading.Event()

    def interrupted() -> None:
        raise KeyboardInterrupt

    def waits() -> None:
        done.wait(60)

    with pytest.raises(KeyboardInterrupt):
        beside(interrupted, waits)
    others = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    assert any(thread.is_alive() and thread.daemon for thread in others)
    done.set()
    for thread in others:
        thread.join(10)
