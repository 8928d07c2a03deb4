/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/status.h"

#include "storage/psa_status.h"

/*
 * A refusal is HARDWARE_FAILURE here: where the driver knows the rule behind it, it has checked that rule before
 * sending and said NOT_PERMITTED or BAD_STATE by itself. CHIP_BAD_ARGUMENT reaches this table only from chip_guard:
 * everything the driver passes down has been range checked. PSA's errors are small negative numbers, kept in a byte
 * each.
 */
#define MINUS(status) ((uint8_t)-(status))
static const uint8_t chip_statuses[CHIP_STATUS_COUNT] = {
    [CHIP_MISCOMPARE] = MINUS(PSA_ERROR_INVALID_SIGNATURE),
    [CHIP_PARSE] = MINUS(PSA_ERROR_HARDWARE_FAILURE),
    [CHIP_ECC_FAULT] = MINUS(PSA_ERROR_HARDWARE_FAILURE),
    [CHIP_SELF_TEST] = MINUS(PSA_ERROR_CORRUPTION_DETECTED),
    [CHIP_HEALTH_TEST] = MINUS(PSA_ERROR_INSUFFICIENT_ENTROPY),
    [CHIP_EXECUTION] = MINUS(PSA_ERROR_HARDWARE_FAILURE),
    [CHIP_WATCHDOG] = MINUS(PSA_ERROR_HARDWARE_FAILURE),
    [CHIP_COMMAND_CRC] = MINUS(PSA_ERROR_COMMUNICATION_FAILURE),
    [CHIP_STATUS_OTHER] = MINUS(PSA_ERROR_HARDWARE_FAILURE),
    [CHIP_NO_ANSWER] = MINUS(PSA_ERROR_COMMUNICATION_FAILURE),
    [CHIP_GARBLED] = MINUS(PSA_ERROR_COMMUNICATION_FAILURE),
    [CHIP_RESET] = MINUS(PSA_ERROR_COMMUNICATION_FAILURE),
    [CHIP_REPLY_LOST] = MINUS(PSA_ERROR_COMMUNICATION_FAILURE),
    [CHIP_GONE] = MINUS(PSA_ERROR_COMMUNICATION_FAILURE),
    [CHIP_EXCHANGED] = MINUS(PSA_ERROR_COMMUNICATION_FAILURE), /* with the key's own chip there is none */
    [CHIP_BAD_ARGUMENT] = MINUS(PSA_ERROR_NOT_PERMITTED),
    [CHIP_HOST_FAILED] = MINUS(PSA_ERROR_INSUFFICIENT_MEMORY),
};

psa_status_t driver_status_of_chip(enum chip_status status)
{
    if (status == CHIP_OK)
        return PSA_SUCCESS;
    /* A failure that the table forgets must never become success. */
    if ((unsigned)status >= CHIP_STATUS_COUNT || chip_statuses[status] == 0)
        return PSA_ERROR_GENERIC_ERROR;
    return -(psa_status_t)chip_statuses[status];
}

psa_status_t driver_status_of_storage(enum storage_status status)
{
    return storage_psa_status(status);
}
