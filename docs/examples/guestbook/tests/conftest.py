"""Failures inside Backchat's suites show their values, as those in these tests do."""

import pytest

pytest.register_assert_rewrite("bridge.testing")
