/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imprint compile: a profile as const data for a board's factory image, or in its binary form. What a board cannot do
 * is refused here, where the profile can still be changed.
 */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "station/board_data.h"
#include "station/certificate_templates.h"
#include "station/file.h"
#include "profile/board_number.h"
#include "station/profile_file.h"
#include "station/key_files.h"
#include "station/published_keys.h"
#include "profile/text/table.h"
#include "provision/steps.h"
#include "station/value.h"

enum compile_option {
    OPTION_C,
    OPTION_BINARY,
    OPTION_CERTIFICATES,
    OPTION_NAME,
    OPTION_ARM,
    OPTION_RUN,
    OPTION_OUT,
    OPTION_COUNT
};
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_C] = {"c", 0, NULL, "write a C source with a const table, for a factory image", NULL},
    [OPTION_BINARY] = {"binary", 0, NULL, "write the binary form whose SHA-256 is the profile's digest", NULL},
    [OPTION_CERTIFICATES] = {"certificates", 0, NULL,
                             "write a C source by which an application puts the certificates in the chip's slots "
                             "together again",
                             NULL},
    [OPTION_NAME] = {"name", 0, "NAME",
                     "not with --binary: the table's name in C (default: factory_profile, certificates)", NULL},
    [OPTION_ARM] = {"arm", 0, "profile", "with --c: the image may do irreversible steps on any device", "profile"},
    [OPTION_RUN] = {"run-at-start", 0, NULL, "with --c: the image starts without waiting for a station", NULL},
    [OPTION_OUT] = {"out", 'o', "FILE", "write to FILE, not to stdout", NULL},
};

#define DEFAULT_NAME "factory_profile"
#define DEFAULT_CERTIFICATES_NAME "certificates"

struct compilation {
    struct cli *cli;
    struct profile_compiled compiled;
    struct profile_public_key public_keys[PROFILE_KEYS_MAX];
    struct key_files source;
};

static bool refuse(const struct profile_key *key, const char *cause, const char *next, struct error *err)
{
    error_set(err, ERROR_PROFILE_CONFLICT, cause, next);
    error_doing(err, "compile the profile");
    error_with_subject(err, key->name);
    error_with_key(err, key->id);
    err->line = key->line;
    return false;
}

static bool usage(const char *cause, const char *subject, const char *next, struct error *err)
{
    error_set(err, ERROR_USAGE, cause, next);
    error_with_subject(err, subject);
    return false;
}

static bool check_options(const struct cli *cli, struct error *err)
{
    const char *const *values = cli->values;

    if ((values[OPTION_C] != NULL) + (values[OPTION_BINARY] != NULL) + (values[OPTION_CERTIFICATES] != NULL) != 1)
        return usage("choose --c, --binary or --certificates", NULL,
                     "to get C source, run: imprint compile PROFILE --c", err);
    if (values[OPTION_C] == NULL && (values[OPTION_ARM] != NULL || values[OPTION_RUN] != NULL))
        return usage("--arm and --run-at-start are for --c", NULL, "leave them out, or add --c", err);
    if (values[OPTION_BINARY] != NULL && values[OPTION_NAME] != NULL)
        return usage("--name is for C source", NULL, "leave it out, or write --c in place of --binary", err);
    if (values[OPTION_NAME] != NULL && !profile_table_name_valid(values[OPTION_NAME]))
        return usage("--name needs a name that is valid in C", values[OPTION_NAME],
                     "a letter, then letters, digits and underscores, and no word of C's own", err);
    if (values[OPTION_ARM] != NULL && strcmp(values[OPTION_ARM], "profile") != 0)
        return usage("an image can only be armed for its profile", values[OPTION_ARM],
                     "use --arm profile, or let the station arm each board: imprint board provision --arm", err);
    return true;
}

/* What is imported must be in the image, and an image is no place for a private key: whoever reads it has it. */
static bool take_key(struct compilation *compilation, const struct profile_key *key, struct error *err)
{
    struct profile_public_key *public_key = &compilation->public_keys[compilation->compiled.public_key_count];
    struct bytes_out out = {.data = public_key->point, .cap = sizeof public_key->point};

    if (key->method != PROFILE_IMPORT)
        return true;
    if (PSA_KEY_TYPE_IS_KEY_PAIR(key->type))
        return refuse(key, "a private key would be in the image, where everybody who has the image finds it",
                      "let the chip generate the key (method: generate), or import it from a station that reaches the "
                      "chip: imprint provision",
                      err);
    public_key->id = key->id;
    if (!key_files_read_key(&compilation->source, key, &out, err))
        return false;
    if (compilation->compiled.profile.rehearsal != PROFILE_REHEARSAL_ALLOWED &&
        published_keys_name(bytes_written(&out)) != NULL)
        return refuse(key, "its file holds a published TEST key, and the profile allows no rehearsal",
                      "name a file with your own key, or write `rehearsal: allowed` in the profile", err);
    compilation->compiled.public_key_count++;
    return true;
}

