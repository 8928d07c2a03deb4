/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A primary application that agrees on secrets, an example for a product's own: it registers the slot of its key under
 * an id of its own, for ECDH, and calls imprint_key_agreement(). It has no setting for the IO protection key: where the
 * factory application has made one, the driver finds it in the key store, and the chip encrypts each secret with it.
 *
 * Its console agrees with any caller's public key, and shows a hash of the secret with a text of its own, so that a
 * test bench can tell that both have the same. A product ships without this console (docs/reference/board-protocol.md).
 */
#include <string.h>

#include <imprint/board.h>
#include <imprint/psa.h>

#include "base/hex.h"
#include "base/p256.h"
#include "crypto/hash.h"
#include "firmware/console.h"
#include "firmware/platform.h"

/* The product's own ids, by slot: a profile's `derive` configures the slot alone (docs/reference/psa-keys.md). */
#define ID_OF_SLOT_0 0x100

static const char text[] = "imprint proof of agreement 1\n";

struct application {
    struct console console;
    struct platform platform;
    bool ended; /* the command `end` has run */
};

static bool psa_failed(struct application *application, psa_status_t status, const char *doing, struct error *err)
{
    if (status == PSA_SUCCESS)
        return false;
    platform_psa_failed(&application->platform, status, doing, err);
    return true;
}

/* Once: the key store keeps it. */
static psa_status_t register_key(uint8_t slot)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_status_t status = psa_get_key_attributes(ID_OF_SLOT_0 + slot, &attributes);

    psa_reset_key_attributes(&attributes);
    if (status == PSA_SUCCESS)
        return status;
    psa_set_key_id(&attributes, ID_OF_SLOT_0 + slot);
    psa_set_key_lifetime(&attributes, PSA_ATECC608A_LIFETIME);
    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_bits(&attributes, 256);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_DERIVE);
    psa_set_key_algorithm(&attributes, PSA_ALG_ECDH);
    status = imprint_psa_register_slot(&attributes, slot);
    psa_reset_key_attributes(&attributes);
    return status;
}

static void report(uint8_t slot, const uint8_t secret[static P256_BYTES])
{
    const struct bytes pieces[] = {bytes_of(text, sizeof text - 1), bytes_of(secret, P256_BYTES)};
    uint8_t hash[CRYPTO_SHA256_BYTES] = {0};
    struct link_frame frame = console_begin_frame("agreement");

    (void)crypto_sha256(pieces, 2, hash);
    link_add_number(&frame, "slot", slot);
    link_add_hex(&frame, "proof", bytes_of(hash, sizeof hash));
    link_end(&frame);
}

static bool agree(struct application *application, uint8_t slot, struct bytes peer, struct error *err)
{
    uint8_t secret[P256_BYTES];
    size_t len;
    bool ok = !psa_failed(application, register_key(slot), "register the key for ECDH", err) &&
              !psa_failed(application,
                          imprint_key_agreement(PSA_ALG_ECDH, ID_OF_SLOT_0 + slot, peer.data, peer.len, secret,
                                                sizeof secret, &len),
                          "agree on a secret", err);

    if (ok)
        report(slot, secret);
    else
        error_at_slot(err, slot);
    bytes_wipe(secret, sizeof secret);
    return ok;
}

/* It reopens the key store and the chip, because either may have been swapped. */
static bool do_agree(void *context, const struct link_words *words, struct error *err)
{
    struct application *application = context;
    uint8_t peer[P256_POINT_BYTES];
    struct bytes_out out = {.data = peer, .cap = sizeof peer};
    uint32_t slot;
    bool ok;

    if (words->count != 3 || !link_parse_number(words->word[1], CHIP_SLOTS - 1, &slot) ||
        !hex_decode(words->word[2], strlen(words->word[2]), &out, NULL))
        return console_refuse_words("expected: agree SLOT PUBLIC (130 hex digits: 04, X, Y)", NULL, err);
    if (!platform_start(&application->platform, PLATFORM_USE, &driver_shell_make_only, err))
        return false;
    ok = agree(application, (uint8_t)slot, bytes_written(&out), err);
    platform_stop(&application->platform);
    return ok;
}

static bool do_hello(void *context, const struct link_words *words, struct error *err)
{
    struct link_frame frame = console_hello("primary-agreement", words == NULL);

    (void)context;
    (void)err;
    link_end(&frame);
    return true;
}

static bool do_end(void *context, const struct link_words *words, struct error *err)
{
    (void)words;
    (void)err;
    ((struct application *)context)->ended = true;
    return true;
}

static const struct console_command commands[] = {
    {"hello", "show which application this is", do_hello},
    {"agree", "SLOT PUBLIC: agree on a secret with this public key, and show a hash of it", do_agree},
    {"end", "end the application", do_end},
};

int main(void)
{
    struct application application;
    struct error err = {.reason = ERROR_NONE};
    struct link_words words;

    memset(&application, 0, sizeof application);
    imprint_board_start();
    console_init(&application.console);
    (void)do_hello(&application, NULL, &err);
    while (!application.ended) {
        console_read_command(&application.console, &words);
        console_run(commands, sizeof commands / sizeof commands[0], &application, &words);
    }
    imprint_board_end(0);
}
