/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PostgreSQL of the test's own, in a folder of its own, on a Unix socket: Debian's program, with databases as new as
 * the test makes them. Its role "owner" may do everything, without a password; other roles need one.
 */
#ifndef IMPRINT_TEST_SUPPORT_POSTGRES_H
#define IMPRINT_TEST_SUPPORT_POSTGRES_H

#include <stdbool.h>
#include <sys/types.h>

#include "test/support/scratch.h"

struct postgres_server {
    char folder[SCRATCH_PATH_MAX]; /* data and socket */
    pid_t pid;
};

/* Makes and starts one. False where PostgreSQL is not installed, which ./check repeats at its end. Fails the test where
 * it does not work. */
bool postgres_server_start(struct postgres_server *server);

/* Kills it as a power cut would; starts it again on the same data. */
void postgres_server_kill(struct postgres_server *server);
void postgres_server_restart(struct postgres_server *server);

/* Ends it and removes its folder. */
void postgres_server_stop(struct postgres_server *server);

/* libpq's settings for `role` on the database `name`; the caller frees them. */
char *postgres_server_settings(const struct postgres_server *server, const char *name, const char *role);

#endif
