/* SPDX-License-Identifier: Apache-2.0 */
/* A storage backend in front of another one: changes in memory over records in a folder or in a flash image. */
#include "station/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <psa/crypto.h>

#include "base/number.h"
#include "psa/io_key.h"
#include "station/folder.h"
#include "storage/file_name.h"
#include "storage/record.h"

static struct store_change *find_change(struct store *store, uint64_t uid)
{
    for (size_t i = 0; i < store->change_count; i++) {
        if (store->changes[i].uid == uid)
            return &store->changes[i];
    }
    return NULL;
}

/* The change for `uid`, made empty: found or new; NULL when there are too many. */
static struct store_change *renew_change(struct store *store, uint64_t uid)
{
    struct store_change *change = find_change(store, uid);

    if (change == NULL) {
        if (store->change_count == STORE_CHANGES_MAX)
            return NULL;
        change = &store->changes[store->change_count++];
    } else if (change->content != NULL) {
        bytes_wipe(change->content, change->size);
        free(change->content);
    }
    *change = (struct store_change){.uid = uid};
    return change;
}

static enum storage_status store_set(void *context, uint64_t uid, uint32_t flags, struct bytes content)
{
    struct store *store = context;
    struct store_change *change;
    uint8_t *copy;

    if (store->changes_allowed)
        return store->back.operations->set(store->back.context, uid, flags, content);
    if (content.len > STORAGE_RECORD_MAX)
        return STORAGE_FULL;
    if ((flags & STORAGE_FLAG_WRITE_ONCE) != 0 && storage_record_is_system(uid))
        return STORAGE_REFUSED;
    copy = malloc(content.len + 1);
    if (copy == NULL)
        return STORAGE_FULL;
    if (content.len > 0)
        memcpy(copy, content.data, content.len);
    change = renew_change(store, uid);
    if (change == NULL) {
        free(copy);
        return STORAGE_FULL;
    }
    change->flags = flags;
    change->size = (uint32_t)content.len;
    change->content = copy;
    return STORAGE_OK;
}

static enum storage_status store_get(void *context, uint64_t uid, uint32_t offset, struct bytes_out *out,
                                     struct storage_record *record)
{
    struct store *store = context;
    const struct store_change *change = find_change(store, uid);

    if (store->changes_allowed || (change == NULL && store->open))
        return store->back.operations->get(store->back.context, uid, offset, out, record);
    if (change == NULL || change->removed)
        return STORAGE_ABSENT;
    if (record != NULL)
        *record = (struct storage_record){.uid = uid, .flags = change->flags, .size = change->size};
    out->len = 0;
    if (offset < change->size) {
        size_t n = change->size - offset;

        if (n > out->cap)
            n = out->cap;
        bytes_append(out, bytes_of(change->content + offset, n));
    }
    return STORAGE_OK;
}

static enum storage_status store_remove(void *context, uint64_t uid)
{
    struct store *store = context;
    struct store_change *change;
    struct bytes_out nothing = {.data = NULL};
    enum storage_status status;

    if (store->changes_allowed)
        return store->back.operations->remove(store->back.context, uid);
    status = store_get(store, uid, 0, &nothing, NULL);
    if (status == STORAGE_ABSENT)
        return status;
    change = renew_change(store, uid);
    if (change == NULL)
        return STORAGE_FULL;
    change->removed = true;
    return STORAGE_OK;
}

static enum storage_status store_next(void *context, bool first, uint64_t *uid)
{
    struct store *store = context;
    uint64_t after = *uid, best = 0;
    bool found = false;
    enum storage_status status = STORAGE_ABSENT;

