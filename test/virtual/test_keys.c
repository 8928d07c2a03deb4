/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of the virtual chip: Random, Nonce, GenDig, GenKey, PrivWrite, Sign, Verify, SHA and Info; the published worked
 * digests, what each command accepts and refuses, and what it does to TempKey. libcrypto judges signatures and digests.
 */
#include "test/virtual/lab.h"
#include "virtual/chip/virtual_invasive.h"

#include <stdio.h>

enum { A = LAB_A, B = LAB_B, C = LAB_C };

static const char t0_hex[] = "BEE176F91B7F8D191759F8A596F2065D6805A5CF831563B7D512574EC54A3169";
static const char g4_hex[] = "2D5D23A45CA657F1AE137A94E4DBE38C54AB3FA7F5C605FFF5DCCCD9107A3CE7";

/* ---- what is refused before anything is tried ---- */

struct row {
    const char *name;
    int state;
    bool tempkey; /* a nonce of the host's is in TempKey */
    uint8_t opcode;
    uint8_t param1;
    uint16_t param2;
    size_t data_len;
    int status;
};

static const struct row rows[] = {
    {"Info mode 3 (GPIO) on an I2C part", A, false, 0x30, 3, 0, 0, 3},
    {"Info mode 5", A, false, 0x30, 5, 0, 0, 3},
    {"Info(Revision), Param2", A, false, 0x30, 0, 1, 0, 3},
    {"Info(KeyValid) of slot 16", A, false, 0x30, 1, 16, 0, 3},
    {"Info latch, Param2 1", A, false, 0x30, 4, 1, 0, 3},
    {"set the latch, not authorised", C, false, 0x30, 4, 3, 0, 0x0f},
    {"Random mode 1", C, false, 0x1b, 1, 0, 0, 0},
    {"Random mode 2", C, false, 0x1b, 2, 0, 0, 3},
    {"Random, Param2", C, false, 0x1b, 0, 1, 0, 3},
    {"Nonce mode 2", C, false, 0x16, 2, 0, 20, 3},
    {"Nonce mode 1", C, false, 0x16, 1, 0, 20, 0},
    {"random Nonce with 32 bytes", C, false, 0x16, 0, 0, 32, 3},
    {"Nonce of TempKey without one", C, false, 0x16, 0, 0x8000, 20, 0x0f},
    {"Nonce of TempKey", C, true, 0x16, 0, 0x8000, 20, 0},
    {"Nonce, Param2 1", C, false, 0x16, 0, 1, 20, 3},
    {"fixed Nonce with 20 bytes", C, false, 0x16, 3, 0, 20, 3},
    {"fixed Nonce of 64", C, false, 0x16, 0x23, 0, 64, 0},
    {"fixed Nonce of 64 with 32", C, false, 0x16, 0x23, 0, 32, 3},
    {"Nonce to the alternate key", C, false, 0x16, 0x83, 0, 32, 0},
    {"Nonce mode C3", C, false, 0x16, 0xc3, 0, 32, 3},
    {"GenDig, A", A, true, 0x15, 2, 4, 0, 0x0f},
    {"GenDig without TempKey", C, false, 0x15, 2, 4, 0, 0x0f},
    {"GenDig, B", B, true, 0x15, 2, 4, 0, 0},
    {"GenDig config", C, true, 0x15, 0, 3, 0, 0},
    {"GenDig config, block 4", C, true, 0x15, 0, 4, 0, 3},
    {"GenDig OTP", C, true, 0x15, 1, 1, 0, 0},
    {"GenDig OTP, block 2", C, true, 0x15, 1, 2, 0, 3},
    {"GenDig slot 16", C, true, 0x15, 2, 16, 0, 3},
    {"GenDig transport key", C, true, 0x15, 2, 0x8000, 0, 0x0f},
    {"GenDig private slot", C, true, 0x15, 2, 0, 0, 0x0f},
    {"GenDig NoMac slot without other data", C, true, 0x15, 2, 6, 0, 0x0f},
    {"GenDig NoMac slot with other data", C, true, 0x15, 2, 6, 4, 0},
    {"GenDig ReqRandom slot, host's nonce", C, true, 0x15, 2, 12, 0, 0x0f},
    {"GenDig shared nonce without data", C, true, 0x15, 3, 0, 0, 3},
    {"GenDig shared nonce", C, true, 0x15, 3, 0, 32, 0},
    {"GenDig counter 2", C, true, 0x15, 4, 2, 0, 3},
    {"GenDig zone 6", C, true, 0x15, 6, 0, 0, 3},
    {"GenKey, A", A, false, 0x40, 4, 0, 0, 0x0f},
    {"GenKey, B", B, false, 0x40, 4, 0, 0, 0},
    {"GenKey, B, without its bit", B, false, 0x40, 4, 1, 0, 0},
    {"GenKey, C", C, false, 0x40, 4, 0, 3, 0},
    {"GenKey, C, without its bit", C, false, 0x40, 4, 1, 0, 0x0f},
    {"GenKey in a data slot", B, false, 0x40, 4, 4, 0, 0x0f},
    {"GenKey in a public key slot", B, false, 0x40, 4, 11, 0, 0x0f},
    {"GenKey, not authorised", C, false, 0x40, 4, 7, 0, 0x0f},
    {"GenKey slot 16", C, false, 0x40, 4, 16, 0, 3},
    {"GenKey mode 2", C, false, 0x40, 2, 0, 0, 3},
    {"public key of TempKey, no key there", C, false, 0x40, 0, 0xffff, 0, 0x0f},
    {"public key of TempKey, a value there", C, true, 0x40, 0, 0xffff, 0, 0x0f},
    {"public key of TempKey, A", A, false, 0x40, 0, 0xffff, 0, 0x0f},
    {"GenKey in TempKey, A", A, false, 0x40, 4, 0xffff, 0, 0x0f},
    {"GenKey in TempKey", C, false, 0x40, 4, 0xffff, 0, 0},
    {"public key, B", B, false, 0x40, 0, 0, 0, 0},
    {"public key, B, PubInfo 0", B, false, 0x40, 0, 1, 0, 0x0f},
    {"public key, C", C, false, 0x40, 0, 0, 0, 0},
    {"public key, C, PubInfo 0", C, false, 0x40, 0, 1, 0, 0x0f},
    {"public key of an empty slot", B, false, 0x40, 0, 2, 0, 0x0f},
    {"public key with digest, no TempKey", C, false, 0x40, 0x08, 0, 0, 0x0f},
    {"public key with digest", C, true, 0x40, 0x08, 0, 0, 0},
    {"public key with digest and other data", C, true, 0x40, 0x08, 0, 3, 3},
    {"digest of a stored key", C, true, 0x40, 0x10, 13, 3, 0},
    {"digest of a stored key, no other data", C, true, 0x40, 0x10, 13, 0, 3},
    {"digest of a stored key in slot 7", C, true, 0x40, 0x10, 7, 3, 3},
    {"digest of a stored key in a data slot", C, true, 0x40, 0x10, 9, 3, 0x0f},
    {"PrivWrite, mode 80", B, false, 0x46, 0x80, 0, 36, 3},
    {"PrivWrite, encrypted and short", B, false, 0x46, 0x40, 0, 36, 3},
    {"PrivWrite, slot 16", B, false, 0x46, 0, 16, 36, 3},
    {"PrivWrite of no key", B, false, 0x46, 0, 0, 36, 0x0f},
    {"Sign without TempKey", C, false, 0x41, 0x80, 0, 0, 0x0f},
    {"Sign", C, true, 0x41, 0x80, 0, 0, 0},
    {"Sign with mode C0", C, true, 0x41, 0xc0, 0, 0, 0},
    {"Sign, A", A, true, 0x41, 0x80, 0, 0, 0x0f},
    {"Sign, B", B, true, 0x41, 0x80, 0, 0, 0},
    {"Sign from an empty buffer", C, true, 0x41, 0xa0, 0, 0, 0x0f},
    {"Sign with an empty slot", C, true, 0x41, 0x80, 2, 0, 0x0f},
    {"Sign with a data slot", C, true, 0x41, 0x80, 4, 0, 0x0f},
    {"Sign with a public key slot", C, true, 0x41, 0x80, 13, 0, 0x0f},
    {"Sign, not authorised", C, true, 0x41, 0x80, 7, 0, 0x0f},
    {"Sign internal of a mere nonce", C, true, 0x41, 0x00, 0, 0, 0x0f},
    {"Sign slot 16", C, true, 0x41, 0x80, 16, 0, 3},
    {"Sign mode 90", C, true, 0x41, 0x90, 0, 0, 3},
    {"Sign internal from the buffer", C, true, 0x41, 0x20, 0, 0, 3},
    {"Verify external, A, no point", A, true, 0x45, 2, 4, 128, 0x0f},
    {"Verify stored, A", A, true, 0x45, 0, 13, 64, 0x0f},
    {"Verify external with MAC, A", A, true, 0x45, 0x82, 4, 128, 0x0f},
    {"Verify external, curve 5", C, true, 0x45, 2, 5, 128, 3},
    {"Verify external, no TempKey", C, false, 0x45, 2, 4, 128, 0x0f},
    {"Verify external, no point", C, true, 0x45, 2, 4, 128, 0x0f},
    {"Verify external with 64 bytes", C, true, 0x45, 2, 4, 64, 3},
    {"Verify stored, wrong signature", C, true, 0x45, 0, 13, 64, 1},
    {"Verify stored in slot 7", C, true, 0x45, 0, 7, 64, 3},
    {"Verify stored in slot 16", C, true, 0x45, 0, 16, 64, 3},
    {"Verify stored in a data slot", C, true, 0x45, 0, 9, 64, 0x0f},
    {"Verify stored, not validated", C, true, 0x45, 0, 14, 64, 0x0f},
    {"Verify stored, latch clear", C, true, 0x45, 0, 15, 64, 0x0f},
    {"Verify with MAC, no system nonce", C, true, 0x45, 0x80, 13, 64, 0x0f},
    {"Verify validate with MAC", C, true, 0x45, 0x83, 14, 83, 3},
    {"Verify validate without digest", C, true, 0x45, 0x03, 14, 83, 0x0f},
    {"Verify by X.509", C, true, 0x45, 1, 14, 128, 0x0f},
    {"Verify mode 4", C, true, 0x45, 4, 13, 64, 3},
    {"SHA update without start", A, false, 0x47, 1, 5, 5, 0x0f},
    {"SHA end without start", A, false, 0x47, 2, 0, 0, 0x0f},
    {"SHA update, other length", A, false, 0x47, 1, 6, 5, 3},
    {"SHA end of 64 bytes", A, false, 0x47, 2, 64, 64, 3},
    {"SHA end, target 80", A, false, 0x47, 0x82, 0, 0, 3},
    {"SHA start, target 40", A, false, 0x47, 0x40, 0, 0, 3},
    {"SHA start, Param2", A, false, 0x47, 0, 1, 0, 3},
    {"SHA public without start", C, false, 0x47, 3, 13, 0, 0x0f},
    {"SHA mode 5 on a 608", A, false, 0x47, 5, 0, 0, 3},
    {"HMAC start", C, false, 0x47, 4, 4, 0, 0},
    {"HMAC start, A", A, false, 0x47, 4, 4, 0, 0x0f},
    {"HMAC start, NoMac", C, false, 0x47, 4, 6, 0, 0x0f},
    {"HMAC start, ReqRandom", C, false, 0x47, 4, 12, 0, 0x0f},
    {"HMAC start, private", C, false, 0x47, 4, 0, 0, 0x0f},
    {"HMAC start, slot 16", C, false, 0x47, 4, 16, 0, 3},
    {"HMAC start, no TempKey", C, false, 0x47, 4, 0xffff, 0, 0x0f},
    {"HMAC start, TempKey", C, true, 0x47, 4, 0xffff, 0, 0},
};

