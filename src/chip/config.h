/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The config zone, decoded. `struct chip_config` is the 128 bytes as read; everything else here reads or sets a field
 * of them. Only chip/ knows where a field lies (chip/config_layout.h): other rooms copy the zone whole, and never index
 * it. test/chip/check_zone_access.py holds this. What a slot can do depends on its two policy words and on the locks:
 * chip_slot_can() returns it as bits, chip_slot_why_not() names the rule that forbids the rest.
 */
#ifndef IMPRINT_CHIP_CONFIG_H
#define IMPRINT_CHIP_CONFIG_H

#include "chip/chip.h"
#include "chip/command.h"

#define CHIP_REVISION_BYTES 4

struct chip_config {
    uint8_t zone[CHIP_CONFIG_BYTES];       /* as a whole for everybody; its fields by the calls below */
    bool has_revision;                     /* the chip was asked for its revision: chip_identify_part() */
    uint8_t revision[CHIP_REVISION_BYTES]; /* what it answered */
};

enum chip_part {
    CHIP_PART_UNKNOWN = 0,
    CHIP_PART_ATECC508A,
    CHIP_PART_ATECC608A,
    CHIP_PART_ATECC608B,
};
const char *chip_part_name(enum chip_part part); /* "ATECC608B" */

/*
 * Which part it is, by the last two bytes of the revision: 60 names the ATECC608 family, of which 03 and every later
 * revision counts as an ATECC608B. The revision is the chip's answer to Info(Revision), which alone identifies a part
 * and may differ from RevNum in the config zone (Microchip's migration guide from the ATECC508A to the ATECC608B,
 * 1.2.4). RevNum stands in for it where no chip was asked: in a dump, and for a board.
 * chip_config_revision_is_known(): false for a later one, and for an unknown part.
 */
enum chip_part chip_config_part(const struct chip_config *config);
bool chip_config_revision_is_known(const struct chip_config *config);
struct bytes chip_config_revision(const struct chip_config *config); /* its four bytes, inside `config` */
void chip_config_set_revision(struct chip_config *config, const uint8_t revision[static CHIP_REVISION_BYTES]);
bool chip_config_revision_differs(const struct chip_config *config); /* the chip's answer is not RevNum */
void chip_config_serial(const struct chip_config *config, uint8_t serial[static CHIP_SERIAL_BYTES]);
bool chip_config_is_locked(const struct chip_config *config);        /* LockConfig is not 0x55 */
bool chip_data_is_locked(const struct chip_config *config);          /* LockValue is not 0x55 */
bool chip_config_is_i2c(const struct chip_config *config);           /* else a single-wire part */
uint8_t chip_config_i2c_address(const struct chip_config *config);   /* 7-bit, as it will be after the next wake */
enum chip_clock chip_config_clock(const struct chip_config *config); /* an unpublished divider counts as the slowest */

/* What the zone would be once a lock is set; the chip itself is locked by chip_lock_config() and chip_lock_data(). */
void chip_config_mark_locked(struct chip_config *config);
void chip_config_mark_data_locked(struct chip_config *config);

/* I2C_Address, 8-bit form: on a part without I2C the same byte configures its GPIO pin. */
uint8_t chip_config_address_byte(const struct chip_config *config);
void chip_config_set_address_byte(struct chip_config *config, uint8_t value);

/*
 * How a shared secret (ECDH) may leave the chip, by ChipOptions. Encrypted: with the IO protection key. A part that is
 * no ATECC608 has no such options and gives it in clear.
 */
enum chip_secret_output { CHIP_SECRET_CLEAR, CHIP_SECRET_ENCRYPTED, CHIP_SECRET_INSIDE };
enum chip_secret_output chip_config_ecdh_output(const struct chip_config *config);
bool chip_config_has_io_key(const struct chip_config *config);     /* the IO protection key may be used */
uint8_t chip_config_io_key_slot(const struct chip_config *config); /* the slot it lies in, where it may be used */

