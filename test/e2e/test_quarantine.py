# SPDX-License-Identifier: Apache-2.0
"""What a station works on: boards that fail, quarantine, rework and scrap; the golden device of a shift."""
import contextlib
import json
import sqlite3

import pytest

from conftest import EXAMPLE, run_program, wait_until
from test_station import make_line  # noqa: F401  (a fixture)
from test_station_login import USERS, write_users
from web_client import Person

INPUT, ELSEWHERE = 2, 4


def faulty(line):
    """A station whose boards always fail: the chip refuses the encrypted write, as of a part with another secret in slot 6."""
    profile = {"imprint": 1, "name": "faulty", "rehearsal": "allowed", "keys": [],
               "chip": {"parts": ["ATECC608B"], "configuration": "trust-flex", "write-keys": [{"slot": 6, "file": "write.hex"}]},
               "data": [{"name": "storage", "type": "aes", "id": 33, "slot": 5, "algorithm": "gcm", "file": "aes.hex"}]}
    for name, size in (("aes.hex", 16), ("write.hex", 32)):
        (line.folder / name).write_text("5A" * size)
        (line.folder / name).chmod(0o600)
    (line.folder / "board.yaml").write_text(json.dumps(profile))
    line.write(profile="board.yaml")
    return line


def attempt(line, board, name):
    """What the socket says of the board; the board is out again."""
    line.insert(board, name)
    item = {"state": None}
    while item["state"] not in ("pass", "fail"):
        item = line.wait(event="socket", name=name)
    line.take_out(name, board)
    line.wait(event="socket", name=name, state="empty")
    return item


def decide(line, *arguments, code=0):
    return run_program("--json", "--state", line.folder / "state", *arguments, code=code)


def test_quarantine_rework_scrap(make_line):  # noqa: F811
    line = faulty(make_line()).start()
    board = line.board(1, "trust-flex")
    first = attempt(line, board, "A1")
    serial = first["serial"]
    assert (first["reason"], first["action"]) == ("chip-refused", "to red bin")
    assert attempt(line, board, "A2")["reason"] == first["reason"], "another socket is tried"
    before = board.read_bytes()
    held = attempt(line, board, "A1")
    assert (held["reason"], held["action"]) == ("quarantined", "set it aside")
    assert "2 times" in held["cause"] and f"imprint rework {serial} --operator NAME" in held["next"]
    line.stop()
    line.start()
    assert attempt(line, board, "A2")["reason"] == "quarantined", "a restart forgets nothing"
    assert board.read_bytes() == before and line.made()[serial] == ["failed", "failed"]

    (done,) = decide(line, "rework", serial.lower(), "--operator", "4", "--note", "U3 reflowed").objects
    assert done == {"event": "reworked", "serial": serial, "operator": "4", "failures": 2, "note": "U3 reflowed"}
    assert attempt(line, board, "A1")["reason"] == first["reason"]
    assert decide(line, "scrap", serial, "--operator", "4").objects[0]["event"] == "scrapped"
    gone = attempt(line, board, "A1")
    assert (gone["reason"], gone["action"]) == ("scrapped", "set it aside")
    assert "for good" in decide(line, "rework", serial, "--operator", "4", code=INPUT).error["cause"]
    by_hand = decide(line, "--device", f"virtual:{board}", "provision", EXAMPLE, "--arm", "profile", code=ELSEWHERE)
    assert by_hand.error["reason"] == "scrapped"
    assert attempt(line, board, "A2")["reason"] == "scrapped", "for good"
    line.stop()
    assert line.made()[serial] == ["failed", "failed", "reworked", "failed", "scrapped", "refused"]
    entries = [one["entry"] for one in line.ledger("show", serial)]
    assert [(entry["kind"], entry["operator"], entry.get("note")) for entry in entries if entry["kind"] in ("rework", "scrap")] == \
        [("rework", "4", "U3 reflowed"), ("scrap", "4", None)]
    assert run_program("--json", "--state", line.folder / "state", "ledger", "verify").code == 0
    assert run_program("--json", "--state", line.folder / "state", "ledger", "rebuild").code == 0
    assert line.made()[serial][-1] == "refused"


