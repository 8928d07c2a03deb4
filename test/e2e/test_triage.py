# SPDX-License-Identifier: Apache-2.0
"""What the program says a device is before it does anything to it, in text and JSON, and that saying it leaves no trace."""
import json
import shutil

import pytest

from conftest import DUMPS, EVERY, EXAMPLE, EXITS, SAMPLED, THREE_WAYS, TRUST_FLEX, Station


def look(station, profile, code=0):
    """The triage of a dry run, which has written nothing."""
    before = station.snapshot()
    result = station.json("provision", profile, "--dry-run", code=code)
    assert station.snapshot() == before
    return result.event("plan" if code == 0 else "state")


def test_from_blank_to_done(delivered):
    plan = look(delivered, EXAMPLE)
    assert plan["state"] == "blank" and "stopped_after" not in plan and "stopped_in" not in plan
    assert "\n  state            blank\n" in delivered.run("provision", EXAMPLE, "--arm", "profile").err
    plan = look(delivered, EXAMPLE)
    assert plan["state"] == "done" and "stopped_after" not in plan
    assert "\n  state            done\n" in delivered.run("provision", EXAMPLE, "--dry-run").out
    assert delivered.json("provision", EXAMPLE, "--arm", "profile").event("plan")["state"] == "done"


def test_partial_names_the_step(tmp_path, plan):
    """The maker's key registered, then the power gone: by what is there, whoever looks."""
    station = Station(tmp_path)
    station.new()
    first = {**plan, "keys": plan["keys"][:1]}
    station.run("provision", station.write("first.yaml", json.dumps(first)), "--arm", "profile")
    whole = station.write("whole.yaml", json.dumps(plan))
    found = look(station, whole)
    assert found["state"] == "partial" and found["changes"] == 1
    assert (found["stopped_after"]["action"], found["stopped_after"]["key_id"]) == ("register-key", 16)
    text = station.run("provision", whole, "--dry-run").out
    assert "\n  state            partial: stopped after register-key 16 maker\n" in text


def test_every_cut_of_a_blank_part_is_named(tmp_path):
    """Power cut after each command of configuring, filling and locking: the state never goes back, and is never foreign."""
    twin = Station(tmp_path / "twin")
    twin.new("blank")
    loud = twin.run("--verbose", "provision", THREE_WAYS, "--arm", "profile").err
    total = int([line for line in loud.splitlines() if " commands (" in line][-1].split()[1])
    reached, started = [], set()
    for group in range(1, total + 1, EVERY):
        station = Station(tmp_path / f"{group}")
        station.new("blank")
        station.run("--fault", f"kill@{group}", "provision", THREE_WAYS, "--arm", "profile", code=EXITS | {-9})
        found = look(station, THREE_WAYS)
        order = [step["action"] for step in found["steps"]]
        if found["state"] == "partial":
            after, within = found.get("stopped_after"), found.get("stopped_in")
            assert after is not None or within is not None
            reached.append(found["steps"].index(after) if after is not None else -1)
            if within is not None:
                assert found["steps"].index(within) == reached[-1] + 1
                started.add((within["action"], within["key_id"]))
        else:
            reached.append({"blank": -1, "done": len(order)}[found["state"]])
        shutil.rmtree(station.folder)
    assert reached == sorted(reached) and reached[0] == -1 and len(set(reached)) > 5
    assert SAMPLED or ("generate-key", 16) in started


def test_foreign(delivered, plan):
    assert look(delivered, TRUST_FLEX, code=4)["state"] == "foreign"
    assert ", profile trust-flex-generate: foreign\n" in delivered.run("provision", TRUST_FLEX, "--arm", "profile", code=4).err
    delivered.run("provision", EXAMPLE, "--arm", "profile")
    assert look(delivered, TRUST_FLEX, code=4)["state"] == "done-by-another-profile"
    plan["keys"][0]["id"], plan["keys"][1]["id"] = 18, 16  # ids that other keys have
    found = look(delivered, delivered.write("swapped.yaml", json.dumps(plan)), code=4)
    assert found["state"] == "foreign" and found["serial"]


def test_wrong_part(station):
    station.run("virtual", "new", "--as", DUMPS / "508a-blank-1.hex")
    found = look(station, THREE_WAYS, code=4)
    assert found["state"] == "wrong-part" and found["part"] == "ATECC508A"


@pytest.mark.parametrize("profile", [EXAMPLE, TRUST_FLEX])
def test_a_device_that_does_not_answer_has_no_state(delivered, profile):
    result = delivered.json("--fault", "silent@1", "provision", profile, "--arm", "profile", code=3)
    assert [item["event"] for item in result.objects] == ["run", "error"]


def test_another_board_between_two_runs(tmp_path):
    """The first board is taken out half done and another put in: each is what it is, and both are finished."""
    station = Station(tmp_path)
    station.new(seed=1)
    first = station.chip.rename(station.folder / "first")
    station.new(seed=2)
    second = station.chip.rename(station.folder / "second")
    device = {name: ("--device", f"virtual:{path}") for name, path in (("first", first), ("second", second))}
    killed = station.run(*device["first"], "--fault", "kill@15", "provision", EXAMPLE, "--arm", "profile", code=EXITS | {-9})
    assert killed.code == -9
    for name, state in (("second", "blank"), ("first", "partial"), ("second", "done"), ("first", "done")):
        said = station.json(*device[name], "provision", EXAMPLE, "--arm", "profile")
        assert said.event("plan")["state"] == state, name
        assert [key["slot"] for key in said.event("provisioned")["keys"]] == [0, 2]
