/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What went wrong, as data: it travels beside a status, the lowest failure is kept, callers above add meaning, and
 * only `cli/` (later `station/`) and `firmware/` turn it into words for a person. It holds numbers, serials and text,
 * never payload, so it cannot carry a key.
 *
 * Whoever declares an error owns it and passes its address down; nothing else holds the failure. Text is a string
 * literal, or a copy in the room that the owner gives with ERROR_IN():
 *
 *     char room[ERROR_ROOM];
 *     struct error err = ERROR_IN(room);
 *
 * So no error points to memory of a function that has returned. Boards give a few dozen bytes, enough for the name of a
 * key or field. An error without room ({.reason = ERROR_NONE}) keeps its numbers and literals and drops other text.
 */
#ifndef IMPRINT_BASE_ERROR_H
#define IMPRINT_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reason.h"

#define ERROR_SERIAL_BYTES 9
#define ERROR_SLOTS 16

/* Bytes of room on a station: for a path, and for a cause and advice that name it. */
#define ERROR_ROOM 6144

/* An initialiser: no error yet, text is copied into `array`, an array of char that lives as long as the error. */
#define ERROR_IN(array) {.room = (array), .room_size = sizeof(array)}

/* All text is a string literal, or lies in `room`. Zero-initialised means "no error, and no room". */
struct error {
    enum error_reason reason;
    const char *doing;   /* what was being done: "generate a private key" */
    const char *cause;   /* the problem, lower case, no full stop: "the key id is in use"; NULL: see chip_failure */
    const char *next;    /* what to do about it, or NULL: "name another slot" */
    const char *subject; /* a file, key or field name, or NULL */
    const char *command; /* the chip command in hand: "GenKey", or NULL */
    bool has_slot, has_chip_status, has_serial;
    uint8_t slot;        /* 0..15 */
    uint8_t chip_status; /* the status byte the chip answered with */
    /* Causes that are numbers until somebody prints them: `cause` is NULL then. 0 for none. Words: chip/words.h. */
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

    /* Private: the owner's room for text, NULL for none; how much of it is used. */
    char *room;
    size_t room_size, room_used;
};

/*
 * Notes a failure. The first (lowest) one is kept: a call on an error that already holds a reason changes nothing.
 * `err` may be NULL everywhere: the caller is not interested.
 */
void error_set(struct error *err, enum error_reason reason, const char *cause, const char *next);

/* The same with a number for the cause: an enum chip_status, an enum chip_rule. */
void error_set_chip_failure(struct error *err, enum error_reason reason, uint8_t chip_failure);
void error_set_slot_rule(struct error *err, enum error_reason reason, uint8_t slot_rule, const char *next);

/* Adds what was being done, which slot (of those there are), which key: each only where the error does not say yet. */
void error_doing(struct error *err, const char *doing);
void error_at_slot(struct error *err, uint8_t slot);
void error_with_key(struct error *err, uint32_t key_id);
void error_with_command(struct error *err, const char *command);
void error_with_chip_status(struct error *err, uint8_t chip_status);
void error_with_serial(struct error *err, const uint8_t serial[static ERROR_SERIAL_BYTES]);
void error_with_psa(struct error *err, int32_t psa_status);
void error_with_errno(struct error *err, int system_errno);

/*
 * Adds a file, key or field name, which is copied: it may go after the call. What does not fit into the room ends in
 * "..."; NULL adds nothing. replace: also where the error names another one.
 */
void error_with_subject(struct error *err, const char *subject);
void error_replace_subject(struct error *err, const char *subject);

/*
 * Copies `text` into the error's room, for one of its text members: err->cause = error_keep(err, line). NULL when the
 * room is used up, when there is none, or when `text` is NULL.
 */
const char *error_keep(struct error *err, const char *text);

/*
 * Passes on a failure that was noted in an error of a function's own: where `err` holds none yet, it becomes `from`,
 * with all text in its own room. Nothing when `from` holds no failure.
 */
void error_pass(struct error *err, const struct error *from);

/* Forgets the failure and keeps the room: the next error_set() is the first again. */
void error_clear(struct error *err);

#endif
