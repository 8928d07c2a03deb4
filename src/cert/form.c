/* SPDX-License-Identifier: Apache-2.0 */
#include "cert/form.h"

#include <string.h>

#include "cert/algorithm.h"
#include "cert/der.h"
#include "cert/parts.h"

#define SERIAL_DIGITS (2 * CERT_CHIP_SERIAL_BYTES)
#define LAST_UTC_YEAR 2049
#define UTC_BYTES 13
#define GENERALIZED_BYTES 15
#define EXTENSIONS_MAX 256 /* all of them together take 183 bytes and a hardware type */
#define VALUE_MAX 96       /* the longest value of an extension, HardwareModuleName with its type: 33 + CERT_OID_MAX */

/* Where DER is written to, and where each field begins in it. */
struct writer {
    struct bytes_out out;
    struct cert_place *places;
    bool fits;
};

static void put(struct writer *writer, enum der_tag tag, struct bytes content)
{
    writer->fits = writer->fits && der_put(&writer->out, tag, content);
}

static void put_header(struct writer *writer, enum der_tag tag, size_t len)
{
    writer->fits = writer->fits && der_put_header(&writer->out, tag, len);
}

static void put_bytes(struct writer *writer, struct bytes bytes)
{
    writer->fits = writer->fits && bytes_append(&writer->out, bytes);
}

/* Notes that the last `len` bytes written are the place of `field`. */
static void note(struct writer *writer, enum cert_field field, size_t len)
{
    if (writer->fits)
        writer->places[field] = (struct cert_place){.at = (uint16_t)(writer->out.len - len), .len = (uint16_t)len};
}

/* ---- the subject ---- */

static bool refuse(struct error *err, const char *field, const char *cause, const char *next)
{
    error_set(err, ERROR_PROFILE_CONFLICT, cause, next);
    error_with_subject(err, field);
    return false;
}

/* The field of the `number`th place with the serial number in this case; CERT_FIELD_COUNT: there is none more. */
static enum cert_field serial_field(uint8_t digit, unsigned number)
{
    static const enum cert_field upper[] = {CERT_CHIP_SERIAL, CERT_CHIP_SERIAL_AGAIN};
    static const enum cert_field lower[] = {CERT_CHIP_SERIAL_LOWER, CERT_CHIP_SERIAL_LOWER_AGAIN};

    if (number >= 2)
        return CERT_FIELD_COUNT;
    return digit == 'A' ? upper[number] : lower[number];
}

/* Whether a serial number's digits begin at `at`: all of them 'A' or 'a' in the one name, 'B' or 'b' in the other. */
static bool is_serial(struct bytes a, struct bytes b, size_t at)
{
    return (a.data[at] == 'A' || a.data[at] == 'a') && a.len - at >= SERIAL_DIGITS &&
           bytes_all(bytes_of(a.data + at, SERIAL_DIGITS), a.data[at]) &&
           bytes_all(bytes_of(b.data + at, SERIAL_DIGITS), (uint8_t)(a.data[at] + 1));
}

static bool find_serials(const struct cert_wish *wish, struct cert_place places[static CERT_FIELD_COUNT], size_t from,
                         struct error *err)
{
    const struct bytes a = wish->subject_a, b = wish->subject_b;
    unsigned upper = 0, lower = 0;

    for (size_t at = 0; at < a.len;) {
        enum cert_field field;

        if (a.data[at] == b.data[at]) {
            at++;
            continue;
        }
        if (!is_serial(a, b, at))
            return refuse(err, "subject", "the serial number in the hex of a value cannot be put together again",
                          "write such a value as text, with {serial} or {serial:lower} in it");
        field = serial_field(a.data[at], a.data[at] == 'A' ? upper++ : lower++);
        if (field == CERT_FIELD_COUNT)
            return refuse(err, "subject", "the serial number stands in the name more than twice",
                          "write {serial} twice at most, and {serial:lower} twice at most");
        places[field] = (struct cert_place){.at = (uint16_t)(from + at), .len = SERIAL_DIGITS};
        at += SERIAL_DIGITS;
    }
    return true;
}

