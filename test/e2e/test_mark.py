# SPDX-License-Identifier: Apache-2.0
"""The mark in the chip: any station sees what a device is, nothing is written over, and adopt makes key records."""
import json

import pytest

from conftest import EXAMPLE, THREE_WAYS, TRUST_FLEX, Station
from host_board import FACTORY, FACTORY_BYTES, PROFILE, PROFILE_BYTES
from test_host_board import Line


def elsewhere(station, tmp_path, name="other"):
    """A station with a state folder of its own, on the same chip."""
    other = Station(tmp_path / name)
    other.state.mkdir(parents=True)
    other.chip.write_bytes(station.chip.read_bytes())
    return other


def test_info_shows_the_mark(provisioned):
    mark = provisioned.json("info").event("chip")["mark"]
    assert mark["slot"] == 8 and mark["state"] == "done" and mark["profile"] == "mbed-factory-example"
    assert [(key["key_id"], key["slot"], key["method"]) for key in mark["keys"]] == [(16, 0, "register"), (18, 2, "generate")]
    assert provisioned.record["profile"]["digest"].startswith(mark["profile_digest_start"])
    assert "mark         slot 8: done by profile mbed-factory-example\n" in provisioned.run("info").out


def test_a_blank_part_has_none(delivered):
    assert delivered.json("info").event("chip")["mark"] is None
    assert "mark  " not in delivered.run("info").out


def test_a_second_station_does_not_replace_the_key(provisioned, tmp_path):
    other = elsewhere(provisioned, tmp_path)
    before = other.chip.read_bytes()
    refused = other.json("provision", EXAMPLE, "--arm", "profile", code=4)
    assert refused.error["reason"] == "done-elsewhere" and "imprint adopt" in refused.error["next"]
    assert refused.event("state")["state"] == "done-elsewhere"
    assert other.chip.read_bytes() == before
    assert other.keys() == {}


def test_adopt_makes_records_and_writes_nothing_to_the_chip(provisioned, tmp_path):
    other = elsewhere(provisioned, tmp_path)
    before = other.chip.read_bytes()
    plan = other.json("adopt", EXAMPLE, "--dry-run").event("plan")
    assert plan["changes"] == 2 and plan["state"] == "done-elsewhere" and "stopped_after" not in plan
    assert [step["action"] for step in plan["steps"] if not step["done"] and step["persistent"]] == ["adopt-key", "adopt-key"]
    done = other.json("adopt", EXAMPLE).event("provisioned")
    assert other.chip.read_bytes() == before
    assert other.public_keys() == provisioned.public_keys()
    assert [key["proof"]["proven"] for key in other.record["keys"]] == [True, True]
    assert done["changes"] == 2
    again = other.json("provision", EXAMPLE, "--arm", "profile").event("provisioned")
    assert again["changes"] == 0 and other.chip.read_bytes() == before


def test_adopt_says_what_it_does(provisioned, tmp_path):
    """It makes no key, and says so."""
    other = elsewhere(provisioned, tmp_path)
    shown = other.run("adopt", EXAMPLE, "--dry-run").out
    assert ": 2 key records to make; nothing is written to the chip\n" in shown
    assert "  state            done-elsewhere: its key records are not here\n" in shown and "generate" not in shown
    done = other.run("adopt", EXAMPLE)
    assert done.out.startswith("adopted: ") and "2 key records made, 2 keys proven, nothing written to the chip\n" in done.out
    assert "key 16 maker: slot 0, adopted\n" in done.out and "key 18 board: slot 2, adopted\n" in done.out
    assert "/4] adopt-key 18 board, slot 2: " in done.err and "generate" not in done.err
    assert "key 18 board: slot 2, already there\n" in other.run("adopt", EXAMPLE).out


def test_adopt_of_a_device_that_is_not_done(delivered):
    before = delivered.snapshot()
    error = delivered.json("adopt", EXAMPLE, code=4).error
    assert error["reason"] == "no-mark" and "imprint provision" in error["next"] and error["doing"] == "adopt the device"
    assert "state of" not in delivered.run("adopt", EXAMPLE, code=4).err, "it is not foreign: it is blank"
    assert delivered.snapshot() == before


def test_adopt_without_a_mark_in_the_profile(provisioned, plan):
    error = provisioned.json("adopt", provisioned.write("no-mark.yaml", json.dumps(plan)), code=4).error
    assert error["reason"] == "no-mark"


