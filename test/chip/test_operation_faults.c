/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each fault of the virtual chip at each group of each kind of operation, and what is left behind. A failure names the
 * fault's id: the same id on the same commands does the same thing again.
 */
#include "chip/operations.h"
#include "chip/operations_encrypted.h"
#include "chip/operations_hmac.h"
#include "chip/words.h"

#include "test/chip/lab.h"
#include "test/support/p256.h"

#include <openssl/hmac.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Operations for the fault tests: each proves by itself that its result is right. */
static enum chip_status fault_read_config(struct lab *lab)
{
    struct chip_config config;
    uint8_t peeked[VIRTUAL_CONFIG_BYTES];
    enum chip_status status = chip_read_config(lab->chip, &config, NULL);

    virtual_peek_config(lab->world.part, peeked);
    if (status == CHIP_OK)
        assert_memory_equal(config.zone, peeked, sizeof(peeked));
    return status;
}

static enum chip_status fault_generate(struct lab *lab)
{
    uint8_t public_key[64];
    uint8_t back[64];
    enum chip_status status = chip_generate_key(lab->chip, SLOT_KEY, public_key, NULL);

    if (status == CHIP_OK) {
        assert_int_equal(chip_read_public_key(lab->chip, SLOT_KEY, back, NULL), CHIP_OK);
        assert_memory_equal(public_key, back, 64);
    }
    return status;
}

static enum chip_status fault_sign(struct lab *lab)
{
    uint8_t public_key[64];
    uint8_t signature[64];
    enum chip_status status = chip_sign_digest(lab->chip, PART, SLOT_KEY, lab->digest, signature, NULL);

    if (status == CHIP_OK) {
        assert_int_equal(chip_read_public_key(lab->chip, SLOT_KEY, public_key, NULL), CHIP_OK);
        assert_true(p256_verifies(public_key, lab->digest, 32, signature));
    }
    return status;
}

static enum chip_status fault_verify(struct lab *lab)
{
    uint8_t zeros[64] = {0};

    zeros[31] = 1; /* a signature that is none: R = 1, S = 1 */
    zeros[63] = 1;
    return chip_verify_stored(lab->chip, PART, SLOT_PUBLIC, lab->digest, zeros, NULL);
}

static enum chip_status fault_import(struct lab *lab)
{
    uint8_t scalar[32];
    uint8_t expected[64];
    uint8_t public_key[64];
    enum chip_status status;

    count_up(scalar, sizeof(scalar), 0x51);
    status =
        chip_import_key_encrypted(lab->chip, SLOT_KEY, scalar, SLOT_WRITE_KEY, lab->write_key, lab->chip->serial, NULL);
    if (status == CHIP_OK) {
        p256_public_of(scalar, expected);
        assert_int_equal(chip_read_public_key(lab->chip, SLOT_KEY, public_key, NULL), CHIP_OK);
        assert_memory_equal(public_key, expected, 64);
    }
    return status;
}

static enum chip_status fault_write_block(struct lab *lab)
{
    uint8_t in[32];
    uint8_t out[32];
    enum chip_status status;

    count_up(in, sizeof(in), 0x61);
    status = chip_write_slot_block(lab->chip, SLOT_DATA, 0, in, NULL);
    if (status == CHIP_OK) {
        assert_int_equal(chip_read_slot_block(lab->chip, SLOT_DATA, 0, out, NULL), CHIP_OK);
        assert_memory_equal(in, out, 32);
    }
    return status;
}

static const uint8_t hmac_key[32] = {0x4B};

static enum chip_status fault_hmac(struct lab *lab)
{
    uint8_t message[150];
    uint8_t mac[32];
    uint8_t expected[32];
    enum chip_status status;

    count_up(message, sizeof(message), 0x01);
    status = chip_hmac_sha256(lab->chip, PART, SLOT_DATA, bytes_of(message, sizeof(message)), mac, NULL);
    if (status == CHIP_OK) {
        assert_non_null(HMAC(EVP_sha256(), hmac_key, sizeof(hmac_key), message, sizeof(message), expected, NULL));
        assert_memory_equal(mac, expected, 32);
    }
    return status;
}

