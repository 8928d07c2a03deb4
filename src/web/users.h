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
#include "station/file.h"
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

/*
 * Reads the file. Where there is none, there are no users. A person whose change was begun and is not finished
 * (users_add(), users_remove()) is left out: the ledger may say something else of them. False with ERROR_INPUT_FILE,
 * and no users.
 */
bool users_read(const char *path, struct users *users, struct error *err);

/* NULL: no user has that name. */
const struct user *users_find(const struct users *users, const char *name);

/* One change of the file. */
enum users_change_kind { USERS_ADDED, USERS_CHANGED, USERS_REMOVED };
struct users_change {
    enum users_change_kind kind;
    char name[USERS_NAME_SIZE];
    enum users_role role; /* the new one; of a person who is removed, the old one */
    bool is_finished;     /* one that another process had begun, and was killed */
};
const char *users_change_word(enum users_change_kind kind); /* "added" */

/*
 * Who notes a change in the ledger, durably, before it takes effect (station/file.h: file_note). False with a reason:
 * it does not take effect.
 */
struct users_noting {
    bool (*note)(void *context, const struct users_change *change, struct error *err);
    void *context;
};

/*
 * Adds the person, or gives one who is there another role and password. The file is made where it is not there; its
 * folder must be. A change that another process had begun, and was killed, is noted and finished first. False with a
 * reason, and the file is as it was.
 */
bool users_add(const char *path, const char *name, enum users_role role, const char *password,
               const struct users_noting *noting, struct users_change *done, struct error *err);

/* The same; False with ERROR_USAGE where no user has that name. */
bool users_remove(const char *path, const char *name, const struct users_noting *noting, struct users_change *done,
                  struct error *err);

/* The change that was begun and is not finished. False: there is none, or it is being made now. */
bool users_find_unfinished(const char *path, struct users_change *change);

#endif