static void test_refusals(void **state)
{
    uint8_t data[128];

    (void)state;
    memset(data, 0, sizeof data);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int status = NO_ANSWER;
        uint8_t before[32];
        uint8_t after[32];
        struct lab lab;

        lab_open(&lab, (enum lab_state)rows[i].state);
        if (rows[i].tempkey)
            lab_nonce_fixed(&lab, lab_key);
        virtual_digest(lab.chip, before);
        status = lab_command(&lab, rows[i].opcode, rows[i].param1, rows[i].param2, data, rows[i].data_len).status;
        if (status != rows[i].status)
            fail_msg("%s: %02x", rows[i].name, (unsigned)status);
        virtual_digest(lab.chip, after);
        if (status != 0 && memcmp(before, after, 32) != 0)
            fail_msg("%s: refused, but memory changed", rows[i].name);
        lab_close(&lab);
    }
}

/* An ATECC508A has none of what came with the 608. */
static void test_508a_lacks(void **state)
{
    static const struct {
        uint8_t opcode;
        uint8_t param1;
        uint16_t param2;
        size_t data_len;
    } missing[] = {
        {0x16, 0x23, 0, 64},   {0x16, 0x43, 0, 32}, {0x16, 0x83, 0, 32},  {0x16, 0x00, 0x8000, 20},
        {0x15, 4, 0, 0},       {0x15, 5, 0, 0},     {0x40, 4, 0xffff, 0}, {0x40, 0, 0xffff, 0},
        {0x43, 0, 0xffff, 64}, {0x41, 0xa0, 0, 0},  {0x45, 0x22, 4, 128}, {0x45, 0x82, 4, 128},
        {0x47, 0x42, 0, 0},    {0x47, 1, 5, 5},     {0x47, 4, 0xffff, 0}, {0x30, 4, 0, 0},
    };
    uint8_t config[128];
    const uint8_t data[128] = {0};
    const struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG, .config = config};
    struct lab lab;

    (void)state;
    lab_read_dump("508a-mbed-readme-device", config);
    lab_open_part(&lab, &making);
    for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++)
        assert_int_equal(
            lab_command(&lab, missing[i].opcode, missing[i].param1, missing[i].param2, data, missing[i].data_len)
                .status,
            3);
    assert_int_equal(lab_state_of(&lab) & 1, 1); /* the stored seed of its generator */
    lab_close(&lab);
}

