/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs one profile on a fresh virtual chip as imprint provision does, and prints what it cost: commands, bytes on the
 * wire, chip time on the virtual clock against the sum of the commands' own execution times. Everything printed is a
 * count or virtual time, so it does not depend on the machine; host instructions are counted from outside
 * (test/bench/run).
 *
 * usage: bench_plan PROFILE DIRECTORY [PART]   the directory must exist and be empty; PART: blank, trust-and-go,
 * trust-flex, or the file of a virtual chip, which is changed
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chip/operations.h"
#include "chip/words.h"
#include "profile/text/text.h"
#include "provision/provision.h"
#include "provision/steps.h"
#include "psa/start.h"
#include "storage/file.h"
#include "transport/virtual.h"
#include "virtual/chip/virtual_invasive.h"

/* Nine clocks a byte at the bus clock that the virtual transport uses. */
#define BUS_NS_PER_BYTE (9 * 1000000000ULL / 400000)

struct bench {
    struct virtual_chip *virtual_chip;
    struct transport_virtual transport_virtual;
    struct imprint_transport transport;
    struct chip chip;
    struct storage_file files;
    struct storage storage;
    struct driver driver;
    struct its its;
    struct profile profile;
    struct provision_evidence record; /* what the first run proved, for the second; key_count 0: nothing */
};

static void fail(const char *what, const struct error *err)
{
    struct error shown = *err;

    chip_words_for_failure(&shown);
    fprintf(stderr, "bench_plan: %s: %s\n", what, shown.cause != NULL ? shown.cause : "failed");
    exit(1);
}

static bool armed(void *context, const uint8_t *serial, const uint8_t *digest)
{
    (void)context;
    (void)serial;
    (void)digest;
    return true;
}

static bool recorded_key(void *context, const struct profile_key *key, uint8_t *point)
{
    const struct bench *bench = context;

    for (size_t i = 0; i < bench->record.key_count; i++) {
        if (bench->record.keys[i].key_id != key->id || bench->record.keys[i].hash == 0)
            continue;
        memcpy(point, bench->record.keys[i].public_key, P256_POINT_BYTES);
        return true;
    }
    return false;
}

static void print_row(const char *name, uint64_t nanoseconds, uint64_t of)
{
    printf("  %-42s %10.3f ms %7.2f %%\n", name, (double)nanoseconds / 1e6, 100.0 * (double)nanoseconds / (double)of);
}

static void report(const char *title, const struct bench *bench, const struct virtual_counters *virtual_before,
                   uint64_t started_ns)
{
    const struct chip_counters *counters = &bench->chip.counters;
    struct virtual_counters now;
    uint64_t total = virtual_now_ns(bench->virtual_chip) - started_ns;
    uint64_t execution;
    uint64_t wire;

    virtual_read_counters(bench->virtual_chip, &now);
    execution = now.execution_ns - virtual_before->execution_ns;
    wire = (uint64_t)(counters->bytes_sent + counters->bytes_received) * BUS_NS_PER_BYTE;
    printf("%s\n", title);
    printf("  commands %" PRIu32 ", of them writing %" PRIu32 ", irreversible %" PRIu32 ", resent %" PRIu32 "\n",
           counters->commands, counters->writing, counters->irreversible, counters->resends);
    printf("  polls %" PRIu32 ", wakes %" PRIu32 ", non-volatile writes %" PRIu64 "\n", counters->polls,
           counters->wakes, now.nonvolatile_writes - virtual_before->nonvolatile_writes);
    printf("  bytes on the wire %" PRIu64 " (groups: %" PRIu32 " sent, %" PRIu32 " received)\n",
           now.bus_bytes - virtual_before->bus_bytes, counters->bytes_sent, counters->bytes_received);
    print_row("chip time, whole", total, execution);
    print_row("the commands' own execution", execution, execution);
    print_row("overhead", total - execution, execution);
    print_row("of it: commands and replies on the wire", wire, execution);
    print_row("of it: host and polling", total - execution - wire, execution);
}

