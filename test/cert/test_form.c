/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates made from what a certificate shall say: what is built, signed, compressed and rebuilt is one certificate,
 * and libcrypto and GnuTLS, which had no part in it, parse it and verify its chain. A published Matter certificate has
 * the same bytes as our template for it, where ours does not choose the serial number and the hour.
 */
#include "cert/form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gnutls/x509.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <psa/crypto.h>

#include "cert/name.h"
#include "cert/parts.h"
#include "cert/slot_source.h"
#include "psa/its.h"
#include "storage/memory.h"

#define A18 "AAAAAAAAAAAAAAAAAA"
#define B18 "BBBBBBBBBBBBBBBBBB"
#define a18 "aaaaaaaaaaaaaaaaaa"
#define b18 "bbbbbbbbbbbbbbbbbb"

static const uint8_t chip_serial[CERT_CHIP_SERIAL_BYTES] = {0x01, 0x23, 0xab, 0xcd, 0x45, 0x67, 0x89, 0xef, 0x01};

/* A key pair of libcrypto's, and the certificate of the issuer that has it. */
struct issuer {
    EVP_PKEY *key;
    X509 *x509;
    uint8_t der[1024];
    size_t len;
    struct cert_parts parts;
};

static void point_of(EVP_PKEY *key, uint8_t point[CERT_KEY_BYTES])
{
    uint8_t room[P256_POINT_BYTES];
    size_t len = 0;

    assert_int_equal(EVP_PKEY_get_octet_string_param(key, "pub", room, sizeof room, &len), 1);
    assert_int_equal(len, sizeof room);
    memcpy(point, room + 1, CERT_KEY_BYTES);
}

static void add_extension(X509 *x509, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    X509V3_set_ctx(&context, x509, x509, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(x509, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static void make_issuer(struct issuer *issuer)
{
    uint8_t *at = issuer->der;
    X509_NAME *name = X509_NAME_new();

    issuer->key = EVP_EC_gen("P-256");
    issuer->x509 = X509_new();
    X509_set_version(issuer->x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(issuer->x509), 77);
    ASN1_TIME_set_string(X509_getm_notBefore(issuer->x509), "20000101000000Z");
    ASN1_TIME_set_string(X509_getm_notAfter(issuer->x509), "99991231235959Z");
    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const uint8_t *)"Example", -1, -1, 0);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)"Example Factory CA", -1, -1, 0);
    X509_set_subject_name(issuer->x509, name);
    X509_set_issuer_name(issuer->x509, name);
    X509_set_pubkey(issuer->x509, issuer->key);
    add_extension(issuer->x509, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(issuer->x509, NID_key_usage, "critical,keyCertSign");
    add_extension(issuer->x509, NID_subject_key_identifier, "hash");
    assert_true(X509_sign(issuer->x509, issuer->key, EVP_sha256()) > 0);
    issuer->len = (size_t)i2d_X509(issuer->x509, &at);
    assert_true(cert_read_parts(bytes_of(issuer->der, issuer->len), &issuer->parts));
    assert_true(issuer->parts.is_ca);
    assert_int_equal(issuer->parts.key_id.len, CERT_KEY_ID_BYTES);
    X509_NAME_free(name);
}

static void free_issuer(struct issuer *issuer)
{
    EVP_PKEY_free(issuer->key);
    X509_free(issuer->x509);
}

static void sign(EVP_PKEY *key, struct bytes message, uint8_t signature[P256_SIGNATURE_BYTES])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint8_t der[80];
    const uint8_t *at = der;
    size_t len = sizeof der;
    ECDSA_SIG *pair;
    const BIGNUM *r, *s;

    assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(context, der, &len, message.data, message.len), 1);
    pair = d2i_ECDSA_SIG(NULL, &at, (long)len);
    assert_non_null(pair);
    ECDSA_SIG_get0(pair, &r, &s);
    assert_int_equal(BN_bn2binpad(r, signature, P256_BYTES), P256_BYTES);
    assert_int_equal(BN_bn2binpad(s, signature + P256_BYTES, P256_BYTES), P256_BYTES);
    ECDSA_SIG_free(pair);
    EVP_MD_CTX_free(context);
}

/* Seconds since 1970 of noon on 1 January of `year`. */
static time_t noon(unsigned year)
{
    struct tm tm = {.tm_year = (int)year - 1900, .tm_mday = 2, .tm_hour = 12};

    return timegm(&tm);
}

