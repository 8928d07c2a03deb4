# SPDX-License-Identifier: Apache-2.0
"""Manifests in Microchip's format: what is exported, others accept; what others sign, is verified and kept; what does not hold is named."""
import base64
import contextlib
import json
import os
import shutil
import sqlite3
import subprocess

import pytest

from conftest import EXAMPLE, ROOT, Station, openssl
from manifest_files import Signer, b64url, jwk, now, part, point, unb64url
from test_issuers import SOFTHSM

TOOLS = os.environ.get("IMPRINT_MANIFEST_TOOLS")
SERIAL = "0123AB00000000{:02X}01"
GENUINE = EXAMPLE.read_text().replace("mark: 8", "mark: 8\n  genuine: reported")


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return Signer(tmp_path_factory.mktemp("log"))


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """Four points of the curve."""
    folder = tmp_path_factory.mktemp("keys")
    return [point(folder, f"{number}.key") for number in range(4)]


def write(folder, elements, name="manifest.json"):
    path = folder / name
    path.write_text(elements if isinstance(elements, str) else json.dumps(elements))
    return path


def verify(station, log, path, *more, code=0):
    done = station.json("manifest", "verify", "--signer", log.certificate, *more, path, code=code)
    return done, [(item["index"], item["fault"]) for item in done.objects if item["event"] == "manifest-fault"]


# ---- export

@pytest.fixture(scope="module")
def made(tmp_path_factory, log):
    """A station that finished two parts, one of them with its maker's chain in the record, and one that failed."""
    station = Station(tmp_path_factory.mktemp("made"))
    profiles = [EXAMPLE, station.write("genuine.yaml", GENUINE)]
    serials = []
    for number in range(2):
        chip = station.folder / f"chip{number}"
        station.run("virtual", "new", "--as", "trust-and-go", "--seed", number, chip)
        done = station.json("--device", f"virtual:{chip}", "provision", profiles[number], "--arm", "profile")
        serials.append(done.event("provisioned")["serial"])
    station.run("virtual", "new", "--as", "trust-and-go", "--seed", 7, station.folder / "chip7")
    station.run("--device", f"virtual:{station.folder}/chip7", "provision", EXAMPLE, code=1)
    shutil.copy(log.key, station.state / "log.key")
    shutil.copy(log.certificate, station.state / "log.pem")
    station.write("state/issuers.yaml", json.dumps({"imprint": 1, "issuers": [
        {"name": "log", "kind": "file", "certificate": "log.pem", "key": "log.key"}]}))
    return station, serials


def export(station, name, *more, code=0):
    path = station.folder / name
    path.unlink(missing_ok=True)
    done = station.json("manifest", "export", "--issuer", "log", path, *more, code=code)
    return (json.loads(path.read_text()) if code == 0 else path), done


def test_export_is_what_the_ledger_has(made, log):
    station, serials = made
    elements, done = export(station, "all.json", "--rehearsal")
    path = station.folder / "all.json"
    assert path.stat().st_mode & 0o777 == 0o600 and not (station.folder / "all.json.new").exists()
    assert done.event("manifest-exported")["devices"] == 2
    payloads = [log.accepts(element) for element in elements]
    assert [payload["uniqueId"] for payload in payloads] == sorted(serial.lower() for serial in serials)
    for payload in payloads:
        index = serials.index(payload["uniqueId"].upper())
        record = json.loads((station.state / "devices" / serials[index] / "record.json").read_text())
        wanted = {key["slot"]: key["public_key"].lower() for key in record["keys"]}
        listed = {int(key["kid"]): "04" + unb64url(key["x"]).hex() + unb64url(key["y"]).hex() for key in payload["publicKeySet"]["keys"]}
        assert listed == wanted and list(map(int, listed)) == sorted(listed)
        assert payload["model"] == record["part"] and payload["provisioner"] == {"organizationName": "TEST company"}
        chain = [base64.b64decode(one, validate=True).hex().upper() for key in payload["publicKeySet"]["keys"] for one in key.get("x5c", [])]
        if index == 1:
            assert chain == [record["maker"]["device_certificate"], record["maker"]["signer_certificate"]]
            assert payload["partNumber"] == record["part"] + "-TNGTLS"
        else:
            assert chain == [] and payload["partNumber"] == record["part"]
    assert list(payloads[0]) == ["version", "model", "partNumber", "manufacturer", "provisioner", "distributor", "provisioningTimestamp",
                                 "uniqueId", "publicKeySet"], "in the order of Microchip's files"
    # The virtual maker's chain is believed in a rehearsal alone.
    assert verify(station, log, path, "--rehearsal")[1] == []
    assert [fault for _, fault in verify(station, log, path, code=1)[1]] == ["certificates"]


