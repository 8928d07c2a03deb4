/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/base64_text.h"

#include <string.h>

#include <gnutls/gnutls.h>

#include "ledger/datum.h"

bool base64_text_write(struct bytes data, char *text, size_t size)
{
    const gnutls_datum_t in = datum_of(data.data, data.len);
    gnutls_datum_t out = {NULL, 0};
    bool ok = gnutls_base64_encode2(&in, &out) == 0 && out.size < size;

    if (ok) {
        memcpy(text, out.data, out.size);
        text[out.size] = '\0';
    }
    gnutls_free(out.data);
    return ok;
}

/* GnuTLS passes over blanks and what follows the padding: only the text that it would write itself is taken. */
static bool is_written(struct bytes text, const gnutls_datum_t *data)
{
    gnutls_datum_t again = {NULL, 0};
    bool ok = gnutls_base64_encode2(data, &again) == 0 && bytes_equal(text, bytes_of(again.data, again.size));

    gnutls_free(again.data);
    return ok;
}

bool base64_text_read(struct bytes text, struct bytes_out *out)
{
    const gnutls_datum_t in = datum_of(text.data, text.len);
    gnutls_datum_t data = {NULL, 0};
    bool ok = text.len > 0 && gnutls_base64_decode2(&in, &data) == 0 && is_written(text, &data) &&
              bytes_append(out, bytes_of(data.data, data.size));

    gnutls_free(data.data);
    return ok;
}

bool base64_text_read_exactly(struct bytes text, uint8_t *data, size_t len)
{
    struct bytes_out out = {.data = data, .cap = len};

    return base64_text_read(text, &out) && out.len == len;
}
