"""The double's HTTP: which request is for the API, a feed, the form or a page, and who asks."""

from __future__ import annotations

import base64
import html
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from tests.servers.wordpress import USERS, User
from tests.servers.wordpress_double_asked import Answer, Asked, dumped, invalid_json, known
from tests.servers.wordpress_double_feeds import Feeds, http_date
from tests.servers.wordpress_double_rest import Rest
from tests.servers.wordpress_double_state import DoubleComment, DoublePost, NotAllowed, State
from tests.servers.wordpress_double_text import rendered, title

_ERROR_PAGE = """<!DOCTYPE html>
<html lang="en-US"><head><title>Comment Submission Failure</title></head>
<body id="error-page">
	<div class="wp-die-message"><p>{}</p></div>
<p><a href='javascript:history.back()'>&laquo; Back</a></p></body></html>"""


def token(login: str) -> str:
    """The OAuth token of an account on the double of WordPress.com."""
    return "token-" + USERS[login].application_password


class Served:
    """Speaks HTTP for the state."""

    def __init__(self, state: State, asked: list[str], site: str) -> None:
        self._state = state
        self._asked = asked
        self._site = site
        self._feeds = Feeds(state)
        self._rest = Rest(state, self._rest_url)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self._asked.append(f"{request.method} {request.path_qs}")
        path = request.path
        if self._site and path.startswith("/wp/v2/"):
            return await self._api(request, path.replace(f"/sites/{self._site}", "", 1))
        if not self._site and (route := self._route(request)) is not None:
            return await self._api(request, route)
        if path == "/wp-comments-post.php":
            return await self._form(request)
        if path == "/xmlrpc.php":
            return web.Response(
                status=405, text="XML-RPC server accepts POST requests only.", headers={"Allow": "POST"}
            )
        return self._page(request)

    # The API ----------------------------------------------------------------------------------------------------------

    def _route(self, request: web.Request) -> str | None:
        """The API's route that a request names, if it names one."""
        if "rest_route" in request.query:
            return request.query["rest_route"]
        if self._state.is_pretty and (request.path + "/").startswith("/wp-json/"):
            return request.path.removeprefix("/wp-json") or "/"
        return None

    def _rest_url(self, route: str) -> str:
        if self._site:
            return f"{self._state.address}/wp/v2/sites/{self._site}{route.removeprefix('/wp/v2')}"
        if self._state.is_pretty:
            return f"{self._state.address}/wp-json{route}"
        return f"{self._state.address}/index.php?rest_route={route}"

    async def _api(self, request: web.Request, route: str) -> web.Response:
        if self._state.switched("rest_gone"):
            return web.Response(status=404)
        user, wrong = self._who(request)
        query = dict(request.query)
        if wrong is not None:
            answer = wrong
        elif (given := await _body(request)) is None:
            answer = invalid_json()
        else:
            given = {**_listed(request), **given}
            method = "GET" if request.method == "HEAD" else request.method
            agent = request.headers.get("User-Agent", "")
            answer = self._rest.answer(Asked(method, route, user, query, given, _source(request), agent))
        return self._answered(answer, user)

    def _answered(self, answer: Answer, user: User | None) -> web.Response:
        headers = {
            "X-Robots-Tag": "noindex",
            "X-Content-Type-Options": "nosniff",
            "Access-Control-Expose-Headers": "X-WP-Total, X-WP-TotalPages, Link",
            **answer.headers,
        }
        headers.setdefault("Link", self._announced())
        if user is not None:
            headers["Cache-Control"] = "no-cache, must-revalidate, max-age=0"
        return web.Response(
            text=dumped(answer.data),
            status=answer.status,
            headers=headers,
            content_type="application/json",
            charset="UTF-8",
        )

    def _announced(self) -> str:
        return f'<{self._rest_url("/")}>; rel="https://api.w.org/"'

    def _who(self, request: web.Request) -> tuple[User | None, Answer | None]:
        """Who asks, or why nobody may. A wrong password is nobody, not an error: unless a plugin asked early."""
        state, header = self._state, request.headers.get("Authorization", "")
        scheme, _, credentials = header.partition(" ")
        if self._site:
            user = next(
                (user for login, user in USERS.items() if scheme == "Bearer" and credentials == token(login)), None
            )
            if header and user is None:
                return None, _error(403, "rest_forbidden", "The OAuth2 token is invalid.")
            return user, None
        hears = scheme == "Basic" and not (
            state.switched("strip_authorization") or state.switched("no_application_passwords")
        )
        login, password = _basic(credentials) if hears else ("", "")
        user = known(login)
        right = user is not None and state.passwords.get(user.login) == password.replace(" ", "")
        if hears and not right and state.switched("early_user"):
            if user is None:
                return None, _error(401, "invalid_username", "Unknown username. Check again or try your email address.")
            return None, _error(401, "incorrect_password", "The provided password is an invalid application password.")
        if not right and state.switched("rest_closed"):
            return None, _error(401, "rest_not_logged_in", "You are not currently logged in.")
        return (user if right else None), None

    # The form ---------------------------------------------------------------------------------------------------------

    async def _form(self, request: web.Request) -> web.Response:
        if request.method != "POST":
            return web.Response(status=405, headers={"Allow": "POST"})
        form = {name: str(value) for name, value in (await request.post()).items()}
        post = self._state.posts.get(int(form.get("comment_post_ID") or 0))
        why = self._refusal(form, post)
        if why is not None:
            return _refused(*why)
        assert post is not None
        new = DoubleComment(
            0, post.number, int(form.get("comment_parent") or 0), 0, form["author"].strip(), form["email"].strip(),
            form.get("url", "").strip(), form["comment"].strip(), "comment", "hold", float(int(self._state.now())),
            ip=_source(request), agent=request.headers.get("User-Agent", ""),
        )  # fmt: skip
        try:
            self._state.take(new, None)
        except NotAllowed as no:
            return _refused(409 if no.code == "comment_duplicate" else 429, no.message)
        location = self._state.comment_link(new)
        if new.status == "hold":
            page, _, anchor = location.partition("#")
            location = f"{page}?unapproved={new.number}&moderation-hash=40aa8de86489125b05ced94871dc4c5e#{anchor}"
        return web.Response(status=302, headers={"Location": location, "X-Redirect-By": "WordPress"})

    def _refusal(self, form: Mapping[str, str], post: DoublePost | None) -> tuple[int, str] | None:
        """Why the form is not taken: status and sentence."""
        if post is None or post.status != "publish":
            return 200, ""
        if post.comments != "open":
            return 403, "Sorry, comments are closed for this item."
        if post.password:
            return 200, ""
        if self._state.number("comment_registration"):
            return 403, "Sorry, you must be logged in to comment."
        if self._state.number("require_name_email") and not (form.get("author") and form.get("email")):
            return 200, "<strong>Error:</strong> Please fill the required fields."
        if not form.get("comment", "").strip():
            return 200, "<strong>Error:</strong> Please type your comment text."
        return None

    # Pages and feeds --------------------------------------------------------------------------------------------------

    def _page(self, request: web.Request) -> web.StreamResponse:
        state, path = self._state, request.path
        if not state.is_pretty and path not in {"/", "/index.php"}:
            return web.Response(status=404, headers={"Content-Type": "text/html; charset=UTF-8"})
        feed = _feed(path, request)
        if feed is not None:
            return self._feed(request, *feed)
        if "p" in request.query and state.is_pretty:
            post = state.posts.get(int(request.query["p"]))
            if post is not None and post.status == "publish":
                return web.Response(
                    status=301, headers={"Location": state.permalink(post), "X-Redirect-By": "WordPress"}
                )
        return self._html(request)

    def _html(self, request: web.Request) -> web.Response:
        if request.path in {"/", "/index.php"} and not {"p", "page_id"} & set(request.query):
            return self._document(str(self._state.options["blogname"]), "", None)
        post = self._post_at(request)
        if post is None or post.status != "publish":
            return web.Response(status=404, text="<h1>Nothing found</h1>", content_type="text/html")
        comments = "".join(
            f'<li id="comment-{one.number}" class="{one.kind} depth-1"><cite>{html.escape(one.name)}</cite>'
            f"{rendered(one.words)}</li>"
            for one in self._state.on(post.number)
            if one.status == "approved" and one.kind != "note"  # as since 6.9
        )
        return self._document(title(post.title), f"{post.words}<ol>{comments}</ol>", post)

    def _document(self, heading: str, body: str, post: DoublePost | None) -> web.Response:
        address = self._state.address
        announced = (
            ""
            if self._state.switched("rest_gone")
            else f'<link rel="https://api.w.org/" href="{self._rest_url("/")}" />'
        )
        feed = f"{address}/comments/feed/" if self._state.is_pretty else f"{address}/?feed=comments-rss2"
        own = ""
        if post is not None:
            link = self._state.permalink(post)
            own = f'<link rel="shortlink" href="{address}/?p={post.number}" /><link rel="canonical" href="{link}" />\n'
            own += f'<link rel="alternate" type="application/rss+xml" href="{link}feed/" />'
        text = f"""<!DOCTYPE html>
<html lang="en-US"><head><meta charset="UTF-8" /><title>{heading}</title>
<link rel="alternate" type="application/rss+xml" title="Test Blog &raquo; Feed" href="{address}/feed/" />
<link rel="alternate" type="application/rss+xml" title="Test Blog &raquo; Comments Feed" href="{feed}" />
{own}{announced}<meta name="generator" content="WordPress 6.1.9" />
</head><body><h1>{heading}</h1>{body}</body></html>"""
        headers = {} if self._state.switched("rest_gone") else {"Link": self._announced()}
        return web.Response(text=text, content_type="text/html", charset="UTF-8", headers=headers)

    def _post_at(self, request: web.Request) -> DoublePost | None:
        number = request.query.get("p") or request.query.get("page_id")
        if number:
            return self._state.posts.get(int(number))
        path = self._state.address + request.path.removesuffix("feed/").removesuffix("feed/atom/").rstrip("/") + "/"
        posts = self._state.posts.values()
        return next((post for post in posts if self._state.permalink(post) == path), None)

    def _feed(self, request: web.Request, is_atom: bool, of_a_post: bool) -> web.Response:
        if "paged" in request.query and not of_a_post:
            return web.Response(status=404)
        post = self._post_at(request) if of_a_post else None
        if of_a_post and (post is None or post.status != "publish"):
            return web.Response(status=404)
        modified, etag = http_date(self._feeds.modified()), self._feeds.etag()
        kind = "application/atom+xml" if is_atom else "application/rss+xml"
        headers = {"Last-Modified": modified, "ETag": etag, "Content-Type": f"{kind}; charset=UTF-8"}
        if _is_unchanged(request, etag, modified):
            return web.Response(status=304, headers=headers)
        if not self._state.switched("rest_gone"):
            headers["Link"] = self._announced()
        write = self._feeds.atom if is_atom else self._feeds.rss
        address = self._state.address + request.path_qs
        return web.Response(body=write(None if post is None else post.number, address).encode(), headers=headers)


