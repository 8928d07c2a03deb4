/* SPDX-License-Identifier: Apache-2.0 */
/* imprint public-key: a key's public part as PEM, asked of the chip through PSA. */
#include "cli/with_session.h"

#include "base/hex.h"
#include "station/key.h"
#include "station/pem.h"
#include "station/value.h"

static bool print_key(struct cli *cli, struct session *session, struct error *err)
{
    const struct output *output = &cli->output;
    uint8_t point[P256_POINT_BYTES];
    char pem[PEM_MAX], serial[HEX_SIZE(CHIP_SERIAL_BYTES)];
    struct key key;

    if (!key_find(session, cli->arguments[0], &key, err) || !key_read_public(session, &key, point, err) ||
        !pem_of_point(point, pem, err))
        return false;
    output_lines(output, pem);
    hex_encode(bytes_of(session->device.serial, sizeof session->device.serial), serial);
    output_object(output, json_pack("{s:s, s:s, s:I, s:s?, s:o, s:s}", "event", "public-key", "serial", serial,
                                    "key_id", (json_int_t)key.id, "name", key.name, "public_key",
                                    value_hex(bytes_of(point, sizeof point)), "pem", pem));
    return true;
}

static enum cli_exit run_public_key(struct cli *cli)
{
    return with_session(cli, SESSION_USE, print_key);
}

const struct cli_verb cli_verb_public_key = {
    .name = "public-key",
    .arguments = "KEY",
    .summary = "Print a key's public key as PEM",
    .description = "KEY is a key id or a name from the device's record. The chip computes the public\n"
                   "key from the private one, or gives the public key that the slot holds.\n",
    .examples = "  imprint public-key 18\n"
                "  imprint public-key board > board.pem\n",
    .least = 1,
    .most = 1,
    .run = run_public_key,
};
