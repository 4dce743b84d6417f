from __future__ import annotations

import fcntl
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from bridge import __version__, plugins
from bridge.cli import brought, main
from bridge.cli.ages import ago
from bridge.ledger.sqlite import SqliteLedger

COMMANDS = (
    "demo", "init", "check", "doctor", "run", "status", "unanswered", "parked", "pause", "resume", "backfill",
    "ledger", "completion", "room",
)  # fmt: skip
SUBCOMMANDS = (
    "parked list", "parked retry", "parked drop", "parked done", "ledger backup", "ledger check", "ledger export",
    "room invite",
)  # fmt: skip
EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def ran(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    told = capsys.readouterr()
    code = ended.value.code
    assert isinstance(code, int)
    return code, told.out, told.err


def test_help_lists_every_command_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ran(capsys, "--help")
    assert code == 0
    for command in COMMANDS:
        assert re.search(rf"(?m)^  {command} ", out)
    assert "Exit codes" in out


def test_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(capsys, "--version")[1].strip() == f"backchat, version {__version__}"


@pytest.mark.parametrize("command", ["", *COMMANDS, *SUBCOMMANDS])
def test_help_is_quick_because_it_imports_nothing_heavy(command: str) -> None:
    probe = (
        "import sys\nfrom bridge.cli import main\ntry:\n    main([*sys.argv[1:], '--help'])\n"
        "except SystemExit:\n    pass\nprint(sorted({'aiohttp', 'sqlite3', 'selectolax', 'jinja2', 'feedparser'}"
        f" & set(sys.modules) | {{'bridge.ports'}} & set(sys.modules if {not command} else ())))"
    )
    out = subprocess.run(
        [sys.executable, "-c", probe, *command.split()], capture_output=True, text=True, check=True
    ).stdout
    assert out.startswith("Usage: backchat")
    assert out.splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", [*COMMANDS, *SUBCOMMANDS])
def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str], command: str) -> None:
    code, out, _ = ran(capsys, "--config", str(EXAMPLE), *command.split(), "--help")
    assert code == 0 and "Usage:" in out and len(out.splitlines()) > 4


def test_bash_completes_commands_and_options_with_the_script_that_we_print(tmp_path: Path) -> None:
    program = tmp_path / "backchat"
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m bridge \"$@\"\n")
    program.chmod(0o755)
    script = """
        eval "$(backchat completion bash)"
        complete -p backchat
        COMP_WORDS=(backchat par); COMP_CWORD=1; _backchat_completion backchat; echo "${COMPREPLY[@]}"
        COMPREPLY=()
        COMP_WORDS=(backchat ledger ""); COMP_CWORD=2; _backchat_completion backchat; echo "${COMPREPLY[@]}"
        COMPREPLY=()
        COMP_WORDS=(backchat status --j); COMP_CWORD=2; _backchat_completion backchat; echo "${COMPREPLY[@]}"
    """
    ended = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=True, cwd=EXAMPLE.parent,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "BACKCHAT_CONFIG": str(tmp_path / "none.toml")},
    )  # fmt: skip
    installed, *completed = ended.stdout.splitlines()
    assert "_backchat_completion" in installed
    assert completed == ["parked", "backup check export", "--json"]


@pytest.mark.parametrize(("shell", "words"), [("zsh", "compdef"), ("fish", "complete --no-files --command backchat")])
def test_other_shells_get_their_script(capsys: pytest.CaptureFixture[str], shell: str, words: str) -> None:
    code, out, _ = ran(capsys, "completion", shell)
    assert code == 0 and words in out and "_BACKCHAT_COMPLETE" in out


def test_check_says_what_a_good_configuration_means(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ran(capsys, "--config", str(EXAMPLE), "check")
    assert code == 0
    assert "is in order" in out and "garden → comments in room: answers by mara" in out


def test_check_tells_every_problem_on_its_own_line_and_exits_3(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(EXAMPLE.read_text("utf-8").replace('relay = "authors"', "").replace('chat = "room"', 'chat = "x"'))
    code, _, err = ran(capsys, "--config", str(file), "check")
    assert code == 3
    assert "relay: is missing" in err and "rooms[0].chat" in err and "2 problems" in err


def test_a_missing_configuration_exits_3_and_says_what_to_do(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, _, err = ran(capsys, "--config", str(tmp_path / "none.toml"), "run")
    assert code == 3 and "there is no configuration" in err and "backchat demo" in err


def test_an_unknown_command_exits_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(capsys, "relay")[0] == 2


def test_status_without_a_ledger_exits_4_and_says_how_to_get_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "backchat.toml"
    file.write_text(EXAMPLE.read_text("utf-8"))
    code, _, err = ran(capsys, "--config", str(file), "status")
    assert code == 4 and "there is no ledger" in err and "backchat run" in err


async def test_status_and_parked_work_on_an_empty_ledger(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "backchat.toml"
    file.write_text(EXAMPLE.read_text("utf-8"))
    await SqliteLedger.open(tmp_path / "state" / "ledger.db").close()
    code, out, _ = ran(capsys, "--config", str(file), "status")
    assert code == 0 and "0 parked" in out
    code, out, _ = ran(capsys, "--config", str(file), "parked", "list")
    assert code == 0 and "Nothing is parked." in out
    code, _, err = ran(capsys, "--config", str(file), "parked", "retry", "7")
    assert code == 1 and "nothing with the number 7 is parked" in err
    for command in ("pause", "resume"):
        code, _, err = ran(capsys, "--config", str(file), command, "garden")
        assert code == 1 and "no blog 'garden' in the ledger" in err


@pytest.mark.parametrize(
    ("passed", "words"), [(0, "just now"), (1, "1 second ago"), (90, "1 minute ago"), (7200, "2 hours ago")]
)
def test_ages_are_said_as_people_say_them(passed: int, words: str) -> None:
    assert ago(1000.0, 1000.0 + passed) == words
    assert ago(None) == "never"


def test_a_second_demo_in_the_same_folder_is_refused_before_it_touches_anything(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "kept").mkdir()
    with (tmp_path / "kept.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4711")
        lock.flush()
        code, _, err = ran(capsys, "demo", "--fresh", "--state", str(tmp_path))
    assert code == 5 and "process 4711" in err and (tmp_path / "kept").is_dir()


def test_a_mistyped_command_is_told_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = ran(capsys, "stauts")
    assert code == 2 and "No such command 'stauts'. Did you mean 'status'?" in err
    code, _, err = ran(capsys, "abracadabra")
    assert code == 2 and "Did you mean" not in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_output_that_has_no_room_is_one_sentence_and_exits_1() -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "bridge", "--help"], check=False, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert (ended.returncode, ended.stderr) == (1, "backchat: the output cannot be written: No space left on device\n")


def test_an_output_that_is_closed_is_no_fault() -> None:
    ended = subprocess.run(
        ["sh", "-c", f"'{sys.executable}' -m bridge --help >&-"], stderr=subprocess.PIPE, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_commands_of_adapters_are_those_that_the_standard_library_finds() -> None:
    points = {point.name: point.value for point in entry_points(group=plugins.COMMANDS)}
    assert brought.declared() == points
    assert points
