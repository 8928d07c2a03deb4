/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates in profiles: every field arrives, counts in the digest and in the golden bytes; what is wrong or cannot
 * be carried is refused with its line and column; the slots of a part that imprint configures are for them. Lines and
 * columns were counted by hand.
 */
#include "profile/board_number.h"
#include "profile/certificate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hex.h"
#include "cert/name.h"
#include "profile/check.h"
#include "profile/text/text.h"

static const char good[] =
    "imprint: 1\n"                  /* 1 */
    "name: base\n"                  /* 2 */
    "chip:\n"                       /* 3 */
    "  parts: [ATECC608B]\n"        /* 4 */
    "  configuration: trust-flex\n" /* 5 */
    "  mark: 8\n"                   /* 6 */
    "keys:\n"                       /* 7 */
    "  - {name: one, id: 16, method: generate, slot: 2, type: ecc-key-pair(secp-r1), bits: 256,\n"
    "     algorithm: ecdsa(any-hash), usage: [sign-hash]}\n" /* 9 */
    "  - {name: two, id: 17, method: generate, slot: 3, type: ecc-key-pair(secp-r1), bits: 256,\n"
    "     algorithm: ecdsa(sha-384), usage: [sign-hash]}\n" /* 11 */
    "  - {name: three, id: 18, method: generate, slot: 4, type: ecc-key-pair(secp-r1), bits: 256,\n"
    "     algorithm: ecdsa(sha-256), usage: [sign-hash]}\n" /* 13 */
    "certificates:\n"                                       /* 14 */
    "  - name: client\n"                                    /* 15 */
    "    key: one\n"                                        /* 16 */
    "    issuer: factory\n"                                 /* 17 */
    "    kind: tls-client\n"                                /* 18 */
    "    subject: 'O=Example,CN={serial}'\n"                /* 19 */
    "    valid: 20\n"                                       /* 20 */
    "    outlives-issuer: true\n"                           /* 21 */
    "    slot: 10\n"                                        /* 22 */
    "    signer-key-slot: 11\n"                             /* 23 */
    "    signer-slot: 12\n"                                 /* 24 */
    "    replace: unclaimed\n"                              /* 25 */
    "    psa-id: 0x1001\n"                                  /* 26 */
    "  - name: attestation\n"                               /* 27 */
    "    key: three\n"                                      /* 28 */
    "    issuer: pai\n"                                     /* 29 */
    "    kind: matter-dac\n"                                /* 30 */
    "    subject: CN=Lock {serial:lower}\n"                 /* 31 */
    "    valid: never\n"                                    /* 32 */
    "    vendor-id: 0xFFF1\n"                               /* 33 */
    "    product-id: 0x8000\n"                              /* 34 */
    "    psa-id: 0x1002\n";                                 /* 35 */

static const struct profile *read_good(const char *text)
{
    static struct profile profile;
    struct profile_complaint complaint;

    if (!profile_read_text(text, strlen(text), &profile, &complaint))
        fail_msg("%u:%u: %s (%s)", complaint.line, complaint.column, complaint.message, complaint.expected);
    return &profile;
}

/* What is filled in is a copy: the profile's digest is that of the profile as it was written. */
static void test_board_number(void **state)
{
    static const char from[] = "CN=Lock {serial:lower}";
    char text[4096];
    struct profile profile;
    struct error err = {.reason = ERROR_NONE};
    const char *at = strstr(good, from);

    (void)state;
    snprintf(text, sizeof text, "%.*sCN=Lock {board}/{serial:lower},O={board}%s", (int)(at - good), good,
             at + strlen(from));
    profile = *read_good(text);
    assert_false(profile_fill_board(&profile, "", &err));
    assert_int_equal(err.reason, ERROR_USAGE);
    assert_true(profile_fill_board(&profile, "B-17", &err));
    assert_string_equal(profile.certificates[1].subject, "CN=Lock B-17/{serial:lower},O=B-17");
    assert_string_equal(profile.certificates[0].subject, "O=Example,CN={serial}");
    profile = *read_good(text);
    assert_false(profile_check_no_board(&profile, &err));
    profile = *read_good(good);
    assert_true(profile_check_no_board(&profile, &err));
    assert_true(profile_fill_board(&profile, "", &err));
}

