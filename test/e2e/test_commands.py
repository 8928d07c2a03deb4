# SPDX-License-Identifier: Apache-2.0
"""Which commands a provisioning run sends: what the run itself knows it does not ask again. Counted, never timed."""
import re
import shutil

import pytest

from conftest import EXAMPLE, ROOT, Station
from test_trace import traced

CONFIG = [f"Read 80 {block * 8:04x}" for block in range(4)]
OPENING = [*CONFIG, "Info 00 0000"]  # config zone, and which part it is
MARK, LOCKS = "Read 82 0040", "Read 80 0010"  # the mark's head; the block of the config zone that can still change


def proof(slot):
    return ["Nonce 43 0000", f"Sign a0 {slot:04x}"]


# Slot 0 is registered. Slots 2 to 4 fit the new key: each is asked whether it is empty, and the key that will be lost
# is shown. Two blocks of the mark; the lost key once more, by the gate; the new key, the proofs, the mark's end, which
# is read back, and the locks at the end.
FIRST = [*OPENING, MARK, "GenKey 00 0000", "Info 01 0002", "Info 01 0003", "Info 01 0004", "GenKey 00 0002",
         "Write 82 0140", "Write 82 0040", "GenKey 00 0002", "GenKey 04 0002", *proof(0), *proof(2), "Write 82 0040", MARK, LOCKS]
# The same where no key is lost: slot 1 is empty, which both Info and GenKey must say.
NO_LOSS = [*OPENING, MARK, "GenKey 00 0000", "Info 01 0001", "GenKey 00 0001",
           "Write 82 0140", "Write 82 0040", "GenKey 04 0001", *proof(0), *proof(1), "Write 82 0040", MARK, LOCKS]
# A signature that verifies under the recorded key proves that the slot holds it still.
SECOND = [*OPENING, MARK, *proof(0), *proof(2), LOCKS]
SECOND_NO_LOSS = [*OPENING, MARK, *proof(0), *proof(1), LOCKS]


def commands(rows):
    """The commands of a trace as "NAME MODE PARAM2", in their order."""
    sent = []
    for row in rows:
        name = re.match(r"(\w+) mode (\w\w)", row["decoded"] or "")
        if row["kind"] == "write" and name:
            sent.append(f"{name[1]} {name[2]} {row['data'][5]}{row['data'][4]}")
    return sent


def provision(station, *arguments):
    return commands(traced(station, "provision", EXAMPLE, *arguments))


@pytest.fixture
def with_empty_slots(tmp_path):
    """A part on which the plan loses no key, as another station has left it."""
    maker, station = Station(tmp_path / "maker"), Station(tmp_path / "here")
    maker.new("blank")
    maker.run("provision", ROOT / "test/bench/empty-slots.yaml", "--arm", "profile")
    station.state.mkdir(parents=True)
    shutil.copy(maker.chip, station.chip)
    return station


def test_a_run_asks_nothing_twice(delivered):
    assert provision(delivered, "--arm", "profile") == FIRST
    assert provision(delivered) == SECOND


def test_a_run_that_loses_no_key_asks_less(with_empty_slots):
    assert provision(with_empty_slots) == NO_LOSS
    assert provision(with_empty_slots) == SECOND_NO_LOSS


def test_without_a_record_the_chip_shows_its_keys(delivered):
    """Neither record nor ledger knows them. The ledger alone is as good as the record."""
    provision(delivered, "--arm", "profile")
    (delivered.device / "record.json").unlink()
    assert provision(delivered) == SECOND
    (delivered.device / "record.json").unlink()
    shutil.rmtree(delivered.state / "ledger")
    assert provision(delivered) == [*OPENING, MARK, "GenKey 00 0000", *proof(0), "GenKey 00 0002", *proof(2), LOCKS]


def test_the_figures_of_the_documentation_are_the_programs(delivered, with_empty_slots):
    """docs/internals/figures.md, whose rows test/bench/run prints; the chip time is of the virtual clock."""
    page = (ROOT / "docs/internals/figures.md").read_text()

    def row(name):
        return [int(cell) for cell in re.findall(r"\| *(\d+)", re.search(rf"^\| {name}[^|]*(\|.*)$", page, re.M)[1])]

    def run(station, *more):
        return station.json("provision", EXAMPLE, *more).event("provisioned")["chip_us"] // 1000

    assert row("commands sent") == [len(FIRST), len(NO_LOSS), len(SECOND)]
    assert row("chip time") == [run(delivered, "--arm", "profile"), run(with_empty_slots), run(delivered)]
