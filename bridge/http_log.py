"""The log of an HTTP server of ours, without what anybody can cause from outside."""

from __future__ import annotations

import logging

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError


class _NotOurFault(logging.Filter):
    """Keeps out of the log what anybody can cause: a request that is no HTTP was answered, and is no fault here."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the record is worth a line."""
        return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError | web.RequestPayloadError))


_FILTER = _NotOurFault()


def http_log(server: str) -> logging.Logger:
    """Give the logger for aiohttp's own words about the server in the module `server`."""
    log = logging.getLogger(f"{server}.http")
    log.addFilter(_FILTER)
    return log
