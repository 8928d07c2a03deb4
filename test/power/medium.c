/* SPDX-License-Identifier: Apache-2.0 */
#include "test/power/medium.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Small, so that blocks are rewritten all the time: two blocks and large units, as in controllers with an error
 * correcting code; and a plain NOR flash with a spare block.
 */
static const struct imprint_flash_device geometries[MEDIUM_KINDS] = {
    [MEDIUM_FLASH] = {.unit = 16, .block_size = 1024, .block_count = 4, .spare_blocks = 1, .blank_is_erased = true},
    [MEDIUM_FLASH_ECC] = {.unit = 64, .block_size = 2048, .block_count = 2},
};

static const char *const names[MEDIUM_KINDS] = {
    [MEDIUM_FILE] = "file", [MEDIUM_FLASH] = "flash", [MEDIUM_FLASH_ECC] = "flash-ecc"};

const char *medium_name(enum medium_kind kind)
{
    return names[kind];
}

/* ---- flash ------------------------------------------------------------------------------------------------------ */

static size_t flash_size(const struct medium *medium)
{
    return (size_t)medium->device.block_size * medium->device.block_count;
}

/* The bytes, then a bit for each unit that counts as programmed. */
static void write_flash_image(const struct medium *medium, const struct flash_sim *sim, uint8_t image[MEDIUM_IMAGE_MAX],
                              size_t *len)
{
    const size_t size = flash_size(medium), units = size / medium->device.unit;

    memcpy(image, sim->held, size);
    memset(image + size, 0, (units + 7) / 8);
    for (size_t i = 0; i < units; i++)
        if (sim->programmed[i])
            image[size + i / 8] = (uint8_t)(image[size + i / 8] | 1u << i % 8);
    *len = size + (units + 7) / 8;
}

static void read_flash_image(const struct medium *medium, struct bytes image)
{
    const size_t size = flash_size(medium);
    struct flash_sim *sim = medium->sim;

    flash_sim_make(sim, &medium->device);
    if (image.len == 0)
        return;
    memcpy(sim->held, image.data, size);
    memcpy(sim->shown, image.data, size);
    /* Which bits a planted defect hits follows from what lies there. */
    for (size_t i = 0; i < image.len; i++)
        sim->random = sim->random * 31 + image.data[i];
    for (size_t i = 0; i < size / medium->device.unit; i++)
        sim->programmed[i] = (image.data[size + i / 8] >> i % 8 & 1) != 0;
}

static void tell_flash(struct medium *medium, const struct flash_sim *sim)
{
    uint8_t image[MEDIUM_IMAGE_MAX];
    size_t len;

    if (medium->remains == NULL)
        return;
    write_flash_image(medium, sim, image, &len);
    medium->remains(medium->context, medium->operations, bytes_of(image, len));
}

/* What power leaves that fails in the middle of one operation, tried on a copy. `data` NULL: an erase of block `at`. */
static void tell_torn(struct medium *medium, uint32_t at, const uint8_t *data)
{
    static const enum flash_sim_cut cuts[] = {FLASH_SIM_NONE, FLASH_SIM_RANDOM, FLASH_SIM_OTHER};
    const size_t size = flash_size(medium);

    if (medium->remains == NULL)
        return;
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        struct flash_sim *trial = medium->trial;
        flash_sim_make(trial, &medium->device);
        trial->plant = medium->sim->plant;
        trial->pending_at = medium->sim->pending_at;
        memcpy(trial->pending, medium->sim->pending, sizeof trial->pending);
        memcpy(trial->held, medium->sim->held, size);
        memcpy(trial->shown, medium->sim->shown, size);
        memcpy(trial->programmed, medium->sim->programmed, size / medium->device.unit * sizeof trial->programmed[0]);
        const uint32_t random = medium->operations * 7 + (uint32_t)i;
        flash_sim_plan(trial, 1, cuts[i], random);
        if (data == NULL)
            (void)trial->device.erase(trial, at);
        else
            (void)trial->device.program(trial, at, data, medium->device.unit);
        flash_sim_restart(trial);
        tell_flash(medium, trial);
    }
}

static bool medium_read(void *context, uint32_t at, uint8_t *data, size_t len)
{
    const struct medium *medium = context;

    return medium->sim->device.read(medium->sim, at, data, len);
}

static bool medium_program(void *context, uint32_t at, const uint8_t *data, size_t len)
{
    struct medium *medium = context;
    const uint32_t unit = medium->device.unit;

    for (size_t done = 0; done < len; done += unit) {
        medium->operations++;
        tell_torn(medium, at + (uint32_t)done, data + done);
        medium->sim->bad_program = medium->operations == medium->spoilt_at ? medium->sim->operations + 1 : 0;
        if (!medium->sim->device.program(medium->sim, at + (uint32_t)done, data + done, unit))
            return false;
        tell_flash(medium, medium->sim);
    }
    return true;
}

