"""How Slack writes down what there is (https://docs.slack.dev/reference/objects)."""

from __future__ import annotations

import copy
from typing import Any

from adapters.slack.double.things import Channel, File, Message, User
from adapters.slack.double.world import World

_PICTURES = "https://avatars.slack-edge.example"
STONE = "This message was deleted."


def message(world: World, one: Message, *, metadata: str = "") -> dict[str, Any]:
    """A message; `metadata` "all" shows it whole, "type" its event_type, and "" (as in events) nothing of it."""
    shape: dict[str, Any] = {"type": "message"}
    if one.subtype is not None:
        shape["subtype"] = one.subtype
    shape |= {"text": one.text, "ts": one.ts}
    if one.user is not None:
        shape["user"] = one.user
    shape |= _author(world, one)
    return shape | _more(world, one, metadata) | _thread(world, one)


def _more(world: World, one: Message, metadata: str) -> dict[str, Any]:
    shape: dict[str, Any] = {}
    if one.client_id is not None:
        shape["client_msg_id"] = one.client_id
    for name in ("blocks", "attachments"):
        if getattr(one, name):
            shape[name] = copy.deepcopy(getattr(one, name))
    if one.files:
        shape |= {"files": [file(world, each) for each in one.files], "upload": False}
    if one.edited is not None:
        shape["edited"] = {"user": one.edited[0], "ts": one.edited[1]}
    if one.metadata is not None and metadata:
        shape["metadata"] = copy.deepcopy(one.metadata)
        if metadata == "type":
            shape["metadata"] = {"event_type": one.metadata["event_type"]}
    if one.reactions:
        shape["reactions"] = [
            {"name": name, "users": list(who), "count": len(who)} for name, who in one.reactions.items()
        ]
    return shape


def _author(world: World, one: Message) -> dict[str, Any]:
    if one.bot is not None:
        shape: dict[str, Any] = {"bot_id": one.bot}
        if one.app is not None:
            shape["app_id"] = one.app
        if one.username is not None:
            return {**shape, "username": one.username, **({"icons": dict(one.icons)} if one.icons else {})}
        return {**shape, "team": world.team.id, "bot_profile": bot_profile(world)}
    user = world.users.get(one.user or "")
    if user is None:
        return {}
    shape = {"team": user.team.id}
    if user.team is not world.team:
        shape |= {"user_team": user.team.id, "source_team": user.team.id, "user_profile": _short(user)}
    return shape


def _thread(world: World, one: Message) -> dict[str, Any]:
    channel = world.channels[one.channel]
    if one.thread is not None and one.thread != one.ts:
        parent = world.find(channel, one.thread)
        shape: dict[str, Any] = {"thread_ts": one.thread}
        if parent is not None and parent.user is not None:
            shape["parent_user_id"] = parent.user
        if one.broadcast and parent is not None:
            shape["root"] = message(world, parent)
        return shape
    replies = world.replies(channel, one.ts)
    if not replies:
        return {}
    # who wrote under a name of its own is counted by the bot's id
    users = list(dict.fromkeys(each.user or each.bot or "" for each in replies))
    return {
        "thread_ts": one.ts, "reply_count": len(replies), "reply_users_count": len(users), "reply_users": users[:5],
        "latest_reply": replies[-1].ts, "is_locked": one.locked, "subscribed": False,
    }  # fmt: skip


def bot_profile(world: World) -> dict[str, Any]:
    """The bot beside a message of its own."""
    app = world.app
    return {
        "id": app.bot_id, "app_id": app.id, "user_id": app.user.id, "name": app.name, "icons": _icons(),
        "deleted": False, "updated": app.user.updated, "team_id": world.team.id,
    }  # fmt: skip


def _icons() -> dict[str, str]:
    return {f"image_{size}": f"{_PICTURES}/bot_{size}.png" for size in (36, 48, 72)}


def bot(world: World) -> dict[str, Any]:
    """A bot, by bots.info."""
    app = world.app
    return {
        "id": app.bot_id, "deleted": False, "name": app.name, "updated": app.user.updated, "app_id": app.id,
        "user_id": app.user.id, "icons": _icons(),
    }  # fmt: skip


def _pictures(user: User) -> dict[str, str]:
    return {f"image_{size}": f"{_PICTURES}/{user.id}_{size}.png" for size in (24, 32, 48, 72, 192, 512)}


def _short(user: User) -> dict[str, Any]:
    return {
        "avatar_hash": "g" + user.id[-11:].lower(), "image_72": _pictures(user)["image_72"], "first_name": user.name,
        "real_name": user.name, "display_name": user.display_name, "team": user.team.id, "name": user.name.lower(),
        "is_restricted": False, "is_ultra_restricted": False,
    }  # fmt: skip


