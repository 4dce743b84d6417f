"""What WordPress does to a comment's text, as far as `test_double_text_is_true` compares it with the real one.

Stored: kses for those who may not post unfiltered HTML, `rel` on links for everybody. Rendered: typographic quotes,
bare links made links, smilies, paragraphs.
"""

from __future__ import annotations

import html
import re

_KSES = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "acronym": {"title"},
    "b": set[str](),
    "blockquote": {"cite"},
    "cite": set[str](),
    "code": set[str](),
    "del": {"datetime"},
    "em": set[str](),
    "i": set[str](),
    "q": {"cite"},
    "s": set[str](),
    "strike": set[str](),
    "strong": set[str](),
}
"""What a comment by somebody without `unfiltered_html` may hold ($allowedtags in wp-includes/kses.php)."""
_TOKEN = re.compile(r"<!--.*?(?:-->|$)|<[^>]*(?:>|$)|>", re.DOTALL)
_LESS_THAN = re.compile(r"<[^>]*?(?:(?=<)|>|$)")
_TAG = re.compile(r"(<[^>]*>)")
_BLOCK = re.compile(r"(</?(?:blockquote|p|pre|ul|ol|li|div|h[1-6])(?:\s[^>]*)?>)")
_LINK = re.compile(r"(?<![\w\"'=>/])(https?://[^\s<>()]*[^\s<>().,;:!?])")
_SMILIES = {":)": "🙂", ":-)": "🙂", ";)": "😉", ";-)": "😉", ":(": "🙁", ":D": "😀", ":-D": "😀"}
_SMILEY = re.compile(r"(?<!\S)(" + "|".join(map(re.escape, _SMILIES)) + r")(?!\S)")
_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]\ufe0f?")


def stored(words: str, *, unfiltered: bool) -> str:
    """What is kept of a comment's text."""
    kept = words if unfiltered else _TOKEN.sub(_kses_token, _entities(_LESS_THAN.sub(_not_a_tag, words)))
    return re.sub(r"<a (?![^>]*\brel=)([^>]*)>", r'<a \1 rel="nofollow ugc">', kept)


def _not_a_tag(found: re.Match[str]) -> str:
    return found[0] if ">" in found[0] else html.escape(found[0])


def address(url: str) -> str:
    """What is kept of an author's address."""
    return re.sub(r"&(?!#\d+;|amp;)", "&amp;", url)


def _kses_token(found: re.Match[str]) -> str:
    token = found[0]
    if token.startswith("<!--"):
        return token
    parts = re.fullmatch(r"<\s*(/?)\s*([a-zA-Z0-9-]+)([^>]*)>?", token)
    if parts is None:
        return token.replace("<", "&lt;").replace(">", "&gt;") if token == ">" else ""
    name = parts[2].lower()
    if name not in _KSES:
        return ""
    if parts[1]:
        return f"</{name}>"
    attributes = re.findall(r"""([a-zA-Z]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""", parts[3])
    kept = [
        f' {key.lower()}="{_harmless(double or single)}"'
        for key, double, single in attributes
        if key.lower() in _KSES[name]
    ]
    return f"<{name}{''.join(kept)}>"


def _harmless(value: str) -> str:
    """An address without a scheme that runs anything."""
    return re.sub(r"^\s*(?:javascript|data|vbscript):", "", value, flags=re.IGNORECASE)


def _entities(words: str) -> str:
    """Entities as kses writes them: numbers with three digits, and no ampersand by itself."""
    words = re.sub(r"&(?!#\d+;|#[xX][0-9a-fA-F]+;|[A-Za-z][A-Za-z0-9]*;)", "&amp;", words)
    return re.sub(r"&#(\d+);", lambda found: f"&#{int(found[1]):03d};", words)


def rendered(words: str) -> str:
    """What is shown of a stored text: REST's `content.rendered`, a feed's content."""
    return _paragraphs(_balanced(_smilies(_clickable(_lone_ampersands(_typographic(words))))))


def in_description(words: str) -> str:
    """What an RSS description holds: escaped once more, emoji as images."""
    escaped = _lone_ampersands(_typographic(words)).replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return _EMOJI.sub(_image, escaped)


def _image(found: re.Match[str]) -> str:
    code = "-".join(f"{ord(one):x}" for one in found[0] if one != "\ufe0f")
    source = f"https://s.w.org/images/core/emoji/14.0.0/72x72/{code}.png"
    return f'<img src="{source}" alt="{found[0]}" class="wp-smiley" style="height: 1em; max-height: 1em;" />'


