"""What a mistake in the syntax of a TOML file probably is, in words, with its remedy. Pure.

Values are never repeated: a line may hold a secret (law 10).
"""

from __future__ import annotations

import re

_CURLY = "“”„«»‘’‚`"
_KEY = re.compile(r"""\s*([A-Za-z0-9_.-]+|"[^"]*")\s*[=:]""")
_HEADER = re.compile(r"""\s*\[{1,2}\s*([\w."' -]+?)\s*\]{1,2}\s*(?:#.*)?$""")
_EXAMPLE = "compare the line with config.example.toml"

_TELLING = {
    "cannot declare": "this table stands in the file already: put its keys under the first one",
    "cannot redefine": "this name has another meaning above: keep one of the two",
    "cannot mutate": "this name has another meaning above: keep one of the two",
    "duplicate inline table key": "this key stands twice between the same { and }: keep one",
    "unclosed array": "a list is not closed: write ] behind its last element, and commas between them",
    "unclosed inline table": 'a table in { } is not closed on its line: write }, as in { env = "NAME" }',
    "unterminated string": 'a text that begins with """ is not closed: write """ at its end, or one " on each side',
    "expected ']'": "the table's name is not closed: write [blogs.NAME] or [[routes.NAME.rooms]]",
    "unescaped '\\'": "a backslash has a meaning of its own between double quotes: write '…' around the text",
    "invalid hex value": "a backslash has a meaning of its own between double quotes: write '…' around the text",
    "escaped character": "a \\u escape names no character: write the character itself",
    "exceeds the limit": "a number with thousands of digits means nothing here: write a smaller one",
    "found invalid character": "there is an invisible control character: write the line anew",
}
"""Beginnings of the parser's messages, and what they mean for people."""


def explained(what: str, lines: list[str], line: int, column: int) -> str:
    """The parser's message `what` as a sentence with a remedy; line and column are counted from 1."""
    text = lines[line - 1] if line <= len(lines) else ""
    rest = text[column - 1 :].lstrip()
    if what.startswith("found invalid character '\\n'"):
        return _text(what)
    for beginning, sentence in _TELLING.items():
        if what.startswith(beginning):
            return sentence
    if what.startswith("cannot overwrite"):
        table = "this table, or a key of its name, stands" if text.lstrip().startswith("[") else "this key stands"
        return f"{table} in the file already: keep one of them"
    if any(mark in rest[:1] for mark in _CURLY if rest):
        return 'these quotes are curly ones, as word processors make them: write straight ones, as in "text"'
    if what.startswith("invalid value"):
        return _value(rest)
    if what.startswith(("illegal character", 'expected "\'"')):
        return _text(what)
    if what.startswith("expected '='") or what in {"invalid statement", "invalid initial character for a key part"}:
        return _key(text, rest)
    if what.startswith("expected newline"):
        return _behind(text, rest)
    return f"{what}: {_EXAMPLE}"


def key_at(lines: list[str], line: int) -> str:
    """The key path that a line is about, as far as its beginning and the tables above it tell; may be empty."""
    text = lines[line - 1] if line <= len(lines) else ""
    own = _KEY.match(text)
    for above in range(min(line, len(lines)), 0, -1):
        header = _HEADER.match(lines[above - 1])
        if header is not None:
            return header.group(1) + (f".{own.group(1)}" if own is not None and above != line else "")
    return own.group(1) if own is not None else ""


def _value(rest: str) -> str:
    word = rest.split("#", maxsplit=1)[0].strip().lower()
    if not word:
        return "there is no value behind the =: write one, or leave the line out"
    if word in {"true", "yes", "on", "false", "no", "off"}:
        return f"write {'true' if word in {'true', 'yes', 'on'} else 'false'}, in lower case and without quotes"
    if word in {"none", "null", "nil"}:
        return "there is no empty value in TOML: leave the line out"
    return 'text stands between double quotes: write key = "text"'


def _text(what: str) -> str:
    if "\\n" in what or what.startswith("expected"):
        quote = "'" if what.startswith("expected") else '"'
        return f"a text is not closed on its line: write {quote} at its end"
    if "\\r" in what:
        return "a line ends as on old Macs, with a bare carriage return: save the file with Unix line ends"
    return "there is an invisible control character in a text: write it anew"


def _key(text: str, rest: str) -> str:
    if text.lstrip().startswith("{"):
        return "this is JSON: a configuration is TOML, with tables such as [blogs.NAME] and lines such as key = value"
    if text.lstrip().startswith("["):
        return "the table has no proper name: write [blogs.NAME], with letters, digits, - and _ only"
    if rest.startswith(":"):
        return 'this is written as in YAML: write = in place of the colon, as in key = "text"'
    if "{" in text.partition("=")[2]:
        return "a table in { } stands on one line, without a comma at its end"
    if "=" not in text:
        return "a line is missing its =: write key = value, or put # before a remark"
    return "a key has letters a to z, digits, - and _ only; any other stands between double quotes"


def _behind(text: str, rest: str) -> str:
    if rest.startswith((",", ";")):
        return f"nothing separates lines in TOML: leave the {rest[0]} out"
    if rest.startswith("//"):
        return "remarks begin with #: write # in place of //"
    if re.search(r"=\s*[+-]?\d[\d_.]*[A-Za-z\d:-]", text):
        return 'a number with a unit is text, and a number begins with no 0: write "30s", between quotes'
    return "something stands behind the value: put each key on a line of its own, and # before a remark"
