/* SPDX-License-Identifier: Apache-2.0 */
#include "test/firmware/bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "chip/operations.h"
#include <imprint/board.h>
#include "firmware/factory/factory.h"
#include "firmware/primary/primary.h"
#include "provision/steps.h"
#include "test/support/world.h"
#include "virtual/chip/virtual_invasive.h"

struct bench bench;

static struct {
    struct world world;
    struct imprint_transport outer;
    const char *input;
} setup;

/* --- one switch for the power of all
 * ---------------------------------------------------------------------------------- */

static enum imprint_transport_status gate_wake(void *context)
{
    (void)context;
    return bench.flash.powered ? setup.world.chip.transport.operations->wake(setup.world.chip.transport.context)
                               : IMPRINT_TRANSPORT_GONE;
}

static enum imprint_transport_status gate_send(void *context, const uint8_t *group, size_t len)
{
    enum imprint_transport_status status;
    bool last = ++bench.groups == bench.cut_group;

    (void)context;
    if (bench.groups == bench.hang_group)
        setup.world.chip.transport.operations->delay_us(setup.world.chip.transport.context, BENCH_HANG_US);
    if (last && !bench.cut_after)
        bench.flash.powered = false;
    if (!bench.flash.powered || bench.groups == bench.lost_group)
        return IMPRINT_TRANSPORT_GONE;
    status = setup.world.chip.transport.operations->send(setup.world.chip.transport.context, group, len);
    if (last)
        bench.flash.powered = false;
    return bench.flash.powered ? status : IMPRINT_TRANSPORT_GONE;
}

static enum imprint_transport_status gate_receive(void *context, uint8_t *group, size_t cap, size_t *len)
{
    (void)context;
    return bench.flash.powered
               ? setup.world.chip.transport.operations->receive(setup.world.chip.transport.context, group, cap, len)
               : IMPRINT_TRANSPORT_GONE;
}

static enum imprint_transport_status gate_idle(void *context)
{
    (void)context;
    return bench.flash.powered ? setup.world.chip.transport.operations->idle(setup.world.chip.transport.context)
                               : IMPRINT_TRANSPORT_GONE;
}

static enum imprint_transport_status gate_sleep(void *context)
{
    (void)context;
    return bench.flash.powered ? setup.world.chip.transport.operations->sleep(setup.world.chip.transport.context)
                               : IMPRINT_TRANSPORT_GONE;
}

static void gate_delay_us(void *context, uint32_t microseconds)
{
    (void)context;
    setup.world.chip.transport.operations->delay_us(setup.world.chip.transport.context, microseconds);
}

static uint64_t gate_now_us(void *context)
{
    (void)context;
    return setup.world.chip.transport.operations->now_us(setup.world.chip.transport.context);
}

static const struct imprint_transport_operations gate = {
    .name = "bench",
    .wake = gate_wake,
    .send = gate_send,
    .receive = gate_receive,
    .idle = gate_idle,
    .sleep = gate_sleep,
    .delay_us = gate_delay_us,
    .now_us = gate_now_us,
};

/* --- include/imprint/board.h
 * -------------------------------------------------------------------------------------------- */

void imprint_board_start(void)
{
}

const char *imprint_board_name(void)
{
    return "bench";
}

void imprint_board_console_write(const uint8_t *data, size_t len)
{
    assert_true(bench.output_len + len < BENCH_OUTPUT_MAX);
    memcpy(bench.output + bench.output_len, data, len);
    bench.output_len += len;
    bench.output[bench.output_len] = '\0';
}

/* The script, line by line: what stands behind a line's end waits until somebody waits for it. */
int imprint_board_console_read(uint32_t timeout_us)
{
    static const char end[] = "\nend\n";

    if (*setup.input == '\0')
        setup.input = end;
    if (timeout_us == 0)
        return -1;
    if (*setup.input == '~') {
        setup.input++;
        gate_delay_us(NULL, timeout_us);
        return -1;
    }
    return (unsigned char)*setup.input++;
}

