/* SPDX-License-Identifier: Apache-2.0 */
#include "station/genuine.h"

#include <stdio.h>
#include <string.h>

#include <psa/crypto.h>

#include "chip/operations.h"
#include "crypto/hash.h"
#include "crypto/verify.h"
#include "station/value.h"

#define BLOCK 32
#define SLOT_BYTES 96 /* slots 8 to 15 begin with at least 72 bytes: three blocks */
#define SLOT_5_BLOCKS 1

/* What the chip stores. */
struct stored {
    const struct cert_maker_part *part;
    uint8_t serial[CHIP_SERIAL_BYTES];
    uint8_t eui[BLOCK];
    uint8_t device[SLOT_BYTES], signer[SLOT_BYTES];
    uint8_t signer_key[CERT_KEY_BYTES], device_key[CERT_KEY_BYTES];
};

/* One check: notes a result other than success in `genuine` and returns true; false if the chip cannot be reached. */
struct look {
    struct genuine *genuine;
    struct chip *chip;
    const struct chip_config *config;
    struct stored stored;
    struct error *err;
};

static bool unproven(struct look *look, const char *cause)
{
    look->genuine->result = GENUINE_UNPROVEN;
    look->genuine->cause = cause;
    return false;
}

/* What the chip refuses is a result of the check; that it does not answer is a failure of it. */
static bool answered(struct look *look, enum chip_status status, struct error *failure, const char *cause)
{
    if (status == CHIP_OK)
        return true;
    if (status == CHIP_EXECUTION || status == CHIP_PARSE || status == CHIP_ECC_FAULT || status == CHIP_MISCOMPARE)
        return unproven(look, cause);
    error_pass(look->err, failure);
    return false;
}

/* ---- reading ---- */

static bool read_part(struct look *look)
{
    uint8_t otp[BLOCK];
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);

    if (!chip_data_is_locked(look->config))
        return unproven(look, "the data zone is not locked: the maker delivers such parts locked");
    if (!answered(look, chip_read_otp_block(look->chip, 0, otp, &failure), &failure, "the OTP zone cannot be read"))
        return false;
    look->stored.part = cert_maker_find_part(otp);
    if (look->stored.part == NULL)
        return unproven(look, "the OTP zone names no Trust&GO or TrustFLEX part that imprint knows");
    look->genuine->part = look->stored.part->name;
    chip_config_serial(look->config, look->stored.serial);
    return true;
}

static bool read_slot(struct look *look, uint8_t slot, uint8_t *bytes, uint8_t blocks, const char *cause)
{
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);

    for (uint8_t block = 0; block < blocks; block++)
        if (!answered(look, chip_read_slot_block(look->chip, slot, block, bytes + (size_t)BLOCK * block, &failure),
                      &failure, cause))
            return false;
    return true;
}

static bool read_keys(struct look *look)
{
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);

    return answered(
               look,
               chip_read_stored_public_key(look->chip, CERT_MAKER_SIGNER_KEY_SLOT, look->stored.signer_key, &failure),
               &failure, "slot 11 cannot be read: the signer's public key") &&
           answered(look, chip_read_public_key(look->chip, CERT_MAKER_KEY_SLOT, look->stored.device_key, &failure),
                    &failure, "slot 0 gives no public key");
}

static bool read_stored(struct look *look)
{
    struct stored *stored = &look->stored;

    if (!read_part(look) ||
        !read_slot(look, CERT_MAKER_DEVICE_SLOT, stored->device, SLOT_BYTES / BLOCK,
                   "slot 10 cannot be read: the device's certificate") ||
        !read_slot(look, CERT_MAKER_SIGNER_SLOT, stored->signer, SLOT_BYTES / BLOCK,
                   "slot 12 cannot be read: the signer's certificate"))
        return false;
    if (stored->part->device->places[CERT_EUI].len != 0 &&
        !read_slot(look, CERT_MAKER_EUI_SLOT, stored->eui, SLOT_5_BLOCKS, "slot 5 cannot be read: the EUI-48"))
        return false;
    return read_keys(look);
}

/* ---- verifying ---- */

static void make_point(const uint8_t key[static CERT_KEY_BYTES], uint8_t point[static P256_POINT_BYTES])
{
    point[0] = P256_UNCOMPRESSED;
    memcpy(point + 1, key, CERT_KEY_BYTES);
}

/* Rebuilds into `certificate` and verifies by the issuer's key. False, with nothing kept, where one fails. */
static bool rebuild(const struct cert_template *form, const uint8_t *bytes, const struct cert_subject *subject,
                    struct genuine_certificate *certificate)
{
    struct cert_compressed compressed;
    struct bytes_out der = {.data = certificate->der, .cap = sizeof certificate->der};
    uint8_t issuer[P256_POINT_BYTES];

    make_point(subject->issuer_key, issuer);
    certificate->len = 0;
    if (!cert_compressed_read(bytes, &compressed) || !cert_rebuild(form, &compressed, subject, &der) ||
        crypto_verify_message(issuer, PSA_ALG_SHA_256, bytes_of(certificate->der + 4, form->tbs_len),
                              compressed.signature) != PSA_SUCCESS)
        return false;
    certificate->len = der.len;
    return true;
}

/* The root that issued the signer; NULL: none that is known. */
static const struct cert_maker_root *find_root(struct look *look)
{
    for (size_t i = 0; i < cert_maker_root_count; i++) {
        const struct cert_subject signer = {.public_key = look->stored.signer_key,
                                            .issuer_key = cert_maker_roots[i].key};

        if (rebuild(&cert_maker_signer, look->stored.signer, &signer, &look->genuine->signer))
            return &cert_maker_roots[i];
    }
    return NULL;
}

