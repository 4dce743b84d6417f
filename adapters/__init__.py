"""Blogs and chats that Backchat speaks to, found by entry point; none knows another."""
