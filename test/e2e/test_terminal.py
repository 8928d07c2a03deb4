# SPDX-License-Identifier: Apache-2.0
"""What strangers wrote (a chip's mark, a record, a board, a file's or a program's name) never drives the terminal: no control
character reaches it, no name makes up a line, in text and in JSON."""
import contextlib
import hashlib
import json
import os
import pty
import struct
import subprocess

import pytest

from conftest import EXAMPLE, PATIENCE, PROGRAM
from test_hostile_board import lying
from test_host_board import Line

# Colour, the window's title, C1's CSI in UTF-8 and alone, a new line that looks like ours, the text turned round.
HOSTILE = "\x1b[31mred\x1b]0;title\x07 \u009b2J \r\nimprint: forged\n\u202egnorw\u2066\u2028 \x7f"
CHARACTERS = set(range(0x20)) - {0x0a, 0x09} | set(range(0x7f, 0xa0)) | {0x2028, 0x2029} | set(range(0x202a, 0x202f)) | \
    set(range(0x2066, 0x206a))


def clean(result):
    """Both streams, as a terminal would get them; the exact text is still in the objects."""
    for said in (result.raw.decode("utf-8"), result.err):
        found = [hex(ord(char)) for char in said if ord(char) in CHARACTERS]
        assert not found, (found, said)
        assert not [line for line in said.splitlines() if line.startswith("imprint: forged")], said
    return result


def both(station, *arguments, **more):
    return clean(station.run(*arguments, **more)), clean(station.json(*arguments, **more))


# --- the mark ------------------------------------------------------------------------------------------------------------


def crc(data):
    register = 0
    for byte in data:
        for bit in range(8):
            register = (register << 1 ^ (0x8005 if (byte >> bit ^ register >> 15) & 1 else 0)) & 0xffff
    return struct.pack("<H", register)


def forge_mark(chip, name):
    """Puts another profile's name into the mark, by the pages of the mark and of the virtual chip's file."""
    data = bytearray(chip.read_bytes())
    half = max((2048, 4096), key=lambda at: struct.unpack_from("<Q", data, at))
    at = half + 32 + 128 + 64 + 8 * 36
    count = data[at + 3]
    assert data[at:at + 2] == b"IM" and count == 2
    block = data[at + 32:at + 64]
    block[5 * count:] = name[:32 - 5 * count].ljust(32 - 5 * count, b"\0")
    head = data[at:at + 32]
    head[10:12] = crc(block)
    head[12:14] = crc(head[:12])
    head[29:] = hashlib.sha256(head[:29]).digest()[:3]
    data[at:at + 64] = head + block
    data[half + 2016:half + 2048] = hashlib.sha256(data[half:half + 2016]).digest()
    chip.write_bytes(data)


def test_a_hostile_mark(provisioned):
    forge_mark(provisioned.chip, b"honest")
    assert provisioned.json("info").event("chip")["mark"]["profile"] == "honest", "the forger works"
    forge_mark(provisioned.chip, "\x1b]0;x\x07\u009b2J\n\x7f".encode())
    _, said = both(provisioned, "info")
    assert said.event("chip")["mark"]["state"] == "done"
    both(provisioned, "--verbose", "provision", EXAMPLE, "--dry-run", code=None)


# --- a record, files, programs --------------------------------------------------------------------------------------------


def test_a_hostile_record(provisioned):
    record = provisioned.record
    record["keys"][1]["name"] = HOSTILE
    record["keys"][1]["method"] = HOSTILE
    record["profile"]["name"] = HOSTILE
    (provisioned.device / "record.json").write_text(json.dumps(record))
    text, said = both(provisioned, "keys")
    assert "\\x1B[31mred" in text.out, "what is there is shown"
    assert [item["name"] for item in said.objects if item["event"] == "key"][1] == HOSTILE, "JSON has it exactly"
    both(provisioned, "info")
    both(provisioned, "--verbose", "info")
    both(provisioned, "sign", HOSTILE, EXAMPLE, "-o", provisioned.folder / "signature")
    both(provisioned, "explain", provisioned.device / "record.json")
    both(provisioned, "erase", code=2)