def test_by_hand(make_line):  # noqa: F811
    """What a station holds is refused by hand, too, before anything is written; what only failed by hand is held by no one but a station."""
    line = faulty(make_line(tries=1)).start()
    board, other = line.board(1, "trust-flex"), line.board(2, "trust-flex")
    serial = attempt(line, board, "A1")["serial"]
    line.stop()
    before = board.read_bytes()

    def by_hand(board, *more, code=ELSEWHERE):
        return decide(line, "--device", f"virtual:{board}", "provision", line.folder / "board.yaml", "--arm", "profile", *more, code=code).error
    for more in ((), ("--dry-run",), ("--tries", "100")):
        error = by_hand(board, *more)
        assert (error["reason"], error["serial"]) == ("quarantined", serial) and "failed 1 time" in error["cause"] and f"{serial} --operator NAME" in error["next"], error
    assert board.read_bytes() == before
    decide(line, "rework", serial, "--operator", "4")
    for _ in range(3):
        assert by_hand(other, code=1)["reason"] == "chip-refused"
    assert by_hand(other, "--tries", "3")["reason"] == "quarantined", "but a station counts them"
    assert by_hand(other, code=1)["reason"] == by_hand(board, code=1)["reason"] == "chip-refused"
    assert "--tries needs a number from 1 to 100" in by_hand(other, "--tries", "0", code=INPUT)["cause"]


def test_a_lead_decides_at_the_page(make_line):  # noqa: F811
    """Rework and scrap from the device's page and from the list: with a reason, by a lead alone, as the command line does it."""
    line = faulty(make_line(open_tiles=None))
    write_users(line, **USERS)
    line.start()
    by = {role: Person(line.place) for role in USERS.values()}
    for name, role in USERS.items():
        by[role].log_in(name)
    assert "No board waits for a decision" in by["operator"].page("/quarantine")
    board, other = line.board(1, "trust-flex"), line.board(2, "trust-flex")
    serial = attempt(line, board, "A1")["serial"]
    assert "may be tried again" in by["lead"].page("/quarantine") and "failed 1 time through" in by["lead"].page(f"/device?serial={serial}")
    attempt(line, board, "A2")
    assert "at the page Quarantine" in attempt(line, board, "A1")["next"]
    for role, decides in (("lead", True), ("operator", False), ("auditor", False)):
        for path in ("/quarantine", f"/device?serial={serial}"):
            text = by[role].page(path)
            assert "in quarantine" in text and ("/device/rework" in text, "/device/scrap" in text) == (decides, decides), (role, path)
    note = "U3 reflowed <b>&\u00fc"
    for role in ("operator", "auditor"):
        assert by[role].press("/device/rework", serial=serial, note=note)[0] == 403
        assert by[role].press("/device/scrap", serial=serial, note=note, sure="yes")[0] == 403
    lead = by["lead"]
    assert lead.send("/device/rework", serial=serial, note=note, token="0" * 64)[0] == 403
    for status, cause, fields in ((400, b"no reason is given", {"serial": serial, "note": "  "}), (400, b"18 hex digits", {"serial": "0123", "note": note}),
                                  (400, b"at most 200 bytes", {"serial": serial, "note": "\u00fc" * 101}), (400, b"at most 200 bytes", {"serial": serial, "note": "a\nb"}),
                                  (409, b"no attempt at this device", {"serial": "0123A1B2C3D4E5F601", "note": note})):
        found, _, body = lead.press("/device/rework", **fields)
        assert found == status and cause in body, (fields, body)
    assert lead.press("/device/scrap", serial=serial, note=note)[0] == 400  # not sure
    status, headers, _ = lead.press("/device/rework", serial=serial, note=note)
    assert (status, headers["Location"]) == (303, f"/device?serial={serial}")
    assert "reworked" in lead.page(f"/device?serial={serial}") and serial not in lead.page("/quarantine")
    status, _, body = lead.press("/device/rework", serial=serial, note=note)
    assert status == 409 and b"nothing to rework" in body
    again = attempt(line, board, "A1")
    assert again["reason"] not in ("quarantined", "scrapped")
    status, headers, _ = lead.press("/device/scrap", serial=serial, note="pad lifted", sure="yes", to="list")
    assert (status, headers["Location"]) == (303, "/quarantine")
    assert attempt(line, board, "A2")["reason"] == "scrapped"
    text = lead.page(f"/device?serial={serial}")
    assert "Scrapped" in text and "/device/rework" not in text and "/device/scrap" not in text
    serial_2 = attempt(line, other, "A1")["serial"]
    assert serial_2 in lead.page("/quarantine") and serial not in lead.page("/quarantine")
    line.stop()
    entries = [one["entry"] for one in line.ledger("show", serial)]
    assert [(entry["kind"], entry["operator"], entry["note"]) for entry in entries if entry["kind"] in ("rework", "scrap")] == \
        [("rework", "4", note), ("scrap", "4", "pad lifted")]
    assert run_program("--json", "--state", line.folder / "state", "ledger", "verify").code == 0


