/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates in 72 bytes: every certificate of Microchip's chains that is public is compressed and rebuilt byte for
 * byte, and libcrypto verifies it by its issuer's key; what a real chip stores gives that chip's certificate; dates and
 * signatures of every shape go there and back.
 */
#include "cert/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/hex.h"
#include "cert/maker.h"
#include "virtual/chip/certificates.h"
#include "virtual/chip/crypto.h"

/* A certificate file as DER, and its public key. */
struct file {
    X509 *x509;
    uint8_t der[1024], key[CERT_KEY_BYTES];
    size_t len;
};

static void load(struct file *file, const char *name)
{
    char path[512];
    FILE *stream;
    uint8_t *at = file->der;
    const ASN1_BIT_STRING *key;

    (void)snprintf(path, sizeof path, "%s/%s.pem", IMPRINT_TEST_CERTS, name);
    stream = fopen(path, "r");
    assert_non_null(stream);
    file->x509 = PEM_read_X509(stream, NULL, NULL, NULL);
    (void)fclose(stream);
    assert_non_null(file->x509);
    assert_true(i2d_X509(file->x509, NULL) <= (int)sizeof file->der);
    file->len = (size_t)i2d_X509(file->x509, &at);
    key = X509_get0_pubkey_bitstr(file->x509);
    assert_int_equal(key->length, 1 + CERT_KEY_BYTES);
    memcpy(file->key, key->data + 1, CERT_KEY_BYTES);
}

static void from_hex(const char *text, uint8_t *bytes, size_t len)
{
    struct bytes_out out = {.data = bytes, .cap = len};

    assert_true(hex_decode(text, strlen(text), &out, NULL));
    assert_int_equal(out.len, len);
}

/*
 * The signer 2700 is not published. Its key is the one of two that its signature over device 0123A2D268F6D9FA01 allows
 * whose SHA-1 is that certificate's authority key identifier.
 */
static const char key_2700[] = "4E11488FEB4255E3F205E79445C749D4AA24F2D185D853AEF5BF82B3CF3D7931"
                               "62FC32281738F7F55743245D371E57EEA31AED8974DF10A46586819741665DCE";

/* The older chain (Root CA 001): templates of its own, whose signed part is read from the certificate itself. */
static const struct cert_template old_signer = {.tbs_len = 399,
                                                .template_id = 1,
                                                .serial_source = CERT_SERIAL_KEY_HASH,
                                                .places = {[CERT_SERIAL] = {11, 16},
                                                           [CERT_NOT_BEFORE] = {108, 13},
                                                           [CERT_NOT_AFTER] = {123, 13},
                                                           [CERT_SIGNER_ID] = {200, 4},
                                                           [CERT_PUBLIC_KEY] = {231, 64},
                                                           [CERT_SUBJECT_KEY] = {346, 20},
                                                           [CERT_AUTHORITY_KEY] = {379, 20}}};
static const struct cert_template old_device = {.tbs_len = 332,
                                                .template_id = 0,
                                                .serial_source = CERT_SERIAL_KEY_HASH,
                                                .places = {[CERT_SERIAL] = {11, 16},
                                                           [CERT_SIGNER_ID] = {103, 4},
                                                           [CERT_NOT_BEFORE] = {111, 13},
                                                           [CERT_NOT_AFTER] = {126, 15},
                                                           [CERT_PUBLIC_KEY] = {231, 64},
                                                           [CERT_AUTHORITY_KEY] = {312, 20}}};

