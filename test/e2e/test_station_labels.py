# SPDX-License-Identifier: Apache-2.0
"""Labels of a station: one for each board that was made, in a folder, by lp, or at a port; a printer that is away delays no board."""
import json
import os
import shutil
import signal
import socket
import threading
import time

import pytest

from conftest import EXAMPLE, PATIENCE, run_program, wait_until
from test_label import ZBAR, check_character, read_back
from test_station import make_line  # noqa: F401 (the fixture)
from test_station_login import USERS, write_users
from web_client import Person

UNREACHABLE, INPUT = 3, 2


class Printer:
    """A label printer: keeps what comes at its port, one connection after the other. One that is off has its port, and refuses."""

    def __init__(self, is_on=True):
        self.socket, self.kept = socket.socket(), []
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        if is_on:
            self.switch_on()

    def switch_on(self):
        self.socket.listen()
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as stream:
                text = stream.read().decode()
            if text:
                self.kept.append(text)

    def labels(self, count):
        """Those that came, as soon as there are so many: a station may have sent one that is not read yet."""
        wait_until(lambda: len(self.kept) >= count)
        return self.kept

    def stop(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()


@pytest.fixture
def printer():
    made = Printer()
    yield made
    made.stop()


def put_in(line, seed, name, board=None):
    line.insert(board or line.board(seed), name)
    return line.wait(event="socket", name=name, state="pass")


def put_away(line, name, board):
    line.take_out(name, board)
    line.wait(event="socket", name=name, state="empty")


def label(line, serial, state):
    return line.wait(event="station-label", serial=serial, state=state)


def owed(line):
    return [name for name in os.listdir(line.folder / "state" / "labels")] if (line.folder / "state" / "labels").exists() else []


@ZBAR
def test_a_folder(make_line):  # noqa: F811
    line = make_line(labels={"to": "folder:labels"})
    (line.folder / "labels").mkdir()
    line.start()
    board = line.board(1)
    serial = put_in(line, 1, "A1", board)["serial"]
    assert label(line, serial, "printed")["socket"] == "A1"
    (kept,) = (line.folder / "labels").iterdir()
    assert kept.name == f"{serial}.png" and read_back(kept) == [serial] and owed(line) == []
    # A board that is only confirmed gets none.
    kept.unlink()
    put_away(line, "A1", board)
    assert put_in(line, 1, "A2", board)["changes"] == 0
    other = put_in(line, 2, "A1")["serial"]
    assert line.wait(event="station-label")["serial"] == other and not kept.exists()
    line.stop()


def test_every_confirmation(make_line, printer):  # noqa: F811
    line = make_line(labels={"to": f"zpl:127.0.0.1:{printer.port}", "confirmed": True, "width": 60, "height": 30, "dpi": 300}).start()
    board = line.board(1)
    serial = put_in(line, 1, "A1", board)["serial"]
    label(line, serial, "printed")
    put_away(line, "A1", board)
    put_in(line, 1, "A2", board)
    assert label(line, serial, "printed")["socket"] == "A2"
    line.stop()
    expected = run_program("--state", line.folder / "state", "label", serial, "--format", "zpl", "--width", 60, "--height", 30, "--dpi", 300).out
    assert printer.labels(2) == [expected, expected] and "^PW708" in expected


def test_a_printer_that_is_away(make_line):  # noqa: F811
    """Boards pass as ever; the label waits, over a kill of the station too, until a person has it printed."""
    printer = Printer(is_on=False)
    line = make_line(labels={"to": f"zpl:127.0.0.1:{printer.port}"})
    write_users(line, **USERS)
    line.start()
    serial = put_in(line, 1, "A1")["serial"]
    failed = label(line, serial, "failed")
    assert "no server is listening" in failed["cause"] and failed["next"]
    other = put_in(line, 2, "A2")["serial"]
    label(line, other, "failed")
    assert sorted(owed(line)) == sorted(f"{one}.due" for one in (serial, other))
    line.stop(signal.SIGKILL, -signal.SIGKILL)
    line.start()
    person = Person(line.place)
    person.log_in("17")
    line.wait_all(("A1", "A2"), "pass")
    wait_until(lambda: len(json.loads(line.get("/state")[2])["labels"]) == 2)
    listed = json.loads(line.get("/state")[2])["labels"]
    assert {one["serial"]: (one["socket"], one["state"]) for one in listed} == {serial: ("A1", "failed"), other: ("A2", "failed")}
    assert all("station ended" in one["cause"] for one in listed)
    printer.switch_on()
    # By the page: not without its token, and not by whoever is not logged in.
    assert person.send("/label/again", serial=serial, token="0" * 64)[0] == 403
    assert Person(line.place).send("/label/again", serial=serial)[0] == 401
    assert person.press("/label/again", serial="nonsense")[0] == 400
    auditor = Person(line.place)
    auditor.log_in("a.udit")
    assert auditor.press("/label/again", serial=serial)[0] == auditor.press("/label/scan", text=serial)[0] == 403
    assert person.press("/label/again", serial="0123" + "0" * 12 + "EE")[0] == 303  # no such label: nothing happens
    status, headers, _ = person.press("/label/again", serial=serial)
    assert (status, headers["Location"]) == (303, "/")
    label(line, serial, "printed")
    # By hand: the station hears of it.
    said = run_program("--json", "--state", line.folder / "state", "label", other, "--to", f"zpl:127.0.0.1:{printer.port}").event("label")
    assert (said["to"], said["format"], said["file"]) == (f"zpl:127.0.0.1:{printer.port}", "zpl", None)
    label(line, other, "printed")
    assert owed(line) == []
    line.stop()
    labels = printer.labels(2)
    printer.stop()
    assert len(labels) == 2 and all(text.startswith("^XA") and text.endswith("^XZ\n") for text in labels)


def test_a_printer_that_takes_nothing(make_line):  # noqa: F811
    """It accepts and reads nothing, then breaks off: no board waits for it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        # Megabytes, more than the kernel keeps for a connection.
        line = make_line(labels={"to": f"zpl:127.0.0.1:{listener.getsockname()[1]}", "width": 300, "height": 300, "dpi": 1200}).start()
        serial = put_in(line, 1, "A1")["serial"]
        connection, _ = listener.accept()
        put_in(line, 2, "A2")
        assert [one for one in line.objects if one["event"] == "station-label"] == []
        connection.close()
        failed = label(line, serial, "failed")
        assert "broken the connection off" in failed["cause"] and "paper" in failed["next"]
    line.stop()


def fake_cups(folder, monkeypatch):
    """lp and lpstat that know one printer, `line-1`; what lp gets is kept with its arguments."""
    programs = folder / "programs"
    programs.mkdir()
    (programs / "lp").write_text(f'#!/bin/sh\nif [ "$2" != line-1 ]; then echo "lp: The printer or class does not exist." >&2; exit 1; fi\n'
                                 f'if [ -e {folder}/jam ]; then echo "lp: line-1 is stopped" >&2; exit 1; fi\necho "$@" > {folder}/job.words; cat > {folder}/job; echo "request id is line-1-7"\n')
    (programs / "lpstat").write_text('#!/bin/sh\n[ "$2" = line-1 ] && echo "line-1 accepting requests" && exit\necho "lpstat: Invalid destination name in list." >&2; exit 1\n')
    for name in ("lp", "lpstat"):
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")


def test_cups(make_line, monkeypatch):  # noqa: F811
    line = make_line(labels={"to": "cups:line-1"})
    fake_cups(line.folder, monkeypatch)
    checked = run_program("--json", "station", line.file, "--check")
    assert checked.code == 0 and [one["found"] for one in checked.objects if one["item"] == "labels"] == ["good"]
    line.start()
    serial = put_in(line, 1, "A1")["serial"]
    label(line, serial, "printed")
    assert (line.folder / "job.words").read_text() == f"-d line-1 -t label {serial}\n"
    if shutil.which("zbarimg"):
        shutil.copy(line.folder / "job", line.folder / "job.png")
        assert read_back(line.folder / "job.png") == [serial]
    (line.folder / "jam").touch()
    other = put_in(line, 2, "A2")["serial"]
    assert label(line, other, "failed")["cause"] == "lp: line-1 is stopped"
    line.stop()
    failed = run_program("--json", "--state", line.folder / "state", "label", serial, "--to", "cups:other", code=UNREACHABLE).error
    assert failed["cause"] == "lp: The printer or class does not exist." and "lpstat -a" in failed["next"]
    line.write(labels={"to": "cups:other"})
    checked = run_program("--json", "station", line.file, "--check", code=UNREACHABLE)
    assert [one["found"] for one in checked.objects if one.get("item") == "labels"] == ["bad"]
    assert {one["name"] for one in checked.objects if one.get("item") == "socket"} == {"A1", "A2"}  # the rest is looked at, too
    monkeypatch.setenv("PATH", str(line.folder))
    missing = run_program("--json", "--state", line.folder / "state", "label", serial, "--to", "cups:line-1", code=UNREACHABLE).error
    assert "lp cannot be run" in missing["cause"] and "cups-client" in missing["next"]


def test_what_a_killed_station_owes(make_line, printer):  # noqa: F811
    """Killed between the worker's success and the label: the next start only confirms the board, and prints."""
    line = make_line(labels={"to": f"zpl:127.0.0.1:{printer.port}"}).start()
    line.insert(line.board(1), "A1")
    serial = line.wait(event="socket", name="A1", state="working")["serial"]
    os.kill(line.process.pid, signal.SIGSTOP)  # its worker goes on
    deadline = time.monotonic() + PATIENCE
    while not any(one.get("result") == "provisioned" for one in (item.get("entry", item) for item in line.ledger("list"))):
        assert time.monotonic() < deadline
    line.stop(signal.SIGKILL, -signal.SIGKILL)
    assert owed(line) == [f"{serial}.work"] and printer.kept == []
    line.start()
    assert line.wait(event="socket", name="A1", state="pass")["changes"] == 0
    label(line, serial, "printed")
    line.stop()
    assert owed(line) == [] and printer.labels(1) == [run_program("--state", line.folder / "state", "label", serial, "--format", "zpl").out]


def scan(person, text):
    status, headers, body = person.press("/label/scan", text=text)
    assert status == 200 and headers["Content-Type"] == "application/json", body
    return json.loads(body)


def until_page(line, holds):
    """The page follows within a moment."""
    deadline = time.monotonic() + PATIENCE
    while not holds({one["name"]: one for one in json.loads(line.get("/state")[2])["sockets"]}):
        assert time.monotonic() < deadline


def test_scanned_back(make_line):  # noqa: F811
    line = make_line(labels={"to": "folder:labels", "scan": True})
    (line.folder / "labels").mkdir()
    write_users(line, **USERS)
    line.start()
    person = Person(line.place)
    person.log_in("17")
    first, second = line.board(1), line.board(2)
    passed = put_in(line, 1, "A1", first)
    serial = passed["serial"]
    assert (passed["action"], passed["unscanned"]) == ("scan its label", serial)
    line.take_out("A1", first)
    empty = line.wait(event="socket", name="A1", state="empty")
    assert (empty["action"], empty["unscanned"]) == ("scan its label", serial)
    # The same board may come again, another one waits, and another socket is free.
    assert put_in(line, 1, "A1", first)["unscanned"] == serial
    put_away(line, "A1", first)
    line.insert(second, "A1")
    failed = line.wait(event="socket", name="A1", state="fail")
    assert (failed["reason"], failed["action"]) == ("label-first", "set it aside") and serial in failed["cause"]
    put_away(line, "A1", second)
    other = put_in(line, 2, "A2", second)["serial"]
    # What is asked of the page; the restart forgets nothing.
    line.stop(signal.SIGKILL, -signal.SIGKILL)
    line.start()
    person = Person(line.place)
    person.log_in("17")
    line.wait(event="socket", name="A2", state="pass")
    assert person.send("/label/scan", text=serial, token="0" * 64)[0] == 403
    assert scan(person, "WO-1042") == {} and scan(person, "") == {}
    wrong = serial[:-2] + ("00" if serial[-2:] != "00" else "11")
    assert scan(person, wrong) == {"matches": False, "serial": wrong, "text": f"no: this is the label of {wrong}, which is in no socket"}
    assert scan(person, serial + ("0" if check_character(serial) != "0" else "1")) == {}  # a wrong check character is no serial number
    assert scan(person, f"{serial}-{check_character(serial)}") == {"matches": True, "serial": serial, "text": "label of socket A1: right"}
    free = line.wait(event="socket", name="A1", state="empty")
    assert free["action"] == "insert a board" and "unscanned" not in free
    until_page(line, lambda sockets: "unscanned" not in sockets["A1"])
    assert scan(person, serial)["text"] == f"no: this is the label of {serial}, which is in no socket"
    assert scan(person, other.lower()) == {"matches": True, "serial": other, "text": "label of socket A2: right"}
    done = line.wait(event="socket", name="A2", state="pass")
    assert done["action"] == "to good tray" and "unscanned" not in done
    until_page(line, lambda sockets: "unscanned" not in sockets["A2"])
    assert scan(person, other)["text"] == f"no: this is the label of {other}, in socket A2"
    put_in(line, 3, "A1")
    line.stop()


def new_order(line, name, *more):
    run_program("--state", line.folder / "state", "order", "new", EXAMPLE, "--id", name, "--quantity", "9", "--no-first-article", *more)


def test_the_order_has_labels_scanned_back(make_line):  # noqa: F811
    """The file does not ask for it; the order does, for its own boards, over a kill and another order too."""
    line = make_line(labels={"to": "folder:labels"}, order="WO-1", select_order="operator")
    (line.folder / "labels").mkdir()
    write_users(line, **USERS)
    new_order(line, "WO-1", "--scan-labels")
    new_order(line, "WO-2")
    line.start()
    person = Person(line.place)
    person.log_in("17")
    assert "Each label is scanned back" in person.page("/order?id=WO-1") and "scanned back" not in person.page("/order?id=WO-2")
    first, second = line.board(1), line.board(2)
    passed = put_in(line, 1, "A1", first)
    serial = passed["serial"]
    assert (passed["action"], passed["unscanned"]) == ("scan its label", serial)
    put_away(line, "A1", first)
    assert json.loads(person.press("/scan", text="WO-2")[2])["matches"]
    while json.loads(person.ask("/state")[2])["order"]["id"] != "WO-2":
        time.sleep(0.02)
    line.insert(second, "A1")
    assert line.wait(event="socket", name="A1", state="fail")["reason"] == "label-first"
    line.stop(signal.SIGKILL, -signal.SIGKILL)
    line.start()
    person = Person(line.place)
    person.log_in("17")
    assert line.wait(event="socket", name="A1", state="fail")["reason"] == "label-first"
    put_away(line, "A1", second)
    other = put_in(line, 2, "A2", second)
    assert other["action"] == "to good tray" and "unscanned" not in other  # of WO-2
    until_page(line, lambda sockets: sockets["A2"]["state"] == "pass")
    assert scan(person, other["serial"])["text"] == f"no: this is the label of {other['serial']}, in socket A2"
    assert json.loads(person.ask("/state")[2])["sockets"][0]["unscanned"] == serial
    assert scan(person, serial)["text"] == "label of socket A1: right"
    until_page(line, lambda sockets: "unscanned" not in sockets["A1"])
    assert not any(name.endswith(".scan") for name in owed(line))
    assert "unscanned" not in put_in(line, 3, "A1")
    line.stop()


def test_a_scan_that_cannot_be_kept(make_line):  # noqa: F811
    """As on a full disk: the tile says so, and a station that is killed and started again awaits the scan as for a board that it has just made."""
    line = make_line(labels={"to": "folder:labels"}, order="WO-1")
    (line.folder / "labels").mkdir()
    write_users(line, **USERS)
    new_order(line, "WO-1", "--scan-labels")
    board = line.board(1)
    serial = run_program("--json", "--device", f"virtual:{board}", "info").event("chip")["serial"]
    mark = line.folder / "state" / "labels" / f"{serial}.scan"
    mark.mkdir(parents=True)
    line.start()
    passed = put_in(line, 1, "A1", board)
    assert (passed["unscanned"], passed["action"]) == (serial, "scan its label")
    assert passed["cause"] == "cannot note in the state folder that this label must be scanned" and "before the station is started again" in passed["next"], passed
    label(line, serial, "printed")
    line.stop(signal.SIGKILL, -signal.SIGKILL)
    assert owed(line) == [f"{serial}.work", mark.name] or owed(line) == [mark.name, f"{serial}.work"]
    mark.rmdir()
    line.start()
    again = line.wait(event="socket", name="A1", state="pass")
    assert (again["changes"], again["unscanned"], again["action"]) == (0, serial, "scan its label") and "cause" not in again
    assert mark.read_text() == "A1\norder"
    label(line, serial, "printed")
    assert owed(line) == [mark.name]
    person = Person(line.place)
    person.log_in("17")
    assert scan(person, serial)["matches"]
    until_page(line, lambda sockets: "unscanned" not in sockets["A1"])
    assert owed(line) == []
    line.stop()


def a_label_whose_mark_fails(line, kind):
    """A board whose label is due, and the name that stands in the way of its mark: "scan", or the temporary file of "due"."""
    (line.folder / "labels").mkdir()
    write_users(line, **USERS)
    new_order(line, "WO-1", *(["--scan-labels"] if kind == "scan" else []))
    board = line.board(1)
    serial = run_program("--json", "--device", f"virtual:{board}", "info").event("chip")["serial"]
    line.start()
    mark = line.folder / "state" / "labels" / f"{serial}.{kind}{'' if kind == 'scan' else f'.imprint-new.{line.process.pid}'}"
    mark.mkdir(parents=True)
    assert put_in(line, 1, "A1", board).get("unscanned") == (serial if kind == "scan" else None)
    return serial, mark


@pytest.mark.parametrize("kind", ["scan", "due"])
def test_a_label_whose_mark_fails_is_not_printed_again(make_line, kind):  # noqa: F811
    """The mark of its scan cannot be written, and it is scanned as the tile says; or the mark that it is due, and it is printed all the same."""
    line = make_line(labels={"to": "folder:labels"}, order="WO-1")
    serial, mark = a_label_whose_mark_fails(line, kind)
    label(line, serial, "printed")
    if kind == "scan":
        person = Person(line.place)
        person.log_in("17")
        assert scan(person, serial)["matches"]
        until_page(line, lambda sockets: "unscanned" not in sockets["A1"])
    assert owed(line) == [mark.name]
    line.stop()
    mark.rmdir()
    confirm_without_a_label(line)


@pytest.mark.parametrize("is_running", [True, False])
def test_a_label_without_a_mark_that_is_printed_by_hand(make_line, is_running):  # noqa: F811
    """The mark that it is due cannot be written, the printer is away, and a person prints it: the station is told so, and prints none when it confirms the board."""
    line = make_line(labels={"to": "folder:nowhere"}, order="WO-1")
    serial, mark = a_label_whose_mark_fails(line, "due")
    label(line, serial, "failed")
    assert sorted(owed(line)) == sorted([f"{serial}.work", mark.name])
    if not is_running:
        line.stop(signal.SIGKILL, -signal.SIGKILL)
    run_program("--state", line.folder / "state", "label", serial, "--to", f"folder:{line.folder}/labels")
    assert owed(line) == [mark.name]
    if is_running:
        label(line, serial, "printed")
        line.stop()
    mark.rmdir()
    line.write(labels={"to": "folder:labels"})
    confirm_without_a_label(line)


def test_a_label_printed_by_hand_is_still_scanned(make_line):  # noqa: F811
    """Neither mark could be written; who prints it by hand, when there is room again, takes no scan away."""
    line = make_line(labels={"to": "folder:nowhere", "scan": True}, order="WO-1")
    serial, mark = a_label_whose_mark_fails(line, "scan")
    label(line, serial, "failed")
    line.stop(signal.SIGKILL, -signal.SIGKILL)
    (line.folder / "state" / "labels" / f"{serial}.due").unlink()
    mark.rmdir()
    run_program("--state", line.folder / "state", "label", serial, "--to", f"folder:{line.folder}/labels")
    assert owed(line) == [mark.name] and mark.read_text() == "A1\norder"
    line.start()
    again = line.wait(event="socket", name="A1", state="pass")
    assert (again["changes"], again["unscanned"], again["action"]) == (0, serial, "scan its label")
    line.stop()


def confirm_without_a_label(line):
    before = {path.name: path.stat().st_mtime_ns for path in (line.folder / "labels").iterdir()}
    line.start()
    again = line.wait(event="socket", name="A1", state="pass")
    assert again["changes"] == 0 and "unscanned" not in again and again["action"] == "to good tray"
    assert owed(line) == []
    line.stop()
    assert {path.name: path.stat().st_mtime_ns for path in (line.folder / "labels").iterdir()} == before


@pytest.mark.parametrize("more, cause", [({}, "prints no labels"), ({"labels": {"to": "folder:labels"}, "page": None}, "has no page to scan at")])
def test_a_station_that_cannot_have_them_scanned(make_line, more, cause):  # noqa: F811
    """It makes no device of such an order, and writes nothing to the board."""
    line = make_line(order="WO-1", **more)
    new_order(line, "WO-1", "--scan-labels")
    board = line.board(1)
    before = board.read_bytes()
    line.start()
    line.insert(board, "A1")
    failed = line.wait(event="socket", name="A1", state="fail")
    assert failed["reason"] == "order-refused" and failed["cause"] == f"order WO-1 has each label scanned back, and this station {cause}" and "`labels`" in failed["next"]
    line.stop()
    assert (line.folder / "fixture" / "A1").read_bytes() == before


def test_an_order_that_cannot_be_selected(make_line):  # noqa: F811
    line = make_line(select_order="lead")
    write_users(line, **USERS)
    new_order(line, "WO-1", "--scan-labels")
    line.start()
    lead = Person(line.place)
    lead.log_in("4")
    said = json.loads(lead.press("/scan", text="WO-1")[2])
    assert not said["matches"] and "WO-1 has each label scanned back, and this station prints none" in said["text"]
    line.stop()


@pytest.mark.parametrize("labels, cause", [
    ({"to": "lpt1"}, "is no place for labels"), ({"to": "zpl:host"}, "is no place for labels"), ({"to": "cups:-o"}, "is no place for labels"),
    ({"to": "cups:a b"}, "is no place for labels"), ({"to": "folder:"}, "is no place for labels"),
    ({"to": "zpl:h:9100", "format": "png"}, "is no format that this printer takes"), ({"to": "folder:x", "format": "gif"}, "format"),
    ({"to": "folder:x", "width": 4}, "width"), ({"format": "png"}, "to"), ([], "mapping")])
def test_bad_settings(make_line, labels, cause):  # noqa: F811
    line = make_line(labels=labels)
    error = run_program("--json", "station", line.file, "--check", code=INPUT).error
    assert cause in error["cause"] + str(error["subject"]) and error["line"] == 1, error


def test_scanning_needs_a_page(make_line):  # noqa: F811
    line = make_line(labels={"to": "folder:x", "scan": True}, page=None)
    assert "needs a page" in run_program("--json", "station", line.file, "--check", code=INPUT).error["cause"]


def test_a_folder_that_is_not_there(make_line):  # noqa: F811
    line = make_line(labels={"to": "folder:nowhere"})
    done = run_program("--json", "station", line.file, "--check", code=INPUT)
    assert "folder for labels" in done.error["cause"] and done.error["next"]
    line.start()
    serial = put_in(line, 1, "A1")["serial"]
    label(line, serial, "failed")
    line.stop()


def last_test(person):
    """The test label of the page, when it is done."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = json.loads(person.ask("/state")[2]).get("label_test")
        if found is not None and found["state"] in ("printed", "failed"):
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


@ZBAR
def test_a_test_label(make_line):  # noqa: F811
    """A lead prints a label of no device, sees what became of it, and scans it back."""
    line = make_line(open_tiles=None, labels={"to": "folder:labels"})
    write_users(line, **USERS)
    line.start()
    lead, operator = Person(line.place), Person(line.place)
    lead.log_in("4")
    operator.log_in("17")
    for path in ("/setup/label", "/setup/label/scan"):
        assert operator.press(path, text="TEST")[0] == 403 and lead.send(path, token="0" * 64)[0] == 403
    assert "Label test" in lead.page("/setup") and "Label test" not in operator.page("/setup")
    assert b"expected: a test label that was printed" in lead.press("/setup/label/scan", text="x")[2]
    assert lead.press("/setup/label")[0] == 303
    failed = last_test(lead)  # there is no folder
    assert failed["state"] == "failed" and "was not printed" in lead.page("/setup") and failed["cause"] in lead.page("/setup")
    (line.folder / "labels").mkdir()
    time.sleep(1)  # another second, another text
    assert lead.press("/setup/label")[0] == 303
    while (found := last_test(lead))["serial"] == failed["serial"]:
        time.sleep(0.05)
    word = found["serial"]
    assert found["state"] == "printed" and word.startswith("TEST") and "handed over to the printer" in lead.page("/setup")
    file = line.folder / "labels" / f"{word}.png"
    (read,) = read_back(file)
    assert read == word
    for text in (read, f" {read.lower()[:4]}-{read[4:]} "):
        status, _, body = lead.press("/setup/label/scan", text=text)
        assert status == 200 and b"printer and scanner work" in body, body
    for text in (failed["serial"], read[:-1], read + "!", "<b>"):
        status, _, body = lead.press("/setup/label/scan", text=text)
        assert status == 409 and f"expected: {word}".encode() in body and b"<b>" not in body, body
    assert json.loads(lead.ask("/state")[2])["labels"] == []
    line.stop()
    assert list(line.made()) == [None]  # no device has got a label


def test_no_labels_no_test(make_line):  # noqa: F811
    line = make_line(open_tiles=None)
    write_users(line, **USERS)
    line.start()
    lead = Person(line.place)
    lead.log_in("4")
    assert "Label test" not in lead.page("/setup") and lead.press("/setup/label")[0] == 409
    line.stop()
