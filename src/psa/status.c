/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/status.h"

/*
 * A refusal by the chip is HARDWARE_FAILURE here. The driver checks the rules that it knows before it sends a command,
 * and returns NOT_PERMITTED or BAD_STATE then. CHIP_BAD_ARGUMENT reaches this table only from the chip guard, because
 * the driver has range checked its arguments.
 */
static const psa_status_t chip_statuses[CHIP_STATUS_COUNT] = {
    [CHIP_MISCOMPARE] = PSA_ERROR_INVALID_SIGNATURE,     [CHIP_PARSE] = PSA_ERROR_HARDWARE_FAILURE,
    [CHIP_ECC_FAULT] = PSA_ERROR_HARDWARE_FAILURE,       [CHIP_SELF_TEST] = PSA_ERROR_CORRUPTION_DETECTED,
    [CHIP_HEALTH_TEST] = PSA_ERROR_INSUFFICIENT_ENTROPY, [CHIP_EXECUTION] = PSA_ERROR_HARDWARE_FAILURE,
    [CHIP_WATCHDOG] = PSA_ERROR_HARDWARE_FAILURE,        [CHIP_COMMAND_CRC] = PSA_ERROR_COMMUNICATION_FAILURE,
    [CHIP_STATUS_OTHER] = PSA_ERROR_HARDWARE_FAILURE,    [CHIP_NO_ANSWER] = PSA_ERROR_COMMUNICATION_FAILURE,
    [CHIP_GARBLED] = PSA_ERROR_COMMUNICATION_FAILURE,    [CHIP_RESET] = PSA_ERROR_COMMUNICATION_FAILURE,
    [CHIP_REPLY_LOST] = PSA_ERROR_COMMUNICATION_FAILURE, [CHIP_GONE] = PSA_ERROR_COMMUNICATION_FAILURE,
    [CHIP_EXCHANGED] = PSA_ERROR_COMMUNICATION_FAILURE, /* the chip that holds the key does not answer */
    [CHIP_BAD_ARGUMENT] = PSA_ERROR_NOT_PERMITTED,       [CHIP_HOST_FAILED] = PSA_ERROR_INSUFFICIENT_MEMORY,
    [CHIP_BUS_BUSY] = PSA_ERROR_COMMUNICATION_FAILURE,   [CHIP_BUS_STUCK] = PSA_ERROR_COMMUNICATION_FAILURE,
    [CHIP_BUS_LIMIT] = PSA_ERROR_COMMUNICATION_FAILURE,
};

psa_status_t driver_status_of_chip(enum chip_status status)
{
    if (status == CHIP_OK)
        return PSA_SUCCESS;
    /* A failure that the table lacks must never become success. */
    if ((unsigned)status >= CHIP_STATUS_COUNT || chip_statuses[status] == PSA_SUCCESS)
        return PSA_ERROR_GENERIC_ERROR;
    return chip_statuses[status];
}
