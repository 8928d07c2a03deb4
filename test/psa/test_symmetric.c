/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HMAC and AES keys in the chip: registered through every shell, used through the opaque one. Results by libcrypto;
 * statuses as of a software key with the same attributes and the same bytes.
 */
#include "test/support/world.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/order.h"
#include "chip/operations.h"
#include "chip/uses.h"
#include "psa/keys.h"
#include "virtual/chip/virtual_invasive.h"

#define AES_ENABLE 13 /* where they lie in the config zone */
#define SLOT_CONFIG 20
#define LOCK_CONFIG 87
#define KEY_CONFIG 96
#define BUILTIN(slot) ((psa_key_id_t)0x7fff0000 + (slot))
#define HMAC_KEY 0x21
#define AES_KEY 0x22
#define MOST 96 /* bytes of a message */

enum {
    IN_HMAC = 3,
    IN_AES = 4,
    IN_NO_MAC = 5,
    IN_LIMITED_HMAC = 6,
    IN_LIMITED_AES = 7,
    IN_BLANK_AES = 9,
    IN_BLANK_HMAC = 10,
    IN_READABLE = 11,
    IN_LATCHED = 12,
};

static const struct {
    uint8_t slot;
    uint16_t slot_config, key_config;
    bool filled;
} slots[] = {
    {IN_HMAC, 0x808f, 0x003c, true},        {IN_AES, 0x808f, 0x0038, true},
    {IN_NO_MAC, 0x809f, 0x003c, true},      {IN_LIMITED_HMAC, 0x80af, 0x003c, true},
    {IN_LIMITED_AES, 0x80af, 0x0038, true}, {IN_BLANK_AES, 0x808f, 0x0038, false},
    {IN_BLANK_HMAC, 0x808f, 0x003c, false}, {IN_READABLE, 0x800f, 0x003c, true},
    {IN_LATCHED, 0x808f, 0x103c, true},
};

static struct world world;
static uint8_t secret[32]; /* what the filled slots begin with */
static uint8_t text[MOST];

static void write_slots(void)
{
    world_power_on(&world);
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++)
        if (slots[i].filled)
            assert_int_equal(chip_write_slot_block(&world.chip, slots[i].slot, 0, secret, NULL), CHIP_OK);
}

/* A part with the slots above, and PSA started through `shell`. */
static void begin_before_lock(void)
{
    uint8_t config[VIRTUAL_CONFIG_BYTES];

    count_up(secret, sizeof secret, 0x41);
    count_up(text, sizeof text, 0x07);
    world_make(&world, WORLD_BLANK);
    world_power_on(&world);
    virtual_peek_config(world.part, config);
    world_power_off(&world);
    config[AES_ENABLE] |= 1;
    config[LOCK_CONFIG] = 0;
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++) {
        store16_le(config + SLOT_CONFIG + 2 * slots[i].slot, slots[i].slot_config);
        store16_le(config + KEY_CONFIG + 2 * slots[i].slot, slots[i].key_config);
    }
    world_replace_part(&world, &(struct virtual_making){.part = VIRTUAL_FROM_CONFIG, .config = config});
    write_slots();
}

static void begin(void)
{
    begin_before_lock();
    assert_int_equal(chip_lock_data(&world.chip, false, 0, NULL), CHIP_OK);
    world_power_off(&world);
    world_start(&world);
}

static psa_key_attributes_t hmac_key(psa_key_id_t id, uint8_t slot)
{
    psa_key_attributes_t attributes = world_key_pair(id, slot);

    psa_set_key_type(&attributes, PSA_KEY_TYPE_HMAC);
    psa_set_key_algorithm(&attributes, PSA_ALG_HMAC(PSA_ALG_SHA_256));
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_MESSAGE | PSA_KEY_USAGE_VERIFY_MESSAGE);
    return attributes;
}

static psa_key_attributes_t aes_key(psa_key_id_t id, uint8_t slot, psa_algorithm_t algorithm)
{
    psa_key_attributes_t attributes = hmac_key(id, slot);

    psa_set_key_type(&attributes, PSA_KEY_TYPE_AES);
    psa_set_key_bits(&attributes, 128);
    psa_set_key_algorithm(&attributes, algorithm);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_ENCRYPT | PSA_KEY_USAGE_DECRYPT);
    return attributes;
}

static void register_as(psa_key_attributes_t attributes)
{
    world_expect(&world, world_register_key(&attributes), PSA_SUCCESS);
}