/* Sets ChipOptions: the IO protection key is in `slot`, and the secrets of ECDH and KDF leave the chip only encrypted
 * with it. */
void chip_config_protect_io(struct chip_config *config, uint8_t slot);

/* SecureBoot's mode and slots as a word: bytes 07 F7 are 0xF707. */
uint16_t chip_config_secure_boot(const struct chip_config *config);
void chip_config_set_secure_boot(struct chip_config *config, uint16_t value);

enum chip_key_type { CHIP_KEY_RESERVED, CHIP_KEY_P256, CHIP_KEY_AES, CHIP_KEY_DATA };
enum chip_read_rule { CHIP_READ_NEVER, CHIP_READ_CLEAR, CHIP_READ_ENCRYPTED };
enum chip_write_rule { CHIP_WRITE_ALWAYS, CHIP_WRITE_IF_INVALID, CHIP_WRITE_NEVER, CHIP_WRITE_ENCRYPTED };
enum chip_derive_rule { CHIP_DERIVE_NEVER, CHIP_DERIVE_ROLL, CHIP_DERIVE_CREATE };

/* SlotConfig, KeyConfig and SlotLocked of one slot, taken apart; after-lock meaning, locks not applied. */
struct chip_slot_policy {
    uint16_t slot_config; /* as a word: bytes 83 20 are 0x2083 */
    uint16_t key_config;
    uint16_t bytes; /* size of the slot: 36, 416 or 72 */
    bool locked;    /* SlotLocked bit is 0 */
    /* KeyConfig */
    bool is_private; /* Private: holds an ECC private key */
    bool pub_info;   /* private: its public key may be computed; public: must be validated before use */
    enum chip_key_type type;
    bool lockable, req_random, req_auth, persistent_disable;
    uint8_t auth_key, x509_id;
    /* SlotConfig, private keys */
    bool external_sign, internal_sign, ecdh, ecdh_to_slot;
    /* SlotConfig, other slots */
    bool check_mac_copy; /* ReadKey is 0 */
    enum chip_read_rule read;
    /* SlotConfig, all */
    bool is_secret, encrypt_read, no_mac, limited_use;
    uint8_t read_key, write_key;
    enum chip_write_rule write;
    bool gen_key, priv_write, derive_mac;
    enum chip_derive_rule derive;
};
/* `slot` 0..15. */
struct chip_slot_policy chip_slot_policy(const struct chip_config *config, uint8_t slot);

/* The parts that decide most, each by itself, so that a microcontroller need not carry the rest. `slot` 0..15. */
uint16_t chip_slot_config(const struct chip_config *config, uint8_t slot);
uint16_t chip_key_config(const struct chip_config *config, uint8_t slot);
bool chip_slot_is_locked(const struct chip_config *config, uint8_t slot);
bool chip_slot_is_private(const struct chip_config *config, uint8_t slot);
bool chip_slot_is_key_pair(const struct chip_config *config, uint8_t slot); /* private, and of type P-256 */
uint8_t chip_slot_write_key(const struct chip_config *config, uint8_t slot);
bool chip_slot_needs_latch(const struct chip_config *config, uint8_t slot); /* PersistentDisable: see CHIP_RULE_LATCH */
bool chip_slot_is_limited(const struct chip_config *config, uint8_t slot);  /* LimitedUse: each use of its key counts */
bool chip_slot_keeps_secret(const struct chip_config *config, uint8_t slot); /* ECDH's result goes into slot N|1 */

/*
 * Whether whoever reaches the bus can have the chip write a shared secret over what `slot` holds: it is the odd one of
 * a pair whose other slot may do ECDH (mode 04, result into slot N|1), whatever the policy of `slot` says about writes.
 */
bool chip_slot_takes_secret(const struct chip_config *config, uint8_t slot);

/* Sets both policy words of `slot` (0..15). */
void chip_set_slot_policy(struct chip_config *config, uint8_t slot, uint16_t slot_config, uint16_t key_config);

