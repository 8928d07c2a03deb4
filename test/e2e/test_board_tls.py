# SPDX-License-Identifier: Apache-2.0
"""
The primary application that connects, on this host as the board: TLS 1.2 and 1.3 with the key and certificate that a run has left, over
a UART that leads to a server. On boards that QEMU plays, ./demo --board does it. Its image trusts test/data/tls/TEST-root.pem alone.
"""
import contextlib
import socket
import ssl
import threading

import pytest

from conftest import PATIENCE, ROOT, Station, openssl
from host_board import BUILD, Board
from test_certificate_issue import FLEX, der_of_pem, make_ca, name_issuers
from test_primary_symbols import FORBIDDEN, symbols
from tls_servers import Authority, free_port, s_server

PRIMARY_TLS = BUILD / "primary_tls"
GEOMETRY = "4096x8/4-1"


class Root(Authority):
    """The root that the image trusts, with a server's certificate for localhost."""

    def __init__(self, folder):
        super().__init__(folder)
        self.key, self.pem = (ROOT / "test" / "data" / "tls" / f"TEST-root.{ending}" for ending in ("key", "pem"))
        self.server_pem = self.server(folder / "server.pem")

    def sign(self, request, path, extensions="basicConstraints=critical,CA:FALSE", days=30):
        (self.folder / "extensions").write_text(extensions + "\n")
        openssl("x509", "-req", "-in", request, "-CA", self.pem, "-CAkey", self.key, "-CAserial", self.folder / "serial", "-CAcreateserial",
                "-days", days, "-extfile", self.folder / "extensions", "-out", path)
        return path


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A finished device, whose flash the station has written, and the two authorities: the devices' and the servers'."""
    station = Station(tmp_path_factory.mktemp("board"))
    station.state.mkdir()
    make_ca(station, "ca", "/CN=Example Factory CA")
    name_issuers(station, factory="ca")
    station.new("trust-flex")
    station.flash = station.folder / "board.flash"
    station.run("--storage", f"flash:{station.flash},{GEOMETRY}", "provision", FLEX, "--arm", "profile")
    station.root, station.devices = Root(station.folder / "root"), station.state / "ca.pem"
    return station


def made_without_record(folder, *more):
    """A finished device whose certificate is in a slot of its chip alone. Its issuer is the one that the image knows, of test/data/tls/issuers.yaml."""
    station = Station(folder)
    station.state.mkdir(parents=True)
    for ending, mode in (("pem", 0o644), ("key", 0o600)):
        (station.state / f"ca.{ending}").write_bytes((ROOT / "test" / "data" / "tls" / f"TEST-root.{ending}").read_bytes())
        (station.state / f"ca.{ending}").chmod(mode)
    name_issuers(station, factory="ca")
    station.run("virtual", "new", "--as", "trust-flex", *more)
    station.flash = station.folder / "board.flash"
    profile = station.write("slots.yaml", FLEX.read_text().replace("    psa-id: 0x1001\n", ""))
    station.run("--storage", f"flash:{station.flash},{GEOMETRY}", "provision", profile, "--arm", "profile")
    return station


@contextlib.contextmanager
def speaking(serve):
    """A server of one connection, which `serve` gets."""
    def run():
        peer, _ = server.accept()
        with peer, contextlib.suppress(OSError):
            serve(peer)
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=run)
        thread.start()
        yield server.getsockname()[1]
        thread.join(20)


def connect(world, port, words="16 0x1001 localhost", version="1.3", **settings):
    """The last frame of the answer, what was said before it, and the exit code of the application."""
    with Board(PRIMARY_TLS, world.chip, world.flash, IMPRINT_BOARD_NETWORK=str(port), **settings) as board:
        board.wait_for("@hello")
        frames, said = board.ask(f"connect {words} {version}", patience=PATIENCE)
        board.ask("end")
        return frames, said, board.close()


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_server_accepts_the_board(world, tmp_path, version):
    with s_server(tmp_path / "server", world.root, world.devices, version) as port:
        frames, said, code = connect(world, port, version=version)
    (done,) = [item[1] for item in frames if item[0] == "connection"]
    assert code == 0 and done["version"] == f"TLSv{version}" and done["answer"] == "HTTP/1.0 200 ok", said
    assert f"CN = sn{world.record['serial'].lower()}" in (tmp_path / "server" / "log").read_text().replace("CN=", "CN = ")


def refused(world, port, **more):
    frames, said, code = connect(world, port, **more)
    assert code == 1 and frames[-1][0] == "error" and not [item for item in frames if item[0] == "connection"], said
    return frames[-1][1]["reason"], said


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_server_that_does_not_know_the_issuer(world, tmp_path, version):
    """In TLS 1.3 the handshake is complete at the board all the same: only the answer counts."""
    with s_server(tmp_path / "server", world.root, world.root.pem, version) as port:
        reason, said = refused(world, port, version=version)
    assert reason == "server-refused", said


def test_a_server_that_the_image_does_not_trust(world, tmp_path):
    """By another authority; then under another name."""
    with s_server(tmp_path / "stranger", Authority(tmp_path / "other"), world.devices) as port:
        reason, said = refused(world, port)
        assert reason == "server-untrusted" and "--trust" in said
    with s_server(tmp_path / "server", world.root, world.devices) as port:
        reason, said = refused(world, port, words="16 0x1001 example.org")
        assert reason == "server-untrusted" and "another name" in said


def test_a_server_that_does_not_ask(world, tmp_path):
    with s_server(tmp_path / "server", world.root, world.devices, demand=False) as port:
        reason, said = refused(world, port)
    assert reason == "certificate-not-asked", said


def test_an_application_that_says_no(world, tmp_path):
    """TLS is content with the device, and what stands behind it is not."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=world.devices)
    context.load_cert_chain(world.root.server_pem, world.root.server_key)
    context.verify_mode = ssl.CERT_REQUIRED

    def answer(peer):
        with context.wrap_socket(peer, server_side=True) as inside:
            inside.recv(4096)
            inside.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            inside.recv(4096)
    with speaking(answer) as port:
        reason, said = refused(world, port)
    assert reason == "server-refused" and "application" in said, said


