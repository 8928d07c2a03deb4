/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MAC, CheckMac, HMAC, DeriveKey, AES and SHA contexts: worked vectors, then what each refuses.
 */
#include "test/virtual/cabinet.h"
#include "virtual/chip/model.h"
#include "virtual/chip/virtual_invasive.h"

#define T0 "BEE176F91B7F8D191759F8A596F2065D6805A5CF831563B7D512574EC54A3169"
#define PARSE 0x03
#define EXECUTION 0x0f

static void count_up(uint8_t *bytes, size_t len, uint8_t first)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(first + i);
}

static void assert_hex(const uint8_t *bytes, const char *hex, size_t len)
{
    uint8_t expected[128];

    lab_hex(hex, expected, len);
    assert_memory_equal(bytes, expected, len);
}

static bool tempkey_is_valid(struct lab *lab)
{
    return (lab_command(lab, 0x30, 2, 0, NULL, 0).bytes[1] & 0x80) != 0;
}

/* The ATECC508A of the same kind: revision 5000, no AES, OTP read-only. */
static void make_508(uint8_t config[128])
{
    memcpy(config, cabinet_config, 128);
    config[6] = 0x50;
    config[7] = 0x00;
    config[18] = 0xaa;
    config[85] = 0x00;
}

/* ---- MAC ---- */

static void test_mac_vectors(void **state)
{
    uint8_t challenge[32];
    struct answer answer;
    struct lab lab;

    (void)state;
    count_up(challenge, 32, 0x80);
    cabinet_open(&lab, cabinet_config);
    lab_nonce_random(&lab);
    answer = lab_command(&lab, 0x08, 0x41, 4, NULL, 0);
    assert_int_equal(answer.len, 32);
    assert_hex(answer.bytes, "00A437B9AC49507D8D716DB80B221F4594BED59DA02AE575CBB417596C63C86A", 32);
    assert_false(tempkey_is_valid(&lab));
    lab_nonce_random(&lab);
    answer = lab_command(&lab, 0x08, 0x00, 4, challenge, 32);
    assert_hex(answer.bytes, "CCFEA638B1D90175E3DDAB0EBBB4145E6E1A7C6BF4E1C7F3EC6EE06B4A3298CB", 32);
    assert_true(tempkey_is_valid(&lab)); /* not used, not spent */
    lab_close(&lab);
}

/* TempKey in the first block, in the second, in both: the message written out. */
static void test_mac_modes(void **state)
{
    static const uint8_t modes[] = {0x00, 0x40, 0x01, 0x05, 0x41, 0x45, 0x02, 0x06, 0x42, 0x46, 0x03, 0x07, 0x47};
    uint8_t challenge[32];
    struct lab lab;

    (void)state;
    count_up(challenge, 32, 0x80);
    cabinet_open(&lab, cabinet_config);
    for (size_t i = 0; i < sizeof modes; i++) {
        const uint8_t mode = modes[i];
        uint8_t message[88] = {0};
        uint8_t tempkey[32];
        uint8_t expected[32];
        struct answer answer;

        if ((mode & 4) != 0) {
            count_up(tempkey, 32, 7);
            lab_nonce_fixed(&lab, tempkey);
        } else {
            lab_hex(T0, tempkey, 32);
            lab_nonce_random(&lab);
        }
        memcpy(message, (mode & 2) != 0 ? tempkey : lab_key, 32);
        memcpy(message + 32, (mode & 1) != 0 ? tempkey : challenge, 32);
        message[64] = 0x08;
        message[65] = mode;
        message[66] = 4;
        message[79] = 0xee;
        message[84] = 0x01;
        message[85] = 0x23;
        if ((mode & 0x40) != 0) {
            lab_hex("89ABCDEF", message + 80, 4);
            lab_hex("4567", message + 86, 2);
        }
        lab_sha256(message, sizeof message, expected);
        answer = lab_command(&lab, 0x08, mode, 4, (mode & 1) != 0 ? NULL : challenge, (mode & 1) != 0 ? 0 : 32);
        assert_int_equal(answer.len, 32);
        assert_memory_equal(answer.bytes, expected, 32);
        assert_int_equal(tempkey_is_valid(&lab), (mode & 3) == 0);
    }
    lab_close(&lab);
}

