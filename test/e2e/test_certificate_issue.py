# SPDX-License-Identifier: Apache-2.0
"""
Device certificates: issued after the key's proof, checked, kept in slots, as PSA data and in the record. openssl verifies
the chains; the 72 bytes that the chip must hold are computed here from the certificate, and found in the chip's file.
"""
import datetime
import hashlib
import json
import re
import os
import shutil
import subprocess

import pytest

from conftest import ROOT, openssl, raw_of, run_program

FLEX, BLANK, MATTER = (ROOT / "profiles" / f"{name}.yaml" for name in ("trust-flex-identity", "blank-identity", "trust-flex-matter"))
ARMED = ("--arm", "profile")
SPY = os.environ.get("IMPRINT_SPY", str(ROOT / "build" / "test" / "issuer" / "libpkcs11_spy.so"))
ISSUER, REFUSED, WRONG = 6, 1, 4


def make_ca(station, name, subject, days=36500, extensions=("keyUsage=critical,keyCertSign",)):
    key, certificate = station.state / f"{name}.key", station.state / f"{name}.pem"
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
    more = [item for extension in extensions for item in ("-addext", extension)]
    openssl("req", "-x509", "-new", "-key", key, "-subj", subject, "-days", days, *more, "-out", certificate)
    key.chmod(0o600)
    return certificate


def name_issuers(station, **certificates):
    entries = [{"name": name, "kind": "file", "certificate": f"{stem}.pem", "key": f"{stem}.key"}
               for name, stem in certificates.items()]
    (station.state / "issuers.yaml").write_text(json.dumps({"imprint": 1, "issuers": entries}))


@pytest.fixture
def line(station):
    """A station with the issuers that the ready profiles name."""
    station.state.mkdir()
    make_ca(station, "ca", "/O=Example/CN=Example Factory CA")
    name_issuers(station, factory="ca")
    return station


def shown(certificate, *what):
    return openssl("x509", "-in", certificate, "-noout", *what, "-nameopt", "RFC2253", "-dateopt", "iso_8601")


def der_of_pem(path):
    body = path.read_text().split("-----BEGIN CERTIFICATE-----")[1].split("-----END")[0]
    import base64
    return base64.b64decode("".join(body.split()))


