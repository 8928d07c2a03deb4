/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reason.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct reason_row {
    const char *name;
    uint8_t exit; /* an enum error_exit */
    const char *advice;
};

static const struct reason_row rows[ERROR_REASON_COUNT] = {
    [ERROR_NONE] = {"none", ERROR_EXIT_DONE, "nothing: no error occurred"},

    [ERROR_CHIP_REFUSED] = {"chip-refused", ERROR_EXIT_REFUSED, "see what the slot allows: imprint info"},
    [ERROR_CHIP_MISCOMPARE] = {"chip-miscompare", ERROR_EXIT_REFUSED,
                               "check that key, signature and file belong together"},
    [ERROR_CONFIG_UNLOCKED] = {"config-unlocked", ERROR_EXIT_REFUSED,
                               "lock the config zone first, with `lock: [config]` in the profile: imprint provision "
                               "PROFILE --dry-run"},
    [ERROR_CONFIG_LOCKED] = {"config-locked", ERROR_EXIT_REFUSED, "use a part whose config zone is not locked yet"},
    [ERROR_DATA_UNLOCKED] = {"data-unlocked", ERROR_EXIT_REFUSED,
                             "lock the data zone first, with `lock: [config, data]` in the profile: imprint provision "
                             "PROFILE --dry-run"},
    [ERROR_DATA_LOCKED] = {"data-locked", ERROR_EXIT_REFUSED, "use a part whose data zone is not locked yet"},
    [ERROR_SLOT_POLICY] = {"slot-policy", ERROR_EXIT_REFUSED,
                           "choose a slot that allows it; see what each slot can do: imprint info"},
    [ERROR_SLOT_LOCKED] = {"slot-locked", ERROR_EXIT_REFUSED,
                           "choose another slot: a locked slot stays as it is for ever"},
    [ERROR_SLOT_EMPTY] = {"slot-empty", ERROR_EXIT_REFUSED,
                          "generate or import a key there, or name a slot that holds one: imprint info"},
    [ERROR_SLOT_CLAIMED] = {"slot-claimed", ERROR_EXIT_REFUSED,
                            "name another slot, or leave the slot out so that the driver chooses one"},
    [ERROR_SLOT_FILLED] = {"slot-filled", ERROR_EXIT_REFUSED,
                           "if that key may be lost for ever, write `replace: unclaimed` in the profile"},
    [ERROR_NO_FREE_SLOT] = {"no-free-slot", ERROR_EXIT_REFUSED, "see which slots are in use: imprint info"},
    [ERROR_KEY_EXISTS] = {"key-exists", ERROR_EXIT_REFUSED, "use another key id; see which exist: imprint keys"},
    [ERROR_KEY_UNKNOWN] = {"key-unknown", ERROR_EXIT_REFUSED, "see which keys exist: imprint keys"},
    [ERROR_KEY_ATTRIBUTES] = {"key-attributes", ERROR_EXIT_REFUSED,
                              "change the key's type, algorithm or usage in the profile"},
    [ERROR_WRITE_KEY_MISSING] = {"write-key-missing", ERROR_EXIT_REFUSED,
                                 "name the file with the slot's write key under `write-keys` in the profile"},
    [ERROR_PSA] = {"psa", ERROR_EXIT_REFUSED,
                   "run the same command with --verbose; if it fails again, report the whole message"},
    [ERROR_STORAGE_FULL] = {"storage-full", ERROR_EXIT_REFUSED,
                            "free some space where the state folder is, then run the same command again"},
    [ERROR_STORAGE_FAILED] = {"storage-failed", ERROR_EXIT_REFUSED,
                              "check that the state folder can be written, then run the same command again"},
    [ERROR_STORAGE_CORRUPT] = {"storage-corrupt", ERROR_EXIT_REFUSED,
                               "restore the state folder from a copy, or delete the key records and provision again: "
                               "imprint erase --yes"},
    [ERROR_NOT_ARMED] = {"not-armed", ERROR_EXIT_REFUSED,
                         "read the plan (--dry-run); if it is what you want, add --arm SERIAL or --arm profile"},
    [ERROR_GATE_REFUSED] = {"gate-refused", ERROR_EXIT_REFUSED, "correct the profile; nothing was locked"},
    [ERROR_PROOF_FAILED] = {"proof-failed", ERROR_EXIT_REFUSED,
                            "take the device off the line: a key in it does not work as it should"},

    [ERROR_USAGE] = {"usage", ERROR_EXIT_INPUT, "see how to call it: imprint --help"},
    [ERROR_PROFILE_SYNTAX] = {"profile-syntax", ERROR_EXIT_INPUT, "correct the profile at that place"},
    [ERROR_PROFILE_SCHEMA] = {"profile-schema", ERROR_EXIT_INPUT, "correct the profile at that place"},
    [ERROR_PROFILE_CONFLICT] = {"profile-conflict", ERROR_EXIT_INPUT, "correct the profile at that place"},
    [ERROR_INPUT_FILE] = {"input-file", ERROR_EXIT_INPUT, "check the file and its name"},

    [ERROR_DEVICE_MISSING] = {"device-missing", ERROR_EXIT_UNREACHABLE,
                              "check --device; to rehearse without hardware, make a virtual chip: imprint virtual new"},
    [ERROR_DEVICE_SILENT] = {"device-silent", ERROR_EXIT_UNREACHABLE,
                             "check power, wiring and address, then run the same command again"},
    [ERROR_DEVICE_GARBLED] = {"device-garbled", ERROR_EXIT_UNREACHABLE,
                              "check wiring, bus speed and --device, then run the same command again"},
    [ERROR_DEVICE_RESET] = {"device-reset", ERROR_EXIT_UNREACHABLE,
                            "check the chip's power supply, then run the same command again"},
    [ERROR_DEVICE_BUSY] = {"device-busy", ERROR_EXIT_UNREACHABLE,
                           "wait until the other process ends, then run the same command again"},

    [ERROR_WRONG_PART] = {"wrong-part", ERROR_EXIT_WRONG_DEVICE,
                          "check that this device belongs to this profile; nothing was written"},
    [ERROR_WRONG_CONFIGURATION] = {"wrong-configuration", ERROR_EXIT_WRONG_DEVICE,
                                   "compare the profile with what the chip says: imprint info; nothing was written"},
    [ERROR_FOREIGN_KEY] = {"foreign-key", ERROR_EXIT_WRONG_DEVICE,
                           "compare the profile with the keys that exist: imprint keys; then use another key id or "
                           "another state folder"},

    [ERROR_RECORD_FAILED] = {"record-failed", ERROR_EXIT_NO_RECORD,
                             "keep the evidence printed on stdout; the device itself is finished"},

    [ERROR_INTERRUPTED] = {"interrupted", ERROR_EXIT_INTERRUPTED,
                           "run the same command again: it continues where it stopped"},

    [ERROR_UNEXPECTED] = {"unexpected", ERROR_EXIT_REFUSED, "report this defect of imprint with the whole message"},
};

static const struct reason_row *row_of(enum error_reason reason)
{
    return &rows[(unsigned)reason < ERROR_REASON_COUNT ? reason : ERROR_UNEXPECTED];
}

const char *error_reason_name(enum error_reason reason)
{
    return row_of(reason)->name;
}

enum error_reason error_reason_named(const char *name)
{
    for (unsigned reason = 0; name != NULL && reason < ERROR_REASON_COUNT; reason++)
        if (strcmp(name, rows[reason].name) == 0)
            return (enum error_reason)reason;
    return ERROR_UNEXPECTED;
}

enum error_exit error_reason_exit(enum error_reason reason)
{
    return (enum error_exit)row_of(reason)->exit;
}

const char *error_reason_advice(enum error_reason reason)
{
    return row_of(reason)->advice;
}
