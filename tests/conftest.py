"""For all tests: failures inside the contract suites that we ship show their values, as those in tests do."""

import pytest

pytest.register_assert_rewrite("bridge.testing")
