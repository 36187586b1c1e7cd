"""What is said when a report cannot be made."""


class ReportError(ValueError):
    """A report that would not be true or cannot be read: what is wrong, where, what to do."""
