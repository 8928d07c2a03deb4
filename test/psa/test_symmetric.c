/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HMAC and AES keys in the chip: registered through every shell, used through the opaque one. Results by libcrypto;
 * statuses as of a software key with the same attributes and the same bytes.
 */
#include "test/psa/symmetric.h"

#include <openssl/evp.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "chip/operations.h"
#include "chip/uses.h"
#include "psa/keys.h"
#include "virtual/chip/virtual_invasive.h"

/* --- registration ------------------------------------------------------------------------------------------------ */

static void registered_keys_have_their_attributes(void **state)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

    (void)state;
    symmetric_begin();
    symmetric_register(symmetric_hmac_key(HMAC_KEY, IN_HMAC));
    symmetric_register(symmetric_aes_key(AES_KEY, IN_AES, PSA_ALG_CBC_PKCS7));
    world_restart(&symmetric_world);
    world_expect(&symmetric_world, psa_get_key_attributes(HMAC_KEY, &attributes), PSA_SUCCESS);
    assert_int_equal(psa_get_key_type(&attributes), PSA_KEY_TYPE_HMAC);
    assert_int_equal(psa_get_key_bits(&attributes), 256);
    assert_int_equal(psa_get_key_algorithm(&attributes), PSA_ALG_HMAC(PSA_ALG_SHA_256));
    assert_int_equal(world_slot_of(&symmetric_world, HMAC_KEY), IN_HMAC);
    world_expect(&symmetric_world, psa_get_key_attributes(AES_KEY, &attributes), PSA_SUCCESS);
    assert_int_equal(psa_get_key_type(&attributes), PSA_KEY_TYPE_AES);
    assert_int_equal(psa_get_key_bits(&attributes), 128);
    assert_int_equal(psa_get_key_algorithm(&attributes), PSA_ALG_CBC_PKCS7);
    assert_int_equal(world_slot_of(&symmetric_world, AES_KEY), IN_AES);
    world_remove(&symmetric_world);
}

static psa_key_attributes_t with(psa_key_attributes_t attributes, size_t bits, psa_key_usage_t usage)
{
    psa_set_key_bits(&attributes, bits);
    psa_set_key_usage_flags(&attributes, usage);
    return attributes;
}

static psa_key_attributes_t with_algorithms(psa_key_attributes_t attributes, psa_algorithm_t first,
                                            psa_algorithm_t second)
{
    psa_set_key_algorithm(&attributes, first);
    psa_set_key_enrollment_algorithm(&attributes, second);
    return attributes;
}

