# SPDX-License-Identifier: Apache-2.0
"""The main job: the example's plan on a Trust&GO part, then other processes use the keys; openssl is the judge."""
import json
import re
import stat

import pytest

from conftest import EXAMPLE, Station, der_of, openssl


def test_job_end_to_end(delivered):
    before = {slot["slot"]: slot for slot in delivered.slots()}
    assert all(before[slot]["holds"] == "key" for slot in range(5)), "a Trust&GO part comes with keys in slots 0 to 4"

    done = delivered.run("provision", EXAMPLE, "--arm", "profile")
    assert "4 changes" in done.out and "2 keys proven" in done.out
    assert "register-key 16 maker" in done.err and "generate-key 18 board" in done.err

    keys = delivered.keys()
    assert sorted(keys) == [16, 18]
    assert keys[16]["slot"] == 0 and keys[16]["name"] == "maker" and keys[16]["method"] == "register"
    assert keys[18]["slot"] in (2, 3, 4) and keys[18]["name"] == "board" and keys[18]["method"] == "generate"
    after = {slot["slot"]: slot for slot in delivered.slots()}
    assert after[0]["key_id"] == 16 and after[keys[18]["slot"]]["key_id"] == 18
    assert after[0]["name"] == "maker"


def test_maker_key_is_kept_and_board_key_is_new(station, tmp_path):
    twin = Station(tmp_path / "twin")
    plan = """{imprint: 1, name: look, rehearsal: allowed, chip: {parts: [ATECC608B], configuration: as-delivered}, keys: [%s]}""" % ", ".join(
        "{name: k%d, id: %d, method: register, slot: %d, type: ecc-key-pair(secp-r1), bits: 256, "
        "algorithm: ecdsa(any-hash), usage: [sign-hash]}" % (slot, 100 + slot, slot) for slot in (0, 2, 3, 4))
    station.new(seed=7)
    twin.new(seed=7)
    assert twin.chip.read_bytes() == station.chip.read_bytes(), "a seed makes the same part"
    twin.run("provision", twin.write("look.yaml", plan), "--arm", "profile")
    station.run("provision", EXAMPLE, "--arm", "profile")
    delivered, now = twin.public_keys(), station.public_keys()
    assert now[16] == delivered[100]
    assert now[18] not in delivered.values()
    assert not [slot for slot in station.slots() if slot["slot"] == 1 and slot["key_id"]], "slot 1 is nobody's"


@pytest.mark.parametrize("key", ["16", "18", "maker", "board", "0x12"])
def test_signature_is_what_openssl_takes(provisioned, key):
    message = bytes(range(256)) * 1000
    path = provisioned.write("message", message)
    pem = provisioned.write("key.pem", provisioned.run("public-key", key).out)
    signature = provisioned.write("signature", provisioned.run("sign", key, path).raw)
    assert "Verified OK" in openssl("dgst", "-sha256", "-verify", pem, "-signature", signature, path)
    assert "NIST CURVE: P-256" in openssl("pkey", "-pubin", "-in", pem, "-noout", "-text")
    path.write_bytes(message + b"x")
    openssl("dgst", "-sha256", "-verify", pem, "-signature", signature, path, code=1)


def test_csr_is_what_openssl_takes(provisioned):
    csr = provisioned.run("csr", "board", "--subject", "CN=board 1,O=Example,C=DE").out
    text = openssl("req", "-verify", "-noout", "-text", stdin=csr.encode())
    assert "OK" in text and "CN=board 1" in text.replace(" = ", "=") and "ecdsa-with-SHA256" in text
    pem = openssl("req", "-pubkey", "-noout", stdin=csr.encode())
    assert provisioned.run("public-key", 18).out in pem


def test_second_run_writes_nothing_and_says_so(provisioned):
    before, slots = provisioned.snapshot(), provisioned.slots()
    for _ in range(2):
        again = provisioned.run("provision", EXAMPLE, "--arm", "profile")
        assert "nothing to do" in again.out and "2 keys confirmed" in again.out
        assert "provisioned" not in again.out
        assert provisioned.snapshot() == before
    quiet = provisioned.json("provision", EXAMPLE, "--arm", "profile").event("provisioned")
    assert quiet["changes"] == 0 and quiet["record_written"] is False
    assert provisioned.snapshot() == before and provisioned.slots() == slots


def test_only_steps_that_run_are_counted(delivered):
    """A run that confirms a finished device shows two proofs of two, not the last two of four."""
    first = delivered.run("provision", EXAMPLE, "--arm", "profile").err
    assert [line[:5] for line in first.splitlines() if line.startswith("[")] == [f"[{n}/6]" for n in range(1, 7)]
    assert "[2/6] register-key 16 maker, slot 0: done without a chip command\n" in first, "its public key was known"
    assert not re.search(r": 0 us$", first, re.M)
    again = delivered.run("provision", EXAMPLE, "--arm", "profile").err
    assert [line[:5] for line in again.splitlines() if line.startswith("[")] == ["[1/2]", "[2/2]"]


def test_dry_run_shows_the_plan_and_writes_nothing(delivered):
    before = delivered.snapshot()
    shown = delivered.run("provision", "--dry-run", EXAMPLE)
    assert "4 changes" in shown.out and "generate-key 18 board" in shown.out
    plan = delivered.json("provision", EXAMPLE, "--dry-run").event("plan")
    assert plan["changes"] == 4 and plan["dry_run"] is True
    assert [step["action"] for step in plan["steps"]] == ["begin-mark", "register-key", "generate-key", "prove-key",
                                                          "prove-key", "finish-mark"]
    assert delivered.snapshot() == before
    assert not (delivered.state / "devices").exists()


