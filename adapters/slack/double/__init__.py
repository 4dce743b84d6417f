"""A double of Slack: the Web API, Socket Mode and HTTP events on loopback, for the demo and tests.

The adapter imports none of it. It imports nothing of ours either, and computes for itself what the adapter computes
too: each is a check of the other.
"""

from __future__ import annotations

from adapters.slack.double.double import Double, running
from adapters.slack.double.people import Person
from adapters.slack.double.problems import Problem

__all__ = ["Double", "Person", "Problem", "running"]
