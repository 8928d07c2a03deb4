/* SPDX-License-Identifier: Apache-2.0 */
/* A span as GnuTLS takes it. For this folder and the signer's. */
#ifndef IMPRINT_ISSUER_DATUM_H
#define IMPRINT_ISSUER_DATUM_H

#include <string.h>

#include <gnutls/gnutls.h>

#include "base/bytes.h"

/* The same memory. GnuTLS asks for memory that it could write, and does not write what it is given to read. */
static inline gnutls_datum_t datum_of(struct bytes span)
{
    gnutls_datum_t datum = {.size = (unsigned)span.len};

    memcpy((void *)&datum.data, (const void *)&span.data, sizeof datum.data);
    return datum;
}

#endif
