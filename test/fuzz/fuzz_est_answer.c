/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anything at all as what an EST server sends. The first byte chooses what it is read as: attributes or certificates,
 * as text (a, c), or in base64 that is made here (A, C), so that the readers of DER are reached. What must hold: it is
 * read, or refused with a reason; certificates that were read can be looked at; the text of attributes is one of OIDs.
 */
#include "test/fuzz/fuzz.h"

#include <string.h>

#include "issuer/datum.h"
#include "issuer/est_answer.h"

static void read_certificates(struct bytes text)
{
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    struct est_certificates certificates;

    if (est_answer_read_certificates(text, &certificates, &err)) {
        require(certificates.count > 0 && certificates.count <= ISSUER_CHAIN_MAX);
        for (unsigned i = 0; i < certificates.count; i++)
            (void)gnutls_x509_crt_check_issuer(certificates.list[i], certificates.list[0]);
    } else {
        require(err.reason == ERROR_ISSUER_ANSWER && err.cause != NULL);
    }
    est_answer_release(&certificates);
}

static void read_attributes(struct bytes text)
{
    char room[ERROR_ROOM], wanted[EST_ATTRIBUTES_TEXT];
    struct error err = ERROR_IN(room);

    if (est_answer_read_attributes(text, wanted, &err))
        require(strspn(wanted, "0123456789. ") == strlen(wanted) && strlen(wanted) < sizeof wanted);
    else
        require(err.reason == ERROR_ISSUER_ANSWER || err.reason == ERROR_ISSUER_INVALID);
}

static void read_any(uint8_t kind, struct bytes text)
{
    if (kind == 'a' || kind == 'A')
        read_attributes(text);
    else
        read_certificates(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gnutls_datum_t der, text = {.data = NULL};

    if (size == 0)
        return 0;
    der = datum_of(bytes_of(data + 1, size - 1));
    if (data[0] != 'A' && data[0] != 'C')
        read_any(data[0], bytes_of(data + 1, size - 1));
    else if (size > 1 && gnutls_base64_encode2(&der, &text) == GNUTLS_E_SUCCESS)
        read_any(data[0], bytes_of(text.data, text.size));
    gnutls_free(text.data);
    return 0;
}
