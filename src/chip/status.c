/* SPDX-License-Identifier: Apache-2.0 */
#include "chip/status.h"

static const enum error_reason status_reasons[CHIP_STATUS_COUNT] = {
    [CHIP_OK] = ERROR_NONE,
    [CHIP_MISCOMPARE] = ERROR_CHIP_MISCOMPARE,
    [CHIP_PARSE] = ERROR_CHIP_REFUSED,
    [CHIP_ECC_FAULT] = ERROR_CHIP_REFUSED,
    [CHIP_SELF_TEST] = ERROR_CHIP_REFUSED,
    [CHIP_HEALTH_TEST] = ERROR_CHIP_REFUSED,
    [CHIP_EXECUTION] = ERROR_CHIP_REFUSED,
    [CHIP_WATCHDOG] = ERROR_CHIP_REFUSED,
    [CHIP_COMMAND_CRC] = ERROR_DEVICE_GARBLED,
    [CHIP_STATUS_OTHER] = ERROR_UNEXPECTED,
    [CHIP_NO_ANSWER] = ERROR_DEVICE_SILENT,
    [CHIP_GARBLED] = ERROR_DEVICE_GARBLED,
    [CHIP_RESET] = ERROR_DEVICE_RESET,
    [CHIP_REPLY_LOST] = ERROR_DEVICE_SILENT,
    [CHIP_GONE] = ERROR_DEVICE_MISSING,
    [CHIP_EXCHANGED] = ERROR_WRONG_PART,
    [CHIP_BAD_ARGUMENT] = ERROR_USAGE,
    [CHIP_HOST_FAILED] = ERROR_PSA,
    [CHIP_BUS_BUSY] = ERROR_DEVICE_BUSY,
    [CHIP_BUS_STUCK] = ERROR_DEVICE_SILENT,
    [CHIP_BUS_LIMIT] = ERROR_MESSAGE_TOO_LONG,
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

enum chip_status chip_status_note(enum chip_status status, struct error *err)
{
    if ((unsigned)status >= CHIP_STATUS_COUNT)
        status = CHIP_STATUS_OTHER;
    error_set_chip_failure(err, status_reasons[status], (uint8_t)status);
    return status;
}
