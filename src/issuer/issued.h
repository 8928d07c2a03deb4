/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check of a certificate that somebody else has made: whether it is what the request asked for. Verifiers let
 * things pass that this does not (negative and long serial numbers, names that were not asked for). For the files of
 * this folder alone.
 */
#ifndef IMPRINT_ISSUER_ISSUED_H
#define IMPRINT_ISSUER_ISSUED_H

#include <gnutls/x509.h>

#include "issuer/chain.h"

/*
 * Whether `certificate` fits the request: the same subject; signed by the chain's first certificate and valid at `now`;
 * a positive serial number of at most 20 bytes; no CA; no extension beyond those that identify keys, restrict the use
 * or tell where to ask, but for those in the request. That it has the request's key is for the caller to have looked.
 * False with ERROR_ISSUER_ANSWER.
 */
bool issued_check(gnutls_x509_crt_t certificate, gnutls_x509_crq_t request, const struct chain *chain, time_t now,
                  struct error *err);

/* Whether both have the same public key. */
bool issued_has_key(gnutls_x509_crt_t certificate, gnutls_x509_crq_t request);

#endif
