/* SPDX-License-Identifier: Apache-2.0 */
#include "station/genuine.h"

#include <stdio.h>
#include <string.h>

#include <psa/crypto.h>

#include "chip/operations.h"
#include "crypto/hash.h"
#include "crypto/verify.h"
#include "link/proof.h"
#include "station/value.h"

#define BLOCK 32
#define SLOT_BYTES 96   /* slots 8 to 15 begin with at least 72 bytes: three blocks */
#define SIGNER_ID_AT 67 /* the signer's ID in 72 compressed bytes: two */

/* Each item: its name on a console, its size, and what is said where a part does not show it. */
static const struct item {
    const char *name;
    size_t bytes;
    const char *cause;
} items[GENUINE_ITEMS] = {
    [GENUINE_OTP] = {"otp", BLOCK, "the OTP zone cannot be read"},
    [GENUINE_DEVICE] = {"device", SLOT_BYTES, "slot 10 cannot be read: the device's certificate"},
    [GENUINE_SIGNER] = {"signer", SLOT_BYTES, "slot 12 cannot be read: the signer's certificate"},
    [GENUINE_EUI] = {"eui", BLOCK, "slot 5 cannot be read: the EUI-48"},
    [GENUINE_SIGNER_KEY] = {"signer-key", CERT_KEY_BYTES, "slot 11 cannot be read: the signer's public key"},
    [GENUINE_KEY] = {"key", CERT_KEY_BYTES, "slot 0 gives no public key"},
    [GENUINE_SIGNATURE] = {"signature", P256_SIGNATURE_BYTES, "the certified key does not sign a challenge"},
};

const char *genuine_item_name(enum genuine_item item)
{
    return items[item].name;
}

size_t genuine_item_bytes(enum genuine_item item)
{
    return items[item].bytes;
}

/* Always false. */
static bool unproven(struct genuine *genuine, const char *cause)
{
    genuine->result = GENUINE_UNPROVEN;
    genuine->cause = cause;
    return false;
}

/* ---- verifying ---- */

static bool has(struct genuine *genuine, const struct genuine_shown *shown, enum genuine_item item)
{
    return shown->has[item] || unproven(genuine, items[item].cause);
}

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
static const struct cert_maker_root *find_root(struct genuine *genuine, const struct genuine_shown *shown)
{
    for (size_t i = 0; i < cert_maker_root_count; i++) {
        const struct cert_subject signer = {.public_key = shown->item[GENUINE_SIGNER_KEY],
                                            .issuer_key = cert_maker_roots[i].key};

        if (rebuild(&cert_maker_signer, shown->item[GENUINE_SIGNER], &signer, &genuine->signer))
            return &cert_maker_roots[i];
    }
    return NULL;
}

static const struct cert_maker_part *find_part(struct genuine *genuine, const struct genuine_shown *shown)
{
    const struct cert_maker_part *part = cert_maker_find_part(shown->item[GENUINE_OTP]);

    if (part == NULL)
        (void)unproven(genuine, "the OTP zone names no Trust&GO or TrustFLEX part that imprint knows");
    else
        genuine->part = part->name;
    return part;
}

static bool verify_device(struct genuine *genuine, const struct genuine_shown *shown,
                          const struct cert_maker_part *part)
{
    const uint8_t *stored = shown->item[GENUINE_DEVICE];
    const struct cert_subject device = {.public_key = shown->item[GENUINE_KEY],
                                        .issuer_key = shown->item[GENUINE_SIGNER_KEY],
                                        .chip_serial = shown->serial,
                                        .eui = shown->item[GENUINE_EUI]};

    /* The signer's ID: what its own certificate says, and what the device's says of its issuer. */
    if (rebuild(part->device, stored, &device, &genuine->device) &&
        memcmp(stored + SIGNER_ID_AT, shown->item[GENUINE_SIGNER] + SIGNER_ID_AT, 2) == 0)
        return true;
    genuine->device.len = 0;
    return unproven(genuine, "the device's certificate (slot 10) does not fit this chip and its key in slot 0");
}

