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

#include "base/p256.h"
#include "cert/parts.h"
#include "psa/driver.h"
#include "psa/location.h"
#include "psa/slots.h"
#include "profile/profile.h"
#include "provision/mark.h"

enum provision_status {
    PROVISION_OK = 0,
    PROVISION_REFUSED,     /* the chip or PSA refused, or a key failed its proof */
    PROVISION_UNREACHABLE, /* the chip does not answer */
    PROVISION_WRONG,       /* not the device the profile expects */
    PROVISION_NOT_ARMED,   /* an irreversible step is not armed; nothing was locked */
    PROVISION_STORAGE,     /* the key store failed */
    PROVISION_INPUT,       /* a key to import could not be read, or a write key was not given */
    PROVISION_INTERRUPTED, /* the caller asked to stop; safe to run again */
};

/*
 * The kinds of steps, in the order in which they are done: to add one is to write steps/NAME.c and a row here. The
 * number is how many such steps a plan can have at most: 1 for the device, or one for each key or datum. (Every key is
 * made by one of three kinds, of which only the first counts.)
 */
#define PROVISION_STEP_ROWS(ROW)                                                                                       \
    ROW(expect_mark, 0)                                                                                                \
    ROW(expect_config, 0)                                                                                              \
    ROW(make_io_key, PROFILE_HAS_DATA)                                                                                 \
    ROW(write_config, 1)                                                                                               \
    ROW(lock_config, 1)                                                                                                \
    ROW(begin_mark, 1)                                                                                                 \
    ROW(register_key, PROFILE_KEYS_MAX)                                                                                \
    ROW(generate_key, 0)                                                                                               \
    ROW(import_key, 0)                                                                                                 \
    ROW(get_certificate, PROFILE_CERTIFICATES_MAX)                                                                     \
    ROW(write_data, PROFILE_DATA_MAX)                                                                                  \
    ROW(fill_data, 1)                                                                                                  \
    ROW(lock_data, 1)                                                                                                  \
    ROW(prove_data, PROFILE_DATA_MAX)                                                                                  \
    ROW(register_secret, PROFILE_DATA_MAX)                                                                             \
    ROW(lock_io_key, PROFILE_HAS_DATA)                                                                                 \
    ROW(prove_key, PROFILE_KEYS_MAX)                                                                                   \
    ROW(prove_certificate, PROFILE_CERTIFICATES_MAX)                                                                   \
    ROW(lock_slot, PROFILE_KEYS_MAX)                                                                                   \
    ROW(finish_mark, 1)                                                                                                \
    ROW(prove_tls, PROFILE_CERTIFICATES_MAX)

/* How many rows there are, and the sum of their numbers. */
#define PROVISION_STEP_INDEX(name, most) PROVISION_STEP_INDEX_##name,
#define PROVISION_STEP_MOST(name, most) (most) + /* NOLINT(bugprone-macro-parentheses): one term of the sum */
enum { PROVISION_STEP_ROWS(PROVISION_STEP_INDEX) PROVISION_STEP_KINDS };
enum { PROVISION_STEPS_MAX = PROVISION_STEP_ROWS(PROVISION_STEP_MOST) 0 };

#define PROVISION_CHALLENGE_BYTES 32
#define PROVISION_CERTIFICATE_MAX CERT_ISSUED_MAX /* of a whole certificate */
#define PROVISION_CERTIFICATE_BYTES 72            /* of a slot: a compressed certificate, or a padded public key */
#define PROVISION_NO_KEY (-1)
#define PROVISION_LOST_BYTES 8 /* of the hash of a public key that will be lost */

struct provision_step_kind;