static void test_every_field(void **state)
{
    const struct profile *profile = read_good(good);
    const struct profile_certificate *client = &profile->certificates[0], *dac = &profile->certificates[1];

    (void)state;
    assert_int_equal(profile->certificate_count, 2);
    assert_string_equal(client->name, "client");
    assert_string_equal(client->key, "one");
    assert_string_equal(client->issuer, "factory");
    assert_int_equal(client->kind, PROFILE_KIND_TLS_CLIENT);
    assert_string_equal(client->subject, "O=Example,CN={serial}");
    assert_int_equal(client->valid, 20);
    assert_true(client->outlives_issuer);
    assert_int_equal(client->slot, 10);
    assert_int_equal(client->signer_key_slot, 11);
    assert_int_equal(client->signer_slot, 12);
    assert_int_equal(client->replace, PROFILE_REPLACE_UNCLAIMED);
    assert_int_equal(client->psa_id, 0x1001);
    assert_int_equal(client->line, 15);
    assert_int_equal(dac->kind, PROFILE_KIND_MATTER_DAC);
    assert_int_equal(dac->valid, PROFILE_VALID_NEVER);
    assert_false(dac->outlives_issuer);
    assert_int_equal(dac->vendor_id, 0xfff1);
    assert_int_equal(dac->product_id, 0x8000);
    assert_int_equal(dac->slot, 0);
    assert_int_equal(dac->replace, PROFILE_REPLACE_NEVER);
    assert_ptr_equal(profile_certificate_of(profile, 0), client);
    assert_null(profile_certificate_of(profile, 1));
    assert_ptr_equal(profile_certificate_of(profile, 2), dac);
}

/* Written by hand from docs/reference/profile.md: the end of the binary form, after keys and write keys. */
static const char golden_hex[] = "02"                                                     /* two certificates */
                                 "01 01 00000000 14000000 0000 0000 0A 0B 0C 01 01100000" /* tls-client */
                                 "06 636C69656E74 03 6F6E65 07 666163746F7279"
                                 "15 4F3D4578616D706C652C434E3D7B73657269616C7D 00"
                                 "03 00 00000000 00000000 F1FF 0080 00 00 00 00 02100000" /* matter-dac */
                                 "0B 6174746573746174696F6E 05 7468726565 03 706169"
                                 "16 434E3D4C6F636B207B73657269616C3A6C6F7765727D 00";

static void test_golden_bytes(void **state)
{
    static uint8_t encoded[PROFILE_BINARY_MAX], expected[256];
    struct bytes_out out = {.data = encoded, .cap = sizeof encoded}, tail = {.data = expected, .cap = sizeof expected};

    (void)state;
    assert_true(hex_decode(golden_hex, strlen(golden_hex), &tail, NULL));
    assert_true(profile_encode(read_good(good), &out));
    assert_int_equal(encoded[4], PROFILE_BINARY_VERSION_CERTIFICATES);
    assert_memory_equal(encoded + 16, "\x00\x00\x08", 3); /* after the name: as version 3 has it */
    assert_true(out.len > tail.len);
    assert_memory_equal(encoded + out.len - tail.len, expected, tail.len);
}

#define CERTIFICATE(field) offsetof(struct profile, certificates[1].field)
static const struct field_row {
    size_t at;
    uint8_t bit;
} fields[] = {
    {offsetof(struct profile, certificate_count), 1},
    {CERTIFICATE(name), 1},
    {CERTIFICATE(key), 1},
    {CERTIFICATE(issuer), 1},
    {CERTIFICATE(kind), 1},
    {CERTIFICATE(extensions), 1},
    {CERTIFICATE(subject), 1},
    {CERTIFICATE(valid), 1},
    {CERTIFICATE(outlives_issuer), 1},
    {CERTIFICATE(hardware_type), 1},
    {CERTIFICATE(vendor_id), 1},
    {CERTIFICATE(product_id), 1},
    {CERTIFICATE(slot), 1},
    {CERTIFICATE(signer_key_slot), 1},
    {CERTIFICATE(signer_slot), 1},
    {CERTIFICATE(replace), 1},
    {CERTIFICATE(psa_id), 1},
    {CERTIFICATE(prove), 1},
};

static void test_each_field_counts(void **state)
{
    static struct profile profile, other;
    uint8_t digest[PROFILE_DIGEST_BYTES], changed[PROFILE_DIGEST_BYTES];

    (void)state;
    profile = *read_good(good);
    assert_true(profile_digest(&profile, digest));
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        other = profile;
        ((uint8_t *)&other)[fields[i].at] ^= fields[i].bit;
        assert_true(profile_digest(&other, changed));
        if (memcmp(digest, changed, sizeof digest) == 0)
            fail_msg("field %zu of the table is not in the digest", i);
    }
}

