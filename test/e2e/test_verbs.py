# SPDX-License-Identifier: Apache-2.0
"""Each verb by itself: what it prints, as text and as JSON, and what it refuses."""
import os
import pathlib
import pty
import re
import subprocess
import tempfile
import termios

import pytest

from conftest import DUMPS, EXAMPLE, PROGRAM, openssl


def on_terminal(arguments, which, columns=80, term="xterm"):
    """Runs the program with stdout or stderr on a terminal; gives that stream's bytes."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (24, columns))
    env = {**os.environ, "TERM": term}
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, which: slave}
    with subprocess.Popen([PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL, env=env,
                          **streams) as process:
        os.close(slave)
        got = b""
        try:
            while piece := os.read(master, 4096):
                got += piece
        except OSError:
            pass  # Linux says EIO when the last writer is gone
        assert process.wait(60) == 0, got
    os.close(master)
    return got


# ---- info, explain

def test_info_says_what_a_slot_can(delivered):
    chip = delivered.json("info").event("chip")
    assert chip["part"] == "ATECC608B" and chip["i2c_address"] == 0x35
    assert chip["config_locked"] and chip["data_locked"] and len(chip["slots"]) == 16
    assert chip["serial"].startswith("0123") and len(chip["config"]) == 256
    slots = chip["slots"]
    assert "sign" in slots[0]["can"] and "generate" not in slots[0]["can"]
    assert "sign" not in slots[1]["can"]
    for slot in (2, 3, 4):
        assert {"sign", "generate", "lock"} <= set(slots[slot]["can"])
    text = delivered.run("info").out
    assert chip["serial"] in text and "0x35" in text
    assert "SlotConfig" in delivered.run("info", "-v").out


def test_info_shows_claims(provisioned):
    slots = provisioned.slots()
    assert slots[0]["key_id"] == 16 and slots[0]["name"] == "maker"
    assert [slot["key_id"] for slot in slots].count(None) == 14
    assert any(row["key id"] == "18 board" for row in table_of(provisioned.run("info").out))


def table_of(text):
    """The rows of the table of slots, cut where the header's columns begin: nothing may reach into another column."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("slot  "))
    names = re.split(r"  +", lines[start])
    begins = [lines[start].index(name) for name in names]
    begins[names.index("bytes")] = begins[names.index("kind")] + len("p256-private") + 2
    rows = []
    for line in lines[start + 1:start + 17]:
        for begin in begins[1:]:
            assert line[begin - 2:begin] == "  ", f"a column is left at {begin}: {line}"
        ends = begins[1:] + [len(line)]
        rows.append({name: line[begin:end].strip() for name, begin, end in zip(names, begins, ends)})
    assert [row["slot"] for row in rows] == [str(slot) for slot in range(16)]
    return rows


@pytest.mark.parametrize("part", ["blank", "trust-and-go", "trust-flex"])
def test_info_lines_up_and_explains_its_words(station, part):
    station.new(part)
    if part == "trust-and-go":
        station.run("provision", station.write("plan.yaml", EXAMPLE.read_text().replace("name: board", "name: " + "b" * 63)), "--arm", "profile")
    chip = station.json("info").event("chip")
    for text in (station.run("info").out, station.run("explain", station.write("dump", chip["config"])).out):
        rows = table_of(text)
        for row, slot in zip(rows, chip["slots"]):
            assert row["can"] == (", ".join(slot["can"]) or "-") and row["kind"] == slot["kind"]
            assert row["bytes"] == str(slot["bytes"]) and row["lock"] == ("locked" if slot["locked"] else "open")
        below = text.split("\n\n")[2]
        words = {word for slot in chip["slots"] for word in slot["can"]}
        if words:
            assert {line.split()[0] for line in below.splitlines()} == words
        else:
            assert "before the config zone is locked" in below


def test_explain_agrees_with_info(delivered):
    chip = delivered.json("info").event("chip")
    for content in (bytes.fromhex(chip["config"]), chip["config"], chip["config"].lower(),
                    "# a comment: not hex ZZ\n" + "\n".join(chip["config"][i:i + 32] for i in range(0, 256, 32)) + " # end\n"):
        said = delivered.json("explain", delivered.write("dump", content)).event("chip")
        assert said["config"] == chip["config"] and said["serial"] == chip["serial"]
        for ours, theirs in zip(said["slots"], chip["slots"]):
            assert all(theirs[field] == value for field, value in ours.items())
    assert delivered.run("explain", "-", stdin=chip["config"]).out == delivered.run("explain", delivered.folder / "dump").out