def compressed(certificate, template=0):
    """The 72 bytes of DS20006367A for a certificate: by hand, from what openssl shows and the signature at its end."""
    der = der_of_pem(certificate)
    dates = dict(item.split("=", 1) for item in shown(certificate, "-dates").split("\n") if "=" in item)
    first, last = (datetime.datetime.strptime(dates[name], "%Y-%m-%d %H:%M:%SZ") for name in ("notBefore", "notAfter"))
    years = 0 if last.year == 9999 else last.year - first.year
    year = first.year - 2000
    assert first.minute == first.second == 0
    version = 1 if year > 31 or years > 31 else 0
    packed = (year & 31) << 19 | first.month << 15 | first.day << 10 | first.hour << 5 | years & 31
    last_byte = (year & 0x60) << 1 | (years & 0x60) >> 1
    # The end of the certificate: BIT STRING, its length, no unused bits, SEQUENCE { r, s }.
    at = der.rindex(b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02") + 10
    assert der[at] == 3 and der[at + 2] == 0
    return raw_of(der[at + 3:]) + packed.to_bytes(3, "big") + b"\xff\xff" + bytes([template, 0xa0 | version, last_byte])


def public_of(certificate):
    return bytes.fromhex("".join(openssl("x509", "-in", certificate, "-noout", "-text").split("pub:")[1].split("ASN1")[0].split()).replace(":", ""))


def padded(point):
    return bytes(4) + point[1:33] + bytes(4) + point[33:]


def find(station, name):
    return station.device / f"{name}.crt"


def test_trust_flex(line):
    line.new("trust-flex")
    planned = line.json("provision", FLEX, "--dry-run").event("plan")
    assert [(step["action"], step["forever"]) for step in planned["steps"] if "certificate" in step["action"]] == \
        [("get-certificate", True), ("prove-certificate", False)]
    assert not (line.state / "devices").exists(), "a dry run issues nothing"
    done = line.json("provision", FLEX, *ARMED).event("provisioned")
    told = done["certificates"][0]
    certificate = find(line, "client")
    assert "client.crt: OK" in openssl("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", line.state / "ca.pem", certificate)
    assert told["subject"] == f"O=Example,CN=sn{done['serial'].lower()}" and told["file"] == "client.crt"
    assert f"subject=CN=sn{done['serial'].lower()},O=Example" in shown(certificate, "-subject")
    assert told["serial_number"] in shown(certificate, "-serial")
    assert public_of(certificate).hex().upper() == done["keys"][0]["public_key"]
    assert bytes.fromhex(told["certificate"]) == der_of_pem(certificate)
    assert certificate.read_text().count("BEGIN CERTIFICATE") == 2, "with its issuer's"
    held = line.chip.read_bytes()
    assert compressed(certificate) in held and padded(public_of(line.state / "ca.pem")) in held
    assert any(der_of_pem(certificate) in path.read_bytes() for path in line.psa.iterdir()), "whole, as PSA data"
    assert line.record["certificates"] == done["certificates"]


def test_again_issues_and_writes_nothing(line):
    line.new("trust-flex")
    line.run("provision", FLEX, *ARMED)
    (line.state / "ca.key").unlink()
    before = line.snapshot()
    done = line.json("provision", FLEX).event("provisioned")
    assert done["changes"] == 0 and len(done["certificates"]) == 1
    assert line.snapshot() == before


def test_an_issuer_for_rehearsals_is_told(line):
    """Also by the run that confirms, which opens no issuer."""
    line.new("trust-flex")
    assert line.run("ca", "new").code == 0
    profile = replaced(line, FLEX, ("issuer: factory", "issuer: rehearsal"))
    (line.state / "issuers.yaml").unlink()
    issuers = (line.state / "ca" / "signer.pem", line.state / "ca" / "signer.key")
    (line.state / "issuers.yaml").write_text(json.dumps({"imprint": 1, "issuers": [
        {"name": "rehearsal", "kind": "file", "certificate": str(issuers[0]), "key": str(issuers[1])}]}))
    assert line.json("provision", profile, *ARMED).event("provisioned")["rehearsal"] == ["virtual-chip", "test-root"]
    assert line.json("provision", profile).event("provisioned")["rehearsal"] == ["virtual-chip", "test-root"]


def test_blank_part(line):
    line.new("blank")
    said = line.run("provision", BLANK, *ARMED).out
    held = line.chip.read_bytes()
    for name in ("client", "identity"):
        assert "OK" in openssl("verify", "-x509_strict", "-CAfile", line.state / "ca.pem", find(line, name))
        assert compressed(find(line, name)) in held, name
        assert f"certificate {name}: " in said
    assert padded(public_of(line.state / "ca.pem")) in held
    assert "9999-12-31 23:59:59Z" in shown(find(line, "identity"), "-enddate")
    serial = bytes.fromhex(line.record["serial"])
    assert b"\x06\x09\x2b\x06\x01\x04\x01\x81\xfd\x59\x01\x04\x09" + serial in der_of_pem(find(line, "identity"))
    assert line.run("provision", BLANK).out.startswith("nothing to do")


def make_pai(line, vendor):
    """Of a test vendor; openssl takes attributes that it does not know from a configuration alone."""
    config = line.write("pai.cnf", "oid_section = oids\n[req]\nprompt = no\nstring_mask = utf8only\ndistinguished_name = dn\nx509_extensions = ca\n"
                        f"[oids]\nvid = 1.3.6.1.4.1.37244.2.1\n[dn]\nCN = Matter PAI\nvid = {vendor}\n"
                        "[ca]\nbasicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign\nsubjectKeyIdentifier = hash\n")
    key = line.state / "pai.key"
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
    openssl("req", "-x509", "-new", "-key", key, "-config", config, "-days", 3000, "-out", line.state / "pai.pem")
    key.chmod(0o600)
    name_issuers(line, pai="pai")


def test_matter(line):
    line.new("trust-flex")
    make_pai(line, "FFF2")
    error = line.json("provision", MATTER, *ARMED, code=2).error
    assert error["subject"] == "vendor-id" and "vendor id" in error["cause"]
    make_pai(line, "FFF1")
    line.run("provision", MATTER, *ARMED)
    dac = find(line, "attestation")
    assert "OK" in openssl("verify", "-x509_strict", "-CAfile", line.state / "pai.pem", dac)
    der = der_of_pem(dac)
    for number, value in ((1, b"FFF1"), (2, b"8000")):
        assert b"\x06\x0a\x2b\x06\x01\x04\x01\x82\xa2\x7c\x02" + bytes([number]) + b"\x0c\x04" + value in der
    assert len(der) <= 600
    assert any(der in path.read_bytes() for path in line.psa.iterdir())


def test_power_cut_at_every_write(line):
    """Each write of the chip fails once: the same certificate in the end, and nothing is issued twice."""
    line.new("trust-flex")
    shutil.copy(line.chip, line.folder / "delivered")
    cuts = 0
    for group in range(1, 200):
        for before in ("devices", "ledger"):  # another station: this one would know that the device had another key
            shutil.rmtree(line.state / before, ignore_errors=True)
        shutil.copy(line.folder / "delivered", line.chip)
        broken = line.json("--fault", f"cut@{group}", "provision", FLEX, *ARMED, code={0, 1, 3, 130})
        if broken.code == 0:
            break
        issued = find(line, "client").read_bytes() if (line.state / "devices").exists() and find(line, "client").exists() else None
        done = line.json("provision", FLEX, *ARMED).event("provisioned")
        assert issued in (None, find(line, "client").read_bytes()), group
        assert compressed(find(line, "client")) in line.chip.read_bytes(), group
        cuts += issued is not None
        if group > 1 and cuts == 0 and done["changes"] == 0:
            pytest.fail("the cut came after the end")
    assert cuts > 5, "the certificate's own writes were cut"


def test_request_that_got_no_answer_is_asked_again(line):
    """The certificate is lost before it was kept, the request was kept: the same is asked for, hours later too."""
    line.new("trust-flex")
    (line.state / "ca.key").rename(line.state / "ca.away")
    line.run("provision", FLEX, *ARMED, code={ISSUER, 2})
    (line.state / "ca.away").rename(line.state / "ca.key")
    assert not (line.device / "client.tbs").exists(), "an issuer that does not open is asked for nothing"
    shutil.copytree(line.state, line.folder / "before")
    line.run("provision", FLEX, *ARMED)
    request, signed = (line.device / "client.tbs").read_bytes(), der_of_pem(find(line, "client"))
    shutil.rmtree(line.state)
    shutil.copytree(line.folder / "before", line.state)
    (line.device / "client.tbs").write_bytes(request)
    line.run("provision", FLEX, *ARMED)
    again = der_of_pem(find(line, "client"))
    assert (line.device / "client.tbs").read_bytes() == request and request in again and request in signed


def replaced(line, profile, *pairs):
    text = profile.read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return line.write("changed.yaml", text)


def test_another_certificate_is_told_apart(line):
    """Of this key, and of another issuer: not issued over, not taken for ours."""
    line.new("trust-flex")
    line.run("provision", FLEX, *ARMED)
    ours = find(line, "client").read_bytes()
    changed = replaced(line, FLEX, ("  mark: 8", "  #"), ("O=Example,CN=sn", "O=Other,CN=sn"))
    error = line.json("provision", changed, *ARMED, code=WRONG).error
    assert error["reason"] == "certificate-differs" and "its subject is another" in error["cause"]
    assert error["subject"].endswith("client.crt")
    make_ca(line, "other", "/O=Example/CN=Example Factory CA")
    find(line, "client").write_text(ours.decode().split("-----END CERTIFICATE-----\n")[0] + "-----END CERTIFICATE-----\n" +
                                    (line.state / "other.pem").read_text())
    error = line.json("provision", FLEX, *ARMED, code=WRONG).error
    assert error["reason"] == "certificate-differs" and "extensions" in error["cause"], "the issuer's key id is another"
    assert find(line, "client").read_bytes() != ours


def test_another_issuer_is_told_apart(line):
    """The profile names another one than has issued what the device holds: nothing is called by the wrong name."""
    line.new("trust-flex")
    line.run("provision", FLEX, *ARMED)
    make_ca(line, "other", "/O=Example/CN=Other CA")
    name_issuers(line, factory="ca", other="other")
    changed = replaced(line, FLEX, ("  mark: 8", "  #"), ("issuer: factory", "issuer: other"))
    before = line.snapshot()
    error = line.json("provision", changed, *ARMED, code=WRONG).error
    assert error["reason"] == "certificate-differs" and "by the issuer factory, and the profile names other" in error["cause"], error
    assert line.snapshot() == before


def test_slots_of_somebody_else(line):
    line.new("trust-flex")
    kept = replaced(line, FLEX, ("    replace: unclaimed          # the maker's certificate\n", ""))
    before = line.snapshot()
    error = line.json("provision", kept, *ARMED, code=WRONG).error
    assert error["reason"] == "slot-filled" and error["slot"] == 10 and "replace: unclaimed" in error["next"]
    assert line.snapshot() == before
    error = line.json("provision", FLEX, code=REFUSED).error
    assert error["reason"] == "not-armed"


def dated_ca(line, name, first, last, ca="TRUE"):
    """A CA's key and certificate with these dates, for the issuer `factory`. Not every openssl takes dates with `x509`."""
    key, request, config = (line.state / f"{name}.{ending}" for ending in ("key", "csr", "cnf"))
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-subj", f"/CN={name}", "-out", request)
    key.chmod(0o600)
    (line.state / "index").write_text("")
    config.write_text(f"[ca]\ndefault_ca=d\n[d]\ndatabase={line.state}/index\nnew_certs_dir={line.state}\nrand_serial=yes\ndefault_md=sha256\n"
                      f"policy=p\nx509_extensions=x\n[p]\nCN=supplied\n[x]\nbasicConstraints=critical,CA:{ca}\nsubjectKeyIdentifier=hash\n")
    openssl("ca", "-batch", "-selfsign", "-config", config, "-keyfile", key, "-in", request, "-startdate", first, "-enddate", last, "-notext",
            "-out", line.state / f"{name}.pem")
    name_issuers(line, factory=name)


@pytest.mark.parametrize("spoil, reason, word", [
    (lambda line: dated_ca(line, "ended", "20200101000000Z", "20210101000000Z"), "issuer-invalid", "certificate ended at 2021-01-01"),
    (lambda line: dated_ca(line, "young", "20990101000000Z", "21990101000000Z"), "issuer-invalid", "certificate begins at 2099-01-01"),
    (lambda line: dated_ca(line, "leaf", "20200101000000Z", "21990101000000Z", ca="FALSE"), "issuer-invalid", "certificate authority"),
    (lambda line: (line.state / "issuers.yaml").unlink(), "issuer-invalid", "issuers.yaml"),
    (lambda line: name_issuers(line, other="ca"), "issuer-invalid", "factory"),
    (lambda line: (make_ca(line, "late", "/CN=late", days=3000), name_issuers(line, factory="late")), "issuer-invalid", "after its issuer's"),
    (lambda line: openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", line.state / "ca.key"), "issuer-invalid", "ca.key"),
], ids=["expired", "not-yet", "not-a-ca", "no-file", "no-such-issuer", "outlived", "another-key"])
def test_issuer_trouble(line, spoil, reason, word):
    """Found before anything is written, and the same command goes on when the issuer is there."""
    line.new("trust-flex")
    good = {path.name: path.read_bytes() for path in line.state.iterdir() if path.is_file() and path != line.chip}
    spoil(line)
    before = line.snapshot()
    broken = line.json("provision", FLEX, *ARMED, code=None)
    assert broken.code in (ISSUER, 2), broken
    said = json.dumps(broken.error)
    assert word in said, said
    if broken.code == ISSUER:
        assert broken.error["reason"] == reason
    assert line.snapshot() == before
    for name, content in good.items():
        (line.state / name).write_bytes(content)
    assert len(line.json("provision", FLEX, *ARMED).event("provisioned")["certificates"]) == 1


def make_token(line, monkeypatch, pin):
    """A token with the key of the identity's issuer, and a PIN file; returns an entry of the issuers file without its name."""
    (line.folder / "tokens").mkdir()
    (line.folder / "softhsm2.conf").write_text(f"directories.tokendir = {line.folder}/tokens\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(line.folder / "softhsm2.conf"))
    openssl("pkcs8", "-topk8", "-nocrypt", "-in", line.state / "ca.key", "-out", line.state / "ca.p8")
    for command in (["--init-token", "--free", "--label", "line", "--pin", "1234", "--so-pin", "5678"],
                    ["--import", line.state / "ca.p8", "--token", "line", "--label", "ca", "--id", "01", "--pin", "1234"]):
        subprocess.run(["softhsm2-util", *map(str, command)], check=True, capture_output=True)
    (line.state / "pin").write_text(pin + "\n")
    (line.state / "pin").chmod(0o600)
    return {"kind": "pkcs11", "certificate": "ca.pem", "module": SPY, "uri": "pkcs11:token=line;object=ca", "pin-file": "pin"}


@pytest.mark.parametrize("code, said", [("0x32", "removed"), ("0x6", "busy")])
def test_a_token_that_fails_in_mid_run(line, code, said, monkeypatch):
    """It answers when it is opened and not when it is to sign (CKR_DEVICE_REMOVED, CKR_FUNCTION_FAILED): the next run goes on."""
    line.new("trust-flex")
    token = make_token(line, monkeypatch, "1234")
    (line.state / "issuers.yaml").write_text(json.dumps({"imprint": 1, "issuers": [{"name": "factory", **token}]}))
    makers = line.json("certificate", "show").objects
    broken = line.json("provision", FLEX, *ARMED, code=ISSUER, env={"PKCS11_SPY_SIGNS": "1", "PKCS11_SPY_THEN": code})
    error = broken.error
    assert error["reason"] == "issuer-away" and "does not sign" in error["cause"] and error["key_id"] == 16, said
    assert f"imprint issuers --state {line.state} factory" in error["next"]
    assert line.json("certificate", "show").objects == makers and not find(line, "client").exists()
    request = (line.device / "client.tbs").read_bytes()
    again = line.json("provision", FLEX, *ARMED).event("provisioned")
    assert again["keys"][0]["created"] is False and request in der_of_pem(find(line, "client"))


# --- serial numbers and time ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("valid, tag, end", [("2049-12-31", "UTCTIME", "491231235959Z"), ("2050-01-01", "GENERALIZEDTIME", "20500101235959Z"),
                                             ("never", "GENERALIZEDTIME", "99991231235959Z")])
def test_serial_number_and_times(line, valid, tag, end):
    """16 bytes that begin with the bits 01: positive, and never more than 20 bytes. UTCTime to 2049 (RFC 5280, 4.1.2)."""
    line.new("trust-flex")
    line.run("provision", replaced(line, FLEX, ("valid: 20 ", f"valid: {valid}\n    outlives-issuer: true "), ("    slot: 10\n    signer-key-slot: 11\n"
             "    replace: unclaimed          # the maker's certificate\n", "")), *ARMED)
    parsed = openssl("asn1parse", "-in", find(line, "client"))
    serial = bytes.fromhex(re.search(r"INTEGER +:([0-9A-F]{3,})", parsed).group(1))
    times = re.findall(r"(UTCTIME|GENERALIZEDTIME) +:(\w+)", parsed)
    assert len(serial) == 16 and serial[0] >> 6 == 1
    assert times[0][0] == "UTCTIME" and times[0][1].endswith("0000Z") and times[1] == (tag, end)


def test_what_outlives_its_issuer_needs_a_word(line):
    line.new("trust-flex")
    make_ca(line, "late", "/CN=late", days=3000)
    name_issuers(line, factory="late")
    without = replaced(line, FLEX, ("valid: 20 ", "valid: never "))
    before = line.snapshot()
    error = line.json("provision", without, *ARMED, code=ISSUER).error
    assert "after its issuer's" in error["cause"] and "outlives-issuer: true" in error["next"] and line.snapshot() == before
    line.run("provision", replaced(line, FLEX, ("valid: 20 ", "valid: never\n    outlives-issuer: true ")), *ARMED)
    assert "9999-12-31 23:59:59Z" in shown(find(line, "client"), "-enddate")


def test_compiles_for_a_board(line):
    assert "certificate_count = 1" in run_program("compile", "--c", FLEX).out


# Kind by kind, on a TrustFLEX and on a blank part: profile, part, certificate.
READY = {"client, TrustFLEX": ("trust-flex-identity", "trust-flex", "client"), "client, blank": ("blank-identity", "blank", "client"),
         "IDevID, TrustFLEX": ("trust-flex-idevid", "trust-flex", "identity"), "IDevID, blank": ("blank-identity", "blank", "identity"),
         "client, Trust&GO": ("trust-and-go-client", "trust-and-go", "board"),
         "DAC, TrustFLEX": ("trust-flex-matter", "trust-flex", "attestation"), "DAC, blank": ("blank-matter", "blank", "attestation")}


def test_the_ready_profiles_are_listed():
    page = (ROOT / "docs/guide/identity.md").read_text()
    assert all(f"`{profile}`" in page for profile, _, _ in READY.values())
    with_certificates = {path.stem for path in (ROOT / "profiles").glob("*.yaml") if "\ncertificates:" in path.read_text()}
    assert with_certificates == {profile for profile, _, _ in READY.values()}


@pytest.mark.parametrize("case", READY)
def test_a_ready_profile(line, case):
    """OpenSSL and GnuTLS verify what it gives; the chip's 72 bytes are those of the certificate."""
    profile, part, name = READY[case]
    if name == "attestation":
        make_pai(line, "FFF1")
    root = line.state / ("pai.pem" if name == "attestation" else "ca.pem")
    line.new(part)
    (told,) = [one for one in line.json("provision", ROOT / "profiles" / f"{profile}.yaml", *ARMED).event("provisioned")["certificates"]
               if one["name"] == name]
    certificate = find(line, name)
    assert "OK" in openssl("verify", "-x509_strict", "-CAfile", root, certificate)
    judged = subprocess.run(["certtool", "--verify", "--load-ca-certificate", root, "--infile", certificate], capture_output=True, text=True)
    assert judged.returncode == 0 and "Chain verification output: Verified." in judged.stdout, judged
    assert told["kind"] == {"client": "tls-client", "board": "tls-client", "identity": "idevid", "attestation": "matter-dac"}[name]
    if "slot" in told:
        assert compressed(certificate) in line.chip.read_bytes()
    assert ("slot" in told) == (profile not in ("trust-flex-matter", "trust-and-go-client"))

def by_signer(line, profile=FLEX, *pairs):
    """The profile with an issuer of `ca new`, whose certificate a chip can keep, and that in slot 12."""
    if not (line.state / "ca").exists():
        (line.state / "issuers.yaml").unlink()
        assert line.run("ca", "new").code == 0
    return replaced(line, profile, ("issuer: factory", "issuer: rehearsal"), ("signer-key-slot: 11", "signer-key-slot: 11\n    signer-slot: 12"), *pairs)


def signer_of(line):
    """The first certificate of the issuer's file, alone."""
    return line.write("signer.pem", (line.state / "ca/signer.pem").read_text().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n")


@pytest.mark.parametrize("part, profile", [("trust-flex", FLEX), ("blank", BLANK)], ids=["trust-flex", "blank"])
def test_the_signers_certificate_in_its_slot(line, part, profile):
    """In 72 bytes, as DS20006367A has them: template 1; its serial number is the hash that they stand for."""
    line.new(part)
    changed = by_signer(line, profile)
    done = line.json("provision", changed, *ARMED).event("provisioned")
    signer = signer_of(line)
    held = line.chip.read_bytes()
    assert compressed(signer, template=0x10) in held and padded(public_of(signer)) in held and compressed(find(line, "client")) in held
    packed = compressed(signer)[64:67]
    digest = bytearray(hashlib.sha256(public_of(signer)[1:] + packed).digest()[:16])
    digest[0] = digest[0] & 0x7f | 0x40
    assert bytes(digest).hex().upper() in shown(signer, "-serial")
    assert [one["signer_slot"] for one in done["certificates"] if "signer_slot" in one] == [12]
    line.write("chain.pem", (line.state / "ca/signer.pem").read_text())
    assert "OK" in openssl("verify", "-x509_strict", "-CAfile", line.state / "ca/root.pem", "-untrusted", signer, find(line, "client"))
    before = line.snapshot()
    assert line.json("provision", changed).event("provisioned")["changes"] == 0 and line.snapshot() == before


def test_a_signer_that_72_bytes_cannot_carry(line):
    """Made by openssl: neither full hours nor whole years nor that serial number. Told while the plan is made."""
    line.new("trust-flex")
    changed = replaced(line, FLEX, ("signer-key-slot: 11", "signer-key-slot: 11\n    signer-slot: 12"))
    before = line.snapshot()
    failed = line.json("provision", changed, *ARMED, code=ISSUER).error
    assert failed["reason"] == "issuer-invalid" and "72 bytes" in failed["cause"] and "signer-slot" in failed["next"]
    assert line.snapshot() == before
    assert line.json("provision", changed, "--dry-run", code=ISSUER).error["cause"] == failed["cause"]


ROOTS = {"P-384": ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"), "RSA": ("-newkey", "rsa:2048")}


@pytest.mark.parametrize("kind", ROOTS)
def test_a_root_with_another_key(line, kind):
    """The issuer is on P-256, as it must be; who signed it may have any key. 72 bytes cannot carry its certificate, which is named."""
    root, request = line.state / "root.pem", line.state / "ca.csr"
    openssl("req", "-x509", *ROOTS[kind], "-nodes", "-keyout", line.state / "root.key", "-subj", "/CN=Root", "-days", 36500, "-out", root,
            "-addext", "keyUsage=critical,keyCertSign")
    openssl("req", "-new", "-key", line.state / "ca.key", "-subj", "/CN=Signer", "-out", request)
    (line.state / "ca.ext").write_text("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n"
                                       "authorityKeyIdentifier=keyid\n")
    openssl("x509", "-req", "-in", request, "-CA", root, "-CAkey", line.state / "root.key", "-CAcreateserial", "-days", 36400, "-extfile",
            line.state / "ca.ext", "-out", line.state / "signer.pem")
    (line.state / "ca.pem").write_text((line.state / "signer.pem").read_text() + root.read_text())
    line.new("trust-flex")
    carried = replaced(line, FLEX, ("signer-key-slot: 11", "signer-key-slot: 11\n    signer-slot: 12"))
    before = line.snapshot()
    failed = line.json("provision", carried, *ARMED, code=ISSUER).error
    assert "not itself signed by ECDSA on P-256" in failed["cause"] and "signer-slot" in failed["next"]
    assert line.snapshot() == before, "told while the plan is made"
    line.run("provision", FLEX, *ARMED)
    certificate = find(line, "client")
    assert "OK" in openssl("verify", "-x509_strict", "-CAfile", root, "-untrusted", line.state / "signer.pem", certificate)
    judged = subprocess.run(["certtool", "--verify", "--load-ca-certificate", root, "--infile", certificate], capture_output=True, text=True)
    assert judged.returncode == 0 and "Verified." in judged.stdout, judged
    assert compressed(certificate) in line.chip.read_bytes()
    assert certificate.read_text().count("BEGIN CERTIFICATE") == 3
    assert line.run("provision", FLEX).out.startswith("nothing to do")