def test_which_devices_are_exported(made):
    station, serials = made
    assert export(station, "one.json")[0] == [], "rehearsals are left out"
    assert export(station, "one.json")[1].event("manifest-exported")["rehearsals"] == 2
    elements = export(station, "one.json", "--rehearsal", serials[1].lower(), serials[1])[0]
    assert [element["header"]["uniqueId"] for element in elements] == [serials[1].lower()]
    assert export(station, "one.json", "--rehearsal", "--since", now(3600)[:19] + "Z")[0] == []
    assert len(export(station, "one.json", "--rehearsal", "--since", now(-86400)[:10])[0]) == 2
    assert export(station, "one.json", "--rehearsal", "--order", "A-1")[0] == []
    for more, cause in (((SERIAL.format(0),), "no such device"), ((serials[0],), "--rehearsal"), (("--since", "yesterday"), "not a date"),
                        (("--since", "2026-13-01"), "not a date")):
        path, done = export(station, "one.json", *more, code=2)
        assert cause in done.error["cause"] and not path.exists(), more
    path = station.write("there.json", "mine")
    refused = station.json("manifest", "export", "--issuer", "log", path, code=2).error
    assert "already" in refused["cause"] and path.read_text() == "mine"
    assert "--issuer" in station.json("manifest", "export", path, code=2).error["next"]


def test_a_retired_device_is_left_out(made, tmp_path):
    station, serials = made
    copied = Station(tmp_path)
    shutil.copytree(station.state, copied.state)
    copied.run("retire", serials[0], "--lost", "--yes")
    elements = export(copied, "all.json", "--rehearsal")[0]
    assert [element["header"]["uniqueId"] for element in elements] == [serials[1].lower()]
    assert "no such device" in export(copied, "all.json", "--rehearsal", serials[0], code=2)[1].error["cause"]


@pytest.mark.parametrize("extensions, cause", [
    ("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n", "digitalSignature"),
    ("basicConstraints=critical,CA:FALSE\nsubjectKeyIdentifier=none\n", "subject key identifier")])
def test_who_may_not_sign(made, tmp_path, extensions, cause):
    station = Station(tmp_path)
    shutil.copytree(made[0].state, station.state)
    key = Signer(tmp_path, "other")
    config = station.write("other.ext", extensions)
    openssl("x509", "-in", key.certificate, "-signkey", key.key, "-extfile", config, "-clrext", "-out", station.state / "log.pem")
    shutil.copy(key.key, station.state / "log.key")
    path, done = export(station, "x.json", "--rehearsal", code={2, 6})
    assert cause in done.error["cause"] and not path.exists()


