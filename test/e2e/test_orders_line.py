# SPDX-License-Identifier: Apache-2.0
"""An order of a line: two stations take shares of it from a PostgreSQL, and go on without it; what their roles may do there."""
import concurrent.futures
import contextlib
import json
import sqlite3

import pytest

from conftest import EXAMPLE, Station, run_program
from test_ledger import entries
from test_orders import Line
from test_station import Line as Sockets

pytest_plugins = ["postgres_server"]
PLANNERS = ["office"]


@pytest.fixture(scope="module", autouse=True)
def without_passwords(postgres):
    postgres.trust_all()


def test_two_stations_share_an_order(postgres, tmp_path):
    office = Station(tmp_path / "office")
    owner = ("--server", postgres.settings("office"))
    made = office.json("order", "new", EXAMPLE, "--quantity", 5, "--id", "WO-7", "--operator", "3", *owner).event("order")
    assert (made["order"], made["state"], made["quantity"]) == ("WO-7", "new", 5)
    first, second = Line(tmp_path / "one"), Line(tmp_path / "two")
    at = {line: ("--server", postgres.settings(role)) for line, role in ((first, "st-01"), (second, "st-02"))}
    for line in at:
        line.folder.mkdir()

    def at_home():
        order = office.json("order", "show", "WO-7", *owner).event("order")
        return [order[field] for field in ("leased", "claimed", "done", "failed")]

    # The first article, and its approval by another person.
    assert first.station.json("order", "lease", "WO-7", 3, *at[first]).event("order-lease")["amount"] == 1
    refused = second.station.json("order", "lease", "WO-7", 3, *at[second], code=6).error
    assert refused["reason"] == "order-refused" and "first article" in refused["cause"]
    first.make(1, "--order", "WO-7", "--operator", "17")
    assert at_home() == [1, 0, 0, 0], "the home has not heard of it"
    assert first.station.json("order", "sync", *at[first]).event("order-synced")["entries"] > 0
    assert first.station.json("order", "sync", *at[first]).event("order-synced")["entries"] == 0
    assert at_home() == [1, 1, 1, 0]
    assert "another person" in office.json("order", "approve", "WO-7", "--operator", "17", *owner, code=6).error["cause"]
    office.run("order", "approve", "WO-7", "--operator", "4", *owner)

    # Shares; a station makes its devices while the server is away, and no more.
    assert first.station.json("order", "lease", "WO-7", 2, *at[first]).event("order-lease")["amount"] == 2
    assert second.station.json("order", "lease", "WO-7", 9, *at[second]).event("order-lease")["amount"] == 2
    assert second.station.json("order", "lease", "WO-7", 1, *at[second], code=6).error["reason"] == "order-full"
    postgres.kill()
    away = first.station.json("order", "sync", *at[first], code=3).error
    assert away["reason"] == "server-away"
    first.make(2, "--order", "WO-7")
    second.make(3, "--order", "WO-7")
    second.make(4, "--order", "WO-7")
    full = second.make(5, "--order", "WO-7", code=6).error
    assert full["reason"] == "order-full" and "share" in full["cause"] and "order lease" in full["next"]
    assert second.station.json("order", "return", "WO-7", *at[second], code=3).error["reason"] == "server-away"
    postgres.start()
    second.station.run("order", "sync", *at[second])
    # The first gives its rest back, the second takes it; a device that the first made is counted once.
    first.station.run("order", "return", "WO-7", *at[first])
    assert at_home() == [4, 4, 4, 0]
    assert first.make(6, "--order", "WO-7", code=6).error["reason"] == "order-full"
    assert second.station.json("order", "lease", "WO-7", 9, *at[second]).event("order-lease")["amount"] == 1
    second.make(5, "--order", "WO-7")
    second.station.run("order", "sync", *at[second])
    assert at_home() == [5, 5, 5, 0]
    assert {item["state"] for item in office.json("order", "show", "WO-7", *owner).objects if item["event"] == "order-lease"} == {"open", "closed", "refused"}
    office.run("order", "close", "WO-7", "--operator", "3", *owner)
    assert second.station.json("order", "lease", "WO-7", 1, *at[second], code=6).error["reason"] == "order-refused"
    for line in at:
        line.station.run("ledger", "rebuild")
        line.station.json("ledger", "verify")
        line.station.run("order", "sync", *at[line])
        assert line.station.json("order", "sync", *at[line]).event("order-synced")["entries"] == 0
    assert office.json("order", "list", code=0).objects == [], "the line's order is not the office's own"


