# SPDX-License-Identifier: Apache-2.0
"""imprint report --line: the figures of all stations, from what the line's server has, against a computation of our own."""
import csv
import io
import json

import pytest

from conftest import EXAMPLE, Station
from test_report import BERLIN, Page, expected, is_attempt, made_up

pytest_plugins = ["postgres_server"]
STATIONS = ("st-01", "st-02", "st-03")
PLANNERS = ["office"]


@pytest.fixture
def office(postgres, tmp_path):
    station = Station(tmp_path / "office")
    postgres.join(station, "office")
    return station


def put_entries(postgres, entries):
    """In place of those of the line: each of one of three stations, whose logs have them in the order of their time."""
    path = postgres.folder / "entries.sql"
    logs = [[] for _ in STATIONS]
    for entry in entries:
        logs[entry["at"]].append(entry)
    texts = ["DELETE FROM line_entry; DELETE FROM line_log;"]
    for at, (role, log) in enumerate(zip(STATIONS, logs)):
        texts.append(f"INSERT INTO line_log OVERRIDING SYSTEM VALUE VALUES ({at + 1}, 'log-{at}', sha256(''), '{role}', {len(log)}, '');")
        for seq, entry in enumerate(log):
            body = json.dumps({**entry, "seq": seq}, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
            texts.append(f"INSERT INTO line_entry (log, seq, leaf, body) VALUES ({at + 1}, {seq}, '', $entry${body}$entry$);")
    path.write_text("\n".join(texts))
    assert postgres.sql(f"\\i {path}") == ""


@pytest.fixture
def line(postgres, office):
    entries = made_up(600, seed=2)
    for number, entry in enumerate(entries):
        entry["at"] = number * 7 % 3 # a device's attempts are at several stations
        entry["time"] = entry["ended"][:-1] + f".{number:03}Z"
    entries.sort(key=lambda entry: entry["time"])
    put_entries(postgres, entries)
    office.entries = entries
    return office


@pytest.mark.parametrize("rehearsals", [False, True])
def test_figures_of_all_stations(line, rehearsals):
    entries = [entry for entry in line.entries if bool(entry["evidence"]["rehearsal"]) == rehearsals]
    objects = line.json("report", "--line", *["--rehearsals"] * rehearsals, env=BERLIN).objects
    total = objects[0]
    assert expected(entries, lambda entry: True).items() <= total.items()
    assert (total["entries"], total["logs"], total["stations"]) == (600, 3, 3) and "root" not in total
    stations = {item["name"]: item for item in objects if item["event"] == "report-group" and item["by"] == "station"}
    assert set(stations) == set(STATIONS)
    for at, role in enumerate(STATIONS):
        wanted = expected(entries, lambda entry, at=at: entry["at"] == at)
        assert wanted.items() <= stations[role].items(), role
    assert sum(total["not_counted"].values()) + total["attempts"] == 600
    day = line.json("report", "--line", "--order", "WO-1", "--from", "2026-03-28", "--to", "2026-03-29", *["--rehearsals"] * rehearsals, env=BERLIN).objects[0]
    assert 0 < day["attempts"] < sum(map(is_attempt, entries))


def test_every_form(line, tmp_path):
    text = line.run("report", "--line").out
    assert all(role in text for role in STATIONS)
    rows = list(csv.reader(io.StringIO(line.run("report", "--line", "--csv").out)))
    assert [row[1] for row in rows if row[0] == "station"] == list(STATIONS), rows
    page = tmp_path / "page.html"
    line.run("report", "--line", "--html", page)
    words = " ".join(Page(page.read_text()).words.split())
    assert "Ledger of the line" in words and "600, in 3 logs of 3 stations" in words and "root over them" not in words


def test_devices_that_stations_made(postgres, tmp_path, office):
    """From real runs: a device that one station made and another confirmed is made once."""
    postgres.renew_line(*STATIONS)
    stations = []
    for role, seed in zip(STATIONS, (1, 1, 3)):
        station = Station(tmp_path / role)
        postgres.join(station, role)
        station.new(seed=seed)
        stations.append(station)
    stations[0].run("provision", EXAMPLE, "--arm", "profile")
    stations[1].chip.write_bytes(stations[0].chip.read_bytes())
    stations[1].run("adopt", EXAMPLE)
    stations[1].run("provision", EXAMPLE)
    stations[2].run("provision", EXAMPLE, code=1)
    stations[2].run("provision", EXAMPLE, "--arm", "profile")
    total = office.json("report", "--line", "--rehearsals").event("report")
    assert [total[name] for name in ("entered", "passed_first", "made", "attempts", "failed")] == [2, 1, 2, 3, 1]
    assert office.json("report", "--line", "--rehearsals", "--server", postgres.settings("owner")).event("report")["made"] == 2


def test_who_may_not(postgres, tmp_path):
    station = Station(tmp_path / "one")
    error = station.json("report", "--line", code=2).error
    assert "no line.yaml" in error["cause"] and "--server" in error["next"]
    postgres.join(station, "st-01")
    error = station.json("report", "--line", code=1).error
    assert error["reason"] == "server-refused" and "permission denied" in error["cause"] and "add-planner" in error["next"]
    postgres.kill()
    assert station.json("report", "--line", code=3).error["reason"] == "server-away"
    postgres.start()