    if (store->changes_allowed)
        return store->back.operations->next(store->back.context, first, uid);
    if (store->open) {
        bool start = first;
        uint64_t candidate = after;
        const struct store_change *change;

        do {
            status = store->back.operations->next(store->back.context, start, &candidate);
            start = false;
            change = status == STORAGE_OK ? find_change(store, candidate) : NULL;
        } while (change != NULL && change->removed);
        if (status != STORAGE_OK && status != STORAGE_ABSENT)
            return status;
        found = status == STORAGE_OK;
        best = candidate;
    }
    for (size_t i = 0; i < store->change_count; i++) {
        const struct store_change *change = &store->changes[i];

        if (change->removed || (!first && change->uid <= after) || (found && change->uid >= best))
            continue;
        found = true;
        best = change->uid;
    }
    if (!found)
        return STORAGE_ABSENT;
    *uid = best;
    return STORAGE_OK;
}

static enum storage_status store_reserve(void *context, uint32_t size)
{
    struct store *store = context;

    return store->changes_allowed ? store->back.operations->reserve(store->back.context, size) : STORAGE_OK;
}

static void store_release(void *context)
{
    struct store *store = context;

    store->released = true;
    if (store->changes_allowed)
        store->back.operations->release(store->back.context);
}

/* With a store in a folder that is yet to be made come the folder and those above it, its lock and its format. */
#define STORE_FILES 6

/* The store that changes would make, where there is none yet. */
static enum storage_status future_store_has_room(const struct store *store, uint32_t count, uint32_t size)
{
    const struct imprint_flash_device *flash = &store->place.geometry;
    char above[PATH_MAX];

    if (store->place.image == NULL)
        return folder_has_room(store->folder, STORE_FILES + count, STORAGE_RECORD_BYTES((size_t)size)) ? STORAGE_OK
                                                                                                       : STORAGE_FULL;
    folder_above(store->place.image, above);
    if (!folder_has_room(above, 1, (size_t)flash->block_size * flash->block_count))
        return STORAGE_FULL;
    return storage_flash_empty_has_room(flash, count, size);
}

static enum storage_status store_has_room(void *context, uint32_t count, uint32_t size)
{
    const struct store *store = context;

    return store->open ? store->back.operations->has_room(store->back.context, count, size)
                       : future_store_has_room(store, count, size);
}

static const struct storage_operations operations = {
    .set = store_set,
    .get = store_get,
    .remove = store_remove,
    .next = store_next,
    .reserve = store_reserve,
    .release = store_release,
    .has_room = store_has_room,
};

/* A folder without its format file is one whose making was interrupted: as good as none, unless records say otherwise.
 */
static bool is_begun_only(const struct store *store, const struct error *failure)
{
    char path[PATH_MAX + sizeof STORAGE_FILE_FORMAT + 1];
    struct stat found;

    snprintf(path, sizeof path, "%s/%s", store->folder, STORAGE_FILE_FORMAT);
    return failure->reason == ERROR_STORAGE_FAILED && stat(path, &found) != 0 && errno == ENOENT;
}

static bool open_folder(struct store *store, struct error *err)
{
    struct stat found;
    struct error failure = {.reason = ERROR_NONE};

    if (stat(store->folder, &found) != 0) {
        if (errno == ENOENT)
            return true;
        error_set(err, ERROR_STORAGE_FAILED, "cannot look into the folder with the device's key records", NULL);
        error_with_errno(err, errno);
        error_with_subject(err, store->folder);
        return false;
    }
    store->open = storage_file_open(&store->file, store->folder, false, store->holder, NULL, &store->back, &failure);
    if (store->open || is_begun_only(store, &failure))
        return true;
    error_pass(err, &failure);
    error_with_subject(err, store->folder);
    return false;
}

