# SPDX-License-Identifier: Apache-2.0
"""What the chip tests at each use of a key (latch, authorisation, count of uses): known before anything is written."""
import json

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
    failed = station.json("provision", TRUST_FLEX, "--arm", "profile", code=1)
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
    failed = station.json("provision", station.write("plan.yaml", json.dumps(plan)), code=1)
    assert failed.error["reason"] == "slot-policy" and failed.error["slot"] == slot
    assert station.chip.read_bytes() == before


def test_a_key_without_a_slot_gets_one_that_works(station, plan):
    """Slot 2 is the first that fits but for its latch; slot 3 is taken."""
    new_part(station, with_latch(2))
    plan["keys"] = [{"name": "app", "id": 17, "method": "generate", **ANY_ECDSA, "replace": "unclaimed"}]
    done = station.json("provision", station.write("plan.yaml", json.dumps(plan))).event("provisioned")
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
    failed = station.json("provision", station.write("plan.yaml", json.dumps(plan)), code=1)
    assert failed.error["reason"] == "slot-policy" and "ReqAuth" in failed.error["cause"]
    assert station.chip.read_bytes() == before