/* --- registration ------------------------------------------------------------------------------------------------ */

static void registered_keys_have_their_attributes(void **state)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

    (void)state;
    begin();
    register_as(hmac_key(HMAC_KEY, IN_HMAC));
    register_as(aes_key(AES_KEY, IN_AES, PSA_ALG_CBC_PKCS7));
    world_restart(&world);
    world_expect(&world, psa_get_key_attributes(HMAC_KEY, &attributes), PSA_SUCCESS);
    assert_int_equal(psa_get_key_type(&attributes), PSA_KEY_TYPE_HMAC);
    assert_int_equal(psa_get_key_bits(&attributes), 256);
    assert_int_equal(psa_get_key_algorithm(&attributes), PSA_ALG_HMAC(PSA_ALG_SHA_256));
    assert_int_equal(world_slot_of(&world, HMAC_KEY), IN_HMAC);
    world_expect(&world, psa_get_key_attributes(AES_KEY, &attributes), PSA_SUCCESS);
    assert_int_equal(psa_get_key_type(&attributes), PSA_KEY_TYPE_AES);
    assert_int_equal(psa_get_key_bits(&attributes), 128);
    assert_int_equal(psa_get_key_algorithm(&attributes), PSA_ALG_CBC_PKCS7);
    assert_int_equal(world_slot_of(&world, AES_KEY), IN_AES);
    world_remove(&world);
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

    world_expect_reason(&world, status, expected, reason);
    if (strstr(imprint_psa_reason(status), words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", imprint_psa_reason(status), words);
}

static void other_attributes_are_refused(void **state)
{
    const psa_algorithm_t hmac = PSA_ALG_HMAC(PSA_ALG_SHA_256);

    (void)state;
    begin();
    const psa_key_attributes_t key = hmac_key(HMAC_KEY, IN_HMAC), aes = aes_key(AES_KEY, IN_AES, PSA_ALG_CTR);
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
    register_as(with_algorithms(key, PSA_ALG_AT_LEAST_THIS_LENGTH_MAC(hmac, 8), PSA_ALG_TRUNCATED_MAC(hmac, 4)));
    register_as(with_algorithms(aes, PSA_ALG_AEAD_WITH_AT_LEAST_THIS_LENGTH_TAG(PSA_ALG_GCM, 4), PSA_ALG_CTR));
    world_remove(&world);
}

/* A slot that is for something else, or holds nothing. Nothing in the chip changes. */
static void other_slots_are_refused(void **state)
{
    const psa_status_t no = PSA_ERROR_NOT_PERMITTED;
    uint8_t before[32], after[32];

    (void)state;
    begin();
    virtual_digest(world.part, before);
    expect_refused(hmac_key(HMAC_KEY, IN_NO_MAC), no, ERROR_SLOT_POLICY, "(NoMac)");
    expect_refused(hmac_key(HMAC_KEY, IN_READABLE), no, ERROR_SLOT_POLICY, "(IsSecret)");
    expect_refused(hmac_key(HMAC_KEY, IN_LATCHED), no, ERROR_SLOT_POLICY, "PersistentDisable");
    expect_refused(hmac_key(HMAC_KEY, 0), no, ERROR_SLOT_POLICY, "(KeyType)");
    expect_refused(hmac_key(HMAC_KEY, IN_AES), no, ERROR_SLOT_POLICY, "(KeyType)");
    expect_refused(aes_key(AES_KEY, IN_HMAC, PSA_ALG_CTR), no, ERROR_SLOT_POLICY, "(KeyType)");
    expect_refused(hmac_key(HMAC_KEY, IN_BLANK_HMAC), PSA_ERROR_DOES_NOT_EXIST, ERROR_SLOT_EMPTY, "holds no key");
    expect_refused(aes_key(AES_KEY, IN_BLANK_AES, PSA_ALG_CTR), PSA_ERROR_DOES_NOT_EXIST, ERROR_SLOT_EMPTY,
                   "holds no key");
    virtual_digest(world.part, after);
    assert_memory_equal(before, after, sizeof before);

    virtual_set_latch(world.part, true);
    register_as(hmac_key(HMAC_KEY, IN_LATCHED));
    world_remove(&world);
}

static void refused_before_the_data_lock(void **state)
{
    (void)state;
    begin_before_lock();
    world_power_off(&world);
    world_start(&world);
    expect_refused(hmac_key(HMAC_KEY, IN_HMAC), PSA_ERROR_BAD_STATE, ERROR_DATA_UNLOCKED, "data zone is unlocked");
    expect_refused(aes_key(AES_KEY, IN_AES, PSA_ALG_CTR), PSA_ERROR_BAD_STATE, ERROR_DATA_UNLOCKED,
                   "data zone is unlocked");
    world_remove(&world);
}

static void neither_made_nor_imported(void **state)
{
    psa_key_attributes_t key = hmac_key(HMAC_KEY, IN_HMAC), aes = aes_key(AES_KEY, IN_AES, PSA_ALG_CTR);
    psa_key_id_t id;

    (void)state;
    begin();
    world_expect_reason(&world, psa_generate_key(&key, &id), PSA_ERROR_NOT_SUPPORTED, ERROR_KEY_ATTRIBUTES);
    world_expect_reason(&world, psa_import_key(&aes, secret, 16, &id), PSA_ERROR_NOT_SUPPORTED, ERROR_KEY_ATTRIBUTES);
    assert_non_null(strstr(imprint_psa_reason(PSA_ERROR_NOT_SUPPORTED), "are registered"));
    world_remove(&world);
}

/* The record goes; the chip stays as it was, and the key can be registered again. */
static void destroyed_keys_stay_in_the_chip(void **state)
{
    uint8_t before[32], after[32];

    (void)state;
    begin();
    register_as(hmac_key(HMAC_KEY, IN_HMAC));
    virtual_digest(world.part, before);
    world_expect(&world, psa_destroy_key(HMAC_KEY), PSA_SUCCESS);
    assert_false(world_has_key(HMAC_KEY));
    register_as(hmac_key(HMAC_KEY, IN_HMAC));
    virtual_digest(world.part, after);
    assert_memory_equal(before, after, sizeof before);
    world_remove(&world);
}

/* --- HMAC -------------------------------------------------------------------------------------------------------- */

static void mac_by_libcrypto(const uint8_t *message, size_t len, uint8_t mac[static 32])
{
    unsigned mac_len = 0;

    assert_non_null(HMAC(EVP_sha256(), secret, sizeof secret, message, len, mac, &mac_len));
    assert_int_equal(mac_len, 32);
}

static void expect_mac(psa_key_id_t id)
{
    uint8_t expected[32], mac[40];
    size_t len = 0;

    for (size_t i = 0; i <= sizeof text; i += 7) {
        mac_by_libcrypto(text, i, expected);
        world_expect(&world, psa_mac_compute(id, PSA_ALG_HMAC(PSA_ALG_SHA_256), text, i, mac, sizeof mac, &len),
                     PSA_SUCCESS);
        assert_int_equal(len, 32);
        assert_memory_equal(mac, expected, sizeof expected);
        world_expect(&world, psa_mac_verify(id, PSA_ALG_HMAC(PSA_ALG_SHA_256), text, i, expected, 32), PSA_SUCCESS);
        expected[i % 32] ^= 1;
        world_expect(&world, psa_mac_verify(id, PSA_ALG_HMAC(PSA_ALG_SHA_256), text, i, expected, 32),
                     PSA_ERROR_INVALID_SIGNATURE);
    }
}

static void computes_hmacs(void **state)
{
    const psa_algorithm_t whole = PSA_ALG_HMAC(PSA_ALG_SHA_256), cut = PSA_ALG_TRUNCATED_MAC(whole, 10);
    uint8_t expected[32], mac[32];
    size_t len = 0;

    (void)state;
    begin();
    register_as(hmac_key(HMAC_KEY, IN_HMAC));
    expect_mac(HMAC_KEY);
    expect_mac(BUILTIN(IN_HMAC));
    world_restart(&world);
    expect_mac(HMAC_KEY);

    register_as(with_algorithms(hmac_key(HMAC_KEY + 1, IN_HMAC), PSA_ALG_AT_LEAST_THIS_LENGTH_MAC(whole, 8), 0));
    mac_by_libcrypto(text, 50, expected);
    world_expect(&world, psa_mac_compute(HMAC_KEY + 1, cut, text, 50, mac, 10, &len), PSA_SUCCESS);
    assert_int_equal(len, 10);
    assert_memory_equal(mac, expected, 10);
    world_expect(&world, psa_mac_verify(HMAC_KEY + 1, cut, text, 50, expected, 10), PSA_SUCCESS);
    assert_int_equal(psa_mac_compute(HMAC_KEY, cut, text, 50, mac, 10, &len), PSA_ERROR_NOT_PERMITTED);
    assert_int_equal(psa_mac_compute(HMAC_KEY, whole, text, 50, mac, 31, &len), PSA_ERROR_BUFFER_TOO_SMALL);
    register_as(with(hmac_key(HMAC_KEY + 2, IN_HMAC), 256, PSA_KEY_USAGE_VERIFY_MESSAGE));
    assert_int_equal(psa_mac_compute(HMAC_KEY + 2, whole, text, 50, mac, 32, &len), PSA_ERROR_NOT_PERMITTED);
    world_expect(&world, psa_mac_verify(HMAC_KEY + 2, whole, text, 50, expected, 32), PSA_SUCCESS);
    world_remove(&world);
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

    assert_int_equal(EVP_CipherInit_ex(context, EVP_get_cipherbyname(mode->name), NULL, secret, iv, encrypt), 1);
    EVP_CIPHER_CTX_set_padding(context, mode->padded);
    assert_int_equal(EVP_CipherUpdate(context, out, &done, in, (int)len), 1);
    assert_int_equal(EVP_CipherFinal_ex(context, out + done, &last), 1);
    EVP_CIPHER_CTX_free(context);
    return (size_t)(done + last);
}

static void expect_both_ways(const struct mode *mode, psa_key_id_t id, size_t len)
{
    uint8_t cipher[MOST + 32], plain[MOST + 32];
    size_t cipher_len = 0, plain_len = 0;

    world_expect(&world, psa_cipher_encrypt(id, mode->algorithm, text, len, cipher, sizeof cipher, &cipher_len),
                 PSA_SUCCESS);
    plain_len = by_libcrypto(mode, false, cipher, cipher + mode->iv_len, cipher_len - mode->iv_len, plain);
    assert_int_equal(plain_len, len);
    assert_memory_equal(plain, text, len);

    memcpy(cipher, text + 5, mode->iv_len);
    cipher_len = mode->iv_len + by_libcrypto(mode, true, cipher, text, len, cipher + mode->iv_len);
    memset(plain, 0, sizeof plain);
    world_expect(&world, psa_cipher_decrypt(id, mode->algorithm, cipher, cipher_len, plain, sizeof plain, &plain_len),
                 PSA_SUCCESS);
    assert_int_equal(plain_len, len);
    assert_memory_equal(plain, text, len);
}

static void encrypts_and_decrypts(void **state)
{
    (void)state;
    begin();
    for (size_t i = 0; i < MODES; i++) {
        const psa_key_id_t id = (psa_key_id_t)(AES_KEY + i);
        register_as(aes_key(id, IN_AES, modes[i].algorithm));
        for (size_t len = 0; len <= MOST; len += modes[i].blocks ? 16 : 5)
            expect_both_ways(&modes[i], id, len);
    }
    expect_both_ways(&modes[3], BUILTIN(IN_AES), 33);
    world_remove(&world);
}

/* The counter carries through all of its 16 bytes. */
static void counter_runs_over(void **state)
{
    uint8_t cipher[16 + 48], plain[48];
    size_t len = 0;

    (void)state;
    begin();
    register_as(aes_key(AES_KEY, IN_AES, PSA_ALG_CTR));
    memset(cipher, 0xff, 16);
    (void)by_libcrypto(&modes[3], true, cipher, text, 48, cipher + 16);
    world_expect(&world, psa_cipher_decrypt(AES_KEY, PSA_ALG_CTR, cipher, sizeof cipher, plain, sizeof plain, &len),
                 PSA_SUCCESS);
    assert_memory_equal(plain, text, 48);
    world_remove(&world);
}

static psa_key_id_t software_key(psa_algorithm_t algorithm)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t id = 0;

    psa_set_key_type(&attributes, PSA_KEY_TYPE_AES);
    psa_set_key_algorithm(&attributes, algorithm);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_ENCRYPT | PSA_KEY_USAGE_DECRYPT);
    assert_int_equal(psa_import_key(&attributes, secret, 16, &id), PSA_SUCCESS);
    return id;
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
    begin();
    for (size_t m = 0; m < MODES; m++) {
        const psa_key_id_t id = (psa_key_id_t)(AES_KEY + m), software = software_key(modes[m].algorithm);
        register_as(aes_key(id, IN_AES, modes[m].algorithm));
        for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++)
            for (size_t room = 0; room <= 64; room += 8) {
                memcpy(input, text, sizeof input);
                if (modes[m].padded && lens[i] % 16 == 0 && lens[i] >= 32)
                    (void)by_libcrypto(&modes[m], true, input, text, lens[i] - 17, input + 16);
                psa_status_t expected =
                    psa_cipher_decrypt(software, modes[m].algorithm, input, lens[i], expected_out, room, &expected_len);
                psa_status_t status = psa_cipher_decrypt(id, modes[m].algorithm, input, lens[i], out, room, &len);
                if (status != expected && !both_wrong(status, expected, &modes[m], lens[i]))
                    fail_msg("%s, decrypt %zu bytes to %zu: %d, but in software %d", modes[m].name, lens[i], room,
                             (int)status, (int)expected);
                assert_int_equal(len, expected_len);
                if (status == PSA_SUCCESS)
                    assert_memory_equal(out, expected_out, len);
                expected =
                    psa_cipher_encrypt(software, modes[m].algorithm, text, lens[i], expected_out, room, &expected_len);
                status = psa_cipher_encrypt(id, modes[m].algorithm, text, lens[i], out, room, &len);
                if (status != expected && !both_wrong(status, expected, &modes[m], lens[i]))
                    fail_msg("%s, encrypt %zu bytes to %zu: %d, but in software %d", modes[m].name, lens[i], room,
                             (int)status, (int)expected);
                assert_int_equal(len, expected_len);
            }
        assert_int_equal(psa_destroy_key(software), PSA_SUCCESS);
    }
    world_remove(&world);
}

