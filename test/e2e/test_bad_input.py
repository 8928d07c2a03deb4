# SPDX-License-Identifier: Apache-2.0
"""Devices that are not there, not chips, or not the ones the profile expects; keys and slots that contradict it."""
import json
import os
import re
import shutil

import pytest

from conftest import ANY_ECDSA, DUMPS, EVERY, EXAMPLE, PROGRAM, THREE_WAYS, block_yaml
from test_virtual_run import ENV

VERBS = [("info",), ("keys",), ("provision", EXAMPLE, "--arm", "profile"), ("provision", "-n", EXAMPLE), ("public-key", "16"), ("sign", "16"),
         ("random", "4"), ("erase", "--yes")]


def profile(station, plan, name="plan.yaml"):
    return station.write(name, json.dumps(plan))


# ---- where the device should be

@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: "-".join(str(word).rsplit("/")[-1] for word in verb))
@pytest.mark.parametrize("device, reason, fragment", [
    ("virtual", "device-missing", "imprint virtual new"),
    ("virtual:/no/such/file", "device-missing", "imprint virtual new"),
    ("i2c:/dev/no-such-bus", "device-missing", "/dev/i2c-"),
    ("i2c:/dev/null@0x35", "device-missing", "/dev/i2c-"),
], ids=["no chip", "no file", "no bus", "no adapter"])
def test_no_device(station, verb, device, reason, fragment):
    error = station.json("--device", device, *verb, code=3).error
    assert error["reason"] == reason and error["device"] == device and fragment in error["next"], error
    assert not station.state.exists()


@pytest.mark.parametrize("content", [b"", b"x", b"hello, world\n" * 1000, bytes(8192), b"\x7fELF" + bytes(9000)],
                         ids=["empty", "one byte", "text", "zeros", "elf"])
def test_file_that_is_no_chip(station, content):
    path = station.write("file", content)
    for verb in VERBS:
        error = station.json("--device", f"virtual:{path}", *verb, code=3).error
        assert error["reason"] == "device-garbled" and error["subject"] == str(path)
    assert path.read_bytes() == content


def test_folder_that_is_no_chip(station):
    assert station.run("--device", f"virtual:{station.folder}", "info", code=3)


