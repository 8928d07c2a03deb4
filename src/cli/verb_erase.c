/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imprint erase: forgets all key records of this device. Works on the store itself and starts no PSA, so that it is the
 * way out of damaged records too; asks nothing of the chip but its serial number and changes nothing in it.
 */
#include "cli/with_session.h"

#include <errno.h>
#include <unistd.h>

#include "base/hex.h"
#include "station/orders.h"
#include "station/run_facts.h"
#include "station/station_ledger.h"

enum erase_option { OPTION_YES, OPTION_IO_KEY, OPTION_OPERATOR, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_YES] = {"yes", 'y', NULL, "do it; without this option, only list what would be removed", NULL},
    [OPTION_IO_KEY] = {"io-key", 0, NULL, "also forget the chip's IO protection key", NULL},
    [OPTION_OPERATOR] = {"operator", 0, "NAME", "who does it, for the ledger; at most 64 bytes", NULL},
};

/* What becomes of the chip's IO protection key. */
struct io_key_fate {
    bool is_there; /* the store has one */
    bool kept;
    bool forever; /* the chip can get no other: where the last copy of the key is forgotten, it is lost for ever */
};

/* Whether the slot of the IO protection key can never be written again. */
static bool is_fixed(const struct chip_config *config)
{
    if (!chip_config_is_locked(config) || !chip_config_has_io_key(config))
        return false;
    const uint8_t slot = chip_config_io_key_slot(config);
    const struct chip_slot_policy policy = chip_slot_policy(config, slot);

    return (chip_slot_can(config, slot) & CHIP_CAN_WRITE_CLEAR) == 0 &&
           (policy.locked || policy.write != CHIP_WRITE_ENCRYPTED);
}

static struct io_key_fate fate_of_io_key(const struct cli *cli, struct session *session)
{
    const bool is_there = station_store_has_io_key(&session->store);

    return (struct io_key_fate){.is_there = is_there,
                                .kept = is_there && cli->values[OPTION_IO_KEY] == NULL,
                                .forever = is_there && is_fixed(&session->device.config)};
}

static void add_io_key(json_t *object, const struct io_key_fate *fate)
{
    json_object_set_new(object, "io_key_kept", json_boolean(fate->kept));
    json_object_set_new(object, "io_key_forgotten", json_boolean(fate->is_there && !fate->kept));
    json_object_set_new(object, "io_key_forever", json_boolean(fate->forever));
}

/* Without --yes: lists what would be removed. Always false. */
static bool list(struct cli *cli, json_t *ids, const char *serial, bool has_record, const struct io_key_fate *fate,
                 struct error *err)
{
    const bool with_io_key = cli->values[OPTION_IO_KEY] != NULL;
    size_t keys = json_array_size(ids);
    json_t *object;

    output_say(&cli->output, "imprint: --yes would forget %zu key record%s of device %s%s", keys, keys == 1 ? "" : "s",
               serial, has_record ? "; its record.json stays" : "");
    if (fate->is_there)
        output_say(&cli->output, "imprint: the chip's IO protection key would %s%s",
                   fate->kept ? "stay here" : "be forgotten, too",
                   fate->kept      ? ""
                   : fate->forever ? ", for ever: the chip can never get another one"
                                   : ": what the chip encrypts with it is lost until it gets another one");
    object =
        json_pack("{s:s, s:s, s:O, s:b}", "event", "erase", "serial", serial, "keys", ids, "record", (int)has_record);
    add_io_key(object, fate);
    output_object(&cli->output, object);
    error_set(err, ERROR_USAGE, "erase removes key records and needs --yes",
              with_io_key ? "to do it, run: imprint erase --yes --io-key" : "to do it, run: imprint erase --yes");
    return false;
}

