/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who made the part: the chain of virtual parts as delivered holds and is never Microchip's; parts that were tampered
 * with, a real part's certificates on another chip, and a key that does not sign are found out. libcrypto verifies what
 * is kept.
 */
#include "station/genuine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/x509.h>

#include "base/crc16.h"
#include "base/hex.h"
#include "chip/operations.h"
#include "station/verifier.h"
#include "test/support/chip_file.h"
#include "transport/virtual.h"
#include "virtual/chip/image.h"
#include "virtual/chip/policy.h"

/* A chip of its own for each row, in a folder that the group makes. */
static char folder[64], path[80];
static struct verifier verifier;

struct bench {
    struct virtual_chip *part;
    struct transport_virtual transport;
    struct imprint_transport bus;
    struct chip chip;
    struct chip_config config;
};

/* A transport that damages the signature on its way, with a right CRC: a chip that signs with another key. */
static struct imprint_transport_operations damaging;
static const struct imprint_transport_operations *honest;
static unsigned replies_64; /* the first reply of 64 bytes is the public key, the second the signature */

static enum imprint_transport_status damage(void *context, uint8_t *group, size_t cap, size_t *len)
{
    const enum imprint_transport_status status = honest->receive(context, group, cap, len);

    if (status == IMPRINT_TRANSPORT_OK && *len == 67 && group[0] == 67 && ++replies_64 == 2) {
        uint16_t crc;

        group[40] ^= 1;
        crc = crc16_update(0, bytes_of(group, 65));
        group[65] = (uint8_t)crc;
        group[66] = (uint8_t)(crc >> 8);
    }
    return status;
}

static void power_on(struct bench *bench)
{
    bench->part = chip_file_open(path);
    bench->bus = transport_virtual_init(&bench->transport, bench->part);
    chip_init(&bench->chip, &bench->bus);
    assert_int_equal(chip_read_config(&bench->chip, &bench->config, NULL), CHIP_OK);
}

/* Makes a part and changes its memory behind its back. */
static void make_part(enum virtual_part part, void (*change)(struct virtual_memory *))
{
    const struct virtual_making making = {.part = part, .has_seed = true, .seed = 7};
    struct virtual_problem problem = {.cause = NULL};
    struct virtual_image image;
    struct virtual_memory memory;

    chip_file_make(path, &making);
    if (change != NULL) {
        assert_int_equal(virtual_image_open(path, &image, &memory, &problem), VIRTUAL_OK);
        change(&memory);
        assert_int_equal(virtual_image_commit(&image, &memory), 0);
        virtual_image_close(&image);
    }
}

static void look(struct genuine *genuine)
{
    struct bench bench;
    struct error err = {.reason = ERROR_NONE};

    power_on(&bench);
    assert_true(genuine_check(genuine, &bench.chip, &bench.config, &err));
    assert_int_equal(bench.chip.counters.writing, 0);
    virtual_close(bench.part);
}

static void put_hex(char *to, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        (void)snprintf(to + 2 * i, 3, "%02X", bytes[i]);
}

/* What the key in slot 0 signs, spelled out: docs/reference/board-protocol.md. */
static size_t signed_text(const struct genuine *genuine, char text[static 256])
{
    char serial[19], challenge[65];
    uint8_t number[CHIP_SERIAL_BYTES];
    struct bench bench;

    power_on(&bench);
    chip_config_serial(&bench.config, number);
    virtual_close(bench.part);
    put_hex(serial, number, sizeof number);
    put_hex(challenge, genuine->challenge, sizeof genuine->challenge);
    return (size_t)snprintf(text, 256, "imprint proof of possession 1\nchip %s\nkey 2147418112\nchallenge %s\n", serial,
                            challenge);
}

