# SPDX-License-Identifier: Apache-2.0
"""Register, generate and import by profile, on parts that imprint configures and locks itself."""
import json
import shutil

from conftest import ROOT, THREE_WAYS, TRUST_FLEX, only_history, openssl

KEYS = ROOT / "profiles" / "keys"


def test_three_ways_on_a_blank_part(station):
    station.new("blank")
    station.run("provision", THREE_WAYS, "--arm", "profile")
    chip = station.json("info").event("chip")
    assert chip["config_locked"] and chip["data_locked"]
    keys = station.keys()
    assert {key["method"] for key in keys.values()} >= {"generate", "import"}
    message = station.write("message", b"three ways")
    for key in keys.values():
        pem = station.write("key.pem", station.run("public-key", key["key_id"]).out)
        if "public" in key["type"]:
            assert key["slot"] >= 8
            continue
        signature = station.write("signature", station.run("sign", key["key_id"], message).raw)
        assert "Verified OK" in openssl("dgst", "-sha256", "-verify", pem, "-signature", signature, message)
    service = [key for key in keys.values() if key["name"] == "service"][0]
    expected = openssl("pkey", "-in", KEYS / "TEST-service-private.pem", "-pubout")
    assert station.run("public-key", service["key_id"]).out == expected
    root = [key for key in keys.values() if key["name"] == "update-root"][0]
    expected = openssl("pkey", "-pubin", "-in", KEYS / "TEST-update-root-public.pem", "-pubout")
    assert station.run("public-key", root["key_id"]).out == expected


def test_second_run_confirms_without_arming_and_without_key_files(station):
    station.new("blank")
    profile = station.folder / "p" / "three.yaml"
    shutil.copytree(KEYS, station.folder / "p" / "keys")
    shutil.copy(THREE_WAYS, profile)
    station.run("provision", profile, "--arm", "profile")
    before = station.snapshot()
    assert "nothing to do" in station.run("provision", profile, "--arm", "profile").out
    assert station.snapshot() == before
    # The secret is gone from the station, as it should be; the device is still confirmed.
    (station.folder / "p" / "keys" / "TEST-service-private.pem").unlink()
    assert "nothing to do" in station.run("provision", profile, "--arm", "profile").out
    # A public key is proven by comparing it, so that its file is wanted.
    (station.folder / "p" / "keys" / "TEST-update-root-public.pem").unlink()
    assert station.json("provision", profile, code=2).error["reason"] == "input-file"


def test_locks_want_arming(station):
    station.new("blank")
    before = station.snapshot()
    assert "for ever" in station.run("provision", THREE_WAYS, "--dry-run").out
    refused = station.json("provision", THREE_WAYS, code=1)
    assert refused.error["reason"] == "not-armed"
    assert station.snapshot() == before
    serial = station.json("info").event("chip")["serial"]
    other = station.json("provision", THREE_WAYS, "--arm", "0123FFFFFFFFFFFF01", code=1)
    assert other.error["reason"] == "not-armed"
    assert other.error["cause"] == f"armed for 0123FFFFFFFFFFFF01, this is {serial}" and f"--arm {serial}" in other.error["next"]
    assert station.snapshot() == before
    station.run("provision", THREE_WAYS, "--arm", serial.lower())
    assert station.json("info").event("chip")["data_locked"]


def test_locks_say_what_they_end(station):
    """Before arming, in the plan; and again just before the lock, for each kind of lock."""
    for part, profile, locks in (("blank", THREE_WAYS, 2), ("trust-flex", TRUST_FLEX, 1)):
        station.new(part)
        shown = station.run("provision", profile, "--arm", "profile", "-n").out.splitlines()
        plan = [line for line in shown if "to do, for ever" in line and " lock-" in line]
        assert len(plan) == locks and all("can never be" in line for line in plan), plan
        said = station.run("provision", profile, "--arm", "profile").err.splitlines()
        announced = [line for line in said if line.startswith("imprint: for ever, on chip ") and " lock-" in line]
        assert len(announced) == locks and all("can never be" in line for line in announced), said
        assert "can never be" not in station.run("provision", profile, "--arm", "profile", "-n").out, "what is done needs no warning"
        station.chip.unlink()


def test_arming_word_is_checked(station):
    station.new("blank")
    for word in ("yes", "0123", "0123FFFFFFFFFFFF0", "profiles", ""):
        error = station.json("provision", THREE_WAYS, "--arm", word, code=2).error
        assert error["reason"] == "usage" and "--arm" in error["cause"]


def test_trust_flex(station):
    station.new("trust-flex")
    station.run("provision", TRUST_FLEX, "--arm", "profile")
    keys = station.keys()
    slot = keys[17]["slot"]
    assert station.slots()[slot]["locked"] and not station.slots()[0]["locked"]
    assert "nothing to do" in station.run("provision", TRUST_FLEX, "--arm", "profile").out