static void test_mac_refusals(void **state)
{
    static const struct {
        const char *name;
        uint8_t mode;
        uint16_t slot;
        bool challenge;
        enum { NO_NONCE, RANDOM, FIXED, NO_MAC_DIG } nonce;
        int status;
    } rows[] = {
        {"source bit without TempKey", 0x04, 4, true, RANDOM, PARSE},
        {"OTP on an ATECC608", 0x20, 4, true, RANDOM, PARSE},
        {"mode bit 3", 0x08, 4, true, RANDOM, PARSE},
        {"challenge that is not wanted", 0x01, 4, true, RANDOM, PARSE},
        {"no challenge", 0x00, 4, false, RANDOM, PARSE},
        {"slot 16", 0x01, 16, false, RANDOM, PARSE},
        {"no TempKey", 0x01, 4, false, NO_NONCE, EXECUTION},
        {"TempKey of the host", 0x01, 4, false, FIXED, EXECUTION},
        {"TempKey of the generator", 0x05, 4, false, RANDOM, EXECUTION},
        {"NoMac slot", 0x01, 6, false, RANDOM, EXECUTION},
        {"TempKey from a NoMac slot", 0x01, 4, false, NO_MAC_DIG, EXECUTION},
        {"private key", 0x01, 0, false, RANDOM, EXECUTION},
        {"ReqRandom, TempKey of the host", 0x05, 14, false, FIXED, EXECUTION},
        {"ReqAuth, not authorised", 0x01, 7, false, RANDOM, EXECUTION},
        {"good", 0x01, 14, false, RANDOM, 0},
    };
    const uint8_t challenge[32] = {1};
    const uint8_t other[4] = {0};
    struct lab lab;

    (void)state;
    cabinet_open(&lab, cabinet_config);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int status = 0;

        lab_sleep(&lab);
        virtual_power_cycle(lab.chip);
        if (rows[i].nonce == FIXED)
            lab_nonce_fixed(&lab, lab_key);
        else if (rows[i].nonce != NO_NONCE)
            lab_nonce_random(&lab);
        if (rows[i].nonce == NO_MAC_DIG)
            assert_int_equal(lab_command(&lab, 0x15, 2, 6, other, 4).status, 0);
        status = lab_command(&lab, 0x08, rows[i].mode, rows[i].slot, challenge, rows[i].challenge ? 32 : 0).status;
        if (status != rows[i].status)
            fail_msg("%s: %02x", rows[i].name, (unsigned)status);
    }
    lab_close(&lab);
}

static void test_limited_use(void **state)
{
    const uint8_t challenge[32] = {1};
    struct lab lab;

    (void)state;
    cabinet_open(&lab, cabinet_config);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(lab_command(&lab, 0x08, 0, 13, challenge, 32).len, 32);
    assert_int_equal(lab_command(&lab, 0x24, 0, 0, NULL, 0).bytes[0], 3);
    lab_close(&lab);
}

/* ---- CheckMac ---- */

/* The command's 77 bytes with a right answer in them, TempKey being T0 or all zeros where not used. */
static void make_checkmac(uint8_t data[77], uint8_t mode, const uint8_t tempkey[32])
{
    uint8_t message[88] = {0};

    count_up(data, 32, 0x80);
    count_up(data + 64, 13, 0x30);
    memcpy(message, (mode & 2) != 0 ? tempkey : lab_key, 32);
    memcpy(message + 32, (mode & 1) != 0 ? tempkey : data, 32);
    memcpy(message + 64, data + 64, 4);
    memcpy(message + 76, data + 68, 3);
    message[79] = 0xee;
    memcpy(message + 80, data + 71, 4);
    message[84] = 0x01;
    message[85] = 0x23;
    memcpy(message + 86, data + 75, 2);
    lab_sha256(message, sizeof message, data + 32);
}

