/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of imprint/psa.h. */
#include <imprint/psa.h>

#include <string.h>

#include "chip/words.h"
#include "psa/application.h"
#include "psa/keys.h"
#include "psa/reason.h"
#include "psa/shell.h"
#include "storage/store.h"

/* The contents of a struct imprint_psa, whose fields the public header hides. */
struct application {
    bool attached;
    struct chip chip;
    struct driver driver;
    struct its its;
};
_Static_assert(sizeof(struct application) <= sizeof(struct imprint_psa), "struct imprint_psa is too small");

static struct application *application_of(struct imprint_psa *psa)
{
    return (void *)&psa->private_part;
}

static struct application *prepare(struct imprint_psa *psa, const struct imprint_transport *transport,
                                   struct imprint_store *store, const struct imprint_psa_settings *settings)
{
    struct application *application = application_of(psa);
    struct driver_settings chosen = {.replace_unclaimed = false};

    if (settings != NULL) {
        chosen.replace_unclaimed = settings->replace_unclaimed;
        chosen.reserved_slots = settings->reserved_slots;
        chosen.write_keys = settings->write_keys;
        chosen.write_key_count = settings->write_key_count;
        chosen.io_key = settings->io_key;
    }
    memset(psa, 0, sizeof *psa);
    application->attached = true;
    chip_init(&application->chip, transport);
    driver_init(&application->driver, &application->chip, &store_head_of(store)->storage, &chosen);
    return application;
}

void imprint_psa_attach(struct imprint_psa *psa, const struct imprint_transport *transport, struct imprint_store *store,
                        const struct imprint_psa_settings *settings)
{
    struct application *application = prepare(psa, transport, store, settings);

    driver_attach(&application->driver, &application->its);
}

psa_status_t application_start(struct imprint_psa *psa, const struct imprint_transport *transport,
                               struct imprint_store *store, const struct imprint_psa_settings *settings,
                               const struct driver_shell *shell)
{
    struct application *application;
    psa_status_t status;

    if (driver_bound() != NULL)
        return PSA_ERROR_BAD_STATE;
    application = prepare(psa, transport, store, settings);
    status = driver_start(&application->driver, &application->its, shell);
    if (status != PSA_SUCCESS)
        memset(psa, 0, sizeof *psa);
    return status;
}

psa_status_t imprint_psa_register_slot(const psa_key_attributes_t *attributes, uint8_t slot)
{
    struct driver *driver = driver_bound();

    if (driver == NULL)
        return PSA_ERROR_BAD_STATE;
    if (driver->shell != NULL && driver->shell->register_key != NULL) {
        keys_forget_reason(driver);
        return driver->shell->register_key(driver, attributes, slot);
    }
#ifdef MBEDTLS_PSA_CRYPTO_SE_C /* a table that the application has registered */
    psa_key_attributes_t named = *attributes;

    psa_set_key_slot_number(&named, slot);
    return mbedtls_psa_register_se_key(&named);
#else
    return PSA_ERROR_BAD_STATE;
#endif
}

void imprint_psa_stop(struct imprint_psa *psa)
{
    struct application *application = application_of(psa);

    if (!application->attached)
        return;
    driver_stop();
    chip_sleep(&application->chip);
    memset(psa, 0, sizeof *psa);
}

psa_status_t imprint_psa_check_slot(const psa_key_attributes_t *attributes)
{
    struct driver *driver = driver_bound();
    struct error err = {.reason = ERROR_NONE};

    if (driver == NULL)
        return keys_check_slot(attributes, &err);
    keys_forget_reason(driver);
    return keys_check_slot(attributes, &driver->last_error);
}

const char *imprint_psa_reason(psa_status_t status)
{
    struct driver *driver = driver_bound();
    struct error err = {.reason = ERROR_NONE};

    if (status != PSA_SUCCESS && driver != NULL)
        keys_explain(driver, status, &err);
    else if (status != PSA_SUCCESS)
        reason_of_core(status, &err);
    else if (driver != NULL)
        keys_forget_reason(driver);
    chip_words_for_failure(&err);
    chip_words_for_rule(&err);
    return err.cause;
}
