"""Make loaders/taxonomy/*.parquet from Shopify's product taxonomy (MIT), release 2025-08.

    python benchmarks/build_taxonomy.py shopify-product-taxonomy-2025-08.tar.gz

The archive is the source tree of https://github.com/Shopify/product-taxonomy at that release.
PyYAML comes with transformers. The result is the same for the same archive.
"""

import sys
import tarfile
from pathlib import Path
from typing import Any

import polars as pl
import yaml

TARGET = Path(__file__).parents[1] / "loaders" / "taxonomy"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def main(archive: Path) -> None:
    """Read the archive, write the three tables and the licence."""
    with tarfile.open(archive) as tar:
        root = tar.getnames()[0].split("/")[0]
        raw = {
            member.name.removeprefix(f"{root}/"): tar.extractfile(member).read()
            for member in tar
            if member.isfile() and member.name.endswith((".yml", "LICENSE", "VERSION"))
        }
    parsed = {
        name: yaml.load(text, LOADER)
        for name, text in raw.items()
        if name.startswith("data/") and "integrations" not in name
    }
    zh = {kind: _translations(parsed, kind) for kind in ("categories", "attributes", "values")}
    _write("categories", _categories(parsed, zh["categories"]))
    _write("attributes", _attributes(parsed["data/attributes.yml"], zh["attributes"]))
    _write("values", _values(parsed, zh["values"]))
    (TARGET / "LICENSE").write_bytes(raw["LICENSE"])


def _translations(parsed: dict[str, Any], kind: str) -> dict[str, str]:
    entries = parsed[f"data/localizations/{kind}/zh-CN.yml"]["zh-CN"][kind]
    return {key: str(entry["name"]).strip() for key, entry in entries.items()}


def _categories(parsed: dict[str, Any], zh: dict[str, str]) -> pl.DataFrame:
    entries = {
        entry["id"]: entry
        for name, content in parsed.items()
        if name.startswith("data/categories/")
        for entry in content
    }
    parents = {child: key for key, entry in entries.items() for child in entry.get("children", [])}

    def path(key: str) -> str:
        name = entries[key]["name"].strip()
        return f"{path(parents[key])} > {name}" if key in parents else name

    rows = [
        {
            "id": key,
            "name": entry["name"].strip(),
            "path": path(key),
            "level": path(key).count(" > ") + 1,
            "parent": parents.get(key),
            "name_zh": zh[key],
            "attributes": entry.get("attributes") or [],
        }
        for key, entry in entries.items()
    ]
    types = {"level": pl.UInt8, "attributes": pl.List(pl.String)}
    return pl.DataFrame(rows, schema_overrides=types).sort("path")


def _attributes(content: dict[str, Any], zh: dict[str, str]) -> pl.DataFrame:
    rows = [
        {
            "id": entry["friendly_id"],
            "name": entry["name"].strip(),
            "name_zh": zh[entry["friendly_id"]],
            "values_from": entry.get("values_from"),
        }
        for entry in content["base_attributes"] + content["extended_attributes"]
    ]
    return pl.DataFrame(rows, schema_overrides={"values_from": pl.String}).sort("id")


def _values(parsed: dict[str, Any], zh: dict[str, str]) -> pl.DataFrame:
    names = {entry["friendly_id"]: entry["name"].strip() for entry in parsed["data/values.yml"]}
    rows = [
        {"id": value, "attribute": entry["friendly_id"], "name": names[value], "name_zh": zh[value]}
        for entry in parsed["data/attributes.yml"]["base_attributes"]
        for value in entry["values"]
    ]
    return pl.DataFrame(rows).sort("attribute", "id")


def _write(name: str, frame: pl.DataFrame) -> None:
    path = TARGET / f"{name}.parquet"
    frame.write_parquet(path, compression="zstd", compression_level=19, statistics=False)
    print(f"{path.name}: {frame.height} rows, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