static enum chip_status fault_lock_slot(struct lab *lab)
{
    return chip_lock_slot(lab->chip, SLOT_KEY, NULL);
}

enum fault { NACK, GARBAGE, BADCRC, FLIP, LOST, RESET, SLOW, SILENT, FAULTS };
static const char *const fault_names[FAULTS] = {"nack", "garbage", "badcrc", "flip", "lost", "reset", "slow", "silent"};

static const struct {
    const char *name;
    enum chip_status (*run)(struct lab *lab);
    unsigned groups; /* of an undisturbed run */
    enum chip_status status[FAULTS];
} faulty[] = {
    {"read config",
     fault_read_config,
     4,
     {CHIP_OK, CHIP_OK, CHIP_OK, CHIP_OK, CHIP_OK, CHIP_OK, CHIP_OK, CHIP_NO_ANSWER}},
    {"generate",
     fault_generate,
     1,
     {CHIP_OK, CHIP_REPLY_LOST, CHIP_REPLY_LOST, CHIP_OK, CHIP_REPLY_LOST, CHIP_RESET, CHIP_OK, CHIP_NO_ANSWER}},
    {"sign", fault_sign, 2, {CHIP_OK, CHIP_OK, CHIP_OK, CHIP_OK, CHIP_OK, CHIP_OK, CHIP_OK, CHIP_NO_ANSWER}},
    {"verify",
     fault_verify,
     2,
     {CHIP_MISCOMPARE, CHIP_MISCOMPARE, CHIP_MISCOMPARE, CHIP_MISCOMPARE, CHIP_MISCOMPARE, CHIP_MISCOMPARE,
      CHIP_MISCOMPARE, CHIP_NO_ANSWER}},
    {"import encrypted",
     fault_import,
     3,
     {CHIP_OK, CHIP_OK, CHIP_OK, CHIP_OK, CHIP_OK, CHIP_OK, CHIP_OK, CHIP_NO_ANSWER}},
    {"write block",
     fault_write_block,
     1,
     {CHIP_OK, CHIP_OK, CHIP_OK, CHIP_OK, CHIP_OK, CHIP_OK, CHIP_OK, CHIP_NO_ANSWER}},
    {"HMAC", fault_hmac, 4, {CHIP_OK, CHIP_OK, CHIP_OK, CHIP_OK, CHIP_OK, CHIP_OK, CHIP_OK, CHIP_NO_ANSWER}},
    {"lock slot",
     fault_lock_slot,
     1,
     {CHIP_OK, CHIP_REPLY_LOST, CHIP_REPLY_LOST, CHIP_OK, CHIP_REPLY_LOST, CHIP_RESET, CHIP_OK, CHIP_NO_ANSWER}},
};

/* Each fault at each group of each operation; the id is in the message. */
static void test_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(faulty) / sizeof(faulty[0]); i++)
        for (enum fault fault = NACK; fault < FAULTS; fault++)
            for (unsigned group = 1; group <= faulty[i].groups; group++) {
                struct lab lab;
                uint8_t public_key[64];
                char id[32];
                uint32_t groups_before;
                enum chip_status status;

                lab_init(&lab, LAB_LOCKED);
                assert_int_equal(chip_generate_key(lab.chip, SLOT_KEY, public_key, NULL), CHIP_OK);
                assert_int_equal(chip_write_public_key(lab.chip, SLOT_PUBLIC, public_key, NULL), CHIP_OK);
                assert_int_equal(chip_write_slot_block(lab.chip, SLOT_DATA, 0, hmac_key, NULL), CHIP_OK);
                groups_before = lab.chip->counters.commands;
                (void)snprintf(id, sizeof(id), "%s@%u", fault_names[fault], (unsigned)groups_before + group);
                assert_true(virtual_arm_fault(lab.world.part, id));
                status = faulty[i].run(&lab);
                if (status != faulty[i].status[fault])
                    fail_msg("%s, %s (group %u): status %d", faulty[i].name, id, group, (int)status);

                /* The chip is there for the next one, unless it fell silent for good. */
                if (fault != SILENT)
                    assert_int_equal(chip_read_public_key(lab.chip, SLOT_KEY, public_key, NULL), CHIP_OK);
                chip_sleep(lab.chip);
                lab_release(&lab);
            }
}

