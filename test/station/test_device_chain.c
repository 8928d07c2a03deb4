/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The maker's chain with its root, as libcrypto sees it: of a real part, from what is public of it, up to Microchip's
 * root; the root certificates that imprint brings against the keys that it verifies with.
 */
#include "station/device_chain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/hex.h"
#include "station/verifier.h"
#include "station/x509_words.h"

static struct verifier verifier;

/* The public contents of the ATECC608B-TNGTLS 0123A23F29F9366A01 (test/data/SOURCES.md), as its slots have them. */
#define REAL_DEVICE                                                                                                    \
    "E197AA26D2D0AC94AB4DECC230554F5611CD53AE24AD1AE2737EA2D69ECAA2AD"                                                 \
    "25D05C0E6EA51C603E5A5B84E04CAB5126C6BDB37C8906A159606C3482B024AFA5AC9C2C0030A000"
#define REAL_SIGNER_KEY                                                                                                \
    "2EBA1B2AD0B73E4E44725E0C09348D4092A08BD7A8B7619BFDC7A56EB2054BDC"                                                 \
    "A338F00DC64DEC1D84B4B36EC62426BD4C9340244FA853E235D053C05DF67EF4"
#define REAL_SIGNER                                                                                                    \
    "ECC949988F619130B9277322958CFDA97D9B0A8CB8F37894BCC473E9D47A4087"                                                 \
    "2123D5A2566B89A159BC8A8DE52283CE16B5337B2A2599AFE4D75EFA073ED611963A9F2C0010A000"

static void put(struct genuine_shown *shown, enum genuine_item item, const char *hex)
{
    struct bytes_out out = {.data = shown->item[item], .cap = GENUINE_ITEM_MAX};

    assert_true(hex_decode(hex, strlen(hex), &out, NULL));
    shown->has[item] = true;
}

static X509 *read_x509(struct bytes der)
{
    const uint8_t *at = der.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.len);

    assert_non_null(certificate);
    assert_ptr_equal(at, der.data + der.len);
    return certificate;
}

static X509 *read_file(const char *name)
{
    char path[256];
    FILE *file;
    X509 *certificate;

    (void)snprintf(path, sizeof path, "%s/%s", IMPRINT_TEST_CERTIFICATES, name);
    file = fopen(path, "r");
    assert_non_null(file);
    certificate = PEM_read_X509(file, NULL, NULL, NULL);
    assert_non_null(certificate);
    (void)fclose(file);
    return certificate;
}

/* The 64 bytes of its public key, after 04. */
static void key_of(X509 *certificate, uint8_t key[static 64])
{
    const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(certificate);

    assert_int_equal(ASN1_STRING_length(bits), 65);
    memcpy(key, ASN1_STRING_get0_data(bits) + 1, 64);
}

/* What the part shows; its key in slot 0 is known from its published certificate. No signature: the part is not here.
 */
static void show_real_part(struct genuine_shown *shown)
{
    static const uint8_t serial[] = {0x01, 0x23, 0xa2, 0x3f, 0x29, 0xf9, 0x36, 0x6a, 0x01};
    X509 *device = read_file("device-tngtls-0123A23F29F9366A01.pem");

    *shown = (struct genuine_shown){.has = {false}};
    memcpy(shown->serial, serial, sizeof serial);
    put(shown, GENUINE_OTP,
        "4B517032"
        "5A6B4438");
    put(shown, GENUINE_DEVICE, REAL_DEVICE);
    put(shown, GENUINE_SIGNER, REAL_SIGNER);
    put(shown, GENUINE_SIGNER_KEY, REAL_SIGNER_KEY);
    put(shown, GENUINE_EUI, "453845423142323032303237");
    key_of(device, shown->item[GENUINE_KEY]);
    shown->has[GENUINE_KEY] = true;
    X509_free(device);
}

static void assert_is_file(const struct device_chain *chain, enum device_chain_role role, const char *name)
{
    X509 *ours = read_x509(device_chain_der(chain, role)), *theirs = read_file(name);

    assert_int_equal(X509_cmp(ours, theirs), 0);
    X509_free(ours);
    X509_free(theirs);
}

