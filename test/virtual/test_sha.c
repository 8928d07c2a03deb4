/* SPDX-License-Identifier: Apache-2.0 */
/* The SHA command: digests, targets, stored public keys, HMAC. */
#include "test/virtual/lab.h"

#include <stdio.h>

enum { A = LAB_A, B = LAB_B, C = LAB_C };

static void test_sha(void **state)
{
    static const size_t tails[] = {0, 1, 55, 56, 63};
    uint8_t text[64 * 3 + 63];
    uint8_t digest[32];
    struct answer answer;
    struct lab lab;

    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(i * 7);
    lab_open(&lab, LAB_A);
    for (size_t blocks = 0; blocks < 4; blocks++)
        for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
            const size_t len = blocks * 64 + tails[i];

            assert_int_equal(lab_status(&lab, 0x47, 0, 0), 0);
            for (size_t block = 0; block < blocks; block++)
                assert_int_equal(lab_command(&lab, 0x47, 1, 64, text + 64 * block, 64).status, 0);
            answer = lab_command(&lab, 0x47, 0xc2, (uint16_t)tails[i], text + 64 * blocks, tails[i]);
            lab_sha256(text, len, digest);
            assert_int_equal(answer.len, 32);
            assert_memory_equal(answer.bytes, digest, 32);
        }
    assert_int_equal(lab_status(&lab, 0x47, 0xc2, 0), 0x0f); /* ended */
    assert_int_equal(lab_status(&lab, 0x47, 0, 0), 0);
    lab_wake(&lab);
    lab_sleep(&lab);
    assert_int_equal(lab_status(&lab, 0x47, 0xc2, 0), 0x0f); /* asleep in between */
    lab_close(&lab);
}

/* Where the digest goes: a signature over it tells. */
static void test_sha_targets(void **state)
{
    uint8_t digest[32];
    uint8_t point[64];
    struct answer answer;
    struct lab lab;

    (void)state;
    lab_sha256("abc", 3, digest);
    lab_open(&lab, LAB_C);
    lab_public_key(&lab, 0, point);
    assert_int_equal(lab_status(&lab, 0x47, 0, 0), 0);
    assert_int_equal(lab_command(&lab, 0x47, 0x02, 3, (const uint8_t *)"abc", 3).len, 32);
    assert_int_equal(lab_state_of(&lab), 0x1080);
    answer = lab_command(&lab, 0x41, 0x80, 0, NULL, 0);
    assert_true(lab_verify(point, digest, answer.bytes));
    assert_int_equal(lab_status(&lab, 0x47, 0, 0), 0);
    assert_int_equal(lab_command(&lab, 0x47, 0x42, 3, (const uint8_t *)"abc", 3).len, 32);
    assert_int_equal(lab_state_of(&lab), 0x0000);
    answer = lab_command(&lab, 0x41, 0xa0, 0, NULL, 0);
    assert_true(lab_verify(point, digest, answer.bytes));
    lab_close(&lab);
}

static void test_sha_public_and_hmac(void **state)
{
    const struct lab_key_pair parent = lab_make_key("parent");
    uint8_t inner[64 + 3];
    uint8_t outer[64 + 32];
    uint8_t digest[32];
    struct answer answer;
    struct lab lab;

    (void)state;
    lab_open(&lab, LAB_C);
    assert_int_equal(lab_status(&lab, 0x47, 0, 0), 0);
    assert_int_equal(lab_status(&lab, 0x47, 3, 13), 0);
    answer = lab_command(&lab, 0x47, 0xc2, 0, NULL, 0);
    lab_sha256(parent.point, 64, digest);
    assert_memory_equal(answer.bytes, digest, 32);
    for (unsigned i = 0; i < 64; i++) {
        inner[i] = (uint8_t)((i < 32 ? lab_key[i] : 0) ^ 0x36);
        outer[i] = (uint8_t)((i < 32 ? lab_key[i] : 0) ^ 0x5c);
    }
    memcpy(inner + 64, "abc", 3);
    lab_sha256(inner, sizeof inner, outer + 64);
    lab_sha256(outer, sizeof outer, digest);
    for (unsigned source = 0; source < 2; source++) { /* slot 4, then TempKey */
        lab_nonce_fixed(&lab, lab_key);
        assert_int_equal(lab_status(&lab, 0x47, 4, source == 0 ? 4 : 0xffff), 0);
        assert_int_equal(lab_command(&lab, 0x47, 1, 2, (const uint8_t *)"ab", 2).status, 0);
        answer = lab_command(&lab, 0x47, 0xc2, 1, (const uint8_t *)"c", 1);
        assert_memory_equal(answer.bytes, digest, 32);
    }
    lab_close(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha),
        cmocka_unit_test(test_sha_targets),
        cmocka_unit_test(test_sha_public_and_hmac),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
