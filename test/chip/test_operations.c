/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every operation on a virtual chip that goes from blank to locked as a factory would take it, with libcrypto checking
 * what comes out.
 */
#include "chip/operations.h"
#include "chip/operations_encrypted.h"
#include "chip/words.h"

#include "test/support/dump.h"
#include "test/chip/lab.h"
#include "test/support/p256.h"
#include "virtual/chip/virtual_invasive.h"

#include <openssl/sha.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_identity(void **state)
{
    struct lab lab;
    struct chip_config config;
    uint8_t revision[4];
    uint8_t peeked[VIRTUAL_CONFIG_BYTES];
    uint8_t serial[CHIP_SERIAL_BYTES];

    (void)state;
    lab_init(&lab, LAB_OPEN);
    assert_int_equal(chip_read_revision(lab.chip, revision, NULL), CHIP_OK);
    assert_memory_equal(revision, "\0\0\x60\x03", 4);
    assert_int_equal(chip_read_config(lab.chip, &config, NULL), CHIP_OK);
    virtual_peek_config(lab.world.part, peeked);
    assert_memory_equal(config.zone, peeked, sizeof(peeked));
    chip_config_serial(&config, serial);
    assert_true(lab.chip->identified);
    assert_memory_equal(lab.chip->serial, serial, sizeof(serial));
    assert_memory_equal(lab.chip->revision, revision, sizeof(revision));
    lab_release(&lab);
}

