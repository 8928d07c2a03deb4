# SPDX-License-Identifier: Apache-2.0
"""Board numbers across a line: claimed on the server before a device is changed; a second one that is found later is an alarm."""
import json
import subprocess
import time

import pytest

from conftest import EXAMPLE, PATIENCE, PROGRAM, run_program
from test_binding import DUPLICATE, ONE, TWO, Bench
from test_orders import RUN, Line


pytest_plugins = ["postgres_server"]


AS_BEFORE_MCUS = ("DROP TABLE line_attempt", "ALTER TABLE line_entry DROP COLUMN brief", "DROP FUNCTION line_brief",
                  "DROP FUNCTION line_list_alarms",
                  "DROP FUNCTION line_derive(BIGINT, BIGINT, JSON), line_derive_mcu, line_find_mcu, line_derive_attempt, line_find_attempts",
                  "CREATE FUNCTION line_derive(log_id BIGINT, nr BIGINT, entry JSON) RETURNS JSONB LANGUAGE sql SET search_path = public, pg_temp"
                  " AS $$ SELECT line_derive_keys(log_id, nr, entry) || line_derive_board(log_id, nr, entry) $$",
                  "UPDATE imprint_version SET version = 2 WHERE name = 'ledger of a line'")
AS_VERSION_1 = ("DROP TABLE line_mcu", *AS_BEFORE_MCUS, "DROP TABLE line_board", "DROP FUNCTION line_derive(BIGINT, BIGINT, JSON)", "ALTER FUNCTION line_derive_keys RENAME TO line_derive",
                "DROP FUNCTION line_board_lock, line_derive_board, line_claim_board", "UPDATE imprint_version SET version = 1 WHERE name = 'ledger of a line'")


def member(line, folder, role, **more):
    one = Line(folder / role)
    one.folder.mkdir()
    line.join(one.station, role, **more)
    return one


@pytest.fixture
def first(line, tmp_path):
    return member(line, tmp_path, "st-01")


@pytest.fixture
def second(line, tmp_path):
    return member(line, tmp_path, "st-02")


def boards(line):
    return line.sql("SELECT number, station, log IS NOT NULL FROM line_board ORDER BY number").split()


def test_a_number_is_one_devices_on_the_whole_line(line, first, second):
    first.make(1, "--board", "B-1")
    assert boards(line) == ["B-1|st-01|t"]
    for more in ((), ("--dry-run",)):
        words = ("provision", EXAMPLE, "--arm", "profile", "--board", "B-1", *more)
        error = second.station.json("--device", second.part(2), *words, code=4).error
        assert error["reason"] == "order-device" and first.serial(1) in error["cause"] and "station st-01" in error["cause"], error
        assert "imprint retire" in error["next"] and error["subject"] == "B-1"
    second.make(2, "--board", "B-2")
    assert boards(line) == ["B-1|st-01|t", "B-2|st-02|t"], "a number that was refused is not the device's"
    # Nor has a device a second number, at whatever station.
    (second.folder / "part-1").write_bytes((first.folder / "part-1").read_bytes())
    second.station.run("--device", second.part(1), "adopt", EXAMPLE)
    error = second.make(1, "--board", "B-9", code=4).error
    assert "on board B-1, according to station st-01" in error["cause"] and "--board B-1" in error["next"], error
    # Free again with the record.
    first.station.run("--device", first.part(1), "retire", first.serial(1), "--yes")
    assert boards(line) == ["B-2|st-02|t"]
    second.make(3, "--board", "B-1")
    assert line.sql("SELECT count(*) FROM line_alarm") == "0"


def test_looking_claims_nothing(line, second):
    second.station.json("--device", second.part(2), "provision", EXAMPLE, "--board", "B-5", "--dry-run")
    assert boards(line) == []


def test_a_claim_that_no_run_bears_out_is_its_stations(line, first, second):
    """A station that died after its claim may take the number for another device; no other station may."""
    assert line.sql("SELECT outcome FROM line_claim_board('B-1', 'AA', true)", role="st-01", password=line.password("st-01")) == "ok"
    assert "of device AA already, of station st-01" in second.make(2, "--board", "B-1", code=4).error["cause"]
    first.make(1, "--board", "B-1")
    assert boards(line) == ["B-1|st-01|t"]
    assert line.sql("SELECT outcome, other_station FROM line_claim_board('B-1', 'AA', true)", role="st-01", password=line.password("st-01")) == "other-device|st-01"