def test_certificates_of_the_station_are_in_it(station):
    """The device's and its issuer's, without the root; whoever verifies names the root."""
    signer = Signer(station.folder)
    station.new("trust-flex")
    station.run("ca", "new", "--name", "factory")
    station.run("provision", ROOT / "profiles" / "trust-flex-identity.yaml", "--arm", "profile")
    issuers = station.state / "issuers.yaml"
    issuers.write_text(issuers.read_text() + f"  - name: log\n    kind: file\n    certificate: {signer.certificate}\n    key: {signer.key}\n")
    (element,) = export(station, "own.json", "--rehearsal")[0]
    (key,) = [key for key in signer.accepts(element)["publicKeySet"]["keys"] if "x5c" in key]
    assert key["kid"] == "2" and len(key["x5c"]) == 2
    for number, der in enumerate(key["x5c"]):
        (station.folder / f"{number}.der").write_bytes(base64.b64decode(der, validate=True))
        openssl("x509", "-inform", "DER", "-in", station.folder / f"{number}.der", "-out", station.folder / f"{number}.pem")
    root = next(path for path in sorted((station.state / "ca").glob("root*")) if path.suffix in (".crt", ".pem"))
    openssl("verify", "-CAfile", root, "-untrusted", station.folder / "1.pem", station.folder / "0.pem")
    path = station.folder / "own.json"
    assert verify(station, signer, path, "--ca", root)[1] == []
    assert verify(station, signer, path, code=1)[1] == [(0, "certificates")]


# ---- verify

def faults(log, keys):
    """A name, an element that does not hold, and which fault it has."""
    good = part(SERIAL.format(1), [jwk(0, keys[0]), jwk(4, keys[1])])
    element = log.element(good)

    def changed(**more):
        return {**element, **more}

    def signed(**more):
        return log.element({**good, **more})

    def with_keys(*listed):
        return signed(publicKeySet={"keys": list(listed)})

    def header(**more):
        return log.element(good, {**log.header, **more})

    def flipped(text):
        content = bytearray(unb64url(text))
        content[5] ^= 1
        return b64url(content)

    off_curve = (keys[0][0], keys[0][1][:-1] + bytes([keys[0][1][-1] ^ 1]))
    yield "a number", 5, "json"
    yield "a list", [element], "json"
    yield "too long", changed(more="x" * 70000), "json"
    for member in ("payload", "protected", "signature", "header"):
        yield f"no {member}", {name: value for name, value in element.items() if name != member}, "members"
    yield "header without uniqueId", changed(header={}), "members"
    yield "signature with padding", changed(signature=element["signature"] + "=="), "members"
    yield "signature in DER", changed(signature=b64url(bytes.fromhex("3006020101020101"))), "members"
    yield "none", header(alg="none"), "header"
    yield "HMAC", header(alg="HS256"), "header"
    yield "crit", header(crit=["exp"]), "header"
    yield "no x5t", log.element(good, {name: value for name, value in log.header.items() if name != "x5t#S256"}), "header"
    yield "another kid", header(kid=b64url(bytes(20))), "header"
    yield "protected is no JSON", changed(protected=b64url(b"{")), "header"
    yield "a stranger", header(**{"x5t#S256": b64url(bytes(32))}), "unknown-signer"
    yield "signature changed", changed(signature=flipped(element["signature"])), "signature"
    yield "payload changed", changed(payload=b64url(json.dumps({**good, "model": "ATECC608A"}).encode())), "signature"
    yield "all zero", changed(signature=b64url(bytes(64))), "signature"
    yield "version 2", signed(version=2), "payload"
    yield "no model", signed(model=None), "payload"
    yield "escape sequence", signed(model="\x1b[2J"), "payload"
    yield "no date", signed(provisioningTimestamp="yesterday"), "payload"
    yield "payload is a list", log.element(b"[1]", unique=good["uniqueId"]), "payload"
    yield "same member twice", log.element(b'{"version":1,"version":1}', unique=good["uniqueId"]), "payload"
    yield "another serial in header", changed(header={"uniqueId": SERIAL.format(2).lower()}), "serial"
    yield "before the signer", signed(provisioningTimestamp="2020-01-01T00:00:00Z"), "date"
    yield "after the signer", signed(provisioningTimestamp="2099-01-01T00:00:00Z"), "date"
    yield "no keys", with_keys(), "keys"
    yield "off the curve", with_keys(jwk(0, off_curve)), "keys"
    yield "slot 16", with_keys(jwk(16, keys[0])), "keys"
    yield "slot twice", with_keys(jwk(1, keys[0]), jwk(1, keys[1])), "keys"
    yield "another curve", with_keys({**jwk(0, keys[0]), "crv": "P-384"}), "keys"
    yield "x5c of nothing", with_keys(jwk(0, keys[0], x5c=[])), "certificates"
    yield "x5c is no certificate", with_keys(jwk(0, keys[0], x5c=["AAAA"])), "certificates"
    root = base64.b64encode(openssl_der(log)).decode()
    yield "x5c of another key", with_keys(jwk(0, keys[0], x5c=[root])), "certificates"