/* The answer to Info(Revision) tells the part, and stays with every reading of the config zone. */
static void test_part_by_its_answer(void **state)
{
    static const struct {
        uint8_t revision[4];
        enum chip_part part;
        bool known;
    } rows[] = {
        {{0x00, 0x00, 0x60, 0x01}, CHIP_PART_ATECC608A, true}, {{0x00, 0x00, 0x60, 0x02}, CHIP_PART_ATECC608A, true},
        {{0x00, 0x00, 0x60, 0x03}, CHIP_PART_ATECC608B, true}, {{0x00, 0x00, 0x60, 0x04}, CHIP_PART_ATECC608B, false},
        {{0x00, 0x00, 0x70, 0x01}, CHIP_PART_UNKNOWN, false},  {{0x00, 0x00, 0x00, 0x00}, CHIP_PART_UNKNOWN, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct virtual_making making = {.part = VIRTUAL_BLANK, .revision = rows[i].revision};
        struct world world;
        struct chip_config config;

        world_open_chip(&world, &making);
        assert_int_equal(chip_read_config(&world.chip, &config, NULL), CHIP_OK);
        assert_int_equal(chip_config_part(&config), CHIP_PART_ATECC608B); /* by RevNum, before it is asked */
        assert_false(chip_config_revision_differs(&config));
        assert_int_equal(chip_identify_part(&world.chip, &config, NULL), CHIP_OK);
        for (unsigned reading = 0; reading < 2; reading++) {
            assert_int_equal(chip_config_part(&config), rows[i].part);
            assert_int_equal(chip_config_revision_is_known(&config), rows[i].known);
            assert_memory_equal(chip_config_revision(&config).data, rows[i].revision, 4);
            assert_int_equal(chip_config_revision_differs(&config), i != 2);
            chip_sleep(&world.chip); /* its serial number is read anew after the next wake */
            assert_int_equal(chip_read_config(&world.chip, &config, NULL), CHIP_OK);
        }
        world_remove(&world);
    }
}

static void test_random(void **state)
{
    static const uint8_t pattern[4] = {0xFF, 0xFF, 0x00, 0x00};
    struct lab lab;
    uint8_t a[32];
    uint8_t b[32];

    (void)state;
    lab_init(&lab, LAB_OPEN);
    assert_int_equal(chip_random(lab.chip, a, NULL), CHIP_OK);
    for (size_t i = 0; i < 32; i += 4)
        assert_memory_equal(a + i, pattern, 4);
    lab_release(&lab);
    lab_init(&lab, LAB_FILLING);
    assert_int_equal(chip_random(lab.chip, a, NULL), CHIP_OK);
    assert_int_equal(chip_random(lab.chip, b, NULL), CHIP_OK);
    assert_memory_not_equal(a, b, 32);
    assert_memory_not_equal(a, pattern, 4);
    lab_release(&lab);
}

static void test_write_config(void **state)
{
    struct lab lab;
    struct chip_config now;
    struct chip_config wanted;
    struct chip_config back;
    uint32_t writing;

    (void)state;
    lab_init(&lab, LAB_OPEN);
    assert_int_equal(chip_read_config(lab.chip, &now, NULL), CHIP_OK);
    wanted = dump_load("608b-tngtls");
    wanted.zone[84] = 0x77;
    wanted.zone[85] = 0x6C;
    wanted.zone[88] = 0x0F; /* never taken over: it would freeze slots 4 to 7 */
    assert_int_equal(chip_write_config(lab.chip, &now, &wanted, NULL), CHIP_OK);
    assert_int_equal(chip_read_config(lab.chip, &back, NULL), CHIP_OK);
    assert_memory_equal(back.zone, now.zone, 16);
    assert_memory_equal(back.zone + 16, wanted.zone + 16, 84 - 16);
    assert_memory_equal(back.zone + 84, wanted.zone + 84, 2);
    assert_memory_equal(back.zone + 86, now.zone + 86, 4);
    assert_memory_equal(back.zone + 90, wanted.zone + 90, 38);
    assert_int_equal(chip_config_compare_policy(PART, &back, &wanted), -1);
    assert_int_equal(lab.chip->counters.irreversible, 2);

    /* Again: nothing to do. */
    writing = lab.chip->counters.writing;
    assert_int_equal(chip_write_config(lab.chip, &back, &wanted, NULL), CHIP_OK);
    assert_int_equal(lab.chip->counters.writing, writing);

    /* One byte: one word. */
    now = back;
    wanted.zone[97] ^= 0x10;
    assert_int_equal(chip_write_config(lab.chip, &now, &wanted, NULL), CHIP_OK);
    assert_int_equal(lab.chip->counters.writing, writing + 1);
    assert_int_equal(chip_read_config(lab.chip, &back, NULL), CHIP_OK);
    assert_int_equal(chip_config_compare_policy(PART, &back, &wanted), -1);
    lab_release(&lab);
}

/* From every dump to every other one's policy, on one chip as far as UserExtra allows. */
static void test_write_config_between_dumps(void **state)
{
    static const char *const names[] = {
        "608b-tngtls",       "608b-tflxtls",           "608b-trustcustom-kit", "608a-coldcard",
        "508a-nitrokey-u2f", "608-cryptoauthlib-test", "608b-blank-rev6003",   "608-cryptoauthlib-pkcs11"};
    struct lab lab;

    (void)state;
    lab_init(&lab, LAB_OPEN);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct chip_config wanted = dump_load(names[i]);
        struct chip_config now;
        struct chip_config back;

        assert_int_equal(chip_read_config(lab.chip, &now, NULL), CHIP_OK);
        memcpy(wanted.zone + 84, now.zone + 84, 2);
        assert_int_equal(chip_write_config(lab.chip, &now, &wanted, NULL), CHIP_OK);
        assert_int_equal(chip_read_config(lab.chip, &back, NULL), CHIP_OK);
        assert_memory_equal(back.zone + 16, wanted.zone + 16, 68);
        assert_memory_equal(back.zone + 90, wanted.zone + 90, 38);
        assert_memory_equal(back.zone + 84, now.zone + 84, 6);
    }
    lab_release(&lab);
}

