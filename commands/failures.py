"""Which exit code, and which sentence, an error is: no traceback reaches a user."""

import errno

USAGE, UNUSABLE, FAILED = 2, 3, 1

_CODES = {
    # Named, not imported: an error that was raised has its module loaded, the others cost nothing.
    "crossaisle.commands.files.UsageError": USAGE,
    "crossaisle.commands.settings.SettingsError": USAGE,
    "crossaisle.encoders.sentence.EncoderError": USAGE,
    "crossaisle.evaluation.baselines.BaselineError": USAGE,
    "crossaisle.evaluation.leaks.LeakError": FAILED,
    "crossaisle.evaluation.splits.SplitError": UNUSABLE,
    "crossaisle.fusion.errors.ModelError": FAILED,
    "crossaisle.fusion.errors.TrainingError": UNUSABLE,
    "crossaisle.fusion.errors.UnknownId": USAGE,
    "crossaisle.graph.graph.GraphError": UNUSABLE,
    "crossaisle.graph.queries.QueryError": USAGE,
    "crossaisle.graph.store.StoreError": FAILED,
    "crossaisle.loaders.mapping.MappingError": USAGE,
    "crossaisle.loaders.rows.LoadError": UNUSABLE,
    "crossaisle.reports.errors.ReportError": FAILED,
}


def sentence(error: BaseException) -> tuple[int, str]:
    """Return (exit code, what to say)."""
    for kind in type(error).__mro__:
        code = _CODES.get(f"{kind.__module__}.{kind.__qualname__}")
        if code is not None:
            return code, str(error)
    if isinstance(error, MemoryError):
        return FAILED, "out of memory: close other programs, or use a larger machine"
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        what = error.strerror or str(error)
        hint = {
            errno.ENOSPC: " (free some room on that disk, then run the same command again)",
            errno.EACCES: " (choose another place, or change its permissions)",
            errno.EROFS: " (choose another place)",
        }.get(error.errno or 0, "")
        return FAILED, f"{where}{what}{hint}"
    return FAILED, (
        f"a fault in crossaisle itself ({type(error).__name__}: {error}); set "
        "CROSSAISLE_TRACEBACK=1 to see where, and please report it"
    )
