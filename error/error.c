/* SPDX-License-Identifier: Apache-2.0 */
#include "error/error.h"

#include <stddef.h>
#include <string.h>

static const char *const error_names[ERROR_REASON_COUNT] = {
    [ERROR_NONE] = "none",
    [ERROR_CHIP_REFUSED] = "chip-refused",
    [ERROR_CHIP_MISCOMPARE] = "chip-miscompare",
    [ERROR_CONFIG_UNLOCKED] = "config-unlocked",
    [ERROR_CONFIG_LOCKED] = "config-locked",
    [ERROR_DATA_UNLOCKED] = "data-unlocked",
    [ERROR_DATA_LOCKED] = "data-locked",
    [ERROR_SLOT_POLICY] = "slot-policy",
    [ERROR_SLOT_LOCKED] = "slot-locked",
    [ERROR_SLOT_EMPTY] = "slot-empty",
    [ERROR_SLOT_CLAIMED] = "slot-claimed",
    [ERROR_SLOT_FILLED] = "slot-filled",
    [ERROR_NO_FREE_SLOT] = "no-free-slot",
    [ERROR_KEY_EXISTS] = "key-exists",
    [ERROR_KEY_UNKNOWN] = "key-unknown",
    [ERROR_KEY_ATTRIBUTES] = "key-attributes",
    [ERROR_WRITE_KEY_MISSING] = "write-key-missing",
    [ERROR_PSA] = "psa",
    [ERROR_STORAGE_FULL] = "storage-full",
    [ERROR_STORAGE_FAILED] = "storage-failed",
    [ERROR_STORAGE_CORRUPT] = "storage-corrupt",
    [ERROR_NOT_ARMED] = "not-armed",
    [ERROR_GATE_REFUSED] = "gate-refused",
    [ERROR_PROOF_FAILED] = "proof-failed",
    [ERROR_USAGE] = "usage",
    [ERROR_PROFILE_SYNTAX] = "profile-syntax",
    [ERROR_PROFILE_SCHEMA] = "profile-schema",
    [ERROR_PROFILE_CONFLICT] = "profile-conflict",
    [ERROR_INPUT_FILE] = "input-file",
    [ERROR_DEVICE_MISSING] = "device-missing",
    [ERROR_DEVICE_SILENT] = "device-silent",
    [ERROR_DEVICE_GARBLED] = "device-garbled",
    [ERROR_DEVICE_RESET] = "device-reset",
    [ERROR_DEVICE_BUSY] = "device-busy",
    [ERROR_WRONG_PART] = "wrong-part",
    [ERROR_WRONG_CONFIGURATION] = "wrong-configuration",
    [ERROR_FOREIGN_KEY] = "foreign-key",
    [ERROR_RECORD_FAILED] = "record-failed",
    [ERROR_INTERRUPTED] = "interrupted",
    [ERROR_UNEXPECTED] = "unexpected",
};

const char *error_reason_name(enum error_reason reason)
{
    if ((unsigned)reason >= ERROR_REASON_COUNT || error_names[reason] == NULL)
        return error_names[ERROR_UNEXPECTED];
    return error_names[reason];
}

void error_set(struct error *err, enum error_reason reason, const char *cause, const char *next)
{
    if (err == NULL || err->reason != ERROR_NONE)
        return;
    err->reason = reason;
    err->cause = cause;
    err->next = next;
}

void error_set_chip_failure(struct error *err, enum error_reason reason, uint8_t chip_failure)
{
    if (err == NULL || err->reason != ERROR_NONE)
        return;
    err->reason = reason;
    err->chip_failure = chip_failure;
}

void error_set_slot_rule(struct error *err, enum error_reason reason, uint8_t slot_rule, const char *next)
{
    if (err == NULL || err->reason != ERROR_NONE)
        return;
    err->reason = reason;
    err->slot_rule = slot_rule;
    err->next = next;
}

void error_doing(struct error *err, const char *doing)
{
    if (err != NULL && err->doing == NULL)
        err->doing = doing;
}

void error_at_slot(struct error *err, uint8_t slot)
{
    if (err != NULL && !err->has_slot) {
        err->has_slot = true;
        err->slot = slot;
    }
}

void error_with_key(struct error *err, uint32_t key_id)
{
    if (err != NULL && err->key_id == 0)
        err->key_id = key_id;
}

void error_with_command(struct error *err, const char *command)
{
    if (err != NULL && err->command == NULL)
        err->command = command;
}

void error_with_chip_status(struct error *err, uint8_t chip_status)
{
    if (err != NULL && !err->has_chip_status) {
        err->has_chip_status = true;
        err->chip_status = chip_status;
    }
}

void error_with_serial(struct error *err, const uint8_t serial[static ERROR_SERIAL_BYTES])
{
    if (err != NULL && !err->has_serial) {
        err->has_serial = true;
        memcpy(err->serial, serial, ERROR_SERIAL_BYTES);
    }
}

void error_with_psa(struct error *err, int32_t psa_status)
{
    if (err != NULL && err->psa_status == 0)
        err->psa_status = psa_status;
}

void error_with_errno(struct error *err, int system_errno)
{
    if (err != NULL && err->system_errno == 0)
        err->system_errno = system_errno;
}

void error_with_subject(struct error *err, const char *subject)
{
    if (err != NULL && err->subject == NULL)
        err->subject = subject;
}

void error_clear(struct error *err)
{
    if (err != NULL)
        *err = (struct error){.reason = ERROR_NONE};
}
