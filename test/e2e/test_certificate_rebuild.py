# SPDX-License-Identifier: Apache-2.0
"""
A certificate whose file is lost is put together again from the device, and checked as one that was just issued: no
issuer's key is needed, nothing is issued twice, and another issuer's certificate is told from none.
"""
import shutil

import pytest

from conftest import openssl
from test_certificate_issue import ARMED, BLANK, FLEX, ISSUER, REFUSED, WRONG, find, make_ca, replaced
from test_certificate_issue import line  # noqa: F401 (a fixture)


def lose_key_of_the_ca(station):
    """What is signed from here on would be signed by nobody."""
    (station.state / "ca.key").unlink()


def lose_files(station):
    for path in station.device.glob("client.*"):
        path.unlink()


def lose_everything(station):
    """As another station, which has the issuers file and the issuer's certificate."""
    shutil.rmtree(station.state / "devices")


WITHOUT_DATA = ("    psa-id: 0x1001\n", "")
WITHOUT_SLOTS = ("    slot: 10\n    signer-key-slot: 11\n    replace: unclaimed          # the maker's certificate\n", "")
PLACES = {"slots and data": (), "slots": (WITHOUT_DATA,), "data": (WITHOUT_SLOTS,)}


@pytest.mark.parametrize("places", PLACES)
def test_its_file_is_lost(line, places):
    line.new("trust-flex")
    profile = replaced(line, FLEX, *PLACES[places])
    line.run("provision", profile, *ARMED)
    certificate, chip, record = find(line, "client").read_bytes(), line.chip.read_bytes(), line.record
    lose_files(line)
    lose_key_of_the_ca(line)
    assert line.json("provision", profile, "--dry-run").event("plan")["changes"] == 0
    assert not find(line, "client").exists(), "a dry run writes nothing"
    again = line.json("provision", profile)
    assert again.event("provisioned")["changes"] == 0
    told = again.event("rebuilt")
    assert told["name"] == "client" and told["file"] == str(find(line, "client"))
    assert told["from"] == ("slot 10" if places == "slots" else "PSA data 0x1001")
    assert find(line, "client").read_bytes() == certificate and line.chip.read_bytes() == chip
    assert line.record["certificates"] == record["certificates"]
    assert "rebuilt" not in [item["event"] for item in line.json("provision", profile).objects]


@pytest.mark.parametrize("ready, part, name", [(FLEX, "trust-flex", "client"), (BLANK, "blank", "identity")], ids=["trust-flex", "blank"])
def test_a_second_station_adopts(line, ready, part, name):
    """Only the chip is there: the keys by its mark, the certificates by their slots. PSA data are stored again."""
    line.new(part)
    # Keys that could have been imported are adopted only where a record knows them, which this station has not.
    line.run("provision", ready, *ARMED)
    certificates = {one: find(line, one).read_bytes() for one in ({"client"} if ready == FLEX else {"client", "identity"})}
    chip, record = line.chip.read_bytes(), (line.device / "record.json").read_bytes()
    folder = line.device
    lose_everything(line)
    lose_key_of_the_ca(line)
    assert line.json("provision", ready, *ARMED, code=WRONG).error["reason"] == "done-elsewhere"
    if part == "blank":
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "record.json").write_bytes(record)
    plan = line.json("adopt", ready, "--dry-run").event("plan")
    assert plan["state"] == "done-elsewhere" and [step["action"] for step in plan["steps"] if not step["done"] and step["persistent"]]
    done = line.json("adopt", ready)
    assert {item["name"] for item in done.objects if item["event"] == "rebuilt"} == set(certificates)
    for one, content in certificates.items():
        assert find(line, one).read_bytes() == content
        assert "OK" in openssl("verify", "-x509_strict", "-CAfile", line.state / "ca.pem", find(line, one))
    assert line.chip.read_bytes() == chip
    again = line.json("provision", ready).event("provisioned")
    assert again["changes"] == 0 and line.chip.read_bytes() == chip


def test_another_issuer_is_told_apart(line):
    """A station whose issuer of that name is another CA: neither taken for ours, nor issued over."""
    line.new("trust-flex")
    line.run("provision", FLEX, *ARMED)
    chip = line.chip.read_bytes()
    lose_files(line)
    make_ca(line, "ca", "/O=Example/CN=Example Factory CA")
    plan = line.json("provision", FLEX, code=WRONG).error
    assert plan["reason"] == "foreign-key", "its data under the key id are another certificate's"
    lose_everything(line)
    failed = line.json("adopt", FLEX, code=WRONG).error
    assert failed["reason"] == "certificate-differs" and failed["slot"] == 10 and "issuer" in failed["next"]
    assert line.chip.read_bytes() == chip and not (line.state / "devices").exists() or not list((line.state / "devices").glob("*/client.crt"))


def test_without_the_issuers_certificate_nothing_is_told(line):
    line.new("trust-flex")
    line.run("provision", FLEX, *ARMED)
    chip = line.chip.read_bytes()
    lose_files(line)
    (line.state / "ca.pem").unlink()
    failed = line.json("provision", FLEX, *ARMED, code=ISSUER).error
    assert failed["reason"] == "issuer-invalid" and failed["doing"] == "read the issuer's certificate"
    assert line.chip.read_bytes() == chip


def test_the_makers_certificate_is_called_one(line):
    """Slot 10 of a new part: another certificate, and not "other data"."""
    line.new("trust-flex")
    kept = replaced(line, FLEX, ("    replace: unclaimed          # the maker's certificate\n", ""))
    failed = line.json("provision", kept, *ARMED, code=REFUSED).error
    assert failed["slot"] == 10 and "another certificate, or one of another issuer" in failed["cause"]
