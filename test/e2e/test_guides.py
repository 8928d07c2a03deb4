# SPDX-License-Identifier: Apache-2.0
"""docs/guide/ledger.md, orders.md and manifests.md: every command, pasted in its order in an empty folder with `profiles`."""
import os
import re
import subprocess

import pytest

from conftest import PROGRAM, ROOT
from test_docs import blocks

# A sentence or a line of what each page promises, in what its commands print.
SAID = {
    "ledger.md": ["1 entry, all as they were signed; 1 older checkpoint compared", "cosigned", "own.virtual, and nowhere else"],
    "orders.md": [r"WO-1042: open; 1 of 500 done", r"WO-1043 +open +2 +1 +1 +0", "WO-1042: closed; 1 of 500 done"],
    "manifests.md": ["march.json: 1 device, signed by", "1 part, all as they were signed", "01230015D655592701"],
}


def paste(command, folder):
    env = {key: value for key, value in os.environ.items() if key != "IMPRINT_STATE"}
    env |= {"PATH": f"{os.path.dirname(PROGRAM)}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(["sh", "-euc", command], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.parametrize("name", SAID)
def test_every_command_can_be_pasted(name, tmp_path):
    """In one shell, as who pastes them has it; a service that the page starts in the background is this test's to start and to end."""
    (tmp_path / "profiles").symlink_to(ROOT / "profiles")
    line = ("pg_ctl", "P=profiles", "line init", "order return")  # of a line with a PostgreSQL: test_line_guide.py pastes it
    typed = [block for block in blocks(f"docs/guide/{name}", "sh") if not any(word in block for word in line)]
    service = [block for block in typed if block.rstrip().endswith("&")]
    assert len(typed) >= 5 and len(service) == (name == "ledger.md")
    before, *after = "\n".join(typed).split(service[0]) if service else ["\n".join(typed)]
    said = paste(before, tmp_path)
    if service:
        command = service[0].replace(":8446", ":0").split()[1:-1]
        with subprocess.Popen([PROGRAM, *command], cwd=tmp_path, stdout=subprocess.PIPE) as served:
            port = re.search(r":(\d+)", served.stdout.readline().decode())[1]
            said += paste("export IMPRINT_STATE=$PWD/state\n" + after[0].replace(":8446", f":{port}"), tmp_path)
            served.terminate()
    for words in SAID[name]:
        assert re.search(words, said, re.M), (words, said)
