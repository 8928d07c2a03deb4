/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/est_answer.h"

#include <stdio.h>
#include <string.h>

#include "base/error_format.h"
#include "issuer/datum.h"

#define TAG_OID 0x06
#define TAG_SEQUENCE 0x30
#define TAG_SET 0x31
#define OID_TEXT 64

static bool refuse(enum error_reason reason, const char *cause, const char *next, struct error *err)
{
    error_set(err, reason, cause, next);
    return false;
}

/* GnuTLS takes LF, CR LF and blanks, and no armour. libest sends the NUL of its C string, too. The caller frees `der`.
 */
static bool decode(struct bytes text, gnutls_datum_t *der, struct error *err)
{
    gnutls_datum_t data = datum_of(text);

    while (data.size != 0 && data.data[data.size - 1] == '\0')
        data.size--;
    *der = (gnutls_datum_t){.data = NULL};
    if (data.size != 0 && gnutls_base64_decode2(&data, der) == GNUTLS_E_SUCCESS && der->size != 0)
        return true;
    return refuse(ERROR_ISSUER_ANSWER, "the server's answer is not base64", NULL, err);
}

/* --- certificates --- */

static bool take_certificate(gnutls_pkcs7_t message, int index, struct est_certificates *certificates)
{
    gnutls_datum_t der = {.data = NULL};
    gnutls_x509_crt_t *certificate = &certificates->list[certificates->count];
    bool ok = gnutls_pkcs7_get_crt_raw2(message, (unsigned)index, &der) == GNUTLS_E_SUCCESS &&
              gnutls_x509_crt_init(certificate) == GNUTLS_E_SUCCESS;

    if (ok) {
        certificates->count++; /* from here on it is released with the others */
        ok = gnutls_x509_crt_import(*certificate, &der, GNUTLS_X509_FMT_DER) == GNUTLS_E_SUCCESS;
    }
    gnutls_free(der.data);
    return ok;
}

/* A message with signatures is something else: certs-only has none (RFC 7030, 4.1.3; RFC 5652). */
static bool take_message(gnutls_pkcs7_t message, struct est_certificates *certificates, struct error *err)
{
    const int count = gnutls_pkcs7_get_crt_count(message);

    if (count < 1 || gnutls_pkcs7_get_signature_count(message) != 0)
        return refuse(ERROR_ISSUER_ANSWER, "the server's answer has no certificates", NULL, err);
    if (count > ISSUER_CHAIN_MAX)
        return refuse(
            ERROR_ISSUER_ANSWER,
            error_keep_format(err, "the server's answer has %d certificates (limit %d)", count, ISSUER_CHAIN_MAX), NULL,
            err);
    for (int i = 0; i < count; i++) {
        if (!take_certificate(message, i, certificates))
            return refuse(ERROR_ISSUER_ANSWER, "a certificate in the server's answer cannot be read", NULL, err);
    }
    return true;
}

bool est_answer_read_certificates(struct bytes text, struct est_certificates *certificates, struct error *err)
{
    gnutls_datum_t der;
    gnutls_pkcs7_t message = NULL;
    bool ok;

    *certificates = (struct est_certificates){.count = 0};
    if (!decode(text, &der, err))
        return false;
    if (gnutls_pkcs7_init(&message) != GNUTLS_E_SUCCESS ||
        gnutls_pkcs7_import(message, &der, GNUTLS_X509_FMT_DER) != GNUTLS_E_SUCCESS)
        ok = refuse(ERROR_ISSUER_ANSWER, "the server's answer is no certs-only message (PKCS#7)", NULL, err);
    else
        ok = take_message(message, certificates, err);
    if (message != NULL)
        gnutls_pkcs7_deinit(message);
    gnutls_free(der.data);
    return ok;
}

void est_answer_release(struct est_certificates *certificates)
{
    for (unsigned i = 0; i < certificates->count; i++)
        gnutls_x509_crt_deinit(certificates->list[i]);
    certificates->count = 0;
}

/* --- attributes --- */

/* Takes one element with this tag off the front of `der`; its content to `content`. Lengths below 64 KiB. */
static bool take_element(struct bytes *der, uint8_t tag, struct bytes *content)
{
    size_t header = 2, len;

    if (der->len < 2 || der->data[0] != tag)
        return false;
    len = der->data[1];
    if (len > 0x80 && len <= 0x82) {
        const size_t more = len - 0x80;

        if (der->len < 2 + more)
            return false;
        len = 0;
        for (size_t i = 0; i < more; i++)
            len = len << 8 | der->data[2 + i];
        header += more;
    } else if (len >= 0x80) {
        return false;
    }
    if (len > der->len - header)
        return false;
    *content = bytes_of(der->data + header, len);
    *der = bytes_of(der->data + header + len, der->len - header - len);
    return true;
}

