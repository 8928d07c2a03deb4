/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ECDH, KDF, SecureBoot, SelfTest and the GPIO: where results go, what may leave the chip, and what each refuses.
 */
#include "test/support/p256.h"
#include "test/virtual/cabinet.h"
#include "virtual/chip/virtual_invasive.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#define T0 "BEE176F91B7F8D191759F8A596F2065D6805A5CF831563B7D512574EC54A3169"
#define PARSE 0x03
#define EXECUTION 0x0f
#define AT_OPTIONS 90

/* What the IO protection key (lab_key) hides: `len` bytes, then the nonce. */
static void io_decrypt(const uint8_t *reply, size_t len, uint8_t *plain)
{
    for (size_t at = 0; at < len; at += 32) {
        uint8_t message[48];
        uint8_t pad[32];

        memcpy(message, lab_key, 32);
        memcpy(message + 32, reply + len + at / 2, 16);
        lab_sha256(message, sizeof message, pad);
        for (size_t i = 0; i < 32; i++)
            plain[at + i] = reply[at + i] ^ pad[i];
    }
}

static void test_io_decrypt(void **state)
{
    uint8_t reply[96];
    uint8_t plain[64];
    uint8_t expected[64];

    (void)state;
    for (unsigned i = 0; i < 64; i++)
        reply[i] = (uint8_t)(i ^ 0x5a);
    for (unsigned i = 0; i < 32; i++)
        reply[64 + i] = (uint8_t)(0xa0 + i);
    lab_hex("83A72141F61D8267E5818050A3AFC4EA76FF6B6ACB0C18EC86584F744D81C89A"
            "738AD2078A44F90D59CC88338B00C7FC2972CC47C0A6E7E4FABFDFD5C3465D8C",
            expected, 64);
    io_decrypt(reply, 64, plain);
    assert_memory_equal(plain, expected, 64);
}

static void open_with_options(struct lab *lab, uint16_t options)
{
    uint8_t config[128];

    memcpy(config, cabinet_config, 128);
    config[AT_OPTIONS] = (uint8_t)options;
    config[AT_OPTIONS + 1] = (uint8_t)(options >> 8);
    cabinet_open(lab, config);
}

static struct answer read_slot(struct lab *lab, unsigned slot)
{
    return lab_command(lab, 0x02, 0x82, (uint16_t)(slot << 3), NULL, 0);
}

/* ---- ECDH ---- */

static struct answer ecdh(struct lab *lab, uint8_t mode, unsigned key_id, const struct lab_key_pair *host)
{
    return lab_command(lab, 0x43, mode, (uint16_t)key_id, host->point, 64);
}

/* ECDH with the key in `slot` gives `secret`: on the bus in clear and encrypted, and in TempKey. */
static void expect_ecdh(struct lab *lab, unsigned slot, const struct lab_key_pair *host, const uint8_t secret[32])
{
    uint8_t plain[32];
    struct answer answer = ecdh(lab, 0x0c, slot, host); /* bit 3 of SlotConfig rules mode 00 alone */

    assert_int_equal(answer.len, 32);
    assert_memory_equal(answer.bytes, secret, 32);
    answer = ecdh(lab, 0x0e, slot, host);
    assert_int_equal(answer.len, 64);
    io_decrypt(answer.bytes, 32, plain);
    assert_memory_equal(plain, secret, 32);
    assert_int_equal(ecdh(lab, 0x08, slot, host).status, 0);
    lab_assert_tempkey(lab, secret);
}

/* What the key in `slot` and the host's agree on, by libcrypto. */
static void agree(struct lab *lab, unsigned slot, const struct lab_key_pair *host, uint8_t secret[32])
{
    uint8_t point[64];

    lab_public_key(lab, slot, point);
    p256_agree(host->scalar, point, secret);
}

static void test_ecdh_from_slot(void **state)
{
    const struct lab_key_pair host = lab_make_key("host");
    uint8_t secret[32];
    struct answer answer;
    struct lab lab;

    (void)state;
    cabinet_open(&lab, cabinet_config);
    agree(&lab, 0, &host, secret);
    answer = ecdh(&lab, 0x00, 0, &host);
    assert_int_equal(answer.len, 32);
    assert_memory_equal(answer.bytes, secret, 32);
    expect_ecdh(&lab, 0, &host, secret);

    agree(&lab, 2, &host, secret);
    expect_ecdh(&lab, 2, &host, secret);
    assert_memory_equal(read_slot(&lab, 3).bytes, lab_key, 32);
    for (unsigned mode = 0; mode <= 4; mode += 4) {
        assert_int_equal(ecdh(&lab, (uint8_t)mode, 2, &host).status, 0);
        assert_memory_equal(read_slot(&lab, 3).bytes, secret, 32);
    }
    lab_close(&lab);
}

