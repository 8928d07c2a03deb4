# SPDX-License-Identifier: Apache-2.0
"""What a record says of a run beyond the chip: who ran it, where, when, and how the chip was reached."""
import datetime
import socket

import pytest

from conftest import EXAMPLE, THREE_WAYS


def when(text):
    """RFC 3339, UTC, whole seconds."""
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)


def now():
    return datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


def test_a_record_names_station_times_and_device(delivered):
    before = now()
    done = delivered.json("--device", f"virtual:{delivered.chip}", "provision", EXAMPLE, "--arm", "profile", "--operator", "Jo Øst, 17")
    run = delivered.record["run"]
    assert before <= when(run["started"]) <= when(run["time"]) <= now()
    assert run["host"] == socket.gethostname()
    assert (run["transport"], run["device"]) == ("virtual", f"virtual:{delivered.chip}")
    assert run["operator"] == "Jo Øst, 17" and run["virtual"] is True and run["verb"] == "provision"
    said = done.event("provisioned")["run"]
    assert {name: run[name] for name in said} == said and len(said) == 9


def test_a_run_without_operator_says_so(provisioned):
    assert provisioned.record["run"]["operator"] is None
    assert provisioned.record["run"]["device"] == "virtual"


def test_a_record_names_the_socket(delivered):
    done = delivered.json("provision", EXAMPLE, "--arm", "profile", "--socket", "A1")
    assert done.event("provisioned")["run"]["socket"] == delivered.record["run"]["socket"] == "A1"
    delivered.run("provision", EXAMPLE)
    assert "socket" not in delivered.history[-1]["run"]
    refused = delivered.json("provision", EXAMPLE, "--socket", "", code=2)
    assert refused.error["reason"] == "usage" and "socket" in refused.error["cause"] and "--socket NAME" in refused.error["next"]


def test_adopt_names_its_operator(provisioned):
    (provisioned.device / "record.json").unlink()
    provisioned.run("erase", "--yes")
    provisioned.run("adopt", EXAMPLE, "--operator", "17")
    assert provisioned.record["run"]["operator"] == "17" and provisioned.record["run"]["verb"] == "adopt"


@pytest.mark.parametrize("name", ["", "   ", "a\tb", "a\x1b[31mb", "a\x7f", "a\u0085b", "x" * 65, "a\udcffb"],
                         ids=["empty", "blank", "tab", "escape", "delete", "c1", "long", "not-utf8"])
@pytest.mark.parametrize("verb", ["provision", "adopt"])
def test_an_operator_that_is_no_name_is_refused(delivered, verb, name):
    before = delivered.snapshot()
    refused = delivered.json(verb, EXAMPLE, "--operator", name, code=2)
    assert refused.error["reason"] == "usage" and "operator" in refused.error["cause"]
    assert delivered.snapshot() == before


def test_a_record_says_what_is_locked(station):
    station.new("blank")
    station.run("provision", THREE_WAYS, "--arm", "profile")
    chip = station.json("info").event("chip")
    locked = station.record["locked"]
    assert locked == {"config": True, "data": True, "slots": [slot["slot"] for slot in chip["slots"] if slot["locked"]]}
