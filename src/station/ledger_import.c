/* SPDX-License-Identifier: Apache-2.0 */
#include "station/ledger_import.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "chip/chip.h"
#include "station/evidence.h"
#include "station/folder.h"
#include "station/input.h"
#include "station/station_ledger.h"

#define DOING "take the records into the ledger"
#define HISTORY_MAX ((size_t)64 * 1024 * 1024)
#define ATTEMPTS_MAX 10000 /* of one device */

/* One device. */
struct device {
    struct ledger_import *import;
    struct ledger *ledger;
    char serial[LEDGER_DEVICE_SIZE];
    json_t *known; /* the evidence of its entries */
};

static bool is_known(const struct device *device, const json_t *evidence)
{
    json_t *other;
    size_t i;

    json_array_foreach(device->known, i, other)
    {
        if (json_equal(other, evidence))
            return true;
    }
    return false;
}

static bool add(struct device *device, json_t *line, struct error *err)
{
    json_t *content = station_ledger_content(line);
    struct ledger_conflict conflict;
    uint64_t seq;
    bool ok = true;

    if (is_known(device, json_object_get(content, "evidence"))) {
        device->import->known++;
    } else {
        json_object_set_new(content, "imported", json_true());
        ok = ledger_append(device->ledger, content, &seq, &conflict, err);
        device->import->added += ok;
        if (ok && conflict.what != NULL)
            station_say(device->import->station, STATION_WARNING, "device %s has a %s of device %s", device->serial,
                        conflict.what, conflict.other);
    }
    json_decref(content);
    return ok;
}

static bool load_known(struct device *device, struct error *err)
{
    uint64_t *seqs = calloc(ATTEMPTS_MAX, sizeof *seqs);
    size_t count = seqs == NULL ? 0 : ledger_attempts(device->ledger, device->serial, seqs, ATTEMPTS_MAX, err);

    device->known = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *entry = ledger_load(device->ledger, seqs[i], err);

        json_array_append(device->known, json_object_get(entry, "evidence"));
        json_decref(entry);
    }
    free(seqs);
    return err->reason == ERROR_NONE;
}

static bool add_lines(struct device *device, const char *path, struct bytes text, struct error *err)
{
    bool ok = true;

    for (size_t number = 1; ok && text.len > 0; number++) {
        const uint8_t *end = memchr(text.data, '\n', text.len);
        const size_t len = end == NULL ? text.len : (size_t)(end - text.data);
        json_t *line = json_loadb((const char *)text.data, len, JSON_REJECT_DUPLICATES, NULL);

        if (json_is_object(line) && json_is_object(json_object_get(line, "run")))
            ok = add(device, line, err);
        else
            station_say(device->import->station, STATION_WARNING, "%s: line %zu cannot be read; it is left out", path,
                        number);
        json_decref(line);
        text = bytes_of(text.data + len, text.len - len);
        if (text.len > 0)
            text = bytes_of(text.data + 1, text.len - 1);
    }
    return ok;
}

/* A record of a time before there were histories: it stands for the run that wrote it. */
static bool add_record(struct device *device, const char *path, struct error *err)
{
    json_t *record = NULL;
    bool ok = evidence_load(path, &record, err);

    if (ok && record != NULL) {
        /* It was written because the run succeeded. */
        json_object_set_new(record, "result", json_string("provisioned"));
        json_object_set_new(record, "serial_checked", json_true());
        ok = add(device, record, err);
    }
    json_decref(record);
    return ok;
}

static bool import_device(struct device *device, const uint8_t serial[static CHIP_SERIAL_BYTES], struct error *err)
{
    const struct station_config *config = &device->import->station->config;
    struct error missing = {.reason = ERROR_NONE};
    char history[PATH_MAX], record[PATH_MAX];
    struct input input;

    hex_encode(bytes_of(serial, CHIP_SERIAL_BYTES), device->serial);
    if (!folder_of_device(config, serial, "history.jsonl", history, err) ||
        !folder_of_device(config, serial, "record.json", record, err) || !load_known(device, err))
        return false;
    device->import->devices++;
    if (input_read(&input, history, HISTORY_MAX, &missing)) {
        const bool ok = add_lines(device, history, bytes_of(input.data, input.len), err);

        input_release(&input);
        return ok;
    }
    if (missing.system_errno == ENOENT)
        return add_record(device, record, err);
    error_set(err, ERROR_STORAGE_FAILED, "the device's history cannot be read", NULL);
    error_with_errno(err, missing.system_errno);
    error_with_subject(err, history);
    return false;
}

static bool import_entry(struct ledger_import *import, struct ledger *ledger, const char *name, struct error *err)
{
    struct device device = {.import = import, .ledger = ledger};
    uint8_t serial[CHIP_SERIAL_BYTES];
    struct bytes_out out = {.data = serial, .cap = sizeof serial};
    bool ok;

    if (strlen(name) != 2 * CHIP_SERIAL_BYTES || !hex_decode(name, strlen(name), &out, NULL) || out.len != out.cap)
        return true; /* not a device's folder */
    ok = import_device(&device, serial, err);
    json_decref(device.known);
    return ok;
}

/* NULL with a reason. */
static DIR *open_devices(const struct station_config *config, struct error *err)
{
    char path[PATH_MAX];
    DIR *folder;

    if (!folder_in_state(config, "devices", path, err))
        return NULL;
    folder = opendir(path);
    if (folder == NULL) {
        error_set(err, ERROR_INPUT_FILE, "there are no devices in this state folder",
                  "name another one with --state DIR");
        error_with_errno(err, errno);
        error_with_subject(err, path);
        error_doing(err, DOING);
    }
    return folder;
}

bool ledger_import_check(const struct station_config *config, struct error *err)
{
    DIR *folder = open_devices(config, err);

    if (folder == NULL)
        return false;
    (void)closedir(folder);
    return true;
}

bool ledger_import_folders(struct ledger_import *import, struct ledger *ledger, struct error *err)
{
    const struct dirent *entry;
    DIR *folder = open_devices(&import->station->config, err);
    bool ok = folder != NULL;

    while (ok && (entry = readdir(folder)) != NULL)
        ok = import_entry(import, ledger, entry->d_name, err);
    if (folder != NULL)
        (void)closedir(folder);
    if (!ok)
        error_doing(err, DOING);
    return ok;
}
