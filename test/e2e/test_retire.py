# SPDX-License-Identifier: Apache-2.0
"""Keys that a record names are kept; imprint retire is the way to give them up, whenever it is interrupted."""
import contextlib
import json
import shutil
import sqlite3

import pytest

from conftest import EVERY, EXAMPLE, EXITS, SAMPLED, TRUST_FLEX, Station, run_program
from test_host_board import Line
from test_ledger import entries

RETIRED = "record-retired-*.json"
ANY_ECDSA = "type: ecc-key-pair(secp-r1), bits: 256, algorithm: ecdsa(any-hash), usage: [sign-hash]"


def unmarked(station, name="unmarked.yaml"):
    """The example without chip.mark: the chip itself does not say what it is."""
    text = "".join(line for line in EXAMPLE.read_text().splitlines(True) if not line.startswith("  mark:"))
    return station.write(name, text)


def other_key(station, slot, replace="unclaimed"):
    return station.write("other.yaml", f"""{{imprint: 1, name: other, rehearsal: allowed, chip: {{parts: [ATECC608B],
        configuration: as-delivered}}, keys: [{{name: taken, id: 50, method: generate, slot: {slot}, {ANY_ECDSA}, replace: {replace}}}]}}""")


def point_in(station, slot):
    """The public key of the slot, read by a station that knows nothing."""
    twin = Station(station.folder / "twin")
    (item,) = [item for item in twin.json("--device", f"virtual:{station.chip}", "info").event("chip")["slots"] if item["slot"] == slot]
    return item.get("public_key")


# --- a key that a record names --------------------------------------------------------------------------------------------


def test_the_plan_says_which_key_is_lost(delivered):
    import hashlib
    plan = delivered.json("provision", EXAMPLE, "--dry-run").event("plan")
    (step,) = [step for step in plan["steps"] if step["action"] == "generate-key"]
    maker = delivered.write("maker.yaml", f"""{{imprint: 1, name: maker, rehearsal: allowed, chip: {{parts: [ATECC608B],
        configuration: as-delivered}}, keys: [{{name: maker, id: 60, method: register, slot: {step["slot"]}, {ANY_ECDSA}}}]}}""")
    twin = Station(delivered.folder / "twin")
    chip = shutil.copy(delivered.chip, delivered.folder / "copy.virtual")
    twin.run("--device", f"virtual:{chip}", "provision", maker)
    point = twin.json("--device", f"virtual:{chip}", "public-key", 60).event("public-key")["public_key"]
    start = hashlib.sha256(bytes.fromhex(point)).hexdigest()[:16].upper()
    assert step["forever"] and step["lost_key"] == start and start in step["consequence"]
    assert f"to do, for ever  generate-key 18 board, slot 2: the key in slot 2 is lost (SHA-256 of its public key begins {start})" in \
        delivered.run("provision", EXAMPLE, "--dry-run").out


def test_replacing_wants_a_word(delivered):
    before = delivered.snapshot()
    refused = delivered.json("provision", EXAMPLE, code=1)
    assert refused.error["reason"] == "not-armed" and delivered.snapshot() == before
    done = delivered.json("provision", EXAMPLE, "--arm", "profile")
    assert done.event("lock")["lost_key"] and done.event("provisioned")["changes"] == 4
    assert delivered.json("provision", EXAMPLE).event("provisioned")["changes"] == 0, "what is done needs no word"


@pytest.mark.parametrize("armed", ["profile", "serial"])
def test_a_recorded_key_is_not_replaced_by_another_profile(provisioned, armed):
    """The key records are gone, so nothing claims the key; the device's record still names it."""
    serial, slot = provisioned.record["serial"], provisioned.keys()[18]["slot"]
    provisioned.run("erase", "--yes")
    before, chip = provisioned.snapshot(), provisioned.chip.read_bytes()
    refused = provisioned.json("provision", other_key(provisioned, slot), "--arm", "profile" if armed == "profile" else serial, code=4)
    assert refused.error["reason"] == "key-recorded" and refused.error["slot"] == slot and refused.error["key_id"] == 18
    assert "imprint retire" in refused.error["next"] and serial in refused.error["next"]
    assert refused.event("state")["state"] == "foreign"
    (provisioned.folder / "other.yaml").unlink()
    assert provisioned.snapshot() == before and provisioned.chip.read_bytes() == chip