def test_hostile_file_names(provisioned):
    strange = HOSTILE.replace("/", "")
    missing = provisioned.folder / strange
    for command in (("sign", "18", missing), ("explain", missing), ("provision", missing, "--arm", "profile"), ("compile", missing, "--c"),
                    ("virtual", "serve", missing), (strange,), ("sign", strange, EXAMPLE), ("--" + strange, "info")):
        both(provisioned, *command, code=None)
    both(provisioned, "--device", f"virtual:{missing}", "info", code=None)
    both(provisioned, "--device", strange, "info", code=None)
    clean(provisioned.run("virtual", "new", missing))
    both(provisioned, "--device", f"virtual:{missing}", "info")
    latin1 = os.fsencode(provisioned.folder) + b"/\x9b31m\xff"
    result = subprocess.run([PROGRAM, "explain", latin1], capture_output=True, check=False, timeout=60)
    assert result.returncode == 2 and b"\\x9B31m\\xFF" in result.stderr and b"\x9b" not in result.stderr


def test_the_name_of_the_program_that_holds_a_chip(provisioned):
    link = provisioned.folder / "\x1b]0;x\x07"
    link.symlink_to(PROGRAM)
    holder = subprocess.Popen([str(link), "virtual", "serve", "--unix", str(provisioned.folder / "bus"), str(provisioned.chip)],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        holder.stdout.readline()
        text, said = both(provisioned, "info", code={1, 3})
        assert said.error["holder_name"] == "\x1b]0;x\x07" and "\\x1B]0;x\\x07" in text.err
    finally:
        holder.terminate()
        holder.communicate(timeout=PATIENCE)


def test_other_alphabets_stay_readable(provisioned):
    name = "Gerät-板-é"
    result = clean(provisioned.run("explain", provisioned.folder / name, code=2))
    assert name in result.err


def test_progress_on_a_terminal(provisioned):
    """The bar's own control sequences are ours; they still work."""
    screen, terminal = pty.openpty()
    done = subprocess.run([PROGRAM, "--state", provisioned.state, "provision", EXAMPLE, "--arm", "profile"], stdout=subprocess.PIPE, stderr=terminal,
                          env={**os.environ, "TERM": "xterm"}, check=True, timeout=60)
    os.close(terminal)
    shown = b""
    with contextlib.suppress(OSError):  # EIO: all of it has been read
        while piece := os.read(screen, 4096):
            shown += piece
    os.close(screen)
    assert b"\r[" in shown and b"\x1b[K" in shown, shown
    assert done.stdout.startswith(b"nothing to do")


# --- a board --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def line(station):
    return Line(station)


STRANGE = "\x1b[31m\x9b2J\x1b]0;x\x07\x08\x08"


def test_hostile_lines_of_a_board(line):
    """Between the frames, as --verbose shows them: the run is not disturbed."""
    with line.boot(to_station=lying(lambda text: f"{STRANGE}\r\n{text}")) as board:
        # A line that holds a frame's mark only is damaged; one of text with control characters is too. Neither is shown.
        clean(line.station.run("--verbose", "board", "provision", EXAMPLE, "--console", board.console, "--dry-run", "--timeout", "1",
                               code=None))


@pytest.mark.parametrize("place", ["board=", "text=\"", "part="])
def test_hostile_answers_of_a_board(line, place):
    """In frames with a right checksum."""
    with line.boot(to_station=lying(lambda text: text.replace(place, place + STRANGE))) as board:
        command = "--verbose", "board", "provision", EXAMPLE, "--arm", "profile", "--console", board.console, "--only", "0123FFFFFFFFFFFFEE"
        clean(line.station.run(*command, "--timeout", "1", code=None))