static bool check_profile(const struct profile *profile, struct error *err)
{
    if (profile_check_no_board(profile, err) && board_data_check_profile(profile, err))
        return true;
    error_doing(err, "compile the profile");
    return false;
}

/* Adds the C name of a kind of step that a board does of the profile: the station connects (prove: tls). */
static void add_step(const struct profile *profile, size_t row, const char *steps[static PROVISION_STEP_KINDS + 1],
                     size_t *n)
{
    if (provision_is_needed_by(provision_step_needs[row], profile) &&
        provision_step_needs[row] != provision_needs_prove_tls)
        steps[(*n)++] = provision_step_symbols[row];
}

/*
 * All of them, then NULL. A board's random numbers are the chip's, which gives none before the config lock: there the
 * IO protection key is made after it.
 */
static void list_steps(const struct profile *profile, const char *steps[static PROVISION_STEP_KINDS + 1])
{
    size_t n = 0;

    for (size_t i = 0; i < PROVISION_STEP_KINDS; i++) {
        if (i != PROVISION_STEP_INDEX_make_io_key)
            add_step(profile, i, steps, &n);
        if (i == PROVISION_STEP_INDEX_lock_config)
            add_step(profile, PROVISION_STEP_INDEX_make_io_key, steps, &n);
    }
    steps[n] = NULL;
}

static bool make_table(struct compilation *compilation, char **text, size_t *len, struct error *err)
{
    struct profile_compiled *compiled = &compilation->compiled;
    const struct cli *cli = compilation->cli;
    const char *name = cli->values[OPTION_NAME];
    const char *steps[PROVISION_STEP_KINDS + 1];
    FILE *stream = NULL;
    bool ok = check_profile(&compiled->profile, err);

    list_steps(&compiled->profile, steps);
    compiled->public_keys = compilation->public_keys;
    compiled->armed = cli->values[OPTION_ARM] != NULL;
    compiled->run_at_start = cli->values[OPTION_RUN] != NULL;
    for (size_t i = 0; i < compiled->profile.key_count && ok; i++)
        ok = take_key(compilation, &compiled->profile.keys[i], err);
    if (!ok)
        return false;
    stream = open_memstream(text, len);
    if (stream != NULL)
        profile_table_print(stream, compiled, name != NULL ? name : DEFAULT_NAME, steps);
    if (stream != NULL && !ferror(stream) && fclose(stream) == 0)
        return true;
    error_set(err, ERROR_UNEXPECTED, "there is no memory for the table", NULL);
    return false;
}

/* Of the issuers' certificates; their keys are not needed. */
static bool make_certificates(const struct compilation *compilation, char **text, size_t *len, struct error *err)
{
    const struct cli *cli = compilation->cli;
    const char *name = cli->values[OPTION_NAME];
    FILE *stream = open_memstream(text, len);
    bool printed, whole;

    if (stream == NULL) {
        error_set(err, ERROR_UNEXPECTED, "there is no memory for the table", NULL);
        return false;
    }
    printed = certificate_templates_print(stream, &cli->station.config, &compilation->compiled.profile,
                                          name != NULL ? name : DEFAULT_CERTIFICATES_NAME, err);
    whole = !ferror(stream);
    whole = fclose(stream) == 0 && whole;
    if (printed && !whole)
        error_set(err, ERROR_UNEXPECTED, "there is no memory for the table", NULL);
    if (!printed)
        error_doing(err, "compile the certificates");
    return printed && whole;
}

static bool make_binary(const struct compilation *compilation, char **text, size_t *len, struct error *err)
{
    struct bytes_out out = {.data = malloc(PROFILE_BINARY_MAX), .cap = PROFILE_BINARY_MAX};

    *text = (char *)out.data;
    if (out.data != NULL && profile_encode(&compilation->compiled.profile, &out)) {
        *len = out.len;
        return true;
    }
    error_set(err, ERROR_UNEXPECTED, "there is no memory for the binary form", NULL);
    return false;
}

