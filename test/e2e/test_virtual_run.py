# SPDX-License-Identifier: Apache-2.0
"""Unmodified programs with virtual chips on /dev/i2c-N: Debian's i2c-tools, Python, and imprint's own i2c: device."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time

import pytest

import json_page
from conftest import DUMPS, EXAMPLE, PATIENCE, PROGRAM, run_program, wait_until
from test_transports import whole_job

# A sanitized imprint wants its own library first, and imprint-run.so stands before it.
ENV = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
PARTS = {"blank": 0x60, "trust-and-go": 0x35, "trust-flex": 0x36}


@pytest.fixture
def chips(tmp_path):
    for part in PARTS:
        run_program("virtual", "new", "--as", part, "--seed", 1, tmp_path / part)
    return {part: tmp_path / part for part in PARTS}


def run_with(files, *program, bus=None, code=0, **more):
    option = [] if bus is None else ["--bus", bus]
    return run_program("virtual", "run", *option, *files, "--", *program, code={code}, env=ENV, **more)


def found(table):
    return [int(word, 16) for line in table.splitlines()[1:] for word in line.split()[1:] if word != "--"]


needs_tools = pytest.mark.skipif(shutil.which("i2cdetect", path="/usr/sbin:/usr/bin:/sbin") is None, reason="no i2c-tools")
TOOLS = {"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", **ENV}


@needs_tools
@pytest.mark.parametrize("mode, least", [([], 0x20), (["-r"], 0x40), (["-q"], 0x20), (["-a"], 0)])
def test_i2cdetect_shows_every_chip(chips, mode, least):
    """
    A scan wakes the chips by the first address it sends with six zero bits in a row, and shows those behind it: 0x20
    when it writes, 0x40 when it reads. So it is with real parts on a bus of 100 kHz.
    """
    done = run_program("virtual", "run", "--bus", "7", *chips.values(), "--", "i2cdetect", "-y", *mode, "7", env=TOOLS)
    assert found(done.out) == sorted(address for address in PARTS.values() if address > least), done
    for part, address in PARTS.items():
        if address < least:
            continue
        alone = run_program("virtual", "run", chips[part], "--", "i2cdetect", "-y", *mode, "1", env=TOOLS)
        assert found(alone.out) == [address], alone


@needs_tools
def test_i2cdetect_on_another_bus_and_functions(chips):
    other = run_program("virtual", "run", "--bus", "7", chips["blank"], "--", "i2cdetect", "-y", "6123", code={1}, env=TOOLS)
    assert "No such file" in other.err
    able = run_program("virtual", "run", chips["blank"], "--", "i2cdetect", "-F", "1", env=TOOLS).out
    assert "I2C                              yes" in able and "SMBus Quick Command              yes" in able


@needs_tools
def test_i2ctransfer_wakes_and_asks(chips):
    script = "i2ctransfer -y -a 1 w1@0x00 0x01 2>/dev/null; sleep 0.01; i2ctransfer -y 1 r4@0x60; " \
             "i2ctransfer -y 1 w8@0x60 0x03 0x07 0x30 0 0 0 0x03 0x5d; sleep 0.02; i2ctransfer -y 1 w1@0x60 0 r7@0x60"
    done = run_program("virtual", "run", chips["blank"], "--", "sh", "-c", script, env=TOOLS)
    assert done.out.split("\n")[:2] == ["0x04 0x11 0x33 0x43", "0x07 0x00 0x00 0x60 0x03 0x83 0xbb"], done


def test_whole_job_through_our_own_i2c_device(station):
    station.new()

    def run(*arguments, **more):
        return run_with([station.chip], PROGRAM, "--state", station.state, *arguments, bus=3, **more)
    whole_job(station, "--device", "i2c:/dev/i2c-3@0x35", run=run)


def test_several_chips_for_our_own_device(chips, tmp_path):
    for part, address in PARTS.items():
        done = run_with(chips.values(), PROGRAM, "--state", tmp_path / "s", "--json", "--device",
                        f"i2c:/dev/i2c-1@{address}", "info")
        assert done.event("chip")["i2c_address"] == address
    gone = run_with(chips.values(), PROGRAM, "--state", tmp_path / "s", "--json", "--device", "i2c:/dev/i2c-1@0x11",
                    "info", code=3)
    assert gone.error["reason"] == "device-silent" and "0x11; one answers at 0x60" in gone.error["cause"]
    assert gone.error["next"] == "use --device i2c:/dev/i2c-1@0x60"


def part_at(folder, address):
    """A part as shipped, but for its I2C address, in the file whose name is returned."""
    lines = (DUMPS / "608b-blank-rev6003.hex").read_text().splitlines()
    dump = bytearray.fromhex("".join(line for line in lines if not line.startswith("#")))
    dump[3] = dump[16] = address << 1  # serial number, I2C_Address
    image, chip = folder / f"{address:#x}.hex", folder / f"{address:#x}"
    image.write_text(dump.hex(" "))
    run_program("virtual", "new", "--as", image, chip)
    return chip


def ask_bus(files, *arguments, state, device="i2c:/dev/i2c-1", before=(), code=0):
    return run_program(*before, "virtual", "run", *files, "--", PROGRAM, "--state", state, "--json", "--device", device,
                       *arguments, code={code}, env=ENV)


def test_the_usual_addresses_have_an_order(tmp_path):
    """Without an address: 0x60, then 0x35, 0x36 and 0x58, whichever chips are on the bus and in whatever order."""
    order = [0x60, 0x35, 0x36, 0x58]
    chips = {address: part_at(tmp_path, address) for address in order}
    for first in range(len(order)):
        files = [chips[address] for address in sorted(order[first:], reverse=first % 2 == 0)]
        assert ask_bus(files, "info", state=tmp_path / "s").event("chip")["i2c_address"] == order[first]


def test_a_silent_bus_may_be_too_fast(tmp_path):
    """No chip at the address, and none at a usual one: the advice names the speed at which a wake pulse is long enough."""
    for device in ("i2c:/dev/i2c-1", "i2c:/dev/i2c-1@0x35"):
        error = ask_bus([part_at(tmp_path, 0x2a)], "info", state=tmp_path / "s", device=device, code=3).error
        assert error["reason"] == "device-silent" and "100 kHz" in error["next"], error
        (tmp_path / "0x2a").unlink()


def commands_to(trace):
    """The addresses that a command was sent to, by the trace of a bus."""
    rows = [line.split() for line in trace.read_text().splitlines() if not line.startswith("#")]
    return {int(row[2], 16) for row in rows if row[1].startswith("write") and row[3] == "ack" and row[4:5] == ["03"]}


def addressed(trace):
    """The addresses that anything was sent to or read from, answered or not, but for the wake."""
    rows = [line.split() for line in trace.read_text().splitlines() if not line.startswith("#")]
    return {int(row[2], 16) for row in rows if row[1].startswith(("write", "read"))} - {0}


def test_scan_asks_only_usual_addresses_and_the_named_one(tmp_path):
    """Another kind of device may be at any other address: a command for a chip could change it."""
    chips = [part_at(tmp_path, address) for address in (0x60, 0x2a, 0x58)]
    trace = tmp_path / "trace"
    for device, asked in (("i2c:/dev/i2c-1", {0x60, 0x58}), ("i2c:/dev/i2c-1@0x2a", {0x2a}), ("i2c:/dev/i2c-1@0x60", {0x60}),
                          ("i2c:/dev/i2c-1@88", {0x58})):
        done = ask_bus(chips, "scan", state=tmp_path / "s", device=device, before=("--trace", trace))
        found = {item["i2c_address"]: item for item in done.objects if item["event"] == "found"}
        assert set(found) == ({0x2a, 0x58, 0x60} if "@" not in device else asked), done
        assert {address for address, item in found.items() if item["serial"] is not None} == asked, done
        assert commands_to(trace) == asked, device
        assert "@" not in device or addressed(trace) == asked, device


def test_scan_of_one_address_leaves_the_other_chips_alone(tmp_path):
    """A worker of another socket may be between a command and its reply: nothing is read from its chip, which is not put to sleep."""
    chips, trace = [part_at(tmp_path, address) for address in (0x60, 0x35)], tmp_path / "trace"
    scan = {"state": tmp_path / "s", "device": "i2c:/dev/i2c-1@0x36", "before": ("--trace", trace)}
    error = ask_bus(chips, "scan", code=3, **scan).error
    assert error["reason"] == "device-silent" and error["cause"] == "no chip answers at 0x36" and addressed(trace) == {0x36}
    assert error["next"] == f"list the whole bus: imprint scan --state {scan['state']} --device i2c:/dev/i2c-1"
    assert ask_bus(chips, "scan", "--also-at", "0x58", code=3, **scan).error["cause"] == "no chip answers at 0x36 or 0x58"
    (found,) = [item for item in ask_bus(chips, "scan", "--also-at", "0x35", **scan).objects if item["event"] == "found"]
    assert found["i2c_address"] == 0x35 and found["serial"] and addressed(trace) == {0x35, 0x36}
    for bad in ("0x07", "0xc0", "x"):
        assert "--also-at needs a 7-bit" in ask_bus(chips, "scan", "--also-at", bad, code=2, **scan).error["cause"]


def test_another_address_needs_one_that_it_is_added_to(tmp_path):
    """Without an address the whole bus is looked at, and what has no bus cannot be looked at elsewhere; the value is checked first."""
    for device in ("i2c:/dev/i2c-1", f"virtual:{tmp_path}/chip@0x60", "swi:/dev/ttyS0"):
        for value, cause in (("0x35", "--also-at needs a DEVICE that names an address of a bus"), ("x", "--also-at needs a 7-bit")):
            error = run_program("--json", "--state", tmp_path / "s", "--device", device, "scan", "--also-at", value, code=2).error
            assert cause in error["cause"] and error["subject"] == (device if value == "0x35" else "x"), error


def test_a_run_in_a_socket_leaves_the_other_chips_alone(tmp_path):
    """A board that bounces out of its socket between the scan and the run: the chip of the next socket is not even read from for advice."""
    files, trace = [part_at(tmp_path, 0x35)], tmp_path / "trace"
    run = {"state": tmp_path / "s", "device": "i2c:/dev/i2c-1@0x36", "before": ("--trace", trace), "code": 3}
    for more in (("--confirm",), ("--only", "0123000000000000EE"), ("--dry-run",)):
        error = ask_bus(files, "provision", "--socket", "A1", *more, EXAMPLE, **run).error
        assert error["reason"] == "device-silent" and "0x35" not in json.dumps(error) and 0x35 not in addressed(trace), more
    error = ask_bus(files, "provision", "--dry-run", EXAMPLE, **run).error
    assert "0x35" in error["cause"] and 0x35 in addressed(trace), "by hand, the advice looks there"


PYTHON = """
import ctypes, errno, fcntl, os, stat, sys, threading, time
SLAVE, FUNCS, RDWR, SMBUS, PEC, TENBIT = 0x703, 0x705, 0x707, 0x720, 0x708, 0x704
INFO = bytes.fromhex("030730000000035d")