/*
 * What a slot can do in the chip's present lock state. As bits of a word: chip_slot_can().
 * A chip whose config zone is unlocked can do none of it.
 */
enum chip_ability {
    CHIP_CAN_SIGN_DIGEST = 1 << 0,   /* external Sign */
    CHIP_CAN_SIGN_INTERNAL = 1 << 1, /* attest GenKey and GenDig digests */
    CHIP_CAN_ECDH = 1 << 2,
    CHIP_CAN_GENERATE = 1 << 3,      /* GenKey may create a private key here */
    CHIP_CAN_IMPORT_CLEAR = 1 << 4,  /* PrivWrite in clear (data zone unlocked) */
    CHIP_CAN_IMPORT_SECRET = 1 << 5, /* PrivWrite encrypted with the key in the WriteKey slot */
    CHIP_CAN_GIVE_PUBLIC = 1 << 6,   /* the public key of the private key here can be computed */
    CHIP_CAN_HOLD_PUBLIC = 1 << 7,   /* is for a P-256 public key that Verify can use */
    CHIP_CAN_WRITE_CLEAR = 1 << 8,   /* Write in clear */
    CHIP_CAN_READ_CLEAR = 1 << 9,
    CHIP_CAN_LOCK = 1 << 10, /* Lock of this single slot */
    CHIP_CAN_HMAC = 1 << 11, /* HMAC-SHA-256 with the secret here */
    CHIP_CAN_AES = 1 << 12,  /* AES-128 with the key here (ATECC608) */
    CHIP_CAN_MAC = 1 << 13,  /* MAC with the secret here over the chip's own challenge */
};
uint32_t chip_slot_can(const struct chip_config *config, uint8_t slot);

/*
 * The rules that keep a slot from an ability, each in words in chip/rule_words.c. The numbers stay: a microcontroller
 * that carries no words logs them.
 */
enum chip_rule {
    CHIP_RULE_NONE = 0,
    CHIP_RULE_NO_SLOT = 1,
    CHIP_RULE_CONFIG_OPEN = 2,
    CHIP_RULE_NOT_PRIVATE = 3,
    CHIP_RULE_NOT_P256 = 4,
    CHIP_RULE_NOT_SECRET = 5,
    CHIP_RULE_TOO_SHORT = 6,
    CHIP_RULE_PRIVATE = 7,
    CHIP_RULE_PUBLIC_NOT_P256 = 8,
    CHIP_RULE_UNVALIDATED = 9,
    CHIP_RULE_REQ_RANDOM = 10,
    CHIP_RULE_SLOT_LOCKED = 11,
    CHIP_RULE_LOCKED_ALREADY = 12,
    CHIP_RULE_NOT_LOCKABLE = 13,
    CHIP_RULE_SIGN_INTERNAL_LATER = 14,
    CHIP_RULE_ECDH_LATER = 15,
    CHIP_RULE_READ_LATER = 16,
    CHIP_RULE_IMPORT_CLEAR_OVER = 17,
    CHIP_RULE_NO_EXTERNAL_SIGN = 18,
    CHIP_RULE_NO_INTERNAL_SIGN = 19,
    CHIP_RULE_NO_ECDH = 20,
    CHIP_RULE_NO_GENKEY = 21,
    CHIP_RULE_NO_PRIVWRITE = 22,
    CHIP_RULE_NO_PUB_INFO = 23,
    CHIP_RULE_WRITE_ENCRYPTED = 24,
    CHIP_RULE_WRITE_NEVER = 25,
    CHIP_RULE_READ_ENCRYPTED = 26,
    CHIP_RULE_READ_NEVER = 27,
    CHIP_RULE_REQ_AUTH = 28,
    CHIP_RULE_REQ_AUTH_GENKEY = 29,
    CHIP_RULE_LATCH = 30,
    CHIP_RULE_WRITE_KEY_AUTH = 31,
    CHIP_RULE_WRITE_KEY_LATCH = 32,
    CHIP_RULE_NOT_DATA = 33,
    CHIP_RULE_NOT_AES = 34,
    CHIP_RULE_KEY_IN_CLEAR = 35,
    CHIP_RULE_NO_AES = 36,
    CHIP_RULE_NO_MAC = 37,
    CHIP_RULE_HMAC_REQ_RANDOM = 38,
    CHIP_RULE_SYMMETRIC_LATER = 39,
    CHIP_RULE_COUNT = 40,
};

