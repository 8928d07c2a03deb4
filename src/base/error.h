/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What went wrong, as data: it travels beside a status, the lowest failure is kept, callers above add meaning, and
 * only `cli/` (later `station/`, `firmware/`) turns it into words for a person. It holds numbers, serials and string
 * literals, never payload, so it needs no formatting on a microcontroller and cannot carry a key.
 */
#ifndef IMPRINT_ERROR_ERROR_H
#define IMPRINT_ERROR_ERROR_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The machine-readable reason, stable for ever: `--json` and firmware logs carry its name (error_reason_name()).
 * Grouped by what a caller can do about it; the command line's exit code is chosen by group.
 */
enum error_reason {
    ERROR_NONE = 0,

    /* The chip refused, or PSA did: exit code 1. */
    ERROR_CHIP_REFUSED,      /* a command answered with an error status */
    ERROR_CHIP_MISCOMPARE,   /* a signature or MAC did not match */
    ERROR_CONFIG_UNLOCKED,   /* needs a locked config zone */
    ERROR_CONFIG_LOCKED,     /* needs an unlocked config zone */
    ERROR_DATA_UNLOCKED,     /* needs a locked data zone */
    ERROR_DATA_LOCKED,       /* needs an unlocked data zone */
    ERROR_SLOT_POLICY,       /* the slot's SlotConfig or KeyConfig forbids it */
    ERROR_SLOT_LOCKED,       /* the slot is locked for good */
    ERROR_SLOT_EMPTY,        /* no key in the slot */
    ERROR_SLOT_CLAIMED,      /* a key id already points to the slot */
    ERROR_SLOT_FILLED,       /* the slot holds a key nobody claims, and replacing it was not allowed */
    ERROR_NO_FREE_SLOT,      /* no slot fits and is free */
    ERROR_KEY_EXISTS,        /* the key id is in use */
    ERROR_KEY_UNKNOWN,       /* no such key id or name */
    ERROR_KEY_ATTRIBUTES,    /* type, size, algorithm or usage that no slot of this chip can serve */
    ERROR_WRITE_KEY_MISSING, /* the slot wants an encrypted write and its key was not given */
    ERROR_PSA,               /* PSA Crypto answered with an error of its own */
    ERROR_STORAGE_FULL,      /* no room for a record */
    ERROR_STORAGE_FAILED,    /* the storage medium refused to read or write */
    ERROR_STORAGE_CORRUPT,   /* a record is there but damaged */
    ERROR_NOT_ARMED,         /* an irreversible step that nobody armed */
    ERROR_GATE_REFUSED,      /* the lock gate found what would make the part useless */
    ERROR_PROOF_FAILED,      /* a finished key did not prove itself */

    /* Usage or profile: exit code 2. */
    ERROR_USAGE,
    ERROR_PROFILE_SYNTAX,   /* not YAML, or not readable as such */
    ERROR_PROFILE_SCHEMA,   /* a field missing, unknown, of the wrong type or out of range */
    ERROR_PROFILE_CONFLICT, /* fields that contradict each other */
    ERROR_INPUT_FILE,       /* a file named by the user cannot be read or is not what it should be */

    /* The device cannot be reached: exit code 3. */
    ERROR_DEVICE_MISSING, /* no such file, bus or port */
    ERROR_DEVICE_SILENT,  /* nothing answers there */
    ERROR_DEVICE_GARBLED, /* answers that are not a chip's */
    ERROR_DEVICE_RESET,   /* the chip lost its state in mid command */
    ERROR_DEVICE_BUSY,    /* somebody else holds the device or its state */

    /* Not the device the profile expects: exit code 4. */
    ERROR_WRONG_PART,
    ERROR_WRONG_CONFIGURATION,
    ERROR_FOREIGN_KEY, /* a key id exists, but is not the profile's */

    /* The record could not be written: exit code 5. */
    ERROR_RECORD_FAILED,

    /* Interrupted, safe to run again: exit code 130. */
    ERROR_INTERRUPTED,

    /* A status no table names: a defect of ours. Exit code 1. */
    ERROR_UNEXPECTED,

    ERROR_REASON_COUNT
};

#define ERROR_SERIAL_BYTES 9
#define ERROR_SLOTS 16

/* All text pointers are string literals, except `subject`. Zero-initialised means "no error". */
struct error {
    enum error_reason reason;
    const char *doing;   /* what was being done: "generate a private key" */
    const char *cause;   /* the problem, lower case, no full stop: "the key id is in use"; NULL: see chip_failure */
    const char *next;    /* what to do about it, or NULL: "name another slot" */
    const char *subject; /* a file, key or field name; owned by the caller and outliving the error, or NULL */
    const char *command; /* the chip command in hand: "GenKey", or NULL */
    bool has_slot, has_chip_status, has_serial;
    uint8_t slot;        /* 0..15 */
    uint8_t chip_status; /* the status byte the chip answered with */
    /* Causes that are numbers until somebody prints them: `cause` is NULL then. 0 for none. Words: chip/words.h. */
    uint8_t chip_failure; /* an enum chip_status: how a command failed */
    uint8_t slot_rule;    /* an enum chip_rule: what in a slot's policy forbids it */
    uint8_t serial[ERROR_SERIAL_BYTES];
    uint32_t key_id;       /* PSA key id, 0 for none */
    int32_t psa_status;    /* psa_status_t, 0 for none */
    int system_errno;      /* errno of the call that failed, 0 for none */
    uint32_t line, column; /* place in `subject`, from 1; 0 for none */
    bool has_config_offset;
    uint8_t config_offset;    /* byte of the config zone that differs; `expected` and `found` are its values */
    uint32_t expected, found; /* numbers for messages about lengths and limits; 0 and 0 for none */
};

/* The reason's name for machines: "slot-claimed". "unexpected" for a value outside the enum. */
const char *error_reason_name(enum error_reason reason);

/*
 * Notes a failure. The first (lowest) one is kept: a call on an error that already holds a reason changes nothing.
 * `err` may be NULL everywhere: the caller is not interested.
 */
void error_set(struct error *err, enum error_reason reason, const char *cause, const char *next);

/* The same with a number for the cause: an enum chip_status, an enum chip_rule. */
void error_set_chip_failure(struct error *err, enum error_reason reason, uint8_t chip_failure);
void error_set_slot_rule(struct error *err, enum error_reason reason, uint8_t slot_rule, const char *next);

/* Adds what was being done, which slot (of those there are), which key: each only where the error does not say yet. */
void error_doing(struct error *err, const char *doing);
void error_at_slot(struct error *err, uint8_t slot);
void error_with_key(struct error *err, uint32_t key_id);
void error_with_command(struct error *err, const char *command);
void error_with_chip_status(struct error *err, uint8_t chip_status);
void error_with_serial(struct error *err, const uint8_t serial[static ERROR_SERIAL_BYTES]);
void error_with_psa(struct error *err, int32_t psa_status);
void error_with_errno(struct error *err, int system_errno);
void error_with_subject(struct error *err, const char *subject);

/* Forgets everything: the next error_set() is the first again. */
void error_clear(struct error *err);

#endif