static void test_checkmac(void **state)
{
    uint8_t t0[32];
    uint8_t data[77];
    struct lab lab;

    (void)state;
    lab_hex(T0, t0, 32);
    cabinet_open(&lab, cabinet_config);
    make_checkmac(data, 0x01, t0);
    assert_hex(data + 32, "E75B780EF8A6E80F08B4E946D1E67C31915EE4A82208DE7D05DAA1B36D241CF2", 32);
    lab_nonce_random(&lab);
    assert_int_equal(lab_command(&lab, 0x28, 0x01, 4, data, 77).status, 0);
    assert_int_equal(lab_command(&lab, 0x30, 2, 0, NULL, 0).bytes[1], 4 << 3 | 4); /* key 4 authorised, no TempKey */
    lab_nonce_random(&lab);
    assert_int_equal(lab_command(&lab, 0x30, 2, 0, NULL, 0).bytes[1] & 4, 4); /* survives nonce and idle */
    data[40] ^= 1;
    assert_int_equal(lab_command(&lab, 0x28, 0x01, 4, data, 77).status, 1);
    assert_int_equal(lab_command(&lab, 0x30, 2, 0, NULL, 0).bytes[1], 0);
    make_checkmac(data, 0x00, t0);
    assert_int_equal(lab_command(&lab, 0x28, 0x00, 4, data, 77).status, 0);
    assert_int_equal(lab_command(&lab, 0x30, 2, 0, NULL, 0).bytes[1] & 4, 0); /* proves nothing fresh */
    make_checkmac(data, 0x02, t0);
    lab_nonce_random(&lab);
    assert_int_equal(lab_command(&lab, 0x28, 0x02, 0, data, 77).status, 0);
    lab_nonce_fixed(&lab, t0);
    make_checkmac(data, 0x05, t0);
    assert_int_equal(lab_command(&lab, 0x28, 0x05, 4, data, 77).status, 0);
    assert_int_equal(lab_command(&lab, 0x30, 2, 0, NULL, 0).bytes[1], 0);
    lab_nonce_fixed(&lab, t0);
    assert_int_equal(lab_command(&lab, 0x28, 0x01, 4, data, 77).status, EXECUTION);
    assert_int_equal(lab_command(&lab, 0x28, 0x03, 4, data, 77).status, PARSE);
    assert_int_equal(lab_command(&lab, 0x28, 0x20, 4, data, 77).status, PARSE);
    assert_int_equal(lab_command(&lab, 0x28, 0x00, 16, data, 77).status, PARSE);
    assert_int_equal(lab_command(&lab, 0x28, 0x00, 4, data, 76).status, PARSE);
    assert_int_equal(lab_command(&lab, 0x28, 0x00, 1, data, 77).status, EXECUTION);
    lab_close(&lab);
}

/* Slot 8 has ReadKey 0: after its check slot 9 is in TempKey, as a value of the host's. */
static void test_checkmac_copy(void **state)
{
    uint8_t t0[32];
    uint8_t data[77];
    uint8_t backwards[32];
    struct lab lab;

    (void)state;
    lab_hex(T0, t0, 32);
    for (unsigned i = 0; i < 32; i++)
        backwards[i] = lab_key[31 - i];
    cabinet_open(&lab, cabinet_config);
    make_checkmac(data, 0x01, t0);
    lab_nonce_random(&lab);
    assert_int_equal(lab_command(&lab, 0x28, 0x01, 8, data, 77).status, 0);
    assert_int_equal(lab_command(&lab, 0x30, 2, 0, NULL, 0).bytes[0], 0x10);
    lab_assert_tempkey(&lab, backwards);
    lab_close(&lab);
}

