/* SPDX-License-Identifier: Apache-2.0 */
/* imprint verify-record: checks a record or a history by itself, without a device or a state folder. */
#include "cli/cli.h"

#include <string.h>

#include "station/input.h"
#include "station/profile_file.h"
#include "station/value.h"
#include "station/verifier.h"
#include "station/verify_record.h"

#define RECORD_MAX ((size_t)64 * 1024 * 1024) /* a history of some ten thousand runs */

enum verify_record_option { OPTION_PROFILE, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_PROFILE] = {"profile", 0, "PROFILE", "the profile that the record must be of: compare its digest", NULL},
};

static void show_finding(void *context, const struct verify_finding *finding)
{
    static const char *const words[] = {[VERIFY_GOOD] = "good", [VERIFY_BAD] = "BAD", [VERIFY_OPEN] = "not proven"};
    const struct output *output = context;
    char place[48] = "";
    size_t n = 0;
    json_t *object = json_pack("{s:s, s:s, s:s, s:s}", "event", "check", "check", finding->check, "result",
                               verify_record_result_name(finding->result), "text", finding->text);

    if (finding->line != 0) {
        n = (size_t)snprintf(place, sizeof place, "line %zu: ", finding->line);
        json_object_set_new(object, "line", json_integer((json_int_t)finding->line));
    }
    if (finding->key_id != 0) {
        snprintf(place + n, sizeof place - n, "key %lu: ", (unsigned long)finding->key_id);
        json_object_set_new(object, "key_id", json_integer(finding->key_id));
    }
    output_result(output, "%-10s  %s%s\n", words[finding->result], place, finding->text);
    output_object(output, object);
}

static void show_sum(const struct output *output, const char *file, const struct verify_record *verify)
{
    const size_t *count = verify->count;

    output_result(output, "%zu record%s: %zu checks good, %zu bad, %zu not proven\n", verify->records,
                  verify->records == 1 ? "" : "s", count[VERIFY_GOOD], count[VERIFY_BAD], count[VERIFY_OPEN]);
    output_object(output,
                  json_pack("{s:s, s:o, s:b, s:I, s:I, s:I, s:I}", "event", "record-verified", "file",
                            strcmp(file, "-") == 0 ? json_null() : value_text(file), "holds", count[VERIFY_BAD] == 0,
                            "records", (json_int_t)verify->records, "good", (json_int_t)count[VERIFY_GOOD], "bad",
                            (json_int_t)count[VERIFY_BAD], "open", (json_int_t)count[VERIFY_OPEN]));
}

/* The digest of the profile that --profile names. */
static bool read_digest(const char *path, uint8_t digest[static PROFILE_DIGEST_BYTES], struct error *err)
{
    struct profile profile;

    if (!profile_file_read(path, &profile, err))
        return false;
    if (profile_digest(&profile, digest))
        return true;
    error_set(err, ERROR_UNEXPECTED, "the profile's digest cannot be computed", NULL);
    return false;
}

static bool verify(struct cli *cli, struct error *err)
{
    const char *file = cli->arguments[0], *profile = cli->values[OPTION_PROFILE];
    struct verify_record verify = {.context = &cli->output, .finding = show_finding};
    uint8_t digest[PROFILE_DIGEST_BYTES];
    struct input input;
    bool ok;

    if (profile != NULL && !read_digest(profile, digest, err))
        return false;
    verify.digest = profile != NULL ? digest : NULL;
    if (!input_read(&input, file, RECORD_MAX, err))
        return false;
    ok = verify_record_text(&verify, bytes_of(input.data, input.len), err);
    input_release(&input);
    if (ok)
        show_sum(&cli->output, file, &verify);
    if (ok && verify.count[VERIFY_BAD] > 0) {
        error_set(err, ERROR_RECORD_REFUTED, "at least one check found the record wrong", NULL);
        ok = false;
    }
    if (!ok)
        error_with_subject(err, strcmp(file, "-") == 0 ? "stdin" : file);
    return ok;
}

static enum cli_exit run_verify_record(struct cli *cli)
{
    struct verifier verifier = {.started = false};
    struct error err = ERROR_IN(cli->error_room);
    enum cli_exit code = CLI_DONE;

    if (!verifier_start(&verifier, &err) || !verify(cli, &err)) {
        error_doing(&err, "verify the record");
        code = output_error(&cli->output, &err);
    }
    verifier_stop(&verifier);
    return code;
}

const struct cli_verb cli_verb_verify_record = {
    .name = "verify-record",
    .arguments = "FILE",
    .summary = "Check a record or history by itself, without the device",
    .description = "FILE is a record.json or a history.jsonl; - is stdin. Verifies every signature\n"
                   "over the text that the key signed, and the maker's certificates, with GnuTLS;\n"
                   "compares serial number, part, locks and slots with the config zone, and what the\n"
                   "record says of a rehearsal. Says line by line what is good, what is bad, and\n"
                   "what the record cannot prove.\n"
                   "\n"
                   "The exit code is 1 when something is bad. A record is not signed: it proves what\n"
                   "the keys signed, not who wrote it.\n",
    .examples = "  imprint verify-record ~/.local/state/imprint/devices/*/record.json\n"
                "  imprint verify-record --profile profile.yaml history.jsonl\n"
                "  imprint --json verify-record - < record.json\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = 1,
    .run = run_verify_record,
};
