/* SPDX-License-Identifier: Apache-2.0 */
#include "examples/platform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/number.h"
#include "virtual/chip/virtual.h"

/* 7-bit I2C addresses as Microchip ships the parts: blank ones, Trust&GO, TrustFLEX. */
static const uint8_t usual_addresses[] = {0x60, 0x35, 0x36};

static bool say_problem(const struct platform_options *options, const char *doing, const char *what,
                        const char *problem)
{
    fprintf(stderr, "%s: cannot %s (%s): %s\n", options->program, doing, what,
            problem != NULL ? problem : "unknown reason");
    return false;
}

/* --- the chip ---------------------------------------------------------------------------------------------------- */

/* Whether a chip answers a wake pulse. */
static bool answers(const struct imprint_transport *transport)
{
    uint8_t group[IMPRINT_TRANSPORT_GROUP_MAX];
    size_t len = 0;
    bool found = transport->operations->wake(transport->context) == IMPRINT_TRANSPORT_OK &&
                 transport->operations->receive(transport->context, group, sizeof group, &len) == IMPRINT_TRANSPORT_OK;

    (void)transport->operations->sleep(transport->context);
    return found;
}

/* "0x60" after the "@" of "/dev/i2c-1@0x60". */
static bool parse_address(const char *text, uint8_t *address)
{
    uint64_t number;

    if (number_parse(text, 0x08, 0x77, &number) != NUMBER_OK)
        return false;
    *address = (uint8_t)number;
    return true;
}

static bool open_i2c(struct platform *platform, const struct platform_options *options)
{
    const char *at = strchr(options->chip, '@');
    struct error err = {.reason = ERROR_NONE};
    char adapter[64];
    uint8_t address;

    snprintf(adapter, sizeof adapter, "%.*s", at != NULL ? (int)(at - options->chip) : (int)strlen(options->chip),
             options->chip);
    if (at != NULL && !parse_address(at + 1, &address))
        return say_problem(options, "open the chip", options->chip, "expected a 7-bit address, such as @0x60");
    if (at != NULL)
        return transport_i2c_linux_open(adapter, address, &platform->transport, &err) ||
               say_problem(options, "open the chip", options->chip, err.cause);
    for (size_t i = 0; i < sizeof usual_addresses; i++) {
        if (!transport_i2c_linux_open(adapter, usual_addresses[i], &platform->transport, &err))
            return say_problem(options, "open the chip", options->chip, err.cause);
        if (answers(&platform->transport))
            return true;
        imprint_transport_close(&platform->transport);
    }
    return say_problem(options, "open the chip", options->chip,
                       "no chip answers at 0x60, 0x35 or 0x36; give its address, as in /dev/i2c-1@0x58");
}

static bool open_virtual(struct platform *platform, const struct platform_options *options)
{
    struct virtual_problem problem = {.cause = NULL};

    if (virtual_open(options->chip, &platform->virtual_chip, &problem) != VIRTUAL_OK) {
        platform->virtual_chip = NULL;
        return say_problem(options, "open the chip", options->chip, problem.cause);
    }
    platform->transport = transport_virtual_init(&platform->virtual_bus, platform->virtual_chip);
    return true;
}

static bool open_chip(struct platform *platform, const struct platform_options *options)
{
    struct stat status;
    const bool is_file = stat(options->chip, &status) == 0 && S_ISREG(status.st_mode);

    if (!is_file && strncmp(options->chip, "/dev/", 5) == 0)
        return open_i2c(platform, options);
    return open_virtual(platform, options);
}

/* --- all of it --------------------------------------------------------------------------------------------------- */

bool platform_start(struct platform *platform, const struct platform_options *options)
{
    const char *problem = NULL;
    psa_status_t status;

    memset(platform, 0, sizeof *platform);
    if (!open_chip(platform, options))
        goto failed;
    if (!imprint_store_open_directory(&platform->store, options->records, options->create, options->program,
                                      &problem)) {
        say_problem(options, "open the key records", options->records, problem);
        goto failed;
    }
    status = imprint_psa_start(&platform->psa, &platform->transport, &platform->store, NULL, options->table);
    if (status == PSA_SUCCESS)
        return true;
    say_problem(options, "start PSA Crypto", options->records, imprint_psa_reason(status));
failed:
    platform_stop(platform);
    return false;
}

bool platform_went_well(const char *program, const char *what, psa_status_t status)
{
    const char *reason = imprint_psa_reason(status);

    if (status == PSA_SUCCESS) {
        printf("%s: done\n", what);
        return true;
    }
    fprintf(stderr, "%s: cannot %s: PSA status %d, %s\n", program, what, (int)status, reason);
    return false;
}

void platform_stop(struct platform *platform)
{
    imprint_psa_stop(&platform->psa);
    imprint_store_close(&platform->store);
    imprint_transport_close(&platform->transport);
    virtual_close(platform->virtual_chip);
    memset(platform, 0, sizeof *platform);
}
