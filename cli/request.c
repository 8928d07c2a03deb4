/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/request.h"

#include <mbedtls/pem.h>

bool request_to_pem(struct bytes der, char pem[static REQUEST_PEM_MAX], struct error *err)
{
    size_t len = 0;

    if (mbedtls_pem_write_buffer("-----BEGIN CERTIFICATE REQUEST-----\n", "-----END CERTIFICATE REQUEST-----\n",
                                 der.data, der.len, (unsigned char *)pem, REQUEST_PEM_MAX, &len) == 0)
        return true;
    error_set(err, ERROR_UNEXPECTED, "the certificate request cannot be written as PEM", NULL);
    return false;
}