def test_dry_run_of_a_finished_device(provisioned):
    before = provisioned.snapshot()
    assert "0 changes" in provisioned.run("provision", "-n", EXAMPLE).out
    assert provisioned.snapshot() == before


def test_record_holds_the_evidence(provisioned):
    record = provisioned.record
    serial = provisioned.json("info").event("chip")["serial"]
    assert record["serial"] == serial == provisioned.device.name
    assert record["profile"]["name"] == "mbed-factory-example" and len(record["profile"]["digest"]) == 64
    assert record["run"]["changes"] == 4
    for key in record["keys"]:
        assert key["proof"]["proven"] and key["proof"]["created"]
        point = provisioned.json("public-key", key["key_id"]).event("public-key")["public_key"]
        assert key["public_key"] == point
        # The proof in the record is a real one: openssl agrees.
        raw = bytes.fromhex(key["proof"]["signature"])
        challenge = provisioned.write("challenge", f"imprint proof of possession 1\nchip {serial}\nkey {key['key_id']}\n"
                                      f"challenge {key['proof']['challenge']}\n".encode())
        signature = provisioned.write("signature.der", der_of(raw))
        pem = provisioned.write("key.pem", provisioned.run("public-key", key["key_id"]).out)
        assert key["proof"]["hash"] == "sha-256"
        assert "Verified OK" in openssl("dgst", "-sha256", "-verify", pem, "-signature", signature, challenge)


def test_lost_record_is_written_again(provisioned):
    path = provisioned.device / "record.json"
    stable = {key: value for key, value in provisioned.record.items() if key not in ("run", "keys")}
    path.unlink()
    assert sorted(provisioned.keys()) == [16, 18]
    assert provisioned.run("public-key", "board", code=1).err.count("no record") == 1
    again = provisioned.run("provision", EXAMPLE, "--arm", "profile")
    assert "nothing to do" in again.out and "rewritten" in again.out
    assert {key: value for key, value in provisioned.record.items() if key not in ("run", "keys")} == stable
    provisioned.run("public-key", "board")


def test_lost_key_records_are_registered_again_and_no_key_is_lost(provisioned, plan):
    board = provisioned.public_keys()[18]
    slot = provisioned.keys()[18]["slot"]
    assert "2 key records" in provisioned.run("erase", "--yes").out
    assert provisioned.keys() == {}
    # Nothing claims the board's key now; a profile that may not replace keys leaves it alone and says so.
    del plan["keys"][1]["replace"]
    plan["keys"][1]["slot"] = slot
    import json
    refused = provisioned.json("provision", provisioned.write("p.yaml", json.dumps(plan)), code=4).error
    assert refused["reason"] == "slot-filled" and refused["slot"] == slot
    plan["keys"][1]["method"] = "register"
    provisioned.run("provision", provisioned.write("p.yaml", json.dumps(plan)), "--arm", "profile")
    assert provisioned.public_keys()[18] == board


def test_modes_are_private(provisioned):
    for path in provisioned.state.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), f"{path} has {mode:o}"
    assert stat.S_IMODE(provisioned.state.stat().st_mode) == 0o700


def test_two_devices_in_one_state_folder(station):
    chips = [station.folder / f"{n}.virtual" for n in (1, 2)]
    for n, chip in enumerate(chips):
        station.run("virtual", "new", "--seed", n, chip)
        station.run("--device", f"virtual:{chip}", "provision", EXAMPLE, "--arm", "profile")
    points = [station.json("--device", f"virtual:{chip}", "public-key", 18).event("public-key")["public_key"] for chip in chips]
    assert points[0] != points[1]
    assert len(list((station.state / "devices").iterdir())) == 2


def test_key_replaced_behind_our_back_is_foreign(provisioned, tmp_path):
    """Another station with a key store of its own takes the slot; ours must not record that key as its own."""
    slot = provisioned.keys()[18]["slot"]
    plan = """{imprint: 1, name: other, rehearsal: allowed, chip: {parts: [ATECC608B], configuration: as-delivered}, keys: [
        {name: taken, id: 50, method: generate, slot: %d, type: ecc-key-pair(secp-r1), bits: 256,
         algorithm: ecdsa(any-hash), usage: [sign-hash], replace: unclaimed}]}""" % slot
    other = Station(tmp_path / "other")
    other.run("--device", f"virtual:{provisioned.chip}", "provision", other.write("other.yaml", plan), "--arm", "profile")
    record = provisioned.record

    error = provisioned.run("--json", "provision", EXAMPLE, "--arm", "profile", code=4).error
    assert error["reason"] == "foreign-key" and error["slot"] == slot and "imprint retire --state" in error["next"] and error["serial"] in error["next"]
    assert provisioned.record == record, "the record still tells of the key that was proven"


def test_second_profile_keeps_the_first_ones_record(provisioned, plan):
    """Two profiles on one device: names, methods and proofs of the first one's keys stay known, and both confirm."""
    plan["name"] = "more"
    plan["keys"] = [{**plan["keys"][1], "name": "extra", "id": 19}]
    more = provisioned.write("more.yaml", json.dumps(plan))
    first = {key["key_id"]: key for key in provisioned.record["keys"]}
    provisioned.run("provision", more, "--arm", "profile")
    both = {key["key_id"]: key for key in provisioned.record["keys"]}
    assert sorted(both) == [16, 18, 19] and both[18] == {**first[18], "checked": False}
    assert [both[key]["checked"] for key in sorted(both)] == [False, False, True], "the run says what it checked itself"
    assert {key["name"] for key in provisioned.keys().values()} == {"maker", "board", "extra"}
    for profile in (more, EXAMPLE):
        assert "nothing to do" in provisioned.run("provision", profile, "--arm", "profile").out
        assert sorted(key["key_id"] for key in provisioned.record["keys"]) == [16, 18, 19]
