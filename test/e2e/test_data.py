# SPDX-License-Identifier: Apache-2.0
"""Secrets and other data in slots: written, proven, never made twice; the proofs judged by Python's hmac and openssl."""
import base64
import copy
import hashlib
import hmac
import secrets

import pytest
import yaml

from conftest import ROOT, openssl

READY = ROOT / "profiles" / "blank-symmetric.yaml"


def proof_text(serial, datum):
    return (f"imprint proof of possession 1\nchip {serial}\nkey {datum['key_id']}\n"
            f"challenge {datum['proof']['challenge']}\n").encode()


def judge(record, values):
    """Each entry of the record against the secret or the text, without any code of imprint's."""
    for datum in record["data"]:
        value = values[datum["name"]]
        assert datum["bytes"] == len(value) and datum["proof"]["proven"]
        if datum["type"] == "bytes":
            assert datum["sha_256"] == hashlib.sha256(value).hexdigest().upper() and "key_id" not in datum
            continue
        text = proof_text(record["serial"], datum)
        if datum["type"] == "aes":
            block = hashlib.sha256(text).digest()[:16]
            expected = openssl("enc", "-aes-128-ecb", "-nopad", "-K", value.hex(), "-a", stdin=block)
            answer = base64.b64decode(expected)
        else:
            answer = hmac.new(value, text, "sha256").digest()
        assert datum["proof"]["answer"] == answer.hex().upper(), datum


class Own:
    """A profile with secrets of its own beside it."""

    def __init__(self, station, change=lambda profile: None):
        self.station = station
        self.values = {"session": secrets.token_bytes(32), "storage": secrets.token_bytes(16), "root": secrets.token_bytes(32)}
        self.profile = yaml.safe_load(READY.read_text())
        for datum in self.profile["data"]:
            if "file" in datum:
                datum["file"] = datum["name"] + ".hex"
                self.put(datum["name"])
        change(self.profile)
        self.path = station.folder / "own.yaml"
        self.save()

    def save(self):
        self.path.write_text(yaml.safe_dump(self.profile))

    def put(self, name, file=None):
        path = self.station.folder / (file or name + ".hex")
        path.write_text(self.values[name].hex() + "\n")
        path.chmod(0o600)
        return path


def test_ready_profile(station):
    station.new("blank")
    values = {datum["name"]: bytes.fromhex((ROOT / "profiles" / datum["file"]).read_text())
              for datum in yaml.safe_load(READY.read_text())["data"] if "file" in datum}
    done = station.json("provision", READY, "--arm", "profile").event("provisioned")
    record = station.record
    values["label"] = f"model 7, sn {record['serial']}".encode()
    assert [datum["name"] for datum in done["data"]] == ["session", "storage", "root", "label"]
    assert record["data"] == done["data"] and record["rehearsal"] == ["virtual-chip", "test-key"]
    judge(record, values)
    keys = station.keys()
    assert [(keys[i]["type"], keys[i]["bits"], keys[i]["algorithm"], keys[i]["usage"], keys[i]["slot"], keys[i]["name"])
            for i in (32, 33, 34)] == [("hmac", 256, "hmac(sha-256)", ["sign-message", "verify-message"], 9, "session"),
                                       ("aes", 128, "gcm", ["encrypt", "decrypt"], 10, "storage"),
                                       ("derive", 256, "hkdf(sha-256)", ["derive"], 11, "root")]
    for value in values.values():
        for file in station.device.rglob("*"):
            if file.is_file() and value != values["label"]:
                assert value.hex().upper() not in file.read_text("latin1").upper() and value not in file.read_bytes(), file

    before, chip = station.record, station.chip.read_bytes()
    again = station.json("provision", READY).event("provisioned")
    assert again["changes"] == 0 and not again["record_written"] and station.record == before and station.chip.read_bytes() == chip
    judge({"serial": record["serial"], "data": again["data"]}, values)
    assert again["data"][0]["proof"]["challenge"] != before["data"][0]["proof"]["challenge"]
    told = station.run("verify-record", station.device / "record.json").out
    assert told.count("that convinces only who has the secret") == 3 and "0 bad" in told


def test_record_that_was_changed(station):
    own = Own(station)
    station.new("blank")
    station.run("provision", own.path, "--arm", "profile")
    path = station.device / "record.json"
    text = path.read_text()
    for old, new, check in (('"slot": 9', '"slot": 13', "data-slot"), ('"answer": "', '"answer": "00', "data-proof")):
        path.write_text(text.replace(old, new, 1))
        found = station.json("verify-record", path, code=1).objects
        assert any(item.get("check") == check and item["result"] == "bad" for item in found), found


def test_another_secret_is_refused(station):
    own = Own(station)
    station.new("blank")
    station.run("provision", own.path, "--arm", "profile")
    chip = station.chip.read_bytes()
    kept, own.values["session"] = own.values["session"], secrets.token_bytes(32)
    own.put("session")
    error = station.json("provision", own.path, "--arm", "profile", code=4).error
    assert error["slot"] == 9 and error["reason"] in ("foreign-key", "slot-policy") and station.chip.read_bytes() == chip
    own.values["session"] = kept
    own.put("session")
    # Lost key records come back by the proof, and nothing is written to the chip.
    station.run("erase", "--yes")
    done = station.json("provision", own.path, code=None)
    assert station.chip.read_bytes() == chip, done