/* 43 0C 00 00 with the SlotConfig of slot 0 that two hosts have in their parts, 8F 20. */
static void test_ecdh_clear_from_slot_8f20(void **state)
{
    const struct lab_key_pair host = lab_make_key("host");
    uint8_t config[128];
    uint8_t secret[32];
    struct answer answer;
    struct lab lab;

    (void)state;
    memcpy(config, cabinet_config, 128);
    config[20] = 0x8f;
    config[21] = 0x20;
    cabinet_open(&lab, config);
    agree(&lab, 0, &host, secret);
    answer = ecdh(&lab, 0x0c, 0, &host);
    assert_int_equal(answer.len, 32);
    assert_memory_equal(answer.bytes, secret, 32);
    assert_int_equal(ecdh(&lab, 0x00, 0, &host).status, EXECUTION); /* slot 1 is private */
    lab_close(&lab);
}

/* GenKey 00 FFFF shows the public key of the key that GenKey 04 FFFF made, which ECDH can use afterwards. */
static void test_tempkey_public_key(void **state)
{
    static const uint8_t modes[] = {0x05, 0x0d};
    const struct lab_key_pair host = lab_make_key("host");
    struct lab lab;

    (void)state;
    cabinet_open(&lab, cabinet_config);
    assert_int_equal(lab_command(&lab, 0x40, 0x00, 0xffff, NULL, 0).status, EXECUTION); /* no key there */
    for (size_t i = 0; i < sizeof modes; i++) {
        const struct answer made = lab_command(&lab, 0x40, 0x04, 0xffff, NULL, 0);
        struct answer answer;
        uint8_t secret[32];

        assert_int_equal(made.len, 64);
        for (unsigned times = 0; times < 2; times++) {
            answer = lab_command(&lab, 0x40, 0x00, 0xffff, NULL, 0);
            assert_int_equal(answer.len, 64);
            assert_memory_equal(answer.bytes, made.bytes, 64);
        }
        p256_agree(host.scalar, made.bytes, secret);
        answer = ecdh(&lab, modes[i], 10, &host);
        assert_int_equal(answer.status, 0);
        assert_memory_equal(modes[i] == 0x05 ? read_slot(&lab, 10).bytes : answer.bytes, secret, 32);
    }
    (void)lab_command(&lab, 0x40, 0x04, 0xffff, NULL, 0);
    lab_nonce_fixed(&lab, lab_key); /* a value in place of the key */
    assert_int_equal(lab_command(&lab, 0x40, 0x00, 0xffff, NULL, 0).status, EXECUTION);
    assert_int_equal(lab_command(&lab, 0x40, 0x08, 0xffff, NULL, 0).status, PARSE);
    lab_close(&lab);
}

static void test_ecdh_from_tempkey(void **state)
{
    static const struct {
        uint8_t mode;
        uint16_t key_id;
        size_t len; /* of the reply; 0: a status */
    } rows[] = {{0x05, 10, 0}, {0x09, 0xffff, 0}, {0x0d, 0xffff, 32}, {0x0f, 0, 64}};
    const struct lab_key_pair host = lab_make_key("host");
    struct lab lab;

    (void)state;
    cabinet_open(&lab, cabinet_config);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct answer made = lab_command(&lab, 0x40, 0x04, 0xffff, NULL, 0);
        struct answer answer;
        uint8_t secret[32];
        uint8_t plain[32];

        assert_int_equal(made.len, 64);
        p256_agree(host.scalar, made.bytes, secret);
        answer = ecdh(&lab, rows[i].mode, rows[i].key_id, &host);
        assert_int_equal(answer.status, 0);
        if (rows[i].len == 32)
            assert_memory_equal(answer.bytes, secret, 32);
        if (rows[i].len == 64) {
            io_decrypt(answer.bytes, 32, plain);
            assert_memory_equal(plain, secret, 32);
        }
        if (rows[i].mode == 0x05)
            assert_memory_equal(read_slot(&lab, 10).bytes, secret, 32);
        if (rows[i].mode == 0x09)
            lab_assert_tempkey(&lab, secret);
        assert_int_equal(ecdh(&lab, 0x0d, 0, &host).status, EXECUTION); /* one use of the key */
    }
    (void)lab_command(&lab, 0x40, 0x04, 0xffff, NULL, 0);
    assert_int_equal(ecdh(&lab, 0x05, 4, &host).status, 0); /* WriteConfig "always" */
    (void)lab_command(&lab, 0x40, 0x04, 0xffff, NULL, 0);
    assert_int_equal(ecdh(&lab, 0x05, 3, &host).status, EXECUTION); /* "never" */
    (void)lab_command(&lab, 0x40, 0x04, 0xffff, NULL, 0);
    assert_int_equal(ecdh(&lab, 0x05, 0, &host).status, EXECUTION);
    lab_nonce_fixed(&lab, lab_key); /* a value, not a private key */
    assert_int_equal(ecdh(&lab, 0x0d, 0, &host).status, EXECUTION);
    lab_close(&lab);
}