def test_another_profile_is_named_and_writes_nothing(provisioned, plan, tmp_path):
    other = elsewhere(provisioned, tmp_path)
    before = other.chip.read_bytes()
    plan["name"] = "another"
    plan["chip"]["mark"] = 8
    refused = other.json("provision", other.write("another.yaml", json.dumps(plan)), "--arm", "profile", code=4)
    assert refused.error["reason"] == "other-profile" and refused.event("state")["state"] == "done-by-another-profile"
    assert other.chip.read_bytes() == before


@pytest.mark.parametrize("profile, part", [(TRUST_FLEX, "trust-and-go"), (THREE_WAYS, "trust-and-go"), (EXAMPLE, "blank")])
def test_the_maker_is_named_before_the_configuration(tmp_path, profile, part):
    """The configuration differs, too; what the device is comes first, in the plan and in the run."""
    made = {"trust-and-go": EXAMPLE, "blank": THREE_WAYS}[part]
    station, other = Station(tmp_path / "first"), None
    station.new(part)
    station.run("provision", made, "--arm", "profile")
    name = station.record["profile"]["name"]
    other = elsewhere(station, tmp_path)
    before = other.chip.read_bytes()
    for more in (("--dry-run",), ("--arm", "profile")):
        refused = other.json("provision", profile, *more, code=4)
        assert (refused.error["reason"], refused.error["subject"], refused.error["slot"]) == ("other-profile", name, 8), refused
        assert refused.event("state")["state"] == "done-by-another-profile"
    assert f"({name}, slot 8, " in other.run("provision", profile, code=4).err
    assert other.chip.read_bytes() == before


@pytest.mark.parametrize("image, profile", [(FACTORY, PROFILE), (FACTORY_BYTES, PROFILE_BYTES)], ids=["factory", "factory_bytes"])
def test_a_board_names_the_maker_too(station, image, profile):
    """It reads the name; with the second image the configuration differs, too."""
    line = Line(station)
    station.run("--device", f"virtual:{line.chip}", "provision", EXAMPLE, "--arm", "profile")
    chip = line.chip.read_bytes()
    with line.boot(image) as board:
        failed = line.provision_json(board, profile=profile, code=4)
    assert (failed.error["reason"], failed.error["subject"], failed.error["slot"]) == ("other-profile", "mbed-factory-example", 8), failed
    assert line.chip.read_bytes() == chip


@pytest.mark.parametrize("slot, reason, cause", [(9, "slot-policy", "IsSecret"), (10, "no-mark", "other data")])
def test_a_slot_that_cannot_show_the_mark(delivered, plan, slot, reason, cause):
    plan["chip"]["mark"] = slot
    path = delivered.write("plan.yaml", json.dumps(plan))
    before = delivered.snapshot()
    refused = delivered.json("provision", path, "--dry-run", code=4)
    assert (refused.error["reason"], refused.error["slot"]) == (reason, slot) and cause in refused.error["cause"], refused
    assert refused.event("state")["state"] == "foreign" and refused.error["next"]
    assert delivered.snapshot() == before


def test_a_key_replaced_behind_the_mark_is_not_adopted(provisioned, plan, tmp_path):
    """Who has the chip can put another key into the slot; the mark's hash tells."""
    thief = elsewhere(provisioned, tmp_path, "thief")
    slot = provisioned.keys()[18]["slot"]
    plan["keys"] = [{**plan["keys"][1], "slot": slot}]
    thief.run("provision", thief.write("thief.yaml", json.dumps(plan)), "--arm", "profile")
    other = elsewhere(thief, tmp_path)
    error = other.json("adopt", EXAMPLE, code=4).error
    assert error["reason"] == "foreign-key" and "mark" in error["cause"]


def test_an_imported_key_is_adopted_only_with_a_record(tmp_path):
    """Its private key may be known outside; the record names the public key."""
    station = Station(tmp_path / "first")
    station.new("blank")
    station.run("provision", THREE_WAYS, "--arm", "profile")
    other = elsewhere(station, tmp_path)
    before = other.chip.read_bytes()
    error = other.json("adopt", THREE_WAYS, code=4).error
    assert error["reason"] == "foreign-key" and "record.json" in error["next"]
    folder = other.state / "devices" / station.device.name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "record.json").write_text((station.device / "record.json").read_text())
    other.run("adopt", THREE_WAYS)
    assert other.public_keys() == station.public_keys() and other.chip.read_bytes() == before
