/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/steps/datum.h"

#include <string.h>

#include "chip/operations.h"
#include "chip/operations_aes.h"
#include "chip/operations_encrypted.h"
#include "chip/operations_hmac.h"
#include "chip/operations_mac.h"
#include "crypto/secret.h"
#include "link/proof.h"
#include "provision/status.h"
#include "psa/io_key.h"

#define BLOCK_BYTES 32
#define SHIPPED_BYTE 0xff /* what a part holds where nothing was written: chip-zones section 7 */

const struct profile_datum *provision_datum_of(const struct provision *provision, const struct provision_step *step)
{
    return &provision->profile->data[step->datum - 1];
}

/* Nothing, where the key is not made yet: steps/make_io_key.c. */
static bool get_io_key(const struct provision *provision, const struct provision_plan *plan, struct bytes_out *out,
                       struct error *err)
{
    uint8_t key[IO_KEY_BYTES];
    const enum io_key_found found = io_key_read(provision->driver->storage, plan->serial, key, err);
    const bool ok = found == IO_KEY_ABSENT || (found == IO_KEY_FOUND && bytes_append(out, bytes_of(key, sizeof key)));

    bytes_wipe(key, sizeof key);
    return ok;
}

static bool get_content(const struct provision *provision, const struct provision_plan *plan, size_t index,
                        struct bytes_out *out, struct error *err)
{
    if (profile_datum_is_io_key(&provision->profile->data[index]))
        return get_io_key(provision, plan, out, err);
    return provision->contents->get(provision->contents->context, index, plan->serial, out, err);
}

bool provision_datum_check(const struct provision *provision, const struct provision_plan *plan, size_t index,
                           struct error *err)
{
    uint8_t content[PROFILE_CONTENT_MOST];
    struct bytes_out out = {.data = content, .cap = sizeof content};
    const bool ok = get_content(provision, plan, index, &out, err);

    bytes_wipe(content, sizeof content);
    return ok;
}

/* ---- what a secret computes ---- */

/* What a secret is asked, and of which chip and entry. */
struct question {
    const struct provision_plan *plan;
    const struct profile_datum *datum;
    uint8_t *challenge; /* PROVISION_CHALLENGE_BYTES, random; an IO protection key's chip makes its own of it */
    uint8_t text[LINK_PROOF_MAX];
    size_t text_bytes;
};

/* The same computation by the chip and by who has the secret. */
struct proof {
    size_t answer_bytes;
    enum chip_status (*ask)(struct chip *chip, const struct question *question, uint8_t *answer, struct error *err);
    bool (*compute)(const uint8_t *secret, const struct question *question, uint8_t *answer);
};

static struct bytes text_of(const struct question *question)
{
    return bytes_of(question->text, question->text_bytes);
}

static enum chip_status ask_hmac(struct chip *chip, const struct question *question, uint8_t *answer, struct error *err)
{
    return chip_hmac_sha256(chip, question->plan->part, question->datum->slot, text_of(question), answer, err);
}

static bool compute_hmac(const uint8_t *secret, const struct question *question, uint8_t *answer)
{
    return crypto_hmac_sha256(secret, text_of(question), answer);
}

/* The slot may have ReqRandom, so that the chip's own random number takes part; the record keeps the whole challenge.
 */
static enum chip_status ask_mac(struct chip *chip, const struct question *question, uint8_t *answer, struct error *err)
{
    uint8_t num_in[CHIP_NUM_IN_BYTES];

    memcpy(num_in, question->challenge, sizeof num_in);
    return chip_mac_of_slot(chip, question->datum->slot, num_in, question->challenge, answer, err);
}

static bool compute_mac(const uint8_t *secret, const struct question *question, uint8_t *answer)
{
    return chip_mac_compute(secret, question->challenge, question->datum->slot, question->plan->serial, answer);
}

/* An AES key encrypts the start of the text's hash. */
static enum chip_status ask_aes(struct chip *chip, const struct question *question, uint8_t *answer, struct error *err)
{
    const struct bytes text = text_of(question);
    uint8_t digest[CRYPTO_SHA256_BYTES];

    return crypto_sha256(&text, 1, digest) ? chip_aes_encrypt(chip, question->datum->slot, 0, digest, answer, err)
                                           : CHIP_HOST_FAILED;
}

static bool compute_aes(const uint8_t *secret, const struct question *question, uint8_t *answer)
{
    const struct bytes text = text_of(question);
    uint8_t digest[CRYPTO_SHA256_BYTES];

    return crypto_sha256(&text, 1, digest) && crypto_aes128_encrypt(secret, digest, answer);
}