static void test_ecdh_refusals(void **state)
{
    const struct lab_key_pair host = lab_make_key("host");
    uint8_t off_curve[64];
    struct lab lab;

    (void)state;
    memcpy(off_curve, host.point, 64);
    off_curve[63] ^= 1;
    cabinet_open_unlocked(&lab, cabinet_config);
    assert_int_equal(ecdh(&lab, 0x0c, 0, &host).status, EXECUTION);
    assert_int_equal(lab_status(&lab, 0x17, 0x81, 0), 0);
    for (unsigned mode = 0; mode < 256; mode++) {
        const bool legal = mode < 16 && ((1u << mode) & 0xf331u) != 0; /* 0 4 5 8 9 C D E F */

        if (!legal)
            assert_int_equal(ecdh(&lab, (uint8_t)mode, 0, &host).status, PARSE);
    }
    assert_int_equal(ecdh(&lab, 0x0c, 16, &host).status, PARSE);
    assert_int_equal(ecdh(&lab, 0x00, 16, &host).status, PARSE);
    assert_int_equal(ecdh(&lab, 0x00, 0xfffe, &host).status, PARSE);
    for (unsigned target = 0x00; target <= 0x0c; target += 4) /* TempKey's KeyID where the mode says "slot" */
        assert_int_equal(ecdh(&lab, (uint8_t)target, 0xffff, &host).status, EXECUTION);
    (void)lab_command(&lab, 0x40, 0x04, 0xffff, NULL, 0);
    assert_int_equal(ecdh(&lab, 0x00, 0xffff, &host).status, EXECUTION);
    assert_int_equal(ecdh(&lab, 0x0d, 0xffff, &host).len, 32); /* the key is still there */
    assert_int_equal(ecdh(&lab, 0x05, 16, &host).status, PARSE);
    assert_int_equal(lab_command(&lab, 0x43, 0x0c, 0, host.point, 63).status, PARSE);
    assert_int_equal(lab_command(&lab, 0x43, 0x0c, 0, off_curve, 64).status, EXECUTION);
    assert_int_equal(ecdh(&lab, 0x0c, 1, &host).status, EXECUTION); /* may not do ECDH */
    assert_int_equal(ecdh(&lab, 0x0c, 4, &host).status, EXECUTION);
    assert_int_equal(ecdh(&lab, 0x04, 0, &host).status, EXECUTION); /* slot 1 is private */
    lab_close(&lab);
}

/* ECDHProt and IO protection key against the kinds of output. */
static void test_ecdh_protection(void **state)
{
    static const struct {
        uint16_t options;
        int clear;
        int encrypted;
    } rows[] = {
        {0xf002, 0, 0},                 /* all free */
        {0xf000, 0, EXECUTION},         /* no IO protection key */
        {0xf102, EXECUTION, 0},         /* encrypted only */
        {0xf202, EXECUTION, EXECUTION}, /* nothing leaves */
        {0xf302, EXECUTION, EXECUTION}, /* invalid */
        {0x0002, 0, EXECUTION},         /* the IO protection key would be a private key */
    };
    const struct lab_key_pair host = lab_make_key("host");

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lab lab;

        open_with_options(&lab, rows[i].options);
        assert_int_equal(ecdh(&lab, 0x0c, 0, &host).status, rows[i].clear);
        assert_int_equal(ecdh(&lab, 0x0e, 0, &host).status, rows[i].encrypted);
        assert_int_equal(ecdh(&lab, 0x08, 0, &host).status, 0);
        lab_close(&lab);
    }
}

/* ---- KDF ---- */

#define PRF_VECTOR                                                                                                     \
    "1EBCBE62005AB948FDFFE1C402AABA354EC676050C9BC1AAE1FF5B1509A4A04A"                                                 \
    "44254664C2A480F5B77EA2D1020C7BA4B3640C4AC793324C26D6FDDFDB1F011A"
#define AES_VECTOR "0A940BB5416EF045F1C39458C653EA5A00000000000000000000000000000000"
#define HKDF_VECTOR "32016921836FC2278698FF5CA865E21008D14562E847646BC45F6297D05980F1"

static struct answer kdf(struct lab *lab, uint8_t mode, uint16_t slots, uint32_t details, const uint8_t *message,
                         size_t len)
{
    uint8_t data[140];

    for (unsigned i = 0; i < 4; i++)
        data[i] = (uint8_t)(details >> (8 * i));
    if (len != 0)
        memcpy(data + 4, message, len);
    return lab_command(lab, 0x56, mode, slots, data, 4 + len);
}

