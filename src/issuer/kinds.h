/* SPDX-License-Identifier: Apache-2.0 */
/* What a kind of issuer supplies, and what issuer.c keeps for it. For the files of this folder alone. */
#ifndef IMPRINT_ISSUER_KINDS_H
#define IMPRINT_ISSUER_KINDS_H

#include <gnutls/abstract.h>

#include "issuer/chain.h"
#include "issuer/issuer.h"

/* One row of the table of kinds. */
struct issuer_operations {
    /*
     * Makes the issuer usable: reads the chain, opens the key. What it put into `issuer` is freed by issuer_close(),
     * also after a failure.
     */
    bool (*open)(struct issuer *issuer, const struct issuer_config *config, struct error *err);
    /* Frees issuer->token or issuer->est after the key is closed; NULL: nothing of the kind's own to free. */
    void (*close)(struct issuer *issuer);
    /*
     * Opens the key once more, after a signature that failed because the token was away. False with a reason, and the
     * old key stays. NULL: the key cannot go away.
     */
    bool (*reopen)(struct issuer *issuer, struct error *err);
    /* issuer_enroll(); NULL: the kind signs. */
    enum issuer_answer (*enroll)(struct issuer *issuer, struct bytes request, struct bytes_out *certificate,
                                 unsigned *retry_after_s, struct error *err);
    const char *(*wanted)(const struct issuer *issuer); /* issuer_wanted(); NULL: nothing */
    const char *word;                                   /* in the issuers file */
};

struct token; /* of pkcs11.c */
struct est;   /* of est.c */

struct issuer {
    const struct issuer_operations *operations;
    char *name;
    struct chain chain;
    gnutls_privkey_t key; /* the CA's; NULL where somebody else holds it */
    bool is_away;         /* the last signature failed: `reopen` before the next */
    struct token *token;  /* NULL: no token */
    struct est *est;      /* NULL: no EST server */
};

extern const struct issuer_operations issuer_file;
extern const struct issuer_operations issuer_pkcs11;
extern const struct issuer_operations issuer_est;

#endif
