"""A real Isso of our own on loopback, for the demo and for tests: its environment, its settings, its process."""

from __future__ import annotations

import asyncio
import fcntl
import os
import select
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from hashlib import blake2b
from pathlib import Path

from bridge.demo.loopback import LOOPBACK
from bridge.errors import BackchatError

_ISSO = "isso==0.14.0"
_REQUIREMENTS = (
    "bleach==6.4.0",
    "html5lib==1.1",
    "itsdangerous==2.2.0",
    "Jinja2==3.1.6",
    "MarkupSafe==3.0.4",
    "mistune==3.4.0",
    "six==1.17.0",
    "webencodings==0.6.1",
    "Werkzeug==3.1.9",
)
"""What Isso needs. It asks for misaka too, which has no wheel (its default renderer is mistune), and for setuptools."""
_INSTALL = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps")
_STARTING = 30.0
_STOPPING = 5.0
_DIE_WITH_PARENT = """
import ctypes, os, signal, sys
try:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
except (AttributeError, OSError):
    pass  # no Linux: the pid file is all there is
if os.getppid() != int(sys.argv[1]):
    sys.exit("the parent is gone")
sys.argv = ["isso", "-c", sys.argv[2], "run"]
from isso import main
main()
"""

Sections = Mapping[str, Mapping[str, str]]
"""Isso's settings: section, key, value."""


class ServerError(BackchatError):
    """Isso could not be installed or started; the message says why."""


# --- Environment ------------------------------------------------------------------------------------------------------


async def environment(folder: Path, say: Callable[[str], None]) -> Path:
    """Make Isso's own environment in `folder` if it is not there yet, and give its Python.

    Safe to repeat, to interrupt, and to do twice at once. Needs no compiler.
    """
    python = folder / "venv" / "bin" / "python"
    mark = folder / ("ready-" + blake2b(repr((_ISSO, _REQUIREMENTS, sys.version_info[:2])).encode()).hexdigest()[:16])
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    async with _alone(folder / "lock"):
        if not await asyncio.to_thread(mark.exists):
            await _installed(folder / "venv", python, say)
            await asyncio.to_thread(mark.touch)
    return python


async def _installed(venv: Path, python: Path, say: Callable[[str], None]) -> None:
    await asyncio.to_thread(shutil.rmtree, venv, ignore_errors=True)
    say("Making an environment for Isso …")
    await _ran(sys.executable, "-m", "venv", str(venv))
    say("Installing Isso …")  # it comes as source only, but is pure Python: nothing is compiled
    await _ran(str(python), *_INSTALL, _ISSO)
    say("Installing what Isso needs …")
    await _ran(str(python), *_INSTALL, "--only-binary", ":all:", *_REQUIREMENTS)
    await _ran(str(python), "-c", "import isso, mistune")


async def _ran(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise ServerError(f"{' '.join(command[1:4])} failed:\n{output.decode(errors='replace')[-2_000:]}")


@asynccontextmanager
async def _alone(lock: Path) -> AsyncIterator[None]:
    """Hold a lock file; the lock goes with the process that holds it."""
    with await asyncio.to_thread(lock.open, "w") as file:
        await asyncio.to_thread(fcntl.flock, file, fcntl.LOCK_EX)
        yield


# --- Process ----------------------------------------------------------------------------------------------------------


def settings_text(sections: Sections) -> str:
    """Write Isso's settings file."""
    return "".join(
        f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in values.items()) + "\n"
        for name, values in sections.items()
    )


@asynccontextmanager
async def running(python: Path, folder: Path, sections: Sections) -> AsyncIterator[int]:
    """Run Isso with its settings file, log and pid file in `folder`; gives its pid once it answers.

    It ends with this context, and with this process however that ends; one left over from an earlier run is ended
    first. Raises `ServerError`.
    """
    settings, log, pid_file = folder / "isso.cfg", folder / "isso.log", folder / "isso.pid"
    port = int(sections["server"]["listen"].rpartition(":")[2].strip("/"))
    await asyncio.to_thread(end_leftover, pid_file, settings)
    write_private(settings, settings_text(sections))
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *(str(python), "-c", _DIE_WITH_PARENT, str(os.getpid()), str(settings)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        pid_file.write_text(str(process.pid))
        await _answers(process, port, log)
        yield process.pid
    finally:
        await asyncio.shield(_ended(process))
        pid_file.unlink(missing_ok=True)


def write_private(path: Path, text: str) -> None:
    """Write a file that holds a password: nobody else may read it, not even for a moment."""
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write(text)


async def _answers(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    for _ in range(int(_STARTING / 0.05)):
        if process.returncode is not None:
            raise ServerError(f"Isso ended at once:\n{_tail(log)}")
        if await _accepts(port):
            return
        await asyncio.sleep(0.05)
    raise ServerError(f"Isso did not answer on port {port} within {_STARTING:.0f} s:\n{_tail(log)}")


async def _accepts(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    writer.write(b"GET /config HTTP/1.0\r\n\r\n")
    answer = await reader.read(64)
    writer.close()
    return b" 200 " in answer


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-2_000:]


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _STOPPING)
    except TimeoutError:
        process.kill()
        await process.wait()


def end_leftover(pid_file: Path, settings: Path) -> None:
    """End the Isso that an earlier run left, if that pid is still that Isso, and wait until it is gone."""
    try:
        pid = int(pid_file.read_text())
        handle = os.pidfd_open(pid)
    except (OSError, ValueError, AttributeError):
        return  # none was left, or this is no Linux
    try:
        if str(settings).encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            select.select([handle], [], [], _STOPPING)
    except OSError:
        return  # it ended by itself meanwhile
    finally:
        os.close(handle)
