"""What the page needs to score a list again when purchases are switched off: a few integers.

    score(j) = b[s][j] + (SUM_g n[s f[j]][g])^-p SUM_g c[s][g][j],   g: groups that are on

Purchases that carry the same name are one switch, a group; those that are not shown are a last
group that is always on. s = 1 where a group that is on holds a product of j's aisle (a[g][j]).
"""

import json
from collections.abc import Sequence

import numpy as np

from crossaisle.fusion.by_purchase import ByPurchase
from crossaisle.fusion.model import POWER

UNITS = 100_000
"""Units of a score: a hundredth of the last digit that is printed, or finer."""


def switches_json(
    parts: ByPurchase, groups: Sequence[Sequence[str]], decimals: Sequence[int]
) -> str:
    """Write the sums of each group as the script reads them.

    Args:
        parts: of the list's products, in their order.
        groups: product ids behind each switch, in the order of the switches.
        decimals: digits with which each product's score is printed.

    Returns:
        JSON: b, c, n, p, a, f as above (of both situations only where purchases are of a listed
        aisle), and d, the decimals.
    """
    place = {product: row for row, product in enumerate(parts.purchases)}
    rows = [[place[product] for product in group if product in place] for group in groups]
    shown = {row for group in rows for row in group}
    rows.append([row for row in range(len(parts.purchases)) if row not in shown])
    situations = (0, 1) if parts.same_aisle.any() else (0,)
    content: dict[str, object] = {
        "n": [[float(f"{parts.size[s, group].sum():.7g}") for group in rows] for s in situations],
        "d": list(decimals),
        "p": POWER,
        "b": [_units(parts.bias[s]) for s in situations],
        "c": [[_units(parts.adds[s, group].sum(axis=0)) for group in rows] for s in situations],
    }
    if len(situations) == 2:
        content["f"] = parts.fades.astype(int).tolist()
        content["a"] = [parts.same_aisle[group].any(axis=0).astype(int).tolist() for group in rows]
    return json.dumps(content, separators=(",", ":"))


def _units(values: np.ndarray) -> list[int]:
    found: list[int] = np.rint(values * UNITS).astype(np.int64).tolist()
    return found