/* A strict verifier wants an authority key identifier (RFC 5280, 4.2.1.1). */
static void check_by_libcrypto(struct bytes der, const struct issuer *issuer, unsigned year, bool strict)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    const uint8_t *at = der.data;
    X509 *x509 = d2i_X509(NULL, &at, (long)der.len);

    assert_non_null(x509);
    assert_ptr_equal(at, der.data + der.len);
    X509_STORE_add_cert(store, issuer->x509);
    X509_STORE_CTX_init(context, store, x509, NULL);
    X509_STORE_CTX_set_flags(context, strict ? X509_V_FLAG_X509_STRICT : 0);
    X509_STORE_CTX_set_time(context, 0, noon(year));
    if (X509_verify_cert(context) != 1)
        fail_msg("libcrypto: %s", X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)));
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    X509_free(x509);
}

static time_t gnutls_now;

static time_t tell_time(time_t *to)
{
    if (to != NULL)
        *to = gnutls_now;
    return gnutls_now;
}

static gnutls_x509_crt_t import(struct bytes der)
{
    uint8_t copy[1024];
    const gnutls_datum_t datum = {copy, (unsigned)der.len};
    gnutls_x509_crt_t crt;

    assert_true(der.len <= sizeof copy);
    memcpy(copy, der.data, der.len);
    assert_int_equal(gnutls_x509_crt_init(&crt), 0);
    assert_int_equal(gnutls_x509_crt_import(crt, &datum, GNUTLS_X509_FMT_DER), 0);
    return crt;
}

static void check_by_gnutls(struct bytes der, const struct issuer *issuer, unsigned year)
{
    gnutls_x509_crt_t leaf = import(der), ca = import(bytes_of(issuer->der, issuer->len));
    gnutls_x509_trust_list_t list;
    unsigned status = 0;

    gnutls_now = noon(year);
    gnutls_global_set_time_function(tell_time);
    assert_int_equal(gnutls_x509_trust_list_init(&list, 0), 0);
    assert_int_equal(gnutls_x509_trust_list_add_cas(list, &ca, 1, 0), 1);
    assert_int_equal(gnutls_x509_trust_list_verify_crt2(list, &leaf, 1, NULL, 0, 0, &status, NULL), 0);
    if (status != 0)
        fail_msg("GnuTLS: status 0x%x", status);
    gnutls_x509_trust_list_deinit(list, 1);
    gnutls_x509_crt_deinit(leaf);
}

static struct bytes name_of(const char *text, uint8_t room[CERT_NAME_MAX])
{
    struct bytes_out out = {.data = room, .cap = CERT_NAME_MAX};
    char advice[ERROR_ROOM];
    struct error err = ERROR_IN(advice);

    if (!cert_read_name(text, &out, &err))
        fail_msg("%s: %s", text, err.cause);
    return bytes_written(&out);
}

static const uint8_t hardware_type[] = {0x2b, 6, 1, 4, 1, 0x82, 0x37, 1}; /* 1.3.6.1.4.1.311.1 */

