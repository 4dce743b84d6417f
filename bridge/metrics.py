"""Everything that can be counted, in the Prometheus exposition formats.

What stands is read from the ledger at each scrape; what has happened is counted since the process began. Labels are
names from the configuration and words of ours, never anything that a visitor wrote.
"""

from __future__ import annotations

import logging
import platform
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bridge import __version__, settle
from bridge.house import House, OpenChat
from bridge.overview import BlogOverview, ChatOverview, Overview
from bridge.ports import Gauges

log = logging.getLogger("backchat.metrics")

_HAPPENED = {
    "reading": ("readings", "Readings of a blog by how they ended.", ("blog", "outcome")),
    "news": ("news", "How often a blog told that there is something new.", ("blog",)),
    "disconnection": ("disconnections", "How often a chat could be heard no more.", ("chat",)),
    "delivery": ("deliveries", "Steps by how they ended.", ("kind", "step", "outcome")),
    "reload": ("reloads", "Changed configurations, taken over or refused.", ("outcome",)),
}
"""What `Pulse.count` counts, with the name and the labels that it has here."""
_OF_BLOGS: tuple[tuple[str, str, Callable[[BlogOverview], float | None]], ...] = (
    ("blog_paused", "Whether a person must look before it is read again.", lambda blog: blog.paused is not None),
    ("blog_last_read_timestamp_seconds", "When the blog was last read to the end.", lambda blog: blog.last_read),
    ("blog_next_read_timestamp_seconds", "When the blog is read next.", lambda blog: blog.next_read),
    ("blog_failures", "Readings that have failed in a row.", lambda blog: blog.failures),
    ("comments", "Comments that are known.", lambda blog: blog.comments),
    ("comments_unanswered", "Comments that wait for an author.", lambda blog: blog.unanswered),
    ("comments_pending", "Comments that wait for the blog's moderator.", lambda blog: blog.pending),
    ("comments_missed", "Comments that could not be reached (gaps).", lambda blog: blog.gaps),
)
_OF_CHATS: tuple[tuple[str, str, Callable[[ChatOverview], float | None]], ...] = (
    ("chat_caught_up", "Whether all that was written is recorded.", lambda chat: chat.caught_up),
    ("chat_last_event_timestamp_seconds", "When something was last heard.", lambda chat: chat.last_event),
    ("messages_missed", "Messages that could not be read (gaps).", lambda chat: chat.gaps),
)
_COUNTED = {
    "threads": "Threads that stand.",
    "held": "Answers that can still be undone.",
    "pending": "Answers that wait for the blog's moderator.",
    "waiting": "Targets that wait for their next step.",
    "sending": "Steps that are under way.",
    "unjudged": "Chat events that are recorded and not judged yet.",
    "failed": "Chat events that could not be judged through a fault of ours.",
}
"""What of `Overview.counts` is shown, under these very words."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,60}")
_OURS = frozenset({"chat_open", *(name for name, _, _ in _OF_CHATS)})
_KINDS = dict.fromkeys((*settle.KINDS, "event"), 0)
_FOR_PEOPLE = {"parked": "What only a person can decide.", "refused": "What a platform will not have."}


@dataclass(frozen=True, slots=True)
class Told:
    """One instant of a daemon, complete in itself: made on the event loop, written down on a thread."""

    standing: Overview
    done: Counter[tuple[str, ...]]
    ages: Mapping[str, float]
    overdue: Mapping[str, float]
    blogs: Mapping[str, bool]
    chats: Mapping[str, bool]
    measured: Mapping[str, Mapping[str, float]]
    """What chats measure themselves, by its name, then by the chat's."""

    @classmethod
    def of(cls, house: House, standing: Overview) -> Told:
        """This instant of a house."""
        return cls(
            standing,
            Counter(house.pulse.done),
            house.pulse.ages(),
            house.pulse.overdue(),
            {blog.name: blog.ready is not None for blog in house.blogs.values()},
            {chat.name: chat.ready is not None for chat in house.chats.values()},
            _measured(house),
        )


