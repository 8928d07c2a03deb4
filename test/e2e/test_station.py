# SPDX-License-Identifier: Apache-2.0
"""imprint station: shifts with virtual chips whose files come and go, killed workers and parents, the page by HTTP."""
import contextlib
import fcntl
import http.client
import json
import os
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import time

import pytest

import json_page
from conftest import EXAMPLE, PATIENCE, PROGRAM, ROOT, run_program

BUSY, INPUT, UNREACHABLE = 6, 2, 3


class Line:
    """A folder with a station file, a tray with boards and a fixture; the station while it runs."""

    def __init__(self, folder, sockets, **more):
        self.folder, self.process, self.count = folder, None, 0
        for name in ("tray", "fixture"):
            (folder / name).mkdir()
        self.file = folder / "station.yaml"
        self.settings = {"imprint": 1, "name": "st-01", "profile": str(EXAMPLE), "state": "state", "irreversible": True, "look": 100, "open_tiles": True,
                         "page": "127.0.0.1:0", "sockets": [{"name": name, "device": f"virtual:fixture/{name}"} for name in sockets], **more}
        self.write()

    def write(self, **more):
        self.settings.update(more)
        self.file.write_text(json.dumps({name: value for name, value in self.settings.items() if value is not None}))

    def board(self, seed, kind="trust-and-go"):
        path = self.folder / "tray" / f"board{seed}"
        run_program("virtual", "new", path, "--as", kind, "--seed", str(seed))
        return path

    def insert(self, path, name):
        os.rename(path, self.folder / "fixture" / name)

    def take_out(self, name, path):
        os.rename(self.folder / "fixture" / name, path)

    def start(self, **more):
        self.objects, self.rest, self.count = [], b"", 0
        with open(self.folder / "stderr", "ab") as errors:
            self.process = subprocess.Popen([PROGRAM, "--json", "station", self.file], stdout=subprocess.PIPE, stderr=errors, **more)
        ready = self.wait(event="station")
        self.place = re.fullmatch(r"https?://([\d.]+:\d+)/", ready["url"]).group(1) if "url" in ready else None
        return self

    def read(self, timeout):
        if not select.select([self.process.stdout], [], [], timeout)[0]:
            return False
        some = os.read(self.process.stdout.fileno(), 65536)
        *lines, self.rest = (self.rest + some).split(b"\n")
        for line in lines:
            self.objects.append(json.loads(line))
            assert json_page.complaints(self.objects[-1]) == [], line
        return some != b""

    def wait(self, **wanted):
        """The next object that has these fields."""
        deadline = time.monotonic() + PATIENCE
        while True:
            while self.count < len(self.objects):
                self.count += 1
                found = self.objects[self.count - 1]
                if all(found.get(name) == value for name, value in wanted.items()):
                    return found
            assert time.monotonic() < deadline and (self.read(1) or self.process.poll() is None), (wanted, self.objects[-5:])

    def wait_all(self, names, state):
        """Until each of these sockets has been in the state, in any order; their last objects."""
        found = {}
        while set(found) != set(names):
            item = self.wait(event="socket", state=state)
            found[item["name"]] = item
        return found

    def stop(self, number=signal.SIGTERM, code=0):
        self.process.send_signal(number)
        while self.read(0.2):
            pass
        assert self.process.wait(timeout=PATIENCE) == code, (self.folder / "stderr").read_text()
        self.process.stdout.close()

    def get(self, path="/", method="GET", host=None, headers=None):
        """One request: status, headers, body."""
        connection = http.client.HTTPConnection(self.place, timeout=PATIENCE)
        connection.putrequest(method, path, skip_host=True)
        for name, value in {"Host": host or self.place, **(headers or {})}.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, dict(answer.getheaders()), body

    def ledger(self, *arguments):
        return run_program("--json", "--state", self.folder / "state", "ledger", *arguments).objects

    def made(self):
        """Per device: the results of its attempts, in their order."""
        results = {}
        for entry in self.ledger("list"):
            if entry["event"] == "ledger-entry":
                results.setdefault(entry["device"], []).append(entry["result"])
        return results


