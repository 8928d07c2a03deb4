# SPDX-License-Identifier: Apache-2.0
"""Sockets that a lead teaches at the page Set-up: one device is plugged in, named, and is a socket of the running station."""
import json
import os
import re

import pytest

from conftest import run_program
from host_board import PROFILE
from test_io_protection import READY
from test_station import make_line  # noqa: F401 (the fixture)
from test_station_boards import bench  # noqa: F401 (the fixture)
from test_station_login import USERS, write_users
from web_client import Person

INPUT = 2


def log_in(line, name="4"):
    person = Person(line.place)
    person.log_in(name)
    return person


def plugged(person):
    return {one["name"]: (one["kind"], one["socket"]) for one in json.loads(person.ask("/setup/devices")[2])}


@pytest.fixture
def empty(make_line):  # noqa: F811
    """A station without any socket, and its lead."""
    line = make_line((), open_tiles=None, teach={"virtual": "fixture", "hid": "hidraw"})
    line.write(sockets=None)
    write_users(line, **USERS)
    return line.start(), log_in(line)


def test_plugged_named_and_made(empty):
    line, lead = empty
    file = line.folder / "state" / "sockets.yaml"
    assert plugged(lead) == {} and "No device is plugged in" in lead.page("/setup") and not file.exists()
    assert json.loads(lead.ask("/state")[2])["sockets"] == []
    board = line.folder / "fixture" / "it's one"
    line.insert(line.board(1), board.name)
    assert plugged(lead) == {str(board): ("virtual", "")}
    assert re.search(r"plugged in \d+ (s|min) ago", lead.page("/setup"))
    key = line.folder / "state" / "ledger" / "log.key"
    key.rename(line.folder / "key")
    assert lead.press("/setup/add", name="A1", found=str(board), use="virtual")[0] == 409 and not file.exists()  # no entry, no change
    (line.folder / "key").rename(key)
    assert lead.press("/setup/add", name="A1", found=str(board), use="virtual")[0] == 303
    serial = line.wait(event="socket", name="A1", state="pass")["serial"]
    assert plugged(lead) == {str(board): ("virtual", "A1")}
    text = lead.page("/setup")
    assert "<td>A1</td>" in text and "Remove socket A1" in text
    assert f"- {{name: 'A1', device: 'virtual:{str(board).replace(chr(39), chr(39) * 2)}'}}\n" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    line.stop()
    line.start()
    assert line.wait(event="socket", name="A1", state="pass")["serial"] == serial
    lead = log_in(line)
    taught, key = file.read_text(), line.folder / "state" / "ledger" / "log.key"
    key.rename(line.folder / "key")
    assert lead.press("/setup/remove", name="A1")[0] == 409 and file.read_text() == taught  # no entry, no change
    (line.folder / "key").rename(key)
    assert lead.press("/setup/remove", name="A1")[0] == 303
    assert not file.exists() and "Remove socket" not in lead.page("/setup")
    status, _, body = lead.press("/setup/add", name="A1", found=str(board), use="virtual")
    assert status == 409 and b"free after the next start" in body  # it runs still
    status, _, body = lead.press("/setup/add", name="A2", found=str(board), use="virtual")
    assert status == 409 and b"a socket that runs still has this device" in body and not file.exists()
    line.stop()
    line.start()
    lead = log_in(line)
    assert json.loads(lead.ask("/state")[2])["sockets"] == []
    line.stop()
    entries = [(one["kind"], one["result"], one["operator"]) for one in line.ledger("list") if one["event"] == "ledger-entry" and one["kind"].startswith("socket")]
    assert entries == [("socket add", "added", "4"), ("socket remove", "removed", "4")]
    assert line.ledger("verify")[-1]["holds"]


def test_who_may_and_what_is_refused(empty):
    line, lead = empty
    first, second = (str(line.folder / "fixture" / name) for name in ("one", "two"))
    for seed, path in ((1, first), (2, second)):
        line.insert(line.board(seed), path)
    (line.folder / "fixture" / "folder").mkdir()
    os.symlink("/etc/passwd", line.folder / "fixture" / "link")
    assert set(plugged(lead)) == {first, second}
    fields = {"name": "A1", "found": first, "use": "virtual"}
    operator = log_in(line, "17")
    assert operator.ask("/setup/devices")[0] == 403 and "Teach a socket" not in operator.page("/setup")
    for path in ("/setup/add", "/setup/remove"):
        assert operator.press(path, **fields)[0] == 403
    assert Person(line.place).send("/setup/add", token="", **fields)[0] == 401
    assert lead.send("/setup/add", token="0" * 64, **fields)[0] == 403
    assert lead.press("/setup/add", **fields)[0] == 303
    line.wait(event="socket", name="A1", state="pass")
    for changed, cause in (({"name": "A1", "found": second}, b"has a socket of this name"), ({"name": "A2"}, b"in use by another socket"),
                           ({"name": "A2", "found": "/etc/passwd"}, b"not plugged in any more"), ({"name": "A2", "found": second, "use": "board"}, b"cannot be used so"),
                           ({"name": "A2", "found": second, "use": "tcp"}, b"cannot be used so"), ({"name": "1 <b>", "found": second}, b"not a name of a socket"),
                           ({"name": "A" * 64, "found": second}, b"not a name of a socket"), ({"name": "", "found": second}, b"not a name of a socket")):
        status, _, body = lead.press("/setup/add", **{**fields, **changed})
        assert status == 409 and cause in body and b"<b>" not in body, (changed, body)
    assert b"no socket of this name" in lead.press("/setup/remove", name="A2")[2]
    assert lead.press("/setup/add", name="A2", found=second, use="virtual")[0] == 303
    line.wait(event="socket", name="A2", state="pass")
    line.stop()


