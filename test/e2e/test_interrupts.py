# SPDX-License-Identifier: Apache-2.0
"""SIGINT, SIGTERM and SIGHUP between any two steps; SIGKILL at any of the chip's writes; both followed by a plain run.

A build with sanitizers is slow: with IMPRINT_SAMPLED=1 SIGKILL comes at every third place.
"""
import json
import os
import random
import signal
import subprocess
import time

import pytest

from conftest import EVERY, EXAMPLE, EXITS, PROGRAM, THREE_WAYS, Station


def lines_of(tmp_path, part, profile, *more):
    """What an unbroken run prints, line by line: with the same seed, every run prints lines as long."""
    twin = Station(tmp_path / "twin")
    twin.new(part)
    return twin.json("provision", profile, "--arm", "profile", *more).out.splitlines(keepends=True)


def stopped_after(station, lines, count, sent, profile, *more):
    """Runs with a stdout that takes the first `count` lines and then stands still; sends the signal there; reads on."""
    read, write = os.pipe()
    import fcntl
    size = fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
    room = sum(map(len, lines[:count]))
    filler = size - room
    os.write(write, b"\n" * filler)
    with subprocess.Popen([PROGRAM, "--json", "--state", str(station.state), "provision", str(profile), "--arm", "profile", *more], stdout=write,
                          stderr=subprocess.PIPE) as process:
        os.close(write)
        while True:
            asleep = open(f"/proc/{process.pid}/syscall", encoding="ascii").read().split()
            if asleep[:2] == ["1", "0x1"] or process.poll() is not None:
                break
        process.send_signal(sent)
        with os.fdopen(read, "rb") as pipe:
            out = pipe.read()[filler:].decode()
        err = process.stderr.read().decode()
        code = process.wait(60)
    assert err == "", err
    return code, [json.loads(line) for line in out.splitlines()]


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda sent: sent.name)
def test_interrupt_between_steps(tmp_path, sent):
    lines = lines_of(tmp_path, "trust-and-go", EXAMPLE)
    assert [json.loads(line)["event"] for line in lines] == ["plan", *["step", "step-done"] * 2, "step", "lock", "step-done",
                                                            *["step", "step-done"] * 3, "run", "provisioned"]
    for count in range(len(lines) - 3):
        station = Station(tmp_path / f"{count}")
        station.new()
        code, said = stopped_after(station, lines, count, sent, EXAMPLE)
        assert code == 130, (count, said)
        assert said[-1]["event"] == "error" and said[-1]["reason"] == "interrupted" and said[-1]["exit"] == 130
        started = sum(item["event"] == "step" for item in said)
        done = sum(item["event"] == "step-done" for item in said)
        assert started - done in (0, 1), "a step that was started is finished"
        finished = station.json("provision", EXAMPLE, "--arm", "profile").event("provisioned")
        persistent = {"begin-mark", "register-key", "generate-key", "finish-mark"}
        assert finished["changes"] == 4 - sum(item["event"] == "step-done" and item["action"] in persistent for item in said)
        assert [key["slot"] for key in finished["keys"]] == [0, 2]
        assert "nothing to do" in station.run("provision", EXAMPLE, "--arm", "profile").out


def test_interrupt_when_all_is_done_is_too_late(tmp_path):
    lines = lines_of(tmp_path, "trust-and-go", EXAMPLE)
    station = Station(tmp_path / "late")
    station.new()
    # Before the line of the run, which is printed once record and history are written.
    code, said = stopped_after(station, lines, len(lines) - 2, signal.SIGINT, EXAMPLE)
    assert code == 0 and said[-1]["event"] == "provisioned"


def test_interrupt_while_locking(tmp_path):
    """The steps that are for ever: stopped between them, finished by the same command."""
    lines = lines_of(tmp_path, "blank", THREE_WAYS, "--arm", "profile")
    for count in range(1, len(lines) - 3):
        station = Station(tmp_path / f"{count}")
        station.new("blank")
        if sum(map(len, lines[:count])) > 4000:
            break
        code, _ = stopped_after(station, lines, count, signal.SIGINT, THREE_WAYS, "--arm", "profile")
        assert code == 130
        station.run("provision", THREE_WAYS, "--arm", "profile")
        assert "nothing to do" in station.run("provision", THREE_WAYS, "--arm", "profile").out
    assert count > 5


def test_signal_that_is_pending_from_the_start(delivered):
    def pending():
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        os.kill(os.getpid(), signal.SIGINT)
    before = delivered.snapshot()
    error = delivered.json("provision", EXAMPLE, "--arm", "profile", code=130, preexec_fn=pending).objects[-1]
    assert error["reason"] == "interrupted"
    assert delivered.snapshot() == before


