# SPDX-License-Identifier: Apache-2.0
"""The IO protection key of a device: made once, kept in its store alone, proven, and missed by name where it is not."""
import hashlib
import struct

import pytest

from conftest import ROOT

READY = ROOT / "profiles" / "blank-io-protection.yaml"
LOCKED = ROOT / "test" / "data" / "profiles" / "trust-flex-io-protection.yaml"
OPEN = "the same without the lock"
KEY_AT = 16  # of the record's content: docs/reference/storage-format.md


def stored(psa):
    """The key, from the record's file, as the storage format has it."""
    content = (psa / "0000006100000001.record").read_bytes()
    size = struct.unpack_from("<I", content, 20)[0]
    assert size == 48 and content[28:32] == bytes([1, 1, 0, 0])  # of version 1, and proven
    return content[28:28 + 48][KEY_AT:]


def judge(record, key):
    """The record's proof, without any code of imprint's: MAC over TempKey."""
    entry, = record["data"]
    assert (entry["type"], entry["slot"], entry["bytes"]) == ("io-protection", 6, 32) and "key_id" not in entry
    serial = bytes.fromhex(record["serial"])
    message = (key + bytes.fromhex(entry["proof"]["challenge"]) + bytes([0x08, 0x41, 6, 0]) + bytes(11) + serial[8:] +
               serial[4:8] + serial[:2] + serial[2:4])
    assert entry["proof"]["method"] == "mac" and entry["proof"]["answer"] == hashlib.sha256(message).hexdigest().upper()


def test_a_gateway(station):
    """In the state folder, for its user alone; in nothing that leaves the device."""
    station.new("blank")
    plan = station.json("provision", READY, "--dry-run").event("plan")
    assert plan["steps"][0] == {"action": "make-io-key", "name": "bus", "slot": 6, "done": False, "persistent": True, "forever": False}
    assert not (station.state / "devices").exists()
    kept = "  IO key           kept in {}: the software that uses the chip needs this key store"
    assert kept.format(plan["key_store"]) in station.run("provision", READY, "--dry-run").out.splitlines()
    said = station.run("provision", READY, "--arm", "profile")
    key = stored(station.psa)
    assert plan["key_store"] == str(station.psa) and kept.format(station.psa) in said.err.splitlines()
    judge(station.record, key)
    assert (station.psa / "0000006100000001.record").stat().st_mode & 0o777 == 0o600
    assert key.hex().upper() not in (said.out + said.err).upper()
    for file in station.folder.rglob("*"):
        if file.is_file() and file.parent != station.psa and file != station.chip:
            content = file.read_bytes()
            assert key not in content and key.hex().encode() not in content.lower(), file
    assert station.json("info").event("chip")["io_key"] == {"slot": 6, "ecdh": "encrypted"}
    assert "IO key       slot 6: shared secrets leave the chip only encrypted\n" in station.run("info").out
    before = station.chip.read_bytes()
    again = station.json("provision", READY).event("provisioned")
    judge({"serial": station.record["serial"], "data": again["data"]}, key)
    assert again["changes"] == 0 and stored(station.psa) == key and station.chip.read_bytes() == before
    told = station.run("verify-record", station.device / "record.json", "--profile", READY).out
    assert "0 bad" in told


def test_each_device_has_its_own(station):
    keys = set()
    for seed in (1, 2):
        station.chip.unlink(missing_ok=True)
        station.new("blank", seed=seed)
        station.run("provision", READY, "--arm", "profile")
    for folder in (station.chip.parent / "devices").iterdir():
        keys.add(stored(folder / "psa"))
    assert len(keys) == 2


def test_slot_is_locked(station):
    """A locked part, whose slot anybody could write: consequences, arming, the lock; and what is said when the store is lost."""
    station.new("trust-flex")
    assert station.json("info").event("chip")["io_key"] == {"slot": 6, "ecdh": "clear"}
    plan = station.run("provision", LOCKED, "--dry-run").out
    assert "to do, for ever  lock-io-key bus, slot 6: the chip's IO protection key can never be changed" in plan
    assert station.json("provision", LOCKED, code=1).error["reason"] == "not-armed"
    station.run("provision", LOCKED, "--arm", "profile")
    judge(station.record, stored(station.psa))
    assert station.slots()[6]["locked"]

    record = station.psa / "0000006100000001.record"
    kept = record.read_bytes()
    record.unlink()
    chip = station.chip.read_bytes()
    error = station.json("provision", LOCKED, "--arm", "profile", code=4).error
    assert error["reason"] == "done-elsewhere" and "not in this key store" in error["cause"] and error["slot"] == 6
    assert station.chip.read_bytes() == chip and not record.exists()
    record.write_bytes(kept[:40])
    assert station.json("provision", LOCKED, "--arm", "profile", code=1).error["reason"] == "storage-corrupt"
    record.write_bytes(kept)
    assert station.json("provision", LOCKED).event("provisioned")["changes"] == 0


