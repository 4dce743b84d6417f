"""Whom WordPress takes our authors for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.wordpress.accounts import FLOOD_PACE, Anonymous, Who
from adapters.wordpress.settings import Account
from bridge.model import AccountName
from tests.contracts.wordpress.answering import EDITOR, JANE, SAM, desk
from tests.servers.wordpress import RunningWordPress

ADMIN = AccountName("admin")


async def test_each_role_is_known_with_what_it_may_do(wordpress: RunningWordPress) -> None:
    async with desk(wordpress, "admin", "editor", "jane", "sam") as here:
        known = here.accounts.by_name
    assert {name: (one.id, one.name, one.roles) for name, one in known.items()} == {
        ADMIN: (1, "Ada Admin", ("administrator",)),
        EDITOR: (2, "Edda Editor", ("editor",)),
        JANE: (3, "Jane Doe", ("author",)),
        SAM: (5, "Sam Reader", ("subscriber",)),
    }
    assert {name: (one.moderates, one.unfiltered, one.publishes) for name, one in known.items()} == {
        ADMIN: (True, True, True),
        EDITOR: (True, True, True),
        JANE: (False, False, True),
        SAM: (False, False, False),
    }
    assert here.accounts.paces == {JANE: FLOOD_PACE, SAM: FLOOD_PACE}
    assert here.accounts.moderators == {ADMIN, EDITOR} and here.accounts.by_id[3] == JANE
    assert here.accounts.reader is not None and here.accounts.reader.name == ADMIN
    assert [remark for remark in here.accounts.remarks if "sam (subscriber)" in remark]


async def test_an_author_may_sign_in_by_e_mail_address_and_with_the_spaces_of_the_password(
    wordpress: RunningWordPress,
) -> None:
    password = wordpress.users["jane"].application_password
    spaced = " ".join(password[start : start + 4] for start in range(0, 24, 4))
    account = Account(JANE, wordpress.users["jane"].email, spaced)
    async with desk(wordpress, accounts={JANE: account}) as here:
        assert here.accounts.by_name[JANE].id == 3


async def test_a_wrong_password_is_told_though_wordpress_lets_its_bearer_read(wordpress: RunningWordPress) -> None:
    async with desk(wordpress, "jane", passwords={"jane": "abcd efgh ijkl mnop qrst uvwx"}) as here:
        assert (await here.api.get("/wp/v2/comments", account=here.settings.accounts[JANE])).status == 200
        assert here.accounts.by_name == {} and here.accounts.reader is None
        found = here.accounts.strangers[JANE]
    assert "for a stranger" in found.reason and "Authorization" in found.reason
    assert "application password" in found.remedy


async def test_where_another_account_is_known_it_is_the_password(wordpress: RunningWordPress) -> None:
    async with desk(wordpress, "editor", "jane", passwords={"jane": "wrong"}) as here:
        found = here.accounts.strangers[JANE]
    assert "wrong or was revoked" in found.reason and "Authorization" not in found.reason


async def test_a_host_that_drops_the_header_makes_strangers_of_all(wordpress: RunningWordPress) -> None:
    await wordpress.switch(strip_authorization=True)
    async with desk(wordpress, "editor", "jane") as here:
        assert set(here.accounts.strangers) == {EDITOR, JANE}
        assert all("Authorization" in one.reason for one in here.accounts.strangers.values())


async def test_plain_http_without_application_passwords_is_told_as_that(wordpress: RunningWordPress) -> None:
    await wordpress.switch(no_application_passwords=True)
    async with desk(wordpress, "jane") as here:
        found = here.accounts.strangers[JANE]
    assert "only over https" in found.reason and "https" in found.remedy


async def test_a_plugin_that_asks_early_makes_the_wrong_password_plain(wordpress: RunningWordPress) -> None:
    await wordpress.switch(early_user=True)
    async with desk(wordpress, "jane", passwords={"jane": "wrong"}) as here:
        assert "does not know jane by this application password" in here.accounts.strangers[JANE].reason


async def test_a_revoked_password_is_noticed_when_the_account_is_asked_for_again(wordpress: RunningWordPress) -> None:
    async with desk(wordpress, "editor", "jane") as here:
        assert isinstance(here.accounts.by_name[JANE], Who)
        await wordpress.change_password("jane")
        assert isinstance(await here.accounts.again(JANE), Anonymous)
        assert JANE not in here.accounts.by_name and JANE not in here.accounts.by_id.values()


async def test_law_10_no_password_stands_in_what_is_said_of_accounts(wordpress: RunningWordPress) -> None:
    secret = "hush hush hush hush hush hush"
    async with desk(wordpress, "jane", passwords={"jane": secret}) as here:
        told = repr((here.settings, here.accounts.strangers, here.accounts.remarks))
    assert "hush" not in told and "jane" in told


@pytest.mark.parametrize("own", [None, "https://jane.example/about"])
async def test_the_authors_page_is_the_configured_one_else_the_profiles_else_the_blog(
    wordpress: RunningWordPress, own: str | None
) -> None:
    async with desk(wordpress, "editor", "jane") as here:
        configured = replace(here.settings.accounts[JANE], address=own)
        here.accounts._settings = replace(here.settings, accounts={**here.settings.accounts, JANE: configured})
        assert here.accounts.page(JANE) == (own or "https://jane.example")
        assert here.accounts.page(EDITOR) == wordpress.address