struct provision_step {
    const struct provision_step_kind *kind;
    bool done;          /* found done while observing, or done by this run */
    bool started;       /* found started: the key's slot holds a key that was never recorded, or was destroyed */
    bool store_only;    /* gets a certificate that is there already: it writes to the key store alone */
    bool adopts;        /* makes only the record of a key that is in the chip: see provision/adopt.h */
    bool is_persistent; /* changes something that stays */
    bool forever;       /* cannot be undone: passes the gate */
    bool limited;       /* a proof whose key counts its uses: see provision/use.h */
    bool spends_use;    /* of a limited one: the key signs its proof, which uses it up once */
    uint8_t uses_spent; /* of a limited one: how often the key signs in this step, and in what the caller does after it;
                           0: it only shows its public key */
    uint32_t uses_left; /* of a limited one, or DRIVER_USES_UNKNOWN */
    bool replaces;      /* the key that its slot holds will be lost: see provision/replace.h */
    bool loses_data;    /* other data than the step's, in the slots of its certificate, will be lost */
    bool shows_lost;    /* of one that replaces: the chip shows that key's public key, and `lost` is set */
    bool loses_unused;  /* that key is the maker's unused one: told by the station, of a manifest */
    uint8_t lost[PROVISION_LOST_BYTES]; /* the start of the SHA-256 of that public key, 04 | X | Y */
    int key;                            /* index into profile->keys, or PROVISION_NO_KEY */
    uint8_t datum;         /* one more than the index into profile->data; 0: the step is for none of them */
    uint8_t slot;          /* PROFILE_SLOT_ANY: none, or not chosen yet */
    uint8_t sends_most;    /* bytes of the longest group that the step sends to the chip; its kind's ... */
    uint8_t receives_most; /* ... and of the longest reply; observe() may lower both */
    uint32_t chip_us;      /* chip time this step took; 0 before */
};

/* What a device is before a run: derived from chip and key store each time, stored nowhere. */
enum provision_state {
    PROVISION_STATE_UNKNOWN = 0, /* chip or key store could not be read */
    PROVISION_STATE_BLANK,       /* no step of this profile is done */
    PROVISION_STATE_PARTIAL,     /* some are */
    PROVISION_STATE_DONE,        /* all persistent steps are */
    PROVISION_STATE_OTHER,       /* its mark says that another profile made it */
    PROVISION_STATE_ELSEWHERE,   /* its mark says that it is done, but the key records are not here */
    PROVISION_STATE_FOREIGN,     /* another configuration, or other keys in the slots of this profile */
    PROVISION_STATE_WRONG_PART,  /* a part that the profile does not allow */
    PROVISION_STATE_COUNT
};
const char *provision_state_name(enum provision_state state); /* "partial" */

/* What was found, and what is still to do. Valid as long as the profile and the kinds of steps it was made from. */
struct provision_plan {
    uint8_t serial[CHIP_SERIAL_BYTES];
    uint8_t profile_digest[PROFILE_DIGEST_BYTES];
    enum chip_part part;
    size_t changes_left; /* persistent steps not done yet; 0: the device is finished, and this run only proves it */
    size_t step_count;
    struct provision_step steps[PROVISION_STEPS_MAX];
    struct chip_config found;  /* config zone as observed */
    struct chip_config wanted; /* config zone as planned: `found` with what the steps change */
    struct mark mark;          /* what the mark says, kept up to date by the steps that write it */
};

struct provision;
struct provision_run;
struct provision_lock;
struct provision_adoption;

/* Whether a profile needs such a step: for the device (`key` is PROVISION_NO_KEY), or for the key with that index. */
typedef bool provision_is_needed(const struct profile *profile, int key);

/* Does one step of the plan: see provision/run.h. Which key and slot failed is for the caller to say. */
typedef enum provision_status provision_run_step(struct provision_run *run, struct provision_step *step,
                                                 struct error *err);

/*
 * All that the engine, the boards and the station know of one kind of step. The name lies in the struct and is no
 * pointer, so that an image that stores its texts elsewhere (-DIMPRINT_TEXTS=OFF) still has it.
 */
struct provision_step_kind {
    char name[20];      /* "generate-key" */
    bool is_persistent; /* changes something that stays */
    bool makes_key;     /* afterwards the key store has a record of the step's key */
    bool proves_key;    /* afterwards the evidence of the step's key is complete */
    bool by_use;        /* proves the finished device by use: done last, when the evidence is complete */
    uint8_t sends_most; /* bytes of the longest group that such a step sends: CHIP_SENT_BYTES(). 0: none that is longer
                           than those that looking at the device takes */
    uint8_t receives_most; /* the same of replies: CHIP_REPLY_BYTES() */
    provision_is_needed *is_needed;

