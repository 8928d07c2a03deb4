/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passwords as they are kept: scrypt (RFC 7914), by libcrypto. A text of its own says how it was made, so that the cost
 * can rise later:
 *
 *     scrypt:LOG2N:R:P:SALT:HASH      numbers in decimal, the rest in hex
 */
#ifndef IMPRINT_WEB_PASSWORD_H
#define IMPRINT_WEB_PASSWORD_H

#include <stdbool.h>

#include "base/error.h"

#define PASSWORD_LEAST 8 /* characters; NIST SP 800-63B, 5.1.1.2 */
#define PASSWORD_MOST 128
#define PASSWORD_HASH_SIZE 128 /* with a NUL */

/* What is kept of `password`, with a new salt. False with ERROR_UNEXPECTED. */
bool password_hash(const char *password, char hash[static PASSWORD_HASH_SIZE], struct error *err);

/*
 * Whether it is the password of `hash`. It takes as long for a text that is no hash as for one that is, so that nobody
 * learns from the time which names there are. False also without memory.
 */
bool password_check(const char *password, const char *hash);

/* Whether the text can be what is kept of a password. */
bool password_is_hash(const char *text);

#endif
