/* SPDX-License-Identifier: Apache-2.0 */
/* Verify in all its forms, and what a key needs before it may be used; libcrypto judges. */
#include "test/virtual/lab.h"

#include <stdio.h>

enum { A = LAB_A, B = LAB_B, C = LAB_C };

static const char t0_hex[] = "BEE176F91B7F8D191759F8A596F2065D6805A5CF831563B7D512574EC54A3169";

static void test_verify_external(void **state)
{
    static const uint8_t modes[] = {0x02, 0x22};
    const struct lab_key_pair pair = lab_make_key("somebody");
    uint8_t data[128];
    struct lab lab;

    (void)state;
    lab_sign(&pair, lab_key, data);
    memcpy(data + 64, pair.point, 64);
    for (int lock_state = LAB_A; lock_state <= LAB_C; lock_state++) {
        lab_open(&lab, (enum lab_state)lock_state);
        for (size_t i = 0; i < sizeof modes; i++)
            for (size_t flip = 0; flip < 129; flip += 16) {
                if (modes[i] == 0x02)
                    lab_nonce_fixed(&lab, lab_key);
                else
                    lab_nonce_message(&lab, lab_key);
                if (flip < 128)
                    data[flip] ^= 1;
                assert_int_equal(lab_command(&lab, 0x45, modes[i], 4, data, 128).status, flip < 64    ? 1
                                                                                         : flip < 128 ? 0x0f
                                                                                                      : 0);
                if (flip < 128)
                    data[flip] ^= 1;
                assert_int_equal(lab_command(&lab, 0x45, modes[i], 4, data, 128).status, 0x0f); /* spent */
            }
        lab_close(&lab);
    }
}

/* A stored key with ReqRandom: the message is in TempKey and the generator took part in it, or nothing is verified. */
static void test_verify_req_random(void **state)
{
    static const uint8_t word[4] = {0x5c, 0x00, 0x70, 0x00}; /* KeyConfig of slots 12 and 13 */
    const struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG, .config = lab_config};
    const struct lab_key_pair parent = lab_make_key("parent");
    uint8_t signature[64];
    uint8_t t0[32];
    struct lab lab;

    (void)state;
    lab_hex(t0_hex, t0, 32);
    lab_sign(&parent, t0, signature);
    lab_open_part(&lab, &making);
    assert_int_equal(lab_command(&lab, 0x12, 0x00, 30, word, 4).status, 0);
    assert_int_equal(lab_status(&lab, 0x17, 0x80, 0), 0);
    lab_write_public_key(&lab, 13, parent.point);
    lab_nonce_random(&lab);
    assert_int_equal(lab_command(&lab, 0x45, 0x00, 13, signature, 64).status, 0);
    lab_nonce_fixed(&lab, t0);
    assert_int_equal(lab_command(&lab, 0x45, 0x00, 13, signature, 64).status, 0x0f);
    lab_nonce_message(&lab, t0);
    lab_nonce_random(&lab);
    assert_int_equal(lab_command(&lab, 0x45, 0x20, 13, signature, 64).status, 0x0f);
    lab_close(&lab);
}

/* R or S of zero and of the order of the group are no signature. */
static void test_verify_edges(void **state)
{
    static const char *const edges[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551",
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
    };
    const struct lab_key_pair pair = lab_make_key("somebody");
    uint8_t good[128];
    struct lab lab;

    (void)state;
    lab_sign(&pair, lab_key, good);
    memcpy(good + 64, pair.point, 64);
    lab_open(&lab, LAB_C);
    for (unsigned i = 0; i < 6; i++) {
        uint8_t data[128];

        memcpy(data, good, 128);
        lab_hex(edges[i / 2], data + 32 * (i % 2), 32);
        lab_nonce_fixed(&lab, lab_key);
        assert_int_equal(lab_command(&lab, 0x45, 0x02, 4, data, 128).status, 1);
    }
    lab_close(&lab);
}

