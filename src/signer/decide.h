/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decides whether a request gets a certificate, and makes it. What is decided is in the database, durably, before this
 * returns. In which order, and what a death in between leaves:
 *
 *     reserve   the key's row, with the bytes that will be signed; the unit of the budget is used up from here on
 *     sign
 *     store     the certificate and the decision, in one transaction
 *     answer
 *
 * Died after "reserve": the key gets a certificate over the same bytes when it asks again. Died after "store": it gets
 * the stored certificate. Nothing that was signed and not stored has left the process.
 */
#ifndef IMPRINT_SIGNER_DECIDE_H
#define IMPRINT_SIGNER_DECIDE_H

#include "signer/authority.h"
#include "signer/request.h"
#include "signer/store.h"

#define SIGNER_TEXT_MAX 200

enum signer_decision { SIGNER_GRANTED, SIGNER_REPEATED, SIGNER_REFUSED, SIGNER_FAILED, SIGNER_DECISION_COUNT };

/* What decides. All must outlive it. */
struct signer_desk {
    const struct signer_rules *rules;
    const struct signer_authority *authority;
    struct database *database;
    const struct signer_log *log; /* of its decisions */
};

/* One request. */
struct signer_ask {
    const char *station;  /* the name of a known one; NULL: a station that the rule file does not have */
    const char *stranger; /* then: what its certificate is, for the record */
    const char *label;    /* the order's name; NULL: none was named */
    bool again;           /* simplereenroll: nothing new is issued */
    struct bytes body;    /* as it was sent */
    int64_t now;          /* seconds since 1970, UTC */
};

/* What became of it. */
struct signer_answer {
    enum signer_decision decision;
    const char *reason;           /* a word for programs: "granted", "budget-used" */
    unsigned status;              /* of HTTP */
    char text[SIGNER_TEXT_MAX];   /* for the station's people: one line */
    char detail[SIGNER_TEXT_MAX]; /* for the signer's people alone; empty: no more than `text` */
    bool is_recorded;             /* false only with SIGNER_FAILED: the database cannot be written */
    int64_t number;               /* of the record */
    char time[SIGNER_TIME_SIZE], station[PROFILE_NAME_MAX + 80], order[PROFILE_NAME_MAX];
    char subject[SIGNER_NAME_TEXT_MAX];
    bool has_key;
    uint8_t point[P256_POINT_BYTES];
    int64_t left; /* of the order's budget, where an order was found; else -1 */
    size_t len;   /* of the certificate; 0: none */
    uint8_t der[CERT_MAX];
};

/* "granted", "repeated", "refused", "failed". */
const char *signer_decision_word(enum signer_decision decision);

void signer_decide(const struct signer_desk *desk, const struct signer_ask *ask, struct signer_answer *answer);

/* The order that a label names, or without a label the only one. NULL: no order, or several. */
const struct signer_order *signer_find_order(const struct signer_rules *rules, const char *label);

/* UTC in both forms. False outside the years 1970 to 9999. */
bool signer_time_text(int64_t seconds, char time[static SIGNER_TIME_SIZE], char digits[static SIGNER_DIGITS_SIZE]);

#endif