static void expect_refused(psa_key_attributes_t attributes, psa_status_t expected, enum error_reason reason,
                           const char *words)
{
    const psa_status_t status = world_register_key(&attributes);

    world_expect_reason(&symmetric_world, status, expected, reason);
    if (strstr(imprint_psa_reason(status), words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", imprint_psa_reason(status), words);
}

static void other_attributes_are_refused(void **state)
{
    const psa_algorithm_t hmac = PSA_ALG_HMAC(PSA_ALG_SHA_256);

    (void)state;
    symmetric_begin();
    const psa_key_attributes_t key = symmetric_hmac_key(HMAC_KEY, IN_HMAC),
                               aes = symmetric_aes_key(AES_KEY, IN_AES, PSA_ALG_CTR);
    const psa_status_t no = PSA_ERROR_NOT_SUPPORTED;
    const enum error_reason why = ERROR_KEY_ATTRIBUTES;
    expect_refused(with(key, 128, PSA_KEY_USAGE_SIGN_MESSAGE), no, why, "256 bits");
    expect_refused(with(key, 256, PSA_KEY_USAGE_EXPORT), no, why, "does nothing else");
    expect_refused(with_algorithms(key, PSA_ALG_HMAC(PSA_ALG_SHA_384), 0), no, why, "SHA-256");
    expect_refused(with_algorithms(key, PSA_ALG_CMAC, 0), no, why, "SHA-256");
    expect_refused(with_algorithms(key, hmac, PSA_ALG_CTR), no, why, "SHA-256");
    expect_refused(with(aes, 256, PSA_KEY_USAGE_ENCRYPT), no, why, "128 bits");
    expect_refused(with(aes, 128, PSA_KEY_USAGE_SIGN_MESSAGE), no, why, "does nothing else");
    expect_refused(with_algorithms(aes, PSA_ALG_CFB, 0), no, why, "CTR and GCM");
    expect_refused(with_algorithms(aes, PSA_ALG_CCM, 0), no, why, "CTR and GCM");
    expect_refused(with_algorithms(aes, PSA_ALG_CTR, hmac), no, why, "CTR and GCM");
    symmetric_register(with_algorithms(key, PSA_ALG_AT_LEAST_THIS_LENGTH_MAC(hmac, 8), PSA_ALG_TRUNCATED_MAC(hmac, 4)));
    symmetric_register(with_algorithms(aes, PSA_ALG_AEAD_WITH_AT_LEAST_THIS_LENGTH_TAG(PSA_ALG_GCM, 4), PSA_ALG_CTR));
    world_remove(&symmetric_world);
}

/* A slot that is for something else, or holds nothing. Nothing in the chip changes. */
static void other_slots_are_refused(void **state)
{
    const psa_status_t no = PSA_ERROR_NOT_PERMITTED;
    uint8_t before[32], after[32];

    (void)state;
    symmetric_begin();
    virtual_digest(symmetric_world.part, before);
    expect_refused(symmetric_hmac_key(HMAC_KEY, IN_NO_MAC), no, ERROR_SLOT_POLICY, "(NoMac)");
    expect_refused(symmetric_hmac_key(HMAC_KEY, IN_READABLE), no, ERROR_SLOT_POLICY, "(IsSecret)");
    expect_refused(symmetric_hmac_key(HMAC_KEY, IN_LATCHED), no, ERROR_SLOT_POLICY, "PersistentDisable");
    expect_refused(symmetric_hmac_key(HMAC_KEY, 0), no, ERROR_SLOT_POLICY, "(KeyType)");
    expect_refused(symmetric_hmac_key(HMAC_KEY, IN_AES), no, ERROR_SLOT_POLICY, "(KeyType)");
    expect_refused(symmetric_aes_key(AES_KEY, IN_HMAC, PSA_ALG_CTR), no, ERROR_SLOT_POLICY, "(KeyType)");
    expect_refused(symmetric_hmac_key(HMAC_KEY, IN_BLANK_HMAC), PSA_ERROR_DOES_NOT_EXIST, ERROR_SLOT_EMPTY,
                   "holds no key");
    expect_refused(symmetric_aes_key(AES_KEY, IN_BLANK_AES, PSA_ALG_CTR), PSA_ERROR_DOES_NOT_EXIST, ERROR_SLOT_EMPTY,
                   "holds no key");
    virtual_digest(symmetric_world.part, after);
    assert_memory_equal(before, after, sizeof before);

    virtual_set_latch(symmetric_world.part, true);
    symmetric_register(symmetric_hmac_key(HMAC_KEY, IN_LATCHED));
    world_remove(&symmetric_world);
}

static void refused_before_the_data_lock(void **state)
{
    (void)state;
    symmetric_begin_before_lock();
    world_power_off(&symmetric_world);
    world_start(&symmetric_world);
    expect_refused(symmetric_hmac_key(HMAC_KEY, IN_HMAC), PSA_ERROR_BAD_STATE, ERROR_DATA_UNLOCKED,
                   "data zone is unlocked");
    expect_refused(symmetric_aes_key(AES_KEY, IN_AES, PSA_ALG_CTR), PSA_ERROR_BAD_STATE, ERROR_DATA_UNLOCKED,
                   "data zone is unlocked");
    world_remove(&symmetric_world);
}

/* Not into slots that would take one, either; nothing in the chip changes. docs/decisions/0035 has the reasons. */
static void neither_made_nor_imported(void **state)
{
    const psa_key_attributes_t keys[] = {
        symmetric_hmac_key(HMAC_KEY, IN_HMAC), symmetric_aes_key(AES_KEY, IN_AES, PSA_ALG_CTR),
        symmetric_hmac_key(HMAC_KEY, IN_BLANK_HMAC), symmetric_aes_key(AES_KEY, IN_BLANK_AES, PSA_ALG_CTR)};
    const psa_status_t no = PSA_ERROR_NOT_SUPPORTED;
    uint8_t before[32], after[32];
    psa_key_id_t id;

    (void)state;
    symmetric_begin();
    virtual_digest(symmetric_world.part, before);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        world_expect_reason(&symmetric_world, psa_generate_key(&keys[i], &id), no, ERROR_KEY_ATTRIBUTES);
        assert_non_null(strstr(imprint_psa_reason(no), "no command that makes such a secret"));
        world_expect_reason(&symmetric_world,
                            psa_import_key(&keys[i], symmetric_secret, psa_get_key_bits(&keys[i]) / 8, &id), no,
                            ERROR_KEY_ATTRIBUTES);
        assert_non_null(strstr(imprint_psa_reason(no), "data entry puts it into its slot"));
    }
    virtual_digest(symmetric_world.part, after);
    assert_memory_equal(before, after, sizeof before);
    world_remove(&symmetric_world);
}

/* The record goes; the chip stays as it was, and the key can be registered again. */
static void destroyed_keys_stay_in_the_chip(void **state)
{
    uint8_t before[32], after[32];

    (void)state;
    symmetric_begin();
    symmetric_register(symmetric_hmac_key(HMAC_KEY, IN_HMAC));
    virtual_digest(symmetric_world.part, before);
    world_expect(&symmetric_world, psa_destroy_key(HMAC_KEY), PSA_SUCCESS);
    assert_false(world_has_key(HMAC_KEY));
    symmetric_register(symmetric_hmac_key(HMAC_KEY, IN_HMAC));
    virtual_digest(symmetric_world.part, after);
    assert_memory_equal(before, after, sizeof before);
    world_remove(&symmetric_world);
}

/* --- HMAC -------------------------------------------------------------------------------------------------------- */

static void expect_mac(psa_key_id_t id)
{
    uint8_t expected[32], mac[40];
    size_t len = 0;

    for (size_t i = 0; i <= sizeof symmetric_text; i += 7) {
        symmetric_mac(symmetric_text, i, expected);
        world_expect(&symmetric_world,
                     psa_mac_compute(id, PSA_ALG_HMAC(PSA_ALG_SHA_256), symmetric_text, i, mac, sizeof mac, &len),
                     PSA_SUCCESS);
        assert_int_equal(len, 32);
        assert_memory_equal(mac, expected, sizeof expected);
        world_expect(&symmetric_world,
                     psa_mac_verify(id, PSA_ALG_HMAC(PSA_ALG_SHA_256), symmetric_text, i, expected, 32), PSA_SUCCESS);
        expected[i % 32] ^= 1;
        world_expect(&symmetric_world,
                     psa_mac_verify(id, PSA_ALG_HMAC(PSA_ALG_SHA_256), symmetric_text, i, expected, 32),
                     PSA_ERROR_INVALID_SIGNATURE);
    }
}

static void computes_hmacs(void **state)
{
    const psa_algorithm_t whole = PSA_ALG_HMAC(PSA_ALG_SHA_256), cut = PSA_ALG_TRUNCATED_MAC(whole, 10);
    uint8_t expected[32], mac[32];
    size_t len = 0;

    (void)state;
    symmetric_begin();
    symmetric_register(symmetric_hmac_key(HMAC_KEY, IN_HMAC));
    expect_mac(HMAC_KEY);
    expect_mac(BUILTIN(IN_HMAC));
    world_restart(&symmetric_world);
    expect_mac(HMAC_KEY);

    symmetric_register(
        with_algorithms(symmetric_hmac_key(HMAC_KEY + 1, IN_HMAC), PSA_ALG_AT_LEAST_THIS_LENGTH_MAC(whole, 8), 0));
    symmetric_mac(symmetric_text, 50, expected);
    world_expect(&symmetric_world, psa_mac_compute(HMAC_KEY + 1, cut, symmetric_text, 50, mac, 10, &len), PSA_SUCCESS);
    assert_int_equal(len, 10);
    assert_memory_equal(mac, expected, 10);
    world_expect(&symmetric_world, psa_mac_verify(HMAC_KEY + 1, cut, symmetric_text, 50, expected, 10), PSA_SUCCESS);
    assert_int_equal(psa_mac_compute(HMAC_KEY, cut, symmetric_text, 50, mac, 10, &len), PSA_ERROR_NOT_PERMITTED);
    assert_int_equal(psa_mac_compute(HMAC_KEY, whole, symmetric_text, 50, mac, 31, &len), PSA_ERROR_BUFFER_TOO_SMALL);
    symmetric_register(with(symmetric_hmac_key(HMAC_KEY + 2, IN_HMAC), 256, PSA_KEY_USAGE_VERIFY_MESSAGE));
    assert_int_equal(psa_mac_compute(HMAC_KEY + 2, whole, symmetric_text, 50, mac, 32, &len), PSA_ERROR_NOT_PERMITTED);
    world_expect(&symmetric_world, psa_mac_verify(HMAC_KEY + 2, whole, symmetric_text, 50, expected, 32), PSA_SUCCESS);
    world_remove(&symmetric_world);
}

/* --- AES: ECB, CBC, CTR ------------------------------------------------------------------------------------------ */

static const struct mode {
    psa_algorithm_t algorithm;
    const char *name; /* libcrypto's */
    bool padded, blocks;
    size_t iv_len;
} modes[] = {
    {PSA_ALG_ECB_NO_PADDING, "AES-128-ECB", false, true, 0},
    {PSA_ALG_CBC_NO_PADDING, "AES-128-CBC", false, true, 16},
    {PSA_ALG_CBC_PKCS7, "AES-128-CBC", true, false, 16},
    {PSA_ALG_CTR, "AES-128-CTR", false, false, 16},
};
#define MODES (sizeof modes / sizeof modes[0])

static size_t by_libcrypto(const struct mode *mode, bool encrypt, const uint8_t *iv, const uint8_t *in, size_t len,
                           uint8_t *out)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int done = 0, last = 0;

    assert_int_equal(EVP_CipherInit_ex(context, EVP_get_cipherbyname(mode->name), NULL, symmetric_secret, iv, encrypt),
                     1);
    EVP_CIPHER_CTX_set_padding(context, mode->padded);
    assert_int_equal(EVP_CipherUpdate(context, out, &done, in, (int)len), 1);
    assert_int_equal(EVP_CipherFinal_ex(context, out + done, &last), 1);
    EVP_CIPHER_CTX_free(context);
    return (size_t)done + (size_t)last;
}