def test_chip_file_cut_short_or_scribbled_on(delivered):
    """Damage is seen, or harmless: never another chip."""
    good = delivered.chip.read_bytes()
    whole = delivered.json("info").event("chip")
    refused = 0
    for end in sorted({0, 1, 15, 16, 100, *range(0, len(good), EVERY * max(1, len(good) // 40))}):
        path = delivered.write("cut", good[:end])
        result = delivered.json("--device", f"virtual:{path}", "info", code={0, 3})
        refused += result.code == 3
        assert result.code == 3 or result.event("chip") == whole
        assert path.read_bytes() == good[:end]
    for at in range(0, len(good), EVERY * max(1, len(good) // 40)):
        path = delivered.write("scribbled", good[:at] + bytes([good[at] ^ 0x40]) + good[at + 1:])
        result = delivered.json("--device", f"virtual:{path}", "info", code={0, 3})
        refused += result.code == 3
        assert result.code == 3 or result.event("chip") == whole
    assert refused > 10, "this test must see refusals"


def test_chip_file_of_a_later_imprint(delivered):
    """Refused by all that open one, and left as it is; so is a chip that somebody else serves, whoever comes second."""
    later = bytearray(delivered.chip.read_bytes())
    later[96], later[100] = later[96] + 1, later[100] - 1  # the version and its complement
    path = delivered.write("later", bytes(later))
    for way in (("--device", f"virtual:{path}", "info"), ("virtual", "serve", "--unix", delivered.folder / "s", path),
                ("virtual", "run", path, "--", "true")):
        error = delivered.json(*way, code=3).error
        assert error["cause"] == "the file was made by a later imprint" and error["subject"] == str(path), error
    assert path.read_bytes() == later
    second = delivered.run("virtual", "run", delivered.chip, "--", PROGRAM, "--json", "virtual", "run", delivered.chip, "--",
                           "true", code=3, env=ENV)
    assert second.error["reason"] == "device-busy" and second.error["holder"] > 0, second


# ---- answers that are none

@pytest.mark.parametrize("fault, reasons", [
    ("silent@1", {"device-silent"}), ("garbage@1", None), ("silent@3", {"device-silent"}),
])
def test_bad_answers(provisioned, fault, reasons):
    for verb in (("info",), ("provision", EXAMPLE, "--arm", "profile"), ("sign", "18", EXAMPLE)):
        result = provisioned.json("--fault", fault, *verb, code={0, 3} if reasons is None else 3)
        if result.code == 3:
            assert result.error["reason"] in (reasons or {"device-garbled", "device-silent"})


def test_chip_that_stops_in_mid_command(provisioned):
    for group in range(1, 12):
        result = provisioned.json("--fault", f"silent@{group}", "sign", "18", EXAMPLE, code={0, 3})
        if result.code == 3:
            assert result.error["reason"] == "device-silent" and result.error["next"]
    assert provisioned.run("sign", "18", EXAMPLE).raw


# ---- not the device that the profile expects: exit code 4, nothing written

@pytest.mark.parametrize("part, edit, reason", [
    ("trust-and-go", ("[ATECC608A, ATECC608B]", "[ATECC508A]"), "wrong-part"),
    ("trust-and-go", ("[ATECC608A, ATECC608B]", "[ATECC608A]"), "wrong-part"),
    ("trust-and-go", ("as-delivered", "trust-flex"), "wrong-configuration"),
    ("trust-flex", ("as-delivered", "trust-and-go"), "wrong-configuration"),
    ("blank", ("as-delivered", "trust-and-go"), "wrong-configuration"),
    ("blank", ("as-delivered", "as-delivered"), "wrong-configuration"),
])
def test_wrong_device(station, part, edit, reason):
    station.new(part)
    path = station.write("plan.yaml", EXAMPLE.read_text().replace(*edit))
    before = station.snapshot()
    for arguments in (("provision", path, "--arm", "profile"), ("provision", path, "--arm", "profile", "-n")):
        error = station.json(*arguments, code=4).error
        assert error["reason"] == reason and error["exit"] == 4 and error["serial"]
        assert station.snapshot() == before


def test_locked_part_cannot_get_another_policy(station):
    station.new("trust-and-go")
    before = station.snapshot()
    error = station.json("provision", THREE_WAYS, "--arm", "profile", code=4).error
    assert error["reason"] == "wrong-configuration" and error["expected"] != error["found"]
    assert station.snapshot() == before
    text = station.run("provision", THREE_WAYS, "--arm", "profile", code=4).err
    assert re.search(r"byte \d+ of the config zone is 0x", text)


@pytest.mark.parametrize("dump", ["508a-mbed-readme-device", "608a-coldcard", "608b-default-locked", "608b-trustcustom-kit",
                                  "508a-nitrokey-u2f", "608a-default-locked", "608a-blank-rev6002"])
def test_other_real_parts(station, dump):
    """The example's plan on parts it was not made for: refused with a reason, or done; never a crash, never half."""
    station.run("virtual", "new", "--as", DUMPS / f"{dump}.hex", "--seed", 1)
    before = station.snapshot()
    result = station.json("provision", EXAMPLE, "--arm", "profile", code={0, 1, 4})
    if result.code != 0:
        assert result.error["next"] and result.error["cause"]
        assert station.snapshot() == before
    else:
        assert "nothing to do" in station.run("provision", EXAMPLE, "--arm", "profile").out


# ---- keys and slots that contradict the profile

@pytest.mark.parametrize("field, value", [("algorithm", "ecdsa(sha-256)"), ("usage", ["sign-hash"]), ("slot", 3)])
def test_key_id_exists_with_other_attributes(provisioned, plan, field, value):
    before = provisioned.snapshot()
    plan["keys"][1][field] = value
    path = profile(provisioned, plan)
    before[path.name] = provisioned.snapshot()[path.name]
    error = provisioned.json("provision", path, "--arm", "profile", code=4).error
    assert error["reason"] == "foreign-key" and error["key_id"] == 18
    assert provisioned.snapshot() == before
    assert provisioned.run("provision", EXAMPLE, "--arm", "profile")


def test_slot_claimed_by_another_key(provisioned, plan):
    slot = provisioned.keys()[18]["slot"]
    plan["keys"] = [{"name": "other", "id": 19, "method": "generate", "slot": slot, "replace": "unclaimed", **ANY_ECDSA}]
    chip = provisioned.chip.read_bytes()
    error = provisioned.json("provision", profile(provisioned, plan), "--arm", "profile", code=4).error
    assert error["reason"] == "slot-claimed" and error["slot"] == slot
    assert provisioned.chip.read_bytes() == chip


@pytest.mark.parametrize("key, reasons", [
    ({"method": "generate", "slot": 0, "replace": "unclaimed"}, {"slot-policy"}),
    ({"method": "generate", "slot": 1, "replace": "unclaimed"}, {"slot-policy"}),
    ({"method": "generate", "slot": 2}, {"slot-filled"}),
    ({"method": "generate", "slot": 5, "replace": "unclaimed"}, {"slot-policy"}),
    ({"method": "generate", "slot": 9, "replace": "unclaimed"}, {"slot-policy"}),
    ({"method": "register", "slot": 1}, {"slot-policy"}),
    ({"method": "register", "slot": 8}, {"slot-policy"}),
    ({"method": "register", "slot": 15}, {"slot-policy"}),
    ({"method": "generate"}, {"slot-filled", "no-free-slot"}),
], ids=lambda value: json.dumps(value) if isinstance(value, dict) else "")
def test_slots_that_cannot(delivered, plan, key, reasons):
    plan["keys"] = [{"name": "key", "id": 20, **ANY_ECDSA, **key}]
    path = profile(delivered, plan)
    before = delivered.snapshot()
    error = delivered.json("provision", path, "--arm", "profile", code=4).error
    assert error["reason"] in reasons, error
    assert error["key_id"] == 20 and error["next"]
    if "slot" in key:
        assert error["slot"] == key["slot"]
    assert delivered.snapshot() == before


def test_no_slot_left(delivered, plan):
    plan["keys"] = [{"name": f"k{n}", "id": 30 + n, "method": "generate", "replace": "unclaimed", **ANY_ECDSA}
                    for n in range(4)]
    path = profile(delivered, plan)
    before = delivered.snapshot()
    error = delivered.json("provision", path, "--arm", "profile", code=4).error
    assert error["reason"] == "no-free-slot"
    assert delivered.snapshot() == before, "found while planning, not after three keys"
    plan["keys"].pop()
    delivered.run("provision", profile(delivered, plan), "--arm", "profile")
    assert sorted(key["slot"] for key in delivered.keys().values()) == [2, 3, 4]


def test_register_an_empty_slot(station, plan):
    """A part whose config zone is locked and whose data zone is not holds no keys yet."""
    dump = (DUMPS / "608b-default-locked.hex").read_text()
    digits = bytearray.fromhex("".join(line.split("#")[0] for line in dump.splitlines()).replace(" ", ""))
    digits[86] = 0x55  # LockValue: unlocked
    station.run("virtual", "new", "--seed", 1, "--as", station.write("d.hex", digits.hex()))
    private = [slot["slot"] for slot in station.slots() if slot["kind"] == "p256-private"]
    plan["keys"] = [{"name": "key", "id": 20, "method": "register", "slot": private[0], **ANY_ECDSA, "usage": ["sign-hash"]}]
    error = station.json("provision", profile(station, plan), "--arm", "profile", code=4).error
    assert error["reason"] in ("slot-empty", "slot-policy", "data-unlocked"), error


# ---- another chip behind the same name

def test_swapped_chip_has_its_own_keys(provisioned):
    provisioned.chip.rename(provisioned.folder / "first")
    provisioned.new(seed=2)
    assert provisioned.keys() == {}
    assert provisioned.json("sign", "18", EXAMPLE, code=1).error["reason"] == "key-unknown"
    provisioned.run("provision", EXAMPLE, "--arm", "profile")
    shutil.move(provisioned.folder / "first", provisioned.chip)
    assert sorted(provisioned.keys()) == [16, 18]


def test_chip_whose_key_was_replaced_behind_our_back(tmp_path, provisioned):
    """The record says slot 2, the chip now holds another key there: the proof is about what is there."""
    state = os.listdir(provisioned.state / "devices")
    provisioned.chip.unlink()
    provisioned.new()  # same seed, same serial number: the part as delivered, key 18 never made in it
    assert os.listdir(provisioned.state / "devices") == state
    result = provisioned.json("provision", EXAMPLE, "--arm", "profile", code={0, 4})
    assert result.code == 4 or result.event("provisioned")["keys"]


@pytest.mark.parametrize("verb", [("sign", "18", EXAMPLE), ("csr", "18", "--subject", "CN=x")])
def test_key_that_signs_no_hashes_says_so(delivered, plan, verb):
    plan["keys"][1]["usage"] = ["sign-message"]
    delivered.run("provision", delivered.write("plan.yaml", block_yaml(plan)), "--arm", "profile")
    error = delivered.json(*verb, code=1).error
    assert error["reason"] == "key-attributes" and "sign-hash" in error["next"]


def test_more_keys_than_slots(delivered, plan):
    board = plan["keys"][1]
    plan["keys"] = [{**board, "name": f"k{n}", "id": 100 + n} for n in range(4)]
    before = delivered.snapshot()
    error = delivered.json("provision", delivered.write("plan.yaml", block_yaml(plan)), "--arm", "profile", code=4).error
    assert error["reason"] == "no-free-slot" and error["key_id"] == 103 and "fewer such keys" in error["next"]
    (delivered.folder / "plan.yaml").unlink()
    assert delivered.snapshot() == before


def test_advice_on_a_filled_slot_is_the_profile_s(delivered, plan):
    del plan["keys"][1]["replace"]
    for slot in ({}, {"slot": 3}):
        plan["keys"][1].update(slot)
        error = delivered.json("provision", delivered.write("plan.yaml", block_yaml(plan)), "--arm", "profile", code=4).error
        assert error["reason"] == "slot-filled" and "replace: unclaimed" in error["next"]