/* From opening the chip to closing it, as one call of the program. */
static void run(struct bench *bench, const char *title)
{
    struct chip_config config;
    struct provision provision = {.driver = &bench->driver,
                                  .profile = &bench->profile,
                                  .steps = provision_all_steps,
                                  .callbacks = {.context = bench, .armed = armed, .recorded_key = recorded_key},
                                  .config = &config};
    struct virtual_counters virtual_before;
    uint64_t started_ns = virtual_now_ns(bench->virtual_chip);
    struct provision_plan plan;
    struct provision_evidence evidence;
    struct error err = {.reason = ERROR_NONE};

    virtual_read_counters(bench->virtual_chip, &virtual_before);
    chip_init(&bench->chip, &bench->transport);
    if (chip_read_config(&bench->chip, &config, &err) != CHIP_OK ||
        chip_identify_part(&bench->chip, &config, &err) != CHIP_OK)
        fail("opening the chip", &err);
    driver_init(&bench->driver, &bench->chip, &bench->storage, NULL);
    if (driver_start(&bench->driver, &bench->its, &driver_shell_all) != PSA_SUCCESS)
        fail("PSA Crypto", &err);
    if (provision_observe(&provision, &plan, &err) != PROVISION_OK ||
        provision_execute(&provision, &plan, &evidence, &err) != PROVISION_OK)
        fail("provisioning", &err);
    driver_stop();
    report(title, bench, &virtual_before, started_ns);
    printf("  chip time as imprint prints it %" PRIu64 ".%03" PRIu64 " ms\n", evidence.chip_us / 1000,
           evidence.chip_us % 1000);
    bench->record = evidence;
}

/* A new part with this name in the directory, or else the part in the file with this name. */
static void open_part(struct bench *bench, const char *name, const char *directory)
{
    static const char *const names[] = {
        [VIRTUAL_BLANK] = "blank", [VIRTUAL_TRUST_AND_GO] = "trust-and-go", [VIRTUAL_TRUST_FLEX] = "trust-flex"};
    struct virtual_making making = {.has_seed = true, .seed = 1};
    enum virtual_status status = VIRTUAL_OK;
    struct virtual_problem problem;
    char path[4096];

    snprintf(path, sizeof(path), "%s", name);
    for (unsigned part = 0; part < sizeof(names) / sizeof(names[0]) && status == VIRTUAL_OK; part++) {
        if (strcmp(name, names[part]) != 0)
            continue;
        making.part = (enum virtual_part)part;
        snprintf(path, sizeof(path), "%s/chip.virtual", directory);
        status = virtual_create(path, &making, &problem);
    }
    if (status == VIRTUAL_OK)
        status = virtual_open(path, &bench->virtual_chip, &problem);
    if (status == VIRTUAL_OK)
        return;
    fprintf(stderr, "bench_plan: %s: %s\n", path, problem.cause);
    exit(1);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    struct profile_complaint complaint;
    struct error err = {.reason = ERROR_NONE};
    char path[4096];

    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: bench_plan PROFILE DIRECTORY [PART]\n");
        return 2;
    }
    if (!profile_read_file(argv[1], &bench.profile, &complaint)) {
        fprintf(stderr, "bench_plan: %s: %s\n", argv[1], complaint.message);
        return 1;
    }
    open_part(&bench, argc == 4 ? argv[3] : "trust-and-go", argv[2]);
    bench.transport = transport_virtual_init(&bench.transport_virtual, bench.virtual_chip);
    snprintf(path, sizeof(path), "%s/psa", argv[2]);
    if (!storage_file_open(&bench.files, path, true, "bench_plan", NULL, &bench.storage, &err))
        fail("storage", &err);

    printf("profile %s on a virtual part, bus at 400 kHz, maximum execution times\n", bench.profile.name);
    run(&bench, "first run: provisions and proves");
    run(&bench, "second run: confirms and proves, writes nothing");

    storage_file_close(&bench.files);
    virtual_close(bench.virtual_chip);
    return 0;
}
