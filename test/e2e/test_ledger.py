# SPDX-License-Identifier: Apache-2.0
"""The ledger: every attempt is in it before it is reported, changes are found, and an auditor needs no imprint to check it."""
import base64
import contextlib
import csv
import hashlib
import io
import json
import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
import time

from conftest import EXAMPLE, PROGRAM, THREE_WAYS, TRUST_FLEX, Station, openssl

MOMENTS = 12


def entries(station):
    """Every entry, as the database has it."""
    with contextlib.closing(sqlite3.connect(station.state / "ledger" / "ledger.db")) as database:
        return [json.loads(body) for (body,) in database.execute("SELECT body FROM entry ORDER BY seq")]


def change(path, sql):
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute(sql)


def verified(station, *checkpoints, code=0):
    result = station.json("ledger", "verify", *checkpoints, code=code)
    return result.event("ledger-verified"), [item["check"] for item in result.objects if item["event"] == "ledger-check"]


def test_every_attempt_is_an_entry(delivered):
    """Success, confirmation, refusal, a device that is not there, adoption, retirement; looking adds none."""
    delivered.run("provision", EXAMPLE, "--dry-run")
    assert not (delivered.state / "ledger").exists()
    delivered.run("provision", EXAMPLE, "--arm", "profile", "--operator", "Anna")
    serial = delivered.record["serial"]
    delivered.run("provision", EXAMPLE)
    delivered.run("provision", TRUST_FLEX, code=4)
    delivered.run("--device", "virtual:/nothing/there", "provision", EXAMPLE, code=3)
    shutil.rmtree(delivered.psa)
    delivered.run("adopt", EXAMPLE)
    delivered.run("retire", serial, "--yes")
    for looking in (("info",), ("keys",), ("ledger", "list"), ("ledger", "verify"), ("ledger", "show", serial), ("provision", EXAMPLE, "--dry-run")):
        delivered.run(*looking)
    kept = entries(delivered)
    assert [(one["kind"], one["result"], one["reason"], one["device"]) for one in kept] == [
        ("provision", "provisioned", None, serial), ("provision", "confirmed", None, serial),
        ("provision", "refused", "other-profile", serial), ("provision", "refused", "device-missing", None),
        ("adopt", kept[4]["result"], None, serial), ("retire", "retired", None, serial)]
    assert [one["seq"] for one in kept] == list(range(6)) and len({one["log"] for one in kept}) == 1
    assert kept[0]["operator"] == "Anna" and kept[1]["operator"] is None and kept[0]["socket"] is None
    assert kept[0]["profile"]["name"] == "mbed-factory-example" and kept[0]["station"] == os.uname().nodename
    lines = delivered.history
    for entry in kept:
        if entry["device"] is not None:
            assert {**entry["evidence"], "previous": None} == lines.pop(0), "the evidence as it was proven"
    assert lines == []
    assert sorted(path.name for path in (delivered.state / "ledger").iterdir()) == ["ledger.db", "log.key"]
    for path in (delivered.state / "ledger").iterdir():
        assert path.stat().st_mode & 0o077 == 0
    assert verified(delivered)[0]["entries"] == 6


def test_list_and_show(provisioned):
    serial = provisioned.record["serial"]
    provisioned.run("provision", TRUST_FLEX, "--operator", '=1+1,"x"', code=4)
    assert [line.split()[2:4] for line in provisioned.run("ledger", "list").out.splitlines()] == [
        [serial, "provision:"], [serial, "provision:"]]
    rows = list(csv.DictReader(io.StringIO(provisioned.run("ledger", "list", "--csv").out)))
    assert [(row["number"], row["device"], row["result"], row["reason"]) for row in rows] == [
        ("0", serial, "provisioned", ""), ("1", serial, "refused", "other-profile")]
    assert rows[1]["operator"] == "'=1+1,\"x\"", "no formula for a spreadsheet"
    shown = [item["entry"] for item in provisioned.json("ledger", "show", serial.lower()).objects]
    assert shown == entries(provisioned)
    missing = provisioned.json("ledger", "show", "01" * 9, code=2).error
    assert "no entry of this device" in missing["cause"]
    assert "18 hex digits" in provisioned.json("ledger", "show", "x", code=2).error["cause"]


