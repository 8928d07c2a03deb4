# SPDX-License-Identifier: Apache-2.0
"""The single wire from both sides: our device against a served chip, hosts that misbehave, and wires that are none."""
import contextlib
import fcntl
import os
import random
import select
import signal
import socket
import stat
import subprocess
import threading
import time
import tty

import pytest

from conftest import EXAMPLE, PATIENCE, PROGRAM, THREE_WAYS, TRUST_FLEX
from test_transports import Server, serving, whole_job

WAKE = b"\0"
INFO = bytes.fromhex("0730000000035d")
REVISION = bytes.fromhex("070000600383bb")
WOKEN = bytes.fromhex("04113343")
COMMAND, TRANSMIT, IDLE, SLEEP = b"\x77", b"\x88", b"\xbb", b"\xcc"


def tokens(data):
    """Eight UART bytes for each byte, least significant bit first."""
    return bytes(0x7f if byte >> bit & 1 else 0x7d for byte in data for bit in range(8))


def untokens(heard):
    assert len(heard) % 8 == 0 and set(heard) <= {0x7f, 0x7d}, heard
    return bytes(sum((heard[at + bit] == 0x7f) << bit for bit in range(8)) for at in range(0, len(heard), 8))


class Host:
    """A host on the wire, by hand: at a terminal or a socket."""

    def __init__(self, device):
        path = device.removeprefix("swi:")
        if stat.S_ISCHR(os.stat(path).st_mode):
            self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
            self.link = None
        else:
            self.link = socket.socket(socket.AF_UNIX)
            self.link.connect(path)
            self.fd = self.link.fileno()

    def hear(self, patience=0.2, count=0):
        """What comes until nothing comes for a moment; at least so many bytes, however long they take."""
        heard = b""
        while select.select([self.fd], [], [], patience if len(heard) >= count else PATIENCE)[0]:
            more = os.read(self.fd, 4096)
            if not more:
                break
            heard += more
        return heard

    def say(self, data):
        """Sends; checks the echo; gives what came behind it."""
        os.write(self.fd, data)
        heard = b""
        while len(heard) < len(data):
            assert select.select([self.fd], [], [], PATIENCE)[0], (data, heard)
            heard += os.read(self.fd, 4096)
        assert heard[:len(data)] == data
        return heard[len(data):]

    def ask(self, count=0):
        """The reply, which has at least so many bytes."""
        early = self.say(tokens(TRANSMIT))
        return untokens(early + self.hear(count=8 * count - len(early)))

    def wake(self):
        assert self.say(WAKE) == b""
        time.sleep(0.002)
        return self.ask(len(WOKEN))

    def close(self):
        if self.link:
            self.link.close()
        else:
            os.close(self.fd)


@pytest.fixture(params=["pty", "unix"])
def way(request, sock):
    return ("--swi-pty",) if request.param == "pty" else ("--swi-unix", sock)


def new(station, part="trust-and-go"):
    station.run("virtual", "new", "--as", part, "--bus", "swi", "--seed", 1)
    return station.chip


@pytest.mark.parametrize("part, profile, ids", [("trust-and-go", EXAMPLE, (16, 18)), ("trust-flex", TRUST_FLEX, (16, 17)),
                                                ("blank", THREE_WAYS, (16, 17))])
def test_whole_job_on_a_single_wire(station, way, part, profile, ids):
    with serving(*way, new(station, part)) as server:
        assert server.device.startswith("swi:/")
        whole_job(station, "--device", server.device, profile=profile, ids=ids)
        chip = station.json("--device", server.device, "info").event("chip")
        assert chip["bus"] == "single-wire" and chip["i2c_address"] is None
        assert "single wire" in station.run("--device", server.device, "info").out
        assert server.stop() == (0, "", "")
    # What was done over the wire is in the chip.
    station.run("sign", ids[0], profile)


def test_real_time(station):
    with serving("--real-time", "--maximum", "--swi-pty", new(station)) as server:
        began = time.monotonic()
        station.run("--device", server.device, "provision", EXAMPLE, "--arm", "profile")
        assert time.monotonic() - began > 0.5, "a key generation and two signatures take their time"
        station.run("--device", server.device, "sign", "18", EXAMPLE)


