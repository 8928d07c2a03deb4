# SPDX-License-Identifier: Apache-2.0
"""The EST server of test/issuer/est_server.py for end-to-end tests, and what a station's issuers file says of it. Tests that
begin with `pytest_plugins = ["est"]` have the fixture `est`.
"""
import subprocess
import sys
import time

import pytest

from conftest import PATIENCE, ROOT


@pytest.fixture(scope="module", name="est")
def serving(tmp_path_factory):
    """(folder, address) of a server that answers as the label says."""
    folder = tmp_path_factory.mktemp("est")
    server = subprocess.Popen([sys.executable, ROOT / "test" / "issuer" / "est_server.py", folder], stdin=subprocess.PIPE)
    deadline = time.monotonic() + PATIENCE
    while not (folder / "ports").exists():
        assert server.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    yield folder, f"https://127.0.0.1:{(folder / 'ports').read_text().split()[0]}"
    server.stdin.close()
    assert server.wait(timeout=PATIENCE) == 0


def entry(est, **more):
    folder, url = est
    return {"name": "est", "kind": "est", "url": url, "server-ca": str(folder / "tls-root.pem"),
            "client-certificate": str(folder / "station.pem"), "client-key": str(folder / "station.key"), **more}