static void test_lock_config(void **state)
{
    struct lab lab;
    struct chip_config now;
    struct chip_config other;
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    lab_init(&lab, LAB_OPEN);
    assert_int_equal(chip_read_config(lab.chip, &now, NULL), CHIP_OK);
    other = now;
    other.zone[127] ^= 1;
    assert_int_equal(chip_lock_config(lab.chip, &other, &err), CHIP_EXECUTION);
    assert_string_equal(err.doing, "lock the config zone");
    assert_int_equal(chip_read_config(lab.chip, &other, NULL), CHIP_OK);
    assert_memory_equal(other.zone, now.zone, sizeof(now.zone));
    assert_int_equal(chip_lock_config(lab.chip, &now, NULL), CHIP_OK);
    assert_int_equal(chip_read_config(lab.chip, &other, NULL), CHIP_OK);
    assert_true(chip_config_is_locked(&other));
    assert_false(chip_data_is_locked(&other));
    assert_int_equal(chip_lock_config(lab.chip, &other, NULL), CHIP_EXECUTION);

    /* Too late to write it; nothing is sent. */
    error_clear(&err);
    lab.chip->counters.commands = 0;
    assert_int_equal(chip_write_config(lab.chip, &other, &now, &err), CHIP_BAD_ARGUMENT);
    assert_int_equal(err.reason, ERROR_CONFIG_LOCKED);
    assert_int_equal(lab.chip->counters.commands, 0);
    lab_release(&lab);
}

static void test_lock_data_and_slot(void **state)
{
    struct lab lab;
    struct chip_config config;

    (void)state;
    lab_init(&lab, LAB_FILLING);
    assert_int_equal(chip_lock_data(lab.chip, true, 0x1234, NULL), CHIP_EXECUTION);
    assert_int_equal(chip_lock_slot(lab.chip, SLOT_KEY_2, NULL), CHIP_EXECUTION); /* not Lockable */
    assert_int_equal(chip_lock_slot(lab.chip, SLOT_KEY, NULL), CHIP_OK);
    assert_int_equal(chip_lock_data(lab.chip, false, 0, NULL), CHIP_OK);
    assert_int_equal(chip_read_config(lab.chip, &config, NULL), CHIP_OK);
    assert_true(chip_data_is_locked(&config));
    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++)
        assert_int_equal(chip_slot_policy(&config, slot).locked, slot == SLOT_KEY);
    lab_release(&lab);
}

static void test_generate_and_sign(void **state)
{
    struct lab lab;
    uint8_t public_key[64];
    uint8_t again[64];
    bool valid = true;

    (void)state;
    for (enum lab_state locks = LAB_FILLING; locks <= LAB_LOCKED; locks++) {
        lab_init(&lab, locks);
        assert_int_equal(chip_read_key_valid(lab.chip, SLOT_KEY, &valid, NULL), CHIP_OK);
        assert_false(valid);
        assert_int_equal(chip_read_public_key(lab.chip, SLOT_KEY, again, NULL), CHIP_EXECUTION);
        assert_int_equal(chip_generate_key(lab.chip, SLOT_KEY, public_key, NULL), CHIP_OK);
        assert_int_equal(chip_read_key_valid(lab.chip, SLOT_KEY, &valid, NULL), CHIP_OK);
        assert_true(valid);
        assert_int_equal(chip_read_public_key(lab.chip, SLOT_KEY, again, NULL), CHIP_OK);
        assert_memory_equal(public_key, again, 64);
        lab_assert_signs(&lab, SLOT_KEY, public_key);
        lab_release(&lab);
    }
}

static void test_verify(void **state)
{
    static const enum chip_part parts[] = {CHIP_PART_ATECC608B, CHIP_PART_ATECC508A, CHIP_PART_UNKNOWN,
                                           (enum chip_part)9};
    struct lab lab;
    struct error err = {.reason = ERROR_NONE};
    uint8_t public_key[64];
    uint8_t back[64];
    uint8_t signature[64];

    (void)state;
    lab_init(&lab, LAB_FILLING);
    assert_int_equal(chip_generate_key(lab.chip, SLOT_KEY, public_key, NULL), CHIP_OK);
    assert_int_equal(chip_write_public_key(lab.chip, SLOT_PUBLIC, public_key, NULL), CHIP_OK);
    assert_int_equal(chip_read_stored_public_key(lab.chip, SLOT_PUBLIC, back, &err), CHIP_EXECUTION);
    assert_true(err.has_slot && err.slot == SLOT_PUBLIC);
    assert_int_equal(chip_lock_data(lab.chip, false, 0, NULL), CHIP_OK);
    assert_int_equal(chip_read_stored_public_key(lab.chip, SLOT_PUBLIC, back, NULL), CHIP_OK);
    assert_memory_equal(back, public_key, 64);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        assert_int_equal(chip_sign_digest(lab.chip, parts[i], SLOT_KEY, lab.digest, signature, NULL), CHIP_OK);
        assert_true(p256_verifies(public_key, lab.digest, 32, signature));
        assert_int_equal(chip_verify_external(lab.chip, parts[i], lab.digest, signature, public_key, NULL), CHIP_OK);
        assert_int_equal(chip_verify_stored(lab.chip, parts[i], SLOT_PUBLIC, lab.digest, signature, NULL), CHIP_OK);
        signature[63] ^= 1;
        error_clear(&err);
        assert_int_equal(chip_verify_external(lab.chip, parts[i], lab.digest, signature, public_key, &err),
                         CHIP_MISCOMPARE);
        assert_int_equal(err.reason, ERROR_CHIP_MISCOMPARE);
        assert_int_equal(chip_verify_stored(lab.chip, parts[i], SLOT_PUBLIC, lab.digest, signature, NULL),
                         CHIP_MISCOMPARE);
    }
    lab_release(&lab);
}

