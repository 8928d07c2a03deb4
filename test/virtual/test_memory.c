/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read, Write, Lock, UpdateExtra and Counter of the virtual chip: what is accepted and what is refused, with which
 * status, in each lock state and under each slot policy; encrypted transfers; locks with right and wrong CRC.
 */
#include "test/virtual/lab.h"
#include "virtual/chip/virtual_invasive.h"

#include <stdio.h>

enum { A = LAB_A, B = LAB_B, C = LAB_C };

/* One command on a fresh part. `data_len` bytes of 5A go with it. */
struct row {
    const char *name;
    int state;
    uint8_t opcode;
    uint8_t param1;
    uint16_t param2;
    size_t data_len;
    int status;
};

/* Runs the rows; every command that is refused must leave the memory alone. Parts are shared between rows of a state.
 */
static void run_rows(const struct row *rows, size_t count)
{
    uint8_t data[128];

    memset(data, 0x5a, sizeof data);
    for (size_t i = 0; i < count; i++) {
        uint8_t before[32];
        uint8_t after[32];
        struct answer answer;
        struct lab lab;

        lab_open(&lab, (enum lab_state)rows[i].state);
        virtual_digest(lab.chip, before);
        answer = lab_command(&lab, rows[i].opcode, rows[i].param1, rows[i].param2, data, rows[i].data_len);
        virtual_digest(lab.chip, after);
        if (answer.status != rows[i].status)
            fail_msg("%s: %02x", rows[i].name, (unsigned)answer.status);
        if (answer.status != 0 && memcmp(before, after, 32) != 0)
            fail_msg("%s: refused, but memory changed", rows[i].name);
        lab_close(&lab);
    }
}

#define RUN(rows) run_rows((rows), sizeof(rows) / sizeof((rows)[0]))

static void test_read(void **state)
{
    static const struct row rows[] = {
        {"config, 32 bytes, A", A, 0x02, 0x80, 0x00, 0, 0},
        {"config, last block, C", C, 0x02, 0x80, 0x18, 0, 0},
        {"config, word offset is ignored", C, 0x02, 0x80, 0x1f, 0, 0},
        {"config, block 4", C, 0x02, 0x80, 0x20, 0, 3},
        {"config, high byte", C, 0x02, 0x80, 0x100, 0, 3},
        {"config, encrypted bit", C, 0x02, 0xc0, 0x00, 0, 3},
        {"zone 3", C, 0x02, 0x83, 0x00, 0, 3},
        {"reserved zone bit", C, 0x02, 0x84, 0x00, 0, 3},
        {"data with a read", C, 0x02, 0x80, 0x00, 4, 3},
        {"OTP, A", A, 0x02, 0x81, 0x00, 0, 0x0f},
        {"OTP, B", B, 0x02, 0x81, 0x00, 0, 0x0f},
        {"OTP, C", C, 0x02, 0x81, 0x08, 0, 0},
        {"OTP, 4 bytes, C", C, 0x02, 0x01, 0x0f, 0, 0},
        {"OTP, block 2", C, 0x02, 0x81, 0x10, 0, 3},
        {"clear slot, A", A, 0x02, 0x82, 0x40, 0, 0x0f},
        {"clear slot, B", B, 0x02, 0x82, 0x40, 0, 0x0f},
        {"clear slot, C", C, 0x02, 0x82, 0x40, 0, 0},
        {"clear slot, 4 bytes, C", C, 0x02, 0x02, 0x41, 0, 0},
        {"slot 8, last block", C, 0x02, 0x82, 0x0c40, 0, 0},
        {"slot 8, block 13", C, 0x02, 0x82, 0x0d40, 0, 3},
        {"slot 10, short block", C, 0x02, 0x82, 0x0250, 0, 0},
        {"slot 10, last word", C, 0x02, 0x02, 0x0251, 0, 0},
        {"slot 10, past the last word", C, 0x02, 0x02, 0x0252, 0, 3},
        {"slot 16", C, 0x02, 0x82, 0x80, 0, 3},
        {"private slot", C, 0x02, 0x82, 0x00, 0, 0x0f},
        {"secret slot", C, 0x02, 0x82, 0x20, 0, 0x0f},
        {"secret slot, 4 bytes", C, 0x02, 0x02, 0x20, 0, 0x0f},
        {"encrypted slot without TempKey", C, 0x02, 0x82, 0x28, 0, 0x0f},
        {"encrypted slot, 4 bytes", C, 0x02, 0x02, 0x28, 0, 0x0f},
    };

    (void)state;
    RUN(rows);
}

