# SPDX-License-Identifier: Apache-2.0
"""
Certificates for a board: the station issues, the board writes and reads back. On this host as the board; openssl verifies the chain, and
what the chip must hold is computed here from the certificate. Then boards that lie, stations that err, and power that fails on the way.
"""
import base64
import hashlib
import json
import os
import re

import pytest

import est as est_server
from conftest import ROOT, openssl
from host_board import TESTS, crc, words_of
from test_certificate_issue import BLANK, FLEX, compressed, der_of_pem, make_ca, name_issuers, padded, public_of
from test_hostile_board import lying
from test_host_board import Asked, Line, Rebooting
from test_use_rules import limited_608

pytest_plugins = ["est"]

SAID_TO_BE_LOST = "what the slots of the certificate hold now is lost"
FACTORY_IDENTITY, FACTORY_BLANK_IDENTITY = TESTS / "factory_identity", TESTS / "factory_blank_identity"
FACTORY_EST, PROFILE_EST = TESTS / "factory_est", ROOT / "test" / "data" / "profiles" / "board-est.yaml"
ISSUER, REFUSED, WRONG = 6, 1, 4


class Identity(Line):
    """A board whose factory image gives it certificates, and a station with the issuer that the ready profiles name."""

    def __init__(self, station, part="trust-flex", image=FACTORY_IDENTITY, profile=FLEX):
        super().__init__(station, part)
        self.image, self.profile = image, profile
        station.state.mkdir(exist_ok=True)
        make_ca(station, "ca", "/O=Example/CN=Example Factory CA")
        name_issuers(station, factory="ca")

    def boot(self, image=None, **more):
        return super().boot(image or self.image, **more)

    def provision(self, board, *more, **rest):
        return super().provision(board, *more, profile=self.profile, **rest)

    def provision_json(self, board, *more, **rest):
        return super().provision_json(board, *more, profile=self.profile, **rest)

    def certificate(self, name="client"):
        return self.station.device / f"{name}.crt"

    def check(self, name="client"):
        """The certificate is the CA's, and lies where the profile says."""
        path = self.certificate(name)
        assert "OK" in openssl("verify", "-x509_strict", "-CAfile", self.station.state / "ca.pem", path)
        held = self.chip.read_bytes()
        assert compressed(path) in held
        return der_of_pem(path)


@pytest.fixture
def line(station):
    return Identity(station)


def test_whole_line(line):
    station = line.station
    with line.boot() as board:
        before = station.snapshot()
        planned = line.provision_json(board, "--dry-run").event("plan")
        assert [(step["action"], step["done"], step["forever"]) for step in planned["steps"] if "certificate" in step["action"]] == \
            [("get-certificate", False, True), ("prove-certificate", False, False)]
        assert [step.get("consequence", "") for step in planned["steps"] if step["action"] == "get-certificate"] == [SAID_TO_BE_LOST]
        assert station.snapshot() == before, "a dry run issues nothing"
        told = line.provision_json(board)
        done = told.event("provisioned")
        assert [item["action"] for item in told.objects if item["event"] == "lock"] == ["generate-key", "get-certificate"], "each once"
        der = line.check()
        assert padded(public_of(station.state / "ca.pem")) in line.chip.read_bytes()
        assert der in line.flash.read_bytes(), "whole, as PSA data"
        told = done["certificates"][0]
        assert bytes.fromhex(told["certificate"]) == der and told["subject"] == f"O=Example,CN=sn{line.serial.lower()}"
        assert public_of(line.certificate()).hex().upper() == done["keys"][0]["public_key"]
        assert done["keys"][0]["created"] and done["changes"] == 4, "what came before the certificate is of the same run"
        assert station.record["certificates"] == done["certificates"]
        # Again: nothing is issued and nothing written, and the CA's key is not needed. So for a board that was off meanwhile.
        (station.state / "ca.key").unlink()
        assert line.provision_json(board, arm=()).event("provisioned")["changes"] == 0
    with line.boot() as board:
        before = station.snapshot(), line.chip.read_bytes(), line.flash.read_bytes()
        assert "nothing to do" in line.provision(board, arm=()).out
    assert (line.chip.read_bytes(), line.flash.read_bytes()) == before[1:] and der_of_pem(line.certificate()) == der


def test_two_certificates_of_a_blank_part(station):
    """Each is waited for in turn; both are part of the data lock's CRC."""
    line = Identity(station, "blank", FACTORY_BLANK_IDENTITY, BLANK)
    with line.boot() as board:
        done = line.provision_json(board).event("provisioned")
        assert [item["name"] for item in done["certificates"]] == ["client", "identity"]
        assert len(re.findall(rb"@ok finish", board.heard)) == 1 and len(re.findall(rb"@error finish reason=certificate-awaited", board.heard)) == 1
    assert line.check() != line.check("identity") and line.info()["data_locked"]


