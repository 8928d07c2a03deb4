# SPDX-License-Identifier: Apache-2.0
"""imprint station FILE --check: what the first board of a shift would find missing is said before, each with what to do; nothing is written."""
import contextlib
import datetime
import fcntl
import json
import os
import pty
import re
import shutil
import socket
import sqlite3
import tty

import pytest

from conftest import EXAMPLE, ROOT, run_program, wait_until
from test_certificate_issue import FLEX, make_ca, make_token, name_issuers
from test_prove_tls import PROVEN
from test_station import make_line  # noqa: F401 (the fixture)
from test_station_boards import bench, end, make_powered  # noqa: F401 (the fixture)
from test_station_login import USERS, write_users

REFUSED, USAGE, UNREACHABLE, WRONG, ISSUER = 1, 2, 3, 4, 6


def files(line):
    return {path: path.read_bytes() for path in line.folder.rglob("*") if path.is_file()}


def check(line, code=0):
    """(item, name) -> (found, error), and the error at the end. What is on the disk stays as it is."""
    before = files(line)
    done = run_program("--json", "station", line.file, "--check", code=code)
    assert files(line) == before
    found = {(one["item"], one["name"]): (one["found"], one.get("error")) for one in done.objects if one["event"] == "station-check"}
    for kind, error in found.values():
        assert (error is not None) == (kind in ("bad", "warning")) and (error is None or (error["cause"] and error["next"])), found
    bad = [error["cause"] for kind, error in found.values() if kind == "bad"]
    assert [one["cause"] for one in done.objects if one["event"] == "error"] == bad[:1]
    return found


def only(found, item):
    (one,) = [value for (kind, _), value in found.items() if kind == item]
    return one


def order(line, *arguments, profile=EXAMPLE):
    run_program("--state", line.folder / "state", "order", "new", profile, "--id", "WO-1042", "--quantity", "1", *arguments)


def change(line, sql):
    with contextlib.closing(sqlite3.connect(line.folder / "state" / "ledger" / "ledger.db")) as database, database:
        database.execute(sql)


def test_all_is_there(make_line):  # noqa: F811
    line = make_line(("A1",))
    found = check(line)
    assert only(found, "profile")[0] == only(found, "state")[0] == "good" and only(found, "socket")[0] == "empty"
    assert only(found, "clock")[0] in ("good", "warning")  # as this machine's is
    assert {item for item, _ in found} == {"profile", "state", "clock", "page", "socket"}


def test_a_state_folder_that_is_made_later(make_line):  # noqa: F811
    """With all that is above it, as the station makes it."""
    line = make_line(("A1",), state="some/where/else")
    assert only(check(line), "state")[0] == "good" and not (line.folder / "some").exists()
    line.start()
    line.stop()
    assert (line.folder / "some" / "where" / "else").is_dir()
    line.write(state="station.yaml/state")
    assert only(check(line, 1), "state")[0] == "bad"


def test_one_thing_does_not_hide_the_others(make_line):  # noqa: F811
    """Nobody who can log in, and files that are not there."""
    line = make_line(("A1",), open_tiles=None, issuers="missing.yaml", connections="missing.yaml", firmware="missing.bin")
    found = check(line, USAGE)
    for item in ("issuers", "connections", "firmware"):
        assert only(found, item)[0] == "bad" and str(line.folder) in only(found, item)[1]["subject"]
    assert only(found, "page")[0] == "bad" and "imprint user add FILE NAME" in only(found, "page")[1]["next"]
    assert only(found, "profile")[0] == "good" and only(found, "socket")[0] == "empty"


def test_the_order(make_line):  # noqa: F811
    """Each way in which an order keeps boards from being made, and what the person at the desk does about it."""
    line = make_line(("A1",), order="WO-1042")
    missing = only(check(line, USAGE), "order")[1]
    assert "no order of this id" in missing["cause"] and missing["next"].startswith("make one: imprint order new --state") and str(EXAMPLE) in missing["next"]
    run_program(*missing["next"].split(": imprint ")[1].replace("--quantity N", "--quantity 1 --scan-labels").split())  # as it is said, with a number
    assert "prints no labels" in only(check(line, ISSUER), "order")[1]["cause"]
    with socket.create_server(("127.0.0.1", 0)) as printer:
        line.write(labels={"to": f"zpl:127.0.0.1:{printer.getsockname()[1]}"})
        found = check(line)
        assert only(found, "order")[0] == only(found, "labels")[0] == "good"
        line.write(page=None, operator="17")
        assert "has no page to scan at" in only(check(line, ISSUER), "order")[1]["cause"]
    line.write(page="127.0.0.1:0")
    unreachable = only(check(line, UNREACHABLE), "labels")
    assert unreachable[0] == "bad" and "zpl:127.0.0.1" not in unreachable[1]["next"]
    line.write(labels={"to": "folder:labels"})
    (line.folder / "labels").mkdir()
    for sql, word in (("UPDATE work_order SET state = 'first-article', article = 'X'", "order approve WO-1042"), ("UPDATE work_order SET state = 'open', leased = 1", "order show"),
                      ("UPDATE work_order SET state = 'closed'", "order list")):
        change(line, sql)
        refused = only(check(line, ISSUER), "order")
        assert refused[0] == "bad" and word in refused[1]["next"].replace(f" --state {line.folder}/state", ""), refused