static void expect_both_ways(const struct mode *mode, psa_key_id_t id, size_t len)
{
    uint8_t cipher[SYMMETRIC_TEXT + 32], plain[SYMMETRIC_TEXT + 32];
    size_t cipher_len = 0, plain_len = 0;

    world_expect(&symmetric_world,
                 psa_cipher_encrypt(id, mode->algorithm, symmetric_text, len, cipher, sizeof cipher, &cipher_len),
                 PSA_SUCCESS);
    plain_len = by_libcrypto(mode, false, cipher, cipher + mode->iv_len, cipher_len - mode->iv_len, plain);
    assert_int_equal(plain_len, len);
    assert_memory_equal(plain, symmetric_text, len);

    memcpy(cipher, symmetric_text + 5, mode->iv_len);
    cipher_len = mode->iv_len + by_libcrypto(mode, true, cipher, symmetric_text, len, cipher + mode->iv_len);
    memset(plain, 0, sizeof plain);
    world_expect(&symmetric_world,
                 psa_cipher_decrypt(id, mode->algorithm, cipher, cipher_len, plain, sizeof plain, &plain_len),
                 PSA_SUCCESS);
    assert_int_equal(plain_len, len);
    assert_memory_equal(plain, symmetric_text, len);
}

static void encrypts_and_decrypts(void **state)
{
    (void)state;
    symmetric_begin();
    for (size_t i = 0; i < MODES; i++) {
        const psa_key_id_t id = (psa_key_id_t)(AES_KEY + i);
        symmetric_register(symmetric_aes_key(id, IN_AES, modes[i].algorithm));
        for (size_t len = 0; len <= SYMMETRIC_TEXT; len += modes[i].blocks ? 16 : 5)
            expect_both_ways(&modes[i], id, len);
    }
    expect_both_ways(&modes[3], BUILTIN(IN_AES), 33);
    world_remove(&symmetric_world);
}

