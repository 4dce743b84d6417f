"""Secrets of the demo's parts, as files that nobody else can read: the demo's configuration names them."""

from __future__ import annotations

import json
import os
from pathlib import Path


def kept(path: Path, secret: str) -> str:
    """Keep a secret in a file; returns what a configuration (TOML) says instead of it."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret)
    return f"{{ file = {json.dumps(str(path.absolute()))} }}"
