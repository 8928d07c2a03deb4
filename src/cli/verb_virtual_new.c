/* SPDX-License-Identifier: Apache-2.0 */
/* imprint virtual new: makes a virtual chip. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/number.h"
#include "cli/describe.h"
#include "station/folder.h"
#include "station/input.h"
#include "virtual/chip/virtual.h"
#include "station/value.h"

enum new_option { OPTION_AS, OPTION_BUS, OPTION_REVISION, OPTION_SEED, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_AS] = {"as", 'a', "PART",
                   "blank, trust-and-go (default), trust-flex, or the name of a file with a config zone dump",
                   "blank trust-and-go trust-flex"},
    [OPTION_BUS] = {"bus", 0, "BUS",
                    "i2c (default), or swi for a part with a single wire; a dump says which bus it has", "i2c swi"},
    [OPTION_REVISION] = {"revision", 0, "HEX",
                         "what the part answers when asked for its revision, 8 hex digits such as 00006004; the "
                         "config zone stays as it is",
                         NULL},
    [OPTION_SEED] = {"seed", 's', "N", "make the same part, serial number and keys for the same N", NULL},
};

static const struct {
    const char *name;
    enum virtual_part part;
} parts[] = {
    {"blank", VIRTUAL_BLANK},
    {"trust-and-go", VIRTUAL_TRUST_AND_GO},
    {"trust-flex", VIRTUAL_TRUST_FLEX},
};

/* The options that hold for every part; `revision` is room for what `making` then points to. */
static bool read_numbers(const struct cli *cli, struct virtual_making *making,
                         uint8_t revision[static CHIP_REVISION_BYTES], struct error *err)
{
    const char *seed = cli->values[OPTION_SEED], *hex = cli->values[OPTION_REVISION];
    struct bytes_out bytes = {.data = revision, .cap = CHIP_REVISION_BYTES};

    *making = (struct virtual_making){.part = VIRTUAL_FROM_CONFIG, .has_seed = seed != NULL};
    if (seed != NULL && number_parse(seed, 0, UINT64_MAX, &making->seed) != NUMBER_OK) {
        error_set(err, ERROR_USAGE, "--seed needs a whole number below 2^64", NULL);
        error_with_subject(err, seed);
        return false;
    }
    if (hex == NULL)
        return true;
    if (!hex_decode(hex, strlen(hex), &bytes, NULL) || bytes.len != CHIP_REVISION_BYTES) {
        error_set(err, ERROR_USAGE, "--revision needs 8 hex digits", "give four bytes, such as 00006004");
        error_with_subject(err, hex);
        return false;
    }
    making->revision = revision;
    return true;
}

/* Which part; `dump` is room for the config zone that `making` then points to. */
static bool read_part(const struct cli *cli, struct virtual_making *making, struct chip_config *dump, struct error *err)
{
    const char *as = cli->values[OPTION_AS] != NULL ? cli->values[OPTION_AS] : "trust-and-go";
    const char *bus = cli->values[OPTION_BUS];

    if (bus != NULL && strcmp(bus, "i2c") != 0 && strcmp(bus, "swi") != 0) {
        error_set(err, ERROR_USAGE, "--bus needs i2c or swi", NULL);
        error_with_subject(err, bus);
        return false;
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (strcmp(as, parts[i].name) == 0) {
            making->part = parts[i].part;
            making->single_wire = bus != NULL && strcmp(bus, "swi") == 0;
            return true;
        }
    }
    if (bus != NULL) {
        error_set(err, ERROR_USAGE, "a config zone dump says itself which bus its part has", "leave --bus out");
        error_with_subject(err, as);
        return false;
    }
    if (!input_read_config(dump, as, err)) {
        if (err->next == NULL)
            err->next = "use --as blank, trust-and-go, trust-flex, or the file of a config zone dump";
        return false;
    }
    making->config = dump->zone;
    if (making->revision == NULL && dump->has_revision)
        making->revision = dump->revision;
    return true;
}

static bool virtual_failed(enum virtual_status status, const struct virtual_problem *problem, const char *path,
                           struct error *err)
{
    const char *next = NULL;