/* As version 4, and after each certificate how it is proven. */
static const char golden_proof_hex[] = "02"
                                       "01 01 00000000 14000000 0000 0000 0A 0B 0C 01 01100000"
                                       "06 636C69656E74 03 6F6E65 07 666163746F7279"
                                       "15 4F3D4578616D706C652C434E3D7B73657269616C7D 00"
                                       "01 06 62726F6B6572"
                                       "03 00 00000000 00000000 F1FF 0080 00 00 00 00 02100000"
                                       "0B 6174746573746174696F6E 05 7468726565 03 706169"
                                       "16 434E3D4C6F636B207B73657269616C3A6C6F7765727D 00"
                                       "00 00"
                                       "00"; /* no data */

static void test_proof_by_connection(void **state)
{
    static uint8_t encoded[PROFILE_BINARY_MAX], expected[256];
    struct bytes_out out = {.data = encoded, .cap = sizeof encoded}, tail = {.data = expected, .cap = sizeof expected};
    const char *at = strstr(good, "    psa-id: 0x1001\n");
    uint8_t digest[PROFILE_DIGEST_BYTES], changed[PROFILE_DIGEST_BYTES];
    static struct profile profile;
    char text[4096];

    (void)state;
    assert_non_null(at);
    (void)snprintf(text, sizeof text, "%.*s    prove: tls\n    connection: broker\n%s", (int)(at - good), good, at);
    profile = *read_good(text);
    assert_int_equal(profile.certificates[0].prove, PROFILE_PROVE_TLS);
    assert_string_equal(profile.certificates[0].connection, "broker");
    assert_int_equal(profile.certificates[1].prove, PROFILE_PROVE_READ_BACK);
    assert_true(hex_decode(golden_proof_hex, strlen(golden_proof_hex), &tail, NULL));
    assert_true(profile_encode(&profile, &out));
    assert_int_equal(encoded[4], PROFILE_BINARY_VERSION_PROOF);
    assert_true(out.len > tail.len);
    assert_memory_equal(encoded + out.len - tail.len, expected, tail.len);
    assert_true(profile_digest(&profile, digest));
    profile.certificates[0].connection[0] ^= 1;
    assert_true(profile_digest(&profile, changed));
    assert_memory_not_equal(digest, changed, sizeof digest);
}

#define FIRST "    key: one\n"

