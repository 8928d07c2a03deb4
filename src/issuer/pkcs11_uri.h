/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PKCS#11 URI (RFC 7512), taken apart: what names the key goes to GnuTLS, what leads to the PIN and to the module
 * does not, because GnuTLS understands less of it than the RFC has. For the files of this folder alone.
 */
#ifndef IMPRINT_ISSUER_PKCS11_URI_H
#define IMPRINT_ISSUER_PKCS11_URI_H

#include <stdbool.h>

#include "base/error.h"

/* Zero-initialised: empty. */
struct pkcs11_uri {
    char *key;        /* token and private key alone: "pkcs11:token=line;object=ca;type=private" */
    char *pin_source; /* path of the file with the PIN; NULL: none */
    char *module;     /* path of the module; NULL: none */
};

/*
 * False with ERROR_ISSUER_INVALID: not such a URI; no token or no key named; a PIN in it; an attribute that nobody
 * would obey. pkcs11_uri_release() is needed in either case.
 */
bool pkcs11_uri_parse(struct pkcs11_uri *uri, const char *text, struct error *err);

void pkcs11_uri_release(struct pkcs11_uri *uri);

#endif
