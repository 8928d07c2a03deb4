/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Profiles for people: YAML, read against a schema that is a table. Every error names file, line, column, what was
 * found and what was expected. Files that a profile names (keys to import, write keys) are not opened here. Host only.
 */
#ifndef IMPRINT_PROFILE_TEXT_H
#define IMPRINT_PROFILE_TEXT_H

#include "profile/profile.h"

#define PROFILE_TEXT_MAX (256 * 1024) /* a profile file's size in bytes; larger ones are refused unread */
#define PROFILE_MESSAGE_MAX 512

/*
 * What is wrong with a text, ready for a person: "keys[1].slot: 16 is out of range". Line and column count from 1, in
 * characters; both are 0 when it is the file as a whole. Messages are printable ASCII, one line, whatever the file
 * holds. The reason is one of ERROR_INPUT_FILE, _PROFILE_SYNTAX, _PROFILE_SCHEMA, _PROFILE_CONFLICT, _UNEXPECTED.
 */
struct profile_complaint {
    enum error_reason reason;
    uint32_t line, column;
    char message[PROFILE_MESSAGE_MAX];
    char expected[PROFILE_MESSAGE_MAX]; /* what would have been right; may be empty */
};

/*
 * Reads and checks (profile_check() included) the file at `path`. False with the first complaint; `profile` is then
 * undefined.
 */
bool profile_read_file(const char *path, struct profile *profile, struct profile_complaint *complaint);

/* The same from memory. */
bool profile_read_text(const char *text, size_t len, struct profile *profile, struct profile_complaint *complaint);

#endif