def openssl_der(log):
    return subprocess.run(["openssl", "x509", "-in", log.certificate, "-outform", "DER"], capture_output=True, check=True).stdout


def test_each_fault_is_named(station, log, keys):
    """All in one file, each with its index and reason; the good ones between them are not touched by them."""
    rows = list(faults(log, keys))
    good = [log.element(part(SERIAL.format(0xf0 + number), [jwk(0, keys[2 + number])])) for number in range(2)]
    path = write(station.folder, [good[0], *(element for _, element, _ in rows), good[1], good[0]])
    done, found = verify(station, log, path, code=1)
    wanted = [(index + 1, fault) for index, (_, _, fault) in enumerate(rows)] + [(len(rows) + 2, "duplicate")]
    assert found == wanted, [name for name, _, _ in rows]
    said = done.event("manifest-verified")
    assert said["elements"] == len(rows) + 3 and said["bad"] == len(wanted) and said["holds"] is False
    assert done.error["reason"] == "manifest-refuted"
    text = station.run("manifest", "verify", "--signer", log.certificate, path, code=1)
    assert text.out.count("BAD ") == len(wanted) and "\x1b" not in text.out
    # A manifest with one of them is not imported, and says the same.
    refused = station.json("manifest", "import", "--signer", log.certificate, path, code=1)
    assert [(item["index"], item["fault"]) for item in refused.objects if item["event"] == "manifest-fault"] == wanted
    with contextlib.closing(sqlite3.connect(station.state / "manifests" / "parts.db")) as database:
        assert database.execute("SELECT count(*) FROM part").fetchone() == (0,)


def test_signatures_of_every_length(station, log, keys):
    """r and s that begin with zero bits or bytes: 64 bytes all the same."""
    elements = [log.element(part(SERIAL.format(number), [jwk(0, keys[number % 4])])) for number in range(24)]
    path = write(station.folder, elements)
    assert verify(station, log, path)[1] == []


def test_broken_files(station, log, keys):
    element = json.dumps(log.element(part(SERIAL.format(1), [jwk(0, keys[0])])))
    for text, cause in (("", "does not begin"), ("{}", "does not begin"), (f"[{element}", "ends within element 0"), (f"[{element},", "element 1"),
                        (f"[{element}] x", "after the end")):
        error = station.json("manifest", "verify", "--signer", log.certificate, write(station.folder, text), code=2).error
        assert cause in error["cause"] and error["subject"].endswith("manifest.json")
    assert verify(station, log, write(station.folder, f"[{element},]"), code=1)[1] == [(1, "json")]
    assert verify(station, log, write(station.folder, " [\r\n\t] \n"))[1] == []
    assert verify(station, log, station.folder / "nowhere", code=2)[1] == []
    done = station.json("manifest", "verify", "--signer", log.certificate, "-", stdin=f"[{element}]")
    assert done.event("manifest-verified")["holds"] is True
    for bad in (station.write("no.pem", "x"), station.write("rsa.pem", "")):
        assert station.json("manifest", "verify", "--signer", bad, write(station.folder, "[]"), code=2).error["reason"] == "input-file"
    assert "--signer" in station.json("manifest", "verify", write(station.folder, "[]"), code=2).error["next"]