/* Both certificates, up to a root. Everything but the signature has been shown, or what is missing is the cause. */
static bool verify_chain(struct genuine *genuine, const struct genuine_shown *shown,
                         const struct cert_maker_root **root)
{
    const struct cert_maker_part *part = NULL;
    bool ok = has(genuine, shown, GENUINE_OTP);

    if (ok)
        part = find_part(genuine, shown);
    ok = part != NULL && has(genuine, shown, GENUINE_DEVICE) && has(genuine, shown, GENUINE_SIGNER) &&
         (part->device->places[CERT_EUI].len == 0 || has(genuine, shown, GENUINE_EUI)) &&
         has(genuine, shown, GENUINE_SIGNER_KEY) && has(genuine, shown, GENUINE_KEY);
    if (!ok)
        return false;
    *root = find_root(genuine, shown);
    if (*root == NULL)
        return unproven(genuine,
                        "the signer's certificate (slots 11 and 12) was not issued by a root that imprint knows");
    genuine->root = (*root)->name;
    genuine->root_is_virtual = (*root)->is_virtual;
    make_point(shown->item[GENUINE_KEY], genuine->public_key);
    return verify_device(genuine, shown, part);
}

/* The text that the certified key signs: the one of every proof, with slot 0's built-in key id. */
static struct bytes challenge_text(const struct genuine_shown *shown, uint8_t text[static LINK_PROOF_MAX])
{
    struct bytes_out out = {.data = text, .cap = LINK_PROOF_MAX};

    (void)link_proof_text(shown->serial, CERT_MAKER_KEY_ID, bytes_of(shown->challenge, sizeof shown->challenge), &out);
    return bytes_written(&out);
}

static void verify_signature(struct genuine *genuine, const struct genuine_shown *shown,
                             const struct cert_maker_root *root)
{
    uint8_t text[LINK_PROOF_MAX];

    memcpy(genuine->challenge, shown->challenge, sizeof genuine->challenge);
    memcpy(genuine->signature, shown->item[GENUINE_SIGNATURE], sizeof genuine->signature);
    if (!has(genuine, shown, GENUINE_SIGNATURE))
        return;
    if (crypto_verify_message(genuine->public_key, PSA_ALG_SHA_256, challenge_text(shown, text), genuine->signature) !=
        PSA_SUCCESS) {
        (void)unproven(genuine, "the certified key's signature over a fresh challenge does not verify");
        return;
    }
    genuine->has_signature = true;
    genuine->result = root->is_virtual ? GENUINE_VIRTUAL : GENUINE_MAKER;
}

void genuine_judge(struct genuine *genuine, const struct genuine_shown *shown)
{
    const struct cert_maker_root *root;

    *genuine = (struct genuine){.result = GENUINE_UNCHECKED};
    if (verify_chain(genuine, shown, &root))
        verify_signature(genuine, shown, root);
}

bool genuine_is_proven(const struct genuine *genuine)
{
    return genuine->result == GENUINE_MAKER || genuine->result == GENUINE_VIRTUAL;
}

/* ---- reading ---- */

/* What the chip refuses is a result of the check; that it does not answer is a failure of it. */
static bool answered(enum chip_status status, const struct error *failure, bool *shown, struct error *err)
{
    *shown = status == CHIP_OK;
    if (status == CHIP_OK || status == CHIP_EXECUTION || status == CHIP_PARSE || status == CHIP_ECC_FAULT ||
        status == CHIP_MISCOMPARE)
        return true;
    error_pass(err, failure);
    return false;
}

static enum chip_status read_blocks(struct chip *chip, uint8_t slot, uint8_t blocks, uint8_t *bytes,
                                    struct error *failure)
{
    enum chip_status status = CHIP_OK;

    for (uint8_t block = 0; block < blocks && status == CHIP_OK; block++)
        status = chip_read_slot_block(chip, slot, block, bytes + (size_t)BLOCK * block, failure);
    return status;
}

static bool read_item(struct chip *chip, enum genuine_item item, struct genuine_shown *shown, struct error *err)
{
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);
    uint8_t *to = shown->item[item];
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (item == GENUINE_OTP)
        status = chip_read_otp_block(chip, 0, to, &failure);
    else if (item == GENUINE_DEVICE)
        status = read_blocks(chip, CERT_MAKER_DEVICE_SLOT, SLOT_BYTES / BLOCK, to, &failure);
    else if (item == GENUINE_SIGNER)
        status = read_blocks(chip, CERT_MAKER_SIGNER_SLOT, SLOT_BYTES / BLOCK, to, &failure);
    else if (item == GENUINE_EUI)
        status = read_blocks(chip, CERT_MAKER_EUI_SLOT, 1, to, &failure);
    else if (item == GENUINE_SIGNER_KEY)
        status = chip_read_stored_public_key(chip, CERT_MAKER_SIGNER_KEY_SLOT, to, &failure);
    else if (item == GENUINE_KEY)
        status = chip_read_public_key(chip, CERT_MAKER_KEY_SLOT, to, &failure);
    return answered(status, &failure, &shown->has[item], err);
}