/* What libcrypto says of the two certificates and the signature. */
static void judge(const struct genuine *genuine)
{
    const uint8_t *at = genuine->device.der;
    X509 *device = d2i_X509(NULL, &at, (long)genuine->device.len), *signer;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    ECDSA_SIG *pair = ECDSA_SIG_new();
    uint8_t der[80], *out = der;
    char text[256];
    const size_t text_len = signed_text(genuine, text);
    int len;

    at = genuine->signer.der;
    signer = d2i_X509(NULL, &at, (long)genuine->signer.len);
    assert_true(device != NULL && signer != NULL && context != NULL && pair != NULL);
    assert_int_equal(X509_verify(device, X509_get0_pubkey(signer)), 1);
    assert_int_equal(X509_NAME_cmp(X509_get_issuer_name(device), X509_get_subject_name(signer)), 0);
    assert_int_equal(
        ECDSA_SIG_set0(pair, BN_bin2bn(genuine->signature, 32, NULL), BN_bin2bn(genuine->signature + 32, 32, NULL)), 1);
    len = i2d_ECDSA_SIG(pair, &out);
    assert_int_equal(EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, X509_get0_pubkey(device)), 1);
    assert_int_equal(EVP_DigestVerify(context, der, (size_t)len, (const uint8_t *)text, text_len), 1);
    ECDSA_SIG_free(pair);
    EVP_MD_CTX_free(context);
    X509_free(device);
    X509_free(signer);
}

static void test_as_delivered(void **state)
{
    static const struct {
        enum virtual_part part;
        const char *name;
    } rows[] = {{VIRTUAL_TRUST_AND_GO, "ATECC608-TNGTLS"}, {VIRTUAL_TRUST_FLEX, "ATECC608-TFLXTLS"}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct genuine first, second;

        make_part(rows[i].part, NULL);
        look(&first);
        look(&second);
        assert_int_equal(first.result, GENUINE_VIRTUAL);
        assert_string_equal(first.part, rows[i].name);
        assert_string_equal(first.root, "the virtual maker of imprint");
        assert_memory_not_equal(first.challenge, second.challenge, sizeof first.challenge);
        judge(&first);
        judge(&second);
    }
}

static void change_otp(struct virtual_memory *memory)
{
    memory->otp[0] ^= 1;
}

static void change_device(struct virtual_memory *memory)
{
    virtual_slot_bytes(memory, 10)[5] ^= 1;
}

static void change_device_date(struct virtual_memory *memory)
{
    virtual_slot_bytes(memory, 10)[66] ^= 1;
}

static void change_signer_id(struct virtual_memory *memory)
{
    virtual_slot_bytes(memory, 12)[67] ^= 1;
}

static void change_signer_key(struct virtual_memory *memory)
{
    virtual_slot_bytes(memory, 11)[20] ^= 1;
}

static void change_eui(struct virtual_memory *memory)
{
    virtual_slot_bytes(memory, 5)[11] ^= 1;
}

static void change_serial(struct virtual_memory *memory)
{
    memory->config[9] ^= 1;
}

static void change_key(struct virtual_memory *memory)
{
    virtual_slot_scalar(memory, 0)[31] ^= 1;
}

static void erase_certificates(struct virtual_memory *memory)
{
    for (unsigned slot = 10; slot <= 12; slot++)
        memset(virtual_slot_bytes(memory, slot), 0xff, 72);
}

static void unlock_data(struct virtual_memory *memory)
{
    memory->config[86] = 0x55;
}

static void count_uses(struct virtual_memory *memory)
{
    memory->config[20] |= 0x20; /* SlotConfig of slot 0: LimitedUse */
}

static void forbid_signing(struct virtual_memory *memory)
{
    memory->config[20] &= 0xfe; /* ReadKey bit 0: external signatures */
}

static void hide_signer(struct virtual_memory *memory)
{
    memory->config[20 + 2 * 12] |= 0x80; /* IsSecret */
}

/* All that is public of the real ATECC608B-TNGTLS 0123A23F29F9366A01, as a copyist would have it. */
static void copy_real_part(struct virtual_memory *memory)
{
    static const char slot10[] = "E197AA26D2D0AC94AB4DECC230554F5611CD53AE24AD1AE2737EA2D69ECAA2AD"
                                 "25D05C0E6EA51C603E5A5B84E04CAB5126C6BDB37C8906A159606C3482B024AF"
                                 "A5AC9C2C0030A000";
    static const char slot11[] = "000000002EBA1B2AD0B73E4E44725E0C09348D4092A08BD7A8B7619BFDC7A56E"
                                 "B2054BDC00000000A338F00DC64DEC1D84B4B36EC62426BD4C9340244FA853E2"
                                 "35D053C05DF67EF4";
    static const char slot12[] = "ECC949988F619130B9277322958CFDA97D9B0A8CB8F37894BCC473E9D47A4087"
                                 "2123D5A2566B89A159BC8A8DE52283CE16B5337B2A2599AFE4D75EFA073ED611"
                                 "963A9F2C0010A000";
    static const char *const slots[] = {slot10, slot11, slot12};
    static const uint8_t serial[] = {0x01, 0x23, 0xa2, 0x3f, 0x29, 0xf9, 0x36, 0x6a, 0x01};

    memcpy(memory->config, serial, 4);
    memcpy(memory->config + 8, serial + 4, 5);
    memcpy(virtual_slot_bytes(memory, 5), "E8EB1B202027", 12);
    for (unsigned i = 0; i < 3; i++) {
        struct bytes_out out = {.data = virtual_slot_bytes(memory, 10 + i), .cap = 72};

        assert_true(hex_decode(slots[i], strlen(slots[i]), &out, NULL));
        assert_int_equal(out.len, 72);
    }
}