static const struct row {
    const char *subject_a, *subject_b, *subject; /* of AA..., of BB..., of chip_serial */
    uint32_t extensions;
    const char *now;
    uint8_t years;
    uint32_t last_day;
    unsigned version; /* of the 72 bytes */
    const char *not_before, *not_after;
    size_t least, most; /* bytes of the certificate */
} rows[] = {
    {"O=Example,CN=sn" A18, "O=Example,CN=sn" B18, "O=Example,CN=sn0123ABCD456789EF01", CERT_EXTENSIONS_TLS_CLIENT,
     "20260704123456", 20, 0, 0, "20260704120000", "20460704120000", 470, 520},
    {"CN=" a18, "CN=" b18, "CN=0123abcd456789ef01", CERT_EXTENSIONS_TLS_CLIENT, "20260704123456", 0, 0, 0,
     "20260704120000", "99991231235959", 440, 520},
    {"O=Example,serialNumber=" A18, "O=Example,serialNumber=" B18, "O=Example,serialNumber=0123ABCD456789EF01",
     CERT_EXTENSIONS_IDEVID, "20261231235959", 0, 0, 0, "20261231230000", "99991231235959", 440, 520},
    {"CN=Board,1.3.6.1.4.1.37244.2.1=FFF1,1.3.6.1.4.1.37244.2.2=8000",
     "CN=Board,1.3.6.1.4.1.37244.2.1=FFF1,1.3.6.1.4.1.37244.2.2=8000",
     "CN=Board,1.3.6.1.4.1.37244.2.1=FFF1,1.3.6.1.4.1.37244.2.2=8000", CERT_EXTENSIONS_MATTER_DAC, "20260101000000", 0,
     0, 0, "20260101000000", "99991231235959", 440, 600},
    /* Past 2031, and more than 31 years: version 1. The end is past 2049, then the beginning too. */
    {"CN=" A18, "CN=" B18, "CN=0123ABCD456789EF01", CERT_EXTENSIONS_TLS_CLIENT, "20320704123456", 10, 0, 1,
     "20320704120000", "20420704120000", 440, 520},
    {"CN=" A18, "CN=" B18, "CN=0123ABCD456789EF01", CERT_EXTENSIONS_TLS_CLIENT, "20260704123456", 40, 0, 1,
     "20260704120000", "20660704120000", 440, 520},
    {"CN=" A18, "CN=" B18, "CN=0123ABCD456789EF01", CERT_EXTENSIONS_TLS_CLIENT, "20550704123456", 40, 0, 1,
     "20550704120000", "20950704120000", 440, 520},
    /* An end that the 72 bytes cannot say is the template's. */
    {"CN=" A18, "CN=" B18, "CN=0123ABCD456789EF01", CERT_EXTENSIONS_TLS_CLIENT, "20260704123456", 0, 20330131, 0,
     "20260704120000", "20330131235959", 440, 520},
    {"CN=" A18, "CN=" B18, "CN=0123ABCD456789EF01", CERT_EXTENSIONS_TLS_CLIENT, "20260704123456", 0, 20600131, 0,
     "20260704120000", "20600131235959", 440, 520},
    /* On 29 February. */
    {"CN=" A18, "CN=" B18, "CN=0123ABCD456789EF01", CERT_EXTENSIONS_TLS_CLIENT, "20280229100000", 1, 0, 0,
     "20280228230000", "20290228230000", 440, 520},
    /* Every place that a serial number can have, and every extension; and none at all. */
    {"CN=" A18 a18 ",OU=" a18 ",serialNumber=x" A18, "CN=" B18 b18 ",OU=" b18 ",serialNumber=x" B18,
     "CN=0123ABCD456789EF010123abcd456789ef01,OU=0123abcd456789ef01,serialNumber=x0123ABCD456789EF01", CERT_EXTENSIONS,
     "20260704123456", 1, 0, 0, "20260704120000", "20270704120000", 560, 640},
    {"CN=x", "CN=x", "CN=x", 0, "20260704123456", 1, 0, 0, "20260704120000", "20270704120000", 280, 320},
};

static void make_form(const struct row *row, const struct issuer *issuer, struct cert_dates *dates,
                      struct cert_form *form)
{
    uint8_t a[CERT_NAME_MAX], b[CERT_NAME_MAX];
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    const struct cert_wish wish = {.subject_a = name_of(row->subject_a, a),
                                   .subject_b = name_of(row->subject_b, b),
                                   .issuer_name = issuer->parts.subject,
                                   .issuer_key_id = issuer->parts.key_id,
                                   .extensions = row->extensions,
                                   .hardware_type = bytes_of(hardware_type, sizeof hardware_type),
                                   .dates = dates,
                                   .last_day = row->last_day};

    assert_true(cert_dates_from(row->now, row->years, dates));
    if (!cert_make_form(&wish, form, &err))
        fail_msg("%s: %s", row->subject_a, err.cause);
}

static void check_parts(const struct row *row, struct bytes der, const struct issuer *issuer,
                        const uint8_t key[CERT_KEY_BYTES])
{
    uint8_t room[CERT_NAME_MAX];
    struct cert_parts parts;

    assert_true(cert_read_parts(der, &parts));
    assert_true(bytes_equal(parts.subject, name_of(row->subject, room)));
    assert_true(bytes_equal(parts.issuer, issuer->parts.subject));
    assert_string_equal(parts.not_before, row->not_before);
    assert_string_equal(parts.not_after, row->not_after);
    assert_memory_equal(parts.public_key, key, CERT_KEY_BYTES);
    assert_int_equal(parts.serial.len, CERT_SERIAL_BYTES);
    assert_int_equal(parts.serial.data[0] & 0xc0, 0x40); /* positive, and never shorter */
    assert_false(parts.is_ca);
}

