# SPDX-License-Identifier: Apache-2.0
"""imprint station with boards that have a console: this host as the boards, their ports come and go with them."""
import os
import pty
import threading
import tty

import pytest

from conftest import run_program
from host_board import FACTORY, FACTORY_BLANK, PROFILE, Board
from test_station import UNREACHABLE, kill_workers, make_line  # noqa: F401 (a fixture)

USAGE, ELSEWHERE = 2, 4


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


@pytest.mark.parametrize("word", (b"@started", b"@locking", b"@proof", b"@result"))
def test_pulled_in_mid_work(bench, word):
    """Whenever it is pulled: the socket is empty, and the next time it finishes without a second key."""
    reached, pulled = threading.Event(), []

    def cut(chunk):
        if word in chunk or pulled:
            pulled.append(1)
            reached.set()
            return b""
        return chunk

    line = bench.line.start()
    device = bench.device(1)
    bench.plug("B1", device, to_station=cut)
    if not reached.wait(20):
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