@pytest.mark.parametrize("answer", [b"HTTP/1.0 400 bad request\r\n\r\n", b"\x16\x03\x03\xff\xff" + b"x" * 70000])
def test_what_is_no_tls(world, answer):
    """A server that speaks in clear, and one whose record is longer than TLS allows."""
    def speak(peer):
        peer.recv(4096)
        peer.sendall(answer)
        peer.recv(4096)
    with speaking(speak) as port:
        reason, said = refused(world, port)
    assert reason == "tls-failed", said


def test_nobody_there(world):
    """No server at that port: every wait ends."""
    reason, said = refused(world, free_port(), IMPRINT_BOARD_CLOCK="30")
    assert reason == "server-away" and "UART" in said


def test_what_it_shows_and_refuses(world):
    with Board(PRIMARY_TLS, world.chip, world.flash) as board:
        board.wait_for("@hello app=primary-tls")
        said = board.ask("certificate 0x1001")[1].replace("\r", "")
        shown = world.write("shown.pem", said[said.index("-----BEGIN"):said.index("@ok")])
        assert der_of_pem(shown) == der_of_pem(world.device / "client.crt")
        for words, reason in (("connect 16", "usage"), ("connect 16 0x1001 localhost 1.1", "usage"), ("certificate 0x2002", "key-unknown"),
                              ("connect 16 0x2002 localhost", "key-unknown"), ("connect 99 0x1001 localhost", "key-attributes"),
                              ("certificate 16", "key-attributes")):
            frames, said = board.ask(words)
            assert frames[-1][0] == "error" and frames[-1][1]["reason"] == reason, said


@pytest.fixture(scope="module")
def slots(world, tmp_path_factory):
    station = made_without_record(tmp_path_factory.mktemp("slots"))
    station.root, station.devices = world.root, world.root.pem
    return station


def test_a_certificate_from_the_chip(slots, tmp_path):
    """The device's store has no certificate: the image puts it together from the slot, and a server accepts it."""
    with Board(PRIMARY_TLS, slots.chip, slots.flash) as board:
        board.wait_for("@hello app=primary-tls")
        assert board.ask("certificate 0x1001")[0][-1][1]["reason"] == "key-unknown"
        said = board.ask("certificate 16 chip")[1].replace("\r", "")
    shown = slots.write("shown.pem", said[said.index("-----BEGIN"):said.index("@ok")])
    assert der_of_pem(shown) == der_of_pem(slots.device / "client.crt")
    assert "OK" in openssl("verify", "-CAfile", slots.devices, shown)
    with s_server(tmp_path / "server", slots.root, slots.devices, "1.3") as port:
        frames, said, code = connect(slots, port, words="16 chip localhost")
    assert code == 0 and [item for item in frames if item[0] == "connection"], said


def test_another_certificate_in_the_chip(world, slots):
    """By an issuer that the image does not know; and of a key that has none."""
    with Board(PRIMARY_TLS, world.chip, world.flash) as board:
        board.wait_for("@hello")
        for words in ("certificate 16 chip", "connect 16 chip localhost"):
            frames, said = board.ask(words)
            assert frames[-1][0] == "error" and frames[-1][1]["reason"] == "certificate-differs" and frames[-1][1]["slot"] == "10", said
            assert "another issuer" in said and "--certificates" in said
    with Board(PRIMARY_TLS, slots.chip, slots.flash) as board:
        board.wait_for("@hello")
        for words, reason in (("certificate 17 chip", "key-unknown"), ("certificate 16 chips", "usage"), ("connect 16 chips localhost", "usage")):
            frames, said = board.ask(words)
            assert frames[-1][0] == "error" and frames[-1][1]["reason"] == reason, said


def test_it_cannot_change_anything():
    """It makes keys in software, one for each handshake; of the chip it can use keys only."""
    found = symbols(PRIMARY_TLS)
    assert {"connection_try", "mbedtls_ssl_handshake", "atecc608a_drv_info_use_only"} <= found
    allowed = {"psa_generate_key", "psa_import_key", "psa_destroy_key", "psa_copy_key", "psa_generate_key_custom", "psa_finish_key_creation",
               "psa_key_derivation_output_key", "psa_generate_key_internal"}
    assert sorted(name for name in found - allowed if FORBIDDEN.fullmatch(name)) == []
