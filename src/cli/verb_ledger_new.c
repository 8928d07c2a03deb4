/* SPDX-License-Identifier: Apache-2.0 */
/* imprint ledger new: the ledger before the first run, where its key shall not be the usual one. */
#include <errno.h>
#include <string.h>

#include "cli/with_ledger.h"
#include "station/ledger_file.h"
#include "station/value.h"

#define ED25519 "ed25519"
#define P256 "p-256"

enum new_option { OPTION_KEY, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_KEY] = {"key", 0, "KIND", ED25519 " or " P256 " (default: " ED25519 ")", ED25519 " " P256},
};

static bool read_kind(const char *kind, struct ledger_key_choice *choice, struct error *err)
{
    choice->is_p256 = kind != NULL && strcmp(kind, P256) == 0;
    if (kind == NULL || choice->is_p256 || strcmp(kind, ED25519) == 0)
        return true;
    error_set(err, ERROR_USAGE, "no such kind of key", "choose --key " ED25519 " or --key " P256);
    error_with_subject(err, kind);
    error_doing(err, "make the ledger");
    return false;
}

/* The key that ledger.yaml names is there already: it is of the chip's kind. */
static bool check_choice(const struct cli *cli, const struct ledger_file_key *key, struct error *err)
{
    if (cli->values[OPTION_KEY] == NULL || key->device[0] == '\0')
        return true;
    error_set(err, ERROR_USAGE, "--key is for a key in a file, and ledger.yaml names a chip that has the key",
              "leave --key out, or remove `key` from ledger.yaml");
    error_with_subject(err, key->device);
    error_doing(err, "make the ledger");
    return false;
}

/* Whether there is one to leave as it is; false with a reason also where that cannot be told. */
static bool check_none_there(struct cli *cli, struct error *err)
{
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);
    struct ledger ledger;

    if (station_ledger_open(&cli->station.config, LEDGER_READ, &ledger, &failure)) {
        error_set(err, ERROR_USAGE, "there is a ledger already, and a log has one key for ever",
                  "see what it has: imprint ledger status; to begin a new log, move the folder away first: "
                  "docs/guide/ledger.md");
        error_with_subject(err, ledger.database.path);
        ledger_close(&ledger);
    } else if (failure.reason != ERROR_STORAGE_FAILED || failure.system_errno != ENOENT)
        error_pass(err, &failure);
    error_doing(err, "make the ledger");
    return err->reason == ERROR_NONE;
}

static bool show(struct cli *cli, const struct ledger *ledger, const struct ledger_file_key *key, struct error *err)
{
    const bool is_chip = key->device[0] != '\0';
    const char *kind = ledger->public_key.type == NOTE_ECDSA ? P256 : ED25519;
    char text[NOTE_VKEY_SIZE];

    if (!note_key_text(ledger->log, &ledger->public_key, text, err))
        return false;
    output_result(&cli->output, "%s\n", text);
    output_object(&cli->output,
                  json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "event", "ledger-made", "log", ledger->log, "key", text,
                            "key_kind", kind, "device", is_chip ? value_text(key->device) : json_null(), "slot",
                            is_chip ? json_integer(key->slot) : json_null()));
    if (is_chip)
        output_say(&cli->output, "imprint: the key is in slot %u of %s, and nowhere else", (unsigned)key->slot,
                   key->device);
    else
        output_say(&cli->output, "imprint: the key is %s: keep a copy of it in another place", ledger->key_path);
    return true;
}

static enum cli_exit run_ledger_new(struct cli *cli)
{
    struct ledger_key_choice usual = {.is_p256 = false};
    struct error err = ERROR_IN(cli->error_room);
    struct ledger_file file;
    struct ledger ledger;
    bool ok = read_kind(cli->values[OPTION_KEY], &usual, &err) && check_none_there(cli, &err) &&
              ledger_file_read(&cli->station.config, &file, &err) && check_choice(cli, &file.key, &err) &&
              station_ledger_open_keyed(&cli->station.config, LEDGER_WRITE, &usual, &ledger, &err);

    if (ok) {
        ok = show(cli, &ledger, &file.key, &err);
        ledger_close(&ledger);
    }
    return ok ? CLI_DONE : output_error(&cli->output, &err);
}

const struct cli_verb cli_verb_ledger_new = {
    .name = "ledger new",
    .arguments = "",
    .summary = "Make the ledger before the first run, with the key that you choose",
    .description = "Not needed as a rule: the first run makes the ledger, with an Ed25519 key in\n"
                   "STATE/ledger/log.key, or with the key that ledger.yaml in the state folder names\n"
                   "in a chip of the station's own. This makes it now, and prints the public key for\n"
                   "witnesses, the line and the auditor (C2SP signed-note). A log has one key for\n"
                   "ever: where there is a ledger, nothing is changed.\n",
    .examples = "  imprint ledger new\n"
                "  imprint ledger new --key p-256\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .run = run_ledger_new,
};
