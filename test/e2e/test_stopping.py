# SPDX-License-Identifier: Apache-2.0
"""Every wait ends: by SIGINT, SIGTERM and SIGHUP within a second wherever a verb waits, and by itself where the other
side is silent, lets its bytes drip, or never finishes."""
import contextlib
import fcntl
import json
import os
import pty
import signal
import socket
import subprocess
import threading
import time
import tty

import pytest

from conftest import EXAMPLE, PROGRAM, ROOT, Result

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
A_SECOND = 1.0
AT_ONCE = 0.4  # below the time that a run is given to end by itself


@contextlib.contextmanager
def server(path, answer):
    """A Unix socket; `answer(connection)` talks to each client in a thread."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()
        threading.Thread(target=serve, daemon=True).start()
        yield f"unix:{path}"


def silent(connection):
    with contextlib.suppress(OSError):
        while connection.recv(4096):
            pass


def dripping(connection):
    """Begins a long frame and goes on with a byte now and then, for ever."""
    with contextlib.suppress(OSError):
        connection.send(b"\xff\x1f\x00")
        while True:
            time.sleep(0.2)
            connection.send(b"\x00")


@contextlib.contextmanager
def chatting_board(line, every):
    """A console where a line appears now and then, whatever is asked."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    ended = threading.Event()

    def chat():
        with contextlib.suppress(OSError):
            while not ended.wait(every):
                os.write(master, line)
    threading.Thread(target=chat, daemon=True).start()
    yield os.ttyname(slave)
    ended.set()
    os.close(master)
    os.close(slave)