class Message(ctypes.Structure):
    _fields_ = [("address", ctypes.c_uint16), ("flags", ctypes.c_uint16), ("len", ctypes.c_uint16), ("buf", ctypes.c_void_p)]

class Transaction(ctypes.Structure):
    _fields_ = [("messages", ctypes.c_void_p), ("count", ctypes.c_uint32)]

def rdwr(fd, *messages):
    rows = (Message * max(len(messages), 1))()
    buffers = []
    for row, (address, flags, data) in zip(rows, messages):
        buffers.append(ctypes.create_string_buffer(data, len(data)))
        row.address, row.flags, row.len, row.buf = address, flags, len(data), ctypes.addressof(buffers[-1])
    done = fcntl.ioctl(fd, RDWR, Transaction(ctypes.addressof(rows), len(messages)))
    return done, [b.raw for b in buffers]

def fails(number, call, *arguments):
    try:
        call(*arguments)
    except OSError as problem:
        assert problem.errno == number, (problem, number, call, arguments)
        return
    raise AssertionError((call, arguments))

def wake(fd):
    fails(errno.ENXIO, rdwr, fd, (0, 0, b"\\1"))
    time.sleep(0.002)
"""

CASES = {
    "a wake delay after much traffic": """
        fd = os.open("/dev/i2c-1", os.O_RDWR)
        wake(fd)
        for _ in range(40):
            rdwr(fd, (0x60, 1, bytes(60)))
            rdwr(fd, (0x60, 0, b"\\2"))
            fails(errno.ENXIO, rdwr, fd, (0, 0, b"\\1"))
            time.sleep(0.0016)
            done, (reply,) = rdwr(fd, (0x60, 1, bytes(4)))
            assert reply.hex() == "04113343", reply
    """,
    "plain read and write": """
        fd = os.open("/dev/i2c-1", os.O_RDWR)
        fcntl.ioctl(fd, SLAVE, 0x60)
        fails(errno.ENXIO, os.write, fd, b"\\3")
        fcntl.ioctl(fd, SLAVE, 0)
        fails(errno.ENXIO, os.write, fd, b"\\0")
        time.sleep(0.002)
        fcntl.ioctl(fd, SLAVE, 0x60)
        assert os.read(fd, 4).hex() == "04113343"
        assert os.read(fd, 2) == b"\\xff\\xff"
        assert os.write(fd, INFO) == 8
        while True:
            try:
                os.write(fd, b"\\0")
                break
            except OSError as problem:
                assert problem.errno == errno.ENXIO
        assert os.read(fd, 1) + os.read(fd, 6) == bytes.fromhex("0700006003 83bb")
        assert os.write(fd, b"\\3" + INFO[1:3]) == 3
        fails(errno.ENXIO, os.read, fd, 1)
        fails(errno.EREMOTEIO, os.write, fd, INFO[:1] + bytes(20))
    """,
    "transactions": """
        fd = os.open("/dev/i2c-1", os.O_RDWR)
        wake(fd)
        assert rdwr(fd, (0x60, 0, INFO)) == (1, [INFO])
        time.sleep(0.02)
        assert rdwr(fd, (0x60, 0, b"\\0"), (0x60, 1, bytes(7))) == (2, [b"\\0", bytes.fromhex("070000600383bb")])
        assert rdwr(fd, (0x60, 0, b"")) == (1, [b""])
        assert rdwr(fd, (0x60, 1, b"")) == (1, [b""])
        fails(errno.EINVAL, rdwr, fd)
        fails(errno.EINVAL, rdwr, fd, *[(0x60, 0, b"")] * 43)
        fails(errno.EINVAL, rdwr, fd, (0x60, 1, bytes(8193)))
        fails(errno.EOPNOTSUPP, rdwr, fd, (0x60, 0x10, b""))
        fails(errno.EOPNOTSUPP, rdwr, fd, (0x60, 0x401, b"x"))
        fails(errno.EINVAL, rdwr, fd, (0x80, 0, b""))
        assert rdwr(fd, (0x60, 1, bytes(8192)))[1][0][:7] == b"\\xff" * 7
        assert rdwr(fd, *[(0x60, 0, b"")] * 42)[0] == 42
    """,
    "what an adapter is": """
        found = os.stat("/dev/i2c-1")
        assert stat.S_ISCHR(found.st_mode) and (os.major(found.st_rdev), os.minor(found.st_rdev)) == (89, 1)
        assert os.path.exists("/dev/i2c-1") and os.access("/dev/i2c-1", os.R_OK | os.W_OK)
        assert not os.path.exists("/dev/i2c-12345") and not os.path.exists("/dev/i2c-01")
        fails(errno.ENOENT, os.open, "/dev/i2c-12345", os.O_RDWR)
        fd = os.open("/dev/i2c-1", os.O_RDWR)
        assert stat.S_ISCHR(os.fstat(fd).st_mode)
        fails(errno.ENOTTY, fcntl.ioctl, fd, 0x5401, bytes(60))
        fails(errno.EINVAL, fcntl.ioctl, fd, SLAVE, 0x80)
        fails(errno.EOPNOTSUPP, fcntl.ioctl, fd, PEC, 1)
        assert fcntl.ioctl(fd, PEC, 0) == fcntl.ioctl(fd, 0x701, 3) == fcntl.ioctl(fd, 0x702, 10) == 0
        functions = bytearray(8)
        fcntl.ioctl(fd, FUNCS, functions)
        assert functions[0] & 1
    """,
    "descriptors": """
        fd = os.open("/dev/i2c-1", os.O_RDWR)
        wake(fd)
        copies = [os.dup(fd), os.dup2(fd, 200), fcntl.fcntl(fd, fcntl.F_DUPFD, 300), fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 400)]
        os.close(fd)
        for copy in copies:
            assert rdwr(copy, (0x60, 0, b""))[0] == 1
        plain = os.open("/dev/null", os.O_RDWR)
        os.dup2(plain, 200)
        assert os.write(200, b"x") == 1
        fails(errno.ENOTTY, rdwr, 200, (0x60, 0, b""))
        again = os.open("/dev/null", os.O_RDONLY)
        assert os.read(again, 5) == b""
        with open("/dev/i2c-1", "r+b", buffering=0) as file:
            assert rdwr(file.fileno(), (0x60, 0, b""))[0] == 1
    """,
    "fork and threads": """
        fd = os.open("/dev/i2c-1", os.O_RDWR)
        wake(fd)
        child = os.fork()
        if child == 0:
            os._exit(0 if rdwr(fd, (0x60, 0, b""))[0] == 1 else 1)
        assert os.waitpid(child, 0)[1] == 0
        def work():
            own = os.open("/dev/i2c-1", os.O_RDWR)
            for _ in range(50):
                assert rdwr(fd, (0x60, 0, b"\\0"))[0] == 1
                assert rdwr(own, (0x60, 0, b"\\0"))[0] == 1
            os.close(own)
            results.append(1)
        results = []
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        assert len(results) == 4
    """,
    "smbus": """
        class Call(ctypes.Structure):
            _fields_ = [("rw", ctypes.c_uint8), ("command", ctypes.c_uint8), ("size", ctypes.c_uint32), ("data", ctypes.c_void_p)]
        def smbus(rw, command, size, data=None):
            block = ctypes.create_string_buffer(data or b"", 34)
            fcntl.ioctl(fd, SMBUS, Call(rw, command, size, ctypes.addressof(block) if data is not None else None))
            return block.raw
        fd = os.open("/dev/i2c-1", os.O_RDWR)
        wake(fd)
        fcntl.ioctl(fd, SLAVE, 0x60)
        smbus(0, 0, 0)
        assert smbus(1, 0, 1, b"\\0")[0] == 0x04
        assert smbus(1, 0, 2, b"\\0")[0] == 0x04
        assert smbus(1, 0, 3, b"\\0")[:2] == b"\\x04\\x11"
        assert smbus(1, 0, 8, b"\\4")[:5] == b"\\4\\x04\\x11\\x33\\x43"
        smbus(0, 3, 8, b"\\x07" + INFO[1:])
        time.sleep(0.02)
        smbus(0, 0, 1)
        assert smbus(1, 0, 8, b"\\7")[1:8].hex() == "070000600383bb"
        fails(errno.EINVAL, smbus, 1, 0, 8, b"\\0")
        fails(errno.EINVAL, smbus, 1, 0, 8, b"\\x21")
        fails(errno.EINVAL, smbus, 1, 0, 1)
        for size in (4, 5, 7, 77):
            fails(errno.EOPNOTSUPP, smbus, 1, 0, size, b"\\1")
        fcntl.ioctl(fd, SLAVE, 0x61)
        fails(errno.ENXIO, smbus, 0, 0, 0)
    """,
}


TOO_EARLY = """
fd = os.open("/dev/i2c-1", os.O_RDWR)
fails(errno.ENXIO, rdwr, fd, (0, 0, b"\\1"))
time.sleep(float(sys.argv[1]))
try:
    rdwr(fd, (0x60, 1, bytes(4)))
