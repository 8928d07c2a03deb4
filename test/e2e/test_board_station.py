# SPDX-License-Identifier: Apache-2.0
"""The station drives the images on boards that QEMU plays: provision over the console, reboot, prove."""
import pytest

from board import BOARDS, image
from conftest import EXAMPLE, ROOT, openssl
from host_board import Board
from test_transports import serving


def boot(board, name, flash, chip):
    running = Board([ROOT / "firmware" / "run", "--timeout", "120", "--chip", chip, board, image(board, name), flash],
                    chip, flash)
    running.wait_for("@hello", patience=60)
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
            assert factory.process.wait(30) == 0
        assert station.record["run"]["board"]["name"] == board
        with boot(board, "primary", flash, server.device) as primary:
            proven = station.json("board", "prove", "--console", primary.console, "--save", proof, "--end").event("proven")
            assert [key["key_id"] for key in proven["keys"]] == [16, 18] and proven["board"] == board
            assert primary.process.wait(30) == 0
    for key in (16, 18):
        assert "Verified OK" in openssl("dgst", "-sha256", "-verify", proof / f"key-{key}.pem", "-signature",
                                        proof / f"key-{key}.signature", proof / f"key-{key}.message")
