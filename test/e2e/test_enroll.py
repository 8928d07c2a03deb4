# SPDX-License-Identifier: Apache-2.0
"""
Certificates from somebody else's issuer, an EST server that answers well or badly as its label says
(test/issuer/est_server.py). Whatever goes wrong: nothing of a certificate is written, the exit code is 6, the message says
what to do, and the same request is sent again, so that one device gets one certificate.
"""
import base64
import hashlib
import json
import os
import shutil
import signal
import subprocess
import time

import pytest

import est as est_server
from conftest import ANY_ECDSA, NO_CONTENT, PATIENCE, PROGRAM, openssl, wait_until
from signer_office import Signer, make_files, order, rules
from test_certificate_issue import ARMED, FLEX, ISSUER, compressed, der_of_pem, replaced, shown
from test_use_rules import limited_608, new_part, uses_left
from tls_servers import Authority, free_port, started

pytest_plugins = ["est"]

SLOTS = "    slot: 10\n    signer-key-slot: 11\n    replace: unclaimed          # the maker's certificate\n"
CA_BYTES = 0o600


@pytest.fixture
def line(station, est):
    """A TrustFLEX part, and a profile whose certificate is kept whole, by the issuer `est`."""
    station.new("trust-flex")
    station.profile = replaced(station, FLEX, ("issuer: factory", "issuer: est"), (SLOTS, ""))
    name(station, est, "device")
    return station


def name(line, est, label, **more):
    (line.state / "issuers.yaml").write_text(json.dumps({"imprint": 1, "issuers": [est_server.entry(est, label=label, **more)]}))


def file(line, ending):
    return line.device / f"client.{ending}"


def stored(line):
    """What the key store holds."""
    return {path.name: path.read_bytes() for path in line.psa.iterdir() if path.name not in NO_CONTENT}


def issued_for(est, request):
    """How often the server has signed this request."""
    log = est[0] / "issued"
    return (log.read_text() if log.exists() else "").split().count(hashlib.sha256(request).hexdigest())


def expect_no_certificate(line):
    assert not file(line, "crt").exists()
    assert 0x1001 not in line.keys()


def expect_certificate(line, est):
    """openssl and the server's own log judge it."""
    request, certificate = file(line, "p10").read_bytes(), file(line, "crt")
    (line.folder / "ca.pem").write_bytes((est[0] / "chain.pem").read_bytes())
    assert "OK" in openssl("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", line.folder / "ca.pem", certificate)
    assert issued_for(est, request) == 1
    assert any(der_of_pem(certificate) in path.read_bytes() for path in line.psa.iterdir()), "whole, as PSA data"
    assert line.record["certificates"][0]["certificate"] == der_of_pem(certificate).hex().upper()
    return certificate


def test_enrolled(line, est):
    planned = line.json("provision", line.profile, "--dry-run").event("plan")
    assert "get-certificate" in [step["action"] for step in planned["steps"]]
    done = line.json("provision", line.profile, *ARMED).event("provisioned")
    certificate = expect_certificate(line, est)
    assert done["certificates"][0]["issuer"] == "est" and done["certificates"][0]["file"] == "client.crt"
    assert certificate.read_text().count("BEGIN CERTIFICATE") == 3, "with the issuer's and its root"
    assert f"subject=CN=sn{done['serial'].lower()},O=Example" in shown(certificate, "-subject")
    request = file(line, "p10").read_bytes()
    asked = openssl("req", "-inform", "DER", "-noout", "-text", "-verify", stdin=request)
    for part in ("verify OK", "CA:FALSE", "Digital Signature", "TLS Web Client Authentication", "X509v3 Subject Key Identifier"):
        assert part in asked, asked
    assert "Authority Key" not in asked, "that is for the issuer to write"
    sent = (est[0] / "last-request").read_bytes()
    assert base64.b64decode(sent.split(b"\r\n\r\n")[-1].split(b"\n\n")[-1]) == request


def test_again_asks_nobody(line, est):
    line.run("provision", line.profile, *ARMED)
    request = file(line, "p10").read_bytes()
    (line.state / "issuers.yaml").unlink()
    before = line.snapshot()
    done = line.json("provision", line.profile).event("provisioned")
    assert done["changes"] == 0 and len(done["certificates"]) == 1
    assert line.snapshot() == before and issued_for(est, request) == 1