def test_the_way_of_an_order(make_line):  # noqa: F811
    line = make_line(("A1",), order="WO-1042", page=None)
    (line.folder / "list").write_text("PCB-1\n")
    order(line, "--boards", line.folder / "list")
    assert "scan_board: true" in only(check(line, ISSUER), "order")[1]["next"]
    line.write(page="127.0.0.1:0", scan_board=True)
    assert only(check(line), "order")[0] == "good"
    change(line, "INSERT INTO board (number, device) VALUES ('PCB-1', '0123000000000000EE')")
    assert "is on a board already" in only(check(line, ISSUER), "order")[1]["cause"]
    change(line, "UPDATE work_order SET has_boards = 0, digest = 'x'")
    change(line, "DELETE FROM order_board")
    assert "the order is for profile" in only(check(line, ISSUER), "order")[1]["cause"]


def test_the_first_article_needs_a_name(make_line):  # noqa: F811
    line = make_line(("A1",), order="WO-1042", page=None)
    order(line)
    assert "`operator`" in only(check(line, ISSUER), "order")[1]["next"]
    line.write(operator="17")
    assert only(check(line), "order")[0] == "good"


def identity(line, days, extra=""):
    """A station whose profile has a certificate, and its issuer."""
    line.state = line.folder / "state"
    line.state.mkdir(exist_ok=True)
    make_ca(line, "ca", "/O=Example/CN=Example Factory CA", days)
    name_issuers(line, factory="ca")
    profile = line.folder / "identity.yaml"
    profile.write_text(FLEX.read_text() + extra)
    line.write(profile=str(profile))
    return profile


def test_issuers(make_line):  # noqa: F811
    """One that cannot be opened, one that is too short already, and one that soon will be."""
    line = make_line(("A1",), rehearsal=True)
    profile = identity(line, 36500)
    assert check(line)["issuer", "factory"] == ("good", None)
    valid = int(next(word for word in profile.read_text().replace(",", " ").split("valid: ")[1].split() if word)[:-1])
    identity(line, 365 * valid - 20)
    assert check(line, ISSUER)["issuer", "factory"][0] == "bad"
    (line.state / "ca.key").unlink()
    assert "ca.key" in check(line, ISSUER)["issuer", "factory"][1]["subject"]


def test_an_issuer_that_ends_soon(make_line):  # noqa: F811
    line = make_line(("A1",), rehearsal=True)
    today = datetime.datetime.now(datetime.timezone.utc).date()  # the issuer's days begin now, or after the next midnight
    profile = identity(line, 20)
    profile.write_text(profile.read_text() + "    outlives-issuer: true\n")
    found, error = check(line)["issuer", "factory"]
    assert found == "warning" and "cannot issue certificate" in error["cause"] and "renewed" in error["next"]
    day = datetime.date.fromisoformat(re.search(r"from ([\d-]+) on", error["cause"])[1])
    after = datetime.datetime.now(datetime.timezone.utc).date()
    assert today + datetime.timedelta(20) <= day <= after + datetime.timedelta(21)  # the day of its end, or the one after that