static const struct bad_row {
    const char *name;
    const char *from, *to; /* the first `from` in the good text becomes `to` */
    uint32_t line, column;
    enum error_reason reason;
    const char *message, *expected; /* the message starts with the one, and the other is in what was expected */
} bad_rows[] = {
    {"no name", "name: client", "nam: client", 15, 5, ERROR_PROFILE_SCHEMA,
     "certificates[0]: 'nam' is not a key of this mapping; did you mean 'name'?", "signer-slot"},
    {"a field twice", FIRST, FIRST FIRST, 17, 5, ERROR_PROFILE_SCHEMA, "certificates[0].key: given twice", "once"},
    {"no issuer", "    issuer: factory\n", "", 15, 5, ERROR_PROFILE_SCHEMA, "certificates[0].issuer: is missing",
     "file of issuers"},
    {"an unknown kind", "tls-client", "tls-cleint", 18, 11, ERROR_PROFILE_SCHEMA,
     "certificates[0].kind: 'tls-cleint' is not one of its values; did you mean 'tls-client'?", "matter-dac"},
    {"no years", "valid: 20\n", "valid: 0\n", 20, 12, ERROR_PROFILE_SCHEMA,
     "certificates[0].valid: '0' is neither never, a number of years nor a day", "1 to 127 years"},
    {"too many years", "valid: 20\n", "valid: 128\n", 20, 12, ERROR_PROFILE_SCHEMA,
     "certificates[0].valid: '128' is neither", "1 to 127 years"},
    {"no day", "valid: 20\n", "valid: 2045-02-30\n", 20, 12, ERROR_PROFILE_SCHEMA,
     "certificates[0].valid: '2045-02-30' is neither", "2045-12-31"},
    {"a day before the chip's years", "valid: 20\n", "valid: 1999-12-31\n", 20, 12, ERROR_PROFILE_SCHEMA,
     "certificates[0].valid: '1999-12-31' is out of range", "2045-12-31"},
    {"a slot without room", "slot: 10\n", "slot: 7\n", 22, 11, ERROR_PROFILE_SCHEMA,
     "certificates[0].slot: '7' is out of range", "8 to 15"},
    {"a signer's slot without room", "signer-slot: 12\n", "signer-slot: 7\n", 24, 18, ERROR_PROFILE_SCHEMA,
     "certificates[0].signer-slot: '7' is out of range", "8 to 15"},
    {"a signer's key without room", "signer-key-slot: 11\n", "signer-key-slot: 3\n", 23, 22, ERROR_PROFILE_SCHEMA,
     "certificates[0].signer-key-slot: '3' is out of range", "8 to 15"},
    {"an unknown key", "key: one", "key: four", 16, 10, ERROR_PROFILE_CONFLICT,
     "certificates[0].key: the profile has no key of this name", "one of its keys"},
    {"a key for another hash", "key: one", "key: two", 16, 10, ERROR_PROFILE_CONFLICT,
     "certificates[0].key: the certificate's key signs with SHA-256", "ecdsa(any-hash)"},
    {"the same key twice", "key: three", "key: one", 28, 10, ERROR_PROFILE_CONFLICT,
     "certificates[1].key: another certificate is for the same key: 'one', as certificates[0] in line 15",
     "one certificate for each key"},
    {"the same name twice", "name: attestation", "name: client", 27, 11, ERROR_PROFILE_CONFLICT,
     "certificates[1].name: another certificate has the same name", "a name of its own"},
    {"the key id of a key", "psa-id: 0x1002", "psa-id: 18", 35, 13, ERROR_PROFILE_CONFLICT,
     "certificates[1].psa-id: a key has the same key id: '18', as keys[2] in line 12", "of its own"},
    {"the slot of the mark", "slot: 10\n", "slot: 8\n", 22, 11, ERROR_PROFILE_CONFLICT,
     "certificates[0].slot: the slot has another use", "a slot of its own"},
    {"one slot for two", "signer-slot: 12", "signer-slot: 10", 22, 11, ERROR_PROFILE_CONFLICT,
     "certificates[0].slot: the slot has another use", "a slot of its own"},
    {"extensions of a kind that has its own", "kind: tls-client", "kind: tls-client\n    extensions: [client-auth]", 19,
     17, ERROR_PROFILE_CONFLICT, "certificates[0].extensions: extensions are spelled out", "kind: extensions"},
    {"no extensions", "kind: tls-client", "kind: extensions", 15, 5, ERROR_PROFILE_CONFLICT,
     "certificates[0].extensions: extensions are spelled out", "a list"},
    {"an identity that ends", "kind: tls-client", "kind: idevid", 20, 12, ERROR_PROFILE_CONFLICT,
     "certificates[0].valid: a device identity lasts", "valid: never"},
    {"a hardware type of no kind", "kind: tls-client", "kind: tls-client\n    hardware-type: 1.2.3", 19, 20,
     ERROR_PROFILE_CONFLICT, "certificates[0].hardware-type: the hardware type belongs", "object identifier"},
    {"no vendor", "    vendor-id: 0xFFF1\n", "", 27, 5, ERROR_PROFILE_CONFLICT,
     "certificates[1].vendor-id: the vendor id belongs to kind: matter-dac", "0xffff"},
    {"a signer without a device", "    slot: 10\n", "", 15, 5, ERROR_PROFILE_CONFLICT,
     "certificates[0].slot: the issuer's key and certificate are kept", "slot: 8 to 15"},
    {"a signer without its key", "    signer-key-slot: 11\n", "", 15, 5, ERROR_PROFILE_CONFLICT,
     "certificates[0].signer-key-slot: the issuer's certificate can only", "signer-key-slot"},
    {"slots of Trust&GO", "configuration: trust-flex", "configuration: trust-and-go", 22, 11, ERROR_PROFILE_CONFLICT,
     "certificates[0].slot: the certificate slots of a Trust&GO part can never be written", "psa-id"},
    {"the maker's slots, which are read", "  mark: 8\n", "  genuine: required\n", 22, 11, ERROR_PROFILE_CONFLICT,
     "certificates[0].slot: slots 10 to 12 hold the maker's certificates", "no genuine"},
    {"nothing to replace", "    psa-id: 0x1002\n", "    psa-id: 0x1002\n    replace: unclaimed\n", 36, 14,
     ERROR_PROFILE_CONFLICT, "certificates[1].replace: there is no content of slots", "no replace"},
    {"an unknown proof", "    psa-id: 0x1002\n", "    psa-id: 0x1002\n    prove: tsl\n", 36, 12, ERROR_PROFILE_SCHEMA,
     "certificates[1].prove: 'tsl' is not one of its values; did you mean 'tls'?", "read-back"},
    {"a proof without a connection", "    psa-id: 0x1002\n", "    psa-id: 0x1002\n    prove: tls\n", 27, 5,
     ERROR_PROFILE_CONFLICT, "certificates[1].connection: the connection belongs to prove: tls", "file of connections"},
    {"a connection without a proof", "    psa-id: 0x1002\n", "    psa-id: 0x1002\n    connection: broker\n", 36, 17,
     ERROR_PROFILE_CONFLICT, "certificates[1].connection: the connection belongs to prove: tls", "file of connections"},
    {"an address for a connection", "    psa-id: 0x1002\n",
     "    psa-id: 0x1002\n    prove: tls\n    connection: 'broker.example:8883'\n", 37, 17, ERROR_PROFILE_SCHEMA,
     "certificates[1].connection: \"broker.example:8883\" is not a valid name", "file of connections"},
    {"no name in the subject", "'O=Example,CN={serial}'", "Example", 19, 14, ERROR_PROFILE_SCHEMA,
     "certificates[0].subject: expected TYPE=VALUE", "CN=board 1"},
    {"an unknown placeholder", "'O=Example,CN={serial}'", "CN={boards}", 19, 14, ERROR_PROFILE_SCHEMA,
     "certificates[0].subject: unknown placeholder", "{serial}"},
    {"the board's number in the chip", "'O=Example,CN={serial}'", "CN={board}", 19, 14, ERROR_PROFILE_CONFLICT,
     "certificates[0].subject: the compressed form in the chip cannot carry the board's number", "psa-id"},
    {"a common name that is too long with a board's number", "CN=Lock {serial:lower}", "CN={board}{board}x", 31, 14,
     ERROR_PROFILE_SCHEMA, "certificates[1].subject: the value is too long", "64 characters"},
    {"the serial number three times", "'O=Example,CN={serial}'", "CN={serial}{serial}{serial}", 19, 14,
     ERROR_PROFILE_CONFLICT, "certificates[0].subject: the serial number stands in the name more than twice",
     "twice at most"},
    {"the serial number in hex", "'O=Example,CN={serial}'", "'CN=#0c09{serial}'", 19, 14, ERROR_PROFILE_SCHEMA,
     "certificates[0].subject: the value is not UTF-8", "UTF-8"},
};