except OSError:
    sys.exit(9)
rdwr(fd, (0x60, 0, b"\\x03" + bytes.fromhex(sys.argv[2])))
time.sleep(float(sys.argv[3]))
try:
    rdwr(fd, (0x60, 1, bytes(4)))
except OSError:
    sys.exit(9)
"""
RANDOM = "071b000000" + "24cd"


def run_too_early(chips, wake, execute, *options):
    """A host that waits these seconds, once each; then it gives up with exit code 9."""
    program = ["/usr/bin/python3", "-c", PYTHON + TOO_EARLY, str(wake), RANDOM, str(execute)]
    done = run_program("virtual", "run", *options, chips["blank"], "--", *program, code={0, 9}, env=ENV)
    lines = [line for line in done.err.splitlines() if "gave" in line]
    assert done.out == "" and len(lines) == (1 if done.code == 9 else 0), done
    return lines[0] if lines else None


def told_too_early(chips, word, *arguments):
    """What a host is told that is too early at this. A busy machine may make it too slow for that: then it is tried again."""
    until = time.monotonic() + PATIENCE
    while True:
        line = run_too_early(chips, *arguments)
        if line is not None and word in line:
            return line
        assert time.monotonic() < until, line


def test_who_gives_up_on_a_busy_chip_is_told(chips):
    assert "needed 23.0 ms" in told_too_early(chips, "(Random, 0x60)", 0.003, 0, "--maximum")
    event = json.loads(told_too_early(chips, "Random", 0.003, 0, "--maximum", "--json"))
    assert json_page.complaints(event) == []
    assert event["command"] == "Random" and event["waited_us"] < event["needed_us"] == 23000


def test_who_gives_up_on_a_waking_chip_is_told(chips):
    event = json.loads(told_too_early(chips, "wake", 0, 0, "--maximum", "--json"))
    # A wake is counted from the STOP of the transfer to address 0 that made the pulse.
    assert event["command"] == "wake" and event["waited_us"] < event["needed_us"] and 1200 <= event["needed_us"] <= 1500


def test_hosts_that_wait_typical_times_are_served(chips):
    """1.0 ms after the wake pulse, and 4 ms for Random; or in the worst case 3 and 30."""
    assert run_too_early(chips, 0.001, 0.004) is None
    assert run_too_early(chips, 0.003, 0.03, "--maximum") is None


def test_polling_hosts_are_not_told_anything(station):
    station.new()
    done = run_program("virtual", "run", "--maximum", station.chip, "--", PROGRAM, "--state", station.state, "--quiet", "--device",
                       "i2c:/dev/i2c-1@0x35", "provision", EXAMPLE, "--arm", "profile", env=ENV)
    assert done.err == "", done


@pytest.mark.parametrize("nack, address, byte", [(None, "ENXIO", "EREMOTEIO"), ("ENXIO", "ENXIO", "ENXIO"),
                                                 ("EREMOTEIO", "EREMOTEIO", "EREMOTEIO"), ("EIO", "EIO", "EIO")])
def test_errno_of_a_nack(chips, nack, address, byte):
    script = PYTHON + textwrap.dedent(f"""
        fd = os.open("/dev/i2c-1", os.O_RDWR)
        fails(errno.{address}, rdwr, fd, (0, 0, b"\1"))
        time.sleep(0.002)
        fails(errno.{byte}, rdwr, fd, (0x60, 0, b"\x03" + INFO[1:] + bytes(30)))
        fcntl.ioctl(fd, SLAVE, 0x11)
        fails(errno.{address}, os.write, fd, b"x")
    """)
    options = [] if nack is None else ["--nack", nack]
    run_program("virtual", "run", *options, chips["blank"], "--", "/usr/bin/python3", "-c", script, env=ENV)
    error = run_program("--json", "virtual", "run", "--nack", "EBUSY", chips["blank"], "--", "true", code=2, env=ENV).error
    assert error["reason"] == "usage" and "EREMOTEIO" in error["cause"]


@pytest.mark.parametrize("limit", [32, 61])
def test_message_limit_of_the_adapter(chips, limit):
    """Longer messages are EOPNOTSUPP, as the kernel's i2c_check_for_quirks() has it; imprint says why it cannot continue."""
    script = PYTHON + textwrap.dedent(f"""
        fd = os.open("/dev/i2c-1", os.O_RDWR)
        wake(fd)
        assert rdwr(fd, (0x60, 1, bytes({limit})))[0] == 1
        fails(errno.EOPNOTSUPP, rdwr, fd, (0x60, 1, bytes({limit + 1})))
        fails(errno.EOPNOTSUPP, rdwr, fd, (0x60, 0, bytes({limit + 1})))
        fcntl.ioctl(fd, SLAVE, 0x60)
        fails(errno.EOPNOTSUPP, os.read, fd, {limit + 1})
    """)
    run_program("virtual", "run", "--message-limit", limit, chips["blank"], "--", "/usr/bin/python3", "-c", script, env=ENV)


