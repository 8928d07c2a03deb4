/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/board_verbs.h"

#include <stddef.h>

#include "base/hex.h"
#include "base/number.h"
#include "cli/cosign_print.h"
#include "cli/line_print.h"
#include "cli/report.h"
#include "profile/data.h"
#include "station/history.h"

#define SILENCE_S 30 /* the slowest step is one of some seconds, on a slow part */
#define SILENCE_S_MAX 3600

bool board_wait_option(const char *console, const char *timeout, int *silence_ms, struct error *err)
{
    uint64_t seconds = SILENCE_S;

    if (console == NULL) {
        error_set(err, ERROR_USAGE, "--console is missing",
                  "name the port of the board's console: --console /dev/ttyACM0");
        return false;
    }
    if (timeout != NULL && number_parse(timeout, 1, SILENCE_S_MAX, &seconds) != NUMBER_OK) {
        error_set(err, ERROR_USAGE, "--timeout needs a number of seconds from 1 to 3600", NULL);
        error_with_subject(err, timeout);
        return false;
    }
    *silence_ms = (int)seconds * 1000;
    return true;
}

static void print_proven(const struct output *output, const struct board *board, const struct board_proven *proven)
{
    size_t count = json_array_size(proven->keys), i;
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)];
    const json_t *key;

    hex_encode(bytes_of(proven->serial, sizeof proven->serial), serial);
    output_result(output, "proven: %s, by the primary application on %s; %zu key%s\n", serial, board->name, count,
                  count == 1 ? "" : "s");
    json_array_foreach(proven->keys, i, key) output_result(
        output, "  key %d %s: %s\n", (int)json_integer_value(json_object_get(key, "key_id")),
        json_string_value(json_object_get(key, "name")),
        json_is_true(json_object_get(key, "signs")) ? "signs a fresh challenge" : "its public key is there");
    output_object(output, json_pack("{s:s, s:s, s:s, s:s, s:O}", "event", "proven", "serial", serial, "board",
                                    board->name, "version", board->version, "keys", proven->keys));
}

bool board_prove(const struct output *output, const struct board_proof *proof, struct run_facts *facts, int patience_ms,
                 bool waits, struct error *err)
{
    struct board_proven proven = {.has_serial = false};
    bool ok = board_connect(proof->board, "primary", patience_ms, waits, err) && board_proof_run(proof, &proven, err);
    struct station_ledger ledger = {.config = &proof->board->station->config};
    const struct history_proof ended = {
        .facts = facts,
        .serial = proven.has_serial ? proven.serial : NULL,
        .board = proof->board->name,
        .application = proof->board->version,
        .keys = proven.keys,
        .failure = ok ? NULL : err,
    };

    run_facts_end(facts);
    ok = report_end_line(output, &ledger, ended.serial, history_proof_line(&ended), ok, err);
    if (proven.keys != NULL)
        print_proven(output, proof->board, &proven);
    ok = line_print_send(output, &ledger, ok, err);
    ok = cosign_print_run(output, &ledger, ok, err);
    station_ledger_close(&ledger);
    json_decref(proven.keys);
    return ok;
}

void board_advise_lost_flash(const struct profile *profile, struct error *refusal)
{
    if (refusal->reason != ERROR_DONE_ELSEWHERE)
        return;
    if (profile_has_io_key(profile)) {
        refusal->cause =
            "the chip says that this device is done, but the board's flash does not have the records of its "
            "keys and the chip's IO protection key: it was erased, or is another board's";
        refusal->next = "nothing was written. Program the flash from a copy of it: the IO protection key is nowhere "
                        "else. Without a copy, replace the chip";
        return;
    }
    refusal->cause = "the chip's mark says that this device is done, but the board's flash does not have the records "
                     "of its keys: it was erased, or is another board's";
    refusal->next =
        "nothing was written, and the keys are in the chip. Program the flash from a copy; or, at a station "
        "whose bus reaches the chip, make the records in a file and program that: imprint --storage "
        "flash:FILE,GEOMETRY adopt PROFILE";
}

bool board_garbled(const char *console, struct error *err)
{
    error_set(err, ERROR_DEVICE_GARBLED, "repeated checksum errors on the console",
              "check the cable and ground, and that no other program reads this console");
    error_with_subject(err, console);
    return false;
}

bool board_make_nonce(uint8_t nonce[static PROVISION_CHALLENGE_BYTES], struct error *err)
{
    psa_status_t status = psa_generate_random(nonce, PROVISION_CHALLENGE_BYTES);

    if (status == PSA_SUCCESS)
        return true;
    error_set(err, ERROR_PSA, "the station has no random numbers", NULL);
    error_with_psa(err, status);
    return false;
}