def test_nothing_is_done_on_the_line_without_its_entry(postgres, tmp_path):
    """A planner whose ledger takes no entry: the line's order is as it was, and the same command does it later."""
    office = Station(tmp_path / "office")
    owner = ("--server", postgres.settings("office"))
    office.run("order", "new", EXAMPLE, "--quantity", 5, "--id", "WO-16", *owner)

    def change(sql):
        with contextlib.closing(sqlite3.connect(office.state / "ledger" / "ledger.db")) as database, database:
            database.execute(sql)
    change("CREATE TRIGGER full BEFORE INSERT ON entry BEGIN SELECT RAISE(FAIL, 'full'); END")
    for words in (("new", EXAMPLE, "--quantity", 5, "--id", "WO-17"), ("close", "WO-16", "--operator", "3")):
        refused = office.json("order", *words, *owner, code={1, 5, 6}).error
        assert "note in the ledger what is done on the line" in refused["doing"], refused
    change("DROP TRIGGER full")
    assert {one["order"]: one["state"] for one in office.json("order", "list", *owner).objects if one["order"] in ("WO-16", "WO-17")} == {"WO-16": "new"}
    office.run("order", "close", "WO-16", "--operator", "3", *owner)
    assert [(one["kind"], one["operator"]) for one in entries(office)] == [("order new", None), ("order close", "3")]


def test_an_older_copy_of_a_ledger_is_refused(postgres, tmp_path):
    office, line = Station(tmp_path / "office"), Line(tmp_path / "one")
    line.folder.mkdir()
    owner, own = ("--server", postgres.settings()), ("--server", postgres.settings("st-01"))
    office.run("order", "new", EXAMPLE, "--quantity", 5, "--id", "WO-8", "--no-first-article", *owner)
    line.station.run("order", "lease", "WO-8", 3, *own)
    copy = tmp_path / "copy.db"
    line.station.run("ledger", "backup", copy)
    line.make(1, "--order", "WO-8")
    line.station.run("order", "sync", *own)
    for path in (line.station.state / "ledger").glob("ledger.db*"):
        path.unlink()
    (line.station.state / "ledger" / "ledger.db").write_bytes(copy.read_bytes())
    (line.station.state / "ledger" / "ledger.db").chmod(0o600)
    assert line.station.json("order", "sync", *own, code=6).error["reason"] == "duplicate"
    line.make(2, "--order", "WO-8")
    assert "older copy" in line.station.json("order", "sync", *own, code=6).error["cause"]


def test_a_damaged_entry_is_not_told(postgres, tmp_path):
    office, line = Station(tmp_path / "office"), Line(tmp_path / "one")
    line.folder.mkdir()
    own = ("--server", postgres.settings("st-01"))
    office.run("order", "new", EXAMPLE, "--quantity", 5, "--id", "WO-11", "--no-first-article", "--server", postgres.settings())
    line.station.run("order", "lease", "WO-11", 3, *own)
    line.make(1, "--order", "WO-11")
    with contextlib.closing(sqlite3.connect(line.station.state / "ledger" / "ledger.db")) as database, database:
        database.execute("UPDATE entry SET leaf = zeroblob(100000)")
    error = line.station.json("order", "sync", *own, code=6).error
    assert error["reason"] == "database-damaged" and "ledger verify" in error["next"]


def test_an_order_without_an_id(tmp_path):
    """Somebody has changed the station's own table."""
    office = Station(tmp_path / "office")
    office.run("order", "new", EXAMPLE, "--quantity", 5, "--id", "WO-12")
    with contextlib.closing(sqlite3.connect(office.state / "ledger" / "ledger.db")) as database, database:
        database.execute("UPDATE work_order SET id = NULL")
    assert "no order of this id" in office.json("order", "show", "WO-12", code=2).error["cause"]


# ---- rights