static const struct real_row {
    const char *name, *issuer; /* files; issuer NULL: signer 2700 */
    const char *otp;           /* of a device: which part; NULL: `form` */
    const struct cert_template *form;
    const char *chip_serial, *eui;
    const char *trailer; /* bytes 64 to 71 */
} real_rows[] = {
    {"device-tngtls-0123A23F29F9366A01", "signer-2C00", "KQp2ZkD8", NULL, "0123A23F29F9366A01", "E8EB1B202027",
     "A5AC9C2C0030A000"},
    {"device-tngtls-0123A2D268F6D9FA01", NULL, "KQp2ZkD8", NULL, "0123A2D268F6D9FA01", "@EUI", "A109FC270030A000"},
    {"device-mah22-0123F1822C38DD7A01", "signer-F600", "Rsuy5YJh", NULL, "0123F1822C38DD7A01", NULL,
     "98E21CF60020A000"},
    {"device-mah4i-01230390B3D1450C01", "signer-2C00", "MKMwyhP1", NULL, "01230390B3D1450C01", NULL,
     "A326DC2C0030A000"},
    {"device-mah4i-01232B4E0931D16901", "signer-2C10", "MKMwyhP1", NULL, "01232B4E0931D16901", NULL,
     "A326DC2C1030A000"},
    {"device-mah4i-0123D26E26E688C901", "signer-2C10", "MKMwyhP1", NULL, "0123D26E26E688C901", NULL,
     "A326DC2C1030A000"},
    {"device-01233BAEDAAEAA5501", "signer-2C20", "MKMwyhP1", NULL, "01233BAEDAAEAA5501", NULL, "A326DC2C2030A000"},
    {"signer-2C00", "root-ca-002", NULL, &cert_maker_signer, NULL, NULL, "963A9F2C0010A000"},
    {"signer-2C10", "root-ca-002", NULL, &cert_maker_signer, NULL, NULL, "963A9F2C1010A000"},
    {"signer-2C20", "root-ca-002", NULL, &cert_maker_signer, NULL, NULL, "963A9F2C2010A000"},
    {"signer-F600", "root-ca-002", NULL, &cert_maker_signer, NULL, NULL, "963A7FF60010A000"},
    {"signer-1H-218B", "root-ca-001", NULL, &old_signer, NULL, NULL, "92DEAA218B10A000"},
    {"device-mah1h", "signer-1H-218B", NULL, &old_device, NULL, NULL, "9456C0218B00A000"},
};

/* Whether libcrypto verifies the certificate `der` with the key `point`. */
static bool verifies(struct bytes der, const uint8_t point[CERT_KEY_BYTES])
{
    static const char spki[] = "3059301306072A8648CE3D020106082A8648CE3D03010703420004";
    uint8_t key[27 + CERT_KEY_BYTES];
    const uint8_t *at = key;
    EVP_PKEY *pkey;
    X509 *x509;
    bool good;

    from_hex(spki, key, 27);
    memcpy(key + 27, point, CERT_KEY_BYTES);
    pkey = d2i_PUBKEY(NULL, &at, sizeof key);
    assert_non_null(pkey);
    at = der.data;
    x509 = d2i_X509(NULL, &at, (long)der.len);
    good = x509 != NULL && at == der.data + der.len && X509_verify(x509, pkey) == 1;
    X509_free(x509);
    EVP_PKEY_free(pkey);
    return good;
}

static void check_real(const struct real_row *row)
{
    struct file file = {.len = 0}, issuer = {.len = 0};
    uint8_t serial[CERT_CHIP_SERIAL_BYTES], bytes[CERT_COMPRESSED_BYTES], trailer[8], again[CERT_MAX];
    struct cert_template own;
    const struct cert_template *form = row->form;
    struct cert_compressed compressed = {.version = 0};
    struct cert_subject subject = {.public_key = file.key, .issuer_key = issuer.key, .chip_serial = serial};
    struct bytes_out der = {.data = again, .cap = sizeof again};

    load(&file, row->name);
    if (row->issuer != NULL)
        load(&issuer, row->issuer);
    else
        from_hex(key_2700, issuer.key, sizeof issuer.key);
    if (row->chip_serial != NULL)
        from_hex(row->chip_serial, serial, sizeof serial);
    if (row->otp != NULL)
        form = cert_maker_find_part((const uint8_t *)row->otp)->device;
    if (form->tbs == NULL) {
        own = *form;
        own.tbs = file.der + 4;
        form = &own;
    }
    if (form->places[CERT_EUI].len != 0)
        subject.eui =
            strcmp(row->eui, "@EUI") == 0 ? file.der + 4 + form->places[CERT_EUI].at : (const uint8_t *)row->eui;
    from_hex(row->trailer, trailer, sizeof trailer);
    memset(bytes, 0x55, 64);
    memcpy(bytes + 64, trailer, sizeof trailer);
    assert_true(cert_compressed_read(bytes, &compressed));
    memset(compressed.signature, 0, sizeof compressed.signature);
    if (!cert_compress(form, bytes_of(file.der, file.len), &subject, &compressed, bytes))
        fail_msg("%s is not what its template and its dates give", row->name);
    assert_memory_equal(bytes + 64, trailer, sizeof trailer);
    assert_true(cert_compressed_read(bytes, &compressed));
    assert_true(cert_rebuild(form, &compressed, &subject, &der));
    assert_int_equal(der.len, file.len);
    assert_memory_equal(again, file.der, file.len);
    assert_true(verifies(bytes_written(&der), issuer.key));
    X509_free(file.x509);
    if (row->issuer != NULL)
        X509_free(issuer.x509);
}

