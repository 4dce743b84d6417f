"""What went wrong with a connection, in a few words for people."""

from __future__ import annotations

from errno import EACCES

import aiohttp
from yarl import URL


def host(url: str) -> str:
    """The host of an address, for a message."""
    try:
        return URL(url).host or "the server"
    except ValueError:
        return "the server"


def is_blip(error: BaseException) -> bool:
    """Tell whether a connection failed in a way that a second attempt may mend at once."""
    if isinstance(error, aiohttp.ClientSSLError):
        return False
    if isinstance(error, aiohttp.ClientConnectorError):
        return not _is_private(error)
    return isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError)


def _is_private(error: aiohttp.ClientConnectorError) -> bool:
    return error.os_error.errno == EACCES


def words(error: BaseException) -> str:  # noqa: C901 - one case for each thing that can happen
    """Say what went wrong; never an address with its query, which may hold secrets."""
    match error:
        case aiohttp.ConnectionTimeoutError():
            return "it did not accept a connection in time"
        case TimeoutError():
            return "it did not answer in time"
        case aiohttp.ClientConnectorDNSError():
            return "its name is not known"
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return "its certificate or encryption is not acceptable"
        case aiohttp.ClientConnectorError() if _is_private(error):
            return "it lies in a private network, where only what the configuration names is read"
        case aiohttp.ClientConnectorError():
            return "it refuses connections"
        case aiohttp.ClientPayloadError():
            return "its answer broke off or is garbled"
        case aiohttp.InvalidURL():
            return "its address is not valid"
        case aiohttp.ClientResponseError():
            return "its answer is not sound HTTP, or its headers are too long"
        case aiohttp.ClientError() | OSError():
            return "the connection broke"
    return str(error)