TABLES = ("work_order", "order_board", "lease", "unit", "board", "order_heard")
REFUSED = [*(f"SELECT * FROM {table}" for table in TABLES), *(f"DELETE FROM {table}" for table in TABLES), "UPDATE work_order SET quantity = 9", "UPDATE lease SET used = 0",
           "INSERT INTO order_board VALUES ('WO-9', 'x')", "SELECT order_apply('x', '{}')", "SELECT order_take_unit('x', 'WO-9', 'd', 'x/1', '', '')",
           "SELECT order_end_unit('x', 'WO-9', 'd', 'x/1', 'returned')", "SELECT order_end_lease('x', 'x/1')", "SELECT order_grant_planner('st-01')", "SELECT order_own_log('x')"]


def test_a_station_calls_functions_and_no_more(postgres, tmp_path):
    office = Station(tmp_path / "office")
    office.run("order", "new", EXAMPLE, "--quantity", 5, "--id", "WO-9", "--no-first-article", "--server", postgres.settings("office"))
    first, second = Line(tmp_path / "one"), Line(tmp_path / "two")
    for line, role in ((first, "st-01"), (second, "st-02")):
        line.folder.mkdir()
        line.station.run("order", "lease", "WO-9", 2, "--server", postgres.settings(role))
    for sql in REFUSED:
        assert "permission denied" in postgres.sql(sql, role="st-01"), sql
    lease = postgres.sql("SELECT id FROM lease WHERE order_id = 'WO-9' AND station IN (SELECT log FROM order_heard WHERE station = 'st-02')")
    log = lease.rsplit("/", 1)[0]

    def ask(sql):
        return postgres.sql(sql, role="st-01")
    # Another station's log, and a lease of it, whatever log is said.
    assert ask(f"SELECT outcome FROM order_heard_of('{log}')") == "other-station"
    entry = json.dumps([json.dumps({"kind": "order claim", "order": "WO-9", "device": "d", "lease": lease})])
    assert ask(f"SELECT outcome FROM order_hear('{log}', 0, '', 1, '', '{entry}')") == "other-station"
    assert ask(f"SELECT outcome, cause FROM order_hear('mine', 0, '', 1, '', '{entry}')") == "refused|no unit of the lease is left"
    end = json.dumps([json.dumps({"kind": "order return", "order": "WO-9", "lease": lease})])
    assert ask(f"SELECT outcome FROM order_hear('mine', 0, '', 1, '', '{end}')") == "ok"
    assert postgres.sql(f"SELECT state FROM lease WHERE id = '{lease}'") == "open", "a lease of another log is not ended"
    for words in (f"'{lease}', 'WO-9', '{log}'", f"'{lease}', 'WO-9', 'mine'", "'other/1', 'WO-9', 'mine'"):
        assert "another station's log" in ask(f"SELECT order_lease_units({words}, 1)"), words
    for words in ("'mine/1', 'WO-9', 'mine', 0", "'mine/1', 'WO-9', 'mine', NULL", "'mine/1', 'WO-0', 'mine', 1", "'mine/" + 200 * "1" + "', 'WO-9', 'mine', 1"):
        assert "ERROR" in ask(f"SELECT order_lease_units({words})"), words
    assert ask("SELECT amount FROM order_lease_units('mine/1', 'WO-9', 'mine', 9)") == "1", "never more than ordered"
    # A station plans nothing; who plans is no station.
    error = first.station.json("order", "close", "WO-9", "--server", postgres.settings("st-01"), code=1).error
    assert error["reason"] == "server-refused" and "add-planner" in error["next"], error
    assert "permission denied" in postgres.sql("SELECT order_heard_of('mine')", role="office")
    assert "permission denied" in postgres.sql("UPDATE lease SET used = 0", role="office")
    assert office.json("order", "show", "WO-9", "--server", postgres.settings("office")).event("order")["leased"] == 5


