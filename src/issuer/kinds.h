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
    /* Frees issuer->token after the key is closed; NULL: nothing of the kind's own to free. */
    void (*close)(struct issuer *issuer);
    const char *word; /* in the issuers file */
};

struct token; /* of pkcs11.c */

struct issuer {
    const struct issuer_operations *operations;
    char *name;
    struct chain chain;
    gnutls_privkey_t key; /* the CA's; NULL where somebody else holds it */
    struct token *token;  /* NULL: no token */
};

extern const struct issuer_operations issuer_file;
extern const struct issuer_operations issuer_pkcs11;

#endif
