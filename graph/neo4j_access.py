"""User, password and database of a Neo4j server: from the environment, never an argument."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from crossaisle.graph.store import StoreError


@dataclass(frozen=True)
class Access:
    """Who asks, and which database; None is the user's home database."""

    user: str
    password: str = field(repr=False)
    database: str | None

    @classmethod
    def from_environment(cls) -> "Access":
        """Read CROSSAISLE_NEO4J_USER, _PASSWORD or _PASSWORD_FILE, and _DATABASE.

        Raises:
            StoreError: there is no password, or its file cannot be read.
        """
        user = os.environ.get("CROSSAISLE_NEO4J_USER") or "neo4j"
        database = os.environ.get("CROSSAISLE_NEO4J_DATABASE") or None
        password = os.environ.get("CROSSAISLE_NEO4J_PASSWORD")
        if password:
            return cls(user, password, database)
        file = os.environ.get("CROSSAISLE_NEO4J_PASSWORD_FILE")
        if not file:
            raise StoreError(
                "no password for Neo4j: set CROSSAISLE_NEO4J_PASSWORD, or "
                "CROSSAISLE_NEO4J_PASSWORD_FILE to the path of a file that holds it"
            )
        try:
            password = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(
                f"CROSSAISLE_NEO4J_PASSWORD_FILE names {file}, which cannot be read: {error}"
            ) from None
        if not password:
            raise StoreError(f"CROSSAISLE_NEO4J_PASSWORD_FILE names {file}, which is empty")
        return cls(user, password, database)