static bool verify_device(struct look *look)
{
    const struct stored *stored = &look->stored;
    const struct cert_subject device = {.public_key = stored->device_key,
                                        .issuer_key = stored->signer_key,
                                        .chip_serial = stored->serial,
                                        .eui = stored->eui};

    /* The signer's ID: what its own certificate says, and what the device's says of its issuer. */
    if (rebuild(stored->part->device, stored->device, &device, &look->genuine->device) &&
        memcmp(stored->device + 67, stored->signer + 67, 2) == 0)
        return true;
    return unproven(look, "the device's certificate (slot 10) does not fit this chip and its key in slot 0");
}

static bool sign_challenge(struct look *look)
{
    struct genuine *genuine = look->genuine;
    const struct bytes challenge = bytes_of(genuine->challenge, sizeof genuine->challenge);
    const uint8_t slot = CERT_MAKER_KEY_SLOT;
    uint8_t digest[CRYPTO_SHA256_BYTES];
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);

    make_point(look->stored.device_key, genuine->public_key);
    if (chip_slot_is_limited(look->config, slot))
        return unproven(look, "the certified key counts its uses, so it was not asked to sign");
    if ((chip_slot_can(look->config, slot) & CHIP_CAN_SIGN_DIGEST) == 0)
        return unproven(look, "the certified key may not sign a challenge");
    if (psa_generate_random(genuine->challenge, sizeof genuine->challenge) != PSA_SUCCESS ||
        !crypto_sha256(&challenge, 1, digest)) {
        error_set(look->err, ERROR_UNEXPECTED, "PSA Crypto gives no random challenge", NULL);
        return false;
    }
    if (!answered(
            look,
            chip_sign_digest(look->chip, chip_config_part(look->config), slot, digest, genuine->signature, &failure),
            &failure, "the certified key does not sign a challenge"))
        return false;
    if (crypto_verify_message(genuine->public_key, PSA_ALG_SHA_256, challenge, genuine->signature) != PSA_SUCCESS)
        return unproven(look, "the certified key's signature over a fresh challenge does not verify");
    genuine->has_signature = true;
    return true;
}

static void verify(struct look *look)
{
    const struct cert_maker_root *root = find_root(look);

    if (root == NULL) {
        (void)unproven(look, "the signer's certificate (slots 11 and 12) was not issued by a root that imprint knows");
        return;
    }
    look->genuine->root = root->name;
    if (verify_device(look) && sign_challenge(look))
        look->genuine->result = root->is_virtual ? GENUINE_VIRTUAL : GENUINE_MAKER;
}

bool genuine_check(struct genuine *genuine, struct chip *chip, const struct chip_config *config, struct error *err)
{
    struct look look = {.genuine = genuine, .chip = chip, .config = config, .err = err};

    *genuine = (struct genuine){.result = GENUINE_UNCHECKED};
    if (read_stored(&look))
        verify(&look);
    chip_sleep(chip);
    if (genuine->result != GENUINE_UNCHECKED)
        return true;
    error_doing(err, "verify the maker's certificates");
    return false;
}

/* ---- telling ---- */

const char *genuine_result_name(enum genuine_result result)
{
    static const char *const names[] = {
        [GENUINE_UNCHECKED] = "unchecked",
        [GENUINE_MAKER] = "genuine",
        [GENUINE_VIRTUAL] = "virtual",
        [GENUINE_UNPROVEN] = "unproven",
    };

    return names[result];
}

json_t *genuine_object(const struct genuine *genuine)
{
    if (genuine->result == GENUINE_UNCHECKED)
        return json_null();
    return json_pack("{s:s, s:s?, s:s?, s:s?}", "result", genuine_result_name(genuine->result), "cause", genuine->cause,
                     "part", genuine->part, "root", genuine->root);
}

static json_t *certificate_value(const struct genuine_certificate *certificate)
{
    return certificate->len == 0 ? json_null() : value_hex(bytes_of(certificate->der, certificate->len));
}

json_t *genuine_record(const struct genuine *genuine)
{
    json_t *object = genuine_object(genuine);

    if (genuine->result == GENUINE_UNCHECKED)
        return object;
    json_object_set_new(object, "device_certificate", certificate_value(&genuine->device));
    json_object_set_new(object, "signer_certificate", certificate_value(&genuine->signer));
    if (genuine->has_signature)
        json_object_set_new(object, "proof",
                            json_pack("{s:s, s:o, s:o}", "hash", "sha-256", "challenge",
                                      value_hex(bytes_of(genuine->challenge, sizeof genuine->challenge)), "signature",
                                      value_hex(bytes_of(genuine->signature, sizeof genuine->signature))));
    return object;
}

void genuine_text(const struct genuine *genuine, char text[static GENUINE_TEXT_SIZE])
{
    switch (genuine->result) {
    case GENUINE_MAKER:
        (void)snprintf(text, GENUINE_TEXT_SIZE, "genuine: %s, verified up to %s", genuine->part, genuine->root);
        break;
    case GENUINE_VIRTUAL:
        (void)snprintf(text, GENUINE_TEXT_SIZE, "virtual: %s, made by %s", genuine->part, genuine->root);
        break;
    case GENUINE_UNPROVEN:
        (void)snprintf(text, GENUINE_TEXT_SIZE, "not proven: %s", genuine->cause);
        break;
    case GENUINE_UNCHECKED:
    default:
        (void)snprintf(text, GENUINE_TEXT_SIZE, "not checked");
        break;
    }
}