@pytest.fixture
def make_line(tmp_path):
    lines = []

    def make(sockets=("A1", "A2"), **more):
        lines.append(Line(tmp_path, sockets, **more))
        return lines[-1]

    yield make
    for line in lines:
        if line.process is not None and line.process.poll() is None:
            line.stop()


def children(pid):
    try:
        return [int(word) for word in open(f"/proc/{pid}/task/{pid}/children").read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def is_imprint(pid):
    try:
        return "imprint" in open(f"/proc/{pid}/comm").read()
    except (FileNotFoundError, ProcessLookupError):
        return False


def kill_workers(line):
    """Those that are there now; one that has just ended is no matter."""
    for pid in children(line.process.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def wait_for_both(line, state):
    """Until the page shows both sockets in the state, or in one of them; what it shows of them."""
    deadline = time.monotonic() + PATIENCE
    while True:
        sockets = json.loads(line.get("/state")[2])["sockets"]
        if all(one["state"] in ((state,) if isinstance(state, str) else state) for one in sockets):
            return sockets
        assert time.monotonic() < deadline, sockets
        line.read(0.05)


# --- boards --------------------------------------------------------------------------------------------------------------


def test_a_board(make_line):
    line = make_line().start()
    line.insert(line.board(1), "A1")
    states = []
    while not states or states[-1] != "pass":
        item = line.wait(event="socket")
        assert item["name"] == "A1"
        if not states or states[-1] != item["state"]:
            states.append(item["state"])
    assert states == ["seen", "looking", "claimed", "working", "pass"]
    assert (item["word"], item["action"], item["changes"], item["step"]) == ("PASS", "to good tray", 4, item["steps"])
    line.take_out("A1", line.folder / "tray" / "board1")
    assert line.wait(event="socket")["state"] == "remove" and line.wait(event="socket")["state"] == "empty"
    wait_for_both(line, "empty")  # the page follows within a moment
    state = json.loads(line.get("/state")[2])
    assert state["count"] == {"boards": 1, "passed": 1, "failed": 0, "first_pass": 1, "last_hour": 1}
    assert state["sockets"][0]["last"] == {"serial": item["serial"], "result": "pass"}
    line.stop()
    assert line.made() == {item["serial"]: ["provisioned"]}
    (entry,) = [one["entry"] for one in line.ledger("show", item["serial"])]
    assert entry["socket"] == "A1" and entry["evidence"]["run"]["socket"] == "A1"
    assert run_program("--json", "--state", line.folder / "state", "ledger", "verify").code == 0


def workers(line):
    """The processes of workers, which are copies of the server of workers and have its name for a moment."""
    found = set()
    for pid in children(line.process.pid):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if open(f"/proc/{pid}/comm").read().strip() == "imprint-worker":
                found.add(pid)
    return found


def test_the_worker_that_looked_does_the_work(make_line, sock):
    """The chip takes its typical times, so the worker is there to be seen in both states; a busy machine may see it late."""
    line = make_line(("A1",))
    line.write(sockets=[{"name": "A1", "device": f"unix:{sock}"}])
    line.start()
    looking, working, made = set(), set(), {}
    while not looking or not working:
        assert len(made) < 20
        server = subprocess.Popen([PROGRAM, "virtual", "serve", line.board(1 + len(made)), "--unix", sock, "--real-time"], stdout=subprocess.PIPE)
        server.stdout.readline()
        line.wait(event="socket", state="looking")
        looking = workers(line)
        item = line.wait(event="socket", state="working")
        working = workers(line)
        assert item["steps"] == 6 and item["step"] == 0
        assert line.wait(event="socket", state="pass")["serial"] == item["serial"]
        made[item["serial"]] = ["provisioned"]
        server.terminate()
        server.wait()
        server.stdout.close()
        line.wait(event="socket", state="empty")
    assert looking == working and len(working) == 1
    line.stop()
    assert line.made() == made


def test_a_finished_board_is_confirmed(make_line):
    line = make_line().start()
    board = line.board(1)
    line.insert(board, "A1")
    serial = line.wait(event="socket", state="pass")["serial"]
    line.take_out("A1", board)
    line.wait(event="socket", state="empty")
    line.insert(board, "A2")
    again = line.wait(event="socket", state="pass")
    assert (again["name"], again["serial"], again["changes"]) == ("A2", serial, 0)
    line.stop()
    assert line.made() == {serial: ["provisioned", "confirmed"]}


def test_failures(make_line):
    """Each failure has its reason, and says whose fault it is."""
    line = make_line(("A1", "A2", "A3")).start()
    line.insert(line.board(1, "blank"), "A1")
    garbage = line.folder / "tray" / "garbage"
    garbage.write_bytes(b"no chip at all")
    line.insert(garbage, "A2")
    wrong, silent = line.wait(event="socket", name="A1", state="fail"), line.wait(event="socket", name="A2", state="fail")
    assert (wrong["word"], wrong["action"]) == ("FAIL", "set it aside") and wrong["reason"] and wrong["cause"] and wrong["next"]
    assert (silent["reason"], silent["action"]) == ("device-garbled", "press it in")
    # The other sockets go on, and so does this one with another board.
    line.take_out("A1", line.folder / "tray" / "board1")
    line.wait(event="socket", name="A1", state="empty")
    line.insert(line.board(2), "A1")
    line.insert(line.board(3), "A3")
    line.wait_all({"A1", "A3"}, "pass")
    line.stop()
    assert line.made()[wrong["serial"]] == ["refused"]


def test_irreversible_steps_need_the_word_of_the_file(make_line):
    line = make_line(irreversible=None).start()
    board = line.board(1)
    before = board.read_bytes()
    line.insert(board, "A1")
    failed = line.wait(event="socket", state="fail")
    assert failed["action"] == "call the lead" and failed["reason"] == "not-armed" and "irreversible: true" in failed["next"]
    line.stop()
    assert (line.folder / "fixture" / "A1").read_bytes() == before


def test_a_profile_that_changes_under_way(make_line):
    line = make_line()
    profile = line.folder / "board.yaml"
    shutil.copy(EXAMPLE, profile)
    line.write(profile="board.yaml")
    line.start()
    profile.write_text(profile.read_text().replace("id: 18", "id: 19"))
    line.insert(line.board(1), "A1")
    failed = line.wait(event="socket", state="fail")
    assert failed["reason"] == "input-file" and "changed since the station started" in failed["cause"]
    line.stop()


def test_an_order(make_line):
    """Each board takes a unit of the order, once; the page counts with it."""
    line = make_line(order="WO-1", operator="17")
    run_program("--state", line.folder / "state", "order", "new", EXAMPLE, "--id", "WO-1", "--quantity", "1", "--no-first-article")
    line.start()
    line.insert(line.board(1), "A1")
    first = line.wait(event="socket", state="pass")
    line.insert(line.board(2), "A2")
    full = line.wait(event="socket", state="fail")
    assert (full["name"], full["reason"], full["action"]) == ("A2", "order-full", "call the lead")
    wait_for_both(line, ("pass", "fail"))
    assert json.loads(line.get("/state")[2])["order"] == {"id": "WO-1", "done": 1, "quantity": 1}
    line.stop()
    entry = [one["entry"] for one in line.ledger("show", first["serial"]) if one["entry"]["kind"] == "provision"][-1]
    assert entry["order"] == "WO-1" and entry["socket"] == "A1" and entry["operator"] == "17"
    assert line.made()[full["serial"]] == ["refused"]


def test_one_chip_in_two_sockets(make_line):
    """Two names for one chip: it is worked on in one of them."""
    line = make_line()
    line.write(sockets=[{"name": "A1", "device": "virtual:fixture/A1"}, {"name": "A2", "device": "virtual:./fixture/A1"}])
    line.start()
    line.insert(line.board(1), "A1")
    serial = line.wait(event="socket", state="pass")["serial"]
    line.stop()
    results = line.made()[serial]
    assert results.count("provisioned") == 1 and set(results) <= {"provisioned", "confirmed", "failed"}


# --- what goes wrong -----------------------------------------------------------------------------------------------------


def test_eight_at_once(make_line):
    """Eight workers append to one ledger at the same time."""
    names = [f"A{n}" for n in range(1, 9)]
    line = make_line(names).start()
    for number, name in enumerate(names):
        line.insert(line.board(10 + number), name)
    passed = line.wait_all(names, "pass")
    assert len({item["serial"] for item in passed.values()}) == 8
    line.stop()
    assert line.made() == {item["serial"]: ["provisioned"] for item in passed.values()}
    assert run_program("--json", "--state", line.folder / "state", "ledger", "verify").code == 0


def made_once(line, serials):
    """Whatever happened, each board was finished, with one key, and the ledger is whole."""
    assert run_program("--json", "--state", line.folder / "state", "ledger", "verify").code == 0
    made = line.made()
    for serial in serials:
        results = made[serial]
        assert results.count("provisioned") <= 1 and results[-1] in ("provisioned", "confirmed"), results


@pytest.mark.parametrize("moment", ["looking", "claimed", "working", "step"])
def test_worker_killed(make_line, moment):
    line = make_line().start()
    line.insert(line.board(1), "A1")
    if moment == "step":
        line.wait(event="socket", state="working", step=2)
    else:
        line.wait(event="socket", state=moment)
    kill_workers(line)
    line.insert(line.board(2), "A2")
    passed = line.wait_all({"A1", "A2"}, "pass")
    line.stop()
    made_once(line, {item["serial"] for item in passed.values()})


def test_workers_killed_again_and_again(make_line):
    """A board does not get workers for ever; its next stay begins with all its tries."""
    line = make_line().start()
    board = line.board(1)
    line.insert(board, "A1")
    item = {"state": None}
    while item["state"] not in ("fail", "pass"):  # a loaded machine may let one slip
        kill_workers(line)
        line.read(0.001)
        item = {"state": None, **line.objects[-1]}
    line.count = len(line.objects)
    if item["state"] == "fail":
        assert (item["reason"], item["action"]) == ("interrupted", "call the lead")
        line.take_out("A1", board)
        line.wait(event="socket", state="empty")
        line.insert(board, "A1")
        item = line.wait(event="socket", state="pass")
    line.stop()
    made_once(line, {item["serial"]})


@pytest.mark.parametrize("moment, number", [("looking", signal.SIGKILL), ("working", signal.SIGKILL), ("step", signal.SIGKILL),
                                            ("working", signal.SIGTERM), ("step", signal.SIGINT)])
def test_parent_killed(make_line, moment, number):
    line = make_line().start()
    line.insert(line.board(1), "A1")
    if moment == "step":
        line.wait(event="socket", state="working", step=1)
    else:
        line.wait(event="socket", state=moment)
    workers = children(line.process.pid)
    line.stop(number, -signal.SIGKILL if number == signal.SIGKILL else 0)
    deadline = time.monotonic() + PATIENCE
    while any(is_imprint(pid) for pid in workers):
        assert time.monotonic() < deadline, "a worker outlives its parent"
        time.sleep(0.02)
    line.start()
    passed = line.wait(event="socket", state="pass")
    line.stop()
    made_once(line, {passed["serial"]})


@pytest.mark.parametrize("moment", ["seen", "looking", "working", "step"])
def test_unplugged(make_line, moment):
    line = make_line().start()
    board, other = line.board(1), line.board(2)
    line.insert(board, "A1")
    if moment == "step":
        line.wait(event="socket", state="working", step=2)
    else:
        line.wait(event="socket", state=moment)
    line.take_out("A1", board)
    line.wait(event="socket", name="A1", state="empty")
    line.insert(other, "A2")
    first = line.wait(event="socket", name="A2", state="pass")
    line.insert(board, "A1")
    second = line.wait(event="socket", name="A1", state="pass")
    line.stop()
    made_once(line, {first["serial"], second["serial"]})


KILLS = int(os.environ.get("IMPRINT_STATION_KILLS", "4"))


def test_killed_at_random_moments(make_line):
    """Parent or workers, at any moment of any board, in two sockets; `./check --long` does it 200 times."""
    seed = int(os.environ.get("IMPRINT_STATION_SEED", time.time_ns() % 1000000))
    print(f"replay with IMPRINT_STATION_SEED={seed}")
    chance = random.Random(seed)
    line = make_line().start()
    serials = set()
    for number in range(KILLS):
        boards = {name: line.board(100 + 2 * number + place) for place, name in enumerate(("A1", "A2"))}
        for name, board in boards.items():
            line.insert(board, name)
        line.read(0)
        time.sleep(chance.uniform(0, 0.5))
        if chance.random() < 0.5:
            line.stop(signal.SIGKILL, -signal.SIGKILL)
            line.start()
        else:
            kill_workers(line)
        # What was reached before the kill is on the page of the station that is there now.
        serials |= {one["serial"] for one in wait_for_both(line, "pass")}
        for name, board in boards.items():
            line.take_out(name, board)
        wait_for_both(line, "empty")
    line.stop()
    assert len(serials) == 2 * KILLS
    made_once(line, serials)


def test_a_chip_that_another_process_still_uses(make_line):
    """As after a kill, when a worker of the station before has not ended yet: the board waits for it, and does not fail."""
    line = make_line().start()
    board = line.board(1)
    with open(board, "rb+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        line.insert(board, "A1")
        for _ in range(5):  # more often than a board may lose its worker
            line.wait(event="socket", state="looking")
    passed = line.wait(event="socket", state="pass")
    line.stop()
    made_once(line, {passed["serial"]})


def test_two_stations(make_line):
    line = make_line().start()
    error = run_program("--json", "station", line.file, code=BUSY).error
    assert error["reason"] == "database-busy" and "another station" in error["cause"]
    line.stop()
    line.start().stop()


# --- the file ------------------------------------------------------------------------------------------------------------


def test_check(make_line):
    line = make_line()
    serial = line.board(1)
    line.insert(serial, "A1")
    before = sorted(path.name for path in line.folder.rglob("*"))
    done = run_program("--json", "station", line.file, "--check")
    found = [(item["item"], item["found"]) for item in done.objects if item["item"] != "clock"]  # of this machine
    assert found == [("profile", "good"), ("state", "good"), ("page", "good"), ("socket", "chip"), ("socket", "empty")]
    assert sorted(path.name for path in line.folder.rglob("*")) == before
    # One bad socket does not hide the others; a served chip is looked at as on a bus.
    line.write(sockets=[{"name": "A1", "device": "virtual:nowhere/A1"}, {"name": "A2", "device": "unix:/nonexistent"},
                        {"name": "A3", "device": "virtual:fixture/A1"}])
    done = run_program("--json", "station", line.file, "--check", code=UNREACHABLE)
    assert [item["found"] for item in done.objects if item.get("item") == "socket"] == ["bad", "bad", "chip"]
    line.write(profile="missing.yaml")
    assert "missing.yaml" in run_program("--json", "station", line.file, "--check", code=INPUT).error["subject"]
    # No board would ever get the key that this profile makes for it, but one that makes it itself.
    profile = ROOT / "profiles" / "blank-io-protection.yaml"
    console = {"name": "B1", "device": "board:/dev/serial/by-path/none"}
    line.write(profile=str(profile), sockets=[console, {"name": "A2", "device": "i2c:/dev/i2c-9"}])
    for more in ([], ["--check"]):
        error = run_program("--json", "station", line.file, *more, code=INPUT).error
        assert error["reason"] == "profile-conflict" and error["subject"] == "A2" and "in its state folder" in error["cause"]
        assert error["next"].endswith(f"imprint provision {profile} --storage flash:IMAGE") and "board:PORT" in error["next"]
    line.write(profile=str(profile), sockets=[console])
    found = run_program("--json", "station", line.file, "--check").objects
    assert [item["found"] for item in found if item.get("item") == "socket"] == ["no-console"]


@pytest.mark.parametrize("place", ["0.0.0.0:0", "[::]:0", "192.0.2.1:8080", "station.example:8080"])
def test_no_other_address(make_line, place):
    line = make_line(page=place)
    for more in ([], ["--check"]):
        error = run_program("--json", "station", line.file, *more, code=INPUT).error
        assert "to this machine alone" in error["cause"] and "ssh -L" in error["next"]


def test_a_bus(make_line, tmp_path):
    """A served chip: presence is asked of the bus, and the chip is there and gone as its server is."""
    line = make_line()
    place = tmp_path / "bus"
    line.write(sockets=[{"name": "A1", "device": f"unix:{place}"}])
    board = line.board(1)
    line.start()
    missing = line.wait(event="socket", state="empty")
    assert (missing["reason"], missing["action"]) == ("device-missing", "check the cable")
    server = subprocess.Popen([PROGRAM, "virtual", "serve", str(board), "--unix", str(place)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert "reason" not in line.wait(event="socket", state="seen")
        passed = line.wait(event="socket", state="pass")
        assert passed["changes"] == 4
    finally:
        server.terminate()
        server.wait()
    assert "reason" not in line.wait(event="socket", state="empty")
    assert line.wait(event="socket", state="empty")["reason"] == "device-missing"
    line.stop()
    made_once(line, {passed["serial"]})


def serve_board(board, sock):
    return subprocess.Popen([PROGRAM, "virtual", "serve", board, "--unix", sock], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def kill_server(server):
    server.kill()
    server.wait()


def test_a_contact_that_bounces(make_line, sock):
    """One look at the bus sees a chip that is gone at the look at the board: no board was there. A busy machine may take it away late."""
    line = make_line(("A1",))
    line.write(sockets=[{"name": "A1", "device": f"unix:{sock}"}])
    line.start()
    bounces = []
    while ["seen", "looking", "seen", "empty"] not in bounces:
        assert len(bounces) < 20, bounces
        board = line.board(1 + len(bounces))
        server = serve_board(board, sock)
        states = [line.wait(event="socket", state="seen")["state"]]
        kill_server(server)
        while states[-1] != "empty":
            state = line.wait(event="socket")["state"]
            states += [state] if state != states[-1] else []
        assert "fail" not in states
        bounces.append(states)
    server = serve_board(board, sock)
    passed = line.wait(event="socket", state="pass")
    kill_server(server)
    line.stop()
    assert line.made()[passed["serial"]] == ["provisioned"]


# --- the page ------------------------------------------------------------------------------------------------------------


def test_files_of_the_page(make_line):
    line = make_line().start()
    for path, kind in (("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript"), ("/icon.svg", "image/svg+xml")):
        status, headers, body = line.get(path)
        name = "index.html" if path == "/" else path[1:]
        assert (status, body) == (200, (ROOT / "src/web/page" / name).read_bytes())
        assert headers["Content-Type"].startswith(kind) and headers["X-Content-Type-Options"] == "nosniff"
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        # Nothing of another place, and nothing that the policy would refuse.
        text = body.decode()
        assert set(re.findall(r"https?://[\w./]+", text)) <= {"http://www.w3.org/2000/svg"}
        assert not re.search(r"<script>|<style|\sstyle=|\son\w+=", text)
        assert line.get(path, "HEAD")[::2] == (200, b"")
    line.stop()


def test_requests(make_line):
    line = make_line().start()
    for method, path, host, status in (
            ("POST", "/", None, 405), ("PUT", "/state", None, 405), ("DELETE", "/events", None, 405), ("OPTIONS", "/", None, 405),
            ("GET", "/../station.yaml", None, 404), ("GET", "/page.css/", None, 404), ("GET", "//", None, 404), ("GET", "/%2e%2e/x", None, 404),
            ("GET", "/", "station.example", 421), ("GET", "/state", "127.0.0.1.example:80", 421), ("GET", "/", "127.0.0.10", 421),
            ("GET", "/", "localhost:9000", 200), ("GET", "/", "[::1]", 200), ("GET", "/", "LOCALHOST", 200)):
        assert line.get(path, method, host)[0] == status, (method, path, host)
    line.stop()


class Stream:
    """An open stream of events: each comes whole, in however many pieces it is read."""

    def __init__(self, place, cookie=None):
        self.socket = socket.create_connection(tuple(place.split(":")), timeout=PATIENCE)
        self.rest = b""
        sent = f"Cookie: {cookie}\r\n" if cookie else ""
        self.socket.sendall(f"GET /events HTTP/1.1\r\nHost: {place}\r\n{sent}\r\n".encode())

    def event(self):
        """The next one: name and data."""
        while not (found := re.search(rb"event: (\w+)\r?\ndata: (.*)\r?\n", self.rest)):
            some = self.socket.recv(65536)
            assert some, self.rest
            self.rest += some
        self.rest = self.rest[found.end():]
        return found[1].decode(), json.loads(found[2])

    def until(self, name, holds=lambda data: True):
        """The data of the next event of this name for which `holds`."""
        while True:
            found, data = self.event()
            if found == name and holds(data):
                return data

    def read_to_end(self):
        """What is left, up to the last piece of the answer."""
        answer = self.rest
        while not answer.endswith(b"0\r\n\r\n"):
            some = self.socket.recv(65536)
            assert some, answer
            answer += some

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def test_events(make_line):
    line = make_line().start()
    with Stream(line.place) as stream:
        name, data = stream.event()
        assert name == "state" and [item["state"] for item in data["sockets"]] == ["empty", "empty"]
        line.insert(line.board(1), "A1")
        stream.until("state", lambda data: data["sockets"][0]["state"] == "pass")
        stream.until("beat")
    line.stop()


def test_hostile_clients(make_line):
    """Idle clients, nonsense and half requests: a page that is open keeps its stream, and boards are made."""
    line = make_line().start()
    with Stream(line.place) as stream:
        stream.event()
        idle = [socket.create_connection(tuple(line.place.split(":"))) for _ in range(100)]
        for number, one in enumerate(idle):
            one.sendall([b"", b"GET / HT", b"\x16\x03\x01" * 50, b"GET /" + b"a" * 40000, b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n"][number % 5])
        line.insert(line.board(1), "A1")
        line.wait(event="socket", state="pass")
        stream.until("state", lambda data: data["sockets"][0]["state"] == "pass")
        for one in idle:
            one.close()
    assert line.get("/")[0] == 200
    line.stop()


def test_too_many_streams(make_line):
    line = make_line().start()
    streams = [Stream(line.place) for _ in range(48)]
    for stream in streams:
        stream.event()
    assert line.get("/events")[0] == 503
    for stream in streams:
        stream.socket.close()
    line.stop()


# --- the service manager -------------------------------------------------------------------------------------------------


def test_service_manager(make_line, tmp_path):
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(tmp_path / "notify"))
    manager.settimeout(PATIENCE)
    line = make_line().start(env={**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "400000"})
    assert manager.recv(100) == b"READY=1"
    assert manager.recv(100) == b"WATCHDOG=1" and manager.recv(100) == b"WATCHDOG=1"
    line.stop()
    told = b""
    while told != b"STOPPING=1":
        told = manager.recv(100)
    manager.close()
