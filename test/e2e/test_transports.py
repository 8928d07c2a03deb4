# SPDX-License-Identifier: Apache-2.0
"""Every way to a chip does the whole job against a served virtual chip; openssl is the judge."""
import contextlib
import json
import os
import resource
import select
import signal
import shutil
import socket
import struct
import subprocess
import threading
import time

import pytest

import json_page
from conftest import EXAMPLE, PATIENCE, PROGRAM, THREE_WAYS, in_time, openssl, run_program

# Many connections at once: the shell's limit may be 1024 open files.
resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),
                                            resource.getrlimit(resource.RLIMIT_NOFILE)[1]))

HELLO = b"\x0d\0\x01imprint-bus\x01"


class Server:
    """A running `imprint virtual serve`; `device` is what it printed."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([PROGRAM, "virtual", "serve", *map(str, arguments)], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.device = self.process.stdout.readline().strip()
        if self.device.startswith("{"):
            self.device = json.loads(self.device)["device"]
        assert self.device, self.process.stderr.read()

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=PATIENCE)
        assert "Sanitizer" not in err and "runtime error:" not in err, err
        return self.process.returncode, out, err

    def connect(self, hello=True):
        kind, _, rest = self.device.partition(":")
        if kind == "unix":
            link = socket.socket(socket.AF_UNIX)
            link.connect(rest)
        else:
            host, _, port = rest.rpartition(":")
            link = socket.create_connection((host, int(port)))
        link.settimeout(PATIENCE)
        if hello:
            link.sendall(HELLO)
            assert frame(link)[0] == 0x80
        return link


@contextlib.contextmanager
def serving(*arguments):
    server = Server(*arguments)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            assert server.stop()[0] == 0


def frame(link):
    """One frame: its type and body; None when the server has closed."""
    def take(count):
        data = b""
        while len(data) < count:
            more = link.recv(count - len(data))
            if not more:
                return None
            data += more
        return data
    head = take(2)
    if head is None:
        return None
    body = take(struct.unpack("<H", head)[0])
    return body[0], body[1:]


def request(link, kind, body=b""):
    link.sendall(struct.pack("<HB", 1 + len(body), kind) + body)
    return frame(link)


def write(address, data):
    return struct.pack("<BBBH", 1, 0, address, len(data)) + data


def read(address, count):
    return struct.pack("<BBBH", 1, 1, address, count)


GENKEY_0 = bytes.fromhex("0740000000" "0005")  # the public key of slot 0


def whole_job(station, *way, profile=EXAMPLE, ids=(16, 18), run=None):
    """Provision, provision again, sign with each key, verify with openssl."""
    run = run or station.run
    done = run(*way, "provision", profile, "--arm", "profile")
    assert "proven" in done.out, done
    assert "nothing to do" in run(*way, "provision", profile, "--arm", "profile").out
    message = station.write("message", b"message")
    for key in ids:
        pem = station.write("key.pem", run(*way, "public-key", key).out)
        signature = station.write("signature", run(*way, "sign", key, message).raw)
        assert "Verified OK" in openssl("dgst", "-sha256", "-verify", pem, "-signature", signature, message)
    assert "OK" in openssl("req", "-verify", "-noout", stdin=run(*way, "csr", ids[0], "-s", "CN=x").out.encode())
    assert len(run(*way, "random", "100").raw) == 100


WAYS = {"unix": lambda sock: ("--unix", sock), "tcp": lambda sock: ("--tcp", "127.0.0.1:0"),
        "tcp6": lambda sock: ("--tcp", "[::1]:0")}


@pytest.mark.parametrize("way", WAYS)
def test_whole_job_over_sockets(delivered, sock, way):
    if way == "tcp6":
        try:
            socket.socket(socket.AF_INET6).bind(("::1", 0))
        except OSError:
            pytest.skip("no IPv6 here")
    with serving(*WAYS[way](sock), delivered.chip) as server:
        assert server.device.startswith(way.rstrip("6") + ":") and not server.device.endswith(":0")
        whole_job(delivered, "--device", server.device)
        assert server.stop() == (0, "", "")
    assert not sock.exists()
    # What was done through the socket is in the chip.
    delivered.run("sign", "18", EXAMPLE)


def test_part_that_is_configured_and_locked_on_the_way(station, sock):
    station.new("blank")
    with serving("--unix", sock, station.chip) as server:
        assert "0x60" in station.run("--device", server.device, "info").out
        whole_job(station, "--device", server.device, profile=THREE_WAYS, ids=(16, 17))
        chip = station.json("--device", server.device, "info").event("chip")
        assert chip["config_locked"] and chip["data_locked"]


def test_real_time(delivered, sock):
    with serving("--real-time", "--maximum", "--unix", sock, delivered.chip) as server:
        began = time.monotonic()
        delivered.run("--device", server.device, "provision", EXAMPLE, "--arm", "profile")
        assert time.monotonic() - began > 0.5, "a key generation and two signatures take their time"


def test_typical_times(delivered, sock):
    """By the chip's own clock: a command never takes longer than its published maximum, and usually less."""
    took = {}
    for times in ([], ["--typical"]):
        with serving(*times, "--unix", sock, delivered.chip) as server:
            took[len(times)] = delivered.json("--device", server.device, "provision", EXAMPLE, "--arm", "profile").event("provisioned")["chip_us"]
        shutil.rmtree(delivered.state)
        delivered.new()
    assert took[1] < took[0] * 0.9


