/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine: brings one device to its profile's state and proves it. There is no resume mode: each run observes chip
 * and key store, compares with the profile, does what is missing, reads back, and proves every key with a fresh
 * challenge. It calls PSA for keys and the chip layer for configuration and locks; progress, imported keys and arming
 * come through callbacks, so it runs unchanged on a station and on a microcontroller.
 *
 * Order: provision_observe() writes nothing and says what would be done or why it must not; provision_execute() does
 * it.
 */
#ifndef IMPRINT_PROVISION_PROVISION_H
#define IMPRINT_PROVISION_PROVISION_H

#include "psa/driver.h"
#include "psa/location.h"
#include "psa/slots.h"
#include "profile/profile.h"

enum provision_status {
    PROVISION_OK = 0,
    PROVISION_REFUSED,     /* the chip or PSA said no, or a key did not prove itself */
    PROVISION_UNREACHABLE, /* the chip does not answer */
    PROVISION_WRONG,       /* not the device the profile expects; nothing was written */
    PROVISION_NOT_ARMED,   /* an irreversible step that nobody armed; nothing was locked */
    PROVISION_STORAGE,     /* the key store failed */
    PROVISION_INPUT,       /* a key to import could not be had */
    PROVISION_INTERRUPTED, /* the caller asked to stop; safe to run again */
};

/* In the order in which they are done. */
enum provision_action {
    PROVISION_WRITE_CONFIG,
    PROVISION_LOCK_CONFIG,
    PROVISION_REGISTER_KEY,
    PROVISION_GENERATE_KEY,
    PROVISION_IMPORT_KEY,
    PROVISION_FILL_DATA, /* known bytes into every unused slot, so that the data lock can carry its CRC */
    PROVISION_LOCK_DATA,
    PROVISION_PROVE_KEY,
    PROVISION_LOCK_SLOT,
    PROVISION_ACTION_COUNT
};
const char *provision_action_name(enum provision_action action); /* "generate-key" */

struct provision_step {
    enum provision_action action;
    bool done;          /* found done while observing, or done by this run */
    bool started;       /* found started: the key's slot holds what was never reported, or was destroyed */
    bool is_persistent; /* changes something that stays */
    bool forever;       /* cannot be undone: passes the gate */
    int key;            /* index into profile->keys, -1 for none */
    uint8_t slot;       /* PROFILE_SLOT_ANY: not chosen yet, or none */
    uint32_t chip_us;   /* chip time this step took; 0 before */
};

/* What a device is before anything is done to it: seen from chip and key store each time, and remembered nowhere. */
enum provision_state {
    PROVISION_STATE_UNKNOWN = 0, /* it could not be looked at */
    PROVISION_STATE_BLANK,       /* no step of this profile is done */
    PROVISION_STATE_PARTIAL,     /* some are */
    PROVISION_STATE_DONE,        /* all persistent steps are */
    PROVISION_STATE_FOREIGN,     /* somebody else's: other configuration, or other keys where this profile's belong */
    PROVISION_STATE_WRONG_PART,  /* no part that the profile allows */
    PROVISION_STATE_COUNT
};
const char *provision_state_name(enum provision_state state); /* "partial" */

struct provision_run;
struct provision_skills;

/* Does one step: see provision/run.h. */
typedef enum provision_status provision_run_step(struct provision_run *run, struct provision_step *step,
                                                 struct error *err);

/*
 * What the engine, the boards and the station know of one kind of step. A step that cannot be undone has a consequence;
 * it is done by the gate (provision/gate.h), and only where it is armed. The name lies in the row and is no pointer, so
 * that an image that keeps its texts apart (-DIMPRINT_TEXTS=OFF) still has it.
 */
struct provision_step_kind {
    char name[20];      /* "generate-key" */
    bool is_persistent; /* changes something that stays */
    bool makes_key;     /* afterwards the key store has a record of the step's key */
    bool (*is_supported)(const struct provision_skills *skills); /* NULL: by every program */
    provision_run_step *run;
    const char *doing;       /* after "cannot": "lock the slot" */
    const char *consequence; /* what can never be changed again; NULL: the step can be undone */
};

/* One row for each enum provision_action. */
extern const struct provision_step_kind provision_step_kinds[PROVISION_ACTION_COUNT];

#define PROVISION_STEPS_MAX (3 * PROFILE_KEYS_MAX + 4)

/* What was found, and what is still to do. Plain data; valid as long as the profile it was made from. */
struct provision_plan {
    uint8_t serial[CHIP_SERIAL_BYTES];
    enum chip_part part;
    size_t changes_left; /* persistent steps not done yet: 0 means that the device is finished and only to be proven */
    size_t step_count;
    struct provision_step steps[PROVISION_STEPS_MAX];
    struct chip_config found;  /* config zone as observed */
    struct chip_config wanted; /* config zone as it is to be; equals `found` but for what the steps change */
};