static bool make_text(struct compilation *compilation, char **text, size_t *len, struct error *err)
{
    const char *const *values = compilation->cli->values;

    return values[OPTION_C] != NULL              ? make_table(compilation, text, len, err)
           : values[OPTION_CERTIFICATES] != NULL ? make_certificates(compilation, text, len, err)
                                                 : make_binary(compilation, text, len, err);
}

/* Results that are text may be read on a terminal; with --json they are in the object. */
static bool put_out(const struct compilation *compilation, const char *text, size_t len, struct error *err)
{
    const struct cli *cli = compilation->cli;
    const struct output *output = &cli->output;
    const char *out = cli->values[OPTION_OUT];
    bool binary = cli->values[OPTION_BINARY] != NULL;
    json_t *object;

    if (out != NULL && !file_replace(out, bytes_of(text, len), 0666, ERROR_INPUT_FILE, err)) {
        error_doing(err, "write what was compiled");
        return false;
    }
    if (out == NULL && binary && !output->json && !output_binary(output, bytes_of(text, len), err))
        return false;
    if (out == NULL && !binary)
        output_lines(output, text);
    object = json_pack("{s:s, s:s, s:o, s:I, s:o}", "event", "compiled", "profile", compilation->compiled.profile.name,
                       "digest", value_hex(bytes_of(compilation->compiled.digest, PROFILE_DIGEST_BYTES)), "bytes",
                       (json_int_t)len, "file", value_text(out));
    if (out == NULL)
        json_object_set_new(object, binary ? "hex" : "c", binary ? value_hex(bytes_of(text, len)) : json_string(text));
    output_object(output, object);
    return true;
}

static enum cli_exit run_compile(struct cli *cli)
{
    struct compilation *compilation = NULL;
    struct error err = ERROR_IN(cli->error_room);
    enum cli_exit code = CLI_DONE;
    char *text = NULL;
    size_t len = 0;
    bool ok;

    if (!check_options(cli, &err))
        return output_error(&cli->output, &err);
    compilation = calloc(1, sizeof *compilation);
    if (compilation == NULL) {
        error_set(&err, ERROR_UNEXPECTED, "there is no memory for the profile", NULL);
        return output_error(&cli->output, &err);
    }
    compilation->cli = cli;
    if (!profile_file_read(cli->arguments[0], &compilation->compiled.profile, &err)) {
        code = output_error(&cli->output, &err);
        goto out;
    }
    key_files_init(&compilation->source, cli->arguments[0]);
    ok = key_files_check_output(&compilation->source, &compilation->compiled.profile, cli->values[OPTION_OUT], &err);
    if (ok && !profile_digest(&compilation->compiled.profile, compilation->compiled.digest)) {
        ok = false;
        error_set(&err, ERROR_UNEXPECTED, "the profile's digest cannot be computed", NULL);
    }
    ok = ok && make_text(compilation, &text, &len, &err) && put_out(compilation, text, len, &err);
    if (!ok)
        code = output_error(&cli->output, &err);
out:
    free(text);
    free(compilation);
    return code;
}

const struct cli_verb cli_verb_compile = {
    .name = "compile",
    .arguments = "PROFILE",
    .summary = "Turn a profile into C or binary for a factory image",
    .description = "With --c: a C source that defines the profile as a const table, with its digest\n"
                   "and the public keys that it imports. The same profile always gives the same\n"
                   "source. With --binary: the canonical form whose SHA-256 is the digest. With\n"
                   "--certificates: a C source for the product's application, by which it puts the\n"
                   "certificates that the chip's slots keep together again (docs/guide/identity.md);\n"
                   "for the issuers of the issuers file, whose keys are not needed. Choose one of\n"
                   "the three.\n"
                   "\n"
                   "A profile that imports a private key, or has secrets in files, is refused: a\n"
                   "secret must not be in an image. An IO protection key is made by the board.\n",
    .examples = "  imprint compile profiles/mbed-factory-example.yaml --c -o profile.c\n"
                "  imprint compile profiles/mbed-factory-example.yaml --binary | sha256sum\n"
                "  imprint compile profiles/trust-flex-identity.yaml --certificates -o certs.c\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = 1,
    .run = run_compile,
};
