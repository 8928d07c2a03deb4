# SPDX-License-Identifier: Apache-2.0
"""provision --confirm: one run shows its plan, and an answer on stdin decides whether it continues."""
import contextlib
import datetime
import json
import os
import re
import signal
import socket
import sqlite3
import struct
import subprocess
import threading
import time

import pytest

from conftest import EXAMPLE, PATIENCE, PROGRAM, THREE_WAYS, Result, run_program
from test_ledger import entries
from test_transports import frame, request, serving

OTHER = "0123FFFFFFFFFFFF01"


class Asked:
    """A run that waits for its answer."""

    def __init__(self, station, *more, profile=EXAMPLE):
        self.process = subprocess.Popen([PROGRAM, "--json", "--state", station.state, "provision", profile, "--confirm", *more],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.seen = [self.process.stdout.readline() for _ in range(2)]
        self.plan, self.question = map(json.loads, self.seen)
        assert self.plan["event"] == "plan" and self.plan["dry_run"] is False and self.question["event"] == "confirm"

    def answer(self, text, code=0):
        out, err = self.process.communicate(text.encode(), timeout=60)
        result = Result(subprocess.CompletedProcess([], self.process.returncode, b"".join(self.seen) + out, err))
        assert result.objects and result.code == code, result
        return result


def runs(station):
    """What the ledger has of runs; [] where there is none yet."""
    return [entry for entry in entries(station) if entry["kind"] == "provision"] if (station.state / "ledger").exists() else []


def test_the_answer_of_the_question_continues_and_arms(station):
    station.new("trust-and-go")
    before = station.snapshot()
    asked = Asked(station)
    assert asked.plan["changes"] == 4 and station.snapshot() == before
    assert asked.question["answer"] == f"{asked.plan['serial']}:{asked.plan['digest'][:16]}"
    assert asked.answer(asked.question["answer"] + "\n").event("provisioned")["changes"] == 4
    # Finished: the serial number is enough, as there is nothing to arm.
    asked = Asked(station)
    assert asked.answer(asked.plan["serial"] + "\n").event("provisioned")["changes"] == 0
    assert [entry["result"] for entry in runs(station)] == ["provisioned", "confirmed"]


@pytest.mark.parametrize("answer, code, reason", [
    ("", 0, None),  # the end of stdin
    ("SERIAL:DIGEST", 2, "usage"),  # the line was not finished: whoever wrote it may have died
    ("SERIAL", 2, "usage"),
    ("\n", 2, "usage"),
    ("yes\n", 2, "usage"),
    ("profile\n", 2, "usage"),
    (OTHER + "\n", 2, "usage"),
    (OTHER + ":DIGEST\n", 2, "usage"),
    ("SERIAL:\n", 2, "usage"),
    ("SERIAL:DIGES\n", 2, "usage"),
    ("SERIAL:DIGEST" + 200 * "0" + "\n", 2, "usage"),
])
def test_any_other_answer_leaves_all_as_it_is(station, answer, code, reason):
    station.new("trust-and-go")
    before = station.snapshot()
    asked = Asked(station)
    given = answer.replace("SERIAL", asked.plan["serial"]).replace("DIGEST", asked.plan["digest"]).replace("DIGES", "12345")
    result = asked.answer(given, code)
    end = result.objects[-1]
    assert end["serial"] == asked.plan["serial"]
    assert end["event"] == "unchanged" if reason is None else end["reason"] == reason
    assert ("line feed" in end.get("next", "")) == (given != "" and not given.endswith("\n"))
    assert station.snapshot() == before and runs(station) == []


def test_the_end_of_input_says_that_the_device_was_not_changed(station):
    station.new("trust-and-go")
    assert station.run("provision", EXAMPLE, "--confirm").err.endswith("imprint: the device was not changed\n")
    assert "was not changed" not in station.run("--quiet", "provision", EXAMPLE, "--confirm").err


@pytest.mark.parametrize("answer", ["SERIAL\n", "SERIAL:00000000\n"])
def test_what_is_not_armed_is_refused_and_recorded(station, answer):
    station.new("trust-and-go")
    chip = station.chip.read_bytes()
    asked = Asked(station)
    assert not asked.plan["digest"].startswith("00000000")
    assert asked.answer(answer.replace("SERIAL", asked.plan["serial"]), 1).error["reason"] == "not-armed"
    assert station.chip.read_bytes() == chip
    assert [entry["reason"] for entry in runs(station)] == ["not-armed"]


def test_arm_of_the_command_line_holds_for_a_serial_number_alone(station):
    station.new("trust-and-go")
    asked = Asked(station, "--arm", "profile")
    asked.answer(asked.plan["serial"] + "\n").event("provisioned")


def test_a_run_begins_with_its_answer(station):
    """How long somebody read the plan is in no cycle time. The clock of records has seconds."""
    station.new("trust-and-go")
    asked = Asked(station)
    shown = int(time.time())
    while int(time.time()) == shown:
        time.sleep(0.05)
    asked.answer(asked.question["answer"] + "\n").event("provisioned")
    began = datetime.datetime.fromisoformat(station.record["run"]["started"].replace("Z", "+00:00"))
    assert began.timestamp() > shown and station.history[-1]["run"]["started"] == station.record["run"]["started"]


def test_a_run_that_is_for_finished_devices_alone(provisioned):
    asked = Asked(provisioned, "--finished")
    assert asked.answer(asked.question["answer"] + "\n").event("provisioned")["changes"] == 0
    provisioned.chip.unlink()
    provisioned.new(seed=2)
    refused = provisioned.json("provision", EXAMPLE, "--confirm", "--finished", code=1)
    assert refused.error["reason"] == "not-armed" and [item["event"] for item in refused.objects] == ["error"]


def test_what_has_changed_meanwhile_is_asked_again(station):
    """The order is closed after the plan: the run takes no unit."""
    station.new("trust-and-go")
    station.json("order", "new", EXAMPLE, "--quantity", 1, "--no-first-article")
    chip = station.chip.read_bytes()
    asked = Asked(station, "--order", "WO-1")
    station.run("order", "close", "WO-1")
    refused = asked.answer(asked.question["answer"] + "\n", 6).error
    assert refused["reason"] == "order-refused" and "closed" in refused["cause"]
    assert station.chip.read_bytes() == chip


def test_a_chip_that_another_station_configured_while_a_run_waits(station, sock):
    station.new("blank")
    with serving("--unix", sock, station.chip) as server:
        asked = Asked(station, "--device", server.device, profile=THREE_WAYS)
        run_program("--state", station.folder / "second", "--device", server.device, "provision", THREE_WAYS, "--arm", "profile")
        refused = asked.answer(asked.question["answer"] + "\n", 3).error
        assert refused["reason"] == "device-busy" and "changed the chip" in refused["cause"] and "new plan" in refused["next"]
        assert [entry["reason"] for entry in runs(station)] == ["device-busy"]


def test_others_use_the_bus_while_a_run_waits(station, sock):
    """A bus that is held and not used is taken away after some seconds, and then the run would have lost it."""
    station.new("trust-and-go")
    with serving("--unix", sock, station.chip) as server:
        asked = Asked(station, "--device", server.device)
        assert station.json("--device", server.device, "info").event("chip")["serial"] == asked.plan["serial"]
        asked.answer(asked.question["answer"] + "\n").event("provisioned")


class Fixture:
    """A bus whose client does not notice when the board in the fixture is another one: connections are handed to `self.server`."""

    def __init__(self, server, place):
        self.server, self.chosen = server, server
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(place)
        self.listener.listen()
        self.device = f"unix:{place}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        try:
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self.relay, args=(client,), daemon=True).start()
        except OSError:
            return

    def relay(self, client):
        at, link = self.chosen, self.chosen.connect(hello=False)
        with client:
            while len(head := client.recv(2, socket.MSG_WAITALL)) == 2:
                body = client.recv(struct.unpack("<H", head)[0], socket.MSG_WAITALL)
                if at is not self.chosen:
                    link.close()
                    at, link = self.chosen, self.chosen.connect()
                    self.board_in(link)
                link.sendall(head + body)
                kind, reply = frame(link)
                client.sendall(struct.pack("<HB", 1 + len(reply), kind) + reply)
        link.close()

    @staticmethod
    def board_in(link):
        """The bus is the run's, as before, and the chip is awake."""
        for kind, body in ((6, b""), (3, struct.pack("<I", 80)), (4, struct.pack("<Q", 1500000))):
            assert request(link, kind, body)[0] == 0x80

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def test_another_board_in_the_fixture_while_a_run_waits(station, sock):
    """Its chip is awake, at the same address: nothing is done to it."""
    station.new("trust-and-go")
    run_program("--state", station.folder / "second", "virtual", "new", "--as", "trust-and-go", "--seed", 2)
    other = station.folder / "second" / "chip.virtual"
    before = other.read_bytes()
    with serving("--unix", sock, station.chip) as first, serving("--unix", f"{sock}2", other) as second:
        fixture = Fixture(first, f"{sock}3")
        asked = Asked(station, "--device", fixture.device)
        fixture.chosen = second
        refused = asked.answer(asked.question["answer"] + "\n", 4).error
        fixture.close()
        assert refused["reason"] == "wrong-part" and "another chip" in refused["cause"]
        assert refused["serial"] == asked.plan["serial"]
    assert other.read_bytes() == before