    /*
     * For a kind with a step for each entry of the profile's data: whether it has one for this entry. The profile needs
     * the kind if it needs it for the device. NULL: it is for the device, or for keys.
     */
    bool (*is_for)(const struct profile_datum *datum);
    bool proves_datum; /* afterwards its slot holds what the profile or the key store says */
    bool registers;    /* afterwards the key store has a record of the step's secret */

    /*
     * Sets the step's `done`, and for a step that makes a key `started` and `slot`; the rest is set already. Writes
     * nothing to the chip. False with the reason where this device cannot become what the profile asks for. NULL: the
     * step is never found done. Earlier steps are in the plan.
     */
    bool (*observe)(struct provision *provision, struct provision_plan *plan, struct provision_step *step,
                    struct error *err);

    provision_run_step *run; /* NULL: there is only something to observe, and no step in the plan */

    /*
     * For a kind that makes keys: whether the public key `point` that the chip shows (65 bytes) is the key that the
     * profile means. `finished`: the device was finished before this run. NULL: any key is.
     */
    enum provision_status (*prove)(struct provision *provision, const struct profile_key *key, const uint8_t *point,
                                   bool finished, struct error *err);

    const struct provision_lock *lock; /* for a kind that the gate runs: provision/gate.h; else NULL */
    const char *doing;                 /* after "cannot": "lock the slot" */
    const char *consequence;           /* what can never be changed again; NULL: the step can be undone */
};

/* Steps are indices into the plan's, -1 for none. */
struct provision_triage {
    enum provision_state state;
    int stopped_after; /* PARTIAL: the last step done before the first that is not */
    int stopped_in;    /* PARTIAL: the first that is not, where it was started, or is the first of all */
};

/* How far a device has come: by its plan, or by the reason why provision_observe() refused it (else ERROR_NONE). */
struct provision_triage provision_triage(const struct provision_plan *plan, enum error_reason refusal);

/* What one proven key showed. */
struct provision_key_evidence {
    uint32_t key_id;
    uint8_t slot;
    bool created;    /* by this run */
    bool proven;     /* it showed its public key and, if it may sign, signed the challenge */
    bool unverified; /* it signed the station's nonce, and only the station verifies that: nothing was written after it
                      */
    bool compared;   /* its uses are limited: it did not sign, its public key is the one that the record says proved
                        itself */
    uint8_t public_key[P256_POINT_BYTES];         /* 04 | X | Y as read from the chip */
    uint8_t challenge[PROVISION_CHALLENGE_BYTES]; /* of this run; the key signed link_proof_text() with it */
    psa_algorithm_t hash; /* the text's hash: SHA-256 unless the key's algorithm names another; 0: nothing was signed */
    uint8_t signature[P256_SIGNATURE_BYTES]; /* r | s; all zero for a key that may not sign, which is proven by reading
                                                it back */
};

/* What one secret or other data showed. */
struct provision_datum_evidence {
    bool written;                                 /* by this run */
    uint8_t challenge[PROVISION_CHALLENGE_BYTES]; /* of a secret, of this run */
    uint8_t answer[CHIP_DIGEST_BYTES]; /* what the chip computed: HMAC-SHA-256 of link_proof_text() with the challenge;
                                          of an AES key the 16 bytes to which it encrypts the start of that text's
                                          SHA-256. Of other data the SHA-256 of what was read back */
    size_t answer_bytes;
};

struct provision_evidence {
    bool complete; /* all is done and proven but what is proven by use */
    uint8_t serial[CHIP_SERIAL_BYTES];
    enum chip_part part;
    size_t changes;   /* how many persistent changes this run made; 0: the device was finished already */
    uint64_t chip_us; /* chip time since chip_init(): opening and planning too */
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