/* Each wrong padding is found, as a software key finds it. */
static void paddings(void **state)
{
    static const struct mode unpadded = {0, "AES-128-CBC", false, true, 16};
    uint8_t input[32] = {0}, plain[16], out[16];
    size_t len;

    (void)state;
    begin();
    register_as(aes_key(AES_KEY, IN_AES, PSA_ALG_CBC_PKCS7));
    const psa_key_id_t software = software_key(PSA_ALG_CBC_PKCS7);
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
    world_remove(&world);
}

/* Longer than the chip stays awake: a watchdog would put it to sleep in the middle. */
static void a_long_message(void **state)
{
    static uint8_t long_text[4096], cipher[4096 + 16], plain[4096];
    size_t len = 0;

    (void)state;
    begin();
    register_as(aes_key(AES_KEY, IN_AES, PSA_ALG_CTR));
    register_as(hmac_key(HMAC_KEY, IN_HMAC));
    count_up(long_text, sizeof long_text, 3);
    world_expect(&world,
                 psa_cipher_encrypt(AES_KEY, PSA_ALG_CTR, long_text, sizeof long_text, cipher, sizeof cipher, &len),
                 PSA_SUCCESS);
    assert_int_equal(len, sizeof cipher);
    assert_int_equal(by_libcrypto(&modes[3], false, cipher, cipher + 16, sizeof long_text, plain), sizeof plain);
    assert_memory_equal(plain, long_text, sizeof plain);
    mac_by_libcrypto(long_text, sizeof long_text, plain);
    world_expect(&world,
                 psa_mac_verify(HMAC_KEY, PSA_ALG_HMAC(PSA_ALG_SHA_256), long_text, sizeof long_text, plain, 32),
                 PSA_SUCCESS);
    world_remove(&world);
}

