/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/base64_lines.h"

#include <stdlib.h>
#include <string.h>

#include <gnutls/gnutls.h>

#include "issuer/datum.h"

#define LINE_CHARACTERS 64 /* libest refuses base64 without line ends */

char *base64_lines_encode(struct bytes der, size_t *len)
{
    const gnutls_datum_t data = datum_of(der);
    gnutls_datum_t text = {.data = NULL};
    char *lines = NULL;

    *len = 0;
    if (gnutls_base64_encode2(&data, &text) == GNUTLS_E_SUCCESS)
        lines = malloc(text.size + text.size / LINE_CHARACTERS + 2);
    for (size_t at = 0; lines != NULL && at < text.size; at += LINE_CHARACTERS) {
        const size_t part = text.size - at < LINE_CHARACTERS ? text.size - at : LINE_CHARACTERS;

        memcpy(lines + *len, text.data + at, part);
        *len += part;
        lines[(*len)++] = '\n';
    }
    gnutls_free(text.data);
    return lines;
}
