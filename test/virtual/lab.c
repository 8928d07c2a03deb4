/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tests' host: written against the bus description, not against the model, and with its own CRC (the reflected
 * form, turned round at the end).
 */
#include "test/virtual/lab.h"
#include "test/support/chip_file.h"
#include "test/support/p256.h"
#include "virtual/chip/virtual_invasive.h"

#include <openssl/evp.h>

#include <stdio.h>
#include <unistd.h>

/*
 * 0 private, signs both, GenKey, lockable     8 data, clear; counter match value 64
 * 1 private, external only, PubInfo 0         9 clear read, encrypted write (4)
 * 2 private, PrivWrite encrypted (4)         10 clear read, never written
 * 3 private, limited use, GenKey             11 public key
 * 4 secret, clear 32-byte writes, lockable   12 secret, ReqRandom; IO protection key
 * 5 encrypted read and write (4)             13 public key, parent of 14, may set the latch
 * 6 secret, NoMac                            14 public key to be validated by 13
 * 7 private, use needs authorisation by 13   15 public key, use needs the latch
 */
const uint8_t lab_config[128] = {
    0x01, 0x23, 0x45, 0x67, 0x00, 0x00, 0x60, 0x03, 0x89, 0xab, 0xcd, 0xef, 0xee, 0x61, 0x55, 0x00, /* 0 */
    0xc0, 0x00, 0x81, 0x00, 0x83, 0x20, 0x81, 0x00, 0x83, 0x44, 0xa1, 0x20, 0x8f, 0x0f, 0xc4, 0x44, /* 16 */
    0x9f, 0x0f, 0x81, 0x20, 0x0f, 0x0f, 0x0f, 0x44, 0x0f, 0x8f, 0x0f, 0x0f, 0x8f, 0x0f, 0x0f, 0x0f, /* 32 */
    0x0d, 0x1f, 0x0f, 0x0f, 0x00, 0x00, 0x00, 0x03, 0x00, 0x01, 0x00, 0x01, 0xff, 0xff, 0xff, 0xff, /* 48 */
    0x00, 0x00, 0x00, 0x00, 0x00, 0x8d, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* 64 */
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x55, 0x55, 0xff, 0xff, 0x02, 0xc0, 0x00, 0x00, 0x00, 0x00, /* 80 */
    0x33, 0x00, 0x11, 0x00, 0x13, 0x00, 0x33, 0x00, 0x3c, 0x00, 0x1c, 0x00, 0x3c, 0x00, 0x93, 0x0d, /* 96 */
    0x3c, 0x00, 0x1c, 0x00, 0x1c, 0x00, 0x10, 0x00, 0x5c, 0x00, 0x30, 0x00, 0x12, 0x00, 0x10, 0x10, /* 112 */
};

const uint8_t lab_key[32] = {
    0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f,
    0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x5b, 0x5c, 0x5d, 0x5e, 0x5f,
};

void lab_open_empty(struct lab *lab)
{
    lab->chip = NULL;
    scratch_make(lab->folder);
    (void)snprintf(lab->path, sizeof lab->path, "%s/chip", lab->folder);
}

void lab_open_part(struct lab *lab, const struct virtual_making *making)
{
    lab_open_empty(lab);
    chip_file_make(lab->path, making);
    lab->chip = chip_file_open(lab->path);
}

void lab_power_off(struct lab *lab)
{
    virtual_close(lab->chip);
    lab->chip = NULL;
}

void lab_reopen(struct lab *lab)
{
    lab_power_off(lab);
    lab->chip = chip_file_open(lab->path);
}

void lab_close(struct lab *lab)
{
    lab_power_off(lab);
    scratch_remove(lab->folder);
}

/* ---- the bus ---- */

uint16_t lab_crc(const uint8_t *data, size_t len)
{
    unsigned crc = 0;
    unsigned turned = 0;

    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = (crc & 1) != 0 ? crc >> 1 ^ 0xa001 : crc >> 1;
    }
    for (unsigned bit = 0; bit < 16; bit++)
        turned |= (crc >> bit & 1) << (15 - bit);
    return (uint16_t)turned;
}

void lab_wake(struct lab *lab)
{
    virtual_i2c_sda_low(lab->chip, 80);
    virtual_wait_ns(lab->chip, 1500 * 1000);
}

bool lab_write(struct lab *lab, uint8_t word_address, const uint8_t *data, size_t len)
{
    bool taken =
        virtual_i2c_start(lab->chip, virtual_i2c_address(lab->chip)) && virtual_i2c_write(lab->chip, word_address);

    for (size_t i = 0; taken && i < len; i++)
        taken = virtual_i2c_write(lab->chip, data[i]);
    virtual_i2c_stop(lab->chip);
    return taken;
}

void lab_idle(struct lab *lab)
{
    (void)lab_write(lab, 2, NULL, 0);
}

void lab_sleep(struct lab *lab)
{
    (void)lab_write(lab, 1, NULL, 0);
}

