from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossaisle.fusion.terms import Kind, Path, PathNode, Term
from crossaisle.reports.bridges import Bridge, bridge_of, bridges

START, MIDDLE, END = (PathNode("Product", key, key.upper()) for key in ("p1", "p2", "p3"))
RED, FAIRY = PathNode("Attribute", "colour=red", "red"), PathNode("Attribute", "theme=fairy", "f")
WHOLE = PathNode("Category", "home", "Home")
PART = PathNode("Category", "home > tins", "Tins")
DEEP = PathNode("Category", "home > tins > round", "Round")
HAS, IN, WITH = "HAS_ATTRIBUTE", "IN_CATEGORY", "BOUGHT_WITH"


@pytest.mark.parametrize(
    ("kind", "path", "form", "nodes"),
    [
        ("people", (START, WITH, END), "people", ()),
        ("people", (START, WITH, MIDDLE, WITH, END), "people_through", (MIDDLE,)),
        ("attribute", (START, HAS, RED, HAS, END), "attribute", (RED,)),
        ("category", (START, IN, PART, IN, END), "category", (PART,)),
        ("category", (START, IN, PART, "PART_OF", WHOLE, IN, END), "category", (WHOLE,)),
        (
            "category",
            (START, IN, WHOLE, "PART_OF", PART, "PART_OF", DEEP, IN, END),
            "category",
            (WHOLE,),
        ),
        ("text", (START, "SIMILAR_TEXT", END), "text", ()),
        ("image", (START, "SIMILAR_IMAGE", END), "image", ()),
        ("bridge", (START, HAS, RED, "LEARNED", FAIRY, HAS, END), "bridge", (RED, FAIRY)),
        ("bridge", (START, HAS, RED, "LEARNED", END), "bridge_from", (RED,)),
        ("bridge", (START, "LEARNED", FAIRY, HAS, END), "bridge_to", (FAIRY,)),
        ("bridge", (START, "LEARNED", END), "bridge_direct", ()),
        ("attribute", (START, HAS, END), "bridge_direct", ()),
    ],
)
def test_form_and_nodes_of_each_walk(
    kind: Kind, path: Path, form: str, nodes: tuple[PathNode, ...]
) -> None:
    bridge = bridge_of(Term(0.1, kind, START.id, path))
    assert (bridge.form, bridge.nodes) == (form, nodes)


def test_the_same_bridge_from_several_products_is_one(shop: SimpleNamespace) -> None:
    found = bridges(shop.bunting().terms)
    assert [bridge.form for bridge in found] == ["people", "attribute", "people_through"]
    assert [product.id for product in found[0].products] == ["22423", "22720", "22960"]
    assert found[0].contribution == pytest.approx(0.8012)


terms = st.lists(
    st.builds(
        lambda size, start, over: Term(
            size,
            "attribute",
            start,
            (PathNode("Product", start, start), HAS, PathNode("Attribute", over, over), HAS, END),
        ),
        st.floats(-1, 1).filter(bool),
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["x", "y"]),
    ),
    max_size=12,
)


@settings(deadline=None, max_examples=60)
@given(terms)
def test_grouping_loses_and_mixes_nothing(found: list[Term]) -> None:
    grouped: tuple[Bridge, ...] = bridges(found)
    slow: dict[tuple[str, bool], float] = {}
    for term in found:
        node = term.path[2]
        assert isinstance(node, PathNode)
        key = (node.id, term.contribution < 0)
        slow[key] = slow.get(key, 0.0) + term.contribution
    fast = {
        (bridge.nodes[0].id, bridge.contribution < 0): bridge.contribution for bridge in grouped
    }
    assert fast == pytest.approx(slow)
    assert sorted(map(repr, found)) == sorted(repr(t) for bridge in grouped for t in bridge.terms)
    sizes = [abs(bridge.contribution) for bridge in grouped]
    assert sizes == sorted(sizes, reverse=True)