@pytest.mark.parametrize("dump", sorted(DUMPS.glob("*.hex")), ids=lambda path: path.stem)
def test_explain_takes_every_real_dump(station, dump):
    said = station.json("explain", dump).event("chip")
    assert said["part"].startswith("ATECC") or said["part"]
    station.run("explain", dump)
    assert not station.state.exists()


def test_dumps_are_there():
    assert len(list(DUMPS.glob("*.hex"))) == 24


@pytest.mark.parametrize("content, fragment", [
    ("00 " * 127, "128 bytes"), (bytes(127), "128 bytes"), (bytes(129), "128 bytes"), ("00 " * 129, "128 bytes"),
    ("", "no bytes in hex"), ("# only a comment\n", "no bytes in hex"), (b"\0" * 200000, "file too large"),
], ids=["127 hex", "127 raw", "129 raw", "129 hex", "empty", "comment", "huge"])
def test_explain_refuses(station, content, fragment):
    """Counts; mistakes within a line are in test_explain.py."""
    error = station.json("explain", station.write("dump", content), code=2).error
    assert error["reason"] == "input-file" and fragment in error["cause"], error
    assert error["subject"].endswith("dump")
    if fragment == "128 bytes":
        found = len(content) if isinstance(content, bytes) else len(content.split())
        assert (error["expected"], error["found"]) == (128, found)


def test_explain_refuses_what_is_no_file(station):
    assert "No such file" in station.run("explain", station.folder / "absent", code=2).err
    assert station.run("explain", station.folder, code=2).err.startswith("imprint: cannot read the config zone dump")


# ---- keys, public-key

def test_keys_of_a_fresh_device(delivered):
    result = delivered.run("keys")
    assert result.out == "" and "no key record of this device here" in result.err
    assert delivered.run("--quiet", "keys").err == ""
    assert delivered.json("keys").objects == []


@pytest.mark.parametrize("key, reason", [("99", "key-unknown"), ("nobody", "key-unknown"), ("0", "key-unknown"),
                                         ("0x40000000", "key-unknown"), ("-", "key-unknown"), ("16 ", "key-unknown"),
                                         ("+16", "key-unknown"), ("", "key-unknown")])
def test_unknown_key(provisioned, key, reason):
    for verb in (("public-key", key), ("sign", key), ("csr", key, "--subject", "CN=x")):
        error = provisioned.json(*verb, code=1).error
        assert error["reason"] == reason and "imprint keys" in error["next"]


def test_unknown_key_on_a_fresh_device(delivered):
    assert delivered.json("public-key", "16", code=1).error["reason"] == "key-unknown"
    assert delivered.json("public-key", "maker", code=1).error["reason"] == "key-unknown"


# ---- csr

@pytest.mark.parametrize("subject", ["nonsense", "CN", "=x", "XX=y", "CN="])
def test_csr_refuses_a_bad_subject(provisioned, subject):
    error = provisioned.json("csr", "18", "--subject", subject, code=2).error
    assert error["reason"] == "usage" and "CN=" in error["next"]


def test_csr_wants_a_subject(provisioned):
    assert "--subject" in provisioned.run("csr", "18", code=2).err


def test_csr_to_a_file(provisioned):
    path = provisioned.folder / "board.csr"
    assert provisioned.run("csr", "18", "--subject", "CN=x", "-o", path).out == ""
    assert "OK" in openssl("req", "-verify", "-noout", "-in", path)
    said = provisioned.json("csr", "18", "-s", "CN=y", "-o", path).event("csr")
    assert path.read_text() == said["pem"] and said["file"] == str(path)


def test_csr_with_utf8_and_escapes(provisioned):
    csr = provisioned.run("csr", "18", "--subject", "CN=Müller\\, Söhne,O=x").out
    text = openssl("req", "-noout", "-subject", "-nameopt", "utf8,sep_comma_plus_space", stdin=csr.encode())
    assert "Müller, Söhne" in text or "Müller\\, Söhne" in text