/* --- AES-GCM ----------------------------------------------------------------------------------------------------- */

static void seal_by_libcrypto(const uint8_t *nonce, size_t nonce_len, size_t additional_len, size_t len, size_t tag_len,
                              uint8_t *out)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int done = 0;

    assert_int_equal(EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), NULL, NULL, NULL), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_IVLEN, (int)nonce_len, NULL), 1);
    assert_int_equal(EVP_EncryptInit_ex(context, NULL, NULL, secret, nonce), 1);
    if (additional_len != 0)
        assert_int_equal(EVP_EncryptUpdate(context, NULL, &done, text + 1, (int)additional_len), 1);
    if (len != 0)
        assert_int_equal(EVP_EncryptUpdate(context, out, &done, text, (int)len), 1);
    assert_int_equal(EVP_EncryptFinal_ex(context, out + len, &done), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, (int)tag_len, out + len), 1);
    EVP_CIPHER_CTX_free(context);
}

static void expect_sealed(psa_key_id_t id, size_t nonce_len, size_t additional_len, size_t len, size_t tag_len)
{
    const psa_algorithm_t algorithm = PSA_ALG_AEAD_WITH_SHORTENED_TAG(PSA_ALG_GCM, tag_len);
    const uint8_t *nonce = text + 9;
    uint8_t expected[MOST + 16], cipher[MOST + 16], plain[MOST];
    size_t cipher_len = 0, plain_len = 99;

    seal_by_libcrypto(nonce, nonce_len, additional_len, len, tag_len, expected);
    world_expect(&world,
                 psa_aead_encrypt(id, algorithm, nonce, nonce_len, text + 1, additional_len, text, len, cipher,
                                  sizeof cipher, &cipher_len),
                 PSA_SUCCESS);
    assert_int_equal(cipher_len, len + tag_len);
    assert_memory_equal(cipher, expected, cipher_len);
    world_expect(&world,
                 psa_aead_decrypt(id, algorithm, nonce, nonce_len, text + 1, additional_len, cipher, cipher_len, plain,
                                  sizeof plain, &plain_len),
                 PSA_SUCCESS);
    assert_int_equal(plain_len, len);
    assert_memory_equal(plain, text, len);

    /* One bit anywhere: no plain text. */
    cipher[(nonce_len + additional_len + len) % cipher_len] ^= 0x10;
    memset(plain, 0xa5, sizeof plain);
    world_expect(&world,
                 psa_aead_decrypt(id, algorithm, nonce, nonce_len, text + 1, additional_len, cipher, cipher_len, plain,
                                  sizeof plain, &plain_len),
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
    begin();
    register_as(aes_key(AES_KEY, IN_AES, PSA_ALG_AEAD_WITH_AT_LEAST_THIS_LENGTH_TAG(PSA_ALG_GCM, 4)));
    for (size_t n = 0; n < 6; n++)
        for (size_t a = 0; a < 4; a++)
            for (size_t l = 0; l < 5; l++)
                expect_sealed(AES_KEY, nonces[n], additional[a], lens[l], tags[tag++ % 7]);
    expect_sealed(BUILTIN(IN_AES), 12, 5, 20, 16);
    /* Counters that begin anywhere, so that some carry. */
    for (unsigned i = 0; i < 600; i++) {
        store16_le(text + 9, (uint16_t)i);
        expect_sealed(AES_KEY, 16, 0, 64, 16);
    }
    world_remove(&world);
}

/* Mbed TLS's one-part GCM takes all tags from 4 bytes on, also those that NIST SP 800-38D does not have. */
static bool is_stricter(psa_status_t status, size_t tag)
{
    return tag != 4 && tag != 8 && tag < 12 && status == PSA_ERROR_INVALID_ARGUMENT;
}

static void gcm_statuses_are_the_cores(void **state)
{
    uint8_t out[64], expected_out[64];
    size_t len, expected_len;

    (void)state;
    begin();
    const psa_algorithm_t policy = PSA_ALG_AEAD_WITH_AT_LEAST_THIS_LENGTH_TAG(PSA_ALG_GCM, 1);
    register_as(aes_key(AES_KEY, IN_AES, policy));
    const psa_key_id_t software = software_key(policy);
    for (size_t tag = 1; tag <= 16; tag++)
        for (size_t input = 0; input <= 20; input += 4)
            for (size_t room = 0; room <= 40; room += 4)
                for (size_t nonce = 0; nonce <= 12; nonce += 12) {
                    const psa_algorithm_t algorithm = PSA_ALG_AEAD_WITH_SHORTENED_TAG(PSA_ALG_GCM, tag);
                    psa_status_t expected = psa_aead_encrypt(software, algorithm, text, nonce, text, 3, text, input,
                                                             expected_out, room, &expected_len);
                    psa_status_t status =
                        psa_aead_encrypt(AES_KEY, algorithm, text, nonce, text, 3, text, input, out, room, &len);
                    if (status != expected && !is_stricter(status, tag))
                        fail_msg("tag %zu, seal %zu bytes to %zu, nonce %zu: %d, but in software %d", tag, input, room,
                                 nonce, (int)status, (int)expected);
                    assert_int_equal(len, status == expected ? expected_len : 0);
                    expected = psa_aead_decrypt(software, algorithm, text, nonce, text, 3, text, input, expected_out,
                                                room, &expected_len);
                    status = psa_aead_decrypt(AES_KEY, algorithm, text, nonce, text, 3, text, input, out, room, &len);
                    if (status != expected && !is_stricter(status, tag))
                        fail_msg("tag %zu, open %zu bytes to %zu, nonce %zu: %d, but in software %d", tag, input, room,
                                 nonce, (int)status, (int)expected);
                    assert_int_equal(len, status == expected ? expected_len : 0);
                }
    world_remove(&world);
}

/* --- built-in ids, uses, faults ---------------------------------------------------------------------------------- */

static void built_in_keys_say_what_they_are(void **state)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t id = 0;

    (void)state;
    begin();
    world_expect(&world, psa_get_key_attributes(BUILTIN(IN_HMAC), &attributes), PSA_SUCCESS);
    assert_int_equal(psa_get_key_type(&attributes), PSA_KEY_TYPE_HMAC);
    assert_int_equal(psa_get_key_bits(&attributes), 256);
    assert_int_equal(psa_get_key_algorithm(&attributes), PSA_ALG_HMAC(PSA_ALG_SHA_256));
    world_expect(&world, psa_get_key_attributes(BUILTIN(IN_AES), &attributes), PSA_SUCCESS);
    assert_int_equal(psa_get_key_type(&attributes), PSA_KEY_TYPE_AES);
    assert_int_equal(psa_get_key_bits(&attributes), 128);
    assert_int_equal(psa_get_key_algorithm(&attributes), PSA_ALG_CTR);
    assert_int_equal(psa_get_key_enrollment_algorithm(&attributes), PSA_ALG_GCM);
    for (uint8_t slot = IN_BLANK_AES; slot <= IN_LATCHED; slot++)
        assert_int_equal(psa_get_key_attributes(BUILTIN(slot), &attributes), PSA_ERROR_INVALID_HANDLE);

    attributes = hmac_key(HMAC_KEY, IN_HMAC);
    world_expect(&world, psa_copy_key(BUILTIN(IN_HMAC), &attributes, &id), PSA_SUCCESS);
    expect_mac(HMAC_KEY);
    world_remove(&world);
}

