"""From a blog's address to a running Backchat: what `backchat init` finds and writes, and what `doctor` tries out."""
