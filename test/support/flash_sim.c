/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/flash_sim.h"

#include <string.h>

static uint32_t draw(struct flash_sim *self)
{
    self->random = self->random * 1664525 + 1013904223;
    return self->random >> 8;
}

static bool break_rule(struct flash_sim *self, const char *rule)
{
    if (self->violation == NULL)
        self->violation = rule;
    return false;
}

/* Whether power holds for the next operation; false where the plan strikes. */
static bool strikes(struct flash_sim *self)
{
    return ++self->operations == self->cut_at;
}

static bool sim_read(void *context, uint32_t at, uint8_t *data, size_t len)
{
    struct flash_sim *self = context;
    const size_t size = (size_t)self->device.block_size * self->device.block_count;
    self->reads++;
    self->read_bytes += len;
    if (at > size || len > size - at)
        return break_rule(self, "reads outside of the region");
    if (!self->powered || (self->unreadable < at + len && at < self->unreadable + self->device.unit))
        return false;
    memcpy(data, self->shown + at, len);
    return true;
}

/* The bits of `data` that a unit takes when the program is cut. */
static uint8_t torn_byte(struct flash_sim *self, uint8_t data)
{
    switch (self->cut) {
    case FLASH_SIM_AFTER:
        return data;
    case FLASH_SIM_RANDOM:
        return data | (uint8_t)draw(self);
    case FLASH_SIM_OTHER:
        return (draw(self) & 1) != 0 ? data : 0xff;
    default:
        return 0xff;
    }
}

static void settle_pending(struct flash_sim *self)
{
    if (self->pending_at != UINT32_MAX)
        memcpy(self->held + self->pending_at, self->pending, self->device.unit);
    self->pending_at = UINT32_MAX;
}

static bool is_mark(const uint8_t *data, uint32_t unit)
{
    return bytes_all(bytes_of(data, unit), 0);
}

static bool program_unit(struct flash_sim *self, uint32_t at, const uint8_t *data)
{
    const uint32_t unit = self->device.unit;
    const bool cut = strikes(self), spoilt = self->operations == self->bad_program;
    bool blank = true;

    if (self->programmed[at / unit])
        return break_rule(self, "programs a unit twice");
    if (!bytes_all(bytes_of(self->shown + at, unit), 0xff))
        return break_rule(self, "programs a unit that is not erased");
    self->programs++;
    uint8_t taken[STORAGE_FLASH_UNIT_MAX];
    for (uint32_t i = 0; i < unit; i++) {
        taken[i] = cut ? torn_byte(self, data[i]) : data[i];
        blank = blank && taken[i] == 0xff;
    }
    for (uint32_t i = 0; spoilt && i < unit; i++) {
        if (data[i] != 0xff) {
            taken[i] = (uint8_t)(data[i] | (data[i] + 1u)); /* its lowest clear bit stays set */
            break;
        }
    }
    self->programmed[at / unit] = !(cut && blank && self->device.blank_is_erased);
    memcpy(self->shown + at, taken, unit);
    switch (self->plant) {
    case FLASH_SIM_NO_MARK:
        if (!is_mark(data, unit))
            memcpy(self->held + at, taken, unit);
        break;
    case FLASH_SIM_SWAPPED:
        settle_pending(self);
        self->pending_at = at;
        memcpy(self->pending, taken, unit);
        break;
    case FLASH_SIM_NO_READ_BACK:
        memcpy(self->held + at, taken, unit);
        if (draw(self) % 64 == 0)
            self->held[at] = 0xff;
        break;
    default:
        memcpy(self->held + at, taken, unit);
        break;
    }
    self->powered = !cut;
    return !cut;
}

static bool sim_program(void *context, uint32_t at, const uint8_t *data, size_t len)
{
    struct flash_sim *self = context;
    const uint32_t unit = self->device.unit, size = self->device.block_size;
    if (!self->powered)
        return false;
    if (at % unit != 0 || len % unit != 0 || len == 0 || at / size >= self->device.block_count ||
        len > size - at % size)
        return break_rule(self, "programs what are not units of one block");
    for (size_t done = 0; done < len; done += unit) {
        if (!program_unit(self, at + (uint32_t)done, data + done))
            return false;
    }
    return true;
}

static void clear_flags(struct flash_sim *self, uint32_t block, bool value)
{
    const uint32_t units = self->device.block_size / self->device.unit;
    for (uint32_t i = 0; i < units; i++)
        self->programmed[block * units + i] = value;
}

static bool sim_erase(void *context, uint32_t block)
{
    struct flash_sim *self = context;
    const uint32_t size = self->device.block_size;
    if (!self->powered)
        return false;
    if (block >= self->device.block_count)
        return break_rule(self, "erases outside of the region");
    uint8_t *held = self->held + (size_t)block * size;
    const bool cut = strikes(self);
    self->erases[block]++;
    settle_pending(self);
    if ((self->bad_erase >> block & 1) != 0)
        return self->silent;
    clear_flags(self, block, cut && self->cut != FLASH_SIM_AFTER);
    for (uint32_t i = 0; i < size; i++) {
        if (!cut || self->cut == FLASH_SIM_AFTER)
            held[i] = 0xff;
        else if (self->cut == FLASH_SIM_RANDOM)
            held[i] |= (uint8_t)draw(self);
        else if (self->cut == FLASH_SIM_OTHER)
            held[i] = (uint8_t)draw(self);
    }
    memcpy(self->shown + (size_t)block * size, held, size);
    if (self->plant == FLASH_SIM_EARLY_ERASE)
        memset(self->held + (size_t)((block + 1) % self->device.block_count) * size, 0xff, size);
    self->powered = !cut;
    return !cut;
}

void flash_sim_make(struct flash_sim *self, const struct imprint_flash_device *geometry)
{
    const size_t size = (size_t)geometry->block_size * geometry->block_count;
    memset(self->programmed, 0, size);
    memset(self->held, 0xff, size);
    memset(self->shown, 0xff, size);
    memset(self->erases, 0, sizeof self->erases);
    self->programs = self->reads = self->read_bytes = 0;
    self->plant = FLASH_SIM_SOUND;
    self->bad_erase = 0;
    self->silent = false;
    self->bad_program = 0;
    self->violation = NULL;
    self->device = *geometry;
    self->device.read = sim_read;
    self->device.program = sim_program;
    self->device.erase = sim_erase;
    self->device.context = self;
    flash_sim_plan(self, 0, FLASH_SIM_AFTER, 0);
    self->unreadable = UINT32_MAX;
    self->pending_at = UINT32_MAX;
    self->powered = true;
}

void flash_sim_plan(struct flash_sim *self, unsigned cut_at, enum flash_sim_cut cut, uint32_t seed)
{
    self->operations = 0;
    self->cut_at = cut_at;
    self->cut = cut;
    self->random = seed * 2654435761u + 12345;
}

void flash_sim_restart(struct flash_sim *self)
{
    const size_t size = (size_t)self->device.block_size * self->device.block_count;
    flash_sim_plan(self, 0, FLASH_SIM_AFTER, 0);
    self->pending_at = UINT32_MAX;
    memcpy(self->shown, self->held, size);
    self->powered = true;
}