/* ---- worked digests ---- */

/* TempKey T0, one command, and the TempKey that must come of it. */
static void test_worked_digests(void **state)
{
    static const struct {
        const char *name;
        uint8_t opcode;
        uint8_t param1;
        uint16_t param2;
        const char *data;
        size_t data_len;
        const char *expected;
        unsigned flags; /* Info(State) afterwards */
    } vectors[] = {
        {"T0", 0, 0, 0, "", 0, t0_hex, 0x0080},
        {"GenDig slot 4", 0x15, 2, 4, "", 0, g4_hex, 0x2480},
        {"GenDig slot 4, other data ignored", 0x15, 2, 4, "15020400", 4, g4_hex, 0x2480},
        {"GenDig shared nonce", 0x15, 3, 0, "808182838485868788898A8B8C8D8E8F909192939495969798999A9B9C9D9E9F", 32,
         "B62E620B1FFFC49B31FB40282A15164E9A0630417A30DB4861B0DF0D44466D75", 0x0080},
        {"GenDig shared nonce, 8000", 0x15, 3, 0x8000,
         "808182838485868788898A8B8C8D8E8F909192939495969798999A9B9C9D9E9F", 32,
         "CC2FDFBBE6F2505CD8DFBD8FAD0EC7360F63080F6F5C0D0B78BF080D857E97B4", 0x0080},
        {"GenDig counter 1 = 12345", 0x15, 4, 1, "", 0,
         "A32644831EDC0DD46B1381784116150071A67A21EF3C2616F9DD67B4FF7B77B9", 0x0080},
        {"GenDig policy of slot 4", 0x15, 5, 4, "", 0,
         "ADC81939E013FFD13BD6A520D277183012FB4256E15372C927DE4030B38AD6EF", 0x0080},
        {"GenKey 10", 0x40, 0x10, 11, "303132", 3, "855F025AD0913FBA6313613EE08AAF5315A4C9546E5B5491C751A05840B9AF33",
         0x4b80},
    };

    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        const struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG, .config = lab_config};
        uint8_t counter[4] = {0x07, 0xff, 0xff, 0xff}; /* 0x12345 = 2330 * 32 + 5: 07FF FFFF 091A 0919 */
        const uint8_t counter_low[4] = {0x09, 0x1a, 0x09, 0x19};
        uint8_t public_key[64];
        uint8_t expected[32];
        uint8_t data[32];
        struct lab lab;

        lab_hex(vectors[i].data, data, vectors[i].data_len);
        counter[2] = 0x00;
        counter[3] = 0x00; /* (0x12345 - 16) mod 32 is 21: all of linear B is gone */
        lab_open_part(&lab, &making);
        assert_int_equal(lab_command(&lab, 0x12, 0x00, 15, counter, 4).status, 0);
        assert_int_equal(lab_command(&lab, 0x12, 0x00, 16, counter_low, 4).status, 0);
        assert_int_equal(lab_status(&lab, 0x17, 0x80, 0), 0);
        assert_int_equal(lab_command(&lab, 0x12, 0x82, 0x20, lab_key, 32).status, 0);
        for (unsigned at = 0; at < 64; at++)
            public_key[at] = (uint8_t)at;
        lab_write_public_key(&lab, 11, public_key);
        lab_nonce_random(&lab);
        if (vectors[i].opcode != 0 &&
            lab_command(&lab, vectors[i].opcode, vectors[i].param1, vectors[i].param2, data, vectors[i].data_len)
                    .status != 0)
            fail_msg("%s: refused", vectors[i].name);
        if (lab_state_of(&lab) != vectors[i].flags)
            fail_msg("%s: flags %04x", vectors[i].name, lab_state_of(&lab));
        lab_hex(vectors[i].expected, expected, 32);
        lab_assert_tempkey(&lab, expected);
        lab_close(&lab);
    }
}

