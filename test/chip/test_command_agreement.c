/* SPDX-License-Identifier: Apache-2.0 */
/* ECDH and KDF from every source to every target; secrets by libcrypto, derived keys by the host's side of KDF. */
#include "chip/kdf.h"
#include "chip/mac.h"
#include "chip/operations_agreement.h"
#include "chip/operations_device.h"
#include "chip/operations_encrypted.h"
#include "chip/operations_mac.h"
#include "chip/operations_registers.h"

#include "psa/its.h"
#include "storage/memory.h"
#include "test/chip/full.h"
#include "test/chip/p256.h"

#include <psa/crypto.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define AES_SLOT 10
#define PART CHIP_PART_ATECC608A

static const uint8_t num_in[CHIP_NUM_IN_BYTES] = {5, 4, 3};
static const uint8_t their_scalar[32] = {0x21, 0x22, 0x23, 0x24};

/* TempKey, filled by something of the host's, is `value`. Uses it up. */
static void assert_tempkey(struct full *full, const uint8_t *value)
{
    uint8_t mode = CHIP_MAC_BY_TEMPKEY | CHIP_MAC_FROM_HOST;
    uint8_t mac[32];
    uint8_t expected[32];

    assert_int_equal(chip_compute_mac(full->chip, mode, FULL_KEY, NULL, mac, NULL), CHIP_OK);
    assert_true(chip_mac_response(mode, FULL_KEY, full->secrets[FULL_KEY], value, NULL, full->serial, expected));
    assert_memory_equal(mac, expected, 32);
}

static void assert_slot(struct full *full, uint8_t slot, const uint8_t *value)
{
    uint8_t out[32];

    assert_int_equal(chip_read_slot_block(full->chip, slot, 0, out, NULL), CHIP_OK);
    assert_memory_equal(out, value, 32);
}