static void test_write(void **state)
{
    static const struct row rows[] = {
        {"config word 0", A, 0x12, 0x00, 0x00, 4, 0x0f},
        {"config word 3", A, 0x12, 0x00, 0x03, 4, 0x0f},
        {"config word 4", A, 0x12, 0x00, 0x04, 4, 0},
        {"config word 20", A, 0x12, 0x00, 0x14, 4, 0},
        {"config word 21", A, 0x12, 0x00, 0x15, 4, 0x0f},
        {"config word 22", A, 0x12, 0x00, 0x16, 4, 0},
        {"config word 31", A, 0x12, 0x00, 0x1f, 4, 0},
        {"config block 0", A, 0x12, 0x80, 0x00, 32, 0x0f},
        {"config block 1", A, 0x12, 0x80, 0x08, 32, 0},
        {"config block 2", A, 0x12, 0x80, 0x10, 32, 0x0f},
        {"config block 3", A, 0x12, 0x80, 0x18, 32, 0},
        {"config, locked", B, 0x12, 0x80, 0x08, 32, 0x0f},
        {"config, encrypted bit", A, 0x12, 0xc0, 0x08, 64, 3},
        {"config, 64 bytes", A, 0x12, 0x80, 0x08, 64, 3},
        {"4 bytes announced, 32 sent", A, 0x12, 0x00, 0x08, 32, 3},
        {"32 bytes announced, 4 sent", A, 0x12, 0x80, 0x08, 4, 3},
        {"no data", A, 0x12, 0x80, 0x08, 0, 3},
        {"reserved zone bit", A, 0x12, 0x88, 0x08, 32, 3},
        {"OTP, A", A, 0x12, 0x81, 0x00, 32, 0x0f},
        {"OTP, B", B, 0x12, 0x81, 0x08, 32, 0},
        {"OTP, 4 bytes, B", B, 0x12, 0x01, 0x00, 4, 0x0f},
        {"OTP, C", C, 0x12, 0x81, 0x00, 32, 0x0f},
        {"data, A", A, 0x12, 0x82, 0x40, 32, 0x0f},
        {"data, B", B, 0x12, 0x82, 0x40, 32, 0},
        {"data, 4 bytes, B", B, 0x12, 0x02, 0x50, 4, 0x0f},
        {"fixed slot, B", B, 0x12, 0x82, 0x50, 32, 0},
        {"short block with an offset, B", B, 0x12, 0x82, 0x0251, 32, 0},
        {"private slot, B", B, 0x12, 0x82, 0x00, 32, 0x0f},
        {"data, encrypted without TempKey, B", B, 0x12, 0xc2, 0x40, 64, 0x0f},
        {"data, C", C, 0x12, 0x82, 0x40, 32, 0},
        {"data, 4 bytes, C", C, 0x12, 0x02, 0x41, 4, 0},
        {"data, bit 6 is ignored, C", C, 0x12, 0xc2, 0x40, 32, 0},
        {"data, MAC where none is wanted, C", C, 0x12, 0x82, 0x40, 64, 0x0f},
        {"fixed slot, C", C, 0x12, 0x82, 0x50, 32, 0x0f},
        {"secret, 32 bytes, C", C, 0x12, 0x82, 0x20, 32, 0},
        {"secret, 4 bytes, C", C, 0x12, 0x02, 0x20, 4, 0x0f},
        {"encrypted slot, clear data, C", C, 0x12, 0x82, 0x28, 32, 0x0f},
        {"encrypted slot without TempKey, C", C, 0x12, 0x82, 0x28, 64, 0x0f},
        {"private slot, C", C, 0x12, 0x82, 0x00, 32, 0x0f},
        {"public key to be validated, C", C, 0x12, 0x82, 0x70, 32, 0},
        {"the same, 4 bytes", C, 0x12, 0x02, 0x70, 4, 0x0f},
        {"slot 16", C, 0x12, 0x82, 0x80, 32, 3},
        {"zone 3", C, 0x12, 0x83, 0x00, 32, 3},
    };

    (void)state;
    RUN(rows);
}

