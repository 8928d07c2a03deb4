/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/flash_entry.h"

#include <string.h>

#include "bytes/order.h"
#include "storage/record.h"

/* The prefix. */
enum {
    PREFIX_UID = 0,
    PREFIX_LENGTH = 8, /* of the stored form; 24 bits, the kind above them */
    PREFIX_CRC = 12,
};

_Static_assert(PREFIX_CRC + 4 == FLASH_ENTRY_PREFIX, "the checksum is the prefix's last field");

uint32_t flash_entry_span(const struct flash_device *device, uint32_t length)
{
    return flash_entry_in_units(device, FLASH_ENTRY_PREFIX + length) + device->unit;
}

uint32_t flash_entry_length(const struct flash_item *item)
{
    return item->kind == FLASH_ENTRY_RECORD ? (uint32_t)STORAGE_RECORD_BYTES(item->content.len) : 0;
}

/* ---- the medium ------------------------------------------------------------------------------------------------- */

bool flash_entry_fetch(const struct flash_device *device, uint32_t at, void *data, size_t len)
{
    return device->read(device->context, at, data, len);
}

/* Programs whole units and looks whether every bit took. At most STORAGE_FLASH_UNIT_MAX bytes. */
bool flash_entry_program(const struct flash_device *device, uint32_t at, const uint8_t *data, size_t len)
{
    uint8_t found[STORAGE_FLASH_UNIT_MAX];
    const bool good = device->program(device->context, at, data, len) && flash_entry_fetch(device, at, found, len) &&
                      memcmp(found, data, len) == 0;
    bytes_wipe(found, sizeof found);
    return good;
}

/* Whether all of it can be read and is as after an erase. */
bool flash_entry_blank(const struct flash_device *device, uint32_t at, uint32_t len)
{
    uint8_t found[STORAGE_FLASH_UNIT_MAX];
    uint32_t n;
    for (; len > 0; at += n, len -= n) {
        n = flash_smaller(len, sizeof found);
        if (!flash_entry_fetch(device, at, found, n) || !bytes_all(bytes_of(found, n), 0xff))
            return false;
    }
    return true;
}

/* The entry whose prefix lies at `at` and that ends before `end`. */
bool flash_entry_read(const struct flash_device *device, uint32_t at, uint32_t end, struct flash_entry *entry)
{
    uint8_t prefix[FLASH_ENTRY_PREFIX];
    if (end - at < FLASH_ENTRY_PREFIX || !flash_entry_fetch(device, at, prefix, sizeof prefix) ||
        load32_le(prefix + PREFIX_CRC) != storage_record_crc(0, bytes_of(prefix, PREFIX_CRC)))
        return false;
    const uint32_t length = load32_le(prefix + PREFIX_LENGTH) & 0xffffff;
    *entry = (struct flash_entry){
        .uid = load64_le(prefix + PREFIX_UID),
        .at = at,
        .length = length,
        .span = flash_entry_span(device, length),
        .kind = prefix[PREFIX_LENGTH + 3],
    };
    return (entry->kind == FLASH_ENTRY_RECORD || entry->kind == FLASH_ENTRY_REMOVAL) && entry->uid != 0 &&
           entry->span <= end - at;
}

/*
 * Checks the whole record that `entry` holds, and whether its content is `wanted`. What cannot be read is damaged.
 */
enum storage_status flash_entry_check(const struct flash_device *device, const struct flash_entry *entry,
                                      struct storage_record *record, struct bytes wanted, bool *same)
{
    uint8_t header[STORAGE_RECORD_HEADER], chunk[STORAGE_FLASH_UNIT_MAX], crc_bytes[4];
    uint32_t at = entry->at + FLASH_ENTRY_PREFIX, n;
    const uint32_t header_len = flash_smaller(entry->length, sizeof header);

