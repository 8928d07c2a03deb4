/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Details of a failure, as data, returned beside a status. The function that failed sets the reason; its callers add
 * what they were doing, the slot, the key, the file. Only `src/cli/` and `firmware/` turn it into text for people. It
 * holds numbers, serials and text, never payload, so it cannot carry a key.
 *
 * The function that declares an error owns it and passes its address down. Each text is a string literal, or a copy in
 * a buffer that the owner provides with ERROR_IN():
 *
 *     char room[ERROR_ROOM];
 *     struct error err = ERROR_IN(room);
 *
 * So an error never points to memory of a function that has returned. Boards provide a few dozen bytes, enough for the
 * name of a key or field. An error without a buffer ({.reason = ERROR_NONE}) keeps numbers and literals, no other text.
 */
#ifndef IMPRINT_BASE_ERROR_H
#define IMPRINT_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reason.h"

#define ERROR_SERIAL_BYTES 9
#define ERROR_SLOTS 16

/* Size of the text buffer on a station: a path (4 KiB), and a cause and advice that name it. */
#define ERROR_ROOM 6144

/* An initialiser: no error yet, text is copied into `array`, an array of char that lives as long as the error. */
#define ERROR_IN(array) {.room = (array), .room_size = sizeof(array)}

/* Each text is a string literal or lies in `room`. Zero-initialised: no error, no buffer. */
struct error {
    enum error_reason reason;
    const char *doing;   /* what was being done: "generate a private key" */
    const char *cause;   /* the problem, lower case, no full stop: "the key id is in use"; NULL: see chip_failure */
    const char *next;    /* what to do about it, or NULL: "name another slot" */
    const char *subject; /* a file, key or field name, or NULL */
    const char *command; /* the chip command that failed: "GenKey", or NULL */
    bool has_slot, has_chip_status, has_serial;
    uint8_t slot;        /* 0..15 */
    uint8_t chip_status; /* the status byte the chip answered with */
    /* Causes as numbers, 0 for none; `cause` is then NULL, and chip/words.h has their text. */
    uint8_t chip_failure; /* an enum chip_status: how a command failed */
    uint8_t slot_rule;    /* an enum chip_rule: what in a slot's policy forbids it */
    uint8_t serial[ERROR_SERIAL_BYTES];
    uint32_t key_id;       /* PSA key id, 0 for none */
    int32_t psa_status;    /* psa_status_t, 0 for none */
    int system_errno;      /* errno of the call that failed, 0 for none */
    uint32_t line, column; /* place in `subject`, from 1; 0 for none */
    bool has_config_offset;
    uint8_t config_offset;    /* byte of the config zone that differs; `expected` and `found` are its values */
    uint32_t expected, found; /* numbers for messages about lengths and limits; 0 and 0 for none */

    /* Private: the owner's text buffer, NULL for none; how many of its bytes are used. */
    char *room;
    size_t room_size, room_used;
};

/*
 * Records a failure. If `err` already holds a reason, it changes nothing: the first failure is kept. In all functions
 * here `err` may be NULL, if the caller needs no details.
 */
void error_set(struct error *err, enum error_reason reason, const char *cause, const char *next);

/* The same with a number as the cause: an enum chip_status, or an enum chip_rule. */
void error_set_chip_failure(struct error *err, enum error_reason reason, uint8_t chip_failure);
void error_set_slot_rule(struct error *err, enum error_reason reason, uint8_t slot_rule, const char *next);

/* Each adds one detail, unless the error has it already. A slot number of ERROR_SLOTS or above is ignored. */
void error_doing(struct error *err, const char *doing);
void error_at_slot(struct error *err, uint8_t slot);
void error_with_key(struct error *err, uint32_t key_id);
void error_with_command(struct error *err, const char *command);
void error_with_chip_status(struct error *err, uint8_t chip_status);
void error_with_serial(struct error *err, const uint8_t serial[static ERROR_SERIAL_BYTES]);
void error_with_psa(struct error *err, int32_t psa_status);
void error_with_errno(struct error *err, int system_errno);

/*
 * Adds a file, key or field name. It is copied; a name that does not fit into the buffer ends in "...". NULL adds
 * nothing. error_replace_subject() also replaces a name that the error has already.
 */
void error_with_subject(struct error *err, const char *subject);
void error_replace_subject(struct error *err, const char *subject);

/*
 * Copies `text` into the error's buffer, for one of its text members: err->cause = error_keep(err, line). NULL if the
 * buffer is full, if there is none, or if `text` is NULL.
 */
const char *error_keep(struct error *err, const char *text);

/*
 * Copies the failure in `from`, a local error of the caller, to `err`, with its text in err's own buffer. Does nothing
 * if `err` holds a failure already or `from` holds none.
 */
void error_pass(struct error *err, const struct error *from);

/* Clears the failure and keeps the buffer, which is empty again. */
void error_clear(struct error *err);

#endif
