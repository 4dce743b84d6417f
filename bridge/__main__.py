"""`python -m bridge` is `backchat`."""

from bridge.cli import main

main()
