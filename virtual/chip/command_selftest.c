/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SelfTest and Pause. Tests fail only when a fault is armed. After a failed test virtual_execute() refuses most other
 * commands.
 */
#include "virtual/chip/commands.h"
#include "virtual/chip/policy.h"
#include "virtual/chip/power.h"

VIRTUAL_HANDLER(virtual_command_selftest)
{
    const uint8_t asked = call->param1 & VIRTUAL_SELF_TESTS;

    if ((call->param1 & 0xc0) != 0 || call->param2 != 0)
        return VIRTUAL_ANSWER_PARSE;
    if (call->param1 != 0) { /* 0 only reads the register */
        const uint8_t failed = virtual_fault_self_test(chip, chip->counters.groups) & asked;

        chip->failed_tests = (uint8_t)((chip->failed_tests & ~asked) | failed);
        reply->bytes[0] = failed;
    } else {
        reply->bytes[0] = chip->failed_tests;
    }
    reply->len = 1;
    return VIRTUAL_ANSWER_OK;
}

/* ATECC508A: all parts on the bus whose Selector differs go idle. Only a part whose Selector matches answers. */
VIRTUAL_HANDLER(virtual_command_pause)
{
    (void)reply;
    if (call->param2 != 0)
        return VIRTUAL_ANSWER_PARSE;
    if (call->param1 != chip->memory.config[VIRTUAL_AT_USER_EXTRA_ADDRESS])
        virtual_enter_idle(chip);
    return VIRTUAL_ANSWER_OK;
}
