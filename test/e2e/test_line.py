# SPDX-License-Identifier: Apache-2.0
"""A line: stations with ledgers of their own, and one PostgreSQL that has them all and knows whose each device and key is."""
import contextlib
import json
import re
import shutil
import signal
import sqlite3

import pytest

from conftest import EXAMPLE, ROOT, Station, in_time, run_program

VERSION = re.search(r"^Version (\d+), in the schema", (ROOT / "docs" / "reference" / "line.md").read_text(), re.M)[1]

pytest_plugins = ["postgres_server"]


def member(line, folder, role, chip=None, **more):
    """A station of the line; with `chip`, the chip file of another."""
    station = Station(folder / role)
    line.join(station, role, **more)
    if chip is not None:
        shutil.copy(chip, station.chip)
    return station


@pytest.fixture
def first(line, tmp_path):
    station = member(line, tmp_path, "st-01")
    station.new()
    return station


def own_entries(station):
    with contextlib.closing(sqlite3.connect(station.state / "ledger" / "ledger.db")) as database:
        return [body for (body,) in database.execute("SELECT body FROM entry ORDER BY seq")]


def change(station, sql):
    with contextlib.closing(sqlite3.connect(station.state / "ledger" / "ledger.db")) as database, database:
        database.execute(sql)


def line_entries(line, role):
    """What the line has of a station's logs."""
    texts = line.sql(f"SELECT json_agg(body ORDER BY log, seq) FROM line_entry WHERE log IN (SELECT id FROM line_log WHERE station = '{role}')")
    return json.loads(texts) if texts else []


def sync(station, code=0):
    return station.json("ledger", "sync", code=code)


def test_two_stations_share_a_line(line, first, tmp_path):
    done = first.json("provision", EXAMPLE, "--arm", "profile")
    assert done.event("line-sent") == {"event": "line-sent", "sent": 1, "waiting": 0, "alarms": 0}
    serial = first.record["serial"]
    first.run("provision", "--rehearsal", EXAMPLE.parent / "trust-flex-generate.yaml", code=4)
    assert line_entries(line, "st-01") == own_entries(first), "byte by byte, and failed runs too"
    assert sync(first).event("line-sent")["sent"] == 0
    status = first.json("ledger", "status").event("ledger-status")
    assert (status["entries"], status["sent"], status["waiting"]) == (2, 2, 0) and status["time"] is not None
    second = member(line, tmp_path, "st-02", first.chip)
    # Known without a copy of its record: what stood in the way of adopting it.
    second.run("adopt", EXAMPLE)
    assert second.public_keys() == first.public_keys()
    second.run("provision", EXAMPLE)
    assert line_entries(line, "st-02") == own_entries(second)
    assert line.sql("SELECT serial FROM line_device") == serial
    # The roots that SQL computed are those that the stations signed, and their owners verify all of it.
    for station in (first, second):
        station.run("ledger", "verify")
        note = station.write("note", line.sql(f"SELECT note FROM line_checkpoint c JOIN line_log l ON l.id = c.log WHERE l.station = '{station.folder.name}'"
                                              " ORDER BY c.size DESC LIMIT 1").encode() + b"\n")
        station.run("ledger", "verify", note)
    assert line.sql("SELECT count(*) FROM line_alarm") == "0"


def test_a_retired_device_is_not_known_as_finished(line, first, tmp_path):
    first.run("provision", EXAMPLE, "--arm", "profile")
    first.run("retire", first.record["serial"] if first.device.joinpath("record.json").exists() else "", "--yes")
    assert line.sql("SELECT count(*) FROM line_device WHERE made_log IS NULL") == "1"
    second = member(line, tmp_path, "st-02", first.chip)
    assert second.run("adopt", EXAMPLE, code={4}).code == 4


def other_device(line, role):
    """Has the line believe that all its keys are another device's, as a copied chip would show."""
    line.sql("UPDATE line_key SET serial = '010203040506070809'")
    line.sql(f"UPDATE line_key SET log = (SELECT id FROM line_log WHERE station = '{role}')")


def test_a_key_that_another_station_knows(line, first, tmp_path):
    first.run("provision", EXAMPLE, "--arm", "profile")
    second = member(line, tmp_path, "st-02", first.chip)
    second.run("adopt", EXAMPLE)
    other_device(line, "st-01")
    before = second.snapshot()
    error = second.json("provision", EXAMPLE, code=6).error
    assert error["reason"] == "duplicate" and error["serial"] == first.record["serial"]
    assert "010203040506070809" in error["cause"] and "st-01" in error["cause"]
    assert second.snapshot() == before, "before anything is written"


