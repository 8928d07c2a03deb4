/* SPDX-License-Identifier: Apache-2.0 */
/* AES-GCM with a key in the chip, sealed and opened as libcrypto does it; and faults on the way of any result. */
#include "test/psa/symmetric.h"

#include <openssl/evp.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/order.h"
#include "virtual/chip/virtual_invasive.h"

static void seal_by_libcrypto(const uint8_t *nonce, size_t nonce_len, size_t additional_len, size_t len, size_t tag_len,
                              uint8_t *out)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int done = 0;

    assert_int_equal(EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), NULL, NULL, NULL), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_IVLEN, (int)nonce_len, NULL), 1);
    assert_int_equal(EVP_EncryptInit_ex(context, NULL, NULL, symmetric_secret, nonce), 1);
    if (additional_len != 0)
        assert_int_equal(EVP_EncryptUpdate(context, NULL, &done, symmetric_text + 1, (int)additional_len), 1);
    if (len != 0)
        assert_int_equal(EVP_EncryptUpdate(context, out, &done, symmetric_text, (int)len), 1);
    assert_int_equal(EVP_EncryptFinal_ex(context, out + len, &done), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, (int)tag_len, out + len), 1);
    EVP_CIPHER_CTX_free(context);
}

static void expect_sealed(psa_key_id_t id, size_t nonce_len, size_t additional_len, size_t len, size_t tag_len)
{
    const psa_algorithm_t algorithm = PSA_ALG_AEAD_WITH_SHORTENED_TAG(PSA_ALG_GCM, tag_len);
    const uint8_t *nonce = symmetric_text + 9;
    uint8_t expected[SYMMETRIC_TEXT + 16], cipher[SYMMETRIC_TEXT + 16], plain[SYMMETRIC_TEXT];
    size_t cipher_len = 0, plain_len = 99;

    seal_by_libcrypto(nonce, nonce_len, additional_len, len, tag_len, expected);
    world_expect(&symmetric_world,
                 psa_aead_encrypt(id, algorithm, nonce, nonce_len, symmetric_text + 1, additional_len, symmetric_text,
                                  len, cipher, sizeof cipher, &cipher_len),
                 PSA_SUCCESS);
    assert_int_equal(cipher_len, len + tag_len);
    assert_memory_equal(cipher, expected, cipher_len);
    world_expect(&symmetric_world,
                 psa_aead_decrypt(id, algorithm, nonce, nonce_len, symmetric_text + 1, additional_len, cipher,
                                  cipher_len, plain, sizeof plain, &plain_len),
                 PSA_SUCCESS);
    assert_int_equal(plain_len, len);
    assert_memory_equal(plain, symmetric_text, len);

    /* One bit anywhere: no plain text. */
    cipher[(nonce_len + additional_len + len) % cipher_len] ^= 0x10;
    memset(plain, 0xa5, sizeof plain);
    world_expect(&symmetric_world,
                 psa_aead_decrypt(id, algorithm, nonce, nonce_len, symmetric_text + 1, additional_len, cipher,
                                  cipher_len, plain, sizeof plain, &plain_len),
                 PSA_ERROR_INVALID_SIGNATURE);
    assert_int_equal(plain_len, 0);
    assert_true(bytes_all(bytes_of(plain, sizeof plain), 0));
}

static void seals_and_opens(void **state)
{
    static const size_t nonces[] = {12, 1, 15, 16, 17, 60}, additional[] = {0, 5, 16, 33}, lens[] = {0, 1, 16, 47, 64},
                        tags[] = {16, 15, 14, 13, 12, 8, 4};
    unsigned tag = 0;

    (void)state;
    symmetric_begin();
    symmetric_register(symmetric_aes_key(AES_KEY, IN_AES, PSA_ALG_AEAD_WITH_AT_LEAST_THIS_LENGTH_TAG(PSA_ALG_GCM, 4)));
    for (size_t n = 0; n < 6; n++)
        for (size_t a = 0; a < 4; a++)
            for (size_t l = 0; l < 5; l++)
                expect_sealed(AES_KEY, nonces[n], additional[a], lens[l], tags[tag++ % 7]);
    expect_sealed(BUILTIN(IN_AES), 12, 5, 20, 16);
    /* Counters that begin anywhere, so that some carry. */
    for (unsigned i = 0; i < 600; i++) {
        store16_le(symmetric_text + 9, (uint16_t)i);
        expect_sealed(AES_KEY, 16, 0, 64, 16);
    }
    world_remove(&symmetric_world);
}