/* Dotted text of an OID's content (X.690, 8.19). False when it is none or takes more than 32 bits a number. */
static bool oid_text(struct bytes oid, char text[static OID_TEXT])
{
    size_t n = 0;
    uint32_t number = 0;
    bool first = true;

    for (size_t i = 0; i < oid.len; i++) {
        if (number >> 25 != 0)
            return false;
        number = number << 7 | (oid.data[i] & 0x7fu);
        if ((oid.data[i] & 0x80) != 0)
            continue;
        if (first) {
            const uint32_t arc = number < 80 ? number / 40 : 2;

            n += (size_t)snprintf(text + n, OID_TEXT - n, "%u.%u", (unsigned)arc, (unsigned)(number - 40 * arc));
        } else {
            n += (size_t)snprintf(text + n, OID_TEXT - n, ".%u", (unsigned)number);
        }
        if (n >= OID_TEXT)
            return false;
        first = false;
        number = 0;
    }
    return oid.len > 0 && (oid.data[oid.len - 1] & 0x80) == 0;
}

/* What requests for a chip's key have anyway, and the key types that no chip has. */
static const struct {
    const char *oid;
    bool impossible;
} known_attributes[] = {
    {"1.2.840.10045.2.1", false},     /* id-ecPublicKey */
    {"1.2.840.10045.3.1.7", false},   /* prime256v1 */
    {"1.2.840.10045.4.3.2", false},   /* ecdsa-with-SHA256 */
    {"1.2.840.113549.1.9.14", false}, /* extensionRequest */
    {"1.2.840.113549.1.1.1", true},   /* rsaEncryption */
    {"1.3.132.0.34", true},           /* secp384r1 */
    {"1.3.132.0.35", true},           /* secp521r1 */
};

static bool take_attribute(struct bytes oid, char wanted[static EST_ATTRIBUTES_TEXT], struct error *err)
{
    char text[OID_TEXT];
    size_t used = strlen(wanted);

    if (!oid_text(oid, text))
        return refuse(ERROR_ISSUER_ANSWER, "the server's list of attributes (csrattrs) cannot be read", NULL, err);
    for (size_t i = 0; i < sizeof known_attributes / sizeof known_attributes[0]; i++) {
        if (strcmp(known_attributes[i].oid, text) != 0)
            continue;
        if (!known_attributes[i].impossible)
            return true;
        return refuse(
            ERROR_ISSUER_INVALID,
            error_keep_format(err, "the server expects keys of another type (%s); the chip's are on P-256", text),
            "ask who runs the issuer for a label that issues to P-256 keys", err);
    }
    if (used + 1 + strlen(text) < EST_ATTRIBUTES_TEXT)
        (void)snprintf(wanted + used, EST_ATTRIBUTES_TEXT - used, "%s%s", used != 0 ? " " : "", text);
    return true;
}

/* AttrOrOID: an OID, or an OID with values (RFC 7030, 4.5.2). OIDs among the values count, too: a curve. */
static bool take_item(struct bytes *list, char wanted[static EST_ATTRIBUTES_TEXT], struct error *err)
{
    struct bytes attribute, oid, values;

    if (take_element(list, TAG_OID, &oid))
        return take_attribute(oid, wanted, err);
    if (!take_element(list, TAG_SEQUENCE, &attribute) || !take_element(&attribute, TAG_OID, &oid) ||
        !take_element(&attribute, TAG_SET, &values) || attribute.len != 0)
        return refuse(ERROR_ISSUER_ANSWER, "the server's list of attributes (csrattrs) cannot be read", NULL, err);
    if (!take_attribute(oid, wanted, err))
        return false;
    while (take_element(&values, TAG_OID, &oid)) {
        if (!take_attribute(oid, wanted, err))
            return false;
    }
    return true;
}

bool est_answer_read_attributes(struct bytes text, char wanted[static EST_ATTRIBUTES_TEXT], struct error *err)
{
    gnutls_datum_t der;
    struct bytes whole, list;
    bool ok;

    wanted[0] = '\0';
    if (!decode(text, &der, err))
        return false;
    whole = bytes_of(der.data, der.size);
    ok = (take_element(&whole, TAG_SEQUENCE, &list) && whole.len == 0) ||
         refuse(ERROR_ISSUER_ANSWER, "the server's list of attributes (csrattrs) cannot be read", NULL, err);
    while (ok && list.len != 0)
        ok = take_item(&list, wanted, err);
    gnutls_free(der.data);
    return ok;
}
