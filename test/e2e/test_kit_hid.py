# SPDX-License-Identifier: Apache-2.0
"""kit:hid, with the built program loading a stand-in for the hidapi library that hands its reports to served kits."""
import functools
import os

import pytest

from conftest import EXAMPLE, THREE_WAYS
from test_transports import serving, whole_job

FAKE = os.environ.get("IMPRINT_FAKE_HID", "build/test/transport/hid")


def with_kits(station, kits, writes=None):
    """`station.run` on a machine where these kits are plugged in: serial number and terminal of each."""
    env = {"LD_LIBRARY_PATH": FAKE,
           "IMPRINT_FAKE_KITS": ",".join(f"{serial}={device.removeprefix('kit:')}" for serial, device in kits)}
    if writes is not None:
        env["IMPRINT_FAKE_KITS_WRITES"] = str(writes)
    assert os.path.exists(os.path.join(FAKE, "libhidapi-hidraw.so.0"))
    return functools.partial(station.run, env=env)


@pytest.mark.parametrize("part, profile, ids", [("trust-and-go", EXAMPLE, (16, 18)), ("blank", THREE_WAYS, (16, 17))])
def test_whole_job_through_a_kit_on_usb(station, part, profile, ids):
    station.new(part)
    with serving("--kit-pty", station.chip) as server:
        run = with_kits(station, [("0123", server.device)])
        whole_job(station, "--device", "kit:hid", profile=profile, ids=ids, run=run)
        run("--device", "kit:hid:0123", "sign", "16", profile)


def test_which_kit(delivered):
    other = delivered.folder / "other"
    delivered.run("virtual", "new", "--as", "trust-flex", other)
    with serving("--kit-pty", delivered.chip) as first, serving("--kit-pty", other) as second:
        run = with_kits(delivered, [("A1", first.device), ("B2", second.device)])
        assert "0x35" in run("--device", "kit:hid:A1", "info").out
        assert "0x36" in run("--device", "kit:hid:B2", "info").out
        assert "0x36" in run("--device", "kit:hid:B2@0x36", "info").out
        for device, code, words in (("kit:hid", 2, "several kits"), ("kit:hid:A", 3, "this serial number"),
                                    ("kit:hid:A12", 3, "this serial number"), ("kit:hid:", 2, "serial number"),
                                    ("kit:hid:A1@0x36", 3, "no ECC chip"), ("kit:hid@0x99", 2, "7-bit")):
            assert words in run("--device", device, "info", code=code).err, device
        twins = with_kits(delivered, [("A1", first.device), ("A1", second.device)])
        assert "are the same" in twins("--device", "kit:hid:A1", "info", code=2).err


def test_no_kit(delivered):
    run = with_kits(delivered, [])
    assert "no kit is plugged in" in run("--device", "kit:hid", "info", code=3).err
    run = with_kits(delivered, [("A1", "/no/such/terminal")])
    assert "refuses to open" in run("--device", "kit:hid", "info", code=3).err
    for option in (("--fault", "nack@1"), ("--trace", "t")):
        assert "virtual chips only" in run("--device", "kit:hid", *option, "info", code=2).err


@pytest.mark.parametrize("writes", [0, 1, 2, 5, 12, 30, 60])
def test_unplugged(delivered, writes):
    """At one moment after the other; the same command finishes the job when it is back."""
    with serving("--kit-pty", delivered.chip) as server:
        kits = [("A1", server.device)]
        cut = with_kits(delivered, kits, writes)("--json", "--device", "kit:hid", "provision", EXAMPLE, "--arm", "profile", code={0, 1, 3})
        assert cut.code == 0 or cut.error["reason"].startswith("device-"), cut
        run = with_kits(delivered, kits)
        run("--device", "kit:hid", "provision", EXAMPLE, "--arm", "profile")
        assert "nothing to do" in run("--device", "kit:hid", "provision", EXAMPLE, "--arm", "profile").out
        signature = delivered.write("signature", run("--device", "kit:hid", "sign", "18", EXAMPLE).raw)
        run("--device", "kit:hid", "verify", "18", signature, EXAMPLE)


def test_served_kit_wants_the_kernel(delivered):
    if os.path.exists("/dev/uhid"):
        with serving("--kit-hid", delivered.chip) as server:
            assert server.device == "kit:hid:" + delivered.json("info", code=None).event("chip")["serial"]
            whole_job(delivered, "--device", server.device)
    else:
        error = delivered.json("virtual", "serve", "--kit-hid", delivered.chip, code=3).error
        assert error["reason"] == "device-missing" and "/dev/uhid" in error["cause"] and "modprobe" in error["next"]
