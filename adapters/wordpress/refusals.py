"""What WordPress says when it does not take a comment, in words for the person who wrote it.

The codes are those of `WP_REST_Comments_Controller` and `wp_allow_comment` (6.1 to 6.6).
"""

from __future__ import annotations

from adapters.wordpress.accounts import FLOOD_PACE, Accounts, Anonymous
from adapters.wordpress.api import ApiRefusal
from bridge.errors import Refused, RetryLater, StepError
from bridge.model import AccountName

_A_WHILE = 300.0
_WORDS = {
    "rest_comment_closed": "comments are closed on this post",
    "rest_comment_invalid_post_id": "the post is no longer on the blog",
    "rest_comment_trash_post": "the post is in the trash of the blog",
    "rest_comment_draft_post": "the post is no longer public on the blog",
    "rest_cannot_read_post": "this author's account may not read the post: it is private, or has a password",
    "rest_comment_content_invalid": "WordPress takes no comment without words",
    "comment_content_column_length": "the answer is too long for WordPress",
    "comment_author_url_column_length": "WordPress does not take the address of this author's account: it is too long",
    "rest_comment_author_data_required": "WordPress wants a name and an e-mail address of this author's account",
    "rest_trash_not_supported": "this WordPress keeps no trash: delete the comment there, or mark it as spam",
    "rest_comment_invalid_id": "the comment is no longer on the blog",
}
_NOT_ALLOWED = frozenset({"rest_cannot_edit", "rest_cannot_delete", "rest_cannot_read", "rest_forbidden_context"})


async def refusal_of(accounts: Accounts, account: AccountName, refusal: ApiRefusal) -> StepError:
    """Judge a refusal; nothing was done. A 401 has the account asked for anew. Raises as `Accounts.again`."""
    if refusal.code == "comment_flood":
        wait = max(refusal.retry_after or 0.0, FLOOD_PACE)
        return RetryLater("WordPress takes one comment in 15 seconds from this author; it will be tried again", wait)
    if refusal.code in _WORDS:
        return Refused(_WORDS[refusal.code])
    if refusal.status == 401:
        found = await accounts.again(account)
        if isinstance(found, Anonymous):
            return Refused(found.reason)
    if refusal.code in _NOT_ALLOWED:
        return Refused("this author's account may not do that there: on posts of others only editors may")
    if not refusal.code or refusal.code == "rest_no_route":
        return _by_status(refusal)
    return Refused(f"WordPress refuses: {refusal.message}")


def _by_status(refusal: ApiRefusal) -> StepError:
    """What no WordPress said: something that stands before it, or a blog whose API is away."""
    if refusal.status in {404, 405, 408, 425, 429}:
        return RetryLater(
            f"the blog's API does not answer just now: {refusal.message}", refusal.retry_after or _A_WHILE
        )
    return Refused(f"something that stands before the blog forbids it: {refusal.message}")