/* The counter carries through all of its 16 bytes. */
static void counter_runs_over(void **state)
{
    uint8_t cipher[16 + 48], plain[48];
    size_t len = 0;

    (void)state;
    symmetric_begin();
    symmetric_register(symmetric_aes_key(AES_KEY, IN_AES, PSA_ALG_CTR));
    memset(cipher, 0xff, 16);
    (void)by_libcrypto(&modes[3], true, cipher, symmetric_text, 48, cipher + 16);
    world_expect(&symmetric_world,
                 psa_cipher_decrypt(AES_KEY, PSA_ALG_CTR, cipher, sizeof cipher, plain, sizeof plain, &len),
                 PSA_SUCCESS);
    assert_memory_equal(plain, symmetric_text, 48);
    world_remove(&symmetric_world);
}

/* With a wrong length and too little room, either is an answer. */
static bool both_wrong(psa_status_t status, psa_status_t expected, const struct mode *mode, size_t len)
{
    return status != PSA_SUCCESS && expected != PSA_SUCCESS && (mode->blocks || mode->padded) && len % 16 != 0;
}

/* Every length and room around the borders of blocks: as with a software key, and nothing but zeros after a failure. */
static void cipher_statuses_are_the_cores(void **state)
{
    static const size_t lens[] = {0, 1, 15, 16, 17, 31, 32, 33, 47, 48};
    uint8_t out[80], expected_out[80], input[64];
    size_t len, expected_len;

    (void)state;
    symmetric_begin();
    for (size_t m = 0; m < MODES; m++) {
        const psa_key_id_t id = (psa_key_id_t)(AES_KEY + m), software = symmetric_software_key(modes[m].algorithm);
        symmetric_register(symmetric_aes_key(id, IN_AES, modes[m].algorithm));
        for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++)
            for (size_t room = 0; room <= 64; room += 8) {
                memcpy(input, symmetric_text, sizeof input);
                if (modes[m].padded && lens[i] % 16 == 0 && lens[i] >= 32)
                    (void)by_libcrypto(&modes[m], true, input, symmetric_text, lens[i] - 17, input + 16);
                psa_status_t expected =
                    psa_cipher_decrypt(software, modes[m].algorithm, input, lens[i], expected_out, room, &expected_len);
                psa_status_t status = psa_cipher_decrypt(id, modes[m].algorithm, input, lens[i], out, room, &len);
                if (status != expected && !both_wrong(status, expected, &modes[m], lens[i]))
                    fail_msg("%s, decrypt %zu bytes to %zu: %d, but in software %d", modes[m].name, lens[i], room,
                             (int)status, (int)expected);
                assert_int_equal(len, expected_len);
                if (status == PSA_SUCCESS)
                    assert_memory_equal(out, expected_out, len);
                expected = psa_cipher_encrypt(software, modes[m].algorithm, symmetric_text, lens[i], expected_out, room,
                                              &expected_len);
                status = psa_cipher_encrypt(id, modes[m].algorithm, symmetric_text, lens[i], out, room, &len);
                if (status != expected && !both_wrong(status, expected, &modes[m], lens[i]))
                    fail_msg("%s, encrypt %zu bytes to %zu: %d, but in software %d", modes[m].name, lens[i], room,
                             (int)status, (int)expected);
                assert_int_equal(len, expected_len);
            }
        assert_int_equal(psa_destroy_key(software), PSA_SUCCESS);
    }
    world_remove(&symmetric_world);
}

