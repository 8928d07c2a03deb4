/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <string.h>

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

const char *error_keep(struct error *err, const char *text)
{
    static const char more[] = "...";
    size_t len, left;
    char *copy;

    if (err == NULL || text == NULL || err->room == NULL)
        return NULL;
    left = err->room_size - err->room_used;
    if (left < sizeof more)
        return NULL;
    copy = err->room + err->room_used;
    len = strlen(text);
    if (len < left) {
        memcpy(copy, text, len + 1);
    } else {
        len = left - 1;
        memcpy(copy, text, left - sizeof more);
        memcpy(copy + left - sizeof more, more, sizeof more);
    }
    err->room_used += len + 1;
    return copy;
}

void error_with_subject(struct error *err, const char *subject)
{
    if (err != NULL && err->subject == NULL)
        err->subject = error_keep(err, subject);
}

void error_replace_subject(struct error *err, const char *subject)
{
    if (err != NULL)
        err->subject = error_keep(err, subject);
}

/* Copies a text of `from` to the buffer of `err`; a literal is not copied. */
static const char *pass_text(struct error *err, const struct error *from, const char *text)
{
    const uintptr_t at = (uintptr_t)text, room = (uintptr_t)from->room;

    return from->room != NULL && at >= room && at < room + from->room_size ? error_keep(err, text) : text;
}

void error_pass(struct error *err, const struct error *from)
{
    struct error passed = *from;

    if (err == NULL || err->reason != ERROR_NONE || from->reason == ERROR_NONE)
        return;
    passed.doing = pass_text(err, from, from->doing);
    passed.cause = pass_text(err, from, from->cause);
    passed.next = pass_text(err, from, from->next);
    passed.subject = pass_text(err, from, from->subject);
    passed.command = pass_text(err, from, from->command);
    passed.room = err->room;
    passed.room_size = err->room_size;
    passed.room_used = err->room_used;
    *err = passed;
}

void error_clear(struct error *err)
{
    if (err != NULL)
        *err = (struct error){.room = err->room, .room_size = err->room_size};
}