/* TempKey: key 00..0F twice. */
static void load_vector_key(struct lab *lab, uint8_t message[16])
{
    uint8_t key[32];

    for (unsigned i = 0; i < 32; i++)
        key[i] = (uint8_t)(i % 16);
    memcpy(message, key, 16);
    lab_nonce_fixed(lab, key);
}

static void test_kdf_vectors(void **state)
{
    uint8_t message[16];
    uint8_t expected[64];
    uint8_t plain[64];
    struct answer answer;
    struct lab lab;

    (void)state;
    cabinet_open(&lab, cabinet_config);
    load_vector_key(&lab, message);
    lab_hex(PRF_VECTOR, expected, 64);
    answer = kdf(&lab, 0x10, 0x1234, 0x10000101, message, 16);
    assert_int_equal(answer.len, 64);
    assert_memory_equal(answer.bytes, expected, 64);
    answer = kdf(&lab, 0x10, 0, 0x10000001, message, 16); /* TempKey is still there */
    assert_int_equal(answer.len, 32);
    assert_memory_equal(answer.bytes, expected, 32);
    answer = kdf(&lab, 0x14, 0, 0x10000101, message, 16);
    assert_int_equal(answer.len, 96);
    io_decrypt(answer.bytes, 64, plain);
    assert_memory_equal(plain, expected, 64);
    lab_hex(AES_VECTOR, expected, 32);
    for (uint32_t unit = 0; unit < 2; unit++) {
        answer = kdf(&lab, 0x30, 0, unit, message, 16);
        assert_int_equal(answer.len, 32);
        assert_memory_equal(answer.bytes, expected, 32);
    }
    assert_int_equal(kdf(&lab, 0x30, 0, 2, message, 16).status, EXECUTION);
    lab_hex(HKDF_VECTOR, expected, 32);
    answer = kdf(&lab, 0x52, 4, 0x10000002, message, 16); /* key: slot 4 */
    assert_int_equal(answer.len, 32);
    assert_memory_equal(answer.bytes, expected, 32);
    lab_close(&lab);
}

static void hmac(const uint8_t *key, const uint8_t *message, size_t len, uint8_t mac[32])
{
    assert_non_null(HMAC(EVP_sha256(), key, 32, message, len, mac, NULL));
}

/* Where the message of HKDF may lie. */
static void test_hkdf_messages(void **state)
{
    static const uint8_t zeros[32];
    uint8_t message[16] = "abcdiv-efghijklm";
    uint8_t expected[32];
    struct answer answer;
    struct lab lab;

    (void)state;
    cabinet_open(&lab, cabinet_config);
    hmac(lab_key, lab_key, 20, expected);
    answer = kdf(&lab, 0x52, 4, 0x14000a00, NULL, 0); /* slot 10 holds lab_key, too */
    assert_memory_equal(answer.bytes, expected, 32);
    lab_nonce_fixed(&lab, zeros);
    hmac(lab_key, zeros, 32, expected);
    answer = kdf(&lab, 0x52, 4, 0x20000001, NULL, 0);
    assert_memory_equal(answer.bytes, expected, 32);
    hmac(zeros, message, 16, expected);
    answer = kdf(&lab, 0x52, 4, 0x10000006, message, 16); /* key of zeros */
    assert_memory_equal(answer.bytes, expected, 32);
    hmac(lab_key, message, 16, expected);
    answer = kdf(&lab, 0x52, 4, 0x10000003, message, 16); /* "iv" at 4, as configured */
    assert_memory_equal(answer.bytes, expected, 32);
    message[5]++;
    assert_int_equal(kdf(&lab, 0x52, 4, 0x10000003, message, 16).status, EXECUTION);
    assert_int_equal(kdf(&lab, 0x52, 4, 0x05000003, message, 5).status, EXECUTION); /* too short to hold them */
    assert_int_equal(kdf(&lab, 0x52, 4, 0x21000001, NULL, 0).status, EXECUTION);    /* TempKey has 32 bytes */
    assert_int_equal(kdf(&lab, 0x52, 4, 0x10000000, NULL, 0).status, EXECUTION);    /* slot 0 is private */
    assert_int_equal(kdf(&lab, 0x52, 4, 0x25000a00, NULL, 0).len, 32);
    assert_int_equal(kdf(&lab, 0x52, 4, 0x25000600, NULL, 0).status, EXECUTION); /* 37 bytes of 36 */
    assert_int_equal(kdf(&lab, 0x52, 4, 0x10001000, NULL, 0).status, PARSE);     /* slot 16 */
    assert_int_equal(kdf(&lab, 0x52, 4, 0x10000002, message, 15).status, PARSE);
    lab_close(&lab);
}