bool lab_send(struct lab *lab, uint8_t opcode, uint8_t param1, uint16_t param2, const uint8_t *data, size_t data_len)
{
    uint8_t group[200] = {(uint8_t)(data_len + 7), opcode, param1, (uint8_t)param2, (uint8_t)(param2 >> 8)};
    uint16_t crc = 0;

    assert_true(data_len + 7 <= sizeof group);
    if (data_len != 0)
        memcpy(group + 5, data, data_len);
    crc = lab_crc(group, data_len + 5);
    group[data_len + 5] = (uint8_t)crc;
    group[data_len + 6] = (uint8_t)(crc >> 8);
    return lab_write(lab, 3, group, data_len + 7);
}

struct answer lab_receive(struct lab *lab)
{
    struct answer answer = {.status = NO_ANSWER};
    uint8_t group[256];

    for (unsigned tries = 0; tries < 3000; tries++) {
        if (virtual_i2c_start(lab->chip, virtual_i2c_address(lab->chip) | 1)) {
            group[0] = virtual_i2c_read(lab->chip);
            for (unsigned i = 1; i < group[0]; i++)
                group[i] = virtual_i2c_read(lab->chip);
            virtual_i2c_stop(lab->chip);
            assert_in_range(group[0], 4, sizeof answer.bytes);
            assert_int_equal(lab_crc(group, group[0] - 2u), group[group[0] - 2] | group[group[0] - 1] << 8);
            answer.len = group[0] - 3u;
            memcpy(answer.bytes, group + 1, answer.len);
            answer.status = answer.len == 1 ? answer.bytes[0] : 0;
            return answer;
        }
        virtual_i2c_stop(lab->chip);
        virtual_wait_ns(lab->chip, 1000 * 1000);
    }
    return answer;
}

struct answer lab_command(struct lab *lab, uint8_t opcode, uint8_t param1, uint16_t param2, const uint8_t *data,
                          size_t data_len)
{
    struct answer answer = {.status = NO_ANSWER};

    lab_wake(lab);
    if (lab_send(lab, opcode, param1, param2, data, data_len))
        answer = lab_receive(lab);
    lab_idle(lab);
    return answer;
}

int lab_status(struct lab *lab, uint8_t opcode, uint8_t param1, uint16_t param2)
{
    return lab_command(lab, opcode, param1, param2, NULL, 0).status;
}

/* ---- common steps ---- */

void lab_nonce_fixed(struct lab *lab, const uint8_t value[32])
{
    assert_int_equal(lab_command(lab, 0x16, 0x03, 0, value, 32).status, 0);
}

void lab_nonce_message(struct lab *lab, const uint8_t value[32])
{
    assert_int_equal(lab_command(lab, 0x16, 0x43, 0, value, 32).status, 0);
}

void lab_nonce_random(struct lab *lab)
{
    uint8_t rand_out[32];
    uint8_t num_in[20];

    for (unsigned i = 0; i < 32; i++)
        rand_out[i] = (uint8_t)(0xa0 + i);
    for (unsigned i = 0; i < 20; i++)
        num_in[i] = (uint8_t)i;
    /* Nonce with Param2 8000 hashes TempKey in place of a random number, and counts as random. */
    lab_nonce_fixed(lab, rand_out);
    assert_int_equal(lab_command(lab, 0x16, 0x00, 0x8000, num_in, 20).status, 0);
}

void lab_gendig(struct lab *lab, unsigned slot)
{
    assert_int_equal(lab_status(lab, 0x15, 0x02, (uint16_t)slot), 0);
}

void lab_public_key(struct lab *lab, unsigned slot, uint8_t point[64])
{
    const struct answer answer = lab_command(lab, 0x40, 0x00, (uint16_t)slot, NULL, 0);

    assert_int_equal(answer.len, 64);
    memcpy(point, answer.bytes, 64);
}

void lab_write_public_key(struct lab *lab, unsigned slot, const uint8_t point[64])
{
    uint8_t padded[96] = {0};

    memcpy(padded + 4, point, 32);
    memcpy(padded + 40, point + 32, 32);
    for (unsigned block = 0; block < 3; block++)
        assert_int_equal(
            lab_command(lab, 0x12, 0x82, (uint16_t)(block << 8 | slot << 3), padded + 32u * block, 32).status, 0);
}

void lab_assert_tempkey(struct lab *lab, const uint8_t expected[32])
{
    uint8_t message[55] = {0};
    uint8_t digest[32];
    struct answer answer;

    memcpy(message, expected, 32);
    message[52] = 0x16;
    lab_sha256(message, sizeof message, digest);
    answer = lab_command(lab, 0x16, 0x00, 0x8000, message + 32, 20);
    assert_int_equal(answer.len, 32);
    assert_memory_equal(answer.bytes, digest, 32);
}