static void test_lock_and_extra(void **state)
{
    static const struct row rows[] = {
        {"lock config", A, 0x17, 0x80, 0, 0, 0},
        {"lock config, wrong CRC", A, 0x17, 0x00, 0x1234, 0, 0x0f},
        {"lock config twice", B, 0x17, 0x80, 0, 0, 0x0f},
        {"lock data before config", A, 0x17, 0x81, 0, 0, 0x0f},
        {"lock data", B, 0x17, 0x81, 0, 0, 0},
        {"lock data, wrong CRC", B, 0x17, 0x01, 0x1234, 0, 0x0f},
        {"lock data twice", C, 0x17, 0x81, 0, 0, 0x0f},
        {"lock slot before config", A, 0x17, 0x02 | 4 << 2, 0, 0, 0x0f},
        {"lock slot, B", B, 0x17, 0x02 | 4 << 2, 0, 0, 0},
        {"lock slot, C", C, 0x17, 0x02 | 4 << 2, 0x5555, 0, 0},
        {"lock slot, bit 7 is ignored", C, 0x17, 0x82 | 4 << 2, 0, 0, 0},
        {"lock a slot that is not lockable", C, 0x17, 0x02 | 5 << 2, 0, 0, 0x0f},
        {"lock mode 3", A, 0x17, 0x03, 0, 0, 3},
        {"lock mode, bit 6", A, 0x17, 0xc0, 0, 0, 3},
        {"lock config, slot bits", A, 0x17, 0x84, 0, 0, 3},
        {"UpdateExtra 0", A, 0x20, 0, 0x6a, 0, 0},
        {"UpdateExtra 1, C", C, 0x20, 1, 0x6a, 0, 0},
        {"UpdateExtra with zero", A, 0x20, 1, 0, 0, 0},
        {"UpdateExtra, high byte", A, 0x20, 1, 0x16a, 0, 3},
        {"UpdateExtra 2", C, 0x20, 2, 3, 0, 3},
        {"UpdateExtra 3", C, 0x20, 3, 0, 0, 3},
        {"counter, A", A, 0x24, 0, 0, 0, 0},
        {"counter up, A", A, 0x24, 1, 1, 0, 0x0f},
        {"counter up, B", B, 0x24, 1, 1, 0, 0},
        {"counter mode 2", B, 0x24, 2, 1, 0, 3},
        {"counter 2", B, 0x24, 0, 2, 0, 3},
    };

    (void)state;
    RUN(rows);
}

/* A refused write of a block that holds forbidden bytes changes none of the others. */
static void test_update_extra_once(void **state)
{
    struct lab lab;
    uint8_t config[128];

    (void)state;
    lab_open(&lab, LAB_C);
    assert_int_equal(lab_status(&lab, 0x20, 0, 0x11), 0);
    assert_int_equal(lab_status(&lab, 0x20, 0, 0x22), 0x0f);
    assert_int_equal(lab_status(&lab, 0x20, 0, 0x11), 0x0f);
    virtual_peek_config(lab.chip, config);
    assert_int_equal(config[84], 0x11);
    lab_close(&lab);
}