/* The validating MAC, for both places of the message. IO protection key: slot 12, LAB_KEY. */
static void test_verify_with_mac(void **state)
{
    static const uint8_t modes[] = {0x82, 0xa2, 0x80, 0xa0};
    const struct lab_key_pair pair = lab_make_key("parent");
    uint8_t loaded[64];
    struct lab lab;

    (void)state;
    for (unsigned i = 0; i < 64; i++)
        loaded[i] = (uint8_t)(i ^ 0x5a);
    lab_open(&lab, LAB_C);
    for (size_t i = 0; i < sizeof modes; i++) {
        const bool buffer = (modes[i] & 0x20) != 0;
        const bool external = (modes[i] & 2) != 0;
        const uint16_t param2 = external ? 4 : 13;
        uint8_t message[164];
        uint8_t expected[32];
        uint8_t data[128];
        struct answer answer;

        memcpy(message, lab_key, 32);
        memcpy(message + 32, buffer ? loaded : lab_key, 32);
        memcpy(message + 64, buffer ? loaded + 32 : loaded, 32);
        lab_sign(&pair, message + 32, data);
        memcpy(data + 64, pair.point, 64);
        memcpy(message + 96, data, 64);
        memcpy(message + 160, (const uint8_t[4]){0x45, modes[i], (uint8_t)param2, 0}, 4);
        lab_sha256(message, 164, expected);
        assert_int_equal(lab_command(&lab, 0x16, 0x63, 0, loaded, 64).status, 0);
        lab_nonce_fixed(&lab, lab_key);
        answer = lab_command(&lab, 0x45, modes[i], param2, data, external ? 128 : 64);
        assert_int_equal(answer.len, 32);
        assert_memory_equal(answer.bytes, expected, 32);
        data[0] ^= 1; /* a wrong signature gets no MAC */
        assert_int_equal(lab_command(&lab, 0x16, 0x63, 0, loaded, 64).status, 0);
        lab_nonce_fixed(&lab, lab_key);
        assert_int_equal(lab_command(&lab, 0x45, modes[i], param2, data, external ? 128 : 64).status, 1);
    }
    lab_close(&lab);
}

/* Signs the validation (or invalidation) of slot 14 as its parent would. */
static int change_validity(struct lab *lab, bool validate, uint8_t pub_key_valid)
{
    const struct lab_key_pair parent = lab_make_key("parent");
    static const uint8_t other[3] = {0};
    uint8_t message[128] = {0};
    uint8_t digest[32];
    uint8_t data[83] = {0};

    lab_nonce_random(lab);
    assert_int_equal(lab_command(lab, 0x40, 0x10, 14, other, 3).status, 0);
    lab_hex(t0_hex, message, 32);
    message[32] = 0x40;
    memcpy(message + 36, (const uint8_t[3]){0xee, 0x01, 0x23}, 3);
    memcpy(message + 64, parent.point, 64); /* the lab puts the parent's key into slot 14 too */
    lab_sha256(message, 128, digest);
    data[64 + 17] = pub_key_valid;
    memset(message, 0, sizeof message);
    memcpy(message, digest, 32);
    message[32] = 0x41;
    memcpy(message + 33, data + 64, 10);
    message[43] = 0xee;
    memcpy(message + 44, data + 74, 4);
    memcpy(message + 48, (const uint8_t[2]){0x01, 0x23}, 2);
    memcpy(message + 50, data + 78, 5);
    lab_sha256(message, 55, digest);
    lab_sign(&parent, digest, data);
    return lab_command(lab, 0x45, validate ? 0x03 : 0x07, 14, data, 83).status;
}

