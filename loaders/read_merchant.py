"""Google Merchant Center feeds in XML, RSS 2.0 or Atom 1.0.

Fields are those of https://support.google.com/merchants/answer/7052112, named without ``g:``. A
repeated field's values are joined by :data:`MANY`; ``product_detail`` becomes JSON objects of name
and value; a field with parts of its own (``shipping``) is left out.
"""

import io
import json
from typing import TYPE_CHECKING

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from crossaisle.loaders.rows import MANY, LoadError, Rows

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_GOOGLE = "{http://base.google.com/ns/1.0}"
_ITEMS = ("item", "{http://www.w3.org/2005/Atom}entry", "entry")
DETAILS = "product_detail"


def read(content: bytes, rows: Rows, form: str) -> None:
    """Fill ``rows`` with one row an item.

    Raises:
        LoadError: the XML is broken, declares entities, or holds no item.
    """
    root = parsed(content, rows.file)
    items = [node for node in root.iter() if node.tag in _ITEMS]
    rows.fill(enumerate((_record(item) for item in items), start=1), "<item> or <entry>")


def parsed(content: bytes, file: str) -> "Element":
    """Parse XML; entities of its own are refused: a few of them can stand for gigabytes.

    Raises:
        LoadError: it is broken, or declares entities.
    """
    # The bytes are UTF-8 by now, whatever the declaration says.
    parser = DefusedXMLParser(encoding="utf-8", forbid_entities=True)
    try:
        stream = io.BytesIO(content)
        while part := stream.read(2**16):
            parser.feed(part)
        root: Element = parser.close()
    except ParseError as error:
        raise LoadError(f"{file} is no well-formed XML: {error}") from None
    except DefusedXmlException:
        raise LoadError(
            f"{file} declares XML entities of its own, which can be made to fill the memory: "
            "write the characters themselves"
        ) from None
    return root


def _record(item: "Element") -> dict[str, str | None]:
    """Return the fields; where RSS and Google both have a title, Google's counts."""
    plain: dict[str, list[str]] = {}
    google: dict[str, list[str]] = {}
    for field in item:
        text = _value(field)
        if text:
            fields = google if field.tag.startswith(_GOOGLE) else plain
            fields.setdefault(_name(field), []).append(text)
    return {name: MANY.join(values) for name, values in {**plain, **google}.items()}


def _value(field: "Element") -> str:
    if _name(field) == DETAILS:
        parts = {_name(part): (part.text or "").strip() for part in field}
        detail = {"name": parts.get("attribute_name"), "value": parts.get("attribute_value")}
        return json.dumps(detail, ensure_ascii=False)
    return "" if len(field) else (field.text or field.get("href") or "").strip()


def _name(field: "Element") -> str:
    return field.tag.rpartition("}")[2]