static bool put_subject(struct writer *writer, const struct cert_wish *wish, struct error *err)
{
    const size_t from = writer->out.len;

    if (wish->subject_a.len != wish->subject_b.len)
        return refuse(err, "subject", "the name has another length with another serial number", NULL);
    put_bytes(writer, wish->subject_a);
    return find_serials(wish, writer->places, from, err);
}

/* ---- the times ---- */

/* UTCTime through 2049, GeneralizedTime from 2050 on (RFC 5280, 4.1.2.5). */
static void put_time(struct writer *writer, unsigned year, enum cert_field field)
{
    static const uint8_t zeros[GENERALIZED_BYTES] = {0};
    const bool is_utc = year <= LAST_UTC_YEAR;
    const size_t len = is_utc ? UTC_BYTES : GENERALIZED_BYTES;

    put(writer, is_utc ? DER_UTC_TIME : DER_GENERALIZED_TIME, bytes_of(zeros, len));
    note(writer, field, len);
}

static void put_digits(char *at, uint32_t value, size_t digits)
{
    for (size_t i = digits; i > 0; i--, value /= 10)
        at[i - 1] = (char)('0' + value % 10);
}

/* The end of a day is a part of the template, not a field: the 72 bytes cannot say it. */
static void put_last_day(struct writer *writer, uint32_t last_day)
{
    char text[GENERALIZED_BYTES];
    const size_t skip = last_day / 10000 <= LAST_UTC_YEAR ? GENERALIZED_BYTES - UTC_BYTES : 0;

    put_digits(text, last_day, 8);
    memcpy(text + 8, "235959Z", 7);
    put(writer, skip != 0 ? DER_UTC_TIME : DER_GENERALIZED_TIME, bytes_of(text + skip, sizeof text - skip));
}

static void put_validity(struct writer *writer, const struct cert_wish *wish)
{
    const unsigned first = wish->dates->year;
    const unsigned last = wish->last_day != 0       ? wish->last_day / 10000
                          : wish->dates->years != 0 ? first + wish->dates->years
                                                    : 9999;

    put_header(writer, DER_SEQUENCE,
               2 * (size_t)2 + (first <= LAST_UTC_YEAR ? UTC_BYTES : GENERALIZED_BYTES) +
                   (last <= LAST_UTC_YEAR ? UTC_BYTES : GENERALIZED_BYTES));
    put_time(writer, first, CERT_NOT_BEFORE);
    if (wish->last_day != 0)
        put_last_day(writer, wish->last_day);
    else
        put_time(writer, last, CERT_NOT_AFTER);
}

/* ---- the extensions ---- */

/* Numbers of id-ce, 2.5.29 (RFC 5280, 4.2.1). */
enum extension_id {
    ID_SUBJECT_KEY = 14,
    ID_KEY_USAGE = 15,
    ID_SUBJECT_ALT_NAME = 17,
    ID_BASIC_CONSTRAINTS = 19,
    ID_AUTHORITY_KEY = 35,
    ID_EXTENDED_USAGE = 37
};

static void put_extension(struct writer *writer, enum extension_id id, bool critical, struct bytes value)
{
    static const uint8_t is_critical[] = {DER_BOOLEAN, 1, 0xff};
    const uint8_t oid[] = {0x55, 0x1d, (uint8_t)id};
    const size_t flag = critical ? sizeof is_critical : 0;

    put_header(writer, DER_SEQUENCE, 2 + sizeof oid + flag + der_header_size(value.len) + value.len);
    put(writer, DER_OID, bytes_of(oid, sizeof oid));
    put_bytes(writer, bytes_of(is_critical, flag));
    put(writer, DER_OCTET_STRING, value);
}

/* Bits of KeyUsage (RFC 5280, 4.2.1.3), first bit first; trailing zero bits are left out (X.690, 11.2.2). */
static void put_key_usage(struct writer *writer, uint32_t extensions)
{
    const unsigned bits = ((extensions & CERT_DIGITAL_SIGNATURE) != 0 ? 0x80u : 0) |
                          ((extensions & CERT_NON_REPUDIATION) != 0 ? 0x40u : 0) |
                          ((extensions & CERT_KEY_AGREEMENT) != 0 ? 0x08u : 0);
    uint8_t value[] = {DER_BIT_STRING, 2, 0, (uint8_t)bits};

    if (bits == 0)
        return;
    while ((bits >> value[2] & 1) == 0)
        value[2]++;
    put_extension(writer, ID_KEY_USAGE, true, bytes_of(value, sizeof value));
}