static void test_bad_rows(void **state)
{
    size_t failed = 0;

    (void)state;
    for (size_t i = 0; i < sizeof bad_rows / sizeof bad_rows[0]; i++) {
        const struct bad_row *row = &bad_rows[i];
        const char *at = strstr(good, row->from);
        static struct profile profile;
        struct profile_complaint complaint;
        char text[4096];

        assert_non_null(at);
        (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, row->to, at + strlen(row->from));
        if (!profile_read_text(text, strlen(text), &profile, &complaint) && complaint.line == row->line &&
            complaint.column == row->column && complaint.reason == row->reason &&
            strncmp(complaint.message, row->message, strlen(row->message)) == 0 &&
            strstr(complaint.expected, row->expected) != NULL)
            continue;
        print_message("%s: %u:%u: %s (%s)\n", row->name, complaint.line, complaint.column, complaint.message,
                      complaint.expected);
        failed++;
    }
    assert_int_equal(failed, 0);
}

/* What no text can say: profile_check() refuses it in a structure. */
static void test_structures(void **state)
{
    static struct profile profile;
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    profile = *read_good(good);
    profile.certificate_count = PROFILE_CERTIFICATES_MAX + 1;
    assert_false(profile_check(&profile, &err));
    profile = *read_good(good);
    profile.certificates[1].kind = (enum profile_kind)9;
    assert_false(profile_check(&profile, NULL));
    profile = *read_good(good);
    profile.certificates[0].valid = 128;
    assert_false(profile_check(&profile, NULL));
    profile.certificates[0].valid = 20451301;
    assert_false(profile_check(&profile, NULL));
    profile.certificates[0].valid = 20451231;
    assert_true(profile_check(&profile, NULL));
    profile.certificates[0].extensions = 1u << 30;
    assert_false(profile_check(&profile, NULL));
}