def test_kill_at_any_time(tmp_path):
    """Not at a chosen place, but after times drawn by a seed, as a plug is pulled."""
    draw = random.Random(4)
    twin = Station(tmp_path / "twin")
    twin.new()
    began = time.monotonic()
    twin.run("provision", EXAMPLE, "--arm", "profile")
    whole = time.monotonic() - began
    killed = 0
    for attempt in range(60 // EVERY):
        station = Station(tmp_path / f"{attempt}")
        station.new()
        for _ in range(2):
            with subprocess.Popen([PROGRAM, "--state", str(station.state), "provision", str(EXAMPLE), "--arm", "profile"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                time.sleep(draw.uniform(0, whole))
                process.kill()
                killed += process.wait(60) == -signal.SIGKILL
        said = station.json("provision", EXAMPLE, "--arm", "profile").event("provisioned")
        assert [key["slot"] for key in said["keys"]] == [0, 2]
        assert "nothing to do" in station.run("provision", EXAMPLE, "--arm", "profile").out
    assert killed > 20 // EVERY


# ---- kill -9 at the chip's writes

def kill_points(tmp_path, part, profile, *more):
    """Every group an unbroken run sends."""
    twin = Station(tmp_path / "count")
    twin.new(part)
    loud = twin.run("--verbose", "provision", profile, "--arm", "profile", *more).err
    return int([line for line in loud.splitlines() if " commands (" in line][-1].split()[1])


def test_kill_at_every_command(tmp_path):
    total = kill_points(tmp_path, "trust-and-go", EXAMPLE)
    twin = Station(tmp_path / "count")
    maker = twin.public_keys()[16]
    killed = 0
    for group in range(1, total + 2, EVERY):
        station = Station(tmp_path / f"kill-{group}")
        station.new()
        first = station.run("--fault", f"kill@{group}", "provision", EXAMPLE, "--arm", "profile", code=EXITS | {-9})
        killed += first.code == -9
        for verb in (("info",), ("keys",)):
            station.json(*verb)
        said = station.json("provision", EXAMPLE, "--arm", "profile").event("provisioned")
        assert [key["slot"] for key in said["keys"]] == [0, 2], group
        assert station.public_keys()[16] == maker
        station.run("sign", "board", EXAMPLE)
        names = {path.name for path in station.psa.iterdir()}
        assert names == {path.name for path in twin.psa.iterdir()}, group
        before = station.snapshot()
        assert "nothing to do" in station.run("provision", EXAMPLE, "--arm", "profile").out
        assert station.snapshot() == before
    assert killed >= len(range(1, total + 1, EVERY)) - 1


def test_kill_then_kill_the_recovery(tmp_path):
    total = kill_points(tmp_path, "trust-and-go", EXAMPLE)
    for group in range(3, total, 4):
        for again in range(3, total, 9):
            station = Station(tmp_path / f"kill-{group}-{again}")
            station.new()
            station.run("--fault", f"kill@{group}", "provision", EXAMPLE, "--arm", "profile", code=EXITS | {-9})
            station.run("--fault", f"kill@{again}", "provision", EXAMPLE, "--arm", "profile", code=EXITS | {-9})
            said = station.json("provision", EXAMPLE, "--arm", "profile").event("provisioned")
            assert [key["slot"] for key in said["keys"]] == [0, 2]


@pytest.fixture(scope="module")
def killed_while_locking(tmp_path_factory):
    """SIGKILL at every command of configuring, filling and locking a blank part: what the plain run then said."""
    folder = tmp_path_factory.mktemp("locking")
    total = kill_points(folder, "blank", THREE_WAYS, "--arm", "profile")
    found = {}
    for group in range(1, total + 1, EVERY):
        station = Station(folder / f"kill-{group}")
        station.new("blank")
        station.run("--fault", f"kill@{group}", "provision", THREE_WAYS, "--arm", "profile", code=EXITS | {-9})
        again = station.json("provision", THREE_WAYS, "--arm", "profile", code={0, 1})
        found[group] = "good" if again.code == 0 else again.error["reason"]
        if again.code == 0:
            assert {key["slot"] for key in station.keys().values()} == {0, 1, 9}
            assert "nothing to do" in station.run("provision", THREE_WAYS, "--arm", "profile").out
    return found


def test_kill_while_configuring_and_locking(killed_while_locking):
    assert set(killed_while_locking.values()) == {"good"}
