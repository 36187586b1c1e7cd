"""Channels as flat named arrays, and back."""

import numpy as np
from scipy import sparse

from crossaisle.fusion.channels import (
    Channel,
    ContentTable,
    NetworkTables,
    PeopleTables,
    WalkTable,
)
from crossaisle.fusion.likeness import LikenessTable
from crossaisle.graph import Graph

LIKENESS = ("vectors", "nodes", "share", "near", "far")
"""Arrays of a likeness table that are nobody else's."""

OWN_TABLE = ("regression", "crossing regression", "latent", "image")
"""Channels with a sparse table that is nobody else's."""

Arrays = dict[str, np.ndarray]


def channels_to(channels: dict[str, Channel], features: sparse.csr_array) -> Arrays:
    """Name every array; the features are there once, whoever uses them."""
    arrays = _matrix_to("features", features)
    for name, channel in channels.items():
        if isinstance(channel, WalkTable):
            table = name if name in OWN_TABLE else "walks"  # walks: one for all scales
            arrays |= _matrix_to(table, channel.table)
            arrays[f"{table}.scale.{name}"] = channel.scale
        elif isinstance(channel, NetworkTables):
            arrays |= {"network.in": channel.leaves_in, "network.out": channel.leaves_out}
            arrays |= _matrix_to("network.mix_in", channel.mix_in)
            arrays |= _matrix_to("network.mix_out", channel.mix_out)
        elif isinstance(channel, PeopleTables):
            arrays["people.place"] = channel.place
            for aisle, source in channel.sources.items():
                # Rows inside the aisle are zero: they are not written.
                arrays[f"people.source.{aisle}"] = source[channel.aisle_of != aisle]
                arrays[f"people.target.{aisle}"] = channel.targets[aisle]
        elif isinstance(channel, ContentTable):
            arrays |= {"content.near": channel.near, "content.far": channel.far}
        elif isinstance(channel, LikenessTable):
            for part in LIKENESS:
                arrays[f"likeness.{part}"] = getattr(channel, part)
    return arrays


def channels_from(arrays: Arrays, graph: Graph) -> tuple[dict[str, Channel], sparse.csr_array]:
    """Return the channels and the features."""
    features = _matrix_from("features", arrays)
    channels: dict[str, Channel] = {}
    if "content.near" in arrays:
        factors = arrays["content.near"], arrays["content.far"]
        channels["content"] = ContentTable(features, *factors)
    if "likeness.near" in arrays:
        parts = {part: arrays[f"likeness.{part}"] for part in LIKENESS}
        channels["likeness"] = LikenessTable(features, arrays.get("text"), **parts)
    for name in ("walks", *OWN_TABLE):
        if f"{name}.data" in arrays:
            table = _matrix_from(name, arrays)
            for key in sorted(key for key in arrays if key.startswith(f"{name}.scale.")):
                channels[key.rsplit(".", 1)[1]] = WalkTable(table, arrays[key])
    if "people.place" in arrays:
        channels["people"] = _people_from(arrays, graph.aisle_of)
    if "network.in" in arrays:
        channels["network"] = NetworkTables.from_leaves(
            arrays["network.in"],
            arrays["network.out"],
            _matrix_from("network.mix_in", arrays),
            _matrix_from("network.mix_out", arrays),
        )
    return channels, features


def _people_from(arrays: Arrays, aisle_of: np.ndarray) -> PeopleTables:
    sources, targets = {}, {}
    for name, value in arrays.items():
        if name.startswith("people.source."):
            aisle = int(name.rsplit(".", 1)[1])
            whole = np.zeros((len(aisle_of), value.shape[1]), np.float32)
            whole[aisle_of != aisle] = value
            sources[aisle] = whole
            targets[aisle] = arrays[f"people.target.{aisle}"]
    return PeopleTables(aisle_of, sources, targets, arrays["people.place"])


def _matrix_to(name: str, matrix: sparse.csr_array) -> Arrays:
    return {
        f"{name}.data": matrix.data.astype(np.float32),
        f"{name}.indices": matrix.indices.astype(np.int32),
        f"{name}.indptr": matrix.indptr.astype(np.int64),
        f"{name}.shape": np.array(matrix.shape, np.int64),
    }


def _matrix_from(name: str, arrays: Arrays) -> sparse.csr_array:
    parts = tuple(arrays[f"{name}.{part}"] for part in ("data", "indices", "indptr"))
    return sparse.csr_array(parts, shape=tuple(arrays[f"{name}.shape"].tolist()))
