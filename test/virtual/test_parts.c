/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts: the three one can buy, one from each real config dump, images no part can have, and seeds that repeat.
 */
#include "test/virtual/lab.h"
#include "virtual/chip/certificates.h"
#include "virtual/chip/crypto.h"
#include "virtual/chip/virtual_invasive.h"

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

/* 30 00 00 00 answers what the part was made with, the config zone keeps its own bytes; both outlive a power cycle. */
static void test_revision_apart_from_config(void **state)
{
    static const uint8_t later[4] = {0x00, 0x00, 0x60, 0x04};
    static const uint8_t none[4] = {0};
    static const uint8_t *const answers[] = {later, none};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct virtual_making making = {.part = VIRTUAL_BLANK, .revision = answers[i]};
        struct lab lab;

        lab_open_part(&lab, &making);
        for (unsigned life = 0; life < 2; life++) {
            struct answer answer = lab_command(&lab, 0x30, 0x00, 0x0000, NULL, 0);

            assert_int_equal(answer.len, 4);
            assert_memory_equal(answer.bytes, answers[i], 4);
            answer = lab_command(&lab, 0x02, 0x00, 0x0001, NULL, 0);
            assert_int_equal(answer.len, 4);
            assert_memory_equal(answer.bytes, ((const uint8_t[4]){0x00, 0x00, 0x60, 0x03}), 4);
            assert_int_equal(lab_status(&lab, 0x20, 0x00, (uint16_t)(life == 0 ? 0x15 : 0x00)), life == 0 ? 0 : 0x0f);
            lab_reopen(&lab);
        }
        lab_close(&lab);
    }
}

