# SPDX-License-Identifier: Apache-2.0
"""The command line itself: where options may stand, what is said to mistakes, where the state folder is."""
import json
import os
import subprocess

import pytest

from conftest import EXAMPLE, PROGRAM, run_program


@pytest.mark.parametrize("arguments, subject, hint", [
    ((), None, "imprint --help"),
    (("provisoin",), "provisoin", "provision"),
    (("prov",), "prov", "provision"),
    (("virtul", "new"), "virtul", "did you mean virtual?"),
    (("bord", "provision"), "bord", "did you mean board?"),
    (("new",), "new", "did you mean: imprint ledger new, imprint witness new, imprint order new, imprint virtual new, imprint ca new"),
    (("rebuild",), "rebuild", "did you mean: imprint ledger rebuild"),
    (("version", "x"), "x", "usage: imprint version"),
    (("help", "provisoin"), "provisoin", "did you mean provision?"),
    (("help", "keys", "x"), "x", "usage: imprint help [VERB [SUBCOMMAND]]"),
    (("board", "proove"), "proove", "did you mean: imprint board prove"),
    (("public_key",), "public_key", "public-key"),
    (("xyzzy-nothing-like-it",), "xyzzy-nothing-like-it", "imprint --help"),
    (("virtual",), None, "imprint virtual --help"),
    (("virtual", "nwe"), "nwe", "did you mean: imprint virtual new"),
    (("virtual", "something"), "something", "imprint virtual --help"),
    (("keys", "extra"), "extra", "usage: imprint keys"),
    (("sign",), "sign", "usage: imprint sign KEY [FILE]"),
    (("sign", "1", "2", "3"), "3", "usage: imprint sign"),
    (("--jsn", "keys"), "--jsn", "--json"),
    (("keys", "--jsn"), "--jsn", "--json"),
    (("provision", "--dryrun", "x"), "--dryrun", "--dry-run"),
    (("csr", "1", "--sbject=CN=x"), "--sbject=CN=x", "--subject"),
    (("keys", "-Z"), "-Z", "imprint keys --help"),
    (("keys", "--state"), "--state", "imprint keys --help"),
    (("keys", "--json=yes"), "--json=yes", "imprint keys --help"),
    (("csr", "18", "--subject"), "--subject", "imprint csr --help"),
    (("keys", "--dry-run"), "--dry-run", "imprint keys --help"),
    (("info", "--state", ""), "", "imprint info --help"),
])
def test_mistakes(arguments, subject, hint):
    result = run_program(*arguments, code=2)
    assert result.out == "" and result.err.startswith("imprint: cannot understand the command line"), result
    assert hint in result.err.splitlines()[1] and result.err.splitlines()[1].startswith("next: ")
    error = run_program("--json", *arguments, code=2).error
    assert error["reason"] == "usage" and error["exit"] == 2
    assert error.get("subject") == subject


def test_options_before_and_after_the_verb(delivered):
    forms = [("--json", "keys"), ("keys", "--json"), ("--json", "keys", "--json")]
    assert len({run_program("--state", delivered.state, *form).out for form in forms}) == 1
    assert run_program("keys", "--json", "--state", delivered.state).objects == []
    assert run_program("keys", "--js", f"--state={delivered.state}").objects == []


def test_options_among_arguments(provisioned):
    path = provisioned.write("-o", b"x")
    signature = provisioned.folder / "s"
    provisioned.run("sign", "18", "-o", signature, "--", path)
    provisioned.run("verify", "--raw", "18", provisioned.write("r", provisioned.run("sign", "--raw", "18", path).raw), path)


@pytest.mark.parametrize("env, place", [
    ({"IMPRINT_STATE": "{0}/a", "XDG_STATE_HOME": "{0}/b", "HOME": "{0}/c"}, "a"),
    ({"XDG_STATE_HOME": "{0}/b", "HOME": "{0}/c"}, "b/imprint"),
    ({"IMPRINT_STATE": "", "XDG_STATE_HOME": "relative", "HOME": "{0}/c"}, "c/.local/state/imprint"),
    ({"HOME": "{0}/c"}, "c/.local/state/imprint"),
])
def test_state_folder(tmp_path, env, place):
    run_program("virtual", "new", env={name: value.format(tmp_path) for name, value in env.items()}, cwd=tmp_path)
    assert (tmp_path / place / "chip.virtual").is_file()
    assert (tmp_path / place).stat().st_mode & 0o777 == 0o700
    assert not (tmp_path / "relative").exists()


def test_no_state_folder_to_be_found():
    result = run_program("keys", env={"HOME": ""}, code=2)
    assert "--state" in result.err


def test_state_folder_may_be_relative(tmp_path):
    run_program("--state", "here", "virtual", "new", cwd=tmp_path)
    run_program("--state", "here", "provision", EXAMPLE, "--arm", "profile", cwd=tmp_path)
    assert (tmp_path / "here" / "devices").is_dir()


@pytest.mark.parametrize("device", ["unix:", "tcp:host", "swi:", "swi", "kit:", "", ":", "virtua", "i2c",
                                    "i2c:", "i2c:@0x60", "i2c:/dev/i2c-1@", "i2c:/dev/i2c-1@0x80", "i2c:/dev/i2c-1@x",
                                    "i2c:/dev/i2c-1@0x07", "virtual:"])
def test_device_forms_that_are_none(station, device):
    error = station.json("--device", device, "info", code=2).error
    assert error["reason"] == "usage"
    assert "virtual:FILE" in error["next"] and "i2c:" in error["next"]


@pytest.mark.parametrize("fault", ["", "silent", "silent@", "silent@0", "silent@x", "bang@1", "silent@-1", "silent@1x"])
def test_fault_ids_that_are_none(delivered, fault):
    error = delivered.json("--fault", fault, "info", code=2).error
    assert error["reason"] == "usage" and "KIND@N" in error["next"]


