/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/reason.h"

static const struct core_reason {
    int16_t status; /* PSA's lie between -152 and -132 */
    uint8_t reason; /* enum error_reason */
    const char *cause;
    const char *next;
} core_reasons[] = {
    {PSA_ERROR_ALREADY_EXISTS, ERROR_KEY_EXISTS, "the key id is in use", "choose another id, or destroy the key first"},
    {PSA_ERROR_INVALID_HANDLE, ERROR_KEY_UNKNOWN, "no key has this id", "list the keys with: imprint keys"},
    {PSA_ERROR_DOES_NOT_EXIST, ERROR_KEY_UNKNOWN, "no key has this id", "list the keys with: imprint keys"},
    {PSA_ERROR_NOT_PERMITTED, ERROR_KEY_ATTRIBUTES, "the key's policy does not permit this use or algorithm",
     "use a key whose usage and algorithm permit it: imprint keys"},
    {PSA_ERROR_INSUFFICIENT_STORAGE, ERROR_STORAGE_FULL, "no room for the key's record",
     "free space in the state folder and run again"},
    {PSA_ERROR_STORAGE_FAILURE, ERROR_STORAGE_FAILED, "the key store cannot be read or written",
     "check the medium and the permissions of the state folder"},
    {PSA_ERROR_DATA_CORRUPT, ERROR_STORAGE_CORRUPT, "the key's record is damaged",
     "restore the state folder from a copy, or forget this device's keys with: imprint erase --yes"},
    {PSA_ERROR_DATA_INVALID, ERROR_STORAGE_CORRUPT, "a later version of imprint made the key's record",
     "restore the state folder from a copy, or forget this device's keys with: imprint erase --yes"},
    {PSA_ERROR_COMMUNICATION_FAILURE, ERROR_DEVICE_SILENT, "the chip does not answer", "check power and wiring"},
    {PSA_ERROR_NOT_SUPPORTED, ERROR_KEY_ATTRIBUTES, "this kind of key is not supported by chip or PSA",
     "change type, algorithm or usage in the profile"},
    {PSA_ERROR_INVALID_ARGUMENT, ERROR_KEY_ATTRIBUTES, "PSA refuses the key's attributes",
     "change type, algorithm or usage in the profile"},
    {PSA_ERROR_INVALID_SIGNATURE, ERROR_CHIP_MISCOMPARE, "the signature does not match this key and message", NULL},
    {PSA_ERROR_BUFFER_TOO_SMALL, ERROR_PSA, "the buffer for the result is too small", NULL},
    {PSA_ERROR_BAD_STATE, ERROR_PSA, "PSA Crypto is not started, or is in the wrong state for this call", NULL},
    {PSA_ERROR_INSUFFICIENT_MEMORY, ERROR_PSA, "not enough memory", NULL},
    {PSA_ERROR_INSUFFICIENT_ENTROPY, ERROR_PSA, "not enough random numbers", NULL},
};

void reason_of_core(psa_status_t status, struct error *err)
{
    for (size_t i = 0; i < sizeof core_reasons / sizeof core_reasons[0]; i++)
        if (core_reasons[i].status == status) {
            error_set(err, core_reasons[i].reason, core_reasons[i].cause, core_reasons[i].next);
            return;
        }
    error_set(err, ERROR_PSA, "PSA Crypto refused", NULL);
}