def user(world: World, one: User) -> dict[str, Any]:
    """An account, by users.info."""
    profile: dict[str, Any] = {
        "title": "", "phone": "", "skype": "", "real_name": one.name, "real_name_normalized": one.name,
        "display_name": one.display_name, "display_name_normalized": one.display_name, "status_text": "",
        "status_emoji": "", "status_expiration": 0, "avatar_hash": "g" + one.id[-11:].lower(), "first_name": one.name,
        "last_name": "", "team": one.team.id, **_pictures(one),
    }  # fmt: skip
    if one.bot is not None:
        profile |= {"bot_id": one.bot, "api_app_id": one.app or "", "always_active": True}
    shape: dict[str, Any] = {
        "id": one.id, "team_id": one.team.id, "name": handle(one), "deleted": one.deleted, "profile": profile,
        "is_bot": one.bot is not None, "updated": one.updated, "is_app_user": False,
    }  # fmt: skip
    if not one.deleted:
        shape |= {
            "color": "9f69e7", "real_name": one.name, "tz": "Etc/UTC", "tz_label": "UTC", "tz_offset": 0,
            "is_admin": one.admin, "is_owner": one.admin, "is_primary_owner": False, "is_restricted": False,
            "is_ultra_restricted": False, "is_email_confirmed": one.bot is None,
            "who_can_share_contact_card": "EVERYONE",
        }  # fmt: skip
    if one.team is not world.team and world.team.id not in one.workspaces:
        shape["is_stranger"] = True
    if one.workspaces:
        shape["enterprise_user"] = {
            "id": one.id, "enterprise_id": "E0HIGHABOVE", "enterprise_name": "High Above", "is_admin": False,
            "is_owner": False, "is_primary_owner": False, "teams": list(one.workspaces),
        }  # fmt: skip
    return shape


def handle(one: User) -> str:
    """The account's old handle, which commands and clicks still carry."""
    return "".join(letter for letter in one.name.lower() if letter.isascii() and letter.isalnum()) or one.id.lower()


def channel(world: World, one: Channel, who: str) -> dict[str, Any]:
    """A channel, by conversations.info."""
    shared = [world.team.id, *(team.id for team in one.teams)]
    return {
        "id": one.id, "name": one.name, "is_channel": not one.private, "is_group": False, "is_im": False,
        "is_mpim": False, "is_private": one.private, "created": one.created, "is_archived": one.archived,
        "is_general": False, "unlinked": 0, "name_normalized": one.name, "is_shared": bool(one.teams),
        "is_org_shared": False, "is_pending_ext_shared": False, "pending_shared": [],
        "context_team_id": world.team.id, "updated": one.created * 1000, "parent_conversation": None,
        "creator": one.creator, "is_ext_shared": bool(one.teams), "shared_team_ids": shared,
        "pending_connected_team_ids": [], "is_member": who in one.members, "previous_names": list(one.previous),
        "topic": {"value": one.topic, "creator": one.creator if one.topic else "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        **({"connected_team_ids": [team.id for team in one.teams]} if one.teams else {}),
    }  # fmt: skip


def file(world: World, one: File) -> dict[str, Any]:
    """A file; of one that was removed only the id and its mode are left."""
    if one.mode == "tombstone":
        return {"id": one.id, "mode": "tombstone"}
    address = f"{world.address}/files-pri/{world.team.id}-{one.id}/{one.name}"
    if one.mode == "external":
        address = f"https://files.example/{one.name}"
    kind = one.name.rpartition(".")[2]
    return {
        "id": one.id, "created": one.created, "timestamp": one.created, "name": one.name, "title": one.name,
        "mimetype": one.type, "filetype": kind, "pretty_type": kind.upper(), "user": one.user,
        "user_team": world.users[one.user].team.id, "editable": False, "size": len(one.content), "mode": one.mode,
        "is_external": one.mode == "external", "external_type": "gdrive" if one.mode == "external" else "",
        "is_public": True, "public_url_shared": False, "display_as_bot": False, "username": "", "url_private": address,
        "url_private_download": address.replace("/files-pri/", "/files-pri/download/"),
        "permalink": f"https://{world.team.domain}.slack.example/files/{one.user}/{one.id}/{one.name}",
        "permalink_public": f"https://slack-files.example/{world.team.id}-{one.id}-0123456789",
        "file_access": "visible",
    }  # fmt: skip
