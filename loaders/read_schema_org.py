"""Products in the words of schema.org: JSON-LD, alone or inside HTML, and RDF files.

Any node whose type is schema:Product (or one of its kinds) is a row, wherever it stands: alone,
in an array, in ``@graph``, under an ItemList or as a variant. Addresses of contexts are never
fetched: a name counts by its last part, so ``name``, ``schema:name`` and
``https://schema.org/name`` are one.
"""

import json
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Any

from crossaisle.loaders.rows import MANY, LoadError, Rows

PRODUCT_TYPES = {"Product", "IndividualProduct", "ProductModel", "SomeProducts", "Vehicle"}
PLAIN = (
    "sku", "gtin", "gtin8", "gtin12", "gtin13", "gtin14", "mpn", "color", "material", "pattern",
    "size", "audience", "aisle", "inProductGroupWithID", "model",
)  # fmt: skip
UNITS = {  # UN/CEFACT codes in use for goods
    "MLT": "ml", "LTR": "l", "GRM": "g", "KGM": "kg", "MMT": "mm", "CMT": "cm", "MTR": "m",
    "INH": "in", "FOT": "ft", "ONZ": "oz", "LBR": "lb", "OZA": "fl oz", "C62": "", "H87": "",
}  # fmt: skip

Node = Mapping[str, list[Any]]


def read(content: bytes, rows: Rows, form: str) -> None:
    """Fill ``rows`` with one row a product.

    Raises:
        LoadError: the file cannot be parsed, or holds no product.
    """
    start = content[:20_000].lstrip().lower()
    if start.startswith((b"{", b"[")) and not _is_turtle(start):
        found = _flat([_parsed(content, rows.file)])
    elif b"<html" in start or start.startswith((b"<!doctype html", b"<script")):
        found = _flat(list(_scripts(content, rows)))
    else:
        from crossaisle.loaders.read_rdf import nodes

        found = [_local(node) for node in nodes(content, rows.file)]
    known = _by_id(found)
    products = [
        node for node in found if PRODUCT_TYPES & _types(node) and set(node) - {"@id", "@type"}
    ]
    products = list(
        {id(known.get(_id(node), node)): known.get(_id(node), node) for node in products}.values()
    )
    rows.fill(enumerate((_record(node, known) for node in products), start=1), "schema.org/Product")


def _is_turtle(start: bytes) -> bool:
    """Whether a bracket opens a blank node of Turtle, not an array."""
    return start.startswith(b"[") and re.match(rb'\[\s*[\[\{"\]\d]', start) is None


def _parsed(content: bytes, file: str) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise LoadError(f"{file} is no JSON: {error}") from None


