/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reasons for failures, for programs. Each has one row in reason_rows.inc: its name, the exit code of a run that
 * failed for it, and general advice.
 */
#ifndef IMPRINT_BASE_REASON_H
#define IMPRINT_BASE_REASON_H

/*
 * The machine-readable reason. Names never change: `--json` and the board's console carry them (error_reason_name()).
 * Grouped by what a caller can do about it. A new reason needs a row in reason_rows.inc
 * and a line in test/base/test_error.c.
 */
enum error_reason {
    ERROR_NONE = 0,

    /* The chip or PSA refused. */
    ERROR_CHIP_REFUSED,     /* a command answered with an error status */
    ERROR_CHIP_MISCOMPARE,  /* a signature or MAC did not match */
    ERROR_KEY_EXISTS,       /* the key id is in use */
    ERROR_KEY_UNKNOWN,      /* no such key id or name */
    ERROR_KEY_ATTRIBUTES,   /* type, size, algorithm or usage that no slot of this chip can serve */
    ERROR_PSA,              /* PSA Crypto answered with an error of its own */
    ERROR_STORAGE_FULL,     /* no space for a record */
    ERROR_STORAGE_FAILED,   /* the storage medium refused to read or write */
    ERROR_STORAGE_CORRUPT,  /* a record is there but damaged */
    ERROR_NOT_ARMED,        /* an irreversible step that is not armed */
    ERROR_GATE_REFUSED,     /* the check before a lock found what would make the part useless */
    ERROR_PROOF_FAILED,     /* a finished key did not prove itself */
    ERROR_RECORD_REFUTED,   /* a record says what does not hold */
    ERROR_MANIFEST_REFUTED, /* a manifest has what does not hold */

    /* A server of `imprint tls` refused, or cannot be believed. */
    ERROR_SERVER_UNTRUSTED, /* its certificate does not verify */
    ERROR_SERVER_REFUSED,   /* it does not accept the device */
    ERROR_NOT_ASKED,        /* it never asked for a certificate */
    ERROR_TLS,              /* no TLS, or it broke off */

    /* Usage, profile or another input. */
    ERROR_USAGE,
    ERROR_PROFILE_SYNTAX,    /* not YAML, or not readable as such */
    ERROR_PROFILE_SCHEMA,    /* a field missing, unknown, of the wrong type or out of range */
    ERROR_PROFILE_CONFLICT,  /* fields that contradict each other */
    ERROR_WRITE_KEY_MISSING, /* the slot needs an encrypted write and its key was not given */
    ERROR_INPUT_FILE,        /* a file named by the user cannot be read or is not what it should be */

    /* The device cannot be reached. */
    ERROR_DEVICE_MISSING,   /* no such file, bus or port */
    ERROR_DEVICE_SILENT,    /* no chip answers */
    ERROR_DEVICE_GARBLED,   /* replies that no chip sends */
    ERROR_DEVICE_RESET,     /* the chip lost its state during a command */
    ERROR_DEVICE_BUSY,      /* another process uses the device or its state */
    ERROR_MESSAGE_TOO_LONG, /* the bus or adapter carries no message as long as a command or its reply */
    ERROR_SERVER_AWAY,      /* the server of `imprint tls` cannot be reached, or does not answer in time */

    /* Not the device the profile expects. */
    ERROR_WRONG_PART,
    ERROR_WRONG_CONFIGURATION,
    ERROR_FOREIGN_KEY,         /* a key id exists, but is not the profile's */
    ERROR_DONE_ELSEWHERE,      /* the mark says that the device is done, but the key records are not here */
    ERROR_OTHER_PROFILE,       /* the mark says that another profile made the device */
    ERROR_KEY_RECORDED,        /* a record of this device names the key that would be lost */
    ERROR_NO_MARK,             /* the slot of the mark holds something else, or no mark where one is needed */
    ERROR_CERTIFICATE_DIFFERS, /* the device has a certificate that is not what the profile asks for */
    ERROR_NOT_GENUINE,         /* the maker's certificates do not prove who made the part */
    ERROR_NOT_LISTED,          /* no manifest that was imported lists the part, or its key */
    ERROR_NO_CERTIFICATE,      /* the device has no certificate of its maker, or none for this key */
    ERROR_ORDER_DEVICE, /* the device or its board number belongs to another order, or the number to another device */
#ifdef __linux__        /* a board never says these, and has no room for their names */
    ERROR_QUARANTINED,  /* the board has failed too often; a person decides what becomes of it */
    ERROR_SCRAPPED,     /* the board was scrapped */
#endif
    ERROR_REHEARSAL, /* a virtual chip, a published key or a test root where no rehearsal is allowed */

