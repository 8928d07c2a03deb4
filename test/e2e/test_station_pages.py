# SPDX-License-Identifier: Apache-2.0
"""The pages of a station: order, report, device, log, set-up and the scanner's field, for each role."""
import io
import sqlite3
import tarfile

import pytest

from conftest import EXAMPLE, PATIENCE, run_program
from test_station import make_line  # noqa: F401 (the fixture)
from test_station_login import USERS, write_users
from web_client import Person

REFUSED = 1


@pytest.fixture
def people(make_line):  # noqa: F811
    """A running station with an order of two boards, and its people: by role."""
    line = make_line(open_tiles=None, order="WO-1")
    write_users(line, **USERS)
    run_program("--state", line.folder / "state", "order", "new", EXAMPLE, "--id", "WO-1", "--quantity", "2")
    line.start()
    found = {}
    for name, role in USERS.items():
        found[role] = Person(line.place)
        found[role].log_in(name)
    return line, found


def make(line, seed, socket, state="pass"):
    line.insert(line.board(seed), socket)
    return line.wait(event="socket", name=socket, state=state)["serial"]


def test_a_shift_at_the_desk(people):
    line, by = people
    text = by["operator"].page("/order")
    assert "Order WO-1" in text and "<dt>ordered</dt><dd>2</dd>" in text and "State: <strong>new</strong>" in text
    first = make(line, 1, "A1")
    second = make(line, 2, "A2", "fail")  # the first article waits for its approval
    text = by["operator"].page("/order")
    assert f"/device?serial={first}" in text and "made by 17: finished" in text and "A lead approves it" in text and "<button>Approve" not in text
    assert "/order/approve" in by["lead"].page("/order?id=WO-1") and "/order/approve" not in by["auditor"].page("/order")
    for role in ("operator", "auditor"):
        for path in ("/order/approve", "/order/close"):
            assert by[role].press(path, id="WO-1", sure="yes")[0] == 403
    assert by["lead"].send("/order/approve", id="WO-1", token="0" * 64)[0] == 403
    status, headers, _ = by["lead"].press("/order/approve", id="WO-1")
    assert (status, headers["Location"]) == (303, "/order?id=WO-1")
    assert "approved" in by["lead"].page("/order") and "State: <strong>open</strong>" in by["lead"].page("/order")
    status, _, body = by["lead"].press("/order/approve", id="WO-1")  # again
    assert status == 409 and b"Cannot approve" in body
    line.take_out("A2", line.folder / "tray" / "board2")
    line.wait(event="socket", name="A2", state="empty")
    line.insert(line.folder / "tray" / "board2", "A2")
    assert line.wait(event="socket", name="A2", state="pass")["serial"] == second
    assert "<dt>done</dt><dd>2</dd>" in by["operator"].page("/order")
    assert by["lead"].press("/order/close", id="WO-1")[0] == 400  # not sure
    assert by["lead"].press("/order/close", id="WO-1", sure="yes")[0] == 303
    assert "State: <strong>closed</strong>" in by["lead"].page("/order") and "/order/close" not in by["lead"].page("/order")
    assert by["lead"].press("/order/close", id="WO-2", sure="yes")[0] == 409
    assert "WO-2" in by["lead"].page("/order?id=WO-2", 404)
    line.stop()
    decided = [(one["kind"], one["operator"]) for one in line.ledger("list") if one["event"] == "ledger-entry" and one["kind"] in ("order approve", "order close")]
    assert decided == [("order approve", "4"), ("order close", "4")]
    assert line.ledger("verify")[-1]["holds"]


def test_the_lead_who_made_it_does_not_approve_it(make_line):  # noqa: F811
    """The first article's rule holds between people."""
    line = make_line(open_tiles=None, order="WO-1", operator="4")
    write_users(line, **USERS)
    run_program("--state", line.folder / "state", "order", "new", EXAMPLE, "--id", "WO-1", "--quantity", "2")
    line.start()
    lead = Person(line.place)
    lead.log_in("4")
    make(line, 1, "A1")  # no operator is logged in: the file names 4
    status, _, body = lead.press("/order/approve", id="WO-1")
    assert status == 409 and b"to approve it" in body and b"second person" in body, body
    line.stop()


def test_device(people):
    line, by = people
    serial = make(line, 1, "A1")
    text = by["operator"].page(f"/device?serial={serial}")
    assert f"<h1>Device {serial}</h1>" in text and "provisioned" in text and "<td>17</td>" in text and "<td>A1</td>" in text
    keys = [one for one in line.ledger("list", "--keys") if one["event"] == "ledger-key"]
    assert keys and all(one["public_key"] in text for one in keys)
    assert by["operator"].page("/device?serial=" + serial.lower()[:4] + "-" + serial.lower()[4:]) == text.replace(
        f'value="{serial}"', f'value="{serial.lower()[:4]}-{serial.lower()[4:]}"')
    status, headers, tar = by["auditor"].ask(f"/device/proof?serial={serial}")
    assert status == 200 and headers["Content-Disposition"] == f'attachment; filename="{serial}-proof.tar"'
    assert by["operator"].ask(f"/device/certificate?serial={serial}&number=0")[0] == 404  # the profile has none
    line.stop()
    proof = line.folder / "proof"
    line.ledger("prove", serial, proof)
    with tarfile.open(fileobj=io.BytesIO(tar)) as file:
        got = {member.name.split("/")[1]: file.extractfile(member).read() for member in file.getmembers()}
    assert got == {path.name: path.read_bytes() for path in proof.iterdir()}