def test_a_file_for_each_device(station):
    own = Own(station, lambda profile: profile["data"][0].update(file="s/{serial:lower}.hex"))
    station.new("blank")
    error = station.json("provision", own.path, "--dry-run", code=2).error
    assert error["reason"] == "input-file" and error["subject"].endswith("ee.hex") and error["slot"] == 9
    assert "every run proves the secret with it" in error["next"]
    name = error["subject"]
    (station.folder / "s").mkdir()
    own.put("session", name)
    station.run("provision", own.path, "--arm", "profile")
    judge(station.record, {**own.values, "label": f"model 7, sn {station.record['serial']}".encode()})


@pytest.mark.parametrize("name, text, mode, cause", [
    ("session", "00" * 31, 0o600, "64 hex digits"),
    ("session", secrets.token_hex(32), 0o644, "every user of this machine"),
    ("storage", secrets.token_hex(32), 0o600, "32 hex digits"),
    ("session", b"correct horse battery staple".ljust(32, b"\0").hex(), 0o600, "typed"),
])
def test_bad_files(station, name, text, mode, cause):
    own = Own(station)
    station.new("blank")
    path = station.folder / f"{name}.hex"
    path.write_text(text)
    path.chmod(mode)
    error = station.json("provision", own.path, "--arm", "profile", code=2).error
    assert error["reason"] == "input-file" and cause in error["cause"] and error["subject"] == str(path)


def test_published_secrets_are_refused(station):
    profile = copy.deepcopy(yaml.safe_load(READY.read_text()))
    del profile["rehearsal"]
    for datum in profile["data"]:
        if "file" in datum:
            datum["file"] = str(ROOT / "profiles" / datum["file"])
    path = station.folder / "own.yaml"
    path.write_text(yaml.safe_dump(profile))
    station.new("blank")
    assert station.json("provision", path, "--arm", "profile", code=4).error["reason"] == "rehearsal"
    station.run("provision", path, "--arm", "profile", "--rehearsal")
    assert "test-key" in station.record["rehearsal"]


def test_a_board_refuses(station):
    error = station.json("compile", READY, "--c", code=2).error
    assert error["reason"] == "profile-conflict" and "a board cannot write" in error["cause"] and error["line"] == 30


LOCKED = {
    # Trust&GO: slot 9 is written in clear; TrustFLEX: slot 5 encrypted, with what slot 6 holds as delivered.
    "trust-and-go": {"slot": 9}, "trust-flex": {"slot": 5, "write-keys": [{"slot": 6, "file": "write.hex"}]},
}


def locked_profile(station, part):
    """An AES key and, where a slot is free for it, a label, for a part that was delivered locked."""
    station.new(part)
    secret = secrets.token_bytes(16)
    for name, content in (("aes.hex", secret), ("write.hex", b"\xff" * 32)):
        (station.folder / name).write_text(content.hex())
        (station.folder / name).chmod(0o600)
    profile = {"imprint": 1, "name": "locked", "rehearsal": "allowed", "keys": [],
               "chip": {"parts": ["ATECC608A", "ATECC608B"], "configuration": part},
               "data": [{"name": "storage", "type": "aes", "id": 33, "slot": LOCKED[part]["slot"], "algorithm": "gcm",
                         "file": "aes.hex"}]}
    if "write-keys" in LOCKED[part]:
        profile["chip"]["write-keys"] = LOCKED[part]["write-keys"]
    path = station.folder / "locked.yaml"
    path.write_text(yaml.safe_dump(profile))
    return profile, path, secret


@pytest.mark.parametrize("part", LOCKED)
def test_part_that_is_locked_already(station, part):
    profile, path, secret = locked_profile(station, part)
    done = station.json("--trace", station.folder / "trace", "--trace-secrets", "provision", path)
    assert done.event("provisioned")["changes"] == 2
    judge(station.record, {"storage": secret})
    trace = (station.folder / "trace").read_text(errors="replace").upper().replace(" ", "")
    assert (secret.hex().upper() in trace) == (part == "trust-and-go"), "encrypted on the bus where the slot asks for it"
    chip = station.chip.read_bytes()
    assert station.json("provision", path).event("provisioned")["changes"] == 0 and station.chip.read_bytes() == chip