/* Opens the store in the image. With `create` one is made, but never over anything else. */
static bool open_flash(struct store *store, bool create, struct error *err)
{
    const struct store_flash *place = &store->place;
    const struct imprint_flash_device *geometry = place->geometry.unit != 0 ? &place->geometry : NULL;
    struct stat found;
    struct error failure = {.reason = ERROR_NONE};
    enum storage_status status;

    if (geometry != NULL && !create && stat(place->image, &found) != 0 && errno == ENOENT)
        return true;
    if (geometry == NULL && stat(place->image, &found) != 0 && errno == ENOENT) {
        error_set(err, ERROR_INPUT_FILE, "there is no such flash image",
                  "check the name; or give the flash's geometry, and provision makes the image: "
                  "--storage flash:IMAGE,4096x8/4-1");
        error_with_subject(err, place->image);
        return false;
    }
    if (store->flash_file.fd < 0 &&
        !flash_file_open(&store->flash_file, place->image, place->offset, geometry, create, err))
        return false;
    status = storage_flash_open(&store->flash, &store->flash_file.device, false, &store->back, &failure);
    if (status == STORAGE_ABSENT && geometry != NULL) {
        if (!flash_file_is_erased(&store->flash_file)) {
            error_clear(&failure);
            error_set(&failure, ERROR_STORAGE_FAILED, "the image holds other data where the flash would be",
                      "name another image or offset");
        } else if (!create) {
            return true;
        } else {
            error_clear(&failure);
            status = storage_flash_open(&store->flash, &store->flash_file.device, true, &store->back, &failure);
        }
    }
    store->open = status == STORAGE_OK;
    if (store->open)
        return true;
    error_pass(err, &failure);
    error_with_subject(err, place->image);
    return false;
}

static bool take_number(const char **text, uint32_t *number)
{
    uint64_t value;

    if (number_read(text, 0, UINT32_MAX, &value) != NUMBER_OK)
        return false;
    *number = (uint32_t)value;
    return true;
}

static bool take_sign(const char **text, char sign)
{
    if (**text != sign)
        return false;
    ++*text;
    return true;
}

/* "4096x8/4-1": block size, blocks, unit, spare blocks. */
static bool take_geometry(const char **text, struct imprint_flash_device *geometry)
{
    return take_number(text, &geometry->block_size) && take_sign(text, 'x') &&
           take_number(text, &geometry->block_count) && take_sign(text, '/') && take_number(text, &geometry->unit) &&
           geometry->unit != 0 && (!take_sign(text, '-') || take_number(text, &geometry->spare_blocks));
}

bool station_store_read_place(const char *what, struct store_flash *flash, char image[static PATH_MAX],
                              struct error *err)
{
    static const char scheme[] = "flash:";
    const char *name = what + sizeof scheme - 1, *rest;
    size_t len;

    *flash = (struct store_flash){.image = NULL};
    if (strcmp(what, "file") == 0)
        return true;
    if (strncmp(what, scheme, sizeof scheme - 1) != 0)
        goto bad;
    len = strcspn(name, "@,");
    rest = name + len;
    if (len == 0 || len >= PATH_MAX || (take_sign(&rest, '@') && !take_number(&rest, &flash->offset)) ||
        (take_sign(&rest, ',') && !take_geometry(&rest, &flash->geometry)) || *rest != '\0')
        goto bad;
    memcpy(image, name, len);
    image[len] = '\0';
    flash->image = image;
    return true;
bad:
    error_set(err, ERROR_USAGE, "expected after --storage: file, or flash:IMAGE[@OFFSET][,BLOCKxCOUNT/UNIT[-SPARE]]",
              "use --storage file, or a flash image, as in --storage flash:board.flash,4096x8/4-1");
    error_with_subject(err, what);
    return false;
}

bool station_store_open(struct store *store, const struct store_flash *flash, const char *folder, const char *holder,
                        struct error *err)
{
    memset(store, 0, sizeof *store);
    store->front.operations = &operations;
    store->front.context = store;
    store->flash_file.fd = -1;
    store->holder = holder;
    store->place = *flash;
    strncpy(store->folder, folder, sizeof store->folder - 1);
    if (flash->image == NULL)
        return open_folder(store, err);
    if (open_flash(store, false, err))
        return true;
    flash_file_close(&store->flash_file);
    return false;
}

bool station_store_exists(const struct store *store)
{
    return store->open;
}

/* Somebody else may have made the folder since station_store_open() found none: then what we saw is no longer true. */
static bool is_still_empty(struct store *store, struct error *err)
{
    uint64_t uid = 0;

    if (store->back.operations->next(store->back.context, true, &uid) == STORAGE_ABSENT)
        return true;
    error_set(err, ERROR_DEVICE_BUSY, "another process has started to provision this device",
              "run the same command again");
    return false;
}