def _outside_tags(words: str) -> list[str]:
    return _TAG.split(words)


def _typographic(words: str) -> str:
    """Curl quotes, join dashes: wptexturize, in its commonest cases; code stays as it is."""
    code = 0
    out = []
    for piece in _outside_tags(words):
        if piece.startswith("<"):
            name = piece.strip("</> ").split(" ")[0]
            if name in {"code", "pre", "script", "style"}:
                code += -1 if piece.startswith("</") else 1
            out.append(piece)
        else:
            out.append(piece if code > 0 else _curled(piece))
    return "".join(out)


def _curled(piece: str) -> str:
    piece = piece.replace("...", "&#8230;")
    piece = re.sub(r"'(?=\d\ds?\b)", "&#8217;", piece)
    piece = re.sub(r"(^|(?<=[\s(\[]))'(?=\S)", "&#8216;", piece)
    piece = piece.replace("'", "&#8217;")
    piece = re.sub(r'(^|(?<=[\s(\[]))"(?=\S)', "&#8220;", piece)
    piece = piece.replace('"', "&#8221;")
    piece = piece.replace("---", "&#8212;").replace(" -- ", " &#8212; ").replace("--", "&#8211;")
    return piece.replace(" - ", " &#8211; ")


def _lone_ampersands(words: str) -> str:
    """Ampersands that begin no entity, wherever they stand: convert_chars."""
    return re.sub(r"&(?!#\d+;|#x[0-9a-f]+;|[A-Za-z]\w*;)", "&#038;", words)


def _clickable(words: str) -> str:
    depth = 0
    out = []
    for piece in _outside_tags(words):
        if piece.startswith("<"):
            if re.match(r"</?(a|code|pre|script|style)\b", piece):
                depth += -1 if piece.startswith("</") else 1
            out.append(piece)
        else:
            out.append(piece if depth > 0 else _LINK.sub(_linked, piece))
    return "".join(out)


def _linked(found: re.Match[str]) -> str:
    link = found[1].replace("&amp;", "&#038;")
    return f'<a href="{link}" rel="nofollow ugc">{link}</a>'


def _balanced(words: str) -> str:
    """Close what was opened and never closed: force_balance_tags, in its commonest case."""
    opened: list[str] = []
    for found in re.finditer(r"<(/?)([a-z]+)[^>]*>", words):
        if found[1] and found[2] in opened:
            opened.remove(found[2])
        elif not found[1] and found[2] not in {"br", "img", "hr"}:
            opened.append(found[2])
    return words + "".join(f"</{name}>" for name in reversed(opened))


def _smilies(words: str) -> str:
    depth = 0
    out = []
    for piece in _outside_tags(words):
        if re.match(r"</?(code|pre|script|style|textarea)\b", piece):
            depth += -1 if piece.startswith("</") else 1
        plain = depth > 0 or piece.startswith("<")
        out.append(piece if plain else _SMILEY.sub(lambda found: _SMILIES[found[1]], piece))
    return "".join(out)


def _paragraphs(words: str) -> str:
    """Blank lines part paragraphs, single ends of line become `<br />`: wpautop, in its commonest cases."""
    if not words.strip():
        return ""
    words = _BLOCK.sub(lambda found: ("\n\n" if "</" not in found[1] else "") + found[1] + "\n\n", words.strip())
    made = []
    for paragraph in re.split(r"\n\s*\n", words):
        lines = paragraph.strip("\n")
        if not lines.strip():
            continue
        if _BLOCK.fullmatch(lines):
            made.append(lines)
        elif closing := re.fullmatch(r"(?s)(.*?)(</(?:blockquote|div|li)>)", lines):
            made.append(f"<p>{_broken(closing[1])}</p>{closing[2]}")
        elif _BLOCK.match(lines):
            made.append(lines)
        else:
            made.append(f"<p>{_broken(lines)}</p>")
    text = "\n".join(made) + "\n"
    return re.sub(r"(<(?:blockquote)[^>]*>)\n", r"\1", text)


def _broken(lines: str) -> str:
    return re.sub(r"(?<!<br />)\s*\n", "<br />\n", lines.strip())


def title(words: str) -> str:
    """A post's title as it is shown."""
    return _curled(html.escape(words, quote=False))