def test_without_a_station(line):
    """A person at the console is told; the key is made, and a station finishes the job."""
    with line.boot() as board:
        line.arm(board)
        frames, said = board.ask("run")
        assert frames[-1][0] == "error" and frames[-1][1]["reason"] == "certificate-awaited"
        assert "imprint board provision" in said
        assert line.provision_json(board).event("provisioned")["keys"][0]["created"] is False


def test_an_issuer_that_is_away(line):
    """Exit code 6, before the board writes anything; the next run goes on."""
    key = line.station.state / "ca.key"
    kept, chip = key.read_bytes(), line.chip.read_bytes()
    key.unlink()
    with line.boot() as board:
        error = line.provision_json(board, code=ISSUER).error
        assert error["reason"].startswith("issuer-") and error["next"].endswith(" factory"), error
        assert line.chip.read_bytes() == chip
        assert not list(line.station.state.rglob("client.*"))
        key.write_bytes(kept)
        key.chmod(0o600)
        line.provision(board)
    line.check()


# ---- boards that cannot, or lie


@pytest.mark.parametrize("change, reason", [(("certificates=yes", "certificates=no"), "cannot take any"), (("protocol=3", "protocol=2"), "version 2 of the")])
def test_a_board_that_cannot_take_certificates(line, change, reason):
    with line.boot(to_station=lying(lambda text: text.replace(*change))) as board:
        failed = line.provision_json(board, code=WRONG)
    assert failed.error["reason"] == "wrong-configuration" and reason in failed.error["cause"]
    assert not (line.station.state / "devices").exists()


def other_certificate(line):
    """One by the same CA, for another key and another serial number."""
    key = line.station.folder / "other.key"
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
    request = line.station.folder / "other.csr"
    openssl("req", "-new", "-key", key, "-subj", "/O=Example/CN=sn0123", "-out", request)
    certificate = line.station.folder / "other.pem"
    openssl("x509", "-req", "-in", request, "-CA", line.station.state / "ca.pem", "-CAkey", line.station.state / "ca.key", "-days", "30", "-out", certificate)
    return der_of_pem(certificate)


@pytest.mark.parametrize("lie", ["slot", "psa", "another certificate", "shorter", "without one"])
def test_a_board_that_lies_about_what_it_holds(line, lie):
    """A finished device: all else that its board says is true."""
    with line.boot() as board:
        line.provision(board)
    other = other_certificate(line)

    def change(text):
        if not text.startswith("@certificate "):
            return text
        words = words_of(f"{text} *{crc(text)}")[1]
        if lie == "without one":
            return ""
        if lie == "slot" and words.get("slot") == "10":
            return text[:-1] + ("0" if text[-1] != "0" else "1")
        if "slot" not in words and lie == "psa":
            return text[:-1] + ("0" if text[-1] != "0" else "1")
        if "slot" not in words and lie == "another certificate":
            at = int(words["at"])
            return f"@certificate id=16 at={at} of={len(other)} data={other[at:at + 96].hex().upper()}" if at < len(other) else ""
        if "slot" not in words and lie == "shorter":
            return f"@certificate id=16 at=0 of=96 data={words['data']}" if words["at"] == "0" else ""
        return text
    record = line.station.record
    with line.boot(to_station=lying(change)) as board:
        failed = line.provision_json(board, arm=(), code=3 if lie == "without one" else REFUSED)
    assert failed.error["reason"] == ("device-garbled" if lie == "without one" else "proof-failed")
    assert line.station.record == record


@pytest.mark.parametrize("lie", ["signature", "nonce", "key", "no proof"])
def test_a_request_that_proves_nothing(line, lie):
    """Nothing is issued for a key that has not signed this station's nonce."""
    def change(text):
        if lie == "signature" and text.startswith("@proof "):
            return text[:-1] + ("0" if text[-1] != "0" else "1")
        if lie == "nonce" and text.startswith("@proof "):
            return re.sub("challenge=..", "challenge=00", text)
        if lie == "key" and text.startswith("@key "):
            return re.sub("public=.*", "public=" + public_of(line.station.state / "ca.pem").hex().upper(), text)
        return "" if lie == "no proof" and text.startswith("@proof ") else text
    with line.boot(to_station=lying(change)) as board:
        failed = line.provision_json(board, code=REFUSED)
    assert failed.error["reason"] == "proof-failed"
    assert not list(line.station.state.rglob("*.crt")) and not list(line.station.state.rglob("*.tbs"))