def test_a_recorded_key_is_not_made_again_elsewhere(station):
    """Without a mark and without key records, the generate step would find an empty slot: the key in use would be left behind."""
    station.new()
    profile = unmarked(station)
    station.run("provision", profile, "--arm", "profile")
    point = station.public_keys()[18]
    shutil.rmtree(station.psa)
    chip = station.chip.read_bytes()
    assert station.json("provision", profile, "--dry-run", code=4).error["reason"] == "key-recorded"
    refused = station.json("provision", profile, "--arm", "profile", code=4)
    assert refused.error["reason"] == "key-recorded" and station.chip.read_bytes() == chip
    assert station.record["keys"][1]["public_key"] == point
    run_program(*refused.error["next"].split("imprint ")[-1].split(), "--yes")
    station.run("provision", profile, "--arm", "profile")
    assert station.public_keys()[18] != point


def test_a_damaged_record_may_name_any_key(delivered):
    serial = delivered.json("info").event("chip")["serial"]
    record = delivered.state / "devices" / serial / "record.json"
    record.parent.mkdir(parents=True)
    record.write_text("{")
    before = delivered.snapshot()
    refused = delivered.json("provision", EXAMPLE, "--arm", "profile", code=4)
    assert refused.error["reason"] == "key-recorded" and refused.error["subject"] == str(record)
    assert delivered.snapshot() == before
    delivered.run("retire", serial, "--yes")
    delivered.run("provision", EXAMPLE, "--arm", "profile")


def test_no_lock_falls_on_a_foreign_key(station):
    """The key was changed behind the record's back: that is found before anything is locked."""
    station.new("trust-flex")
    loose = station.write("loose.yaml", "".join(line for line in TRUST_FLEX.read_text().splitlines(True) if "lock-slot" not in line))
    station.run("provision", loose, "--arm", "profile")
    slot = station.keys()[17]["slot"]
    other = Station(station.folder / "other")
    other.run("--device", f"virtual:{station.chip}", "provision", other_key(other, slot), "--arm", "profile")
    chip = station.chip.read_bytes()
    strict = station.write("strict.yaml", "".join(line for line in TRUST_FLEX.read_text().splitlines(True) if not line.startswith("  mark:")))
    refused = station.json("provision", strict, "--arm", "profile", code=4)
    assert refused.error["reason"] in ("foreign-key", "other-profile"), refused
    assert not [item for item in station.slots() if item["slot"] == slot and item["locked"]]
    assert station.chip.read_bytes() == chip


def line_with_a_record(station, change):
    """A board that is as delivered, and a record of its device by another run, as far as `change` leaves it."""
    line = Line(station)
    twin = Station(station.folder / "twin")
    chip = shutil.copy(line.chip, station.folder / "copy.virtual")
    maker = twin.write("maker.yaml", f"""{{imprint: 1, name: maker, rehearsal: allowed, chip: {{parts: [ATECC608B],
        configuration: as-delivered}}, keys: [{{name: maker, id: 60, method: register, slot: 2, {ANY_ECDSA}}}]}}""")
    twin.run("--device", f"virtual:{chip}", "provision", maker)
    record = station.state / "devices" / line.serial / "record.json"
    record.parent.mkdir(parents=True)
    record.write_text(change(twin.record))
    return line, record


@pytest.mark.parametrize("change, slot", [
    (json.dumps, 2),
    (lambda record: json.dumps({**record, "keys": [{**record["keys"][0], "key_id": 18, "slot": 5, "public_key": "04" + "11" * 64}]}), None),
    (lambda record: json.dumps(record)[:-20], None)], ids=["the lost key", "the key id", "damaged"])