def test_no_board_is_hidden_in_the_list(make_line):  # noqa: F811
    """By a damaged entry of another board, by many that are not at fault, or by many that are."""
    line = faulty(make_line(open_tiles=None))
    write_users(line, **USERS)
    line.start()
    first, second = (attempt(line, line.board(seed, "trust-flex"), "A1")["serial"] for seed in (1, 2))
    lead = Person(line.place)
    lead.log_in("4")

    def change(sql, *values):
        with contextlib.closing(sqlite3.connect(line.folder / "state" / "ledger" / "ledger.db")) as database, database:
            return database.execute(sql, values).fetchall()

    def add(first_seq, body):
        """A thousand devices with one attempt each, straight into the tables."""
        numbers = "WITH RECURSIVE n(i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i < %d) " % (first_seq, first_seq + 999)
        change(numbers + "INSERT INTO entry SELECT 1, i, zeroblob(32), ? FROM n", body)
        change(numbers + "INSERT INTO device (serial, last) SELECT printf('01%014dEE', i), i FROM n")
    (seq, body), = change("SELECT last, body FROM device JOIN entry ON seq = last WHERE serial = ?", second)
    change("UPDATE entry SET body = ? WHERE seq = ?", body[:-1], seq)
    page = lead.page("/quarantine")
    assert f"{second}</a>: its entries cannot be read" in page and "imprint ledger verify" in page
    assert first in page and "may be tried again" in page and "There may be more" not in page
    add(1000, json.dumps({"result": "refused", "reason": "wrong-part", "evidence": {"error": {"exit": ELSEWHERE}}}))
    page = lead.page("/quarantine")
    assert first in page and second in page and page.count("<li>") == 2 and "There may be more" not in page
    add(2000, json.dumps({"result": "failed", "reason": "chip-refused", "time": "2026-01-01T00:00:00Z", "evidence": {"error": {"exit": 1}}}))
    page = lead.page("/quarantine")
    assert "There may be more" in page and page.count("may be tried again") == 200 and "No board waits" not in page
    line.stop()


def test_how_often_is_the_file_s(make_line):  # noqa: F811
    line = faulty(make_line(tries=1)).start()
    board = line.board(1, "trust-flex")
    assert attempt(line, board, "A1")["reason"] == "chip-refused"
    assert attempt(line, board, "A1")["reason"] == "quarantined"
    line.stop()


def test_who_is_not_at_fault_is_not_held(make_line):  # noqa: F811
    """Nobody's board is held for a station without its lead's word, nor for a part of another kind."""
    line = make_line(tries=1, irreversible=None).start()
    board, other = line.board(1), line.board(2, "blank")
    for _ in range(2):
        assert attempt(line, board, "A1")["reason"] == "not-armed"
        assert attempt(line, other, "A2")["reason"] not in ("quarantined", None)
    line.stop()
    line.write(irreversible=True)
    line.start()
    serial = attempt(line, board, "A1")["serial"]
    line.stop()
    assert line.made()[serial][-1] == "provisioned"
    assert "retire it first" in decide(line, "scrap", serial, "--operator", "4", code=INPUT).error["next"]
    assert "nothing to rework" in decide(line, "rework", serial, "--operator", "4", code=INPUT).error["cause"]


@pytest.mark.parametrize("arguments, cause", [
    (("rework", "0123A1B2C3D4E5F601"), "who decides this is not given"),
    (("scrap", "0123A1B2C3D4E5F601", "--operator", "4"), "the ledger has no attempt at this device"),
    (("scrap", "0123", "--operator", "4"), "18 hex digits"),
    (("scrap", "0123A1B2C3D4E5F601", "--operator", "4", "--note", "x" * 201), "the note is too long"),
    (("scrap", "0123A1B2C3D4E5F601", "--operator", "4", "--note", "a\nb"), "cannot be printed"),
])
def test_wrong_words(provisioned, arguments, cause):
    assert cause in provisioned.json(*arguments, code=INPUT).error["cause"]


def test_without_a_ledger(station):
    error = station.json("scrap", "0123A1B2C3D4E5F601", "--operator", "4", code=1).error
    assert error["cause"] and error["next"]
    assert not (station.state / "ledger").exists()