def test_lists_of_keys_and_certificates(provisioned):
    """Once for each device, of the run that last finished it, as its entry has them."""
    provisioned.run("provision", EXAMPLE)
    provisioned.run("provision", TRUST_FLEX, code=4)
    serial = provisioned.record["serial"]
    rows = list(csv.DictReader(io.StringIO(provisioned.run("ledger", "list", "--keys").out)))
    keys = [key for entry in entries(provisioned)[1:2] for key in entry["evidence"]["keys"]]
    assert len(keys) == 2 and rows == [{"device": serial, **{name: str(key[name]) for name in list(rows[0])[1:]}} for key in keys]
    objects = provisioned.json("ledger", "list", "--keys").objects
    assert [(item["device"], item["public_key"]) for item in objects] == [(serial, key["public_key"]) for key in keys]
    certificate = {"name": "board", "key_id": 18, "issuer": "=cmd|'/c'!A1", "kind": "tls-client", "subject": 'CN="a, b"\nO=x', "serial_number": "01",
                   "not_before": "2026-01-01T00:00:00Z", "not_after": "9999-12-31T23:59:59Z", "sha256": "AB", "certificate": "30" * 5000}
    entry = entries(provisioned)[1]
    entry["evidence"]["certificates"] = [certificate]
    with contextlib.closing(sqlite3.connect(provisioned.state / "ledger" / "ledger.db")) as database, database:
        database.execute("UPDATE entry SET body = ? WHERE seq = 1", (json.dumps(entry, separators=(",", ":"), sort_keys=True),))
    (row,) = csv.DictReader(io.StringIO(provisioned.run("ledger", "list", "--certificates").out))
    assert row == {"device": serial, **{name: str(value) for name, value in certificate.items()},
                   "issuer": "'=cmd|'/c'!A1", "subject": 'CN="a, b"\\x0AO=x'}
    assert provisioned.json("ledger", "list", "--certificates").objects == [{"event": "ledger-certificate", "device": serial, **certificate}]
    assert "exclude each other" in provisioned.json("ledger", "list", "--keys", "--certificates", code=2).error["cause"]


def test_a_wrong_state_folder_gets_no_log(station):
    """A log has one key for ever: what has nothing to work on makes none."""
    serial = "0123A1B2C3D4E5F601"
    for arguments in (("ledger", "rebuild"), ("ledger", "import"), ("order", "approve", "WO-1", "--operator", "3"), ("order", "close", "WO-1", "--operator", "3"), ("order", "release", "WO-1", serial, "--operator", "3"),
                      ("order", "sync"), ("order", "list"), ("order", "show", "WO-1"), ("rework", serial, "--operator", "3"), ("ledger", "cosign"), ("ledger", "verify")):
        error = station.json(*arguments, code={1, 2}).error
        assert not (station.state / "ledger" / "log.key").exists(), arguments
        if arguments[0] == "order" and arguments[1] not in ("sync", "release"):
            assert "make an order: imprint order new" in error["next"], error
    station.run("ledger", "new", "--key", "p-256")


def test_no_ledger_yet(delivered):
    for words in (("verify",), ("list",), ("export", delivered.folder / "x"), ("backup", delivered.folder / "x")):
        error = delivered.json("ledger", *words, code=1).error
        assert error["cause"] == "there is no ledger yet" and "ledger import" in error["next"]
    assert not (delivered.state / "ledger").exists()


# ---- an auditor, with openssl and Python, and nothing of ours

def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(), re.S)


def audit(folder):
    """Runs every command of CHECK.md in the folder: what each printed."""
    said = []
    for command in blocks(folder / "CHECK.md", "sh"):
        done = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
        said.append(done.stdout + done.stderr)
    for program in blocks(folder / "CHECK.md", "python"):
        assert len(program.splitlines()) <= 14
        done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True)
        said.append(done.stdout)
    return said


