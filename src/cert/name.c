/* SPDX-License-Identifier: Apache-2.0 */
#include "cert/name.h"

#include <string.h>

#include "base/hex.h"
#include "cert/der.h"

/* What a type of attribute permits. DER_UTF8_STRING stands for a DirectoryString, in which PrintableString is allowed
 * too. */
struct attribute {
    const char *name, *long_name;
    const char *oid; /* in DER, without tag and length; a string literal */
    enum der_tag tag;
    uint16_t least, most; /* characters */
};

/*
 * Object identifiers: X.520 (2.5.4.x), RFC 4519 (DC and UID), PKCS#9 (emailAddress). Types and upper bounds: RFC 5280,
 * appendix A.1; for L, ST, street, postalCode and UID the bounds of X.520 and RFC 4519's syntaxes.
 */
#define X520(last) "\x55\x04" last
static const struct attribute attributes[] = {
    {"CN", "commonName", X520("\x03"), DER_UTF8_STRING, 1, 64},
    {"SN", "surname", X520("\x04"), DER_UTF8_STRING, 1, CERT_NAME_TEXT_MAX},
    {"serialNumber", NULL, X520("\x05"), DER_PRINTABLE_STRING, 1, 64},
    {"C", "countryName", X520("\x06"), DER_PRINTABLE_STRING, 2, 2},
    {"L", "localityName", X520("\x07"), DER_UTF8_STRING, 1, 128},
    {"L", "locality", X520("\x07"), DER_UTF8_STRING, 1, 128},
    {"ST", "stateOrProvinceName", X520("\x08"), DER_UTF8_STRING, 1, 128},
    {"STREET", "streetAddress", X520("\x09"), DER_UTF8_STRING, 1, 128},
    {"O", "organizationName", X520("\x0a"), DER_UTF8_STRING, 1, 64},
    {"OU", "organizationalUnitName", X520("\x0b"), DER_UTF8_STRING, 1, 64},
    {"title", NULL, X520("\x0c"), DER_UTF8_STRING, 1, 64},
    {"postalCode", NULL, X520("\x11"), DER_UTF8_STRING, 1, 40},
    {"name", NULL, X520("\x29"), DER_UTF8_STRING, 1, CERT_NAME_TEXT_MAX},
    {"GN", "givenName", X520("\x2a"), DER_UTF8_STRING, 1, CERT_NAME_TEXT_MAX},
    {"initials", NULL, X520("\x2b"), DER_UTF8_STRING, 1, CERT_NAME_TEXT_MAX},
    {"generationQualifier", NULL, X520("\x2c"), DER_UTF8_STRING, 1, CERT_NAME_TEXT_MAX},
    {"dnQualifier", NULL, X520("\x2e"), DER_PRINTABLE_STRING, 1, CERT_NAME_TEXT_MAX},
    {"pseudonym", NULL, X520("\x41"), DER_UTF8_STRING, 1, 128},
    {"DC", "domainComponent", "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", DER_IA5_STRING, 1, CERT_NAME_TEXT_MAX},
    {"UID", "userId", "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01", DER_UTF8_STRING, 1, CERT_NAME_TEXT_MAX},
    {"emailAddress", "email", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", DER_IA5_STRING, 1, CERT_NAME_TEXT_MAX},
};

/* For a dotted OID that the table does not have. */
static const struct attribute any_attribute = {.tag = DER_UTF8_STRING, .least = 1, .most = CERT_NAME_TEXT_MAX};

/* One part while it is read. */
struct part {
    const char *at; /* the next character */
    const struct attribute *attribute;
    uint8_t oid[CERT_OID_MAX], value[CERT_NAME_TEXT_MAX];
    size_t oid_len, value_len;
    enum der_tag tag;
    const char *cause, *next; /* why it is refused */
};

static bool refuse(struct part *part, const char *cause, const char *next)
{
    part->cause = cause;
    part->next = next;
    return false;
}

/* --- the type --- */

static bool is_name(const char *name, const char *text, size_t len)
{
    if (name == NULL || strlen(name) != len)
        return false;
    for (size_t i = 0; i < len; i++) {
        const char upper = text[i] >= 'a' && text[i] <= 'z' ? (char)(text[i] - 'a' + 'A') : text[i];
        const char wanted = name[i] >= 'a' && name[i] <= 'z' ? (char)(name[i] - 'a' + 'A') : name[i];

        if (upper != wanted)
            return false;
    }
    return true;
}

/* A number of an OID, seven bits to a byte, most significant first (X.690, 8.19). */
static bool put_arc(struct part *part, uint32_t arc)
{
    int shift = 28;

    while (shift > 0 && arc >> shift == 0)
        shift -= 7;
    for (; shift >= 0; shift -= 7) {
        if (part->oid_len == sizeof part->oid)
            return false;
        part->oid[part->oid_len++] = (uint8_t)((arc >> shift & 0x7f) | (shift > 0 ? 0x80 : 0));
    }
    return true;
}

/* Decimal digits without a leading zero, below 2^31 so that the first two can be combined. */
static bool read_arc(const char **at, const char *end, uint32_t *arc)
{
    const char *first = *at;

    *arc = 0;
    for (; *at < end && **at >= '0' && **at <= '9'; (*at)++) {
        if (*arc > (INT32_MAX - 9) / 10)
            return false;
        *arc = *arc * 10 + (uint32_t)(**at - '0');
    }
    return *at > first && (*first != '0' || *at == first + 1);
}

/* Moves over a dot and the number after it. */
static bool read_next_arc(const char **at, const char *end, uint32_t *arc)
{
    if (*at == end || **at != '.')
        return false;
    (*at)++;
    return read_arc(at, end, arc);
}

/* "2.5.4.3". The first two numbers share a byte: 40 times the first, plus the second (X.690, 8.19.4). */
static bool read_dotted(struct part *part, const char *at, const char *end)
{
    uint32_t first, arc;

    if (!read_arc(&at, end, &first) || first > 2 || !read_next_arc(&at, end, &arc) || (first < 2 && arc > 39) ||
        !put_arc(part, first * 40 + arc))
        return false;
    while (at < end) {
        if (!read_next_arc(&at, end, &arc) || !put_arc(part, arc))
            return false;
    }
    return true;
}

/* A dotted OID gets the rules of the same attribute by name. */
static void find_rules(struct part *part)
{
    part->attribute = &any_attribute;
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
        if (bytes_equal(bytes_of(attributes[i].oid, strlen(attributes[i].oid)), bytes_of(part->oid, part->oid_len)))
            part->attribute = &attributes[i];
    }
}

