"""How a run ends: with which exit code, and with a sentence where something was wrong."""

import os
import sys
from collections.abc import Callable
from types import TracebackType


def interrupted() -> int:
    """Say so with what is there already: an import that was cut off cannot be done again."""
    sys.stderr.write("crossaisle: interrupted: nothing half-written is left\n")
    return 130


def stopped(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Keep a traceback off the screen where the imports are interrupted, outside of the run."""
    if issubclass(kind, KeyboardInterrupt):
        interrupted()
    else:
        sys.__excepthook__(kind, error, trace)


def ending(run: Callable[[], object], abort: type[BaseException]) -> int:
    """Run and return the exit code: 0, 1 failed, 2 usage, 3 data unusable, 130 interrupted."""
    try:
        from crossaisle.commands.screen import quiet

        quiet()
        result = run()
        if result != 130:  # what typer makes of Ctrl-C
            return result if isinstance(result, int) else 0
        return interrupted()
    except BrokenPipeError:
        return 0
    except SystemExit as leaving:  # typer's way out when whoever reads the output went away
        return leaving.code if isinstance(leaving.code, int) else 1
    except (KeyboardInterrupt, abort):
        return interrupted()
    except BaseException as error:
        show = getattr(error, "show", None)
        if callable(show):  # wrong usage, says typer
            show(sys.stderr)
            return int(getattr(error, "exit_code", 2))
        if os.environ.get("CROSSAISLE_TRACEBACK"):
            raise
        from crossaisle.commands.failures import sentence

        code, message = sentence(error)
    from crossaisle.commands.screen import console

    console.print(f"crossaisle: {message}", style="red", markup=False, soft_wrap=True)
    return code
