/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/primary/primary.h"

#include <string.h>

#include "base/hex.h"
#include "base/p256.h"
#include "psa/keys.h"
#include "psa/records.h"
#include "link/proof.h"

#define SIGNATURE_BYTES 64

static bool parse_key(const struct link_words *words, size_t count, uint32_t *id)
{
    return words->count == count && link_parse_number(words->word[1], PSA_KEY_ID_USER_MAX, id) &&
           *id >= PSA_KEY_ID_USER_MIN;
}

static bool psa_failed(struct primary *primary, psa_status_t status, uint32_t id, const char *doing, struct error *err)
{
    platform_psa_failed(&primary->platform, status, doing, err);
    error_with_key(err, id);
    return false;
}

static bool read_serial(struct primary *primary, uint8_t serial[static CHIP_SERIAL_BYTES], struct error *err)
{
    const struct chip_config *config;

    if (driver_config(&primary->platform.driver, &config, err) != CHIP_OK) {
        error_doing(err, "read the chip's serial number");
        return false;
    }
    chip_config_serial(config, serial);
    return true;
}

/* --- keys ------------------------------------------------------------------------------------------------------------
 */

static bool send_key(void *context, const struct driver_record *record)
{
    bool pair = PSA_KEY_TYPE_IS_KEY_PAIR(driver_record_type(record));
    bool signs = pair && (driver_record_usage(record) & (PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_SIGN_MESSAGE)) != 0;
    struct link_frame frame;

    (void)context;
    console_print("key ");
    console_print_number(record->key_id);
    console_print(": slot ");
    console_print_number(record->slot);
    console_print(pair ? ", key pair" : ", public key");
    console_print(signs ? ", signs\n" : "\n");
    frame = console_begin_frame("key");
    link_add_number(&frame, "id", record->key_id);
    link_add_number(&frame, "slot", record->slot);
    link_add_flag(&frame, "pair", pair);
    link_add_flag(&frame, "signs", signs);
    link_add_number(&frame, "algorithm", driver_record_algorithm(record));
    link_end(&frame);
    return true;
}

static bool list_keys(struct primary *primary, const struct link_words *words, struct error *err)
{
    uint8_t serial[CHIP_SERIAL_BYTES];
    struct link_frame frame;

    (void)words;
    if (!read_serial(primary, serial, err) ||
        driver_visit_records(&primary->platform.driver, send_key, NULL, err) != PSA_SUCCESS) {
        error_doing(err, "list the keys");
        return false;
    }
    frame = console_begin_frame("chip");
    link_add_hex(&frame, "serial", bytes_of(serial, sizeof serial));
    link_end(&frame);
    return true;
}

static bool show_public(struct primary *primary, const struct link_words *words, struct error *err)
{
    uint8_t point[P256_POINT_BYTES];
    struct link_frame frame;
    uint32_t id;
    psa_status_t status;

    if (!parse_key(words, 2, &id))
        return console_refuse_words("public needs a key id, as in: public 18", "list the key ids: keys", err);
    status = keys_public(&primary->platform.driver, id, point, err);
    if (status != PSA_SUCCESS)
        return psa_failed(primary, status, id, "read the public key", err);
    console_print_public_key(point);
    frame = console_begin_frame("public");
    link_add_number(&frame, "id", id);
    link_add_hex(&frame, "public", bytes_of(point, sizeof point));
    link_end(&frame);
    return true;
}

/* --- sign ------------------------------------------------------------------------------------------------------------
 */

/* The algorithm that the key's policy permits, with SHA-256 where the policy permits any hash. */
static psa_status_t algorithm_of(struct driver *driver, uint32_t id, psa_algorithm_t *algorithm, struct error *err)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_status_t status = keys_attributes(driver, id, false, &attributes, NULL, err);

    *algorithm = psa_get_key_algorithm(&attributes);
    psa_reset_key_attributes(&attributes);
    if (*algorithm == PSA_ALG_ECDSA(PSA_ALG_ANY_HASH))
        *algorithm = PSA_ALG_ECDSA(PSA_ALG_SHA_256);
    return status;
}