static const struct tampered_row {
    const char *name;
    void (*change)(struct virtual_memory *);
    const char *cause; /* is in it */
    const char *root;  /* begins with this; NULL: none */
} tampered_rows[] = {
    {"another OTP text", change_otp, "OTP zone names no", NULL},
    {"no certificates", erase_certificates, "(slots 11 and 12)", NULL},
    {"another signer key", change_signer_key, "(slots 11 and 12)", NULL},
    {"another signer ID", change_signer_id, "(slots 11 and 12)", NULL},
    {"secret slot 12", hide_signer, "slot 12 cannot be read", NULL},
    {"unlocked data zone", unlock_data, "data zone is not locked", NULL},
    {"another signature", change_device, "(slot 10)", "the virtual"},
    {"another date", change_device_date, "(slot 10)", "the virtual"},
    {"another EUI-48", change_eui, "(slot 10)", "the virtual"},
    {"another serial number", change_serial, "(slot 10)", "the virtual"},
    {"another key", change_key, "(slot 10)", "the virtual"},
    {"a key that counts its uses", count_uses, "counts its uses", "the virtual"},
    {"a key that may not sign", forbid_signing, "may not sign", "the virtual"},
    {"a real part's certificates", copy_real_part, "(slot 10)", "Microchip, Crypto Authentication Root CA 002"},
};

static void test_tampered(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tampered_rows / sizeof tampered_rows[0]; i++) {
        const struct tampered_row *row = &tampered_rows[i];
        struct genuine genuine;

        make_part(VIRTUAL_TRUST_AND_GO, row->change);
        look(&genuine);
        if (genuine.result != GENUINE_UNPROVEN || strstr(genuine.cause, row->cause) == NULL)
            fail_msg("%s: %s: %s", row->name, genuine_result_name(genuine.result), genuine.cause);
        if ((genuine.root != NULL) != (row->root != NULL) ||
            (row->root != NULL && strncmp(genuine.root, row->root, strlen(row->root)) != 0))
            fail_msg("%s: root %s", row->name, genuine.root);
        assert_false(genuine.has_signature);
    }
}

static void test_wrong_signature(void **state)
{
    struct bench bench;
    struct genuine genuine;
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    make_part(VIRTUAL_TRUST_FLEX, NULL);
    power_on(&bench);
    assert_true(genuine_check(&genuine, &bench.chip, &bench.config, &err));
    assert_int_equal(genuine.result, GENUINE_VIRTUAL);
    virtual_close(bench.part);

    power_on(&bench);
    honest = bench.bus.operations;
    damaging = *honest;
    damaging.await = NULL;
    damaging.receive = damage;
    bench.bus.operations = &damaging;
    chip_init(&bench.chip, &bench.bus);
    assert_true(genuine_check(&genuine, &bench.chip, &bench.config, &err));
    assert_int_equal(genuine.result, GENUINE_UNPROVEN);
    assert_non_null(strstr(genuine.cause, "does not verify"));
    assert_false(genuine.has_signature);
    assert_int_equal(replies_64, 2);
    virtual_close(bench.part);
}

static int begin(void **state)
{
    struct error err = {.reason = ERROR_NONE};

    (void)state;
    (void)snprintf(folder, sizeof folder, "%s/imprint-genuine-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof path, "%s/chip", folder);
    return verifier_start(&verifier, &err) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    verifier_stop(&verifier);
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_delivered),
        cmocka_unit_test(test_tampered),
        cmocka_unit_test(test_wrong_signature),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
