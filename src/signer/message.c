/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/message.h"

#include <stdlib.h>
#include <string.h>

#include <gnutls/gnutls.h>

#include "cert/der.h"
#include "issuer/base64_lines.h"
#include "issuer/datum.h"

#define MESSAGE_MAX ((size_t)60 * 1024)
#define HEADERS_MAX 64 /* all that stands around the certificates */

const char *signer_message_attributes(void)
{
    /*
     * SEQUENCE { SEQUENCE { id-ecPublicKey, SET { secp256r1 } }, ecdsa-with-SHA256 } (RFC 7030, 4.5.2). Numbers: RFC
     * 5480, 2.1.1; RFC 5758, 3.2.
     */
    return "MCEwFQYHKoZIzj0CATEKBggqhkjOPQMBBwYIKoZIzj0EAwI=\n";
}

/*
 * ContentInfo { id-signedData, [0] SignedData { version 1, SET {}, { id-data }, [0] certificates, SET {} } }. GnuTLS
 * writes another content type into such a message.
 */
static bool put_message(struct bytes_out *out, struct bytes certificates)
{
    static const uint8_t signed_data[] = {DER_OID, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
    static const uint8_t before[] = {DER_INTEGER, 1,    1,    DER_SET, 0,    DER_SEQUENCE, 11,   DER_OID, 9,
                                     0x2a,        0x86, 0x48, 0x86,    0xf7, 0x0d,         0x01, 0x07,    0x01};
    static const uint8_t no_signers[] = {DER_SET, 0};
    const size_t list = der_header_size(certificates.len) + certificates.len;
    const size_t content = sizeof before + list + sizeof no_signers;
    const size_t explicit_content = der_header_size(content) + content;

    return der_put_header(out, DER_SEQUENCE,
                          sizeof signed_data + der_header_size(explicit_content) + explicit_content) &&
           bytes_append(out, bytes_of(signed_data, sizeof signed_data)) &&
           der_put_header(out, DER_CONTEXT_0, explicit_content) && der_put_header(out, DER_SEQUENCE, content) &&
           bytes_append(out, bytes_of(before, sizeof before)) && der_put(out, DER_CONTEXT_0, certificates) &&
           bytes_append(out, bytes_of(no_signers, sizeof no_signers));
}

char *signer_message_certificates(const struct bytes *certificates, size_t count, size_t *len)
{
    struct bytes_out all = {.data = malloc(MESSAGE_MAX), .cap = MESSAGE_MAX};
    struct bytes_out message = {.data = malloc(MESSAGE_MAX + HEADERS_MAX), .cap = MESSAGE_MAX + HEADERS_MAX};
    bool ok = all.data != NULL && message.data != NULL;
    char *text = NULL;

    for (size_t i = 0; ok && i < count; i++)
        ok = bytes_append(&all, certificates[i]);
    if (ok && put_message(&message, bytes_written(&all)))
        text = base64_lines_encode(bytes_written(&message), len);
    free(all.data);
    free(message.data);
    return text;
}
