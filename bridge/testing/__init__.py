"""Public test kit: a driven clock, a fake blog and chat, and the suites that every adapter and ledger must pass."""