/* Each wrong padding is found, as a software key finds it. */
static void paddings(void **state)
{
    static const struct mode unpadded = {0, "AES-128-CBC", false, true, 16};
    uint8_t input[32] = {0}, plain[16], out[16];
    size_t len;

    (void)state;
    symmetric_begin();
    symmetric_register(symmetric_aes_key(AES_KEY, IN_AES, PSA_ALG_CBC_PKCS7));
    const psa_key_id_t software = symmetric_software_key(PSA_ALG_CBC_PKCS7);
    for (unsigned last = 0; last <= 17; last++)
        for (unsigned wrong_at = 0; wrong_at < 16; wrong_at += 3) {
            memset(plain, (int)last, sizeof plain);
            plain[wrong_at] ^= 0x20;
            (void)by_libcrypto(&unpadded, true, input, plain, sizeof plain, input + 16);
            const psa_status_t expected =
                psa_cipher_decrypt(software, PSA_ALG_CBC_PKCS7, input, sizeof input, out, sizeof out, &len);
            const psa_status_t status =
                psa_cipher_decrypt(AES_KEY, PSA_ALG_CBC_PKCS7, input, sizeof input, out, sizeof out, &len);
            if (status != expected)
                fail_msg("padding %u, wrong at %u: %d, but in software %d", last, wrong_at, (int)status, (int)expected);
        }
    world_remove(&symmetric_world);
}