def test_what_a_slot_holds_is_kept(station):
    profile, path, _ = locked_profile(station, "trust-and-go")
    station.run("provision", path)
    (station.folder / "aes.hex").write_text(secrets.token_hex(16))
    chip = station.chip.read_bytes()
    profile["data"][0]["replace"] = "unclaimed"
    path.write_text(yaml.safe_dump(profile))
    assert station.json("provision", path, "--arm", "profile", code=4).error["reason"] == "foreign-key", "a key id names it"
    station.run("erase", "--yes")
    assert station.json("provision", path, "--arm", "profile", code=4).error["reason"] == "key-recorded"
    # Another station knows nothing of it: it is in the plan, and must be armed.
    other = ["--state", station.folder / "other", "--device", f"virtual:{station.chip}"]
    step = next(item for item in station.json(*other, "provision", path, "--dry-run").event("plan")["steps"]
                if item["action"] == "write-data")
    assert step["forever"] and step["consequence"] == "what slot 9 holds now is lost" and "lost_key" not in step
    assert station.json(*other, "provision", path, code=1).error["reason"] == "not-armed"
    profile["data"][0]["replace"] = "never"
    path.write_text(yaml.safe_dump(profile))
    assert station.json(*other, "provision", path, "--arm", "profile", code=4).error["reason"] == "slot-filled"
    assert station.chip.read_bytes() == chip
    profile["data"][0]["replace"] = "unclaimed"
    path.write_text(yaml.safe_dump(profile))
    assert station.json(*other, "provision", path, "--arm", "profile").event("provisioned")["changes"] == 2


@pytest.mark.parametrize("slot, file, cause", [(5, "aes.hex", "not given"), (10, "aes.hex", None)])
def test_slot_that_cannot_be_had(station, slot, file, cause):
    profile, path, _ = locked_profile(station, "trust-flex")
    del profile["chip"]["write-keys"]
    profile["data"][0].update(slot=slot, file=file)
    path.write_text(yaml.safe_dump(profile))
    error = station.json("provision", path, code=None).error
    assert error["slot"] == slot and (cause is None or cause in error["cause"])


def test_cut_in_an_encrypted_write(station):
    """A torn write is noted before it begins: the next run finishes it without being armed."""
    _, path, secret = locked_profile(station, "trust-flex")
    cut = 0
    for group in range(30, 200, 3):
        station.run("--fault", f"tear@{group}", "provision", path, code=None)
        if station.json("provision", path, "--dry-run").event("plan")["changes"] == 0:
            break
        cut += 1
    assert cut > 0
    station.run("provision", path)
    judge(station.record, {"storage": secret})


def test_a_refused_write_leaves_the_slot_as_it_was(station):
    """The chip refused it, so nothing is torn: what the slot holds is lost only where that is armed, in each run."""
    profile, path, _ = locked_profile(station, "trust-flex")
    station.run("provision", path)
    secret = secrets.token_bytes(16)
    (station.folder / "aes.hex").write_text(secret.hex())
    profile["data"][0]["replace"] = "unclaimed"
    path.write_text(yaml.safe_dump(profile))
    other = ["--state", station.folder / "other", "--device", f"virtual:{station.chip}"]  # knows nothing of the key
    (station.folder / "write.hex").write_text(secrets.token_hex(32))
    chip = station.json(*other, "info").event("chip")["config"]
    error = station.json(*other, "provision", path, "--arm", "profile", code=1).error
    assert error["slot"] == 5 and error["reason"] != "not-armed"
    (station.folder / "write.hex").write_text("ff" * 32)
    assert station.json(*other, "provision", path, code=1).error["reason"] == "not-armed"
    assert station.json(*other, "info").event("chip")["config"] == chip
    done = station.json(*other, "provision", path, "--arm", "profile").event("provisioned")
    judge({"serial": done["serial"], "data": done["data"]}, {"storage": secret})


def test_written_again_with_the_secret_of_another_slot(station):
    """write-key on a part that imprint configures: the second secret goes into the slot encrypted, and only armed."""
    def change(profile):
        profile["data"][1].update({"slot": 3, "write-key": 9, "replace": "unclaimed"})
        profile["keys"] = []  # nor a mark: another station would be told that the device is done elsewhere
        del profile["chip"]["mark"]

    own = Own(station, change)
    station.new("blank")
    station.run("provision", own.path, "--arm", "profile")
    first = own.values["storage"]
    own.values["storage"] = secrets.token_bytes(16)
    own.put("storage")
    assert station.json("provision", own.path, "--arm", "profile", code=4).error["reason"] == "foreign-key"
    other = ["--state", station.folder / "other", "--device", f"virtual:{station.chip}"]  # knows nothing of the key
    step = next(item for item in station.json(*other, "provision", own.path, "--dry-run").event("plan")["steps"]
                if item["action"] == "write-data" and item["slot"] == 3)
    assert step["forever"] and not step["done"]
    assert station.json(*other, "provision", own.path, code=1).error["reason"] == "not-armed"
    traced = station.folder / "trace"
    done = station.json(*other, "--trace", traced, "--trace-secrets", "provision", own.path, "--arm", "profile").event("provisioned")
    label = f"model 7, sn {done['serial']}".encode()
    judge({"serial": done["serial"], "data": done["data"]}, {**own.values, "label": label})
    bus = traced.read_text(errors="replace").upper().replace(" ", "")
    assert own.values["storage"].hex().upper() not in bus and first.hex().upper() not in bus
    assert station.json(*other, "provision", own.path).event("provisioned")["changes"] == 0