def test_faults_are_for_virtual_chips(station):
    assert station.json("--device", "i2c:/dev/i2c-1", "--fault", "silent@1", "info", code=2).error["reason"] == "usage"


def test_no_far_fetched_suggestion():
    assert "did you mean" not in run_program("halp-me", code=2).err
    assert "did you mean keys?" in run_program("kesy", code=2).err


@pytest.mark.parametrize("group, subcommands", [("virtual", "new, serve, run"), ("board", "info, provision, prove")])
def test_a_verb_without_its_subcommand(group, subcommands):
    assert f"`{group}` needs a subcommand: {subcommands}" in run_program(group, code=2).err
    assert f"which has: {subcommands}" in run_program(group, "qqqq", code=2).err


@pytest.mark.parametrize("key", ["17", "x", "99999999999999"])
def test_an_unknown_key_is_no_mistake_of_the_command_line(provisioned, key):
    for verb in (("public-key", key), ("sign", key), ("csr", key, "-s", "CN=x")):
        result = provisioned.run(*verb, code=1)
        assert f'no key with id or name "{key}"' in result.err and "command line" not in result.err, result
        assert result.err.splitlines()[1] == f"next: list the keys with: imprint keys --state {provisioned.state}"


def test_help_and_version_are_verbs():
    assert run_program("help").out == run_program("--help").out
    assert run_program("help", "virtual", "serve").out == run_program("virtual", "serve", "--help").out
    assert run_program("help", "board").out == run_program("board", "--help").out
    assert run_program("version").out == run_program("--version").out
    assert run_program("--json", "help", "keys").event("verb")["name"] == "keys"


@pytest.mark.parametrize("arguments", [("csr", "18"), ("random", "0"), ("provision", EXAMPLE, "--arm", "x")])
def test_a_mistake_found_by_the_verb_reads_like_the_others(delivered, arguments):
    assert delivered.run(*arguments, code=2).err.startswith("imprint: cannot understand the command line (")


def test_results_that_cannot_be_printed(delivered):
    with open("/dev/full", "wb") as full:
        result = delivered.run("info", code=5, stdout=full)
        assert "No space left" in result.err
    # A stream that is closed is not the next file that is opened: nothing is printed into the chip.
    before = delivered.chip.read_bytes()
    assert "Bad file descriptor" in delivered.run("info", code=5, preexec_fn=lambda: os.close(1)).err
    delivered.run("info", preexec_fn=lambda: os.closerange(0, 1))
    delivered.run("keys", "99", code=2, preexec_fn=lambda: os.close(2))
    assert delivered.chip.read_bytes() == before
    # A reader that has closed the pipe has had enough: no error.
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as closed:
        assert delivered.run("info", stdout=closed).err == ""


def test_version():
    import re
    assert re.match(r"imprint \d+\.\d+\.\d+", run_program("--version").out)
    assert run_program("keys", "-V").out == run_program("--version").out
    assert run_program("--json", "--version").event("version")["version"]


def test_a_console_that_is_none(station):
    """What is wrong with --console is said of --console, once."""
    for verb in (("board", "provision", EXAMPLE), ("board", "prove")):
        for console in ("/dev/null", station.folder / "absent"):
            said = station.run(*verb, "--console", console, code=3).err
            assert "--device" not in said and "virtual" not in said and said.count(str(console)) == 1, said


def test_json_with_names_that_are_not_utf8(provisioned):
    """The object is there, with the bytes that are no characters replaced, and the work is done."""
    odd = os.fsencode(str(provisioned.folder)) + b"/a\xff\xc3\xa9"
    shown = os.fsdecode(odd.replace(b"\xff", "\ufffd".encode()))

    def run(*arguments, code=0):
        done = subprocess.run([os.fsencode(PROGRAM), b"--state", os.fsencode(str(provisioned.state)), b"--json",
                               *[os.fsencode(str(word)) if not isinstance(word, bytes) else word for word in arguments]],
                              capture_output=True, check=False)
        assert done.returncode == code, done
        return [json.loads(line) for line in done.stdout.decode().splitlines()]

    for verb in (("sign", "18", EXAMPLE), ("csr", "18", "-s", "CN=x"), ("compile", EXAMPLE, "--c")):
        (item,) = run(*verb, "-o", odd)
        assert item["event"] != "error" and item["file"] == shown, item
        os.remove(odd)
    (item,) = run("virtual", "new", odd)
    assert item["event"] == "virtual" and item["file"] == shown
    os.remove(odd)
    (item,) = run("explain", odd, code=2)
    assert item["event"] == "error" and item["subject"] == shown
    elsewhere = os.fsencode(str(provisioned.folder)) + b"/s\xfe"
    os.mkdir(elsewhere)
    items = run("--state", elsewhere, "virtual", "new") + run("--state", elsewhere, "provision", EXAMPLE, "--arm", "profile")
    assert items[-1]["event"] == "provisioned" and "s\ufffd/devices" in items[-1]["record"]


def test_a_state_folder_that_is_a_file(tmp_path):
    """Nobody speaks of a line that there is not."""
    (tmp_path / "file").write_text("")
    result = run_program("--state", tmp_path / "file", "provision", EXAMPLE, code=3)
    assert result.err.startswith("imprint: cannot open the device (") and "the line" not in result.err, result


def test_ledger_verify_says_what_it_could_not_read(provisioned):
    for path in (provisioned.folder, provisioned.folder / "absent"):
        assert provisioned.run("ledger", "verify", path, code=2).err.startswith(f"imprint: cannot read the checkpoint ({path}): ")
