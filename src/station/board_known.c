/* SPDX-License-Identifier: Apache-2.0 */
#include "station/board_known.h"

#include <string.h>

#include "base/error_format.h"
#include "base/hex.h"
#include "crypto/hash.h"
#include "provision/mark.h"
#include "station/evidence.h"
#include "station/request_files.h"

void board_known_find_spared(const struct station_config *config, const struct profile *profile, const json_t *record,
                             const uint8_t serial[static CHIP_SERIAL_BYTES], bool spared[static PROFILE_KEYS_MAX])
{
    uint8_t point[P256_POINT_BYTES];

    for (size_t i = 0; i < profile->key_count; i++) {
        const struct profile_key *key = &profile->keys[i];

        spared[i] = evidence_proven_key(record, key->id, point) && evidence_key_is_limited(record, key->id) &&
                    request_files_need_nothing(config, key, serial, point);
    }
}

bool board_known_tell_key(struct board *board, uint32_t id, const uint8_t point[static P256_POINT_BYTES], bool proven,
                          struct error *err)
{
    char id_text[LINK_NUMBER_SIZE], hash_text[HEX_SIZE(MARK_HASH_MAX)];
    uint8_t hash[CRYPTO_SHA256_BYTES];
    const struct board_command known = {.verb = "known", .words = {id_text, hash_text, proven ? "proven" : NULL}};
    const struct bytes piece = bytes_of(point, P256_POINT_BYTES);

    if (!crypto_sha256(&piece, 1, hash)) {
        error_set(err, ERROR_PSA, "the public key cannot be hashed", NULL);
        return false;
    }
    link_format_number(id, id_text);
    hex_encode(bytes_of(hash, MARK_HASH_MAX), hash_text);
    return board_ask(board, &known, err);
}

static bool tell_recorded(struct board *board, const json_t *record, uint32_t id, bool spared, struct error *err)
{
    uint8_t point[P256_POINT_BYTES];

    return !evidence_key_point(record, id, point) || board_known_tell_key(board, id, point, spared, err);
}

bool board_known_tell(struct board *board, const struct profile *profile, const json_t *record,
                      const bool spared[static PROFILE_KEYS_MAX], struct error *err)
{
    const struct board_command forget = {.verb = "known"};
    bool ok = board_ask(board, &forget, err);

    for (size_t i = 0; i < profile->key_count && ok; i++)
        ok = tell_recorded(board, record, profile->keys[i].id, spared[i], err);
    return ok;
}

bool board_known_check_mcu(const struct board *board, const json_t *record, struct error *err)
{
    const json_t *made_on = json_object_get(json_object_get(record, "run"), "board");
    const char *known = json_string_value(json_object_get(made_on, "mcu"));
    const char *serial = json_string_value(json_object_get(record, "serial"));

    if (known == NULL || board->mcu[0] == '\0' || strcmp(known, board->mcu) == 0)
        return true;
    error_set(err, ERROR_DUPLICATE,
              error_keep_format(err,
                                "this chip was on another board: its record names the microcontroller %s, and here is "
                                "%s",
                                known, board->mcu),
              error_keep_format(err,
                                "set the board aside and find out how the chip came there; after a repair give its "
                                "record up first: imprint retire %s --lost --yes",
                                serial != NULL ? serial : "SERIAL"));
    error_doing(err, "compare the board with the device's record");
    return false;
}
