# SPDX-License-Identifier: Apache-2.0
"""The station drives the images on boards that QEMU plays: provision over the console, reboot, prove."""
import pytest

from board import BOARDS, image
from conftest import EXAMPLE, PATIENCE, ROOT, openssl
from host_board import Board
from test_board_tls import Root, made_without_record
from test_certificate_issue import der_of_pem
from test_transports import serving
from tls_servers import s_server


def boot(board, name, flash, chip, *more):
    running = Board([ROOT / "firmware" / "run", "--timeout", "120", *more, "--chip", chip, board, image(board, name), flash],
                    chip, flash)
    running.wait_for("@hello", patience=PATIENCE)
    return running


@pytest.mark.parametrize("board", BOARDS)
def test_station_and_board(station, board):
    station.run("virtual", "new", "--as", "trust-and-go", "--bus", "swi", "--seed", 1)
    flash, proof = station.folder / "board.flash", station.folder / "proof"
    proof.mkdir()
    with serving("--swi-pty", station.chip) as server:
        with boot(board, "factory", flash, server.device) as factory:
            drive = ("board", "provision", EXAMPLE, "--arm", "profile", "--console", factory.console)
            assert station.json(*drive, "--dry-run").event("plan")["changes"] == 4
            first = station.json(*drive).event("provisioned")
            assert first["changes"] == 4 and [key["slot"] for key in first["keys"]] == [0, 2]
            again = station.json(*drive, "--end").event("provisioned")
            assert again["changes"] == 0
            assert [key["public_key"] for key in again["keys"]] == [key["public_key"] for key in first["keys"]]
            assert factory.process.wait(PATIENCE) == 0
        assert station.record["run"]["board"]["name"] == board
        with boot(board, "primary", flash, server.device) as primary:
            proven = station.json("board", "prove", "--console", primary.console, "--save", proof, "--end").event("proven")
            assert [key["key_id"] for key in proven["keys"]] == [16, 18] and proven["board"] == board
            assert primary.process.wait(PATIENCE) == 0
    for key in (16, 18):
        assert "Verified OK" in openssl("dgst", "-sha256", "-verify", proof / f"key-{key}.pem", "-signature",
                                        proof / f"key-{key}.signature", proof / f"key-{key}.message")


def test_a_certificate_from_the_chip(tmp_path):
    """
    The board that QEMU plays has no copy of its certificate: it puts it together from the 72 bytes in its chip, and a server lets it in
    with it, by TLS 1.3 and 1.2.
    """
    board, root = "mps2-an385", Root(tmp_path / "root")
    station = made_without_record(tmp_path / "station", "--bus", "swi", "--seed", 1)
    with serving("--swi-pty", station.chip) as server:
        with boot(board, "primary_tls", station.flash, server.device) as primary:
            said = primary.ask("certificate 16 chip", patience=PATIENCE)[1].replace("\r", "")
            primary.ask("end")
        assert "@ok" in said, said
        shown = station.write("shown.pem", said[said.index("-----BEGIN"):said.index("@ok")])
        assert der_of_pem(shown) == der_of_pem(station.device / "client.crt")
        for version in ("1.3", "1.2"):
            with s_server(tmp_path / version, root, root.pem, version) as port, \
                    boot(board, "primary_tls", station.flash, server.device, "--network", f"127.0.0.1:{port}") as primary:
                frames, said = primary.ask(f"connect 16 chip localhost {version}", patience=PATIENCE)
                assert [item[1]["version"] for item in frames if item[0] == "connection"] == [f"TLSv{version}"], said
                primary.ask("end")