def test_real_time_is_typical_unless_maximum_is_asked_for(delivered, sock):
    """A host that waits 80 ms for GenKey and asks once is answered by a typical part (60 ms), not in the worst case (115)."""
    for times, answered in (([], True), (["--maximum"], False)):
        with serving("--json", "--real-time", *times, "--unix", sock, delivered.chip) as server, server.connect() as link:
            until = time.monotonic() + PATIENCE
            while True:
                assert time.monotonic() < until
                assert request(link, 3, struct.pack("<I", 80))[0] == 0x80
                time.sleep(0.002)
                if request(link, 2, write(0x35, b"\3" + GENKEY_0))[1][8] != 0:
                    continue  # so late that the watchdog has put the chip to sleep
                began = time.monotonic()
                time.sleep(0.08)
                has_answered = request(link, 2, read(0x35, 67))[1][8] == 0
                if time.monotonic() - began < 0.1:
                    break
                time.sleep(1.5)  # this machine woke up late: the chip may have had its 115 ms; asleep it begins anew
            assert has_answered == answered
            link.close()
            if not answered:  # told at once, while the server goes on
                assert select.select([server.process.stdout], [], [], PATIENCE)[0]
                gave_up = json.loads(server.process.stdout.readline())
                assert gave_up["event"] == "gave-up" and json_page.complaints(gave_up) == []
                assert gave_up["command"] == "GenKey" and gave_up["i2c_address"] == 0x35
                assert gave_up["needed_us"] == 115000 and 70000 < gave_up["waited_us"] < 115000
            assert server.stop() == (0, "", "")


def test_typical_wake_delay(delivered, sock):
    """By the chip's own clock: 0.4 ms after the pulse a typical part answers; in the worst case it takes 1.5 ms."""
    for times, wait_us, answered in (([], 1000, False), ([], 1500, True), (["--typical"], 300, False), (["--typical"], 400, True)):
        with serving(*times, "--unix", sock, delivered.chip) as server, server.connect() as link:
            assert request(link, 3, struct.pack("<I", 80))[0] == 0x80
            assert request(link, 4, struct.pack("<Q", wait_us * 1000))[0] == 0x80
            assert (request(link, 2, read(0x35, 4))[1][8] == 0) == answered, (times, wait_us)


def test_wrong_times_and_limits(delivered, sock):
    for wrong in (["--typical", "--maximum"], ["--message-limit", "7"], ["--message-limit", "8193"], ["--message-limit", "x"]):
        assert delivered.json("virtual", "serve", "--unix", sock, *wrong, delivered.chip, code=2).error["reason"] == "usage"
    for place in (["--kit-pty"], ["--swi-pty"], ["--swi-unix", sock]):
        error = delivered.json("virtual", "serve", *place, "--message-limit", "32", delivered.chip, code=2).error
        assert error["reason"] == "usage" and "--unix" in error["next"]


