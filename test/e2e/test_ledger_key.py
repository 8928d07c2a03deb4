# SPDX-License-Identifier: Apache-2.0
"""The key of a ledger's log in a chip of the station's own, and `ledger new`."""
import subprocess

import pytest
from conftest import EXAMPLE, PROGRAM, Station, openssl
from test_ledger import audit, entries, verified


@pytest.fixture
def signing(delivered, tmp_path):
    """A station whose ledger a chip of its own signs, slot 0 of a part as it is delivered."""
    delivered.run("virtual", "new", "--as", "trust-and-go", "--seed", 77, tmp_path / "own.virtual")
    (delivered.state / "ledger.yaml").write_text("imprint: 1\nkey:\n  device: virtual:../own.virtual\n  slot: 0\n")
    return delivered


def test_a_chip_signs_checkpoints(signing, tmp_path):
    """Its key is in no file; an auditor checks with openssl what it signed."""
    made = signing.json("ledger", "new").event("ledger-made")
    assert made["key_kind"] == "p-256" and made["slot"] == 0 and made["device"].endswith("own.virtual")
    signing.run("provision", EXAMPLE, "--arm", "profile")
    signing.run("provision", EXAMPLE)
    assert [path.name for path in (signing.state / "ledger").iterdir()] == ["ledger.db"]
    assert verified(signing)[1] == [] and len(entries(signing)) == 2
    signing.run("ledger", "export", tmp_path / "export")
    assert audit(tmp_path / "export") == ["Verified OK\n", "the entries are as signed\n"]
    assert (tmp_path / "export" / "key.vkey").read_text().strip() == made["key"]
    # The key is the chip's: openssl reads the same point from the request that slot 0 signs.
    spki = openssl("pkey", "-pubin", "-in", tmp_path / "export" / "key.pem", "-noout", "-text")
    chip = signing.json("--device", f"virtual:{tmp_path}/own.virtual", "info").event("chip")
    assert "NIST CURVE: P-256" in spki and chip["serial"]
    assert "station's chip" in signing.run("ledger", "backup", tmp_path / "copy.db").out


def test_a_key_in_the_file_and_in_the_settings(signing, tmp_path):
    """`--key` is of a file; a chip that is named later has not the key that log.key has; a key that is lost is in no chip."""
    for kind in ("ed25519", "p-256"):
        error = signing.json("ledger", "new", "--key", kind, code=2).error
        assert error["reason"] == "usage" and error["subject"].endswith("own.virtual") and "ledger.yaml" in error["next"]
    named = (signing.state / "ledger.yaml").read_text()
    (signing.state / "ledger.yaml").unlink()
    signing.run("ledger", "new")
    (signing.state / "ledger.yaml").write_text(named)
    assert "remove `key` from ledger.yaml" in signing.json("provision", EXAMPLE, "--arm", "profile", code=6).error["next"]
    (signing.state / "ledger.yaml").unlink()
    assert "warning" not in signing.run("ledger", "backup", tmp_path / "first.db").err
    (signing.state / "ledger" / "log.key").unlink()
    copied = signing.run("ledger", "backup", tmp_path / "second.db")
    assert "station's chip" not in copied.out and "log.key: restore it from its copy" in copied.err


def test_a_run_without_its_chip_changes_nothing(signing, tmp_path):
    """It is away, or another one is in its place: found before the device is touched; looking needs no chip."""
    own = tmp_path / "own.virtual"
    signing.run("ledger", "new")
    before = signing.chip.read_bytes()
    own.rename(tmp_path / "away")
    error = signing.json("provision", EXAMPLE, "--arm", "profile", code=3).error
    assert error["subject"].endswith("own.virtual") and "ledger's log" in error["doing"]
    signing.run("virtual", "new", "--as", "trust-and-go", "--seed", 78, own)
    error = signing.json("provision", EXAMPLE, "--arm", "profile", code=6).error
    assert error["cause"] == "the chip's key is not the key of the ledger's log" and "chip" in error["next"]
    for looking in (("list",), ("verify",), ("status",)):
        signing.run("ledger", *looking)
    signing.run("provision", EXAMPLE, "--dry-run")
    (signing.state / "ledger.yaml").unlink()
    assert "ledger.yaml" in signing.json("provision", EXAMPLE, "--arm", "profile", code=6).error["next"]
    assert signing.chip.read_bytes() == before and entries(signing) == []


def test_processes_use_the_chip_in_turn(signing, tmp_path):
    runs = []
    for number in range(3):
        signing.run("virtual", "new", "--as", "trust-and-go", "--seed", number + 2, tmp_path / f"chip{number}")
        runs.append(subprocess.Popen([PROGRAM, "--state", signing.state, "--device", f"virtual:{tmp_path}/chip{number}", "provision",  # pylint: disable=consider-using-with
                                      EXAMPLE, "--arm", "profile"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE))
    assert [run.communicate()[1] and run.returncode for run in runs] == [0, 0, 0]
    assert verified(signing)[1] == [] and len(entries(signing)) == 3


def test_ledger_new(tmp_path):
    """Ed25519, or P-256, in a file; where there is a ledger it stays as it is."""
    for words, kind in (((), "ed25519"), (("--key", "p-256"), "p-256")):
        station = Station(tmp_path / kind)
        made = station.json("ledger", "new", *words).event("ledger-made")
        assert made["key_kind"] == kind and made["device"] is None and made["slot"] is None
        key = (station.state / "ledger" / "log.key").read_bytes()
        assert made["key"].startswith(made["log"] + "+")
        assert "p-256" in station.json("ledger", "new", "--key", "rsa", code=2).error["next"]
        error = station.json("ledger", "new", code=2).error
        assert "already" in error["cause"] and error["next"]
        assert (station.state / "ledger" / "log.key").read_bytes() == key
        assert station.json("ledger", "status").event("ledger-status")["entries"] == 0
        assert verified(station)[1] == []


@pytest.mark.parametrize("device, slot, told", [("i2x:/dev/i2c-1", 0, "is no device"), ("virtual:", 0, "is no device"), ("virtual:x", 16, "slot")])
def test_a_wrong_place_is_told_with_its_line(delivered, device, slot, told):
    (delivered.state / "ledger.yaml").write_text(f"imprint: 1\nkey:\n  device: '{device}'\n  slot: {slot}\n")
    error = delivered.json("provision", EXAMPLE, "--arm", "profile", code=2).error
    assert error["line"] in (3, 4) and told in error["cause"], error
    assert not (delivered.state / "ledger").exists()
