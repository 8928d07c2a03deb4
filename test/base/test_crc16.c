/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chip's CRC: groups as real parts and Microchip's library put them on the wire, and an independent second way to
 * compute it (the reflected CRC-16/ARC, then its bits reversed, as Linux's atmel-i2c driver does).
 */
#include "base/crc16.h"

#include "base/hex.h"
#include "base/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ZEROS_20 "0000000000000000000000000000000000000000"
#define ZEROS_32 ZEROS_20 "000000000000000000000000"

static const struct {
    const char *name, *bytes, *crc;
} vectors[] = {
    {"nothing", "", "0000"},
    {"wake reply", "0411", "3343"},
    {"success", "0400", "0340"},
    {"miscompare", "0401", "00C3"},
    {"parse error", "0403", "8342"},
    {"ECC fault", "0405", "C343"},
    {"self-test error", "0407", "40C2"},
    {"health-test error", "0408", "60C0"},
    {"execution error", "040F", "2342"},
    {"watchdog about to expire", "04EE", "3141"},
    {"communication error", "04FF", "0142"},
    {"Info(Revision)", "0730000000", "035D"},
    {"Info reply, 608A", "0700006002", "8038"},
    {"Info reply, 608B", "0700006003", "83BB"},
    {"Info reply, 508A", "0700005000", "0391"},
    {"Random", "071B000000", "24CD"},
    {"Random reply, config unlocked", "23FFFF0000FFFF0000FFFF0000FFFF0000FFFF0000FFFF0000FFFF0000FFFF0000", "411A"},
    {"Read config block 0", "0702800000", "09AD"},
    {"Read config word 21", "0702001500", "175D"},
    {"Read slot 8 block 1", "0702824001", "0A27"},
    {"Nonce random, zeros", "1B16000000" ZEROS_20, "7DE0"},
    {"Nonce to TempKey, zeros", "2716030000" ZEROS_32, "C7B8"},
    {"Nonce to message digest buffer, zeros", "2716430000" ZEROS_32, "143A"},
    {"GenKey create, slot 0", "0740040000", "8387"},
    {"GenKey public, slot 0", "0740000000", "0005"},
    {"Sign from TempKey, slot 0", "0741800000", "2805"},
    {"Sign from message digest buffer, slot 0", "0741A00000", "7B85"},
    {"Lock config, no CRC", "0717800000", "398D"},
    {"Lock data, no CRC", "0717810000", "3A07"},
    {"SHA start", "0747000000", "2E85"},
    {"SelfTest all", "07773B0000", "9DFB"},
    {"Counter 0 read", "0724000000", "0CFD"},
    {"Counter 1 increment", "0724010100", "06F7"},
    {"UpdateExtra mode 1 value 6A", "0720016A00", "0683"},
};

static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        uint8_t memory[64];
        struct bytes_out in = {.data = memory, .cap = sizeof(memory)};
        uint8_t crc[2];
        char text[HEX_SIZE(2)];

        assert_true(hex_decode(vectors[i].bytes, strlen(vectors[i].bytes), &in, NULL));
        store16_le(crc, crc16_update(CRC16_START, bytes_written(&in)));
        hex_encode(bytes_of(crc, sizeof(crc)), text);
        if (strcmp(text, vectors[i].crc) != 0)
            fail_msg("%s: %s, not %s", vectors[i].name, text, vectors[i].crc);
    }
}

static uint16_t reflected_then_reversed(struct bytes in)
{
    uint16_t crc = 0;
    uint16_t reversed = 0;

    for (size_t i = 0; i < in.len; i++) {
        crc = (uint16_t)(crc ^ in.data[i]);
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)((crc & 1) != 0 ? crc >> 1 ^ 0xA001 : crc >> 1);
    }
    for (int bit = 0; bit < 16; bit++)
        reversed = (uint16_t)(reversed << 1 | (crc >> bit & 1));
    return reversed;
}

static void test_agrees_with_second_way(void **state)
{
    uint8_t in[200];

    (void)state;
    for (size_t i = 0; i < sizeof(in); i++)
        in[i] = (uint8_t)(i * i + 31 * i + 7);
    for (size_t len = 0; len <= sizeof(in); len++)
        assert_int_equal(crc16_update(CRC16_START, bytes_of(in, len)), reflected_then_reversed(bytes_of(in, len)));
}

static void test_continues_at_any_cut(void **state)
{
    const uint8_t in[] = {0x07, 0x40, 0x04, 0x02, 0x00, 0xA5, 0x5A};
    uint16_t whole = crc16_update(CRC16_START, bytes_of(in, sizeof(in)));

    (void)state;
    for (size_t cut = 0; cut <= sizeof(in); cut++)
        assert_int_equal(
            crc16_update(crc16_update(CRC16_START, bytes_of(in, cut)), bytes_of(in + cut, sizeof(in) - cut)), whole);
}

static void test_sees_every_flipped_bit(void **state)
{
    uint8_t in[] = {0x23, 0xFF, 0x00, 0x12, 0x80, 0x01};
    uint16_t whole = crc16_update(CRC16_START, bytes_of(in, sizeof(in)));

    (void)state;
    for (size_t bit = 0; bit < 8 * sizeof(in); bit++) {
        in[bit / 8] = (uint8_t)(in[bit / 8] ^ (1u << (bit % 8)));
        assert_int_not_equal(crc16_update(CRC16_START, bytes_of(in, sizeof(in))), whole);
        in[bit / 8] = (uint8_t)(in[bit / 8] ^ (1u << (bit % 8)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_agrees_with_second_way),
        cmocka_unit_test(test_continues_at_any_cut),
        cmocka_unit_test(test_sees_every_flipped_bit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
