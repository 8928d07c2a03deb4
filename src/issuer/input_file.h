/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that people name in settings and options, read whole and unbuffered, for they may hold secrets; wiped when
 * released. Failures are ERROR_INPUT_FILE with the file as subject; ERROR_ISSUER_INVALID where an issuer names the file
 * (..._for_issuer()), so that the exit code says that the issuer cannot be used.
 */
#ifndef IMPRINT_ISSUER_INPUT_FILE_H
#define IMPRINT_ISSUER_INPUT_FILE_H

#include "base/bytes.h"
#include "issuer/issuer.h"

#define INPUT_FILE_SECRET_MAX 256 /* bytes of a passphrase or PIN; GnuTLS refuses a longer PIN */

/* What is refused of the file's permissions. A group may share a file: that is how the users of one line do. */
enum input_file_privacy {
    INPUT_FILE_TRUSTED, /* that every user of this machine can write it */
    INPUT_FILE_SECRET,  /* that every user can read or write it */
};

/* A file in memory. `data` has a NUL after its `len` bytes. */
struct input_file {
    uint8_t *data;
    size_t len;
};

/* Reads the file, of at most `most` bytes. input_file_release() is needed in either case. */
bool input_file_read(struct input_file *file, const char *path, size_t most, enum input_file_privacy privacy,
                     struct error *err);

/* input_file_read() of a file that an issuer names. */
bool input_file_read_for_issuer(struct input_file *file, const char *path, size_t most, enum input_file_privacy privacy,
                                struct error *err);

/* Wipes and frees. */
void input_file_release(struct input_file *file);

/*
 * The secret in the file's first and only line, without the line feed, as a text that ends with NUL. The caller wipes
 * `secret`.
 */
bool input_file_read_secret(const char *path, char secret[static INPUT_FILE_SECRET_MAX], struct error *err);

/* The secret as the person types it: `what` completes "Enter ...". `prompt` must be able to ask. */
bool input_file_ask_secret(const struct issuer_prompt *prompt, const char *what,
                           char secret[static INPUT_FILE_SECRET_MAX], struct error *err);

/* The secret of an issuer: from the file, or where `path` is NULL from the person. ERROR_ISSUER_LOGIN with neither. */
bool input_file_get_secret_for_issuer(const char *path, const struct issuer_prompt *prompt, const char *what,
                                      char secret[static INPUT_FILE_SECRET_MAX], struct error *err);

#endif
