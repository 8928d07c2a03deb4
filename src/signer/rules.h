/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rule file of a signer, in YAML (docs/reference/signer.md): which stations may ask, for which orders, and what is
 * signed for each. Reading it opens no key and no database.
 */
#ifndef IMPRINT_SIGNER_RULES_H
#define IMPRINT_SIGNER_RULES_H

#include "base/error.h"
#include "profile/certificate.h"

#define SIGNER_STATIONS_MAX 64
#define SIGNER_ORDERS_MAX 256
#define SIGNER_STATIONS_OF_ORDER_MAX 16
#define SIGNER_PATH_MAX 1024
#define SIGNER_RATE_MAX 60000
#define SIGNER_RATE_USUAL 120
#define SIGNER_BUDGET_MAX 10000000

/* Who may ask: whoever has the private key of this certificate. */
struct signer_station {
    char name[PROFILE_NAME_MAX];
    char certificate[SIGNER_PATH_MAX]; /* PEM file */
    uint32_t rate;                     /* requests in a minute */
};

/* What is signed for a work order. Its name is the label of EST. */
struct signer_order {
    struct profile_certificate certificate; /* name, issuer, kind, subject, validity; no key, no slots */
    uint32_t key;                           /* the type of the keys: 0, P-256 */
    uint32_t budget;                        /* how many certificates */
    bool rework;                            /* a second key for the same subject gets a certificate, too */
    size_t station_count;
    char stations[SIGNER_STATIONS_OF_ORDER_MAX][PROFILE_NAME_MAX];
};

/* File names are complete: those of the file that were relative start in its folder. */
struct signer_rules {
    uint32_t version;
    char issuers[SIGNER_PATH_MAX];         /* the issuers file */
    char records[SIGNER_PATH_MAX];         /* the database of decisions */
    char tls_certificate[SIGNER_PATH_MAX]; /* PEM: the server's, then those above it */
    char tls_key[SIGNER_PATH_MAX];
    char tls_clients[SIGNER_PATH_MAX]; /* PEM: who vouches for the stations' certificates */
    size_t station_count;
    struct signer_station stations[SIGNER_STATIONS_MAX];
    size_t order_count;
    struct signer_order orders[SIGNER_ORDERS_MAX];
};

/*
 * Reads and checks the file. `*rules` is the caller's, for free(). False with `*rules` NULL and ERROR_INPUT_FILE: file,
 * line and column, what was found and expected; also for a file that every user of this machine can write.
 */
bool signer_rules_read(const char *path, struct signer_rules **rules, struct error *err);

/* The order with this name; NULL: there is none. */
const struct signer_order *signer_rules_order(const struct signer_rules *rules, const char *name);

/* Whether the order is open to the station with this name. */
bool signer_rules_permit(const struct signer_order *order, const char *station);

#endif