    /* Nor are its zones or slots what the profile or the command needs. */
    ERROR_CONFIG_UNLOCKED, /* needs a locked config zone */
    ERROR_CONFIG_LOCKED,   /* needs an unlocked config zone */
    ERROR_DATA_UNLOCKED,   /* needs a locked data zone */
    ERROR_DATA_LOCKED,     /* needs an unlocked data zone */
    ERROR_SLOT_POLICY,     /* the slot's SlotConfig or KeyConfig forbids it */
    ERROR_SLOT_LOCKED,     /* the slot is locked for ever */
    ERROR_SLOT_EMPTY,      /* no key in the slot */
    ERROR_SLOT_CLAIMED,    /* a key id already points to the slot */
    ERROR_SLOT_FILLED,     /* the slot holds a key that no key id points to, and replacing it was not allowed */
    ERROR_NO_FREE_SLOT,    /* no slot fits and is free */

    /* The record could not be written. */
    ERROR_RECORD_FAILED,
    ERROR_OUTPUT_FAILED, /* what was asked for is done, but stdout or the trace could not be written */

    /* The issuer of certificates. */
    ERROR_ISSUER_INVALID,      /* key, certificate or settings of the issuer are wrong, expired or unfit */
    ERROR_ISSUER_LOGIN,        /* a passphrase, PIN or credential is wrong or missing */
    ERROR_ISSUER_AWAY,         /* the issuer or its token cannot be reached or does not work now */
    ERROR_ISSUER_REFUSED,      /* the issuer said no */
    ERROR_ISSUER_LATER,        /* the issuer has not decided yet */
    ERROR_CERTIFICATE_AWAITED, /* a board's run goes on when its station has sent the certificate */
    ERROR_ISSUER_ANSWER,       /* the certificate it gave is not what was asked for */

    /* The ledger, or another database of the station's. */
    ERROR_DATABASE_BUSY,    /* another process holds it */
    ERROR_DATABASE_VERSION, /* made by another version, or for something else */
    ERROR_DATABASE_DAMAGED, /* its file is damaged */
    ERROR_DUPLICATE,        /* another device has this serial number or key already */
    ERROR_ORDER_REFUSED,    /* a work order is closed, of another profile or issuer, or waits for an approval */
    ERROR_ORDER_FULL,       /* a work order has no unit left */

    /* Interrupted, safe to run again. */
    ERROR_INTERRUPTED,

    /* A status that no table names: a defect of imprint. */
    ERROR_UNEXPECTED,

    ERROR_REASON_COUNT
};

/* Exit codes of the program. imprint(1) documents them and scripts rely on them. */
enum error_exit {
    ERROR_EXIT_DONE = 0,
    ERROR_EXIT_REFUSED = 1,       /* the chip or PSA refused */
    ERROR_EXIT_INPUT = 2,         /* usage, profile or another input file */
    ERROR_EXIT_UNREACHABLE = 3,   /* the device does not answer, or another process uses it */
    ERROR_EXIT_WRONG_DEVICE = 4,  /* not the device that the profile expects or the command needs */
    ERROR_EXIT_NO_RECORD = 5,     /* the record, or the result on stdout, could not be written */
    ERROR_EXIT_ISSUER = 6,        /* the issuer of certificates or the ledger refused, is away, or is unfit */
    ERROR_EXIT_INTERRUPTED = 130, /* safe to run again; 128 and SIGINT's number, as shells count */
};

/* The reason's name for machines: "slot-claimed". "unexpected" for a value outside the enum. */
const char *error_reason_name(enum error_reason reason);

/* The reason with this name; ERROR_UNEXPECTED for NULL and for a name that no row has. */
enum error_reason error_reason_named(const char *name);

/* The exit code of a run that failed for this reason; that of ERROR_UNEXPECTED for a value outside the enum. */
enum error_exit error_reason_exit(enum error_reason reason);

/*
 * General advice for errors that have none of their own: an imperative for the person at the command line. Never
 * NULL; the row of ERROR_UNEXPECTED for a value outside the enum.
 */
const char *error_reason_advice(enum error_reason reason);

#endif
