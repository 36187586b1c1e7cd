"""RDF files as nodes of names and values: Turtle, N-Triples, RDF/XML. A door to ``rdflib``."""

import io
import logging

import rdflib
from rdflib.namespace import RDF

from crossaisle.loaders.formats import bare
from crossaisle.loaders.read_merchant import parsed
from crossaisle.loaders.rows import LoadError

Node = dict[str, list[object]]
"""``@id``, ``@type`` and properties by their whole names; what is a node itself: {"@id": ...}."""

_SYNTAX = {".nt": "nt", ".rdf": "xml", ".xml": "xml"}


def nodes(content: bytes, file: str) -> list[Node]:
    """Parse a file, nothing is fetched; nodes are sorted by their id.

    Raises:
        LoadError: it cannot be parsed, or is RDF/XML that declares entities.
    """
    endings = (form for ending, form in _SYNTAX.items() if bare(file).endswith(ending))
    syntax = next(endings, "xml" if content.lstrip().startswith(b"<?xml") else "turtle")
    if syntax == "xml":
        parsed(content, file)  # refuses entities before rdflib expands them
    found = rdflib.Graph(bind_namespaces="none")
    logging.getLogger("rdflib.term").setLevel(logging.ERROR)  # odd literals are kept as they are
    try:
        found.parse(io.BytesIO(content), format=syntax, publicID="urn:file:")
    except Exception as error:
        # rdflib's parsers raise whatever their code runs into, IndexError and AssertionError too.
        reason = " ".join(str(error).split())[:300]
        raise LoadError(f"{file} cannot be read as {syntax}: {reason}") from None
    made: dict[rdflib.term.Node, Node] = {}
    for head, word, tail in found:
        node = made.setdefault(head, {"@id": [str(head)]})
        literal = isinstance(tail, rdflib.Literal)
        value = str(tail) if literal or word == RDF.type else {"@id": [str(tail)]}
        node.setdefault("@type" if word == RDF.type else str(word), []).append(value)
    for node in made.values():
        for values in node.values():
            values.sort(key=str)
    return [made[head] for head in sorted(made, key=str)]