/* ReqAuth: one use for each authorisation. */
static void test_authorisation(void **state)
{
    uint8_t t0[32];
    uint8_t data[77];
    const uint8_t challenge[32] = {1};
    struct lab lab;

    (void)state;
    lab_hex(T0, t0, 32);
    make_checkmac(data, 0x01, t0);
    cabinet_open(&lab, cabinet_config);
    assert_int_equal(lab_command(&lab, 0x08, 0, 7, challenge, 32).status, EXECUTION);
    for (unsigned i = 0; i < 2; i++) {
        lab_nonce_random(&lab);
        assert_int_equal(lab_command(&lab, 0x28, 0x01, 4, data, 77).status, 0);
        assert_int_equal(lab_command(&lab, 0x08, 0, 7, challenge, 32).len, 32);
        assert_int_equal(lab_command(&lab, 0x08, 0, 7, challenge, 32).status, EXECUTION);
    }
    lab_nonce_random(&lab);
    assert_int_equal(lab_command(&lab, 0x28, 0x01, 4, data, 77).status, 0);
    assert_int_equal(lab_command(&lab, 0x30, 4, 3, NULL, 0).bytes[0], 1); /* the latch */
    lab_wake(&lab);
    lab_sleep(&lab);
    assert_int_equal(lab_command(&lab, 0x08, 0, 7, challenge, 32).status, EXECUTION);
    assert_int_equal(lab_command(&lab, 0x30, 4, 0, NULL, 0).bytes[0], 1);
    lab_close(&lab);
}

/* ---- ATECC508A: HMAC, Pause, OTP in MAC ---- */

static void test_hmac(void **state)
{
    uint8_t config[128];
    struct answer answer;
    struct lab lab;
    uint8_t num_in[20];
    uint8_t text[88] = {0};

    (void)state;
    count_up(num_in, 20, 0);
    make_508(config);
    cabinet_open(&lab, config);
    /* The formula, with TempKey from the answer. */
    answer = lab_command(&lab, 0x16, 0, 0, num_in, 20);
    memcpy(text, answer.bytes, 32);
    memcpy(text + 32, num_in, 20);
    text[52] = 0x16;
    {
        uint8_t inner[152];
        uint8_t outer[96];
        uint8_t tempkey[32];
        uint8_t expected[32];

        lab_sha256(text, 55, tempkey);
        memset(inner, 0x36, 64);
        memset(outer, 0x5c, 64);
        for (unsigned i = 0; i < 32; i++) {
            inner[i] ^= lab_key[i];
            outer[i] ^= lab_key[i];
        }
        memset(inner + 64, 0, 88);
        memcpy(inner + 96, tempkey, 32);
        inner[128] = 0x11;
        inner[129] = 0x40;
        inner[130] = 4;
        lab_hex("EE89ABCDEF01234567", inner + 143, 9);
        lab_sha256(inner, sizeof inner, outer + 64);
        lab_sha256(outer, sizeof outer, expected);
        answer = lab_command(&lab, 0x11, 0x40, 4, NULL, 0);
        assert_int_equal(answer.len, 32);
        assert_memory_equal(answer.bytes, expected, 32);
    }
    assert_int_equal(lab_status(&lab, 0x11, 0x40, 4), EXECUTION); /* TempKey is spent */
    lab_nonce_fixed(&lab, lab_key);
    assert_int_equal(lab_status(&lab, 0x11, 0x40, 4), EXECUTION);
    lab_nonce_fixed(&lab, lab_key);
    assert_int_equal(lab_command(&lab, 0x11, 0x44, 4, NULL, 0).len, 32);
    assert_int_equal(lab_status(&lab, 0x11, 0x10, 4), PARSE);
    assert_int_equal(lab_status(&lab, 0x11, 0x44, 16), PARSE);
    lab_nonce_fixed(&lab, lab_key);
    assert_int_equal(lab_status(&lab, 0x11, 0x44, 6), EXECUTION); /* NoMac */
    lab_close(&lab);
}