static void test_import_clear(void **state)
{
    struct lab lab;
    uint8_t scalar[32];
    uint8_t expected[64];
    uint8_t public_key[64];

    (void)state;
    lab_init(&lab, LAB_FILLING);
    count_up(scalar, sizeof(scalar), 0x21);
    p256_public_of(scalar, expected);
    assert_int_equal(chip_import_key(lab.chip, SLOT_KEY, scalar, NULL), CHIP_OK);
    assert_int_equal(chip_read_public_key(lab.chip, SLOT_KEY, public_key, NULL), CHIP_OK);
    assert_memory_equal(public_key, expected, 64);
    lab_assert_signs(&lab, SLOT_KEY, expected);
    assert_int_equal(chip_lock_data(lab.chip, false, 0, NULL), CHIP_OK);
    assert_int_equal(chip_import_key(lab.chip, SLOT_KEY, scalar, NULL), CHIP_EXECUTION);
    lab_release(&lab);
}

static void test_import_encrypted(void **state)
{
    struct lab lab;
    uint8_t scalar[32];
    uint8_t expected[64];
    uint8_t public_key[64];
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    for (enum lab_state locks = LAB_FILLING; locks <= LAB_LOCKED; locks++) {
        lab_init(&lab, locks);
        count_up(scalar, sizeof(scalar), 0x31);
        p256_public_of(scalar, expected);
        assert_int_equal(chip_import_key_encrypted(lab.chip, SLOT_KEY_2, scalar, SLOT_WRITE_KEY, lab.write_key,
                                                   lab.chip->serial, NULL),
                         CHIP_OK);
        assert_int_equal(chip_read_public_key(lab.chip, SLOT_KEY_2, public_key, NULL), CHIP_OK);
        assert_memory_equal(public_key, expected, 64);
        lab_assert_signs(&lab, SLOT_KEY_2, expected);

        /* Another write key: the MAC is wrong, and the old key stays. */
        lab.write_key[31] ^= 1;
        scalar[31] ^= 1;
        assert_int_equal(chip_import_key_encrypted(lab.chip, SLOT_KEY_2, scalar, SLOT_WRITE_KEY, lab.write_key,
                                                   lab.chip->serial, &err),
                         CHIP_EXECUTION);
        assert_int_equal(err.reason, ERROR_CHIP_REFUSED);
        assert_string_equal(err.command, "PrivWrite");
        lab_assert_signs(&lab, SLOT_KEY_2, expected);
        error_clear(&err);
        lab_release(&lab);
    }
}

