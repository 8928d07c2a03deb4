# SPDX-License-Identifier: Apache-2.0
"""What is scanned at the sockets' page: an order to work on, the number of the next board or of the one that waits, and wrong scans."""
import json
import time

import pytest

from conftest import EXAMPLE, PATIENCE, ROOT, run_program
from test_station import make_line  # noqa: F401 (the fixture)
from test_station_login import USERS, write_users
from web_client import Person

INPUT = 2
OTHER = ROOT / "profiles" / "trust-flex-identity.yaml"


def open_line(make_line, **more):  # noqa: F811
    line = make_line(open_tiles=None, **more)
    write_users(line, **USERS)
    return line


def order(line, name, *more, profile=EXAMPLE):
    run_program("--state", line.folder / "state", "order", "new", profile, "--id", name, "--quantity", "2", "--no-first-article", *more)


def log_in(line, name="17"):
    person = Person(line.place)
    person.log_in(name)
    return person


def until(person, *wanted):
    """Until the state that the page gets has these members."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = state = json.loads(person.ask("/state")[2])
        for name in wanted[:-1]:
            found = found.get(name) if isinstance(found, dict) else None
        if found == wanted[-1]:
            return
        assert time.monotonic() < deadline, state
        time.sleep(0.02)


def until_waiting(person, count):
    """Until the page shows that so many sockets wait for a number."""
    deadline = time.monotonic() + PATIENCE
    while sum(one.get("reason") == "board-first" for one in json.loads(person.ask("/state")[2])["sockets"]) != count:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def scan(person, text):
    status, _, body = person.press("/scan", text=text)
    assert status == 200, body
    found = json.loads(body)
    return found.get("matches"), found.get("text", "")


def test_an_order_is_selected(make_line):  # noqa: F811
    """By whom the station file allows; what does not fit is refused with what was expected; a restart keeps it."""
    line = open_line(make_line, order="WO-1", select_order="lead")
    for name, profile in (("WO-1", EXAMPLE), ("WO-2", EXAMPLE), ("WO-3", EXAMPLE), ("WO-4", OTHER)):
        order(line, name, profile=profile)
    run_program("--state", line.folder / "state", "order", "close", "WO-3")
    line.start()
    operator, lead, auditor = (log_in(line, name) for name in ("17", "4", "a.udit"))
    assert scan(operator, "WO-1") == (True, "order WO-1: the station works on it")
    matches, text = scan(operator, "WO-2")
    assert not matches and "WO-2 was scanned; only a lead" in text
    assert scan(auditor, "WO-2") == (None, "") and auditor.send("/scan", text="WO-2", token="0" * 64)[0] == 403
    for name, cause in (("WO-3", "is closed"), ("WO-4", "is for another profile than this station's")):
        matches, text = scan(lead, name)
        assert not matches and f"no: order {name} {cause}" in text and "expected: an open order" in text
    matches, text = scan(lead, "WO-9")
    assert not matches and text.startswith("no: WO-9 was scanned; expected: an order, a label")
    assert scan(lead, "17") == (None, "")  # a person: to the login, as ever
    kept, key = line.folder / "state" / "selected-order", line.folder / "state" / "ledger" / "log.key"
    kept.mkdir()  # it cannot be kept, then not be recorded: not selected either
    assert scan(lead, "WO-2")[0] is False
    kept.rmdir()
    key.rename(line.folder / "key")
    assert scan(lead, "WO-2")[0] is False and not kept.exists() and not kept.with_name("selected-order.next").exists()
    (line.folder / "key").rename(key)
    assert json.loads(lead.ask("/state")[2])["order"]["id"] == "WO-1"
    assert scan(lead, " WO-2\r")[0] is True
    until(lead, "order", "id", "WO-2")
    line.insert(line.board(1), "A1")
    serial = line.wait(event="socket", name="A1", state="pass")["serial"]
    until(lead, "order", {"id": "WO-2", "done": 1, "quantity": 2})
    assert "Order WO-2" in lead.page("/order") and "<td>WO-2</td>" in lead.page("/setup")
    line.stop()
    line.start()
    assert json.loads(log_in(line).ask("/state")[2])["order"]["id"] == "WO-2"
    line.stop()
    line.write(order="WO-4")  # another one in the file: what was selected is over
    line.start()
    assert json.loads(log_in(line).ask("/state")[2])["order"]["id"] == "WO-4"
    line.stop()
    assert [one["entry"]["order"] for one in line.ledger("show", serial)][0] == "WO-2"
    entries = [(one["result"], one["operator"]) for one in line.ledger("list") if one.get("kind") == "order select"]
    assert entries == [("selected", "4")]
    assert line.ledger("verify")[-1]["holds"] and run_program("--state", line.folder / "state", "ledger", "rebuild").code == 0


def test_operators_select(make_line):  # noqa: F811
    line = open_line(make_line, select_order="operator")
    order(line, "WO-1")
    operator = log_in(line.start())
    assert "order" not in json.loads(operator.ask("/state")[2])
    assert scan(operator, "WO-1")[0]
    until(operator, "order", "id", "WO-1")
    line.insert(line.board(1), "A1")
    line.wait(event="socket", name="A1", state="pass")
    until(operator, "order", {"id": "WO-1", "done": 1, "quantity": 2})
    line.stop()


def test_numbers_of_boards(make_line):  # noqa: F811
    """Scanned before the board is put in, or while it waits in its socket; one of the order's list, and each once."""
    line = open_line(make_line, order="WO-1", scan_board=True)
    (line.folder / "boards").write_text("PCB-1\nPCB-2\nPCB-3\n")
    order(line, "WO-1", "--boards", line.folder / "boards")
    operator = log_in(line.start())
    matches, text = scan(operator, "PCB-9")
    assert not matches and text == "no: PCB-9 was scanned; expected: a board number in the list of order WO-1"
    assert scan(operator, "PCB-1") == (True, "board PCB-1: put it in next")
    until(operator, "board", "PCB-1")
    first, second = line.board(1), line.board(2)
    line.insert(first, "A1")
    passed = line.wait(event="socket", name="A1", state="pass")
    assert passed["board"] == "PCB-1"
    until(operator, "board", None)
    matches, text = scan(operator, "PCB-1")
    assert not matches and text == f"no: board PCB-1 is that of device {passed['serial']}: put it in without a scan"

    line.insert(second, "A2")  # first the board, then its number
    waits = line.wait(event="socket", name="A2", state="fail")
    assert (waits["reason"], waits["action"]) == ("board-first", "scan its number")
    until_waiting(operator, 1)
    until(operator, "count", "boards", 1)  # it has not failed
    assert scan(operator, "PCB-2") == (True, "board PCB-2: in socket A2")
    assert line.wait(event="socket", name="A2", state="pass")["board"] == "PCB-2"
    until(operator, "count", "first_pass", 2)
    for name, board in (("A1", first), ("A2", second)):
        line.take_out(name, board)
        line.wait(event="socket", name=name, state="empty")
    line.insert(first, "A2")  # the ledger knows its number
    assert line.wait(event="socket", name="A2", state="pass")["changes"] == 0
    line.stop()
    boards = {one["device"]: one.get("board") for one in (item["entry"] for serial in (passed["serial"],) for item in line.ledger("show", serial))}
    assert boards == {passed["serial"]: "PCB-1"}
    assert line.ledger("verify")[-1]["holds"]