ASKS = """
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <linux/i2c-dev.h>
int main(void)
{
    unsigned long functions = 0;
    int fd = open("/dev/i2c-1", O_RDWR);

    if (fd < 0 || ioctl(fd, I2C_FUNCS, &functions) != 0)
        return 7;
    puts("asked");
    return (functions & 1) != 0 ? 0 : 8;
}
"""
GO_NOTE = """__asm__(".section .note.go.buildid,\\"a\\",@note\\n.long 4, 4, 4\\n.ascii \\"Go\\\\0\\\\0abcd\\"\\n.previous");"""


def compiled(folder, *options, text=ASKS):
    source, program = folder / "asks.c", folder / "asks"
    source.write_text(text)
    subprocess.run(["cc", *options, "-o", program, source], check=True)
    return program


def run_asking(chips, program, code, *options, env=ENV):
    return run_program("virtual", "run", *options, chips["blank"], "--", program, code={code}, env=env)


def test_program_in_c_is_served(chips, tmp_path):
    done = run_asking(chips, compiled(tmp_path), 0)
    assert done.out == "asked\n" and done.err == ""


def test_sanitized_program_is_served(chips, tmp_path):
    """AddressSanitizer wants to be first; imprint tells it that this is meant, keeping what ASAN_OPTIONS says."""
    program = compiled(tmp_path, "-fsanitize=address")
    for options in ("", "detect_leaks=0"):
        assert run_asking(chips, program, 0, env={"ASAN_OPTIONS": options}).out == "asked\n"


