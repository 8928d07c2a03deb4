# SPDX-License-Identifier: Apache-2.0
"""--trace: readable, complete, replayable, and silent about secrets."""
import re
import shutil
import stat
import struct

import pytest

from conftest import DUMPS, EXAMPLE, run_program
from test_transports import request, serving, write

LINE = re.compile(r"(\d+)\.(\d{9}) (?:wake (\d+)|(write|read)(\+?) ([0-9a-f]{2}) (ack|nack(?:@\d+)?)((?: (?:[0-9a-f]{2}|\*\*))*)"
                  r"(?: ; ([ -~]+))?)$")


def parse(path):
    first, *lines = path.read_text().splitlines()
    assert first == "# imprint trace 1"
    rows = []
    for line in lines:
        match = LINE.match(line)
        assert match, line
        seconds, rest, wake, kind, more, address, result, data, decoded = match.groups()
        rows.append({"time": int(seconds) * 10**9 + int(rest), "wake": wake and int(wake), "kind": kind, "more": more,
                     "address": address and int(address, 16), "result": result, "data": (data or "").split(), "decoded": decoded})
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
    return rows


def traced(station, *arguments, **more):
    path = station.folder / "trace"
    station.run("--trace", path, *arguments, **more)
    return parse(path)


def test_commands_are_decoded(delivered):
    rows = traced(delivered, "provision", EXAMPLE, "--arm", "profile")
    words = {row["decoded"].split(",")[0] for row in rows if row["decoded"]}
    assert {"reset", "sleep", "GenKey mode 04", "status 00", "status 11", "64 bytes", "32 bytes"} <= words, words
    assert any(word.startswith("Sign mode ") for word in words), words
    # First to idle, in case that somebody else's pulse has woken the chip; nobody is awake to hear it.
    assert rows[0]["result"] == "nack" and rows[1]["wake"] == 80
    assert stat.S_IMODE((delivered.folder / "trace").stat().st_mode) == 0o600


def test_secrets_are_hidden_unless_asked_for(provisioned):
    hidden = traced(provisioned, "random", "32")
    assert [row for row in hidden if row["decoded"] == "32 bytes" and set(row["data"]) <= {"**"}]
    path = provisioned.folder / "trace"
    number = provisioned.run("--trace", path, "--trace-secrets", "random", "32", "-x").out.strip().lower()
    assert number in path.read_text().replace(" ", "") and "**" not in path.read_text()
    number = provisioned.run("--trace", path, "random", "32", "-x").out.strip().lower()
    assert number[:16] not in path.read_text().replace(" ", "")


SCALAR = bytes(range(0x41, 0x61))


@pytest.mark.parametrize("cuts", [(), (2,), (1, 2, 3), (6, 7, 20), tuple(range(1, 43))])
def test_private_key_is_hidden_however_it_is_sent(station, sock, cuts):  # noqa: F811
    station.new("blank")
    group = bytes([43, 0x46, 0, 0, 0]) + b"\0" * 4 + SCALAR[:31] + b"\0\0\0"
    group = bytes([len(group)]) + group[1:]
    path = station.folder / "trace"
    with serving("--trace", path, "--unix", sock, station.chip) as server:
        link = server.connect()
        request(link, 3, struct.pack("<I", 80))
        request(link, 4, struct.pack("<Q", 1500000))
        edges = [0, *cuts, len(group)]
        for begin, end in zip(edges, edges[1:]):
            assert request(link, 2, write(0x60, b"\3" + group[begin:end]))[1][8] == 0
        link.close()
    text = path.read_text()
    assert "PrivWrite" in text
    shown = [byte for row in parse(path) for byte in row["data"]]
    assert not set(shown) & {f"{byte:02x}" for byte in SCALAR[:31] if byte != 0x46}, text


def group(opcode, mode, data=b""):
    body = bytes([7 + len(data), opcode, mode, 0, 0]) + data
    crc = 0
    for byte in body:
        for bit in range(8):
            feedback = (crc >> 15 ^ byte >> bit) & 1
            crc = crc << 1 & 0xffff ^ (0x8005 if feedback else 0)
    return body + struct.pack("<H", crc)


@pytest.mark.parametrize("mode,length,hidden", [(0x00, 20, False), (0x43, 32, False), (0x63, 64, False), (0x03, 32, True),
                                                (0x23, 64, True), (0x83, 32, True)])
def test_nonces_that_may_be_keys_are_hidden(station, sock, mode, length, hidden):  # noqa: F811
    station.new("blank")
    path = station.folder / "trace"
    with serving("--trace", path, "--unix", sock, station.chip) as server:
        link = server.connect()
        request(link, 3, struct.pack("<I", 80))
        request(link, 4, struct.pack("<Q", 1500000))
        data = bytes(range(0x81, 0x81 + length))
        assert request(link, 2, write(0x60, b"\3" + group(0x16, mode, data)))[1][8] == 0
        link.close()
    nonce, = [row for row in parse(path) if row["decoded"] and row["decoded"].startswith(f"Nonce mode {mode:02x}")]
    assert nonce["data"][6:6 + length] == (["**"] * length if hidden else [f"{byte:02x}" for byte in data])


