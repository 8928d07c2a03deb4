/* SPDX-License-Identifier: Apache-2.0 */
/* Sign and Verify in the modes beyond a digest of the host's, and SecureBoot; signatures by and for libcrypto. */
#include "chip/operations_boot.h"
#include "chip/operations_registers.h"
#include "chip/operations_signature.h"

#include "test/chip/full.h"
#include "test/chip/p256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define PARENT_SLOT 15
#define BOOT_KEY_SLOT 11
#define VALIDATED_SLOT 14
#define PART CHIP_PART_ATECC608A

static const uint8_t num_in[CHIP_NUM_IN_BYTES] = {2, 7, 1, 8, 2, 8};
static const uint8_t digest[32] = {0xD1, 0xD2, 0xD3};

static struct chip_tempkey begin(struct full *full)
{
    struct chip_tempkey tempkey;
    uint8_t rand_out[32];

    assert_int_equal(chip_nonce_random(full->chip, CHIP_NONCE_UPDATE_SEED, num_in, rand_out, NULL), CHIP_OK);
    assert_true(chip_tempkey_nonce(&tempkey, CHIP_NONCE_UPDATE_SEED, rand_out, num_in));
    return tempkey;
}

static void test_sign_tempkey(void **state)
{
    struct full full;
    struct chip_tempkey tempkey;
    uint8_t signature[64];

    (void)state;
    full_init(&full, FULL_608, NULL, 0);
    tempkey = begin(&full);
    assert_int_equal(chip_gendig_config(full.chip, 1, NULL), CHIP_OK);
    assert_true(chip_tempkey_gendig_config(&tempkey, 1, full.config.zone + 32, full.serial));
    assert_int_equal(chip_sign_tempkey(full.chip, 2, signature, NULL), CHIP_OK);
    assert_true(p256_verifies(full.public_keys[2], tempkey.value, signature));
    assert_int_equal(chip_sign_tempkey(full.chip, 2, signature, NULL), CHIP_EXECUTION);
    assert_int_equal(chip_sign_tempkey(full.chip, 16, signature, NULL), CHIP_BAD_ARGUMENT);
    full_release(&full);
}