/* A slot frozen by Lock refuses Write, GenKey and PrivWrite, and is still read and used. */
static void test_frozen_slot(void **state)
{
    uint8_t key[36] = {0};
    const uint8_t data[32] = {0};
    uint8_t point[64];
    struct lab lab;

    (void)state;
    memcpy(key + 4, lab_make_key("other").scalar, 32);
    for (int lock_state = LAB_B; lock_state <= LAB_C; lock_state++) {
        lab_open(&lab, (enum lab_state)lock_state);
        for (unsigned slot = 0; slot <= 8; slot += 4)
            assert_int_equal(lab_status(&lab, 0x17, (uint8_t)(0x02 | slot << 2), 0), 0);
        assert_int_equal(lab_status(&lab, 0x17, 0x02, 0), 0x0f);
        assert_int_equal(lab_status(&lab, 0x40, 0x04, 0), 0x0f);
        assert_int_equal(lab_command(&lab, 0x46, 0x00, 0, key, 36).status, 0x0f);
        assert_int_equal(lab_command(&lab, 0x12, 0x82, 0x20, data, 32).status, 0x0f);
        assert_int_equal(lab_command(&lab, 0x12, 0x82, 0x40, data, 32).status, 0x0f);
        lab_public_key(&lab, 0, point);
        lab_nonce_fixed(&lab, lab_key);
        assert_int_equal(lab_command(&lab, 0x41, 0x80, 0, NULL, 0).len, 64);
        lab_close(&lab);
    }
}

/* ---- locks with CRC ---- */

static void test_config_lock_with_crc(void **state)
{
    uint8_t config[128];
    struct lab lab;

    (void)state;
    /* The CRC that a real part printed over its own 128 bytes. */
    lab_read_dump("508a-nitrokey-u2f", config);
    assert_int_equal(lab_crc(config, 128), 0xce2d);
    lab_open(&lab, LAB_A);
    virtual_peek_config(lab.chip, config);
    assert_int_equal(lab_status(&lab, 0x17, 0x00, (uint16_t)(lab_crc(config, 128) ^ 0x8000)), 0x0f);
    assert_int_equal(lab_status(&lab, 0x17, 0x00, lab_crc(config, 128)), 0);
    virtual_peek_config(lab.chip, config);
    assert_int_equal(config[87], 0);
    assert_int_equal(config[86], 0x55);
    lab_close(&lab);
}

/* The data summary leaves private slots out: here the test knows every other byte. */
static void test_data_lock_with_crc(void **state)
{
    static const uint8_t match[32] = {64, 0, 0, 0, 64};
    const struct lab_key_pair parent = lab_make_key("parent");
    uint8_t all[1208 + 64];
    size_t len = 0;
    struct lab lab;

    (void)state;
    for (unsigned slot = 0; slot < 16; slot++) {
        const size_t size = slot < 8 ? 36 : slot == 8 ? 416 : 72;

        if ((lab_config[96 + 2 * slot] & 1) != 0)
            continue;
        memset(all + len, 0xff, size);
        if (slot == 8) {
            memcpy(all + len, match, 32);
        } else if (slot >= 13) {
            memset(all + len, 0, 72);
            memcpy(all + len + 4, parent.point, 32);
            memcpy(all + len + 40, parent.point + 32, 32);
            if (slot == 14)
                all[len] = 0xa0; /* written, so not validated */
        } else {
            memcpy(all + len, lab_key, 32);
        }
        len += size;
    }
    memset(all + len, 0xff, 64);
    len += 64;
    lab_open(&lab, LAB_B);
    assert_int_equal(lab_status(&lab, 0x17, 0x01, (uint16_t)(lab_crc(all, len) ^ 1)), 0x0f);
    assert_int_equal(lab_status(&lab, 0x17, 0x01, lab_crc(all, len)), 0);
    lab_close(&lab);
}

/* ---- encrypted transfers ---- */

