/* SPDX-License-Identifier: Apache-2.0 */
#include "cert/check_request.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#include "base/hex.h"

#define OID_TEXT_MAX 128
#define REQUEST_MAX 4096 /* more than any request with a P-256 key and a subject of 255 characters */
#define VALUE_MAX 300    /* a value of 255 bytes with its DER header */

/* DER's tags of the strings that requests have (X.680, section 8.4). */
enum { UTF8_STRING = 12, PRINTABLE_STRING = 19, IA5_STRING = 22 };

/* Names of attributes, as they are asked for, and the string type of those that permit no UTF8String (RFC 5280). */
static const struct attribute_name {
    const char *name, *oid;
    int only;
} attribute_names[] = {
    {"CN", "2.5.4.3", 0},
    {"commonName", "2.5.4.3", 0},
    {"SN", "2.5.4.4", 0},
    {"surname", "2.5.4.4", 0},
    {"serialNumber", "2.5.4.5", PRINTABLE_STRING},
    {"C", "2.5.4.6", PRINTABLE_STRING},
    {"countryName", "2.5.4.6", PRINTABLE_STRING},
    {"L", "2.5.4.7", 0},
    {"locality", "2.5.4.7", 0},
    {"localityName", "2.5.4.7", 0},
    {"ST", "2.5.4.8", 0},
    {"stateOrProvinceName", "2.5.4.8", 0},
    {"STREET", "2.5.4.9", 0},
    {"streetAddress", "2.5.4.9", 0},
    {"O", "2.5.4.10", 0},
    {"organizationName", "2.5.4.10", 0},
    {"OU", "2.5.4.11", 0},
    {"organizationalUnitName", "2.5.4.11", 0},
    {"title", "2.5.4.12", 0},
    {"postalCode", "2.5.4.17", 0},
    {"name", "2.5.4.41", 0},
    {"GN", "2.5.4.42", 0},
    {"givenName", "2.5.4.42", 0},
    {"initials", "2.5.4.43", 0},
    {"generationQualifier", "2.5.4.44", 0},
    {"dnQualifier", "2.5.4.46", PRINTABLE_STRING},
    {"pseudonym", "2.5.4.65", 0},
    {"DC", "0.9.2342.19200300.100.1.25", IA5_STRING},
    {"domainComponent", "0.9.2342.19200300.100.1.25", IA5_STRING},
    {"UID", "0.9.2342.19200300.100.1.1", 0},
    {"userId", "0.9.2342.19200300.100.1.1", 0},
    {"emailAddress", "1.2.840.113549.1.9.1", IA5_STRING},
    {"email", "1.2.840.113549.1.9.1", IA5_STRING},
};

/* One attribute of the request's subject, as GnuTLS gives it. */
struct found {
    char oid[OID_TEXT_MAX];
    uint8_t der[VALUE_MAX]; /* the string, with tag and length */
    size_t len;
};

static bool refuse(const char *cause, struct error *err)
{
    error_set(err, ERROR_PROOF_FAILED, cause,
              "do not send this request to a certificate authority; run the same command again");
    return false;
}

/* --- the request --- */

/* DER has one form for each request. What is exported again and differs was not DER. */
static bool is_der(gnutls_x509_crq_t request, struct bytes der)
{
    gnutls_datum_t again = {.data = NULL};
    bool same = gnutls_x509_crq_export2(request, GNUTLS_X509_FMT_DER, &again) == GNUTLS_E_SUCCESS &&
                bytes_equal(bytes_of(again.data, again.size), der);

    gnutls_free(again.data);
    return same;
}

static bool is_signed(gnutls_x509_crq_t request)
{
    return gnutls_x509_crq_get_signature_algorithm(request) == GNUTLS_SIGN_ECDSA_SHA256 &&
           gnutls_x509_crq_verify(request, 0) == GNUTLS_E_SUCCESS;
}

static bool has_key(gnutls_x509_crq_t request, const uint8_t point[static P256_POINT_BYTES])
{
    gnutls_pubkey_t key = NULL;
    gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
    gnutls_datum_t x = {.data = NULL}, y = {.data = NULL};
    bool same = gnutls_pubkey_init(&key) == GNUTLS_E_SUCCESS &&
                gnutls_pubkey_import_x509_crq(key, request, 0) == GNUTLS_E_SUCCESS &&
                gnutls_pubkey_export_ecc_raw2(key, &curve, &x, &y, GNUTLS_EXPORT_FLAG_NO_LZ) == GNUTLS_E_SUCCESS &&
                curve == GNUTLS_ECC_CURVE_SECP256R1 && x.size <= P256_BYTES && y.size <= P256_BYTES;

    if (same) {
        uint8_t whole[P256_POINT_BYTES] = {P256_UNCOMPRESSED};

        memcpy(whole + 1 + P256_BYTES - x.size, x.data, x.size);
        memcpy(whole + P256_POINT_BYTES - y.size, y.data, y.size);
        same = memcmp(whole, point, sizeof whole) == 0;
    }
    gnutls_free(x.data);
    gnutls_free(y.data);
    gnutls_pubkey_deinit(key);
    return same;
}

/* --- the subject --- */

static bool read_oid(gnutls_x509_crq_t request, unsigned index, char oid[static OID_TEXT_MAX])
{
    size_t size = OID_TEXT_MAX;

    return gnutls_x509_crq_get_dn_oid(request, index, oid, &size) == GNUTLS_E_SUCCESS;
}