# ---- sign, verify

@pytest.mark.parametrize("raw", [(), ("--raw",)], ids=["der", "raw"])
def test_sign_then_verify(provisioned, raw):
    path = provisioned.write("message", b"hello")
    signature = provisioned.write("signature", provisioned.run("sign", "board", path, *raw).raw)
    assert len(signature.read_bytes()) == 64 if raw else signature.read_bytes()[0] == 0x30
    assert "good" in provisioned.run("verify", "board", signature, path, *raw).out
    assert provisioned.json("verify", "18", signature, path, *raw).event("verified")["good"] is True
    assert "good" in provisioned.run("verify", "board", signature, *raw, stdin=b"hello").out
    for wrong in (("board", signature, EXAMPLE), ("maker", signature, path)):
        error = provisioned.json("verify", *wrong, *raw, code=1).error
        assert error["reason"] == "chip-miscompare" and error["exit"] == 1


def test_sign_reads_stdin_and_empty_input(provisioned):
    pem = provisioned.write("key.pem", provisioned.run("public-key", "18").out)
    for content in (b"", b"x", b"y" * 100000):
        for arguments in (("sign", "18"), ("sign", "18", "-")):
            signature = provisioned.write("signature", provisioned.run(*arguments, stdin=content).raw)
            message = provisioned.write("message", content)
            assert "OK" in openssl("dgst", "-sha256", "-verify", pem, "-signature", signature, message)


def test_signatures_differ(provisioned):
    assert len({provisioned.run("sign", "18", stdin=b"same").raw for _ in range(5)}) == 5


def test_sign_to_a_file(provisioned):
    path = provisioned.folder / "out.sig"
    assert provisioned.run("sign", "18", EXAMPLE, "-o", path).raw == b""
    provisioned.run("verify", "18", path, EXAMPLE)
    assert list(provisioned.folder.glob("*imprint-new*")) == []
    # Who could not read the file before still cannot; a link in its place is replaced, not followed.
    path.chmod(0o600)
    provisioned.run("sign", "18", EXAMPLE, "-o", path)
    assert path.stat().st_mode & 0o777 == 0o600
    other = provisioned.write("other", "another file")
    path.unlink()
    path.symlink_to(other)
    provisioned.run("sign", "18", EXAMPLE, "-o", path)
    assert not path.is_symlink() and other.read_text() == "another file"
    assert list(provisioned.folder.glob("*imprint-new*")) == []
    error = provisioned.json("sign", "18", EXAMPLE, "-o", provisioned.folder / "no" / "folder", code=2).error
    assert error["reason"] == "input-file" and "No such file" in error["system"]


def test_a_file_in_memory_is_replaced_like_any_other(provisioned):
    """/dev/shm is no device: a link there is replaced, not followed."""
    if not os.access("/dev/shm", os.W_OK | os.X_OK):
        pytest.skip("no /dev/shm to write to")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        output, other = pathlib.Path(folder, "out.sig"), provisioned.write("other", "another file")
        output.symlink_to(other)
        provisioned.run("sign", "18", EXAMPLE, "-o", output)
        assert not output.is_symlink() and other.read_text() == "another file"
        provisioned.run("verify", "18", output, EXAMPLE)


def test_sign_json(provisioned):
    said = provisioned.json("sign", "board", EXAMPLE).event("signature")
    signature = provisioned.write("s", bytes.fromhex(said["signature"]))
    assert said["form"] == "der" and said["key_id"] == 18 and said["name"] == "board"
    provisioned.run("verify", "board", signature, EXAMPLE)


def test_sign_on_a_terminal_is_hex(provisioned):
    shown = on_terminal(["--state", provisioned.state, "sign", "18", EXAMPLE], "stdout")
    assert re.fullmatch(rb"[0-9A-F]+\r\n", shown), shown
    signature = provisioned.write("s", bytes.fromhex(shown.decode()))
    provisioned.run("verify", "18", signature, EXAMPLE)


@pytest.mark.parametrize("content", [b"", b"\0" * 64, b"\x30\x06\x02\x01\x01", b"x" * 500],
                         ids=["empty", "zeros", "cut short", "long"])