/*
 * The first rule that keeps the slot from one of `abilities` (enum chip_ability bits) that chip_slot_can() does not
 * list, and in `*reason` the machine's word for it. CHIP_RULE_LATCH only where nothing else forbids them: the latch may
 * be set. CHIP_RULE_NONE, with `*reason` untouched, when the slot has all of them.
 */
enum chip_rule chip_slot_why_not(const struct chip_config *config, uint8_t slot, uint32_t abilities,
                                 enum error_reason *reason);

/* The size of a slot in bytes: 36, 416 or 72. */
uint16_t chip_slot_bytes(uint8_t slot);

/* One field of the config zone outside the per-slot tables, for tools that print or compare it. */
enum chip_field_setter { CHIP_SET_NEVER, CHIP_SET_WRITE, CHIP_SET_UPDATE_EXTRA, CHIP_SET_LOCK, CHIP_SET_OPERATION };
struct chip_config_field {
    const char *name;      /* Microchip's name on the 608: "CountMatch" */
    const char *name_508a; /* where it differs, else NULL */
    uint8_t offset, width; /* bytes */
    enum chip_field_setter setter;
    const char *meaning;
};
extern const struct chip_config_field chip_config_fields[];
extern const size_t chip_config_field_count;

/* The bytes of the field inside `config`. */
struct bytes chip_config_field(const struct chip_config *config, const struct chip_config_field *field);

/*
 * Policy: what Write may set. Two chips with equal policy bytes behave alike. Not policy are identity, counters,
 * UserExtra and locks, nor the middle run on an ATECC508A, where it counts the uses of slot 15 down.
 */
struct chip_policy_bytes {
    uint8_t low[36];    /* bytes 16 to 51: I2C_Address to the last SlotConfig */
    uint8_t middle[16]; /* bytes 68 to 83: UseLock to the reserved bytes */
    uint8_t high[38];   /* bytes 90 to 127: ChipOptions to the last KeyConfig */
};

/* Is the byte at `offset` policy on this part? */
bool chip_config_byte_is_policy(enum chip_part part, uint8_t offset);

/* Sets the bytes of `config` that are policy on this part. */
void chip_config_set_policy(struct chip_config *config, enum chip_part part, const struct chip_policy_bytes *policy);

/* The other way round: the policy bytes of `config`; those that are none on this part are 0. */
void chip_config_get_policy(const struct chip_config *config, enum chip_part part, struct chip_policy_bytes *policy);

/*
 * A config zone with this policy, for questions about it without a chip: of a part on I2C with AES (an ATECC608), on
 * which nothing is locked and no identity is set.
 */
void chip_config_model(struct chip_config *config, enum chip_part part, const struct chip_policy_bytes *policy);

/* How many policy bytes of `config` are not those of `policy`. */
unsigned chip_config_policy_distance(const struct chip_config *config, enum chip_part part,
                                     const struct chip_policy_bytes *policy);

/* Offset of the first policy byte in which the two differ, or -1 when there is none. */
int chip_config_compare_policy(enum chip_part part, const struct chip_config *a, const struct chip_config *b);

/* The same over the whole zone but LockValue and LockConfig. */
int chip_config_compare_unlocked(const struct chip_config *a, const struct chip_config *b);

/* Adds the byte at `offset` (0..127) to `err`: where it is, what was expected and what was found. */
void chip_config_note_difference(struct error *err, int offset, const struct chip_config *expected,
                                 const struct chip_config *found);

#endif