def test_device_that_is_not_there(people):
    line, by = people
    make(line, 1, "A1")
    for word in ("0123456789ABCDEFEE", "xyz", "<script>alert(1)</script>", "0123456789ABCDEFEE0"):
        assert "<script>alert" not in by["auditor"].page(f"/device?serial={word}", 404)
    for path in ("/device/proof?serial=0123456789ABCDEFEE", "/device/proof", "/device/certificate?serial=0123456789ABCDEFEE&number=-1",
                 "/device/certificate?number=99999999999999999999"):
        assert by["auditor"].ask(path)[0] == 404
    by["auditor"].page("/device")
    line.stop()


def test_report(people):
    line, by = people
    make(line, 1, "A1")
    assert "tick the box" in by["operator"].page("/report")
    text = by["operator"].page("/report?rehearsals=yes&order=WO-1&shifts=06:00,14:00,22:00")
    assert "<svg" in text and "First pass yield" in text and "checked" in text and 'href="/report.css"' in text
    status, headers, style = by["operator"].ask("/report.css")
    assert status == 200 and headers["Content-Type"].startswith("text/css") and b".axis" in style
    assert "Cannot" in by["operator"].page("/report?from=yesterday", 400)
    line.stop()


def test_log(people):
    line, by = people
    make(line, 1, "A1")
    text = by["operator"].page("/log")
    assert "login" in text and "accepted" in text and "/log/verify" not in text
    assert "/log/verify" in by["auditor"].page("/log")
    status, headers, checkpoint = by["operator"].ask("/log/checkpoint")
    assert checkpoint.decode() in text
    kept = line.folder / "checkpoint"
    kept.write_bytes(checkpoint)
    assert status == 200 and headers["Content-Disposition"].startswith('attachment; filename="checkpoint-')
    assert by["operator"].press("/log/verify")[0] == 403
    for role in ("lead", "auditor"):
        status, _, body = by[role].press("/log/verify")
        assert status == 200 and b"HOLDS:" in body and b"BAD" not in body
    assert line.ledger("verify", kept)[-1]["holds"]
    with sqlite3.connect(line.folder / "state" / "ledger" / "ledger.db", timeout=PATIENCE) as database:
        database.execute("UPDATE entry SET body = replace(body, 'provisioned', 'provisionee') WHERE seq = (SELECT max(seq) FROM entry)")
    database.close()
    status, _, body = by["auditor"].press("/log/verify")
    assert status == 200 and b"DOES NOT HOLD" in body and b"<strong>BAD</strong> edited" in body
    line.stop()


def test_set_up(people):
    line, by = people
    text = by["operator"].page("/setup")
    assert "st-01" in text and "virtual:" in text and str(EXAMPLE) in text and "<td>A2</td>" in text and "<td>empty</td>" in text
    line.stop()


def test_scanner(people):
    """An order, a serial number as on the label, a board's number, a badge: each leads to its page."""
    line, by = people
    serial = make(line, 1, "A1")
    run_program("--state", line.folder / "state", "--device", f"virtual:{line.folder}/fixture/A1", "provision", EXAMPLE, "--board", "PCB-7")
    label = next(one for one in run_program("--json", "--state", line.folder / "state", "label", serial).objects if one["event"] == "label")
    for text, place in (("WO-1", "/order?id=WO-1"), (" WO-1\r", "/order?id=WO-1"), (serial.lower(), f"/device?serial={serial}"),
                        (serial + label["check_character"], f"/device?serial={serial}"), ("PCB-7", f"/device?serial={serial}"), ("4", "/login?name=4")):
        status, headers, _ = by["operator"].ask("/find?text=" + text.replace(" ", "%20").replace("\r", "%0d"))
        assert (status, headers["Location"]) == (303, place), text
    for text in ("WO-9", serial + "!", "%3Cscript%3E", "", "../../etc/passwd"):
        assert "is no order" in by["operator"].page("/find?text=" + text, 404)
    assert 'value="4"' in by["operator"].page("/login?name=4")
    line.stop()


def test_closed_to_strangers(people):
    line, _ = people
    stranger = Person(line.place)
    for path in ("/order", "/report", "/device", "/device/proof", "/device/certificate", "/quarantine", "/log", "/log/checkpoint", "/setup", "/find?text=WO-1"):
        assert stranger.ask(path)[0] == 303 and stranger.ask(path)[1]["Location"] == "/login", path
    for path in ("/order/approve", "/order/close", "/device/rework", "/device/scrap", "/log/verify"):
        assert stranger.send(path, id="WO-1", sure="yes", token="")[0] == 401
    line.stop()