static void check_extensions(const struct row *row, struct bytes der)
{
    const uint8_t *at = der.data;
    X509 *x509 = d2i_X509(NULL, &at, (long)der.len);
    const uint32_t usage = row->extensions & (CERT_DIGITAL_SIGNATURE | CERT_NON_REPUDIATION | CERT_KEY_AGREEMENT);
    const uint32_t wanted = ((usage & CERT_DIGITAL_SIGNATURE) != 0 ? KU_DIGITAL_SIGNATURE : 0) |
                            ((usage & CERT_NON_REPUDIATION) != 0 ? KU_NON_REPUDIATION : 0) |
                            ((usage & CERT_KEY_AGREEMENT) != 0 ? KU_KEY_AGREEMENT : 0);
    const uint32_t extended = ((row->extensions & CERT_SERVER_AUTH) != 0 ? XKU_SSL_SERVER : 0) |
                              ((row->extensions & CERT_CLIENT_AUTH) != 0 ? XKU_SSL_CLIENT : 0);
    GENERAL_NAMES *names;

    assert_non_null(x509);
    assert_int_equal(X509_get_key_usage(x509), usage == 0 ? UINT32_MAX : wanted);
    assert_int_equal(X509_get_extended_key_usage(x509), extended == 0 ? UINT32_MAX : extended);
    assert_int_equal(X509_get0_subject_key_id(x509) != NULL, (row->extensions & CERT_SUBJECT_KEY_ID) != 0);
    assert_int_equal(X509_get0_authority_key_id(x509) != NULL, (row->extensions & CERT_AUTHORITY_KEY_ID) != 0);
    assert_int_equal(X509_get_ext_by_NID(x509, NID_basic_constraints, -1) >= 0,
                     (row->extensions & CERT_BASIC_CONSTRAINTS) != 0);
    names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
    assert_int_equal(names != NULL, (row->extensions & CERT_HARDWARE_MODULE) != 0);
    if (names != NULL) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, 0);
        const ASN1_STRING *value = name->d.otherName->value->value.sequence;

        assert_int_equal(sk_GENERAL_NAME_num(names), 1);
        assert_int_equal(name->type, GEN_OTHERNAME);
        assert_int_equal(OBJ_obj2nid(name->d.otherName->type_id), OBJ_txt2nid("1.3.6.1.5.5.7.8.4"));
        assert_memory_equal(ASN1_STRING_get0_data(value) + 4, hardware_type, sizeof hardware_type);
        assert_memory_equal(ASN1_STRING_get0_data(value) + ASN1_STRING_length(value) - sizeof chip_serial, chip_serial,
                            sizeof chip_serial);
        GENERAL_NAMES_free(names);
    }
    X509_free(x509);
}

/*
 * What an application puts together from the slot's 72 bytes: the same certificate, by the template of two that fits.
 * Nothing from a blank slot, and nothing for another key, chip, issuer or content.
 */
static void check_slot_source(const struct cert_form *form, const uint8_t bytes[static CERT_COMPRESSED_BYTES],
                              const struct cert_subject *subject, struct bytes whole)
{
    uint8_t other_tbs[CERT_TBS_MAX], other[CERT_COMPRESSED_BYTES], key[CERT_KEY_BYTES], room[CERT_MAX];
    struct cert_template wrong = form->form;
    struct bytes_out der = {.data = room, .cap = sizeof room};

    wrong.tbs = other_tbs;
    memcpy(other_tbs, form->tbs, form->form.tbs_len);
    other_tbs[form->form.places[CERT_NOT_BEFORE].at - 1] ^= 1;

    const struct cert_template templates[2] = {wrong, form->form};
    struct cert_slot_source source = {.issuer_key = subject->issuer_key, .templates = templates, .template_count = 2};

    assert_int_equal(cert_rebuild_from_slot(&source, bytes, subject->public_key, chip_serial, &der), CERT_SLOT_REBUILT);
    assert_true(bytes_equal(bytes_written(&der), whole));
    der.len = 0;
    source.template_count = 1;
    assert_int_equal(cert_rebuild_from_slot(&source, bytes, subject->public_key, chip_serial, &der), CERT_SLOT_OTHER);
    source.templates = &templates[1];
    source.issuer_key = subject->public_key;
    assert_int_equal(cert_rebuild_from_slot(&source, bytes, subject->public_key, chip_serial, &der), CERT_SLOT_OTHER);
    source.issuer_key = subject->issuer_key;
    memcpy(key, subject->public_key, sizeof key);
    key[40] ^= 1;
    assert_int_equal(cert_rebuild_from_slot(&source, bytes, key, chip_serial, &der), CERT_SLOT_OTHER);
    memcpy(other, bytes, sizeof other);
    other[5] ^= 0x10;
    assert_int_equal(cert_rebuild_from_slot(&source, other, subject->public_key, chip_serial, &der), CERT_SLOT_OTHER);
    memset(other, 0xff, sizeof other);
    assert_int_equal(cert_rebuild_from_slot(&source, other, subject->public_key, chip_serial, &der), CERT_SLOT_EMPTY);
    assert_int_equal(der.len, 0);
}

