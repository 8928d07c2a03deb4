/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Failed logins, so that passwords cannot be tried out: a table without threads or clock. What is counted is a name at
 * an address, so that nobody far away can lock an operator out, and an address whatever the names.
 */
#ifndef IMPRINT_WEB_FAILURES_H
#define IMPRINT_WEB_FAILURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAILURES_OF_NAME 5     /* in a row, of one name at one address */
#define FAILURES_OF_ADDRESS 20 /* in a row, of one address */
#define FAILURES_WAIT_MS (60 * 1000)
#define FAILURES_ROWS 256
#define FAILURES_KEY_SIZE 112

struct failure_row {
    char key[FAILURES_KEY_SIZE]; /* "": free */
    unsigned count;
    int64_t last_ms;
};

/* Zero-initialised: nobody has failed. */
struct failures {
    struct failure_row rows[FAILURES_ROWS];
};

/* Milliseconds until this name may try again from this address; 0: now. */
int64_t failures_wait(const struct failures *failures, const char *name, const char *address, int64_t now_ms);

/* Counts a failed login. True: from now on it has to wait. */
bool failures_add(struct failures *failures, const char *name, const char *address, int64_t now_ms);

/* A login was good. The address counts on: its other names may be somebody else's attempts. */
void failures_forget(struct failures *failures, const char *name, const char *address);

#endif
