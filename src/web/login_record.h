/* SPDX-License-Identifier: Apache-2.0 */
/* Logins as entries of the station's ledger, so that an auditor sees who was there and who was refused. */
#ifndef IMPRINT_WEB_LOGIN_RECORD_H
#define IMPRINT_WEB_LOGIN_RECORD_H

#include "base/error.h"

struct login_record {
    const char *kind;    /* "login", "logout", "user add", "user remove" */
    const char *person;  /* whose login it is; NULL: of nobody that the station knows */
    const char *result;  /* "accepted", "refused", "ended", "added", "changed", "removed" */
    const char *reason;  /* NULL: none */
    const char *role;    /* NULL: none */
    const char *address; /* from where; NULL: at this machine's command line */
};

/* Appends the entry to the ledger of the state folder, durably; makes the ledger where there is none. */
bool login_record_append(const char *state, const struct login_record *record, struct error *err);

#endif
