/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the flash backend costs, on an emulated flash: memory, programs per key created, erases and their spread after
 * 100,000 updates, and the reads of the longest opening. All are counts, the same on every machine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/support/flash_sim.h"

/* A key's record and the transaction's, as Mbed TLS 3.6 stores them (docs/reference/storage-format.md). */
enum { KEY_BYTES = 44, TRANSACTION_BYTES = 24, KEYS = 8, UPDATES = 100000 };
static const uint64_t transaction_uid = 0xFFFFFF74;

static const struct imprint_flash_device geometries[] = {
    {.unit = 8, .block_size = 2048, .block_count = 8, .spare_blocks = 1},
    {.unit = 4, .block_size = 4096, .block_count = 2, .blank_is_erased = true},
    {.unit = 4, .block_size = 4096, .block_count = 8, .spare_blocks = 1, .blank_is_erased = true},
    {.unit = 16, .block_size = 8192, .block_count = 4},
    {.unit = 64, .block_size = 4096, .block_count = 8, .spare_blocks = 1},
};

struct bench {
    struct flash_sim sim;
    struct storage_flash flash;
    struct storage storage;
    unsigned long most_reads, most_bytes;
};

static void must(enum storage_status status, const char *what)
{
    if (status != STORAGE_OK) {
        fprintf(stderr, "bench_flash: %s: %s\n", what, storage_status_text(status));
        exit(1);
    }
}

static void open_store(struct bench *bench)
{
    bench->sim.reads = bench->sim.read_bytes = 0;
    must(storage_flash_open(&bench->flash, &bench->sim.device, true, &bench->storage, NULL), "open");
    if (bench->sim.read_bytes > bench->most_bytes) {
        bench->most_bytes = bench->sim.read_bytes;
        bench->most_reads = bench->sim.reads;
    }
}

static void set(struct bench *bench, uint64_t uid, size_t size, unsigned seed)
{
    uint8_t content[KEY_BYTES];
    for (size_t i = 0; i < size; i++)
        content[i] = (uint8_t)(i + seed + (seed >> 8) * i);
    must(bench->storage.operations->set(bench->storage.context, uid, 0, bytes_of(content, size)), "set");
}

static void discard(struct bench *bench, uint64_t uid)
{
    must(bench->storage.operations->remove(bench->storage.context, uid), "remove");
}

/* The storage calls of psa_generate_key() for a key in the chip. */
static void create_key(struct bench *bench, unsigned key)
{
    set(bench, transaction_uid, TRANSACTION_BYTES, key);
    must(bench->storage.operations->reserve(bench->storage.context, 64), "reserve");
    set(bench, key, KEY_BYTES, key);
    discard(bench, transaction_uid);
}

static unsigned long erases_of(const struct bench *bench, unsigned *least, unsigned *most)
{
    unsigned long all = 0;
    *least = *most = bench->sim.erases[0];
    for (uint32_t i = 0; i < bench->sim.device.block_count; i++) {
        const unsigned erases = bench->sim.erases[i];
        all += erases;
        *least = erases < *least ? erases : *least;
        *most = erases > *most ? erases : *most;
    }
    return all;
}

static void measure(struct bench *bench, const struct imprint_flash_device *geometry)
{
    unsigned least, most;
    memset(bench, 0, sizeof *bench);
    flash_sim_make(&bench->sim, geometry);
    open_store(bench);
    printf("%u blocks of %u bytes, unit %u, %u spare%s\n", geometry->block_count, geometry->block_size, geometry->unit,
           geometry->spare_blocks, geometry->blank_is_erased ? "" : ", with ECC");
    const unsigned long before = bench->sim.programs;
    for (unsigned key = 1; key <= KEYS; key++)
        create_key(bench, key);
    const unsigned long units = bench->sim.programs - before, made = erases_of(bench, &least, &most) - 1;
    printf("  one key created: %lu units (%lu bytes) programmed in 3 entries; %lu erases for %d keys\n", units / KEYS,
           units / KEYS * geometry->unit, made, KEYS);
    for (unsigned i = 0; i < UPDATES; i++) {
        set(bench, 1 + i % KEYS, KEY_BYTES, i + 1000);
        if (i % 1000 == 999) {
            flash_sim_restart(&bench->sim);
            open_store(bench);
        }
    }
    const unsigned long all = erases_of(bench, &least, &most);
    printf("  %d updates over %d keys, %d restarts: %lu erases, per block %u to %u; %.2f bytes programmed per byte\n",
           UPDATES, KEYS, UPDATES / 1000, all, least, most,
           (double)bench->sim.programs * geometry->unit / ((double)UPDATES * KEY_BYTES));
    printf("  longest opening: %lu reads of %lu bytes in all (the flash has %u)\n", bench->most_reads,
           bench->most_bytes, geometry->block_size * geometry->block_count);
    if (bench->sim.violation != NULL) {
        fprintf(stderr, "bench_flash: the store %s\n", bench->sim.violation);
        exit(1);
    }
}

int main(void)
{
    static struct bench bench;
    printf("flash backend: struct storage_flash has %zu bytes on this host (%d-bit), no other memory\n",
           sizeof(struct storage_flash), (int)sizeof(void *) * 8);
    for (size_t i = 0; i < sizeof geometries / sizeof geometries[0]; i++)
        measure(&bench, &geometries[i]);
    return 0;
}
