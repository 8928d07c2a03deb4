/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anything at all in a key store. The first byte chooses what the rest is:
 *
 *   0  the bytes of one record. What must hold: one that is read gives the same bytes when it is written again.
 *   1  calls on a small flash, compared with a model, and bytes of the flash changed in between. What must hold: as
 * long as nothing was changed, every call answers as the model does; after that, reading ends and stays in its buffers.
 *   2  a store that an interrupted run of PSA has left. What must hold: recovery ends, leaves no transaction that can
 * be removed, and the claims on slots can be read or the record that hinders is an error.
 */
#include "test/fuzz/fuzz.h"

#include <string.h>

#include "psa/records.h"
#include "psa/settle.h"
#include "storage/flash.h"
#include "storage/memory.h"
#include "storage/record.h"

/* ---- one record ------------------------------------------------------------------------------------------------- */

static void read_record(struct bytes stored)
{
    uint8_t again[STORAGE_RECORD_BYTES(STORAGE_RECORD_MAX)];
    struct bytes_out out = {.data = again, .cap = sizeof again};
    struct storage_record record = {.uid = 0};
    struct bytes content;

    if (storage_record_read_header(stored, &record) == STORAGE_OK)
        require(record.size <= STORAGE_RECORD_MAX);
    if (storage_record_read(stored, record.uid, &record, &content) != STORAGE_OK)
        return;
    require(content.len == record.size && storage_record_write(record.uid, record.flags, content, &out));
    require(bytes_equal(bytes_written(&out), stored));
}

/* ---- a flash ---------------------------------------------------------------------------------------------------- */

enum { BLOCK = 512, BLOCKS = 3, UIDS = 6, SIZES = 64 };

static uint8_t region[BLOCK * BLOCKS];

static bool flash_read(void *context, uint32_t at, uint8_t *data, size_t len)
{
    (void)context;
    require(at <= sizeof region && len <= sizeof region - at);
    memcpy(data, region + at, len);
    return true;
}

static bool flash_program(void *context, uint32_t at, const uint8_t *data, size_t len)
{
    (void)context;
    require(at <= sizeof region && len <= sizeof region - at);
    for (size_t i = 0; i < len; i++)
        region[at + i] &= data[i];
    return true;
}

static bool flash_erase(void *context, uint32_t block)
{
    (void)context;
    require(block < BLOCKS);
    memset(region + block * BLOCK, 0xff, BLOCK);
    return true;
}

static const struct imprint_flash_device device = {.block_size = BLOCK,
                                                   .block_count = BLOCKS,
                                                   .unit = 8,
                                                   .blank_is_erased = true,
                                                   .read = flash_read,
                                                   .program = flash_program,
                                                   .erase = flash_erase};

/* What the calls have stored: contents are `size` bytes of `seed`. */
struct model {
    bool there[UIDS];
    uint8_t size[UIDS], seed[UIDS];
    bool damaged; /* the model no longer holds */
};

/* The last of them is the one that a full store has room for. */
static uint64_t uid_of(unsigned number)
{
    return number == UIDS - 1 ? STORAGE_KEPT_UID : number + 1;
}

static void expect_one(const struct storage *storage, const struct model *model, unsigned which)
{
    uint8_t content[SIZES], expected[SIZES];
    struct bytes_out out = {.data = content, .cap = sizeof content};
    enum storage_status status = storage->operations->get(storage->context, uid_of(which), 0, &out, NULL);

    require(out.len <= sizeof content);
    if (model->damaged)
        return;
    require(status == (model->there[which] ? STORAGE_OK : STORAGE_ABSENT));
    memset(expected, model->seed[which], sizeof expected);
    if (model->there[which])
        require(bytes_equal(bytes_written(&out), bytes_of(expected, model->size[which])));
}

static void expect_model(const struct storage *storage, const struct model *model)
{
    for (unsigned which = 0; which < UIDS; which++)
        expect_one(storage, model, which);
}

static void list_all(const struct storage *storage)
{
    uint64_t uid = 0, before = 0;

    for (bool first = true; storage->operations->next(storage->context, first, &uid) == STORAGE_OK; first = false) {
        require(uid > before);
        before = uid;
    }
}