static void put_extended_usage(struct writer *writer, uint32_t extensions)
{
    /* id-kp-serverAuth and id-kp-clientAuth (RFC 5280, 4.2.1.12). */
    static const uint8_t server[] = {DER_OID, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1},
                         client[] = {DER_OID, 8, 0x2b, 6, 1, 5, 5, 7, 3, 2};
    uint8_t room[sizeof server + sizeof client], value[2 + sizeof room];
    struct bytes_out uses = {.data = room, .cap = sizeof room}, out = {.data = value, .cap = sizeof value};

    if ((extensions & CERT_SERVER_AUTH) != 0)
        (void)bytes_append(&uses, bytes_of(server, sizeof server));
    if ((extensions & CERT_CLIENT_AUTH) != 0)
        (void)bytes_append(&uses, bytes_of(client, sizeof client));
    if (uses.len != 0 && der_put(&out, DER_SEQUENCE, bytes_written(&uses)))
        put_extension(writer, ID_EXTENDED_USAGE, false, bytes_written(&out));
}

/*
 * GeneralNames { otherName [0] { id-on-hardwareModuleName, [0] HardwareModuleName { hwType, hwSerialNum } } } (RFC
 * 4108, 5). The serial number is the chip's 9 bytes, the last of them all.
 */
static void put_hardware_module(struct writer *writer, struct bytes type)
{
    static const uint8_t id[] = {DER_OID, 8, 0x2b, 6, 1, 5, 5, 7, 8, 4}, serial[CERT_CHIP_SERIAL_BYTES] = {0};
    const size_t name = 2 + type.len + 2 + sizeof serial, other = sizeof id + 2 + 2 + name;
    uint8_t value[VALUE_MAX];
    struct bytes_out out = {.data = value, .cap = sizeof value};

    writer->fits = writer->fits && der_put_header(&out, DER_SEQUENCE, 2 + other) &&
                   der_put_header(&out, DER_CONTEXT_0, other) && bytes_append(&out, bytes_of(id, sizeof id)) &&
                   der_put_header(&out, DER_CONTEXT_0, 2 + name) && der_put_header(&out, DER_SEQUENCE, name) &&
                   der_put(&out, DER_OID, type) && der_put(&out, DER_OCTET_STRING, bytes_of(serial, sizeof serial));
    put_extension(writer, ID_SUBJECT_ALT_NAME, false, bytes_written(&out));
    note(writer, CERT_CHIP_SERIAL_RAW, sizeof serial);
}

static void put_subject_key(struct writer *writer)
{
    uint8_t value[2 + CERT_KEY_ID_BYTES] = {DER_OCTET_STRING, CERT_KEY_ID_BYTES};

    put_extension(writer, ID_SUBJECT_KEY, false, bytes_of(value, sizeof value));
    note(writer, CERT_SUBJECT_KEY, CERT_KEY_ID_BYTES);
}

/* SEQUENCE { [0] keyIdentifier }; the context tag is of a primitive type. */
static void put_authority_key(struct writer *writer, struct bytes key_id)
{
    uint8_t value[4 + CERT_KEY_ID_BYTES] = {DER_SEQUENCE, 2 + CERT_KEY_ID_BYTES, 0x80, CERT_KEY_ID_BYTES};

    memcpy(value + 4, key_id.data, CERT_KEY_ID_BYTES);
    put_extension(writer, ID_AUTHORITY_KEY, false, bytes_of(value, sizeof value));
}

