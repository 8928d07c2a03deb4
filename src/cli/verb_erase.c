/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imprint erase: forgets all key records of this device. Works on the store itself and starts no PSA, so that it is the
 * way out of damaged records too; asks nothing of the chip but its serial number and changes nothing in it.
 */
#include "cli/with_session.h"

#include <unistd.h>

#include "base/hex.h"

enum erase_option { OPTION_YES, OPTION_IO_KEY, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_YES] = {"yes", 'y', NULL, "do it; without this option, only list what would be removed", NULL},
    [OPTION_IO_KEY] = {"io-key", 0, NULL, "also forget the chip's IO protection key", NULL},
};

/* Without --yes: lists what would be removed. Always false. */
static bool list(struct cli *cli, json_t *ids, const char *serial, bool has_record, struct error *err)
{
    size_t keys = json_array_size(ids);

    output_say(&cli->output, "imprint: --yes would forget %zu key record%s of device %s%s", keys, keys == 1 ? "" : "s",
               serial, has_record ? "; its record.json stays" : "");
    output_object(&cli->output, json_pack("{s:s, s:s, s:O, s:b}", "event", "erase", "serial", serial, "keys", ids,
                                          "record", (int)has_record));
    error_set(err, ERROR_USAGE, "erase removes key records and needs --yes", "to do it, run: imprint erase --yes");
    return false;
}

/* What becomes of the IO protection key, where there is one. */
static void say_io_key(struct cli *cli, bool kept)
{
    if (kept)
        output_say(&cli->output,
                   "imprint: the chip's IO protection key stays here; to give it up: imprint erase --yes --io-key");
    else
        output_say(&cli->output,
                   "imprint: the chip's IO protection key is forgotten: what the chip encrypts with it is "
                   "lost until it gets another one");
}

static bool forget(struct cli *cli, struct session *session, json_t *ids, struct error *err)
{
    const bool has_io_key = station_store_has_io_key(&session->store), with_io_key = cli->values[OPTION_IO_KEY] != NULL;
    bool exists = station_store_exists(&session->store), has_record = access(session->record_path, F_OK) == 0;
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)];
    size_t keys = json_array_size(ids);

    hex_encode(bytes_of(session->device.serial, sizeof session->device.serial), serial);
    if (cli->values[OPTION_YES] == NULL)
        return list(cli, ids, serial, has_record, err);
    if (exists && (!station_store_allow_changes(&session->store, err) ||
                   !station_store_forget(&session->store, with_io_key, err)))
        return false;
    if (keys == 0)
        output_result(&cli->output, "nothing to forget: there is no key record of device %s here\n", serial);
    else
        output_result(&cli->output, "forgotten: %zu key record%s of device %s; the keys in the chip are untouched\n",
                      keys, keys == 1 ? "" : "s", serial);
    if (has_io_key)
        say_io_key(cli, !with_io_key);
    if (has_record)
        output_say(&cli->output,
                   "imprint: the device's record still protects its keys; to give them up: imprint retire %s", serial);
    output_object(&cli->output, json_pack("{s:s, s:s, s:I, s:b}", "event", "erased", "serial", serial, "keys",
                                          (json_int_t)keys, "io_key_kept", (int)(has_io_key && !with_io_key)));
    return true;
}

static bool erase(struct cli *cli, struct session *session, struct error *err)
{
    json_t *ids = station_store_key_ids(&session->store, err);
    bool ok = ids != NULL && forget(cli, session, ids, err);

    json_decref(ids);
    if (ok)
        return true;
    error_doing(err, "forget the device's keys");
    error_with_serial(err, session->device.serial);
    return false;
}

static enum cli_exit run_erase(struct cli *cli)
{
    return with_session(cli, SESSION_LOOK, erase);
}

const struct cli_verb cli_verb_erase = {
    .name = "erase",
    .arguments = "",
    .summary = "Forget all PSA metadata of this device; its keys stay",
    .description = "Removes the device's key records from the state folder, damaged ones too. The\n"
                   "chip is not touched: its keys stay where they are, but no key id points to them\n"
                   "any more. The device's record.json stays: imprint provision replaces no key that\n"
                   "it names. To give those up as well, use imprint retire.\n"
                   "The chip's IO protection key stays, too, unless --io-key is given: where the\n"
                   "chip can never get another one, it is lost for ever with the last copy.\n",
    .examples = "  imprint erase\n"
                "  imprint erase --yes\n"
                "  imprint erase --yes --io-key\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .run = run_erase,
};