def test_an_auditor_checks_an_export(provisioned):
    for _ in range(4):
        provisioned.run("provision", EXAMPLE)
    folder = provisioned.folder / "export"
    done = provisioned.json("ledger", "export", folder).event("ledger-exported")
    assert done["entries"] == 5 and (folder.stat().st_mode & 0o077) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["CHECK.md", "checkpoint", "entries.ndjson", "key.pem", "key.vkey"]
    assert [json.loads(line) for line in (folder / "entries.ndjson").read_text().splitlines()] == entries(provisioned)
    assert audit(folder) == ["Signature Verified Successfully\n", "the entries are as signed\n"]
    assert "already" in provisioned.json("ledger", "export", folder, code=2).error["cause"]
    lines = (folder / "entries.ndjson").read_bytes().splitlines(keepends=True)
    forgeries = {"an edit": lines[:2] + [lines[2].replace(b'"confirmed"', b'"provisione"')] + lines[3:], "one taken out": lines[:2] + lines[3:],
                 "cut": lines[:-1], "two changed places": [lines[1], lines[0]] + lines[2:]}
    for name, forged in forgeries.items():
        (folder / "entries.ndjson").write_bytes(b"".join(forged))
        assert audit(folder)[1] == "NOT as signed\n", name
    (folder / "checkpoint").write_bytes((folder / "checkpoint").read_bytes().replace(b"\n5\n", b"\n4\n"))
    assert "Failure" in audit(folder)[0]


def test_what_is_not_whole_has_no_name(provisioned):
    """A file of an export may be as long as this process may write; what was begun is gone, and the same command goes on then."""
    provisioned.run("provision", EXAMPLE)
    serial = provisioned.record["serial"]
    change(provisioned.state / "ledger" / "ledger.db", f"UPDATE entry SET body = '{'x' * 60000}'")
    for verb, limits in ((("ledger", "export"), (50000, 100000)), (("ledger", "prove", serial), (50000,))):
        folder = provisioned.folder / "out" / verb[1]
        folder.parent.mkdir(exist_ok=True)
        for limit in limits:
            error = provisioned.json(*verb, f"{folder}/", code=1, preexec_fn=lambda limit=limit: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))).error
            assert error["reason"] == "storage-full" and "make room there" in error["next"] and error["subject"] == str(folder), error
            assert not list(folder.parent.iterdir())
        said = provisioned.run(*verb, f"{folder}//").out
        assert said.startswith(f"{folder}: ") and said.endswith(f": {folder}/CHECK.md\n")
        assert folder.stat().st_mode & 0o777 == 0o700 and (folder / "CHECK.md").exists()
        assert "already" in provisioned.json(*verb, folder, code=2).error["cause"]
        shutil.rmtree(folder)


def test_a_p256_key_signs_checkpoints(delivered):
    """As a station's policy may ask for: the key is there before the ledger. The auditor has openssl's commands for it."""
    folder = delivered.state / "ledger"
    folder.mkdir(mode=0o700, parents=True)
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", folder / "log.key")
    delivered.run("provision", EXAMPLE, "--arm", "profile")
    delivered.run("provision", EXAMPLE)
    assert verified(delivered)[1] == []
    export, proof = delivered.folder / "export", delivered.folder / "proof"
    delivered.run("ledger", "export", export)
    assert audit(export) == ["Verified OK\n", "the entries are as signed\n"]
    name, key_id, coded = (export / "key.vkey").read_text().strip().split("+", 2)
    spki = base64.b64decode(coded)[1:]
    assert base64.b64decode(coded)[0] == 2 and key_id == hashlib.sha256(spki).hexdigest()[:8]
    assert name == (export / "checkpoint").read_text().splitlines()[0]
    assert openssl("pkey", "-pubin", "-inform", "DER", "-outform", "PEM", stdin=spki) == (export / "key.pem").read_text()
    delivered.run("ledger", "prove", delivered.record["serial"], proof)
    assert audit(proof)[1:] == ["Verified OK\n", "the entry is in the log\n"]
    (export / "checkpoint").write_bytes((export / "checkpoint").read_bytes().replace(b"\n2\n", b"\n1\n"))
    assert "failure" in audit(export)[0].lower()


