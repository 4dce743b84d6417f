"""The double's feeds: comments of the site and of a post, as RSS and Atom, with WordPress's ways.

Written from how WordPress 6.1 behaves (wp-includes/feed-rss2-comments.php, feed-atom-comments.php, class-wp.php), and
held to it by `test_double_feeds_are_true`.
"""

from __future__ import annotations

import hashlib
import html
from datetime import UTC, datetime
from email.utils import format_datetime

from tests.servers.wordpress_double_state import DoubleComment, DoublePost, State
from tests.servers.wordpress_double_text import in_description, rendered, title

_RSS_HEAD = """<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"
	xmlns:content="http://purl.org/rss/1.0/modules/content/"
	xmlns:dc="http://purl.org/dc/elements/1.1/"
	xmlns:atom="http://www.w3.org/2005/Atom"
	xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"
	>
<channel>
	<title>
	{title}	</title>
	<atom:link href="{self}" rel="self" type="application/rss+xml" />
	<link>{link}</link>
	<description></description>
	<lastBuildDate>{built}</lastBuildDate>
	<generator>https://wordpress.org/?v=6.1.9</generator>
"""
_ATOM_HEAD = """<?xml version="1.0" encoding="UTF-8" ?><feed
	xmlns="http://www.w3.org/2005/Atom"
	xml:lang="en-US"
	xmlns:thr="http://purl.org/syndication/thread/1.0"
	>
	<title type="text">
	{title}	</title>
	<subtitle type="text"></subtitle>

	<updated>{built}</updated>

	<link rel="alternate" type="text/html" href="{link}" />
	<link rel="self" type="application/atom+xml" href="{self}" />
	<id>{self}</id>
<generator uri="https://wordpress.org/" version="6.1.9">WordPress</generator>
"""