def test_a_kit(empty):
    """By the kernel's list of HID devices: the kit's own serial number, once for all its interfaces."""
    line, lead = empty
    for name, number, serial in (("hidraw0", "0003:0000046D:0000C31C", ""), ("hidraw1", "0003:000003EB:00002312", "0123A1"), ("hidraw2", "0003:000003EB:00002312", "0123A1")):
        (line.folder / "hidraw" / name / "device").mkdir(parents=True)
        (line.folder / "hidraw" / name / "device" / "uevent").write_text(f"DRIVER=hid-generic\nHID_ID={number}\nHID_NAME=x\nHID_UNIQ={serial}\n")
    assert plugged(lead) == {"hid:0123A1": ("kit", "")}
    assert lead.press("/setup/add", name="K1", found="hid:0123A1", use="kit")[0] == 303
    assert line.wait(event="socket", name="K1", reason="device-missing")["state"] == "empty"
    assert "kit:hid:0123A1" in lead.page("/setup")
    line.stop()


def test_a_board_at_a_serial_port(bench):  # noqa: F811
    line = bench.line
    line.write(sockets=None, open_tiles=None, teach={"serial": "ports"}, profile=str(PROFILE))
    write_users(line, **USERS)
    lead = log_in(line.start())
    (line.folder / "ports" / "no-port").write_text("")
    bench.plug("usb-0:2:1.0-port0", bench.device(1))
    port = str(line.folder / "ports" / "usb-0:2:1.0-port0")
    assert plugged(lead) == {port: ("port", "")}
    assert lead.press("/setup/add", name="B1", found=port, use="board")[0] == 303
    assert line.wait(event="socket", name="B1", state="pass")["changes"] > 0
    line.stop()


def test_no_chip_that_needs_the_board_s_own_key_store(bench):  # noqa: F811
    """A profile with an IO protection key: the port of a console can be a socket, and no other way to a chip."""
    line = bench.line
    line.write(sockets=None, open_tiles=None, teach={"serial": "ports"}, profile=str(READY))
    write_users(line, **USERS)
    lead = log_in(line.start())
    bench.plug("usb-0:2:1.0-port0", bench.device(1))
    fields = {"name": "B1", "found": str(line.folder / "ports" / "usb-0:2:1.0-port0")}
    status, _, body = lead.press("/setup/add", use="swi", **fields)
    assert status == 409 and b"only a board with a console makes it itself" in body
    assert lead.press("/setup/add", use="board", **fields)[0] == 303
    line.stop()


TAUGHT = "imprint: 1\nsockets:\n  - {name: A1, device: 'virtual:/x'}\n"


@pytest.mark.parametrize("text, cause, place", [
    (TAUGHT + "    power: {on: /bin/sh, off: /bin/sh}\n", "", 4), (TAUGHT.replace("}", ", power: {on: /bin/true, off: /bin/true}}"), "power", 3),
    (TAUGHT.replace("virtual:", "usb:"), "is no kind of device", None), (TAUGHT.replace("A1", "S1"), "another socket has this name", None),
    (TAUGHT.replace("/x", "{0}/fixture/S1"), "another socket has this device", None), ("", "the file is empty", 1)])
def test_a_bad_file(make_line, text, cause, place):  # noqa: F811
    """What a hand has done to it is an error that names it; no command can get into it."""
    line = make_line(("S1",))
    (line.folder / "state").mkdir()
    (line.folder / "state" / "sockets.yaml").write_text(text.replace("{0}", str(line.folder)))
    error = run_program("--json", "station", line.file, code=INPUT).error
    assert cause in error["cause"] and error["subject"].endswith("/state/sockets.yaml") and error.get("line") == place, error


@pytest.mark.parametrize("more, cause", [({"teach": {}}, "names no folder"), ({"teach": {"virtual": "x"}, "page": None, "open_tiles": None}, "needs a page"), ({"sockets": None}, "sockets")])
def test_bad_settings(make_line, more, cause):  # noqa: F811
    line = make_line()
    line.write(**more)
    assert cause in run_program("--json", "station", line.file, code=INPUT).error["cause"]