    /*
     * Whether a key that was in the chip before this run is the one that the caller has a record of. Asked each time a
     * key is to be proven, so before the data zone or the key's slot is locked. `key` has key id, slot and public key.
     * False with the reason. NULL: there are no records.
     */
    bool (*matches_record)(void *context, const struct provision_key_evidence *key, struct error *err);

    /*
     * Whether the caller's record says that this key proved itself, that `point` is its public key (65 bytes), and that
     * a certificate request is there if the profile asks for one. Such a key need not sign again where each use counts.
     * NULL: there is no record.
     */
    bool (*recorded)(void *context, const struct profile_key *key, const uint8_t *point);

    /*
     * The public key (65 bytes, into `point`) of a key that proved itself, where the caller's record says so. The chip
     * need not show it: a signature that verifies under it proves that the slot still holds that key. False: the record
     * names no such key. NULL: there is no record, or none with whole public keys, as on a board.
     */
    bool (*recorded_key)(void *context, const struct profile_key *key, uint8_t *point);

    /*
     * Whether `signature` (r | s) over `message` is by the key of `point` (65 bytes), for a host that has a quicker
     * library than Mbed TLS. NULL, or false: Mbed TLS decides (crypto/verify.h).
     */
    bool (*verifies)(void *context, const uint8_t *point, psa_algorithm_t hash, struct bytes message,
                     const uint8_t *signature);

    /*
     * Whether the key that `slot` holds may be lost for ever, because this run makes another in its place. `point` is
     * its public key (65 bytes), NULL where the chip does not show it. False with the reason where a record names that
     * key. NULL: there are no records.
     */
    bool (*may_replace)(void *context, uint8_t slot, const uint8_t *point, struct error *err);

    /* Whether irreversible steps are armed for this very device (serial) and profile (digest). NULL: never. */
    bool (*armed)(void *context, const uint8_t serial[static CHIP_SERIAL_BYTES],
                  const uint8_t profile_digest[static PROFILE_DIGEST_BYTES]);

    /* Shows the consequences to the user just before an irreversible step; false stops the run. May be NULL. */
    bool (*before_lock)(void *context, const struct provision_plan *plan, const struct provision_step *step);
};

/* Whether the key must sign a certificate request before its certificate can be issued. */
enum provision_request {
    PROVISION_REQUEST_NONE = 0, /* no: the issuer signs what the caller builds */
    PROVISION_REQUEST_NEEDED,
    PROVISION_REQUEST_KEPT, /* it has: the caller keeps the request of an earlier run, in which the key proved itself */
};

/* Who gets certificates for the engine: the station, from an issuer (station/certificate_issue.h). */
struct provision_certificates {
    void *context;

    /*
     * What profile->certificates[index], of which none was issued before, takes; `point` (65 bytes) NULL: the key is
     * not made yet. False with the reason, where there is no such issuer. NULL: no issuer needs a request.
     */
    bool (*request)(void *context, size_t index, const uint8_t serial[static CHIP_SERIAL_BYTES], const uint8_t *point,
                    enum provision_request *request, struct error *err);

    /*
     * The certificate of profile->certificates[index], in DER, for the key with this public key (65 bytes) in the chip
     * with this serial number: the one that was issued before, else, only if `issue`, a new one. When this returns, it
     * is checked and kept where a power cut does not reach it; `der` is valid until the next call, empty where none was
     * issued before. `issue`: this program has just seen the key's proof, or keeps a request from when it did. The key
     * signs a request only where request() has said so. False with the reason.
     */
    bool (*get)(void *context, size_t index, const uint8_t serial[static CHIP_SERIAL_BYTES],
                const uint8_t point[static P256_POINT_BYTES], bool issue, struct bytes *der, struct error *err);

    /* What the slot of the chip is to hold of the certificates that get() has returned. False: nothing. */
    bool (*slot)(void *context, uint8_t slot, uint8_t content[static PROVISION_CERTIFICATE_BYTES]);
};

/* The contents of the profile's data: the caller has them, and keeps what they proved. steps/datum.h has block(). */
struct provision_contents {
    void *context;

