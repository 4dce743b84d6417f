"""A double of Discord: REST v10 and the gateway on loopback, for the demo and tests; the adapter imports none of it.

It imports nothing of ours either, and computes for itself what the adapter computes too: each is a check of the other.
"""

from __future__ import annotations

from adapters.discord.double.double import Double, running
from adapters.discord.double.people import Person
from adapters.discord.double.problems import Problem

__all__ = ["Double", "Person", "Problem", "running"]