/* After a secure boot has set the latch, its keys are used; after power-up they are refused before the chip is asked.
 */
static void a_latched_key_is_used_while_the_latch_is_set(void **state)
{
    const psa_algorithm_t hmac = PSA_ALG_HMAC(PSA_ALG_SHA_256);
    uint8_t mac[32];
    size_t len;

    (void)state;
    begin();
    virtual_set_latch(world.part, true);
    register_as(hmac_key(HMAC_KEY, IN_LATCHED));
    expect_mac(HMAC_KEY);
    world_restart(&world);
    world_expect_reason(&world, psa_mac_compute(HMAC_KEY, hmac, text, 9, mac, sizeof mac, &len),
                        PSA_ERROR_NOT_PERMITTED, ERROR_SLOT_POLICY);
    assert_non_null(strstr(imprint_psa_reason(PSA_ERROR_NOT_PERMITTED), "PersistentDisable"));
    world_remove(&world);
}

static uint32_t uses(void)
{
    struct chip_config config = {.has_revision = false};

    virtual_peek_config(world.part, config.zone);
    return chip_config_counter(&config, 0);
}

/* One use for an HMAC of any length, one for each block of AES, none for registration. */
static void counted_keys_pay(void **state)
{
    uint8_t out[80];
    size_t len;

    (void)state;
    begin();
    const uint32_t before = uses();
    register_as(hmac_key(HMAC_KEY, IN_LIMITED_HMAC));
    register_as(aes_key(AES_KEY, IN_LIMITED_AES, PSA_ALG_CTR));
    assert_int_equal(uses(), before);
    world_expect(&world, psa_mac_compute(HMAC_KEY, PSA_ALG_HMAC(PSA_ALG_SHA_256), text, 90, out, 32, &len),
                 PSA_SUCCESS);
    assert_int_equal(uses(), before + 1);
    world_expect(&world, psa_cipher_encrypt(AES_KEY, PSA_ALG_CTR, text, 33, out, sizeof out, &len), PSA_SUCCESS);
    assert_int_equal(uses(), before + 4);

    /* Whatever is lost, a use that was paid is not paid again. */
    for (unsigned group = 1; group <= 8; group++) {
        world_restart(&world);
        uint32_t paid = uses();
        world_arm(&world, "lost", group);
        (void)psa_mac_compute(HMAC_KEY, PSA_ALG_HMAC(PSA_ALG_SHA_256), text, 90, out, 32, &len);
        assert_in_range(uses() - paid, 0, 1);
        world_restart(&world);
        paid = uses();
        world_arm(&world, "lost", group);
        (void)psa_cipher_encrypt(AES_KEY, PSA_ALG_CTR, text, 16, out, sizeof out, &len);
        assert_in_range(uses() - paid, 0, 1);
    }
    world_remove(&world);
}

