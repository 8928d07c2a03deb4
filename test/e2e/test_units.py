# SPDX-License-Identifier: Apache-2.0
"""The package's systemd units: who runs them and with what; and the one-shot of a device that provisions itself, played against a line."""
import configparser
import shlex
import shutil
import subprocess

import pytest

import postgres_server
from conftest import EXAMPLE, PROGRAM, ROOT, Station, run_program

UNITS = sorted((ROOT / "packaging" / "systemd").glob("*.service"))
GATEWAY = ROOT / "packaging" / "systemd" / "imprint-provision.service"


def read(path):
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str
    unit.read_string(path.read_text())
    return unit


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_no_unit_runs_as_root(path):
    service = read(path)["Service"]
    users = (ROOT / "packaging" / "debian" / "imprint.sysusers").read_text().splitlines()
    assert service["User"] == service["Group"] == "imprint" and any(line.startswith("u imprint ") for line in users)
    assert service["CapabilityBoundingSet"] == "" and service["NoNewPrivileges"] == "yes" and service["ProtectSystem"] == "strict"
    # A group that is not there keeps a unit from starting: dialout is of base-passwd.
    for group in service.get("SupplementaryGroups", "").split():
        assert group == "dialout" or f"g {group} -" in users
    assert f"packaging/systemd/{path.name} usr/lib/systemd/system" in (ROOT / "packaging" / "debian" / "imprint.install").read_text()
    words = shlex.split(service["ExecStart"])
    assert words[0] == "/usr/bin/imprint" and run_program([word for word in words if word in ("station", "provision", "witness")][0], "--help").out


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_understands_them(path, tmp_path):
    copy = tmp_path / path.name.replace("@", "@st-01")
    copy.write_text(path.read_text().replace("/usr/bin/imprint", PROGRAM))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", copy], capture_output=True, text=True, check=False)
    assert [line for line in (done.stdout + done.stderr).splitlines() if path.name.split("@")[0] in line] == []


def boot(station, options):
    """What the unit runs, as systemd would split it."""
    words = []
    for word in read(GATEWAY)["Service"]["ExecStart"].split()[1:]:
        words += options.split() if word == "$IMPRINT_OPTIONS" else [word]
    places = {"/var/lib/imprint": station.state, "${IMPRINT_DEVICE}": f"virtual:{station.chip}", "/etc/imprint/gateway.yaml": EXAMPLE}
    return run_program("--json", *(places.get(word, word) for word in words), code=None)


def is_tried_again(code):
    return str(code) not in read(GATEWAY)["Service"]["RestartPreventExitStatus"].split()


def test_a_gateway(tmp_path):
    with postgres_server.running() as line:
        line.make_line("gw-0001")
        line.renew_line("gw-0001")
        stranger, known = Station(tmp_path / "stranger"), Station(tmp_path / "known")
        for station, role in ((stranger, "gw-9999"), (known, "gw-0001")):
            station.new()
            line.join(station, role)
        password = line.folder / "gw-9999.pw"
        password.write_text("of a role that is not there\n")
        password.chmod(0o600)
        before = stranger.chip.read_bytes()
        refused = boot(stranger, "--arm profile")
        assert refused.code == 1 and not is_tried_again(refused.code), refused
        assert stranger.chip.read_bytes() == before, "nothing is written where the line does not know the device"
        unarmed = boot(known, "")
        assert unarmed.error["reason"] == "not-armed", unarmed.out
        assert not is_tried_again(unarmed.code)
        done = boot(known, "--arm profile")
        assert done.code == 0 and done.event("provisioned")["changes"] > 0 and done.event("line-sent")["waiting"] == 0
        assert boot(known, "--arm profile").event("provisioned")["changes"] == 0, "a second boot confirms"
        line.kill()
        away = boot(known, "--arm profile")
        assert away.code == 3 and is_tried_again(away.code), away
        line.start()