def test_what_is_on_the_wire(station, way):
    with serving(*way, new(station)) as server:
        host = Host(server.device)
        assert host.ask() == b"", "asleep"
        assert host.wake() == WOKEN
        assert host.say(tokens(COMMAND + INFO)) == b""
        assert host.ask(len(REVISION)) == REVISION
        assert host.ask(len(REVISION)) == REVISION, "as often as asked"
        assert host.wake() == WOKEN, "a wake while awake replaces the reply"
        assert host.say(bytes(byte | 0x80 for byte in tokens(COMMAND + INFO))) == b"", "eight data bits"
        assert host.ask(len(REVISION)) == REVISION
        assert host.say(tokens(COMMAND + INFO[:5] + b"\0\0")) == b""
        assert host.ask(4) == bytes.fromhex("04ff0142"), "a wrong CRC"
        assert host.say(tokens(IDLE)) == b"" and host.ask() == b""
        assert host.wake() == WOKEN
        assert host.say(tokens(SLEEP)) == b"" and host.ask() == b""
        # A host that talks into a reply loses it.
        assert host.wake() == WOKEN
        early = host.say(tokens(TRANSMIT + TRANSMIT))
        assert early + host.hear(count=8 * len(WOKEN) - len(early)) == tokens(WOKEN)
        host.close()


def test_busy_chip_ignores_the_wire_in_real_time(station):
    with serving("--real-time", "--maximum", "--swi-pty", new(station)) as server:
        host = Host(server.device)
        until = time.monotonic() + PATIENCE
        while True:
            assert host.wake() == WOKEN and time.monotonic() < until
            started = time.monotonic()
            host.say(tokens(COMMAND + bytes.fromhex("0740000000") + bytes.fromhex("0005")))  # GenKey, public key of slot 0
            asked = host.say(tokens(TRANSMIT))
            is_early = time.monotonic() - started < 0.1
            if is_early:
                assert asked == b""
                time.sleep(0.2)
                reply = untokens(host.say(tokens(TRANSMIT)) + host.hear(1))
            if is_early and len(reply) == 67:
                break
            assert time.monotonic() - started > (1 if is_early else 0.1), reply
            host.hear(2)  # this machine is late; asleep the chip begins anew
        time.sleep(2)
        assert host.ask() == b"", "the watchdog has put it to sleep"
        host.close()


def test_idle_host_does_not_keep_the_socket(station, sock):
    """With a byte a second, as with none, the next host gets the wire within seconds. One that works keeps it."""
    with serving("--swi-unix", sock, new(station)) as server:
        began = time.monotonic()
        idle = socket.socket(socket.AF_UNIX)
        idle.connect(str(sock))
        ended = threading.Event()

        def drip():
            while not ended.wait(1) and time.monotonic() < began + PATIENCE:
                with contextlib.suppress(OSError):
                    idle.sendall(b"\x7d")
        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            host = Host(server.device)
            assert host.wake() == WOKEN
            assert 3 < time.monotonic() - began and dripping.is_alive()
        finally:
            ended.set()
            dripping.join()
        waiting = socket.socket(socket.AF_UNIX)
        waiting.connect(str(sock))
        until = time.monotonic() + 6
        while time.monotonic() < until:
            host.say(tokens(IDLE))
            assert host.wake() == WOKEN and host.say(tokens(COMMAND + INFO)) == b"" and host.ask(len(REVISION)) == REVISION
        for link in (waiting, idle, host):
            link.close()
        assert "sent no command for 5 seconds" in server.stop()[2]


def test_client_that_dies_in_the_middle(station, way):
    with serving(*way, new(station)) as server:
        said = WAKE + tokens(COMMAND + INFO)
        for cut in range(1, len(said), 5):
            host = Host(server.device)
            os.write(host.fd, said[:cut])
            host.close()
        whole_job(station, "--device", server.device)
        for _ in range(3):
            killed = subprocess.Popen([PROGRAM, "--state", station.state, "--device", server.device, "random", "1048576"],
                                      stdout=subprocess.DEVNULL)
            time.sleep(0.15)
            killed.kill()
            killed.wait()
            station.run("--device", server.device, "sign", "18", EXAMPLE)


