/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Config zones and contents of the parts that can be bought, and of parts made from any config zone. Except for the
 * serial number the constants are those of real parts: blank ATECC608B revision 6003, -TNGTLS and -TFLXTLS.
 */
#include "virtual/chip/parts.h"
#include "virtual/chip/certificates.h"
#include "virtual/chip/crypto.h"
#include "virtual/chip/policy.h"
#include "virtual/chip/random.h"

#include <stdio.h>
#include <string.h>

static const uint8_t blank_config[VIRTUAL_CONFIG_BYTES] = {
    0x01, 0x23, 0x00, 0x00, 0x00, 0x00, 0x60, 0x03, 0x00, 0x00, 0x00, 0x00, 0xee, 0x61, 0x49, 0x00, /* 0 */
    0xc0, 0x00, 0x00, 0x00, 0x83, 0x20, 0x87, 0x20, 0x8f, 0x20, 0xc4, 0x8f, 0x8f, 0x8f, 0x8f, 0x8f, /* 16 */
    0x9f, 0x8f, 0xaf, 0x8f, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* 32 */
    0x00, 0x00, 0xaf, 0x8f, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, /* 48 */
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* 64 */
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x55, 0x55, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* 80 */
    0x33, 0x00, 0x33, 0x00, 0x33, 0x00, 0x1c, 0x00, 0x1c, 0x00, 0x1c, 0x00, 0x1c, 0x00, 0x1c, 0x00, /* 96 */
    0x3c, 0x00, 0x3c, 0x00, 0x3c, 0x00, 0x3c, 0x00, 0x3c, 0x00, 0x3c, 0x00, 0x3c, 0x00, 0x1c, 0x00, /* 112 */
};

static const uint8_t trust_and_go_config[VIRTUAL_CONFIG_BYTES] = {
    0x01, 0x23, 0x00, 0x00, 0x00, 0x00, 0x60, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01, 0x61, 0x55, 0x00, /* 0 */
    0x6a, 0x00, 0x00, 0x01, 0x85, 0x00, 0x82, 0x00, 0x85, 0x20, 0x85, 0x20, 0x85, 0x20, 0x0f, 0x8f, /* 16 */
    0x8f, 0x0f, 0x8f, 0x8f, 0x0f, 0x0f, 0x8f, 0x0f, 0x0f, 0x8f, 0x0f, 0x8f, 0x0f, 0x8f, 0x8f, 0x8f, /* 32 */
    0x8f, 0x8f, 0x8f, 0x8f, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x0f, 0xff, 0xff, 0xff, /* 48 */
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf7, 0x00, 0x69, 0x76, 0x00, 0x00, 0x00, 0x00, 0x00, /* 64 */
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0x0e, 0x60, 0x00, 0x00, 0x00, 0x00, /* 80 */
    0x53, 0x00, 0x53, 0x00, 0x73, 0x00, 0x73, 0x00, 0x73, 0x00, 0x1c, 0x00, 0x7c, 0x00, 0x1c, 0x00, /* 96 */
    0x3c, 0x00, 0x1a, 0x00, 0x1c, 0x00, 0x10, 0x00, 0x1c, 0x00, 0x1c, 0x00, 0x1c, 0x00, 0x1c, 0x00, /* 112 */
};

static const uint8_t trust_flex_config[VIRTUAL_CONFIG_BYTES] = {
    0x01, 0x23, 0x00, 0x00, 0x00, 0x00, 0x60, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01, 0x61, 0x69, 0x00, /* 0 */
    0x6c, 0x00, 0x00, 0x01, 0x85, 0x00, 0x82, 0x00, 0x85, 0x20, 0x85, 0x20, 0x85, 0x20, 0x8f, 0x46, /* 16 */
    0x8f, 0x0f, 0x9f, 0x8f, 0x0f, 0x0f, 0x8f, 0x0f, 0x0f, 0x0f, 0x0f, 0x0f, 0x0f, 0x0f, 0x0f, 0x0f, /* 32 */
    0x0d, 0x1f, 0x0f, 0x0f, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, /* 48 */
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0xf7, 0x00, 0x69, 0x76, 0x00, 0x00, 0x00, 0x00, 0x00, /* 64 */
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0x0e, 0x60, 0x00, 0x00, 0x00, 0x00, /* 80 */
    0x53, 0x00, 0x53, 0x00, 0x73, 0x00, 0x73, 0x00, 0x73, 0x00, 0x38, 0x00, 0x7c, 0x00, 0x1c, 0x00, /* 96 */
    0x3c, 0x00, 0x1a, 0x00, 0x3c, 0x00, 0x30, 0x00, 0x3c, 0x00, 0x30, 0x00, 0x12, 0x00, 0x30, 0x00, /* 112 */
};

