/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record checked by itself: no chip, no state folder, nothing but the text. It says what the record proves, what is
 * wrong with it, and what it cannot prove. Signatures and certificates are verified by GnuTLS, which had no part in
 * making the record, over texts that are built here anew.
 */
#ifndef IMPRINT_STATION_VERIFY_RECORD_H
#define IMPRINT_STATION_VERIFY_RECORD_H

#include <stddef.h>

#include "base/bytes.h"
#include "base/error.h"
#include "profile/profile.h"

enum verify_result {
    VERIFY_GOOD, /* checked, and it holds */
    VERIFY_BAD,  /* checked, and it does not hold: the record is damaged or was made up */
    VERIFY_OPEN, /* cannot be told from the record */
    VERIFY_RESULT_COUNT
};
const char *verify_record_result_name(enum verify_result result); /* "good" */

/* One answer. */
struct verify_finding {
    enum verify_result result;
    const char *check; /* what was looked at, for programs: "key-proof"; a literal */
    const char *text;  /* a sentence for people; a literal */
    size_t line;       /* of a history, from 1; 0: a record */
    uint32_t key_id;   /* 0: not about a key */
};

struct verify_record {
    void *context;
    void (*finding)(void *context, const struct verify_finding *finding);
    const uint8_t *digest; /* PROFILE_DIGEST_BYTES: the profile that the record must be of; NULL: any */
    /* Results. */
    size_t records; /* how many were checked */
    size_t count[VERIFY_RESULT_COUNT];
};

/*
 * Checks `text`, a record.json or a history.jsonl, and reports each finding. PSA Crypto is started. True if it could
 * be checked, whatever was found. False with ERROR_INPUT_FILE where it is neither.
 */
bool verify_record_text(struct verify_record *verify, struct bytes text, struct error *err);

#endif
