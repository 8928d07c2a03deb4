/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A certificate authority for rehearsals: a root and a signer, named TEST, with keys that are files. So a newcomer can
 * issue certificates within a minute; no product or server may trust them.
 */
#ifndef IMPRINT_ISSUER_REHEARSAL_CA_H
#define IMPRINT_ISSUER_REHEARSAL_CA_H

#include <time.h>

#include "issuer/issuer.h"

#define REHEARSAL_CA_PEM 2048

/* Texts in PEM. */
struct rehearsal_ca {
    char root_key[REHEARSAL_CA_PEM], signer_key[REHEARSAL_CA_PEM]; /* PKCS#8, not encrypted */
    char root[REHEARSAL_CA_PEM];
    char chain[2 * REHEARSAL_CA_PEM]; /* the signer's certificate, then the root's: an issuer's `certificate` */
};

/*
 * Makes new keys and certificates: valid from the last full hour on, without an end, "CN=TEST root 12AB" and
 * "CN=TEST signer 12AB" with a random number. False with ERROR_UNEXPECTED. The caller wipes `ca`.
 */
bool rehearsal_ca_make(struct rehearsal_ca *ca, time_t now, struct error *err);

#endif
