/* SPDX-License-Identifier: Apache-2.0 */
/* The table of reasons. */
#include "cli/exit.h"

#include <stddef.h>

struct exit_row {
    enum cli_exit code;
    const char *advice;
};

static const struct exit_row rows[ERROR_REASON_COUNT] = {
    [ERROR_NONE] = {CLI_DONE, "nothing: all is well"},

    [ERROR_CHIP_REFUSED] = {CLI_REFUSED, "see what the slot allows with: imprint info"},
    [ERROR_CHIP_MISCOMPARE] = {CLI_REFUSED, "check that key, signature and file belong together"},
    [ERROR_CONFIG_UNLOCKED] = {CLI_REFUSED, "lock the config zone first, with a profile that says so"},
    [ERROR_CONFIG_LOCKED] = {CLI_REFUSED, "use a part whose config zone is not locked yet"},
    [ERROR_DATA_UNLOCKED] = {CLI_REFUSED, "lock the data zone first, with a profile that says so"},
    [ERROR_DATA_LOCKED] = {CLI_REFUSED, "use a part whose data zone is not locked yet"},
    [ERROR_SLOT_POLICY] = {CLI_REFUSED, "choose a slot that allows it: imprint info lists what each can do"},
    [ERROR_SLOT_LOCKED] = {CLI_REFUSED, "choose another slot: a lock is for ever"},
    [ERROR_SLOT_EMPTY] = {CLI_REFUSED, "generate or import a key there, or name a slot that holds one"},
    [ERROR_SLOT_CLAIMED] = {CLI_REFUSED, "name another slot, or leave the choice to the driver"},
    [ERROR_SLOT_FILLED] = {CLI_REFUSED, "say `replace: unclaimed` in the profile if that key may be lost for ever"},
    [ERROR_NO_FREE_SLOT] = {CLI_REFUSED, "see which slots are taken with: imprint info"},
    [ERROR_KEY_EXISTS] = {CLI_REFUSED, "use another key id, or see what is there with: imprint keys"},
    [ERROR_KEY_UNKNOWN] = {CLI_REFUSED, "see which keys there are with: imprint keys"},
    [ERROR_KEY_ATTRIBUTES] = {CLI_REFUSED, "change the key's type, algorithm or usage in the profile"},
    [ERROR_WRITE_KEY_MISSING] = {CLI_REFUSED,
                                 "name the file with the slot's write key under `write-keys` in the profile"},
    [ERROR_PSA] = {CLI_REFUSED, "run it again with --verbose; if it stays, report it with the status"},
    [ERROR_STORAGE_FULL] = {CLI_REFUSED, "make room where the state folder lies, then run the same command again"},
    [ERROR_STORAGE_FAILED] = {CLI_REFUSED,
                              "check that the state folder can be written, then run the same command again"},
    [ERROR_STORAGE_CORRUPT] =
        {CLI_REFUSED,
         "restore the state folder from a copy, or forget it with `imprint erase --yes` and provision again"},
    [ERROR_NOT_ARMED] = {CLI_REFUSED,
                         "read the plan (--dry-run); if it is what you want, add --arm SERIAL or --arm profile"},
    [ERROR_GATE_REFUSED] = {CLI_REFUSED, "correct the profile: nothing was locked"},
    [ERROR_PROOF_FAILED] = {CLI_REFUSED, "set the device aside: a key in it does not do what it should"},

    [ERROR_USAGE] = {CLI_USAGE, "imprint --help"},
    [ERROR_PROFILE_SYNTAX] = {CLI_USAGE, "correct the profile at that place"},
    [ERROR_PROFILE_SCHEMA] = {CLI_USAGE, "correct the profile at that place"},
    [ERROR_PROFILE_CONFLICT] = {CLI_USAGE, "correct the profile at that place"},
    [ERROR_INPUT_FILE] = {CLI_USAGE, "check the file and its name"},

    [ERROR_DEVICE_MISSING] = {CLI_UNREACHABLE, "check --device; a virtual chip is made with: imprint virtual new"},
    [ERROR_DEVICE_SILENT] = {CLI_UNREACHABLE, "check power, wiring and address, then run the same command again"},
    [ERROR_DEVICE_GARBLED] = {CLI_UNREACHABLE, "check wiring, bus speed and --device, then run the same command again"},
    [ERROR_DEVICE_RESET] = {CLI_UNREACHABLE, "check the supply, then run the same command again"},
    [ERROR_DEVICE_BUSY] = {CLI_UNREACHABLE, "wait until that process is done, then run the same command again"},

    [ERROR_WRONG_PART] = {CLI_WRONG_DEVICE, "nothing was written: check that this device belongs to this profile"},
    [ERROR_WRONG_CONFIGURATION] = {CLI_WRONG_DEVICE,
                                   "nothing was written: compare `imprint info` with what the profile expects"},
    [ERROR_FOREIGN_KEY] = {CLI_WRONG_DEVICE,
                           "compare `imprint keys` with the profile; another key id, or another state folder"},

    [ERROR_RECORD_FAILED] = {CLI_NO_RECORD, "keep the evidence printed on stdout; the device itself is finished"},

    [ERROR_INTERRUPTED] = {CLI_INTERRUPTED, "run the same command again: it goes on where it stopped"},

    [ERROR_UNEXPECTED] = {CLI_REFUSED, "this is a defect of imprint: please report it with the whole message"},
};

static const struct exit_row *row_of(enum error_reason reason)
{
    if ((unsigned)reason >= ERROR_REASON_COUNT || rows[reason].advice == NULL)
        return &rows[ERROR_UNEXPECTED];
    return &rows[reason];
}

enum cli_exit exit_code(enum error_reason reason)
{
    return row_of(reason)->code;
}

const char *exit_advice(enum error_reason reason)
{
    return row_of(reason)->advice;
}