    /*
     * The content of profile->data[index] for the chip with this serial number: a secret whole, other data as long as
     * it is, into `out`, which the engine wipes. The same in each call of a run. False with the reason. Not asked for
     * an IO protection key.
     */
    bool (*get)(void *context, size_t index, const uint8_t serial[static CHIP_SERIAL_BYTES], struct bytes_out *out,
                struct error *err);

    /* What it showed, when it has just proven itself. */
    void (*proven)(void *context, size_t index, const struct provision_datum_evidence *evidence);

    /* provision_datum_block(): puts what the slot's block is to hold into `out`, where the profile has data for it. */
    enum provision_status (*block)(const struct provision *provision, const struct provision_plan *plan, uint8_t slot,
                                   uint8_t block, uint8_t out[static 32], struct error *err);
};

/* Who connects the finished device to a server: the station (station/connection_proof.h). */
struct provision_connections {
    void *context;

    /*
     * Whether profile->certificates[index] can be proven by its connection, as far as that is known without a network:
     * asked before anything is written. False with the reason.
     */
    bool (*check)(void *context, size_t index, struct error *err);

    /* Whether the caller's record says that this was proven, for the certificate that the device has now. */
    bool (*recorded)(void *context, size_t index);

    /*
     * All is done, and `evidence` is complete: keeps it before a server is asked, so that neither a power cut nor the
     * server can lose it. False with the reason.
     */
    bool (*keep)(void *context, const struct provision_evidence *evidence, struct error *err);

    /*
     * Connects with the certificate and its key, which signs once. `sign` false: the key must not sign, the record's
     * proof stands. False with the reason where the server's application has not accepted the device.
     */
    bool (*prove)(void *context, size_t index, bool sign, struct error *err);
};

struct provision {
    struct driver *driver;         /* bound; its chip and storage are used */
    const struct profile *profile; /* has passed profile_check() */
    /*
     * The kinds of steps that this program supports, in the order of their rows, then NULL: provision_all_steps
     * (provision/steps.h), or the table of a compiled profile, which makes an IO protection key after the config lock:
     * before it the chip gives a board no random numbers. A profile that needs another kind is refused while
     * observing.
     */
    const struct provision_step_kind *const *steps;
    struct provision_callbacks callbacks;
    const struct provision_certificates *certificates; /* NULL: no profile with certificates can be done */
    const struct provision_contents *contents;         /* NULL: no profile with data can be done */
    /* NULL: this program connects to no server. `prove: tls` is then a station's, and `steps` has no such step. */
    const struct provision_connections *connections;
    const struct provision_adoption *adoption; /* makes key records instead of keys (provision/adopt.h); else NULL */
    /*
     * The station's nonce, PROVISION_CHALLENGE_BYTES: every key of the run signs it, with serial number and key id. The
     * station verifies the signatures; of a finished device, where nothing is written that relies on them, it alone.
     * NULL: each key signs a random challenge of this host's. Must stay valid while the engine runs.
     */
    const uint8_t *nonce;
    const struct chip_config *config; /* as the caller has just read it; NULL: the engine reads it */
    struct driver_seen seen;          /* private: what the run has learned of the slots, from observing on */
};

/*
 * Looks at chip and key store and makes the plan. Writes nothing anywhere. Of a device that is refused the plan holds
 * what was found by then. psa_crypto_init() has been called. `err` is not NULL, here and below, and holds no reason
 * yet. After success the chip is awake, for provision_execute(): chip_sleep() if that does not follow.
 */
enum provision_status provision_observe(struct provision *provision, struct provision_plan *plan, struct error *err);

/*
 * Does the plan's open steps in order and proves every key. `plan` is updated step by step, so that it tells how far a
 * failed run got. `evidence` is complete only with PROVISION_OK, or where it says so: then only a proof by use failed.
 */
enum provision_status provision_execute(struct provision *provision, struct provision_plan *plan,
                                        struct provision_evidence *evidence, struct error *err);

#endif