def test_a_board_loses_no_recorded_key(station, change, slot):
    """The station refuses before the board is armed: its plan names the key that would be lost."""
    line, record = line_with_a_record(station, change)
    with line.boot() as board:
        before = station.snapshot()
        for more in ([], ["--dry-run"]):
            refused = line.provision_json(board, *more, code=4)
            assert refused.error["reason"] == "key-recorded" and refused.error["serial"] == line.serial
            assert refused.error.get("slot") == slot and refused.event("state")["state"] == "foreign"
        assert station.snapshot() == before and "@started" not in board.heard.decode()
    station.run("retire", line.serial, "--lost", "--yes")
    with line.boot() as board:
        assert line.provision_json(board).event("provisioned")["changes"] == 4
    assert not record.with_name("record.json.damaged").exists()


# --- retire -----------------------------------------------------------------------------------------------------------------


def test_it_lists_and_wants_yes(provisioned):
    serial, before = provisioned.record["serial"], provisioned.snapshot()
    said = provisioned.run("retire", serial, code=2)
    for text in ("key 16 maker, slot 0", "key 18 board, slot 2", "2 key records here", "the mark in slot 8", "record.json", "--yes"):
        assert text in said.err, said
    listed = provisioned.json("retire", serial, code=2).event("retire")
    assert [(key["key_id"], key["slot"], key["name"]) for key in listed["keys"]] == [(16, 0, "maker"), (18, 2, "board")]
    assert [key["public_key"] for key in listed["keys"]] == [key["public_key"] for key in provisioned.record["keys"]]
    assert listed["mark"] == {"slot": 8, "state": "done", "profile": "mbed-factory-example"} and listed["record"] is True
    assert provisioned.snapshot() == before


def test_a_retired_device_can_be_provisioned_anew(provisioned):
    serial, record, point = provisioned.record["serial"], provisioned.record, provisioned.public_keys()[18]
    done = provisioned.json("retire", serial, "--yes", "--operator", "Jo")
    retired = done.event("retired")
    assert retired["key_records"] == 2 and retired["mark"]["state"] == "done"
    (aside,) = provisioned.device.glob(RETIRED)
    assert json.loads(aside.read_text()) == record and aside.name == retired["record"] and not (provisioned.device / "record.json").exists()
    run_program("verify-record", aside)
    assert provisioned.keys() == {} and provisioned.json("info").event("chip")["mark"] is None

    line = provisioned.history[-1]
    assert line["result"] == "retired" and line["run"]["verb"] == "retire" and line["run"]["operator"] == "Jo" and line["serial_checked"]
    assert {**line, "event": "run"} == done.event("run")
    assert "the run succeeded" in run_program("verify-record", provisioned.device / "history.jsonl").out

    plan = provisioned.json("provision", EXAMPLE, "--dry-run").event("plan")
    assert plan["state"] == "blank" and [step["slot"] for step in plan["steps"] if step.get("lost_key")] == [2]
    assert provisioned.json("provision", EXAMPLE, code=1).error["reason"] == "not-armed"
    provisioned.run("provision", EXAMPLE, "--arm", "profile")
    assert provisioned.public_keys()[18] != point
    provisioned.run("retire", serial, "--yes")
    assert len(list(provisioned.device.glob(RETIRED))) == 2, "no record is lost"


def test_the_entry_is_made_up_for(provisioned):
    """The device was given up, and the ledger took no entry, or the run was killed before it: the same again makes it."""
    serial, ledger = provisioned.record["serial"], provisioned.state / "ledger" / "ledger.db"
    with contextlib.closing(sqlite3.connect(ledger)) as database, database:
        database.execute("CREATE TRIGGER full BEFORE INSERT ON entry BEGIN SELECT RAISE(FAIL, 'full'); END")
    provisioned.run("retire", serial, "--yes", code={1, 5, 6})
    assert provisioned.keys() == {} and list(provisioned.device.glob(RETIRED))
    with contextlib.closing(sqlite3.connect(ledger)) as database, database:
        database.execute("DROP TRIGGER full")
    assert provisioned.json("retire", serial, code=2).event("retire")["made"] is True
    assert "made" in provisioned.run("retire", serial, code=2).err
    assert provisioned.json("retire", serial, "--yes").event("retired")["made"] is True
    assert [one["result"] for one in entries(provisioned)] == ["provisioned", "retired"]
    assert provisioned.run("retire", serial, "--yes").out.startswith("nothing to give up") and len(entries(provisioned)) == 2