/* The worked vector. No host can give a random TempKey its value on this part: it is put there from behind. */
static void test_hmac_vector(void **state)
{
    uint8_t config[128];
    struct answer answer;
    struct lab lab;

    (void)state;
    make_508(config);
    cabinet_open(&lab, config);
    lab_nonce_fixed(&lab, lab_key);
    lab_hex(T0, lab.chip->registers.tempkey.value, 32);
    lab.chip->registers.tempkey.from_host = false;
    answer = lab_command(&lab, 0x11, 0x40, 4, NULL, 0);
    assert_int_equal(answer.len, 32);
    assert_hex(answer.bytes, "8F584838FCF58A0614703622421710F1C11781444072712070ECE9005A027A3F", 32);
    lab_close(&lab);
}

static void test_pause(void **state)
{
    uint8_t config[128];
    struct lab lab;

    (void)state;
    make_508(config);
    config[85] = 0x5a;
    cabinet_open(&lab, config);
    assert_int_equal(lab_status(&lab, 0x01, 0x5a, 0), 0);
    assert_int_equal(lab_status(&lab, 0x01, 0x5a, 1), PARSE);
    lab_nonce_fixed(&lab, lab_key);
    assert_int_equal(lab_status(&lab, 0x01, 0x5b, 0), NO_ANSWER); /* another one is meant: idle */
    assert_true(tempkey_is_valid(&lab));
    lab_close(&lab);
}

/* Each family has commands that the other has not. */
static void test_families(void **state)
{
    static const struct {
        uint8_t opcode;
        size_t len;
        bool on_508;
    } rows[] = {{0x01, 0, true},   {0x11, 0, true},  {0x51, 16, false},
                {0x56, 20, false}, {0x77, 0, false}, {0x80, 96, false}};
    uint8_t config[128];
    const uint8_t data[96] = {0};

    (void)state;
    for (unsigned is_508 = 0; is_508 < 2; is_508++) {
        struct lab lab;

        memcpy(config, cabinet_config, 128);
        if (is_508 != 0)
            make_508(config);
        cabinet_open(&lab, config);
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
            if (rows[i].on_508 != (is_508 != 0))
                assert_int_equal(lab_command(&lab, rows[i].opcode, 0, 0, data, rows[i].len).status, PARSE);
        lab_close(&lab);
    }
}

/* ---- DeriveKey ---- */

static void test_derive_roll(void **state)
{
    struct answer answer;
    struct lab lab;

    (void)state;
    cabinet_open(&lab, cabinet_config);
    lab_nonce_random(&lab);
    assert_int_equal(lab_status(&lab, 0x1c, 0x00, 3), 0);
    answer = lab_command(&lab, 0x02, 0x82, 3 << 3, NULL, 0);
    assert_hex(answer.bytes, "F7ED57AAC77FBC4FEAF8A9D12F52D6972541A01D8FE04CF1156A2CF1B6C5B3B9", 32);
    assert_false(tempkey_is_valid(&lab));
    assert_int_equal(lab_status(&lab, 0x1c, 0x00, 3), EXECUTION);
    lab_nonce_random(&lab);
    assert_int_equal(lab_status(&lab, 0x1c, 0x04, 3), EXECUTION); /* other source */
    lab_nonce_random(&lab);
    assert_int_equal(lab_status(&lab, 0x1c, 0x00, 4), EXECUTION); /* WriteConfig forbids */
    lab_nonce_random(&lab);
    assert_int_equal(lab_status(&lab, 0x1c, 0x00, 0), EXECUTION); /* private */
    lab_nonce_random(&lab);
    assert_int_equal(lab_command(&lab, 0x1c, 0x00, 3, lab_key, 32).status, EXECUTION); /* a MAC that nobody wants */
    assert_int_equal(lab_status(&lab, 0x1c, 0x01, 3), PARSE);
    assert_int_equal(lab_status(&lab, 0x1c, 0x00, 16), PARSE);
    lab_close(&lab);
}