static bool read_type(struct part *part)
{
    const char *first = part->at;
    size_t len = strcspn(first, "=,+;");

    if (len == 0 || first[len] != '=')
        return refuse(part, "expected TYPE=VALUE", "write each part as in CN=board 1, and a comma in a value as \\,");
    part->at = first + len + 1;
    if (*first >= '0' && *first <= '9') {
        if (!read_dotted(part, first, first + len))
            return refuse(part, "not an object identifier", "write it as numbers and dots, as in 2.5.4.3");
        find_rules(part);
        return true;
    }
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
        const struct attribute *attribute = &attributes[i];

        if (is_name(attribute->name, first, len) || is_name(attribute->long_name, first, len)) {
            part->attribute = attribute;
            part->oid_len = strlen(attribute->oid);
            memcpy(part->oid, attribute->oid, part->oid_len);
            return true;
        }
    }
    return refuse(part, "unknown attribute type", "use CN, O, OU, C, serialNumber or a dotted OID, as in CN=board 1");
}

/* --- the value --- */

/* "\," and other special characters stand for themselves, "\2C" for a byte (RFC 4514, section 3). */
static bool read_escape(struct part *part, uint8_t *byte)
{
    int high, low;

    part->at++;
    if (*part->at != '\0' && strchr(" \"#+,;<=>\\", *part->at) != NULL) {
        *byte = (uint8_t)*part->at++;
        return true;
    }
    high = hex_digit_value(*part->at);
    low = high < 0 ? -1 : hex_digit_value(part->at[1]);
    if (low < 0)
        return refuse(part, "after \\ comes neither a special character nor two hex digits",
                      "write a backslash itself as \\\\");
    *byte = (uint8_t)(high * 16 + low);
    part->at += 2;
    return true;
}

