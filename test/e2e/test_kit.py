# SPDX-License-Identifier: Apache-2.0
"""The kit protocol from both sides: our device against a served kit, hosts that misbehave, and kits of other makes."""
import os
import threading
import time
import tty

import pytest

from conftest import EXAMPLE
from test_transports import serving, whole_job


class Host:
    """A host at the terminal, by hand."""

    def __init__(self, device):
        self.fd = os.open(device.removeprefix("kit:"), os.O_RDWR | os.O_NOCTTY)

    def line(self):
        text = b""
        while not text.endswith(b"\n"):
            text += os.read(self.fd, 1)
        return text.decode().rstrip("\n")

    def ask(self, text):
        os.write(self.fd, text.encode() + b"\n")
        return self.line()

    def close(self):
        os.close(self.fd)


def test_whole_job_through_a_kit(delivered):
    with serving("--kit-pty", delivered.chip) as server:
        assert server.device.startswith("kit:/dev/pts/")
        whole_job(delivered, "--device", server.device)
        delivered.run("--device", f"{server.device}@0x35", "sign", "18", EXAMPLE)
        error = delivered.json("--device", f"{server.device}@0x36", "info", code=3).error
        assert error["reason"] == "device-missing" and "no ECC chip" in error["cause"]


def test_what_a_kit_answers(delivered):
    with serving("--kit-pty", delivered.chip) as server:
        host = Host(server.device)
        assert host.ask("E:t(0730000000035D)") == "E7()", "asleep"
        assert host.ask("E:w()") == "00(04113343)"
        assert host.ask("E:t(0730000000035D)") == "00(070000600383BB)"
        assert host.ask("e:talk(0730000000035d)") == "00(070000600383BB)"
        assert host.ask("E:t(07300000000000)") == "00(04FF0142)", "a wrong CRC"
        assert host.ask("E:i()") == "00()" and host.ask("E:i()") == "E7()"
        assert host.ask("E:w()") == "00(04113343)" and host.ask("E:s()") == "00()"
        assert host.ask("board:device(00)") == "ECC608 TWI 00(6A)"
        assert host.ask("board:version()").startswith("imprint")
        assert host.ask("E:physical:interface:i2c") == "00()"
        assert host.ask("E:physical:select(C0)") == "00()"
        assert host.ask("E:w()") == "D0()", "nobody is there"
        assert host.ask("E:physical:select(6A)") == "00()"
        for bad in ("", "E", ":", "E:", "E:t", "E:t()", "E:t(0)", "E:t(zz)", "E:t(07", "E:t)07(", "E:x()", "X:w()", "E:p()",
                    "E:physical:select()", "E:physical:interface:swi", "board:device(01)", "board:device()", "E:t(" + "00" * 163 + ")",
                    "E:t(" + "0" * 5000 + ")", "\x7f\x01\xff"):
            assert host.ask(bad) == "E2()", bad
        assert host.ask("E:w()") == "00(04113343)"
        host.close()


def test_host_that_goes_in_the_middle_of_a_line(delivered):
    with serving("--kit-pty", delivered.chip) as server:
        line = b"E:t(0730000000035D)\n"
        for cut in range(1, len(line), 3):
            host = Host(server.device)
            os.write(host.fd, line[:cut])
            host.close()
            time.sleep(0.05)
        whole_job(delivered, "--device", server.device)


def test_several_chips_behind_one_kit(station):
    chips = []
    for part in ("blank", "trust-flex"):
        chips.append(station.folder / part)
        station.run("virtual", "new", "--as", part, chips[-1])
    with serving("--kit-pty", *chips) as server:
        for way, address in (("", 0x60), ("@0x60", 0x60), ("@0x36", 0x36)):
            assert station.json("--device", server.device + way, "info").event("chip")["i2c_address"] == address


def test_ports_that_are_none(delivered):
    for device, code in (("kit:", 2), ("kit", 2), ("kit:/dev/null", 3), ("kit:/no/such/port", 3), ("kit:/dev/ttyX@0x00", 2)):
        error = delivered.json("--device", device, "info", code=code).error
        assert error["reason"] == ("usage" if code == 2 else "device-missing"), device
    assert delivered.json("virtual", "serve", "--kit-pty", "--unix", "x", delivered.chip, code=2).error["reason"] == "usage"


class Stranger(threading.Thread):
    """A kit of another make: hands each line to the served one and changes what comes back."""

    def __init__(self, server, change):
        super().__init__(daemon=True)
        self.host, self.change = Host(server.device) if server else None, change
        self.fd, self.other = os.openpty()
        tty.setraw(self.other)
        self.device = "kit:" + os.ttyname(self.other)
        self.start()

    def run(self):
        text = b""
        while True:
            try:
                text += os.read(self.fd, 1)
            except OSError:
                return
            if text.endswith(b"\n"):
                line = text.decode().rstrip("\n")
                answer = self.change(line, self.host.ask(line) if self.host else "")
                text = b""
                if answer is None:
                    continue
                os.write(self.fd, answer.encode() + b"\n")


# The low byte of the host library's status, where newer kits give no group.
NEWER = {"00(04010": "D1()", "00(04038": "D2()", "00(0405C": "D6()", "00(040F2": "F4()", "00(04FF0": "D4()"}


def as_newer_kits(line, answer):
    for group, status in NEWER.items():
        if line.lower().startswith("e:t") and answer.startswith(group):
            return status
    if "interface" in line:
        return "E2()"
    return "\0\0" + answer


def test_kit_that_maps_the_chips_statuses(delivered):
    with serving("--kit-pty", delivered.chip) as server:
        kit = Stranger(server, as_newer_kits)
        whole_job(delivered, "--device", kit.device)


@pytest.mark.parametrize("name, change, reason", [
    ("silent", lambda line, answer: None, "device-silent"),
    ("noise", lambda line, answer: "#" * 40, "device-garbled"),
    ("no chips", lambda line, answer: "E2()", "device-missing"),
    ("other chips", lambda line, answer: "SHA204A TWI 00(C8)", "device-missing"),
    ("cannot select", lambda line, answer: "E2()" if "select" in line else answer, "device-missing"),
    ("endless", lambda line, answer: answer if "board" in line or "phys" in line else "0" * 2000, "device-garbled"),
    ("half a byte", lambda line, answer: answer if "board" in line or "phys" in line else "00(041)", "device-"),
    ("short group", lambda line, answer: answer if "board" in line or "phys" in line else "00(04)", "device-garbled"),
    ("long group", lambda line, answer: answer if "board" in line or "phys" in line else "00(" + "A2" * 200 + ")", "device-"),
    ("no status", lambda line, answer: answer if "board" in line or "phys" in line else "()", "device-"),
])
def test_what_is_no_kit(delivered, name, change, reason):
    with serving("--kit-pty", delivered.chip) as server:
        kit = Stranger(server, change)
        error = delivered.json("--device", kit.device, "info", code=3).error
        assert error["reason"].startswith(reason), (name, error)


def test_unplugged(delivered):
    with serving("--kit-pty", delivered.chip) as server:
        count = []

        def unplug(line, answer):
            count.append(line)
            if len(count) == 20:
                os.close(kit.other)
                os.close(kit.fd)
                return None
            return answer
        kit = Stranger(server, unplug)
        delivered.json("--device", kit.device, "provision", EXAMPLE, "--arm", "profile", code={1, 3})
        time.sleep(0.2)
        whole_job(delivered, "--device", server.device)