def test_nothing_to_give_up(delivered):
    serial, before = delivered.json("info").event("chip")["serial"], delivered.snapshot()
    assert delivered.run("retire", serial, "--yes").out.startswith("nothing to give up")
    assert delivered.json("retire", serial).event("retired")["keys"] == []
    assert delivered.snapshot() == before and not list(delivered.state.rglob("history.jsonl"))


@pytest.mark.parametrize("serial", ["", "0123", "01230015D65559270", "01230015D655592701AA", "zz230015D655592701", "profile"])
def test_a_serial_number_that_is_none(provisioned, serial):
    before = provisioned.snapshot()
    refused = provisioned.json("retire", serial, "--yes", code=2).error
    assert refused["reason"] == "usage" and refused["subject"] == serial
    assert provisioned.snapshot() == before


def test_another_device_is_left_alone(provisioned):
    before = provisioned.snapshot()
    refused = provisioned.json("retire", "0123FFFFFFFFFFFFEE", "--yes", code=4).error
    assert refused["reason"] == "wrong-part" and refused["serial"] == provisioned.record["serial"]
    assert "--lost" in refused["next"]
    assert provisioned.snapshot() == before


def test_a_lost_device(provisioned):
    """Its record is given up without it. Where it turns up again, its mark still says that it was done."""
    serial = provisioned.record["serial"]
    gone = provisioned.chip.rename(provisioned.folder / "gone.virtual")
    said = provisioned.json("retire", serial, "--lost", "--yes")
    assert said.event("retired")["mark"] is None and said.event("retired")["key_records"] == 2
    assert list(provisioned.device.glob(RETIRED)) and provisioned.history[-1]["serial_checked"] is False
    assert not provisioned.chip.exists()
    gone.rename(provisioned.chip)
    assert provisioned.json("provision", EXAMPLE, "--arm", "profile", code=4).error["reason"] == "done-elsewhere"
    provisioned.run("retire", serial, "--yes")
    assert provisioned.json("info").event("chip")["mark"] is None


def test_damaged_key_records_are_no_obstacle(provisioned):
    serial = provisioned.record["serial"]
    for path in provisioned.psa.glob("*.record"):
        path.write_bytes(b"rubbish")
    provisioned.run("retire", serial, "--yes")
    assert provisioned.keys() == {} and provisioned.json("info").event("chip")["mark"] is None


@pytest.mark.parametrize("kind", ["kill@{}", "cut@{}.before", "cut@{}.after", "tear@{}.0", "tear@{}.3", "tear@{}.14"])
def test_cut_anywhere(tmp_path, kind):
    """After a cut at each command, the same command ends as an unbroken run; and until then no key is replaced."""
    source = Station(tmp_path / "source")
    source.new()
    source.run("provision", EXAMPLE, "--arm", "profile")
    serial, states = source.record["serial"], set()
    for group in range(1, 60, EVERY):
        station = Station(tmp_path / str(group))
        shutil.copytree(source.state, station.state)
        first = station.run("--fault", kind.format(group), "retire", serial, "--yes", code=EXITS | {-9})
        if first.code == 0:
            break
        mark = station.json("info").event("chip")["mark"]
        states.add(mark and mark["state"])
        assert (station.device / "record.json").exists(), "the record protects the keys to the end"
        replaced = station.json("provision", other_key(station, 2), "--arm", "profile", code=4)
        assert replaced.error["reason"] in ("slot-claimed", "key-recorded"), replaced
        station.run("retire", serial, "--yes")
        assert station.keys() == {} and station.json("info").event("chip")["mark"] is None
        assert len(list(station.device.glob(RETIRED))) == 1 and not (station.device / "record.json").exists()
        station.run("provision", EXAMPLE, "--arm", "profile")
        shutil.rmtree(station.folder)
    assert 3 < group < 59 and "done" in states
    if not SAMPLED and kind in ("kill@{}", "cut@{}.after"):
        assert {"damaged", None} <= states, states
