"""Backchat's core: it knows blogs and chats only through the ports, never by name."""

__version__ = "0.1.0"
