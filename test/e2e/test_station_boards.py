# SPDX-License-Identifier: Apache-2.0
"""imprint station with boards that have a console: this host as the boards, their ports come and go with them."""
import os
import pty
import threading
import tty

import pytest

from conftest import run_program, wait_until
from host_board import TESTS, FACTORY, FACTORY_BLANK, PROFILE, Board
from test_io_protection import KEY_AT, LOCKED, judge
from test_station import UNREACHABLE, kill_workers, make_line  # noqa: F401 (a fixture)

USAGE, ELSEWHERE = 2, 4
FACTORY_FLEX_IO_KEY = TESTS / "factory_flex_io_key"


class Bench:
    """A station's line whose sockets are serial ports in a folder; a port is there while a board is plugged in."""

    def __init__(self, line, folder):
        self.line, self.ports, self.boards = line, folder / "ports", {}

    def device(self, seed):
        """A chip and a flash, which outlive each boot."""
        return self.line.board(seed), self.line.folder / f"flash{seed}"

    def plug(self, name, device, image=FACTORY, **more):
        board = self.boards[name] = Board(image, *device, **more)
        os.symlink(board.console, self.ports / name)
        return board

    def pull(self, name):
        os.unlink(self.ports / name)
        self.boards.pop(name).kill()


@pytest.fixture
def bench(make_line, tmp_path):  # noqa: F811
    (tmp_path / "ports").mkdir()
    sockets = [{"name": name, "device": f"board:{tmp_path}/ports/{name}"} for name in ("B1", "B2")]
    made = Bench(make_line((), profile=str(PROFILE), rehearsal=True), tmp_path)
    made.line.write(sockets=sockets)
    yield made
    if made.line.process is not None and made.line.process.poll() is None:
        made.line.stop()
    for name in list(made.boards):
        made.pull(name)


def test_boards_come_pass_and_leave(bench):
    """Two at once; each is recorded with its socket; what comes back is only confirmed."""
    line = bench.line.start()
    first, second = bench.device(1), bench.device(2)
    bench.plug("B1", first)
    bench.plug("B2", second)
    passed = line.wait_all(("B1", "B2"), "pass")
    assert passed["B1"]["serial"] != passed["B2"]["serial"] and all(item["changes"] > 0 for item in passed.values())
    for name in ("B1", "B2"):
        bench.pull(name)
    line.wait_all(("B1", "B2"), "empty")
    bench.plug("B2", first)
    again = line.wait(event="socket", name="B2", state="pass")
    assert again["serial"] == passed["B1"]["serial"] and again["changes"] == 0
    line.stop()
    runs = [(item["entry"]["socket"], item["entry"]["result"]) for item in line.ledger("show", again["serial"])]
    assert runs == [("B1", "provisioned"), ("B2", "confirmed")]
    assert line.made()[passed["B2"]["serial"]] == ["provisioned"]


def test_a_board_with_an_io_protection_key(bench):
    """It makes the key itself; the ledger has its proof, and nothing at the station has the key."""
    chip, flash = device = bench.line.folder / "io.virtual", bench.line.folder / "io.flash"
    run_program("virtual", "new", "--as", "trust-flex", "--seed", "1", chip)
    bench.line.write(profile=str(LOCKED))
    line = bench.line.start()
    bench.plug("B1", device, image=FACTORY_FLEX_IO_KEY)
    serial = line.wait(event="socket", name="B1", state="pass")["serial"]
    line.stop()
    (entry,) = [item["entry"] for item in line.ledger("show", serial) if item["entry"]["result"] == "provisioned"]
    content = flash.read_bytes()
    at = content.rindex(bytes([1, 1, 0, 0]) + bytes.fromhex(serial) + bytes(3))
    key = content[at + KEY_AT:at + 48]
    judge({"serial": serial, "data": entry["evidence"]["data"]}, key)
    for file in (line.folder / "state").rglob("*"):
        if file.is_file():
            assert key not in file.read_bytes() and key.hex().encode() not in file.read_bytes().lower(), file


@pytest.mark.parametrize("word", (b"@started", b"@locking", b"@proof", b"@result"))
def test_pulled_in_mid_work(bench, word):
    """Whenever it is pulled: the socket is empty, and the next time it finishes without a second key."""
    reached, said = threading.Event(), bytearray()

    def cut(chunk):
        said.extend(chunk)
        if word not in said:  # it may come in two pieces
            return chunk
        reached.set()
        return b""

    line = bench.line.start()
    device = bench.device(1)
    bench.plug("B1", device, to_station=cut)
    if not reached.wait(60):
        pytest.fail("the board never came so far")
    serial = line.wait(event="socket", name="B1", state="working")["serial"]
    bench.pull("B1")
    line.wait(event="socket", name="B1", state="empty")
    bench.plug("B1", device)
    assert line.wait(event="socket", name="B1", state="pass")["serial"] == serial
    line.stop()
    bench.pull("B1")
    assert line.ledger("verify") and line.made()[serial][-1] in ("provisioned", "confirmed")
    board = bench.plug("B1", device)
    (made,) = [values for verb, values, _ in board.ask("run")[0] if verb == "result"]
    assert made["changes"] == "0" and made["keys"] == "2"


