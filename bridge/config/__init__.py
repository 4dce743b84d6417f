"""The configuration: TOML into typed settings, with every problem of the file reported at once."""

from __future__ import annotations

from bridge.config.load import load, state_of
from bridge.config.settings import BlogSettings, ChatSettings, Rename, Settings

__all__ = ["BlogSettings", "ChatSettings", "Rename", "Settings", "load", "state_of"]
