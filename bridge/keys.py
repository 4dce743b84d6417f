"""Idempotency keys: the same step of the same thing always has the same key, and nobody else can make one."""

from __future__ import annotations

import base64
import hashlib
import hmac

from bridge.model import Key


def key(secret: bytes, place: str, native: str, part: int, words: str, generation: int) -> Key:
    """Derive the key of one part of one thing in one place.

    It is made from natural names, so that a restored backup finds what it had sent, and from the instance's
    `secret`, so that no commenter can plant one. 24 characters of base32 (RFC 4648, lower case): 120 bits.
    """
    fields = (place, native, str(part), hashlib.blake2b(words.encode(), digest_size=16).hexdigest(), str(generation))
    message = b"".join(len(field.encode()).to_bytes(4, "big") + field.encode() for field in fields)
    digest = hmac.new(secret, message, hashlib.sha256).digest()
    return Key(base64.b32encode(digest[:15]).decode().lower())
