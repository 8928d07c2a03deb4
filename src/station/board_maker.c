/* SPDX-License-Identifier: Apache-2.0 */
#include "station/board_maker.h"

#include <stdio.h>
#include <string.h>

#include <psa/crypto.h>

#include "base/hex.h"
#include "cert/maker.h"
#include "profile/data.h"

#define ATTEMPTS 3 /* while lines are damaged */

static void take_item(void *context, const struct link_words *words)
{
    struct genuine_shown *shown = context;
    const char *name = link_value(words, "item");

    if (strcmp(words->word[0], "maker") != 0 || name == NULL)
        return;
    for (int item = 0; item < GENUINE_ITEMS; item++) {
        struct bytes_out out = {.data = shown->item[item], .cap = genuine_item_bytes((enum genuine_item)item)};

        if (strcmp(name, genuine_item_name((enum genuine_item)item)) == 0)
            shown->has[item] = link_hex(words, "data", &out) && out.len == out.cap;
    }
}

static bool ask(struct board *board, struct genuine_shown *shown, struct error *err)
{
    char nonce[HEX_SIZE(sizeof shown->challenge)];
    const struct board_command maker = {.verb = "maker", .words = {nonce}, .frame = take_item, .context = shown};

    hex_encode(bytes_of(shown->challenge, sizeof shown->challenge), nonce);
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        memset(shown->has, 0, sizeof shown->has);
        if (!board_ask(board, &maker, err))
            return false;
        if (!board_missed_lines(board))
            return true;
    }
    error_set(err, ERROR_DEVICE_GARBLED, "repeated checksum errors on the console",
              "check the cable and ground, and that no other program reads this console");
    return false;
}

bool board_maker_check(struct board *board, const uint8_t serial[static CHIP_SERIAL_BYTES], struct genuine *genuine,
                       struct error *err)
{
    struct genuine_shown shown = {.has = {false}};
    psa_status_t status = psa_generate_random(shown.challenge, sizeof shown.challenge);

    *genuine = (struct genuine){.result = GENUINE_UNCHECKED};
    memcpy(shown.serial, serial, sizeof shown.serial);
    if (status != PSA_SUCCESS) {
        error_set(err, ERROR_PSA, "the station has no random numbers", NULL);
        error_with_psa(err, status);
    } else if (ask(board, &shown, err)) {
        genuine_judge(genuine, &shown);
        return true;
    }
    error_doing(err, "verify the maker's certificates");
    return false;
}

static bool is_certified(const struct genuine *genuine, const struct provision_key_evidence *key)
{
    return genuine_is_proven(genuine) && memcmp(key->public_key, genuine->public_key, sizeof genuine->public_key) == 0;
}

bool board_maker_check_key(const struct genuine *genuine, const struct provision_evidence *evidence, struct error *err)
{
    for (size_t i = 0; i < evidence->key_count; i++) {
        const struct provision_key_evidence *key = &evidence->keys[i];

        if (!genuine_is_proven(genuine) || key->slot != CERT_MAKER_KEY_SLOT || is_certified(genuine, key))
            continue;
        error_set(err, ERROR_PROOF_FAILED, "the key in slot 0 is another than the one that the maker certified",
                  "do not ship this device: what its board says is not true");
        error_doing(err, "check what the board says");
        error_at_slot(err, key->slot);
        error_with_key(err, key->key_id);
        error_with_serial(err, evidence->serial);
        return false;
    }
    return true;
}

/* The certified key is held by the chip; what a board says of any other is its word. */
static bool is_held(const struct genuine *genuine, const struct profile_key *key,
                    const struct provision_key_evidence *evidence)
{
    return evidence != NULL ? is_certified(genuine, evidence)
                            : genuine_is_proven(genuine) && key->slot == CERT_MAKER_KEY_SLOT;
}

json_t *board_maker_not_proven(const struct genuine *genuine, const struct profile *profile,
                               const struct provision_evidence *evidence)
{
    json_t *keys = json_array();

    for (size_t i = 0; i < profile->key_count; i++) {
        if (!is_held(genuine, &profile->keys[i], evidence != NULL ? &evidence->keys[i] : NULL))
            json_array_append_new(keys, json_integer(profile->keys[i].id));
    }
    json_t *object =
        json_pack("{s:b, s:b, s:o}", "serial", (int)!genuine_is_proven(genuine), "config", 1, "key_ids", keys);

    if (profile_has_io_key(profile))
        json_object_set_new(object, "io_key", json_true());
    return object;
}

void board_maker_not_proven_text(const json_t *not_proven, char text[static BOARD_NOT_PROVEN_TEXT_SIZE])
{
    const json_t *keys = json_object_get(not_proven, "key_ids"), *key;
    size_t i, n = 0;

    n += (size_t)snprintf(
        text, BOARD_NOT_PROVEN_TEXT_SIZE, "%show the chip is configured and locked",
        json_is_true(json_object_get(not_proven, "serial")) ? "that a chip with this serial number is there, " : "");
    json_array_foreach(keys, i, key)
    {
        if (n < BOARD_NOT_PROVEN_TEXT_SIZE)
            n += (size_t)snprintf(text + n, BOARD_NOT_PROVEN_TEXT_SIZE - n, "%s %lld",
                                  i == 0 ? ", that it holds key" : ",", (long long)json_integer_value(key));
    }
    if (n < BOARD_NOT_PROVEN_TEXT_SIZE && json_is_true(json_object_get(not_proven, "io_key")))
        n += (size_t)snprintf(text + n, BOARD_NOT_PROVEN_TEXT_SIZE - n, ", that it holds the IO protection key");
    if (n < BOARD_NOT_PROVEN_TEXT_SIZE)
        (void)snprintf(text + n, BOARD_NOT_PROVEN_TEXT_SIZE - n, ": so says the board");
}