def test_message_limit(delivered, sock):
    """What is longer is not sent; what is as long is."""
    with serving("--message-limit", 32, "--unix", sock, delivered.chip) as server, server.connect() as link:
        assert request(link, 3, struct.pack("<I", 80))[0] == 0x80
        assert request(link, 4, struct.pack("<Q", 2000000))[0] == 0x80
        assert request(link, 2, read(0x35, 33))[1][8:10] == b"\3\0"
        assert request(link, 2, write(0x35, bytes(33)))[1][8:10] == b"\3\0"
        assert request(link, 2, read(0x35, 32))[1][8:18] == b"\0\1\0\0\x20\0\x04\x11\x33\x43"
        assert request(link, 2, write(0x35, b"\0"))[1][8] == 0


@pytest.mark.parametrize("limit, first", [(32, "info"), (48, "public-key")])
def test_a_message_limit_is_named(provisioned, sock, limit, first):
    """No answer is something else: the chip answers, and the bus does not carry it. 35 bytes are a block of the config zone, 67 a public key."""
    command = {"info": ("info",), "public-key": ("public-key", "maker")}[first]
    for place in (("--unix", sock), ("--tcp", "127.0.0.1:0")):
        with serving("--message-limit", limit, *place, provisioned.chip) as server:
            before = provisioned.chip.read_bytes()
            error = provisioned.json("--device", server.device, *command, code=3).error
            assert error["reason"] == "message-too-long" and "carries no message as long" in error["cause"] and "163 bytes" in error["next"]
            assert provisioned.chip.read_bytes() == before
    if limit == 48:
        with serving("--message-limit", limit, "--unix", sock, provisioned.chip) as server:
            assert provisioned.json("--device", server.device, "scan").event("found")["serial"], "what is shorter passes"
    script = f"'{PROGRAM}' --state '{provisioned.state}' --json --device i2c:/dev/i2c-1@0x35 {' '.join(command)}"
    said = run_program("virtual", "run", "--message-limit", limit, provisioned.chip, "--", "sh", "-c", script, code=3,
                       env={"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"})
    assert '"reason": "message-too-long"' in said.out or '"reason":"message-too-long"' in said.out


@pytest.mark.parametrize("limit, passes", [(32, False), (61, False), (66, False), (67, True)])
def test_a_message_limit_is_met_in_the_plan(station, sock, limit, passes):
    """A key's public half takes 67 bytes. What does not pass is found out before the config zone is locked for ever."""
    station.new("blank")
    before = station.chip.read_bytes()
    with serving("--message-limit", limit, "--unix", sock, station.chip) as server:
        for only_look in (["--dry-run"], []):
            done = station.json("--device", server.device, "provision", THREE_WAYS, "--arm", "profile", *only_look, code=0 if passes else 3)
            assert passes or (done.error["reason"] == "message-too-long" and done.error["next"])
            assert (station.chip.read_bytes() == before) == (not passes or bool(only_look))
        if not passes:
            return
        again = station.json("--device", server.device, "provision", THREE_WAYS).objects[-1]
        assert again["changes"] == 0, "a finished device is confirmed over the same bus"


@pytest.mark.parametrize("limit", [61, 65, 66])
def test_an_adapter_limit_is_met_in_the_plan(station, limit):
    """The same through the kernel's interface, as an adapter of 61 bytes refuses what is longer. A reply's first byte is read alone."""
    station.new("blank")
    before = station.chip.read_bytes()
    script = f"'{PROGRAM}' --state '{station.state}' --json --device i2c:/dev/i2c-1@0x60 provision '{THREE_WAYS}' --arm profile"
    said = run_program("virtual", "run", "--message-limit", limit, station.chip, "--", "sh", "-c", script, code=0 if limit == 66 else 3,
                       env={"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"})
    assert ("message-too-long" in said.out) == (station.chip.read_bytes() == before) == (limit < 66)