/* Longer than the chip stays awake: a watchdog would put it to sleep in the middle. */
static void a_long_message(void **state)
{
    static uint8_t long_text[4096], cipher[4096 + 16], plain[4096];
    size_t len = 0;

    (void)state;
    symmetric_begin();
    symmetric_register(symmetric_aes_key(AES_KEY, IN_AES, PSA_ALG_CTR));
    symmetric_register(symmetric_hmac_key(HMAC_KEY, IN_HMAC));
    count_up(long_text, sizeof long_text, 3);
    world_expect(&symmetric_world,
                 psa_cipher_encrypt(AES_KEY, PSA_ALG_CTR, long_text, sizeof long_text, cipher, sizeof cipher, &len),
                 PSA_SUCCESS);
    assert_int_equal(len, sizeof cipher);
    assert_int_equal(by_libcrypto(&modes[3], false, cipher, cipher + 16, sizeof long_text, plain), sizeof plain);
    assert_memory_equal(plain, long_text, sizeof plain);
    symmetric_mac(long_text, sizeof long_text, plain);
    world_expect(&symmetric_world,
                 psa_mac_verify(HMAC_KEY, PSA_ALG_HMAC(PSA_ALG_SHA_256), long_text, sizeof long_text, plain, 32),
                 PSA_SUCCESS);
    world_remove(&symmetric_world);
}

/* --- built-in ids, uses, faults ---------------------------------------------------------------------------------- */

static void built_in_keys_say_what_they_are(void **state)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t id = 0;

    (void)state;
    symmetric_begin();
    world_expect(&symmetric_world, psa_get_key_attributes(BUILTIN(IN_HMAC), &attributes), PSA_SUCCESS);
    assert_int_equal(psa_get_key_type(&attributes), PSA_KEY_TYPE_HMAC);
    assert_int_equal(psa_get_key_bits(&attributes), 256);
    assert_int_equal(psa_get_key_algorithm(&attributes), PSA_ALG_HMAC(PSA_ALG_SHA_256));
    world_expect(&symmetric_world, psa_get_key_attributes(BUILTIN(IN_AES), &attributes), PSA_SUCCESS);
    assert_int_equal(psa_get_key_type(&attributes), PSA_KEY_TYPE_AES);
    assert_int_equal(psa_get_key_bits(&attributes), 128);
    assert_int_equal(psa_get_key_algorithm(&attributes), PSA_ALG_CTR);
    assert_int_equal(psa_get_key_enrollment_algorithm(&attributes), PSA_ALG_GCM);
    for (unsigned slot = IN_BLANK_AES; slot <= IN_LATCHED; slot++)
        assert_int_equal(psa_get_key_attributes(BUILTIN(slot), &attributes), PSA_ERROR_INVALID_HANDLE);

    attributes = symmetric_hmac_key(HMAC_KEY, IN_HMAC);
    world_expect(&symmetric_world, psa_copy_key(BUILTIN(IN_HMAC), &attributes, &id), PSA_SUCCESS);
    expect_mac(HMAC_KEY);
    world_remove(&symmetric_world);
}

/* After a secure boot has set the latch, its keys are used; after power-up they are refused before the chip is asked.
 */
static void a_latched_key_is_used_while_the_latch_is_set(void **state)
{
    const psa_algorithm_t hmac = PSA_ALG_HMAC(PSA_ALG_SHA_256);
    uint8_t mac[32];
    size_t len;

    (void)state;
    symmetric_begin();
    virtual_set_latch(symmetric_world.part, true);
    symmetric_register(symmetric_hmac_key(HMAC_KEY, IN_LATCHED));
    expect_mac(HMAC_KEY);
    world_restart(&symmetric_world);
    world_expect_reason(&symmetric_world, psa_mac_compute(HMAC_KEY, hmac, symmetric_text, 9, mac, sizeof mac, &len),
                        PSA_ERROR_NOT_PERMITTED, ERROR_SLOT_POLICY);
    assert_non_null(strstr(imprint_psa_reason(PSA_ERROR_NOT_PERMITTED), "PersistentDisable"));
    world_remove(&symmetric_world);
}

static uint32_t uses(void)
{
    struct chip_config config = {.has_revision = false};

    virtual_peek_config(symmetric_world.part, config.zone);
    return chip_config_counter(&config, 0);
}

