"""first_password.py URL FILE: give a fresh server a random password and keep it in FILE (mode 600).

Only the standard library: this runs before anything is installed. The password goes over HTTP to
this machine's own server, never on a command line where other users could see it.
"""

import base64
import json
import os
import secrets
import sys
import urllib.error
import urllib.request
from pathlib import Path


def change(url: str, new: str) -> None:
    """Change neo4j's first password, which a fresh server asks for before it does anything else."""
    statement = {
        "statement": "ALTER CURRENT USER SET PASSWORD FROM 'neo4j' TO $new",
        "parameters": {"new": new},
    }
    request = urllib.request.Request(
        f"{url}/db/system/query/v2",
        data=json.dumps(statement).encode(),
        headers={
            "Content-Type": "application/json",
            "Authorization": "Basic " + base64.b64encode(b"neo4j:neo4j").decode(),
        },
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        errors = json.load(answer).get("errors")
    if errors:
        sys.exit(f"the server refused a new password: {errors}")


def main() -> None:
    """Do it once: a file that is there holds the password already."""
    url, file = sys.argv[1], Path(sys.argv[2])
    if file.exists():
        return
    new = secrets.token_urlsafe(18)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        change(url, new)
    except (urllib.error.URLError, OSError) as error:
        os.close(handle)
        file.unlink()
        detail = error.read().decode() if isinstance(error, urllib.error.HTTPError) else ""
        sys.exit(f"cannot set the first password at {url}: {error} {detail}")
    with os.fdopen(handle, "w") as out:
        out.write(new + "\n")


main()