/* Characters that RFC 4514 (section 2.4) wants escaped, and that mean something else to other readers. */
static bool refuse_bare(struct part *part, char c)
{
    if (c == '+')
        return refuse(part, "a part can have only one value", "separate the parts by commas, or write + as \\+");
    if (c != '\0' && strchr("\";<>", c) != NULL)
        return refuse(part, "a character that needs a backslash",
                      "write \" ; < > in a value as \\\" \\; \\< \\>, and separate the parts by commas");
    return true;
}

static bool read_text(struct part *part)
{
    bool bare_space = *part->at == ' '; /* at the beginning or, after the loop, at the end */

    part->tag = part->attribute->tag;
    while (*part->at != '\0' && *part->at != ',' && !(bare_space && part->value_len == 0)) {
        uint8_t byte = (uint8_t)*part->at;

        bare_space = byte == ' ';
        if (!refuse_bare(part, *part->at))
            return false;
        if (byte != '\\')
            part->at++;
        else if (!read_escape(part, &byte))
            return false;
        if (part->value_len == sizeof part->value)
            return refuse(part, "the value is too long", NULL);
        part->value[part->value_len++] = byte;
    }
    if (bare_space)
        return refuse(part, "the value begins or ends with a space", "leave the space out, or write it as \\20");
    return true;
}

/* "#" and a whole string in DER, as hex (RFC 4514, section 2.4). */
static bool read_hex(struct part *part)
{
    uint8_t der[CERT_NAME_TEXT_MAX / 2];
    struct bytes_out out = {.data = der, .cap = sizeof der};
    const size_t len = strcspn(++part->at, ",");

    if (strcspn(part->at, " \t\r\n") < len || !hex_decode(part->at, len, &out, NULL) || out.len < 2 ||
        der[1] != out.len - 2 ||
        (der[0] != DER_UTF8_STRING && der[0] != DER_PRINTABLE_STRING && der[0] != DER_IA5_STRING))
        return refuse(part, "# does not begin the hex of a UTF8String, PrintableString or IA5String",
                      "write the value as text, and a # at its beginning as \\#");
    part->at += len;
    part->tag = (enum der_tag)der[0];
    part->value_len = out.len - 2;
    memcpy(part->value, der + 2, part->value_len);
    return true;
}

/* --- what a value may be --- */

static bool is_printable_string(const struct part *part)
{
    for (size_t i = 0; i < part->value_len; i++) {
        const uint8_t c = part->value[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
            (c == 0 || strchr(" '()+,-./:=?", c) == NULL))
            return false;
    }
    return true;
}

/*
 * The length of the character at `at` in UTF-8 (RFC 3629, section 4) and the character itself; 0 where there is none:
 * overlong forms, surrogates and numbers above 10FFFF are none.
 */
static size_t read_character(const uint8_t *at, size_t len, uint32_t *character)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000}; /* with 0, 1, 2, 3 more bytes */
    const uint8_t first = at[0];
    const size_t more = first < 0x80 ? 0 : first >> 5 == 6 ? 1 : first >> 4 == 14 ? 2 : 3;

    if ((first >= 0x80 && first < 0xc0) || first > 0xf7 || more >= len)
        return 0;
    *character = more == 0 ? first : first & (0x3fu >> more);
    for (size_t i = 1; i <= more; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        *character = *character << 6 | (at[i] & 0x3fu);
    }
    if (*character < least[more] || *character > 0x10ffff || (*character >= 0xd800 && *character <= 0xdfff))
        return 0;
    return more + 1;
}

/* Counts the characters; false if it is not UTF-8, or has control characters (C0, DEL, C1). */
static bool count_characters(struct part *part, size_t *count)
{
    size_t at = 0;

    for (*count = 0; at < part->value_len; (*count)++) {
        uint32_t character = 0;
        const size_t takes = read_character(part->value + at, part->value_len - at, &character);

        if (takes == 0)
            return refuse(part, "the value is not UTF-8", "write it in UTF-8");
        if (character < 0x20 || (character >= 0x7f && character < 0xa0))
            return refuse(part, "the value has a control character", "leave it out");
        at += takes;
    }
    return true;
}