/* Whatever is lost on the way, a result is right or there is none. */
static void faults_give_no_wrong_result(void **state)
{
    static const char *const kinds[] = {"lost", "reset", "badcrc", "flip", "garbage", "nack", "silent", "watchdog"};
    uint8_t expected_mac[32], expected[40 + 16], out[40 + 16];
    size_t len;
    unsigned good = 0;

    (void)state;
    begin();
    register_as(hmac_key(HMAC_KEY, IN_HMAC));
    register_as(aes_key(AES_KEY, IN_AES, PSA_ALG_GCM));
    mac_by_libcrypto(text, 90, expected_mac);
    seal_by_libcrypto(text + 9, 12, 5, 40, 16, expected);
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++)
        for (unsigned group = 1; group <= 9; group++) {
            world_restart(&world);
            world_arm(&world, kinds[kind], group);
            psa_status_t status = psa_mac_compute(HMAC_KEY, PSA_ALG_HMAC(PSA_ALG_SHA_256), text, 90, out, 32, &len);
            if (status == PSA_SUCCESS)
                assert_memory_equal(out, expected_mac, 32);
            good += status == PSA_SUCCESS;
            world_restart(&world);
            world_arm(&world, kinds[kind], group);
            status = psa_aead_encrypt(AES_KEY, PSA_ALG_GCM, text + 9, 12, text + 1, 5, text, 40, out, sizeof out, &len);
            if (status == PSA_SUCCESS)
                assert_memory_equal(out, expected, sizeof expected);
            else
                assert_true(bytes_all(bytes_of(out, sizeof out), 0));
            good += status == PSA_SUCCESS;
        }
    assert_in_range(good, 100, 2 * 9 * 7 + 8);
    world_remove(&world);
}