@pytest.mark.parametrize("kind, options, text", [("statically linked", ["-static"], ASKS), ("written in Go", [], GO_NOTE + ASKS)])
def test_program_that_cannot_be_served_is_warned_about(chips, tmp_path, kind, options, text):
    program = compiled(tmp_path, *options, text=text)
    code = 7 if options else 0
    lines = run_asking(chips, program, code).err.splitlines()
    assert kind in lines[0] and str(program) in lines[0] and len(lines) == 1 + (code == 7)
    if code == 7:
        assert "did not open /dev/i2c-1" in lines[1]
    script = tmp_path / "script"
    script.write_text(f"#!{program}\n")
    script.chmod(0o755)
    assert kind in run_asking(chips, script, code).err
    # Found as the shell finds it.
    found = run_program("virtual", "run", chips["blank"], "--", "asks", code={code}, env={**ENV, "PATH": f"/nowhere:{tmp_path}:{os.environ['PATH']}"})
    assert kind in found.err


def test_program_that_cannot_be_served_is_refused(chips, tmp_path):
    program = compiled(tmp_path)
    plain = program.read_bytes()
    (loader,) = [name for name in (b"/lib64/ld-linux-x86-64.so.2", b"/lib/ld-linux-aarch64.so.1") if name in plain]
    musl = b"/lib/ld-musl-x86_64.so.1"
    for kind, changed in (("musl", plain.replace(loader, musl.ljust(len(loader), b"\0"))),
                          ("word size", plain[:4] + b"\1" + plain[5:]), ("word size", plain[:18] + b"\x28\0" + plain[20:])):
        program.write_bytes(changed)
        error = run_program("--json", "virtual", "run", chips["blank"], "--", program, code=2, env=ENV).error
        assert error["reason"] == "input-file" and kind in error["cause"] and error["subject"] == str(program)
    for length in (4, 17, 40, 100):  # execvp() has the shell try a cut-off program as a script: "p@>x" would make a file
        program.write_bytes(plain[:length])
        error = run_program("--json", "virtual", "run", chips["blank"], "--", program, code=2, env=ENV).error
        assert error["reason"] == "input-file" and "cut off" in error["cause"]
    if os.geteuid() == 0:
        program.write_bytes(plain)
        os.chown(program, 1, 1)
        program.chmod(0o4755)
        other = program
    else:
        other = shutil.which("su")  # of util-linux, which every Debian has
        assert other
    error = run_program("--json", "virtual", "run", chips["blank"], "--", other, code=2, env=ENV).error
    assert "set-user-ID" in error["cause"]