static void test_real_certificates(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof real_rows / sizeof real_rows[0]; i++)
        check_real(&real_rows[i]);
}

/* Slots of the real ATECC608B-TNGTLS 0123A23F29F9366A01: nerves-hub/atecc508a, test/support/sim608b_tng.ex. */
static const char slot10[] = "E197AA26D2D0AC94AB4DECC230554F5611CD53AE24AD1AE2737EA2D69ECAA2AD"
                             "25D05C0E6EA51C603E5A5B84E04CAB5126C6BDB37C8906A159606C3482B024AF"
                             "A5AC9C2C0030A000";
static const char slot12[] = "ECC949988F619130B9277322958CFDA97D9B0A8CB8F37894BCC473E9D47A4087"
                             "2123D5A2566B89A159BC8A8DE52283CE16B5337B2A2599AFE4D75EFA073ED611"
                             "963A9F2C0010A000";

static void check_slot(const char *slot, const char *name, const char *issuer_name, const struct cert_template *form)
{
    static const uint8_t serial[] = {0x01, 0x23, 0xa2, 0x3f, 0x29, 0xf9, 0x36, 0x6a, 0x01};
    struct file file = {.len = 0}, issuer = {.len = 0};
    uint8_t bytes[CERT_COMPRESSED_BYTES], der[CERT_MAX];
    struct bytes_out out = {.data = der, .cap = sizeof der};
    struct cert_compressed compressed;
    struct cert_subject subject = {.public_key = file.key,
                                   .issuer_key = issuer.key,
                                   .chip_serial = serial,
                                   .eui = (const uint8_t *)"E8EB1B202027"};

    load(&file, name);
    load(&issuer, issuer_name);
    from_hex(slot, bytes, sizeof bytes);
    assert_true(cert_compressed_read(bytes, &compressed));
    assert_true(cert_rebuild(form, &compressed, &subject, &out));
    assert_int_equal(out.len, file.len);
    assert_memory_equal(der, file.der, file.len);

    /* Every bit of the 72 bytes counts: another certificate, or none. */
    for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        out.len = 0;
        if (cert_compressed_read(bytes, &compressed) && cert_rebuild(form, &compressed, &subject, &out))
            assert_false(verifies(bytes_written(&out), issuer.key));
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }

    /* Too little room: nothing is appended. */
    assert_true(cert_compressed_read(bytes, &compressed));
    for (size_t cap = 0; cap < file.len; cap++) {
        struct bytes_out small = {.data = der, .cap = cap};

        assert_false(cert_rebuild(form, &compressed, &subject, &small));
        assert_int_equal(small.len, 0);
    }
    X509_free(file.x509);
    X509_free(issuer.x509);
}

static void test_slots_of_a_real_chip(void **state)
{
    (void)state;
    check_slot(slot10, "device-tngtls-0123A23F29F9366A01", "signer-2C00",
               cert_maker_find_part((const uint8_t *)"KQp2ZkD8")->device);
    check_slot(slot12, "signer-2C00", "root-ca-002", &cert_maker_signer);
}

/* The keys that end a chain: the published root's, and the one of the virtual maker, which libcrypto computes. */
static void test_roots(void **state)
{
    struct virtual_crypto *crypto = virtual_crypto_new();
    struct file root = {.len = 0};
    uint8_t key[CERT_KEY_BYTES];

    (void)state;
    assert_non_null(crypto);
    load(&root, "root-ca-002");
    assert_int_equal(cert_maker_root_count, 2);
    assert_memory_equal(cert_maker_roots[0].key, root.key, CERT_KEY_BYTES);
    assert_false(cert_maker_roots[0].is_virtual);
    virtual_maker_key(crypto, VIRTUAL_MAKER_ROOT, key);
    assert_memory_equal(cert_maker_roots[1].key, key, CERT_KEY_BYTES);
    assert_true(cert_maker_roots[1].is_virtual);
    X509_free(root.x509);
    virtual_crypto_free(crypto);
    assert_null(cert_maker_find_part((const uint8_t *)"\0\0\0\0\0\0\0\0"));
}