def test_several_chips_on_one_bus(station, sock):
    chips = []
    for part in ("blank", "trust-and-go", "trust-flex"):
        chips.append(station.folder / part)
        station.run("virtual", "new", "--as", part, chips[-1])
    with serving("--unix", sock, *chips) as server:
        refused = station.json("--device", server.device, "info", code=2).error
        assert "several chips" in refused["cause"] and f"--device {server.device}@0x60" in refused["next"]
        for address in (0x60, 0x35, 0x36):
            chip = station.json("--device", f"{server.device}@0x{address:02x}", "info").event("chip")
            assert chip["i2c_address"] == address
        assert station.json("--device", f"{server.device}@0x37", "info", code=3).error["reason"] == "device-silent"
        whole_job(station, "--device", f"{server.device}@0x35")
    twice = station.run("virtual", "serve", "--unix", sock, chips[0], station.folder / "blank2", code=3)
    assert "no such file" in twice.err or "does not exist" in twice.err, twice


def test_clients_at_once_take_turns(provisioned, sock):
    """Each conversation is whole: nobody's command is spoilt by another's sleep."""
    with serving("--unix", sock, provisioned.chip) as server:
        results = []

        def work(number):
            folder = provisioned.folder / f"state{number}"
            for _ in range(3):
                results.append(run_program("--state", folder, "--device", server.device, "--verbose", "random", "64",
                                           code=None))
        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [result.code for result in results] == [0] * 12, results
        assert all("(0 resent" in result.err for result in results), results


def test_client_that_dies_leaves_the_chip_usable(provisioned, sock):
    info = bytes.fromhex("0730000000035d")
    with serving("--unix", sock, provisioned.chip) as server:
        for cut in range(1, len(HELLO)):
            with server.connect(hello=False) as link:
                link.sendall(HELLO[:cut])
        whole = struct.pack("<HB", 13 + 0, 2) + write(0x35, b"\x03" + info)
        whole = struct.pack("<HB", len(whole) - 2, 2) + whole[3:]
        for cut in range(1, len(whole)):
            with server.connect() as link:
                request(link, 3, struct.pack("<I", 80))
                link.sendall(whole[:cut])
        with server.connect() as link:  # half a command in the chip, the bus held
            assert request(link, 6)[0] == 0x80
            request(link, 3, struct.pack("<I", 80))
            request(link, 4, struct.pack("<Q", 1500000))
            assert request(link, 2, write(0x35, b"\x03" + info[:3]))[1][8:] == b"\0\x01\0\0"
        provisioned.run("--device", server.device, "sign", "18", EXAMPLE)
        killed = subprocess.Popen([PROGRAM, "--state", provisioned.state, "--device", server.device, "random", "1048576"],
                                  stdout=subprocess.DEVNULL)
        time.sleep(0.1)
        killed.kill()
        killed.wait()
        provisioned.run("--device", server.device, "sign", "18", EXAMPLE)


BAD = {
    "http": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 1), "zeros": (bytes(100), 1), "ones": (b"\xff" * 100, 1),
    "other version": (HELLO[:-1] + b"\x02", 2), "no hello": (b"\x01\0\x06", 1), "long hello": (b"\x0e\0" + HELLO[2:] + b"x", 1),
    "two hellos": (HELLO + HELLO, 3), "unknown type": (HELLO + b"\x01\0\x55", 3), "empty": (HELLO + b"\0\0", 3),
    "oversized": (HELLO + b"\x01\x21\x02", 3), "no messages": (HELLO + b"\x02\0\x02\0", 3),
    "43 messages": (HELLO + b"\xae\0\x02\x2b" + b"\x01\x35\0\0" * 43, 3), "cut": (HELLO + b"\x06\0\x02\x01\0\x35\x05\0", 3),
    "rest": (HELLO + b"\x07\0\x02\x01\0\x35\0\0x", 3), "flags": (HELLO + b"\x06\0\x02\x01\x04\x35\0\0", 3),
    "write group": (HELLO + b"\x06\0\x02\x01\x02\x35\0\0", 3), "address": (HELLO + b"\x06\0\x02\x01\0\x80\0\0", 3),
    "read too much": (HELLO + b"\x06\0\x02\x01\x01\x35\x01\x20", 3), "group of none": (HELLO + b"\x06\0\x02\x01\x03\x35\0\0", 3),
    "short wake": (HELLO + b"\x02\0\x03\0", 3), "long wake": (HELLO + b"\x05\0\x03\xff\xff\xff\xff", 3),
    "short time": (HELLO + b"\x02\0\x04\0", 3), "long time": (HELLO + b"\x09\0\x04" + b"\xff" * 8, 3),
    "short await": (HELLO + b"\x09\0\x08\x35" + bytes(7), 3), "long await": (HELLO + b"\x0a\0\x08\x35" + b"\xff" * 8, 3),
    "await whom": (HELLO + b"\x0a\0\x08\x80" + bytes(8), 3), "slow clock": (HELLO + b"\x05\0\x05\0\0\0\0", 3), "hold with body": (HELLO + b"\x02\0\x06\0", 3),
}


