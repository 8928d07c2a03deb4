/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/subject.h"

#include <string.h>

#include "base/hex.h"
#include "cert/der.h"
#include "cert/name.h"

#define SERIAL_DIGITS (2 * CHIP_SERIAL_BYTES)

/* One attribute of a name: its type, and the characters of its value. */
struct attribute {
    struct bytes type, value;
};

static bool is_string(uint8_t tag)
{
    return tag == DER_UTF8_STRING || tag == DER_PRINTABLE_STRING || tag == DER_IA5_STRING;
}

/* Takes RelativeDistinguishedName ::= SET OF SEQUENCE { type, value } with one attribute. False: none, or several. */
static bool take_attribute(struct bytes *name, struct attribute *attribute)
{
    struct bytes set, pair, whole;

    if (!der_take(name, DER_SET, &set) || !der_take(&set, DER_SEQUENCE, &pair) || set.len != 0 ||
        !der_take(&pair, DER_OID, &attribute->type))
        return false;
    whole = pair;
    if (whole.len == 0 || !is_string(whole.data[0]))
        return false;
    return der_take(&pair, (enum der_tag)whole.data[0], &attribute->value) && pair.len == 0;
}

/* The name of a chip with this serial number, as DER, and as text where `text` is not NULL. */
static bool make_name(const struct profile_certificate *certificate, const uint8_t serial[static CHIP_SERIAL_BYTES],
                      char *text, struct bytes_out *der)
{
    struct error ignored = {.reason = ERROR_NONE};
    char room[PROFILE_SUBJECT_TEXT_MAX];

    if (text == NULL)
        text = room;
    der->len = 0;
    return profile_certificate_subject(certificate, serial, text, &ignored) && cert_read_name(text, der, &ignored);
}

bool signer_subject_has_serial(const struct profile_certificate *certificate)
{
    uint8_t room_a[CERT_NAME_MAX], room_b[CERT_NAME_MAX], serial[CHIP_SERIAL_BYTES];
    struct bytes_out a = {.data = room_a, .cap = sizeof room_a}, b = {.data = room_b, .cap = sizeof room_b};

    memset(serial, CERT_FORM_SERIAL_A, sizeof serial);
    if (!make_name(certificate, serial, NULL, &a))
        return false;
    memset(serial, CERT_FORM_SERIAL_B, sizeof serial);
    return make_name(certificate, serial, NULL, &b) && !bytes_equal(bytes_written(&a), bytes_written(&b));
}

/* Whether both names have the same attributes with the same characters. */
static bool same_name(struct bytes a, struct bytes b)
{
    if (!der_take(&a, DER_SEQUENCE, &a) || !der_take(&b, DER_SEQUENCE, &b))
        return false;
    while (a.len != 0 && b.len != 0) {
        struct attribute of_a, of_b;

        if (!take_attribute(&a, &of_a) || !take_attribute(&b, &of_b) || !bytes_equal(of_a.type, of_b.type) ||
            !bytes_equal(of_a.value, of_b.value))
            return false;
    }
    return a.len == 0 && b.len == 0;
}

/*
 * The serial number in `name`, which stands where names `a` and `b` of two chips differ first. False where `name` has
 * no hex digits there.
 */
static bool find_serial(struct bytes a, struct bytes b, struct bytes name, uint8_t serial[static CHIP_SERIAL_BYTES])
{
    if (!der_take(&a, DER_SEQUENCE, &a) || !der_take(&b, DER_SEQUENCE, &b) || !der_take(&name, DER_SEQUENCE, &name))
        return false;
    while (a.len != 0 && b.len != 0) {
        struct attribute of_a, of_b, found;
        size_t at = 0;

        if (!take_attribute(&a, &of_a) || !take_attribute(&b, &of_b) || !take_attribute(&name, &found))
            return false;
        while (at < of_a.value.len && at < of_b.value.len && of_a.value.data[at] == of_b.value.data[at])
            at++;
        if (at < of_a.value.len) {
            struct bytes_out out = {.data = serial, .cap = CHIP_SERIAL_BYTES};

            return found.value.len >= at + SERIAL_DIGITS &&
                   hex_decode((const char *)found.value.data + at, SERIAL_DIGITS, &out, NULL) &&
                   out.len == CHIP_SERIAL_BYTES;
        }
    }
    return false;
}

bool signer_subject_match(const struct profile_certificate *certificate, struct bytes subject,
                          uint8_t serial[static CHIP_SERIAL_BYTES], char text[static PROFILE_SUBJECT_TEXT_MAX])
{
    uint8_t room_a[CERT_NAME_MAX], room_b[CERT_NAME_MAX], byte_a[CHIP_SERIAL_BYTES], byte_b[CHIP_SERIAL_BYTES];
    struct bytes_out a = {.data = room_a, .cap = sizeof room_a}, b = {.data = room_b, .cap = sizeof room_b};

    memset(byte_a, CERT_FORM_SERIAL_A, sizeof byte_a);
    memset(byte_b, CERT_FORM_SERIAL_B, sizeof byte_b);
    memset(serial, 0, CHIP_SERIAL_BYTES);
    if (!make_name(certificate, byte_a, NULL, &a) || !make_name(certificate, byte_b, NULL, &b))
        return false;
    if (!bytes_equal(bytes_written(&a), bytes_written(&b)) &&
        !find_serial(bytes_written(&a), bytes_written(&b), subject, serial))
        return false;
    return make_name(certificate, serial, text, &a) && same_name(bytes_written(&a), subject);
}
