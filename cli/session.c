/* SPDX-License-Identifier: Apache-2.0 */
/* The stack under a verb. */
#include "cli/session.h"

#include <stdio.h>
#include <string.h>

#include "cli/evidence.h"
#include "cli/folder.h"
#include "driver/atecc608a_se.h"
#include "provision/status.h"

bool session_psa_failed(struct session *session, psa_status_t status, const char *doing, struct error *err)
{
    struct provision with = {.driver = &session->driver};

    (void)provision_psa_failed(&with, status, NULL, err);
    error_doing(err, doing);
    error_with_serial(err, session->device.serial);
    return false;
}

static psa_status_t start_psa(void)
{
    psa_status_t status = psa_register_se_driver(PSA_ATECC608A_LOCATION, &atecc608a_drv_info);

    return status == PSA_SUCCESS ? psa_crypto_init() : status;
}

/* Names are a convenience: a record that cannot be read is worth a warning, not a refusal. */
static void load_record(struct session *session)
{
    struct error ignored = {.reason = ERROR_NONE};

    if (!evidence_load(session->record_path, &session->record, &ignored))
        output_warn(&session->cli->output, "%s: %s; keys are shown without names", session->record_path, ignored.cause);
}

bool session_open(struct session *session, struct cli *cli, enum session_purpose purpose,
                  const struct driver_settings *settings, struct error *err)
{
    psa_status_t status;

    memset(session, 0, sizeof *session);
    session->cli = cli;
    snprintf(session->holder, sizeof session->holder, "imprint %s", cli->verb->name);
    if (!device_open(&session->device, cli, purpose != SESSION_USE, err))
        return false;
    if (!folder_of_device(cli, session->device.serial, "psa", session->folder, err) ||
        !folder_of_device(cli, session->device.serial, "record.json", session->record_path, err) ||
        !store_open(&session->store, session->folder, session->holder, err))
        goto failed;
    if (purpose == SESSION_USE && store_exists(&session->store) && !store_make_lasting(&session->store, err))
        goto failed;
    load_record(session);
    driver_init(&session->driver, &session->device.chip, &session->store.front, settings);
    if (purpose == SESSION_LOOK)
        return true;
    driver_bind(&session->driver);
    storage_mount(&session->store.front);
    session->psa_started = true;
    status = start_psa();
    if (status == PSA_SUCCESS)
        return true;
    session_psa_failed(session, status, "start PSA Crypto", err);
failed:
    error_doing(err, "open the device's key records");
    error_with_serial(err, session->device.serial);
    session_close(session);
    return false;
}

bool session_make_lasting(struct session *session, struct error *err)
{
    if (!store_make_lasting(&session->store, err)) {
        error_doing(err, "begin the device's key records");
        error_with_serial(err, session->device.serial);
        return false;
    }
    device_allow_writes(&session->device);
    return true;
}

void session_close(struct session *session)
{
    if (session->psa_started) {
        mbedtls_psa_crypto_free();
        storage_mount(NULL);
        driver_bind(NULL);
    }
    session->psa_started = false;
    json_decref(session->record);
    session->record = NULL;
    store_close(&session->store);
    if (session->cli != NULL)
        device_say_counters(&session->device, &session->cli->output);
    device_close(&session->device);
}
