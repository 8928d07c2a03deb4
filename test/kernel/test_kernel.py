# SPDX-License-Identifier: Apache-2.0
"""
imprint's i2c: transport on a real kernel's i2c-dev, and kit:hid on its hidraw: a Debian kernel in QEMU, its own drivers, and
behind them the virtual chips. One boot; guest.sh is what happens in it, and here is what must have come of it. openssl
judges outside.
"""
import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from conftest import EXAMPLE, PROGRAM, ROOT, Result, openssl, run_program  # noqa: E402
from machine import Machine, tool  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ENDPOINT = os.environ.get("IMPRINT_USBIP_I2C", str(ROOT / "build" / "test" / "kernel" / "usbip_i2c"))
PARTS = {"trust-and-go": 0x35, "trust-flex": 0x36, "blank": 0x60}
PULLED = (2, 10, 15, 17, 20)  # as in guest.sh
MESSAGE = b"hello from the board, through a real kernel\n"
# A boot and everything in it take about a minute on an idle machine.
TIMEOUT = 900


class Out:
    """What the machine left: a step's Result, or a file."""

    def __init__(self, folder):
        self.folder = folder

    def step(self, name, code=0):
        path = self.folder / name
        if not path.with_name(name + ".code").exists():
            log = (self.folder.parents[1] / "serial.log").read_text("utf-8", "replace")
            pytest.fail(f"step {name} was never made; the machine's last words:\n" + "\n".join(log.splitlines()[-40:]))
        finished = subprocess.CompletedProcess([], int(path.with_name(name + ".code").read_text()),
                                               path.with_name(name + ".out").read_bytes(),
                                               path.with_name(name + ".err").read_bytes())
        result = Result(finished)
        assert result.code == code, f"step {name}: {result}"
        return result

    def text(self, name):
        return (self.folder / name).read_text()


@pytest.fixture(scope="module")
def out():
    kernel = subprocess.run([ROOT / "scripts" / "get-kernel"], stdout=subprocess.PIPE, text=True, check=True).stdout
    machine = Machine(kernel.strip(), pathlib.Path(PROGRAM).parent / "kernel")
    for module in ("vhci-hcd", "i2c-dev", "i2c-tiny-usb", "uhid", "hid-generic"):
        machine.put_module(module)
    for program in (PROGRAM, ENDPOINT, tool("i2cdetect"), tool("i2ctransfer")):
        machine.put_program(program)
    machine.put(ROOT / "profiles", "profiles")
    machine.put(MESSAGE, "message")
    for seed, part in enumerate(PARTS, 1):
        chip = machine.root / "chips" / part
        chip.parent.mkdir(exist_ok=True)
        run_program("virtual", "new", "--as", part, "--seed", seed, chip)
    return Out(machine.boot((HERE / "guest.sh").read_text(), TIMEOUT))


def trace(out):
    """The bus as the chips saw it: (seconds, kind, address, result, rest of the line)."""
    rows = []
    for line in out.text("bus.trace").splitlines():
        words = line.split(" ", 4)
        if not line.startswith("#") and words[1] != "wake":
            rows.append((float(words[0]), *words[1:4], words[4] if len(words) > 4 else ""))
    return rows


def test_it_is_the_kernels_own_adapter(out):
    assert out.text("adapter").startswith("i2c-tiny-usb at bus")
    assert "I2C                              yes" in out.step("functions").out
    assert out.text("kernel").strip()


def test_every_chip_is_found_and_read(out):
    # i2cdetect wakes what it finds by zero bits in its own addresses, so that all chips behind 0x20 answer.
    scan = out.step("scan").out
    found = {int(word, 16) for line in scan.splitlines()[1:] for word in line.split()[1:] if word != "--"}
    assert found == set(PARTS.values()), scan
    serials = set()
    for address in PARTS.values():
        chip = out.step(f"info-{address:#04x}").event("chip")
        assert chip["i2c_address"] == address
        serials.add(chip["serial"])
    assert len(serials) == len(PARTS)


def test_nobody_at_that_address(out):
    assert out.step("info-0x11", code=3).error["reason"] == "device-silent"


def test_the_whole_job(out):
    assert out.step("dry-run").event("plan")["changes"] == 4
    first, second = out.step("first"), out.step("second")
    assert first.event("provisioned")["changes"] == 4
    assert second.event("provisioned")["changes"] == 0
    assert {key["key_id"]: key["slot"] for key in out.step("keys").objects if key["event"] == "key"} == {16: 0, 18: 2}


def test_only_the_first_run_wrote(out):
    sums = [out.text(f"{name}.sum") for name in ("before-first", "after-first", "after-use")]
    assert sums[0] != sums[1] and sums[1] == sums[2]


