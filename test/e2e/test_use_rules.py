# SPDX-License-Identifier: Apache-2.0
"""What the chip tests at each use of a key (latch, authorisation, count of uses): known before anything is written."""
import json
import shutil

import pytest

from conftest import ANY_ECDSA, DUMPS, TRUST_FLEX

SLOT_CONFIG, SECURE_BOOT, KEY_CONFIG = 20, 70, 96


def config_of(name):
    """The bytes of a dump of a real part."""
    lines = (DUMPS / f"{name}.hex").read_text().splitlines()
    return bytearray.fromhex(" ".join(line for line in lines if not line.startswith("#")))


def new_part(station, config):
    """A virtual part with this config zone; its maker's keys are in the private slots where data is locked."""
    path = station.write("part.hex", bytes(config).hex())
    station.run("virtual", "new", "--as", path, "--seed", 3)
    return path


def with_latch(slot):
    """TrustFLEX as Microchip offers it: secure boot sets the latch (07 F7), and the key of `slot` needs it."""
    config = config_of("608b-tflxtls")
    config[SECURE_BOOT:SECURE_BOOT + 2] = bytes.fromhex("07f7")
    config[KEY_CONFIG + 2 * slot + 1] |= 0x10
    return config


def test_trust_flex_with_latch_loses_nothing(station):
    """The profile registers slot 0, which needs the latch, and would replace the key of slot 2 and lock it for ever."""
    new_part(station, with_latch(0))
    before = station.chip.read_bytes()
    failed = station.json("provision", TRUST_FLEX, "--arm", "profile", code=4)
    assert failed.error["reason"] == "slot-policy" and failed.error["slot"] == 0
    assert "PersistentDisable" in failed.error["cause"] and "latch is not set" in failed.error["cause"]
    assert station.chip.read_bytes() == before


@pytest.mark.parametrize("slot", [0, 1, 2, 3, 4])
def test_no_latched_slot_is_called_able_to_sign(station, slot, plan):
    """Any slot with a private key; generating there is refused as well, though GenKey alone would work."""
    path = new_part(station, with_latch(slot))
    for shown in (station.slots(), station.json("explain", path).event("chip")["slots"]):
        assert not {"sign", "attest", "ecdh"} & set(shown[slot]["can"])
        assert "give-public" in shown[slot]["can"]
        assert shown[slot]["bits"]["PersistentDisable"] == 1
    plan["keys"] = [{"name": "app", "id": 17, "method": "generate", "slot": slot, **ANY_ECDSA, "replace": "unclaimed"}]
    before = station.chip.read_bytes()
    failed = station.json("provision", station.write("plan.yaml", json.dumps(plan)), "--arm", "profile", code=4)
    assert failed.error["reason"] == "slot-policy" and failed.error["slot"] == slot
    assert station.chip.read_bytes() == before


def test_a_key_without_a_slot_gets_one_that_works(station, plan):
    """Slot 2 is the first that fits but for its latch; slot 3 is taken."""
    new_part(station, with_latch(2))
    plan["keys"] = [{"name": "app", "id": 17, "method": "generate", **ANY_ECDSA, "replace": "unclaimed"}]
    done = station.json("provision", station.write("plan.yaml", json.dumps(plan)), "--arm", "profile").event("provisioned")
    assert done["keys"][0]["slot"] == 3 and done["keys"][0]["proven"]


@pytest.mark.parametrize("method", ["register", "generate"])
def test_authorised_keys_are_refused(station, plan, method):
    """ReqAuth: each use needs another key to be authorised, which nothing here does."""
    config = config_of("608b-tflxtls")
    config[KEY_CONFIG + 4] |= 0x80
    new_part(station, config)
    key = {"name": "app", "id": 17, "method": method, "slot": 2, **ANY_ECDSA}
    if method == "generate":
        key["replace"] = "unclaimed"
    plan["keys"] = [key]
    before = station.chip.read_bytes()
    failed = station.json("provision", station.write("plan.yaml", json.dumps(plan)), "--arm", "profile", code=4)
    assert failed.error["reason"] == "slot-policy" and "ReqAuth" in failed.error["cause"]
    assert station.chip.read_bytes() == before