def test_erase_and_retire_keep_it(station):
    station.new("blank")
    station.run("provision", READY, "--arm", "profile")
    key = stored(station.psa)
    erased = station.json("erase", "--yes").event("erased")
    assert erased["io_key_kept"] and not erased["io_key_forgotten"] and stored(station.psa) == key
    station.run("provision", READY, "--arm", "profile", code=None)
    station.run("retire", station.record["serial"], "--yes")
    assert stored(station.psa) == key
    erased = station.json("erase", "--yes", "--io-key").event("erased")
    assert not erased["io_key_kept"] and erased["io_key_forgotten"]
    assert not (station.psa / "0000006100000001.record").exists()


@pytest.mark.parametrize("kind, profile, fixed", [("blank", READY, True), ("trust-flex", LOCKED, True), ("trust-flex", OPEN, False)])
def test_erase_says_what_is_for_ever(station, kind, profile, fixed):
    """Whether the chip can get another key is asked of its configuration; what to run next can be pasted."""
    station.new(kind)
    if profile == OPEN:
        profile = station.folder / "open.yaml"
        profile.write_text(LOCKED.read_text().replace("lock-slot: true", "lock-slot: false"))
    station.run("provision", profile, "--arm", "profile")
    for more in ([], ["--io-key"]):
        listed = station.json("erase", *more, code=2)
        assert listed.event("erase")["io_key_forgotten"] == bool(more) != listed.event("erase")["io_key_kept"]
        assert listed.event("erase")["io_key_forever"] == fixed
        assert listed.error["next"] == " ".join([f"to do it, run: imprint erase --state {station.state} --yes", *more])
        said = station.run("erase", *more, code=2).err
        assert ("the chip's IO protection key would be forgotten, too" in said) == bool(more)
        assert ("for ever: the chip can never get another one" in said) == (fixed and bool(more))
    assert stored(station.psa)
    kept = station.run("erase", "--yes").err
    assert f"next: to give it up{' for ever' if fixed else ''}: imprint erase --state {station.state} --yes --io-key\n" in kept
    said = station.run("erase", "--yes", "--io-key").err
    assert ("IO protection key is forgotten for ever" in said) == fixed and "IO protection key is forgotten" in said


def test_a_board_that_the_station_reaches(station):
    """Into the image of its flash, where the firmware's store is; and another board's image is told by name."""
    image, other = station.folder / "board.flash", station.folder / "other.flash"
    station.new("blank")
    station.run("--storage", f"flash:{image},4096x8/4-1", "provision", READY, "--arm", "profile")
    serial = bytes.fromhex(station.record["serial"])
    content = image.read_bytes()
    at = content.index(bytes([1, 1, 0, 0]) + serial + bytes(3))
    judge(station.record, content[at + KEY_AT:at + 48])
    assert not station.psa.exists()
    there = station.json("--storage", f"flash:{image}", "provision", READY)
    assert there.event("provisioned")["changes"] == 0 and there.event("plan")["key_store"] == str(image)

    station.chip.unlink()
    station.new("blank", seed=2)
    station.run("--storage", f"flash:{other},4096x8/4-1", "provision", READY, "--arm", "profile")
    error = station.json("--storage", f"flash:{image}", "provision", READY, code=4).error
    assert error["reason"] == "foreign-key" and "of another chip" in error["cause"]


def test_adopting_needs_the_store(station):
    station.new("blank")
    station.run("provision", READY, "--arm", "profile")
    error = station.json("--state", station.folder / "elsewhere", "--device", f"virtual:{station.chip}", "adopt", READY, code=4).error
    assert error["reason"] == "done-elsewhere" and "only in the key store" in error["cause"]
