/* SPDX-License-Identifier: Apache-2.0 */
/* ChipOptions of the ATECC608: ATECC608B-TNGTLS data sheet, table 2-3, "Chip Options". */
#include "chip/config.h"

#include "base/order.h"
#include "chip/config_layout.h"

#define OPTION_IO_KEY 0x0002
#define OPTION_ECDH_OUTPUT_AT 8 /* two bits: 0 clear, 1 encrypted, 2 inside the chip; 3 is not valid */
#define OPTION_KDF_OUTPUT_AT 10 /* the same of KDF */
#define OPTION_ENCRYPTED 1u
#define OPTION_IO_KEY_SLOT_AT 12 /* four bits */

static uint16_t options_of(const struct chip_config *config)
{
    const enum chip_part part = chip_config_part(config);

    if (part != CHIP_PART_ATECC608A && part != CHIP_PART_ATECC608B)
        return 0;
    return load16_le(config->zone + CONFIG_CHIP_OPTIONS_AT);
}

enum chip_secret_output chip_config_ecdh_output(const struct chip_config *config)
{
    const unsigned output = options_of(config) >> OPTION_ECDH_OUTPUT_AT & 3u;

    return output < CHIP_SECRET_INSIDE ? (enum chip_secret_output)output : CHIP_SECRET_INSIDE;
}

bool chip_config_has_io_key(const struct chip_config *config)
{
    return (options_of(config) & OPTION_IO_KEY) != 0;
}

uint8_t chip_config_io_key_slot(const struct chip_config *config)
{
    return (uint8_t)(options_of(config) >> OPTION_IO_KEY_SLOT_AT);
}

void chip_config_protect_io(struct chip_config *config, uint8_t slot)
{
    store16_le(config->zone + CONFIG_CHIP_OPTIONS_AT,
               (uint16_t)(OPTION_IO_KEY | OPTION_ENCRYPTED << OPTION_ECDH_OUTPUT_AT |
                          OPTION_ENCRYPTED << OPTION_KDF_OUTPUT_AT | (slot & 0x0fu) << OPTION_IO_KEY_SLOT_AT));
}