# --- keys that count their uses (LimitedUse) ---------------------------------------------------------------------------

LIMITED, COUNT_MATCH, COUNTER0, LAST_KEY_USE = 0x20, 18, 52, 68


def limited_608(slot=2):
    """A TrustFLEX part whose slot counts its uses, at most as often as slot 8 says (CountMatch)."""
    config = config_of("608b-tflxtls")
    config[SLOT_CONFIG + 2 * slot] |= LIMITED
    return config


def limited_508():
    """An ATECC508A whose slot 15 holds a private key with 3 uses left of its own 128."""
    config = config_of("508a-nitrokey-u2f")
    config[SLOT_CONFIG + 30] |= LIMITED
    config[LAST_KEY_USE:LAST_KEY_USE + 16] = bytes([0] * 15 + [0b00000111])
    return config


PARTS = {"608": (limited_608, 2, 2097151), "508A": (limited_508, 15, 3)}


@pytest.fixture(params=PARTS)
def limited(request, station, plan):
    """A new part of that kind, the slot, its uses, and a profile that registers the key there."""
    make, slot, uses = PARTS[request.param]
    new_part(station, make())
    plan["chip"]["parts"] = ["ATECC508A", "ATECC608A", "ATECC608B"]
    plan["keys"] = [{"name": "counted", "id": 17, "method": "register", "slot": slot, **ANY_ECDSA}]
    return station, slot, uses, station.write("plan.yaml", json.dumps(plan))


def uses_left(station, slot):
    return station.slots()[slot]["uses_left"]


def test_uses_left_are_shown(limited):
    station, slot, uses, profile = limited
    assert [item["slot"] for item in station.slots() if item["slot"] == slot and item["uses_left"] == uses]
    assert f"; uses left: {uses}\n" in station.run("info").out
    proof = station.json("provision", profile, "--dry-run").event("plan")["steps"][-1]
    assert proof["action"] == "prove-key" and proof["spends_use"] and proof["forever"] and proof["uses_left"] == uses
    assert f"LimitedUse) is spent; uses left: {uses}\n" in station.run("provision", profile, "--dry-run").out
    assert uses_left(station, slot) == uses


def test_a_use_is_asked_for_once_and_confirming_spends_none(limited):
    station, slot, uses, profile = limited
    before = station.chip.read_bytes()
    failed = station.json("provision", profile, code=1)
    assert failed.error["reason"] == "not-armed" and station.chip.read_bytes() == before
    first = station.json("provision", profile, "--arm", "profile").event("provisioned")
    assert first["keys"][0]["proven"] and not first["keys"][0]["compared"]
    assert uses_left(station, slot) == uses - 1
    record, chip = station.record, station.chip.read_bytes()
    for arming in ([], ["--arm", "profile"]) * 3:  # armed or not: more often than the 508A's key has uses
        again = station.json("provision", profile, *arming)
        done, step = again.event("provisioned"), again.event("plan")["steps"][-1]
        assert not step["spends_use"] and not step["forever"] and step["uses_left"] == uses - 1
        assert done["changes"] == 0 and done["keys"][0]["compared"] and not done["keys"][0]["proven"]
        assert done["keys"][0]["public_key"] == first["keys"][0]["public_key"]
    assert station.chip.read_bytes() == chip and station.record == record
    shown = station.run("provision", profile, "--arm", "profile")
    assert "compared with the record, spends no use" in shown.err and "; compared with the record, no use spent\n" in shown.out
    station.run("sign", 17, "-", stdin=b"the key still works")


def test_a_lost_record_is_remembered_by_the_ledger(limited):
    station, slot, uses, profile = limited
    station.run("provision", profile, "--arm", "profile")
    proof = station.record["keys"][0]["proof"]
    (station.device / "record.json").unlink()
    assert station.json("provision", profile).event("provisioned")["changes"] == 0
    assert uses_left(station, slot) == uses - 1
    assert station.record["keys"][0]["proof"] == proof and proof["signature"]