static void test_real_chain_to_microchips_root(void **state)
{
    struct genuine_shown shown;
    struct genuine genuine;
    struct device_chain chain;
    struct error err = {.reason = ERROR_NONE};
    uint8_t key[64];
    X509 *links[DEVICE_CHAIN_MAKERS];

    (void)state;
    show_real_part(&shown);
    genuine_judge(&genuine, &shown);
    assert_true(device_chain_of_maker(&genuine, &chain, &err));
    assert_false(chain.is_virtual);
    assert_string_equal(chain.part, "ATECC608-TNGTLS");
    assert_is_file(&chain, DEVICE_CHAIN_DEVICE, "device-tngtls-0123A23F29F9366A01.pem");
    assert_is_file(&chain, DEVICE_CHAIN_SIGNER, "signer-2C00.pem");
    assert_is_file(&chain, DEVICE_CHAIN_ROOT, "root-ca-002.pem");
    for (unsigned i = 0; i < DEVICE_CHAIN_MAKERS; i++)
        links[i] = read_x509(device_chain_der(&chain, (enum device_chain_role)i));
    for (unsigned i = 0; i + 1 < DEVICE_CHAIN_MAKERS; i++)
        assert_int_equal(X509_check_issued(links[i + 1], links[i]), X509_V_OK);
    assert_int_equal(X509_verify(links[DEVICE_CHAIN_DEVICE], X509_get0_pubkey(links[DEVICE_CHAIN_SIGNER])), 1);
    assert_int_equal(X509_verify(links[DEVICE_CHAIN_SIGNER], X509_get0_pubkey(links[DEVICE_CHAIN_ROOT])), 1);
    key_of(links[DEVICE_CHAIN_DEVICE], key);
    assert_memory_equal(chain.public_key + 1, key, sizeof key);
    for (unsigned i = 0; i < DEVICE_CHAIN_MAKERS; i++)
        X509_free(links[i]);
}

/* One bit of what a part shows, wherever it is: no chain, and the reason says that the certificates do not hold. */
static void test_one_wrong_bit(void **state)
{
    static const enum genuine_item items[] = {GENUINE_DEVICE, GENUINE_SIGNER, GENUINE_SIGNER_KEY, GENUINE_KEY,
                                              GENUINE_EUI};

    (void)state;
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        struct genuine_shown shown;
        struct genuine genuine;
        struct device_chain chain;
        struct error err = {.reason = ERROR_NONE};

        show_real_part(&shown);
        shown.item[items[i]][6] ^= 1;
        genuine_judge(&genuine, &shown);
        assert_false(device_chain_of_maker(&genuine, &chain, &err));
        assert_int_equal(err.reason, ERROR_NOT_GENUINE);
    }
}

static void test_signer_of_another_number(void **state)
{
    struct genuine_shown shown;
    struct genuine genuine;
    struct device_chain chain;
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    show_real_part(&shown);
    shown.serial[8] ^= 1; /* of a chip that has another serial number than its certificate says */
    genuine_judge(&genuine, &shown);
    assert_false(device_chain_of_maker(&genuine, &chain, &err));
    assert_int_equal(err.reason, ERROR_NOT_GENUINE);
}

static void test_other_parts_have_none(void **state)
{
    struct genuine_shown shown;
    struct genuine genuine;
    struct device_chain chain;
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    show_real_part(&shown);
    shown.item[GENUINE_OTP][0] ^= 1;
    genuine_judge(&genuine, &shown);
    assert_false(device_chain_of_maker(&genuine, &chain, &err));
    assert_int_equal(err.reason, ERROR_NO_CERTIFICATE);
}

/* Each root certificate is for the key that chains are verified with, signed by it, and a CA's. */
static void test_roots(void **state)
{
    (void)state;
    for (size_t i = 0; i < cert_maker_root_count; i++) {
        const struct cert_maker_root *root = &cert_maker_roots[i];
        X509 *certificate = read_x509(device_chain_roots_certificate(root->is_virtual));
        uint8_t key[64];

        key_of(certificate, key);
        assert_memory_equal(key, root->key, sizeof key);
        assert_int_equal(X509_verify(certificate, X509_get0_pubkey(certificate)), 1);
        assert_int_equal(X509_check_ca(certificate), 1);
        assert_int_equal(X509_get_ext_by_NID(certificate, NID_netscape_comment, -1) >= 0, root->is_virtual);
        X509_free(certificate);
    }
}

static void test_words(void **state)
{
    struct x509_words words;
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    assert_true(x509_words_of_der(device_chain_roots_certificate(false), &words, &err));
    assert_string_equal(words.subject, "O=Microchip Technology Inc, CN=Crypto Authentication Root CA 002");
    assert_string_equal(words.issuer, words.subject);
    assert_string_equal(words.number, "77D36D956EC8AE6205E58E3ACB985A81");
    assert_string_equal(words.not_before, "2018-11-08T19:12:19Z");
    assert_string_equal(words.not_after, "2058-11-08T19:12:19Z");
    assert_false(words.never_ends);
    assert_string_equal(words.key, "EC, 256 bits");
    assert_string_equal(words.sha_256, "A5B883BF22933F43A9414FEDCD4DA87DD468E7301D875B86C5B783F22A0116BD");
    assert_false(x509_words_of_der(bytes_of((const uint8_t *)"0", 1), &words, &err));
}

static int begin(void **state)
{
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    return verifier_start(&verifier, &err) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    verifier_stop(&verifier);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real_chain_to_microchips_root),
        cmocka_unit_test(test_one_wrong_bit),
        cmocka_unit_test(test_signer_of_another_number),
        cmocka_unit_test(test_other_parts_have_none),
        cmocka_unit_test(test_roots),
        cmocka_unit_test(test_words),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