def test_both_at_the_same_moment(line, first, second):
    """One has it, the other is refused: whoever is first."""
    runs = [subprocess.Popen([PROGRAM, "--state", one.station.state, "--device", one.part(seed), *RUN, "--board", "B-1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for one, seed in ((first, 1), (second, 2))]
    assert sorted((run.communicate(timeout=60), run.returncode)[1] for run in runs) == [0, 4]
    assert len(boards(line)) == 1


def test_what_was_made_without_the_server_is_an_alarm_that_names_both(line, tmp_path):
    one, two = (member(line, tmp_path, role, **{"without-server": "continue"}) for role in ("st-01", "st-02"))
    line.kill()
    one.make(1, "--board", "B-1", json_=False)
    two.make(2, "--board", "B-1", json_=False)
    line.start()
    one.station.run("ledger", "sync")
    told = two.station.json("ledger", "sync", code=6)
    alarm = told.event("line-alarm")
    assert (alarm["what"], alarm["device"], alarm["station"]) == ("board number B-1", two.serial(2), "st-02")
    assert (alarm["other"], alarm["other_station"]) == (one.serial(1), "st-01")
    assert line.sql("SELECT what FROM line_alarm") == "board number B-1"
    assert two.station.json("ledger", "sync").event("line-sent")["alarms"] == 0, "told once"


def test_a_second_number_of_one_device(line, tmp_path):
    one, two = (member(line, tmp_path, role, **{"without-server": "continue"}) for role in ("st-01", "st-02"))
    one.make(1, "--board", "B-1")
    (two.folder / "part-1").write_bytes((one.folder / "part-1").read_bytes())
    two.station.run("--device", two.part(1), "adopt", EXAMPLE)
    line.kill()
    two.make(1, "--board", "B-2", json_=False)
    line.start()
    told = two.station.run("ledger", "sync", code=6)
    assert f"ALARM board number B-2: device {one.serial(1)} of station st-02" in told.out and "has another, says station st-01" in told.out
    assert boards(line) == ["B-1|st-01|t"]


def test_a_database_of_version_1_learns_the_numbers_of_its_entries(line, first, second):
    """As line init finds one: entries, and no table of boards."""
    first.make(1, "--board", "B-1")
    second.make(2, "--board", "B-2")
    second.make(3, "--board", "B-3")
    second.station.run("--device", second.part(3), "retire", second.serial(3), "--yes")
    assert line.sql(*AS_VERSION_1) == ""
    older = first.make(4, "--board", "B-4", code=6).error
    assert older["reason"] == "database-version" and "imprint line init" in older["next"]
    run_program("line", "init", "--server", line.settings())
    assert boards(line) == ["B-1|st-01|t", "B-2|st-02|t"]
    first.make(4, "--board", "B-4")
    assert "of device" in first.make(5, "--board", "B-2", code=4).error["cause"]


def rows_read(line, *tables):
    """How many rows the server has read of each without an index."""
    names = ", ".join(f"'{table}'" for table in tables)
    return {name: int(rows) for name, rows in (row.split("|") for row in line.sql(f"SELECT relname, seq_tup_read FROM pg_stat_user_tables WHERE relname IN ({names})").split())}


def version(line):
    return line.sql("SELECT version FROM imprint_version WHERE name = 'ledger of a line'")


def test_an_upgrade_that_is_killed_is_begun_again(line, first):
    """The server ends it, too, within seconds, and leaves no lock; the next one reads each entry once."""
    entry = """'{"board":"C-' || n || '","device":"' || lpad(n::text, 18, '0') || '","evidence":{"run":{"board":{"mcu":"' || n || '"}},"serial_checked":true},"result":"provisioned","time":"2026"}'"""
    first.make(1, "--board", "B-1")
    read = line.sql("SELECT pg_get_functiondef('line_read'::regproc)")
    assert line.sql(*AS_VERSION_1, f"INSERT INTO line_entry (log, seq, leaf, body) SELECT 1, n, '', {entry} FROM generate_series(100, 399) n", "INSERT INTO line_station (name) VALUES ('without-a-role')",
                    "CREATE OR REPLACE FUNCTION line_read(entry TEXT) RETURNS JSON LANGUAGE sql AS $$ SELECT '{}'::json FROM pg_sleep(60) $$") == ""
    with subprocess.Popen([PROGRAM, "line", "init", "--server", line.settings()], stderr=subprocess.PIPE) as killed:
        assert b"making version 2 of" in killed.stderr.readline()
        killed.kill()
    late = time.monotonic() + PATIENCE
    while line.sql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%line_board%' AND pid <> pg_backend_pid()") != "0":
        assert time.monotonic() < late, "the server goes on with what nobody waits for"
        time.sleep(0.1)
    assert version(line) == "1" and line.sql("SELECT to_regclass('line_board') IS NULL") == "t"
    assert line.sql(read) == ""
    done = run_program("--json", "line", "init", "--server", line.settings())
    steps = [item for item in done.objects if item["event"] == "line-upgrading"]
    assert [item["version"] for item in steps] == list(range(2, steps[0]["last"] + 1)) and version(line) == str(steps[0]["last"])
    assert line.sql("SELECT count(*) FROM line_board b JOIN line_mcu m ON m.serial = b.serial") == "300" and "B-1|st-01|t" in boards(line)
    assert all(rows < 300 * 20 for rows in rows_read(line, "line_board", "line_mcu").values()), "as many as there are entries, not their square"
    assert not [item for item in run_program("--json", "line", "init", "--server", line.settings()).objects if item["event"] == "line-upgrading"]


# What the functions of versions 1 to 6 read whole tables for.
OF_VERSION_6 = (
    """CREATE OR REPLACE FUNCTION line_derive_board(log_id BIGINT, nr BIGINT, entry JSON) RETURNS JSONB
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  device TEXT := entry ->> 'device';
  board TEXT := entry ->> 'board';
  own TEXT := (SELECT l.station FROM line_log l WHERE l.id = log_id);
  known line_board;
BEGIN
  DELETE FROM line_board b WHERE b.log IS NULL AND b.station = own
    AND ((b.number = board) <> (b.serial = device));
  SELECT * INTO known FROM line_board b WHERE b.number = board OR b.serial = device
    ORDER BY b.number = board DESC LIMIT 1;
  RETURN '[]';
END $$""",
    """CREATE OR REPLACE FUNCTION line_claim_board(board TEXT, device TEXT, take BOOLEAN)
RETURNS TABLE (outcome TEXT, other TEXT, other_station TEXT, other_number TEXT)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  DELETE FROM line_board b WHERE (b.number = board) <> (b.serial = device);
  RETURN QUERY SELECT 'slow', ''::TEXT, ''::TEXT, ''::TEXT;
END $$""",
    """CREATE OR REPLACE FUNCTION line_derive_mcu(log_id BIGINT, nr BIGINT, entry JSON) RETURNS JSONB
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  device TEXT := entry ->> 'device';
  mcu TEXT := entry #>> '{evidence,run,board,mcu}';
  known line_mcu;
BEGIN
  SELECT * INTO known FROM line_mcu m WHERE (m.number = mcu OR m.serial = device)
    AND (m.number <> mcu OR m.serial <> device) ORDER BY m.number = mcu DESC LIMIT 1;
  RETURN '[]';
END $$""",
    """CREATE OR REPLACE FUNCTION line_find_mcu(mcu TEXT, device TEXT) RETURNS TABLE (other TEXT, station TEXT, number TEXT)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT m.serial, l.station, m.number FROM line_mcu m JOIN line_log l ON l.id = m.log
    WHERE (m.number = line_find_mcu.mcu OR m.serial = line_find_mcu.device)
    AND (m.number <> line_find_mcu.mcu OR m.serial <> line_find_mcu.device)
    ORDER BY m.number = line_find_mcu.mcu DESC LIMIT 1
$$""",
    "UPDATE imprint_version SET version = 6 WHERE name = 'ledger of a line'")


def functions(line, database):
    """Each of the line's, with its text and who may call it."""
    rows = line.sql("SELECT json_object_agg(oid::regprocedure, json_build_array(pg_get_functiondef(oid), proacl::text)) FROM pg_proc"
                    " WHERE proname LIKE 'line\\_%' AND pronamespace = 'public'::regnamespace", database=database)
    return {name.split("(")[0]: found for name, found in json.loads(rows).items()}


def test_a_database_of_version_6_gets_the_functions_of_a_new_one(line):
    new, as_station = functions(line, "empty_line"), {"role": "st-01", "password": line.password("st-01")}
    claim = "SELECT outcome FROM line_claim_board('B-1', 'AA', true)"
    assert line.sql(*OF_VERSION_6) == "" and line.sql(claim, **as_station) == "slow"
    old = functions(line, "line")
    assert {name for name in new if old[name] != new[name]} == {"line_derive_board", "line_claim_board", "line_derive_mcu", "line_find_mcu"}
    run_program("line", "init", "--server", line.settings())
    assert functions(line, "line") == new
    assert line.sql(claim, **as_station) == "ok" and boards(line) == ["B-1|st-01|f"]
    assert "permission denied" in line.sql("SELECT line_derive_mcu(1, 1, '{}')", **as_station)


def test_no_run_reads_a_whole_table(line, first):
    """A line has millions of devices: whatever a run asks, an index answers."""
    fills = {"line_device (serial, log, seq)": "'D' || n, 1, n", "line_key (x, serial, log, seq)": "sha256(n::text::bytea), 'D' || n, 1, n", "line_certificate (number, serial, log, seq)": "sha256(n::text::bytea), 'D' || n, 1, n",
             "line_board (number, serial, station, log, seq)": "'N-' || n, 'D' || n, 'st-02', 1, n", "line_mcu (number, serial, log, seq)": "'M' || n, 'D' || n, 1, n",
             "line_attempt (log, seq, serial, time, result, reason, code, tries)": "1, n, 'D' || n, '2026', 'failed', 'x', 1, 3",
             "line_entry (log, seq, leaf, body)": "1, n, '', '{}'", "line_checkpoint (log, size, note)": "1, n, ''"}
    first.make(1, "--board", "B-1")
    assert line.sql(*(f"INSERT INTO {table} SELECT {values} FROM generate_series(1000, 3999) n" for table, values in fills.items()), "ANALYZE") == ""
    tables = [table.split()[0] for table in fills]
    before = rows_read(line, *tables)
    first.make(2, "--board", "B-2")
    Bench(first.station).run(3, "a", ONE)
    assert line.sql("SELECT count(*) FROM line_board WHERE number IN ('B-1', 'B-2')") == "2" and line.sql(f"SELECT count(*) FROM line_mcu WHERE number = '{ONE}'") == "1"
    after = rows_read(line, *tables)
    assert {table: after[table] - before[table] for table in tables if after[table] - before[table] > 1000} == {}


# ---- microcontrollers


def test_a_microcontroller_is_one_devices_on_the_whole_line(line, first, second):
    here, there = Bench(first.station), Bench(second.station)
    here.run(1, "a", ONE)
    one, two = here.serial(1), there.serial(2)
    for last in ((), ("--dry-run",)):
        error = there.run(2, "b", ONE, *last, code=DUPLICATE).error
        assert error["reason"] == "duplicate" and ONE in error["cause"] and two in error["cause"] and f"{one}, says station st-01" in error["cause"], error
        assert "at station st-01: imprint retire" in error["next"] and f"{one} --lost --yes" in error["next"]
    there.chip(1).write_bytes(here.chip(1).read_bytes())
    (there.folder / "a").write_bytes((here.folder / "a").read_bytes())
    error = there.run(1, "a", TWO, code=DUPLICATE).error
    assert ONE in error["cause"] and TWO in error["cause"] and one in error["cause"], error
    assert line.sql("SELECT number, serial FROM line_mcu") == f"{ONE}|{one}"
    first.station.run("retire", one, "--lost", "--yes")
    there.run(2, "b", ONE)
    assert line.sql("SELECT number, serial FROM line_mcu") == f"{ONE}|{two}" and line.sql("SELECT count(*) FROM line_alarm") == "0"


def test_a_chip_exchanged_while_the_server_was_away_is_an_alarm(line, tmp_path):
    one, two = (member(line, tmp_path, role, **{"without-server": "continue"}) for role in ("st-01", "st-02"))
    line.kill()
    Bench(one.station).run(1, "a", ONE)
    Bench(two.station).run(2, "b", ONE)
    line.start()
    one.station.run("ledger", "sync")
    alarm = two.station.json("ledger", "sync", code=6).event("line-alarm")
    assert (alarm["what"], alarm["device"], alarm["other"], alarm["other_station"]) == (f"microcontroller {ONE}", Bench(two.station).serial(2), Bench(one.station).serial(1), "st-01")


def test_a_database_of_version_2_learns_the_microcontrollers_of_its_entries(line, first, second):
    Bench(first.station).run(1, "a", ONE)
    there = Bench(second.station)
    there.run(2, "b", TWO)
    second.station.run("retire", there.serial(2), "--lost", "--yes")
    assert line.sql("DROP TABLE line_mcu", *AS_BEFORE_MCUS) == ""
    run_program("line", "init", "--server", line.settings())
    assert line.sql("SELECT number, serial FROM line_mcu") == f"{ONE}|{Bench(first.station).serial(1)}"
    assert "this board had another chip" in there.run(2, "b", ONE, code=DUPLICATE).error["cause"]


# ---- quarantine


def fail(one, seed, *more, code=1):
    """As a station's worker does it: the chip refuses the encrypted write, as of a part with another secret in slot 6."""
    profile = {"imprint": 1, "name": "faulty", "rehearsal": "allowed", "keys": [],
               "chip": {"parts": ["ATECC608B"], "configuration": "trust-flex", "write-keys": [{"slot": 6, "file": "write.hex"}]},
               "data": [{"name": "storage", "type": "aes", "id": 33, "slot": 5, "algorithm": "gcm", "file": "aes.hex"}]}
    for name, size in (("aes.hex", 16), ("write.hex", 32)):
        one.station.write(name, "5A" * size).chmod(0o600)
    path = one.folder / f"part-{seed}"
    if not path.exists():
        one.station.run("virtual", "new", "--as", "trust-flex", "--seed", seed, path)
    return one.station.json("--device", f"virtual:{path}", "provision", one.station.write("faulty.yaml", json.dumps(profile)), "--arm", "profile", *more, code=code)


def bring(one, other, seed):
    """The part is at another station."""
    (other.folder / f"part-{seed}").write_bytes((one.folder / f"part-{seed}").read_bytes())


def test_a_board_in_quarantine_is_refused_at_every_station(line, first, second):
    fail(first, 1, "--tries", "2")
    fail(first, 1, "--tries", "2")
    bring(first, second, 1)
    before = (second.folder / "part-1").read_bytes()
    for more in ((), ("--dry-run",), ("--tries", "9")):
        error = fail(second, 1, *more, code=4).error
        assert error["reason"] == "quarantined" and "it has failed 2 times, the last time at station st-01" in error["cause"], error
    assert (second.folder / "part-1").read_bytes() == before
    # A person decides where the board is; that holds where it came from, too.
    (done,) = [item for item in second.station.json("rework", first.serial(1), "--operator", "4").objects if item["event"] == "reworked"]
    assert done["failures"] == 2
    assert fail(first, 1).error["reason"] == "chip-refused"
    # Failures of several stations are added up, by their time.
    fail(first, 2)
    bring(first, second, 2)
    fail(second, 2)
    assert fail(second, 2, "--tries", "2", code=4).error["reason"] == "quarantined"
    second.station.run("scrap", first.serial(2), "--operator", "4")
    assert fail(first, 2, code=4).error["reason"] == "scrapped"
    assert "for good" in first.station.json("rework", first.serial(2), "--operator", "4", code=2).error["cause"]


def test_without_the_server_a_station_knows_its_own_failures(line, tmp_path):
    one, two = (member(line, tmp_path, role, **{"without-server": more}) for role, more in (("st-01", "stop"), ("st-02", "continue")))
    fail(one, 1, "--tries", "1")
    bring(one, two, 1)
    line.kill()
    assert fail(one, 1, code=3).error["reason"] == "server-away", "stop: nothing is done that the line was not asked about"
    assert fail(two, 1).error["reason"] == "chip-refused", "continue: as if there were no other station"
    assert one.station.json("rework", one.serial(1), "--operator", "4").objects[0]["event"] == "reworked", "a decision waits in the outbox"
    line.start()
    one.station.run("ledger", "sync")
    # What no station could read as a time, a hostile one may send: it is not among the device's attempts.
    assert line.sql("SELECT line_derive_attempt(1, 99, json_build_object('device', 'x', 'result', 'reworked', 'time', repeat('9', 25)))") == "[]"
    assert line.sql("SELECT result, tries FROM line_attempt ORDER BY time").split() == ["failed|1", "reworked|0"]


def test_a_database_of_version_5_learns_the_attempts_of_its_entries(line, first, second):
    fail(first, 1, "--tries", "1")
    assert line.sql("DROP TABLE line_attempt", "DROP FUNCTION line_derive_attempt, line_find_attempts",
                    "UPDATE imprint_version SET version = 5 WHERE name = 'ledger of a line'") == ""
    run_program("line", "init", "--server", line.settings())
    bring(first, second, 1)
    assert fail(second, 1, code=4).error["reason"] == "quarantined"