/* The attribute at `index`. GnuTLS counts the values of each type apart. */
static bool read_found(gnutls_x509_crq_t request, unsigned index, struct found *found)
{
    unsigned before = 0;

    if (!read_oid(request, index, found->oid))
        return false;
    for (unsigned i = 0; i < index; i++) {
        char oid[OID_TEXT_MAX];

        before += read_oid(request, i, oid) && strcmp(oid, found->oid) == 0;
    }
    found->len = sizeof found->der;
    return gnutls_x509_crq_get_dn_by_oid(request, found->oid, before, 1, found->der, &found->len) == GNUTLS_E_SUCCESS;
}

/* GnuTLS writes a part of several values with a bare plus between them. */
static bool has_single_values(gnutls_x509_crq_t request)
{
    gnutls_datum_t text = {.data = NULL};
    bool single = gnutls_x509_crq_get_dn3(request, &text, 0) == GNUTLS_E_SUCCESS;

    for (unsigned i = 0; single && i < text.size; i++) {
        if (text.data[i] == '\\')
            i++;
        else
            single = text.data[i] != '+';
    }
    gnutls_free(text.data);
    return single;
}

/* Whether the `len` characters at `asked` name the attribute that was found, and its string type may be so. */
static bool is_type(const char *asked, size_t len, const struct found *found)
{
    bool same = strlen(found->oid) == len && strncmp(asked, found->oid, len) == 0;
    int only = 0;

    for (size_t i = 0; i < sizeof attribute_names / sizeof attribute_names[0]; i++) {
        const struct attribute_name *known = &attribute_names[i];

        if (strcmp(known->oid, found->oid) != 0)
            continue;
        only = known->only;
        same = same || (strlen(known->name) == len && strncasecmp(asked, known->name, len) == 0);
    }
    if (only != 0)
        return same && found->der[0] == only;
    return same && (found->der[0] == UTF8_STRING || found->der[0] == PRINTABLE_STRING || found->der[0] == IA5_STRING);
}

/* Compares the text at `*asked` with the bytes, escapes undone, and moves over what is equal. */
static bool is_text(const char **asked, struct bytes value)
{
    for (size_t i = 0; i < value.len; i++) {
        uint8_t byte = (uint8_t)**asked;

        if (byte == '\0' || byte == ',')
            return false;
        (*asked)++;
        if (byte == '\\' && hex_digit_value((*asked)[0]) >= 0 && hex_digit_value((*asked)[1]) >= 0) {
            byte = (uint8_t)(hex_digit_value((*asked)[0]) << 4 | hex_digit_value((*asked)[1]));
            *asked += 2;
        } else if (byte == '\\') {
            byte = (uint8_t)**asked;
            *asked += byte != '\0';
        }
        if (byte != value.data[i])
            return false;
    }
    return true;
}

static bool is_hex(const char **asked, const struct found *found)
{
    char hex[HEX_SIZE(VALUE_MAX)];
    size_t len;

    hex_encode(bytes_of(found->der, found->len), hex);
    len = strlen(hex);
    if (strncasecmp(*asked, hex, len) != 0)
        return false;
    *asked += len;
    return true;
}

/* Compares the part at `*asked` with what was found, and moves over it. */
static bool is_part(const char **asked, const struct found *found)
{
    const size_t head = found->len >= 2 && found->der[1] < 0x80 ? 2 : 3; /* 3: a length from 128 to 255 */
    const char *equals;

    *asked += strspn(*asked, " ");
    equals = strchr(*asked, '=');
    if (equals == NULL || found->len < head || !is_type(*asked, (size_t)(equals - *asked), found))
        return false;
    *asked = equals + 1;
    if (**asked == '#') {
        (*asked)++;
        return is_hex(asked, found);
    }
    return is_text(asked, bytes_of(found->der + head, found->len - head));
}

static bool has_subject(gnutls_x509_crq_t request, const char *asked)
{
    char oid[OID_TEXT_MAX];
    struct found found;
    unsigned index = 0;

    if (!has_single_values(request))
        return false;
    do {
        if (!read_found(request, index++, &found) || !is_part(&asked, &found))
            return false;
    } while (*asked++ == ',');
    return asked[-1] == '\0' && !read_oid(request, index, oid);
}

bool cert_check_request(struct bytes der, const uint8_t point[static P256_POINT_BYTES], const char *subject,
                        struct error *err)
{
    uint8_t copy[REQUEST_MAX]; /* GnuTLS asks for memory that it could write, and does not write it */
    const gnutls_datum_t data = {copy, (unsigned)der.len};
    gnutls_x509_crq_t request = NULL;
    bool ok;

    if (der.len == 0 || der.len > sizeof copy)
        return refuse("not a certificate request", err);
    memcpy(copy, der.data, der.len);
    if (gnutls_x509_crq_init(&request) != GNUTLS_E_SUCCESS ||
        gnutls_x509_crq_import(request, &data, GNUTLS_X509_FMT_DER) != GNUTLS_E_SUCCESS || !is_der(request, der))
        ok = refuse("not a certificate request", err);
    else if (!is_signed(request))
        ok = refuse("the certificate request is not signed by the key in it", err);
    else if (!has_key(request, point))
        ok = refuse("the certificate request is for another key", err);
    else
        ok = has_subject(request, subject) || refuse("the certificate request has another subject", err);
    gnutls_x509_crq_deinit(request);
    if (!ok)
        error_doing(err, "check the certificate request");
    return ok;
}