/* Shared nonces are older than the 608: an ATECC508A has them. A MAC under slot 8, never written, shows TempKey. */
static void test_gendig_shared_508a(void **state)
{
    uint8_t config[128];
    const struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG, .config = config};

    (void)state;
    lab_read_dump("508a-mbed-readme-device", config);
    for (unsigned swapped = 0; swapped < 2; swapped++) {
        uint8_t message[96] = {0};
        uint8_t mac[88] = {0};
        uint8_t other[32];
        uint8_t digest[32];
        struct answer answer;
        struct lab lab;

        memset(other, 0x5a, sizeof other);
        lab_open_part(&lab, &making);
        lab_nonce_fixed(&lab, lab_key);
        assert_int_equal(lab_command(&lab, 0x15, 3, (uint16_t)(swapped << 15 | 4), other, 32).status, 0);
        memcpy(message, swapped != 0 ? lab_key : other, 32);
        memcpy(message + 32, (const uint8_t[7]){0x15, 3, 4, 0, 0xee, 0x01, 0x23}, 7);
        memcpy(message + 64, swapped != 0 ? other : lab_key, 32);
        memset(mac, 0xff, 32);
        lab_sha256(message, sizeof message, mac + 32);
        memcpy(mac + 64, (const uint8_t[4]){0x08, 0x05, 8, 0}, 4);
        memcpy(mac + 79, (const uint8_t[7]){0xee, 0, 0, 0, 0, 0x01, 0x23}, 7);
        lab_sha256(mac, sizeof mac, digest);
        answer = lab_command(&lab, 0x08, 0x05, 8, NULL, 0);
        assert_int_equal(answer.len, 32);
        assert_memory_equal(answer.bytes, digest, 32);
        lab_close(&lab);
    }
}