def test_one_entry_is_proven_without_the_others(tmp_path):
    """For logs of 1 to 5 entries and the first and last device: the shapes of a tree."""
    station = Station(tmp_path)
    serials = []
    for number in range(5):
        station.run("virtual", "new", "--as", "trust-and-go", "--seed", number, tmp_path / f"chip{number}")
        done = station.json("--device", f"virtual:{tmp_path}/chip{number}", "provision", EXAMPLE, "--arm", "profile")
        serials.append(done.event("provisioned")["serial"])
        for index in {0, number}:
            folder = tmp_path / f"proof-{number}-{index}"
            said = station.json("ledger", "prove", serials[index], folder).event("ledger-proof")
            assert said["seq"] == index
            assert audit(folder)[1:] == ["Signature Verified Successfully\n", "the entry is in the log\n"]
            assert not any(other.encode() in path.read_bytes() for path in folder.iterdir() for other in serials if other != serials[index])
    (folder / "entry.json").write_bytes((folder / "entry.json").read_bytes().replace(b"provisioned", b"Provisioned"))
    assert audit(folder)[2] == "NOT in the log\n"


# ---- what was changed is found

def test_a_copy_that_went_on_by_itself_is_found(provisioned, tmp_path):
    """A clone of the state folder, used twice: each holds, and the checkpoint of one betrays the other."""
    clone = Station(tmp_path / "clone")
    shutil.copytree(provisioned.state, clone.state)
    provisioned.run("provision", EXAMPLE)
    clone.run("provision", EXAMPLE)
    provisioned.run("ledger", "export", tmp_path / "export")
    checkpoint = tmp_path / "export" / "checkpoint"
    assert verified(provisioned, checkpoint) == ({**verified(provisioned)[0], "checkpoints": 1}, [])
    assert verified(clone)[1] == []
    summary, found = verified(clone, checkpoint, code=1)
    assert found == ["fork"] and summary["holds"] is False


def test_an_edit_is_found_and_named(provisioned):
    provisioned.run("provision", EXAMPLE)
    change(provisioned.state / "ledger" / "ledger.db", "UPDATE entry SET body = replace(body, '\"confirmed\"', '\"provisione\"') WHERE seq = 1")
    result = provisioned.run("ledger", "verify", code=1)
    assert "BAD   edited: entry 1" in result.out and "docs/guide/ledger.md" in result.err
    assert verified(provisioned, code=1)[1] == ["edited", "checkpoint"]


def test_a_hundred_thousand_malformed_entries(provisioned):
    """Each is found, the first is named, and nothing crashes, hangs or shows a control character to a terminal."""
    with sqlite3.connect(provisioned.state / "ledger" / "ledger.db") as file:
        (log, good), = file.execute("SELECT log, body FROM entry WHERE seq = 0")
        bad = [good[:700], good.replace('"', "'", 5), "{}", "[" * 3000, good[:40] + "\x00\x1b]" + good[40:], good.replace("provision", "\u0416"),
               '{"device":' + "9" * 300 + "}", good.replace(":", ": "), ""]
        rows = [(log, 1 + number, hashlib.sha256(b"\0" + text.encode()).digest(), text) for number, text in enumerate(bad)]
        file.executemany("INSERT INTO entry VALUES (?, ?, ?, ?)",
                         ((log, seq, *rows[seq % len(rows)][2:]) for seq in range(1, 100001)))
    summary, found = verified(provisioned, code=1)
    assert summary["holds"] is False and set(found) <= {"malformed", "place", "checkpoint", "edited", "gap"} and found.count("malformed") >= 5, found
    failed = provisioned.run("ledger", "list", code=6)
    assert "cannot read the ledger" in failed.err and "entry 1 is damaged" in failed.err and "\x1b" not in failed.out + failed.err
    assert provisioned.json("ledger", "rebuild", code=6).error["reason"] == "database-damaged"
    assert provisioned.json("ledger", "show", provisioned.record["serial"]).event("ledger-entry")["seq"] == 0