static void test_slot_blocks(void **state)
{
    struct lab lab;
    uint8_t in[32];
    uint8_t out[32];

    (void)state;
    lab_init(&lab, LAB_LOCKED);
    for (uint8_t block = 0; block < 13; block++) {
        count_up(in, sizeof(in), (uint8_t)(block * 19 + 1));
        assert_int_equal(chip_write_slot_block(lab.chip, SLOT_DATA, block, in, NULL), CHIP_OK);
        assert_int_equal(chip_read_slot_block(lab.chip, SLOT_DATA, block, out, NULL), CHIP_OK);
        assert_memory_equal(in, out, 32);
    }
    count_up(in, sizeof(in), 0x77);
    assert_int_equal(chip_write_slot_block(lab.chip, SLOT_BEHIND_KEY, 0, in, NULL), CHIP_EXECUTION);
    assert_int_equal(chip_write_slot_block_encrypted(lab.chip, SLOT_BEHIND_KEY, 0, in, SLOT_WRITE_KEY, lab.write_key,
                                                     lab.chip->serial, NULL),
                     CHIP_OK);
    assert_int_equal(chip_read_slot_block(lab.chip, SLOT_BEHIND_KEY, 0, out, NULL), CHIP_OK);
    assert_memory_equal(in, out, 32);
    assert_int_equal(chip_write_slot_block_encrypted(lab.chip, SLOT_BEHIND_KEY, 1, in, SLOT_WRITE_KEY, lab.write_key,
                                                     lab.chip->serial, NULL),
                     CHIP_OK);
    assert_int_equal(chip_read_slot_block(lab.chip, SLOT_BEHIND_KEY, 1, out, NULL), CHIP_OK);
    assert_memory_equal(in, out, 4);
    assert_int_equal(chip_read_slot_block(lab.chip, SLOT_WRITE_KEY, 0, out, NULL), CHIP_EXECUTION);
    assert_int_equal(chip_read_slot_block(lab.chip, SLOT_KEY, 0, out, NULL), CHIP_EXECUTION);
    lab_release(&lab);
}

/* What can still change in a locked config zone is read again, and nothing else. */
static void test_refresh_locks(void **state)
{
    struct lab lab;
    struct chip_config config;
    struct chip_config back;
    uint32_t commands;

    (void)state;
    lab_init(&lab, LAB_FILLING);
    assert_int_equal(chip_read_config(lab.chip, &config, NULL), CHIP_OK);
    assert_int_equal(chip_lock_data(lab.chip, false, 0, NULL), CHIP_OK);
    assert_int_equal(chip_lock_slot(lab.chip, SLOT_KEY, NULL), CHIP_OK);
    assert_false(chip_data_is_locked(&config) || chip_slot_is_locked(&config, SLOT_KEY));
    commands = lab.chip->counters.commands;
    assert_int_equal(chip_refresh_locks(lab.chip, &config, NULL), CHIP_OK);
    assert_int_equal(lab.chip->counters.commands, commands + 1);
    assert_true(chip_data_is_locked(&config) && chip_slot_is_locked(&config, SLOT_KEY));
    assert_int_equal(chip_read_config(lab.chip, &back, NULL), CHIP_OK);
    assert_memory_equal(&config, &back, sizeof(config));
    lab_release(&lab);
}

static enum chip_status read_otp(struct lab *lab, uint8_t block, uint8_t out[static 32])
{
    struct bytes_out reply = {.data = out, .cap = 32};

    return chip_execute(lab->chip, &chip_command_read, 0x81, (uint16_t)(block << 3), BYTES_NONE, &reply, NULL);
}

static void test_otp(void **state)
{
    struct lab lab;
    uint8_t in[32];
    uint8_t out[32];

    (void)state;
    lab_init(&lab, LAB_FILLING);
    count_up(in, sizeof(in), 0x91);
    assert_int_equal(chip_write_otp_block(lab.chip, 1, in, NULL), CHIP_OK);
    assert_int_equal(chip_lock_data(lab.chip, false, 0, NULL), CHIP_OK);
    assert_int_equal(read_otp(&lab, 0, out), CHIP_OK);
    assert_memory_not_equal(in, out, 32);
    assert_int_equal(read_otp(&lab, 1, out), CHIP_OK);
    assert_memory_equal(in, out, 32);
    assert_int_equal(chip_write_otp_block(lab.chip, 1, in, NULL), CHIP_EXECUTION);
    lab_release(&lab);
}

/* What is out of range is refused before anything is sent. */
static enum chip_status bad_argument(struct lab *lab, unsigned which, struct error *err)
{
    uint8_t memory[64] = {0};
    bool valid = false;

