/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is logged in: a table without files, threads or clock. A session is known by a random token that only the browser
 * has (a cookie), holds for the address from which its person logged in, and ends after a fixed time however much it is
 * used. A second random token is in each form, so that no other site can have a browser send one.
 */
#ifndef IMPRINT_WEB_SESSIONS_H
#define IMPRINT_WEB_SESSIONS_H

#include <stdint.h>

#include "web/users.h"

#define SESSIONS_MAX 64
#define SESSIONS_TOKEN_BYTES 32
#define SESSIONS_TOKEN_SIZE (2 * SESSIONS_TOKEN_BYTES + 1) /* hex digits with a NUL */
#define SESSIONS_ADDRESS_SIZE 64

struct session {
    uint64_t id; /* never used again; 0: nobody */
    char token[SESSIONS_TOKEN_SIZE], form_token[SESSIONS_TOKEN_SIZE];
    char address[SESSIONS_ADDRESS_SIZE];
    struct user user; /* as it was at the login */
    int64_t ends_ms;
};

/* Zero-initialised but for `lasts_ms`: nobody is logged in. */
struct sessions {
    int64_t lasts_ms;
    uint64_t last_id;
    struct session all[SESSIONS_MAX];
};

enum sessions_result {
    SESSIONS_FOUND,
    SESSIONS_NONE,   /* no session has this token, or it is over */
    SESSIONS_STOLEN, /* the token came from another address: its session has been ended, `session` says whose it was */
};

/* Begins a session; where the table is full, the oldest of who has most is ended. False: there is no randomness. */
bool sessions_begin(struct sessions *sessions, const struct user *user, const char *address, int64_t now_ms,
                    struct session *session);

/* Copies the session of this token. `token` may be anything. */
enum sessions_result sessions_find(struct sessions *sessions, const char *token, const char *address, int64_t now_ms,
                                   struct session *session);

bool sessions_is_alive(const struct sessions *sessions, uint64_t id, int64_t now_ms);
void sessions_end(struct sessions *sessions, uint64_t id);

/* Ends the sessions of people who are not in `users` any more, or have another role or password there. */
void sessions_compare(struct sessions *sessions, const struct users *users);

/* The person of the newest session of an operator, "" for none: whose boards those in the sockets are. */
void sessions_operator(const struct sessions *sessions, int64_t now_ms, char name[static USERS_NAME_SIZE]);

/* Whether two tokens are the same, in a time that does not depend on them. */
bool sessions_tokens_match(const char token[static SESSIONS_TOKEN_SIZE], const char *given);

#endif