@pytest.mark.parametrize("public, signature", [("public-16", "sign-16"), ("public-18", "sign-18"),
                                               ("kit-public", "kit-sign")])
def test_openssl_accepts_the_signatures(out, public, signature, tmp_path):
    message = tmp_path / "message"
    check = ("dgst", "-sha256", "-verify", out.folder / f"{public}.out", "-signature", out.folder / f"{signature}.out",
             message)
    out.step(public), out.step(signature)
    message.write_bytes(MESSAGE)
    assert "Verified OK" in openssl(*check)
    message.write_bytes(MESSAGE + b"x")
    openssl(*check, code=1)


def test_openssl_accepts_the_request(out):
    out.step("verify"), out.step("csr")
    said = openssl("req", "-in", out.folder / "csr.out", "-noout", "-verify", "-subject")
    assert "verify OK" in said and "Kernel" in said
    assert openssl("req", "-in", out.folder / "csr.out", "-noout", "-pubkey").strip() == out.text("public-18.out").strip()


def test_a_blank_part_is_configured_and_locked(out):
    assert out.step("three-ways").event("provisioned")["changes"] > 0
    assert out.step("three-ways-again").event("provisioned")["changes"] == 0


def test_random_came(out):
    assert len(out.step("random").raw) == 64


def test_what_the_machine_left_is_a_device_here(out, tmp_path):
    """The chip's file and the station's folder, brought out, say the same to the virtual transport."""
    here = run_program("--state", out.folder / "state", "--device", f"virtual:{out.folder}/chips/trust-and-go", "--json",
                       "provision", EXAMPLE, "--arm", "profile")
    assert here.event("provisioned")["changes"] == 0


def test_by_hand_with_i2c_tools(out):
    # Nobody acknowledges the general call: the kernel says so (ENXIO), and the chips are awake.
    assert "No such device or address" in out.step("wake", code=1).err
    assert out.step("awake").out.strip() == "0x04 0x11 0x33 0x43"
    out.step("ask")
    assert out.step("told").out.strip() == "0x07 0x00 0x00 0x60 0x03 0x83 0xbb"
    out.step("to-sleep")
    out.step("asleep", code=1)


def test_busy_chips_are_polled_with_nacks(out):
    """After GenKey's group the chip acknowledges nothing until it is done; imprint asks again until it does."""
    rows = trace(out)
    asked = [at for at, row in enumerate(rows) if "GenKey" in row[4] and row[1].startswith("write")]
    assert asked
    for at in asked:
        nacks = 0
        while rows[at + 1 + nacks][3] == "nack":
            nacks += 1
        assert nacks >= 1, rows[at:at + 3]
        assert rows[at + 1 + nacks][3] == "ack"


def test_wake_wants_a_slow_bus(out):
    """
    Eight zero bits of a general call must hold SDA low for 60 us: 7.5 us a bit. The driver knows whole microseconds, so
    125 kHz is the fastest that wakes, and 143 kHz never does.
    """
    for microseconds in (20, 10, 8):
        assert out.step(f"bit-{microseconds}").event("chip")["i2c_address"] == 0x35
    for microseconds in (7, 2):
        error = out.step(f"bit-{microseconds}", code=3).error
        assert error["reason"] == "device-silent"
        assert "100 kHz" in error["next"], error


@pytest.mark.parametrize("groups", PULLED)
def test_the_adapter_is_pulled_and_plugged_in_again(out, groups):
    # The kernel says EIO until the adapter's driver has left: to us the chip is silent.
    assert out.step(f"pulled-{groups}", code=3).error["reason"] in ("device-missing", "device-silent")
    out.step(f"mended-{groups}")
    assert out.step(f"mended-again-{groups}").event("provisioned")["changes"] == 0
    assert {key["key_id"] for key in out.step(f"mended-keys-{groups}").objects if key["event"] == "key"} == {16, 18}


def test_a_kit_on_the_kernels_hidraw(out):
    assert out.text("hidraw").split() == ["/dev/hidraw0"]
    serial = out.step("kit-info").event("chip")["serial"]
    assert out.text("kit.device").strip() == f"kit:hid:{serial}"
    first = out.step("kit-first").event("provisioned")
    assert first["changes"] == 4
    assert first["rehearsal"] == ["virtual-chip"] and first["run"]["virtual"], "a program plays this kit"
    assert out.step("kit-second").event("provisioned")["changes"] == 0
    assert out.step("kit-gone", code=3).error["reason"] == "device-missing"


def test_no_adapter(out):
    assert out.step("nowhere", code=3).error["reason"] == "device-missing"
