"""What `backchat doctor` says about a blog on WordPress: every trouble with the key to change."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.wordpress.examining import findings
from bridge.model import Finding
from tests.contracts.wordpress.answering import Desk, desk
from tests.servers.wordpress import TEA, RunningWordPress


async def examined(here: Desk) -> Sequence[Finding]:
    return await findings(here.settings, here.fetch, here.api, here.accounts)


def of(found: Sequence[Finding], words: str) -> Finding:
    """The one finding that has these words."""
    (one,) = [finding for finding in found if words in finding.what]
    return one


async def test_a_healthy_blog(wordpress: RunningWordPress) -> None:
    async with desk(wordpress, "editor", "jane") as here:
        found = await examined(here)
    assert [finding for finding in found if not finding.good] == []
    editor, jane = of(found, "accounts.editor is"), of(found, "accounts.jane is")
    assert "moderate" in editor.what and "any HTML" in editor.what and "every 16 s" in jane.what
    assert of(found, "Jane Doe's name leads to https://jane.example")
    assert of(found, "gives out application passwords").what.endswith("/wp-admin/authorize-application.php")
    for words in ("anybody may read", "newest post takes comments", "comment feed can be read", "XML-RPC"):
        assert of(found, words)


async def test_a_wrong_password_is_a_finding_with_its_key(wordpress: RunningWordPress) -> None:
    async with desk(wordpress, "jane", passwords={"jane": "wrong"}) as here:
        finding = of(await examined(here), "accounts.jane")
    assert not finding.good and "stranger" in finding.what
    assert "blogs.garden.accounts.jane" in finding.remedy and "application password" in finding.remedy


async def test_a_password_that_was_revoked_since_is_found(wordpress: RunningWordPress) -> None:
    async with desk(wordpress, "jane") as here:
        await wordpress.change_password("jane")
        assert not of(await examined(here), "accounts.jane").good


async def test_a_subscriber_is_told_that_its_answers_wait(wordpress: RunningWordPress) -> None:
    async with desk(wordpress, "sam") as here:
        finding = of(await examined(here), "accounts.sam is")
    assert not finding.good and "wait until somebody approves" in finding.what and "role author" in finding.remedy


async def test_nobody_to_answer_is_wrong_unless_the_blog_shall_only_be_read(wordpress: RunningWordPress) -> None:
    for read, good in (("auto", False), ("feed", True)):
        async with desk(wordpress, read=read) as here:
            assert of(await examined(here), "names no author").good is good


async def test_plain_http_is_enough_on_this_machine(wordpress: RunningWordPress) -> None:
    async with desk(wordpress, "editor") as here:
        assert of(await examined(here), "plain http, which is enough on this machine").good


async def test_hosts_that_let_no_password_through(wordpress: RunningWordPress) -> None:
    told = {"strip_authorization": "Authorization header", "no_application_passwords": "only over https"}
    for switch, words in told.items():
        await wordpress.switch(**{switch: True})
        async with desk(wordpress, "editor") as here:
            finding = of(await examined(here), "accounts.editor")
        assert not finding.good and words in finding.what and finding.remedy
        await wordpress.switch(**{switch: False})


async def test_an_api_that_is_closed_to_strangers_matters_only_without_accounts(wordpress: RunningWordPress) -> None:
    await wordpress.switch(rest_closed=True)
    for logins, good in ((("editor",), True), ((), False)):
        async with desk(wordpress, *logins) as here:
            finding = of(await examined(here), "strangers may not read")
        assert finding.good is good and "blogs.garden.accounts" in finding.remedy


async def test_comments_closed_on_new_posts(wordpress: RunningWordPress) -> None:
    await wordpress.write_post("Later", comments="closed")
    async with desk(wordpress, "editor") as here:
        finding = of(await examined(here), "comments are closed on the newest post")
    assert not finding.good and "Discussion" in finding.remedy


async def test_a_feed_that_is_not_there(wordpress: RunningWordPress) -> None:
    async with desk(wordpress, feed=f"{wordpress.address}/?p={TEA}", read="feed") as here:
        finding = of(await examined(here), "no comment feed")
    assert not finding.good and "blogs.garden.feed" in finding.remedy


async def test_a_blog_that_is_away_is_a_finding_and_no_error(wordpress: RunningWordPress) -> None:
    async with desk(wordpress, address="http://127.0.0.1:9") as here:
        found = await examined(here)
    assert found and not any(finding.good for finding in found) and all(finding.remedy for finding in found)


async def test_law_10_no_finding_has_a_password_in_it(wordpress: RunningWordPress) -> None:
    async with desk(wordpress, "editor", "jane", passwords={"jane": "hush hush hush hush"}) as here:
        told = repr(await examined(here))
    assert "hush" not in told and wordpress.users["editor"].application_password not in told
