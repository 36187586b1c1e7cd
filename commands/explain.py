"""``crossaisle explain``: one score taken apart, grouped, set against another, or changed."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crossaisle.commands.files import UsageError, write_atomically
from crossaisle.commands.recommend import title_of
from crossaisle.commands.report import one_explanation
from crossaisle.fusion import Recommender
from crossaisle.fusion.terms import By
from crossaisle.reports import (
    as_html,
    as_png,
    as_text,
    contrast_text,
    groups_csv,
    groups_text,
    picture,
    terms_csv,
    what_if_text,
)


@dataclass(frozen=True)
class Question:
    """What is asked about a product: why, or one of three other things."""

    group_by: By | None = None
    against: str | None = None
    without: tuple[str, ...] = ()
    with_: tuple[str, ...] = ()
    without_attributes: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether it is asked what would be if."""
        return bool(self.without or self.with_ or self.without_attributes)


def explain(
    recommender: Recommender,
    user: str,
    product: str,
    *,
    question: Question | None = None,
    top: int = 5,
    lang: str = "en",
    form: str = "text",
) -> str:
    """Answer a question about one score, in the form asked for.

    Raises:
        UsageError: two questions at once, or a form that the answer does not have.
        UnknownId: something that the model does not know, or is not in the history.
    """
    question = question or Question()
    _check(question, product, form)
    title = title_of(recommender, product)
    if question.changes:
        found = recommender.what_if(
            user,
            product,
            without=question.without,
            with_=question.with_,
            without_attributes=question.without_attributes,
        )
        return _json(found.to_json()) if form == "json" else what_if_text(found, lang, title)
    if question.against is not None:
        contrast = recommender.contrast(user, product, question.against, top=top)
        titles = title, title_of(recommender, question.against)
        return (
            _json(contrast.to_json()) if form == "json" else contrast_text(contrast, lang, titles)
        )
    explanation = recommender.explain(user, product, top=top)
    if question.group_by is not None:
        groups = explanation.grouped(question.group_by)
        if form == "json":
            told = {"grouped_by": question.group_by, "groups": [g.to_json() for g in groups]}
            return _json(explanation.to_json() | told)
        if form == "csv":
            return groups_csv(explanation, groups)
        return groups_text(explanation, question.group_by, lang, title, top)
    if form == "json":
        return _json(explanation.to_json())
    if form == "csv":
        return terms_csv([explanation])
    if form == "svg":
        return str(picture(explanation, lang, title))
    if form == "html":
        return as_html(one_explanation(recommender, explanation), lang=lang)
    return as_text(explanation, lang=lang, title=title)


def tell(
    recommender: Recommender,
    user: str,
    product: str,
    output: Path | None,
    *,
    question: Question,
    top: int,
    lang: str,
    form: str,
) -> str:
    """Answer as :func:`explain` does, into a file if one is named; return what is for the screen.

    Raises:
        UsageError: see :func:`explain` and :func:`write_png`.
    """
    if form == "png":
        write_png(recommender, user, product, output, question=question, top=top, lang=lang)
        return ""
    told = explain(recommender, user, product, question=question, top=top, lang=lang, form=form)
    if output is not None:
        output.write_text(told.removesuffix("\n") + "\n", encoding="utf-8")
    return told.removesuffix("\n") if form == "csv" else told


def write_png(
    recommender: Recommender,
    user: str,
    product: str,
    output: Path | None,
    *,
    question: Question | None = None,
    top: int = 5,
    lang: str = "en",
) -> None:
    """Draw the walks of one score into a file.

    Raises:
        UsageError: no file is named, or something else than the score's walks is asked for.
        ReportError: the library that draws is not installed.
        UnknownId: a customer or product that the model does not know.
    """
    if output is None:
        raise UsageError("a PNG is not for the screen: name its file with --output picture.png")
    svg = explain(recommender, user, product, question=question, top=top, lang=lang, form="svg")
    drawn = as_png(svg)
    write_atomically(output, lambda path: path.write_bytes(drawn))


def _check(question: Question, product: str, form: str) -> None:
    if question.against == product:
        raise UsageError("--against names the product itself: name another one")
    asked = {
        "--group-by": question.group_by is not None,
        "--against": question.against is not None,
        "--without, --with or --without-attribute": question.changes,
    }
    several = [name for name, there in asked.items() if there]
    if len(several) > 1:
        raise UsageError(f"ask one thing at a time: {' or '.join(several)}")
    forms = ("text", "json", "csv") if several == ["--group-by"] else ("text", "json")
    if several and form not in forms:
        raise UsageError(f"{several[0]} is told as {' or '.join(forms)}, not as {form}")


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)