def test_what_is_no_request_is_refused_and_harms_nobody(delivered, sock):
    with serving("--unix", sock, delivered.chip) as server:
        for name, (data, code) in BAD.items():
            with server.connect(hello=False) as link:
                link.sendall(data)
                reply = frame(link)
                while reply and reply[0] == 0x80:
                    reply = frame(link)
                assert reply and reply[0] == 0x81 and reply[1][0] == code, (name, reply)
                assert len(reply[1]) > 10 and reply[1][1:].isascii(), (name, reply)
                assert frame(link) is None, name
        delivered.run("--device", server.device, "info")
        code, _, err = server.stop()
        assert code == 0 and err.count("a client was closed") == len(BAD)


def test_await(delivered, sock):
    """Time passes to the end of what a chip executes, never further and never beyond the limit."""
    genkey = b"\x03" + bytes.fromhex("07400000000005")  # the public key of slot 0: 115 ms

    def await_chip(link, address, limit_ms):
        before = time_of(request(link, 4, bytes(8)))
        return (time_of(request(link, 8, struct.pack("<BQ", address, limit_ms * 1000000))) - before) / 1000000

    def time_of(reply):
        assert reply[0] == 0x80, reply
        return struct.unpack("<Q", reply[1][:8])[0]
    other = delivered.folder / "other"
    delivered.run("virtual", "new", "--as", "trust-flex", other)
    with serving("--unix", sock, delivered.chip, other) as server, server.connect() as link:
        request(link, 3, struct.pack("<I", 80))
        assert await_chip(link, 0x35, 1000) == pytest.approx(1.5, abs=0.1), "it is waking"
        assert await_chip(link, 0x35, 1000) == 0
        assert request(link, 2, write(0x35, genkey))[1][8] == 0
        assert await_chip(link, 0x36, 1000) == 0 and await_chip(link, 0x37, 1000) == 0, "others are not busy"
        assert await_chip(link, 0x35, 10) == 10
        assert request(link, 2, write(0x35, b"\0"))[1][8] == 1, "still busy"
        assert await_chip(link, 0x35, 1000) == pytest.approx(105, abs=1)
        assert request(link, 2, write(0x35, b"\0"))[1][8] == 0
        request(link, 2, write(0x35, b"\x01"))
        assert await_chip(link, 0x35, 1000) == 0, "asleep"
    with serving("--real-time", "--unix", sock, delivered.chip) as server, server.connect(hello=False) as link:
        link.sendall(HELLO)
        assert frame(link)[1][8] == 3
        request(link, 3, struct.pack("<I", 80))
        time.sleep(0.01)
        early = time.monotonic()
        assert request(link, 2, write(0x35, genkey))[1][8] == 0
        before = time.monotonic()
        waited = await_chip(link, 0x35, 1000)
        ended = time.monotonic()
        assert waited < 200 and (ended - before) * 1000 > waited - 5 and (ended - early) * 1000 > 20, "the reply comes when the chip is done"
        assert request(link, 2, write(0x35, b"\0"))[1][8] == 0
        assert request(link, 2, write(0x35, genkey))[1][8] == 0
        link.sendall(struct.pack("<HBBQ", 10, 8, 0x35, 10**9))
        assert server.stop()[0] == 0, "a signal does not wait for the chip's end"