/* Bytes of a message that lies elsewhere are ignored where their number is the one that the details say. */
static void test_hkdf_spare_message(void **state)
{
    static const uint8_t no_key[32];
    static const uint8_t with_zero_key[36] = {[0] = 0x05, [3] = 0x20, [4] = 1, [35] = 2}; /* details 05 00 00 20 */
    uint8_t expected[32];
    struct answer answer;
    struct lab lab;

    (void)state;
    cabinet_open(&lab, cabinet_config);
    lab_nonce_fixed(&lab, lab_key);
    answer = lab_command(&lab, 0x56, 0x50, 0x0000, with_zero_key, sizeof with_zero_key);
    hmac(no_key, lab_key, 32, expected);
    assert_int_equal(answer.len, 32);
    assert_memory_equal(answer.bytes, expected, 32);
    hmac(lab_key, lab_key, 20, expected);
    answer = kdf(&lab, 0x52, 4, 0x14000a00, with_zero_key, 20); /* the message lies in slot 10 */
    assert_int_equal(answer.len, 32);
    assert_memory_equal(answer.bytes, expected, 32);
    for (uint32_t place = 0; place < 2; place++) {
        assert_int_equal(kdf(&lab, 0x52, 4, 0x14000a00 | place, with_zero_key, 19).status, PARSE);
        assert_int_equal(kdf(&lab, 0x52, 4, 0x14000a00 | place, with_zero_key, 21).status, PARSE);
    }
    lab_close(&lab);
}

static void test_kdf_places(void **state)
{
    uint8_t message[16];
    uint8_t prf[64];
    uint8_t both[64];
    struct answer answer;
    struct lab lab;

    (void)state;
    lab_hex(PRF_VECTOR, prf, 64);
    cabinet_open(&lab, cabinet_config);
    load_vector_key(&lab, message);
    assert_int_equal(kdf(&lab, 0x08, 10 << 8, 0x10000101, message, 16).status, 0); /* slot 10, 64 bytes */
    assert_memory_equal(read_slot(&lab, 10).bytes, prf, 32);
    assert_memory_equal(lab_command(&lab, 0x02, 0x82, 10 << 3 | 0x100, NULL, 0).bytes, prf + 32, 32);
    assert_int_equal(kdf(&lab, 0x0c, 0, 0x10000001, message, 16).status, 0); /* alternate key buffer */
    answer = kdf(&lab, 0x53, 0, 0x10000002, message, 16);                    /* and from there */
    hmac(prf, message, 16, both);
    assert_memory_equal(answer.bytes, both, 32);
    answer = kdf(&lab, 0x00, 0, 0x10000201, message, 16); /* AEAD: half to TempKey, half to the bus */
    assert_int_equal(answer.len, 32);
    assert_memory_equal(answer.bytes, prf + 32, 32);
    lab_assert_tempkey(&lab, prf);
    load_vector_key(&lab, message);
    assert_int_equal(kdf(&lab, 0x04, 0, 0x10000001, message, 16).status, 0); /* upper half */
    answer = kdf(&lab, 0x51, 0, 0x10000002, message, 16);                    /* as a source */
    assert_memory_equal(answer.bytes, both, 32);
    load_vector_key(&lab, message);
    assert_int_equal(kdf(&lab, 0x00, 0, 0x10000101, message, 16).status, 0); /* all 64 bytes */
    answer = kdf(&lab, 0x51, 0, 0x10000002, message, 16);
    hmac(prf + 32, message, 16, both);
    assert_memory_equal(answer.bytes, both, 32);
    lab_close(&lab);
}

