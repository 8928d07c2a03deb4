/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/record.h"

#include <string.h>

#include "base/order.h"

enum { RECORD_VERSION = 1 };

/* Offset of each field in the header; record.h shows the layout. */
enum {
    AT_MAGIC = 0,
    AT_VERSION = 4,
    AT_ZERO = 6,
    AT_UID = 8,
    AT_FLAGS = 16,
    AT_SIZE = 20,
    AT_HEADER_CRC = 24,
};

_Static_assert(AT_HEADER_CRC == STORAGE_RECORD_HEADER_COVERED &&
                   AT_HEADER_CRC + STORAGE_RECORD_CRC == STORAGE_RECORD_HEADER,
               "the header's checksum must be its last field");

#define MAGIC 0x43455249u /* "IREC" */

/*
 * CRC-32 as in IEEE 802.3 and zlib: polynomial 0x04C11DB7 reflected (0xEDB88320), start and final inversion all ones.
 * Computed bit by bit: records are short, and a table would be larger than all other code here.
 */
uint32_t storage_record_crc(uint32_t crc, const uint8_t *data, size_t len)
{
    crc = ~crc;
    for (; len > 0; data++, len--) {
        crc ^= *data;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

void storage_record_seal(uint8_t *data, size_t len)
{
    store32_le(data + len, storage_record_crc(0, data, len));
}

bool storage_record_is_sealed(const uint8_t *data, size_t len)
{
    return storage_record_crc(0, data, len) == STORAGE_RECORD_CRC_SEALED;
}

/*
 * The checksum of the whole record: of the header without its checksum, then of the content. The header's checksum is
 * left out, because the CRC over bytes followed by their own CRC is a constant: the result would not depend on the
 * header.
 */
static uint32_t record_crc(const uint8_t header[static STORAGE_RECORD_HEADER], struct bytes content)
{
    return storage_record_crc(storage_record_crc(0, header, AT_HEADER_CRC), content.data, content.len);
}

void storage_record_write_header(uint64_t uid, uint32_t flags, uint32_t size,
                                 uint8_t header[static STORAGE_RECORD_HEADER])
{
    store32_le(header + AT_MAGIC, MAGIC);
    store16_le(header + AT_VERSION, RECORD_VERSION);
    store16_le(header + AT_ZERO, 0);
    store64_le(header + AT_UID, uid);
    store32_le(header + AT_FLAGS, flags);
    store32_le(header + AT_SIZE, size);
    storage_record_seal(header, AT_HEADER_CRC);
}

static bool is_of_driver(uint64_t uid)
{
    return uid >> 32 == STORAGE_UID_DRIVER_HIGH;
}

bool storage_record_is_system(uint64_t uid)
{
    return (uid >= STORAGE_UID_CORE_FIRST && uid <= STORAGE_UID_CORE_LAST) || is_of_driver(uid);
}

bool storage_record_may_use_kept_room(uint64_t uid)
{
    return uid == STORAGE_KEPT_UID || is_of_driver(uid);
}

bool storage_record_is_permanent(const struct storage_record *record)
{
    return (record->flags & STORAGE_FLAG_WRITE_ONCE) != 0 && !storage_record_is_system(record->uid);
}

bool storage_record_write(uint64_t uid, uint32_t flags, struct bytes content, struct bytes_out *out)
{
    if (content.len > STORAGE_RECORD_MAX || STORAGE_RECORD_BYTES(content.len) > out->cap - out->len)
        return false;
    uint8_t *at = out->data + out->len;
    storage_record_write_header(uid, flags, (uint32_t)content.len, at);
    if (content.len > 0)
        memcpy(at + STORAGE_RECORD_HEADER, content.data, content.len);
    store32_le(at + STORAGE_RECORD_HEADER + content.len, record_crc(at, content));
    out->len += STORAGE_RECORD_BYTES(content.len);
    return true;
}

enum storage_status storage_record_read_header(struct bytes stored, struct storage_record *record)
{
    if (stored.len < STORAGE_RECORD_HEADER || load32_le(stored.data + AT_MAGIC) != MAGIC ||
        !storage_record_is_sealed(stored.data, STORAGE_RECORD_HEADER))
        return STORAGE_CORRUPT;
    const uint16_t version = load16_le(stored.data + AT_VERSION);
    if (version > RECORD_VERSION)
        return STORAGE_FUTURE;
    const uint32_t size = load32_le(stored.data + AT_SIZE);
    if (version != RECORD_VERSION || load16_le(stored.data + AT_ZERO) != 0 || size > STORAGE_RECORD_MAX)
        return STORAGE_CORRUPT;
    record->uid = load64_le(stored.data + AT_UID);
    record->flags = load32_le(stored.data + AT_FLAGS);
    record->size = size;
    return STORAGE_OK;
}

enum storage_status storage_record_read(struct bytes stored, uint64_t uid, struct storage_record *record,
                                        struct bytes *content)
{
    struct storage_record header;
    enum storage_status status = storage_record_read_header(stored, &header);
    if (status != STORAGE_OK)
        return status;
    /*
     * The header's size is at most STORAGE_RECORD_MAX, so the sum does not overflow. It equals the stored length, so
     * every access below is in bounds.
     */
    if (header.uid != uid || stored.len != STORAGE_RECORD_BYTES((size_t)header.size))
        return STORAGE_CORRUPT;
    const struct bytes found = bytes_of(stored.data + STORAGE_RECORD_HEADER, header.size);
    if (load32_le(stored.data + STORAGE_RECORD_HEADER + header.size) != record_crc(stored.data, found))
        return STORAGE_CORRUPT;
    *record = header;
    *content = found;
    return STORAGE_OK;
}
