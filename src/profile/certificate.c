/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/certificate.h"

#include <string.h>

#include "base/hex.h"
#include "cert/name.h"

uint8_t profile_certificate_years(const struct profile_certificate *certificate)
{
    return certificate->valid <= PROFILE_VALID_YEARS_MAX ? (uint8_t)certificate->valid : 0;
}

uint32_t profile_certificate_last_day(const struct profile_certificate *certificate)
{
    return certificate->valid > PROFILE_VALID_YEARS_MAX ? certificate->valid : 0;
}

size_t profile_certificate_key(const struct profile *profile, const struct profile_certificate *certificate)
{
    for (size_t i = 0; i < profile->key_count; i++)
        if (strncmp(profile->keys[i].name, certificate->key, PROFILE_NAME_MAX) == 0)
            return i;
    return PROFILE_KEYS_MAX;
}

const struct profile_certificate *profile_certificate_of(const struct profile *profile, size_t key)
{
    for (size_t i = 0; i < profile->certificate_count; i++)
        if (profile_certificate_key(profile, &profile->certificates[i]) == key)
            return &profile->certificates[i];
    return NULL;
}

uint32_t profile_certificate_extensions(const struct profile_certificate *certificate)
{
    switch (certificate->kind) {
    case PROFILE_KIND_TLS_CLIENT:
        return CERT_EXTENSIONS_TLS_CLIENT;
    case PROFILE_KIND_IDEVID:
        return CERT_EXTENSIONS_IDEVID;
    case PROFILE_KIND_MATTER_DAC:
        return CERT_EXTENSIONS_MATTER_DAC;
    case PROFILE_KIND_EXTENSIONS:
    default:
        return certificate->extensions;
    }
}

bool profile_certificate_in_chip(const struct profile_certificate *certificate)
{
    return certificate->slot != 0;
}

/* ---- the subject ---- */

/*
 * Attributes of Matter (Core specification, 6.5.6.1): the vendor and the product, four upper-case hex digits each. As
 * text in a subject, and as they stand in a name in DER: the identifier, then a UTF8String of 4.
 */
#define MATTER_VENDOR "1.3.6.1.4.1.37244.2.1"
#define MATTER_PRODUCT "1.3.6.1.4.1.37244.2.2"
#define MATTER_ATTRIBUTE 16
static const uint8_t matter_attribute[MATTER_ATTRIBUTE - 1] = {0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01,
                                                               0x82, 0xa2, 0x7c, 0x02, 0x00, 0x0c, 0x04};
#define MATTER_NUMBER_AT 11 /* in the attribute: 1 for the vendor, 2 for the product */
enum { MATTER_IS_VENDOR = 1, MATTER_IS_PRODUCT = 2 };

static void put_id(char to[static 5], uint16_t id)
{
    const uint8_t bytes[] = {(uint8_t)(id >> 8), (uint8_t)id};

    hex_encode(bytes_of(bytes, sizeof bytes), to);
}

/* Appends ",OID=FFF1". False where it does not fit. */
static bool add_id(char text[static PROFILE_SUBJECT_TEXT_MAX], const char *oid, uint16_t id)
{
    const size_t len = strlen(text), oid_len = strlen(oid);

    if (len + oid_len + 7 > PROFILE_SUBJECT_TEXT_MAX)
        return false;
    text[len] = ',';
    memcpy(text + len + 1, oid, oid_len);
    text[len + 1 + oid_len] = '=';
    put_id(text + len + 2 + oid_len, id);
    return true;
}

bool profile_certificate_subject(const struct profile_certificate *certificate,
                                 const uint8_t serial[static CHIP_SERIAL_BYTES],
                                 char text[static PROFILE_SUBJECT_TEXT_MAX], struct error *err)
{
    if (!profile_fill_subject(certificate->subject, serial, text, err))
        return false;
    if (certificate->kind != PROFILE_KIND_MATTER_DAC)
        return true;
    if (add_id(text, MATTER_VENDOR, certificate->vendor_id) && add_id(text, MATTER_PRODUCT, certificate->product_id))
        return true;
    error_set(err, ERROR_USAGE, "the subject is longer than 255 bytes", "shorten it");
    error_with_subject(err, certificate->subject);
    return false;
}

/* ---- the template ---- */

/* The digits of a Matter attribute in a name; NULL: it has none. */
static const uint8_t *find_id(struct bytes name, uint8_t number)
{
    uint8_t wanted[sizeof matter_attribute - 1];

    memcpy(wanted, matter_attribute, sizeof wanted);
    wanted[MATTER_NUMBER_AT] = number;
    for (size_t at = 0; at + sizeof wanted + 4 <= name.len; at++)
        if (memcmp(name.data + at, wanted, sizeof wanted) == 0)
            return name.data + at + sizeof wanted;
    return NULL;
}

static bool is_id(const uint8_t *digits, uint16_t id)
{
    char wanted[5];

    put_id(wanted, id);
    return memcmp(digits, wanted, 4) == 0;
}

/* Matter Core specification, 6.2.2.4: vendor id equal in all of the chain, product id where the intermediate has one.
 */