static void check_row(const struct row *row, const struct issuer *issuer)
{
    EVP_PKEY *device = EVP_EC_gen("P-256");
    uint8_t key[CERT_KEY_BYTES], issuer_key[CERT_KEY_BYTES], room[CERT_MAX], again[CERT_MAX], bytes[72];
    const struct cert_subject subject = {.public_key = key, .issuer_key = issuer_key, .chip_serial = chip_serial};
    struct cert_compressed compressed = {.signer_id = {0xff, 0xff}}, read;
    struct bytes_out tbs = {.data = room, .cap = sizeof room}, der = {.data = room, .cap = sizeof room},
                     rebuilt = {.data = again, .cap = sizeof again};
    static struct cert_form form;
    char year[5] = "";
    unsigned middle;

    point_of(device, key);
    point_of(issuer->key, issuer_key);
    make_form(row, issuer, &compressed.dates, &form);
    compressed.serial_source = CERT_SERIAL_KEY_HASH;
    assert_true(cert_build_tbs(&form.form, &compressed, &subject, &tbs));
    sign(issuer->key, bytes_written(&tbs), compressed.signature);
    assert_true(cert_rebuild(&form.form, &compressed, &subject, &der));
    assert_in_range(der.len, row->least, row->most);

    /* What the chip stores gives the same certificate, with a template that was made again from it. */
    assert_true(cert_compress(&form.form, bytes_written(&der), &subject, &compressed, bytes));
    assert_true(cert_compressed_read(bytes, &read));
    assert_int_equal(read.version, row->version);
    make_form(row, issuer, &read.dates, &form);
    assert_true(cert_rebuild(&form.form, &read, &subject, &rebuilt));
    assert_true(bytes_equal(bytes_written(&rebuilt), bytes_written(&der)));
    check_slot_source(&form, bytes, &subject, bytes_written(&der));

    memcpy(year, row->not_before, 4);
    middle = (unsigned)strtoul(year, NULL, 10) + 1;
    check_by_libcrypto(bytes_written(&der), issuer, middle, (row->extensions & CERT_AUTHORITY_KEY_ID) != 0);
    check_by_gnutls(bytes_written(&der), issuer, middle);
    check_parts(row, bytes_written(&der), issuer, key);
    check_extensions(row, bytes_written(&der));
    print_message("%-70s %zu bytes\n", row->subject_a, der.len);
    EVP_PKEY_free(device);
}

/* The issuer's signature is verified by PSA. */
static void test_rows(void **state)
{
    uint8_t memory_room[256];
    struct storage_memory memory;
    struct storage storage;
    struct its its;
    struct issuer issuer = {.key = NULL};

    (void)state;
    storage_memory_open(&memory, memory_room, sizeof memory_room, &storage);
    its_mount(&its, &storage);
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
    if (OBJ_txt2nid("1.3.6.1.5.5.7.8.4") == NID_undef)
        (void)OBJ_create("1.3.6.1.5.5.7.8.4", "hwModule", "hardware module name");
    make_issuer(&issuer);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_row(&rows[i], &issuer);
    free_issuer(&issuer);
    mbedtls_psa_crypto_free();
    its_unmount();
}

/* ---- published certificates ---- */

static size_t load(const char *folder, const char *name, uint8_t der[1024])
{
    char path[512];
    uint8_t *at = der;
    FILE *stream;
    X509 *x509;
    size_t len;

    (void)snprintf(path, sizeof path, "%s/%s.pem", folder, name);
    stream = fopen(path, "r");
    assert_non_null(stream);
    x509 = PEM_read_X509(stream, NULL, NULL, NULL);
    (void)fclose(stream);
    assert_non_null(x509);
    len = (size_t)i2d_X509(x509, &at);
    X509_free(x509);
    return len;
}