def test_garbage_on_the_wire(station, way):
    noise = random.Random(608)
    with serving(*way, new(station)) as server:
        for alphabet in (range(256), (0x7f, 0x7d), (0x7f, 0x7d, 0x00), (0x00,), (0x01,)):
            for _ in range(3):
                host = Host(server.device)
                for _ in range(8):
                    os.write(host.fd, bytes(noise.choice(alphabet) for _ in range(noise.randrange(1, 400))))
                    host.hear(0.01)
                host.close()
                station.run("--device", server.device, "info")
        whole_job(station, "--device", server.device)


def test_second_host_at_a_socket_waits(station, sock):
    with serving("--swi-unix", sock, new(station)) as server:
        first, second = Host(server.device), Host(server.device)
        assert first.wake() == WOKEN
        os.write(second.fd, WAKE)
        assert second.hear() == b""
        first.close()
        assert select.select([second.fd], [], [], PATIENCE)[0] and second.hear() == WAKE
        second.close()


def test_port_is_held_while_in_use(station):
    with serving("--swi-pty", new(station)) as server:
        fd = os.open(server.device.removeprefix("swi:"), os.O_RDWR | os.O_NOCTTY)
        fcntl.flock(fd, fcntl.LOCK_EX)
        error = station.json("--device", server.device, "info", code=3).error
        assert error["reason"] == "device-busy" and "another program" in error["cause"]
        os.close(fd)
        station.run("--device", server.device, "info")


def test_what_cannot_be_served(station, sock):
    wire = new(station)
    station.run("virtual", "new", station.folder / "i2c")
    for way in (("--swi-pty",), ("--swi-unix", sock)):
        error = station.json("virtual", "serve", *way, station.folder / "i2c", code=2).error
        assert error["reason"] == "input-file" and "I2C" in error["cause"] and "--bus swi" in error["next"]
        assert error["subject"].endswith("i2c")
        second = station.folder / f"second{way[0]}"
        station.run("virtual", "new", second)
        error = station.json("virtual", "serve", *way, wire, second, code=2).error
        assert error["reason"] == "usage" and "one chip" in error["cause"]
        assert station.json("virtual", "serve", *way, "--unix", "x", wire, code=2).error["reason"] == "usage"
    assert station.json("virtual", "serve", "--swi-unix", "/no/such/folder/s", wire, code=3).error["reason"] == "device-missing"
    assert not sock.exists()


@contextlib.contextmanager
def answering(answer):
    """A serial port at whose other end `answer` says what comes back for what is sent."""
    master, slave = os.openpty()
    tty.setraw(slave)
    ended = threading.Event()

    def run():
        while not ended.is_set():
            if select.select([master], [], [], 0.05)[0]:
                try:
                    os.write(master, answer(os.read(master, 4096)))
                except OSError:
                    return
    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield "swi:" + os.ttyname(slave)
    finally:
        ended.set()
        thread.join()
        os.close(master)
        os.close(slave)


@pytest.mark.parametrize("answer, reason, cause", [
    (lambda data: b"", "device-silent", "gets no echo"),
    (lambda data: b"\x55" * len(data), "device-garbled", "damaged echo"),
    (lambda data: data, "device-silent", "no chip answers"),
    (lambda data: data + b"\x7d" * 5000, "device-", ""),
    (lambda data: data + b"\x7f" * 3, "device-", ""),
    (lambda data: data + tokens(b"\x05\x11\x33\x43"), "device-garbled", ""),
], ids=["no wire", "noise", "no chip", "never ends", "half a byte", "cut short"])
def test_what_is_no_wire(station, answer, reason, cause):
    with answering(answer) as device:
        error = station.json("--device", device, "info", code=3).error
        assert error["reason"].startswith(reason) and cause in error["cause"], error


