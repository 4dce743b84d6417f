"""What `backchat doctor` says of a route's moderation rooms, and the log at start."""

from __future__ import annotations

from dataclasses import replace

from bridge.cli.setup.examining import _route
from bridge.model import AccountName, BlogLimits, ChatLimits, Guarantee
from bridge.ports import BlogAbility, BlogReady, ChatAbility, ChatReady
from bridge.testing.stage import desk, place, route

BLOG = BlogReady(
    frozenset(BlogAbility), BlogLimits(), Guarantee.ONE, frozenset(map(AccountName, ("ada", "eve"))),
    moderators=frozenset({AccountName("ada")}),
)  # fmt: skip
CHATS = {"lounge": ChatReady(frozenset(ChatAbility), ChatLimits(), Guarantee.ONE)}
MODERATED = route(replace(place(), moderators={"bob": AccountName("ada")}), desks=[desk()])


def test_a_route_whose_moderators_may_moderate_is_in_order() -> None:
    found = _route(MODERATED, BLOG, CHATS)
    assert found.good and found.remarks == ()
    assert [finding.what for finding in found.findings] == [
        "garden → garden in lounge: answers by ada",
        "garden → backroom in lounge: moderated by mod",
    ]


def test_an_account_that_may_not_moderate_is_told_with_those_that_may() -> None:
    found = _route(route(desks=[desk(mod="eve")]), BLOG, CHATS)
    (bad,) = [finding for finding in found.findings if not finding.good]
    assert bad.what == "mod moderates as the account 'eve', which may not moderate on garden"
    assert bad.remedy == "write one of: ada; or give the account the right on the blog"


def test_what_the_blog_and_the_chat_cannot_do_is_said_and_is_no_fault() -> None:
    blind = replace(BLOG, abilities=BLOG.abilities - {BlogAbility.MODERATE, BlogAbility.READ_PENDING})
    mute = {"lounge": replace(CHATS["lounge"], abilities=frozenset[ChatAbility]())}
    found = _route(MODERATED, blind, mute)
    assert found.good and found.remarks == (
        "The chat lounge can show no choices, so nobody moderates from there: what waits is told in words.",
        "What waits for approval on the blog garden cannot be read, so its moderation rooms stay empty.",
        "The blog garden cannot be moderated from here: comments are shown without choices.",
    )


def test_a_route_without_moderators_says_nothing_of_them() -> None:
    blind = replace(BLOG, abilities=frozenset[BlogAbility]({BlogAbility.PUBLISH}))
    assert _route(route(), blind, CHATS).remarks == ()