def test_names_of_the_bus(chips, tmp_path):
    script = PYTHON + textwrap.dedent("""
        folder = sys.argv[1]
        os.chdir(folder)
        os.symlink("/dev/i2c-1", "link")
        os.symlink("link", "again")
        os.symlink("../../../../../../../../../../dev/i2c-1", "up")
        os.symlink("/dev", "devices")
        os.symlink("/dev/i2c-2", "other")
        os.symlink("loop", "loop")
        def is_bus(name, **more):
            fd = os.open(name, os.O_RDWR, **more)
            fcntl.ioctl(fd, FUNCS, bytearray(8))
            os.close(fd)
            assert stat.S_ISCHR(os.stat(name, **more).st_mode), name
        for name in ("/dev//i2c-1", "//dev/i2c-1", "/dev/./i2c-1", "/dev/../dev/i2c-1", "/dev/i2c/1", "/proc/self/root/dev/i2c-1",
                     "link", "again", "up", "devices/i2c-1", folder + "/link", "./link"):
            is_bus(name)
        assert stat.S_ISLNK(os.lstat("link").st_mode) and os.path.exists("again")
        fails(errno.ELOOP, os.open, "link", os.O_RDWR | os.O_NOFOLLOW)
        here = os.open(folder, os.O_RDONLY)
        is_bus("link", dir_fd=here)
        dev = os.open("/dev", os.O_RDONLY)
        is_bus("i2c-1", dir_fd=dev)
        is_bus("../dev/i2c-1", dir_fd=dev)
        os.chdir("/dev")
        is_bus("i2c-1")
        os.chdir(folder)
        for name in ("i2c-1", "/tmp/i2c-1", "other", "/dev/i2c-1/", "/dev/i2c-10", "/i2c-1", "/dev/x/../i2c-1"):
            fails(errno.ENOENT, os.open, name, os.O_RDWR)
        fails(errno.ELOOP, os.open, "loop", os.O_RDWR)
    """)
    run_with([chips["blank"]], "/usr/bin/python3", "-c", script, tmp_path)


