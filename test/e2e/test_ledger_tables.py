# SPDX-License-Identifier: Apache-2.0
"""The tables that are derived from the entries: verify --tables names each row that was changed, and rebuild mends it."""
import contextlib
import sqlite3

import pytest

from conftest import EXAMPLE
from test_ledger import change, verified

KEY = "x'" + "00" * 32 + "'"
# What somebody does to the tables, and what is said of it.
CHANGES = {
    "an attempt that leads round": ("UPDATE attempt SET before = 2 WHERE before IS NOT NULL", "attempt "),
    "a device that was never made": ("UPDATE device SET made = NULL", "device "),
    "a device less": ("DELETE FROM device", "is not in its table"),
    "a device's number as bytes": ("UPDATE device SET serial = CAST(serial AS BLOB)", "device "),
    "a key less, so that another device may have it": ("DELETE FROM device_key WHERE x = (SELECT min(x) FROM device_key)", "key X'"),
    "a key of another device": ("UPDATE device_key SET serial = '010203040506070809'", "'010203040506070809'"),
    "a key that no entry has": (f"INSERT INTO device_key VALUES ({KEY}, 'x')", "and in no entry"),
    "a certificate that no entry has": ("INSERT INTO certificate VALUES (x'01', 'x')", "certificate X'01'"),
    "a microcontroller that no entry has": ("INSERT INTO mcu VALUES ('m', 'x')", "microcontroller 'm'"),
    "a board less": ("DELETE FROM board", "board 'B-1' is not"),
    "an order for more": ("UPDATE work_order SET quantity = 300", "quantity 300"),
    "a listed board less": ("DELETE FROM order_board WHERE board = 'B-2'", "board of an order 'WO-1' 'B-2'"),
    "a unit that is counted no more": ("UPDATE unit SET is_held = 0", "held 0"),
    "a board's number with more after a NUL": ("UPDATE board SET number = number || char(0) || 'x'", "board 'B-1' is not in its table"),
    "a device's number with a NUL": ("UPDATE device SET serial = serial || char(0)", "is not in its table"),
    "a maker of an order with a NUL": ("UPDATE work_order SET made_by = made_by || char(0)", "by '3' x3300"),
    "a lease that nobody asked for": ("INSERT INTO lease VALUES ('l', 'WO-1', 's', 5, 0, 'open')", "lease 'l'"),
}


@pytest.fixture(name="worked")
def worked_fixture(delivered):
    """A station with an order, a device that is confirmed, retired and made again, and a refusal."""
    boards = delivered.write("boards.txt", "B-1\nB-2\n")
    delivered.run("order", "new", EXAMPLE, "--id", "WO-1", "--boards", boards, "--operator", "3")
    make = ("provision", EXAMPLE, "--order", "WO-1", "--board", "B-1", "--operator", "17", "--arm", "profile")
    delivered.run(*make)
    delivered.run(*make)
    delivered.run("order", "approve", "WO-1", "--operator", "4")
    return delivered


def tables(station, code=0):
    result = station.json("ledger", "verify", "--tables", code=code)
    return result, [item for item in result.objects if item["event"] == "ledger-check"]


def test_each_changed_table_is_named_and_made_again(worked):
    result, found = tables(worked)
    assert found == [] and result.event("ledger-verified")["tables"]["differ"] == 0 and result.event("ledger-verified")["tables"]["rows"] > 10
    path = worked.state / "ledger" / "ledger.db"
    for name, (sql, said) in CHANGES.items():
        change(path, sql)
        assert verified(worked)[0]["tables"] is None, "the entries hold, and the tables are not looked at"
        result, found = tables(worked, code=1)
        assert {item["check"] for item in found} == {"table"} and said in found[0]["text"], (name, found)
        assert result.event("ledger-verified")["tables"]["differ"] == len(found) and "ledger rebuild" in result.error["next"], name
        worked.run("ledger", "rebuild")
    assert tables(worked)[1] == []
    assert "no difference" in worked.run("ledger", "verify", "--tables").out and "--tables" in worked.run("ledger", "verify").out


def test_what_was_given_up_is_derived_as_it_was(worked):
    serial = worked.record["serial"]
    worked.run("retire", serial, "--yes")
    worked.run("order", "release", "WO-1", serial, "--operator", "4")
    worked.run("order", "close", "WO-1", "--operator", "4")
    assert tables(worked)[1] == []


