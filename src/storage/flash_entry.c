/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/flash_entry.h"

#include <string.h>

#include "base/order.h"
#include "storage/record.h"

/* The prefix. */
enum {
    PREFIX_UID = 0,
    PREFIX_LENGTH = 8, /* length of the stored form in 24 bits; the kind in the upper 8 */
    PREFIX_CRC = 12,
};

_Static_assert(PREFIX_CRC + 4 == FLASH_ENTRY_PREFIX, "the checksum must be the prefix's last field");

void flash_entry_size(const struct imprint_flash_device *device, uint32_t length, struct flash_entry *entry)
{
    entry->length = length;
    entry->span = flash_entry_in_units(device, FLASH_ENTRY_PREFIX + length) + device->unit;
}

/* ---- the medium ------------------------------------------------------------------------------------------------- */

bool flash_entry_fetch(const struct imprint_flash_device *device, uint32_t at, void *data, size_t len)
{
    return device->read(device->context, at, data, len);
}

bool flash_entry_holds(const struct imprint_flash_device *device, uint32_t at, const uint8_t *data, size_t len)
{
    uint8_t found[STORAGE_FLASH_UNIT_MAX];
    bool good = true;
    for (uint32_t done = 0, n; good && done < len; done += n) {
        n = flash_smaller((uint32_t)len - done, sizeof found);
        good = flash_entry_fetch(device, at + done, found, n);
        for (uint32_t i = 0; i < n; i++)
            good = good && found[i] == (data == NULL ? 0xff : data[done + i]);
    }
    bytes_wipe(found, sizeof found);
    return good;
}

bool flash_entry_program(const struct imprint_flash_device *device, uint32_t at, const uint8_t *data, size_t len)
{
    return device->program(device->context, at, data, len) && flash_entry_holds(device, at, data, len);
}

/* ---- reading entries -------------------------------------------------------------------------------------------- */

bool flash_entry_read(const struct imprint_flash_device *device, uint32_t at, uint32_t end, struct flash_entry *entry)
{
    uint8_t prefix[FLASH_ENTRY_PREFIX];
    const uint32_t room = end - at;
    entry->at = at;
    entry->record = NULL;
    entry->span = flash_smaller(flash_entry_in_units(device, FLASH_ENTRY_PREFIX), room);
    if (room < FLASH_ENTRY_PREFIX || !flash_entry_fetch(device, at, prefix, sizeof prefix) ||
        !storage_record_is_sealed(prefix, sizeof prefix))
        return false;
    entry->uid = load64_le(prefix + PREFIX_UID);
    entry->kind = prefix[PREFIX_LENGTH + 3];
    const uint32_t damaged = entry->span;
    flash_entry_size(device, load32_le(prefix + PREFIX_LENGTH) & 0xffffff, entry);
    const bool good = (entry->kind == FLASH_ENTRY_RECORD || entry->kind == FLASH_ENTRY_REMOVAL) && entry->uid != 0 &&
                      entry->span <= room;
    if (!good)
        entry->span = damaged;
    return good;
}

enum storage_status flash_entry_check(const struct imprint_flash_device *device, const struct flash_entry *entry,
                                      struct storage_record *record)
{
    uint8_t chunk[STORAGE_FLASH_UNIT_MAX];
    uint32_t n = flash_smaller(entry->length, STORAGE_RECORD_HEADER);

    if (!flash_entry_fetch(device, entry->at + FLASH_ENTRY_PREFIX, chunk, n))
        return STORAGE_CORRUPT;
    enum storage_status status = storage_record_read_header(bytes_of(chunk, n), record);
    if (status != STORAGE_OK)
        return status;
    if (record->uid != entry->uid || entry->length != STORAGE_RECORD_BYTES(record->size))
        return STORAGE_CORRUPT;
    uint32_t at = flash_entry_content(entry);
    uint32_t crc = storage_record_crc(0, chunk, STORAGE_RECORD_HEADER_COVERED);
    uint32_t left = record->size + STORAGE_RECORD_CRC;
    bool good;
    do {
        n = flash_smaller(left, sizeof chunk);
        good = flash_entry_fetch(device, at, chunk, n);
        if (good)
            crc = storage_record_crc(crc, chunk, n);
        at += n;
        left -= n;
    } while (good && left > 0);
    bytes_wipe(chunk, sizeof chunk);
    return good && crc == STORAGE_RECORD_CRC_SEALED ? STORAGE_OK : STORAGE_CORRUPT;
}

/* ---- writing entries -------------------------------------------------------------------------------------------- */

/*
 * Collects bytes and writes them to flash in whole units. The prefix is written first and alone: if a power cut damages
 * it, nothing follows it. By that the next open tells a power cut from other damage.
 */
struct writer {
    const struct imprint_flash_device *device;
    uint32_t at, fill, limit;
    bool good;
    uint8_t buffer[STORAGE_FLASH_UNIT_MAX];
};

static void writer_flush(struct writer *writer)
{
    const uint32_t len = flash_entry_in_units(writer->device, writer->fill);
    memset(writer->buffer + writer->fill, 0xff, len - writer->fill);
    if (writer->good && len > 0)
        writer->good = flash_entry_program(writer->device, writer->at, writer->buffer, len);
    writer->at += len;
    writer->fill = 0;
    writer->limit = STORAGE_FLASH_UNIT_MAX;
}

static void writer_put(struct writer *writer, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        writer->buffer[writer->fill++] = data[i];
        if (writer->fill == writer->limit)
            writer_flush(writer);
    }
}

/* Everything is written and read back; the mark now makes it a valid entry. */
static bool writer_end(struct writer *writer)
{
    writer_flush(writer);
    memset(writer->buffer, 0, sizeof writer->buffer);
    writer->fill = writer->device->unit;
    writer_flush(writer);
    bytes_wipe(writer->buffer, sizeof writer->buffer);
    return writer->good;
}

bool flash_entry_write(const struct imprint_flash_device *device, uint32_t at, const struct flash_entry *entry)
{
    struct writer writer;
    uint8_t chunk[STORAGE_RECORD_HEADER];

    writer.device = device;
    writer.at = at;
    writer.fill = 0;
    writer.limit = flash_entry_in_units(device, FLASH_ENTRY_PREFIX);
    writer.good = true;
    store64_le(chunk + PREFIX_UID, entry->uid);
    store32_le(chunk + PREFIX_LENGTH, entry->length | (uint32_t)entry->kind << 24);
    storage_record_seal(chunk, PREFIX_CRC);
    writer_put(&writer, chunk, FLASH_ENTRY_PREFIX);
    if (entry->record != NULL) {
        const struct bytes content = entry->record->content;
        storage_record_write_header(entry->uid, entry->record->flags, (uint32_t)content.len, chunk);
        writer_put(&writer, chunk, sizeof chunk);
        writer_put(&writer, content.data, content.len);
        const uint32_t crc = storage_record_crc(0, chunk, STORAGE_RECORD_HEADER_COVERED);
        store32_le(chunk, storage_record_crc(crc, content.data, content.len));
        writer_put(&writer, chunk, STORAGE_RECORD_CRC);
    } else {
        at = entry->at + FLASH_ENTRY_PREFIX;
        for (uint32_t left = entry->length, n; left > 0; left -= n, at += n) {
            n = flash_smaller(left, FLASH_ENTRY_PREFIX);
            if (!flash_entry_fetch(device, at, chunk, n))
                memset(chunk, 0, n);
            writer_put(&writer, chunk, n);
        }
        bytes_wipe(chunk, sizeof chunk);
    }
    return writer_end(&writer);
}