# --- what is found before anything is written ----------------------------------------------------------------------------

UNWRITTEN = {
    "wrong-anchor": (dict(change={"server-ca": "root.pem"}), "issuer-invalid", "is not vouched for"),
    "other-host": (dict(url="localhost"), "issuer-invalid", "is for another host"),
    "nobody-listens": (dict(url="127.0.0.1:1"), "issuer-away", "no server is listening there"),
    "no-such-name": (dict(url="nobody.invalid"), "issuer-away", "cannot be resolved"),
    "stranger": (dict(change={"client-certificate": "stranger.pem", "client-key": "stranger.key"}), None, "may not accept this station's client certificate"),
    "mixed-client": (dict(change={"client-key": "stranger.key"}), "issuer-invalid", "cannot be used together"),
    "ca-401": (dict(label="ca-unauthorized"), "issuer-login", "HTTP 401"),
    "ca-500": (dict(label="ca-fault"), "issuer-away", "HTTP 500"),
    "ca-redirect": (dict(label="ca-redirect"), "issuer-invalid", "sends us elsewhere"),
    "not-a-ca": (dict(label="ca-is-none"), "issuer-invalid", "not a certificate authority's"),
    "p384": (dict(label="ca-p384"), "issuer-invalid", "P-256"),
    "rsa": (dict(label="attrs-rsa"), "issuer-invalid", "keys of another type"),
}


@pytest.mark.parametrize("how, reason, cause", UNWRITTEN.values(), ids=UNWRITTEN)
def test_found_before_anything_is_written(line, est, how, reason, cause):
    more = {key: str(est[0] / value) for key, value in how.get("change", {}).items()}
    if "url" in how:
        port = est[1].rsplit(":", 1)[1]
        more["url"] = f"https://{how['url']}" + ("" if ":" in how["url"] else f":{port}")
    name(line, est, how.get("label", "device"), **more)
    before = line.snapshot()
    error = line.json("provision", line.profile, *ARMED, code=ISSUER).error
    assert (reason is None or error["reason"] == reason) and cause in error["cause"], error
    assert error["reason"].startswith("issuer-") and error["doing"] in ("ask the issuer", "check the issuer's certificate"), error
    assert error["next"].endswith(f"try the issuer with: imprint issuers --state {line.state} est"), error
    assert line.snapshot() == before


# --- what goes wrong after the request was sent ----------------------------------------------------------------------------