/* Mbed TLS's one-part GCM takes all tags from 4 bytes on, also those that NIST SP 800-38D does not have. */
static bool is_stricter(psa_status_t status, size_t tag)
{
    return tag != 4 && tag != 8 && tag < 12 && status == PSA_ERROR_INVALID_ARGUMENT;
}

static void gcm_statuses_are_the_cores(void **state)
{
    const uint8_t *const input_bytes = symmetric_text;
    uint8_t out[64], expected_out[64];
    size_t len, expected_len;

    (void)state;
    symmetric_begin();
    const psa_algorithm_t policy = PSA_ALG_AEAD_WITH_AT_LEAST_THIS_LENGTH_TAG(PSA_ALG_GCM, 1);
    symmetric_register(symmetric_aes_key(AES_KEY, IN_AES, policy));
    const psa_key_id_t software = symmetric_software_key(policy);
    for (size_t tag = 1; tag <= 16; tag++)
        for (size_t input = 0; input <= 20; input += 4)
            for (size_t room = 0; room <= 40; room += 4)
                for (size_t nonce = 0; nonce <= 12; nonce += 12) {
                    const psa_algorithm_t algorithm = PSA_ALG_AEAD_WITH_SHORTENED_TAG(PSA_ALG_GCM, tag);
                    psa_status_t expected = psa_aead_encrypt(software, algorithm, input_bytes, nonce, input_bytes, 3,
                                                             input_bytes, input, expected_out, room, &expected_len);
                    psa_status_t status = psa_aead_encrypt(AES_KEY, algorithm, input_bytes, nonce, input_bytes, 3,
                                                           input_bytes, input, out, room, &len);
                    if (status != expected && !is_stricter(status, tag))
                        fail_msg("tag %zu, seal %zu bytes to %zu, nonce %zu: %d, but in software %d", tag, input, room,
                                 nonce, (int)status, (int)expected);
                    assert_int_equal(len, status == expected ? expected_len : 0);
                    expected = psa_aead_decrypt(software, algorithm, input_bytes, nonce, input_bytes, 3, input_bytes,
                                                input, expected_out, room, &expected_len);
                    status = psa_aead_decrypt(AES_KEY, algorithm, input_bytes, nonce, input_bytes, 3, input_bytes,
                                              input, out, room, &len);
                    if (status != expected && !is_stricter(status, tag))
                        fail_msg("tag %zu, open %zu bytes to %zu, nonce %zu: %d, but in software %d", tag, input, room,
                                 nonce, (int)status, (int)expected);
                    assert_int_equal(len, status == expected ? expected_len : 0);
                }
    world_remove(&symmetric_world);
}

/* Whatever is lost on the way, a result is right or there is none. */
static void faults_give_no_wrong_result(void **state)
{
    static const char *const kinds[] = {"lost", "reset", "badcrc", "flip", "garbage", "nack", "silent", "watchdog"};
    uint8_t expected_mac[32], expected[40 + 16], out[40 + 16];
    size_t len;
    unsigned good = 0;

    (void)state;
    symmetric_begin();
    symmetric_register(symmetric_hmac_key(HMAC_KEY, IN_HMAC));
    symmetric_register(symmetric_aes_key(AES_KEY, IN_AES, PSA_ALG_GCM));
    symmetric_mac(symmetric_text, 90, expected_mac);
    seal_by_libcrypto(symmetric_text + 9, 12, 5, 40, 16, expected);
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++)
        for (unsigned group = 1; group <= 9; group++) {
            world_restart(&symmetric_world);
            world_arm(&symmetric_world, kinds[kind], group);
            psa_status_t status =
                psa_mac_compute(HMAC_KEY, PSA_ALG_HMAC(PSA_ALG_SHA_256), symmetric_text, 90, out, 32, &len);
            if (status == PSA_SUCCESS)
                assert_memory_equal(out, expected_mac, 32);
            good += status == PSA_SUCCESS;
            world_restart(&symmetric_world);
            world_arm(&symmetric_world, kinds[kind], group);
            status = psa_aead_encrypt(AES_KEY, PSA_ALG_GCM, symmetric_text + 9, 12, symmetric_text + 1, 5,
                                      symmetric_text, 40, out, sizeof out, &len);
            if (status == PSA_SUCCESS)
                assert_memory_equal(out, expected, sizeof expected);
            else
                assert_true(bytes_all(bytes_of(out, sizeof out), 0));
            good += status == PSA_SUCCESS;
        }
    assert_in_range(good, 100, 2 * 9 * 7 + 8);
    world_remove(&symmetric_world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seals_and_opens),
        cmocka_unit_test(gcm_statuses_are_the_cores),
        cmocka_unit_test(faults_give_no_wrong_result),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