def test_a_killed_worker_and_a_killed_station(bench):
    line = bench.line.start()
    bench.plug("B1", bench.device(1))
    serial = line.wait(event="socket", name="B1", state="working")["serial"]
    kill_workers(line)
    assert line.wait(event="socket", name="B1", state="pass")["serial"] == serial
    line.process.kill()
    line.process.wait()
    line.start()
    assert line.wait(event="socket", name="B1", state="pass")["changes"] == 0


def test_boards_that_are_none_of_ours(bench):
    """An image of another profile fails; what only prints text stays outside, and says why."""
    line = bench.line.start()
    bench.plug("B1", bench.device(1), image=FACTORY_BLANK)
    failed = line.wait(event="socket", name="B1", state="fail")
    assert failed["reason"] == "wrong-configuration" and failed["action"] == "set it aside" and "another profile" in failed["cause"]
    bench.pull("B1")
    line.wait(event="socket", name="B1", state="empty")
    bench.plug("B2", ("none", "none"), image=["sh", "-c", "while read line; do echo login:; done"])
    told = line.wait(event="socket", name="B2", state="empty")
    assert told["reason"] == "wrong-configuration" and told["action"] == "set it aside" and "flash" in told["next"]
    bench.pull("B2")
    assert "reason" not in line.wait(event="socket", name="B2", state="empty")


def test_check_and_info(bench):
    line = bench.line
    board = bench.plug("B1", bench.device(1))
    found = run_program("--json", "station", line.file, "--check").objects
    assert {item["name"]: item["found"] for item in found if item["item"] == "socket"} == {"B1": "board", "B2": "no-console"}
    told = run_program("--json", "board", "info", "--console", board.console).event("board")
    assert told["application"] == "factory" and told["profile"] and len(told["digest"]) == 64 and told["console"] == board.console
    shown = run_program("board", "info", "--console", board.console).out
    assert "application  factory\n" in shown and told["digest"] in shown


def test_info_of_what_does_not_answer(tmp_path):
    master, slave = pty.openpty()
    tty.setraw(slave)
    silent = run_program("--json", "board", "info", "--console", os.ttyname(slave), code=UNREACHABLE)
    assert silent.error["reason"] == "device-silent"
    os.close(master), os.close(slave)
    missing = run_program("--json", "board", "info", "--console", tmp_path / "none", code=UNREACHABLE)
    assert missing.error["reason"] == "device-missing"
    assert run_program("board", "info", code=USAGE).err.startswith("imprint: ")


class Power:
    """A switch that notes what it is told, and connects the board's port; a lid that is a file."""

    def __init__(self, folder, console, port):
        self.log, self.lid, self.program, self.is_bad = folder / "log", folder / "lid", folder / "switch", folder / "bad"
        self.program.write_text(f"""#!/bin/sh
[ $1 = closed ] && {{ [ -e {self.lid} ]; exit; }}
echo $1 >>{self.log}
[ -e {self.is_bad} ] && . {self.is_bad}
if [ $1 = on ]; then ln -sf {console} {port}; else rm -f {port}; fi
""")
        self.program.chmod(0o755)

    def settings(self, **more):
        return {"on": f"{self.program} on", "off": f"{self.program} off", **more}

    def told(self):
        return self.log.read_text().split() if self.log.exists() else []


def make_powered(bench, closed, **more):
    name, device = "B1", bench.device(1)
    board = bench.boards[name] = Board(FACTORY, *device)
    port = bench.ports / name
    power = Power(bench.line.folder, board.console, port)
    settings = power.settings(**({"closed": f"{power.program} closed"} if closed else {}), **more)
    bench.line.write(sockets=[{"name": name, "device": f"board:{port}", "power": settings}])
    port.symlink_to(board.console)  # power that was left on
    return power


def end(bench, power):
    """It ends with the power off."""
    bench.line.stop()
    assert power.told()[-1] == "off" and not (bench.ports / "B1").is_symlink()
    (bench.ports / "B1").symlink_to("none")  # for the fixture's end


