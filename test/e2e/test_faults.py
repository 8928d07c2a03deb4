# SPDX-License-Identifier: Apache-2.0
"""A bad bus: every fault of the virtual chip at every command of the example's plan, then a plain run. KIND@N replays it.

A build with sanitizers is slow: with IMPRINT_SAMPLED=1 each kind comes at every third command, each kind at others.
"""
import shutil

import pytest

from conftest import EXAMPLE, EXITS, SAMPLED, THREE_WAYS, Station

KINDS = ["silent", "nack", "garbage", "badcrc", "flip", "lost", "reset", "slow"]


def commands(kind, first, total, every=1):
    """The commands at which a fault of this kind comes."""
    if SAMPLED:
        first, every = first + KINDS.index(kind) % 3, 3 * every
    return range(first, total + 1, every)


# Faults that one repeated reading or sending cures: where the executor may repeat, nobody notices them.
HARMLESS = {"slow"}


class Delivery:
    """A part to start each run with, and what an unbroken run makes of it."""

    def __init__(self, folder, part, profile, *more):
        self.folder, self.profile, self.more = folder, profile, more
        self.twin = Station(folder / "unbroken")
        self.twin.new(part)
        shutil.copy(self.twin.chip, folder / "as-delivered")
        loud = self.twin.run("--verbose", "provision", profile, "--arm", "profile", *more).err
        self.total = int([line for line in loud.splitlines() if " commands (" in line][-1].split()[1])
        keys, points = self.twin.keys(), self.twin.public_keys()
        self.slots = {key: item["slot"] for key, item in keys.items()}
        # Generated keys are new in each run; the others are those that were delivered or brought along.
        self.points = {key: points[key] for key, item in keys.items() if item["method"] != "generate"}
        self.files = {path.name for path in self.twin.psa.iterdir()}

    def station(self, name):
        station = Station(self.folder / name)
        station.state.mkdir(mode=0o700, parents=True)
        shutil.copy(self.folder / "as-delivered", station.chip)
        return station


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    return Delivery(tmp_path_factory.mktemp("example"), "trust-and-go", EXAMPLE)


@pytest.fixture(scope="module")
def three_ways(tmp_path_factory):
    return Delivery(tmp_path_factory.mktemp("three"), "blank", THREE_WAYS, "--arm", "profile")


class HalfMade(Exception):
    """The plain run after the fault refused a key that the broken run had made and not recorded."""


def check_fault(delivery, fault):
    station = delivery.station(fault)
    first = station.json("--fault", fault, "provision", delivery.profile, "--arm", "profile", *delivery.more, code=EXITS)
    where = (fault, first)
    if first.code == 0:
        assert first.objects[-1]["event"] == "provisioned", where
    else:
        error = first.error
        assert error["exit"] == first.code and error["cause"] and error["next"] and error["doing"], where
        assert error["reason"] != "unexpected", where
        assert first.code in (1, 3, 4), where
        assert (first.code == 4) == fault.startswith("swap"), where
    before = station.snapshot()
    again = station.json("provision", delivery.profile, "--arm", "profile", *delivery.more, code={0, 4})
    if again.code != 0 and again.error["reason"] == "slot-filled":
        raise HalfMade(fault)
    assert again.code == 0, (where, again)
    again = again.event("provisioned")
    if first.code == 0:
        assert again["changes"] == 0 and station.snapshot() == before, where
    # The state of an unbroken run: same ids, same slots, same files; what was there before is still the same key.
    keys = {key["key_id"]: key for key in again["keys"]}
    assert {key: item["slot"] for key, item in keys.items()} == delivery.slots, where
    for key, point in delivery.points.items():
        assert keys[key]["public_key"] == point, where
    assert {path.name for path in station.psa.iterdir()} == delivery.files, where
    if first.code != 0:
        before = station.snapshot()
        assert station.json("provision", delivery.profile, "--arm", "profile").event("provisioned")["changes"] == 0, where
        assert station.snapshot() == before, where
    shutil.rmtree(station.folder)
    return first.code


@pytest.mark.parametrize("kind", KINDS)
def test_fault_at_every_command(example, kind):
    codes = [check_fault(example, f"{kind}@{group}") for group in commands(kind, 1, example.total)]
    if kind == "silent":
        assert set(codes) == {3}, "a chip that is gone is unreachable"
    if kind in HARMLESS:
        assert set(codes) == {0}
    assert check_fault(example, f"{kind}@{10 * example.total}") == 0, "a fault that is never reached"


def test_exchanged_at_every_command(example):
    """From the second command on, for the first one says which chip it is: nothing is done to another."""
    codes = [check_fault(example, f"swap@{group}") for group in range(2, example.total + 1)]
    assert set(codes) == {4}


@pytest.fixture(scope="module")
def three_ways_swept(three_ways):
    """Each fault while a blank part is configured, filled and locked: what became of it, "good" or "half made"."""
    found = {}
    for kind in KINDS:
        every = 1 if kind in ("silent", "reset", "lost") else 4
        for group in commands(kind, 1, three_ways.total, every):
            fault = f"{kind}@{group}"
            try:
                check_fault(three_ways, fault)
                found[fault] = "good"
            except HalfMade:
                found[fault] = "half made"
    return found


def test_fault_while_configuring_and_locking(three_ways_swept):
    assert list(three_ways_swept.values()).count("good") > (30 if SAMPLED else 100)


def test_no_fault_leaves_a_half_made_key(three_ways_swept):
    assert [fault for fault, what in three_ways_swept.items() if what != "good"] == []


def test_two_faults_at_once(example):
    for group in range(1, example.total, 5):
        station = example.station(f"two-{group}")
        station.json("--fault", f"badcrc@{group}", "--fault", f"nack@{group + 2}", "provision", EXAMPLE, "--arm", "profile", code=EXITS)
        station.run("provision", EXAMPLE, "--arm", "profile")
        assert {key: item["slot"] for key, item in station.keys().items()} == {16: 0, 18: 2}


def test_the_same_fault_does_the_same_again(example):
    for fault in ("garbage@9", "lost@20", "flip@5", "reset@15"):
        said = []
        for attempt in (1, 2):
            station = example.station(f"{fault}-{attempt}")
            said.append([item for item in station.json("--fault", fault, "provision", EXAMPLE, "--arm", "profile", code=EXITS).objects
                         if item["event"] not in ("run", "provisioned")])
        assert said[0] == said[1]


def test_faults_while_using_keys(example):
    station = example.station("using")
    station.run("provision", EXAMPLE, "--arm", "profile")
    before = station.snapshot()
    for kind in KINDS:
        for group in range(1, 14):
            for verb in (("sign", "18", EXAMPLE), ("public-key", "16"), ("info",)):
                result = station.json("--fault", f"{kind}@{group}", *verb, code=EXITS)
                assert result.code in (0, 1, 3), result
                if result.code != 0:
                    assert result.error["reason"] != "unexpected", (kind, group, verb, result)
    assert station.snapshot() == before
    station.run("sign", "18", EXAMPLE)
