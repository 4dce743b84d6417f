"""`backchat doctor`: tries everything out, live, and says what to do where something is wrong."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from bridge.cli import FAILED, Choice

if TYPE_CHECKING:
    from bridge.cli.setup.examining import Examined


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print {good, examined: [{about, findings, remarks}]}.")
@click.pass_obj
def doctor(choice: Choice, *, as_json: bool) -> int:
    """Try the configuration, the ledger, every blog, chat and route; ✓ or ✗ for each, with the remedy.

    Connects to the blogs and chats as `backchat run` does, but changes nothing anywhere; a daemon may be running.
    Exits 1 if something is ✗.
    """
    found = asyncio.run(_all(choice, tell=not as_json))
    good = all(one.good for one in found)
    if as_json:
        click.echo(json.dumps({"good": good, "examined": [asdict(one) for one in found]}, ensure_ascii=False, indent=2))
    else:
        click.echo("All is well." if good else "Something needs you: see the lines with ✗.")
    return 0 if good else FAILED


async def _all(choice: Choice, *, tell: bool) -> list[Examined]:
    from bridge.cli.setup.examining import examined

    found = []
    async for one in examined(choice.path):
        found.append(one)
        if tell:
            _tell(one)
    return found


def _tell(one: Examined) -> None:
    click.echo(one.about)
    for finding in one.findings:
        remedy = f"\n      → {finding.remedy}" if finding.remedy and not finding.good else ""
        click.echo(f"  {'✓' if finding.good else '✗'} {finding.what}{remedy}")
    for remark in one.remarks:
        click.echo(f"  · {remark}")