def test_servers_that_cannot_await(delivered, sock):
    """Of before there was AWAIT: the flag is not there, and nobody asks."""
    asked = set()

    def relay(client, link):
        while True:
            head = client.recv(2, socket.MSG_WAITALL)
            if len(head) < 2:
                return
            body = client.recv(struct.unpack("<H", head)[0], socket.MSG_WAITALL)
            asked.add(body[0])
            link.sendall(head + body)
            kind, reply = frame(link)
            if body[0] == 1:
                reply = reply[:8] + bytes([reply[8] & ~2]) + reply[9:]
            client.sendall(struct.pack("<HB", 1 + len(reply), kind) + reply)

    def accept(listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client, server.connect(hello=False) as link:
                relay(client, link)
    with serving("--unix", sock, delivered.chip) as server, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{sock}2")
        listener.listen()
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        whole_job(delivered, "--device", f"unix:{sock}2")
        assert 2 in asked and 8 not in asked
        listener.shutdown(socket.SHUT_RDWR)


def test_hold_keeps_others_out_until_it_is_lost(delivered, sock):
    with serving("--unix", sock, delivered.chip) as server:
        first, second = server.connect(), server.connect()
        assert request(first, 6)[0] == 0x80
        second.sendall(struct.pack("<HBQ", 9, 4, 0))
        second.settimeout(0.3)
        with pytest.raises(TimeoutError):
            second.recv(1)
        assert request(first, 7)[0] == 0x80
        second.settimeout(PATIENCE)
        assert frame(second)[0] == 0x80
        # Silent for too long while somebody waits: given to the next.
        began = time.monotonic()
        assert request(first, 6)[0] == 0x80
        assert request(second, 6)[0] == 0x80
        assert time.monotonic() - began > 4
        assert request(first, 4, bytes(8)) [1][0] == 4
        first.close()
        second.close()


def test_silent_connections_keep_nobody_out(delivered, sock):
    """Connected and nothing more: as many as there are places, or as the server may have open files."""
    for places in (1000, 60):
        with serving("--unix", sock, delivered.chip) as server:
            if places < 1000:
                resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (64, 64))

            @contextlib.contextmanager
            def silent(server=server, places=places):
                links = [server.connect(hello=False) for _ in range(places)]
                yield
                for link in links:
                    link.close()
            in_time(5, lambda device=server.device: delivered.run("--device", device, "info"), silent)
            server.stop()


def test_more_clients_than_places(delivered, sock):
    """Clients that have said hello keep their places: the next is refused, until one closes."""
    with serving("--unix", sock, delivered.chip) as server:
        links = [server.connect() for _ in range(1000)]
        with server.connect(hello=False) as link:
            assert frame(link)[1][0] == 5
        links.pop().close()
        until = time.monotonic() + PATIENCE  # the server has to see it first
        while delivered.run("--device", server.device, "info", code={0, 3}).code != 0:
            assert time.monotonic() < until
        assert request(links[0], 4, bytes(8))[0] == 0x80
        for link in links:
            link.close()


def test_client_that_sends_a_byte_a_second_does_not_keep_the_bus(delivered, sock):
    """It holds the bus and asks to hold it, again and again: a whole request every three seconds."""
    with serving("--unix", sock, delivered.chip) as server, server.connect() as slow:
        assert request(slow, 6)[0] == 0x80
        ended = threading.Event()

        def drip():
            for at in range(PATIENCE):
                if ended.wait(1):
                    return
                with contextlib.suppress(OSError):
                    slow.sendall(b"\1\0\6"[at % 3:][:1])
        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            delivered.run("--device", server.device, "info")
            assert dripping.is_alive()
        finally:
            ended.set()
            dripping.join()
        assert "held the bus without using it" in server.stop()[2]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_end_it_cleanly(delivered, sock, how):
    server = Server("--unix", sock, delivered.chip)
    link = server.connect()
    assert server.stop(how) == (0, "", "")
    assert frame(link) is None and not sock.exists()
    delivered.run("info")


