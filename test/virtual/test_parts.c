/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts: the three one can buy, one from each real config dump, images no part can have, and seeds that repeat.
 */
#include "test/virtual/lab.h"

#include <stdio.h>

static const char *const dumps[] = {
    "508a-arduino-tls",
    "508a-blank-1",
    "508a-blank-2",
    "508a-cryptoauthlib-test",
    "508a-mbed-dev-template",
    "508a-mbed-readme-device",
    "508a-nerveskey-template",
    "508a-nitrokey-u2f",
    "508a-zerotouch-template",
    "608-cryptoauthlib-pkcs11",
    "608-cryptoauthlib-test",
    "608-tflxtls-grisp-template",
    "608-tflxtls-tool-template",
    "608a-blank-rev6001",
    "608a-blank-rev6002",
    "608a-coldcard",
    "608a-default-locked",
    "608a-riot-example",
    "608a-tngtls",
    "608b-blank-rev6003",
    "608b-default-locked",
    "608b-tflxtls",
    "608b-tngtls",
    "608b-trustcustom-kit",
};

static void read_config(struct lab *lab, uint8_t config[128])
{
    for (unsigned block = 0; block < 4; block++) {
        const struct answer answer = lab_command(lab, 0x02, 0x80, (uint16_t)(block << 3), NULL, 0);

        assert_int_equal(answer.len, 32);
        memcpy(config + 32 * block, answer.bytes, 32);
    }
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

/* Each dump makes a part that reads the same; only serial bytes left open as zeros, and empty templates, are filled. */
static void test_dumps(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof dumps / sizeof dumps[0]; i++) {
        uint8_t config[128];
        uint8_t read[128];
        uint8_t peeked[128];
        const struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG, .config = config};
        struct lab lab;

        lab_read_dump(dumps[i], config);
        lab_open_part(&lab, &making);
        read_config(&lab, read);
        virtual_peek_config(lab.chip, peeked);
        assert_memory_equal(read, peeked, 128);
        assert_memory_equal(read + 16, config + 16, 112);
        assert_int_equal(read[0], 0x01);
        assert_int_equal(read[1], 0x23);
        assert_false(is_zero(read + 2, 2) && is_zero(read + 8, 4));
        if (!is_zero(config, 16)) {
            assert_memory_equal(read + 4, config + 4, 4);
            assert_memory_equal(read + 12, config + 12, 4);
        }
        if (!is_zero(config + 2, 2) || !is_zero(config + 8, 4))
            assert_memory_equal(read, config, 16);
        lab_close(&lab);
    }
}

/* A locked part comes with a key in each of its P-256 private slots, an unlocked one with none. */
static void test_keys_of_dumps(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof dumps / sizeof dumps[0]; i++) {
        uint8_t config[128];
        const struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG, .config = config};
        struct lab lab;

        lab_read_dump(dumps[i], config);
        lab_open_part(&lab, &making);
        for (unsigned slot = 0; slot < 16; slot++) {
            const bool private_key = (config[96 + 2 * slot] & 0x1d) == 0x11;
            const struct answer answer = lab_command(&lab, 0x30, 1, (uint16_t)slot, NULL, 0);

            assert_int_equal(answer.bytes[0], private_key && config[86] != 0x55);
        }
        lab_close(&lab);
    }
}

static void test_bought_parts(void **state)
{
    static const struct {
        enum virtual_part part;
        const char *dump;
        uint8_t address;
        uint8_t serial_end;
        const char *otp;
    } parts[] = {
        {VIRTUAL_BLANK, "608b-blank-rev6003", 0xc0, 0xee, NULL},
        {VIRTUAL_TRUST_AND_GO, "608b-tngtls", 0x6a, 0x01, "KQp2ZkD8"},
        {VIRTUAL_TRUST_FLEX, "608b-tflxtls", 0x6c, 0x01, "MKMwyhP1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const struct virtual_making making = {.part = parts[i].part};
        uint8_t config[128];
        uint8_t dump[128];
        struct answer answer;
        struct lab lab;

        lab_open_part(&lab, &making);
        lab_read_dump(parts[i].dump, dump);
        read_config(&lab, config);
        assert_memory_equal(config + 12, dump + 12, 116);
        assert_memory_equal(config + 4, dump + 4, 4);
        assert_int_equal(config[12], parts[i].serial_end);
        assert_int_equal(virtual_i2c_address(lab.chip), parts[i].address);
        answer = lab_command(&lab, 0x02, 0x81, 0, NULL, 0);
        assert_int_equal(answer.status, parts[i].otp == NULL ? 0x0f : 0);
        if (parts[i].otp != NULL) {
            assert_memory_equal(answer.bytes, parts[i].otp, 8);
            assert_true(is_zero(answer.bytes + 8, 24));
        }
        lab_close(&lab);
    }
}

static void test_trust_and_go_contents(void **state)
{
    const struct virtual_making making = {.part = VIRTUAL_TRUST_AND_GO, .has_seed = true, .seed = 1};
    uint8_t config[128];
    char eui[16];
    struct answer answer;
    struct lab lab;

    (void)state;
    lab_open_part(&lab, &making);
    virtual_peek_config(lab.chip, config);
    (void)snprintf(eui, sizeof eui, "E8EB1B%02X%02X%02X", config[9], config[10], config[11]);
    answer = lab_command(&lab, 0x02, 0x82, 5 << 3, NULL, 0);
    assert_memory_equal(answer.bytes, eui, 12);
    assert_int_equal(lab_command(&lab, 0x30, 1, 11, NULL, 0).bytes[0], 1); /* the signer's public key */
    answer = lab_command(&lab, 0x02, 0x82, 0x0200 | 10 << 3, NULL, 0);
    assert_memory_equal(answer.bytes, ((const uint8_t[8]){0xa5, 0xac, 0x9c, 0xff, 0xff, 0x30, 0xa0, 0x00}), 8);
    answer = lab_command(&lab, 0x02, 0x82, 0x0200 | 12 << 3, NULL, 0);
    assert_memory_equal(answer.bytes, ((const uint8_t[8]){0x96, 0x3a, 0x9f, 0xff, 0xff, 0x10, 0xa0, 0x00}), 8);
    lab_close(&lab);
}

/* The Coldcard part is a single-wire one: byte 16 is no address. */
static void test_single_wire_part(void **state)
{
    uint8_t config[128];
    const struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG, .config = config};
    struct lab lab;

    (void)state;
    lab_read_dump("608a-coldcard", config);
    lab_open_part(&lab, &making);
    assert_int_equal(virtual_i2c_address(lab.chip), 0xc0);
    assert_true(virtual_is_single_wire(lab.chip));
    lab_close(&lab);
}