/* Create from slot 4, allowed by a MAC under it. */
static void test_derive_create(void **state)
{
    uint8_t config[128];
    uint8_t mac[32];
    uint8_t message[96] = {0};
    uint8_t expected[32];
    struct answer answer;
    struct lab lab;

    (void)state;
    memcpy(config, cabinet_config, 128);
    config[20 + 7] = 0xb4; /* slot 3: WriteConfig 1011, WriteKey 4 */
    lab_hex("434D2E2EAD1BF9D3A56DA8D07C646128518AE6637C2982FEAA05CA3A28E9AA6F", mac, 32);
    cabinet_open(&lab, config);
    lab_nonce_random(&lab);
    assert_int_equal(lab_status(&lab, 0x1c, 0x00, 3), EXECUTION); /* no MAC */
    lab_nonce_random(&lab);
    mac[5] ^= 1;
    assert_int_equal(lab_command(&lab, 0x1c, 0x00, 3, mac, 32).status, EXECUTION);
    mac[5] ^= 1;
    lab_nonce_random(&lab);
    assert_int_equal(lab_command(&lab, 0x1c, 0x00, 3, mac, 32).status, 0);
    memcpy(message, lab_key, 32);
    lab_hex("1C000300EE0123", message + 32, 7);
    lab_hex(T0, message + 64, 32);
    lab_sha256(message, sizeof message, expected);
    answer = lab_command(&lab, 0x02, 0x82, 3 << 3, NULL, 0);
    assert_memory_equal(answer.bytes, expected, 32);
    lab_close(&lab);
}

/* ---- AES ---- */

static void test_aes(void **state)
{
    uint8_t key[64];
    uint8_t in[32];
    struct answer answer;
    struct lab lab;

    (void)state;
    count_up(key, 16, 0);
    memset(key + 16, 0x11, 48);
    lab_hex("00112233445566778899AABBCCDDEEFF", in, 16);
    cabinet_open_unlocked(&lab, cabinet_config);
    assert_int_equal(lab_command(&lab, 0x12, 0x82, 5 << 3, key, 32).status, 0);
    assert_int_equal(lab_command(&lab, 0x51, 0x00, 5, in, 16).status, PARSE); /* data zone unlocked */
    assert_int_equal(lab_command(&lab, 0x51, 0x01, 5, in, 16).status, PARSE);
    assert_int_equal(lab_command(&lab, 0x51, 0x00, 4, in, 16).status, PARSE);
    assert_int_equal(lab_status(&lab, 0x17, 0x81, 0), 0);
    answer = lab_command(&lab, 0x51, 0x00, 5, in, 16);
    assert_int_equal(answer.len, 16);
    assert_hex(answer.bytes, "69C4E0D86A7B0430D8CDB78070B4C55A", 16);
    answer = lab_command(&lab, 0x51, 0x01, 5, answer.bytes, 16);
    assert_memory_equal(answer.bytes, in, 16);
    assert_int_equal(lab_command(&lab, 0x51, 0x40, 5, in, 16).len, 16);
    assert_int_equal(lab_command(&lab, 0x51, 0x80, 5, in, 16).status, PARSE); /* the slot is not that long */
    assert_int_equal(lab_command(&lab, 0x51, 0x00, 0xffff, in, 16).status, EXECUTION);
    assert_int_equal(lab_command(&lab, 0x16, 0x23, 0, key, 64).status, 0);
    for (unsigned round = 0; round < 2; round++) { /* TempKey is not spent */
        answer = lab_command(&lab, 0x51, 0x00, 0xffff, in, 16);
        assert_hex(answer.bytes, "69C4E0D86A7B0430D8CDB78070B4C55A", 16);
        assert_int_equal(lab_command(&lab, 0x51, 0xc0, 0xffff, in, 16).len, 16);
    }
    lab_nonce_fixed(&lab, key);
    assert_int_equal(lab_command(&lab, 0x51, 0x80, 0xffff, in, 16).status, EXECUTION); /* only 32 bytes there */
    assert_int_equal(lab_command(&lab, 0x51, 0x00, 4, in, 16).status, EXECUTION);      /* not an AES key */
    assert_int_equal(lab_command(&lab, 0x51, 0x00, 0x10, in, 16).status, PARSE);
    assert_int_equal(lab_command(&lab, 0x51, 0x02, 5, in, 16).status, PARSE);
    assert_int_equal(lab_command(&lab, 0x51, 0x08, 5, in, 16).status, PARSE);
    assert_int_equal(lab_command(&lab, 0x51, 0x00, 5, in, 32).status, PARSE);
    lab_hex("66E94BD4EF8A2C3B884CFA59CA342B2E 0388DACE60B6A392F328C2B971B2FE78", in, 32);
    answer = lab_command(&lab, 0x51, 0x03, 0, in, 32);
    assert_int_equal(answer.len, 16);
    assert_hex(answer.bytes, "5E2EC746917062882C85B0685353DEB7", 16);
    assert_int_equal(lab_command(&lab, 0x51, 0xfb, 0, in, 32).len, 16); /* other mode bits do not matter */
    assert_int_equal(lab_command(&lab, 0x51, 0x03, 0, in, 16).status, PARSE);
    lab_close(&lab);
}

