/* SPDX-License-Identifier: Apache-2.0 */
#include "station/retire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error_format.h"
#include "base/hex.h"
#include "ledger/made.h"
#include "order/claim.h"
#include "station/evidence.h"
#include "station/folder.h"
#include "station/run_facts.h"
#include "station/value.h"

#define ASIDE_TRIES 100 /* devices are not retired that often in one second */

/* --- what there is --- */

static json_t *find_key(const json_t *keys, json_int_t key_id)
{
    json_t *key;
    size_t i;

    json_array_foreach(keys, i, key)
    {
        if (json_integer_value(json_object_get(key, "key_id")) == key_id)
            return key;
    }
    return NULL;
}

/* The key with that id in the list, put there if it was not in it. */
static json_t *note_key(json_t *keys, json_int_t key_id)
{
    json_t *key = find_key(keys, key_id);

    if (key == NULL) {
        key = json_pack("{s:I, s:n, s:n, s:n}", "key_id", key_id, "slot", "name", "public_key");
        json_array_append_new(keys, key);
    }
    return key;
}

static void note_record_keys(json_t *keys, const json_t *record)
{
    static const char *const fields[] = {"slot", "name", "public_key"};
    const json_t *recorded;
    size_t i;

    json_array_foreach(json_object_get(record, "keys"), i, recorded)
    {
        json_t *key = note_key(keys, json_integer_value(json_object_get(recorded, "key_id")));

        for (size_t f = 0; f < sizeof fields / sizeof fields[0]; f++) {
            json_t *value = json_object_get(recorded, fields[f]);

            if (value != NULL)
                json_object_set(key, fields[f], value);
        }
    }
}

static void note_mark_keys(json_t *keys, const struct station_mark *mark)
{
    for (size_t i = 0; mark->described && i < mark->head.key_count; i++)
        json_object_set_new(note_key(keys, (json_int_t)mark->keys[i].id), "slot", json_integer(mark->keys[i].slot));
}

bool retire_look(struct session *session, bool is_here, struct retirement *found, struct error *err)
{
    json_t *ids, *id;
    size_t i;

    if (is_here && !station_find_mark(&session->device.chip, &session->device.config, &found->mark, err))
        return false;
    ids = station_store_key_ids(&session->store, err);
    if (ids == NULL)
        return false;
    found->key_records = json_array_size(ids);
    found->has_record = access(session->record_path, F_OK) == 0;
    found->keys = json_array();
    note_record_keys(found->keys, session->record);
    note_mark_keys(found->keys, &found->mark);
    json_array_foreach(ids, i, id)
    {
        (void)note_key(found->keys, json_integer_value(id));
    }
    json_decref(ids);
    return true;
}

static bool take_made(void *context, const json_t *entry, struct error *err)
{
    (void)context;
    (void)entry;
    (void)err;
    return true;
}

bool retire_look_ledger(struct station_ledger *ledger, const uint8_t serial[static CHIP_SERIAL_BYTES],
                        struct retirement *found, struct error *err)
{
    char device[HEX_SIZE(CHIP_SERIAL_BYTES)];
    struct ledger *open;

    hex_encode(bytes_of(serial, CHIP_SERIAL_BYTES), device);
    if (!station_ledger_look(ledger, &open, err))
        return false;
    return open == NULL || (order_board_of(&open->database, device, found->board, err) &&
                            ledger_mcu_of(open, device, &found->mcu, err) &&
                            ledger_made_of(open, device, &found->is_made, take_made, NULL, err));
}

bool retire_is_empty(const struct retirement *found)
{
    return found->mark.head.state == MARK_NONE && found->key_records == 0 && !found->has_record &&
           found->board[0] == '\0' && found->mcu.device[0] == '\0' && !found->is_made;
}

/* --- giving it up --- */

/* "record-retired-20260131T120000Z.json", with -2 and so on where that is taken. False with errno. */
static bool reserve_name(const char *record_path, const char *time, char path[static PATH_MAX])
{
    char folder[PATH_MAX], digits[RUN_FACTS_TIME_SIZE];
    size_t len = 0;

    folder_above(record_path, folder);
    for (; *time != '\0' && len < sizeof digits - 1; time++) {
        if (*time != '-' && *time != ':')
            digits[len++] = *time;
    }
    digits[len] = '\0';
    for (int n = 1; n <= ASIDE_TRIES; n++) {
        char again[8] = "";
        int fd, written;

        if (n > 1)
            snprintf(again, sizeof again, "-%d", n);
        written = snprintf(path, PATH_MAX, "%s/record-retired-%s%s.json", folder, digits, again);
        if (written < 0 || written >= PATH_MAX) {
            errno = ENAMETOOLONG;
            return false;
        }
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd >= 0)
            return close(fd) == 0;
        if (errno != EEXIST)
            return false;
    }
    return false;
}

/* Moves the record to a name of its own. False with errno: it is where it was. */
static bool move_record(const char *record_path, const char *time, char path[static PATH_MAX])
{
    int saved;

    if (!reserve_name(record_path, time, path))
        return false;
    if (rename(record_path, path) == 0)
        return true;
    saved = errno;
    (void)unlink(path);
    errno = saved;
    return false;
}

static bool keep_retired(const char *record_path, const char *time, char path[static PATH_MAX], struct error *err)
{
    char folder[PATH_MAX];

    folder_above(record_path, folder);
    if (move_record(record_path, time, path)) {
        if (folder_sync(folder))
            return true;
    } else {
        path[0] = '\0';
    }
    error_set(err, ERROR_RECORD_FAILED, "the device's record cannot be moved away", NULL);
    error_with_errno(err, errno);
    error_with_subject(err, record_path);
    return false;
}

bool retire_device(struct session *session, struct retirement *found, const char *time, struct error *err)
{
    if (found->mark.head.state != MARK_NONE) {
        device_allow_writes(&session->device);
        if (!station_clear_mark(&session->device.chip, &found->mark, err))
            return false;
    }
    if (station_store_exists(&session->store) &&
        (!station_store_allow_changes(&session->store, err) || !station_store_forget(&session->store, false, err)))
        return false;
    return !found->has_record || keep_retired(session->record_path, time, found->moved_to, err);
}

json_t *retire_value(const struct retirement *found)
{
    const struct station_mark *mark = &found->mark;
    const char *name = strrchr(found->moved_to, '/');
    json_t *object =
        json_pack("{s:O, s:I, s:n, s:o}", "keys", found->keys, "key_records", (json_int_t)found->key_records, "mark",
                  "record", name == NULL ? json_null() : value_text(name + 1));

    if (mark->head.state != MARK_NONE)
        json_object_set_new(object, "mark",
                            json_pack("{s:i, s:s, s:s?}", "slot", (int)mark->slot, "state",
                                      station_mark_state(mark->head.state), "profile",
                                      mark->described ? mark->profile : NULL));
    if (found->is_made)
        json_object_set_new(object, "made", json_true());
    if (found->board[0] != '\0')
        json_object_set_new(object, "board", json_string(found->board));
    if (found->mcu.device[0] != '\0')
        json_object_set_new(object, "mcu", json_string(found->mcu.number));
    return object;
}

void retire_forget(struct retirement *found)
{
    json_decref(found->keys);
    found->keys = NULL;
}
