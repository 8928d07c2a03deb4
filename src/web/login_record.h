/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logins, and what people change about a station, as entries of its ledger, so that an auditor sees who was there, who
 * was refused, and who did it.
 */
#ifndef IMPRINT_WEB_LOGIN_RECORD_H
#define IMPRINT_WEB_LOGIN_RECORD_H

#include "base/error.h"

struct login_record {
    const char *kind; /* "login", "logout", "user add", "user remove", "socket add", "socket remove", "order select" */
    const char *person;  /* whose login it is; NULL: of nobody that the station knows */
    const char *result;  /* "accepted", "refused", "ended", "added", "changed", "removed", "selected" */
    const char *reason;  /* NULL: none */
    const char *role;    /* NULL: none */
    const char *address; /* from where; NULL: at this machine's command line */
    const char *socket;  /* which was added or removed; NULL: none */
    const char *note;    /* its device; NULL: none */
    const char *order;   /* which was selected; NULL: none */
};

/* Appends the entry to the ledger of the state folder, durably; makes the ledger where there is none. */
bool login_record_append(const char *state, const struct login_record *record, struct error *err);

/* The same before a change takes effect (station/file.h: file_note); `context` is a struct login_noting. */
struct login_noting {
    const char *state;
    const struct login_record *record;
};
bool login_record_note(void *context, struct error *err);

#endif
