/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/factory/maker.h"

#include <string.h>

#include "base/hex.h"
#include "cert/maker.h"
#include "chip/operations.h"
#include "crypto/hash.h"
#include "firmware/console.h"
#include "link/proof.h"
#include "provision/provision.h"

#define BLOCK 32
#define BLOCKS_MAX 3

static void send(const char *item, struct bytes data)
{
    struct link_frame frame = console_begin_frame("maker");

    link_add_text(&frame, "item", item);
    link_add_hex(&frame, "data", data);
    link_end(&frame);
}

/* Sends what the chip gave. What it refuses is missing, and that is the station's to judge; other failures are ours. */
static bool show(enum chip_status status, const char *item, struct bytes data, const struct error *failure,
                 struct error *err)
{
    if (status == CHIP_OK) {
        send(item, data);
        return true;
    }
    if (failure->has_chip_status)
        return true;
    error_pass(err, failure);
    return false;
}

static bool show_otp(struct chip *chip, struct error *err)
{
    struct error failure = {.reason = ERROR_NONE};
    uint8_t block[BLOCK];

    return show(chip_read_otp_block(chip, 0, block, &failure), "otp", bytes_of(block, sizeof block), &failure, err);
}

static bool show_slots(struct chip *chip, struct error *err)
{
    static const struct {
        char item[8]; /* in the struct: an image without texts has it all the same */
        uint8_t slot, blocks;
    } slots[] = {
        {"device", CERT_MAKER_DEVICE_SLOT, BLOCKS_MAX},
        {"signer", CERT_MAKER_SIGNER_SLOT, BLOCKS_MAX},
        {"eui", CERT_MAKER_EUI_SLOT, 1},
    };
    bool ok = true;

    for (size_t i = 0; i < sizeof slots / sizeof slots[0] && ok; i++) {
        struct error failure = {.reason = ERROR_NONE};
        enum chip_status status = CHIP_OK;
        uint8_t bytes[BLOCKS_MAX * BLOCK];

        for (uint8_t block = 0; block < slots[i].blocks && status == CHIP_OK; block++)
            status = chip_read_slot_block(chip, slots[i].slot, block, bytes + (size_t)block * BLOCK, &failure);
        ok = show(status, slots[i].item, bytes_of(bytes, (size_t)slots[i].blocks * BLOCK), &failure, err);
    }
    return ok;
}

static bool show_keys(struct chip *chip, struct error *err)
{
    struct error signer = {.reason = ERROR_NONE}, device = {.reason = ERROR_NONE};
    uint8_t key[CHIP_PUBLIC_KEY_BYTES];

    return show(chip_read_stored_public_key(chip, CERT_MAKER_SIGNER_KEY_SLOT, key, &signer), "signer-key",
                bytes_of(key, sizeof key), &signer, err) &&
           show(chip_read_public_key(chip, CERT_MAKER_KEY_SLOT, key, &device), "key", bytes_of(key, sizeof key),
                &device, err);
}

static bool show_signature(struct driver *driver, struct bytes nonce, struct error *err)
{
    uint8_t serial[CHIP_SERIAL_BYTES], text[LINK_PROOF_MAX], digest[CRYPTO_SHA256_BYTES];
    uint8_t signature[CHIP_SIGNATURE_BYTES];
    struct bytes_out message = {.data = text, .cap = sizeof text};
    struct error failure = {.reason = ERROR_NONE};
    const struct chip_config *config;
    struct bytes piece;

    if (driver_config(driver, &config, err) != CHIP_OK)
        return false;
    if (chip_slot_is_limited(config, CERT_MAKER_KEY_SLOT))
        return true;
    chip_config_serial(config, serial);
    (void)link_proof_text(serial, CERT_MAKER_KEY_ID, nonce, &message); /* `nonce` has the length that it wants */
    piece = bytes_written(&message);
    if (!crypto_sha256(&piece, 1, digest)) {
        error_set(err, ERROR_PSA, "the text of the proof cannot be hashed", NULL);
        return false;
    }
    return show(
        chip_sign_digest(driver->chip, chip_config_part(config), CERT_MAKER_KEY_SLOT, digest, signature, &failure),
        "signature", bytes_of(signature, sizeof signature), &failure, err);
}

bool maker_show(struct driver *driver, const struct link_words *words, struct error *err)
{
    uint8_t nonce[PROVISION_CHALLENGE_BYTES];
    struct bytes_out out = {.data = nonce, .cap = sizeof nonce};

    if (words->count != 2 || !hex_decode(words->word[1], strlen(words->word[1]), &out, NULL) || out.len != sizeof nonce)
        return console_refuse_words("expected: maker NONCE (64 hex digits)", NULL, err);
    if (show_otp(driver->chip, err) && show_slots(driver->chip, err) && show_keys(driver->chip, err) &&
        show_signature(driver, bytes_written(&out), err))
        return true;
    error_doing(err, "show what the maker put on the part");
    return false;
}
