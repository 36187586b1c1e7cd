"""The one door of Jinja: the templates of this room, and everything else escaped."""

from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("crossaisle.reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, **values: object) -> Markup:
    """Fill in a template; each value is escaped unless it is :class:`~markupsafe.Markup`.

    A name that the template uses and ``values`` has not is an error, never an empty text.
    """
    return Markup(_environment().get_template(template).render(**values))


def verbatim(template: str) -> Markup:
    """Return a style sheet or a script as it stands in its file."""
    folder = resources.files("crossaisle.reports")
    return Markup(folder.joinpath("templates", template).read_text("utf-8"))