static void say_io_key(struct cli *cli, const struct io_key_fate *fate)
{
    if (!fate->is_there)
        return;
    if (fate->kept) {
        output_say(&cli->output, "imprint: the chip's IO protection key stays here%s",
                   fate->forever ? "; the chip can never get another one" : "");
        output_next(&cli->output, fate->forever ? "to give it up for ever: imprint erase --yes --io-key"
                                                : "to give it up: imprint erase --yes --io-key");
    } else if (fate->forever)
        output_say(&cli->output,
                   "imprint: the chip's IO protection key is forgotten for ever, unless the key store "
                   "was copied: what the chip encrypts with it is lost, and it can never get another one");
    else
        output_say(&cli->output, "imprint: the chip's IO protection key is forgotten: what the chip encrypts with it "
                                 "is lost until it gets another one");
}

static json_t *entry_of(const struct cli *cli, const char *serial, json_t *ids, const struct io_key_fate *fate)
{
    const struct orders_who who = {.verb = "", .operator_name = cli->values[OPTION_OPERATOR]};
    json_t *entry = orders_entry(&who, NULL, "erased");

    json_object_set_new(entry, "kind", json_string("erase"));
    json_object_set_new(entry, "device", json_string(serial));
    json_object_set_new(entry, "evidence",
                        json_pack("{s:O, s:b}", "forgotten", ids, "io_key_forgotten", fate->is_there && !fate->kept));
    return entry;
}

/*
 * What will be forgotten is in the ledger first (docs/decisions/0074). A station that has no ledger has made nothing:
 * it gets none.
 */
static bool note(struct cli *cli, const char *serial, json_t *ids, const struct io_key_fate *fate, struct error *err)
{
    struct ledger ledger;
    bool ok;

    if (json_array_size(ids) == 0 && (!fate->is_there || fate->kept))
        return true;
    if (!station_ledger_open(&cli->station.config, LEDGER_USE, &ledger, err)) {
        ok = err->reason == ERROR_STORAGE_FAILED && err->system_errno == ENOENT;
        if (ok)
            error_clear(err);
        return ok;
    }
    ok = database_begin(&ledger.database, err) && orders_add(&ledger, entry_of(cli, serial, ids, fate), err) &&
         database_commit(&ledger.database, err);
    database_rollback(&ledger.database);
    ledger_close(&ledger);
    return ok;
}

static bool forget(struct cli *cli, struct session *session, json_t *ids, struct error *err)
{
    const struct io_key_fate fate = fate_of_io_key(cli, session);
    bool exists = station_store_exists(&session->store), has_record = access(session->record_path, F_OK) == 0;
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)];
    size_t keys = json_array_size(ids);
    json_t *object;

    hex_encode(bytes_of(session->device.serial, sizeof session->device.serial), serial);
    if (cli->values[OPTION_YES] == NULL)
        return list(cli, ids, serial, has_record, &fate, err);
    if (exists && (!station_store_allow_changes(&session->store, err) || !note(cli, serial, ids, &fate, err) ||
                   !station_store_forget(&session->store, cli->values[OPTION_IO_KEY] != NULL, err)))
        return false;
    if (keys == 0)
        output_result(&cli->output, "nothing to forget: there is no key record of device %s here\n", serial);
    else
        output_result(&cli->output, "forgotten: %zu key record%s of device %s; the keys in the chip are untouched\n",
                      keys, keys == 1 ? "" : "s", serial);
    say_io_key(cli, &fate);
    if (has_record)
        output_say(&cli->output,
                   "imprint: the device's record still protects its keys; to give them up: imprint retire %s", serial);
    object = json_pack("{s:s, s:s, s:I}", "event", "erased", "serial", serial, "keys", (json_int_t)keys);
    add_io_key(object, &fate);
    output_object(&cli->output, object);
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
    struct error err = ERROR_IN(cli->error_room);

    if (!run_facts_check_operator(cli->values[OPTION_OPERATOR], &err))
        return output_error(&cli->output, &err);
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
                   "The chip's IO protection key stays, too, unless --io-key is given. Where the\n"
                   "chip can never get another one, the command says so: then the key is lost for\n"
                   "ever with the last copy of the key store.\n"
                   "\n"
                   "What is forgotten is an entry of the ledger first, where the station has one.\n",
    .examples = "  imprint erase\n"
                "  imprint erase --yes\n"
                "  imprint erase --yes --io-key\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .run = run_erase,
};