/* The same signature, but GenKey has digested another slot of the same content. */
static void test_validate_wants_its_own_slot(void **state)
{
    const struct lab_key_pair parent = lab_make_key("parent");
    uint8_t message[128] = {0};
    uint8_t digest[32];
    uint8_t data[83] = {0};
    struct lab lab;

    (void)state;
    lab_open(&lab, LAB_C);
    lab_nonce_random(&lab);
    assert_int_equal(lab_command(&lab, 0x40, 0x10, 13, message, 3).status, 0);
    lab_hex(t0_hex, message, 32);
    message[32] = 0x40;
    memcpy(message + 36, (const uint8_t[3]){0xee, 0x01, 0x23}, 3);
    memcpy(message + 64, parent.point, 64);
    lab_sha256(message, 128, digest);
    memset(message, 0, sizeof message);
    memcpy(message, digest, 32);
    message[32] = 0x41;
    message[43] = 0xee;
    memcpy(message + 48, (const uint8_t[2]){0x01, 0x23}, 2);
    lab_sha256(message, 55, digest);
    lab_sign(&parent, digest, data);
    assert_int_equal(lab_command(&lab, 0x45, 0x03, 14, data, 83).status, 0x0f);
    lab_close(&lab);
}

/* Before the data lock there are no internal signatures. */
static void test_internal_signature_before_data_lock(void **state)
{
    struct lab lab;

    (void)state;
    lab_open(&lab, LAB_B);
    lab_nonce_random(&lab);
    lab_gendig(&lab, 10);
    assert_int_equal(lab_status(&lab, 0x41, 0x00, 0), 0x0f);
    lab_close(&lab);
}

static void test_no_mac_flag(void **state)
{
    static const uint8_t other[4] = {0x15, 0x02, 0x06, 0x00};
    struct lab lab;

    (void)state;
    lab_open(&lab, LAB_C);
    lab_nonce_random(&lab);
    assert_int_equal(lab_command(&lab, 0x15, 2, 6, other, 4).status, 0);
    assert_int_equal(lab_state_of(&lab), 0xa680);
    lab_close(&lab);
}

/* Without its enabling bit, the slot named for it may not set the latch. */
static void test_latch_without_permission(void **state)
{
    static const uint8_t word[4] = {0x00, 0x0d, 0x00, 0x00};
    const struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG, .config = lab_config};
    struct lab lab;

    (void)state;
    lab_open_part(&lab, &making);
    assert_int_equal(lab_command(&lab, 0x12, 0x00, 17, word, 4).status, 0);
    assert_int_equal(lab_status(&lab, 0x17, 0x80, 0), 0);
    lab_write_public_key(&lab, 13, lab_make_key("parent").point);
    lab_authorise(&lab);
    assert_int_equal(lab_status(&lab, 0x30, 4, 3), 0x0f);
    lab_close(&lab);
}

/* PrivWrite with WriteKey 0: a bare nonce does not stand for GenDig on slot 0. */
static void test_privwrite_write_key_zero(void **state)
{
    uint8_t config[128];
    const struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG, .config = config};
    const struct lab_key_pair pair = lab_make_key("imported");
    uint8_t message[96] = {0};
    uint8_t t0[32];
    uint8_t more[32];
    uint8_t data[68] = {0};
    struct lab lab;

    (void)state;
    memcpy(config, lab_config, 128);
    config[20 + 2 * 2 + 1] = 0x40;
    config[86] = config[87] = 0;
    lab_hex(t0_hex, t0, 32);
    lab_sha256(t0, 32, more);
    memcpy(data + 4, pair.scalar, 32);
    memcpy(message, t0, 32);
    memcpy(message + 32, (const uint8_t[7]){0x46, 0x40, 2, 0, 0xee, 0x01, 0x23}, 7);
    memcpy(message + 60, data, 36);
    lab_sha256(message, 96, data + 36);
    for (unsigned i = 0; i < 36; i++)
        data[i] ^= i < 32 ? t0[i] : more[i - 32];
    lab_open_part(&lab, &making);
    lab_nonce_random(&lab);
    assert_int_equal(lab_command(&lab, 0x46, 0x40, 2, data, 68).status, 0x0f);
    lab_close(&lab);
}