def test_what_was_made_without_the_server_is_compared_when_it_arrives(line, first, tmp_path):
    """Both stations go on while the line is away; the second to send is told."""
    line.join(first, "st-01", **{"without-server": "continue"})
    second = member(line, tmp_path, "st-02", **{"without-server": "continue"})
    second.new(seed=2)
    line.kill()
    for station in (first, second):
        done = station.run("provision", EXAMPLE, "--arm", "profile")
        assert "the line was not asked, 1 entry wait" in done.err and "imprint ledger sync" in done.err and "line on" in done.err
        assert station.json("ledger", "status").event("ledger-status")["waiting"] == 1
    line.start()
    assert sync(first).event("line-sent")["sent"] == 1
    other_device(line, "st-01")
    assert line.sql("UPDATE line_key SET x = decode('" + second.public_keys()[18][2:66] + "', 'hex') WHERE x = (SELECT x FROM line_key LIMIT 1)") == ""
    told = sync(second, code=6)
    alarm = told.event("line-alarm")
    assert (alarm["what"], alarm["device"], alarm["station"]) == ("public key", second.record["serial"], "st-02")
    assert (alarm["other"], alarm["other_station"]) == ("010203040506070809", "st-01")
    assert told.event("line-sent") == {"event": "line-sent", "sent": 1, "waiting": 0, "alarms": 1}
    assert line_entries(line, "st-02") == own_entries(second), "kept all the same"
    assert line.sql("SELECT what FROM line_alarm") == "public key"
    assert sync(second).event("line-sent")["alarms"] == 0, "told once"
    # Listed again, to both stations and to who can read the entries, and to no other station.
    listed = second.json("ledger", "alarms").event("line-alarm")
    assert listed.pop("time") is not None and listed == {key: value for key, value in alarm.items() if key != "time"}
    assert first.json("ledger", "alarms").event("line-alarm")["device"] == alarm["device"]
    assert run_program("--json", "ledger", "alarms", "--server", line.settings()).event("line-alarm")["other"] == "010203040506070809"
    assert "ALARM public key: device " in second.run("ledger", "alarms").out
    assert second.json("ledger", "alarms", "--local").objects == []
    assert "exclude" in second.json("ledger", "alarms", "--local", "--server", "x", code=2).error["cause"]
    line.sql("UPDATE line_log SET station = 'st-02'; UPDATE line_alarm SET details = replace(details, 'st-01', 'st-02')")
    assert [item["event"] for item in first.json("ledger", "alarms").objects] == []
    line.sql("INSERT INTO line_alarm (what, log, seq, details) SELECT 'fork', log, g, '{\"entry\":\"x\"}' FROM line_alarm, generate_series(1, 250) g")
    several = second.json("ledger", "alarms").objects
    assert [item["seq"] for item in several if item["what"] == "fork"] == list(range(1, 251)) and several[1]["device"] is None
    assert "ALARM fork: station st-02, entry 250, 20" in second.run("ledger", "alarms").out
    line.kill()
    away = second.json("ledger", "alarms", code=3)
    assert "run the same command again" in away.error["next"]
    line.start()


# ---- a state folder that was copied

def test_a_copied_folder_is_found(line, first, tmp_path):
    first.run("provision", EXAMPLE, "--arm", "profile")
    clone = Station(tmp_path / "clone")
    shutil.copytree(first.state, clone.state)
    first.run("provision", EXAMPLE)
    told = clone.json("provision", EXAMPLE, code=6)
    assert told.error["reason"] == "duplicate" and "two continuations: entry 1" in told.error["cause"]
    assert told.error["cause"].count(first.record["serial"]) == 2 and "docs/guide/line.md" in told.error["next"]
    # With more entries than the server has, and with fewer.
    clone.run("provision", EXAMPLE, code=6)
    clone.run("provision", EXAMPLE, code=6)
    assert "two continuations: entry 1" in sync(clone, code=6).error["cause"]
    assert line.sql("SELECT count(*) FROM line_alarm WHERE what = 'fork'") == "1"
    assert line_entries(line, "st-01") == own_entries(first), "nothing of the copy arrived"
    first.run("provision", EXAMPLE)
    # As another station: named by its role.
    line.join(clone, "st-02")
    assert "as that of station st-01" in sync(clone, code=6).error["cause"]


def test_an_older_copy_put_back(line, first, tmp_path):
    first.run("provision", EXAMPLE, "--arm", "profile")
    shutil.copytree(first.state / "ledger", tmp_path / "older")
    first.run("provision", EXAMPLE)
    shutil.rmtree(first.state / "ledger")
    shutil.copytree(tmp_path / "older", first.state / "ledger")
    error = sync(first, code=6).error
    assert "the server has 2 entries of this log, and this ledger only 1" in error["cause"]