/* GenDig over config and OTP: the message rebuilt here. */
static void test_gendig_zones(void **state)
{
    (void)state;
    for (unsigned zone = 0; zone < 2; zone++) {
        uint8_t message[96] = {0};
        uint8_t digest[32];
        struct answer read;
        struct lab lab;

        lab_open(&lab, LAB_C);
        read = lab_command(&lab, 0x02, (uint8_t)(0x80 | zone), 0x08, NULL, 0);
        memcpy(message, read.bytes, 32);
        memcpy(message + 32, (const uint8_t[7]){0x15, (uint8_t)zone, 1, 0, 0xee, 0x01, 0x23}, 7);
        lab_hex(t0_hex, message + 64, 32);
        lab_sha256(message, 96, digest);
        lab_nonce_random(&lab);
        assert_int_equal(lab_status(&lab, 0x15, (uint8_t)zone, 1), 0);
        lab_assert_tempkey(&lab, digest);
        lab_close(&lab);
    }
}

static void test_nonce_random(void **state)
{
    uint8_t message[55] = {0};
    uint8_t digest[32];
    struct answer first;
    struct answer second;
    struct lab lab;

    (void)state;
    lab_open(&lab, LAB_C);
    first = lab_command(&lab, 0x16, 0x01, 0, message + 32, 20);
    assert_int_equal(lab_state_of(&lab), 0x0080);
    memcpy(message, first.bytes, 32);
    message[52] = 0x16;
    message[53] = 0x01;
    lab_sha256(message, 55, digest);
    lab_assert_tempkey(&lab, digest);
    second = lab_command(&lab, 0x1b, 0, 0, NULL, 0);
    assert_memory_not_equal(first.bytes, second.bytes, 32);
    lab_nonce_fixed(&lab, lab_key);
    assert_int_equal(lab_state_of(&lab), 0x1080);
    lab_close(&lab);
}