static void test_kdf_refusals(void **state)
{
    static const struct {
        const char *name;
        uint8_t mode;
        uint16_t slots;
        uint32_t details;
        size_t len;
        int status;
    } rows[] = {
        {"mode bit 7", 0x90, 0, 0x10000001, 16, PARSE},
        {"algorithm 3", 0x70, 0, 0x10000001, 16, PARSE},
        {"target 6", 0x18, 0, 0x10000001, 16, PARSE},
        {"source slot 16", 0x12, 16, 0x10000001, 16, PARSE},
        {"target slot 16", 0x08, 16 << 8, 0x10000001, 16, PARSE},
        {"length differs", 0x10, 0, 0x0f000001, 16, PARSE},
        {"PRF without a message", 0x10, 0, 0x00000001, 0, PARSE},
        {"PRF details", 0x10, 0, 0x10000009, 16, PARSE},
        {"AES message of 15", 0x30, 0, 0, 15, PARSE},
        {"64 bytes to the upper half", 0x04, 0, 0x10000101, 16, PARSE},
        {"64 bytes to the alternate key", 0x0c, 0, 0x10000101, 16, PARSE},
        {"AEAD to the bus", 0x10, 0, 0x10000201, 16, PARSE},
        {"key longer than TempKey", 0x10, 0, 0x10000002, 16, EXECUTION},
        {"upper half not there", 0x11, 0, 0x10000001, 16, EXECUTION},
        {"alternate key not there", 0x13, 0, 0x10000001, 16, EXECUTION},
        {"private source", 0x12, 0, 0x10000001, 16, EXECUTION},
        {"source without authorisation", 0x12, 7, 0x10000001, 16, EXECUTION},
        {"AES key of no AES slot", 0x32, 4, 0, 16, EXECUTION},
        {"private target", 0x08, 0, 0x10000001, 16, EXECUTION},
        {"target never written", 0x08, 3 << 8, 0x10000001, 16, EXECUTION},
        {"64 bytes to a slot of 36", 0x08, 4 << 8, 0x10000101, 16, EXECUTION},
        {"AES slot", 0x32, 5, 0, 16, 0},
        {"limited use", 0x12, 13, 0x10000001, 16, 0},
    };
    uint8_t message[16];
    struct lab lab;

    (void)state;
    cabinet_open(&lab, cabinet_config);
    load_vector_key(&lab, message);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const int status = kdf(&lab, rows[i].mode, rows[i].slots, rows[i].details, message, rows[i].len).status;

        if (status != rows[i].status)
            fail_msg("%s: %02x", rows[i].name, (unsigned)status);
    }
    assert_int_equal(lab_command(&lab, 0x24, 0, 0, NULL, 0).bytes[0], 1);
    lab_close(&lab);
}

static void test_kdf_protection(void **state)
{
    static const struct {
        uint16_t options;
        int clear;
        int encrypted;
        int aes;
    } rows[] = {
        {0xf006, 0, 0, 0},
        {0xf004, 0, EXECUTION, 0},
        {0xf002, 0, 0, PARSE},
        {0xf406, EXECUTION, 0, EXECUTION},
        {0xf806, EXECUTION, EXECUTION, EXECUTION},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t message[16];
        struct lab lab;

        open_with_options(&lab, rows[i].options);
        load_vector_key(&lab, message);
        assert_int_equal(kdf(&lab, 0x10, 0, 0x10000001, message, 16).status, rows[i].clear);
        assert_int_equal(kdf(&lab, 0x14, 0, 0x10000001, message, 16).status, rows[i].encrypted);
        assert_int_equal(kdf(&lab, 0x30, 0, 0, message, 16).status, rows[i].aes);
        assert_int_equal(kdf(&lab, 0x0c, 0, 0x10000001, message, 16).status, 0);
        lab_close(&lab);
    }
}

/* ---- SecureBoot ---- */

struct image {
    uint8_t data[96]; /* digest and signature */
};

static struct image make_image(const char *text)
{
    const struct lab_key_pair boot = lab_make_key("boot");
    struct image image;

    lab_sha256(text, strlen(text), image.data);
    lab_sign(&boot, image.data, image.data + 32);
    return image;
}

static void open_boot(struct lab *lab, uint8_t boot_mode)
{
    uint8_t config[128];

    memcpy(config, cabinet_config, 128);
    config[70] = boot_mode;
    cabinet_open(lab, config);
}

static void test_boot_modes(void **state)
{
    const struct image good = make_image("firmware");
    struct image bad = make_image("other");

    (void)state;
    memcpy(bad.data + 32, good.data + 32, 64);
    for (uint8_t config = 0; config < 4; config++) {
        const bool stores = config >= 2;
        struct lab lab;

        open_boot(&lab, config);
        assert_int_equal(lab_command(&lab, 0x80, 5, 0, good.data, 96).status, config == 0 ? EXECUTION : 0);
        assert_int_equal(lab_command(&lab, 0x80, 5, 0, bad.data, 96).status, config == 0 ? EXECUTION : 1);
        assert_int_equal(lab_command(&lab, 0x80, 6, 0, good.data, 32).status, stores ? 1 : EXECUTION);
        assert_int_equal(lab_command(&lab, 0x80, 7, 0, bad.data, 96).status, stores ? 1 : EXECUTION);
        assert_int_equal(lab_command(&lab, 0x80, 6, 0, bad.data, 32).status, stores ? 1 : EXECUTION);
        assert_int_equal(lab_command(&lab, 0x80, 7, 0, good.data, 96).status, stores ? 0 : EXECUTION);
        if (stores)
            assert_memory_equal(read_slot(&lab, 12).bytes, config == 3 ? good.data : good.data + 32, 32);
        assert_int_equal(lab_command(&lab, 0x80, 6, 0, good.data, 32).status, stores ? 0 : EXECUTION);
        assert_int_equal(lab_command(&lab, 0x80, 6, 0, bad.data, 32).status, stores ? 1 : EXECUTION);
        assert_int_equal(lab_command(&lab, 0x80, 4, 0, good.data, 96).status, PARSE);
        assert_int_equal(lab_command(&lab, 0x80, 0x0d, 0, good.data, 96).status, PARSE);
        assert_int_equal(lab_command(&lab, 0x80, 5, 1, good.data, 96).status, PARSE);
        assert_int_equal(lab_command(&lab, 0x80, 5, 0, good.data, 32).status, PARSE);
        assert_int_equal(lab_command(&lab, 0x80, 6, 0, good.data, 96).status, PARSE);
        lab_close(&lab);
    }
}

