# SPDX-License-Identifier: Apache-2.0
"""Sockets on I2C buses that a lead teaches: only buses that the station file names are looked at, and of those only the usual addresses."""
import collections
import json
import os
import re
import subprocess

import pytest

from conftest import PROGRAM, run_program
from test_station import make_line  # noqa: F401 (the fixture)
from test_station_login import USERS, write_users
from test_station_teach import log_in, plugged
from test_virtual_run import ENV

INPUT = 2


def start(line, *chips, before=()):
    """The station where /dev/i2c-7 has these virtual chips."""
    line.objects, line.rest, line.count = [], b"", 0
    with open(line.folder / "stderr", "ab") as errors:
        line.process = subprocess.Popen([PROGRAM, *before, "virtual", "run", "--bus", "7", *chips, "--", PROGRAM, "--json", "station", line.file],
                                        stdout=subprocess.PIPE, stderr=errors, env={**os.environ, **ENV})
    line.place = re.fullmatch(r"https?://([\d.]+:\d+)/", line.wait(event="station")["url"]).group(1)
    return log_in(line)


def test_plugged_named_and_made(make_line):  # noqa: F811
    line = make_line((), open_tiles=None, teach={"i2c": [{"bus": "/dev/i2c-7"}, {"bus": "/dev/i2c-99"}]}, rehearsal=True)
    line.write(sockets=None)
    write_users(line, **USERS)
    first, second = line.board(1), line.board(2, "trust-flex")
    lead = start(line, first, second)
    found = {one["name"]: one for one in json.loads(lead.ask("/setup/devices")[2])}
    assert {name: (one["kind"], one["socket"], len(one["serial"])) for name, one in found.items()} == {
        "/dev/i2c-7@0x35": ("i2c", "", 18), "/dev/i2c-7@0x36": ("i2c", "", 18)}
    serial = found["/dev/i2c-7@0x35"]["serial"]
    assert f"chip {serial}" in lead.page("/setup") and "a chip on an I2C bus" in lead.page("/setup")
    for use in ("swi", "virtual", "unix"):
        assert b"cannot be used so" in lead.press("/setup/add", name="A1", found="/dev/i2c-7@0x35", use=use)[2]
    for name in ("/dev/i2c-7@0x50", "/dev/i2c-0@0x60", "/dev/i2c-7"):
        assert b"not plugged in any more" in lead.press("/setup/add", name="A1", found=name, use="i2c")[2]
    assert lead.press("/setup/add", name="A1", found="/dev/i2c-7@0x35", use="i2c")[0] == 303
    assert line.wait(event="socket", name="A1", state="pass")["serial"] == serial
    assert plugged(lead) == {"/dev/i2c-7@0x35": ("i2c", "A1"), "/dev/i2c-7@0x36": ("i2c", "")}
    assert "- {name: 'A1', device: 'i2c:/dev/i2c-7@0x35'}" in (line.folder / "state" / "sockets.yaml").read_text()
    line.stop()
    # A socket without an address has whatever answers on its bus.
    line.write(sockets=[{"name": "B1", "device": "i2c:/dev/i2c-7"}])
    (line.folder / "state" / "sockets.yaml").unlink()
    lead = start(line, second)
    assert plugged(lead) == {"/dev/i2c-7": ("i2c", "B1")}
    line.stop()


def touched(trace):
    """How often the chips at these addresses were written to or read from, answered or not."""
    rows = [line.split() for line in trace.read_text().splitlines() if not line.startswith("#")]
    return collections.Counter(int(row[2], 16) for row in rows if row[1].startswith(("write", "read")))


def test_chips_of_sockets_that_run_are_left_alone(make_line):  # noqa: F811
    """However the file writes the socket's place, and when the file has it no more: the page sends nothing to its chip, reads nothing from it, and does not put it to sleep."""
    line = make_line((), open_tiles=None, teach={"i2c": [{"bus": "/dev/i2c-7"}]}, rehearsal=True, look=60000)
    line.write(sockets=[{"name": "A1", "device": "i2c:/dev/i2c-7@53"}])
    write_users(line, **USERS)
    trace = line.folder / "trace"
    lead = start(line, line.board(1), line.board(2, "trust-flex"), before=("--trace", trace))
    first = line.wait(event="socket", name="A1", state="pass")["serial"]
    assert plugged(lead) == {"/dev/i2c-7@0x35": ("i2c", "A1"), "/dev/i2c-7@0x36": ("i2c", "")}
    assert lead.press("/setup/add", name="A2", found="/dev/i2c-7@0x36", use="i2c")[0] == 303
    second = line.wait(event="socket", name="A2", state="pass")["serial"]
    assert second != first
    assert lead.press("/setup/remove", name="A2")[0] == 303  # it runs on
    before = touched(trace)
    for _ in range(4):
        assert plugged(lead) == {"/dev/i2c-7@0x35": ("i2c", "A1"), "/dev/i2c-7@0x36": ("i2c", "")}
    assert b"a socket that runs still has this device" in lead.press("/setup/add", name="A3", found="/dev/i2c-7@0x36", use="i2c")[2]
    after = touched(trace) - before
    assert after[0x35] == after[0x36] == 0 and after[0x60] >= 4 and after[0x58] >= 4, after
    line.stop()


def test_two_sockets_of_a_bus_work_while_the_page_is_open(make_line):  # noqa: F811
    line = make_line((), open_tiles=None, teach={"i2c": [{"bus": "/dev/i2c-7"}]}, rehearsal=True, look=100)
    line.write(sockets=[{"name": "A1", "device": "i2c:/dev/i2c-7@0x35"}, {"name": "A2", "device": "i2c:/dev/i2c-7@0x36"}])
    write_users(line, **USERS)
    lead = start(line, line.board(1), line.board(2, "trust-flex"))
    states = {}
    while set(states.values()) != {"pass"}:
        assert set(plugged(lead).values()) == {("i2c", "A1"), ("i2c", "A2")}
        states = {one["name"]: one["state"] for one in json.loads(lead.ask("/state")[2])["sockets"]}
        assert "fail" not in states.values(), states
    line.stop()
    assert sorted(results[0] for serial, results in line.made().items() if serial) == ["provisioned", "provisioned"]


def test_only_what_the_file_names(make_line):  # noqa: F811
    """A station that teaches something else looks at no bus."""
    line = make_line((), open_tiles=None, teach={"virtual": "fixture"})
    line.write(sockets=None)
    write_users(line, **USERS)
    lead = start(line, line.board(1))
    assert plugged(lead) == {}
    line.stop()


@pytest.mark.parametrize("teach, cause", [({"i2c": []}, "i2c"), ({"i2c": ["/dev/i2c-1"]}, "i2c"), ({"i2c": [{"bus": "/dev/i2c-1@0x60"}]}, "names an address"),
                                          ({"i2c": [{"bus": "/dev/i2c-1"}, {"bus": "/dev/i2c-1"}]}, "twice"), ({"i2c": [{"bus": f"/dev/i2c-{n}"} for n in range(9)]}, "i2c")])
def test_bad_settings(make_line, teach, cause):  # noqa: F811
    line = make_line(teach=teach)
    error = run_program("--json", "station", line.file, "--check", code=INPUT).error
    assert cause in error["cause"] + str(error["subject"]) and error["line"] == 1, error
