/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may use a station's pages. The file has a line for each person, and is for the station's own user alone:
 *
 *     # imprint users 1
 *     17:operator:scrypt:15:8:3:SALT:HASH
 *
 * Names are those that the ledger has as `operator`: what a badge says.
 */
#ifndef IMPRINT_WEB_USERS_H
#define IMPRINT_WEB_USERS_H

#include "base/bytes.h"
#include "web/password.h"

#define USERS_MAX 256
#define USERS_NAME_SIZE 33 /* 1 to 32 letters, digits and . _ -, with a NUL */

enum users_role {
    USERS_OPERATOR, /* works at the sockets */
    USERS_LEAD,     /* also decides: first articles, the end of an order */
    USERS_AUDITOR,  /* reads everything, decides nothing */
    USERS_ROLE_COUNT
};

struct user {
    char name[USERS_NAME_SIZE];
    enum users_role role;
    char hash[PASSWORD_HASH_SIZE];
};

struct users {
    size_t count;
    struct user all[USERS_MAX];
};

const char *users_role_name(enum users_role role);
bool users_find_role(const char *name, enum users_role *role);
bool users_name_is_valid(const char *name);

/* Reads the file's text. False with the number of the line that is wrong, from 1. */
bool users_parse(struct bytes text, struct users *users, size_t *line);

/* Reads the file: nobody where it is not there. False with ERROR_INPUT_FILE, and nobody. */
bool users_read(const char *path, struct users *users, struct error *err);

/* NULL: there is nobody of that name. */
const struct user *users_find(const struct users *users, const char *name);

/*
 * Adds the person, or gives one who is there another role and password: `*is_new`. The file is made where it is not
 * there; its folder must be. False with a reason, and the file is as it was.
 */
bool users_add(const char *path, const char *name, enum users_role role, const char *password, bool *is_new,
               struct error *err);

/* False with ERROR_USAGE where there is nobody of that name. */
bool users_remove(const char *path, const char *name, struct error *err);

#endif