/* One use for an HMAC of any length, one for each block of AES, none for registration. */
static void counted_keys_pay(void **state)
{
    uint8_t out[80];
    size_t len;

    (void)state;
    symmetric_begin();
    const uint32_t before = uses();
    symmetric_register(symmetric_hmac_key(HMAC_KEY, IN_LIMITED_HMAC));
    symmetric_register(symmetric_aes_key(AES_KEY, IN_LIMITED_AES, PSA_ALG_CTR));
    assert_int_equal(uses(), before);
    world_expect(&symmetric_world,
                 psa_mac_compute(HMAC_KEY, PSA_ALG_HMAC(PSA_ALG_SHA_256), symmetric_text, 90, out, 32, &len),
                 PSA_SUCCESS);
    assert_int_equal(uses(), before + 1);
    world_expect(&symmetric_world, psa_cipher_encrypt(AES_KEY, PSA_ALG_CTR, symmetric_text, 33, out, sizeof out, &len),
                 PSA_SUCCESS);
    assert_int_equal(uses(), before + 4);

    /* Whatever is lost, a use that was paid is not paid again. */
    for (unsigned group = 1; group <= 8; group++) {
        world_restart(&symmetric_world);
        uint32_t paid = uses();
        world_arm(&symmetric_world, "lost", group);
        (void)psa_mac_compute(HMAC_KEY, PSA_ALG_HMAC(PSA_ALG_SHA_256), symmetric_text, 90, out, 32, &len);
        assert_in_range(uses() - paid, 0, 1);
        world_restart(&symmetric_world);
        paid = uses();
        world_arm(&symmetric_world, "lost", group);
        (void)psa_cipher_encrypt(AES_KEY, PSA_ALG_CTR, symmetric_text, 16, out, sizeof out, &len);
        assert_in_range(uses() - paid, 0, 1);
    }
    world_remove(&symmetric_world);
}

/* --- one store, two shells --------------------------------------------------------------------------------------- */

#ifdef MBEDTLS_PSA_CRYPTO_SE_C
static void start_with(const struct driver_shell *shell)
{
    world_attach(&symmetric_world);
    assert_int_equal(driver_start(&symmetric_world.driver, &symmetric_world.its, shell), PSA_SUCCESS);
}

/* Registered through SE_C, which has no calls for such keys, and used through the opaque shell. */
static void registered_through_the_other_shell(void **state)
{
    const psa_key_attributes_t key = symmetric_hmac_key(HMAC_KEY, IN_HMAC),
                               aes = symmetric_aes_key(AES_KEY, IN_AES, PSA_ALG_CTR);
    struct error err = {.reason = ERROR_NONE};
    uint8_t out[32];
    size_t len;

    (void)state;
    symmetric_begin();
    world_stop(&symmetric_world);
    start_with(&driver_shell_all);
    assert_int_equal(keys_register(&symmetric_world.driver, &key, IN_HMAC, &err), PSA_SUCCESS);
    assert_int_equal(keys_register(&symmetric_world.driver, &aes, IN_AES, &err), PSA_SUCCESS);
    assert_int_equal(psa_mac_compute(HMAC_KEY, PSA_ALG_HMAC(PSA_ALG_SHA_256), symmetric_text, 9, out, 32, &len),
                     PSA_ERROR_INVALID_ARGUMENT);
    world_stop(&symmetric_world);
    start_with(world_shell);
    expect_mac(HMAC_KEY);
    expect_both_ways(&modes[3], AES_KEY, 20);
    world_remove(&symmetric_world);
}
#endif

int main(void)
{
    const struct CMUnitTest every_shell[] = {
        cmocka_unit_test(registered_keys_have_their_attributes),
        cmocka_unit_test(other_attributes_are_refused),
        cmocka_unit_test(other_slots_are_refused),
        cmocka_unit_test(refused_before_the_data_lock),
        cmocka_unit_test(neither_made_nor_imported),
        cmocka_unit_test(destroyed_keys_stay_in_the_chip),
    };
    const struct CMUnitTest opaque[] = {
        cmocka_unit_test(computes_hmacs),
        cmocka_unit_test(encrypts_and_decrypts),
        cmocka_unit_test(counter_runs_over),
        cmocka_unit_test(cipher_statuses_are_the_cores),
        cmocka_unit_test(paddings),
        cmocka_unit_test(a_long_message),
        cmocka_unit_test(built_in_keys_say_what_they_are),
        cmocka_unit_test(a_latched_key_is_used_while_the_latch_is_set),
        cmocka_unit_test(counted_keys_pay),
#ifdef MBEDTLS_PSA_CRYPTO_SE_C
        cmocka_unit_test(registered_through_the_other_shell),
#endif
    };
    int failed = cmocka_run_group_tests(every_shell, NULL, NULL);

    if (world_is_opaque)
        failed += cmocka_run_group_tests(opaque, NULL, NULL);
    return failed;
}
