/* SPDX-License-Identifier: Apache-2.0 */
/* imprint random: bytes from the chip's generator. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/number.h"
#include "chip/operations.h"
#include "psa/random_watch.h"
#include "station/device.h"

enum random_option { OPTION_HEX, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_HEX] = {"hex", 'x', NULL, "print hex digits and a newline", NULL},
};

#define RANDOM_MAX ((uint64_t)1024 * 1024)

static bool read_random(struct device *device, uint8_t *out, size_t len, struct error *err)
{
    uint8_t block[RANDOM_WATCH_BLOCK];
    struct random_watch watch = {.count = 0};
    bool ok = true;

    for (size_t done = 0; done < len && ok; done += sizeof block) {
        ok = chip_random(&device->chip, block, err) == CHIP_OK;
        if (ok && !random_watch_accepts(&watch, block)) {
            error_set(err, ERROR_CHIP_REFUSED, "the chip's random numbers repeat", "take this part off the line");
            ok = false;
        }
        if (ok)
            memcpy(out + done, block, len - done < sizeof block ? len - done : sizeof block);
    }
    bytes_wipe(block, sizeof block);
    return ok;
}

static bool print_random(struct cli *cli, struct device *device, size_t len, struct error *err)
{
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)];
    uint8_t *bytes = malloc(len);
    char *text = malloc(HEX_SIZE(len));
    bool ok = false;

    if (bytes == NULL || text == NULL) {
        error_set(err, ERROR_UNEXPECTED, "there is no memory for so many bytes", "ask for fewer");
        goto out;
    }
    if (!chip_config_is_locked(&device->config)) {
        error_set(err, ERROR_CONFIG_UNLOCKED,
                  "with an unlocked config zone the chip gives a fixed pattern and no random numbers", NULL);
        goto out;
    }
    if (!read_random(device, bytes, len, err))
        goto out;
    hex_encode(bytes_of(bytes, len), text);
    hex_encode(bytes_of(device->serial, sizeof device->serial), serial);
    ok = true;
    if (cli->output.json)
        output_object(&cli->output, json_pack("{s:s, s:s, s:s}", "event", "random", "serial", serial, "bytes", text));
    else if (cli->values[OPTION_HEX] != NULL)
        output_result(&cli->output, "%s\n", text);
    else
        ok = output_binary(&cli->output, bytes_of(bytes, len), err);
out:
    if (bytes != NULL)
        bytes_wipe(bytes, len);
    if (text != NULL)
        bytes_wipe(text, HEX_SIZE(len));
    free(bytes);
    free(text);
    if (!ok) {
        error_doing(err, "read random numbers");
        error_with_serial(err, device->serial);
    }
    return ok;
}

static enum cli_exit run_random(struct cli *cli)
{
    struct device device;
    struct error err = ERROR_IN(cli->error_room);
    enum cli_exit code = CLI_DONE;
    uint64_t len;

    cli->output.device = cli->station.config.device;
    if (number_parse(cli->arguments[0], 1, RANDOM_MAX, &len) != NUMBER_OK) {
        error_set(&err, ERROR_USAGE, "the number of bytes is from 1 to 1048576", NULL);
        error_with_subject(&err, cli->arguments[0]);
        return output_error(&cli->output, &err);
    }
    if (!device_open(&device, &cli->station.config, false, &err))
        return output_error(&cli->output, &err);
    if (!print_random(cli, &device, (size_t)len, &err))
        code = output_error(&cli->output, &err);
    device_say_counters(&device, &cli->station);
    device_close(&device);
    return code;
}

const struct cli_verb cli_verb_random = {
    .name = "random",
    .arguments = "BYTES",
    .summary = "Print random bytes from the chip's generator",
    .description = "BYTES is a number from 1 to 1048576. Refused while the chip's config zone is\n"
                   "unlocked, because the chip then gives a fixed pattern. On a terminal the bytes\n"
                   "are shown in hex.\n",
    .examples = "  imprint random 32 --hex\n"
                "  imprint random 4096 > sample.bin\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 1,
    .most = 1,
    .run = run_random,
};