    switch (which) {
    case 0:
        return chip_read_key_valid(lab->chip, 16, &valid, err);
    case 1:
        return chip_read_slot_block(lab->chip, 16, 0, memory, err);
    case 2:
        return chip_read_slot_block(lab->chip, 7, 2, memory, err);
    case 3:
        return chip_read_slot_block(lab->chip, 8, 13, memory, err);
    case 4:
        return chip_read_slot_block(lab->chip, 9, 3, memory, err);
    case 5:
        return chip_generate_key(lab->chip, 16, memory, err);
    case 6:
        return chip_read_public_key(lab->chip, 255, memory, err);
    case 7:
        return chip_sign_digest(lab->chip, PART, 16, memory, memory, err);
    case 8:
        return chip_verify_stored(lab->chip, PART, 7, memory, memory, err);
    case 9:
        return chip_verify_stored(lab->chip, PART, 16, memory, memory, err);
    case 10:
        return chip_import_key(lab->chip, 16, memory, err);
    case 11:
        return chip_import_key_encrypted(lab->chip, 16, memory, 1, memory, memory, err);
    case 12:
        return chip_import_key_encrypted(lab->chip, 0, memory, 16, memory, memory, err);
    case 13:
        return chip_write_public_key(lab->chip, 7, memory, err);
    case 14:
        return chip_read_stored_public_key(lab->chip, 16, memory, err);
    case 15:
        return chip_write_slot_block(lab->chip, 9, 3, memory, err);
    case 16:
        return chip_write_slot_block_encrypted(lab->chip, 9, 3, memory, 1, memory, memory, err);
    case 17:
        return chip_write_slot_block_encrypted(lab->chip, 9, 0, memory, 16, memory, memory, err);
    case 18:
        return chip_lock_slot(lab->chip, 16, err);
    case 19:
        return chip_write_otp_block(lab->chip, 2, memory, err);
    default:
        return CHIP_STATUS_COUNT;
    }
}

static void test_bad_arguments(void **state)
{
    struct lab lab;

    (void)state;
    lab_init(&lab, LAB_OPEN);
    for (unsigned which = 0;; which++) {
        struct error err = {.reason = ERROR_NONE};
        uint32_t commands = lab.chip->counters.commands;
        enum chip_status status = bad_argument(&lab, which, &err);

        if (status == CHIP_STATUS_COUNT)
            break;
        if (status != CHIP_BAD_ARGUMENT || err.reason != ERROR_USAGE || err.doing == NULL)
            fail_msg("%u: status %d", which, (int)status);
        assert_int_equal(lab.chip->counters.commands, commands);
    }
    lab_release(&lab);
}

/* A long piece of work crosses many watchdog windows and never loses its registers. */
static void test_long_work(void **state)
{
    struct lab lab;
    uint8_t public_key[64];

    (void)state;
    lab_init(&lab, LAB_LOCKED);
    assert_int_equal(chip_generate_key(lab.chip, SLOT_KEY, public_key, NULL), CHIP_OK);
    for (int i = 0; i < 40; i++)
        lab_assert_signs(&lab, SLOT_KEY, public_key);
    assert_int_equal(lab.chip->counters.resends, 0);
    assert_true(lab.chip->counters.wakes > 5);

    /* Left alone for longer than any watchdog: the chip sleeps, and is woken. */
    virtual_wait_ns(lab.world.part, UINT64_C(30000000000));
    lab_assert_signs(&lab, SLOT_KEY, public_key);
    virtual_power_cycle(lab.world.part);
    lab_assert_signs(&lab, SLOT_KEY, public_key);
    lab_release(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_part_by_its_answer),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_write_config),
        cmocka_unit_test(test_write_config_between_dumps),
        cmocka_unit_test(test_lock_config),
        cmocka_unit_test(test_lock_data_and_slot),
        cmocka_unit_test(test_generate_and_sign),
        cmocka_unit_test(test_verify),
        cmocka_unit_test(test_import_clear),
        cmocka_unit_test(test_import_encrypted),
        cmocka_unit_test(test_slot_blocks),
        cmocka_unit_test(test_refresh_locks),
        cmocka_unit_test(test_otp),
        cmocka_unit_test(test_bad_arguments),
        cmocka_unit_test(test_long_work),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