/* Attestations: of a private key, of a stored public key, of a slot's content; each rebuilt by the host. */
static void test_sign_internal(void **state)
{
    static const uint8_t modes[] = {0, CHIP_SIGN_SERIAL, CHIP_SIGN_INVALIDATE, CHIP_SIGN_SERIAL | CHIP_SIGN_INVALIDATE};
    struct full full;
    uint8_t public_key[64];
    uint8_t signature[64];
    uint8_t message[CHIP_INTERNAL_BYTES];
    uint8_t expected[32];
    const uint8_t other[3] = {1, 2, 3};

    (void)state;
    full_init(&full, FULL_608, NULL, 0);
    assert_int_equal(chip_lock_slot(full.chip, 12, NULL), CHIP_OK);
    assert_int_equal(chip_read_config(full.chip, &full.config, NULL), CHIP_OK);
    for (size_t i = 0; i < sizeof(modes); i++)
        for (int about = 0; about < 3; about++) {
            struct chip_tempkey tempkey = begin(&full);

            if (about == 0) {
                assert_int_equal(chip_genkey_digest(full.chip, 2, public_key, NULL), CHIP_OK);
                assert_true(
                    chip_tempkey_genkey_private(&tempkey, CHIP_GENKEY_DIGEST, 2, full.public_keys[2], full.serial));
            } else if (about == 1) {
                assert_int_equal(chip_genkey_stored_digest(full.chip, VALIDATED_SLOT, other, NULL), CHIP_OK);
                assert_true(chip_tempkey_genkey_stored(&tempkey, VALIDATED_SLOT, other,
                                                       full.public_keys[VALIDATED_SLOT], full.serial));
            } else {
                assert_int_equal(chip_gendig_slot(full.chip, 12, NULL, NULL), CHIP_OK);
                assert_true(chip_tempkey_gendig_slot(&tempkey, 12, full.secrets[12], NULL, full.serial));
            }
            assert_int_equal(chip_sign_internal(full.chip, modes[i], 7, signature, NULL), CHIP_OK);
            chip_internal_message(&tempkey, modes[i], 7, &full.config, false, message);
            assert_true(chip_internal_message_digest(message, expected));
            assert_true(p256_verifies(full.public_keys[7], expected, signature));
        }

    /* A Nonce alone is nothing to attest. */
    (void)begin(&full);
    assert_int_equal(chip_sign_internal(full.chip, 0, 7, signature, NULL), CHIP_EXECUTION);
    assert_int_equal(chip_sign_internal(full.chip, 0x80, 7, signature, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_sign_internal(full.chip, 0, 16, signature, NULL), CHIP_BAD_ARGUMENT);
    full_release(&full);
}

/* A public key with ReqRandom takes a signature over a fresh nonce of the chip's, and only that. */
static void test_verify_tempkey(void **state)
{
    static const struct full_change changes[] = {FULL_KEY_CONFIG(PARENT_SLOT, 0x70, 0x00)};
    struct full full;
    struct chip_tempkey tempkey;
    uint8_t signature[64];

    (void)state;
    full_init(&full, FULL_608, changes, sizeof(changes) / sizeof(changes[0]));
    for (int wrong = 0; wrong <= 1; wrong++) {
        tempkey = begin(&full);
        p256_sign(full.parent_scalar, tempkey.value, signature);
        signature[10] ^= (uint8_t)wrong;
        assert_int_equal(chip_verify_tempkey(full.chip, PARENT_SLOT, signature, NULL),
                         wrong ? CHIP_MISCOMPARE : CHIP_OK);
    }
    p256_sign(full.parent_scalar, digest, signature);
    assert_int_equal(chip_verify_stored(full.chip, PART, PARENT_SLOT, digest, signature, NULL), CHIP_EXECUTION);
    assert_int_equal(chip_verify_tempkey(full.chip, 7, signature, NULL), CHIP_BAD_ARGUMENT);
    full_release(&full);
}

static void test_verify_proven(void **state)
{
    struct full full;
    struct error err = {.reason = ERROR_NONE};
    uint8_t signature[64];
    const uint8_t *io_key = full.secrets[FULL_KEY];
    const uint8_t *public_key = full.public_keys[PARENT_SLOT];
    const uint8_t nonce[32] = {0xA7};

    (void)state;
    full_init(&full, FULL_608, NULL, 0);
    p256_sign(full.parent_scalar, digest, signature);
    assert_int_equal(chip_verify_external_proven(full.chip, digest, signature, public_key, io_key, nonce, NULL),
                     CHIP_OK);
    assert_int_equal(chip_verify_stored_proven(full.chip, PARENT_SLOT, digest, signature, io_key, nonce, NULL),
                     CHIP_OK);
    for (unsigned ahead = 1; ahead <= 2; ahead++) {
        full_arm(&full, "badcrc", ahead);
        assert_int_equal(chip_verify_stored_proven(full.chip, PARENT_SLOT, digest, signature, io_key, nonce, NULL),
                         CHIP_OK);
    }

    /* Another IO protection key: the proof is wrong though the signature is right. */
    assert_int_equal(
        chip_verify_external_proven(full.chip, digest, signature, public_key, full.secrets[12], nonce, &err),
        CHIP_MISCOMPARE);
    assert_int_equal(err.reason, ERROR_CHIP_MISCOMPARE);
    assert_int_equal(
        chip_verify_stored_proven(full.chip, PARENT_SLOT, digest, signature, full.secrets[12], nonce, NULL),
        CHIP_MISCOMPARE);
    signature[0] ^= 1;
    assert_int_equal(chip_verify_external_proven(full.chip, digest, signature, public_key, io_key, nonce, NULL),
                     CHIP_MISCOMPARE);
    assert_int_equal(chip_verify_stored_proven(full.chip, PARENT_SLOT, digest, signature, io_key, nonce, NULL),
                     CHIP_MISCOMPARE);
    assert_int_equal(chip_verify_stored_proven(full.chip, 7, digest, signature, io_key, nonce, NULL),
                     CHIP_BAD_ARGUMENT);
    full_release(&full);
}

/* The parent's signature over the message about the key in slot 14, which the host makes up. */
static void sign_validity(struct full *full, bool valid, bool validated, uint8_t signature[static 64],
                          uint8_t other_data[static CHIP_VERIFY_OTHER_DATA_BYTES])
{
    static const uint8_t other[3] = {7, 8, 9};
    struct chip_tempkey tempkey;
    const uint8_t nonce[32] = {0x11, 0x12};
    uint8_t message[CHIP_INTERNAL_BYTES];
    uint8_t expected[32];

    assert_int_equal(chip_nonce_load(full->chip, CHIP_REGISTER_TEMPKEY, bytes_of(nonce, 32), NULL), CHIP_OK);
    chip_tempkey_load(&tempkey, bytes_of(nonce, 32));
    assert_int_equal(chip_genkey_stored_digest(full->chip, VALIDATED_SLOT, other, NULL), CHIP_OK);
    assert_true(
        chip_tempkey_genkey_stored(&tempkey, VALIDATED_SLOT, other, full->public_keys[VALIDATED_SLOT], full->serial));
    chip_internal_message(&tempkey, valid ? 0 : CHIP_SIGN_INVALIDATE, 0, &full->config, validated, message);
    assert_true(chip_internal_message_digest(message, expected));
    chip_internal_message_other_data(message, other_data);
    p256_sign(full->parent_scalar, expected, signature);
}

static void test_validity(void **state)
{
    struct full full;
    uint8_t scalar[32];
    uint8_t by_key[64];
    uint8_t signature[64];
    uint8_t other_data[CHIP_VERIFY_OTHER_DATA_BYTES];
    bool valid = true;

    (void)state;
    full_init(&full, FULL_608, NULL, 0);
    full_count_up(scalar, sizeof(scalar), (uint8_t)(VALIDATED_SLOT << 4 | 1));
    p256_sign(scalar, digest, by_key);
    assert_int_equal(chip_verify_stored(full.chip, PART, VALIDATED_SLOT, digest, by_key, NULL), CHIP_EXECUTION);

    sign_validity(&full, true, false, signature, other_data);
    signature[5] ^= 1;
    assert_int_equal(chip_change_validity(full.chip, VALIDATED_SLOT, true, signature, other_data, NULL),
                     CHIP_MISCOMPARE);
    assert_int_equal(chip_read_key_valid(full.chip, VALIDATED_SLOT, &valid, NULL), CHIP_OK);
    assert_false(valid);

    sign_validity(&full, true, false, signature, other_data);
    assert_int_equal(chip_change_validity(full.chip, VALIDATED_SLOT, true, signature, other_data, NULL), CHIP_OK);
    assert_int_equal(chip_read_key_valid(full.chip, VALIDATED_SLOT, &valid, NULL), CHIP_OK);
    assert_true(valid);
    assert_int_equal(chip_verify_stored(full.chip, PART, VALIDATED_SLOT, digest, by_key, NULL), CHIP_OK);

    /* A lost reply: the sequence that led there is the caller's to begin again. */
    sign_validity(&full, false, true, signature, other_data);
    full_arm(&full, "lost", 1);
    assert_int_equal(chip_change_validity(full.chip, VALIDATED_SLOT, false, signature, other_data, NULL), CHIP_RESET);
    sign_validity(&full, false, true, signature, other_data);
    assert_int_equal(chip_change_validity(full.chip, VALIDATED_SLOT, false, signature, other_data, NULL), CHIP_OK);
    assert_int_equal(chip_verify_stored(full.chip, PART, VALIDATED_SLOT, digest, by_key, NULL), CHIP_EXECUTION);
    assert_int_equal(chip_change_validity(full.chip, 7, true, signature, other_data, NULL), CHIP_BAD_ARGUMENT);
    full_release(&full);
}

/* SecureBootConfig, low byte: mode 2 stores signatures, 3 digests. */
static void test_boot(void **state)
{
    struct full full;
    struct error err = {.reason = ERROR_NONE};
    uint8_t other[32] = {0xE1};
    uint8_t signature[64];
    uint8_t of_other[64];

    (void)state;
    for (uint8_t stores = 2; stores <= 3; stores++) {
        const struct full_change changes[] = {{70, stores}};
        const uint8_t *io_key = full.secrets[FULL_KEY];
        const uint8_t *for_mac = stores == 2 ? signature : NULL;

        full_init(&full, FULL_608, changes, 1);
        p256_sign(full.boot_scalar, digest, signature);
        p256_sign(full.boot_scalar, other, of_other);
        assert_int_equal(chip_boot(full.chip, CHIP_BOOT_FULL, false, digest, signature, NULL), CHIP_OK);
        assert_int_equal(chip_boot(full.chip, CHIP_BOOT_FULL, false, other, signature, &err), CHIP_MISCOMPARE);
        assert_string_equal(err.command, "SecureBoot");
        assert_int_equal(chip_boot(full.chip, CHIP_BOOT_COPY, false, digest, signature, NULL), CHIP_OK);
        assert_int_equal(chip_boot(full.chip, CHIP_BOOT_STORED, false, digest, NULL, NULL), CHIP_OK);
        assert_int_equal(chip_boot(full.chip, CHIP_BOOT_STORED, false, other, NULL, NULL), CHIP_MISCOMPARE);

        assert_int_equal(chip_boot_proven(full.chip, CHIP_BOOT_FULL, false, other, of_other, io_key, num_in, NULL),
                         CHIP_OK);
        assert_int_equal(chip_boot_proven(full.chip, CHIP_BOOT_STORED, false, digest, for_mac, io_key, num_in, NULL),
                         CHIP_OK);
        assert_int_equal(chip_boot_proven(full.chip, CHIP_BOOT_STORED, false, other, for_mac, io_key, num_in, NULL),
                         CHIP_MISCOMPARE);
        assert_int_equal(
            chip_boot_proven(full.chip, CHIP_BOOT_FULL, false, digest, signature, full.secrets[12], num_in, NULL),
            CHIP_MISCOMPARE);
        for (unsigned ahead = 1; ahead <= 2; ahead++) {
            full_arm(&full, "lost", ahead);
            assert_int_equal(chip_boot_proven(full.chip, CHIP_BOOT_COPY, false, other, of_other, io_key, num_in, NULL),
                             CHIP_OK);
        }
        assert_int_equal(chip_boot(full.chip, CHIP_BOOT_STORED, false, other, NULL, NULL), CHIP_OK);

        /* The last one until power is cycled. */
        assert_int_equal(chip_boot_proven(full.chip, CHIP_BOOT_STORED, true, other, stores == 2 ? of_other : NULL,
                                          io_key, num_in, NULL),
                         CHIP_OK);
        assert_int_equal(chip_boot(full.chip, CHIP_BOOT_STORED, false, other, NULL, NULL), CHIP_EXECUTION);
        virtual_power_cycle(full.board.part);
        assert_int_equal(chip_boot(full.chip, CHIP_BOOT_FULL, true, digest, signature, NULL), CHIP_OK);
        assert_int_equal(chip_boot(full.chip, CHIP_BOOT_FULL, true, digest, signature, NULL), CHIP_EXECUTION);
        full_release(&full);
    }
}

/* The last one is never sent twice, nor begun again. */
static void test_last_boot_is_not_repeated(void **state)
{
    struct full full;
    uint8_t signature[64];
    uint32_t sent;

    (void)state;
    full_init(&full, FULL_608, NULL, 0);
    p256_sign(full.boot_scalar, digest, signature);
    for (int copy = 0; copy <= 1; copy++) {
        enum chip_boot_mode mode = copy ? CHIP_BOOT_COPY : CHIP_BOOT_FULL;

        virtual_power_cycle(full.board.part);
        chip_sleep(full.chip);
        full_arm(&full, "badcrc", 2); /* the first asks which chip it is */
        sent = full.chip->counters.commands;
        assert_int_equal(chip_boot(full.chip, mode, true, digest, signature, NULL), CHIP_REPLY_LOST);
        assert_int_equal(full.chip->counters.commands, sent + 2);
        virtual_power_cycle(full.board.part);
        chip_sleep(full.chip);
        full_arm(&full, "badcrc", 3);
        sent = full.chip->counters.commands;
        assert_int_equal(
            chip_boot_proven(full.chip, mode, true, digest, signature, full.secrets[FULL_KEY], num_in, NULL),
            CHIP_RESET);
        assert_int_equal(full.chip->counters.commands, sent + 3);
    }
    assert_int_equal(chip_boot(full.chip, CHIP_BOOT_FULL, false, digest, NULL, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_boot(full.chip, (enum chip_boot_mode)4, false, digest, signature, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_boot_proven(full.chip, CHIP_BOOT_COPY, false, digest, NULL, digest, num_in, NULL),
                     CHIP_BAD_ARGUMENT);
    full_release(&full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sign_tempkey),
        cmocka_unit_test(test_sign_internal),
        cmocka_unit_test(test_verify_tempkey),
        cmocka_unit_test(test_verify_proven),
        cmocka_unit_test(test_validity),
        cmocka_unit_test(test_boot),
        cmocka_unit_test(test_last_boot_is_not_repeated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
