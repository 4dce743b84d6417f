"""Public test kit: what every adapter and ledger must prove, and fakes that have proven it.

Suites, each a class to subclass and one hook to fill in (a test in them is named `law_NN` where it proves that law):

- `blog_contract.BlogContract`: a blog adapter, on a `BlogScene`: the blog, and people who use it without Backchat
- `chat_contract.ChatContract`: a chat adapter, on a `ChatScene`
- `ledger_contract.LedgerContract`: a ledger; `contract.Contract`: what the suites share, for a suite of your own

Fakes, which pass the same suites, and help to test what stands on them:

- `fake_blog.FakeBlog`, `fake_chat.FakeChat`: a blog and a chat in memory; `faults` is what can happen to their requests
- `clock.DrivenClock`: time that passes when the test says so
- `stage.Stage`: the three loops of Backchat between a fake blog and fake chats, for tests of whole stories

The tests that use a suite need pytest and pytest-asyncio, installed beside Backchat, and in their project:

    [tool.pytest.ini_options]                                 # pyproject.toml
    asyncio_mode = "auto"

    pytest.register_assert_rewrite("bridge.testing")          # conftest.py: failures show their values

Nothing that Backchat runs imports these modules. docs/adding-an-adapter.md goes through a whole adapter with its tests.
The names in these modules are kept as long as `bridge.ports.PORT_VERSION` is; a suite may get more tests at any time.
"""