def is_asleep(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "S"


def start(*arguments, **more):
    """The program, as soon as it waits and goes on waiting."""
    more.setdefault("stdout", subprocess.PIPE)
    process = subprocess.Popen([PROGRAM, *map(str, arguments)], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, **more)
    naps = 0
    until = time.monotonic() + 60
    while naps < 20:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until, "it never waits"
        naps = naps + 1 if is_asleep(process.pid) else 0
        time.sleep(0.01)
    return process


def stop(process, *signals):
    """Sends the signals; how long it took to end, and the result."""
    began = time.monotonic()
    for number, sent in enumerate(signals):
        time.sleep(0.05 if number else 0)
        process.send_signal(sent)
    out, err = process.communicate(timeout=60)
    return time.monotonic() - began, Result(subprocess.CompletedProcess([], process.returncode, out, err))


def ends_within(seconds, command, *signals, **more):
    """The result of a program that these signals end in time. A busy machine may make it late once or twice, never each time."""
    for _ in range(10):
        took, result = stop(start(*command, **more), *signals)
        if took < seconds:
            return result
    raise AssertionError((signals, took, result))


def write_key_plan(plan, key_file):
    """An encrypted import with its secret in this file, which is read before anything else is done."""
    plan["chip"]["write-keys"] = [{"slot": 6, "file": str(key_file)}]
    plan["keys"] = [{**plan["keys"][1], "method": "import", "slot": 2,
                     "file": str(ROOT / "profiles" / "keys" / "TEST-service-private.pem")}]
    return json.dumps(plan)


@contextlib.contextmanager
def wait_places(where, station, plan):
    """A command line that waits at this place, and what mends the place."""
    pipe, device = station.folder / "pipe", station.device
    with contextlib.ExitStack() as held:
        os.mkfifo(pipe)
        if where == "profile":
            yield ["provision", pipe, "--arm", "profile"]
        elif where == "key file":
            yield ["provision", station.write("plan.yaml", write_key_plan(plan, pipe)), "--arm", "profile"]
        elif where == "record":
            (device / "record.json").unlink()
            os.mkfifo(device / "record.json")
            yield ["provision", EXAMPLE, "--arm", "profile"]
        elif where == "explained file":
            yield ["explain", pipe]
        elif where == "signed file":
            yield ["sign", "board", pipe]
        elif where == "output":
            yield ["csr", "board", "--subject", "CN=x", "-o", pipe]
        elif where == "trace":
            yield ["--trace", pipe, "info"]
        elif where in ("silent server", "silent server, provision"):
            yield ["--device", held.enter_context(server(station.folder / "s", silent)),
                   *(["provision", EXAMPLE, "--arm", "profile"] if "provision" in where else ["info"])]
        elif where == "dripping server":
            yield ["--device", held.enter_context(server(station.folder / "s", dripping)), "provision", EXAMPLE, "--arm", "profile"]
        elif where == "silent board":
            yield ["board", "prove", "-c", held.enter_context(chatting_board(b"", 1))]
        elif where == "slow board":
            yield ["board", "provision", EXAMPLE, "--arm", "profile", "-c", held.enter_context(chatting_board(b"still here\r\n", 1))]
        elif where == "served bus":
            yield ["virtual", "serve", "--unix", station.folder / "bus", station.chip]
        else:
            raise AssertionError(where)


WAITS = ["profile", "key file", "record", "explained file", "signed file", "output", "trace", "silent server",
         "silent server, provision", "dripping server", "silent board", "slow board"]


@pytest.mark.parametrize("where", WAITS)
def test_a_signal_ends_every_wait(provisioned, plan, where):
    with wait_places(where, provisioned, plan) as command:
        for sent in SIGNALS:
            result = ends_within(A_SECOND, ["--state", provisioned.state, "--json", *command], sent)
            assert result.code == 130, (sent, result)
            assert result.error["reason"] == "interrupted" and result.error["exit"] == 130, result
            assert result.error["next"].startswith("run the same command again"), result
        result = ends_within(A_SECOND, ["--state", provisioned.state, *command], signal.SIGTERM)
        assert "imprint: cannot" in result.err and "\nnext: run the same command again" in result.err, result
        result = ends_within(AT_ONCE, ["--state", provisioned.state, *command], signal.SIGINT, signal.SIGINT)
        assert result.code == 130, result


def test_interrupted_by_a_pipe_it_runs_again(provisioned, plan):
    """The key file was a pipe; the run was stopped; with the file in its place the same command does its work."""
    with wait_places("record", provisioned, plan) as command:
        stop(start("--state", provisioned.state, *command), signal.SIGINT)
    (provisioned.device / "record.json").unlink()
    assert provisioned.json(*command).event("provisioned")["changes"] == 0
    assert (provisioned.device / "record.json").is_file()


def test_a_reader_that_does_not_read(provisioned):
    """The results wait in a pipe that is full: so do the last words, which are then not said."""
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
    os.write(write, b"\n" * 4096)
    try:
        result = ends_within(A_SECOND, ["--state", provisioned.state, "--json", "info"], signal.SIGTERM, stdout=write)
    finally:
        os.close(read)
        os.close(write)
    assert result.code == 130


def test_signals_that_were_ignored_stay_ignored(provisioned):
    """nohup: a hang-up does not end what it protects."""
    os.mkfifo(provisioned.folder / "pipe")
    process = start("--state", provisioned.state, "explain", provisioned.folder / "pipe",
                    preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    process.send_signal(signal.SIGHUP)
    time.sleep(1.2)
    assert process.poll() is None
    _, result = stop(process, signal.SIGTERM)
    assert result.code == 130


def test_serving_ends_by_a_signal_as_before(provisioned, plan):
    with wait_places("served bus", provisioned, plan) as command:
        for sent in SIGNALS:
            assert ends_within(A_SECOND, command, sent).code == 0


def test_the_chip_file_of_another_program(provisioned):
    """A file that somebody else has locked is not waited for."""
    with open(provisioned.chip, "rb+") as chip:
        fcntl.flock(chip, fcntl.LOCK_EX)
        began = time.monotonic()
        provisioned.json("info", code={0, 3})
        assert time.monotonic() - began < 20


# --- the other side never ends

@pytest.mark.parametrize("behaviour", [silent, dripping], ids=["silent", "dripping"])
def test_a_server_cannot_hold_a_run(station, behaviour):
    with server(station.folder / "s", behaviour) as device:
        began = time.monotonic()
        error = station.json("--device", device, "info", code=3).error
        assert time.monotonic() - began < 15
    assert error["reason"] in ("device-silent", "device-missing", "device-garbled"), error


@pytest.mark.parametrize("line, every", [(b"still here\r\n", 0.3), (b"x", 0.3), (b"@step *0000\r\n", 0.3)],
                         ids=["lines", "bytes without a line's end", "damaged frames"])
def test_a_board_that_goes_on_talking_cannot_hold_a_run(station, line, every):
    with chatting_board(line, every) as console:
        began = time.monotonic()
        error = station.json("board", "prove", "-c", console, "--timeout", "1", code=3).error
        assert time.monotonic() - began < 30
    assert error["reason"] == "device-garbled", error


def test_a_command_has_a_deadline(station):
    """It says hello as an application does, and from then on talks instead of answering."""
    from host_board import frame
    master, slave = pty.openpty()
    tty.setraw(slave)
    ended = threading.Event()

    def board():
        with contextlib.suppress(OSError):
            said = b""
            while b"@hello" not in said:
                said += os.read(master, 256)
            os.write(master, (frame("hello app=primary protocol=3 board=b version=1") + "\r\n" + frame("ok hello")
                              + "\r\n").encode())
            while not ended.wait(0.3):
                os.write(master, b"working\r\n")
    threading.Thread(target=board, daemon=True).start()
    began = time.monotonic()
    error = station.json("board", "prove", "-c", os.ttyname(slave), "--timeout", "1", code=3).error
    took = time.monotonic() - began
    ended.set()
    assert error["reason"] == "device-silent" and "within 10 seconds" in error["cause"], error
    assert 9 < took < 14
