# SPDX-License-Identifier: Apache-2.0
"""Work orders: no device more than ordered, each counted once, whatever fails; first article, board numbers, ledger."""
import signal
import subprocess
import time

import pytest

import test_host_board
from conftest import EXAMPLE, PROGRAM, Station, openssl
from host_board import PROFILE
from test_certificate_issue import FLEX, make_ca, name_issuers
from test_ledger import entries

RUN = ("provision", EXAMPLE, "--arm", "profile")


class Line:
    """One station, and several parts that come to it one after the other."""

    def __init__(self, folder):
        self.station = Station(folder)
        self.folder = folder

    def part(self, seed):
        path = self.folder / f"part-{seed}"
        if not path.exists():
            self.station.run("virtual", "new", "--as", "trust-and-go", "--seed", seed, path)
        return f"virtual:{path}"

    def make(self, seed, *words, json_=True, **more):
        run = self.station.json if json_ else self.station.run
        return run("--device", self.part(seed), *RUN, *words, **more)

    def serial(self, seed):
        return self.station.json("--device", self.part(seed), "info").event("chip")["serial"]

    def order(self, name="WO-1"):
        return self.station.json("order", "show", name).event("order")

    def counts(self, name="WO-1"):
        order = self.order(name)
        return [order[field] for field in ("quantity", "leased", "claimed", "done", "failed")]


@pytest.fixture
def line(tmp_path):
    return Line(tmp_path)


def open_order(line, *words):
    return line.station.json("order", "new", EXAMPLE, "--no-first-article", *words).event("order")


def test_as_many_as_ordered_and_each_once(line):
    made = open_order(line, "--quantity", 2, "--operator", "3")
    assert made["order"] == "WO-1" and made["state"] == "open" and made["made_by"] == "3" and made["issuer"] is None
    dry = line.station.json("--device", line.part(1), "provision", EXAMPLE, "--order", "WO-1", "--dry-run")
    assert dry.event("plan") and line.counts() == [2, 0, 0, 0, 0], "looking takes no unit"
    line.make(1, "--order", "WO-1")
    line.make(1, "--order", "WO-1")
    assert line.counts() == [2, 1, 1, 1, 0], "a device that is counted is confirmed, and not counted again"
    line.make(2, "--order", "WO-1")
    before = line.station.snapshot()
    full = line.make(3, "--order", "WO-1", code=6).error
    assert full["reason"] == "order-full" and "2 of 2" in full["cause"] and "imprint order show" in full["next"]
    dry = line.station.json("--device", line.part(3), "provision", EXAMPLE, "--order", "WO-1", "--dry-run", code=6)
    assert dry.error["reason"] == "order-full"
    after = line.station.snapshot()
    assert before == {name: value for name, value in after.items() if "part-3" not in name}
    line.make(2, "--order", "WO-1")
    assert line.counts() == [2, 2, 2, 2, 0]
    kept = entries(line.station)
    assert [(one["kind"], one["order"], one.get("unit")) for one in kept] == [
        ("order new", "WO-1", None), ("order claim", "WO-1", None), ("provision", "WO-1", "done"), ("provision", "WO-1", None),
        ("order claim", "WO-1", None), ("provision", "WO-1", "done"), ("provision", "WO-1", None), ("provision", "WO-1", None)]
    assert kept[1]["device"] == kept[2]["device"] == line.serial(1)
    # The tables are the entries': made anew, they say the same.
    shown = line.station.json("order", "show", "WO-1").objects
    line.station.run("ledger", "rebuild")
    assert line.station.json("order", "show", "WO-1").objects == shown
    assert line.station.json("ledger", "verify").event("ledger-verified")["entries"] == 8


def test_the_wrong_order_is_refused_before_the_device_is_touched(line, tmp_path):
    open_order(line, "--quantity", 5, "--id", "Boards-7")
    open_order(line, "--quantity", 5)
    changed = tmp_path / "changed.yaml"
    changed.write_text(EXAMPLE.read_text().replace("name: mbed-factory-example", "name: another"))
    before = line.station.snapshot()
    part = line.part(1)
    before = line.station.snapshot()
    for words, reason, code in (
            (("provision", changed, "--order", "WO-1"), "order-refused", 6),
            (("provision", EXAMPLE, "--order", "WO-2"), "usage", 2),
            (("provision", EXAMPLE, "--order", "Bords-7"), "usage", 2),
            (("provision", EXAMPLE, "--order", "WO-1", "--board", "a b"), "usage", 2)):
        error = line.station.json("--device", part, *words, code=code).error
        assert error["reason"] == reason and error["next"] and error["doing"] != "continue", error
    assert "Boards-7" in line.station.json("--device", part, "provision", EXAMPLE, "--order", "Bords-7", code=2).error["next"]
    assert line.station.snapshot() == before
    line.make(1, "--order", "WO-1")
    other = line.make(1, "--order", "Boards-7", code=4).error
    assert other["reason"] == "order-device" and "counted in order WO-1" in other["cause"]
    line.station.run("order", "close", "WO-1", "--operator", "3")
    assert "closed" in line.make(2, "--order", "WO-1", code=6).error["cause"]
    assert "closed already" in line.station.json("order", "close", "WO-1", code=6).error["cause"]
    line.make(1, "--order", "WO-1")
    assert line.counts() == [5, 1, 1, 1, 0] and line.counts("Boards-7") == [5, 0, 0, 0, 0]


