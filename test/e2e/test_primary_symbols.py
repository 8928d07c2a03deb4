# SPDX-License-Identifier: Apache-2.0
"""What applications do not contain: the primary one nothing that makes, imports or destroys a key, or that writes to or locks a
chip; a factory application nothing that its profile does not need. And what programs are built with."""
import platform
import re
import subprocess

import pytest

from conftest import PROGRAM
from host_board import FACTORY, FACTORY_BLANK, PRIMARY

# What would be needed for any of it: of PSA, of the driver, of the chip layer, of the engine.
FORBIDDEN = re.compile(r"""
    psa_(generate|import|copy|destroy)_key | psa_generate_key_custom | psa_key_derivation_output_key
    | mbedtls_psa_register_se_key | psa_finish_key_creation
    | driver_(generate|import|destroy)_key | driver_(erase_slot|settle_erasures|choose_slot|check_slot)
    | chip_(generate|import)_key.* | chip_write_(slot|otp|config|public).* | chip_lock_.* | chip_update_extra
    | provision_.* | atecc608a_drv_info
""", re.VERBOSE)


def symbols(program):
    listed = subprocess.run(["nm", str(program)], capture_output=True, text=True, check=True).stdout
    return {line.split()[-1].split(".")[0].removeprefix("imprint_") for line in listed.splitlines() if len(line.split()) == 3}


def test_primary_cannot_change_anything():
    found = symbols(PRIMARY)
    assert {"primary_serve", "psa_sign_message", "chip_sign_digest", "atecc608a_drv_info_use_only"} <= found
    assert sorted(name for name in found if FORBIDDEN.fullmatch(name)) == []


def test_factory_can_what_its_profile_needs():
    """That of the demo plan registers and generates; nothing in it imports, configures or locks."""
    found = sorted(name for name in symbols(FACTORY) if FORBIDDEN.fullmatch(name))
    for name in ("psa_generate_key", "mbedtls_psa_register_se_key", "driver_generate_key", "chip_generate_key", "provision_execute"):
        assert name in found
    assert {name for name in found if name.startswith("provision_step_")} == {
        "provision_step_needs", "provision_step_expect_mark", "provision_step_begin_mark", "provision_step_finish_mark", "provision_step_register_key", "provision_step_generate_key", "provision_step_prove_key"}
    for name in ("provision_gate_lock", "provision_data_summary", "profile_wanted_config", "atecc608a_drv_info"):
        assert name not in found


def test_factory_of_a_blank_part_could_all():
    """The names are those of the code that there is."""
    found = sorted(name for name in symbols(FACTORY_BLANK) if FORBIDDEN.fullmatch(name))
    for name in ("psa_generate_key", "driver_generate_key", "driver_erase_slot", "driver_import_key", "chip_generate_key",
                 "chip_lock_config", "chip_lock_data", "chip_write_config", "chip_write_slot_block", "atecc608a_drv_info",
                 "provision_execute", "provision_gate_lock", "provision_data_summary", "provision_step_write_config",
                 "provision_step_lock_config", "provision_step_import_key", "provision_step_fill_data", "provision_step_lock_data"):
        assert name in found


def output(*command):
    return subprocess.run([*map(str, command)], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("program", [PROGRAM, FACTORY], ids=["imprint", "factory"])
def test_programs_are_hardened(program):
    """cmake/top_level.cmake: what a program that handles keys is built with, as far as machine and compiler have it."""
    segments, dynamic = output("readelf", "-Wl", program), output("readelf", "-Wd", program)
    assert "GNU_RELRO" in segments and re.search(r"GNU_STACK.* RW ", segments)
    assert re.search(r"FLAGS_1.*NOW.*PIE", dynamic)
    assert "__stack_chk_fail" in output("nm", "-D", program)
    if platform.machine() == "x86_64":
        code = output("objdump", "-d", "--no-show-raw-insn", "-j", ".text", program)
        assert re.search(r"<main>:\n.*endbr64", code), "-fcf-protection"
        assert re.search(r"orq +\$0x0,\(%rsp\)", code), "-fstack-clash-protection touches each page of the stack"