def test_power_is_off_while_the_fixture_is_open(bench):
    """And it stays off from the result on, until the fixture was opened and closed again."""
    power = make_powered(bench, closed=True)
    line = bench.line.start()
    wait_until(power.told)
    for _ in range(5):
        line.read(0.1)
    assert power.told() == ["off"] and not [item for item in line.objects if item.get("state") not in (None, "empty")]
    for count, changes in ((1, True), (2, False)):
        power.lid.touch()
        assert (line.wait(event="socket", name="B1", state="pass")["changes"] > 0) == changes
        wait_until(lambda lines=1 + 2 * count: len(power.told()) >= lines)
        for _ in range(8):
            line.read(0.1)
        assert power.told() == ["off"] + ["on", "off"] * count
        power.lid.unlink()
        line.wait(event="socket", name="B1", state="empty")
    end(bench, power)
    assert power.told() == ["off", "on", "off", "on", "off"]


def test_power_without_a_switch(bench):
    """A look needs power: on and off by turns, off at the end."""
    power = make_powered(bench, closed=False)
    line = bench.line.start()
    assert line.wait(event="socket", name="B1", state="pass")["changes"] > 0
    assert power.told()[:2] == ["off", "on"]
    while len(power.told()) < 6:
        line.read(0.1)
    end(bench, power)
    told = power.told()
    assert all(first != second for first, second in zip(told, told[1:])), told


@pytest.mark.parametrize("bad, says", (("exit 3", "exit code 3"), ("exec sleep 60", "no end within 1 seconds"), ("kill -9 $$", "signal 9")))
def test_power_that_fails_is_named(bench, bad, says):
    """Nothing is looked at; when it works again the socket goes on by itself."""
    power = make_powered(bench, closed=True, **({"seconds": 1} if "sleep" in bad else {}))
    power.lid.touch()
    power.is_bad.write_text(f"[ $1 = on ] && {{ {bad}; }}\n")
    line = bench.line.start()
    while "power" not in (told := line.wait(event="socket", name="B1")):
        pass
    assert "`on` failed" in told["power"] and says in told["power"] and str(power.program) in told["power"]
    assert told["action"] == "call the lead" and told["state"] == "empty"
    power.is_bad.unlink()
    while "power" in line.wait(event="socket", name="B1", state="pass"):  # a busy machine may need longer than a second
        pass
    end(bench, power)


def test_power_that_cannot_be_switched_off(bench):
    """The board has passed all the same; the tile says whom to call; the station ends."""
    power = make_powered(bench, closed=True)
    power.lid.touch()
    power.is_bad.write_text(f"[ $1 = off ] && grep -q on {power.log} && exit 9\n")
    line = bench.line.start()
    while "power" not in (told := line.wait(event="socket", name="B1", state="pass")):
        pass
    assert "`off` failed: exit code 9" in told["power"] and told["action"] == "call the lead"
    line.stop()


def test_power_of_a_check(bench):
    power = make_powered(bench, closed=True)
    check = ("--json", "station", bench.line.file, "--check")
    assert run_program(*check).objects[-1]["found"] == "empty" and power.told() == []
    power.lid.touch()
    assert run_program(*check).objects[-1]["found"] == "board" and power.told() == ["on", "off"]
    power.is_bad.write_text("exit 7\n")
    failed = run_program(*check, code=UNREACHABLE)
    assert "exit code 7" in failed.error["cause"]
    power.program.unlink()
    assert run_program(*check, code=USAGE).error["subject"] == str(power.program)
    (bench.ports / "B1").unlink(missing_ok=True)
    (bench.ports / "B1").symlink_to("none")


def test_a_chip_that_was_moved_to_another_board(bench):
    """The record names the microcontroller; on another one the chip is refused before anything is written, until the record is given up."""
    line, (chip, flash) = bench.line.start(), bench.device(1)
    first, second = "00112233445566778899AABBCCDDEEFF", "F0E0D0C0B0A090807060504030201000"
    bench.plug("B1", (chip, flash), IMPRINT_BOARD_MCU=first)
    serial = line.wait(event="socket", name="B1", state="pass")["serial"]
    (entry,) = [item["entry"] for item in line.ledger("show", serial)]
    assert entry["evidence"]["run"]["board"]["mcu"] == first
    assert run_program("--json", "board", "info", "--console", bench.boards["B1"].console).event("board")["mcu"] == first
    bench.pull("B1")
    line.wait(event="socket", name="B1", state="empty")
    bench.plug("B2", (chip, flash), IMPRINT_BOARD_MCU=second)
    told = line.wait(event="socket", name="B2", state="fail")
    assert told["reason"] == "duplicate" and first in told["cause"] and second in told["cause"] and told["serial"] == serial
    bench.pull("B2")
    line.wait(event="socket", name="B2", state="empty")
    bench.plug("B2", (chip, flash), IMPRINT_BOARD_MCU=first)
    assert line.wait(event="socket", name="B2", state="pass")["changes"] == 0
    bench.pull("B2")
    line.wait(event="socket", name="B2", state="empty")
    bench.plug("B1", (chip, flash))  # an image that tells none is believed as before
    assert line.wait(event="socket", name="B1", state="pass")["changes"] == 0
