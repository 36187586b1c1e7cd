"""Terms that go over the same bridge, told as one."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from crossaisle.fusion.terms import Kind, Path, PathNode, Term

Form = Literal[
    "people",  # the same people bought both
    "people_through",  # ... each together with a third product
    "attribute",
    "category",
    "text",
    "image",
    "bridge",  # two different nodes that training has brought close
    "bridge_from",  # a node of the history's side, close to the candidate itself
    "bridge_to",  # the history product itself, close to a node of the candidate's side
    "bridge_direct",  # the two products themselves
]
"""Which sentence tells a bridge. A kind of walk has several where it says several things."""


@dataclass(frozen=True)
class Bridge:
    """Terms of one explanation with the same sign whose walks meet in the same nodes."""

    kind: Kind
    form: Form
    nodes: tuple[PathNode, ...]
    """What the walks meet in: none, one, or the two ends of a learned step."""
    terms: tuple[Term, ...]
    """Largest first."""

    @cached_property
    def contribution(self) -> float:
        """Sum of the terms."""
        return sum(term.contribution for term in self.terms)

    @cached_property
    def starts(self) -> dict[str, PathNode]:
        """The history products that the walks come from, by id, most important first."""
        return {term.history_product: _node(term.path[0]) for term in self.terms}

    @property
    def products(self) -> tuple[PathNode, ...]:
        """The history products, each once."""
        return tuple(self.starts.values())

    @cached_property
    def key(self) -> tuple[str, ...]:
        """What two bridges of different explanations have in common when they are the same."""
        return (self.form, *(part for node in self.nodes for part in (node.label, node.id)))


def bridges(terms: Iterable[Term]) -> tuple[Bridge, ...]:
    """Put terms over the same bridge and with the same sign together, largest sum first."""
    joined: dict[tuple[bool, tuple[str, ...]], Bridge] = {}
    for term in sorted(terms, key=lambda term: -abs(term.contribution)):
        bridge = bridge_of(term)
        key = (term.contribution < 0, bridge.key)
        known = joined.get(key)
        joined[key] = replace(known, terms=(*known.terms, term)) if known else bridge
    return tuple(sorted(joined.values(), key=lambda bridge: -abs(bridge.contribution)))


def bridge_of(term: Term) -> Bridge:
    """Read off one term's path which bridge it goes over."""
    middle = tuple(step for step in term.path[1:-1] if isinstance(step, PathNode))
    form: Form
    nodes: tuple[PathNode, ...]
    if term.kind in ("text", "image"):
        form, nodes = term.kind, ()
    elif term.kind == "bridge" or not (middle or term.kind == "people"):
        form, nodes = _learned(term.path)
    elif term.kind == "people":
        form, nodes = ("people_through", middle[:1]) if middle else ("people", ())
    elif term.kind == "category":
        form, nodes = "category", (_apex(middle),)
    else:
        form, nodes = "attribute", middle[:1]
    return Bridge(term.kind, form, nodes, (term,))


def _learned(path: Path) -> tuple[Form, tuple[PathNode, ...]]:
    """Return the two nodes that the learned step joins, without those that are the ends."""
    soft = path.index("LEARNED") if "LEARNED" in path else len(path) // 2
    left, right = soft - 1, soft + 1
    start, end = left == 0, right == len(path) - 1
    if start and end:
        return "bridge_direct", ()
    if start:
        return "bridge_to", (_node(path[right]),)
    if end:
        return "bridge_from", (_node(path[left]),)
    return "bridge", (_node(path[left]), _node(path[right]))


def _apex(nodes: tuple[PathNode, ...]) -> PathNode:
    """Return the category in which a walk up and down the tree turns.

    Where ids are paths it is the one that begins all the others; else the middle one.
    """
    for node in nodes:
        if all(f"{other.id} > ".startswith(f"{node.id} > ") for other in nodes):
            return node
    return nodes[len(nodes) // 2]


def _node(step: PathNode | str) -> PathNode:
    return step if isinstance(step, PathNode) else PathNode("", "", step)
