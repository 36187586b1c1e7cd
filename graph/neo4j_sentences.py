"""What to say when a Neo4j server refuses: a sentence with what to do, no driver types."""

import contextlib
from collections.abc import Iterator

from crossaisle.graph.store import StoreError
from neo4j import exceptions as refused

SHOWN = 60  # characters of a value that an error shows


class RefusedError(StoreError):
    """The server understood us and refused a statement, or values in its rows."""


def wrong_login(address: str, user: str, code: str) -> str:
    """Say why the server does not let ``user`` in."""
    if code.endswith("AuthenticationRateLimit"):
        return f"{address}: too many wrong passwords; wait a few seconds, then try again"
    if code.endswith("CredentialsExpired"):
        return f"{address}: {user} must choose a new password first: log in with Neo4j Browser"
    return (
        f"{address} does not let the user {user!r} in: check CROSSAISLE_NEO4J_USER and "
        "CROSSAISLE_NEO4J_PASSWORD or CROSSAISLE_NEO4J_PASSWORD_FILE"
    )


def unreachable(address: str, error: BaseException) -> str:
    """Say why no conversation came about: the certificate, no TLS at all, nobody there."""
    texts = [f"{type(one).__name__}: {one}" for one in _causes(error)]
    if any("CertificateError" in text or "CERTIFICATE_VERIFY" in text for text in texts):
        return (
            f"{address}: the server's certificate cannot be verified; install its issuer on this "
            "machine (SSL_CERT_FILE), or trust it unverified with neo4j+ssc://"
        )
    if any("SSL" in text or "BoltSecurityError" in text for text in texts):
        return f"{address}: no encrypted connection; a server without TLS is at neo4j:// instead"
    return (
        f"no Neo4j server answers at {address}: start one (`make neo4j`), "
        "or check host, port and firewall"
    )


def read_only(address: str) -> str:
    """Say that nothing can be written there."""
    return (
        f"{address}: the database is read-only; name another with CROSSAISLE_NEO4J_DATABASE, "
        "or let it be written"
    )


def claimed(address: str) -> str:
    """Say that another build is under way."""
    return f"another process is writing {address}: wait until it is done"


def lost(address: str) -> str:
    """Say that this build lost its claim to another one."""
    return (
        f"{address}: another build has begun meanwhile (did the server restart?) and goes on; "
        "this one stopped before it could mix with it"
    )


def refusal(address: str, code: str, message: str) -> StoreError:
    """Return the error for a statement that the server refused."""
    if code.endswith("DatabaseNotFound"):
        return StoreError(
            f"{address}: there is no such database; check CROSSAISLE_NEO4J_DATABASE ({message})"
        )
    if "ReadOnly" in code:
        return StoreError(read_only(address))
    if code.endswith("Security.Forbidden"):
        return StoreError(
            f"{address}: this user may not do that ({message}); docs/neo4j.md lists what it needs"
        )
    if code.endswith("ConstraintCreationFailed"):
        return StoreError(
            f"{address}: the database holds nodes with the same id twice, from another program "
            f"({message}); use an empty database"
        )
    return RefusedError(f"the server refused the statement: {message}")


@contextlib.contextmanager
def as_sentences(address: str, user: str) -> Iterator[None]:
    """Turn the driver's exceptions into a :class:`StoreError` that says it in a sentence."""
    try:
        yield
    except refused.AuthError as error:
        raise StoreError(wrong_login(address, user, error.code or "")) from None
    except refused.ForbiddenOnReadOnlyDatabase:
        raise StoreError(read_only(address)) from None
    except refused.IncompleteCommit:
        raise StoreError(
            f"{address}: the connection broke during a commit; run it again, "
            "it goes on where it stopped"
        ) from None
    except (refused.ServiceUnavailable, refused.SessionExpired, OSError) as error:
        raise StoreError(unreachable(address, error)) from None
    except (refused.ClientError, refused.DatabaseError) as error:
        raise refusal(address, error.code or "", first_line(error)) from None
    except refused.ConfigurationError as error:
        raise StoreError(f"{address} is not an address of Neo4j: {error}") from None
    except (refused.Neo4jError, refused.DriverError) as error:
        raise StoreError(f"{address}: {first_line(error)}") from None


def first_line(error: Exception) -> str:
    """Return what an exception says, without what follows."""
    text = getattr(error, "message", None) or str(error)
    return str(text).strip().splitlines()[0]


def short(row: dict[str, object]) -> str:
    """Show a row, long values cut, so that a person finds it again."""
    return ", ".join(
        f"{name}={text if len(text) <= SHOWN else text[:SHOWN] + '…'}"
        for name, text in ((name, repr(value)) for name, value in row.items() if value is not None)
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