/* Every data slot gets known content, every private one but slot 2 a key. */
static void fill(struct lab *lab)
{
    static const uint8_t match[32] = {64, 0, 0, 0, 64};
    const struct lab_key_pair parent = lab_make_key("parent");
    uint8_t key[36] = {0};

    for (unsigned slot = 0; slot < 16; slot++) {
        const struct lab_key_pair pair = lab_make_key("slot");

        if (slot == 2)
            continue;
        if (slot == 8) {
            assert_int_equal(lab_command(lab, 0x12, 0x82, 0x0040, match, 32).status, 0);
        } else if (slot >= 13) {
            lab_write_public_key(lab, slot, parent.point);
        } else if ((lab_config[96 + 2 * slot] & 1) != 0) {
            memcpy(key + 4, pair.scalar, 32);
            key[35] ^= (uint8_t)slot;
            assert_int_equal(lab_command(lab, 0x46, 0x00, (uint16_t)slot, key, 36).status, 0);
        } else {
            assert_int_equal(lab_command(lab, 0x12, 0x82, (uint16_t)(slot << 3), lab_key, 32).status, 0);
        }
    }
}

void lab_open(struct lab *lab, enum lab_state state)
{
    const struct virtual_making making = {
        .part = VIRTUAL_FROM_CONFIG, .config = lab_config, .has_seed = true, .seed = 7};

    lab_open_part(lab, &making);
    if (state == LAB_A)
        return;
    assert_int_equal(lab_status(lab, 0x17, 0x80, 0), 0);
    fill(lab);
    if (state == LAB_C)
        assert_int_equal(lab_status(lab, 0x17, 0x81, 0), 0);
    lab_sleep(lab);
    virtual_power_cycle(lab->chip);
}

/* ---- libcrypto ---- */

void lab_sha256(const void *data, size_t len, uint8_t digest[32])
{
    assert_int_equal(EVP_Digest(data, len, digest, NULL, EVP_sha256(), NULL), 1);
}

void lab_hex(const char *hex, uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char pair[3];
        char *end = NULL;

        while (*hex == ' ')
            hex++;
        memcpy(pair, hex, 2);
        pair[2] = '\0';
        bytes[i] = (uint8_t)strtoul(pair, &end, 16);
        assert_ptr_equal(end, pair + 2);
        hex += 2;
    }
    assert_int_equal(*hex, '\0');
}

struct lab_key_pair lab_make_key(const char *name)
{
    struct lab_key_pair pair;

    lab_sha256(name, strlen(name), pair.scalar);
    pair.scalar[0] = 0x11; /* surely below the order */
    p256_public_of(pair.scalar, pair.point);
    return pair;
}

void lab_sign(const struct lab_key_pair *key, const uint8_t digest[32], uint8_t signature[64])
{
    p256_sign(key->scalar, digest, signature);
}

bool lab_verify(const uint8_t point[64], const uint8_t digest[32], const uint8_t signature[64])
{
    return p256_verifies(point, digest, 32, signature);
}

void lab_read_dump(const char *name, uint8_t config[128])
{
    char path[512];
    char line[512];
    size_t at = 0;
    FILE *file = NULL;

    (void)snprintf(path, sizeof path, "%s/configs/%s.hex", IMPRINT_TEST_DATA, name);
    file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '#')
            continue;
        assert_true(at < 128);
        line[strcspn(line, "\r\n")] = '\0';
        lab_hex(line, config + at, 16);
        at += 16;
    }
    assert_int_equal(at, 128);
    (void)fclose(file);
}

/* The first two bytes of Info(State): flags, then Valid and authorisation. */
unsigned lab_state_of(struct lab *lab)
{
    const struct answer answer = lab_command(lab, 0x30, 2, 0, NULL, 0);

    assert_int_equal(answer.len, 4);
    return (unsigned)answer.bytes[0] << 8 | answer.bytes[1];
}

uint32_t lab_counter0(struct lab *lab)
{
    const struct answer answer = lab_command(lab, 0x24, 0, 0, NULL, 0);

    return (uint32_t)(answer.bytes[0] | answer.bytes[1] << 8);
}

void lab_sign_and_check(struct lab *lab, unsigned slot, uint8_t mode, const uint8_t point[64])
{
    uint8_t digest[32];
    struct answer answer;

    lab_sha256(&mode, 1, digest);
    if ((mode & 0x20) != 0)
        lab_nonce_message(lab, digest);
    else
        lab_nonce_fixed(lab, digest);
    answer = lab_command(lab, 0x41, mode, (uint16_t)slot, NULL, 0);
    assert_int_equal(answer.len, 64);
    assert_true(lab_verify(point, digest, answer.bytes));
    digest[0] ^= 1;
    assert_false(lab_verify(point, digest, answer.bytes));
    assert_int_equal(lab_status(lab, 0x41, mode, (uint16_t)slot), 0x0f); /* the message is spent */
}

/* Authorises key 13 by a signature of its private half. */
void lab_authorise(struct lab *lab)
{
    const struct lab_key_pair parent = lab_make_key("parent");
    uint8_t signature[64];

    lab_sign(&parent, lab_key, signature);
    lab_nonce_fixed(lab, lab_key);
    assert_int_equal(lab_command(lab, 0x45, 0x00, 13, signature, 64).status, 0);
}