/* Cipher and MAC as the command reference gives them, under TempKey `tempkey`. */
static void encrypt(const uint8_t tempkey[32], uint8_t param1, uint16_t param2, const uint8_t plain[32],
                    uint8_t sent[64])
{
    uint8_t message[96] = {0};

    for (unsigned i = 0; i < 32; i++)
        sent[i] = plain[i] ^ tempkey[i];
    memcpy(message, tempkey, 32);
    message[32] = 0x12;
    message[33] = param1;
    message[34] = (uint8_t)param2;
    message[35] = (uint8_t)(param2 >> 8);
    message[36] = 0xee;
    message[37] = 0x01;
    message[38] = 0x23;
    memcpy(message + 64, plain, 32);
    lab_sha256(message, 96, sent + 32);
}

static const char t0_hex[] = "BEE176F91B7F8D191759F8A596F2065D6805A5CF831563B7D512574EC54A3169";
static const char g4_hex[] = "2D5D23A45CA657F1AE137A94E4DBE38C54AB3FA7F5C605FFF5DCCCD9107A3CE7";

static void make_plain(uint8_t plain[32])
{
    for (unsigned i = 0; i < 32; i++)
        plain[i] = (uint8_t)(0x80 + i);
}

/* The worked vector: T0, GenDig on slot 4, Write C2 to slot 9. */
static void test_encrypted_write_vector(void **state)
{
    uint8_t sent[64];
    uint8_t plain[32];
    struct answer read;
    struct lab lab;

    (void)state;
    make_plain(plain);
    lab_hex("ADDCA127D823D176269AF01F68566D03C43AAD34615393686D4556428CE7A278"
            "29312C84F8FDE81842B53627593EDAB0F8F1FB4F0C6E7B9968ED9DA41413FCE0",
            sent, 64);
    lab_open(&lab, LAB_C);
    lab_nonce_random(&lab);
    lab_gendig(&lab, 4);
    assert_int_equal(lab_command(&lab, 0x12, 0xc2, 0x48, sent, 64).status, 0);
    read = lab_command(&lab, 0x02, 0x82, 0x48, NULL, 0);
    assert_memory_equal(read.bytes, plain, 32);
    /* TempKey is spent. */
    assert_int_equal(lab_command(&lab, 0x12, 0xc2, 0x48, sent, 64).status, 0x0f);
    lab_close(&lab);
}

static void test_encrypted_write_rules(void **state)
{
    static const struct {
        const char *name;
        int state;
        uint8_t param1;
        unsigned gendig_slot; /* 16: none, TempKey is T0 itself */
        bool wrong_mac;
        int status;
    } rows[] = {
        {"C, hashed without bit 6", C, 0x82, 4, false, 0},
        {"C, with bit 6", C, 0xc2, 4, false, 0},
        {"C, wrong MAC", C, 0x82, 4, true, 0x0f},
        {"C, no GenDig", C, 0x82, 16, false, 0x0f},
        {"C, GenDig on another key", C, 0x82, 12, false, 0x0f},
        {"B, with bit 6", B, 0xc2, 4, false, 0},
        {"B, any TempKey", B, 0xc2, 16, false, 0},
        {"B, wrong MAC", B, 0xc2, 4, true, 0x0f},
    };
    uint8_t tempkey[32];
    uint8_t plain[32];
    uint8_t sent[64];
    struct lab lab;

    (void)state;
    make_plain(plain);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t message[96] = {0};

        lab_open(&lab, (enum lab_state)rows[i].state);
        lab_nonce_random(&lab);
        lab_hex(t0_hex, tempkey, 32);
        if (rows[i].gendig_slot < 16) {
            lab_gendig(&lab, rows[i].gendig_slot);
            memcpy(message, lab_key, 32);
            memcpy(message + 32, (const uint8_t[7]){0x15, 0x02, (uint8_t)rows[i].gendig_slot, 0, 0xee, 0x01, 0x23}, 7);
            memcpy(message + 64, tempkey, 32);
            lab_sha256(message, 96, tempkey);
        }
        encrypt(tempkey, rows[i].param1, 0x48, plain, sent);
        sent[63] ^= rows[i].wrong_mac;
        if (lab_command(&lab, 0x12, rows[i].param1, 0x48, sent, 64).status != rows[i].status)
            fail_msg("%s", rows[i].name);
        lab_close(&lab);
    }
}