def test_several_signers_and_files(station, log, keys, tmp_path):
    other = Signer(tmp_path, "other")
    both = station.write("both.pem", log.certificate.read_text() + other.certificate.read_text())
    paths = [write(station.folder, [one.element(part(SERIAL.format(number), [jwk(0, keys[number])]))], f"{number}.json")
             for number, one in enumerate((log, other))]
    done = station.json("manifest", "verify", "--signer", both, *paths)
    assert [item["elements"] for item in done.objects if item["event"] == "manifest-verified"] == [1, 1]
    again = station.json("manifest", "verify", "--signer", both, *paths, paths[0], code=1)
    assert [item["fault"] for item in again.objects if item["event"] == "manifest-fault"] == ["duplicate"]


# ---- import

def test_import_is_all_or_nothing_and_repeatable(station, log, keys):
    first = [part(SERIAL.format(1), [jwk(0, keys[0]), jwk(1, keys[1])]), part(SERIAL.format(2), [jwk(0, keys[2])])]
    path = write(station.folder, [log.element(one) for one in first], "first.json")

    def keep(file, code=0):
        return station.json("manifest", "import", "--signer", log.certificate, file, code=code)

    assert keep(path).event("manifest-imported") == {"event": "manifest-imported", "file": str(path), "elements": 2, "added": 2, "known": 0}
    assert keep(path).event("manifest-imported")["known"] == 2
    database = station.state / "manifests" / "parts.db"
    assert database.stat().st_mode & 0o777 == 0o600
    for changed, cause in ((part(SERIAL.format(1), [jwk(0, keys[3])]), "other keys"), (part(SERIAL.format(3), [jwk(0, keys[2])]), SERIAL.format(2))):
        path = write(station.folder, [log.element(part(SERIAL.format(9), [jwk(0, keys[3])])), log.element(changed)], "second.json")
        if changed["uniqueId"] == SERIAL.format(1).lower():
            path = write(station.folder, [log.element(changed)], "second.json")
        refused = keep(path, code=1)
        (found,) = [item for item in refused.objects if item["event"] == "manifest-fault"]
        assert found["fault"] == "duplicate" and cause in found["text"]
    with contextlib.closing(sqlite3.connect(database)) as open_database:
        assert open_database.execute("SELECT count(*) FROM part").fetchone() == (2,)
        assert open_database.execute("SELECT count(*) FROM part_key").fetchone() == (3,)
    database.write_bytes(b"x" * 8192)
    assert keep(station.folder / "first.json", code=6).error["subject"].endswith("parts.db")


# ---- software that did not make it