static void test_idevid(void **state)
{
    static struct profile profile;
    struct error err = {.reason = ERROR_NONE};
    struct profile_certificate *client = &profile.certificates[0];

    (void)state;
    profile = *read_good(good);
    client->kind = PROFILE_KIND_IDEVID;
    client->valid = PROFILE_VALID_NEVER;
    strcpy(client->hardware_type, "1.3.6.1.4.1.32473.1");
    assert_false(profile_check(&profile, &err));
    assert_string_equal(err.cause, "a device identity names its serial number");
    strcpy(client->subject, "O=Example,serialNumber={serial}");
    assert_true(profile_check(&profile, NULL));
    strcpy(client->hardware_type, "1.3.6.1.x");
    error_clear(&err);
    assert_false(profile_check(&profile, &err));
    assert_string_equal(err.cause, "not an object identifier");
}

/* A Matter intermediate with another vendor or product than the profile's is refused when it is known. */
static void test_matter_issuer(void **state)
{
    static const struct {
        const char *name, *field; /* NULL: accepted */
    } rows[] = {
        {"CN=PAI,1.3.6.1.4.1.37244.2.1=FFF1,1.3.6.1.4.1.37244.2.2=8000", NULL},
        {"CN=PAI,1.3.6.1.4.1.37244.2.1=FFF1", NULL},
        {"CN=PAI,1.3.6.1.4.1.37244.2.1=FFF2", "vendor-id"},
        {"CN=PAI", "vendor-id"},
        {"CN=PAI,1.3.6.1.4.1.37244.2.1=FFF1,1.3.6.1.4.1.37244.2.2=8001", "product-id"},
    };
    const struct profile_certificate *dac = &read_good(good)->certificates[1];
    const struct cert_dates dates = {.year = 2026, .month = 1, .day = 1};
    static const uint8_t key[CERT_KEY_BYTES] = {1};
    static struct cert_form form;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t name[CERT_NAME_MAX];
        struct bytes_out out = {.data = name, .cap = sizeof name};
        char room[64];
        struct error err = ERROR_IN(room);
        struct cert_parts issuer = {.public_key = key};

        assert_true(cert_read_name(rows[i].name, &out, NULL));
        issuer.subject = bytes_written(&out);
        assert_int_equal(profile_certificate_form(dac, &issuer, &dates, &form, &err), rows[i].field == NULL);
        if (rows[i].field != NULL)
            assert_string_equal(err.subject, rows[i].field);
    }
}

/* The slots of a part that imprint configures: read in clear, written before the data lock only. */
static void test_policy(void **state)
{
    static const char text[] =
        "imprint: 1\nname: p\nchip: {parts: [ATECC608B], configuration: policy, lock: [config, data]}\nkeys:\n"
        "  - {name: one, id: 16, method: generate, slot: 0, type: ecc-key-pair(secp-r1), bits: 256,\n"
        "     algorithm: ecdsa(any-hash), usage: [sign-hash]}\ncertificates:\n"
        "  - {name: a, key: one, issuer: f, kind: tls-client, subject: CN=x, valid: never, slot: 10,\n"
        "     signer-key-slot: 11, signer-slot: 12}\n";
    const struct profile *profile = read_good(text);
    struct chip_config now = {.zone = {0}}, wanted;
    static struct profile open_zone;

    (void)state;
    now.zone[7] = 3; /* any revision: the part is not asked */
    assert_true(profile_wanted_config(profile, &now, &wanted, NULL));
    assert_int_equal(chip_slot_config(&wanted, 10), 0x8f0f);
    assert_int_equal(chip_key_config(&wanted, 10), 0x001c);
    assert_int_equal(chip_slot_config(&wanted, 11), 0x8f0f);
    assert_int_equal(chip_key_config(&wanted, 11), 0x0010);
    assert_int_equal(chip_slot_config(&wanted, 12), 0x8f0f);
    assert_int_equal(chip_key_config(&wanted, 12), 0x001c);
    open_zone = *profile;
    open_zone.lock_data = false;
    assert_false(profile_check(&open_zone, NULL)); /* it could never be read back */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_field),       cmocka_unit_test(test_board_number),
        cmocka_unit_test(test_golden_bytes),      cmocka_unit_test(test_proof_by_connection),
        cmocka_unit_test(test_each_field_counts), cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_structures),        cmocka_unit_test(test_idevid),
        cmocka_unit_test(test_matter_issuer),     cmocka_unit_test(test_policy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