/* Config zone unlocked: a key in TempKey can be used, one in a slot cannot; GFM uses no key. */
static void test_aes_before_config_lock(void **state)
{
    const struct virtual_making making = {.part = VIRTUAL_BLANK};
    uint8_t key[32];
    uint8_t in[32];
    struct answer answer;
    struct lab lab;

    (void)state;
    count_up(key, sizeof key, 0);
    lab_open_part(&lab, &making);
    lab_nonce_fixed(&lab, key);
    lab_hex("00112233445566778899AABBCCDDEEFF", in, 16);
    answer = lab_command(&lab, 0x51, 0x00, 0xffff, in, 16);
    assert_int_equal(answer.len, 16);
    assert_hex(answer.bytes, "69C4E0D86A7B0430D8CDB78070B4C55A", 16);
    assert_int_equal(lab_command(&lab, 0x51, 0x00, 5, in, 16).status, PARSE);
    lab_hex("66E94BD4EF8A2C3B884CFA59CA342B2E 0388DACE60B6A392F328C2B971B2FE78", in, 32);
    answer = lab_command(&lab, 0x51, 0x03, 0, in, 32);
    assert_int_equal(answer.len, 16);
    assert_hex(answer.bytes, "5E2EC746917062882C85B0685353DEB7", 16);
    lab_close(&lab);
}

static void test_aes_disabled(void **state)
{
    uint8_t config[128];
    const uint8_t in[32] = {0};
    struct lab lab;

    (void)state;
    memcpy(config, cabinet_config, 128);
    config[13] = 0x60;
    cabinet_open(&lab, config);
    assert_int_equal(lab_command(&lab, 0x51, 0x00, 5, in, 16).status, PARSE);
    assert_int_equal(lab_command(&lab, 0x51, 0x03, 0, in, 32).status, PARSE);
    lab_close(&lab);
}

/* ---- SHA contexts ---- */