@pytest.mark.skipif(TOOLS is None, reason="IMPRINT_MANIFEST_TOOLS is not set: see scripts/get-manifest-tools")
def test_other_tools(made, log, keys, station):
    """Microchip's pytrustplatform accepts what we write and finds in it what is there; what it and Espressif's utility write, we accept."""
    source, serials = made
    export(source, "tools.json", "--rehearsal")
    program = """
import json, sys, types
sys.modules["esptool"] = types.ModuleType("esptool")  # for boards, of which there are none here
from cryptography.hazmat.primitives import serialization
from helper_scripts.manifest import create_signed_entry, jws_b64encode
from pytrustplatform.manifest.manifest import Manifest, ManifestSigner, SecureElement, TnGoTlsSecureElement
given = json.loads(sys.argv[1])
read = lambda name: open(name, "rb").read()
signer = ManifestSigner(read(given["certificate"]), read(given["key"]))
found = {}
for element in Manifest(read(given["manifest"]), signer):
    element.verify()
    part = element.get_secure_element()
    assert isinstance(part, (SecureElement, TnGoTlsSecureElement))
    found[part.uniqueId] = {key["kid"]: key.get("x5c", []) for key in part.publicKeySet["keys"]}
theirs = Manifest(None, signer)
one = TnGoTlsSecureElement()
one.__dict__.update(given["part"])
theirs.append(one)
key = serialization.load_pem_private_key(read(given["key"]), None)
entry = create_signed_entry(given["other"], key, jws_b64encode(json.dumps(given["header"]).encode("ascii")))
print(json.dumps({"found": found, "theirs": json.loads(theirs.dumps()), "espressif": [entry]}))
"""
    given = {"certificate": str(log.certificate), "key": str(log.key), "manifest": str(source.folder / "tools.json"), "header": log.header,
             "part": part(SERIAL.format(1), [jwk(0, keys[0])]), "other": part(SERIAL.format(2), [jwk(0, keys[1])])}
    done = subprocess.run([TOOLS, "-c", program, json.dumps(given)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    out = json.loads(done.stdout)
    ours = {element["header"]["uniqueId"]: json.loads(unb64url(element["payload"]))["publicKeySet"]["keys"]
            for element in json.loads((source.folder / "tools.json").read_text())}
    assert out["found"] == {serial: {key["kid"]: key.get("x5c", []) for key in listed} for serial, listed in ours.items()}
    assert set(out["found"]) == {serial.lower() for serial in serials}
    for name in ("theirs", "espressif"):
        assert verify(station, log, write(station.folder, out[name]))[1] == [], name


# ---- the list at work

@pytest.fixture(scope="module")
def delivery(tmp_path_factory, log):
    """A part, and the keys that its maker left in slots 0 and 2, as another station reads them."""
    station = Station(tmp_path_factory.mktemp("delivery"))
    station.new()
    profile = yaml_with(station, "read.yaml", mark=None, method="register")
    record = station.json("provision", profile).event("provisioned")
    points = {key["slot"]: bytes.fromhex(key["public_key"])[1:] for key in record["keys"]}
    listed = [jwk(slot, (key[:32], key[32:])) for slot, key in sorted(points.items())]
    return station.chip, record["serial"], listed


def yaml_with(station, name, listed=None, mark=8, method="generate"):
    text = EXAMPLE.read_text()
    assert "  mark: 8" in text and "method: generate" in text
    text = "\n".join(line for line in text.splitlines() if mark is not None or not line.startswith("  mark:"))
    text = text.replace("\nkeys:", f"\n  listed: {listed}\n\nkeys:" if listed else "\nkeys:")
    if method == "register":
        text = "\n".join(line for line in text.replace("method: generate", "method: register\n    slot: 2").splitlines() if "replace:" not in line)
    return station.write(name, text + "\n")


@pytest.fixture
def received(tmp_path, delivery):
    """A fresh station with a copy of the part."""
    station = Station(tmp_path)
    station.state.mkdir()
    shutil.copy(delivery[0], station.chip)
    return station


def keep(station, log, serial, listed):
    path = write(station.folder, [log.element(part(serial, listed))], "delivery.json")
    station.run("manifest", "import", "--signer", log.certificate, path)


def test_a_part_that_is_not_listed_is_refused(received, log, delivery, keys):
    profile = yaml_with(received, "required.yaml", "required")
    before = received.chip.read_bytes()
    assert "no manifest was imported yet" in received.json("manifest", "list", code=1).error["cause"]
    for _ in range(2):
        error = received.json("provision", profile, "--arm", "profile", code=4).error
        assert error["reason"] == "not-listed" and error["serial"] == delivery[1] and "manifest import" in error["next"]
        assert received.chip.read_bytes() == before
        keep(received, log, SERIAL.format(5), [jwk(0, keys[0])])  # a list that has another part
    reported = received.json("provision", yaml_with(received, "reported.yaml", "reported"), "--dry-run").event("plan")
    assert reported["listed"] == {"result": "not-listed", "manifest": None}


def test_a_listed_part_is_finished_and_its_unused_key_is_named(received, log, delivery):
    _, serial, listed = delivery
    keep(received, log, serial, listed)
    profile = yaml_with(received, "required.yaml", "required")
    plan = received.json("provision", profile, "--dry-run").event("plan")
    assert plan["listed"] == {"result": "listed", "manifest": "delivery.json"}
    (step,) = [step for step in plan["steps"] if step.get("lost_key")]
    assert step["lost_unused"] is True and "the maker's unused key in slot 2 is lost" in step["consequence"]
    text = received.run("provision", profile, "--dry-run").out
    assert "by delivery.json" in text and "the maker's unused key" in text
    done = received.json("provision", profile, "--arm", "profile")
    assert done.event("provisioned")["listed"]["result"] == "listed"
    assert received.record["listed"] == {"result": "listed", "manifest": "delivery.json"}
    assert received.history[-1]["listed"] == received.record["listed"]
    (row,) = received.json("manifest", "list").objects
    assert (row["manifest"], row["parts"]) == ("delivery.json", 1)
    (part,) = received.json("manifest", "list", "--parts").objects
    assert (part["serial"], part["keys"], part["manifest"]) == (serial, len(listed), "delivery.json")
    assert "maker's unused key" in done.event("lock")["consequence"]
    # Its own key is in slot 2 now: that is what the profile wants there.
    assert received.json("provision", profile).event("provisioned")["changes"] == 0


def test_without_asking_the_plan_still_knows(received, log, delivery):
    _, serial, listed = delivery
    plan = received.json("provision", EXAMPLE, "--dry-run").event("plan")
    (step,) = [step for step in plan["steps"] if step.get("lost_key")]
    assert "lost_unused" not in step and "listed" not in plan
    keep(received, log, serial, listed)
    plan = received.json("provision", EXAMPLE, "--dry-run").event("plan")
    assert [step["lost_unused"] for step in plan["steps"] if step.get("lost_key")] == [True] and "listed" not in plan


def test_another_key_than_the_listed_one(received, log, delivery, keys):
    """In slot 0, which is the part's identity; in slot 2 the profile makes one itself."""
    _, serial, listed = delivery
    keep(received, log, serial, [jwk(0, keys[0]), jwk(2, keys[1])])
    before = received.chip.read_bytes()
    error = received.json("provision", yaml_with(received, "required.yaml", "required"), "--arm", "profile", code=4).error
    assert error["reason"] == "not-listed" and error["slot"] == 0 and "delivery.json" in error["cause"]
    assert received.chip.read_bytes() == before
    plan = received.json("provision", yaml_with(received, "reported.yaml", "reported"), "--dry-run").event("plan")
    assert plan["listed"] == {"result": "other-key", "manifest": "delivery.json", "slot": 0}
    assert [step for step in plan["steps"] if "lost_unused" in step] == []


def test_signed_by_a_token(made, log, tmp_path, monkeypatch):
    """The same key in a token: PKCS#11."""
    station, serials = Station(tmp_path), made[1]
    shutil.copytree(made[0].state, station.state)
    configuration = station.write("softhsm2.conf", f"directories.tokendir = {tmp_path}/tokens\n")
    (tmp_path / "tokens").mkdir()
    monkeypatch.setenv("SOFTHSM2_CONF", str(configuration))
    openssl("pkcs8", "-topk8", "-nocrypt", "-in", log.key, "-out", tmp_path / "token.key")
    for command in (["--init-token", "--free", "--label", "log", "--so-pin", "0000", "--pin", "1234"],
                    ["--import", tmp_path / "token.key", "--token", "log", "--label", "signer", "--id", "01", "--pin", "1234"]):
        subprocess.run(["softhsm2-util", *map(str, command)], check=True, capture_output=True)
    station.write("state/pin", "1234\n").chmod(0o600)
    station.write("state/issuers.yaml", json.dumps({"imprint": 1, "issuers": [
        {"name": "log", "kind": "pkcs11", "certificate": "log.pem", "module": str(SOFTHSM), "uri": "pkcs11:token=log;object=signer", "pin-file": "pin"}]}))
    elements = export(station, "token.json", "--rehearsal")[0]
    assert sorted(log.accepts(element)["uniqueId"].upper() for element in elements) == sorted(serials)