/* Byte 16 of parts without I2C configures a GPIO: off on blank parts, output on pre-provisioned ones. */
#define GPIO_OFF 0x00
#define GPIO_OUTPUT 0x03

/* OTP text, by which hosts choose the certificate definition. The other bytes are zero. */
#define TRUST_AND_GO_OTP "KQp2ZkD8"
#define TRUST_FLEX_OTP "MKMwyhP1"

/*
 * Last 8 bytes of a compressed certificate: dates as on real parts, signer ID FFFF ("made by oneself"), template and
 * chain, serial number source A, version 0.
 */
static const uint8_t device_trailer[8] = {0xa5, 0xac, 0x9c, 0xff, 0xff, 0x30, 0xa0, 0x00};
static const uint8_t signer_trailer[8] = {0x96, 0x3a, 0x9f, 0xff, 0xff, 0x10, 0xa0, 0x00};

static const uint8_t *maker_config(const struct virtual_making *making)
{
    switch (making->part) {
    case VIRTUAL_BLANK:
        return blank_config;
    case VIRTUAL_TRUST_AND_GO:
        return trust_and_go_config;
    case VIRTUAL_TRUST_FLEX:
        return trust_flex_config;
    case VIRTUAL_FROM_CONFIG:
        return making->config;
    }
    return NULL;
}