def test_ports_that_are_none(station, sock):
    for device, code, cause in (("swi:", 2, "serial port"), ("swi", 2, "serial port"), ("swi:/dev/null", 3, "not a serial port"),
                                ("swi:/no/such/port", 3, "no such file"), ("swi:" + "x" * 5000, 2, "serial port")):
        error = station.json("--device", device, "info", code=code).error
        assert error["reason"] == ("usage" if code == 2 else "device-missing") and cause in error["cause"], device
    with socket.socket(socket.AF_UNIX) as nobody:
        nobody.bind(str(sock))
        assert "--swi-unix" in station.json("--device", f"swi:{sock}", "info", code=3).error["next"]
    for option in (("--fault", "nack@1"), ("--trace", "t")):
        assert station.json("--device", "swi:/dev/null", *option, "info", code=2).error["reason"] == "usage"


def test_unplugged(station):
    """The wire is cut at one moment after the other; the same command finishes the job afterwards."""
    with serving("--swi-pty", new(station)) as server:
        for after in (1, 3, 10, 30):
            host, count = Host(server.device), [0]

            def relay(data, host=host, count=count, after=after):
                count[0] += 1
                if count[0] >= after:
                    raise OSError
                os.write(host.fd, data)
                return host.hear(0.004)
            with answering(relay) as device:
                station.json("--device", device, "provision", EXAMPLE, "--arm", "profile", code={1, 3})
            host.close()
        whole_job(station, "--device", server.device)


def test_an_echo_that_comes_late(station):
    """A process that serves a chip gets its turn when the machine lets it: nothing is wrong with the wire."""
    with serving("--swi-pty", new(station)) as server:
        host, late = Host(server.device), [0.3] * 5

        def relay(data):
            os.write(host.fd, data)
            time.sleep(late.pop() if late else 0)
            return host.hear(0.01, len(data))
        with answering(relay) as device:
            assert "single wire" in station.run("--device", device, "info").out and not late
        host.close()


def test_faults_are_armed_at_the_server(station, way):
    chip = new(station)
    with serving("--fault", "silent@3", *way, chip) as server:
        assert station.json("--device", server.device, "provision", EXAMPLE, "--arm", "profile", code={1, 3}).error["reason"].startswith("device-")
    for fault in ("badcrc@5", "flip@6", "garbage@7", "lost@3"):
        with serving("--fault", fault, *way, chip) as server:
            station.run("--device", server.device, "info")
    with serving(*way, chip) as server:
        whole_job(station, "--device", server.device)


def test_server_that_dies_in_the_middle(station, sock):
    chip = new(station)
    server = Server("--fault", "kill@15", "--swi-unix", sock, chip)
    error = station.json("--device", server.device, "provision", EXAMPLE, "--arm", "profile", code=None)
    server.process.communicate(timeout=PATIENCE)
    assert error.code in (0, 1, 3) and (error.code == 0 or error.error["reason"].startswith("device-")), error
    with serving("--swi-unix", sock, chip) as server:
        whole_job(station, "--device", server.device)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_end_it_cleanly(station, way, sock, how):
    server = Server(*way, new(station))
    host = Host(server.device)
    assert server.stop(how) == (0, "", "")
    host.close()
    assert not sock.exists()
    station.run("info")


def test_trace(station, way):
    trace = station.folder / "trace"
    with serving("--trace", trace, *way, new(station)) as server:
        host = Host(server.device)
        host.ask()
        host.wake()
        host.say(tokens(COMMAND + INFO))
        host.ask()
        host.say(tokens(IDLE))
        host.wake()
        host.say(tokens(COMMAND + bytes.fromhex("071b00000024cd")))
        assert len(host.ask()) == 35
        host.say(tokens(COMMAND + INFO[:3]) + WAKE)
        host.close()
        server.stop()
    lines = [line.split(" ", 1) for line in trace.read_text().splitlines()[1:]]
    times = [float(when) for when, _ in lines]
    assert times == sorted(times)
    assert [what for _, what in lines] == [
        "swi 88 ; no answer", "wake 69", "swi 88 04 11 33 43 ; status 11, awake",
        "swi 77 07 30 00 00 00 03 5d ; Info mode 00, 0 bytes of data", "swi 88 07 00 00 60 03 83 bb ; 4 bytes", "swi bb ; idle",
        "wake 69", "swi 88 04 11 33 43 ; status 11, awake", "swi 77 07 1b 00 00 00 24 cd ; Random mode 00, 0 bytes of data",
        "swi 88 23" + " **" * 34 + " ; 32 bytes", "swi 77 07 30 00", "wake 69"]
