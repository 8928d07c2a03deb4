/* SPDX-License-Identifier: Apache-2.0 */
#include "test/provision/bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "chip/operations.h"
#include "profile/text/text.h"
#include "provision/steps.h"

const char bench_example[] = "imprint: 1\n"
                             "name: example\n"
                             "chip:\n"
                             "  parts: [ATECC608A, ATECC608B]\n"
                             "  configuration: as-delivered\n"
                             "keys:\n"
                             "  - name: maker\n"
                             "    id: 16\n"
                             "    method: register\n"
                             "    slot: 0\n"
                             "    type: ecc-key-pair(secp-r1)\n"
                             "    bits: 256\n"
                             "    algorithm: ecdsa(any-hash)\n"
                             "    usage: [sign-hash, verify-hash]\n"
                             "  - name: device\n"
                             "    id: 18\n"
                             "    method: generate\n"
                             "    type: ecc-key-pair(secp-r1)\n"
                             "    bits: 256\n"
                             "    algorithm: ecdsa(any-hash)\n"
                             "    usage: [sign-hash, verify-hash]\n"
                             "    replace: unclaimed\n";

const char bench_three_ways[] = "imprint: 1\n"
                                "name: three-ways\n"
                                "chip:\n"
                                "  parts: [ATECC608B]\n"
                                "  configuration: policy\n"
                                "  lock: [config, data]\n"
                                "keys:\n"
                                "  - name: made\n"
                                "    id: 1\n"
                                "    method: generate\n"
                                "    slot: 0\n"
                                "    type: ecc-key-pair(secp-r1)\n"
                                "    bits: 256\n"
                                "    algorithm: ecdsa(any-hash)\n"
                                "    usage: [sign-hash]\n"
                                "  - name: brought\n"
                                "    id: 2\n"
                                "    method: import\n"
                                "    slot: 1\n"
                                "    type: ecc-key-pair(secp-r1)\n"
                                "    bits: 256\n"
                                "    algorithm: ecdsa(sha-256)\n"
                                "    usage: [sign-hash]\n"
                                "    file: brought.pem\n"
                                "  - name: trusted\n"
                                "    id: 3\n"
                                "    method: import\n"
                                "    slot: 11\n"
                                "    type: ecc-public-key(secp-r1)\n"
                                "    bits: 256\n"
                                "    algorithm: ecdsa(any-hash)\n"
                                "    usage: [verify-hash]\n"
                                "    file: trusted.pem\n";

static bool bench_progress(void *context, const struct provision_plan *plan, const struct provision_step *step,
                           bool finished)
{
    struct bench *bench = context;

    if (finished && bench->refills != 0 && step->kind == &provision_step_generate_key)
        world_fill_slot(&bench->world, bench->refills);
    if (finished) {
        if (bench->exchange != NULL && step == &plan->steps[plan->step_count - 1])
            bench->world.transport.chip = bench->exchange;
        return true;
    }
    return bench->steps_started++ != bench->stop_before_step;
}

static bool bench_armed(void *context, const uint8_t *serial, const uint8_t *digest)
{
    (void)serial;
    (void)digest;
    return ((const struct bench *)context)->is_armed;
}

static bool bench_matches_record(void *context, const struct provision_key_evidence *key, struct error *err)
{
    const struct bench *bench = context;

    if (bench->recorded.key_id != key->key_id || bench->record_matches_all ||
        memcmp(bench->recorded.public_key, key->public_key, sizeof(key->public_key)) == 0)
        return true;
    error_set(err, ERROR_FOREIGN_KEY, "another key than the recorded one", NULL);
    return false;
}

static bool bench_recorded_key(void *context, const struct profile_key *key, uint8_t *point)
{
    const struct bench *bench = context;

    if (bench->recorded.key_id != key->id)
        return false;
    memcpy(point, bench->recorded.public_key, sizeof(bench->recorded.public_key));
    return true;
}

/* A key pair's scalar and the point of another key: any valid P-256 values do. The point is the curve's generator. */
static const uint8_t test_scalar[32] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x10, 0x32, 0x54,
                                        0x76, 0x98, 0xba, 0xdc, 0xfe, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab,
                                        0xcd, 0xef, 0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe};
const uint8_t bench_point[65] = {0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5,
                                 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4,
                                 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a,
                                 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33,
                                 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};

static bool bench_import_key(void *context, const struct profile_key *key, struct bytes_out *out, struct error *err)
{
    const struct bench *bench = context;
    uint8_t scalar[32];

    (void)err;
    if (PSA_KEY_TYPE_IS_PUBLIC_KEY(key->type))
        return bytes_append(out, bytes_of(bench_point, sizeof(bench_point)));
    memcpy(scalar, test_scalar, sizeof(scalar));
    if (bench->brings_no_key)
        return false;
    scalar[31] ^= bench->brings_other_key;
    return bytes_append(out, bytes_of(scalar, sizeof(scalar)));
}

/* Somebody writes to a data slot between imprint's writing and its lock. */
static bool bench_before_lock(void *context, const struct provision_plan *plan, const struct provision_step *step)
{
    struct bench *bench = context;
    uint8_t stray[32] = {0x5a};

    (void)plan;
    if (bench->tamper_before_lock && step->kind == &provision_step_lock_data)
        assert_int_equal(chip_write_slot_block(&bench->world.chip, 8, 5, stray, NULL), CHIP_OK);
    return true;
}

void bench_power_on(struct bench *bench)
{
    world_start(&bench->world);
    bench->provision = (struct provision){
        .driver = &bench->world.driver,
        .profile = &bench->profile,
        .steps = provision_all_steps,
        .callbacks = {.context = bench,
                      .progress = bench_progress,
                      .import_key = bench_import_key,
                      .matches_record = bench_matches_record,
                      .recorded_key = bench_recorded_key,
                      .armed = bench_armed,
                      .before_lock = bench_before_lock},
    };
}

void bench_power_off(struct bench *bench)
{
    world_stop(&bench->world);
}

void bench_open(struct bench *bench, enum virtual_part part, const char *yaml)
{
    const struct virtual_making making = {.part = part};
    struct profile_complaint complaint = {.line = 0};

    memset(bench, 0, sizeof(*bench));
    bench->is_armed = true;
    bench->stop_before_step = -1;
    if (!profile_read_text(yaml, strlen(yaml), &bench->profile, &complaint))
        fail_msg("profile line %u: %s", complaint.line, complaint.message);
    world_make_part(&bench->world, &making);
    bench_power_on(bench);
}

void bench_close(struct bench *bench)
{
    world_remove(&bench->world);
}

void bench_restart(struct bench *bench)
{
    bench_power_off(bench);
    bench_power_on(bench);
    error_clear(&bench->err);
}

enum provision_status bench_run(struct bench *bench)
{
    enum provision_status status;

    error_clear(&bench->err);
    bench->steps_started = 0;
    status = provision_observe(&bench->provision, &bench->plan, &bench->err);
    if (status == PROVISION_OK)
        status = provision_execute(&bench->provision, &bench->plan, &bench->evidence, &bench->err);
    return status;
}

void bench_expect(struct bench *bench, enum provision_status wanted, enum provision_status got)
{
    if (wanted != got)
        fail_msg("status %d, not %d: %s: %s", got, wanted, bench->err.doing ? bench->err.doing : "-",
                 bench->err.cause ? bench->err.cause : "-");
}