/* A sequence that succeeds at its second run leaves no error; one that fails twice names the second failure. */
static void test_restart_and_errors(void **state)
{
    struct lab lab;
    struct error err = {.reason = ERROR_NONE};
    uint8_t public_key[64];
    uint8_t signature[64];
    char id[32];
    unsigned groups;

    (void)state;
    lab_init(&lab, LAB_LOCKED);
    assert_int_equal(chip_generate_key(lab.chip, SLOT_KEY, public_key, NULL), CHIP_OK);
    groups = (unsigned)lab.chip->counters.commands;
    (void)snprintf(id, sizeof(id), "reset@%u", groups + 2);
    assert_true(virtual_arm_fault(lab.world.part, id));
    assert_int_equal(chip_sign_digest(lab.chip, PART, SLOT_KEY, lab.digest, signature, &err), CHIP_OK);
    assert_int_equal(err.reason, ERROR_NONE);
    assert_null(err.command);
    assert_true(p256_verifies(public_key, lab.digest, 32, signature));

    groups = (unsigned)lab.chip->counters.commands;
    (void)snprintf(id, sizeof(id), "reset@%u", groups + 2);
    assert_true(virtual_arm_fault(lab.world.part, id));
    (void)snprintf(id, sizeof(id), "reset@%u", groups + 5); /* Nonce, Sign; which chip is it?, Nonce, Sign */
    assert_true(virtual_arm_fault(lab.world.part, id));
    assert_int_equal(chip_sign_digest(lab.chip, PART, SLOT_KEY, lab.digest, signature, &err), CHIP_RESET);
    assert_int_equal(err.reason, ERROR_DEVICE_RESET);
    assert_string_equal(err.command, "Sign");
    assert_true(err.has_slot && err.slot == SLOT_KEY);
    lab_release(&lab);
}

/* After a lost GenKey the slot holds a key, old or new, that can be asked for and used. */
static void test_lost_generate_reads_back(void **state)
{
    static const char *const ids[] = {"lost", "badcrc", "garbage", "reset"};
    struct lab lab;
    char id[32];
    uint8_t old[64];
    uint8_t made[64];

    (void)state;
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        bool replaced = strcmp(ids[i], "reset") != 0;

        lab_init(&lab, LAB_LOCKED);
        assert_int_equal(chip_generate_key(lab.chip, SLOT_KEY, old, NULL), CHIP_OK);
        chip_sleep(lab.chip); /* so that it is woken, and asked which chip it is, before the fault is armed */
        assert_int_equal(chip_read_public_key(lab.chip, SLOT_KEY, made, NULL), CHIP_OK);
        (void)snprintf(id, sizeof(id), "%s@%u", ids[i], (unsigned)lab.chip->counters.commands + 1);
        assert_true(virtual_arm_fault(lab.world.part, id));
        assert_int_equal(chip_generate_key(lab.chip, SLOT_KEY, made, NULL), replaced ? CHIP_REPLY_LOST : CHIP_RESET);
        assert_int_equal(chip_read_public_key(lab.chip, SLOT_KEY, made, NULL), CHIP_OK);
        assert_int_equal(memcmp(old, made, 64) != 0, replaced);
        lab_assert_signs(&lab, SLOT_KEY, made);
        lab_release(&lab);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_restart_and_errors),
        cmocka_unit_test(test_lost_generate_reads_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
