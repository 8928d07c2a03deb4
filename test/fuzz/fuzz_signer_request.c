/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anything at all as what a station sends to a signer. The first byte chooses what it is: the text of a body (t), or
 * the DER that is put into base64 here (d), so that the readers of DER are reached; or the name in such a request alone
 * (n). What must hold: a request that is good has a P-256 key and a name; a name fits an order's subject only if it has
 * the same text; all can be shown.
 */
#include "test/fuzz/fuzz.h"

#include <string.h>

#include <gnutls/gnutls.h>

#include "issuer/datum.h"
#include "signer/request.h"
#include "signer/subject.h"

static void read_name(struct bytes name)
{
    static const struct profile_certificate orders[] = {
        {.kind = PROFILE_KIND_TLS_CLIENT, .valid = 5, .subject = "O=Example,CN={serial}"},
        {.kind = PROFILE_KIND_TLS_CLIENT, .valid = 5, .subject = "CN=sn{serial:lower},serialNumber={serial}"},
        {.kind = PROFILE_KIND_TLS_CLIENT, .valid = 5, .subject = "CN=gateway"},
    };
    char shown[SIGNER_NAME_TEXT_MAX], text[PROFILE_SUBJECT_TEXT_MAX];
    uint8_t serial[CHIP_SERIAL_BYTES];

    signer_request_name_text(name, shown);
    require(strlen(shown) < sizeof shown);
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
        if (signer_subject_match(&orders[i], name, serial, text))
            require(strlen(text) > 0 && strlen(text) < sizeof text);
}

static void read_body(struct bytes text)
{
    struct signer_request request;
    const enum signer_request_fault fault = signer_request_read(text, &request);

    if (fault == SIGNER_REQUEST_UNREADABLE)
        return;
    require(request.len > 0 && request.len <= sizeof request.der && request.subject.len > 0);
    require(request.subject.data >= request.der &&
            request.subject.data + request.subject.len <= request.der + request.len);
    if (fault == SIGNER_REQUEST_GOOD)
        require(request.point[0] == P256_UNCOMPRESSED);
    read_name(request.subject);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gnutls_datum_t der, text = {.data = NULL};

    if (size < 2)
        return 0;
    der = datum_of(bytes_of(data + 1, size - 1));
    if (data[0] == 'n')
        read_name(bytes_of(data + 1, size - 1));
    else if (data[0] != 'd')
        read_body(bytes_of(data + 1, size - 1));
    else if (gnutls_base64_encode2(&der, &text) == GNUTLS_E_SUCCESS)
        read_body(bytes_of(text.data, text.size));
    gnutls_free(text.data);
    return 0;
}
