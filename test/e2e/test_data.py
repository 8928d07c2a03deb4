# SPDX-License-Identifier: Apache-2.0
"""Secrets and other data in slots: written, proven, never made twice; the proofs judged by Python's hmac and openssl."""
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
            import base64
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
    error = station.json("provision", own.path, "--arm", "profile", code=None).error
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