def test_verify_refuses_what_is_no_signature(provisioned, content):
    path = provisioned.write("signature", content)
    assert provisioned.json("verify", "18", path, EXAMPLE, code=2).error["reason"] == "input-file"
    if len(content) != 64:
        assert provisioned.json("verify", "18", path, EXAMPLE, "--raw", code=2).error["reason"] == "input-file"


def test_verify_of_zeros_is_a_mismatch_not_a_crash(provisioned):
    path = provisioned.write("signature", bytes(64))
    assert provisioned.run("verify", "18", path, EXAMPLE, "--raw", code=1)


def test_missing_files(provisioned):
    absent = provisioned.folder / "absent"
    assert provisioned.json("sign", "18", absent, code=2).error["subject"] == str(absent)
    assert provisioned.json("sign", "18", provisioned.folder, code=2).error["reason"] == "input-file"
    assert provisioned.json("verify", "18", absent, EXAMPLE, code=2).error["reason"] == "input-file"


# ---- random

def test_random(station):
    delivered = station
    delivered.run("virtual", "new")  # no seed: with one, each power-on gives the same numbers
    for count in (1, 31, 32, 33, 1000):
        assert len(delivered.run("random", count).raw) == count
    text = delivered.run("random", 16, "--hex").out
    assert re.fullmatch(r"[0-9A-F]{32}\n", text)
    assert delivered.json("random", 16).event("random")["bytes"] != text.strip()
    assert len({delivered.run("random", 32).raw for _ in range(4)}) == 4


@pytest.mark.parametrize("count", ["0", "-1", "x", "1048577", "", "1e3", "99999999999999999999999"])
def test_random_refuses(delivered, count):
    assert delivered.json("random", "--", count, code=2).error["reason"] == "usage"


def test_random_of_a_blank_chip_is_refused(station):
    station.new("blank")
    error = station.json("random", 32, code=4).error
    assert error["reason"] == "config-unlocked" and "fixed pattern" in error["cause"]


# ---- erase

def test_erase_wants_yes(provisioned):
    before = provisioned.snapshot()
    result = provisioned.run("erase", code=2)
    assert "2 key records" in result.err and "--yes" in result.err
    assert provisioned.snapshot() == before


def test_erase_forgets_and_the_chip_stays(provisioned):
    chip = provisioned.chip.read_bytes()
    said = provisioned.json("erase", "--yes").event("erased")
    assert said["keys"] == 2
    assert provisioned.chip.read_bytes() == chip
    assert provisioned.keys() == {} and provisioned.record["keys"], "its record stays and protects its keys"
    assert all(slot["key_id"] is None for slot in provisioned.slots())
    assert provisioned.json("erase", "--yes").event("erased")["keys"] == 0
    assert provisioned.run("erase", "--yes").out.startswith("nothing to forget")


def test_erase_of_a_fresh_device(delivered):
    before = delivered.snapshot()
    assert delivered.json("erase", "-y").event("erased")["keys"] == 0
    assert delivered.snapshot() == before


# ---- virtual new

@pytest.mark.parametrize("part, address, locked", [("blank", 0x60, False), ("trust-and-go", 0x35, True),
                                                   ("trust-flex", 0x36, True)])
def test_virtual_new(station, part, address, locked):
    said = station.json("virtual", "new", "--as", part).event("virtual")
    assert said["part"] == "ATECC608B" and said["i2c_address"] == address and said["config_locked"] is locked
    assert station.json("info").event("chip")["serial"] == said["serial"]


def test_virtual_new_default_is_trust_and_go(station):
    assert station.json("virtual", "new").event("virtual")["i2c_address"] == 0x35


def test_virtual_new_never_overwrites(delivered):
    before = delivered.snapshot()
    error = delivered.json("virtual", "new", code=2).error
    assert error["reason"] == "input-file" and delivered.snapshot() == before


def test_virtual_new_without_seed_differs(station):
    serials = {station.json("virtual", "new", station.folder / str(n)).event("virtual")["serial"] for n in range(3)}
    assert len(serials) == 3


def test_virtual_new_from_a_dump(station):
    path = station.folder / "part"
    station.run("virtual", "new", "--as", DUMPS / "608b-tflxtls.hex", path)
    said = station.json("explain", DUMPS / "608b-tflxtls.hex").event("chip")
    chip = station.json("--device", f"virtual:{path}", "info").event("chip")
    assert chip["config"] == said["config"]