/* All but the signature. A part that is none of the maker's is asked no more than that. */
static bool read_items(struct chip *chip, struct genuine_shown *shown, struct error *err)
{
    bool ok = read_item(chip, GENUINE_OTP, shown, err);

    for (unsigned item = GENUINE_DEVICE; item < GENUINE_SIGNATURE && ok; item++) {
        if (!shown->has[GENUINE_OTP] || cert_maker_find_part(shown->item[GENUINE_OTP]) == NULL)
            break;
        ok = read_item(chip, (enum genuine_item)item, shown, err);
    }
    return ok;
}

static bool sign_challenge(struct chip *chip, const struct chip_config *config, struct genuine_shown *shown,
                           struct error *err)
{
    uint8_t text[LINK_PROOF_MAX], digest[CRYPTO_SHA256_BYTES];
    const struct bytes message = challenge_text(shown, text);
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);

    if (!crypto_sha256(&message, 1, digest)) {
        error_set(err, ERROR_UNEXPECTED, "PSA Crypto does not hash a challenge", NULL);
        return false;
    }
    return answered(chip_sign_digest(chip, chip_config_part(config), CERT_MAKER_KEY_SLOT, digest,
                                     shown->item[GENUINE_SIGNATURE], &failure),
                    &failure, &shown->has[GENUINE_SIGNATURE], err);
}

/* Whether the key may be asked to sign: one that counts its uses is not, and some may not. */
static bool may_sign(struct genuine *genuine, const struct chip_config *config)
{
    if (chip_slot_is_limited(config, CERT_MAKER_KEY_SLOT))
        return unproven(genuine, "the certified key counts its uses, so it was not asked to sign");
    if ((chip_slot_can(config, CERT_MAKER_KEY_SLOT) & CHIP_CAN_SIGN_DIGEST) == 0)
        return unproven(genuine, "the certified key may not sign a challenge");
    return true;
}

/* Reads and verifies; with `proves` lets the certified key sign where it may. False where the chip is unreachable. */
static bool look(struct genuine *genuine, struct chip *chip, const struct chip_config *config, bool proves,
                 struct genuine_shown *shown, struct error *err)
{
    const struct cert_maker_root *root;

    if (!chip_data_is_locked(config)) {
        (void)unproven(genuine, "the data zone is not locked: the maker delivers such parts locked");
        return true;
    }
    if (!read_items(chip, shown, err))
        return false;
    if (!verify_chain(genuine, shown, &root) || !proves || !may_sign(genuine, config))
        return true;
    if (!sign_challenge(chip, config, shown, err))
        return false;
    verify_signature(genuine, shown, root);
    return true;
}

static bool check(struct genuine *genuine, struct chip *chip, const struct chip_config *config, bool proves,
                  struct error *err)
{
    struct genuine_shown shown = {.has = {false}};
    bool ok;

    *genuine = (struct genuine){.result = GENUINE_UNCHECKED};
    chip_config_serial(config, shown.serial);
    ok = psa_generate_random(shown.challenge, sizeof shown.challenge) == PSA_SUCCESS;
    if (!ok)
        error_set(err, ERROR_UNEXPECTED, "PSA Crypto gives no random challenge", NULL);
    ok = ok && look(genuine, chip, config, proves, &shown, err);
    chip_sleep(chip);
    if (ok)
        return true;
    *genuine = (struct genuine){.result = GENUINE_UNCHECKED};
    error_doing(err, "verify the maker's certificates");
    return false;
}

bool genuine_check(struct genuine *genuine, struct chip *chip, const struct chip_config *config, struct error *err)
{
    return check(genuine, chip, config, true, err);
}

bool genuine_read_chain(struct genuine *genuine, struct chip *chip, const struct chip_config *config, struct error *err)
{
    return check(genuine, chip, config, false, err);
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
                            json_pack("{s:s, s:I, s:o, s:o}", "hash", "sha-256", "key_id",
                                      (json_int_t)CERT_MAKER_KEY_ID, "challenge",
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