/* ---- keys and signatures ---- */

static void test_generate_and_sign(void **state)
{
    static const uint8_t modes[] = {0x80, 0xc0, 0xa0, 0xe0};
    uint8_t before[64];
    uint8_t after[64];
    struct answer created;
    struct lab lab;

    (void)state;
    lab_open(&lab, LAB_C);
    lab_public_key(&lab, 0, before);
    created = lab_command(&lab, 0x40, 0x04, 0, NULL, 0);
    assert_int_equal(created.len, 64);
    assert_memory_not_equal(created.bytes, before, 64);
    lab_public_key(&lab, 0, after);
    assert_memory_equal(created.bytes, after, 64);
    for (size_t i = 0; i < sizeof modes; i++)
        lab_sign_and_check(&lab, 0, modes[i], after);
    /* PubInfo 0: the public key comes out once, when the key is made. */
    assert_int_equal(lab_status(&lab, 0x30, 1, 0), 0);
    lab_reopen(&lab);
    lab_sign_and_check(&lab, 0, 0x80, after);
    lab_close(&lab);
}

/* What is made ready before the first command changes nothing that a host could see. */
static void test_prepared(void **state)
{
    uint8_t point[64];
    struct lab lab;

    (void)state;
    lab_open(&lab, LAB_C);
    lab_public_key(&lab, 0, point);
    const uint64_t now_ns = virtual_now_ns(lab.chip);
    virtual_prepare(lab.chip);
    assert_true(virtual_now_ns(lab.chip) == now_ns);
    lab_sign_and_check(&lab, 0, 0x80, point);
    lab_close(&lab);
}

/* Both readings of when PubInfo counts; once the data zone is locked there is but one. */
static void test_public_rule(void **state)
{
    struct lab lab;

    (void)state;
    for (int locked = 0; locked < 2; locked++) {
        lab_open(&lab, locked ? LAB_C : LAB_B);
        assert_int_equal(lab_status(&lab, 0x40, 0x00, 1), 0x0f);
        virtual_set_public_rule(lab.chip, VIRTUAL_PUBLIC_ONCE_LOCKED);
        assert_int_equal(lab_command(&lab, 0x40, 0x00, 1, NULL, 0).len, locked ? 1 : 64);
        virtual_set_public_rule(lab.chip, VIRTUAL_PUBLIC_ALWAYS);
        assert_int_equal(lab_status(&lab, 0x40, 0x00, 1), 0x0f);
        lab_close(&lab);
    }
}