/* WriteKey 0 is a key like any other: a bare nonce, whose KeyID reads as 0 too, does not stand for it. */
static void test_write_key_zero(void **state)
{
    uint8_t config[128];
    const struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG, .config = config};
    uint8_t tempkey[32];
    uint8_t plain[32];
    uint8_t sent[64];
    struct lab lab;

    (void)state;
    make_plain(plain);
    lab_hex(t0_hex, tempkey, 32);
    encrypt(tempkey, 0x82, 0x48, plain, sent);
    memcpy(config, lab_config, 128);
    config[20 + 2 * 9 + 1] = 0x40;
    config[86] = config[87] = 0;
    lab_open_part(&lab, &making);
    lab_nonce_random(&lab);
    assert_int_equal(lab_command(&lab, 0x12, 0x82, 0x48, sent, 64).status, 0x0f);
    lab_close(&lab);
}

/* Before the data lock and without bit 6, what comes in is stored as it is. */
static void test_ciphertext_stored_as_it_is(void **state)
{
    uint8_t sent[64];
    struct answer read;
    struct lab lab;

    (void)state;
    memset(sent, 0x33, sizeof sent);
    lab_open(&lab, LAB_B);
    assert_int_equal(lab_command(&lab, 0x12, 0x82, 0x40, sent, 64).status, 0);
    assert_int_equal(lab_status(&lab, 0x17, 0x81, 0), 0);
    read = lab_command(&lab, 0x02, 0x82, 0x40, NULL, 0);
    assert_memory_equal(read.bytes, sent, 32);
    lab_close(&lab);
}

static void test_encrypted_read(void **state)
{
    uint8_t g4[32];
    uint8_t plain[32];
    struct answer read;
    struct lab lab;

    (void)state;
    lab_hex(g4_hex, g4, 32);
    lab_open(&lab, LAB_C);
    lab_nonce_random(&lab);
    lab_gendig(&lab, 4);
    read = lab_command(&lab, 0x02, 0x82, 0x28, NULL, 0);
    assert_int_equal(read.len, 32);
    for (unsigned i = 0; i < 32; i++)
        plain[i] = read.bytes[i] ^ g4[i];
    assert_memory_equal(plain, lab_key, 32);
    assert_int_equal(lab_status(&lab, 0x02, 0x82, 0x28), 0x0f); /* one block for one TempKey */
    lab_nonce_fixed(&lab, lab_key);                             /* a nonce of the host's own */
    lab_gendig(&lab, 4);
    assert_int_equal(lab_status(&lab, 0x02, 0x82, 0x28), 0x0f);
    lab_nonce_random(&lab);
    lab_gendig(&lab, 12); /* another key */
    assert_int_equal(lab_status(&lab, 0x02, 0x82, 0x28), 0x0f);
    lab_nonce_random(&lab);
    lab_gendig(&lab, 4);
    read = lab_command(&lab, 0x02, 0x82, 0x0128, NULL, 0); /* short block: FF FF FF FF, then zeros */
    for (unsigned i = 0; i < 32; i++)
        assert_int_equal(read.bytes[i] ^ g4[i], i < 4 ? 0xff : 0x00);
    lab_close(&lab);
}

/* ---- OTP and counters ---- */

