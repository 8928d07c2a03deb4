/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imprint keys: the key records of the device. Only reads, and asks nothing of the chip but its serial number; not even
 * that where --storage names a flash image, which is one device's.
 */
#include "cli/with_session.h"

#include <inttypes.h>

#include "base/hex.h"
#include "station/evidence.h"
#include "station/key.h"
#include "psa/slots.h"

struct listing {
    const struct output *output;
    const json_t *record; /* for names; NULL: none */
    const char *serial;   /* NULL: the device was not asked */
    size_t count;
};

static bool list_key(void *context, const struct driver_record *key)
{
    struct listing *listing = context;
    const struct output *output = listing->output;
    const char *name = evidence_key_name(listing->record, key->key_id);
    const char *method = evidence_key_method(listing->record, key->key_id);
    char type[KEY_TEXT_SIZE], algorithm[KEY_TEXT_SIZE], usage[KEY_TEXT_SIZE];

    key_type_text(driver_record_type(key), type);
    key_algorithm_text(driver_record_algorithm(key), algorithm);
    key_usage_text(driver_record_usage(key), usage);
    if (listing->count++ == 0)
        output_result(output, "%-10s  %-20s  %-8s  %4s  %-23s  %4s  %-15s  %s\n", "id", "name", "method", "slot",
                      "type", "bits", "algorithm", "usage");
    output_result(output, "%-10" PRIu32 "  %-20s  %-8s  %4" PRIu64 "  %-23s  %4zu  %-15s  %s\n", key->key_id,
                  name != NULL ? name : "-", method != NULL ? method : "-", key->number, type, driver_record_bits(key),
                  algorithm, usage);
    output_object(output, json_pack("{s:s, s:s?, s:I, s:s?, s:s?, s:I, s:s, s:i, s:s, s:o}", "event", "key", "serial",
                                    listing->serial, "key_id", (json_int_t)key->key_id, "name", name, "method", method,
                                    "slot", (json_int_t)key->number, "type", type, "bits", (int)driver_record_bits(key),
                                    "algorithm", algorithm, "usage", key_usage_array(driver_record_usage(key))));
    if (key->number >= CHIP_SLOTS)
        output_warn(output,
                    "key %" PRIu32 " points to slot %" PRIu64 ", which no chip has: it cannot be used. "
                    "Its record stays until the key is destroyed (psa_destroy_key)",
                    key->key_id, key->number);
    return true;
}

static bool list_keys(struct cli *cli, struct session *session, struct error *err)
{
    static const uint8_t none[CHIP_SERIAL_BYTES] = {0};
    const struct bytes number = bytes_of(session->device.serial, sizeof session->device.serial);
    const bool is_asked = !bytes_equal(number, bytes_of(none, sizeof none));
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)];
    struct listing listing = {.output = &cli->output, .record = session->record, .serial = is_asked ? serial : NULL};

    hex_encode(number, serial);

    if (driver_visit_records(&session->driver, list_key, &listing, err) != PSA_SUCCESS) {
        error_doing(err, "list the keys");
        error_with_serial(err, session->device.serial);
        return false;
    }
    if (listing.count == 0) {
        output_say(&cli->output, "imprint: there is no key record of this device here");
        output_next(&cli->output, "see what it is: imprint provision PROFILE --dry-run");
    }
    return true;
}

static enum cli_exit run_keys(struct cli *cli)
{
    return with_session(cli, SESSION_RECORDS, list_keys);
}

const struct cli_verb cli_verb_keys = {
    .name = "keys",
    .arguments = "",
    .summary = "List the device's PSA keys",
    .description = "One line per key: key id, name and method from the device's record, slot, type,\n"
                   "size, algorithm and usage. Changes nothing. With --storage flash:IMAGE it lists\n"
                   "the keys in that image and needs no chip.\n",
    .examples = "  imprint keys\n"
                "  imprint --storage flash:board.flash keys\n"
                "  imprint --json keys | jq 'select(.event==\"key\") | .key_id'\n",
    .run = run_keys,
};
