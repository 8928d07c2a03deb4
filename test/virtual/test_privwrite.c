/* SPDX-License-Identifier: Apache-2.0 */
/* PrivWrite, keys in TempKey, and the keys that a part comes with. */
#include "test/virtual/lab.h"
#include "virtual/chip/virtual_invasive.h"

#include <stdio.h>

enum { A = LAB_A, B = LAB_B, C = LAB_C };

static const char t0_hex[] = "BEE176F91B7F8D191759F8A596F2065D6805A5CF831563B7D512574EC54A3169";

/* ---- PrivWrite ---- */

static void test_privwrite_plain(void **state)
{
    static const char *const no_keys[] = {
        "000000000000000000000000000000000000000000000000000000000000000000000000",
        "00000000FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551",
        "010000000000000000000000000000000000000000000000000000000000000000000001",
    };
    const struct lab_key_pair pair = lab_make_key("imported");
    uint8_t data[68] = {0};
    uint8_t point[64];
    struct lab lab;

    (void)state;
    memcpy(data + 4, pair.scalar, 32);
    lab_open(&lab, LAB_A);
    assert_int_equal(lab_command(&lab, 0x46, 0x00, 0, data, 36).status, 0x0f);
    lab_close(&lab);
    lab_open(&lab, LAB_C);
    assert_int_equal(lab_command(&lab, 0x46, 0x00, 2, data, 36).status, 0x0f);
    lab_close(&lab);
    lab_open(&lab, LAB_B);
    for (unsigned slot = 0; slot < 16; slot++) /* 36 or 68 bytes, private slots only */
        assert_int_equal(lab_command(&lab, 0x46, 0x00, (uint16_t)slot, data, slot % 2 ? 36 : 68).status,
                         (lab_config[96 + 2 * slot] & 1) != 0 ? 0 : 0x0f);
    virtual_set_public_rule(lab.chip, VIRTUAL_PUBLIC_ONCE_LOCKED); /* slot 1 hides its public key */
    lab_public_key(&lab, 1, point);
    assert_memory_equal(point, pair.point, 64);
    lab_sign_and_check(&lab, 1, 0x80, pair.point);
    for (size_t i = 0; i < sizeof no_keys / sizeof no_keys[0]; i++) {
        lab_hex(no_keys[i], data, 36);
        assert_int_equal(lab_command(&lab, 0x46, 0x00, 0, data, 36).status, 0x0f);
    }
    lab_close(&lab);
}

/* The worked vector: T0, GenDig on slot 4, PrivWrite 40 to slot 2. */
static void test_privwrite_encrypted(void **state)
{
    static const struct {
        const char *name;
        int state;
        bool random;
        bool gendig;
        bool wrong_mac;
        uint16_t slot;
        int status;
    } cases[] = {
        {"C", C, true, true, false, 2, 0},
        {"C, wrong MAC", C, true, true, true, 2, 0x0f},
        {"C, no TempKey", C, false, false, false, 2, 0x0f},
        {"C, host's nonce", C, false, true, false, 2, 0x0f},
        {"C, no GenDig", C, true, false, false, 2, 0x0f},
        {"C, slot without PrivWrite", C, true, true, false, 0, 0x0f},
        {"B", B, true, true, false, 2, 0},
        {"B, host's nonce", B, false, true, false, 2, 0},
    };
    uint8_t data[68];
    uint8_t t0[32];

    (void)state;
    lab_hex(t0_hex, t0, 32);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lab lab;

        lab_hex("2D5D23A49863913666DAB05F28162D43847AED742113D3282D051602CCA7E238FCB05188"
                "E2E315D16814AE1F61DABCD7D2751C859B05611C2ECC3A36B4E169868941F2A0",
                data, 68);
        data[67] ^= cases[i].wrong_mac;
        lab_open(&lab, (enum lab_state)cases[i].state);
        if (cases[i].random)
            lab_nonce_random(&lab);
        else if (cases[i].gendig)
            lab_nonce_fixed(&lab, t0);
        if (cases[i].gendig)
            lab_gendig(&lab, 4);
        if (lab_command(&lab, 0x46, 0x40, cases[i].slot, data, 68).status != cases[i].status)
            fail_msg("%s", cases[i].name);
        assert_int_equal(lab_command(&lab, 0x30, 1, 2, NULL, 0).bytes[0], cases[i].status == 0);
        assert_int_equal(lab_state_of(&lab) & 0x80, 0); /* TempKey is spent, also by a refusal */
        lab_close(&lab);
    }
}

/* ---- the rest ---- */

static void test_key_in_tempkey(void **state)
{
    struct answer first;
    struct answer second;
    struct lab lab;

    (void)state;
    lab_open(&lab, LAB_C);
    first = lab_command(&lab, 0x40, 0x04, 0xffff, NULL, 0);
    assert_int_equal(first.len, 64);
    assert_int_equal(lab_status(&lab, 0x41, 0x80, 0), 0x0f); /* a private key is no message */
    second = lab_command(&lab, 0x40, 0x04, 0xffff, NULL, 0);
    assert_memory_not_equal(first.bytes, second.bytes, 64);
    lab_close(&lab);
}

/* ReqRandom on a signing key, as Trust&GO has it, does not stop external signatures. */
static void test_trust_and_go_signs(void **state)
{
    const struct virtual_making making = {.part = VIRTUAL_TRUST_AND_GO, .has_seed = true, .seed = 5};
    uint8_t point[64];
    struct lab lab;

    (void)state;
    lab_open_part(&lab, &making);
    for (unsigned slot = 0; slot < 5; slot++) {
        lab_public_key(&lab, slot, point);
        if (slot != 1)
            lab_sign_and_check(&lab, slot, 0xa0, point);
        lab_nonce_fixed(&lab, lab_key); /* but its digest modes want a random nonce */
        assert_int_equal(lab_status(&lab, 0x40, 0x08, (uint16_t)slot), 0x0f);
        lab_nonce_random(&lab);
        assert_int_equal(lab_command(&lab, 0x40, 0x08, (uint16_t)slot, NULL, 0).len, 64);
    }
    lab_nonce_message(&lab, lab_key);
    assert_int_equal(lab_status(&lab, 0x41, 0xa0, 1), 0x0f); /* the attestation key signs no external digest */
    lab_nonce_random(&lab);
    assert_int_equal(lab_command(&lab, 0x40, 0x08, 0, NULL, 0).len, 64);
    assert_int_equal(lab_command(&lab, 0x41, 0x00, 1, NULL, 0).len, 64);
    lab_close(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_privwrite_plain),
        cmocka_unit_test(test_privwrite_encrypted),
        cmocka_unit_test(test_key_in_tempkey),
        cmocka_unit_test(test_trust_and_go_signs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
