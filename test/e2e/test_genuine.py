# SPDX-License-Identifier: Apache-2.0
"""Who made the part: `chip.genuine` and `info`, and what the record keeps of it, judged by openssl."""
import json

import pytest

from conftest import DUMPS, THREE_WAYS, openssl, run_program


def profile(station, plan, genuine, **more):
    plan["chip"]["genuine"] = genuine
    plan.update(more)
    return station.write(f"{genuine}.yaml", json.dumps(plan))


@pytest.fixture
def bare(station):
    """A part with a Trust&GO configuration and none of the maker's certificates."""
    station.run("virtual", "new", "--as", DUMPS / "608b-tngtls.hex", "--seed", "1")
    return station


@pytest.mark.parametrize("part, name", [("trust-and-go", "ATECC608-TNGTLS"), ("trust-flex", "ATECC608-TFLXTLS")])
def test_record_keeps_a_chain_that_openssl_verifies(station, plan, part, name):
    station.new(part)
    done = station.json("provision", profile(station, plan, "required"), "--arm", "profile")
    for event in ("plan", "provisioned"):
        assert done.event(event)["maker"] == {"result": "virtual", "cause": None, "part": name,
                                              "root": "the virtual maker of imprint"}
        assert done.event(event)["rehearsal"] == ["virtual-chip", "test-root"]
    record = station.record
    assert record["rehearsal"] == ["virtual-chip", "test-root"]
    maker, proof = record["maker"], record["maker"]["proof"]
    pems = {}
    for which in ("device", "signer"):
        der = station.write(f"{which}.der", bytes.fromhex(maker[f"{which}_certificate"]))
        pems[which] = station.folder / f"{which}.pem"
        openssl("x509", "-inform", "DER", "-in", der, "-out", pems[which])
    assert "OK" in openssl("verify", "-partial_chain", "-no_check_time", "-trusted", pems["signer"], pems["device"])
    assert record["serial"] in openssl("x509", "-in", pems["device"], "-noout", "-subject")
    key = openssl("x509", "-in", pems["device"], "-pubkey", "-noout")
    assert key == station.run("public-key", "maker").out, "the certificate is for the key in slot 0"
    r, s = proof["signature"][:64], proof["signature"][64:]
    station.write("signature.txt", f"asn1=SEQUENCE:pair\n[pair]\nr=INTEGER:0x{r}\ns=INTEGER:0x{s}\n")
    signature = station.folder / "signature.der"
    openssl("asn1parse", "-genconf", station.folder / "signature.txt", "-noout", "-out", signature)
    assert proof["key_id"] == 0x7fff0000, "slot 0, by its built-in key id"
    text = station.write("text", f"imprint proof of possession 1\nchip {record['serial']}\nkey {proof['key_id']}\n"
                         f"challenge {proof['challenge']}\n")
    assert "Verified OK" in openssl("dgst", "-sha256", "-verify", station.write("key.pem", key), "-signature", signature, text)


def test_confirming_run_writes_nothing_but_checks_again(delivered, plan):
    path = profile(delivered, plan, "required")
    delivered.run("provision", path, "--arm", "profile")
    before = delivered.snapshot()
    again = delivered.json("provision", path, "--arm", "profile").event("provisioned")
    assert again["maker"]["result"] == "virtual" and again["changes"] == 0 and not again["record_written"]
    assert delivered.snapshot() == before


def test_required_refuses_before_the_first_write(bare, plan):
    before = bare.snapshot()
    path = profile(bare, plan, "required")
    expected = bare.snapshot()
    for more in ([], ["--dry-run"]):
        error = bare.json("provision", path, "--arm", "profile", *more, code=4).error
        assert error["reason"] == "not-genuine" and "OTP zone" in error["cause"] and error["serial"]
    assert bare.snapshot() == expected and expected != before


def test_reported_goes_on_and_says_so(bare, plan):
    done = bare.run("provision", profile(bare, plan, "reported"), "--arm", "profile")
    assert "maker            not proven: the OTP zone names no" in done.err
    assert bare.record["maker"]["result"] == "unproven" and bare.record["maker"]["device_certificate"] is None
    assert bare.record["rehearsal"] == ["virtual-chip"]


def test_a_plain_part_proves_nothing_of_its_maker(station):
    """A blank part has no key of its maker's: refused where that is required; else the record's reader is told what is not proven."""
    station.new("blank")
    before = station.chip.read_bytes()
    text = THREE_WAYS.read_text().replace("keys/", f"{THREE_WAYS.parent}/keys/")
    for word in ("required", "reported"):
        path = station.write("plain.yaml", text.replace("chip:\n", f"chip:\n  genuine: {word}\n"))
        error = station.json("provision", path, "--arm", "profile", code=2).error
        assert error["reason"] == "profile-conflict" and "carries no certificates of the maker" in error["cause"]
    assert station.chip.read_bytes() == before
    station.run("provision", station.write("plain.yaml", text), "--arm", "profile")
    told = run_program("--json", "verify-record", station.device / "record.json").objects
    texts = {item["check"]: item["text"] for item in told if item["event"] == "check" and item["result"] == "open"}
    assert "keys in software would look the same" in texts["chip"] and texts["maker"] == "who made the part was not checked"


def test_info_says_who_made_it(station, bare):
    assert "maker" not in station.json("info").event("chip"), "nothing says that this is a part of the maker's"
    station.run("virtual", "new", "--as", "trust-and-go", station.folder / "tng")
    told = station.run("--device", f"virtual:{station.folder / 'tng'}", "info").out
    assert "\nmaker        virtual: ATECC608-TNGTLS, made by the virtual maker of imprint\n" in told


def test_an_image_may_ask_for_it(station, plan):
    """What a board shows of its maker: test_board_maker.py."""
    assert ".genuine = PROFILE_GENUINE_REPORTED" in station.json("compile", "--c", profile(station, plan, "reported")).event("compiled")["c"]
    assert station.json("compile", "--binary", profile(station, plan, "reported")).event("compiled")["bytes"] > 0


def test_no_word_no_check(delivered, plan):
    del plan["chip"]
    plan["chip"] = {"parts": ["ATECC608B"], "configuration": "as-delivered"}
    delivered.run("provision", delivered.write("plain.yaml", json.dumps(plan)), "--arm", "profile")
    assert "maker" not in delivered.record