def test_self_test_answers_with_tests(station, sock):  # noqa: F811
    station.new("blank")
    path = station.folder / "trace"
    with serving("--trace", path, "--fault", "selftest@1.20", "--unix", sock, station.chip) as server:
        link = server.connect()
        read = struct.pack("<BBBH", 1, 1, 0x60, 4)
        for _ in range(2):
            request(link, 3, struct.pack("<I", 80))
            request(link, 4, struct.pack("<Q", 1500000))
            request(link, 2, read)
            request(link, 2, write(0x60, b"\3" + group(0x77, 0x3d)))
            request(link, 4, struct.pack("<Q", 400000000))
            request(link, 2, read)
            request(link, 2, write(0x60, b"\1"))
        link.close()
    decoded = [row["decoded"] for row in parse(path) if row["kind"] == "read"]
    assert decoded == ["status 11, awake", "failed tests 14", "status 11, awake", "failed tests 00"], decoded


def test_replay_gives_the_same(station, sock):  # noqa: F811
    # A part without the maker's certificates: with them `info` lets the chip sign, and a signature is new each time.
    station.run("virtual", "new", "--as", DUMPS / "608b-tngtls.hex", "--seed", 1)
    delivered = station
    twin = delivered.folder / "twin"
    shutil.copy(delivered.chip, twin)
    path = delivered.folder / "trace"
    rows = []
    delivered.run("--trace", path, "--trace-secrets", "info")
    rows = parse(path)
    with serving("--unix", sock, twin) as server:
        link = server.connect()
        for row in rows:
            now = struct.unpack("<Q", request(link, 4, bytes(8))[1][:8])[0]
            assert now <= row["time"]
            request(link, 4, struct.pack("<Q", row["time"] - now))
            if row["wake"]:
                request(link, 3, struct.pack("<I", row["wake"]))
                continue
            assert not row["more"]
            data = bytes.fromhex("".join(row["data"]))
            if row["kind"] == "write":
                body = write(row["address"], data)
            elif data or row["result"] == "nack":
                body = struct.pack("<BBBH", 1, 1, row["address"], len(data))
            reply = request(link, 2, body)[1][8:]
            assert (reply[0] == 0) == (row["result"] == "ack"), row
            if row["kind"] == "read" and data:
                assert reply[6:] == data, row
        link.close()


def test_repeated_start_and_several_chips(station, sock):  # noqa: F811
    chips = []
    for part in ("blank", "trust-and-go"):
        chips.append(station.folder / part)
        station.run("virtual", "new", "--as", part, chips[-1])
    path = station.folder / "trace"
    with serving("--trace", path, "--unix", sock, *chips) as server:
        link = server.connect()
        request(link, 3, struct.pack("<I", 80))
        request(link, 4, struct.pack("<Q", 1500000))
        request(link, 2, struct.pack("<BBBHBBBH", 2, 0, 0x60, 1, 0, 1, 0x35, 4)[:5] + b"\0" + struct.pack("<BBH", 1, 0x35, 4))
        link.close()
    kinds = [(row["kind"], row["more"], row["address"]) for row in parse(path) if row["kind"]]
    assert kinds == [("write", "+", 0x60), ("read", "", 0x35)]


def test_where_there_is_no_trace(delivered, sock):  # noqa: F811
    for device in ("i2c:/dev/null", "unix:x", "tcp:localhost:1", "kit:/dev/null"):
        error = delivered.json("--trace", "t", "--device", device, "info", code=2).error
        assert "--trace" in error["cause"]
    assert delivered.json("--trace", "/no/such/folder/t", "info", code=2).error["reason"] == "input-file"
    delivered.json("--trace", "/no/such/folder/t", "virtual", "serve", "--unix", sock, delivered.chip, code=2)
    delivered.run("info")


def test_full_disk_harms_only_the_trace(delivered):
    error = delivered.json("--trace", "/dev/full", "provision", EXAMPLE, "--arm", "profile", code=5).error
    assert error["reason"] == "output-failed" and error["subject"] == "/dev/full" and error["system"], error
    assert delivered.json("provision", EXAMPLE, "--arm", "profile").event("provisioned")["changes"] == 0


def test_the_file_is_new_and_private(delivered):
    """What lay there is replaced: with its permissions, and without following a link."""
    trace, other = delivered.folder / "bus.log", delivered.write("other", "another file")
    trace.write_text("old")
    trace.chmod(0o644)
    delivered.run("--trace", trace, "info")
    assert trace.stat().st_mode & 0o777 == 0o600 and trace.read_text().startswith("# imprint trace")
    trace.unlink()
    trace.symlink_to(other)
    delivered.run("--trace", trace, "info")
    assert not trace.is_symlink() and other.read_text() == "another file"
