/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/io_key.h"

#include <string.h>

enum { AT_VERSION = 0, AT_PROVEN = 1, AT_SERIAL = 4, AT_KEY = 16 }; /* zeros between them */
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

    if (size != IO_KEY_RECORD_BYTES || content[AT_PROVEN] > 1)
        return false;
    frame[AT_PROVEN] = content[AT_PROVEN];
    memcpy(frame + AT_SERIAL, content + AT_SERIAL, CHIP_SERIAL_BYTES);
    return memcmp(frame, content, AT_KEY) == 0;
}

/* Fills `content`, which the caller wipes. */
static enum io_key_found read_record(const struct storage *storage, const uint8_t serial[static CHIP_SERIAL_BYTES],
                                     uint8_t content[static IO_KEY_RECORD_BYTES], struct error *err)
{
    struct bytes_out out = {.data = content, .cap = IO_KEY_RECORD_BYTES};
    struct storage_record record = {.size = 0};
    const enum storage_status status = storage->operations->get(storage->context, IO_KEY_UID, 0, &out, &record);

    if (status == STORAGE_ABSENT)
        return IO_KEY_ABSENT;
    if (status != STORAGE_OK || !is_record(content, record.size))
        return refuse(status, err);
    if (memcmp(content + AT_SERIAL, serial, CHIP_SERIAL_BYTES) != 0)
        return IO_KEY_OTHER_CHIP;
    return content[AT_PROVEN] != 0 ? IO_KEY_FOUND : IO_KEY_UNPROVEN;
}

static enum io_key_found read_key(const struct storage *storage, const uint8_t serial[static CHIP_SERIAL_BYTES],
                                  bool proven_only, uint8_t key[static IO_KEY_BYTES], struct error *err)
{
    uint8_t content[IO_KEY_RECORD_BYTES];
    enum io_key_found found = read_record(storage, serial, content, err);

    if (found == IO_KEY_UNPROVEN && !proven_only)
        found = IO_KEY_FOUND;
    memset(key, 0, IO_KEY_BYTES);
    if (found == IO_KEY_FOUND)
        memcpy(key, content + AT_KEY, IO_KEY_BYTES);
    bytes_wipe(content, sizeof content);
    return found;
}

enum io_key_found io_key_read(const struct storage *storage, const uint8_t serial[static CHIP_SERIAL_BYTES],
                              uint8_t key[static IO_KEY_BYTES], struct error *err)
{
    return read_key(storage, serial, false, key, err);
}

enum io_key_found io_key_read_proven(const struct storage *storage, const uint8_t serial[static CHIP_SERIAL_BYTES],
                                     uint8_t key[static IO_KEY_BYTES], struct error *err)
{
    return read_key(storage, serial, true, key, err);
}

static bool write_record(const struct storage *storage, const uint8_t content[static IO_KEY_RECORD_BYTES],
                         struct error *err)
{
    const enum storage_status status =
        storage->operations->set(storage->context, IO_KEY_UID, 0, bytes_of(content, IO_KEY_RECORD_BYTES));

    if (status == STORAGE_OK)
        return true;
    error_set(err, status == STORAGE_FULL ? ERROR_STORAGE_FULL : ERROR_STORAGE_FAILED,
              status == STORAGE_FULL ? "the key store has no room for the chip's IO protection key"
                                     : "the chip's IO protection key cannot be stored",
              status == STORAGE_FULL ? NULL : "check the storage medium");
    return false;
}

bool io_key_write(const struct storage *storage, const uint8_t serial[static CHIP_SERIAL_BYTES],
                  const uint8_t key[static IO_KEY_BYTES], struct error *err)
{
    uint8_t content[IO_KEY_RECORD_BYTES] = {[AT_VERSION] = VERSION};
    bool ok;

    memcpy(content + AT_SERIAL, serial, CHIP_SERIAL_BYTES);
    memcpy(content + AT_KEY, key, IO_KEY_BYTES);
    ok = write_record(storage, content, err);
    bytes_wipe(content, sizeof content);
    return ok;
}

bool io_key_note_proven(const struct storage *storage, const uint8_t serial[static CHIP_SERIAL_BYTES],
                        struct error *err)
{
    uint8_t content[IO_KEY_RECORD_BYTES];
    const enum io_key_found found = read_record(storage, serial, content, err);
    bool ok = found == IO_KEY_FOUND;

    if (found == IO_KEY_UNPROVEN) {
        content[AT_PROVEN] = 1;
        ok = write_record(storage, content, err);
    } else if (!ok && found != IO_KEY_UNREADABLE)
        error_set(err, ERROR_STORAGE_FAILED, "the chip's IO protection key is no longer in the key store",
                  "run provision again, and change the key store with nothing else meanwhile");
    bytes_wipe(content, sizeof content);
    return ok;
}