@pytest.mark.parametrize("arguments, reason", [
    (("--as", "trustandgo"), "input-file"), (("--as", "/"), "input-file"), (("--seed", "x"), "usage"),
    (("--seed", "-1"), "usage"), (("--seed", "18446744073709551616"), "usage"), (("/no/such/folder/chip",), "input-file"),
])
def test_virtual_new_refuses(station, arguments, reason):
    error = station.json("virtual", "new", *arguments, code=2).error
    assert error["reason"] == reason
    assert not station.chip.exists()


def test_virtual_new_refuses_a_bad_dump(station):
    assert station.json("virtual", "new", "--as", station.write("d", "00 " * 127), code=2).error["found"] == 127


# ---- progress

def test_progress_bar_on_a_terminal(delivered):
    shown = on_terminal(["--state", delivered.state, "provision", EXAMPLE, "--arm", "profile"], "stderr").decode()
    assert "\r[" in shown and "6/6" in shown and shown.endswith("\r\x1b[K")


@pytest.mark.parametrize("columns", [1, 20, 40, 79])
def test_progress_bar_never_wraps(delivered, columns):
    shown = on_terminal(["--state", delivered.state, "provision", EXAMPLE, "--arm", "profile"], "stderr", columns).decode()
    bars = [line.split("\x1b[K")[0] for line in shown.split("\r")[1:] if line.endswith("\x1b[K")]
    assert len(bars) > 8 and all(len(bar) < columns for bar in bars), bars


def test_no_bar_where_lines_cannot_be_redrawn(delivered):
    shown = on_terminal(["--state", delivered.state, "provision", EXAMPLE, "--arm", "profile"], "stderr", term="dumb").decode()
    assert "\x1b" not in shown and "[6/6] finish-mark" in shown


def test_quiet_and_verbose(delivered):
    done = delivered.run("--quiet", "provision", EXAMPLE, "--arm", "profile")
    assert done.err == "" and "provisioned" in done.out
    loud = delivered.run("provision", EXAMPLE, "--arm", "profile", "--verbose")
    assert "commands (" in loud.err and "bytes sent" in loud.err


# ---- stdout that is closed or full

def run_into(fd, station, *arguments, code=0):
    try:
        return station.run(*arguments, code=code, stdout=fd)
    finally:
        os.close(fd)


def closed_pipe():
    read, write = os.pipe()
    os.close(read)
    return write


@pytest.mark.parametrize("verb", [("info",), ("info", "-v"), ("keys",), ("public-key", "18"), ("random", "70000"), ("--help",),
                                  ("--version",), ("explain", str(DUMPS / "608b-tngtls.hex")), ("provision", EXAMPLE, "--arm", "profile"),
                                  ("csr", "18", "-s", "CN=x"), ("sign", "18", EXAMPLE)], ids=lambda verb: verb[0])
@pytest.mark.parametrize("how", [(), ("--json",)], ids=["text", "json"])
def test_a_reader_that_has_had_enough(provisioned, verb, how):
    done = run_into(closed_pipe(), provisioned, *how, *verb)
    assert "imprint: cannot" not in done.err and "pipe" not in done.err, done
    full = run_into(os.open("/dev/full", os.O_WRONLY), provisioned, *how, *verb, code=5)
    assert how or "cannot write to stdout" in full.err, full


def test_what_a_closed_pipe_does_not_stop(delivered):
    run_into(closed_pipe(), delivered, "provision", EXAMPLE, "--arm", "profile")
    assert "nothing to do" in delivered.run("provision", EXAMPLE, "--arm", "profile").out
    error = run_into(closed_pipe(), delivered, "public-key", "99", code=1)
    assert "no key with id or name" in error.err


@pytest.mark.parametrize("words", [("keys",), ("public-key", "18"), ("csr", "18", "-s", "CN=x"), ("sign", "18", EXAMPLE), ("random", "4"),
                                   ("certificate", "show"), ("scan",)], ids=lambda words: words[0])
def test_every_result_says_of_which_device_it_is(provisioned, words):
    results = provisioned.json(*words).objects
    assert results and {item["serial"] for item in results} == {provisioned.record["serial"]}
