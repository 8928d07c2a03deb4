/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads profiles from YAML by a schema table. Every error names file, line, column, the value found and the value
 * expected. Of the files that a profile names it opens chip.configuration-file alone. Host only.
 */
#ifndef IMPRINT_PROFILE_TEXT_H
#define IMPRINT_PROFILE_TEXT_H

#include "profile/profile.h"

#define PROFILE_TEXT_MAX (256 * 1024) /* largest profile file in bytes; larger files are refused unread */
#define PROFILE_MESSAGE_MAX 512

/*
 * An error in a text, as a message for the user: "keys[1].slot: '16' is out of range". Line and column count from 1, in
 * characters; both are 0 if the error concerns the whole file. Messages are one line of printable ASCII. The reason is
 * one of ERROR_INPUT_FILE, _PROFILE_SYNTAX, _PROFILE_SCHEMA, _PROFILE_CONFLICT, _UNEXPECTED.
 */
struct profile_complaint {
    enum error_reason reason;
    uint32_t line, column;
    char message[PROFILE_MESSAGE_MAX];
    char expected[PROFILE_MESSAGE_MAX]; /* a valid value; may be empty */
};

/*
 * Reads and checks (profile_check() included) the file at `path`. False with the first complaint; `profile` is then
 * undefined.
 */
bool profile_read_file(const char *path, struct profile *profile, struct profile_complaint *complaint);

/* The same from memory; such a profile cannot name a configuration file. */
bool profile_read_text(const char *text, size_t len, struct profile *profile, struct profile_complaint *complaint);

#endif