/* A part that behaves as one family does not answer as the other. */
static void test_revision_of_another_family(void **state)
{
    static const uint8_t revision_508[4] = {0x00, 0x00, 0x50, 0x00};
    static const uint8_t revision_608[4] = {0x00, 0x00, 0x60, 0x03};
    uint8_t config[128];
    struct virtual_problem problem;
    struct virtual_making making = {.part = VIRTUAL_BLANK, .revision = revision_508};
    struct lab lab;

    (void)state;
    lab_open_empty(&lab);
    assert_int_equal(virtual_create(lab.path, &making, &problem), VIRTUAL_BAD_IMAGE);
    assert_string_equal(problem.cause, "the revision is of another family than the config zone");
    lab_read_dump("508a-blank-1", config);
    making = (struct virtual_making){.part = VIRTUAL_FROM_CONFIG, .config = config, .revision = revision_608};
    assert_int_equal(virtual_create(lab.path, &making, &problem), VIRTUAL_BAD_IMAGE);
    lab_close(&lab);
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

/*
 * What the maker signs is laid out as on real parts: rebuilt from what is public of them (a Trust&GO and a TrustFLEX
 * part and the signer 2C00), Microchip's own signatures hold.
 */
static void test_real_certificates(void **state)
{
    static const char root[] = "BD54E66DE3875484006B53AE1580D50AA069E78ADF5578D85CE2D54DD5B83029"
                               "6BFFDD6E6F7256FBD99EF1A116B11D33AD49103AA1858739DCFAE437E19D634E";
    static const char signer_2c00[] = "2EBA1B2AD0B73E4E44725E0C09348D4092A08BD7A8B7619BFDC7A56EB2054BDC"
                                      "A338F00DC64DEC1D84B4B36EC62426BD4C9340244FA853E235D053C05DF67EF4";
    static const char signer_2c20[] = "9972887C3660FB10873CFE81D037AEC66EE2DE3792561B62BE537AAEEF0E1D72"
                                      "A3869F549A231369FCC1C32CCF958A260C66CECBF1316E00C78E7F536CC4AF14";
    static const struct {
        enum virtual_definition definition;
        const char *serial;
        const char *eui;
        const char *subject_key;
        const char *issuer_key;
        const char *signature;
        const char *trailer;
        size_t tbs_len;
    } rows[] = {
        {VIRTUAL_SIGNER, NULL, NULL, signer_2c00, root,
         "ECC949988F619130B9277322958CFDA97D9B0A8CB8F37894BCC473E9D47A4087"
         "2123D5A2566B89A159BC8A8DE52283CE16B5337B2A2599AFE4D75EFA073ED611",
         "963A9F2C0010A000", 430},
        {VIRTUAL_TLS_DEVICE, "0123A23F29F9366A01", "E8EB1B202027",
         "D330B8B2EDE4D502DF48B54A2F29CC79F901E594FD6BF92DEB6D187AC77F2DBB"
         "B160279A4A20A7E6E3507F973AAD43919BEF2D1C99B29C153323DFCD99106769",
         signer_2c00,
         "E197AA26D2D0AC94AB4DECC230554F5611CD53AE24AD1AE2737EA2D69ECAA2AD"
         "25D05C0E6EA51C603E5A5B84E04CAB5126C6BDB37C8906A159606C3482B024AF",
         "A5AC9C2C0030A000", 457},
        {VIRTUAL_FLEX_DEVICE, "01233BAEDAAEAA5501", NULL,
         "0991CF36F4E15A6E52FC29779D2593285D32C161987ED82CDFE814A7AEF5200E"
         "FEC01C4EFA582297EFECDF8F6150396113E224A1D4738DD55F96F3409A3C1EE8",
         signer_2c20,
         "5CB63359113027AB981EC780E2DA9F9D51FD4FBCBA1C223938A3977ABDF6E741"
         "2C2E7CFC407524DA2BC1DB1ADAE80164A8717386B59593A35257F75DCDB16F2A",
         "A326DC2C2030A000", 411},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t subject[64], issuer[64], signature[64], serial[9], tbs[VIRTUAL_TBS_MAX], digest[32];
        struct virtual_certificate certificate = {.definition = rows[i].definition,
                                                  .subject_key = subject,
                                                  .issuer_key = issuer,
                                                  .serial = rows[i].serial == NULL ? NULL : serial,
                                                  .eui = rows[i].eui};

        lab_hex(rows[i].subject_key, subject, 64);
        lab_hex(rows[i].issuer_key, issuer, 64);
        lab_hex(rows[i].signature, signature, 64);
        lab_hex(rows[i].trailer, certificate.trailer, 8);
        if (rows[i].serial != NULL)
            lab_hex(rows[i].serial, serial, 9);
        assert_int_equal(virtual_build_tbs(&certificate, tbs), rows[i].tbs_len);
        lab_sha256(tbs, rows[i].tbs_len, digest);
        assert_true(lab_verify(issuer, digest, signature));
    }
}

static void read_slot(struct lab *lab, unsigned slot, uint8_t bytes[96])
{
    for (unsigned block = 0; block < 3; block++) {
        const struct answer answer = lab_command(lab, 0x02, 0x82, (uint16_t)(block << 8 | slot << 3), NULL, 0);

        assert_int_equal(answer.len, 32);
        memcpy(bytes + 32 * (size_t)block, answer.bytes, 32);
    }
}

/* The chain of parts as delivered verifies up to the virtual maker's root, whose key docs/internals/virtual-chip.md
 * names. */
static void test_chain(void **state)
{
    static const char root_hex[] = "D89C99DB8B82114D65E6241636746C7C7BF6C1F4C810BC96CFF3FB6C3566FE16"
                                   "4AC1288656FE0F9DE6D4231AABCDC90DED71DD6A1406B3220A852868955C72A4";
    static const enum virtual_part parts[] = {VIRTUAL_TRUST_AND_GO, VIRTUAL_TRUST_FLEX};
    struct virtual_crypto *crypto = virtual_crypto_new();

    (void)state;
    assert_non_null(crypto);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const struct virtual_making making = {.part = parts[i]};
        uint8_t config[128], slot10[96], slot11[96], slot12[96];
        uint8_t root[64], signer_key[64], device[64], serial[9], tbs[VIRTUAL_TBS_MAX], digest[32];
        struct virtual_certificate certificate = {
            .definition = VIRTUAL_SIGNER, .subject_key = signer_key, .issuer_key = root};
        char eui[13] = "";
        struct lab lab;

        lab_hex(root_hex, root, 64);
        lab_open_part(&lab, &making);
        read_slot(&lab, 10, slot10);
        read_slot(&lab, 11, slot11);
        read_slot(&lab, 12, slot12);
        memcpy(signer_key, slot11 + 4, 32);
        memcpy(signer_key + 32, slot11 + 40, 32);
        lab_public_key(&lab, 0, device);
        virtual_peek_config(lab.chip, config);
        memcpy(serial, config, 4);
        memcpy(serial + 4, config + 8, 5);
        memcpy(certificate.trailer, slot12 + 64, 8);
        lab_sha256(tbs, virtual_build_tbs(&certificate, tbs), digest);
        assert_true(lab_verify(root, digest, slot12));
        certificate.definition = VIRTUAL_FLEX_DEVICE;
        certificate.subject_key = device;
        certificate.issuer_key = signer_key;
        certificate.serial = serial;
        memcpy(certificate.trailer, slot10 + 64, 8);
        if (parts[i] == VIRTUAL_TRUST_AND_GO) {
            const struct answer answer = lab_command(&lab, 0x02, 0x82, 5 << 3, NULL, 0);

            memcpy(eui, answer.bytes, 12);
            certificate.definition = VIRTUAL_TLS_DEVICE;
            certificate.eui = eui;
        }
        lab_sha256(tbs, virtual_build_tbs(&certificate, tbs), digest);
        assert_true(lab_verify(signer_key, digest, slot10));
        lab_close(&lab);
    }
    virtual_crypto_free(crypto);
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
        if (virtual_create(lab.path, &making, &problem) != VIRTUAL_BAD_IMAGE || problem.cause == NULL)
            fail_msg("%s, byte %u: taken for a part's", images[i].name, images[i].at);
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
    const uint8_t data[32] = {1};
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
        cmocka_unit_test(test_revision_apart_from_config),
        cmocka_unit_test(test_revision_of_another_family),
        cmocka_unit_test(test_bought_parts),
        cmocka_unit_test(test_trust_and_go_contents),
        cmocka_unit_test(test_real_certificates),
        cmocka_unit_test(test_chain),
        cmocka_unit_test(test_single_wire_part),
        cmocka_unit_test(test_single_wire_variants),
        cmocka_unit_test(test_bad_images),
        cmocka_unit_test(test_seeds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