def test_places_to_listen(delivered, sock):
    serve = ("virtual", "serve")
    for bad in ([], ["--unix", "a", "--tcp", "127.0.0.1:0"], ["--tcp", "127.0.0.1"], ["--tcp", "::1]:0"], ["--tcp", ":1"],
                ["--tcp", "127.0.0.1:99999"]):
        assert delivered.json(*serve, *bad, delivered.chip, code=2).error["reason"] == "usage"
    for bad in (["--tcp", "0.0.0.0:0"], ["--tcp", "[::]:0"], ["--unix", "/no/such/folder/s"], ["--unix", "x" * 200], ["--unix", ""]):
        error = delivered.json(*serve, *bad, delivered.chip, code=3).error
        assert error["reason"] == "device-missing" and error["cause"], bad
    assert "passwords" in delivered.run(*serve, "--tcp", "0.0.0.0:0", delivered.chip, code=3).err
    with serving("--remote", "--tcp", "0.0.0.0:0", delivered.chip) as server:
        assert server.device.startswith("tcp:0.0.0.0:")
    with serving("--unix", sock, delivered.chip) as server:
        held = delivered.run(*serve, "--unix", f"{sock}2", delivered.chip, code=3)
        assert str(server.process.pid) in held.err or "another process" in held.err or "holds" in held.err, held
        assert sock.stat().st_mode & 0o777 == 0o600
        other = delivered.folder / "other"
        delivered.run("virtual", "new", other)
        assert "another server is listening" in delivered.run(*serve, "--unix", sock, other, code=3).err
        server.process.kill()
        server.process.communicate()
        assert sock.exists()
    with serving("--unix", sock, delivered.chip) as server:  # what the killed one left is replaced
        delivered.run("--device", server.device, "info")
    plain = delivered.write("plain", "not a socket")
    assert "another file" in delivered.run(*serve, "--unix", plain, delivered.chip, code=3).err
    assert plain.read_text() == "not a socket"


def test_scan(station, sock):
    """What answers on a bus, without a change to any chip."""
    files, before = [], []
    for part, name in (("blank", "one"), ("trust-and-go", "two")):
        path = station.folder / name
        station.run("virtual", "new", "--as", part, path)
        files.append(path)
        before.append(path.read_bytes())
    serials = [station.json("--device", f"virtual:{path}", "info").event("chip")["serial"] for path in files]
    with serving("--unix", sock, *files) as server:
        both = [(0x35, serials[1], f"{server.device}@0x35"), (0x60, serials[0], f"{server.device}@0x60")]
        for device, there in ((server.device, both), (f"{server.device}@0x35", both[:1]), (f"{server.device}@0x60", both[1:])):
            found = [item for item in station.json("--device", device, "scan").objects if item["event"] == "found"]
            assert [(item["i2c_address"], item["serial"], item["device"]) for item in found] == there
        said = station.run("--device", server.device, "scan").out.splitlines()
        assert len(said) == 2 and said[0].startswith(f"0x35  {serials[1]}  ATECC608"), said
    assert [path.read_bytes() for path in files] == before
    (alone,) = [item for item in station.json("--device", f"virtual:{files[1]}", "scan").objects if item["event"] == "found"]
    assert alone["serial"] == serials[1] and alone["i2c_address"] == 0x35
    assert station.json("--device", f"virtual:{station.folder / 'none'}", "scan", code=3).error["reason"] == "device-missing"


@pytest.mark.parametrize("verb", [("virtual", "serve", "--unix", "s"), ("virtual", "run")])
def test_files_that_are_not_one_chip_each(delivered, verb):
    """The hint is about the file, not about power and wiring."""
    program = ["--", "true"] if verb[1] == "run" else []
    verb = [str(delivered.folder / word) if word == "s" else word for word in verb]
    empty = delivered.write("empty", "")
    text = delivered.write("text", "no chip at all, but longer than any header of a file that is one\n" * 100)
    for name in (empty, text):
        error = delivered.json(*verb, name, *program, code=3).error
        assert "imprint virtual new" in error["next"] and error["subject"] == str(name), error
    link = delivered.folder / "link"
    link.symlink_to(delivered.chip)
    for name in (delivered.chip, link):
        error = delivered.json(*verb, delivered.chip, name, *program, code=2).error
        assert "named twice" in error["cause"] and "once" in error["next"], error
    for device in (empty, text):
        error = delivered.json("--device", f"virtual:{device}", "info", code=3).error
        assert "imprint virtual new" in error["next"], error


