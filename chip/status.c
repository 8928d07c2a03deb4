/* SPDX-License-Identifier: Apache-2.0 */
#include "chip/status.h"

struct status_row {
    const char *text;
    enum error_reason reason;
    const char *next;
};

static const struct status_row status_rows[CHIP_STATUS_COUNT] = {
    [CHIP_OK] = {"done", ERROR_NONE, NULL},
    [CHIP_MISCOMPARE] = {"the signature or value does not match", ERROR_CHIP_MISCOMPARE, NULL},
    [CHIP_PARSE] = {"the chip does not know this command or one of its parameters", ERROR_CHIP_REFUSED,
                    "check that this part has the command"},
    [CHIP_ECC_FAULT] = {"the chip's ECC computation failed", ERROR_CHIP_REFUSED, "try again"},
    [CHIP_SELF_TEST] = {"the chip is in its self-test failure state", ERROR_CHIP_REFUSED,
                        "cycle its power; replace the part if that does not help"},
    [CHIP_HEALTH_TEST] = {"the health test of the chip's random number generator failed", ERROR_CHIP_REFUSED,
                          "try again; replace the part if that does not help"},
    [CHIP_EXECUTION] = {"the chip refused it in its present state", ERROR_CHIP_REFUSED,
                        "check its locks and the slot's policy"},
    [CHIP_WATCHDOG] = {"the chip's watchdog leaves too little time for the command", ERROR_CHIP_REFUSED,
                       "check ClockDivider and watchdog duration in ChipMode"},
    [CHIP_COMMAND_CRC] = {"the chip keeps receiving damaged commands", ERROR_DEVICE_GARBLED,
                          "check the bus: wiring, pull-ups, clock rate"},
    [CHIP_STATUS_OTHER] = {"the chip answered with a status that no data sheet names", ERROR_UNEXPECTED, NULL},
    [CHIP_NO_ANSWER] = {"nothing answers at the chip's address", ERROR_DEVICE_SILENT,
                        "check power, wiring and address of the chip"},
    [CHIP_GARBLED] = {"what answers does not answer like a chip", ERROR_DEVICE_GARBLED,
                      "check the address, and the bus: wiring, pull-ups, clock rate"},
    [CHIP_RESET] = {"the chip restarted or fell asleep in mid command and lost its registers", ERROR_DEVICE_RESET,
                    "check the chip's supply, then run it again"},
    [CHIP_REPLY_LOST] = {"the reply was lost, and the command is not one to send twice", ERROR_DEVICE_SILENT,
                         "read back what the chip holds, then run it again"},
    [CHIP_GONE] = {"the way to the chip is gone", ERROR_DEVICE_MISSING, "check that the device is plugged in"},
    [CHIP_BAD_ARGUMENT] = {"a slot, length or mode is out of range", ERROR_USAGE, NULL},
    [CHIP_HOST_FAILED] = {"the host could not compute a SHA-256", ERROR_PSA, "check that PSA Crypto has SHA-256"},
};

/* Microchip, ATECC608B-TNGTLS data sheet, section 4.3: status and error codes. 0x11 there is "after wake". */
static const struct {
    uint8_t byte;
    enum chip_status status;
} status_bytes[] = {
    {0x00, CHIP_OK},        {0x01, CHIP_MISCOMPARE},  {0x03, CHIP_PARSE},     {0x05, CHIP_ECC_FAULT},
    {0x07, CHIP_SELF_TEST}, {0x08, CHIP_HEALTH_TEST}, {0x0F, CHIP_EXECUTION}, {0x11, CHIP_RESET},
    {0xEE, CHIP_WATCHDOG},  {0xFF, CHIP_COMMAND_CRC},
};

enum chip_status chip_status_from_byte(uint8_t byte)
{
    for (size_t i = 0; i < sizeof(status_bytes) / sizeof(status_bytes[0]); i++)
        if (status_bytes[i].byte == byte)
            return status_bytes[i].status;
    return CHIP_STATUS_OTHER;
}

static const struct status_row *row_of(enum chip_status status)
{
    return &status_rows[(unsigned)status < CHIP_STATUS_COUNT ? status : CHIP_STATUS_OTHER];
}

enum chip_status chip_status_note(enum chip_status status, struct error *err)
{
    const struct status_row *row = row_of(status);

    error_set(err, row->reason, row->text, row->next);
    return status;
}

const char *chip_status_text(enum chip_status status)
{
    return row_of(status)->text;
}