def test_a_ledger_that_contradicts_itself_is_damaged(provisioned):
    """Not a defect of imprint, no endless loop, and the message says what to run."""
    path, serial = provisioned.state / "ledger" / "ledger.db", provisioned.record["serial"]

    def refused(*arguments, cause, advice):
        error = provisioned.json(*arguments, code=6).error
        assert error["reason"] == "database-damaged" and cause in error["cause"] and advice in error["next"], error

    for before in ("seq", "seq + 1", "-1", "'x'"):
        change(path, f"UPDATE attempt SET before = {before}")
        for arguments in (("provision", EXAMPLE, "--dry-run"), ("ledger", "show", serial), ("rework", serial, "--operator", "4")):
            refused(*arguments, cause="the table of attempts is damaged", advice="imprint ledger rebuild")
    provisioned.run("ledger", "rebuild")
    provisioned.run("provision", EXAMPLE)
    change(path, "UPDATE log SET size = 1, nodes = (SELECT leaf FROM entry WHERE seq = 0)")
    refused("order", "new", EXAMPLE, "--quantity", "1", cause="it has more entries than it says itself", advice="imprint ledger verify")
    for body in ("x", "null", "[]", '{"device":"\\u0000"}', "[" * 100000):
        change(path, f"UPDATE entry SET body = '{body}' WHERE seq = 1")
        refused("rework", serial, "--operator", "4", cause="entry 1 is damaged", advice="imprint ledger verify")


def test_a_second_device_with_a_known_key(provisioned, tmp_path):
    """The key that a clone shows is another device's: refused before anything is written, and both are named."""
    serial = provisioned.record["serial"]
    change(provisioned.state / "ledger" / "ledger.db", "UPDATE device_key SET serial = '010203040506070809'")
    before = provisioned.snapshot()
    error = provisioned.json("provision", THREE_WAYS, "--arm", "profile", code={4, 6}).error
    if error["reason"] == "duplicate":
        assert "010203040506070809" in error["cause"] and error["serial"] == serial
    error = provisioned.json("provision", EXAMPLE, code=6).error
    assert error["reason"] == "duplicate" and error["serial"] == serial
    assert "010203040506070809" in error["cause"] and "010203040506070809" in error["next"]
    assert provisioned.snapshot() == before
    assert entries(provisioned)[-1]["reason"] == "duplicate"
    alarms = provisioned.json("ledger", "alarms").objects
    assert {(item["device"], item["what"], item["other"]) for item in alarms} == {(serial, "public key", "010203040506070809")}
    assert f"device {serial} has the public key of device 010203040506070809" in provisioned.run("ledger", "alarms").out
    # What was derived can be made anew from the entries.
    assert provisioned.json("ledger", "rebuild").event("ledger-rebuilt")["entries"] == 3
    assert provisioned.json("ledger", "alarms").objects == []
    provisioned.run("provision", EXAMPLE)


def test_texts_that_are_not_utf8_lose_no_object(provisioned):
    """Only a changed file has them. Each is shown as U+FFFD, and the rest of the object is there."""
    path = provisioned.state / "ledger" / "ledger.db"
    provisioned.run("order", "new", EXAMPLE, "--quantity", "2")
    for text in ("CAST(x'41ff42' AS TEXT)", "CAST(x'eda080' AS TEXT)"):
        change(path, f"UPDATE device_key SET serial = {text}; ")
        change(path, f"UPDATE work_order SET profile = {text}")
        change(path, f"UPDATE log SET name = {text}")
        alarm = provisioned.json("ledger", "alarms").objects[0]
        assert alarm["other"] == "\ufffd" and alarm["device"] == provisioned.record["serial"]
        order = provisioned.json("order", "list").event("order")
        assert order["profile"]["name"] == "\ufffd" and order["quantity"] == 2
        assert provisioned.json("ledger", "status").event("ledger-status")["log"] == "\ufffd"
        assert provisioned.json("ledger", "verify", code=1).event("ledger-verified")["holds"] is False


def test_the_ledger_remembers_a_lost_record(provisioned):
    """Key records and record.json are gone; the keys that the ledger names are not made again."""
    shutil.rmtree(provisioned.state / "devices")
    unmarked = provisioned.write("unmarked.yaml", re.sub(r"  mark:.*\n", "", EXAMPLE.read_text()))
    error = provisioned.json("provision", unmarked, "--arm", "profile", code=4).error
    assert error["reason"] in ("key-recorded", "done-elsewhere"), error