def test_sockets_with_an_at_sign(delivered, tmp_path_factory):
    sock = tmp_path_factory.mktemp("s") / "a@b.sock"
    with serving("--unix", sock, delivered.chip) as server:
        for device in (f"unix:{sock}", f"unix:{sock}@0x35", f"unix:{sock}@53"):
            delivered.run("--device", device, "info")
        error = delivered.json("--device", f"unix:{sock}@010", "info", code=2).error
        assert error["reason"] == "usage" and "leading zeros" in error["cause"]


def test_what_answers_instead(delivered, sock):
    with serving("--unix", sock, delivered.chip) as server:
        error = delivered.json("--device", f"{server.device}@0x60", "info", code=3).error
        assert error["reason"] == "device-silent"
        assert error["cause"] == "no chip answers at 0x60; one answers at 0x35"
        assert error["next"] == f"use --device {server.device}@0x35"
        delivered.run("--device", f"{server.device}@0x35", "info")
        error = delivered.json("--device", f"{server.device}@0x6a", "info", code=3).error
        assert "one answers at 0x35" in error["cause"]
        error = delivered.json("--device", f"{server.device}@0x6c", "info", code=3).error
        assert "one answers at 0x35" in error["cause"]


@pytest.mark.parametrize("eight, seven", [("0xC0", "0x60"), ("0xb0", "0x58")])
def test_addresses_in_8_bit_form(station, eight, seven):
    error = station.json("--device", f"i2c:/dev/i2c-1@{eight}", "info", code=2).error
    assert "8-bit" in error["next"] and f"@{seven}" in error["next"]


def test_devices_that_are_not_there(delivered, sock):
    for device, reason, code in ((f"unix:{sock}", "device-missing", 3), ("tcp:127.0.0.1:1", "device-missing", 3),
                                 ("unix:", "usage", 2), ("tcp:host", "usage", 2), ("tcp:", "usage", 2), ("unix", "usage", 2),
                                 (f"unix:{sock}@0x99", "usage", 2), ("unix:" + "x" * 300, "device-missing", 3)):
        error = delivered.json("--device", device, "info", code=code).error
        assert error["reason"] == reason, (device, error)
    with serving("--unix", sock, delivered.chip) as server:
        error = delivered.json("--device", server.device, "--fault", "nack@1", "info", code=2).error
        assert "--fault" in error["cause"]
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.bind(str(sock))
        stranger.listen()

        def talk(what):
            link, _ = stranger.accept()
            link.recv(100)
            link.sendall(what)
            link.close()
        for what in (b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", bytes(50), b"\x02\0\x80x", HELLO):
            thread = threading.Thread(target=talk, args=(what,))
            thread.start()
            assert delivered.json("--device", f"unix:{sock}", "info", code=3).error["reason"] == "device-garbled", what
            thread.join()


def test_faults_are_armed_at_the_server(delivered, sock):
    with serving("--fault", "silent@3", "--unix", sock, delivered.chip) as server:
        assert delivered.json("--device", server.device, "provision", EXAMPLE, "--arm", "profile", code={1, 3}).error["reason"].startswith("device-")
    with serving("--unix", sock, delivered.chip) as server:
        whole_job(delivered, "--device", server.device)


def test_server_that_dies_in_the_middle(delivered, sock):
    server = Server("--fault", "kill@15", "--unix", sock, delivered.chip)
    error = delivered.json("--device", server.device, "provision", EXAMPLE, "--arm", "profile", code=None)
    server.process.communicate(timeout=PATIENCE)
    if error.code:
        assert error.error["reason"].startswith("device-"), error
    with serving("--unix", sock, delivered.chip) as server:
        whole_job(delivered, "--device", server.device)
