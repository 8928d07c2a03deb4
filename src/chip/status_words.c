/* SPDX-License-Identifier: Apache-2.0 */
/* What each chip_status means to people, and what they can do about it. */
#include "chip/words.h"

static const struct {
    const char *text, *next;
} status_words[CHIP_STATUS_COUNT] = {
    [CHIP_OK] = {"done", NULL},
    [CHIP_MISCOMPARE] = {"the signature or value does not match", NULL},
    [CHIP_PARSE] = {"the chip does not know this command or one of its parameters",
                    "check that this part has the command"},
    [CHIP_ECC_FAULT] = {"the chip's ECC computation failed", "try again"},
    [CHIP_SELF_TEST] = {"the chip is in its self-test failure state",
                        "cycle its power; replace the part if that does not help"},
    [CHIP_HEALTH_TEST] = {"the health test of the chip's random number generator failed",
                          "try again; replace the part if that does not help"},
    [CHIP_EXECUTION] = {"the chip refused it in its present state", "check its locks and the slot's policy"},
    [CHIP_WATCHDOG] = {"the chip's watchdog leaves too little time for the command",
                       "check ClockDivider and watchdog duration in ChipMode"},
    [CHIP_COMMAND_CRC] = {"the chip keeps receiving damaged commands", "check the bus: wiring, pull-ups, clock rate"},
    [CHIP_STATUS_OTHER] = {"the chip answered with a status that no data sheet names", NULL},
    [CHIP_NO_ANSWER] = {"nothing answers at the chip's address", "check power, wiring and address of the chip"},
    [CHIP_GARBLED] = {"what answers does not answer like a chip",
                      "check the address, and the bus: wiring, pull-ups, clock rate"},
    [CHIP_RESET] = {"the chip restarted or fell asleep in mid command and lost its registers",
                    "check the chip's supply, then run it again"},
    [CHIP_REPLY_LOST] = {"the reply was lost, and the command is not one to send twice",
                         "read back what the chip holds, then run it again"},
    [CHIP_EXCHANGED] = {"another chip answers than the one before",
                        "put the device back, or start anew with the one that is there"},
    [CHIP_GONE] = {"the way to the chip is gone", "check that the device is plugged in"},
    [CHIP_BAD_ARGUMENT] = {"a slot, length or mode is out of range", NULL},
    [CHIP_HOST_FAILED] = {"the host could not compute a SHA-256", "check that PSA Crypto has SHA-256"},
};

static unsigned row_of(unsigned status)
{
    return status < CHIP_STATUS_COUNT ? status : CHIP_STATUS_OTHER;
}

void chip_words_for_failure(struct error *err)
{
    if (err->cause != NULL || err->chip_failure == CHIP_OK)
        return;
    err->cause = status_words[row_of(err->chip_failure)].text;
    if (err->next == NULL)
        err->next = status_words[row_of(err->chip_failure)].next;
}
