/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imprint erase: forgets all records of this device. Works on the store itself and starts no PSA, so that it is the way
 * out of damaged records too; asks nothing of the chip but its serial number and changes nothing in it.
 */
#include "cli/with_session.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/hex.h"
#include "station/folder.h"

enum erase_option { OPTION_YES, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_YES] = {"yes", 'y', NULL, "do it; without this option, only list what would be removed", NULL},
};

/*
 * Removes all records; `*keys` gets how many of them were in PSA's range of key ids. With `ids`, an array that gets
 * those ids, removes nothing.
 */
static bool forget_records(struct storage *storage, json_t *ids, size_t *keys, struct error *err)
{
    enum storage_status status, removed = STORAGE_OK;
    uint64_t uid = 0;
    bool first = true;

    *keys = 0;
    while ((status = storage->operations->next(storage->context, first, &uid)) == STORAGE_OK) {
        first = false;
        if (uid >= PSA_KEY_ID_USER_MIN && uid <= PSA_KEY_ID_USER_MAX) {
            ++*keys;
            json_array_append_new(ids, json_integer((json_int_t)uid));
        }
        if (ids == NULL)
            removed = storage->operations->remove(storage->context, uid);
        if (removed != STORAGE_OK)
            break;
    }
    if (removed != STORAGE_OK)
        status = removed;
    if (status == STORAGE_ABSENT)
        return true;
    error_set(err, ERROR_STORAGE_FAILED, storage_status_text(status), NULL);
    return false;
}

static bool forget_record_file(struct session *session, struct error *err)
{
    char above[PATH_MAX];

    folder_above(session->record_path, above);
    if ((unlink(session->record_path) == 0 && folder_sync(above)) || errno == ENOENT || errno == ENOTDIR)
        return true;
    error_set(err, ERROR_STORAGE_FAILED, "the device's record cannot be removed", NULL);
    error_with_errno(err, errno);
    error_with_subject(err, session->record_path);
    return false;
}

/* Without --yes: lists what would be removed. Always false. */
static bool list(struct cli *cli, struct session *session, const char *serial, bool evidence, struct error *err)
{
    json_t *ids = json_array();
    size_t keys = 0;

    if (ids == NULL || !forget_records(&session->store.front, ids, &keys, err)) {
        json_decref(ids);
        return false;
    }
    output_say(&cli->output, "imprint: --yes would forget %zu key record%s of device %s%s", keys, keys == 1 ? "" : "s",
               serial, evidence ? " and its evidence" : "");
    output_object(&cli->output, json_pack("{s:s, s:s, s:o, s:b}", "event", "erase", "serial", serial, "keys", ids,
                                          "record", (int)evidence));
    error_set(err, ERROR_USAGE, "erase removes key records and needs --yes", "to do it, run: imprint erase --yes");
    return false;
}

static bool forget(struct cli *cli, struct session *session, struct error *err)
{
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)];
    bool exists = station_store_exists(&session->store), evidence = access(session->record_path, F_OK) == 0;
    size_t keys = 0;

    hex_encode(bytes_of(session->device.serial, sizeof session->device.serial), serial);
    if (cli->values[OPTION_YES] == NULL)
        return list(cli, session, serial, evidence, err);
    if (exists && (!station_store_allow_changes(&session->store, err) ||
                   !forget_records(&session->store.front, NULL, &keys, err)))
        return false;
    if (!forget_record_file(session, err))
        return false;
    if (keys == 0 && !evidence)
        output_result(&cli->output, "nothing to forget: there is nothing here about device %s\n", serial);
    else
        output_result(&cli->output, "forgotten: %zu key record%s of device %s%s; the keys in the chip are untouched\n",
                      keys, keys == 1 ? "" : "s", serial, evidence ? ", and its evidence" : "");
    output_object(&cli->output,
                  json_pack("{s:s, s:s, s:I}", "event", "erased", "serial", serial, "keys", (json_int_t)keys));
    return true;
}

static bool erase(struct cli *cli, struct session *session, struct error *err)
{
    if (forget(cli, session, err))
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
    .description = "Removes the device's key records and its record.json from the state folder,\n"
                   "damaged ones too. The chip is not touched: its keys stay where they are, but no\n"
                   "key id points to them any more.\n",
    .examples = "  imprint erase\n"
                "  imprint erase --yes\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .run = run_erase,
};