static const char *const matter_names[] = {"0000", "0001"};

/* A DAC of the published chain differs from ours in serial number, minutes and seconds, and so in the signature. */
static void check_matter(const char *number)
{
    uint8_t dac_der[1024], pai_der[1024], name[CERT_NAME_MAX], issuer_key[CERT_KEY_BYTES], room[CERT_MAX];
    uint8_t bytes[CERT_COMPRESSED_BYTES];
    char file[64], text[128];
    struct bytes_out tbs = {.data = room, .cap = sizeof room};
    struct cert_compressed compressed = {.dates = {.year = 2021}};
    struct cert_parts dac, pai;
    struct cert_subject subject;
    static struct cert_form form;
    size_t ours, theirs, dac_len;

    (void)snprintf(file, sizeof file, "dac-FFF1-8000-%s", number);
    (void)snprintf(text, sizeof text, "CN=Matter Test DAC %s,1.3.6.1.4.1.37244.2.1=FFF1,1.3.6.1.4.1.37244.2.2=8000",
                   number);
    dac_len = load(IMPRINT_TEST_CERTS_MATTER, file, dac_der);
    assert_true(cert_read_parts(bytes_of(dac_der, dac_len), &dac));
    assert_true(cert_read_parts(bytes_of(pai_der, load(IMPRINT_TEST_CERTS_MATTER, "pai-FFF1-8000", pai_der)), &pai));
    assert_true(pai.is_ca && !dac.is_ca);
    assert_true(cert_dates_from(dac.not_before, 0, &compressed.dates));
    memcpy(issuer_key, pai.public_key, sizeof issuer_key);
    subject = (struct cert_subject){.public_key = dac.public_key, .issuer_key = issuer_key, .chip_serial = chip_serial};
    {
        const struct cert_wish wish = {.subject_a = name_of(text, name),
                                       .subject_b = name_of(text, name),
                                       .issuer_name = pai.subject,
                                       .issuer_key_id = pai.key_id,
                                       .extensions = CERT_EXTENSIONS_MATTER_DAC,
                                       .dates = &compressed.dates};

        assert_true(cert_make_form(&wish, &form, NULL));
    }
    assert_true(cert_build_tbs(&form.form, &compressed, &subject, &tbs));
    ours = form.form.places[CERT_NOT_AFTER].at;
    theirs = (size_t)(dac.issuer.data - dac.tbs.data) + dac.issuer.len + 2 + 15 + 2;
    assert_int_equal(tbs.len - ours, dac.tbs.len - theirs);
    assert_memory_equal(room + ours, dac.tbs.data + theirs, tbs.len - ours);
    assert_int_equal(dac.serial.len, 8);
    /* The compressed form has no room for a serial number of its own, nor for minutes. */
    assert_false(cert_compress(&form.form, bytes_of(dac_der, dac_len), &subject, &compressed, bytes));
}

static void test_matter(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof matter_names / sizeof matter_names[0]; i++)
        check_matter(matter_names[i]);
}

/* The reader of parts says what libcrypto says, of every certificate that is here. */
static void check_read(const char *folder, const char *name)
{
    uint8_t der[1024], cut[1024];
    const size_t len = load(folder, name, der);
    const uint8_t *at = der;
    X509 *x509 = d2i_X509(NULL, &at, (long)len);
    struct cert_parts parts;
    struct tm tm;
    char text[32];

    assert_true(cert_read_parts(bytes_of(der, len), &parts));
    assert_int_equal(parts.is_ca, X509_check_ca(x509) == 1);
    ASN1_TIME_to_tm(X509_get0_notBefore(x509), &tm);
    assert_true(strftime(text, sizeof text, "%Y%m%d%H%M%S", &tm) == CERT_TIME_DIGITS);
    assert_string_equal(parts.not_before, text);
    ASN1_TIME_to_tm(X509_get0_notAfter(x509), &tm);
    assert_true(strftime(text, sizeof text, "%Y%m%d%H%M%S", &tm) == CERT_TIME_DIGITS);
    assert_string_equal(parts.not_after, text);
    assert_memory_equal(parts.public_key, X509_get0_pubkey_bitstr(x509)->data + 1, CERT_KEY_BYTES);
    if (X509_get0_subject_key_id(x509) != NULL)
        assert_memory_equal(parts.key_id.data, ASN1_STRING_get0_data(X509_get0_subject_key_id(x509)), 20);
    for (size_t less = 0; less < len; less++) {
        memcpy(cut, der, less);
        assert_false(cert_read_parts(bytes_of(cut, less), &parts));
    }
    X509_free(x509);
}