/* Signing from the buffer leaves TempKey's value alone; loading the buffer marks its source as the host. */
static void test_buffer_and_tempkey(void **state)
{
    uint8_t t0[32];
    struct lab lab;

    (void)state;
    lab_hex(t0_hex, t0, 32);
    lab_open(&lab, LAB_C);
    lab_nonce_random(&lab);
    lab_nonce_message(&lab, lab_key);
    assert_int_equal(lab_state_of(&lab), 0x1080);
    assert_int_equal(lab_command(&lab, 0x41, 0xa0, 0, NULL, 0).len, 64);
    lab_assert_tempkey(&lab, t0);
    lab_close(&lab);
}

/* An internal signature over GenDig of slot 10 and over GenKey of slot 0; the 55-byte message rebuilt here. */
static void test_internal_signatures(void **state)
{
    (void)state;
    for (unsigned row = 0; row < 4; row++) {
        const bool genkey = (row & 1) != 0;
        const bool serial = (row & 2) != 0;
        const unsigned about = genkey ? 0 : 10;
        uint8_t message[128] = {0};
        uint8_t digest[32];
        uint8_t point[64];
        struct answer answer;
        struct lab lab;

        lab_open(&lab, LAB_C);
        lab_public_key(&lab, 0, point);
        lab_nonce_random(&lab);
        if (genkey) {
            lab_hex(t0_hex, message, 32);
            memcpy(message + 32, (const uint8_t[7]){0x40, 0x08, 0, 0, 0xee, 0x01, 0x23}, 7);
            memcpy(message + 64, point, 64);
            lab_sha256(message, 128, digest);
            assert_int_equal(lab_command(&lab, 0x40, 0x08, 0, NULL, 0).len, 64);
        } else {
            memcpy(message, lab_key, 32);
            memcpy(message + 32, (const uint8_t[7]){0x15, 0x02, 10, 0, 0xee, 0x01, 0x23}, 7);
            lab_hex(t0_hex, message + 64, 32);
            lab_sha256(message, 96, digest);
            lab_gendig(&lab, 10);
        }
        answer = lab_command(&lab, 0x41, serial ? 0x40 : 0x00, 0, NULL, 0);
        assert_int_equal(answer.len, 64);
        memset(message, 0, sizeof message);
        memcpy(message, digest, 32);
        message[32] = 0x41;
        message[33] = serial ? 0x40 : 0x00;
        memcpy(message + 36, lab_config + 20 + 2 * about, 2);
        memcpy(message + 38, lab_config + 96 + 2 * about, 2);
        message[40] = genkey ? 0x40 : 0x2a;
        message[43] = 0xee;
        memcpy(message + 48, (const uint8_t[2]){0x01, 0x23}, 2);
        if (serial) {
            memcpy(message + 44, lab_config + 8, 4);
            memcpy(message + 50, lab_config + 2, 2);
        }
        message[52] = 1;
        lab_sha256(message, 55, digest);
        assert_true(lab_verify(point, digest, answer.bytes));
        lab_close(&lab);
    }
}

static void test_limited_use(void **state)
{
    struct lab lab;

    (void)state;
    lab_open(&lab, LAB_C);
    assert_int_equal(lab_counter0(&lab), 62);
    assert_int_equal(lab_command(&lab, 0x40, 0x04, 3, NULL, 0).len, 64); /* making a key costs nothing */
    assert_int_equal(lab_counter0(&lab), 62);
    for (unsigned use = 0; use < 2; use++) {
        lab_nonce_fixed(&lab, lab_key);
        assert_int_equal(lab_command(&lab, 0x41, 0x80, 3, NULL, 0).len, 64);
    }
    assert_int_equal(lab_counter0(&lab), 64);
    lab_nonce_fixed(&lab, lab_key);
    assert_int_equal(lab_status(&lab, 0x41, 0x80, 3), 0x0f);
    assert_int_equal(lab_counter0(&lab), 64);
    lab_close(&lab);
}