static void test_validate_and_invalidate(void **state)
{
    const struct lab_key_pair parent = lab_make_key("parent");
    uint8_t signature[64];
    uint8_t block[32] = {0};
    struct answer read;
    struct lab lab;

    (void)state;
    lab_sign(&parent, lab_key, signature);
    lab_open(&lab, LAB_C);
    assert_int_equal(lab_command(&lab, 0x30, 1, 14, NULL, 0).bytes[0], 0);
    assert_int_equal(change_validity(&lab, true, 1), 0x0f); /* the signed message says "invalidate" */
    assert_int_equal(change_validity(&lab, true, 0), 0);
    read = lab_command(&lab, 0x02, 0x82, 0x70, NULL, 0);
    assert_int_equal(read.bytes[0], 0x50);
    memcpy(block, read.bytes, 32);
    assert_int_equal(lab_command(&lab, 0x30, 1, 14, NULL, 0).bytes[0], 1);
    lab_nonce_fixed(&lab, lab_key);
    assert_int_equal(lab_command(&lab, 0x45, 0x00, 14, signature, 64).status, 0);
    assert_int_equal(lab_command(&lab, 0x12, 0x82, 0x70, block, 32).status, 0x0f); /* valid: not writable */
    assert_int_equal(change_validity(&lab, false, 1), 0);
    lab_nonce_fixed(&lab, lab_key);
    assert_int_equal(lab_command(&lab, 0x45, 0x00, 14, signature, 64).status, 0x0f);
    assert_int_equal(lab_command(&lab, 0x12, 0x82, 0x70, block, 32).status, 0);
    read = lab_command(&lab, 0x02, 0x82, 0x70, NULL, 0);
    assert_int_equal(read.bytes[0], 0xa0); /* 50 was written */
    lab_close(&lab);
}

/*
 * The worked vector of an internal signature: what its digest is of, as Validate rebuilds it from the other data. Only
 * a signature over that very digest makes the key valid.
 */
static void test_validate_vector(void **state)
{
    const struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG, .config = lab_config};
    const struct lab_key_pair parent = lab_make_key("parent");
    uint8_t data[83];
    uint8_t digest[32];
    uint8_t point[64];
    struct lab lab;

    (void)state;
    for (unsigned i = 0; i < 64; i++)
        point[i] = (uint8_t)i;
    lab_open_part(&lab, &making);
    assert_int_equal(lab_status(&lab, 0x17, 0x80, 0), 0);
    lab_write_public_key(&lab, 13, parent.point);
    lab_write_public_key(&lab, 14, point);
    lab_hex("0A6492E86C4092EA4C6B6EFE87ABD4302A723DC956E50CF4F14AD92BEE2BC8DC", digest, 32);
    lab_hex("00 0000 3412 3300 4E 0000 00000000 0000 01 00 00", data + 64, 19);
    for (unsigned right = 0; right < 2; right++) {
        digest[31] ^= 1; /* first a digest that is not it, then the vector's again */
        lab_sign(&parent, digest, data);
        lab_nonce_random(&lab);
        assert_int_equal(lab_command(&lab, 0x40, 0x10, 14, (const uint8_t *)"012", 3).status, 0);
        assert_int_equal(lab_command(&lab, 0x45, 0x03, 14, data, 83).status, right == 0 ? 1 : 0);
    }
    lab_close(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verify_external),
        cmocka_unit_test(test_verify_req_random),
        cmocka_unit_test(test_verify_edges),
        cmocka_unit_test(test_verify_with_mac),
        cmocka_unit_test(test_validate_wants_its_own_slot),
        cmocka_unit_test(test_internal_signature_before_data_lock),
        cmocka_unit_test(test_no_mac_flag),
        cmocka_unit_test(test_latch_without_permission),
        cmocka_unit_test(test_privwrite_write_key_zero),
        cmocka_unit_test(test_validate_and_invalidate),
        cmocka_unit_test(test_validate_vector),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