def test_each_lock_is_announced(station):
    station.new("blank")
    said = station.json("provision", THREE_WAYS, "--arm", "profile").objects
    assert [item["action"] for item in said if item["event"] == "lock"] == ["lock-config", "lock-data"]
    for item in said:
        if item["event"] == "lock":
            before = said[said.index(item) - 1]
            assert before["event"] == "step" and before["action"] == item["action"] and item["forever"]


def test_write_key_files(delivered, plan):
    """A bad one is refused before the chip is asked anything; the secret never shows."""
    plan["chip"]["write-keys"] = [{"slot": 6, "file": "secret.hex"}]
    plan["keys"] = [{**plan["keys"][1], "method": "import", "slot": 2, "file": str(KEYS / "TEST-service-private.pem")}]
    path = delivered.write("plan.yaml", json.dumps(plan))
    before = delivered.snapshot()
    for content in ("", "00", "5A" * 31, "5A" * 33, "5" * 63, "zz" * 32, b"\xff" * 32):
        secret = delivered.write("secret.hex", content)
        error = delivered.json("--device", "virtual:/no/such/chip", "provision", path, code=2).error
        assert error["reason"] == "input-file" and error["subject"] == str(secret) and error["slot"] == 6
        assert "5A5A" not in json.dumps(error)
        secret.unlink()
    assert delivered.snapshot() == before
    delivered.write("secret.hex", "5a " * 32 + "\n")
    error = delivered.json("provision", path, code=4).error
    assert error["reason"] == "slot-policy" and error["slot"] == 2, "slot 2 of a Trust&GO part takes no imports"


def test_secret_never_shows(station):
    """The imported scalar is nowhere in the state folder but in the (virtual) chip, and nowhere in what is printed."""
    station.new("blank")
    text = openssl("pkey", "-in", KEYS / "TEST-service-private.pem", "-noout", "-text")
    digits = "".join(text.split("priv:")[1].split("pub:")[0].split()).replace(":", "")
    scalar = bytes.fromhex(digits[-64:])
    done = station.run("--verbose", "provision", THREE_WAYS, "--arm", "profile")
    assert digits[-64:].lower() not in (done.out + done.err).lower()
    for path in station.state.rglob("*"):
        if path.is_file() and path != station.chip:
            content = path.read_bytes()
            assert scalar not in content and scalar.hex().encode() not in content.lower()
    assert scalar in station.chip.read_bytes(), "this test could not fail"


def test_key_files_are_checked_before_the_chip_is_touched(station):
    station.new("blank")
    folder = station.folder / "p"
    shutil.copytree(KEYS, folder / "keys")
    shutil.copy(THREE_WAYS, folder / "three.yaml")
    path = folder / "keys" / "TEST-service-private.pem"
    good = path.read_bytes()
    other_curve = openssl("ecparam", "-name", "secp384r1", "-genkey", "-noout").encode()
    rsa = openssl("genrsa", "-traditional", "2048").encode()
    encrypted = openssl("pkey", "-in", path, "-aes256", "-passout", "pass:secret").encode()
    public = (folder / "keys" / "TEST-update-root-public.pem").read_bytes()
    cases = {
        "missing": (None, "cannot be opened"), "empty": (b"", "no private key"), "rubbish": (b"\0\1\2" * 50, "no private key"),
        "public": (public, "no private key"), "other curve": (other_curve, "P-256"), "RSA": (rsa, "P-256"),
        "encrypted": (encrypted, "encrypted"), "long": (good * 1000, "too large"), "cut short": (good[:-40], "no private key"),
    }
    before = station.chip.read_bytes()
    for name, (content, fragment) in cases.items():
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
        error = station.json("provision", folder / "three.yaml", "--arm", "profile", code=2).error
        assert error["reason"] == "input-file" and fragment in error["cause"], (name, error)
        assert error["subject"] == str(path)
        assert station.chip.read_bytes() == before, name
        assert only_history(station.state / "devices"), name
    path.write_bytes(good)
    station.run("provision", folder / "three.yaml", "--arm", "profile")


def test_sec1_and_pkcs8_give_the_same_key(tmp_path, station):
    from conftest import Station
    sec1 = openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout").encode()
    pkcs8 = openssl("pkcs8", "-topk8", "-nocrypt", stdin=sec1).encode()
    points = []
    for name, pem in (("sec1", sec1), ("pkcs8", pkcs8)):
        other = Station(tmp_path / name)
        other.new("blank")
        other.write("keys/TEST-service-private.pem", pem).chmod(0o600)
        other.write("keys/TEST-update-root-public.pem", (KEYS / "TEST-update-root-public.pem").read_bytes())
        profile = other.write("three.yaml", THREE_WAYS.read_text())
        other.run("provision", profile, "--arm", "profile")
        points.append([json.dumps(p) for i, p in other.public_keys().items() if other.keys()[i]["name"] == "service"])
    assert points[0] == points[1]
