/* SPDX-License-Identifier: Apache-2.0 */
/* The stack under a verb. */
#include "station/session.h"

#include <stdio.h>
#include <string.h>

#include "station/evidence.h"
#include "station/folder.h"
#include "psa/keys.h"
#include "psa/symmetric.h"

bool session_psa_failed(struct session *session, psa_status_t status, const char *doing, struct error *err)
{
    keys_explain(&session->driver, status, err);
    error_doing(err, doing);
    error_with_serial(err, session->device.serial);
    return false;
}

/* Names are a convenience: a record that cannot be read is worth a warning, not a refusal. */
static void load_record(struct session *session)
{
    struct error ignored = {.reason = ERROR_NONE};

    session->record_is_damaged = !evidence_load(session->record_path, &session->record, &ignored);
    if (session->record_is_damaged)
        station_say(session->station, STATION_WARNING, "%s: %s; keys are shown without names", session->record_path,
                    ignored.cause);
}

static bool open_records(struct session *session, const struct store_flash *flash, bool of_device, struct error *err)
{
    const struct station_config *config = &session->station->config;

    if (of_device && (!folder_of_device(config, session->device.serial, "psa", session->folder, err) ||
                      !folder_of_device(config, session->device.serial, "record.json", session->record_path, err)))
        return false;
    return station_store_open(&session->store, flash, session->folder, config->user, err);
}

bool session_open(struct session *session, const struct station *station, enum session_purpose purpose,
                  const struct driver_settings *settings, struct error *err)
{
    const struct station_config *config = &station->config;
    struct store_flash flash = {.image = NULL};
    psa_status_t status;
    bool of_device;

    memset(session, 0, sizeof *session);
    session->station = station;
    if (config->storage != NULL && !station_store_read_place(config->storage, &flash, session->image, err))
        return false;
    of_device = purpose != SESSION_RECORDS || flash.image == NULL;
    if (of_device && !device_open(&session->device, config, purpose != SESSION_USE, err))
        return false;
    if (!open_records(session, &flash, of_device, err))
        goto failed;
    if (purpose == SESSION_USE && station_store_exists(&session->store) &&
        !station_store_allow_changes(&session->store, err))
        goto failed;
    if (of_device)
        load_record(session);
    driver_init(&session->driver, &session->device.chip, &session->store.front, settings);
    session->driver.symmetric = &driver_symmetric_keys; /* registered here, used by the product */
    if (purpose == SESSION_LOOK || purpose == SESSION_RECORDS)
        return true;
    status = driver_start(&session->driver, &session->its, &driver_shell_all);
    session->psa_started = status == PSA_SUCCESS;
    if (session->psa_started)
        return true;
    session_psa_failed(session, status, "start PSA Crypto", err);
failed:
    error_doing(err, "open the device's key records");
    if (of_device)
        error_with_serial(err, session->device.serial);
    session_close(session);
    return false;
}

bool session_open_records(struct session *session, const struct station *station,
                          const uint8_t serial[static CHIP_SERIAL_BYTES], struct error *err)
{
    const struct station_config *config = &station->config;
    struct store_flash flash = {.image = NULL};

    memset(session, 0, sizeof *session);
    session->station = station;
    memcpy(session->device.serial, serial, sizeof session->device.serial);
    if ((config->storage == NULL || station_store_read_place(config->storage, &flash, session->image, err)) &&
        open_records(session, &flash, true, err)) {
        load_record(session);
        return true;
    }
    error_doing(err, "open the device's key records");
    error_with_serial(err, serial);
    session_close(session);
    return false;
}

bool session_start_in_memory(struct session *session, struct session_memory *memory, struct error *err)
{
    psa_status_t status;

    storage_memory_open(&memory->memory, memory->room, sizeof memory->room, &memory->storage);
    driver_init(&session->driver, &session->device.chip, &memory->storage, NULL);
    status = driver_start(&session->driver, &session->its, &driver_shell_all);
    session->psa_started = status == PSA_SUCCESS;
    return session->psa_started || session_psa_failed(session, status, "start PSA Crypto", err);
}

void session_stop_in_memory(struct session *session, struct session_memory *memory)
{
    if (session->psa_started)
        driver_stop();
    session->psa_started = false;
    bytes_wipe(memory->room, sizeof memory->room);
}

/* The folder of the device's record, which making the records in a folder makes as well. */
static bool make_device_folder(struct session *session, struct error *err)
{
    char above[PATH_MAX];

    if (session->store.place.image == NULL)
        return true;
    folder_above(session->record_path, above);
    if (folder_make(above, err))
        return true;
    error_replace_subject(err, session->record_path);
    return false;
}

bool session_allow_changes(struct session *session, struct error *err)
{
    if (!make_device_folder(session, err) || !station_store_allow_changes(&session->store, err)) {
        error_doing(err, "create the device's key records");
        error_with_serial(err, session->device.serial);
        return false;
    }
    device_allow_writes(&session->device);
    return true;
}

void session_close(struct session *session)
{
    if (session->psa_started)
        driver_stop();
    session->psa_started = false;
    json_decref(session->record);
    session->record = NULL;
    station_store_close(&session->store);
    if (session->station != NULL)
        device_say_counters(&session->device, session->station);
    device_close(&session->device);
}