def test_a_token_gets_its_pin_once(make_line, monkeypatch):  # noqa: F811
    """Three certificates, two issuers, one token: a wrong PIN is tried once, and so is a right one."""
    line = make_line(("A1",), rehearsal=True)
    profile = identity(line, 36500)
    keys = "".join("  - {name: %s, id: %d, method: generate, slot: %d, type: ecc-key-pair(secp-r1), bits: 256, algorithm: ecdsa(any-hash), usage: [sign-hash]}\n" % one
                   for one in (("second", 17, 3), ("third", 18, 4)))
    more = "".join("  - {name: %s, key: %s, issuer: %s, kind: tls-client, subject: 'O=Example', valid: 20}\n" % one
                   for one in (("second", "second", "factory"), ("third", "third", "other")))
    profile.write_text(profile.read_text().replace("\ncertificates:\n", f"{keys}\ncertificates:\n") + more)
    token, logins = make_token(line, monkeypatch, "4321"), line.folder / "logins"
    (line.state / "issuers.yaml").write_text(json.dumps({"imprint": 1, "issuers": [{"name": name, **token} for name in ("factory", "other")]}))
    monkeypatch.setenv("PKCS11_SPY_LOGINS", str(logins))
    done = run_program("--json", "station", line.file, "--check", code=ISSUER)
    said = [(one["name"], one["found"]) for one in done.objects if one.get("item") == "issuer"]
    assert said == [("factory", "bad"), ("other", "warning")] and done.error["reason"] == "issuer-login"
    assert logins.read_text() == "login\n"
    (warning,) = [one["error"] for one in done.objects if one.get("item") == "issuer" and one["found"] == "warning"]
    assert "issuer factory refused its PIN" in warning["cause"] and "correct that PIN" in warning["next"]
    logins.unlink()
    (line.state / "pin").write_text("1234\n")
    done = run_program("--json", "station", line.file, "--check")
    assert [(one["name"], one["found"]) for one in done.objects if one.get("item") == "issuer"] == [("factory", "good"), ("other", "good")]
    assert logins.read_text() == "login\n", "one token"


def sockets_of(line, code=0):
    found = run_program("--json", "station", line.file, "--check", code=code)
    return {one["name"]: one["found"] for one in found.objects if one.get("item") == "socket"}


def test_the_power_of_a_running_station_is_its_own(bench):  # noqa: F811
    """While a board is worked on, and while the fixture is open."""
    power = make_powered(bench, closed=True)
    line = bench.line.start()
    wait_until(power.told)
    assert sockets_of(line) == {"B1": "in-use"} and power.told() == ["off"]
    power.lid.touch()
    line.wait(event="socket", name="B1", state="working")
    assert sockets_of(line) == {"B1": "in-use"}
    assert line.wait(event="socket", name="B1", state="pass")["changes"] > 0
    wait_until(lambda: len(power.told()) == 3)
    power.lid.unlink()
    line.wait(event="socket", name="B1", state="empty")
    end(bench, power)
    assert power.told() == ["off", "on", "off"]
    assert sockets_of(line) == {"B1": "empty"}


def test_a_port_that_is_busy(bench):  # noqa: F811
    """The station's own worker has it, or another program while no station runs."""
    line = bench.line
    master, slave = pty.openpty()
    tty.setraw(slave)
    (bench.ports / "B1").symlink_to(os.ttyname(slave))
    line.start()
    fcntl.flock(slave, fcntl.LOCK_EX)  # as a worker does, for as long as it works
    assert sockets_of(line) == {"B1": "in-use", "B2": "no-console"}
    line.stop()
    assert sockets_of(line, UNREACHABLE) == {"B1": "bad", "B2": "no-console"}
    os.close(master), os.close(slave)


def test_servers_and_files(make_line):  # noqa: F811
    """A server that must accept each device, and a file that a profile takes a key from."""
    line = make_line(("A1",), rehearsal=True)
    identity(line, 36500, PROVEN)
    assert "connections" in check(line, USAGE)["connection", "server"][1]["subject"]
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = f"127.0.0.1:{server.getsockname()[1]}"
        (line.state / "connections.yaml").write_text(json.dumps({"imprint": 1, "connections": [{"name": "server", "server": place, "ca": str(line.state / "ca.pem")}]}))
        assert check(line)["connection", "server"] == ("good", None)
    assert check(line, UNREACHABLE)["connection", "server"][0] == "bad"


def test_files_of_the_profile(make_line):  # noqa: F811
    line = make_line(("A1",), rehearsal=True)
    source = ROOT / "profiles" / "blank-three-ways.yaml"
    profile = line.folder / source.name
    shutil.copy(source, profile)
    line.write(profile=str(profile))
    error = only(check(line, USAGE), "profile-files")[1]
    assert error["reason"] == "input-file" and str(line.folder) in error["subject"]
    line.write(profile=str(source))
    assert only(check(line), "profile-files")[0] == "good"