def _measured(house: House) -> Mapping[str, Mapping[str, float]]:
    """What chats measure; a name that is none, or is the core's own, is left out, for one such spoils all metrics."""
    measured: dict[str, dict[str, float]] = {}
    for chat in house.chats.values():
        for name, value in _gauges(chat).items():
            if _NAME.fullmatch(name) and f"chat_{name}" not in _OURS:
                measured.setdefault(name, {})[chat.name] = value
    return measured


def _gauges(chat: OpenChat) -> Mapping[str, float]:
    """What a chat measures; nothing where its adapter fails to say it."""
    try:
        adapter = chat.adapter
        return {str(n): float(v) for n, v in adapter.gauges().items()} if isinstance(adapter, Gauges) else {}
    except Exception:  # a fault of one adapter must not take everybody's metrics away
        log.exception("the chat %s cannot tell what it measures", chat.name)
        return {}


def exposition(told: Told, accept: str) -> tuple[bytes, str]:
    """The metrics in the format that an `Accept` header asks for, and its content type."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Told(told))
    ProcessCollector(registry=registry)
    encoder, kind = choose_encoder(accept)
    return encoder(registry), kind


@dataclass(frozen=True, slots=True, eq=False)
class _Told(Collector):
    told: Told

    def collect(self) -> Iterator[Metric]:
        """All of it."""
        told, standing = self.told, self.told.standing
        build = GaugeMetricFamily("backchat_build_info", "What runs here.", labels=("version", "python"))
        build.add_metric((__version__, platform.python_version()), 1)
        yield build
        yield _gauge("blog_open", "Whether the blog has been reached.", "blog", told.blogs)
        for name, meaning, of_blog in _OF_BLOGS:
            yield _gauge(name, meaning, "blog", {b.name: of_blog(b) for b in standing.blogs if b.name in told.blogs})
        yield _gauge("chat_open", "Whether the chat has been reached.", "chat", told.chats)
        for name, meaning, of_chat in _OF_CHATS:
            yield _gauge(name, meaning, "chat", {c.name: of_chat(c) for c in standing.chats if c.name in told.chats})
        for name, values in told.measured.items():
            yield _gauge(f"chat_{name}", "As the chat's adapter measures it.", "chat", values)
        for word, meaning in _COUNTED.items():
            yield GaugeMetricFamily(f"backchat_{word}", meaning, standing.counts.get(word, 0))
        yield from _of_lanes(standing)
        for state, meaning in _FOR_PEOPLE.items():
            kinds = Counter(one.kind for one in standing.parked if one.state == state)
            yield _gauge(state, meaning, "kind", _KINDS | kinds)
        yield from _happened(told.done)
        yield _gauge("loop_age_seconds", "Seconds since a loop last got on.", "loop", told.ages)
        yield GaugeMetricFamily("backchat_loops_overdue", "Loops that should have got on by now.", len(told.overdue))


def _gauge(name: str, meaning: str, label: str, values: Mapping[str, float | None]) -> Metric:
    """One number for each value of a label; what is not known is left out."""
    gauge = GaugeMetricFamily(f"backchat_{name}", meaning, labels=(label,))
    for value, number in values.items():
        if number is not None:
            gauge.add_metric((value,), number)
    return gauge


def _of_lanes(standing: Overview) -> Iterator[Metric]:
    due = [lane.due for lane in standing.lanes if lane.due is not None]
    oldest = max(0.0, standing.at - min(due)) if due else 0.0
    yield GaugeMetricFamily("backchat_lanes_waiting", "Lanes that something waits in.", len(standing.lanes))
    yield GaugeMetricFamily("backchat_oldest_waiting_seconds", "For how long the most overdue lane is due.", oldest)


def _happened(done: Counter[tuple[str, ...]]) -> Iterator[Metric]:
    for what, (name, meaning, labels) in _HAPPENED.items():
        counter = CounterMetricFamily(f"backchat_{name}", meaning, labels=labels)
        for (word, *values), many in done.items():
            if word == what:
                counter.add_metric(values, many)
        yield counter