def test_the_golden_device_takes_no_number(make_line):  # noqa: F811
    """It is put in after a scan: the number is still the next board's."""
    line = open_line(make_line).start()
    golden, other = line.board(1), line.board(2)
    line.insert(golden, "A1")
    serial = line.wait(event="socket", name="A1", state="pass")["serial"]
    line.take_out("A1", golden)
    line.stop()
    line.write(golden=serial, scan_board=True)
    operator = log_in(line.start())
    scan(operator, "PCB-1")
    line.insert(other, "A2")  # too early, and its number is scanned again
    early = line.wait(event="socket", name="A2", state="fail")
    assert early["reason"] == "golden-first" and early["next"].endswith("then this board again, and scan its number again")
    line.take_out("A2", other)
    line.wait(event="socket", name="A2", state="empty")
    scan(operator, "PCB-1")
    line.insert(golden, "A1")
    confirmed = line.wait(event="socket", name="A1", state="pass")
    assert confirmed["serial"] == serial and confirmed["changes"] == 0 and not confirmed.get("board")
    until(operator, "board", "PCB-1")
    line.insert(other, "A2")
    made = line.wait(event="socket", name="A2", state="pass")
    assert made["board"] == "PCB-1"
    line.stop()
    for one, boards in ((serial, {None}), (made["serial"], {"PCB-1"})):
        assert {item["entry"].get("board") for item in line.ledger("show", one)} == boards


def test_two_that_wait(make_line):  # noqa: F811
    """Nobody guesses whose number it is. Without an order any number will do, but not a badge."""
    line = open_line(make_line, scan_board=True)
    operator = log_in(line.start())
    boards = [line.board(seed) for seed in (1, 2)]
    for name, board in zip(("A1", "A2"), boards):
        line.insert(board, name)
    line.wait_all(("A1", "A2"), "fail")
    until_waiting(operator, 2)
    matches, text = scan(operator, "PCB-1")
    assert not matches and "2 sockets wait for a board number" in text
    assert scan(operator, "4") == (None, "")
    matches, text = scan(operator, "no number!")
    assert not matches and "expected: an order, a label, a board number, a person" in text
    line.take_out("A2", boards[1])
    line.wait(event="socket", name="A2", state="empty")
    until_waiting(operator, 1)
    assert scan(operator, "PCB-1") == (True, "board PCB-1: in socket A1")
    assert line.wait(event="socket", name="A1", state="pass")["board"] == "PCB-1"
    line.stop()


@pytest.mark.parametrize("more, cause", [({"select_order": "auditor"}, "select_order"), ({"select_order": "lead", "page": None}, "needs a page"), ({"scan_board": True, "page": None}, "needs a page")])
def test_bad_settings(make_line, more, cause):  # noqa: F811
    line = make_line(open_tiles=None)
    line.write(**more)
    assert cause in run_program("--json", "station", line.file, code=INPUT).error["cause"]
