"""For all tests: failures inside the contract suites that we ship show their values, as those in tests do."""

import os

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("bridge.testing")

# A slow moment of the machine is no failure; and what CI tries is the same each time, so that it needs no luck.
settings.register_profile("backchat", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("backchat")