static void set_one(const struct storage *storage, struct model *model, unsigned which, uint8_t size, uint8_t seed)
{
    uint8_t content[SIZES];

    memset(content, seed, sizeof content);
    enum storage_status status = storage->operations->set(storage->context, uid_of(which), 0, bytes_of(content, size));
    if (model->damaged)
        return;
    require(status == STORAGE_OK || status == STORAGE_FULL);
    /* Room for a transaction is never used up by anything else. */
    require(status == STORAGE_OK || which != UIDS - 1 || size > STORAGE_KEPT_BYTES);
    if (status != STORAGE_OK)
        return;
    model->there[which] = true;
    model->size[which] = size;
    model->seed[which] = seed;
}

static void use_flash(struct bytes script)
{
    struct model model = {.damaged = false};
    struct storage_flash flash;
    struct storage storage;

    memset(region, 0xff, sizeof region);
    require(storage_flash_open(&flash, &device, true, &storage, NULL) == STORAGE_OK);
    for (size_t i = 0; i + 3 < script.len && i < 160; i += 4) {
        const uint8_t *call = script.data + i;
        const unsigned which = call[1] % UIDS;
        enum storage_status status;

        switch (call[0] % 8) {
        case 0:
            status = storage.operations->remove(storage.context, uid_of(which));
            require(model.damaged || status == (model.there[which] ? STORAGE_OK : STORAGE_ABSENT));
            model.there[which] = false;
            break;
        case 1:
            model.damaged = true;
            region[(call[1] | (unsigned)call[2] << 8) % sizeof region] ^= call[3];
            break;
        case 2:
            status = storage_flash_open(&flash, &device, false, &storage, NULL);
            require(model.damaged || status == STORAGE_OK);
            if (status != STORAGE_OK)
                return;
            expect_model(&storage, &model);
            break;
        default:
            set_one(&storage, &model, which, call[2] % SIZES, call[3]);
            break;
        }
        expect_one(&storage, &model, which);
    }
    expect_model(&storage, &model);
    list_all(&storage);
}

/* ---- what PSA left ---------------------------------------------------------------------------------------------- */

/* A record whose first bytes are right, so that what follows is looked at. */
static void put(const struct storage *storage, uint64_t uid, struct bytes content)
{
    (void)storage->operations->set(storage->context, uid, 0, content);
}

static bool count_record(void *context, const struct driver_record *record)
{
    unsigned *count = context;

    require(record->slot <= CHIP_SLOTS && record->is_ours);
    ++*count;
    return true;
}

static void recover(struct bytes script)
{
    static const uint64_t uids[] = {TRANSACTION_UID, 18, 19, 0x6000000002, 0x6000000003, 0xfffffe60};
    uint8_t room[2048];
    struct storage_memory memory;
    struct storage storage;
    struct driver driver;
    struct error err = {.reason = ERROR_NONE};
    unsigned count = 0;
    size_t at = 0;

    storage_memory_open(&memory, room, sizeof room, &storage);
    for (size_t i = 0; i < sizeof uids / sizeof uids[0] && at < script.len; i++) {
        size_t len = script.data[at++] % 64;

        if (len > script.len - at)
            len = script.len - at;
        put(&storage, uids[i], bytes_of(script.data + at, len));
        at += len;
    }
    driver_init(&driver, NULL, &storage, NULL);
    struct se_session session = {.storage = &storage};
    driver_recover(&driver, &session);
    struct se_transaction transaction;
    require(session.settled && transaction_read(&storage, &transaction) == STORAGE_ABSENT);
    if (driver_visit_records(&driver, count_record, &count, &err) != PSA_SUCCESS)
        require(err.reason == ERROR_STORAGE_CORRUPT);
    require(count <= 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const kinds[])(struct bytes) = {read_record, use_flash, recover};

    if (size == 0 || size > 8192)
        return 0;
    /* A copy of exactly this length, so that the sanitizer sees a byte read too many. */
    uint8_t *copy = malloc(size);
    require(copy != NULL);
    if (copy == NULL)
        return 0;
    memcpy(copy, data, size);
    kinds[data[0] % 3](bytes_of(copy + 1, size - 1));
    free(copy);
    return 0;
}