def test_a_ledger_of_an_older_version(provisioned):
    """A run that may write brings it up to date before it shows its plan; one that only looks says which command does."""
    path = provisioned.state / "ledger" / "ledger.db"
    made = entries(provisioned)

    def make_older():
        with contextlib.closing(sqlite3.connect(path)) as file:
            file.executescript("DROP TABLE mcu; ALTER TABLE work_order DROP COLUMN scan_labels; PRAGMA user_version = 5")
    make_older()
    error = provisioned.json("provision", EXAMPLE, "--dry-run", code=6).error
    assert error["reason"] == "database-version"
    provisioned.run(*re.search(r"imprint (?:--state \S+ )?(ledger rebuild)", error["next"])[1].split())
    provisioned.json("provision", EXAMPLE, "--dry-run")
    make_older()
    asked = Asked(provisioned)
    assert entries(provisioned) == made
    asked.answer(asked.plan["serial"] + "\n").event("provisioned")
    with contextlib.closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA user_version = 99")
    newer = provisioned.json("provision", EXAMPLE, "--confirm", code=6).error
    assert newer["reason"] == "database-version" and "rebuild" not in newer["next"]


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_ends_while_it_waits(station, sign):
    station.new("trust-and-go")
    before = station.snapshot()
    asked = Asked(station)
    asked.process.send_signal(sign)
    assert asked.process.wait(PATIENCE) == (130 if sign == signal.SIGTERM else -sign)
    assert station.snapshot() == before and runs(station) == []


def test_a_dry_run_asks_nothing(station):
    station.new("trust-and-go")
    error = station.json("provision", EXAMPLE, "--confirm", "--dry-run", code=2).error
    assert error["reason"] == "usage" and "--dry-run" in error["cause"]


def test_stdin_that_cannot_be_read(station):
    station.new("trust-and-go")
    done = subprocess.run([PROGRAM, "--json", "--state", station.state, "provision", EXAMPLE, "--confirm"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, preexec_fn=lambda: os.close(0), check=False, timeout=60)
    assert done.returncode == 2 and b"stdin cannot be read" in done.stdout