# ---- copies, and stations that had no ledger

def test_a_copy_while_the_station_works(provisioned, tmp_path):
    copy = tmp_path / "copy.db"
    with contextlib.closing(sqlite3.connect(provisioned.state / "ledger" / "ledger.db")) as database:
        database.execute("BEGIN IMMEDIATE")
        assert provisioned.json("ledger", "backup", copy).event("ledger-copied")["entries"] == 1
        database.rollback()
    assert copy.stat().st_mode & 0o077 == 0
    assert "already" in provisioned.json("ledger", "backup", copy, code=2).error["cause"]
    provisioned.run("provision", EXAMPLE)
    os.replace(copy, provisioned.state / "ledger" / "ledger.db")
    assert verified(provisioned)[0]["entries"] == 1


def test_import_takes_over_what_is_there(provisioned):
    """A station that had no ledger: each line once, however often it is run; torn lines are passed over."""
    provisioned.run("provision", EXAMPLE)
    provisioned.run("provision", TRUST_FLEX, code=4)
    shutil.rmtree(provisioned.state / "ledger")
    with open(provisioned.device / "history.jsonl", "a") as history:
        history.write('{"format":"impr')
    done = provisioned.json("ledger", "import")
    assert done.event("ledger-imported") | {"log": ""} == {"event": "ledger-imported", "log": "", "devices": 1, "added": 3, "known": 0}
    assert "line 4" in done.event("warning")["text"]
    assert [(entry["result"], entry["imported"]) for entry in entries(provisioned)] == [
        ("provisioned", True), ("confirmed", True), ("refused", True)]
    assert provisioned.json("ledger", "import").event("ledger-imported")["known"] == 3
    assert verified(provisioned)[0]["entries"] == 3


# ---- kill -9, and when it cannot be written

def test_kill_at_any_moment(tmp_path):
    """From before the ledger is made to after its entry: it always holds, and what was told is in it."""
    twin = Station(tmp_path / "twin")
    twin.new()
    begin = time.monotonic()
    twin.run("provision", EXAMPLE, "--arm", "profile")
    takes = time.monotonic() - begin
    station = Station(tmp_path / "station")
    station.new()
    told = 0
    for moment in range(1, MOMENTS + 1):
        with subprocess.Popen([PROGRAM, "--json", "--state", station.state, "provision", EXAMPLE, "--arm", "profile"], stdout=subprocess.PIPE) as run:
            time.sleep(takes * moment / MOMENTS)
            run.kill()
            told += run.stdout.read().count(b'"event":"run"')
        if (station.state / "ledger" / "ledger.db").exists():
            listed = station.json("ledger", "list", code={0, 1})
            assert listed.code == 0 or listed.error["cause"] == "there is no ledger yet"
    station.run("provision", EXAMPLE, "--arm", "profile")
    summary, found = verified(station)
    kept = entries(station)
    assert found == [] and told + 1 <= summary["entries"] == len(kept) <= MOMENTS + 1
    assert kept[-1]["result"] in ("provisioned", "confirmed") and {entry["device"] for entry in kept} == {station.record["serial"]}



def test_nothing_is_reported_as_done_without_its_entry(provisioned):
    """Another version's, a damaged one, one without its key: the run is refused before anything is done."""
    path = provisioned.state / "ledger" / "ledger.db"
    good = path.read_bytes()
    for name, spoil, code in (("another version", lambda: change(path, "PRAGMA user_version=9"), 6),
                              ("damaged", lambda: path.write_bytes(good[:100] + b"\xa5" * 4000 + good[4100:]), 6),
                              ("no database", lambda: path.write_text("x" * 5000), 6)):
        spoil()
        result = provisioned.json("provision", EXAMPLE, code=code)
        assert "provisioned" not in [item["event"] for item in result.objects], name
        assert str(path) in result.error["subject"], name
        for verb in ("verify", "list"):
            assert provisioned.json("ledger", verb, code=6).error["next"], name
        path.write_bytes(good)
    full = provisioned.json("provision", EXAMPLE, code=1, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (30000, 30000)))
    assert full.error["reason"] == "storage-full" and full.event("run")["result"] == "refused"
    os.unlink(provisioned.state / "ledger" / "log.key")
    result = provisioned.json("provision", EXAMPLE, code=6)
    assert result.error["subject"].endswith("log.key") and "restore" in result.error["next"]
    run, warning, _ = (json.loads(line) for line in result.out.splitlines()[-3:])
    assert run["event"] == "run" and run["result"] == "refused" and "not complete" in warning["text"], "the evidence is not lost"
    provisioned.json("ledger", "verify")