static bool sign_challenge(struct primary *primary, const struct link_words *words, struct error *err)
{
    uint8_t challenge[LINK_CHALLENGE_MAX], text[LINK_PROOF_MAX], signature[SIGNATURE_BYTES];
    uint8_t serial[CHIP_SERIAL_BYTES];
    struct bytes_out challenge_out = {.data = challenge, .cap = sizeof challenge};
    struct bytes_out text_out = {.data = text, .cap = sizeof text};
    struct link_frame frame;
    psa_algorithm_t algorithm;
    psa_status_t status;
    uint32_t id;

    if (!parse_key(words, 3, &id) || !hex_decode(words->word[2], strlen(words->word[2]), &challenge_out, NULL) ||
        challenge_out.len < LINK_CHALLENGE_MIN)
        return console_refuse_words("sign needs a key id and a challenge of 16 to 32 bytes in hex",
                                    "list the key ids: keys", err);
    if (!read_serial(primary, serial, err))
        return false;
    (void)link_proof_text(serial, id, bytes_written(&challenge_out), &text_out);
    status = algorithm_of(&primary->platform.driver, id, &algorithm, err);
    if (status == PSA_SUCCESS)
        status = keys_sign_message(&primary->platform.driver, id, algorithm, bytes_written(&text_out), signature, err);
    if (status != PSA_SUCCESS)
        return psa_failed(primary, status, id, "sign the challenge", err);
    frame = console_begin_frame("signature");
    link_add_number(&frame, "id", id);
    link_add_number(&frame, "hash", PSA_ALG_SIGN_GET_HASH(algorithm));
    link_add_hex(&frame, "serial", bytes_of(serial, sizeof serial));
    link_add_hex(&frame, "challenge", bytes_written(&challenge_out));
    link_add_hex(&frame, "signature", bytes_of(signature, sizeof signature));
    link_end(&frame);
    return true;
}

/* --- commands --------------------------------------------------------------------------------------------------------
 */

/* Each command that uses keys reopens the key store and the chip, because either may have been swapped. */
static bool with_keys(struct primary *primary, const struct link_words *words, struct error *err,
                      bool (*run)(struct primary *primary, const struct link_words *words, struct error *err))
{
    bool ok;

    if (!platform_start(&primary->platform, PLATFORM_USE, &driver_shell_use_only, err))
        return false;
    ok = run(primary, words, err);
    platform_stop(&primary->platform);
    return ok;
}

static bool do_keys(void *application, const struct link_words *words, struct error *err)
{
    return with_keys(application, words, err, list_keys);
}

static bool do_public(void *application, const struct link_words *words, struct error *err)
{
    return with_keys(application, words, err, show_public);
}

static bool do_sign(void *application, const struct link_words *words, struct error *err)
{
    return with_keys(application, words, err, sign_challenge);
}

static bool do_hello(void *application, const struct link_words *words, struct error *err)
{
    struct link_frame frame = console_hello("primary", words == NULL);

    (void)application;
    (void)err;
    link_end(&frame);
    return true;
}

static bool do_end(void *application, const struct link_words *words, struct error *err)
{
    struct primary *primary = application;

    (void)words;
    (void)err;
    primary->ended = true;
    return true;
}

static const struct console_command commands[] = {
    {"hello", "show which application this is", do_hello},
    {"keys", "list the keys", do_keys},
    {"public", "ID: show a key's public key", do_public},
    {"sign", "ID CHALLENGE: sign a challenge of 16 to 32 bytes", do_sign},
    {"end", "end the application", do_end},
};

void primary_serve(struct primary *primary)
{
    struct error err = {.reason = ERROR_NONE};
    struct link_words words;

    memset(primary, 0, sizeof *primary);
    console_init(&primary->console);
    (void)do_hello(primary, NULL, &err);
    while (!primary->ended) {
        console_read_command(&primary->console, &words);
        console_run(commands, sizeof commands / sizeof commands[0], primary, &words);
    }
}
