"""What Backchat costs, each figure against the barest program that does the same (`make bench`; docs/performance.md).

Both sides run in processes of their own, in turns, and what is compared is the CPU that they took: it does not depend
on what else the machine does, as time would.
"""
