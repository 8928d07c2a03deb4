# SPDX-License-Identifier: Apache-2.0
"""Certificate requests say what was asked: by `imprint csr`, and by a profile's csr-subject; openssl is the judge."""
import json
import os
import re

import pytest

from conftest import openssl


def subject_of(pem):
    """The subject as openssl prints it, with the string type of each value."""
    options = "oid,show_type,utf8,sep_comma_plus,esc_2253,esc_ctrl"
    text = openssl("req", "-verify", "-noout", "-subject", "-nameopt", options, stdin=pem.encode())
    assert "OK" in text
    return re.search(r"subject=(.*)", text).group(1).strip()


GOOD = [
    ("DC=a,DC=b", "0.9.2342.19200300.100.1.25=IA5STRING:a,0.9.2342.19200300.100.1.25=IA5STRING:b"),
    ("OU=x,OU=y", "2.5.4.11=UTF8STRING:x,2.5.4.11=UTF8STRING:y"),
    ("C=DE,O=Müller", "2.5.4.6=PRINTABLESTRING:DE,2.5.4.10=UTF8STRING:Müller"),
    ("1.3.6.1.4.1.311.1=x", "1.3.6.1.4.1.311.1=UTF8STRING:x"),
    ("CN=a\\+b\\2cc", "2.5.4.3=UTF8STRING:a\\+b\\,c"),
    ("CN=#130161", "2.5.4.3=PRINTABLESTRING:a"),
    ("CN={serial}", "2.5.4.3=UTF8STRING:SERIAL"),
    ("CN=x,serialNumber={serial:lower}", "2.5.4.3=UTF8STRING:x,2.5.4.5=PRINTABLESTRING:serial"),
]


@pytest.mark.parametrize("asked, said", GOOD, ids=[row[0] for row in GOOD])
def test_csr_says_what_was_asked(provisioned, asked, said):
    event = provisioned.json("csr", "18", "--subject", asked).event("csr")
    said = said.replace("SERIAL", event["serial"]).replace(":serial", ":" + event["serial"].lower())
    assert subject_of(event["pem"]) == said
    assert event["subject"] == asked.replace("{serial}", event["serial"]).replace("{serial:lower}", event["serial"].lower())


BAD = [
    ("OU=a+CN=b", "a part can have only one value"),
    ("CN=a,board", "expected TYPE=VALUE"),
    ("", "expected TYPE=VALUE"),
    ("C=DEU", "a country is a code of two letters"),
    ("CN=" + 65 * "x", "the value is too long"),
    ("CN=a\x1b[2J", "the value has a control character"),
    ("CN=\udcff", "the value is not UTF-8"),
    ("CN={Serial}", "unknown placeholder"),
]


@pytest.mark.parametrize("asked, cause", BAD, ids=[ascii(row[0])[:20] for row in BAD])
def test_csr_refuses_what_it_cannot_say(provisioned, asked, cause):
    error = provisioned.json("csr", "18", "--subject", os.fsencode(asked).decode("utf-8", "surrogateescape"), code=2).error
    assert error["reason"] == "usage" and error["cause"] == cause and error["next"]


@pytest.fixture
def asking(station, plan):
    """A station with a delivered part, and a profile that asks for a request."""
    station.new()
    plan["keys"][1]["csr-subject"] = "DC=example,DC=line,CN={serial:lower}"
    return station, station.write("asking.yaml", json.dumps(plan))


def test_provision_writes_the_request_beside_the_record(asking):
    station, profile = asking
    done = station.json("provision", profile, "--arm", "profile")
    event = done.event("csr")
    path = station.device / "board.csr"
    assert event["file"] == str(path) and event["key_id"] == 18 and event["pem"] == path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert subject_of(event["pem"]) == ("0.9.2342.19200300.100.1.25=IA5STRING:example,0.9.2342.19200300.100.1.25=IA5STRING:line,"
                                        f"2.5.4.3=UTF8STRING:{event['serial'].lower()}")
    assert openssl("req", "-pubkey", "-noout", stdin=event["pem"].encode()) == station.run("public-key", "18").out
    keys = {key["key_id"]: key for key in station.record["keys"]}
    assert keys[18]["request"] == "board.csr" and "request" not in keys[16]


def test_running_again_keeps_the_request(asking):
    station, profile = asking
    station.run("provision", profile, "--arm", "profile")
    before = station.snapshot()
    again = station.json("provision", profile, "--arm", "profile")
    assert again.event("provisioned")["changes"] == 0 and not again.event("provisioned")["record_written"]
    assert station.snapshot() == before, "a request that was sent to a certificate authority stays"


@pytest.mark.parametrize("damage", ["gone", "empty", "another", "not PEM"])
def test_a_request_that_is_not_there_is_made_again(asking, damage):
    station, profile = asking
    station.run("provision", profile, "--arm", "profile")
    path = station.device / "board.csr"
    other = station.run("csr", "16", "--subject", "CN=x").out
    if damage == "gone":
        path.unlink()
    else:
        path.write_text({"empty": "", "another": other, "not PEM": "x" * 100000}[damage])
    station.run("provision", profile, "--arm", "profile")
    assert "DE" not in subject_of(path.read_text()) and "example" in subject_of(path.read_text())


def test_a_changed_subject_makes_a_new_request(asking, plan):
    station, profile = asking
    station.run("provision", profile, "--arm", "profile")
    plan["keys"][1]["csr-subject"] = "CN=other"
    station.run("provision", station.write("other.yaml", json.dumps(plan)), "--arm", "profile")
    assert subject_of((station.device / "board.csr").read_text()) == "2.5.4.3=UTF8STRING:other"


def test_a_request_that_cannot_be_written(asking):
    station, profile = asking
    station.run("provision", profile, "--arm", "profile")
    path = station.device / "board.csr"
    path.unlink()
    (station.device / "record.json").unlink()
    path.mkdir()
    failed = station.json("provision", profile, "--arm", "profile", code=5)
    assert failed.error["reason"] == "record-failed" and failed.error["subject"] == str(path)
    keys = {key["key_id"]: key for key in station.record["keys"]}
    assert keys[18]["proof"]["proven"] and "request" not in keys[18], "what was proven is recorded all the same"
    path.rmdir()
    station.run("provision", profile, "--arm", "profile")
    assert path.exists() and {key["key_id"]: key for key in station.record["keys"]}[18]["request"] == "board.csr"


def test_a_dry_run_writes_no_request(asking):
    station, profile = asking
    station.run("provision", profile, "--dry-run")
    assert not list(station.folder.rglob("*.csr"))