/* Steps are indices into the plan's, -1 for none. */
struct provision_triage {
    enum provision_state state;
    int stopped_after; /* PARTIAL: the last step done before the first that is not */
    int stopped_in;    /* PARTIAL: the first that is not, where it was started */
};

/* How far a device has come: by its plan, or by the reason why provision_observe() refused it (else ERROR_NONE). */
struct provision_triage provision_triage(const struct provision_plan *plan, enum error_reason refusal);

/* What one proven key showed. */
struct provision_key_evidence {
    uint32_t key_id;
    uint8_t slot;
    bool created; /* by this run */
    bool proven;
    uint8_t public_key[65]; /* 04 | X | Y as read from the chip */
    uint8_t challenge[32];  /* random, from the host's generator; its hash is what was signed */
    psa_algorithm_t hash;   /* that hash: SHA-256 unless the key's algorithm names another; 0: nothing was signed */
    uint8_t signature[64];  /* r | s; all zero for a key that may not sign, which is proven by reading it back */
};

struct provision_evidence {
    uint8_t serial[CHIP_SERIAL_BYTES];
    enum chip_part part;
    size_t changes;   /* how many persistent changes this run made; 0: the device was finished already */
    uint64_t chip_us; /* chip time of the whole run */
    uint8_t profile_digest[PROFILE_DIGEST_BYTES];
    size_t key_count;
    struct provision_key_evidence keys[PROFILE_KEYS_MAX];
    struct chip_config config; /* read after the last write */
};

struct provision_callbacks {
    void *context;

    /* Before (`finished` false) and after each step. May be NULL. Returning false stops the run between steps. */
    bool (*progress)(void *context, const struct provision_plan *plan, const struct provision_step *step,
                     bool finished);

    /*
     * The key to import, in PSA's format (32-byte scalar or 65-byte point), into `out`, which the engine wipes. NULL
     * when the profile imports nothing.
     */
    bool (*import_key)(void *context, const struct profile_key *key, struct bytes_out *out, struct error *err);

    /* Whether irreversible steps are armed for this very device (serial) and profile (digest). NULL: never. */
    bool (*armed)(void *context, const uint8_t serial[static CHIP_SERIAL_BYTES],
                  const uint8_t profile_digest[static PROFILE_DIGEST_BYTES]);

    /* Reads a fresh config zone dump's consequences to the user just before a lock; false stops. May be NULL. */
    bool (*before_lock)(void *context, const struct provision_plan *plan, const struct provision_step *step);
};

struct provision;

/*
 * What the engine can do beyond registering, generating and proving keys in parts that are configured as delivered.
 * Each skill may be missing: then its code is not in the program, and a profile that needs it is refused while
 * observing. `imprint compile --c` names those that a profile needs, so that a board carries no others.
 */
struct provision_skills {
    /* Another configuration than as delivered, and keys that derive: profile_wanted_config(). */
    bool (*wanted_config)(const struct profile *profile, const struct chip_config *now, struct chip_config *wanted,
                          struct error *err);
    /* To write that configuration, to fill the data zone, and to lock: provision/configure.h, fill.h, gate.h. */
    enum provision_status (*write_config)(struct provision *provision, const struct provision_plan *plan,
                                          struct error *err);
    enum provision_status (*fill_data)(struct provision *provision, const struct provision_plan *plan,
                                       struct error *err);
    enum provision_status (*lock)(struct provision *provision, struct provision_plan *plan,
                                  const struct provision_step *step, struct error *err);
    /* To import, and to prove what was imported: provision/import.h. */
    enum provision_status (*import_key)(struct provision *provision, const struct profile_key *key,
                                        const psa_key_attributes_t *attributes, struct error *err);
    enum provision_status (*prove_import)(struct provision *provision, const struct profile_key *key,
                                          const uint8_t *point, bool finished, struct error *err);
};

/* All of them. */
extern const struct provision_skills provision_all_skills;

struct provision {
    struct driver *driver;                 /* bound; its chip and storage are used */
    const struct profile *profile;         /* has passed profile_check() */
    const struct provision_skills *skills; /* NULL: none */
    struct provision_callbacks callbacks;
};

/*
 * Looks at chip and key store and makes the plan. Writes nothing anywhere. Of a device that is refused the plan holds
 * what was found by then. psa_crypto_init() has been called. `err` is not NULL, here and below, and holds no reason
 * yet.
 */
enum provision_status provision_observe(struct provision *provision, struct provision_plan *plan, struct error *err);

/*
 * Does the plan's open steps in order and proves every key. `plan` is updated step by step, so that it tells how far a
 * failed run got. `evidence` is complete only with PROVISION_OK.
 */
enum provision_status provision_execute(struct provision *provision, struct provision_plan *plan,
                                        struct provision_evidence *evidence, struct error *err);

#endif
