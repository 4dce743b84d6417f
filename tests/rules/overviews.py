"""Hypothesis strategies for what operators are told, full of whatever blogs and their visitors may write."""

from __future__ import annotations

from hypothesis import strategies as st

from bridge.overview import BlogOverview, ChatOverview, LaneOverview, Overview, ParkedOverview, Unanswered

COUNTS = ("threads", "held", "pending", "public", "waiting", "sending")
NASTY = ("@everyone", "@here", "@channel", "<!channel>", "<@U1>", "<#C1>", "<https://evil.example|blog>", "*", "`", "&")
WORDS = st.one_of(st.text(max_size=300), st.lists(st.sampled_from(NASTY), max_size=4).map(" ".join))


def few(what: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    """Give up to a dozen of them."""
    return st.lists(what, max_size=12).map(tuple)


BLOGS = st.builds(
    BlogOverview, WORDS, st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.none() | st.floats(0, 2e9),
    st.just(0.0), st.integers(0, 9), st.none() | WORDS, st.none() | WORDS, st.integers(0, 9),
)  # fmt: skip
CHATS = st.builds(ChatOverview, WORDS, st.none() | st.floats(0, 2e9), st.booleans(), st.none() | WORDS)
LANES = st.builds(LaneOverview, WORDS, WORDS, st.integers(0, 9), st.none(), st.booleans(), st.none() | WORDS)
STATES = st.sampled_from(["parked", "refused"])
PARKED = st.builds(ParkedOverview, st.none(), STATES, WORDS, WORDS, WORDS, WORDS, st.none())
UNANSWERED = st.lists(st.builds(Unanswered, WORDS, WORDS, WORDS, WORDS, WORDS, st.floats(0, 2e9)), max_size=30)
OVERVIEWS = st.builds(
    Overview, st.just(0.0), few(BLOGS), few(CHATS), few(LANES), few(PARKED), st.just(dict.fromkeys(COUNTS, 1))
)