static void test_authorisation(void **state)
{
    struct lab lab;

    (void)state;
    lab_open(&lab, LAB_C);
    lab_authorise(&lab);
    assert_int_equal(lab_state_of(&lab), 0x006c);
    lab_nonce_fixed(&lab, lab_key);
    assert_int_equal(lab_command(&lab, 0x41, 0x80, 7, NULL, 0).len, 64);
    lab_nonce_fixed(&lab, lab_key); /* one authorisation, one use */
    assert_int_equal(lab_status(&lab, 0x41, 0x80, 7), 0x0f);
    lab_authorise(&lab);
    assert_int_equal(lab_command(&lab, 0x40, 0x04, 7, NULL, 0).len, 64);
    assert_int_equal(lab_status(&lab, 0x40, 0x00, 7), 0x0f);
    lab_authorise(&lab);
    lab_wake(&lab);
    lab_sleep(&lab);
    assert_int_equal(lab_status(&lab, 0x40, 0x00, 7), 0x0f);
    lab_authorise(&lab); /* a failed verification takes it back */
    lab_nonce_fixed(&lab, lab_key);
    assert_int_equal(lab_command(&lab, 0x45, 0x00, 13, lab_config, 64).status, 1);
    assert_int_equal(lab_status(&lab, 0x40, 0x00, 7), 0x0f);
    lab_close(&lab);
}

static void test_latch(void **state)
{
    const struct lab_key_pair parent = lab_make_key("parent");
    uint8_t signature[64];
    struct lab lab;

    (void)state;
    lab_sign(&parent, lab_key, signature);
    lab_open(&lab, LAB_C);
    lab_authorise(&lab);
    assert_int_equal(lab_command(&lab, 0x30, 4, 3, NULL, 0).bytes[0], 1);
    lab_wake(&lab);
    lab_sleep(&lab);
    assert_int_equal(lab_command(&lab, 0x30, 4, 0, NULL, 0).bytes[0], 1); /* through sleep */
    lab_nonce_fixed(&lab, lab_key);
    assert_int_equal(lab_command(&lab, 0x45, 0x00, 15, signature, 64).status, 0);
    assert_int_equal(lab_command(&lab, 0x30, 4, 2, NULL, 0).bytes[0], 0);
    lab_authorise(&lab);
    assert_int_equal(lab_command(&lab, 0x30, 4, 3, NULL, 0).bytes[0], 1);
    virtual_power_cycle(lab.chip);
    assert_int_equal(lab_command(&lab, 0x30, 4, 0, NULL, 0).bytes[0], 0);
    lab_close(&lab);
}

static void test_key_valid(void **state)
{
    static const uint8_t valid[16] = {1, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1};
    struct lab lab;

    (void)state;
    lab_open(&lab, LAB_C);
    for (unsigned slot = 0; slot < 16; slot++) {
        const struct answer answer = lab_command(&lab, 0x30, 1, (uint16_t)slot, NULL, 0);

        assert_int_equal(answer.len, 4);
        assert_int_equal(answer.bytes[0], valid[slot]);
    }
    lab_close(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_508a_lacks),
        cmocka_unit_test(test_worked_digests),
        cmocka_unit_test(test_gendig_shared_508a),
        cmocka_unit_test(test_gendig_zones),
        cmocka_unit_test(test_nonce_random),
        cmocka_unit_test(test_generate_and_sign),
        cmocka_unit_test(test_prepared),
        cmocka_unit_test(test_public_rule),
        cmocka_unit_test(test_buffer_and_tempkey),
        cmocka_unit_test(test_internal_signatures),
        cmocka_unit_test(test_limited_use),
        cmocka_unit_test(test_authorisation),
        cmocka_unit_test(test_latch),
        cmocka_unit_test(test_key_valid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