def _feed(path: str, request: web.Request) -> tuple[bool, bool] | None:
    """Whether a feed of comments is asked for: (is it Atom, is it a post's)."""
    asked = request.query.get("feed", "")
    if asked:
        return asked.endswith("atom"), not asked.startswith("comments-")
    if path.endswith(("/feed/", "/feed/atom/", "/feed", "/feed/atom")):
        return "/atom" in path, not path.startswith("/comments/feed")
    return None


def _is_unchanged(request: web.Request, etag: str, modified: str) -> bool:
    """What WordPress compares: the tag letter by letter, the date by its order; both, where both were sent."""
    tag, since = request.headers.get("If-None-Match"), request.headers.get("If-Modified-Since")
    same_tag = tag is not None and tag == etag
    not_newer = since is not None and _instant(since) >= _instant(modified)
    if tag is not None and since is not None:
        return same_tag and not_newer
    return same_tag or not_newer


def _instant(text: str) -> float:
    try:
        return time.mktime(time.strptime(text, "%a, %d %b %Y %H:%M:%S GMT"))
    except ValueError:
        return 0.0


async def _body(request: web.Request) -> dict[str, Any] | None:
    """The fields of a body, JSON or a form; None where it is no JSON although it says so."""
    raw = await request.read()
    if not raw:
        return {}
    if "json" not in request.content_type:
        return dict(parse_qsl(raw.decode(errors="replace"), keep_blank_values=True))
    try:
        value = json.loads(raw)
    except ValueError:
        return None
    return value if isinstance(value, dict) else {}


def _listed(request: web.Request) -> dict[str, Any]:
    """The query, with `name[]=a&name[]=b` as a list."""
    given: dict[str, Any] = {}
    for name, value in request.query.items():
        if name.endswith("]") and "[" in name:
            given.setdefault(name.partition("[")[0], []).append(value)
        else:
            given[name] = value
    return given


def _basic(credentials: str) -> tuple[str, str]:
    try:
        login, _, password = base64.b64decode(credentials).decode().partition(":")
    except ValueError:
        return "", ""
    return login, password


def _source(request: web.Request) -> str:
    return request.headers.get("X-Backchat-Source") or request.remote or "127.0.0.1"


def _error(status: int, code: str, message: str) -> Answer:
    return Answer({"code": code, "message": message, "data": {"status": status}}, status)


def _refused(status: int, sentence: str) -> web.Response:
    return web.Response(status=status, text=_ERROR_PAGE.format(sentence) if sentence else "", content_type="text/html")