/* --- one store, two shells --------------------------------------------------------------------------------------- */

#ifdef MBEDTLS_PSA_CRYPTO_SE_C
static void start_with(const struct driver_shell *shell)
{
    world_attach(&world);
    assert_int_equal(driver_start(&world.driver, &world.its, shell), PSA_SUCCESS);
}

/* Registered through SE_C, which has no calls for such keys, and used through the opaque shell. */
static void registered_through_the_other_shell(void **state)
{
    const psa_key_attributes_t key = hmac_key(HMAC_KEY, IN_HMAC), aes = aes_key(AES_KEY, IN_AES, PSA_ALG_CTR);
    struct error err = {.reason = ERROR_NONE};
    uint8_t out[32];
    size_t len;

    (void)state;
    begin();
    world_stop(&world);
    start_with(&driver_shell_all);
    assert_int_equal(keys_register(&world.driver, &key, IN_HMAC, &err), PSA_SUCCESS);
    assert_int_equal(keys_register(&world.driver, &aes, IN_AES, &err), PSA_SUCCESS);
    assert_int_equal(psa_mac_compute(HMAC_KEY, PSA_ALG_HMAC(PSA_ALG_SHA_256), text, 9, out, 32, &len),
                     PSA_ERROR_INVALID_ARGUMENT);
    world_stop(&world);
    start_with(world_shell);
    expect_mac(HMAC_KEY);
    expect_both_ways(&modes[3], AES_KEY, 20);
    world_remove(&world);
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
        cmocka_unit_test(seals_and_opens),
        cmocka_unit_test(gcm_statuses_are_the_cores),
        cmocka_unit_test(built_in_keys_say_what_they_are),
        cmocka_unit_test(a_latched_key_is_used_while_the_latch_is_set),
        cmocka_unit_test(counted_keys_pay),
        cmocka_unit_test(faults_give_no_wrong_result),
#ifdef MBEDTLS_PSA_CRYPTO_SE_C
        cmocka_unit_test(registered_through_the_other_shell),
#endif
    };
    int failed = cmocka_run_group_tests(every_shell, NULL, NULL);

    if (world_is_opaque)
        failed += cmocka_run_group_tests(opaque, NULL, NULL);
    return failed;
}