static void test_ecdh(void **state)
{
    struct full full;
    struct error err = {.reason = ERROR_NONE};
    uint8_t peer[64];
    uint8_t expected[32];
    uint8_t secret[32];
    const uint8_t *io_key = full.secrets[FULL_KEY];
    uint32_t writing;

    (void)state;
    full_init(&full, FULL_608, NULL, 0);
    p256_public_of(their_scalar, peer);
    p256_agree(their_scalar, full.public_keys[2], expected);
    assert_int_equal(chip_ecdh(full.chip, PART, 2, peer, secret, NULL), CHIP_OK);
    assert_memory_equal(secret, expected, 32);
    memset(secret, 0, 32);
    writing = full.chip->counters.writing;
    assert_int_equal(chip_ecdh(full.chip, CHIP_PART_UNKNOWN, 2, peer, secret, NULL), CHIP_OK);
    assert_memory_equal(secret, expected, 32);
    assert_int_equal(full.chip->counters.writing, writing + 1); /* as it may go into a slot */
    memset(secret, 0, 32);
    assert_int_equal(chip_ecdh_encrypted(full.chip, 2, peer, io_key, secret, NULL), CHIP_OK);
    assert_memory_equal(secret, expected, 32);
    assert_int_equal(chip_ecdh_encrypted(full.chip, 2, peer, full.secrets[12], secret, NULL), CHIP_OK);
    assert_memory_not_equal(secret, expected, 32);
    assert_int_equal(chip_ecdh_to_tempkey(full.chip, 2, peer, NULL), CHIP_OK);
    assert_tempkey(&full, expected);
    assert_int_equal(chip_ecdh_to_slot(full.chip, PART, 2, peer, NULL), CHIP_OK);
    assert_int_equal(
        chip_read_slot_block_encrypted(full.chip, 3, 0, secret, FULL_KEY, io_key, full.serial, num_in, NULL), CHIP_OK);
    assert_memory_equal(secret, expected, 32);

    /* A slot without ECDH, a point off the curve, no slot. */
    assert_int_equal(chip_ecdh(full.chip, PART, 7, peer, secret, &err), CHIP_EXECUTION);
    assert_string_equal(err.doing, "agree on a secret");
    peer[63] ^= 1;
    assert_int_equal(chip_ecdh(full.chip, PART, 2, peer, secret, NULL), CHIP_EXECUTION);
    assert_int_equal(chip_ecdh(full.chip, PART, 16, peer, secret, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_ecdh_to_slot(full.chip, PART, 16, peer, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_ecdh_to_tempkey(full.chip, 16, peer, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_ecdh_encrypted(full.chip, 16, peer, io_key, secret, NULL), CHIP_BAD_ARGUMENT);
    full_release(&full);
}

/* Slot 0: its secret goes to slot 1 and nowhere else, and each use counts. */
static void test_ecdh_as_configured(void **state)
{
    static const struct full_change changes[] = {FULL_NO_COUNT_MATCH};
    static const struct {
        const char *dump;
        enum chip_part part;
    } parts[] = {{FULL_608, CHIP_PART_ATECC608B}, {FULL_508, CHIP_PART_ATECC508A}};
    struct full full;
    uint8_t peer[64];
    uint8_t expected[32];
    uint8_t secret[32];
    uint32_t uses = 0;

    (void)state;
    p256_public_of(their_scalar, peer);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        full_init(&full, parts[i].dump, changes, 1);
        p256_agree(their_scalar, full.public_keys[0], expected);
        assert_int_equal(chip_ecdh_to_slot(full.chip, parts[i].part, 0, peer, NULL), CHIP_OK);
        assert_int_equal(chip_read_slot_block_encrypted(full.chip, 1, 0, secret, FULL_KEY, full.secrets[FULL_KEY],
                                                        full.serial, num_in, NULL),
                         CHIP_OK);
        assert_memory_equal(secret, expected, 32);
        if (parts[i].part == CHIP_PART_ATECC608B) {
            assert_int_equal(chip_read_counter(full.chip, 0, &uses, NULL), CHIP_OK);
            assert_int_equal(uses, 1);
            assert_int_equal(chip_ecdh(full.chip, parts[i].part, 0, peer, secret, NULL), CHIP_EXECUTION);
        } else {
            assert_int_equal(chip_ecdh(full.chip, parts[i].part, 0, peer, secret, NULL), CHIP_GARBLED);
            p256_agree(their_scalar, full.public_keys[2], expected);
            assert_int_equal(chip_ecdh(full.chip, parts[i].part, 2, peer, secret, NULL), CHIP_OK);
            assert_memory_equal(secret, expected, 32);
        }
        full_release(&full);
    }
}

static void test_ephemeral(void **state)
{
    struct full full;
    uint8_t peer[64];
    uint8_t ephemeral[64];
    uint8_t expected[32];
    uint8_t secret[32];

    (void)state;
    full_init(&full, FULL_608, NULL, 0);
    p256_public_of(their_scalar, peer);
    for (int target = 0; target < 4; target++) {
        assert_int_equal(chip_generate_ephemeral(full.chip, ephemeral, NULL), CHIP_OK);
        p256_agree(their_scalar, ephemeral, expected);
        switch (target) {
        case 0:
            assert_int_equal(chip_ecdh_ephemeral(full.chip, peer, secret, NULL), CHIP_OK);
            assert_memory_equal(secret, expected, 32);
            break;
        case 1:
            assert_int_equal(chip_ecdh_ephemeral_encrypted(full.chip, peer, full.secrets[FULL_KEY], secret, NULL),
                             CHIP_OK);
            assert_memory_equal(secret, expected, 32);
            break;
        case 2:
            assert_int_equal(chip_ecdh_ephemeral_to_tempkey(full.chip, peer, NULL), CHIP_OK);
            assert_tempkey(&full, expected);
            break;
        default:
            assert_int_equal(chip_ecdh_ephemeral_to_slot(full.chip, 12, peer, NULL), CHIP_OK);
            assert_slot(&full, 12, expected);
            break;
        }
        /* It was for one use. */
        assert_int_equal(chip_ecdh_ephemeral(full.chip, peer, secret, NULL), CHIP_EXECUTION);
    }
    assert_int_equal(chip_ecdh_ephemeral_to_slot(full.chip, 16, peer, NULL), CHIP_BAD_ARGUMENT);
    chip_sleep(full.chip);
    assert_int_equal(chip_ecdh_ephemeral(full.chip, peer, secret, NULL), CHIP_RESET);
    full_release(&full);
}

/* ---- KDF ---- */

/* What the host makes of `key`, which stands where the chip's source is. */
static void expect_kdf(const struct chip_kdf *kdf, const uint8_t *key, uint8_t result[static 64])
{
    memset(result, 0, 64);
    if (kdf->algorithm == CHIP_KDF_PRF)
        assert_true(
            chip_kdf_prf(bytes_of(key, kdf->key_bytes), kdf->message, result, kdf->result_64 || kdf->aead ? 64 : 32));
    else if (kdf->algorithm == CHIP_KDF_HKDF)
        assert_true(chip_kdf_hkdf(key, kdf->message, result));
    else
        assert_true(chip_kdf_aes(key + 16 * kdf->key_unit, kdf->message.data, result));
}

/* Loads the source register, as far as it is one. Where its content begins. */
static const uint8_t *load_source(struct full *full, const struct chip_kdf *kdf)
{
    switch (kdf->source) {
    case CHIP_KDF_FROM_TEMPKEY:
    case CHIP_KDF_FROM_UPPER_TEMPKEY:
        assert_int_equal(chip_nonce_load(full->chip, CHIP_REGISTER_TEMPKEY, bytes_of(full->secrets[8], 64), NULL),
                         CHIP_OK);
        return full->secrets[8] + (kdf->source == CHIP_KDF_FROM_TEMPKEY ? 0 : 32);
    case CHIP_KDF_FROM_ALTERNATE_KEY:
        assert_int_equal(chip_nonce_load(full->chip, CHIP_REGISTER_TEMPKEY, bytes_of(full->secrets[8], 64), NULL),
                         CHIP_OK);
        assert_int_equal(chip_nonce_load(full->chip, CHIP_REGISTER_ALTERNATE_KEY, bytes_of(full->secrets[9], 32), NULL),
                         CHIP_OK);
        return full->secrets[9];
    case CHIP_KDF_FROM_SLOT:
        break;
    }
    /* A target register beside something that is there already. */
    assert_int_equal(chip_nonce_load(full->chip, CHIP_REGISTER_TEMPKEY, bytes_of(full->secrets[8], 64), NULL), CHIP_OK);
    return full->secrets[kdf->source_slot];
}

/* The result is where it was to go. */
static void check_target(struct full *full, const struct chip_kdf *kdf, const uint8_t *expected, const uint8_t *result)
{
    struct chip_kdf again = {
        .algorithm = CHIP_KDF_HKDF,
        .target = CHIP_KDF_TO_CALLER,
        .message = bytes_of("again", 5),
        .message_in = CHIP_KDF_MESSAGE_HERE,
    };
    uint8_t twice[64];
    uint8_t seen[32];

    switch (kdf->target) {
    case CHIP_KDF_TO_CALLER:
    case CHIP_KDF_TO_CALLER_ENCRYPTED:
        assert_memory_equal(result, expected, chip_kdf_result_bytes(kdf));
        return;
    case CHIP_KDF_TO_SLOT:
        assert_slot(full, kdf->target_slot, expected);
        return;
    case CHIP_KDF_TO_TEMPKEY:
        assert_tempkey(full, expected);
        return;
    case CHIP_KDF_TO_UPPER_TEMPKEY:
        again.source = CHIP_KDF_FROM_UPPER_TEMPKEY;
        break;
    case CHIP_KDF_TO_ALTERNATE_KEY:
        again.source = CHIP_KDF_FROM_ALTERNATE_KEY;
        break;
    }
    expect_kdf(&again, expected, twice);
    assert_int_equal(chip_kdf(full->chip, &again, NULL, seen, NULL), CHIP_OK);
    assert_memory_equal(seen, twice, 32);
}

static void test_kdf_everywhere(void **state)
{
    static const enum chip_kdf_algorithm algorithms[] = {CHIP_KDF_PRF, CHIP_KDF_AES, CHIP_KDF_HKDF};
    static const enum chip_kdf_target targets[] = {CHIP_KDF_TO_TEMPKEY, CHIP_KDF_TO_UPPER_TEMPKEY,
                                                   CHIP_KDF_TO_SLOT,    CHIP_KDF_TO_ALTERNATE_KEY,
                                                   CHIP_KDF_TO_CALLER,  CHIP_KDF_TO_CALLER_ENCRYPTED};
    struct full full;
    uint8_t message[16];
    uint8_t expected[64];
    uint8_t result[64];

    (void)state;
    full_init(&full, FULL_608, NULL, 0);
    full_count_up(message, sizeof(message), 0x31);
    for (size_t a = 0; a < 3; a++)
        for (unsigned source = CHIP_KDF_FROM_TEMPKEY; source <= CHIP_KDF_FROM_ALTERNATE_KEY; source++)
            for (size_t t = 0; t < 6; t++) {
                const struct chip_kdf kdf = {
                    .algorithm = algorithms[a],
                    .source = (enum chip_kdf_source)source,
                    .target = targets[t],
                    .source_slot = source == CHIP_KDF_FROM_SLOT ? AES_SLOT : 0,
                    .target_slot = targets[t] == CHIP_KDF_TO_SLOT ? 13 : 0,
                    .message = bytes_of(message, sizeof(message)),
                    .key_bytes = algorithms[a] == CHIP_KDF_PRF ? 32 : 0,
                    .key_unit = algorithms[a] == CHIP_KDF_AES ? 1 : 0,
                    .message_in = algorithms[a] == CHIP_KDF_HKDF ? CHIP_KDF_MESSAGE_HERE : 0,
                };
                const uint8_t *key = load_source(&full, &kdf);
                enum chip_status status = chip_kdf(full.chip, &kdf, full.secrets[FULL_KEY], result, NULL);

                if (status != CHIP_OK)
                    fail_msg("algorithm %zu, source %u, target %zu: %d", a, source, t, (int)status);
                expect_kdf(&kdf, key, expected);
                check_target(&full, &kdf, expected, result);
            }
    full_release(&full);
}

/* PRF: every length of key, 64 bytes out in clear and encrypted, and split as for AEAD. */
static void test_prf(void **state)
{
    struct full full;
    uint8_t message[CHIP_KDF_MESSAGE_MAX];
    uint8_t expected[64];
    uint8_t result[64];
    struct chip_kdf kdf = {.algorithm = CHIP_KDF_PRF, .source = CHIP_KDF_FROM_SLOT, .source_slot = AES_SLOT};

    (void)state;
    full_init(&full, FULL_608, NULL, 0);
    full_count_up(message, sizeof(message), 0x07);
    for (uint8_t key_bytes = 16; key_bytes <= 64; key_bytes = (uint8_t)(key_bytes + 16))
        for (int long_result = 0; long_result <= 1; long_result++)
            for (int encrypted = 0; encrypted <= 1; encrypted++) {
                kdf.key_bytes = key_bytes;
                kdf.result_64 = long_result != 0;
                kdf.target = encrypted ? CHIP_KDF_TO_CALLER_ENCRYPTED : CHIP_KDF_TO_CALLER;
                kdf.message = bytes_of(message, key_bytes * 2);
                assert_int_equal(chip_kdf_result_bytes(&kdf), long_result ? 64 : 32);
                expect_kdf(&kdf, full.secrets[AES_SLOT], expected);
                assert_int_equal(chip_kdf(full.chip, &kdf, encrypted ? full.secrets[FULL_KEY] : NULL, result, NULL),
                                 CHIP_OK);
                assert_memory_equal(result, expected, long_result ? 64 : 32);
            }
    kdf.key_bytes = 32;
    kdf.result_64 = false;
    kdf.aead = true;
    kdf.target = CHIP_KDF_TO_TEMPKEY;
    assert_int_equal(chip_kdf_result_bytes(&kdf), 32);
    expect_kdf(&kdf, full.secrets[AES_SLOT], expected);
    assert_int_equal(chip_kdf(full.chip, &kdf, NULL, result, NULL), CHIP_OK);
    assert_memory_equal(result, expected + 32, 32);
    assert_tempkey(&full, expected);
    full_release(&full);
}

/* HKDF: the message in the command, with the IV that the chip insists on, in TempKey, in a slot; and the key of zeros.
 */
static void test_hkdf(void **state)
{
    static const uint8_t zeros[32] = {0};
    struct full full;
    uint8_t message[40];
    uint8_t expected[32];
    uint8_t result[32];
    struct chip_kdf kdf = {
        .algorithm = CHIP_KDF_HKDF,
        .source = CHIP_KDF_FROM_SLOT,
        .source_slot = 12,
        .target = CHIP_KDF_TO_CALLER,
        .message = bytes_of(message, sizeof(message)),
        .message_in = CHIP_KDF_MESSAGE_HERE_WITH_IV,
    };

    (void)state;
    full_init(&full, FULL_608, NULL, 0);
    full_count_up(message, sizeof(message), 0x41);
    assert_int_equal(chip_kdf(full.chip, &kdf, NULL, result, NULL), CHIP_EXECUTION);
    memcpy(message + full.config.zone[72], full.config.zone + 73, 2);
    assert_int_equal(chip_kdf(full.chip, &kdf, NULL, result, NULL), CHIP_OK);
    assert_true(chip_kdf_hkdf(full.secrets[12], kdf.message, expected));
    assert_memory_equal(result, expected, 32);

    kdf.message_in = CHIP_KDF_MESSAGE_HERE;
    kdf.message = BYTES_NONE;
    assert_int_equal(chip_kdf(full.chip, &kdf, NULL, result, NULL), CHIP_OK);
    assert_true(chip_kdf_hkdf(full.secrets[12], BYTES_NONE, expected));
    assert_memory_equal(result, expected, 32);

    kdf.message_in = CHIP_KDF_MESSAGE_IN_TEMPKEY;
    kdf.message = (struct bytes){.len = 48};
    assert_int_equal(chip_nonce_load(full.chip, CHIP_REGISTER_TEMPKEY, bytes_of(full.secrets[9], 64), NULL), CHIP_OK);
    assert_int_equal(chip_kdf(full.chip, &kdf, NULL, result, NULL), CHIP_OK);
    assert_true(chip_kdf_hkdf(full.secrets[12], bytes_of(full.secrets[9], 48), expected));
    assert_memory_equal(result, expected, 32);
    chip_sleep(full.chip);
    assert_int_equal(chip_kdf(full.chip, &kdf, NULL, result, NULL), CHIP_RESET);

    kdf.message_in = CHIP_KDF_MESSAGE_IN_SLOT;
    kdf.message_slot = 13;
    assert_int_equal(chip_kdf(full.chip, &kdf, NULL, result, NULL), CHIP_OK);
    assert_true(chip_kdf_hkdf(full.secrets[12], bytes_of(full.secrets[13], 48), expected));
    assert_memory_equal(result, expected, 32);

    kdf.message_in = CHIP_KDF_MESSAGE_HERE;
    kdf.message = bytes_of(message, 33);
    kdf.zero_key = true;
    assert_int_equal(chip_kdf(full.chip, &kdf, NULL, result, NULL), CHIP_OK);
    assert_true(chip_kdf_hkdf(zeros, kdf.message, expected));
    assert_memory_equal(result, expected, 32);
    full_release(&full);
}

/* Published: key 00..0F twice, message 00..0F. */
static void test_vectors(void **state)
{
    static const uint8_t aes[16] = {0x0A, 0x94, 0x0B, 0xB5, 0x41, 0x6E, 0xF0, 0x45,
                                    0xF1, 0xC3, 0x94, 0x58, 0xC6, 0x53, 0xEA, 0x5A};
    struct full full;
    uint8_t key[64];
    uint8_t message[16];
    uint8_t result[32];
    const struct chip_kdf kdf = {
        .algorithm = CHIP_KDF_AES,
        .source = CHIP_KDF_FROM_TEMPKEY,
        .target = CHIP_KDF_TO_CALLER,
        .message = bytes_of(message, sizeof(message)),
    };

    (void)state;
    full_init(&full, FULL_608, NULL, 0);
    for (uint8_t i = 0; i < 4; i++)
        full_count_up(key + 16 * i, 16, 0x00);
    full_count_up(message, sizeof(message), 0x00);
    assert_int_equal(chip_nonce_load(full.chip, CHIP_REGISTER_TEMPKEY, bytes_of(key, 64), NULL), CHIP_OK);
    assert_int_equal(chip_kdf(full.chip, &kdf, NULL, result, NULL), CHIP_OK);
    assert_memory_equal(result, aes, 16);
    assert_true(bytes_all(bytes_of(result + 16, 16), 0));
    assert_true(chip_kdf_aes(key, message, result));
    assert_memory_equal(result, aes, 16);
    assert_true(bytes_all(bytes_of(result + 16, 16), 0));
    full_release(&full);
}

/* Refused here, before anything is sent. */
static void test_arguments(void **state)
{
    static const uint8_t data[CHIP_KDF_MESSAGE_MAX + 1];
    static const struct {
        const char *name;
        struct chip_kdf kdf;
    } rows[] = {
        {"no message", {.key_bytes = 32, .target = CHIP_KDF_TO_CALLER}},
        {"a message too long", {.key_bytes = 32, .target = CHIP_KDF_TO_CALLER, .message = {data, sizeof(data)}}},
        {"no length of key", {.target = CHIP_KDF_TO_CALLER, .message = {data, 16}}},
        {"a length of key", {.key_bytes = 33, .target = CHIP_KDF_TO_CALLER, .message = {data, 16}}},
        {"too long a key", {.key_bytes = 80, .target = CHIP_KDF_TO_CALLER, .message = {data, 16}}},
        {"AEAD to the caller", {.key_bytes = 32, .aead = true, .target = CHIP_KDF_TO_CALLER, .message = {data, 16}}},
        {"64 bytes of AES",
         {.algorithm = CHIP_KDF_AES, .result_64 = true, .target = CHIP_KDF_TO_CALLER, .message = {data, 16}}},
        {"15 bytes for AES", {.algorithm = CHIP_KDF_AES, .target = CHIP_KDF_TO_CALLER, .message = {data, 15}}},
        {"unit 4", {.algorithm = CHIP_KDF_AES, .key_unit = 4, .target = CHIP_KDF_TO_CALLER, .message = {data, 16}}},
        {"source slot",
         {.algorithm = CHIP_KDF_HKDF, .source = CHIP_KDF_FROM_SLOT, .source_slot = 16, .target = CHIP_KDF_TO_CALLER}},
        {"target slot", {.algorithm = CHIP_KDF_HKDF, .target = CHIP_KDF_TO_SLOT, .target_slot = 16}},
        {"message slot", {.algorithm = CHIP_KDF_HKDF, .message_slot = 16, .target = CHIP_KDF_TO_CALLER}},
        {"encrypted without a key", {.key_bytes = 32, .target = CHIP_KDF_TO_CALLER_ENCRYPTED, .message = {data, 16}}},
    };
    const struct chip_kdf to_nowhere = {.key_bytes = 32, .target = CHIP_KDF_TO_CALLER, .message = {data, 16}};
    struct full full;
    uint8_t result[64];
    uint32_t sent;

    (void)state;
    full_init(&full, FULL_608, NULL, 0);
    sent = full.chip->counters.commands;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (chip_kdf(full.chip, &rows[i].kdf, NULL, result, NULL) != CHIP_BAD_ARGUMENT)
            fail_msg("%s", rows[i].name);
    assert_int_equal(chip_kdf(full.chip, &to_nowhere, NULL, NULL, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(full.chip->counters.commands, sent);
    full_release(&full);
}

int main(void)
{
    static uint8_t room[1024];
    struct storage_memory memory;
    struct storage storage;
    struct its its;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ecdh),      cmocka_unit_test(test_ecdh_as_configured),
        cmocka_unit_test(test_ephemeral), cmocka_unit_test(test_kdf_everywhere),
        cmocka_unit_test(test_prf),       cmocka_unit_test(test_hkdf),
        cmocka_unit_test(test_vectors),   cmocka_unit_test(test_arguments),
    };

    storage_memory_open(&memory, room, sizeof(room), &storage);
    its_mount(&its, &storage);
    if (psa_crypto_init() != PSA_SUCCESS)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
