/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <stddef.h>
#include <string.h>

/*
 * One behind the other in the order of the enum, as test/base/ looks that they are: pointers to them would take a
 * third of that again.
 */
static const char error_names[] = "none\0"
                                  "chip-refused\0"
                                  "chip-miscompare\0"
                                  "config-unlocked\0"
                                  "config-locked\0"
                                  "data-unlocked\0"
                                  "data-locked\0"
                                  "slot-policy\0"
                                  "slot-locked\0"
                                  "slot-empty\0"
                                  "slot-claimed\0"
                                  "slot-filled\0"
                                  "no-free-slot\0"
                                  "key-exists\0"
                                  "key-unknown\0"
                                  "key-attributes\0"
                                  "write-key-missing\0"
                                  "psa\0"
                                  "storage-full\0"
                                  "storage-failed\0"
                                  "storage-corrupt\0"
                                  "not-armed\0"
                                  "gate-refused\0"
                                  "proof-failed\0"
                                  "usage\0"
                                  "profile-syntax\0"
                                  "profile-schema\0"
                                  "profile-conflict\0"
                                  "input-file\0"
                                  "device-missing\0"
                                  "device-silent\0"
                                  "device-garbled\0"
                                  "device-reset\0"
                                  "device-busy\0"
                                  "wrong-part\0"
                                  "wrong-configuration\0"
                                  "foreign-key\0"
                                  "record-failed\0"
                                  "interrupted\0"
                                  "unexpected\0";

const char *error_reason_name(enum error_reason reason)
{
    const char *name = error_names;

    if ((unsigned)reason >= ERROR_REASON_COUNT)
        reason = ERROR_UNEXPECTED;
    for (unsigned before = 0; before < (unsigned)reason; before++)
        name += strlen(name) + 1;
    return name;
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
    if (err != NULL && !err->has_slot && slot < ERROR_SLOTS) {
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