def test_retire_changes_nothing_where_it_cannot_be_recorded(provisioned):
    serial = provisioned.record["serial"]
    path = provisioned.state / "ledger" / "ledger.db"
    good = path.read_bytes()
    change(path, "PRAGMA user_version=99")
    before = provisioned.snapshot()
    error = provisioned.json("retire", serial, "--yes", code=6).error
    assert error["reason"] == "database-version" and error["doing"] == "open the ledger"
    assert provisioned.snapshot() == before
    path.write_bytes(good)
    provisioned.run("retire", serial, "--yes")
    assert entries(provisioned)[-1]["result"] == "retired"


def test_what_is_forgotten_is_an_entry_first(provisioned):
    """Nothing is forgotten where that cannot be recorded; a station without a ledger gets none."""
    path = provisioned.state / "ledger" / "ledger.db"
    before = provisioned.keys()
    good = path.read_bytes()
    change(path, "PRAGMA user_version=99")
    assert provisioned.json("erase", "--yes", code=6).error["reason"] == "database-version"
    assert provisioned.keys() == before
    path.write_bytes(good)
    provisioned.run("erase", code=2)
    provisioned.run("erase", "--yes", "--operator", "", code=2)
    assert len(entries(provisioned)) == 1
    provisioned.run("erase", "--yes", "--operator", "7")
    entry = entries(provisioned)[-1]
    assert (entry["kind"], entry["result"], entry["operator"], entry["device"]) == ("erase", "erased", "7", provisioned.record["serial"])
    assert entry["evidence"] == {"forgotten": sorted(before), "io_key_forgotten": False}
    provisioned.run("erase", "--yes")
    assert len(entries(provisioned)) == 2, "there was nothing to forget"
    assert provisioned.json("ledger", "verify", "--tables").event("ledger-verified")["tables"]["differ"] == 0
    provisioned.run("adopt", EXAMPLE)
    shutil.rmtree(provisioned.state / "ledger")
    provisioned.run("erase", "--yes")
    assert not path.exists() and not provisioned.keys()


def test_the_disk_is_full_at_the_commit(delivered):
    """The device is finished, and that is not said: exit code 5 until its entry is durable. Pages of 64 KiB are larger than the
    largest file, whose size SQLite's own files and the record need."""
    serial = delivered.json("info").event("chip")["serial"]
    delivered.run("provision", TRUST_FLEX, code=4)
    path = delivered.state / "ledger" / "ledger.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        for sql in ("PRAGMA journal_mode=DELETE", "PRAGMA page_size=65536", "VACUUM", "PRAGMA journal_mode=WAL"):
            database.execute(sql)
    for result_of in (lambda **more: delivered.json("provision", EXAMPLE, "--arm", "profile", **more),
                      lambda **more: delivered.json("retire", serial, "--yes", **more)):
        done = result_of(code=5, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (60000, 60000)))
        assert not {"provisioned", "retired"} & {item["event"] for item in done.objects}
        assert done.error["reason"] == "record-failed" and done.error["subject"] == str(path)
        assert done.event("run")["serial"] == serial, "the evidence is not lost"
        assert len(entries(delivered)) == 1
    assert [line["result"] for line in delivered.history] == ["refused", "provisioned", "retired"]
    delivered.run("provision", EXAMPLE, "--arm", "profile")
    assert [entry["result"] for entry in entries(delivered)] == ["refused", "provisioned"] and verified(delivered)[0]["entries"] == 2
