# SPDX-License-Identifier: Apache-2.0
"""docs/guide/cloud.md: its MQTT broker, as the page has it."""
import os
import re
import shutil
import subprocess

from conftest import PROGRAM, ROOT
from tls_servers import free_port, started, wait_for_log

PAGE = ROOT / "docs" / "guide" / "cloud.md"


def broker():
    """The section's shell blocks, and its mosquitto.conf."""
    section = PAGE.read_text().split("\n## A private MQTT broker\n")[1].split("\n## ")[0]
    blocks = re.findall(r"```(sh)?\n(.*?)```", section, re.S)
    (conf,) = [text for kind, text in blocks if not kind]
    return [text for kind, text in blocks if kind], conf


def shell(text, folder):
    env = {**os.environ, "IMPRINT_STATE": str(folder / "state"), "PATH": f"{os.path.dirname(PROGRAM)}:{os.environ['PATH']}"}
    done = subprocess.run(["sh", "-euc", text], cwd=folder, env=env, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    return done.stdout.decode()


def test_the_pages_broker(tmp_path):
    (server, device, connect), conf = broker()
    shutil.copytree(ROOT / "profiles", tmp_path / "profiles")
    shell(server, tmp_path)
    shell(device, tmp_path)
    port = free_port()
    user = "\nuser root\n" if os.getuid() == 0 else "\n"
    assert "listener 8883 127.0.0.1\n" in conf
    (tmp_path / "mosquitto.conf").write_text(conf.replace("8883", str(port)) + user + "log_dest stderr\n")
    program = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")
    with started([program, "-c", "mosquitto.conf"], tmp_path, port):
        assert "localhost:8883" in connect
        told = shell(connect.replace("8883", str(port)), tmp_path)
        wait_for_log(tmp_path, r"New client connected .* as sn0123[0-9a-f]{14} .*u'sn0123[0-9a-f]{14}'")
    assert told.startswith("accepted: ") and "CONNACK, accepted" in told


def test_makers_certificates_at_the_broker(tmp_path):
    """The page's other way: the maker's signer and root in cafile, no --key and no --certificate."""
    (server, _, _), conf = broker()
    shell(server, tmp_path)
    shell("imprint virtual new; imprint certificate export --for pem maker; cat maker/signer-FFFF.pem maker/root.pem >> ca.pem", tmp_path)
    port = free_port()
    user = "\nuser root\n" if os.getuid() == 0 else "\n"
    (tmp_path / "mosquitto.conf").write_text(conf.replace("8883", str(port)) + user)
    program = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")
    with started([program, "-c", "mosquitto.conf"], tmp_path, port):
        assert "CN=sn0123" in shell(f"imprint tls localhost:{port} --mqtt --ca broker.pem", tmp_path)