    if (!flash_entry_fetch(device, at, header, header_len))
        return STORAGE_CORRUPT;
    enum storage_status status = storage_record_read_header(bytes_of(header, header_len), record);
    if (status != STORAGE_OK)
        return status;
    if (record->uid != entry->uid || entry->length != STORAGE_RECORD_BYTES(record->size))
        return STORAGE_CORRUPT;
    at += STORAGE_RECORD_HEADER;
    *same = wanted.len == record->size;
    uint32_t crc = storage_record_crc(0, bytes_of(header, STORAGE_RECORD_HEADER_COVERED));
    for (uint32_t done = 0; done < record->size; done += n) {
        n = flash_smaller(record->size - done, sizeof chunk);
        if (!flash_entry_fetch(device, at + done, chunk, n)) {
            status = STORAGE_CORRUPT;
            break;
        }
        crc = storage_record_crc(crc, bytes_of(chunk, n));
        *same = *same && memcmp(wanted.data + done, chunk, n) == 0;
    }
    bytes_wipe(chunk, sizeof chunk);
    if (!flash_entry_fetch(device, at + record->size, crc_bytes, sizeof crc_bytes) || load32_le(crc_bytes) != crc)
        status = STORAGE_CORRUPT;
    return status;
}

/* ---- writing entries -------------------------------------------------------------------------------------------- */

/*
 * Bytes on their way to flash, in whole units. The prefix goes first and alone: where it is damaged by a power cut,
 * nothing lies behind it, and that is how the next opening tells such damage from any other.
 */
struct writer {
    const struct flash_device *device;
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

static void writer_begin(struct writer *writer, const struct flash_device *device, uint32_t at)
{
    *writer = (struct writer){
        .device = device, .at = at, .limit = flash_entry_in_units(device, FLASH_ENTRY_PREFIX), .good = true};
}

/* What has been put is all there and read back: the mark makes it an entry. */
static bool writer_end(struct writer *writer)
{
    writer_flush(writer);
    memset(writer->buffer, 0, sizeof writer->buffer);
    writer->fill = writer->device->unit;
    writer_flush(writer);
    bytes_wipe(writer->buffer, sizeof writer->buffer);
    return writer->good;
}

bool flash_entry_write(const struct flash_device *device, uint32_t at, const struct flash_item *item)
{
    struct writer writer;
    uint8_t header[STORAGE_RECORD_HEADER] = {0};

    writer_begin(&writer, device, at);
    store64_le(header + PREFIX_UID, item->uid);
    store32_le(header + PREFIX_LENGTH, flash_entry_length(item) | (uint32_t)item->kind << 24);
    store32_le(header + PREFIX_CRC, storage_record_crc(0, bytes_of(header, PREFIX_CRC)));
    writer_put(&writer, header, FLASH_ENTRY_PREFIX);
    if (item->kind == FLASH_ENTRY_RECORD) {
        storage_record_write_header(item->uid, item->flags, (uint32_t)item->content.len, header);
        writer_put(&writer, header, sizeof header);
        writer_put(&writer, item->content.data, item->content.len);
        store32_le(header, storage_record_crc(storage_record_crc(0, bytes_of(header, STORAGE_RECORD_HEADER_COVERED)),
                                              item->content));
        writer_put(&writer, header, 4);
    }
    return writer_end(&writer);
}

/* Copies an entry as it is, damaged or of a later version. What can no longer be read is copied as zeros. */
bool flash_entry_copy(const struct flash_device *device, uint32_t at, const struct flash_entry *entry)
{
    struct writer writer;
    uint8_t chunk[FLASH_ENTRY_PREFIX];
    const uint32_t len = FLASH_ENTRY_PREFIX + entry->length;
    uint32_t n;

    writer_begin(&writer, device, at);
    for (uint32_t done = 0; done < len; done += n) {
        n = flash_smaller(len - done, sizeof chunk);
        if (!flash_entry_fetch(device, entry->at + done, chunk, n)) {
            writer.good = writer.good && done > 0; /* not the prefix */
            memset(chunk, 0, sizeof chunk);
        }
        writer_put(&writer, chunk, n);
    }
    bytes_wipe(chunk, sizeof chunk);
    return writer_end(&writer);
}