def test_a_file_that_is_not_the_certificate(line):
    """What the station keeps for the device is damaged, or for another key: refused before the board's run, and not issued anew."""
    with line.boot() as board:
        line.provision(board)
    kept = der_of_pem(line.certificate())
    line.certificate().write_text(line.certificate().read_text().replace("CERTIFICATE", "NOTHING", 1))
    with line.boot() as board:
        failed = line.provision_json(board, arm=(), code=WRONG)
    assert failed.error["reason"] == "certificate-differs"
    pem = base64.encodebytes(other_certificate(line)).decode()
    line.certificate().write_text(f"-----BEGIN CERTIFICATE-----\n{pem}-----END CERTIFICATE-----\n" + (line.station.state / "ca.pem").read_text())
    with line.boot() as board:
        failed = line.provision_json(board, arm=(), code=WRONG)
    assert failed.error["reason"] == "certificate-differs" and failed.error["subject"] == str(line.certificate())
    assert kept in line.flash.read_bytes()


def test_a_board_that_waits_for_ever(line):
    """It says again that it waits, though it has the certificate."""
    lie = lying(lambda text: text.replace("@ok finish", "@error finish reason=certificate-awaited"))
    with line.boot(to_station=lie) as board:
        failed = line.provision_json(board, code=REFUSED)
    assert failed.error["reason"] == "proof-failed" and "waits for a certificate" in failed.error["cause"]


# ---- what a board takes


def pieces(body, key=16, size=48):
    whole = [f"certificate {key} {at} {len(body)} {body[at:at + size].hex()}" for at in range(0, len(body), size)]
    return [*whole, f"certificate {key} {hashlib.sha256(body).hexdigest()[:16]}"]


def test_what_a_board_takes(line):
    """Only what it got whole; the rest is refused in a sentence, and nothing is written."""
    other = other_certificate(line)
    body = other + b"\x5a" * 144
    with line.boot() as board:
        def refused(command, reason="usage", verb="error"):
            frames, said = board.ask(command)
            assert frames[-1][0] == verb and (verb == "again" or frames[-1][1]["reason"] == reason), said
            return said
        refused("finish 01230015D655592701 " + "5A" * 32)
        refused("csr 16")
        for words in ("16 0", "17 0 100 30", "16 0 1 3030", "16 0 70000 30", "16 -1 10 30", "16 0 10 3", "16 0 10 zz", "16 1 10 30"):
            said = refused(f"certificate {words}", "device-garbled" if words == "16 0" else "usage")
        refused("certificate 16 0 900 " + "30" * 90, verb="again")
        *rest, end = pieces(body)
        for part in rest:
            assert board.ask(part)[0][-1][0] == "ok"
        refused(end[:-2] + ("00" if end[-2:] != "00" else "11"), "device-garbled")
        refused("run", "not-armed")
        # All of it, out of order and twice: as good as in order. But it is for another key.
        for part in [rest[0], rest[1], rest[1], rest[0], *rest[1:], end, end]:
            assert board.ask(part)[0][-1][0] == "ok"
        line.arm(board)
        frames, said = board.ask(f"run {line.serial} " + "5A" * 32)
        assert frames[-1][1]["reason"] == "certificate-differs" and "not for the key" in said
    assert b"\x5a" * 72 not in line.chip.read_bytes() and other not in line.flash.read_bytes()


def test_a_request_for_an_issuer_that_wants_one(line):
    """While a run waits, the key signs a PKCS#10 request with the certificate's subject."""
    with line.boot() as board:
        line.arm(board)
        frames, _ = board.ask(f"run {line.serial} " + "5A" * 32)
        assert frames[-1][1]["reason"] == "certificate-awaited"
        (point,) = [item[1]["public"] for item in frames if item[0] == "key"]
        frames, _ = board.ask("csr 16")
        der = b"".join(bytes.fromhex(item[1]["data"]) for item in frames if item[0] == "csr")
    request = line.station.write("board.csr", der)
    said = openssl("req", "-inform", "DER", "-in", request, "-noout", "-verify", "-subject", "-pubkey")
    assert "verify OK" in said and f"sn{line.serial.lower()}" in said
    assert bytes.fromhex(point) in base64.b64decode("".join(said.split("-----BEGIN PUBLIC KEY-----")[1].split("-----END")[0].split()))