static void put_list(struct writer *writer, const struct cert_wish *wish)
{
    static const uint8_t not_a_ca[] = {DER_SEQUENCE, 0};

    if ((wish->extensions & CERT_BASIC_CONSTRAINTS) != 0)
        put_extension(writer, ID_BASIC_CONSTRAINTS, true, bytes_of(not_a_ca, sizeof not_a_ca));
    put_key_usage(writer, wish->extensions);
    put_extended_usage(writer, wish->extensions);
    if ((wish->extensions & CERT_HARDWARE_MODULE) != 0)
        put_hardware_module(writer, wish->hardware_type);
    if ((wish->extensions & CERT_SUBJECT_KEY_ID) != 0)
        put_subject_key(writer);
    if ((wish->extensions & CERT_AUTHORITY_KEY_ID) != 0)
        put_authority_key(writer, wish->issuer_key_id);
}

static void move_places(struct cert_place to[static CERT_FIELD_COUNT],
                        const struct cert_place from[static CERT_FIELD_COUNT], size_t by)
{
    for (unsigned field = 0; field < CERT_FIELD_COUNT; field++)
        if (from[field].len != 0)
            to[field] = (struct cert_place){.at = (uint16_t)(from[field].at + by), .len = from[field].len};
}

/* [3] { SEQUENCE OF Extension }; nothing at all where there are none. */
static void put_extensions(struct writer *writer, const struct cert_wish *wish)
{
    struct cert_place places[CERT_FIELD_COUNT] = {{.at = 0}};
    uint8_t room[EXTENSIONS_MAX];
    struct writer list = {.out = {.data = room, .cap = sizeof room}, .places = places, .fits = true};
    size_t len;

    put_list(&list, wish);
    len = list.out.len;
    writer->fits = writer->fits && list.fits;
    if (len == 0)
        return;
    put_header(writer, DER_CONTEXT_3, der_header_size(len) + len);
    put_header(writer, DER_SEQUENCE, len);
    move_places(writer->places, places, writer->out.len);
    put_bytes(writer, bytes_written(&list.out));
}

/* ---- the whole ---- */

static void put_key(struct writer *writer)
{
    static const uint8_t point[P256_POINT_BYTES] = {P256_UNCOMPRESSED};

    put_bytes(writer, bytes_of(cert_spki_head, sizeof cert_spki_head));
    put_bytes(writer, bytes_of(point, sizeof point));
    note(writer, CERT_PUBLIC_KEY, CERT_KEY_BYTES);
}

/* All but the header of the TBSCertificate (RFC 5280, 4.1). */
static bool put_content(struct writer *writer, const struct cert_wish *wish, struct error *err)
{
    static const uint8_t version[] = {DER_CONTEXT_0, 3, DER_INTEGER, 1, 2}, serial[CERT_SERIAL_BYTES] = {0};

    put_bytes(writer, bytes_of(version, sizeof version));
    put(writer, DER_INTEGER, bytes_of(serial, sizeof serial));
    note(writer, CERT_SERIAL, sizeof serial);
    put_bytes(writer, bytes_of(cert_signature_algorithm, sizeof cert_signature_algorithm));
    put_bytes(writer, wish->issuer_name);
    put_validity(writer, wish);
    if (!put_subject(writer, wish, err))
        return false;
    put_key(writer);
    put_extensions(writer, wish);
    return true;
}

bool cert_make_form(const struct cert_wish *wish, struct cert_form *form, struct error *err)
{
    struct cert_place places[CERT_FIELD_COUNT] = {{.at = 0}};
    struct writer content = {.out = {.data = form->tbs + DER_HEADER_MAX, .cap = sizeof form->tbs - DER_HEADER_MAX},
                             .places = places,
                             .fits = true};
    struct bytes_out header = {.data = form->tbs, .cap = DER_HEADER_MAX};

    memset(form, 0, sizeof *form);
    if (!put_content(&content, wish, err))
        return false;
    if (!content.fits)
        return refuse(err, "subject", "the certificate is too long with these names and extensions",
                      "shorten the subject: the names of subject and issuer may have about 500 bytes together");
    (void)der_put_header(&header, DER_SEQUENCE, content.out.len);
    memmove(form->tbs + header.len, content.out.data, content.out.len);
    form->form = (struct cert_template){
        .tbs = form->tbs, .tbs_len = (uint16_t)(header.len + content.out.len), .serial_source = CERT_SERIAL_KEY_HASH};
    move_places(form->form.places, places, header.len);
    return true;
}