/* ATECC508A in consumption mode: locked OTP bits still go from 1 to 0, never back. */
static void test_otp_consumption(void **state)
{
    uint8_t config[128];
    const struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG, .config = config};
    static const uint8_t first[4] = {0xf0, 0xff, 0x0f, 0x00};
    static const uint8_t second[4] = {0xff, 0x0f, 0xff, 0xff};
    static const uint8_t both[4] = {0xf0, 0x0f, 0x0f, 0x00};
    struct answer read;
    struct lab lab;

    (void)state;
    for (unsigned consumption = 0; consumption < 2; consumption++) {
        lab_read_dump("508a-mbed-readme-device", config);
        config[18] = consumption ? 0x55 : 0xaa;
        lab_open_part(&lab, &making);
        assert_int_equal(lab_command(&lab, 0x12, 0x01, 0, first, 4).status, consumption ? 0 : 0x0f);
        assert_int_equal(lab_command(&lab, 0x12, 0x01, 0, second, 4).status, consumption ? 0 : 0x0f);
        assert_int_equal(lab_command(&lab, 0x12, 0x81, 8, lab_config, 64).status, 0x0f); /* never encrypted */
        assert_int_equal(lab_command(&lab, 0x12, 0xc1, 8, lab_config, 32).status, 0x0f);
        read = lab_command(&lab, 0x02, 0x01, 0, NULL, 0);
        if (consumption)
            assert_memory_equal(read.bytes, both, 4);
        lab_close(&lab);
    }
}

/* Every counter value of the published table, set before the lock and counted once. */
static void test_counter_values(void **state)
{
    static const struct {
        uint32_t value;
        const char *bytes;
        const char *next; /* NULL: at the limit */
    } rows[] = {
        {0, "FFFFFFFF00000000", "7FFFFFFF00000000"},       {15, "0001FFFF00000000", "0000FFFF00000000"},
        {16, "0000FFFF00000000", "00007FFF00000000"},      {31, "0000000100000000", "FFFF000000010000"},
        {32, "FFFF000000010000", "7FFF000000010000"},      {47, "0001000000010000", "0000FFFF00010001"},
        {48, "0000FFFF00010001", "00007FFF00010001"},      {1000, "00FF0000001F001E", "007F0000001F001E"},
        {2097150, "00000003FFFFFFFF", "00000001FFFFFFFF"}, {2097151, "00000001FFFFFFFF", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t config[128];
        uint8_t next[8];
        const struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG, .config = config};
        struct answer answer;
        struct lab lab;

        memcpy(config, lab_config, 128);
        config[87] = 0;
        lab_hex(rows[i].bytes, config + 60, 8);
        lab_open_part(&lab, &making);
        answer = lab_command(&lab, 0x24, 0, 1, NULL, 0);
        assert_int_equal(answer.bytes[0] | answer.bytes[1] << 8 | answer.bytes[2] << 16, rows[i].value);
        answer = lab_command(&lab, 0x24, 1, 1, NULL, 0);
        assert_int_equal(answer.status, rows[i].next == NULL ? 0x0f : 0);
        virtual_peek_config(lab.chip, config);
        lab_hex(rows[i].next == NULL ? rows[i].bytes : rows[i].next, next, 8);
        assert_memory_equal(config + 60, next, 8);
        lab_close(&lab);
    }
}

/* Counter 0 stops at the match value in slot 8. */
static void test_count_match(void **state)
{
    static const uint8_t unequal[32] = {128, 0, 0, 0, 0x7f}; /* the smaller one counts, as 96 */
    static const uint8_t other[32] = {0x9f, 0, 0, 0, 160};   /* 128 */
    static const uint8_t keys[32] = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6}; /* no match value at all */
    struct lab lab;

    (void)state;
    lab_open(&lab, LAB_C); /* at 62, match 64 */
    assert_int_equal(lab_status(&lab, 0x24, 1, 0), 0);
    assert_int_equal(lab_status(&lab, 0x24, 1, 0), 0);
    assert_int_equal(lab_status(&lab, 0x24, 1, 0), 0x0f);
    assert_int_equal(lab_status(&lab, 0x24, 1, 1), 0); /* the other one is free */
    assert_int_equal(lab_command(&lab, 0x12, 0x82, 0x40, unequal, 32).status, 0);
    for (unsigned i = 64; i < 96; i++)
        assert_int_equal(lab_status(&lab, 0x24, 1, 0), 0);
    assert_int_equal(lab_status(&lab, 0x24, 1, 0), 0x0f);
    assert_int_equal(lab_command(&lab, 0x12, 0x82, 0x40, other, 32).status, 0);
    for (unsigned i = 96; i < 128; i++)
        assert_int_equal(lab_status(&lab, 0x24, 1, 0), 0);
    assert_int_equal(lab_status(&lab, 0x24, 1, 0), 0x0f);
    assert_int_equal(lab_command(&lab, 0x12, 0x82, 0x40, keys, 32).status, 0);
    for (unsigned i = 128; i < 200; i++)
        assert_int_equal(lab_status(&lab, 0x24, 1, 0), 0);
    lab_close(&lab);
}