def test_a_station_touches_no_unit_of_another(postgres, tmp_path):
    """It takes part in the line, and says in its own log what is of another station's lease; or it has the name of another log begin with its own."""
    office = Station(tmp_path / "office")
    office.run("order", "new", EXAMPLE, "--quantity", 5, "--id", "WO-10", "--server", postgres.settings("office"))
    second = Line(tmp_path / "two")
    second.folder.mkdir()
    own = ("--server", postgres.settings("st-02"))
    second.station.run("order", "lease", "WO-10", 1, *own)
    second.make(1, "--order", "WO-10", "--operator", "17")
    second.station.run("order", "sync", *own)
    lease, device = postgres.sql("SELECT lease, device FROM unit WHERE order_id = 'WO-10'").split("|")
    log = lease.rsplit("/", 1)[0]

    def ask(sql):
        return postgres.sql(sql, role="st-01")

    def say(**entry):
        text = json.dumps([json.dumps({"order": "WO-10", "device": device, "lease": lease, **entry})])
        at = ask("SELECT heard, last FROM order_heard_of('st-01-log')").split("|")
        return ask(f"SELECT outcome, cause FROM order_hear('st-01-log', {at[0]}, '{at[1]}', {int(at[0]) + 1}, 'x', '{text}')")
    tables = "SELECT state, board FROM unit WHERE order_id = 'WO-10' UNION ALL SELECT article, article_by FROM work_order WHERE id = 'WO-10'"
    before = postgres.sql(tables)
    assert f"{device}|17" in before
    for state in ("done", "failed"):
        assert postgres.sql(f"UPDATE unit SET state = '{state}' WHERE order_id = 'WO-10'") == ""
        before = postgres.sql(tables)
        assert "refused" in say(kind="order claim", operator="4", board="B-9")
        say(kind="provision", unit="done")
        say(kind="provision", unit="failed")
        say(kind="order release")
        say(kind="order return")
        assert postgres.sql(tables) == before
    assert "not a lease" in ask(f"SELECT order_lease_units('{log}/2', 'WO-10', '{log.split('/')[0]}', 1)")
    assert "not a lease" in ask("SELECT order_lease_units('st-01-log/', 'WO-10', 'st-01-log', 1)")
    # What has no place in its log.
    for words in ("NULL, '', 9, ''", "0, NULL, 9, ''"):
        assert ask(f"SELECT outcome FROM order_hear('st-01-log', {words}, '[]')") == "told", words
    at = ask("SELECT heard, last FROM order_heard_of('st-01-log')").split("|")
    for words in ("NULL, ''", "9, NULL"):
        assert "not a part of a log" in ask(f"SELECT outcome FROM order_hear('st-01-log', {at[0]}, '{at[1]}', {words}, '[]')"), words


def test_stations_with_rights_on_tables_are_brought_to_functions(postgres, tmp_path):
    """A database of version 2, in use: its stations had rights on the tables."""
    assert postgres.sql("DROP DATABASE IF EXISTS older WITH (FORCE)", "CREATE DATABASE older", database="postgres") == ""
    texts = [one["sql"] for one in run_program("--json", "line", "init", "--sql").objects]
    (first,) = [number for number, text in enumerate(texts) if "CREATE TABLE work_order" in text]
    run_program("line", "init", "--server", postgres.settings(database="older"))
    owned = "DROP OWNED BY \"st-01\""
    functions = postgres.sql("SELECT string_agg(format('DROP FUNCTION %s CASCADE', oid::regprocedure), '; ') FROM pg_proc"
                             " WHERE proname LIKE 'order\\_%' AND pronamespace = 'public'::regnamespace", database="older")
    assert postgres.sql(functions, f"DROP TABLE {', '.join(TABLES)}", owned, *texts[first:first + 2], "UPDATE imprint_version SET version = 2 WHERE name = 'orders of a line'",
                        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(TABLES)} TO \"st-01\"", database="older") == ""
    line = Line(tmp_path / "one")
    line.folder.mkdir()
    own, owner = ("--server", postgres.settings("st-01", "older")), ("--server", postgres.settings(database="older"))
    older = line.station.json("order", "list", *own, code=6).error
    assert older["reason"] == "database-version" and "imprint line init" in older["next"]
    profile = Station(tmp_path / "office").json("order", "new", EXAMPLE, "--quantity", 1, "--local").event("order")["profile"]
    assert postgres.sql("INSERT INTO work_order VALUES ('WO-1', 1, 'mbed-factory-example', '" + profile["digest"] + "', '', 5, 2, 'open', 0, 0, 1, '2026-01-31T12:00:00.000Z', '3', '', '')",
                        "INSERT INTO lease VALUES ('old/1', 'WO-1', 'old', 2, 1, 'open')", "INSERT INTO order_heard VALUES ('old', 7, 'AB')",
                        "INSERT INTO unit VALUES ('WO-1', 'd', 'old/1', 'done', 1, '')", database="older") == ""
    assert run_program("--json", "line", "init", *owner).event("line-ready")["orders_version"] == 4
    for sql in REFUSED:
        assert "permission denied" in postgres.sql(sql, role="st-01", database="older"), sql
    assert postgres.sql("SELECT outcome, heard, last FROM order_heard_of('old')", role="st-01", database="older") == "ok|7|AB", "what was heard before is known"
    order = line.station.json("order", "show", "WO-1", *own).event("order")
    assert [order[field] for field in ("quantity", "leased", "claimed", "done", "scan_labels")] == [5, 2, 1, 1, False]
    assert line.station.json("order", "lease", "WO-1", 9, *own).event("order-lease")["amount"] == 3
    line.make(1, "--order", "WO-1")
    assert line.station.json("order", "sync", *own).event("order-synced")["entries"] > 0
    assert line.station.json("order", "show", "WO-1", *own).event("order")["done"] == 2


