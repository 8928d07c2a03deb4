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
    [CHIP_EXECUTION] = {"the chip refused the command in its present state", "check its locks and the slot's policy"},
    [CHIP_WATCHDOG] = {"the chip's watchdog leaves too little time for the command",
                       "check ClockDivider and watchdog duration in ChipMode"},
    [CHIP_COMMAND_CRC] = {"the chip received damaged commands, again after each resend",
                          "check the bus: wiring, pull-ups, clock rate"},
    [CHIP_STATUS_OTHER] = {"the chip answered with a status that no data sheet names", NULL},
    [CHIP_NO_ANSWER] = {"no chip answers",
                        "check the chip's power, wiring and address, then run the same command again"},
    [CHIP_GARBLED] = {"the replies are not those of a chip",
                      "check the address, and the bus: wiring, pull-ups, clock rate"},
    [CHIP_RESET] = {"the chip restarted or went to sleep during the command and lost its registers",
                    "check the chip's supply, then run again"},
    [CHIP_REPLY_LOST] = {"the reply was lost, and the command must not be sent twice",
                         "run again: the chip's state is read first"},
    [CHIP_EXCHANGED] = {"another chip answers now than at the start",
                        "connect the first device again, or run again with this one"},
    [CHIP_GONE] = {"the connection to the chip is lost", "check that the device is plugged in"},
    [CHIP_BAD_ARGUMENT] = {"a slot, length or mode is out of range", NULL},
    [CHIP_HOST_FAILED] = {"the host could not compute a SHA-256", "check that PSA Crypto has SHA-256"},
    [CHIP_BUS_BUSY] = {"another task did not release the bus or the chip in time",
                       "try again; look for a task that keeps the lock"},
    [CHIP_BUS_STUCK] = {"the bus is stuck: a line is held low, or transfers break off",
                        "measure SDA and SCL; cycle the power of all devices on the bus"},
    [CHIP_BUS_LIMIT] = {"the bus carries no message as long as this command or its reply",
                        "use an adapter that carries messages of 163 bytes"},
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