void imprint_board_feed_watchdog(void)
{
    const uint64_t now = gate_now_us(NULL);

    if (now - bench.fed_us > bench.unfed_max_us)
        bench.unfed_max_us = now - bench.fed_us;
    bench.fed_us = now;
    bench.feeds++;
}

const struct imprint_transport *imprint_board_chip(void)
{
    return &setup.outer;
}

uint64_t imprint_board_now_us(void)
{
    return gate_now_us(NULL);
}

const struct imprint_flash_device *imprint_board_flash(void)
{
    return &bench.flash.device;
}

void imprint_board_end(int status)
{
    fail_msg("the application ended the board with %d", status);
    abort();
}

/* --- the bench
 * --------------------------------------------------------------------------------------------------------- */

void bench_make(enum virtual_part part, uint32_t block_size)
{
    const struct virtual_making making = {.part = part, .has_seed = true, .seed = 1};
    const struct imprint_flash_device geometry = {
        .block_size = block_size, .block_count = 4, .unit = 4, .spare_blocks = 1, .blank_is_erased = true};

    memset(&bench, 0, sizeof bench);
    memset(&setup, 0, sizeof setup);
    world_open_chip(&setup.world, &making);
    bench.part = setup.world.part;
    flash_sim_make(&bench.flash, &geometry);
    setup.outer = (struct imprint_transport){.operations = &gate, .context = &bench};
}

void bench_remove(void)
{
    world_remove(&setup.world);
    bench.part = NULL;
}

static void power_on(const char *input)
{
    virtual_power_cycle(bench.part);
    bench.output_len = 0;
    bench.output[0] = '\0';
    bench.groups = 0;
    bench.feeds = 0;
    bench.fed_us = gate_now_us(NULL);
    bench.unfed_max_us = 0;
    setup.input = input;
}

/* Each profile with what it takes, and no more, as in its image. */
#define PROFILE(name)                                                                                                  \
    extern const struct profile_compiled name;                                                                         \
    extern const struct provision_step_kind *const name##_steps[];                                                     \
    extern const struct driver_shell *const name##_driver;                                                             \
    extern struct factory_certificates *const name##_certificates;                                                     \
    extern struct factory_data *const name##_data;
#define PROFILES(ROW)                                                                                                  \
    ROW(board_profile)                                                                                                 \
    ROW(blank_profile) ROW(many_profile) ROW(identity_profile) ROW(io_key_profile) ROW(flex_io_key_profile)
PROFILES(PROFILE)

#define SERVE(name)                                                                                                    \
    if (compiled == &(name)) {                                                                                         \
        factory_serve(factory, compiled, name##_steps, name##_driver, name##_certificates, name##_data);               \
        return;                                                                                                        \
    }

static void serve(struct factory *factory, const struct profile_compiled *compiled)
{
    PROFILES(SERVE)
    factory_serve(factory, compiled, provision_all_steps, &driver_shell_all, NULL, NULL);
}

void bench_factory(const struct profile_compiled *compiled, const char *input)
{
    struct factory *factory = malloc(sizeof *factory);

    assert_non_null(factory);
    power_on(input);
    memset(factory, 0xa5, sizeof *factory);
    serve(factory, compiled);
    free(factory);
}

void bench_primary(const char *input)
{
    struct primary *primary = malloc(sizeof *primary);

    assert_non_null(primary);
    power_on(input);
    memset(primary, 0xa5, sizeof *primary);
    primary_serve(primary);
    free(primary);
}

bool bench_said(const char *text)
{
    return strstr(bench.output, text) != NULL;
}

void bench_expect(const char *text)
{
    if (!bench_said(text))
        fail_msg("'%s' was not said:\n%s", text, bench.output);
}

void bench_slot_public(uint8_t slot, uint8_t public_key[static 64])
{
    struct chip chip;

    virtual_power_cycle(bench.part);
    chip_init(&chip, &setup.world.chip.transport);
    assert_int_equal(chip_read_public_key(&chip, slot, public_key, NULL), CHIP_OK);
    chip_sleep(&chip);
}