def test_without_record_and_ledger_a_new_proof_is_asked_for(limited):
    station, slot, uses, profile = limited
    station.run("provision", profile, "--arm", "profile")
    (station.device / "record.json").unlink()
    shutil.rmtree(station.state / "ledger")
    assert station.json("provision", profile, code=1).error["reason"] == "not-armed"
    station.run("provision", profile, "--arm", "profile")
    assert uses_left(station, slot) == uses - 2


def test_a_recorded_proof_stays_when_the_record_is_rewritten(limited):
    """The other facts of the record change; the signature that was paid for stays."""
    station, slot, uses, profile = limited
    station.run("provision", profile, "--arm", "profile")
    proof = station.record["keys"][0]["proof"]
    changed = json.loads(profile.read_text())
    changed["name"] = "another-name"
    done = station.json("provision", station.write("other.yaml", json.dumps(changed)), "--arm", "profile").event("provisioned")
    assert done["record_written"] and station.record["profile"]["name"] == "another-name"
    assert station.record["keys"][0]["proof"] == proof and proof["signature"]
    assert uses_left(station, slot) == uses - 1


def test_a_request_is_one_more_use_and_is_asked_for(limited):
    """A deleted request has to be signed anew: the plan says so, and nothing is spent unarmed."""
    station, slot, uses, profile = limited
    changed = json.loads(profile.read_text())
    changed["keys"][0]["csr-subject"] = "CN={serial}"
    profile.write_text(json.dumps(changed))
    step = station.json("provision", profile, "--dry-run").event("plan")["steps"][-1]
    assert step["spends_use"] and step["uses_spent"] == 2 and "certificate request" in step["consequence"]
    for left in (uses - 2, uses - 4):
        if left < 0:
            error = station.json("provision", profile, "--arm", "profile", code=4).error
            assert error["reason"] == "slot-policy" and "one use of it is left" in error["cause"]
            return
        assert station.json("provision", profile, code=1).error["reason"] == "not-armed"
        station.run("provision", profile, "--arm", "profile")
        assert uses_left(station, slot) == left
        chip = station.chip.read_bytes()
        again = station.json("provision", profile)
        assert again.event("plan")["steps"][-1]["uses_spent"] == 0 and again.event("provisioned")["changes"] == 0
        assert station.chip.read_bytes() == chip
        (station.device / "counted.csr").unlink()
        again = station.json("provision", profile, code={1, 4})
        assert (again.code, again.error["reason"]) in ((1, "not-armed"), (4, "slot-policy"))
        assert station.chip.read_bytes() == chip, "nothing is spent unarmed"


def test_a_key_without_uses_is_refused(station, plan):
    config = limited_508()
    config[LAST_KEY_USE:LAST_KEY_USE + 16] = bytes(16)
    new_part(station, config)
    plan["chip"]["parts"] = ["ATECC508A"]
    plan["keys"] = [{"name": "dead", "id": 17, "method": "register", "slot": 15, **ANY_ECDSA}]
    before = station.chip.read_bytes()
    failed = station.json("provision", station.write("plan.yaml", json.dumps(plan)), "--arm", "profile", code=4)
    assert failed.error["reason"] == "slot-policy" and "no use of it is left" in failed.error["cause"]
    assert station.chip.read_bytes() == before


def test_count_match_limits_the_uses(station):
    """The limit lies in a slot: shown where that can be read, else null; a dump never has it."""
    for slot, shown in ((8, 2097151), (6, None)):  # what was never written reads as FF: the counter's own end
        config = limited_608()
        config[COUNT_MATCH] = slot << 4 | 1
        if station.chip.exists():
            station.chip.unlink()
        path = new_part(station, config)
        assert uses_left(station, 2) == shown
        assert station.json("explain", path).event("chip")["slots"][2]["uses_left"] is None