bool cert_form_of_signer(const struct cert_parts *signer, struct cert_form *form)
{
    const uint8_t *const tbs = signer->tbs.data;
    const struct {
        enum cert_field field;
        const uint8_t *at;
        size_t len, wanted; /* 0: any */
    } found[] = {
        {CERT_SERIAL, signer->serial.data, signer->serial.len, CERT_SERIAL_BYTES},
        {CERT_NOT_BEFORE, signer->not_before_text.data, signer->not_before_text.len, 0},
        {CERT_NOT_AFTER, signer->not_after_text.data, signer->not_after_text.len, 0},
        {CERT_PUBLIC_KEY, signer->public_key, CERT_KEY_BYTES, 0},
        {CERT_SUBJECT_KEY, signer->key_id.data, signer->key_id.len, CERT_KEY_ID_BYTES},
    };

    if (signer->tbs.len > sizeof form->tbs)
        return false;
    memset(form, 0, sizeof *form);
    memcpy(form->tbs, tbs, signer->tbs.len);
    form->form = (struct cert_template){.tbs = form->tbs,
                                        .tbs_len = (uint16_t)signer->tbs.len,
                                        .template_id = 1,
                                        .serial_source = CERT_SERIAL_KEY_HASH};
    for (size_t i = 0; i < sizeof found / sizeof found[0]; i++)
        if (found[i].wanted == 0 || found[i].len == found[i].wanted)
            form->form.places[found[i].field] =
                (struct cert_place){.at = (uint16_t)(found[i].at - tbs), .len = (uint16_t)found[i].len};
    return true;
}

/* ---- dates ---- */

static unsigned number_at(const char *text, size_t digits)
{
    unsigned number = 0;

    for (size_t i = 0; i < digits; i++)
        number = number * 10 + (unsigned)(text[i] - '0');
    return number;
}

bool cert_dates_from(const char *now, uint8_t years, struct cert_dates *dates)
{
    uint8_t ignored[CERT_COMPRESSED_BYTES];
    struct cert_compressed check = {.version = 1};

    *dates = (struct cert_dates){.year = (uint16_t)number_at(now, 4),
                                 .month = (uint8_t)number_at(now + 4, 2),
                                 .day = (uint8_t)number_at(now + 6, 2),
                                 .hour = (uint8_t)number_at(now + 8, 2),
                                 .years = years};
    if (years != 0 && dates->month == 2 && dates->day == 29) {
        dates->day = 28;
        dates->hour = 23;
    }
    check.dates = *dates;
    return cert_compressed_write(&check, ignored);
}

void cert_dates_text(const struct cert_dates *dates, uint32_t last_day, char not_before[static 15],
                     char not_after[static 15])
{
    put_digits(not_before, dates->year, 4);
    put_digits(not_before + 4, dates->month, 2);
    put_digits(not_before + 6, dates->day, 2);
    put_digits(not_before + 8, dates->hour, 2);
    memcpy(not_before + 10, "0000", 5);
    memcpy(not_after, not_before, 15);
    if (last_day != 0) {
        put_digits(not_after, last_day, 8);
        memcpy(not_after + 8, "235959", 7);
    } else if (dates->years == 0) {
        memcpy(not_after, "99991231235959", 15);
    } else {
        put_digits(not_after, dates->year + dates->years, 4);
    }
}

bool cert_dates_of(const struct cert_parts *parts, struct cert_dates *dates)
{
    const unsigned first = number_at(parts->not_before, 4), last = number_at(parts->not_after, 4);
    const bool has_end = memcmp(parts->not_after, "99991231235959", CERT_TIME_DIGITS) != 0;
    char before[CERT_TIME_DIGITS + 1], after[CERT_TIME_DIGITS + 1];

    if (has_end && (last <= first || last - first > UINT8_MAX / 2))
        return false;
    if (!cert_dates_from(parts->not_before, (uint8_t)(has_end ? last - first : 0), dates))
        return false;
    cert_dates_text(dates, 0, before, after);
    return memcmp(before, parts->not_before, sizeof before) == 0 && memcmp(after, parts->not_after, sizeof after) == 0;
}