# ---- faults

def with_server(change_it):
    """The server is told so by its administrator."""
    def prepare(line, _station):
        assert line.sql(change_it) == ""
    return prepare


def silence(line, station):
    """The server answers nothing, and the station waits a second for it."""
    line.join(station, "st-01", timeout=1)
    line.process.send_signal(signal.SIGSTOP)


FAULTS = {
    # What is done first; reason, exit code, a word of the message.
    "killed": (lambda line, station: line.kill(), "server-away", 3, "cannot connect"),
    "silent": (silence, "server-away", 3, "in time"),
    "wrong-password": (with_server("ALTER ROLE \"st-01\" PASSWORD 'other'"), "server-refused", 1, "password"),
    "no-login": (with_server('ALTER ROLE "st-01" NOLOGIN'), "server-refused", 1, "st-01"),
    "read-only": (with_server('ALTER ROLE "st-01" SET default_transaction_read_only = on'), None, 0, ""),
    "no-rights": (with_server('REVOKE EXECUTE ON FUNCTION line_open, line_append, line_find_key, line_find_made FROM "st-01"'), "server-refused", 1, "permission denied"),
    "newer-version": (with_server("UPDATE imprint_version SET version = 9"), "database-version", 6, "version 9"),
    "not-a-line": (with_server("UPDATE imprint_version SET application_id = 7"), "database-version", 6, "not a ledger of a line"),
    "no-tables": (with_server("DELETE FROM imprint_version"), "storage-failed", 1, "no ledger of a line"),
    "other-root": (with_server("UPDATE line_log SET nodes = sha256('')"), "database-damaged", 6, "the server's tree"),
    "more-entries": (with_server("UPDATE line_log SET size = 2, nodes = sha256('')"), "database-damaged", 6, "2 entries"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_of_the_server(line, first, fault):
    """Whatever the server does, the station's ledger is whole, and sending again later brings it there once."""
    prepare, reason, code, words = FAULTS[fault]
    first.run("provision", EXAMPLE, "--arm", "profile")
    change(first, "UPDATE outbox SET sent = 0")
    try:
        prepare(line, first)
        told = sync(first, code=code)
        if reason is not None:
            assert told.error["reason"] == reason and words in told.error["cause"], told
            assert "st-01" in told.error["subject"] or reason in ("database-damaged",), told
    finally:
        line.process.send_signal(signal.SIGCONT)
        if line.process.poll() is not None:
            line.start()
    assert len(own_entries(first)) == 1
    first.run("ledger", "verify")


def test_no_server_no_device(line, first):
    """By default a device that the line cannot be asked about is not changed."""
    line.kill()
    before = first.snapshot()
    error = first.json("provision", EXAMPLE, "--arm", "profile", code=3).error
    assert error["reason"] == "server-away" and "without-server" in error["next"]
    assert first.snapshot() == before
    line.start()
    first.run("provision", EXAMPLE, "--arm", "profile")
    # A device that is done is not made to wait for the line at its end.
    assert [json.loads(body)["reason"] for body in line_entries(line, "st-01")] == ["server-away", None]


def test_a_silent_server_takes_seconds_and_no_more(line, first):
    """It is asked once, for the one second that line.yaml allows."""
    line.join(first, "st-01", timeout=1, **{"without-server": "continue"})
    line.process.send_signal(signal.SIGSTOP)
    try:
        in_time(10, lambda: first.run("provision", EXAMPLE, "--arm", "profile"))
    finally:
        line.process.send_signal(signal.SIGCONT)
    line.join(first, "st-01")
    assert sync(first).event("line-sent")["sent"] >= 1


# ---- a station's rights

REFUSED = [
    "SELECT * FROM line_entry", "INSERT INTO line_entry (log, seq, leaf, body) VALUES (1, 9, '', '')", "UPDATE line_entry SET body = ''",
    "DELETE FROM line_entry", "TRUNCATE line_entry", "UPDATE line_log SET station = 'st-02'", "SELECT line_grant('st-02')",
    "SELECT line_derive(1, 1, '{}')", "SELECT * FROM line_board", "SELECT * FROM line_mcu", "SELECT line_derive_mcu(1, 1, '{}')", "SELECT * FROM line_attempt", "SELECT line_derive_attempt(1, 1, '{}')", "SELECT line_derive_board(1, 1, '{}')", "SELECT line_derive_keys(1, 1, '{}')", "SELECT line_note_alarm('x', 1, 1, '{}')", "CREATE TABLE mine (x TEXT)",
    "UPDATE imprint_version SET version = 2"]


def test_a_station_reaches_no_table(line):
    for sql in REFUSED:
        assert "permission denied" in line.sql(sql, role="st-01", password=line.password("st-01")), sql
    assert "must be owner" in line.sql("DROP TABLE line_alarm", role="st-01", password=line.password("st-01"))
    assert line.sql("SELECT version FROM imprint_version WHERE name = 'ledger of a line'", role="st-01", password=line.password("st-01")) == VERSION


def test_a_station_reaches_no_log_of_another(line, first):
    first.run("provision", EXAMPLE, "--arm", "profile")
    log = first.json("ledger", "status").event("ledger-status")["log"]

    def other(sql):
        return line.sql(sql, role="st-02", password=line.password("st-02"))
    assert other(f"SELECT line_append('{log}', 1, '[]', '')") == '{"outcome":"unknown-log"}'
    assert other(f"SELECT line_leaf('{log}', 0)") == ""
    assert other(f"SELECT outcome, owner FROM line_open('{log}', sha256('x'))") == "other-station|st-01"


def test_what_the_server_refuses(line, first):
    """What no station of ours sends: the server believes nothing that it can compute."""
    first.run("provision", EXAMPLE, "--arm", "profile")
    log = first.json("ledger", "status").event("ledger-status")["log"]
    entry = {"log": log, "seq": 1}

    def append(number, entries, note=""):
        texts = json.dumps([json.dumps(one) for one in entries])
        return json.loads(line.sql(f"SELECT line_append('{log}', {number}, '{texts}', '{note}')", role="st-01", password=line.password("st-01")))["outcome"]
    assert append(2, [entry]) == append(-1, [entry]) == append("NULL", [{"log": log}]) == "gap"
    assert append(0, [entry]) == "fork"
    assert append(1, [{**entry, "seq": 2}]) == append(1, [{**entry, "log": "x"}]) == append(1, [{}]) == "not-an-entry"
    assert append(1, [entry]) == append(1, [entry], f"{log}\n2\n") == "other-root"
    assert append(1, []) == "ok"
    assert len(line_entries(line, "st-01")) == 1


# ---- files and options

LINE_FILES = {
    "server: 'host=x'": None,
    "server: 'host=x password=y'": "password",
    "server: 'nonsense'": "cannot be read",
    "server: 'host=x'\n  timeout: 0": "timeout",
    "server: 'host=x'\n  without-server: perhaps": "without-server",
    "timeout: 1": "server",
    "server: 'host=x'\n  color: red": "color",
}


def test_a_wrong_line_file_is_told_by_line_and_column(provisioned):
    for text, words in LINE_FILES.items():
        (provisioned.state / "line.yaml").write_text(f"imprint: 1\nledger:\n  {text}\n")
        if words is None:
            provisioned.run("ledger", "status")
            continue
        error = provisioned.json("ledger", "status", code=2).error
        assert error["reason"] == "input-file" and "line.yaml" in error["subject"], error
        assert error["line"] >= 1 and error["column"] >= 1 and words in error["cause"], error
        assert "docs/reference/line.md" in error["next"]
    provisioned.run("provision", EXAMPLE, code=2)


@pytest.mark.parametrize("content, cause, advice", [
    (None, "cannot be opened", "correct password-file in line.yaml"),
    ("", "empty", "in one line"),
    ("one\ntwo\n", "more than one line", "leave one line"),
    ("x" * 256, "too long (limit 255 bytes)", ""),
    ("secret\n", "every user of this machine can read", "chmod 600"),
], ids=["missing", "empty", "two lines", "long", "open to all"])
def test_a_password_file_that_cannot_be_used(delivered, content, cause, advice):
    """The person's input is at fault, no issuer and no server: exit code 2 whatever the verb, and no device is changed."""
    file = delivered.folder / "role.pw"
    (delivered.state / "line.yaml").write_text(f"imprint: 1\nledger:\n  server: 'host=/nowhere'\n  password-file: {file}\n  without-server: continue\n")
    if content is not None:
        file.write_text(content)
        file.chmod(0o604 if content == "secret\n" else 0o600)
    chip = delivered.chip.read_bytes()
    for words in (("provision", EXAMPLE, "--arm", "profile"), ("order", "list"), ("ledger", "sync")):
        error = delivered.json(*words, code=2).error
        assert (error["reason"], error["doing"], error["subject"]) == ("input-file", "read the password for the line's server", str(file)), error
        assert cause in error["cause"] and advice in error.get("next", ""), error
    assert delivered.chip.read_bytes() == chip


def test_no_line(delivered):
    delivered.run("provision", EXAMPLE, "--arm", "profile")
    error = delivered.json("ledger", "sync", code=2).error
    assert "belongs to no line" in error["cause"] and "docs/guide/line.md" in error["next"]
    assert delivered.json("ledger", "status").event("ledger-status")["server"] is None


def test_the_administrators_verbs(line, tmp_path):
    assert "CREATE TABLE line_entry" in run_program("line", "init", "--sql").out
    assert 'CREATE ROLE "st-09"' in run_program("line", "add-station", "st-09", "--sql").out
    for name in ("St-01", "st 01", "public", "pg_x", "1st", "x" * 64, "st'01", ""):
        run_program("line", "add-station", name, "--sql", code=2)
    run_program("line", "init", code=2)
    run_program("line", "init", "--server", line.settings() + " password=x", code=2)
    done = run_program("--json", "line", "init", "--server", line.settings())
    assert done.event("line-ready")["version"] == int(VERSION)
    taken = tmp_path / "there"
    taken.write_text("x")
    refused = run_program("line", "add-station", "st-03", "--server", line.settings(), "--password-file", taken, code=1).err
    assert f"cannot write the password file ({taken}): " in refused and "name another file" in refused
    assert taken.read_text() == "x" and line.sql("SELECT count(*) FROM line_station WHERE name = 'st-03'") == "0"
    file = tmp_path / "pw"
    done = run_program("--json", "line", "add-station", "st-02", "--server", line.settings(), "--password-file", file)
    assert done.event("line-station")["password_file"] == str(file) and file.stat().st_mode & 0o777 == 0o600
    assert len(file.read_text()) == 32 and line.sql("SELECT 1", role="st-02", password=file.read_text()) == "1"
    assert file.read_text() not in (line.folder / "log").read_text()


def test_what_the_line_has_is_what_stations_signed(first, line):
    """Signatures too: whoever owns the database can make hash, tree and root fit, and cannot sign."""
    def check(code=0):
        done = run_program("--json", "line", "verify", "--server", line.settings(), code=code)
        return done.event("line-verified"), [(item["check"], item["station"]) for item in done.objects if item["event"] == "line-check"]

    first.run("provision", EXAMPLE, "--arm", "profile")
    first.run("provision", EXAMPLE)
    assert check() == ({"event": "line-verified", "holds": True, "logs": 1, "entries": 2, "checkpoints": 2, "bad": 0, "not_signed": 0}, [])
    for forgery, found in (("UPDATE line_checkpoint SET note = replace(note, '— ', '— x') WHERE size = 2", ["checkpoint"]),
                           ("UPDATE line_entry SET body = replace(body, 'confirmed', 'provisioned') WHERE seq = 1", ["edited", "checkpoint", "tree"]),
                           ("UPDATE line_entry SET body = replace(body, 'confirmed', 'provisioned') WHERE seq = 1;"
                            "UPDATE line_entry SET leaf = sha256('\\x00'::bytea || convert_to(body, 'UTF8')) WHERE seq = 1", ["checkpoint", "tree"]),
                           ("DELETE FROM line_entry WHERE seq = 1", ["cut", "cut"]),
                           ("UPDATE line_log SET public_key = sha256('')", ["checkpoint", "checkpoint"])):
        line.sql("CREATE TABLE kept_entry AS TABLE line_entry; CREATE TABLE kept_checkpoint AS TABLE line_checkpoint; CREATE TABLE kept_log AS TABLE line_log")
        line.sql(forgery)
        assert check(1)[1] == [(one, "st-01") for one in found], forgery
        line.sql("DELETE FROM line_entry; INSERT INTO line_entry (log, seq, leaf, body, received) SELECT log, seq, leaf, body, received FROM kept_entry; DELETE FROM line_checkpoint; INSERT INTO line_checkpoint TABLE kept_checkpoint;"
                 "UPDATE line_log l SET public_key = k.public_key FROM kept_log k WHERE k.id = l.id; DROP TABLE kept_entry, kept_checkpoint, kept_log")
    assert check()[0]["holds"] is True
    # What no checkpoint covers is not called signed; and the server's tree is compared: by another it would refuse what is sent.
    line.sql("DELETE FROM line_checkpoint WHERE size = 2")
    assert check()[0]["not_signed"] == 1
    assert "not signed yet, since they are newer" in run_program("line", "verify", "--server", line.settings()).out
    line.sql("UPDATE line_log SET nodes = sha256('')")
    assert check(1)[1] == [("tree", "st-01")]
