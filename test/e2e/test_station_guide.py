# SPDX-License-Identifier: Apache-2.0
"""docs/guide/station.md as somebody pastes it: the rehearsal, and a Raspberry Pi with two sockets, with virtual chips where its two buses are."""
import os
import re
import signal
import subprocess
import time

import pytest

from conftest import PROGRAM, ROOT, run_program
from test_virtual_run import ENV
from tls_servers import free_port

PAGE = (ROOT / "docs" / "guide" / "station.md").read_text()
PASSWORD = "only a rehearsal\n"

# What a test must not do to this machine, or cannot do on it. Each is a command of its own name.
STUBS = {
    "sudo": 'while [ "$1" = -u ]; do shift 2; done; exec "$@"',
    "apt": "", "adduser": "", "raspi-config": "", "reboot": "", "chgrp": "",
    "install": 'set -- $(echo "$@" | sed "s/-o [a-z]* -g [a-z]*//"); exec /usr/bin/install "$@"',
    "systemctl": 'case $1 in\nenable) imprint station "$IMPRINT_ETC/${3#imprint-station@}.yaml" 2>station.log & echo $! >station.pid ;;\n'
                 'status) kill -0 "$(cat station.pid)" ;;\nesac',
    # Until both boards are made: a person would see it.
    "chromium": 'for turn in $(seq 1200); do [ "$(imprint --state "$IMPRINT_VAR/st-01" ledger list | grep -c ": provisioned")" -ge 2 ] && break; sleep 0.1; done\n'
                'exec python3 -c "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).status)" "$2"',
}


@pytest.fixture
def home(tmp_path):
    (tmp_path / "bin").mkdir()
    for name, text in STUBS.items():
        path = tmp_path / "bin" / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    (tmp_path / "bin" / "imprint").symlink_to(PROGRAM)
    (tmp_path / "password").write_text(PASSWORD)
    (tmp_path / "password").chmod(0o600)
    (tmp_path / "profiles").symlink_to(ROOT / "profiles")
    return tmp_path


def environment(home, **more):
    return {**os.environ, "PATH": f"{home}/bin:{os.environ['PATH']}", **more}


def section(title):
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def blocks(text, kind="sh"):
    """As they are shown: without the indentation of their list."""
    return [re.sub(rf"^{indent}", "", body, flags=re.M) for indent, body in re.findall(rf"^( *)```{kind}\n(.*?)^ *```", text, re.M | re.S)]


def test_the_rehearsal(home):
    place = f"127.0.0.1:{free_port()}"
    text = section("A rehearsal")
    assert "127.0.0.1:8080" in text
    folders, plan, users, check, run, insert, change, ledger = blocks(text)
    (settings,) = blocks(text, "yaml")

    def shell(block):
        done = subprocess.run(["sh", "-euc", block], cwd=home, env=environment(home), capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, (block, done)
        return done.stdout

    shell(folders)
    (home / "line" / "station.yaml").write_text(settings.replace("127.0.0.1:8080", place) + "look: 100\n")  # not to wait
    assert "to do, for ever" in shell(plan)
    shell(users)
    checked = shell(check)
    assert "socket A1: empty\nsocket A2: empty\n" in checked and ": bad" not in checked
    with open(home / "log", "wb") as log, subprocess.Popen(["sh", "-euc", "exec " + run], cwd=home, env=environment(home), stdout=subprocess.PIPE, stderr=log) as station:
        try:
            assert station.stdout.readline().decode() == f"http://{place}/\n"
            for block, made in ((insert, 2), (change, 3)):
                shell(block)
                deadline = time.monotonic() + 120
                while shell(ledger).count(": provisioned") < made:
                    assert time.monotonic() < deadline and station.poll() is None, (home / "log").read_text()
                    time.sleep(0.05)
        finally:
            station.send_signal(signal.SIGTERM)
            assert station.wait(timeout=120) == 0
    assert "all as they were signed" in shell(ledger)


def test_a_raspberry_pi(home):
    """One shell has all that is pasted, as the chips' bus must stay: its second bus is a served chip."""
    places = {"/etc/imprint": home / "etc", "/var/lib/imprint": home / "var", "/boot/firmware": home, "/usr/share/imprint/profiles": ROOT / "profiles",
              "i2c:/dev/i2c-3@0x35": f"unix:{home}/bus3", "i2c:/dev/i2c-3": f"unix:{home}/bus3", "127.0.0.1:8080": f"127.0.0.1:{free_port()}"}
    text = section("A Raspberry Pi with two sockets")
    script = "\n".join(blocks(text))
    for name, other in places.items():
        assert name in script
        script = script.replace(name, str(other))
    script, count = re.subn(r"(user add \S+ \d+.*)", rf"\1 --password-file {home}/password", script)  # who pastes it types it
    assert count == 2
    script = script.replace("state: /", "look: 100\nstate: /")  # not to wait
    for number in (1, 2):
        run_program("virtual", "new", home / f"board{number}", "--as", "trust-and-go", "--seed", str(number))
    with subprocess.Popen([PROGRAM, "virtual", "serve", home / "board2", "--unix", home / "bus3"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as served:
        try:
            done = subprocess.run([PROGRAM, "virtual", "run", "--bus", "1", home / "board1", "--", "sh", "-euc", f'trap \'kill "$(cat station.pid)"\' EXIT\n{script}'],
                                  cwd=home, env=environment(home, IMPRINT_ETC=str(home / "etc"), IMPRINT_VAR=str(home / "var"), **ENV), capture_output=True, text=True, timeout=300, check=False)
        finally:
            served.terminate()
    log = (home / "station.log").read_text() if (home / "station.log").exists() else ""
    assert done.returncode == 0, (done, log)
    assert done.stdout.count("--device i2c:/dev/i2c-1@0x35") >= 1 and re.search(r"^socket A1: chip [0-9A-F]{18}$", done.stdout, re.M) and re.search(r"^socket A2: chip [0-9A-F]{18}$", done.stdout, re.M)
    assert ": bad" not in done.stdout and done.stdout.endswith("200\n"), done.stdout
    assert "dtoverlay=i2c-gpio,bus=3" in (home / "config.txt").read_text()
    assert [path.stat().st_mode & 0o777 for path in (home / "etc" / "st-01.yaml", home / "etc", home / "var")] == [0o640, 0o750, 0o700]
    results = [one["result"] for one in run_program("--json", "--state", home / "var" / "st-01", "ledger", "list").objects if one.get("kind") == "provision"]
    assert results == ["provisioned", "provisioned"]
