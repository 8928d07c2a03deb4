/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as GnuTLS wants them. For the files of this folder. */
#ifndef IMPRINT_LEDGER_DATUM_H
#define IMPRINT_LEDGER_DATUM_H

#include <string.h>

#include <gnutls/gnutls.h>

/* The same memory. GnuTLS asks for memory that it could write, and does not write what it is given to read. */
static inline gnutls_datum_t datum_of(const void *data, size_t len)
{
    gnutls_datum_t datum = {.size = (unsigned)len};

    memcpy((void *)&datum.data, (const void *)&data, sizeof datum.data);
    return datum;
}

#endif
