# SPDX-License-Identifier: Apache-2.0
"""Another program uses the keys: the product's own, which knows Mbed TLS's API and a key id (examples/primary.c)."""
import os
import subprocess

import pytest

from conftest import EXAMPLE, ROOT

PRIMARY = os.environ.get("IMPRINT_PRIMARY", str(ROOT / "build" / "examples" / "primary"))

# A sanitized program needs its own library first, and imprint-run.so is loaded before it.
UNORDERED = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}


def run_primary(chip, records, *key, code=0):
    done = subprocess.run([PRIMARY, chip, records, *key], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, done
    return done


def test_primary_uses_the_board_key(provisioned):
    before = provisioned.snapshot(times=False)
    said = run_primary(provisioned.chip, provisioned.psa).stdout
    for line in ("sign it in the chip: done", "verify it in the chip: done", "verify it in software: done",
                 "refuse it for another message: done"):
        assert line in said
    run_primary(provisioned.chip, provisioned.psa)
    assert {name for name, was in before.items() if provisioned.snapshot(times=False)[name] != was} <= {"state/chip.virtual"}
    assert provisioned.run("provision", EXAMPLE, "--arm", "profile").out.startswith("nothing to do"), "using a key changes nothing"


def test_primary_says_what_is_missing(delivered):
    assert "no key storage" in run_primary(delivered.chip, delivered.state / "devices", code=1).stderr
    assert "no such file" in run_primary(delivered.folder / "none", delivered.state, code=1).stderr
    plan = EXAMPLE.read_text().replace("id: 18", "id: 19")
    delivered.run("provision", delivered.write("plan.yaml", plan), "--arm", "profile")
    # -136: PSA_ERROR_INVALID_HANDLE, Mbed TLS's word for an id that no key has
    assert "cannot open the key: PSA status -136, no key has this id" in \
        run_primary(delivered.chip, delivered.psa, code=1).stderr
    assert run_primary(delivered.chip, delivered.psa, "19").stdout.endswith("refuse it for another message: done\n")


def test_primary_takes_another_key(provisioned):
    assert "sign it in the chip: done" in run_primary(provisioned.chip, provisioned.psa, "16").stdout
    for wrong in ("0", "x", "18x", "4294967295"):
        assert "usage: primary" in run_primary(provisioned.chip, provisioned.psa, wrong, code=2).stderr


def test_a_refusal_of_the_core_has_its_own_sentence(delivered):
    """The policy of the key in PSA forbids signing a hash: the core says so, and the driver is never asked."""
    plan = EXAMPLE.read_text().replace("usage: [sign-hash, sign-message, verify-hash, verify-message]", "usage: [sign-message]")
    delivered.run("provision", delivered.write("plan.yaml", plan), "--arm", "profile")
    assert "cannot sign it in the chip: PSA status -133, the key's policy does not permit this use" in \
        run_primary(delivered.chip, delivered.psa, code=1).stderr
    assert "the key's policy does not permit signing" in \
        delivered.run("sign", "18", str(EXAMPLE), code=1).err


@pytest.mark.parametrize("chip", ["/dev/i2c-1", "/dev/i2c-1@0x35"])
def test_primary_finds_the_part_on_a_bus(provisioned, chip):
    """A Trust&GO part is at 0x35, which need not be said."""
    done = provisioned.run("virtual", "run", provisioned.chip, "--", PRIMARY, chip, provisioned.psa, env=UNORDERED)
    assert "refuse it for another message: done" in done.out


def test_primary_says_that_no_chip_answers(provisioned):
    for chip, reason in (("/dev/i2c-1@0x99", "expected a 7-bit address"), ("/dev/i2c-1@", "expected a 7-bit address"),
                         ("/dev/i2c-1@060", "expected a 7-bit address"), ("/dev/i2c-1@+0x60", "expected a 7-bit address")):
        assert reason in run_primary(chip, provisioned.psa, code=1).stderr


def test_factory_makes_what_primary_uses(delivered):
    """The two example programs alone, without imprint: on a new part, twice, and then the product's application."""
    factory = os.path.join(os.path.dirname(PRIMARY), "factory")
    records = delivered.folder / "records"

    def run_factory():
        done = subprocess.run([factory, delivered.chip, records], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done
        return done.stdout

    first = run_factory()
    assert "register the maker's key: done" in first and "generate the board's key: done" in first
    before = delivered.snapshot(times=False)
    again = run_factory()
    assert "register" not in again and "generate" not in again
    assert [line for line in again.splitlines() if line.startswith("key ")] == \
        [line for line in first.splitlines() if line.startswith("key ")]
    changed = {name for name, was in before.items() if delivered.snapshot(times=False)[name] != was}
    assert changed <= {"state/chip.virtual"}, "keys that exist are kept"
    assert run_primary(delivered.chip, records).stdout.endswith("refuse it for another message: done\n")