static const struct dates_row {
    struct cert_dates dates;
    const char *packed; /* bytes 64 to 66, version in the lower half of byte 70, byte 71 */
} dates_rows[] = {
    {{2014, 10, 15, 16, 14}, "753E0E 0 00"}, /* the example of DS20006367A */
    {{2020, 11, 11, 4, 28}, "A5AC9C 0 00"},  /* NervesHub's device */
    {{2018, 8, 21, 22, 0}, "9456C0 0 00"},   /* MAH1H */
    {{2000, 1, 1, 0, 0}, "008400 0 00"},      {{2031, 12, 31, 23, 31}, "FE7EFF 0 00"},
    {{2032, 1, 1, 0, 0}, "008400 1 40"},      {{2031, 12, 31, 23, 32}, "FE7EE0 1 10"},
    {{2127, 12, 31, 23, 127}, "FE7EFF 1 F0"}, {{2024, 2, 29, 0, 10}, "C1740A 0 00"},
};

static void test_dates(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof dates_rows / sizeof dates_rows[0]; i++) {
        struct cert_compressed compressed = {.dates = dates_rows[i].dates, .signer_id = {0xab, 0xcd}}, again;
        uint8_t bytes[CERT_COMPRESSED_BYTES];
        char text[32];

        assert_true(cert_compressed_write(&compressed, bytes));
        (void)snprintf(text, sizeof text, "%02X%02X%02X %X %02X", bytes[64], bytes[65], bytes[66], bytes[70] & 0x0fu,
                       bytes[71]);
        assert_string_equal(text, dates_rows[i].packed);
        assert_true(cert_compressed_read(bytes, &again));
        assert_memory_equal(&again.dates, &compressed.dates, sizeof again.dates);
        assert_memory_equal(again.signer_id, compressed.signer_id, sizeof again.signer_id);
    }
}

static void test_bad_dates(void **state)
{
    static const struct cert_dates bad[] = {
        {1999, 1, 1, 0, 0},  {2128, 1, 1, 0, 0},  {2020, 0, 1, 0, 0},  {2020, 13, 1, 0, 0}, {2020, 1, 0, 0, 0},
        {2020, 4, 31, 0, 0}, {2023, 2, 29, 0, 0}, {2100, 2, 29, 0, 0}, {2020, 1, 1, 24, 0}, {2020, 1, 1, 0, 128}};
    uint8_t bytes[CERT_COMPRESSED_BYTES] = {0};
    struct cert_compressed compressed;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        compressed = (struct cert_compressed){.dates = bad[i]};
        assert_false(cert_compressed_write(&compressed, bytes));
    }
    memset(bytes, 0, sizeof bytes);
    assert_false(cert_compressed_read(bytes, &compressed)); /* month 0, as in an empty slot */
    memset(bytes, 0xff, sizeof bytes);
    assert_false(cert_compressed_read(bytes, &compressed));
}

/* Versions 0 and 1 of the dates give the same certificate but for the serial number, which hashes them. */
static void test_version_1_is_built(void **state)
{
    const struct cert_template *form = cert_maker_find_part((const uint8_t *)"MKMwyhP1")->device;
    static const uint8_t serial[CERT_CHIP_SERIAL_BYTES] = {0x01, 0x23, 1, 2, 3, 4, 5, 6, 0x01};
    static const uint8_t key[CERT_KEY_BYTES] = {5}, issuer[CERT_KEY_BYTES] = {6};
    const struct cert_subject subject = {.public_key = key, .issuer_key = issuer, .chip_serial = serial};
    struct cert_compressed compressed = {.dates = {2040, 6, 1, 12, 45}, .version = 1};
    uint8_t room[CERT_TBS_MAX], hashed[CERT_KEY_BYTES + 4] = {5}, digest[32], packed[CERT_COMPRESSED_BYTES];
    struct bytes_out tbs = {.data = room, .cap = sizeof room};

    (void)state;
    assert_true(cert_build_tbs(form, &compressed, &subject, &tbs));
    assert_memory_equal(room + form->places[CERT_NOT_BEFORE].at, "400601120000Z", 13);
    assert_memory_equal(room + form->places[CERT_NOT_AFTER].at, "20850601120000Z", 15);
    assert_true(cert_compressed_write(&compressed, packed));
    memcpy(hashed + CERT_KEY_BYTES, packed + 64, 3);
    hashed[CERT_KEY_BYTES + 3] = packed[71] & 0xf0;
    assert_int_equal(EVP_Digest(hashed, sizeof hashed, digest, NULL, EVP_sha256(), NULL), 1);
    digest[0] = (uint8_t)((digest[0] & 0x7f) | 0x40);
    assert_memory_equal(room + form->places[CERT_SERIAL].at, digest, 16);
    compressed.dates.year = 2050; /* UTCTime cannot say it */
    assert_false(cert_build_tbs(form, &compressed, &subject, &tbs));
}