static const struct proof *proof_of(const struct profile_datum *datum)
{
    static const struct proof hmac = {CRYPTO_SHA256_BYTES, ask_hmac, compute_hmac};
    static const struct proof aes = {CRYPTO_AES_BYTES, ask_aes, compute_aes};
    static const struct proof mac = {CHIP_DIGEST_BYTES, ask_mac, compute_mac};

    if (profile_datum_is_io_key(datum))
        return &mac;
    return datum->type == PROFILE_DATUM_AES ? &aes : &hmac;
}

/* Whether who has `secret` computes what the chip did. */
static bool is_answer(const struct proof *proof, const uint8_t *secret, const struct question *question,
                      const uint8_t *answer)
{
    uint8_t own[CRYPTO_SHA256_BYTES];
    const bool same = proof->compute(secret, question, own) && memcmp(own, answer, proof->answer_bytes) == 0;

    bytes_wipe(own, sizeof own);
    return same;
}

static bool is_blank(const struct proof *proof, const struct question *question, const uint8_t *answer)
{
    uint8_t ones[PROFILE_SECRET_BYTES];
    static const uint8_t zeros[PROFILE_SECRET_BYTES];

    memset(ones, SHIPPED_BYTE, sizeof ones);
    return is_answer(proof, ones, question, answer) || is_answer(proof, zeros, question, answer);
}

/* `secret` NULL: it is not made yet. */
static bool compare_secret(const struct provision *provision, const struct provision_plan *plan,
                           const struct profile_datum *datum, const uint8_t *secret, enum datum_place *place,
                           struct provision_datum_evidence *evidence, struct error *err)
{
    const struct proof *proof = proof_of(datum);
    struct question question = {.plan = plan, .datum = datum, .challenge = evidence->challenge};
    struct bytes_out out = {.data = question.text, .cap = sizeof question.text};

    evidence->answer_bytes = proof->answer_bytes;
    if (provision_random(provision, evidence->challenge, sizeof evidence->challenge, err) != PROVISION_OK)
        return false;
    (void)link_proof_text(plan->serial, datum->id, bytes_of(evidence->challenge, sizeof evidence->challenge), &out);
    question.text_bytes = out.len;
    if (proof->ask(provision->driver->chip, &question, evidence->answer, err) != CHIP_OK) {
        error_at_slot(err, datum->slot);
        return false;
    }
    if (secret != NULL && is_answer(proof, secret, &question, evidence->answer))
        *place = DATUM_SAME;
    else
        *place = is_blank(proof, &question, evidence->answer) ? DATUM_BLANK : DATUM_OTHER;
    return true;
}

/* ---- what is read ---- */

static bool compare_bytes(const struct provision *provision, const struct profile_datum *datum, struct bytes content,
                          enum datum_place *place, struct provision_datum_evidence *evidence, struct error *err)
{
    const size_t size = chip_slot_bytes(datum->slot);
    uint8_t found[PROFILE_DATUM_MOST + BLOCK_BYTES];
    const struct bytes read = bytes_of(found, content.len);

    for (size_t at = 0; at < size; at += BLOCK_BYTES) {
        if (chip_read_slot_block(provision->driver->chip, datum->slot, (uint8_t)(at / BLOCK_BYTES), found + at, err) ==
            CHIP_OK)
            continue;
        error_at_slot(err, datum->slot);
        return false;
    }
    evidence->answer_bytes = CRYPTO_SHA256_BYTES;
    if (!crypto_sha256(&read, 1, evidence->answer)) {
        error_set(err, ERROR_UNEXPECTED, "the host cannot compute SHA-256", NULL);
        return false;
    }
    if (bytes_equal(read, content) && bytes_all(bytes_of(found + content.len, size - content.len), SHIPPED_BYTE))
        *place = DATUM_SAME;
    else
        *place = bytes_all(bytes_of(found, size), SHIPPED_BYTE) || bytes_all(bytes_of(found, size), 0) ? DATUM_BLANK
                                                                                                       : DATUM_OTHER;
    return true;
}

bool provision_datum_compare(const struct provision *provision, const struct provision_plan *plan, size_t index,
                             enum datum_place *place, struct provision_datum_evidence *evidence, struct error *err)
{
    const struct profile_datum *datum = &provision->profile->data[index];
    uint8_t content[PROFILE_CONTENT_MOST];
    struct bytes_out out = {.data = content, .cap = sizeof content};
    bool ok = get_content(provision, plan, index, &out, err);