def test_a_station_of_an_older_version(postgres, tmp_path):
    """What the line has learned meanwhile it does not know: it leases nothing, and makes what it has. A copy has what the line's order says."""
    line = Line(tmp_path)
    own, office = (("--server", postgres.settings(role)) for role in ("st-01", "office"))
    for name, words in (("WO-14", ("--scan-labels",)), ("WO-15", ())):
        line.station.run("order", "new", EXAMPLE, "--quantity", 9, "--id", name, "--no-first-article", *words, *office)
        line.station.run("order", "lease", name, 1, *own)
        for place in (own, ("--local",)):
            assert line.station.json("order", "show", name, *place).event("order")["scan_labels"] is bool(words), place
    try:
        postgres.sql("UPDATE imprint_version SET version = version + 1 WHERE name = 'orders of a line'")
        older = line.station.json("order", "lease", "WO-15", 1, *own, code=6).error
        assert older["reason"] == "database-version" and "this program knows versions 1 to 4" in older["cause"] and older["next"]
        line.make(1, "--order", "WO-15")
    finally:
        postgres.sql("UPDATE imprint_version SET version = version - 1 WHERE name = 'orders of a line'")
    assert line.station.json("order", "lease", "WO-15", 1, *own).event("order-lease")["amount"] == 1


def test_sockets_that_end_together_renew_a_share_once(postgres, tmp_path):
    """Each finds out that little is left; the first takes more, and the others see it."""
    line = Line(tmp_path)
    postgres.join(line.station, "st-01", **{"without-server": "continue"})
    line.station.run("order", "new", EXAMPLE, "--quantity", 90, "--id", "WO-13", "--no-first-article", "--server", postgres.settings("office"))
    line.station.run("order", "lease", "WO-13", 8, "--server", postgres.settings("st-01"))
    for seed in range(101, 109):
        line.part(seed)
    for seeds in (range(101, 105), range(105, 109)):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda seed: line.make(seed, "--order", "WO-13"), seeds))
    shown = line.station.json("order", "show", "WO-13", "--server", postgres.settings("office")).event("order")
    assert (shown["leased"], shown["done"]) == (16, 8)


