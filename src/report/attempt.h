/* SPDX-License-Identifier: Apache-2.0 */
/* What a report needs of an entry of the ledger, and what kind of run the entry is. */
#ifndef IMPRINT_REPORT_ATTEMPT_H
#define IMPRINT_REPORT_ATTEMPT_H

#include <stdint.h>

#include "base/bytes.h"

#define ATTEMPT_TEXT_SIZE 256 /* of a name, with a NUL: longer ones are cut */

/* What became of the wish to make a device, or why an entry is no such attempt. */
enum attempt_class {
    ATTEMPT_PASSED,    /* the run made the device what its profile says */
    ATTEMPT_FAILED,    /* it was refused, failed, or was interrupted */
    ATTEMPT_CONFIRMED, /* a finished device was looked at again, and nothing was changed */
    ATTEMPT_ADOPTED,   /* a device that was finished elsewhere was taken over */
    ATTEMPT_RETIRED,
    ATTEMPT_PROVEN, /* its keys were seen at work in the primary application */
    ATTEMPT_OTHER,  /* of an order, or of a kind that this program does not know */
    ATTEMPT_UNREADABLE,
    ATTEMPT_CLASS_COUNT
};

/* Texts are empty where the entry has null, or nothing. */
struct attempt {
    enum attempt_class class;
    bool is_rehearsal; /* with a virtual chip, test keys or a test root */
    char kind[32], result[32];
    char device[64], reason[64];
    char order[ATTEMPT_TEXT_SIZE], station[ATTEMPT_TEXT_SIZE];
    char profile[ATTEMPT_TEXT_SIZE], digest[72];
    char firmware[72];                     /* digest of the image that ran on the board; a chip without one has none */
    char time[32], started[32], ended[32]; /* UTC, as the entry has them */
};

/* Reads the entry's text. What cannot be read has class ATTEMPT_UNREADABLE. */
void attempt_read(struct bytes body, struct attempt *attempt);

/* An attempt at making a device: passed or failed. */
bool attempt_is_production(const struct attempt *attempt);

#endif