@pytest.mark.parametrize("label, least", [("device", 0), ("device-large", 1100)])
def test_an_issuer_that_wants_a_request(station, est, label, least):
    """EST: the board's key signs, under the profile's subject, what the station wants to ask for. What comes back may be larger than ours are."""
    line = Identity(station, image=FACTORY_EST, profile=PROFILE_EST)
    (station.state / "issuers.yaml").write_text(json.dumps({"imprint": 1, "issuers": [est_server.entry(est, label=label, name="factory")]}))
    with line.boot() as board:
        done = line.provision_json(board).event("provisioned")
        request = (station.device / "client.p10").read_bytes()
        asked = openssl("req", "-inform", "DER", "-noout", "-text", "-verify", stdin=request)
        assert "verify OK" in asked and "TLS Web Client Authentication" in asked and f"sn{line.serial.lower()}" in asked
        der = der_of_pem(line.certificate())
        assert len(der) >= least and bytes.fromhex(done["certificates"][0]["certificate"]) == der and der in line.flash.read_bytes()
        assert line.provision_json(board, arm=()).event("provisioned")["changes"] == 0


class CountedIdentity(Identity):
    """A part whose slot 2 counts the uses of its key, which gets a certificate."""

    def __init__(self, station):
        super().__init__(station, station.write("part.hex", bytes(limited_608()).hex()), TESTS / "factory_counted_identity",
                         ROOT / "test" / "data" / "profiles" / "board-counted-identity.yaml")

    def uses(self):
        return self.info()["slots"][2]["uses_left"]


def test_a_key_that_counts_its_uses(station):
    """One use proves it to the issuer; the rest of the run, and the next, spend none."""
    line = CountedIdentity(station)
    uses = line.uses()
    with line.boot() as board:
        line.provision(board)
    assert line.uses() == uses - 1 and station.record["keys"][0]["proof"]["proven"]
    with line.boot() as board:
        line.provision(board, arm=())
    assert line.uses() == uses - 1
    assert der_of_pem(line.certificate("counted")) in line.flash.read_bytes()


# ---- wires and power that fail

# Where: behind how many commands `certificate` with a piece or an end; `finish`: behind that command; `run`: before any certificate.
CUTS = ["run", 3, "end", "ok finish"]


def cut_power(line, moment):
    """Runs until the board's power fails at this moment; the files of the certificate that the station then keeps."""
    commands, running, cut = [b""], [], []

    def listen(chunk):
        commands[0] += chunk
        sent = re.findall(rb"@(certificate \S+ .*|finish .*|run .*) \*", commands[0])
        certificates = [item for item in sent if item.startswith(b"certificate")]
        reached = {"run": bool(sent), "finish": any(item.startswith(b"finish") for item in sent),
                   "end": any(len(item.split()) == 3 for item in certificates)}
        return end() if reached.get(moment, isinstance(moment, int) and len(certificates) >= moment) else chunk

    def hear(chunk):
        return end() if moment == "ok finish" and b"@ok finish" in running[0].heard else chunk

    def end():
        running[0].process.kill()
        cut.append(moment)

    while not cut:  # on a busy machine a board may say nothing for a second before that
        commands[0] = b""
        running.clear()
        board = line.boot(to_board=listen, to_station=lambda chunk: hear(chunk) if running else chunk)
        running.append(board)
        line.provision(board, "--timeout", "1", code=3)
        board.close()
    return {path.name: path.read_bytes() for path in line.station.state.rglob("client.*")}


@pytest.mark.parametrize("moment", CUTS)
def test_power_fails_on_the_way(line, moment):
    """The station sends the same certificate again, which it keeps: none is issued twice."""
    kept = cut_power(line, moment)
    assert bool(kept) == (moment != "run")
    with line.boot() as again:
        line.provision(again)
    assert {path.name: path.read_bytes() for path in line.station.state.rglob("client.*") if path.name in kept} == kept
    line.check()
    assert len(line.station.record["certificates"]) == 1


def test_a_board_that_is_reset_while_its_kept_certificate_waits(line):
    """The station has it, the board has not written it; a reset while a person reads the plan makes the board forget it."""
    assert cut_power(line, "end")
    with Rebooting(line, line.image) as bench:
        asked = Asked(line, bench.board, profile=line.profile)
        bench.reset()
        done = asked.answer(asked.question["answer"] + "\n")
        assert [one["event"] for one in done if one["event"] in ("provisioned", "error")] == ["provisioned"]
        os.rename(bench.chip, line.chip)
    line.check()


def test_a_noisy_wire(line):
    """Every seventh chunk to the board loses a character: pieces are sent again."""
    count = [0]

    def noisy(chunk):
        count[0] += 1
        return chunk[:len(chunk) // 2] + b"#" + chunk[len(chunk) // 2 + 1:] if count[0] % 7 == 0 else chunk
    with line.boot(to_board=noisy) as board:
        line.provision(board)
        assert b"@again damaged" in board.heard
    line.check()