def test_bus_is_listed(chips, tmp_path):
    script = PYTHON + textwrap.dedent("""
        for _ in range(40):
            names = os.listdir("/dev")
            assert names.count("i2c-5") == 1 and "null" in names
        assert [entry.name for entry in os.scandir("/dev") if entry.name.startswith("i2c-")].count("i2c-5") == 1
        assert os.listdir(os.open("/dev", os.O_RDONLY)).count("i2c-5") == 1
        assert "i2c-5" not in os.listdir("/") + os.listdir(sys.argv[1])
    """)
    run_with([chips["blank"]], "/usr/bin/python3", "-c", script, tmp_path, bus=5)
    assert run_with([chips["blank"]], "sh", "-c", "echo /dev/i2c-*", bus=5).out.split().count("/dev/i2c-5") == 1
    assert "/dev/i2c-5" in run_with([chips["blank"]], "ls", "-l", "/dev/i2c-5", bus=5).out


@needs_tools
def test_i2cdetect_lists_the_bus(chips):
    done = run_program("virtual", "run", "--bus", "7", chips["blank"], "--", "i2cdetect", "-l", env=TOOLS)
    assert done.out.split()[0] == "i2c-7" and "imprint virtual bus" in done.out


def test_many_opens(chips):
    run_with([chips["blank"]], "/usr/bin/python3", "-c", PYTHON + textwrap.dedent("""
        fds = [os.open("/dev/i2c-1", os.O_RDWR) for _ in range(500)]
        wake(fds[0])
        for fd in fds:
            assert rdwr(fd, (0x60, 0, b""))[0] == 1
    """))


