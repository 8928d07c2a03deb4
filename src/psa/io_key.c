/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/io_key.h"

#include <string.h>

enum { AT_VERSION = 0, AT_SERIAL = 4, AT_KEY = 16 }; /* zeros between them */
enum { VERSION = 1 };
_Static_assert(AT_KEY + IO_KEY_BYTES == IO_KEY_RECORD_BYTES && AT_SERIAL + CHIP_SERIAL_BYTES <= AT_KEY, "no overlap");

#define READING "read the chip's IO protection key from the store"

static enum io_key_found refuse(enum storage_status status, struct error *err)
{
    const bool medium = status == STORAGE_FAILED || status == STORAGE_READ_ONLY;

    error_set(err, medium ? ERROR_STORAGE_FAILED : ERROR_STORAGE_CORRUPT,
              medium ? "the key store cannot be read"
                     : "the record of the chip's IO protection key is damaged or has a later format",
              medium ? "check the storage medium" : "restore the key store from a copy");
    error_doing(err, READING);
    return IO_KEY_UNREADABLE;
}

static bool is_record(const uint8_t *content, size_t size)
{
    uint8_t frame[IO_KEY_RECORD_BYTES] = {[AT_VERSION] = VERSION};

    if (size != IO_KEY_RECORD_BYTES)
        return false;
    memcpy(frame + AT_SERIAL, content + AT_SERIAL, CHIP_SERIAL_BYTES);
    return memcmp(frame, content, AT_KEY) == 0;
}

enum io_key_found io_key_read(const struct storage *storage, const uint8_t serial[static CHIP_SERIAL_BYTES],
                              uint8_t key[static IO_KEY_BYTES], struct error *err)
{
    uint8_t content[IO_KEY_RECORD_BYTES] = {0};
    struct bytes_out out = {.data = content, .cap = sizeof content};
    struct storage_record record = {.size = 0};
    const enum storage_status status = storage->operations->get(storage->context, IO_KEY_UID, 0, &out, &record);
    enum io_key_found found = IO_KEY_FOUND;

    memset(key, 0, IO_KEY_BYTES);
    if (status == STORAGE_ABSENT)
        found = IO_KEY_ABSENT;
    else if (status != STORAGE_OK || !is_record(content, record.size))
        found = refuse(status, err);
    else if (memcmp(content + AT_SERIAL, serial, CHIP_SERIAL_BYTES) != 0)
        found = IO_KEY_OTHER_CHIP;
    else
        memcpy(key, content + AT_KEY, IO_KEY_BYTES);
    bytes_wipe(content, sizeof content);
    return found;
}

bool io_key_write(const struct storage *storage, const uint8_t serial[static CHIP_SERIAL_BYTES],
                  const uint8_t key[static IO_KEY_BYTES], struct error *err)
{
    uint8_t content[IO_KEY_RECORD_BYTES] = {[AT_VERSION] = VERSION};
    enum storage_status status;

    memcpy(content + AT_SERIAL, serial, CHIP_SERIAL_BYTES);
    memcpy(content + AT_KEY, key, IO_KEY_BYTES);
    status = storage->operations->set(storage->context, IO_KEY_UID, 0, bytes_of(content, sizeof content));
    bytes_wipe(content, sizeof content);
    if (status == STORAGE_OK)
        return true;
    error_set(err, status == STORAGE_FULL ? ERROR_STORAGE_FULL : ERROR_STORAGE_FAILED,
              status == STORAGE_FULL ? "the key store has no room for the chip's IO protection key"
                                     : "the chip's IO protection key cannot be stored",
              status == STORAGE_FULL ? NULL : "check the storage medium");
    return false;
}