    if (ok)
        ok = profile_datum_is_secret(datum)
                 ? compare_secret(provision, plan, datum, out.len != 0 ? content : NULL, place, evidence, err)
                 : compare_bytes(provision, datum, bytes_written(&out), place, evidence, err);
    bytes_wipe(content, sizeof content);
    return ok;
}

/* ---- writing ---- */

enum provision_status provision_datum_block(const struct provision *provision, const struct provision_plan *plan,
                                            uint8_t slot, uint8_t block, uint8_t out[static 32], struct error *err)
{
    const struct profile *profile = provision->profile;
    const size_t at = (size_t)block * BLOCK_BYTES;
    uint8_t content[PROFILE_CONTENT_MOST + BLOCK_BYTES];
    struct bytes_out all = {.data = content, .cap = PROFILE_CONTENT_MOST};
    size_t index = 0;
    bool ok;

    while (index < profile->data_count && profile->data[index].slot != slot)
        index++;
    if (index == profile->data_count)
        return PROVISION_OK;
    memset(content, SHIPPED_BYTE, sizeof content);
    ok = get_content(provision, plan, index, &all, err);
    if (ok && all.len == 0 && profile_datum_is_io_key(&profile->data[index])) {
        error_set(err, ERROR_STORAGE_FAILED, "the IO protection key was stored, and is not in the key store any more",
                  "check the storage medium, then run again: nothing was written in the key's place");
        error_with_subject(err, profile->data[index].name);
        error_at_slot(err, slot);
        ok = false;
    }
    if (ok) /* what is behind the longest content is as it was shipped, as the end of this array */
        memcpy(out, content + (at < PROFILE_CONTENT_MOST ? at : PROFILE_CONTENT_MOST), BLOCK_BYTES);
    bytes_wipe(content, sizeof content);
    return ok ? PROVISION_OK : provision_status_of(err);
}

/* In clear where the chip accepts that now, else with the secret in the slot's WriteKey slot, which is known. */
static enum chip_status write_block(const struct provision *provision, const struct provision_plan *plan, uint8_t slot,
                                    uint8_t block, const uint8_t in[static BLOCK_BYTES], struct error *err)
{
    struct driver *driver = provision->driver;
    const struct chip_config *config;
    const struct imprint_write_key *key;
    enum chip_status status = driver_config(driver, &config, err);

    if (status != CHIP_OK)
        return status;
    if ((chip_slot_can(config, slot) & CHIP_CAN_WRITE_CLEAR) != 0)
        return chip_write_slot_block(driver->chip, slot, block, in, err);
    key = PROFILE_HAS_CONTENTS != 0 ? driver_write_key(driver, slot) : NULL; /* a board has none */
    if (key == NULL)
        return CHIP_BAD_ARGUMENT; /* observing has checked that it is there */
    return chip_write_slot_block_encrypted(driver->chip, slot, block, in, key->slot, key->secret, plan->serial, err);
}

/* Whether the chip has said that it did not execute the command, or was not asked to. */
static bool is_refusal(enum chip_status status)
{
    return status == CHIP_PARSE || status == CHIP_EXECUTION || status == CHIP_BAD_ARGUMENT;
}

enum provision_status provision_datum_write(const struct provision *provision, const struct provision_plan *plan,
                                            size_t index, bool *is_whole, struct error *err)
{
    const struct profile_datum *datum = &provision->profile->data[index];
    const size_t size = profile_datum_is_secret(datum) ? BLOCK_BYTES : chip_slot_bytes(datum->slot);
    enum provision_status result = PROVISION_OK;
    uint8_t in[BLOCK_BYTES];

    *is_whole = true;
    for (uint8_t block = 0; block < (size + BLOCK_BYTES - 1) / BLOCK_BYTES && result == PROVISION_OK; block++) {
        enum chip_status written = CHIP_OK;

        result = provision_datum_block(provision, plan, datum->slot, block, in, err);
        if (result == PROVISION_OK)
            written = write_block(provision, plan, datum->slot, block, in, err);
        if (written != CHIP_OK) {
            error_at_slot(err, datum->slot);
            result = provision_status_of(err);
        }
        if (result != PROVISION_OK)
            *is_whole = block == 0 && (written == CHIP_OK || is_refusal(written));
    }
    bytes_wipe(in, sizeof in);
    return result;
}
