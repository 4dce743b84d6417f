"""Where secrets come from: the environment, files, systemd's credentials (law 10: they appear in no message)."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

WAYS = 'must be text, { env = "NAME" }, { file = "PATH" } or { credential = "NAME" }'
MOST = 64 * 1024
"""Bytes of a file that can be a secret."""
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CREDENTIAL = re.compile(r"[A-Za-z0-9_.@:-]{1,255}")


class NoSecret(Exception):
    """The secret cannot be had; the message says why, as the end of a sentence that begins with its key."""


def secret(value: Any, folder: Path) -> str:
    """The secret that a value of the configuration leads to; relative paths start at `folder`. Raises `NoSecret`."""
    if isinstance(value, str):
        return _not_empty(value, "is empty: write the secret, or leave the line out")
    if not isinstance(value, Mapping) or len(value) != 1:
        raise NoSecret(WAYS)
    ((source, name),) = value.items()
    if not isinstance(name, str):
        raise NoSecret(WAYS)
    if source == "env":
        return _from_environment(name)
    if source == "file":
        return _from_file(secret_file(name, folder))
    if source == "credential":
        return _from_credential(name)
    raise NoSecret(WAYS)


def secret_file(name: str, folder: Path) -> Path:
    """The file that `{ file = … }` names. Raises `NoSecret` where there is no home directory for the ~ in it."""
    try:
        return folder / Path(name).expanduser()
    except RuntimeError as error:
        raise NoSecret(f"is to come from the file {name}, which cannot be found: {error}") from None


def seen_by_all(path: Path) -> bool:
    """Whether every user of this machine can read a file."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(mode) and bool(mode & stat.S_IROTH)


def _from_environment(name: str) -> str:
    if not _VARIABLE.fullmatch(name):  # perhaps it is the secret itself: it is not repeated
        raise NoSecret("names no environment variable: write its name, made of letters, digits and _")
    return _not_empty(
        os.environ.get(name, ""),
        f"is to come from the environment variable {name}, which is not set: set it, or write another source",
    )


def _from_file(path: Path) -> str:
    where = f"is to come from the file {path}, which"
    try:
        with path.open("rb") as file:
            content = file.read(MOST + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "its name has a NUL in it"
        raise NoSecret(f"{where} cannot be read ({why}): put the secret there, or name another file") from None
    if len(content) > MOST:
        raise NoSecret(f"{where} is too large for a secret: name the right file")
    try:
        return _not_empty(content.decode("utf-8").strip(), f"{where} is empty: put the secret into it")
    except UnicodeDecodeError:
        raise NoSecret(f"{where} is no text in UTF-8: write the secret into it anew") from None


def _from_credential(name: str) -> str:
    """Read a credential as systemd hands it over (systemd.exec(5), "Credentials")."""
    if not _CREDENTIAL.fullmatch(name) or name in {".", ".."}:
        raise NoSecret('names no credential: its name has letters, digits and -_.@: only, and no "/"')
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise NoSecret(
            f"is to come from the systemd credential {name}, but nobody handed credentials over (CREDENTIALS_DIRECTORY"
            f" is not set): start Backchat as a service with LoadCredential={name}:FILE, or write another source"
        )
    path = Path(folder) / name
    if not _may_be_there(path):
        raise NoSecret(
            f"is to come from the systemd credential {name}, which the service was not given: add"
            f" LoadCredential={name}:FILE to its unit"
        )
    return _from_file(path)


def _may_be_there(path: Path) -> bool:
    """Whether reading it can say more: systemd 252 lets a service's other commands not even look into the folder."""
    try:
        path.stat()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True


def _not_empty(value: str, problem: str) -> str:
    if not value:
        raise NoSecret(problem)
    return value
