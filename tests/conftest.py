"""For all tests: failures inside the contract suites that we ship show their values, as those in tests do."""

import os
import signal

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("bridge.testing")

# A slow moment of the machine is no failure; and what CI tries is the same each time, so that it needs no luck.
settings.register_profile("backchat", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("backchat")

# A shell that starts the tests in the background has them ignore Ctrl-C, and every process that they start with them.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