    if (status == VIRTUAL_EXISTS)
        next = "name another file, or remove this one if its keys may be lost";
    else if (status == VIRTUAL_BAD_IMAGE)
        next = "use another config zone dump, or another --revision";
    error_set(err, ERROR_INPUT_FILE, problem->cause != NULL ? problem->cause : "the virtual chip's file cannot be made",
              next);
    error_with_errno(err, status == VIRTUAL_EXISTS ? 0 : problem->system_errno);
    error_with_subject(err, path);
    return false;
}

/* `config`: what a host would read from the chip, its revision included. */
static bool make_chip(const struct cli *cli, char path[static PATH_MAX], struct chip_config *config, struct error *err)
{
    struct virtual_making making;
    struct virtual_problem problem = {.cause = NULL};
    struct virtual_chip *chip = NULL;
    struct chip_config dump;
    uint8_t revision[CHIP_REVISION_BYTES];
    enum virtual_status status;

    if (!read_numbers(cli, &making, revision, err) || !read_part(cli, &making, &dump, err))
        return false;
    if (making.revision != NULL)
        chip_config_set_revision(config, making.revision);
    if (cli->argument_count > 0) {
        if (strlen(cli->arguments[0]) >= PATH_MAX) {
            error_set(err, ERROR_USAGE, "the name of the file is too long", NULL);
            return false;
        }
        snprintf(path, PATH_MAX, "%s", cli->arguments[0]);
    } else if (!folder_in_state(&cli->station.config, "chip.virtual", path, err) ||
               !folder_make(cli->station.config.state, err)) {
        return false;
    }
    status = virtual_create(path, &making, &problem);
    if (status == VIRTUAL_OK)
        status = virtual_open(path, &chip, &problem);
    if (status != VIRTUAL_OK)
        return virtual_failed(status, &problem, path, err);
    virtual_peek_config(chip, config->zone);
    virtual_close(chip);
    return true;
}

static enum cli_exit run_virtual_new(struct cli *cli)
{
    struct error err = ERROR_IN(cli->error_room);
    struct chip_config config = {.zone = {0}};
    uint8_t bytes[CHIP_SERIAL_BYTES];
    char path[PATH_MAX] = "", serial[HEX_SIZE(CHIP_SERIAL_BYTES)], bus[32] = "single wire";

    if (!make_chip(cli, path, &config, &err)) {
        error_doing(&err, "make a virtual chip");
        return output_error(&cli->output, &err);
    }
    chip_config_serial(&config, bytes);
    hex_encode(bytes_of(bytes, sizeof bytes), serial);
    if (chip_config_is_i2c(&config))
        snprintf(bus, sizeof bus, "I2C address 0x%02x", chip_config_i2c_address(&config));
    output_result(&cli->output, "%s: %s %s, %s, config zone %s, data zone %s\n", path,
                  chip_part_name(chip_config_part(&config)), serial, bus,
                  chip_config_is_locked(&config) ? "locked" : "unlocked",
                  chip_data_is_locked(&config) ? "locked" : "unlocked");
    output_object(&cli->output,
                  json_pack("{s:s, s:o, s:s, s:o, s:s, s:s, s:o, s:b, s:b}", "event", "virtual", "file",
                            value_text(path), "part", chip_part_name(chip_config_part(&config)), "revision",
                            value_hex(chip_config_revision(&config)), "serial", serial, "bus", describe_bus(&config),
                            "i2c_address", describe_address(&config), "config_locked",
                            (int)chip_config_is_locked(&config), "data_locked", (int)chip_data_is_locked(&config)));
    return CLI_DONE;
}

const struct cli_verb cli_verb_virtual_new = {
    .name = "virtual new",
    .arguments = "[FILE]",
    .summary = "Make a virtual chip",
    .description = "Makes a part as its maker delivers it, in a new file: FILE, or chip.virtual in\n"
                   "the state folder, where --device virtual finds it. An existing file is never\n"
                   "overwritten.\n"
                   "\n"
                   "The private keys are in the file in clear: it is for rehearsals and tests, never\n"
                   "for a product.\n",
    .examples = "  imprint virtual new\n"
                "  imprint virtual new --as blank --seed 1 blank.virtual\n"
                "  imprint virtual new --as trust-flex --bus swi wire.virtual\n"
                "  imprint virtual new --as blank --revision 00006004 later.virtual\n"
                "  imprint --device virtual:blank.virtual info\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .most = 1,
    .run = run_virtual_new,
};
