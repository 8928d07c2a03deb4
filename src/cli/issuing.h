/* SPDX-License-Identifier: Apache-2.0 */
/* Connects the issuing of certificates (station/certificate_issue.h) to the device, the terminal and the signals. */
#ifndef IMPRINT_CLI_ISSUING_H
#define IMPRINT_CLI_ISSUING_H

#include "cli/cli.h"
#include "station/certificate_issue.h"
#include "station/session.h"

/*
 * Zero-initialised but for the pointers, which are the caller's. Must not move after issuing_start(). `session` NULL:
 * nobody can sign requests here, as for a board.
 */
struct issuing {
    struct cli *cli;
    struct session *session;
    struct station_ledger *ledger;
    const struct profile *profile;
    struct rehearsal *rehearsal;
    const char *arm; /* the run's --arm, for advice; NULL: none */
    struct certificate_issue issue;
    char next[ERROR_ROOM]; /* of issuing_advise() */
};

/* Prepares `issue`: requests are signed by the session's keys, and waiting is shown and ends with a signal. */
void issuing_start(struct issuing *issuing);

/* Adds to a failure of an issuer which command tries the issuer, or asks again and when. */
void issuing_advise(struct issuing *issuing, struct error *err);

#endif