def test_a_share_that_comes_to_its_end_is_renewed(postgres, tmp_path):
    """By the runs themselves: early at the end of one, and at the begin where it is used up; not without a lease, and not where line.yaml says so."""
    line = Line(tmp_path)
    own = ("--server", postgres.settings("st-01"))
    postgres.join(line.station, "st-01", **{"without-server": "continue"})
    office = ("--server", postgres.settings("office"))
    line.station.run("order", "new", EXAMPLE, "--quantity", 9, "--id", "WO-12", "--no-first-article", *office)

    def leased():
        return line.station.json("order", "show", "WO-12", *office).event("order")["leased"]

    line.make(1, "--order", "WO-12", code=2)  # no share, and no word to take one
    file = tmp_path / "station.yaml"
    file.write_text(json.dumps({"imprint": 1, "name": "st-01", "profile": str(EXAMPLE), "state": str(line.station.state), "order": "WO-12", "operator": "17",
                                "irreversible": True, "sockets": [{"name": "A1", "device": f"virtual:{tmp_path}/A1"}]}))
    checked = run_program("--json", "station", file, "--check", code=6)
    assert [one["found"] for one in checked.objects if one.get("item") == "line"] == ["good"] and "order lease --state" in checked.error["next"]
    run_program(*checked.error["next"].split(": imprint ")[1].replace("AMOUNT", "4").split())  # as it is said, with a number
    line.make(1, "--order", "WO-12")
    line.make(2, "--order", "WO-12")
    assert leased() == 4
    # One of four is left: early enough. Of five that nobody has three are taken, so that the last ones stay free.
    more = line.make(3, "--order", "WO-12").event("order-lease")
    assert (more["amount"], more["state"]) == (3, "open") and leased() == 7
    # The server is away while the share comes to its end: made within it, and no more.
    postgres.kill()
    for seed in (4, 5, 6, 7):
        line.make(seed, "--order", "WO-12")
    assert line.make(8, "--order", "WO-12", code=6).error["reason"] == "order-full"
    postgres.start()
    # Looking takes nothing, and finds that there is one; so does a station's page, which looks first.
    assert line.make(8, "--order", "WO-12", "--dry-run").event("plan") and leased() == 7
    settings = (line.station.state / "line.yaml").read_text()
    (line.station.state / "line.yaml").write_text(settings + "orders:\n  leases-by-hand: true\n")
    for words in ((), ("--dry-run",)):
        full = line.make(8, "--order", "WO-12", *words, code=6)
        assert full.error["reason"] == "order-full" and "order lease" in full.error["next"]
    assert leased() == 7
    # One at the begin, of two; and at the end the last one, early.
    (line.station.state / "line.yaml").write_text(settings)
    told = line.make(8, "--order", "WO-12", json_=False)
    assert told.err.count("1 more unit of WO-12 leased from the line") == 2 and leased() == 9
    line.make(9, "--order", "WO-12")
    assert line.make(10, "--order", "WO-12", code=6).error["reason"] == "order-full"
    counts = line.station.json("order", "show", "WO-12", *office).event("order")
    assert [counts[field] for field in ("quantity", "leased", "claimed", "done")] == [9, 9, 9, 9]
    assert line.station.json("ledger", "verify").event("ledger-verified")["holds"]
    line.station.run("ledger", "rebuild")


def put_through(line, board, state):
    """A board into the socket, and out of it again when it is there: what the socket said of it."""
    line.insert(board, "A1")
    told = line.wait(event="socket", name="A1", state=state)
    line.take_out("A1", board)
    line.wait(event="socket", name="A1", state="empty")
    return told


def test_a_station_whose_line_is_away_for_a_while(postgres, tmp_path):
    """It makes boards meanwhile where line.yaml lets it, and no board where not; then nothing is lost, and nothing is twice."""
    line = Sockets(tmp_path, ("A1",))
    boards = [line.board(number) for number in range(201, 206)]
    station = Station(tmp_path)
    for without, while_away in (("continue", "pass"), ("stop", "fail")):
        postgres.join(station, "st-01", **{"without-server": without})
        line.start()
        assert put_through(line, boards[0], "pass")
        postgres.kill()
        away = put_through(line, boards[1] if without == "continue" else boards[2], while_away)
        assert while_away == "pass" or (away["reason"], away["action"]) == ("server-away", "call the lead"), away
        postgres.start()
        assert put_through(line, boards[3] if without == "continue" else boards[2], "pass")
        line.stop()
    assert station.json("ledger", "sync").event("line-sent")["waiting"] == 0
    entries_here = [one for one in line.ledger("list") if one["event"] == "ledger-entry"]
    log = line.ledger("verify")[-1]["log"]
    assert postgres.sql(f"SELECT count(*) FROM line_entry e JOIN line_log l ON l.id = e.log WHERE l.name = '{log}'") == str(len(entries_here))
    made = line.made()
    assert len([serial for serial, results in made.items() if results.count("provisioned") == 1]) == 4