static bool check_matter_issuer(const struct profile_certificate *certificate, struct bytes issuer, struct error *err)
{
    const uint8_t *vendor = find_id(issuer, MATTER_IS_VENDOR), *product = find_id(issuer, MATTER_IS_PRODUCT);
    const bool vendor_fits = vendor != NULL && is_id(vendor, certificate->vendor_id);

    if (certificate->kind != PROFILE_KIND_MATTER_DAC || issuer.len == 0 ||
        (vendor_fits && (product == NULL || is_id(product, certificate->product_id))))
        return true;
    error_set(err, ERROR_PROFILE_CONFLICT,
              vendor_fits ? "the issuer's certificate is for another product id"
                          : "the issuer's certificate does not name this vendor id",
              "use the product attestation intermediate of this vendor and product");
    error_with_subject(err, vendor_fits ? "product-id" : "vendor-id");
    return false;
}

/* The subject's name in DER, of a chip whose serial number has this byte everywhere. */
static bool make_name(const struct profile_certificate *certificate, uint8_t byte, struct bytes_out *name,
                      struct error *err)
{
    uint8_t serial[CHIP_SERIAL_BYTES];
    char text[PROFILE_SUBJECT_TEXT_MAX];

    memset(serial, byte, sizeof serial);
    return profile_certificate_subject(certificate, serial, text, err) && cert_read_name(text, name, err);
}

/* IEEE 802.1AR wants the attribute serialNumber (2.5.4.5) in the subject: RFC 8995, 2.3.1. */
static bool check_idevid_subject(const struct profile_certificate *certificate, struct bytes name, struct error *err)
{
    static const uint8_t serial_number[] = {0x06, 0x03, 0x55, 0x04, 0x05};

    if (certificate->kind != PROFILE_KIND_IDEVID)
        return true;
    for (size_t at = 0; at + sizeof serial_number <= name.len; at++)
        if (memcmp(name.data + at, serial_number, sizeof serial_number) == 0)
            return true;
    error_set(err, ERROR_PROFILE_CONFLICT, "a device identity names its serial number",
              "a subject with serialNumber, as in O=Example,serialNumber={serial}");
    error_with_subject(err, "subject");
    return false;
}

static bool read_hardware_type(const struct profile_certificate *certificate, struct bytes_out *type, struct error *err)
{
    if (certificate->hardware_type[0] == '\0' || cert_read_oid(certificate->hardware_type, type))
        return true;
    error_set(err, ERROR_PROFILE_SCHEMA, "not an object identifier", "numbers and dots, as in 1.3.6.1.4.1.32473.1");
    error_with_subject(err, "hardware-type");
    return false;
}

/* The names of two chips, so that the template's maker sees where they differ. */
static bool make_names(const struct profile_certificate *certificate, struct bytes_out *a, struct bytes_out *b,
                       struct error *err)
{
    char room[PROFILE_SUBJECT_TEXT_MAX];
    struct error failure = ERROR_IN(room);

    if (make_name(certificate, CERT_FORM_SERIAL_A, a, &failure) &&
        make_name(certificate, CERT_FORM_SERIAL_B, b, &failure))
        return check_idevid_subject(certificate, bytes_written(a), err);
    error_replace_subject(&failure, "subject");
    error_pass(err, &failure);
    return false;
}

/* What is known of the issuer. Of none yet, as good as any. */
static bool note_issuer(const struct cert_parts *issuer, struct cert_wish *wish,
                        uint8_t key_id[static CERT_KEY_ID_BYTES], struct error *err)
{
    memset(key_id, 0, CERT_KEY_ID_BYTES);
    wish->issuer_key_id = bytes_of(key_id, CERT_KEY_ID_BYTES);
    if (issuer == NULL)
        return true;
    wish->issuer_name = issuer->subject;
    if (cert_key_id_of(issuer, key_id))
        return true;
    error_set(err, ERROR_PROFILE_CONFLICT, "the issuer's certificate has a key identifier of another length than 20",
              "use an issuer whose subject key identifier is SHA-1 of its key (RFC 5280, 4.2.1.2)");
    error_with_subject(err, "issuer");
    return false;
}

bool profile_certificate_form(const struct profile_certificate *certificate, const struct cert_parts *issuer,
                              const struct cert_dates *dates, struct cert_form *form, struct error *err)
{
    uint8_t name_a[CERT_NAME_MAX], name_b[CERT_NAME_MAX], type[CERT_OID_MAX], key_id[CERT_KEY_ID_BYTES];
    struct bytes_out a = {.data = name_a, .cap = sizeof name_a}, b = {.data = name_b, .cap = sizeof name_b},
                     hardware = {.data = type, .cap = sizeof type};
    struct cert_wish wish = {.extensions = profile_certificate_extensions(certificate),
                             .dates = dates,
                             .last_day = profile_certificate_last_day(certificate)};

    if (!make_names(certificate, &a, &b, err) || !read_hardware_type(certificate, &hardware, err) ||
        !note_issuer(issuer, &wish, key_id, err) || !check_matter_issuer(certificate, wish.issuer_name, err))
        return false;
    wish.subject_a = bytes_written(&a);
    wish.subject_b = bytes_written(&b);
    wish.hardware_type = bytes_written(&hardware);
    return cert_make_form(&wish, form, err);
}
