# SPDX-License-Identifier: Apache-2.0
"""Which device a run may touch (--only), what it may change for ever (--arm), and what is known before the first lock."""
import re

import pytest
from conftest import EXAMPLE, THREE_WAYS, TRUST_FLEX

OTHER = "0123FFFFFFFFFFFF01"


def unlocked(station, name="unlocked.yaml", text=None):
    """The TrustFLEX profile without what locks a slot or says whose device it is."""
    text = text if text is not None else TRUST_FLEX.read_text()
    return station.write(name, re.sub(r"^ *(lock-slot|mark):.*\n", "", text, flags=re.M).encode())


def serial_and_digest(station, profile):
    plan = station.json("provision", profile, "--dry-run").event("plan")
    return plan["serial"], plan["digest"]


def test_a_run_for_one_device_refuses_any_other_before_it_writes(station):
    """Also where the plan has nothing to arm."""
    station.new("trust-and-go")
    before = station.snapshot()
    for more in ((), ("--dry-run",), ("--arm", "profile")):
        refused = station.json("provision", EXAMPLE, "--only", OTHER, *more, code=4)
        assert refused.error["reason"] == "wrong-part" and OTHER in refused.error["cause"]
        assert station.snapshot() == before
    serial, _ = serial_and_digest(station, EXAMPLE)
    assert f"--only {serial}" in refused.error["next"]
    station.run("provision", EXAMPLE, "--arm", "profile", "--only", serial)


def test_arming_for_one_device_and_one_profile(station):
    station.new("blank")
    serial, digest = serial_and_digest(station, THREE_WAYS)
    assert digest == station.json("compile", THREE_WAYS, "--binary").event("compiled")["digest"]
    assert digest in station.run("provision", THREE_WAYS, "--dry-run").out
    before = station.snapshot()
    advice = station.json("provision", THREE_WAYS, code=1).error["next"]
    other_digest = f"{int(digest[0], 16) ^ 1:X}{digest[1:]}"
    for armed in (f"{OTHER}:{digest}", f"{serial}:{other_digest}", f"{serial}:{digest[:62]}{int(digest[62:], 16) ^ 1:02X}"):
        refused = station.json("provision", THREE_WAYS, "--arm", armed, code=1)
        assert refused.error["reason"] == "not-armed" and f"--arm {serial}:" in refused.error["next"]
        assert ("another profile" in refused.error["cause"]) == (OTHER not in armed)
        assert station.snapshot() == before
    station.run("provision", THREE_WAYS, "--arm", re.search(r"--arm (\S+)", advice)[1])
    assert station.json("info").event("chip")["data_locked"]


def test_who_arms_one_device_means_no_other(delivered):
    """Also where the plan has nothing to arm: a key to register, and a device that is done."""
    text = EXAMPLE.read_text()
    profile = delivered.write("register.yaml", text[:text.index("  - name: board")].encode())
    serial, digest = serial_and_digest(delivered, profile)
    other_digest = f"{int(digest[0], 16) ^ 1:X}{digest[1:]}"
    assert not any(step["forever"] for step in delivered.json("provision", profile, "--dry-run").event("plan")["steps"])
    for armed in (f"{serial}:{digest}", serial):
        before = delivered.snapshot()
        for wrong, cause in ((OTHER, f"armed for {OTHER}, this is {serial}"), (f"{OTHER}:{digest}", f"armed for {OTHER}"),
                             (f"{serial}:{other_digest}", "armed for another profile")):
            refused = delivered.json("provision", profile, "--arm", wrong, code=1).error
            assert refused["reason"] == "not-armed" and cause in refused["cause"], refused
            assert delivered.snapshot() == before
        delivered.run("provision", profile, "--arm", armed)


@pytest.mark.parametrize("option, word", [
    ("--only", "profile"), ("--only", "0123"), ("--only", f"{OTHER}:00112233"), ("--only", ""), ("--arm", f"{OTHER}:"),
    ("--arm", f"{OTHER}:001122"), ("--arm", f"{OTHER}:0011223"), ("--arm", f"{OTHER}:{'00' * 33}"), ("--arm", ":00112233"),
    ("--arm", f"{OTHER}00:00112233"), ("--arm", "profile:00112233")])
def test_words_that_name_no_device(station, option, word):
    station.new("blank")
    error = station.json("provision", THREE_WAYS, option, word, code=2).error
    assert error["reason"] == "usage" and option in error["cause"]


def test_no_slot_is_locked_around_a_key_that_the_record_does_not_name(station):
    """Another station has put its own key into the slot since; the lock would keep it there for ever."""
    station.new("trust-flex")
    profile = unlocked(station)
    station.run("provision", profile, "--arm", "profile")
    other = station.folder / "other-state"
    station.run("--device", f"virtual:{station.chip}", "--state", other, "provision", profile, "--arm", "profile")
    refused = station.json("provision", TRUST_FLEX, "--arm", "profile", code=4)
    assert refused.error["reason"] == "foreign-key" and refused.error["slot"] == 2
    assert not station.slots()[2]["locked"]


def test_a_slot_that_cannot_be_locked_is_refused_in_the_plan(station):
    """Slot 0 of a TrustFLEX part is not Lockable: known before its key is registered and slot 2 is filled and locked."""
    station.new("trust-flex")
    text = TRUST_FLEX.read_text().replace("    slot: 0\n", "    slot: 0\n    lock-slot: true\n")
    assert text.count("lock-slot: true") == 2
    profile = station.write("lock.yaml", text.encode())
    before = station.snapshot()
    for more in (("--dry-run",), ("--arm", "profile")):
        refused = station.json("provision", profile, *more, code=4)
        assert refused.error["reason"] == "slot-policy" and refused.error["slot"] == 0
        assert "not Lockable" in refused.error["cause"]
        assert station.snapshot() == before