static void test_boot_latch_and_end(void **state)
{
    const struct image good = make_image("firmware");
    struct lab lab;

    (void)state;
    open_boot(&lab, 0x0b); /* FullDig, sets the latch */
    assert_int_equal(lab_command(&lab, 0x30, 4, 0, NULL, 0).bytes[0], 0);
    assert_int_equal(lab_command(&lab, 0x80, 0x45, 0, good.data, 96).status, 0);
    assert_int_equal(lab_command(&lab, 0x30, 4, 0, NULL, 0).bytes[0], 1);
    assert_int_equal(lab_command(&lab, 0x80, 5, 0, good.data, 96).status, EXECUTION);
    lab_wake(&lab);
    lab_sleep(&lab);
    assert_int_equal(lab_command(&lab, 0x80, 5, 0, good.data, 96).status, EXECUTION);
    virtual_power_cycle(lab.chip);
    assert_int_equal(lab_command(&lab, 0x80, 5, 0, good.data, 96).status, 0);
    lab_close(&lab);
}

/* Encrypted digest and MAC: the worked vectors of key and digest, and the MAC's formula. */
static void test_boot_on_hostile_bus(void **state)
{
    struct image image = make_image("firmware");
    uint8_t key[32];
    uint8_t challenge[32];
    uint8_t cipher[32];
    uint8_t message[132];
    uint8_t expected[32];
    struct answer answer;
    struct lab lab;

    (void)state;
    lab_hex("0D67A074F05D98C44ABA1DCB5B25E11BFECD0C835C75A1454100D60518AAEE38", key, 32);
    lab_hex("8DE622F774D81E43C2339740D7A86F946E5C9E10C8E037D2D9994C9E843770A7", cipher, 32);
    for (unsigned i = 0; i < 32; i++)
        challenge[i] = (uint8_t)(0x80 + i);
    open_boot(&lab, 0x13); /* FullDig, wants a nonce */
    assert_int_equal(lab_command(&lab, 0x80, 5, 0, image.data, 96).status, EXECUTION);
    memcpy(message, key, 32);
    memcpy(message + 32, image.data, 96);
    for (unsigned i = 0; i < 32; i++)
        image.data[i] ^= key[i];
    assert_int_equal(lab_command(&lab, 0x80, 0x85, 0, image.data, 96).status, EXECUTION); /* no TempKey */
    lab_nonce_fixed(&lab, lab_key);
    assert_int_equal(lab_command(&lab, 0x80, 0x85, 0, image.data, 96).status, EXECUTION); /* the host's own */
    lab_nonce_random(&lab);
    answer = lab_command(&lab, 0x80, 0x87, 0, image.data, 96);
    assert_int_equal(answer.len, 32);
    lab_hex("80870000", message + 128, 4);
    lab_sha256(message, 132, expected);
    assert_memory_equal(answer.bytes, expected, 32);
    assert_int_equal(lab_command(&lab, 0x80, 0x87, 0, image.data, 96).status, EXECUTION); /* TempKey is spent */
    lab_nonce_random(&lab);
    image.data[0] ^= 1;
    assert_int_equal(lab_command(&lab, 0x80, 0x85, 0, image.data, 96).status, 1);

    assert_int_equal(lab_command(&lab, 0x12, 0x82, 12 << 3, challenge, 32).status, 0); /* the vector's digest */
    lab_nonce_random(&lab);
    answer = lab_command(&lab, 0x80, 0x86, 0, cipher, 32);
    assert_int_equal(answer.len, 32);
    memcpy(message + 32, challenge, 32);
    lab_hex("80860000", message + 64, 4);
    lab_sha256(message, 68, expected);
    assert_memory_equal(answer.bytes, expected, 32);
    lab_close(&lab);
}

/* ---- SelfTest ---- */

