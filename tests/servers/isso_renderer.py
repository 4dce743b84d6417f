"""Isso's own Markdown renderer, in its own environment, asked line by line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PROGRAM = """
import json, sys
from isso import config, html
conf = config.new()
conf.read([config.default_file()])
markup = html.Markup(conf)
for line in sys.stdin:
    print(json.dumps(markup.render(json.loads(line))), flush=True)
"""


class Renderer:
    """Renders Markdown as Isso does with its default settings."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def render(self, source: str) -> str:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(source) + "\n")
        self._process.stdin.flush()
        return str(json.loads(self._process.stdout.readline()))


@contextmanager
def renderer(python: Path) -> Iterator[Renderer]:
    with subprocess.Popen(
        [str(python), "-c", _PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        yield Renderer(process)
        assert process.stdin is not None
        process.stdin.close()
