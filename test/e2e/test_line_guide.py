# SPDX-License-Identifier: Apache-2.0
"""docs/guide/line.md and orders.md: two stations and a PostgreSQL on one machine, as the pages have it."""
import os
import pwd
import re
import shutil
import subprocess

import postgres_server
from conftest import PROGRAM, ROOT, run_program

PAGE = ROOT / "docs" / "guide" / "line.md"


def shell(text, folder, user=None):
    """As the server's user where that is named and we are root: PostgreSQL refuses to be that."""
    path = os.pathsep.join([os.path.dirname(PROGRAM), str(postgres_server.programs()), os.environ["PATH"]])
    env = {**os.environ, "PATH": path, "PWD": str(folder)}
    other = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user is not None and os.getuid() == 0 else {}
    done = subprocess.run(["sh", "-euc", text], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False, **other)
    assert done.returncode == 0, done.stdout.decode()
    return done.stdout.decode()


def test_the_pages_rehearsal():
    section = PAGE.read_text().split("\n## Rehearse it on one machine\n")[1].split("\n## ")[0]
    server, line, device, second, end = re.findall(r"```sh\n(.*?)```", section, re.S)
    with postgres_server.short_folder() as folder:
        shutil.copytree(ROOT / "profiles", folder / "profiles")
        shell(server, folder, postgres_server.USER)
        try:
            told = shell(line, folder)
            assert told.count("may append to its own log") == 2
            assert "0 wait for the line; it confirmed 1" in shell(device, folder)
            told = shell(second, folder)
            assert "adopted: " in told and "0 entries sent to the line, 0 wait" in told
        finally:
            shell(end, folder, postgres_server.USER)
        run_program("--state", folder / "st-01", "provision", ROOT / "profiles" / "mbed-factory-example.yaml", "--rehearsal", code=3)


def test_the_order_of_two_stations():
    section = (PAGE.parent / "orders.md").read_text().split("\n## Several stations, one order\n")[1].split("\n## ")[0]
    server, line, made, rest, end = re.findall(r"```sh\n(.*?)```", section, re.S)
    with postgres_server.short_folder() as folder:
        shutil.copytree(ROOT / "profiles", folder / "profiles")
        shell(server, folder, postgres_server.USER)
        try:
            told = shell(line, folder)
            assert told.count("may append to its own log") == 2 and told.count("may make, approve and close orders") == 1
            # The shell of who pastes it goes on; here each block has its own.
            told = shell(made, folder)
            assert told.count("WO-7: 1 unit leased") == 2 and re.search(r"^leased +2\n^claimed +2\n^done +2$", told, re.M), told
            told = shell(re.search(r"^P=.*\n", made, re.M)[0] + rest, folder)
            assert "WO-7: 1 unit leased" in told and "WO-7: closed; 3 of 3 done" in told
            assert [line.split()[:6] for line in told.splitlines()][-1] == ["WO-7", "closed", "3", "3", "3", "0"], told
        finally:
            shell(end, folder, postgres_server.USER)


def test_the_pages_settings_are_the_programs(provisioned):
    """The example of the reference page, which has every setting that the page names, is one that the program reads."""
    page = (PAGE.parents[1] / "reference" / "line.md").read_text().split("\n## When ")[0]
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.S)
    (provisioned.state / "line.yaml").write_text(example)
    assert "dbname=line" in provisioned.json("ledger", "status").event("ledger-status")["server"]
    named = set(re.findall(r"^\| `(?:ledger\.|orders\.)?([a-z-]+)` \|", page, re.M))
    assert named == set(re.findall(r"^ *([a-z-]+):", example, re.M)) - {"ledger", "orders"}