class Feeds:
    """Writes feeds. `post` is a post's number, or None for the whole site."""

    def __init__(self, state: State) -> None:
        self._state = state

    def modified(self) -> datetime:
        """The instant in Last-Modified: the newest post's or approved comment's own date, whatever happened since."""
        dates = [post.date for post in self._state.posts.values() if post.status == "publish" and post.kind == "post"]
        dates += [one.date for one in self._state.comments.values() if one.status == "approved"]
        return datetime.fromtimestamp(int(max(dates, default=0)), UTC)

    def etag(self) -> str:
        """The entity tag: made of the date, not of the text."""
        return '"' + hashlib.md5(_http(self.modified()).encode(), usedforsecurity=False).hexdigest() + '"'

    def shown(self, post: int | None) -> list[DoubleComment]:
        """The window: the newest by their own date, of any kind."""
        found = [one for one in self._state.comments.values() if one.status == "approved" and self._is_in(one, post)]
        way = -1 if self._state.switched("early_ties") else 1
        found.sort(key=lambda one: (int(one.date), way * one.number), reverse=True)
        return found[: self._state.number("posts_per_rss")]

    def _is_in(self, one: DoubleComment, post: int | None) -> bool:
        of = self._state.posts.get(one.post)
        return of is not None and (one.post == post if post is not None else of.status == "publish")

    # RSS --------------------------------------------------------------------------------------------------------------

    def rss(self, post: int | None, address: str) -> str:
        head = _RSS_HEAD.format(
            title=self._heading(post, "Comments on: {}"), self=html.escape(address), link=self._alternate(post),
            built=format_datetime(self.modified()),
        )  # fmt: skip
        hub = self._state.switched("hub")
        if hub:
            head += f'<atom:link rel="hub" href="{html.escape(hub)}"/>'
        return head + "".join(self._item(one, post) for one in self.shown(post)) + "</channel>\n</rss>\n"

    def _item(self, one: DoubleComment, feed_of: int | None) -> str:
        post = self._state.posts[one.post]
        before = self._in_reply_to(one)
        described = in_description(before + one.words)
        if post.password:
            described, content = "Protected Comments: Please enter your password to view comments.", self._door(post)
        else:
            content = rendered(before + one.words)
        return f"""	<item>
		<title>
		{self._entry_title(one, feed_of)}		</title>
		<link>{html.escape(self._state.comment_link(one))}</link>

		<dc:creator><![CDATA[{one.name}]]></dc:creator>
		<pubDate>{format_datetime(datetime.fromtimestamp(one.date, UTC))}</pubDate>
		<guid isPermaLink="false">{html.escape(self._guid(one))}</guid>

					<description><![CDATA[{described}]]></description>
			<content:encoded><![CDATA[{content}]]></content:encoded>
			</item>
"""

    # Atom -------------------------------------------------------------------------------------------------------------

    def atom(self, post: int | None, address: str) -> str:
        head = _ATOM_HEAD.format(
            title=self._heading(post, "Comments on {}"), self=html.escape(address),
            link=self._alternate(post) + ("#comments" if post is not None else ""),
            built=self.modified().strftime("%Y-%m-%dT%H:%M:%SZ"),
        )  # fmt: skip
        hub = self._state.switched("hub")
        if hub:
            head += f'<link rel="hub" href="{html.escape(hub)}"/>'
        return head + "".join(self._entry(one, post) for one in self.shown(post)) + "</feed>\n"

    def _entry(self, one: DoubleComment, feed_of: int | None) -> str:
        post = self._state.posts[one.post]
        link, when = html.escape(self._state.comment_link(one)), datetime.fromtimestamp(one.date, UTC)
        instant = when.strftime("%Y-%m-%dT%H:%M:%SZ")
        content = self._door(post) if post.password else rendered(self._in_reply_to(one) + one.words)
        uri = f"<uri>{html.escape(one.url)}</uri>" if one.url else ""
        reference, where = self._thread(one)
        return f"""	<entry>
		<title>
		{self._entry_title(one, feed_of)}		</title>
		<link rel="alternate" href="{link}" type="text/html" />

		<author>
			<name>{one.name}</name>
			{uri}
		</author>

		<id>{html.escape(self._guid(one))}</id>
		<updated>{instant}</updated>
		<published>{instant}</published>

					<content type="html" xml:base="{link}"><![CDATA[{content}]]></content>
					<thr:in-reply-to ref="{reference}" href="{where}" type="text/html" />
				</entry>
"""

    def _thread(self, one: DoubleComment) -> tuple[str, str]:
        """What Atom says a comment replies to; one whose parent is nowhere replies to itself."""
        post = self._state.posts[one.post]
        if not one.parent:
            return html.escape(post.guid), html.escape(self._state.permalink(post))
        parent = self._state.comments.get(one.parent, one)
        return html.escape(self._guid(parent)), html.escape(self._state.comment_link(parent))

    # Both -------------------------------------------------------------------------------------------------------------

    def _guid(self, one: DoubleComment) -> str:
        return f"{self._state.posts[one.post].guid}#comment-{one.number}"

    def _in_reply_to(self, one: DoubleComment) -> str:
        """The paragraph that feeds put before a reply; a parent that is held or in the trash is named all the same."""
        parent = self._state.comments.get(one.parent)
        if parent is None:
            return ""
        link = html.escape(self._state.comment_link(parent))
        return f'In reply to <a href="{link}">{parent.name}</a>.\n\n'

    def _heading(self, post: int | None, of_a_post: str) -> str:
        if post is None:
            return f"Comments for {html.escape(str(self._state.options['blogname']))}"
        return of_a_post.format(title(self._state.posts[post].title))

    def _alternate(self, post: int | None) -> str:
        return self._state.address if post is None else html.escape(self._state.permalink(self._state.posts[post]))

    def _entry_title(self, one: DoubleComment, feed_of: int | None) -> str:
        name = one.name
        if feed_of is not None:
            return f"By: {name}"
        post = self._state.posts[one.post]
        if post.password:
            return f"Comment on Protected: {title(post.title)} by {name}"
        return f"Comment on {title(post.title)} by {name}"

    def _door(self, post: DoublePost) -> str:
        action = f"{self._state.address}/wp-login.php?action=postpass"
        return f"""<form action="{action}" class="post-password-form" method="post">
<p>This content is password protected. To view it please enter your password below:</p>
<p><label for="pwbox-{post.number}">Password: <input name="post_password" type="password" /></label></p></form>
"""


def _http(when: datetime) -> str:
    return when.strftime("%a, %d %b %Y %H:%M:%S")


def http_date(when: datetime) -> str:
    """A date as HTTP headers have it."""
    return _http(when) + " GMT"