class _Scripts(HTMLParser):
    """Collects (line, text) of every JSON-LD script."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, list[str]]] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script" and (dict(attrs).get("type") or "").lower() == "application/ld+json":
            self._inside = True
            self.found.append((self.getpos()[0], []))

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1][1].append(data)


def _scripts(content: bytes, rows: Rows) -> Iterator[object]:
    parser = _Scripts()
    try:
        parser.feed(content.decode())
        parser.close()
    except AssertionError as error:  # how HTMLParser says that it is lost
        raise LoadError(f"{rows.file} cannot be read as HTML: {error}") from None
    for line, parts in parser.found:
        text = "".join(parts)
        try:
            yield json.loads(text)
        except (ValueError, RecursionError):
            rows.broken.append((line, "the script is no JSON", text[:10_000]))


def _flat(documents: list[object]) -> list[Node]:
    """Return every object in the documents, in their order, names by their last part."""
    found = []
    waiting = list(reversed(documents))
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            found.append(_local({key: _list(item) for key, item in value.items()}))
            waiting.extend(reversed(list(value.values())))
        elif isinstance(value, list):
            waiting.extend(reversed(value))
    return found


def _local(node: Mapping[str, list[Any]]) -> Node:
    made: dict[str, list[Any]] = {}
    for name, values in node.items():
        made.setdefault(name if name[:1] == "@" else _last(name), []).extend(values)
    return made


def _last(name: str) -> str:
    return re.split(r"[:/#]", name)[-1] or name


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _by_id(found: list[Node]) -> dict[str, Node]:
    """Join what several objects say of one ``@id``."""
    known: dict[str, dict[str, list[Any]]] = {}
    for node in found:
        identity = _id(node)
        if identity:
            one = known.setdefault(identity, {})
            for name, values in node.items():
                kept = one.setdefault(name, [])
                kept.extend(value for value in values if value not in kept)
    return dict(known)


def _id(node: Node) -> str:
    first = (node.get("@id") or [""])[0]
    return first if isinstance(first, str) else ""


def _types(node: Node) -> set[str]:
    return {_last(name) for name in node.get("@type", []) if isinstance(name, str)}


def _record(node: Node, known: Mapping[str, Node]) -> dict[str, str | None]:
    def all_of(name: str, *inner: str) -> list[str]:
        return [text for value in node.get(name, []) if (text := _text(value, known, inner))]

    def one(name: str, *inner: str) -> str | None:
        return next(iter(all_of(name, *inner)), None)

    record = {name: one(name, "value", "name", "@id") for name in PLAIN}
    offers = [_node(value, known) for value in node.get("offers", [])]
    price = next((text for offer in offers for text in _prices(offer, known)), None)
    gtin = next((record[name] for name in PLAIN if name.startswith("gtin") and record[name]), None)
    group = [_node(value, known) for value in node.get("isVariantOf", [])]
    return {
        **record,
        "id": one("productID") or record["sku"] or gtin or one("@id"),
        "gtin": gtin,
        "name": one("name", "value"),
        "description": one("description", "value"),
        "brand": one("brand", "name", "value"),
        "image": MANY.join(all_of("image", "url", "contentUrl", "@id")) or None,
        "price": price,
        "category": MANY.join(_category(v, known) for v in node.get("category", [])) or None,
        "group": record["inProductGroupWithID"]
        or next((text for one in group for text in _texts(one, "productGroupID", known)), None),
        "properties": _properties(node, known),
    }


def _node(value: object, known: Mapping[str, Node]) -> Node:
    """Return the node that a value is or names; an empty one if it is neither."""
    if not isinstance(value, dict):
        return {}
    local = _local({key: _list(item) for key, item in value.items()})
    return {**known.get(_id(local), {}), **{k: v for k, v in local.items() if k != "@id"}}


def _texts(node: Node, name: str, known: Mapping[str, Node]) -> list[str]:
    return [text for value in node.get(name, []) if (text := _text(value, known, ("@value",)))]


def _text(value: object, known: Mapping[str, Node], inner: tuple[str, ...]) -> str | None:
    """Say a value as text: itself, or of a node the first of the properties ``inner``."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool) or value is None:
        return None if value is None else str(value).lower()
    if isinstance(value, int | float):
        return json.dumps(value)
    if isinstance(value, dict):
        node = {**_node(value, known), **({"@id": [value["@id"]]} if "@id" in value else {})}
        for name in ("@value", *inner):
            for part in node.get(name, []):
                if isinstance(part, str | int | float):
                    return str(part).strip() or None
    return None


def _prices(offer: Node, known: Mapping[str, Node]) -> Iterator[str]:
    """Yield an offer's prices with their currency, of an aggregate the lowest."""
    details = [_node(value, known) for value in offer.get("priceSpecification", [])]
    for node in (offer, *details):
        currency = next(iter(_texts(node, "priceCurrency", known)), "")
        for name in ("price", "lowPrice"):
            for amount in _texts(node, name, known):
                yield f"{amount} {currency}".strip()


def _category(value: object, known: Mapping[str, Node]) -> str:
    """Return a category's path: text as it is, a node by its path or its chain of names."""
    if isinstance(value, str):
        return value
    names: list[str] = []
    seen: set[str] = set()
    node = _node(value, known)
    while node:
        said = _texts(node, "path", known) + _texts(node, "name", known)
        said += _texts(node, "codeValue", known)
        names[:0] = said[:1]
        above = [part for part in node.get("broader", []) if isinstance(part, dict)]
        name = _id(_local({key: _list(item) for key, item in above[0].items()})) if above else ""
        if not above or name in seen or _texts(node, "path", known):
            break
        seen.add(name)
        node = _node(above[0], known)
    return " > ".join(names)


def _properties(node: Node, known: Mapping[str, Node]) -> str | None:
    """Return additionalProperty as JSON objects of name and value."""
    said = []
    for value in node.get("additionalProperty", []):
        one = _node(value, known)
        names = _texts(one, "propertyID", known) + _texts(one, "name", known)
        if not _texts(one, "identifier", known):
            names.reverse()  # a name for people; ours carries an identifier, and its kind is an ID
        unit = next(iter(_texts(one, "unitText", known) + _texts(one, "unitCode", known)), "")
        for text in _texts(one, "value", known):
            words = f"{text} {UNITS.get(unit, unit)}".strip()
            said += [{"name": names[0], "value": words}] if names else []
    return json.dumps(said, ensure_ascii=False) if said else None
