"""Bytes from outside to a validated catalogue."""

from crossaisle.loaders.load import load
from crossaisle.loaders.mapping import Mapping, MappingError, preset, preset_names, read_mapping
from crossaisle.loaders.read import LoadError

__all__ = [
    "LoadError",
    "Mapping",
    "MappingError",
    "load",
    "preset",
    "preset_names",
    "read_mapping",
]