/* The variants without I2C differ from the others in two bytes. */
static void test_single_wire_variants(void **state)
{
    static const struct {
        enum virtual_part part;
        uint8_t gpio;
    } parts[] = {{VIRTUAL_BLANK, 0x00}, {VIRTUAL_TRUST_AND_GO, 0x03}, {VIRTUAL_TRUST_FLEX, 0x03}};

    (void)state;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct virtual_making making = {.part = parts[i].part, .has_seed = true, .seed = 5};
        uint8_t with_i2c[128], config[128];
        struct lab lab;

        lab_open_part(&lab, &making);
        assert_false(virtual_is_single_wire(lab.chip));
        virtual_peek_config(lab.chip, with_i2c);
        lab_close(&lab);
        making.single_wire = true;
        lab_open_part(&lab, &making);
        assert_true(virtual_is_single_wire(lab.chip));
        virtual_peek_config(lab.chip, config);
        assert_int_equal(config[14] & 1, 0);
        assert_int_equal(config[14] | 1, with_i2c[14]);
        assert_int_equal(config[16], parts[i].gpio);
        config[14] = with_i2c[14];
        config[16] = with_i2c[16];
        assert_memory_equal(config, with_i2c, 128);
        lab_close(&lab);
    }
}

static void test_bad_images(void **state)
{
    static const struct {
        const char *name;
        unsigned at;
        uint8_t value;
    } images[] = {
        {"serial", 0, 0x02},
        {"serial", 1, 0x24},
        {"revision", 4, 0x01},
        {"revision", 6, 0x10},
        {"data locked alone", 86, 0x00},
    };

    (void)state;
    for (size_t i = 0; i < sizeof images / sizeof images[0]; i++) {
        uint8_t config[128];
        const struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG, .config = config};
        struct virtual_problem problem;
        struct virtual_chip *chip = NULL;
        struct lab lab;

        memcpy(config, lab_config, 128);
        config[images[i].at] = images[i].value;
        lab_open_empty(&lab);
        assert_int_equal(virtual_create(lab.path, &making, &problem), VIRTUAL_BAD_IMAGE);
        assert_non_null(problem.cause);
        assert_int_equal(virtual_open(lab.path, &chip, &problem), VIRTUAL_NO_FILE);
        lab_close(&lab);
    }
    {
        const struct virtual_making making = {.part = VIRTUAL_FROM_CONFIG};
        struct virtual_problem problem;
        struct lab lab;

        lab_open_empty(&lab);
        assert_int_equal(virtual_create(lab.path, &making, &problem), VIRTUAL_BAD_IMAGE);
        lab_close(&lab);
    }
}

/* A made-up life: random numbers, a new key, a write, a reopening, another key. */
static void live(const struct virtual_making *making, uint8_t story[32])
{
    uint8_t log[128 + 32 + 64 + 32 + 64 + 32];
    uint8_t data[32] = {1};
    struct lab lab;

    lab_open_part(&lab, making);
    read_config(&lab, log);
    memcpy(log + 128, lab_command(&lab, 0x1b, 0, 0, NULL, 0).bytes, 32);
    memcpy(log + 160, lab_command(&lab, 0x40, 0x04, 2, NULL, 0).bytes, 64);
    memcpy(log + 224, lab_command(&lab, 0x1b, 0, 0, NULL, 0).bytes, 32);
    assert_int_equal(lab_command(&lab, 0x12, 0x82, 0x40, data, 32).status, 0);
    lab_reopen(&lab);
    memcpy(log + 256, lab_command(&lab, 0x40, 0x04, 2, NULL, 0).bytes, 64);
    assert_memory_not_equal(log + 160, log + 256, 64);
    virtual_digest(lab.chip, log + 320);
    lab_sha256(log, sizeof log, story);
    lab_close(&lab);
}

static void test_seeds(void **state)
{
    struct virtual_making making = {.part = VIRTUAL_TRUST_AND_GO, .has_seed = true, .seed = 42};
    uint8_t first[32];
    uint8_t second[32];

    (void)state;
    live(&making, first);
    live(&making, second);
    assert_memory_equal(first, second, 32);
    making.seed = 43;
    live(&making, second);
    assert_memory_not_equal(first, second, 32);
    making.has_seed = false;
    live(&making, first);
    live(&making, second);
    assert_memory_not_equal(first, second, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dumps),
        cmocka_unit_test(test_keys_of_dumps),
        cmocka_unit_test(test_bought_parts),
        cmocka_unit_test(test_trust_and_go_contents),
        cmocka_unit_test(test_single_wire_part),
        cmocka_unit_test(test_single_wire_variants),
        cmocka_unit_test(test_bad_images),
        cmocka_unit_test(test_seeds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
