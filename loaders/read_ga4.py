"""GA4 e-commerce events as BigQuery exports them, JSON Lines: one row an item of an event.

Fields: https://support.google.com/analytics/answer/7029846. ``ga4-events`` gives every item of
every event, ``ga4-items`` every item once, with the last value that any event gave it.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from crossaisle.loaders.rows import Rows

_ITEM = (
    "item_id",
    "item_name",
    "item_brand",
    "item_variant",
    "item_category",
    "item_category2",
    "item_category3",
    "item_category4",
    "item_category5",
    "price",
    "quantity",
)
CATEGORY = "item_categories"
"""The column this reader makes: item_category to item_category5 as one path."""
_ABSENT = ("(not set)", "(none)", "")

Record = dict[str, str | None]


def read(content: bytes, rows: Rows, form: str) -> None:
    """Fill ``rows``.

    Raises:
        LoadError: no line holds an event with items.
    """
    records = _events(content, rows)
    if form == "ga4-items":
        rows.fill(_once(records), "item")
    else:
        rows.fill(records, "event with items")


def _events(content: bytes, rows: Rows) -> Iterator[tuple[int, Record]]:
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            event = json.loads(line)
            items = event.get("items") or []
            event_fields = _event(event)
            records = [event_fields | _item(item) for item in items]
        except (ValueError, TypeError, AttributeError, RecursionError):
            text = line.decode(errors="replace")
            rows.broken.append((number, "not an event as BigQuery writes it", text[:10_000]))
            continue
        for record in records:
            yield number, record


def _event(event: Mapping[str, Any]) -> Record:
    order = event.get("ecommerce") or {}
    return {
        "event_name": _text(event.get("event_name")),
        "event_timestamp": _text(event.get("event_timestamp")),
        "user_id": _text(event.get("user_id")),
        "user_pseudo_id": _text(event.get("user_pseudo_id")),
        "user": _text(event.get("user_id")) or _text(event.get("user_pseudo_id")),
        "transaction_id": _text(order.get("transaction_id")),
    }


def _item(item: Mapping[str, Any]) -> Record:
    record = {name: _text(item.get(name)) for name in _ITEM}
    path = [record[name] for name in _ITEM if name.startswith("item_category")]
    record[CATEGORY] = " > ".join(name for name in path if name) or None
    return record


def _once(records: Iterator[tuple[int, Record]]) -> Iterator[tuple[int, Record]]:
    items: dict[str | None, tuple[int, Record]] = {}
    names = (*_ITEM, CATEGORY)
    for line, record in records:
        first, known = items.get(record["item_id"], (line, dict.fromkeys(names)))
        said = {name: record[name] for name in names if record[name] is not None}
        items[record["item_id"]] = first, {**known, **said}
    yield from items.values()


def _text(value: object) -> str | None:
    if value is None or value in _ABSENT:
        return None
    if isinstance(value, dict | list):
        raise TypeError
    return value if isinstance(value, str) else json.dumps(value)