static void test_reading(void **state)
{
    static const char *const makers[] = {"device-01233BAEDAAEAA5501",
                                         "device-mah1h",
                                         "device-mah22-0123F1822C38DD7A01",
                                         "device-mah4i-01230390B3D1450C01",
                                         "device-tngtls-0123A23F29F9366A01",
                                         "root-ca-001",
                                         "root-ca-002",
                                         "signer-1H-218B",
                                         "signer-2C00",
                                         "signer-F600"};
    static const char *const matter[] = {"paa-FFF1", "pai-FFF1-8000", "dac-FFF1-8000-0000", "dac-FFF1-8000-0001"};

    (void)state;
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++)
        check_read(IMPRINT_TEST_CERTS, makers[i]);
    for (size_t i = 0; i < sizeof matter / sizeof matter[0]; i++)
        check_read(IMPRINT_TEST_CERTS_MATTER, matter[i]);
}

/* ---- what is refused ---- */

#define X60 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define LONG_NAME "O=" X60 ",OU=" X60 ",CN=" X60

static const struct {
    const char *a, *b, *cause;
} refused[] = {
    {"CN=#0C09aaaaaaaaaaaaaaaaaa", "CN=#0C09bbbbbbbbbbbbbbbbbb", NULL}, /* not UTF-8: cert_read_name() refuses */
    {"CN=x,1.2.3=#1609414141414141414141", "CN=x,1.2.3=#1609424242424242424242", "the hex of a value"},
    {"CN=" A18 A18 A18, "CN=" B18 B18 B18, "more than twice"},
    {"CN=" a18 ",O=" a18 ",OU=" a18, "CN=" b18 ",O=" b18 ",OU=" b18, "more than twice"},
    {"CN=x", "CN=xy", "another length"},
    {LONG_NAME, LONG_NAME, "too long"},
};

static void test_refusals(void **state)
{
    uint8_t a[CERT_NAME_MAX], b[CERT_NAME_MAX], issuer[CERT_NAME_MAX], key_id[CERT_KEY_ID_BYTES] = {0};
    static struct cert_form form;

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        char room[ERROR_ROOM];
        struct error err = ERROR_IN(room);
        const struct cert_dates dates = {.year = 2026, .month = 1, .day = 1};
        struct bytes_out out = {.data = a, .cap = sizeof a};

        if (refused[i].cause == NULL) {
            assert_false(cert_read_name(refused[i].a, &out, NULL));
            continue;
        }
        {
            const struct cert_wish wish = {.subject_a = name_of(refused[i].a, a),
                                           .subject_b = name_of(refused[i].b, b),
                                           .issuer_name = name_of(LONG_NAME, issuer),
                                           .issuer_key_id = bytes_of(key_id, sizeof key_id),
                                           .hardware_type = bytes_of(hardware_type, sizeof hardware_type),
                                           .extensions = CERT_EXTENSIONS,
                                           .dates = &dates};

            assert_false(cert_make_form(&wish, &form, &err));
        }
        assert_int_equal(err.reason, ERROR_PROFILE_CONFLICT);
        assert_string_equal(err.subject, "subject");
        if (strstr(err.cause, refused[i].cause) == NULL)
            fail_msg("%s: %s", refused[i].a, err.cause);
    }
}

static void test_dates(void **state)
{
    static const char *const none[] = {"19991231230000", "21280101000000", "20260230000000",
                                       "20261301000000", "20260100000000", "20260101240000"};
    struct cert_dates dates;
    char before[15], after[15];

    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_false(cert_dates_from(none[i], 1, &dates));
    assert_true(cert_dates_from("20280229235959", 0, &dates)); /* without an end there is no other February */
    assert_int_equal(dates.day, 29);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(cert_dates_from(rows[i].now, rows[i].years, &dates));
        cert_dates_text(&dates, rows[i].last_day, before, after);
        assert_string_equal(before, rows[i].not_before);
        assert_string_equal(after, rows[i].not_after);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),     cmocka_unit_test(test_matter), cmocka_unit_test(test_reading),
        cmocka_unit_test(test_refusals), cmocka_unit_test(test_dates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