def test_golden_device(make_line):  # noqa: F811
    """Before it was confirmed, no board is worked on; it takes no unit, and counts nowhere."""
    line = make_line().start()
    golden, board = line.board(1), line.board(2)
    serial = attempt(line, golden, "A1")["serial"]
    line.stop()
    line.write(golden=serial.lower(), order="WO-1")
    run_program("--state", line.folder / "state", "order", "new", EXAMPLE, "--id", "WO-1", "--quantity", "1", "--no-first-article")
    line.start()
    before = board.read_bytes()
    early = attempt(line, board, "A1")
    assert (early["reason"], early["action"]) == ("golden-first", "set it aside") and serial.lower() in early["next"]
    assert board.read_bytes() == before
    confirmed = attempt(line, golden, "A2")
    assert (confirmed["state"], confirmed.get("changes")) == ("pass", 0), confirmed
    made = attempt(line, board, "A1")
    assert made["state"] == "pass"
    wait_until(lambda: json.loads(line.get("/state")[2])["count"]["boards"] == 1)
    state = json.loads(line.get("/state")[2])
    assert state["count"]["boards"] == 1 and state["order"] == {"id": "WO-1", "done": 1, "quantity": 1}
    line.stop()
    line.start()
    assert attempt(line, line.board(3), "A1")["reason"] == "golden-first", "a new shift"
    line.stop()
    assert line.made() == {None: ["new"], serial: ["provisioned", "confirmed"], made["serial"]: ["claimed", "provisioned"]}


def test_golden_device_is_never_changed(make_line):  # noqa: F811
    line = make_line(golden="01230015D655592701").start()
    board = line.board(1)
    before = board.read_bytes()
    refused = attempt(line, board, "A1")
    assert refused["serial"] == "01230015D655592701" and refused["reason"] == "golden-unfinished"
    assert board.read_bytes() == before
    line.stop()


def test_golden_device_that_fails(make_line):  # noqa: F811
    """Whatever the look said: no shift begins with it, nothing is written to it, and one that has begun ends there until it is confirmed again."""
    line = make_line().start()
    golden, board = line.board(1), line.board(2)
    serial = attempt(line, golden, "A1")["serial"]
    line.stop()
    line.write(golden=serial)
    line.start()
    assert attempt(line, golden, "A1")["state"] == "pass"
    # Its records are given up: the look refuses it, and so does the run that is for the record.
    run_program("--state", line.folder / "state", "retire", serial, "--lost", "--yes")
    before = golden.read_bytes()
    failed = attempt(line, golden, "A2")
    assert (failed["reason"], failed["action"]) == ("golden-failed", "call the lead") and "no board is worked on" in failed["next"], failed
    assert golden.read_bytes() == before
    assert attempt(line, board, "A1")["reason"] == "golden-first"
    line.stop()


def test_golden_device_that_is_not_finished_any_more(make_line):  # noqa: F811
    """In the middle of a shift: its tile says that no board is worked on before one is confirmed, and so it is."""
    line = make_line().start()
    golden, board = line.board(1), line.board(2)
    blank = golden.read_bytes()
    serial = attempt(line, golden, "A1")["serial"]
    line.stop()
    line.write(golden=serial)
    line.start()
    assert attempt(line, golden, "A1")["state"] == "pass"
    golden.write_bytes(blank)
    refused = attempt(line, golden, "A2")
    assert refused["reason"] == "golden-unfinished" and "no board is worked on" in refused["next"], refused
    assert golden.read_bytes() == blank
    assert attempt(line, board, "A1")["reason"] == "golden-first"
    line.stop()


def test_only_finished_devices(delivered):
    before = delivered.chip.read_bytes()
    refused = delivered.json("provision", EXAMPLE, "--arm", "profile", "--finished", code=1).error
    assert refused["reason"] == "not-armed" and "would change it 4 times" in refused["cause"] and "--finished" in refused["next"]
    assert delivered.chip.read_bytes() == before
    delivered.run("provision", EXAMPLE, "--arm", "profile")
    assert delivered.json("provision", EXAMPLE, "--finished").event("provisioned")["changes"] == 0


def test_golden_device_must_be_a_serial_number(make_line):  # noqa: F811
    line = make_line(golden="0123")
    error = run_program("--json", "station", line.file, code=INPUT).error
    assert "18 hex digits" in error["cause"] and error["reason"] == "input-file"