static bool make_folder(struct store *store, struct error *err)
{
    char above[PATH_MAX];

    folder_above(store->folder, above);
    if (!folder_make(above, err)) {
        error_replace_subject(err, store->folder);
        return false;
    }
    store->open = storage_file_open(&store->file, store->folder, true, store->holder, NULL, &store->back, err);
    if (!store->open)
        error_with_subject(err, store->folder);
    return store->open;
}

/* What the records lie in, for people. */
static const char *name_of(const struct store *store)
{
    return store->place.image != NULL ? store->place.image : store->folder;
}

bool station_store_allow_changes(struct store *store, struct error *err)
{
    if (store->changes_allowed)
        return true;
    if (!store->open) {
        if (!(store->place.image != NULL ? open_flash(store, true, err) : make_folder(store, err)) ||
            !is_still_empty(store, err))
            return false;
    }
    for (size_t i = 0; i < store->change_count; i++) {
        const struct store_change *change = &store->changes[i];
        enum storage_status status = change->removed
                                         ? store->back.operations->remove(store->back.context, change->uid)
                                         : store->back.operations->set(store->back.context, change->uid, change->flags,
                                                                       bytes_of(change->content, change->size));

        if (status != STORAGE_OK && !(change->removed && status == STORAGE_ABSENT)) {
            error_set(err, status == STORAGE_FULL ? ERROR_STORAGE_FULL : ERROR_STORAGE_FAILED,
                      storage_status_text(status), NULL);
            error_with_subject(err, name_of(store));
            return false;
        }
    }
    if (store->released) /* the room that an interrupted run has left is not needed any more */
        store->back.operations->release(store->back.context);
    store->changes_allowed = true;
    return true;
}

/* What ended a walk over the records, as an error. True where all were seen. */
static bool saw_all(enum storage_status status, struct error *err)
{
    if (status == STORAGE_ABSENT)
        return true;
    error_set(err, ERROR_STORAGE_FAILED, storage_status_text(status), NULL);
    return false;
}

json_t *station_store_key_ids(struct store *store, struct error *err)
{
    struct storage *front = &store->front;
    enum storage_status status;
    json_t *ids = json_array();
    uint64_t uid = 0;

    for (bool first = true; (status = front->operations->next(front->context, first, &uid)) == STORAGE_OK;
         first = false) {
        if (uid >= PSA_KEY_ID_USER_MIN && uid <= PSA_KEY_ID_USER_MAX)
            json_array_append_new(ids, json_integer((json_int_t)uid));
    }
    if (saw_all(status, err))
        return ids;
    json_decref(ids);
    return NULL;
}

const char *station_store_place(const struct store *store)
{
    return store->place.image != NULL ? store->place.image : store->folder;
}

bool station_store_has_io_key(struct store *store)
{
    struct bytes_out none = {.cap = 0};

    return store->front.operations->get(store->front.context, IO_KEY_UID, 0, &none, NULL) != STORAGE_ABSENT;
}

bool station_store_forget(struct store *store, bool io_key, struct error *err)
{
    struct storage *front = &store->front;
    enum storage_status status;
    uint64_t uid = 0;

    for (bool first = true; (status = front->operations->next(front->context, first, &uid)) == STORAGE_OK;
         first = false) {
        if (uid == IO_KEY_UID && !io_key)
            continue;
        status = front->operations->remove(front->context, uid);
        if (status != STORAGE_OK)
            break;
    }
    return saw_all(status, err);
}

void station_store_close(struct store *store)
{
    for (size_t i = 0; i < store->change_count; i++) {
        if (store->changes[i].content != NULL)
            bytes_wipe(store->changes[i].content, store->changes[i].size);
        free(store->changes[i].content);
    }
    store->change_count = 0;
    if (store->open && store->place.image == NULL)
        storage_file_close(&store->file);
    if (store->place.image != NULL)
        flash_file_close(&store->flash_file);
    store->open = false;
    store->changes_allowed = false;
}
