/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the device's IO protection key and stores it with the device's key records, where its software finds it. It is
 * stored before the chip gets it (steps/write_data.c), so whatever moment the power fails, a later run goes on with the
 * same key; and it is never made twice. It does not leave this device: no file, record or message has it.
 */
#include "profile/data.h"
#include "provision/provision.h"
#include "provision/run.h"
#include "provision/status.h"
#include "provision/steps.h"
#include "psa/io_key.h"

bool provision_needs_make_io_key(const struct profile *profile, int key)
{
    return key == PROVISION_NO_KEY && profile_has_io_key(profile);
}

static bool observe(struct provision *provision, struct provision_plan *plan, struct provision_step *step,
                    struct error *err)
{
    uint8_t key[IO_KEY_BYTES];
    const enum io_key_found found = io_key_read(provision->driver->storage, plan->serial, key, err);

    bytes_wipe(key, sizeof key);
    step->done = found == IO_KEY_FOUND;
    if (found == IO_KEY_OTHER_CHIP)
        error_set(err, ERROR_FOREIGN_KEY, "the key store has the IO protection key of another chip",
                  "use this device's own key store; after a repair forget the other chip's records: imprint erase "
                  "--yes --io-key, or erase the flash of a board's key store");
    else if (found == IO_KEY_ABSENT && provision->adoption != NULL)
        error_set(err, ERROR_DONE_ELSEWHERE,
                  "the chip's IO protection key is only in the key store of the device or station that set it",
                  "use that key store: no mark and no record has the key");
    return err->reason == ERROR_NONE;
}

static enum provision_status run(struct provision_run *run, struct provision_step *step, struct error *err)
{
    const struct storage *storage = run->provision->driver->storage;
    uint8_t key[IO_KEY_BYTES];
    enum provision_status result = provision_random(run->provision, key, sizeof key, err);

    (void)step;
    if (result == PROVISION_OK && !io_key_write(storage, run->plan->serial, key, err))
        result = provision_status_of(err);
    bytes_wipe(key, sizeof key);
    return result;
}

const struct provision_step_kind provision_step_make_io_key = {
    .name = "make-io-key",
    .is_persistent = true,
    .is_needed = provision_needs_make_io_key,
    .is_for = profile_datum_is_io_key,
    .observe = observe,
    .run = run,
    .doing = "make the chip's IO protection key",
};