def test_the_line_is_away(make_line):  # noqa: F811
    line = make_line(("A1",))
    (line.folder / "state").mkdir()
    text = "imprint: 1\nledger:\n  server: 'host=/nonexistent dbname=line user=st-01'\n  timeout: 1\n"
    (line.folder / "state" / "line.yaml").write_text(text)
    found, error = only(check(line, UNREACHABLE), "line")
    assert found == "bad" and error["reason"] == "server-away" and "without-server" in error["next"]
    (line.folder / "state" / "line.yaml").write_text(text + "  without-server: continue\n")
    found, error = only(check(line), "line")
    assert found == "warning" and "continues by itself" in error["next"]


def test_golden_device_and_clock(make_line):  # noqa: F811
    line = make_line(("A1",), golden="0123456789ABCDEFEE").start()
    line.insert(line.board(1), "A1")
    assert line.wait(event="socket", name="A1", state="fail")["reason"] == "golden-first"
    line.stop()
    found, error = only(check(line, USAGE), "golden")
    assert found == "bad" and "knows no device" in error["cause"] and "imprint ledger list --state" in error["next"]
    line.write(golden=None)
    line.start()
    serial = line.wait(event="socket", name="A1", state="pass")["serial"]
    # Beside the running station.
    line.write(golden=serial.lower())
    assert run_program("--json", "station", line.file, "--check").objects
    line.stop()
    assert only(check(line), "golden")[0] == "good"
    profile = line.folder / "newer.yaml"
    profile.write_text(EXAMPLE.read_text().replace("name: mbed-factory-example", "name: newer"))
    line.write(profile=str(profile))
    found, error = only(check(line), "golden")
    assert found == "warning" and "another version of the profile" in error["cause"]
    change(line, "UPDATE log SET time = '2199-01-01T00:00:00.000Z'")
    found, error = only(check(line), "clock")
    assert found == "warning" and "2199-01-01" in error["cause"] and "set the clock" in error["next"]
    line.write(profile=str(EXAMPLE), golden=None)  # a warning: boards are made all the same
    line.take_out("A1", line.folder / "tray" / "first")
    line.insert(line.board(2), "A1")
    line.start()
    assert line.wait(event="socket", name="A1", state="pass")["changes"] > 0
    line.stop()


def test_what_the_station_file_leaves_out(make_line):  # noqa: F811
    """Steps that nobody armed, and virtual chips in a shift that is none of rehearsals."""
    line = make_line(("A1",), irreversible=None)
    profile = line.folder / "earnest.yaml"
    profile.write_text(re.sub(r"^rehearsal: allowed.*\n", "", (ROOT / "profiles" / "blank-io-protection.yaml").read_text(), flags=re.M).split("data:")[0])
    line.write(profile=str(profile))
    found = check(line, WRONG)
    assert found["profile", str(profile)][0] == "warning" and "irreversible: true" in found["profile", str(profile)][1]["next"]
    assert found["rehearsal", "A1"][0] == "bad" and "rehearsal: true" in found["rehearsal", "A1"][1]["next"]
    line.write(irreversible=True, rehearsal=True)
    found = check(line)
    assert found["profile", str(profile)][0] == "good" and ("rehearsal", "A1") not in found


@pytest.mark.parametrize("profile, said", ((ROOT / "test" / "data" / "profiles" / "trust-flex-io-protection.yaml", "it locks chips"), (FLEX, "replace: unclaimed")))
def test_steps_that_need_arming(make_line, profile, said):  # noqa: F811
    """A lock of data alone; a certificate that takes the place of the maker's. The warning comes true, and armed there is none."""
    line = make_line(("A1",), irreversible=None, rehearsal=True)
    identity(line, 36500)
    line.write(profile=str(profile), sockets=[{"name": "B1", "device": f"board:{line.folder}/none"}])
    found, error = only(check(line), "profile")
    assert found == "warning" and said in error["cause"] and "irreversible: true" in error["next"]
    refused = run_program("--json", "--state", line.state, "--device", f"virtual:{line.board(1, 'trust-flex')}", "provision", profile, code=REFUSED)
    assert refused.error["reason"] == "not-armed"
    line.write(irreversible=True)
    assert only(check(line), "profile")[0] == "good"


def test_words_for_people(make_line):  # noqa: F811
    line = make_line(("A1",), order="WO-1042")
    write_users(line, **USERS)
    done = run_program("station", line.file, "--check", code=USAGE)
    assert "order WO-1042: bad\n    there is no order of this id" in done.out and f"\n    next: make one: imprint order new --state {line.folder}/state {EXAMPLE} --id WO-1042 --quantity N" in done.out
    assert done.err.startswith("imprint: cannot ") and f"--state {line.folder}/state" in done.err