static void test_selftest(void **state)
{
    uint8_t config[128];
    struct answer answer;
    struct lab lab;

    (void)state;
    memcpy(config, cabinet_config, 128);
    config[19] = 0x04; /* long watchdog: there are many tests in one wake period */
    cabinet_open(&lab, config);
    lab_reopen(&lab); /* groups count from 1 */
    assert_true(virtual_arm_fault(lab.chip, "selftest@2.16"));
    answer = lab_command(&lab, 0x77, 0x3d, 0, NULL, 0);
    assert_int_equal(answer.status, 0);
    /* In one wake period: the state ends with it. */
    lab_wake(&lab);
    assert_true(lab_send(&lab, 0x77, 0x3b, 0, NULL, 0));
    assert_int_equal(lab_receive(&lab).bytes[0], 16);
    assert_true(lab_send(&lab, 0x30, 0, 0, NULL, 0));
    assert_int_equal(lab_receive(&lab).status, 7);
    assert_true(lab_send(&lab, 0x02, 0x02, 0x40, NULL, 0));
    assert_int_equal(lab_receive(&lab).status, 7);
    assert_true(lab_send(&lab, 0x02, 0x80, 0, NULL, 0));
    assert_int_equal(lab_receive(&lab).len, 32);
    assert_true(lab_send(&lab, 0x99, 0, 0, NULL, 0));
    assert_int_equal(lab_receive(&lab).status, PARSE);
    assert_true(lab_send(&lab, 0x77, 0x00, 0, NULL, 0));
    assert_int_equal(lab_receive(&lab).bytes[0], 16);
    assert_true(lab_send(&lab, 0x77, 0x20, 0, NULL, 0)); /* another test does not help */
    assert_int_equal(lab_receive(&lab).bytes[0], 0);
    assert_true(lab_send(&lab, 0x30, 0, 0, NULL, 0));
    assert_int_equal(lab_receive(&lab).status, 7);
    assert_true(lab_send(&lab, 0x77, 0x10, 0, NULL, 0));
    assert_int_equal(lab_receive(&lab).bytes[0], 0);
    assert_true(lab_send(&lab, 0x30, 0, 0, NULL, 0));
    assert_int_equal(lab_receive(&lab).len, 4);
    assert_true(lab_send(&lab, 0x77, 0x40, 0, NULL, 0));
    assert_int_equal(lab_receive(&lab).status, PARSE);
    assert_true(lab_send(&lab, 0x77, 0x3d, 1, NULL, 0));
    assert_int_equal(lab_receive(&lab).status, PARSE);
    lab_idle(&lab);
    assert_true(virtual_arm_fault(lab.chip, "selftest@1.1"));
    assert_int_equal(lab_command(&lab, 0x77, 0x01, 0, NULL, 0).bytes[0], 1);
    assert_int_equal(lab_command(&lab, 0x30, 0, 0, NULL, 0).len, 4); /* a new wake has cleared it */
    lab_close(&lab);
}

/* The tests that a wake makes: 20 ms instead of 1.5, and 07 in the wake group when one fails. */
static void test_selftest_on_wake(void **state)
{
    uint8_t config[128];
    const struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG, .config = config};
    struct answer answer;
    struct lab lab;

    (void)state;
    memcpy(config, cabinet_config, 128);
    config[AT_OPTIONS] |= 1;
    lab_open_part(&lab, &making);
    assert_true(virtual_arm_fault(lab.chip, "selftest@1.4"));
    lab_wake(&lab);
    assert_false(virtual_i2c_start(lab.chip, 0xc1));
    virtual_i2c_stop(lab.chip);
    virtual_wait_ns(lab.chip, 18500 * 1000);
    answer = lab_receive(&lab);
    assert_int_equal(answer.status, 7);
    assert_true(lab_send(&lab, 0x1b, 0, 0, NULL, 0));
    assert_int_equal(lab_receive(&lab).status, 7);
    lab_sleep(&lab);
    lab_wake(&lab);
    virtual_wait_ns(lab.chip, 20000 * 1000);
    assert_int_equal(lab_receive(&lab).status, 0x11);
    lab_close(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_io_decrypt),
        cmocka_unit_test(test_ecdh_from_slot),
        cmocka_unit_test(test_ecdh_clear_from_slot_8f20),
        cmocka_unit_test(test_tempkey_public_key),
        cmocka_unit_test(test_ecdh_from_tempkey),
        cmocka_unit_test(test_ecdh_refusals),
        cmocka_unit_test(test_ecdh_protection),
        cmocka_unit_test(test_kdf_vectors),
        cmocka_unit_test(test_hkdf_messages),
        cmocka_unit_test(test_hkdf_spare_message),
        cmocka_unit_test(test_kdf_places),
        cmocka_unit_test(test_kdf_refusals),
        cmocka_unit_test(test_kdf_protection),
        cmocka_unit_test(test_boot_modes),
        cmocka_unit_test(test_boot_latch_and_end),
        cmocka_unit_test(test_boot_on_hostile_bus),
        cmocka_unit_test(test_selftest),
        cmocka_unit_test(test_selftest_on_wake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