def test_the_first_article(line):
    made = line.station.json("order", "new", EXAMPLE, "--quantity", 9).event("order")
    assert made["state"] == "new"
    assert "--operator" in line.make(1, "--order", "WO-1", code=2).error["next"]
    line.make(1, "--order", "WO-1", "--operator", "17")
    assert line.order()["state"] == "first-article" and line.order()["first_article"] == {"device": line.serial(1), "made_by": "17"}
    waiting = line.make(2, "--order", "WO-1", "--operator", "17", code=6).error
    assert waiting["reason"] == "order-refused" and "imprint order approve" in waiting["next"]
    assert "another person" in line.station.json("order", "approve", "WO-1", "--operator", "17", code=6).error["cause"]
    assert "--operator" in line.station.json("order", "approve", "WO-1", code=2).error["next"]
    assert line.station.json("order", "approve", "WO-1", "--operator", "4").event("order")["state"] == "open"
    line.make(2, "--order", "WO-1")
    assert [(one["kind"], one["operator"]) for one in entries(line.station) if one["kind"] == "order approve"] == [("order approve", "4")]


def test_an_order_that_has_labels_scanned_back(line):
    """What the order says is in its entry, in the tables that are made of it, and in each answer."""
    assert open_order(line, "--quantity", 2, "--scan-labels")["scan_labels"] is True
    assert open_order(line, "--quantity", 2)["scan_labels"] is False
    line.station.run("ledger", "rebuild")
    assert [one["scan_labels"] for one in line.station.json("order", "list").objects] == [True, False]
    assert [one["scan_labels"] for one in entries(line.station)] == [True, False]
    listed = line.station.run("order", "list").out.splitlines()
    assert listed[1].endswith("mbed-factory-example, labels scanned back") and listed[2].endswith("mbed-factory-example")
    shown = [line.station.run("order", "show", name).out for name in ("WO-1", "WO-2")]
    assert "labels          each one is scanned back\n" in shown[0] and "labels" not in shown[1]


def test_board_numbers(line, tmp_path):
    listed = tmp_path / "boards.txt"
    listed.write_text("# delivered on Monday\n B-1 \r\nB-2\n\nB-3\n")
    made = open_order(line, "--boards", listed)
    assert made["quantity"] == 3 and made["boards"] is True
    open_order(line, "--quantity", 9)
    assert "--board" in line.make(1, "--order", "WO-1", code=2).error["next"]
    assert "not in the list" in line.make(1, "--order", "WO-1", "--board", "B-4", code=4).error["cause"]
    line.make(1, "--order", "WO-1", "--board", "B-1")
    line.make(1, "--order", "WO-1")
    assert "board B-1" in line.make(1, "--order", "WO-1", "--board", "B-2", code=4).error["cause"]
    used = line.make(2, "--order", "WO-1", "--board", "B-1", code=4).error
    assert used["reason"] == "order-device" and line.serial(1) in used["cause"]
    for words in (("--order", "WO-2", "--board", "B-1"), ("--board", "B-1")):
        assert line.serial(1) in line.make(2, *words, code=4).error["cause"], "unique across the ledger"
    line.make(2, "--board", "loose-1")
    assert [one["board"] for one in entries(line.station) if "board" in one] == ["B-1", "B-1", "B-1", "loose-1"]
    for text, cause in (("B-1\nB-1\n", "twice"), ("a b\n", "cannot be a board number"), ("\n", "no board number")):
        listed.write_text(text)
        error = line.station.json("order", "new", EXAMPLE, "--boards", listed, code=2).error
        assert cause in error["cause"] and error["doing"] == "read the list of board numbers"
    absent = line.station.json("order", "new", EXAMPLE, "--boards", tmp_path / "absent", code=2).error
    assert absent["doing"] == "read the list of board numbers" and absent["system"] == "No such file or directory"
    listed.write_text("1\n")
    assert "fewer" in line.station.json("order", "new", EXAMPLE, "--boards", listed, "--quantity", 2, code=2).error["cause"]
    many = [f"{number:032d}" for number in range(2500)]
    listed.write_text("\n".join(many))
    assert open_order(line, "--boards", listed, "--id", "Many")["quantity"] == 2500
    line.station.run("ledger", "rebuild")
    assert line.counts("Many") == [2500, 0, 0, 0, 0]


