/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SelfTest and Pause. The virtual chip's own arithmetic does not fail: tests fail when a fault says so. A failed test
 * puts the chip into a state in which virtual_execute() serves little else.
 */
#include "virtual/chip/commands.h"
#include "virtual/chip/policy.h"
#include "virtual/chip/power.h"

VIRTUAL_HANDLER(virtual_command_selftest)
{
    const uint8_t asked = call->param1 & VIRTUAL_SELF_TESTS;

    if ((call->param1 & 0xc0) != 0 || call->param2 != 0)
        return VIRTUAL_ANSWER_PARSE;
    if (call->param1 != 0) { /* 0 only asks for the register */
        const uint8_t failed = virtual_fault_self_test(chip, chip->counters.groups) & asked;

        chip->failed_tests = (uint8_t)((chip->failed_tests & ~asked) | failed);
        reply->bytes[0] = failed;
    } else {
        reply->bytes[0] = chip->failed_tests;
    }
    reply->len = 1;
    return VIRTUAL_ANSWER_OK;
}

/* ATECC508A: all parts on the bus whose Selector differs go idle; this one answers only when it is meant. */
VIRTUAL_HANDLER(virtual_command_pause)
{
    (void)reply;
    if (call->param2 != 0)
        return VIRTUAL_ANSWER_PARSE;
    if (call->param1 != chip->memory.config[VIRTUAL_AT_USER_EXTRA_ADDRESS])
        virtual_enter_idle(chip);
    return VIRTUAL_ANSWER_OK;
}
