# SPDX-License-Identifier: Apache-2.0
"""A station of a line: one login for all boards, and what becomes of a board when the server, its tables, or who keeps the connection are not as
they were."""
import contextlib
import os
import signal
import time

import pytest

from conftest import EXAMPLE, Station
from test_line import VERSION
from test_station import children, make_line  # noqa: F401 (the fixture)

pytest_plugins = ["postgres_server"]
STATIONS = ("st-01",)
PATIENCE = 60


@pytest.fixture(scope="module")
def counting(postgres):
    """The server, which logs who logs in."""
    assert postgres.sql("ALTER SYSTEM SET log_connections = on") == ""
    postgres.kill()
    postgres.start()
    return postgres


def logins(server):
    """Those of the station: what the server has let in, in the order of its log."""
    return (server.folder / "log").read_text().count("connection authorized: user=st-01 database=line")


def keepers(shift):
    """The processes that keep the connection."""
    found = []
    for pid in children(shift.process.pid):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if open(f"/proc/{pid}/comm").read().strip() == "imprint-line":
                found.append(pid)
    return found


class Shift:
    """The station with one socket, and one board after the other."""

    def __init__(self, server, make):
        self.server, self.boards, self.station = server, 0, make(("A1",))
        server.renew_line(*STATIONS)
        server.join(self, "st-01", timeout=PATIENCE)
        self.station.start()

    @property
    def state(self):
        return self.station.folder / "state"

    def board(self, state="pass"):
        """Puts one in, and takes it out when the socket has the state: the socket's object, and logins meanwhile."""
        self.boards += 1
        before, board = logins(self.server), self.station.board(self.boards)
        self.before = board.read_bytes()
        self.station.insert(board, "A1")
        item = self.station.wait(event="socket", state=state)
        self.station.take_out("A1", board)
        self.after = board.read_bytes()
        self.station.wait(event="socket", state="empty")
        return item, logins(self.server) - before

    def settle(self, in_a_row=1):
        """Boards until this many in a row need no login: the station keeps a connection from then on."""
        found = 0
        for _ in range(100):
            found = found + 1 if self.board()[1] == 0 else 0
            if found == in_a_row:
                return
        pytest.fail("boards have their own logins")

    def entries(self):
        return int(self.server.sql("SELECT coalesce(sum(size), 0) FROM line_log"))


@pytest.fixture
def shift(counting, make_line):  # noqa: F811
    return lambda: Shift(counting, make_line)


def wait_for_sessions(server, count):
    """Those of the station: the server ends one a moment after its client."""
    deadline = time.monotonic() + PATIENCE
    while server.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'st-01'") != str(count):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def restart(line):
    line.server.kill()
    line.server.start()


def kill_keeper(line):
    wait_for_one_keeper(line)
    (pid,) = keepers(line.station)
    os.kill(pid, signal.SIGKILL)


def stop_keeper(line):
    """It hangs: no board waits for it for long, nor fails."""
    wait_for_one_keeper(line)
    (pid,) = keepers(line.station)
    os.kill(pid, signal.SIGSTOP)
    assert line.board()[1] > 0


def wait_for_one_keeper(line):
    """The one that went on ends when it can, by itself."""
    for pid in keepers(line.station):
        os.kill(pid, signal.SIGCONT)
    deadline = time.monotonic() + PATIENCE
    while len(keepers(line.station)) != 1:
        assert time.monotonic() < deadline
        line.board()


def test_one_login_for_all_boards(shift, counting):
    """However a kept connection ends, it costs no board: the next one has its own login, until a connection is kept again."""
    line = shift()
    line.settle(in_a_row=3)
    wait_for_one_keeper(line)
    wait_for_sessions(counting, 1)
    for end in (restart, kill_keeper, stop_keeper):
        end(line)
        line.settle()
    assert len(keepers(line.station)) >= 2, "another one beside the one that hangs"
    wait_for_one_keeper(line)
    line.station.stop()
    assert line.entries() == line.boards == len(line.station.made()), "each one's entry arrived"
    assert all(results == ["provisioned"] for results in line.station.made().values())
    wait_for_sessions(counting, 0)  # it ends with its station


def signal_all(server, number):
    """To the server and to those of its processes that have a connection each."""
    for pid in [server.process.pid, *children(server.process.pid)]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def silence(server):
    signal_all(server, signal.SIGSTOP)


FAULTS = {
    "other-schema": (lambda server: server.sql("UPDATE imprint_version SET version = 9"), "database-version", "version 9"),
    "silent": (silence, "server-away", "in time"),
    "killed": (lambda server: server.kill(), "server-away", "cannot connect"),
    "no-rights": (lambda server: server.sql('REVOKE EXECUTE ON FUNCTION line_find_key, line_find_made, line_find_attempts FROM "st-01"'), "server-refused", "permission denied"),
}


def test_a_board_is_refused_as_by_a_run_alone(shift, counting, tmp_path):
    """The same reason and words as of `imprint provision` with a login of its own, and the device is as it was."""
    line = shift()
    alone = Station(tmp_path / "alone")
    alone.new()
    for prepare, reason, words in FAULTS.values():
        line.settle()
        try:
            for station in (line, alone):
                # Who waits less than the station did when it logged in has a login of its own.
                counting.join(station, "st-01", timeout=1 if prepare is silence else PATIENCE)
            prepare(counting)
            item, _ = line.board("fail")
            told = alone.json("provision", "--dry-run", "--rehearsal", EXAMPLE, code=None).error
        finally:
            signal_all(counting, signal.SIGCONT)
            counting.join(line, "st-01", timeout=PATIENCE)
            if counting.process.poll() is not None:
                counting.start()
            counting.sql("UPDATE imprint_version SET version = " + VERSION + " WHERE name = 'ledger of a line'")
        assert item["reason"] == told["reason"] == reason and words in told["cause"] and item["cause"] == told["cause"], (item, told)
        assert line.after == line.before, "nothing was written to it"
    line.station.stop()