static bool check_value(struct part *part)
{
    const struct attribute *attribute = part->attribute;
    const bool any_string = attribute == &any_attribute;
    size_t count;

    if (part->value_len == 0)
        return refuse(part, "the value is empty", "write a value, as in CN=board 1, or leave the part out");
    if (!count_characters(part, &count))
        return false;
    if (!any_string && part->tag != attribute->tag &&
        !(attribute->tag == DER_UTF8_STRING && part->tag == DER_PRINTABLE_STRING))
        return refuse(part, "another string type than this attribute permits", "write the value as text");
    if (part->tag == DER_PRINTABLE_STRING && !is_printable_string(part))
        return refuse(part, "the value has a character that this attribute does not permit",
                      "use letters without accents, digits, space and ' ( ) + , - . / : = ?");
    /* Every character outside ASCII takes more than one byte. */
    if (part->tag == DER_IA5_STRING && count != part->value_len)
        return refuse(part, "the value has a character that this attribute does not permit", "use ASCII characters");
    if (count < attribute->least || count > attribute->most)
        return refuse(part, attribute->most == 2 ? "a country is a code of two letters" : "the value is too long",
                      attribute->most == 2 ? "write the ISO 3166 code, as in C=DE"
                                           : "the limit is RFC 5280's: 64 characters for CN, O, OU, title and "
                                             "serialNumber, 128 for L and ST, 255 in all");
    return true;
}

/* --- DER --- */

/* SET { SEQUENCE { type, value } }: a RelativeDistinguishedName of one value. */
static bool put_part(struct bytes_out *der, const struct part *part)
{
    const size_t pair =
        der_header_size(part->oid_len) + part->oid_len + der_header_size(part->value_len) + part->value_len;

    return der_put_header(der, DER_SET, der_header_size(pair) + pair) && der_put_header(der, DER_SEQUENCE, pair) &&
           der_put(der, DER_OID, bytes_of(part->oid, part->oid_len)) &&
           der_put(der, part->tag, bytes_of(part->value, part->value_len));
}

static bool read_part(struct part *part)
{
    return read_type(part) && (*part->at == '#' ? read_hex(part) : read_text(part)) && check_value(part);
}

static bool fail(const struct part *part, const char *from, struct error *err)
{
    error_set(err, ERROR_USAGE, part->cause, part->next);
    error_with_subject(err, from);
    return false;
}

static bool no_room(struct error *err)
{
    error_set(err, ERROR_UNEXPECTED, "no room for the name", NULL);
    return false;
}

static bool read_parts(const char *text, struct bytes_out *parts, struct error *err)
{
    size_t count = 0;

    do {
        struct part part = {.at = text + strspn(text, " ")};
        const char *const from = part.at;

        if (count++ == CERT_NAME_PARTS_MAX) {
            (void)refuse(&part, "the name has more than 16 parts", "leave some out");
            return fail(&part, from, err);
        }
        if (!read_part(&part))
            return fail(&part, from, err);
        if (!put_part(parts, &part))
            return no_room(err);
        text = part.at + 1;
    } while (text[-1] != '\0');
    return true;
}

bool cert_read_name(const char *text, struct bytes_out *der, struct error *err)
{
    struct bytes_out parts = {.data = der->data + der->len + DER_HEADER_MAX};

    if (der->cap - der->len < DER_HEADER_MAX)
        return no_room(err);
    parts.cap = der->cap - der->len - DER_HEADER_MAX;
    if (strlen(text) > CERT_NAME_TEXT_MAX) {
        error_set(err, ERROR_USAGE, "the name is longer than 255 bytes", "shorten it");
        error_with_subject(err, text);
        return false;
    }
    if (!read_parts(text, &parts, err))
        return false;
    /* The header takes DER_HEADER_MAX bytes or fewer: the parts move to the front, where there is room for them. */
    (void)der_put_header(der, DER_SEQUENCE, parts.len);
    memmove(der->data + der->len, parts.data, parts.len);
    der->len += parts.len;
    return true;
}

bool cert_read_oid(const char *text, struct bytes_out *der)
{
    struct part part = {.at = text};

    return read_dotted(&part, text, text + strlen(text)) && bytes_append(der, bytes_of(part.oid, part.oid_len));
}
