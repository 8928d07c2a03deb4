# SPDX-License-Identifier: Apache-2.0
"""Promise 1: looking never writes. Every file's bytes, mode and time before and after, on fresh and finished devices."""
import re

import pytest

from conftest import DUMPS, EXAMPLE, THREE_WAYS

LOOKS = [
    ("info",), ("--verbose", "info"), ("--json", "info"), ("keys",), ("--json", "keys"),
    ("provision", "--dry-run", EXAMPLE), ("--json", "provision", "-n", EXAMPLE),
    ("explain", DUMPS / "608b-tngtls.hex"), ("random", "8", "--hex"), ("scan",), ("certificate", "show"), ("certificate", "verify"), ("--help",), ("--version",), ("keys", "--help"),
]
USES = [("public-key", "16"), ("csr", "18", "--subject", "CN=x"), ("sign", "18"), ("public-key", "99"), ("sign", "99"),
        ("erase",)]


def name(arguments):
    return "-".join(str(word).rsplit("/", 1)[-1] for word in arguments)


@pytest.mark.parametrize("arguments", LOOKS + USES, ids=name)
def test_finished_device_stays_as_it_is(provisioned, arguments):
    before = provisioned.snapshot()
    provisioned.run(*arguments, code=None)
    assert provisioned.snapshot() == before


@pytest.mark.parametrize("arguments", LOOKS + USES, ids=name)
def test_fresh_device_gets_no_folder(delivered, arguments):
    before = delivered.snapshot()
    delivered.run(*arguments, code=None)
    assert delivered.snapshot() == before
    assert [path.name for path in delivered.state.iterdir()] == ["chip.virtual"]


@pytest.mark.parametrize("arguments", LOOKS + USES, ids=name)
def test_no_device_at_all(station, arguments):
    station.run(*arguments, code=None)
    assert not station.state.exists()


def test_blank_part_stays_blank(station):
    station.new("blank")
    before = station.snapshot()
    for arguments in (("info",), ("keys",), ("provision", "-n", THREE_WAYS)):
        station.run(*arguments)
    assert station.snapshot() == before


def test_looking_sends_no_command_that_may_write(provisioned):
    for arguments in (("info",), ("keys",), ("certificate", "show"), ("certificate", "verify"), ("provision", "-n", EXAMPLE)):
        counted = provisioned.run("--verbose", *arguments).err
        assert " 0 that may write" in counted, counted
    assert " 0 that may write" not in provisioned.run("--verbose", "virtual", "new", provisioned.folder / "x").err


# What may be sent while looking, by opcode and, where it matters, mode: the list of this test, not of the chip layer's.
# Random and Nonce in mode 00 move an ATECC508A's seed; Sign and others take a use from a key with LimitedUse.
HARMLESS = {"Read", "Info mode 00", "Info mode 01", "Info mode 02", "GenKey mode 00", "Counter mode 00"}


@pytest.mark.parametrize("dump", ["508a-mbed-readme-device", "508a-cryptoauthlib-test", "508a-arduino-tls",
                                  "608-cryptoauthlib-test", "608b-tngtls"])
def test_seeds_and_counted_uses_are_left_alone(station, dump):
    """Parts whose keys count their uses (both cryptoauthlib-test), and parts with a seed (all 508A)."""
    station.run("virtual", "new", "--as", DUMPS / f"{dump}.hex", "--seed", 3)
    profile = EXAMPLE.read_text().replace("[ATECC608A, ATECC608B]", "[ATECC508A, ATECC608A, ATECC608B]")
    plan = station.write("plan.yaml", profile)
    before = station.snapshot()
    sent = set()
    for arguments in (("info",), ("keys",), ("provision", "--dry-run", plan)):
        trace = station.folder / "trace"
        counted = station.run("--verbose", "--trace", trace, *arguments, code=None).err
        assert "commands (" not in counted or " 0 that may write" in counted, counted
        sent |= {word.split(",")[0] for word in re.findall(r" write\+? \S+ ack 03 .*; (.*)", trace.read_text())}
        trace.unlink()
    assert station.snapshot() == before
    wrong = {word for word in sent if word not in HARMLESS and word.split(" ")[0] not in HARMLESS}
    assert sent and not wrong, wrong


@pytest.mark.parametrize("part, seeds", [("508a-mbed-readme-device", 1), ("608b-tngtls", 0)])
def test_random_says_that_it_may_move_the_seed(station, part, seeds):
    station.run("virtual", "new", "--as", DUMPS / f"{part}.hex", "--seed", 3)
    said = station.run("--verbose", "random", "32", "--hex").err
    assert f" {seeds} that may write" in said, said


def test_refused_device_is_left_alone(delivered):
    """Exit code 4 comes before anything is written, on the chip or beside it."""
    before = delivered.snapshot()
    for text in (EXAMPLE.read_text().replace("[ATECC608A, ATECC608B]", "[ATECC508A]"),
                 EXAMPLE.read_text().replace("configuration: as-delivered", "configuration: trust-flex")):
        error = delivered.json("provision", delivered.write("p.yaml", text), code=4).error
        assert error["reason"] in ("wrong-part", "wrong-configuration") and error["exit"] == 4
        (delivered.folder / "p.yaml").unlink()
        assert delivered.snapshot() == before
