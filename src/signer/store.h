/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The database of a signer: one row for each public key that has a unit of an order's budget, with what is or will be
 * signed for it, and one row for each decision. Two rules of the tables hold whatever runs or dies at the same time: a
 * public key has one row, and so has a unit of an order.
 *
 * A row without a certificate is a reservation: its unit is used up, and its key gets a certificate over exactly the
 * TBSCertificate that is kept in it, when it asks again.
 */
#ifndef IMPRINT_SIGNER_STORE_H
#define IMPRINT_SIGNER_STORE_H

#include "base/p256.h"
#include "cert/template.h"
#include "database/database.h"
#include "profile/profile.h"
#include "signer/log.h"

#define SIGNER_TIME_SIZE 21   /* "2026-07-04T12:00:00Z" */
#define SIGNER_DIGITS_SIZE 15 /* "20260704120000" */
#define SIGNER_WORD_MAX 32    /* of a decision and its reason */

/* What is kept of a public key. */
struct signer_entry {
    char order[PROFILE_NAME_MAX], subject[PROFILE_SUBJECT_TEXT_MAX];
    char begins[SIGNER_DIGITS_SIZE]; /* the time from which the certificate's dates were made, UTC */
    uint8_t tbs[CERT_TBS_MAX], der[CERT_MAX];
    size_t tbs_len, len; /* len 0: reserved, no certificate yet */
};

/* One decision. Texts are read during the call only; NULL and empty: unknown. */
struct signer_record {
    const char *time, *station, *order, *subject, *decision, *reason, *text;
    struct bytes public_key; /* X | Y */
    struct bytes request;    /* DER */
};

/* What is left of an order. */
struct signer_count {
    int64_t used;     /* units, reservations among them */
    int64_t reserved; /* of these without a certificate */
};

bool signer_store_open(struct database *database, const char *path, enum database_mode mode, struct error *err);

/* The row of a public key (X | Y). `*found` false: it has none. */
bool signer_store_find(struct database *database, const uint8_t key[static CERT_KEY_BYTES], struct signer_entry *entry,
                       bool *found, struct error *err);

/* Whether a key has a row of this order with this subject. */
bool signer_store_has_subject(struct database *database, const char *order, const char *subject, bool *found,
                              struct error *err);

bool signer_store_count(struct database *database, const char *order, struct signer_count *count, struct error *err);

/* Adds a reservation: the order's next unit. In a transaction, after signer_store_find() and signer_store_count(). */
bool signer_store_reserve(struct database *database, const uint8_t key[static CERT_KEY_BYTES], const char *station,
                          const char *time, const struct signer_entry *entry, struct error *err);

/* Adds the certificate to a reservation. `*done` false: another process has done so before. */
bool signer_store_finish(struct database *database, const uint8_t key[static CERT_KEY_BYTES], struct bytes der,
                         bool *done, struct error *err);

/* Adds a decision, to the log too, in a transaction; `*number` counts them from 1. A granted certificate is there. */
bool signer_store_record(struct database *database, const struct signer_log *log, const struct signer_record *record,
                         int64_t *number, struct error *err);

/* The time of the last decision, "" for none. */
bool signer_store_last_time(struct database *database, char time[static SIGNER_TIME_SIZE], struct error *err);

/* Calls `show` for every decision, the first one first, and for every order that has a row. False with a reason. */
bool signer_store_list(struct database *database,
                       void (*show)(void *context, int64_t number, const struct signer_record *record), void *context,
                       struct error *err);
bool signer_store_orders(struct database *database, void (*show)(void *context, const char *order), void *context,
                         struct error *err);

#endif
