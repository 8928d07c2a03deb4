/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files the user names, read whole and unbuffered, for they may hold secrets; wiped when released. "-" is stdin.
 * Every failure is ERROR_INPUT_FILE with the file as subject.
 */
#ifndef IMPRINT_STATION_INPUT_H
#define IMPRINT_STATION_INPUT_H

#include "base/bytes.h"
#include "chip/config.h"
#include "base/error.h"

/* A file in memory. `data` has a NUL behind its `len` bytes. Zero-initialised: nothing held. */
struct input {
    uint8_t *data;
    size_t len;
};

/* Reads the file, of at most `most` bytes. `path` must outlive `err`. */
bool input_read(struct input *input, const char *path, size_t most, struct error *err);

/* Wipes and frees. */
void input_release(struct input *input);

/* Opens the file for reading: a descriptor, stdin's own for "-" or NULL; -1 with a reason. */
int input_open(const char *path, struct error *err);

/* Closes what input_open() gave; never stdin. */
void input_close(int fd);

/*
 * A config zone from a dump: 128 raw bytes, or hex digits with white space and `#` comments between them. The message
 * for a wrong length says how many bytes there were.
 */
bool input_read_config(struct chip_config *config, const char *path, struct error *err);

#endif