static void become_single_wire(enum virtual_part part, uint8_t *config)
{
    config[VIRTUAL_AT_I2C_ENABLE] &= 0xfe;
    config[VIRTUAL_AT_I2C_ADDRESS] = part == VIRTUAL_BLANK ? GPIO_OFF : GPIO_OUTPUT;
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

/* NULL, or why no real part can have this config zone. */
static const char *judge_config(const uint8_t *config)
{
    const uint8_t *revision = config + VIRTUAL_AT_REVISION;

    if (config[0] != 0x01 || config[1] != 0x23)
        return "the serial number in bytes 0 to 3 does not begin with 01 23";
    if (revision[0] != 0 || revision[1] != 0 || (revision[2] != 0x50 && revision[2] != 0x60))
        return "the revision in bytes 4 to 7 is neither an ATECC508A's nor an ATECC608's";
    if (config[VIRTUAL_AT_LOCK_CONFIG] == VIRTUAL_UNLOCKED && config[VIRTUAL_AT_LOCK_VALUE] != VIRTUAL_UNLOCKED)
        return "the data zone is locked and the config zone is not";
    return NULL;
}

/* NULL, or why no real part answers with this revision: a part of one family does not answer as the other. */
static const char *judge_revision(const uint8_t *config, const uint8_t *revision)
{
    const uint8_t family = config[VIRTUAL_AT_REVISION + 2];
    const uint8_t other = family == 0x50 ? 0x60 : 0x50;

    if (revision != NULL && revision[0] == 0 && revision[1] == 0 && revision[2] == other)
        return "the revision is of another family than the config zone";
    return NULL;
}

/* Templates have zeros in bytes 0 to 15: they become an I2C ATECC608B's. A serial number of zeros becomes a new one. */
static void fill_identity(uint8_t *config, const struct virtual_image *image, struct virtual_crypto *crypto)
{
    const bool template = is_zero(config, VIRTUAL_AT_I2C_ADDRESS);
    const bool marked = config[0] == 0x01 && config[1] == 0x23;
    uint8_t serial[32];

    if (template)
        memcpy(config, blank_config, VIRTUAL_AT_I2C_ADDRESS);
    else if (is_zero(config, 4) && is_zero(config + 8, 5)) {
        config[0] = 0x01;
        config[1] = 0x23;
        config[12] = 0xee;
    } else if (!marked || !is_zero(config + 2, 2) || !is_zero(config + 8, 4)) {
        return; /* it has a serial number */
    }
    virtual_derive(crypto, image, "serial number", 0, 0, serial);
    memcpy(config + 2, serial, 2);
    memcpy(config + 8, serial + 2, 4);
}

static void make_keys(const struct virtual_image *image, struct virtual_crypto *crypto, struct virtual_memory *memory)
{
    for (unsigned slot = 0; slot < VIRTUAL_SLOTS; slot++) {
        if (!virtual_is_private(memory, slot) || !virtual_is_p256(memory, slot))
            continue;
        memset(virtual_slot_bytes(memory, slot), 0, 4);
        (void)virtual_derive_scalar(crypto, image, "maker's key", slot, 0, virtual_slot_scalar(memory, slot));
    }
}

/* The maker's chain: a signer for all virtual parts, and this part's own certificate for the key in slot 0. */
static void store_chain(struct virtual_crypto *crypto, struct virtual_memory *memory,
                        enum virtual_definition definition, const char *eui)
{
    uint8_t root_key[64];
    uint8_t signer_key[64];
    uint8_t device_key[64];
    uint8_t serial[VIRTUAL_SERIAL_BYTES];
    struct virtual_certificate signer = {
        .definition = VIRTUAL_SIGNER, .subject_key = signer_key, .issuer_key = root_key};
    struct virtual_certificate device = {
        .definition = definition, .subject_key = device_key, .issuer_key = signer_key, .serial = serial, .eui = eui};

    memcpy(serial, memory->config, 4);
    memcpy(serial + 4, memory->config + 8, 5);
    memcpy(signer.trailer, signer_trailer, sizeof signer.trailer);
    memcpy(device.trailer, device_trailer, sizeof device.trailer);
    virtual_maker_key(crypto, VIRTUAL_MAKER_ROOT, root_key);
    virtual_maker_key(crypto, VIRTUAL_MAKER_SIGNER, signer_key);
    (void)virtual_public_key(crypto, virtual_slot_scalar(memory, 0), device_key);
    virtual_issue(crypto, &device, virtual_slot_bytes(memory, 10));
    virtual_store_public_key(memory, 11, signer_key);
    virtual_issue(crypto, &signer, virtual_slot_bytes(memory, 12));
}

static void fill_trust_part(const struct virtual_making *making, struct virtual_crypto *crypto,
                            struct virtual_memory *memory)
{
    const uint8_t *serial = memory->config;
    const bool trust_and_go = making->part == VIRTUAL_TRUST_AND_GO;
    char eui[13];

    memset(memory->otp, 0, sizeof memory->otp);
    memcpy(memory->otp, trust_and_go ? TRUST_AND_GO_OTP : TRUST_FLEX_OTP, 8);
    (void)snprintf(eui, sizeof eui, "E8EB1B%02X%02X%02X", serial[9], serial[10], serial[11]);
    if (trust_and_go) {
        memset(virtual_slot_bytes(memory, 5), 0, virtual_slot_size(5));
        memcpy(virtual_slot_bytes(memory, 5), eui, 12);
    }
    store_chain(crypto, memory, trust_and_go ? VIRTUAL_TLS_DEVICE : VIRTUAL_FLEX_DEVICE, eui);
}

const char *virtual_make_part(const struct virtual_making *making, const struct virtual_image *image,
                              struct virtual_crypto *crypto, struct virtual_memory *memory)
{
    const uint8_t *config = maker_config(making);
    const char *problem = NULL;

    memset(memory, 0xff, sizeof *memory); /* what was never written reads as FF */
    if (config == NULL)
        return "there is no config image";
    if (making->single_wire && making->part == VIRTUAL_FROM_CONFIG)
        return "a config image says itself, in byte 14, whether the part has I2C";
    memcpy(memory->config, config, VIRTUAL_CONFIG_BYTES);
    if (making->single_wire)
        become_single_wire(making->part, memory->config);
    fill_identity(memory->config, image, crypto);
    problem = judge_config(memory->config);
    if (problem == NULL)
        problem = judge_revision(memory->config, making->revision);
    if (problem != NULL)
        return problem;
    if (memory->config[VIRTUAL_AT_LOCK_VALUE] != VIRTUAL_UNLOCKED)
        make_keys(image, crypto, memory);
    if (making->part == VIRTUAL_TRUST_AND_GO || making->part == VIRTUAL_TRUST_FLEX)
        fill_trust_part(making, crypto, memory);
    return NULL;
}
