/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files the user names, read whole and unbuffered, for they may hold secrets; wiped when released. "-" is stdin.
 * Every failure is ERROR_INPUT_FILE with the file as subject.
 */
#ifndef IMPRINT_STATION_INPUT_H
#define IMPRINT_STATION_INPUT_H

#include "base/bytes.h"
#include "base/error.h"
#include "profile/text/dump.h"

/* A file in memory. `data` has a NUL after its `len` bytes. Zero-initialised: empty. */
struct input {
    uint8_t *data;
    size_t len;
};

/* Reads the file, of at most `most` bytes. */
bool input_read(struct input *input, const char *path, size_t most, struct error *err);

/* Wipes and frees. */
void input_release(struct input *input);

/* Opens the file for reading: a descriptor, stdin's own for "-" or NULL; -1 with a reason. */
int input_open(const char *path, struct error *err);

/* Closes what input_open() gave; never stdin. */
void input_close(int fd);

/*
 * A config zone dump in any of the forms that dump_parse() reads, or as the member "config" of a JSON object such as a
 * record. What cannot be a config zone is refused.
 */
bool input_read_dump(struct dump *dump, const char *path, struct error *err);

/* The same for who needs all 128 bytes: one that lacks the identity is refused. */
bool input_read_config(struct chip_config *config, const char *path, struct error *err);

#endif