static void test_sha_context_vector(void **state)
{
    const uint8_t data[5] = {1, 2, 3, 4, 5};
    struct answer answer;
    struct lab lab;

    (void)state;
    cabinet_open(&lab, cabinet_config);
    assert_int_equal(lab_status(&lab, 0x47, 6, 0), EXECUTION);
    assert_int_equal(lab_status(&lab, 0x47, 0, 0), 0);
    assert_int_equal(lab_command(&lab, 0x47, 1, 5, data, 5).status, 0);
    answer = lab_command(&lab, 0x47, 6, 0, NULL, 0);
    assert_int_equal(answer.len, 41);
    assert_hex(answer.bytes,
               "05000000 67E6096A 85AE67BB 72F36E3C 3AF54FA5 7F520E51 8C68059B ABD9831F 19CDE05B 0102030405", 41);
    assert_int_equal(lab_status(&lab, 0x47, 4, 4), 0); /* an HMAC cannot be saved */
    assert_int_equal(lab_status(&lab, 0x47, 6, 0), EXECUTION);
    lab_close(&lab);
}

/* A hash moved to a later life of the chip at every length of a message of three blocks. */
static void test_sha_context_moves(void **state)
{
    uint8_t message[192];
    uint8_t expected[32];
    struct lab lab;

    (void)state;
    count_up(message, sizeof message, 3);
    lab_sha256(message, sizeof message, expected);
    cabinet_open(&lab, cabinet_config);
    for (size_t cut = 129; cut <= sizeof message; cut += 3) { /* two blocks and a part */
        struct answer context;
        struct answer digest;

        assert_int_equal(lab_status(&lab, 0x47, 0, 0), 0);
        for (size_t at = 0; at < cut;) {
            const size_t piece = cut - at < 64 ? cut - at : 64;

            assert_int_equal(lab_command(&lab, 0x47, 1, (uint16_t)piece, message + at, piece).status, 0);
            at += piece;
        }
        context = lab_command(&lab, 0x47, 6, 0, NULL, 0);
        assert_int_equal(context.len, 36 + cut % 64);
        lab_sleep(&lab);
        virtual_power_cycle(lab.chip);
        assert_int_equal(lab_status(&lab, 0x47, 1, 0), EXECUTION);
        assert_int_equal(lab_command(&lab, 0x47, 7, (uint16_t)context.len, context.bytes, context.len).status, 0);
        digest = lab_command(&lab, 0x47, 0xc2, (uint16_t)(sizeof message - cut), message + cut, sizeof message - cut);
        assert_int_equal(digest.len, 32);
        assert_memory_equal(digest.bytes, expected, 32);
    }
    lab_close(&lab);
}

static void test_sha_context_refusals(void **state)
{
    const uint8_t context[99] = {5};
    struct lab lab;

    (void)state;
    cabinet_open(&lab, cabinet_config);
    assert_int_equal(lab_command(&lab, 0x47, 7, 41, context, 41).status, 0);
    assert_int_equal(lab_command(&lab, 0x47, 7, 40, context, 41).status, PARSE);
    assert_int_equal(lab_command(&lab, 0x47, 7, 42, context, 42).status, PARSE);
    assert_int_equal(lab_command(&lab, 0x47, 7, 35, context, 35).status, PARSE);
    assert_int_equal(lab_status(&lab, 0x47, 6, 1), PARSE);
    assert_int_equal(lab_command(&lab, 0x47, 1, 65, context, 65).status, PARSE);
    lab_close(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mac_vectors),
        cmocka_unit_test(test_mac_modes),
        cmocka_unit_test(test_mac_refusals),
        cmocka_unit_test(test_limited_use),
        cmocka_unit_test(test_checkmac),
        cmocka_unit_test(test_checkmac_copy),
        cmocka_unit_test(test_authorisation),
        cmocka_unit_test(test_hmac),
        cmocka_unit_test(test_hmac_vector),
        cmocka_unit_test(test_pause),
        cmocka_unit_test(test_families),
        cmocka_unit_test(test_derive_roll),
        cmocka_unit_test(test_derive_create),
        cmocka_unit_test(test_aes),
        cmocka_unit_test(test_aes_before_config_lock),
        cmocka_unit_test(test_aes_disabled),
        cmocka_unit_test(test_sha_context_vector),
        cmocka_unit_test(test_sha_context_moves),
        cmocka_unit_test(test_sha_context_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
