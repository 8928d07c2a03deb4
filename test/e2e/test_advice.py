# SPDX-License-Identifier: Apache-2.0
"""What a message says to do next can be pasted: the command leads to the user's own state folder, chip, storage and profile."""
import os
import pathlib
import re
import shlex
import subprocess
import types

import pytest

from conftest import EXAMPLE, PROGRAM, Station, run_program

REFUSED = {1, 2, 3, 4}

# Where prose follows the command.
END = re.compile(r"(?: (?:shows|names|makes|gives|again|accepts)\b|[;)]).*$")


def pasted(said, **changes):
    """The command of a `next:` line, run in a shell, as a person would; its stdout."""
    line = said.err.splitlines()[-1]
    assert line.startswith("next: "), said
    found = re.search(r"\bimprint .*$", line)
    assert found, f"no command in: {line}"
    command = END.sub("", found.group(0))
    assert not [word for word in shlex.split(command) if word.isupper()], f"a word to fill in: {command}"
    settings = {key: value for key, value in os.environ.items() if key not in ("IMPRINT_STATE", "XDG_STATE_HOME")}
    settings.update(PATH=f"{pathlib.Path(PROGRAM).parent}:{settings['PATH']}", HOME=str(changes.pop("home")))
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, env=settings, timeout=60, check=False)
    assert done.returncode == 0, (command, done)
    return done.stdout


@pytest.fixture
def mine(tmp_path):
    """A station whose every name is the user's own and needs quotes in a shell; HOME has another that must stay unused."""
    folder = tmp_path / "it's mine $HOME"
    folder.mkdir()
    yield Station(folder)
    assert not [path for path in tmp_path.rglob("*") if folder not in path.parents and path != folder], "led elsewhere"


def test_state(mine):
    home = mine.folder.parent
    pasted(mine.run("info", code=REFUSED), home=home)
    assert mine.chip.exists(), "the virtual chip was made in the user's state folder"


def test_device_and_profile(mine):
    home = mine.folder.parent
    chip = mine.folder / "a chip"
    profile = mine.write("my plan.yaml", EXAMPLE.read_text())
    mine.run("virtual", "new", "--as", "trust-and-go", "--seed", "1", chip)
    own = ("--device", f"virtual:{chip}")
    assert "plan for" in pasted(mine.run(*own, "adopt", profile, code=REFUSED), home=home)
    mine.run(*own, "provision", profile, "--arm", "profile")
    assert "board" in pasted(mine.run(*own, "sign", "nobody", EXAMPLE, code=REFUSED), home=home)
    assert "01230015D6" in pasted(mine.run(*own, "provision", profile, "--only", "x", code=REFUSED), home=home)
    assert "plan for" in pasted(mine.run(*own, "provision", profile, "--arm", "x", code=REFUSED), home=home)
    assert "forgotten: 2 key records" in pasted(mine.run(*own, "erase", code=REFUSED), home=home)
    # Without its records the device is done elsewhere: adopting makes them again.
    assert "adopted: " in pasted(mine.run(*own, "provision", profile, code=REFUSED), home=home)
    assert "const struct profile_compiled" in pasted(mine.run("compile", profile, code=REFUSED), home=home)


def test_a_message_that_is_no_error(mine):
    home = mine.folder.parent
    chip = mine.folder / "a chip"
    mine.run("virtual", "new", "--as", "trust-and-go", "--seed", "1", chip)
    said = mine.run("--device", f"virtual:{chip}", "keys")
    filled = types.SimpleNamespace(err=said.err.replace("PROFILE", shlex.quote(str(EXAMPLE))))
    assert "plan for 01230015D6" in pasted(filled, home=home)


def test_storage(mine):
    home = mine.folder.parent
    chip, flash = mine.folder / "a chip", mine.folder / "a flash"
    mine.run("virtual", "new", "--as", "trust-and-go", "--seed", "1", chip)
    own = ("--device", f"virtual:{chip}", "--storage", f"flash:{flash},4096x8/4-1")
    mine.run(*own, "provision", EXAMPLE, "--arm", "profile")
    own = (*own[:3], f"flash:{flash}")
    listed = pasted(mine.run(*own, "sign", "nobody", EXAMPLE, code=REFUSED), home=home)
    assert "18" in listed and "16" in listed, "the keys of the flash image"


def test_json_says_the_same(mine):
    said = mine.json("info", code=REFUSED).error["next"]
    assert said == mine.run("info", code=REFUSED).err.splitlines()[-1].removeprefix("next: ") and "--state '" in said


def test_what_was_not_given_is_not_said(tmp_path):
    """Names that every command finds anyway, from the environment or by default, are left out."""
    said = run_program("info", code=REFUSED, env={"IMPRINT_STATE": str(tmp_path / "state")}).err
    assert said.endswith("imprint virtual new\n")


@pytest.mark.parametrize("words, next_step", [
    (("random", "abc"), "see how to call it: imprint random --help"),
    (("virtual", "new", "--seed", "x"), "see how to call it: imprint virtual new --help"),
    (("--state",), "see how to call it: imprint --help"),
])
def test_a_command_line_that_is_wrong(words, next_step):
    """The help that is recommended is that of the verb; no device is named, for the line is wrong for any."""
    said = run_program(*words, code=2).err.splitlines()
    assert said[-1] == f"next: {next_step}"
    assert "virtual:" not in said[0] and ", virtual)" not in said[0]


@pytest.mark.parametrize("words, command", [
    (("ledger", "show", "0123AABBCCDDEEFF01"), "imprint ledger list"),
    (("order", "show", "x"), "imprint order list"),
])
def test_a_verb_without_a_device_is_recommended_without_one(delivered, words, command):
    said = delivered.run("--device", f"virtual:{delivered.chip}", "provision", EXAMPLE, "--arm", "profile")
    said = delivered.run("--device", f"virtual:{delivered.chip}", *words, code=2).err.splitlines()
    assert said[0].startswith("imprint: cannot show the ") and words[-1] in said[0]
    assert said[-1].endswith(f"{command} --state {shlex.quote(str(delivered.state))}")