REFUSED = {
    "unauthorized": ("issuer-login", "HTTP 401"),
    "forbidden": ("issuer-refused", "the order is full"),
    "fault": ("issuer-away", "HTTP 500"),
    "redirect-host": ("issuer-invalid", "sends us elsewhere"),
    "cut": ("issuer-away", "the connection broke before the answer was complete"),
    "nothing": ("issuer-away", "the connection broke"),
    "other-key": ("issuer-answer", "for another key"),
    "other-subject": ("issuer-answer", "another subject"),
    "san": ("issuer-answer", "an extension that was not asked for: 2.5.29.17"),
    "other-ca": ("issuer-answer", "not signed by the issuer"),
    "expired": ("issuer-answer", "has expired already"),
    "serial-negative": ("issuer-answer", "serial number"),
    "device-short": ("issuer-answer", "its validity is another"),
    "device-long": ("issuer-answer", "its validity is another"),
    "device-v1": ("issuer-answer", "X.509 version 3"),
    "device-bare": ("issuer-answer", "basicConstraints is missing or another"),
    "device-usage": ("issuer-answer", "extKeyUsage is missing or another"),
    "device-ending": ("issuer-answer", "ends after its issuer's"),
    "device-long-winded": ("issuer-answer", "too long"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory, est):
    """A device that has its key, and a request that the issuer has refused: where each of the next tests begins."""
    from conftest import Station
    station = Station(tmp_path_factory.mktemp("made"))
    station.new("trust-flex")
    station.profile = replaced(station, FLEX, ("issuer: factory", "issuer: est"), (SLOTS, ""))
    name(station, est, "unauthorized")
    station.json("provision", station.profile, *ARMED, code=ISSUER)
    return station


@pytest.fixture
def waiting(made, station):
    """A copy of it."""
    shutil.copytree(made.folder, station.folder, dirs_exist_ok=True)
    station.profile = station.folder / "changed.yaml"
    return station


@pytest.mark.parametrize("label", REFUSED)
def test_refused(waiting, est, label):
    """The chip is as it was, and the next run sends the same bytes."""
    line, (reason, cause) = waiting, REFUSED[label]
    chip, request, held = line.chip.read_bytes(), file(line, "p10").read_bytes(), stored(line)
    name(line, est, label)
    error = line.json("provision", line.profile, *ARMED, code=ISSUER).error
    assert error["reason"] == reason and cause in error["cause"], error
    assert error["key_id"] == 16 and error["subject"] == "est", error
    assert f"imprint issuers --state {line.state} est" in error["next"], error
    assert line.chip.read_bytes() == chip and not file(line, "crt").exists()
    assert stored(line) == held
    assert file(line, "p10").read_bytes() == request


def test_the_same_bytes_after_all_of_them(waiting, est):
    line, request = waiting, file(waiting, "p10").read_bytes()
    name(line, est, "device")
    done = line.json("provision", line.profile, *ARMED)
    assert [item for item in done.objects if item["event"] == "step"][0]["action"] == "get-certificate"
    assert file(line, "p10").read_bytes() == request
    assert done.event("provisioned")["keys"][0]["created"] is False


def test_what_the_issuer_wants_is_said(waiting, est):
    name(waiting, est, "device-wishes")
    error = waiting.json("provision", waiting.profile, *ARMED, code=ISSUER).error
    assert error["reason"] == "issuer-refused" and "no challengePassword" in error["cause"]
    assert "does not put there: 1.2.840.113549.1.9.7" in error["next"]


@pytest.mark.parametrize("label", ["device-365", "device-extra", "attrs-extensions"])
def test_what_an_issuer_may_choose(line, est, label):
    """Years of 365 days; where to ask about the certificate; that it wants extensions in requests, which it gets."""
    name(line, est, label)
    line.run("provision", line.profile, *ARMED)
    assert file(line, "crt").exists()


# --- later -------------------------------------------------------------------------------------------------------------


def test_a_moment_is_waited(line, est):
    name(line, est, "device-moment")
    done = line.json("provision", line.profile, *ARMED)
    assert done.event("waiting") == {"event": "waiting", "issuer": "est", "seconds": 1}
    assert done.event("provisioned")["certificates"][0]["name"] == "client"
    expect_certificate(line, est)


def test_later(line, est):
    """The run ends; the same command, hours later, sends the same bytes and gets the certificate."""
    name(line, est, "device-hour")
    error = line.json("provision", line.profile, *ARMED, code=ISSUER).error
    assert error["reason"] == "issuer-later" and "come back in 3600 s" in error["cause"]
    assert error["next"].startswith("run the same command again in 3600 s") and \
        error["next"].endswith(f"imprint provision --state {line.state} {line.profile} --arm profile"), error["next"]
    request = file(line, "p10").read_bytes()
    expect_no_certificate(line)
    done = line.json("provision", line.profile, *ARMED).event("provisioned")
    assert done["keys"][0]["created"] is False
    assert file(line, "p10").read_bytes() == request
    expect_certificate(line, est)


def test_a_signal_ends_the_waiting(line, est):
    name(line, est, "device-minute")
    run = subprocess.Popen([PROGRAM, "--state", line.state, "--json", "provision", line.profile, *ARMED], stdout=subprocess.PIPE)
    for said in run.stdout:
        if json.loads(said)["event"] == "waiting":
            run.send_signal(signal.SIGINT)
    assert run.wait(timeout=PATIENCE) == 130
    expect_no_certificate(line)
    line.run("provision", line.profile, *ARMED)
    expect_certificate(line, est)


# --- the answer is lost ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("label", ["device-lost", "device-cut"])
def test_lost_after_the_server_has_signed(line, est, label):
    """One certificate: the server knows the bytes that it has signed."""
    name(line, est, label)
    error = line.json("provision", line.profile, *ARMED, code=ISSUER).error
    assert error["reason"] == "issuer-away"
    request = file(line, "p10").read_bytes()
    assert issued_for(est, request) == 1
    expect_no_certificate(line)
    line.run("provision", line.profile, *ARMED)
    assert file(line, "p10").read_bytes() == request
    expect_certificate(line, est)


def test_killed_between_answer_and_writing(line, est):
    """The server holds its answer until NAME.crt is a pipe that nobody reads: there the program is killed."""
    name(line, est, "device-held")
    folder = est[0]
    run = subprocess.Popen([PROGRAM, "--state", line.state, "provision", line.profile, *ARMED], stderr=subprocess.DEVNULL)
    wait_until(lambda: (folder / "held").exists())
    os.mkfifo(file(line, "crt"))
    chip = line.chip.read_bytes()
    (folder / "release").touch()
    wait_until(lambda: issued_for(est, file(line, "p10").read_bytes()) == 1)
    time.sleep(0.3)
    assert run.poll() is None
    run.send_signal(signal.SIGKILL)
    run.wait(timeout=PATIENCE)
    assert line.chip.read_bytes() == chip, "nothing is written before the certificate is kept"
    file(line, "crt").unlink()
    line.run("provision", line.profile, *ARMED)
    expect_certificate(line, est)


# --- the chip's slots, other certificates, counted keys, proxies ---------------------------------------------------------


def test_what_no_slot_can_hold_is_refused(line, est):
    """A foreign issuer's dates and serial number do not fit into 72 bytes: the maker's certificate stays where it is."""
    profile = replaced(line, FLEX, ("issuer: factory", "issuer: est"))
    makers = line.json("certificate", "show").objects
    error = line.json("provision", profile, *ARMED, code=ISSUER).error
    assert error["reason"] == "issuer-answer" and "72 bytes of a slot: validity: " in error["cause"] and "psa-id" in error["next"]
    assert line.json("certificate", "show").objects == makers
    expect_no_certificate(line)


def test_imprints_own_signer_fits_a_slot(station, tmp_path_factory):
    """`imprint signer serve` builds what the chip's 72 bytes give again; it sees one key and decides once."""
    folder = tmp_path_factory.mktemp("files")
    make_files(folder)
    office = Signer(tmp_path_factory.mktemp("office"), folder)
    office.start(rules(order(subject="O=Example,CN=sn{serial:lower}")))
    try:
        station.new("trust-flex")
        profile = replaced(station, FLEX, ("issuer: factory", "issuer: office"), ("valid: 20 ", "valid: 5 "))
        entry = {"name": "office", "kind": "est", "url": office.url, "label": "boards", "server-ca": str(folder / "net.pem"),
                 "client-certificate": str(folder / "line-1.pem"), "client-key": str(folder / "line-1.key")}
        (station.state / "issuers.yaml").write_text(json.dumps({"imprint": 1, "issuers": [entry]}))
        told = station.json("provision", profile, *ARMED).event("provisioned")["certificates"][0]
        assert told["slot"] == 10 and compressed(file(station, "crt")) in station.chip.read_bytes()
        office.verify(file(station, "crt").read_text().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n")
        station.run("provision", profile)
        assert [item["decision"] for item in office.status("--decisions")] == ["granted"]
    finally:
        office.stop()


def test_a_change_of_the_profile_is_another_request(waiting, est):
    """What the key has signed is sent only for the certificate that it is for."""
    request = file(waiting, "p10").read_bytes()
    name(waiting, est, "device")
    for old, new in (("O=Example", "O=Other"), ("kind: tls-client", "kind: extensions\n    extensions: [digital-signature, client-auth, hardware-module]\n"
                                                "    hardware-type: 1.3.6.1.4.1.32473.1")):
        changed = waiting.write("other.yaml", waiting.profile.read_text().replace("  mark: 8", "  #").replace(old, new))
        shutil.copytree(waiting.state, waiting.folder / "before", dirs_exist_ok=True)
        waiting.run("provision", changed, *ARMED)
        assert file(waiting, "p10").read_bytes() != request
        asked = openssl("req", "-inform", "DER", "-noout", "-text", "-in", file(waiting, "p10"))
        assert (new in shown(file(waiting, "crt"), "-subject")) or "othername" in asked.lower()
        shutil.rmtree(waiting.state)
        shutil.move(waiting.folder / "before", waiting.state)


def counted(station, est, issuer):
    """A part whose key counts its uses, and a profile that gets a certificate for it."""
    new_part(station, limited_608())
    name(station, est, "device")
    profile = {"imprint": 1, "name": "counted", "rehearsal": "allowed",
               "chip": {"parts": ["ATECC608A", "ATECC608B"], "configuration": "as-delivered"},
               "keys": [{"name": "counted", "id": 17, "method": "register", "slot": 2, **ANY_ECDSA}],
               "certificates": [{"name": "client", "key": "counted", "issuer": issuer, "kind": "tls-client",
                                 "subject": "O=Example,CN={serial}", "valid": 20, "psa-id": 4097}]}
    station.profile = station.write("counted.yaml", json.dumps(profile))
    return uses_left(station, 2)


def spent(station):
    return [(step["action"], step["uses_spent"]) for step in station.json("provision", station.profile, "--dry-run").event("plan")["steps"]
            if "uses_spent" in step]


def test_a_counted_key_signs_its_proof_and_its_request(station, est):
    uses = counted(station, est, "est")
    assert spent(station) == [("get-certificate", 2), ("prove-key", 0)]
    assert station.json("provision", station.profile, code=1).error["reason"] == "not-armed"
    done = station.json("provision", station.profile, *ARMED).event("provisioned")
    assert done["keys"][0]["proven"] and uses_left(station, 2) == uses - 2
    assert station.json("verify-record", station.device / "record.json").code == 0
    assert spent(station) == [("prove-key", 0)] or spent(station) == [("get-certificate", 0), ("prove-key", 0)]
    station.run("provision", station.profile)
    assert uses_left(station, 2) == uses - 2


def test_a_counted_key_pays_for_waiting_once(station, est):
    """However often the issuer is asked, the key signs the request once, and the proof that the record needs."""
    uses = counted(station, est, "est")
    name(station, est, "unauthorized")
    for _ in range(3):
        station.json("provision", station.profile, *ARMED, code=ISSUER)
        assert uses_left(station, 2) == uses - 2
    name(station, est, "device")
    assert spent(station) == [("get-certificate", 0), ("prove-key", 1)]
    station.run("provision", station.profile, *ARMED)
    assert uses_left(station, 2) == uses - 3


def test_a_counted_key_signs_once_for_an_issuer_of_this_station(station, est):
    uses = counted(station, est, "factory")
    entry = {"name": "factory", "kind": "file", "certificate": str(est[0] / "ca.pem"), "key": str(est[0] / "ca.key")}
    (station.state / "issuers.yaml").write_text(json.dumps({"imprint": 1, "issuers": [entry]}))
    assert spent(station) == [("get-certificate", 1), ("prove-key", 0)]
    done = station.json("provision", station.profile, *ARMED).event("provisioned")
    assert done["keys"][0]["proven"] and uses_left(station, 2) == uses - 1
    assert station.json("verify-record", station.device / "record.json").code == 0


def test_slots_of_a_counted_key_that_is_recorded_still_need_arming(station, est):
    """It spends no use any more; what its certificate's slots hold is lost all the same."""
    uses = counted(station, est, "factory")
    entry = {"name": "factory", "kind": "file", "certificate": str(est[0] / "ca.pem"), "key": str(est[0] / "ca.key")}
    (station.state / "issuers.yaml").write_text(json.dumps({"imprint": 1, "issuers": [entry]}))
    whole = json.loads(station.profile.read_text())
    (certificate,) = whole["certificates"]
    del certificate["psa-id"]
    certificate.update({"slot": 10, "signer-key-slot": 11, "replace": "unclaimed"})
    station.run("provision", station.write("first.yaml", json.dumps(whole)), *ARMED)
    for ending in ("crt", "tbs"):
        file(station, ending).unlink()
    certificate["subject"] = "O=Other,CN={serial}"
    station.profile.write_text(json.dumps(whole))
    (step,) = [step for step in station.json("provision", station.profile, "--dry-run").event("plan")["steps"] if step["action"] == "get-certificate"]
    assert step["forever"] and step["uses_spent"] == 0 and step["consequence"] == "what the slots of the certificate hold now is lost"
    chip = station.chip.read_bytes()
    assert station.json("provision", station.profile, code=1).error["reason"] == "not-armed" and station.chip.read_bytes() == chip
    station.run("provision", station.profile, *ARMED)
    assert compressed(file(station, "crt")) in station.chip.read_bytes() and uses_left(station, 2) == uses - 1


def test_no_proxy_is_used_silently(line, est):
    """The environment's proxy would see whom this station asks: it is not used, and that is said where it matters."""
    proxy = {"https_proxy": "http://127.0.0.1:1", "HTTPS_PROXY": "http://127.0.0.1:1"}
    name(line, est, "device", url="https://127.0.0.1:1")
    error = line.json("provision", line.profile, *ARMED, code=ISSUER, env=proxy).error
    assert error["reason"] == "issuer-away" and "https_proxy is set, and is not used" in error["cause"], error
    name(line, est, "device")
    line.run("provision", line.profile, *ARMED, env=proxy)
    expect_certificate(line, est)


def test_by_its_name(line, est):
    """The server's certificate is for its address and for a name."""
    name(line, est, "device", url=est[1].replace("127.0.0.1", "est.localhost"))
    line.run("provision", line.profile, *ARMED)
    expect_certificate(line, est)


def test_a_serial_number_that_another_device_has(station, est):
    """According to the ledger: both devices are named, and nothing is kept or written of the second certificate."""
    station.new("trust-flex")
    station.profile = replaced(station, FLEX, ("issuer: factory", "issuer: est"), (SLOTS, ""))
    name(station, est, "device-numbered")
    first = station.json("provision", station.profile, *ARMED).event("provisioned")["serial"]
    other = station.folder / "other.chip"
    station.run("virtual", "new", "--as", "trust-flex", "--seed", "2", other)
    error = station.json("--device", f"virtual:{other}", "provision", station.profile, *ARMED, code=ISSUER).error
    assert error["reason"] == "duplicate" and f"certificate serial number that the ledger knows as that of device {first}" in error["cause"]
    assert error["serial"] != first and not list((station.state / "devices" / error["serial"]).glob("*.crt"))


# --- another's server, where it is installed -----------------------------------------------------------------------------

CA_CONFIG = """[ca]
default_ca = est
[est]
database = {folder}/index.txt
serial = {folder}/serial
new_certs_dir = {folder}
certificate = {folder}/ca.pem
private_key = {folder}/ca.key
default_md = sha256
default_days = 7305
policy = any
copy_extensions = copy
x509_extensions = device
unique_subject = no
[any]
organizationName = optional
commonName = supplied
[device]
authorityKeyIdentifier = keyid
"""


@pytest.mark.skipif(shutil.which("estserver") is None, reason="libest's estserver is not installed (Debian 13: libest-utils)")
def test_estserver(line, tmp_path_factory):
    """A run gets its certificate from libest's server; the next one asks nobody."""
    ca = Authority(tmp_path_factory.mktemp("libest") / "ca")
    openssl("req", "-x509", "-key", ca.key, "-out", ca.pem, "-days", "9000", "-subj", "/CN=test CA", "-addext",
            "keyUsage=critical,keyCertSign,cRLSign")
    key, request = ca.folder / "station.key", ca.folder / "station.csr"
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", request, "-subj", "/CN=line-1")
    ca.sign(request, ca.folder / "station.pem", "extendedKeyUsage=clientAuth")
    (ca.folder / "ca.cnf").write_text(CA_CONFIG.format(folder=ca.folder))
    (ca.folder / "index.txt").touch()
    (ca.folder / "serial").write_text("1000\n")
    port = free_port()
    env = {"EST_OPENSSL_CACONFIG": ca.folder / "ca.cnf", "EST_TRUSTED_CERTS": ca.pem, "EST_CACERTS_RESP": ca.pem, "EST_CSR_ATTR": "MAoGCCqGSM49BAMC"}
    command = ["env", *[f"{name}={value}" for name, value in env.items()], "estserver", "-n", "-p", port, "-c", ca.server_pem, "-k", ca.server_key,
               "-r", "test"]
    entry = {"name": "est", "kind": "est", "url": f"https://127.0.0.1:{port}", "server-ca": str(ca.pem), "client-certificate": str(ca.folder / "station.pem"),
             "client-key": str(key)}
    (line.state / "issuers.yaml").write_text(json.dumps({"imprint": 1, "issuers": [entry]}))
    with started(command, ca.folder, port):
        line.run("provision", line.profile, *ARMED)
        assert line.json("provision", line.profile).event("provisioned")["changes"] == 0
    assert "OK" in openssl("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", ca.pem, file(line, "crt"))
    assert len((ca.folder / "index.txt").read_text().splitlines()) == 1