def test_a_run_that_was_killed_leaves_its_unit_to_the_device(line):
    """Killed at many moments: never a device too many, and the same device needs no second unit."""
    open_order(line, "--quantity", 1)
    part = line.part(1)
    words = [PROGRAM, "--state", str(line.station.state), "--device", part, *map(str, RUN), "--order", "WO-1"]
    for moment in range(8):
        run = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.004 * moment)
        run.send_signal(signal.SIGKILL)
        run.wait()
        counts = line.counts()
        assert counts[1] <= 1 and counts[1] == counts[2]
        if counts[1] == 1:
            assert line.make(2, "--order", "WO-1", code=6).error["reason"] == "order-full"
    line.make(1, "--order", "WO-1")
    assert line.counts() == [1, 1, 1, 1, 0]


def test_a_failed_run_keeps_or_returns_its_unit(line, tmp_path):
    open_order(line, "--quantity", 1)
    refused = line.station.json("--device", line.part(1), "provision", EXAMPLE, "--order", "WO-1", code=1).error
    assert refused["reason"] == "not-armed" and line.counts() == [1, 0, 0, 0, 0], "refused before the claim"
    line.make(1, "--order", "WO-1")
    refused = line.station.json("order", "release", "WO-1", line.serial(1), code=6).error
    assert "counted" in refused["cause"] and "retire" in refused["next"]
    line.station.run("--device", line.part(1), "retire", line.serial(1), "--yes")
    assert line.counts() == [1, 1, 1, 1, 0], "it was made"
    line.station.run("order", "release", "WO-1", line.serial(1), "--operator", "3")
    assert line.counts() == [1, 0, 0, 0, 0]
    line.make(2, "--order", "WO-1")
    assert line.counts() == [1, 1, 1, 1, 0]


def test_the_board_number_in_a_certificate(station, tmp_path):
    """It is the same certificate in a second run that is not told the number, and the order's digest is the profile's."""
    station.state.mkdir()
    make_ca(station, "ca", "/O=Example/CN=Example Factory CA")
    name_issuers(station, factory="ca")
    station.new("trust-flex")
    profile = tmp_path / "profile.yaml"
    text = FLEX.read_text().replace("CN=sn{serial:lower}", "CN=board {board}")
    profile.write_text(text)
    assert "compressed form" in station.json("provision", profile, code=2).error["cause"]
    profile.write_text("".join(line for line in text.splitlines(True) if not line.strip().startswith(("slot: 10", "signer-key-slot", "replace: unclaimed          # the maker's"))))
    made = station.json("order", "new", profile, "--quantity", 1, "--no-first-article", "--issuer", "factory").event("order")
    assert made["issuer"] == "factory"
    unknown = station.json("provision", profile, "--order", "WO-1", "--arm", "profile", code=2).error
    assert "client" in unknown["subject"] and "--board" in unknown["next"]
    done = station.json("provision", profile, "--order", "WO-1", "--arm", "profile", "--board", "2026/17").event("provisioned")
    assert done["certificates"][0]["subject"] == "O=Example,CN=board 2026/17"
    assert "CN=board 2026/17" in openssl("x509", "-in", station.device / "client.crt", "-noout", "-subject", "-nameopt", "RFC2253")
    again = station.json("provision", profile, "--order", "WO-1").event("provisioned")
    assert again["changes"] == 0 and again["certificates"] == done["certificates"]
    assert "does not know its board number" in station.json("compile", profile, "--c", code=2).error["cause"]
    assert "does not know its board number" in station.json("board", "provision", profile, "--console", "/dev/null", code=2).error["cause"]


def test_a_board_that_provisions_itself(station):
    line = test_host_board.Line(station)
    station.run("order", "new", PROFILE, "--quantity", "1", "--no-first-article")
    with line.boot() as board:
        line.provision(board, "--dry-run", "--order", "WO-1")
        done = line.provision_json(board, "--order", "WO-1", "--board", "B-9")
        assert done.event("order")["done"] == 1 and done.event("provisioned")["changes"] == 4
        again = line.provision_json(board, "--order", "WO-1")
        assert again.event("order")["done"] == 1 and again.event("provisioned")["changes"] == 0
        assert "board B-9" in line.provision_json(board, "--order", "WO-1", "--board", "B-8", code=4).error["cause"]
    assert [(one["kind"], one.get("unit"), one.get("board")) for one in entries(station)] == [
        ("order new", None, None), ("order claim", None, "B-9"), ("board provision", "done", "B-9"),
        ("board provision", None, "B-9"), ("board provision", None, None)]


def test_list_and_show_for_people(line):
    assert line.station.json("order", "list", code=1).error["cause"] == "there is no ledger yet"
    open_order(line, "--quantity", 12, "--id", "WO-1042")
    text = line.station.run("order", "list").out.splitlines()
    assert text[0].split()[:3] == ["order", "state", "ordered"] and text[1].split()[:3] == ["WO-1042", "open", "12"]
    assert "12" in line.station.run("order", "show", "WO-1042").out
    for words in (("--quantity", 0), ("--quantity", "x"), (), ("--quantity", 1, "--id", "1a"), ("--quantity", 1, "--id", "WO-1042")):
        assert line.station.json("order", "new", EXAMPLE, *words, code=2).error["next"]
    assert line.station.json("order", "new", EXAMPLE, "--quantity", 1, "--issuer", "line", code=6).error["reason"] == "order-refused"