/* ATECC508A: slot 15 has its own 128 one-shot bits, which UpdateExtra can also spend. */
static void test_last_key_use(void **state)
{
    uint8_t config[128];
    const struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG, .config = config};
    struct lab lab;

    (void)state;
    lab_read_dump("508a-mbed-readme-device", config);
    lab_open_part(&lab, &making);
    for (unsigned use = 0; use < 128; use++) {
        assert_int_equal(lab_status(&lab, 0x20, 2, 15), 0);
        virtual_peek_config(lab.chip, config);
        assert_int_equal(config[68 + use / 8], 0xffu >> (use % 8 + 1));
    }
    assert_int_equal(lab_status(&lab, 0x20, 2, 15), 0x0f);
    assert_int_equal(lab_status(&lab, 0x20, 2, 0), 0x0f); /* not a limited slot */
    assert_int_equal(lab_status(&lab, 0x20, 2, 16), 3);
    lab_close(&lab);
}

/* Commands that read never write the file, nor do refused ones and those that change nothing. */
static void test_what_is_written(void **state)
{
    uint8_t data[32];
    struct virtual_counters counters;
    struct answer read;
    struct lab lab;

    (void)state;
    lab_open(&lab, LAB_C);
    virtual_read_counters(lab.chip, &counters);
    const uint64_t before = counters.nonvolatile_writes;
    for (unsigned opcode = 0; opcode < 256; opcode++)
        if (opcode != 0x12 && opcode != 0x17 && opcode != 0x20 && opcode != 0x40)
            (void)lab_command(&lab, (uint8_t)opcode, 0, 0, NULL, 0);
    read = lab_command(&lab, 0x02, 0x82, 0x40, NULL, 0);
    memcpy(data, read.bytes, 32);
    assert_int_equal(lab_command(&lab, 0x12, 0x82, 0x40, data, 32).status, 0); /* what is there already */
    virtual_read_counters(lab.chip, &counters);
    assert_int_equal(counters.nonvolatile_writes, before);
    data[0] ^= 1;
    assert_int_equal(lab_command(&lab, 0x12, 0x82, 0x40, data, 32).status, 0);
    virtual_read_counters(lab.chip, &counters);
    assert_int_equal(counters.nonvolatile_writes, before + 1);
    lab_close(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_lock_and_extra),
        cmocka_unit_test(test_update_extra_once),
        cmocka_unit_test(test_frozen_slot),
        cmocka_unit_test(test_config_lock_with_crc),
        cmocka_unit_test(test_data_lock_with_crc),
        cmocka_unit_test(test_encrypted_write_vector),
        cmocka_unit_test(test_encrypted_write_rules),
        cmocka_unit_test(test_write_key_zero),
        cmocka_unit_test(test_ciphertext_stored_as_it_is),
        cmocka_unit_test(test_encrypted_read),
        cmocka_unit_test(test_otp_consumption),
        cmocka_unit_test(test_counter_values),
        cmocka_unit_test(test_count_match),
        cmocka_unit_test(test_last_key_use),
        cmocka_unit_test(test_what_is_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