def test_program_whose_socket_is_gone_is_told(chips):
    done = run_with([chips["blank"]], "/usr/bin/python3", "-c", PYTHON + textwrap.dedent("""
        os.unlink(os.environ["IMPRINT_RUN"].split(":")[2])
        for _ in range(3):
            fails(errno.ENODEV, os.open, "/dev/i2c-1", os.O_RDWR)
    """))
    assert done.err.count("imprint-run.so: /dev/i2c-1 is gone") == 1 and "/bus was removed" in done.err


@pytest.mark.parametrize("name", CASES)
def test_python_program(chips, name):
    run_with([chips["blank"]], "/usr/bin/python3", "-c", PYTHON + textwrap.dedent(CASES[name]))


def test_program_gets_its_arguments_and_gives_its_code(chips):
    done = run_with([chips["blank"]], "sh", "-c", 'printf "%s|" "$@"; exit 42', "sh", "--json", "--", "-h", "a b", code=42)
    assert done.out == "--json|--|-h|a b|"
    assert done.err.startswith("imprint: warning: the program did not open /dev/i2c-1") and done.err.count("\n") == 1
    quiet = run_program("--quiet", "virtual", "run", chips["blank"], "--", "true", env=ENV)
    assert quiet.err == ""
    told = run_program("--json", "virtual", "run", "--bus", 5, chips["blank"], "--", "true", env=ENV)
    assert told.out == "" and "/dev/i2c-5" in json.loads(told.err)["text"]
    assert run_with([chips["blank"]], "cat", stdin=b"through").raw == b"through"
    assert run_with([chips["blank"]], "sh", "-c", "kill -9 $$", code=137)
    nowhere = {**ENV, "IMPRINT_STATE": str(chips["blank"].parent / "none")}
    run_program("virtual", "run", "--", "true", "x", "--state", chips["blank"], code=3, env=nowhere)  # no chip in the state folder
    run_program("--state", chips["blank"].parent, "virtual", "new")
    run_program("--state", chips["blank"].parent, "virtual", "run", "--", "test", "-c", "/dev/i2c-1", env=ENV)


def test_wrong_uses(chips):
    for wrong in (["virtual", "run"], ["virtual", "run", chips["blank"]], ["virtual", "run", chips["blank"], "--"],
                  ["virtual", "run", "--bus", "x", chips["blank"], "--", "true"],
                  ["virtual", "run", chips["blank"], "--", "no-such-program"],
                  ["virtual", "run", *[chips["blank"]] * 17, "--", "true"]):
        error = run_program("--json", *wrong, code=2, env=ENV).error
        assert error["reason"] in ("usage", "input-file"), error
    assert "named twice" in run_with([chips["blank"], chips["blank"]], "true", code=2).err
    twin = chips["blank"].parent / "twin"
    run_program("virtual", "new", "--as", "blank", twin)
    assert "same I2C address" in run_with([chips["blank"], twin], "true", code=2).err


def rest(folder):
    return list(pathlib.Path(folder).glob("imprint-run-*"))


@pytest.mark.parametrize("how, code", [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)])
def test_signals_reach_the_program_and_nothing_is_left(chips, how, code):
    with tempfile.TemporaryDirectory() as folder:
        running = subprocess.Popen([PROGRAM, "virtual", "run", chips["blank"], "--", "/usr/bin/python3", "-c",
                                    "import signal, time; signal.signal(signal.SIGINT, signal.SIG_DFL); "
                                    "print('up', flush=True); time.sleep(60)"],
                                   env={**os.environ, **ENV, "TMPDIR": folder}, stdout=subprocess.PIPE)
        assert running.stdout.readline() == b"up\n"
        assert len(rest(folder)) == 1
        running.send_signal(how)
        running.communicate(timeout=PATIENCE)
        assert running.returncode == code and rest(folder) == []


def test_program_that_outlives_nothing(chips):
    """A child that goes on after the program has ended finds its bus gone, not hanging."""
    script = PYTHON + textwrap.dedent("""
        fd = os.open("/dev/i2c-1", os.O_RDWR)
        if os.fork() == 0:
            problem = errno.ENXIO
            while problem == errno.ENXIO:
                time.sleep(0.1)
                try:
                    rdwr(fd, (0x60, 0, b""))
                except OSError as error:
                    problem = error.errno
            open(sys.argv[1], "w").write(str(problem == errno.ENODEV))
            os._exit(0)
    """)
    note = chips["blank"].parent / "note"
    run_with([chips["blank"]], "/usr/bin/python3", "-c", script, note, stdout=subprocess.DEVNULL)
    wait_until(lambda: note.exists() and note.read_text())
    assert note.read_text() == "True"