/* r and s with every number of leading zeros, and with the top bit set: libcrypto reads the same numbers. */
static void test_signature_shapes(void **state)
{
    static const uint8_t key[CERT_KEY_BYTES] = {1}, issuer[CERT_KEY_BYTES] = {2};
    const struct cert_subject subject = {.public_key = key, .issuer_key = issuer};
    struct cert_compressed compressed = {
        .dates = {2020, 1, 2, 3, 4}, .template_id = 1, .serial_source = CERT_SERIAL_KEY_HASH};

    (void)state;
    for (size_t zeros = 0; zeros < 2 * 32; zeros++) {
        uint8_t der[CERT_MAX], bytes[CERT_COMPRESSED_BYTES], back[64];
        struct bytes_out out = {.data = der, .cap = sizeof der};
        struct cert_compressed read = compressed;
        const ASN1_BIT_STRING *signature;
        const uint8_t *at = der;
        const BIGNUM *r, *s;
        ECDSA_SIG *pair;
        X509 *x509;

        memset(compressed.signature, 0, 64);
        memset(compressed.signature + zeros / 2, zeros % 2 == 0 ? 0x7f : 0x80, 32 - zeros / 2);
        memset(compressed.signature + 32 + 31 - zeros / 2, zeros % 2 == 0 ? 0x80 : 1, zeros / 2 + 1);
        assert_true(cert_rebuild(&cert_maker_signer, &compressed, &subject, &out));
        x509 = d2i_X509(NULL, &at, (long)out.len);
        assert_non_null(x509);
        assert_ptr_equal(at, der + out.len);
        X509_get0_signature(&signature, NULL, x509);
        at = signature->data;
        pair = d2i_ECDSA_SIG(NULL, &at, signature->length);
        assert_non_null(pair);
        ECDSA_SIG_get0(pair, &r, &s);
        assert_int_equal(BN_bn2binpad(r, back, 32), 32);
        assert_int_equal(BN_bn2binpad(s, back + 32, 32), 32);
        assert_memory_equal(back, compressed.signature, 64);
        assert_true(cert_compress(&cert_maker_signer, bytes_written(&out), &subject, &read, bytes));
        assert_memory_equal(bytes, compressed.signature, 64);
        ECDSA_SIG_free(pair);
        X509_free(x509);
    }
}

/* What the template needs and nobody gives, and 72 bytes that are for another template. */
static void test_refusals(void **state)
{
    const struct cert_template *form = cert_maker_find_part((const uint8_t *)"KQp2ZkD8")->device;
    static const uint8_t key[CERT_KEY_BYTES] = {1}, serial[CERT_CHIP_SERIAL_BYTES] = {1};
    const struct cert_subject whole = {
        .public_key = key, .issuer_key = key, .chip_serial = serial, .eui = (const uint8_t *)"E8EB1B202027"};
    const struct cert_compressed good = {
        .dates = {2020, 1, 2, 3, 4}, .template_id = 3, .serial_source = CERT_SERIAL_KEY_HASH};
    struct cert_compressed compressed = good;
    uint8_t der[CERT_MAX];

    (void)state;
    for (int missing = 0; missing <= 4; missing++) {
        struct cert_subject subject = whole;
        struct bytes_out out = {.data = der, .cap = sizeof der};

        subject.public_key = missing == 1 ? NULL : subject.public_key;
        subject.issuer_key = missing == 2 ? NULL : subject.issuer_key;
        subject.chip_serial = missing == 3 ? NULL : subject.chip_serial;
        subject.eui = missing == 4 ? NULL : subject.eui;
        assert_int_equal(cert_rebuild(form, &compressed, &subject, &out), missing == 0);
    }
    for (int wrong = 0; wrong < 3; wrong++) {
        struct bytes_out out = {.data = der, .cap = sizeof der};

        compressed = good;
        compressed.template_id = wrong == 0 ? 2 : 3;
        compressed.chain_id = wrong == 1 ? 1 : 0;
        compressed.serial_source = wrong == 2 ? CERT_SERIAL_CHIP_HASH : CERT_SERIAL_KEY_HASH;
        assert_false(cert_rebuild(form, &compressed, &whole, &out));
        assert_int_equal(out.len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real_certificates),
        cmocka_unit_test(test_slots_of_a_real_chip),
        cmocka_unit_test(test_roots),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_bad_dates),
        cmocka_unit_test(test_version_1_is_built),
        cmocka_unit_test(test_signature_shapes),
        cmocka_unit_test(test_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
