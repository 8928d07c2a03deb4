/* SPDX-License-Identifier: Apache-2.0 */
/* A signer without its server: a certificate authority as files, rules in memory, a database, devices that ask. */
#ifndef IMPRINT_TEST_SIGNER_OFFICE_H
#define IMPRINT_TEST_SIGNER_OFFICE_H

#include "signer/decide.h"
#include "test/support/ca_files.h"
#include "test/support/scratch.h"

#define OFFICE_BODY_MAX 2048
#define OFFICE_DAY (24 * 60 * 60)

/* What is on disk, and the key of the authority. */
struct office_files {
    char folder[SCRATCH_PATH_MAX];
    EVP_PKEY *ca_key;
    X509 *ca; /* valid from yesterday for ten years */
};

/* What a process has of it. */
struct office {
    struct signer_rules *rules;
    struct signer_authority authority;
    struct database database;
    struct signer_log log;
    struct signer_desk desk;
};

/* A device's request in base64. */
struct office_body {
    EVP_PKEY *key;
    char text[OFFICE_BODY_MAX];
    size_t len;
};

void office_make_files(struct office_files *files);
void office_remove_files(struct office_files *files);

/* Order "boards" with this budget and subject O=Example,CN={serial}, for stations line-1 and line-2; order "others". */
struct signer_rules *office_rules(const struct office_files *files, uint32_t budget);

/* Opens issuer and database, which `name` names in the folder. False with a reason. Takes the rules over. */
bool office_open(struct office *office, const struct office_files *files, struct signer_rules *rules, const char *name,
                 struct error *err);
void office_close(struct office *office);

/* A request of the chip with this number, for a new key where `body->key` is NULL. */
void office_make_body(struct office_body *body, unsigned chip);

/* Asks as station line-1 for order "boards" now. */
void office_ask(struct office *office, const struct office_body *body, struct signer_answer *answer);

/* The same for any ask: station, label, body and time are as `ask` has them. */
void office_ask_as(struct office *office, const struct office_body *body, struct signer_ask ask,
                   struct signer_answer *answer);

#endif