def test_a_trigger_is_found_without_being_asked_for(provisioned):
    path = provisioned.state / "ledger" / "ledger.db"
    for sql, undo, said in (("CREATE TRIGGER x AFTER INSERT ON entry BEGIN DELETE FROM device_key; END", "DROP TRIGGER x", "trigger x of entry was not made by imprint"),
                            ("CREATE TRIGGER sqlite1STAT1 AFTER INSERT ON entry BEGIN DELETE FROM device_key; END", "DROP TRIGGER sqlite1STAT1",
                             "trigger sqlite1STAT1 of entry was not made by imprint"),
                            ("CREATE VIEW sqlite1stat4 AS SELECT 1", "DROP VIEW sqlite1stat4", "view sqlite1stat4 of sqlite1stat4 was not made by imprint"),
                            ("DROP INDEX unit_device", "CREATE INDEX unit_device ON unit (device)", "index unit_device of unit is missing")):
        change(path, sql)
        result = provisioned.json("ledger", "verify", code=1)
        assert [(item["check"], item["text"]) for item in result.objects if item["event"] == "ledger-check"] == [("schema", said)]
        change(path, undo)
        assert verified(provisioned)[1] == []
    change(path, "ANALYZE")
    assert verified(provisioned)[1] == []


def test_a_rule_that_was_taken_out_of_a_table_is_found(provisioned):
    """The names are the same, and the SQL is not."""
    path = provisioned.state / "ledger" / "ledger.db"
    for table, there, instead in (("device", "serial TEXT", "serial TEXT COLLATE NOCASE"),
                                  ("work_order", " CHECK (quantity > 0)", ""),
                                  ("order_board", " REFERENCES work_order (id)", ""),
                                  ("board", "device TEXT", "device text")):
        with contextlib.closing(sqlite3.connect(path)) as database:
            kept = database.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (table,)).fetchone()[0]
        assert there in kept, table
        for sql, found in ((kept.replace(there, instead, 1), [("schema", f"table {table} of {table} is not as imprint makes it")]), (kept, [])):
            with contextlib.closing(sqlite3.connect(path)) as database, database:
                database.execute("PRAGMA writable_schema = ON")
                database.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ?", (sql, table))
            result = provisioned.json("ledger", "verify", code=1 if found else 0)
            assert [(item["check"], item["text"]) for item in result.objects if item["event"] == "ledger-check"] == found


def test_a_table_that_was_dropped_is_named(worked):
    """No defect of imprint's: the ledger is damaged, and its folder is kept. A trigger would be at work in a rebuild, too."""
    path = worked.state / "ledger" / "ledger.db"
    kept = path.read_bytes()
    for sql, fault, verbs in (("DROP TABLE device", "table device of device is missing", ("verify --tables", "rebuild", f"show {worked.record['serial']}")),
                              ("DROP TABLE unit", "table unit of unit is missing", ("verify --tables", "rebuild")),
                              ("ALTER TABLE work_order DROP COLUMN made_by", "table work_order of work_order is not as imprint makes it", ("verify --tables", "rebuild")),
                              ("CREATE TRIGGER x AFTER INSERT ON device BEGIN DELETE FROM device_key; END", "trigger x of device was not made by imprint", ("rebuild",)),
                              ("DROP TABLE stamp", "table stamp of stamp is missing", ("verify", "verify --tables", "rebuild")),
                              ("DROP TABLE entry", "table entry of entry is missing", ("verify", "verify --tables", "rebuild")),
                              ("DROP TABLE log", "table log of log is missing", ("verify", "verify --tables", "rebuild", "list"))):
        change(path, sql)
        for verb in verbs:
            error = worked.json("ledger", *verb.split(), code=6).error
            assert (error["reason"], error["cause"], error["subject"]) == ("database-damaged", fault, str(path)), (verb, error)
            assert "A damaged ledger" in error["next"]
        path.write_bytes(kept)
    found = worked.json("ledger", "verify")
    assert found.event("ledger-verified")["bad"] == 0


def test_an_entry_that_contradicts_is_named(worked):
    """The text of an entry is the attacker's: an order for one device less than were made."""
    change(worked.state / "ledger" / "ledger.db", "UPDATE entry SET body = replace(body, '\"B-1\",', '') WHERE seq = 0")
    change(worked.state / "ledger" / "ledger.db", "UPDATE entry SET body = replace(body, 'order new', 'order old') WHERE body LIKE '%order new%'")
    result, found = tables(worked, code=1)
    contradictions = [item for item in found if "contradicts" in item["text"]]
    assert contradictions and all("seq" in item for item in contradictions) and "edited" in {item["check"] for item in found}
    assert "find out who changed it" in result.error["next"]


def test_a_small_ledger_needs_no_temporary_file(provisioned):
    """Nothing is in files while it fits into memory."""
    nowhere = {"SQLITE_TMPDIR": "/nothing", "TMPDIR": "/nothing"}
    assert "no difference" in provisioned.run("ledger", "verify", "--tables", env=nowhere).out