static bool medium_erase(void *context, uint32_t block)
{
    struct medium *medium = context;

    medium->operations++;
    tell_torn(medium, block, NULL);
    const bool good = medium->sim->device.erase(medium->sim, block);
    tell_flash(medium, medium->sim);
    return good;
}

/* ---- both ------------------------------------------------------------------------------------------------------- */

bool medium_make(struct medium *medium, enum medium_kind kind, const char *folder)
{
    *medium = (struct medium){.kind = kind, .device = geometries[kind]};
    if (snprintf(medium->path, sizeof medium->path, "%s/psa", folder) >= (int)sizeof medium->path)
        return false;
    if (kind == MEDIUM_FILE)
        return true;
    medium->device.read = medium_read;
    medium->device.program = medium_program;
    medium->device.erase = medium_erase;
    medium->device.context = medium;
    medium->sim = malloc(sizeof *medium->sim);
    medium->trial = malloc(sizeof *medium->trial);
    return medium->sim != NULL && medium->trial != NULL;
}

void medium_free(struct medium *medium)
{
    free(medium->sim);
    free(medium->trial);
    medium->sim = medium->trial = NULL;
}

static void disk_has_changed(void *context, unsigned call)
{
    struct medium *medium = context;
    uint8_t room[DISK_IMAGE_MAX];

    if (medium->remains == NULL)
        return;
    for (unsigned way = 0; way < disk_ways(); way++) {
        struct bytes_out image = {.data = room, .cap = sizeof room};
        disk_remains(way, &image);
        medium->remains(medium->context, call, bytes_written(&image));
    }
}

bool medium_load(struct medium *medium, struct bytes image, const struct medium_plan *plan)
{
    if (medium->kind != MEDIUM_FILE) {
        read_flash_image(medium, image);
        medium->sim->plant = medium->flash_plant;
        medium->operations = 0;
        medium->spoilt_at = plan->spoilt_at;
        return true;
    }
    if (!disk_load(medium->path, image))
        return false;
    disk_plan(&plan->disk, medium->disk_plant, disk_has_changed, medium);
    return true;
}

bool medium_open(struct medium *medium, struct storage *storage, struct error *err)
{
    if (medium->kind == MEDIUM_FILE)
        return storage_file_open(&medium->file, medium->path, true, "power", &disk_system, storage, err);
    const bool good = storage_flash_open(&medium->flash, &medium->device, true, storage, err) == STORAGE_OK;
    medium->opening_reads = medium->sim->reads;
    medium->opening_bytes = medium->sim->read_bytes;
    return good;
}

void medium_close(struct medium *medium)
{
    if (medium->kind == MEDIUM_FILE)
        storage_file_close(&medium->file);
}

void medium_keep(struct medium *medium, struct bytes_out *image)
{
    if (medium->kind == MEDIUM_FILE)
        disk_keep(image);
    else
        write_flash_image(medium, medium->sim, image->data, &image->len);
}

void medium_visit_remains(struct medium *medium, void (*visit)(void *context, struct bytes image), void *context)
{
    uint8_t room[MEDIUM_IMAGE_MAX];
    struct bytes_out image = {.data = room, .cap = sizeof room};

    if (medium->kind != MEDIUM_FILE) {
        write_flash_image(medium, medium->sim, room, &image.len);
        visit(context, bytes_written(&image));
        return;
    }
    for (unsigned way = 0; way < disk_ways(); way++) {
        image.len = 0;
        disk_remains(way, &image);
        visit(context, bytes_written(&image));
    }
}

void medium_count(const struct medium *medium, struct medium_counts *counts)
{
    struct disk_counts disk;

    if (medium->kind == MEDIUM_FILE) {
        disk_count(&disk);
        *counts = (struct medium_counts){.changes = disk.calls,
                                         .writes = disk.writes,
                                         .syncs = disk.syncs,
                                         .renames = disk.renames,
                                         .altered = disk.altered};
        return;
    }
    *counts = (struct medium_counts){.changes = medium->operations,
                                     .altered = medium->operations,
                                     .programs = (unsigned)medium->sim->programs,
                                     .opening_reads = medium->opening_reads,
                                     .opening_bytes = medium->opening_bytes};
    for (unsigned i = 0; i < STORAGE_FLASH_BLOCKS_MAX; i++)
        counts->erases += medium->sim->erases[i];
}

const char *medium_broken(const struct medium *medium)
{
    return medium->kind == MEDIUM_FILE ? disk_broken() : medium->sim->violation;
}
