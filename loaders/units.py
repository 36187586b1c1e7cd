"""Quantities in one unit a dimension: "16.9 fl oz" and "500 ml" are one. The door to ``pint``.

Volume becomes ml (l from one litre on), mass g (kg from one kilogram on), length cm; all are
rounded to three digits, since what is printed on a package is itself rounded. ``oz`` is mass,
``fl oz`` volume (US customary units, as pint has them).
"""

import re
from functools import cache

import pint
import polars as pl

_WORDS = {  # how packages spell what pint calls otherwise
    "fl oz": "fluid_ounce", "fl. oz.": "fluid_ounce", "fl.oz.": "fluid_ounce",
    "floz": "fluid_ounce", "fl. oz": "fluid_ounce", "fl oz.": "fluid_ounce",
    "fluid ounce": "fluid_ounce", "fluid ounces": "fluid_ounce", "fluid oz": "fluid_ounce",
    "oz": "ounce", "oz.": "ounce", "ounces": "ounce", "ounce": "ounce",
    "lb": "pound", "lbs": "pound", "lb.": "pound", "pound": "pound", "pounds": "pound",
    "in": "inch", "in.": "inch", "inch": "inch", "inches": "inch", '"': "inch", "″": "inch",
    "zoll": "inch", "英寸": "inch", "ft": "foot", "feet": "foot", "foot": "foot",
    "mm": "millimeter", "cm": "centimeter", "m": "meter", "meter": "meter", "metre": "meter",
    "meters": "meter", "metres": "meter",
    "毫米": "millimeter", "厘米": "centimeter",
    "ml": "milliliter", "cl": "centiliter", "dl": "deciliter", "l": "liter", "litre": "liter",
    "liter": "liter", "litres": "liter", "liters": "liter", "毫升": "milliliter", "升": "liter",
    "mg": "milligram", "g": "gram", "gr": "gram", "gramm": "gram", "grams": "gram", "gram": "gram",
    "kg": "kilogram", "kilo": "kilogram", "克": "gram", "千克": "kilogram", "公斤": "kilogram",
    "pint": "pint", "pints": "pint", "gallon": "gallon", "gal": "gallon", "quart": "quart",
}  # fmt: skip
_QUANTITY = re.compile(r"(\d{1,9}(?:[.,]\d{1,6})?)\s*(\D{1,12})")
_SHOWN = (  # base unit, what it is written as, and from how many on in which unit
    ("[length] ** 3", "milliliter", "ml", "l"),
    ("[mass]", "gram", "g", "kg"),
    ("[length]", "centimeter", "cm", None),
)


def quantities(values: pl.Series) -> pl.Series:
    """Return texts that are a number with a unit in the common unit; all others as they are."""
    likely = values.filter(values.str.contains(r"^\s*\d[\d.,]*\s*\D{1,12}$").fill_null(value=False))
    found = {text: normal for text in likely.unique() if (normal := quantity(text)) != text}
    return values.replace(found) if found else values


def quantity(text: str) -> str:
    """Return one quantity in the common unit.

    >>> [quantity(text) for text in ("16.9 fl oz", "0,5 L", '10"', "1500g", "XL", "2 pieces")]
    ['500 ml', '500 ml', '25.4 cm', '1.5 kg', 'XL', '2 pieces']
    """
    match = _QUANTITY.fullmatch(text.strip())
    written = match[2].strip() if match else ""
    unit = None if written == "M" else _WORDS.get(written.lower())  # M is a size, not a metre
    if match is None or unit is None:
        return text
    kind, factor = _factor(unit)
    amount = float(f"{float(match[1].replace(',', '.')) * factor:.3g}")
    _, _, small, large = _SHOWN[kind]
    if large and amount >= 1000:
        return f"{amount / 1000:g} {large}"
    return f"{amount:g} {small}"


@cache
def _factor(unit: str) -> tuple[int, float]:
    """Return a unit's dimension (row of _SHOWN), and how many base units it has."""
    measure = _registry()(unit)
    kind = next(k for k, row in enumerate(_SHOWN) if measure.check(row[0]))
    return kind, float(measure.to(_SHOWN[kind][1]).magnitude)


@cache
def _registry() -> "pint.UnitRegistry[float]":
    return pint.UnitRegistry(cache_folder=None)
