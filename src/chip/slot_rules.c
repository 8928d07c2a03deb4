/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a slot can do, as one table of rules: an ability is there when none of its rules forbids it, and the first that
 * does is the answer to "why not"; rule_words.c says it in words. Rules are ordered from what can never change (what
 * the slot is for) to what a lock may still change. Where public sources leave it open whether a part allows something,
 * the rule forbids it: so with the public key of a slot that is to hide it, while the data zone is unlocked.
 *
 * Sources: ATECC508A data sheet DS20005927, sections 2.2.1 to 2.4.3 and tables 2-6 to 2-12; ATECC608B-TNGTLS data
 * sheet, sections 2.2 and 5; expectations of cryptoauthlib's tests against real parts.
 */
#include "chip/config.h"

#include "base/order.h"
#include "chip/config_layout.h"

/* The chip's lock state as the data sheets count it, one bit each. */
enum lock_state {
    STATE_OPEN = 1 << 0,    /* config zone unlocked */
    STATE_FILLING = 1 << 1, /* config locked, data and OTP unlocked: slot policies not in force yet */
    STATE_LOCKED = 1 << 2,  /* both locked: slot policies in force */
};
#define ANY_STATE (STATE_OPEN | STATE_FILLING | STATE_LOCKED)
#define CLOSED (STATE_FILLING | STATE_LOCKED)

enum subject {
    SUBJECT_STATE,
    SUBJECT_SLOT,
    SUBJECT_IS_LOCKED,
    SUBJECT_SLOT_CONFIG,
    SUBJECT_KEY_CONFIG,
    SUBJECT_WRITE_KEY_CONFIG, /* KeyConfig of the WriteKey slot, whose key encrypts imports */
    SUBJECT_AES_ENABLE,
    SUBJECTS
};

#define SIGNS (CHIP_CAN_SIGN_DIGEST | CHIP_CAN_SIGN_INTERNAL)
#define IMPORTS (CHIP_CAN_IMPORT_CLEAR | CHIP_CAN_IMPORT_SECRET)
#define PRIVATE_KEY (SIGNS | CHIP_CAN_ECDH | CHIP_CAN_GENERATE | IMPORTS | CHIP_CAN_GIVE_PUBLIC)
#define ACCESS (CHIP_CAN_WRITE_CLEAR | CHIP_CAN_READ_CLEAR)
#define MACS (CHIP_CAN_HMAC | CHIP_CAN_MAC)
#define SYMMETRIC (MACS | CHIP_CAN_AES)
#define ALL_ABILITIES (PRIVATE_KEY | CHIP_CAN_HOLD_PUBLIC | ACCESS | CHIP_CAN_LOCK | SYMMETRIC)

/* In the given states, the abilities need (subject & mask) == value. */
struct slot_rule {
    uint16_t abilities;
    uint16_t mask, value;
    uint8_t states;
    uint8_t subject; /* enum subject */
};

static const struct slot_rule slot_rules[] = {
    [CHIP_RULE_CONFIG_OPEN] = {ALL_ABILITIES, STATE_OPEN, 0, ANY_STATE, SUBJECT_STATE},

    /* What the slot is for. */
    [CHIP_RULE_NOT_PRIVATE] = {PRIVATE_KEY, 0x0001, 0x0001, CLOSED, SUBJECT_KEY_CONFIG},
    [CHIP_RULE_NOT_P256] = {PRIVATE_KEY, 0x001C, 0x0010, CLOSED, SUBJECT_KEY_CONFIG},
    [CHIP_RULE_NOT_SECRET] = {PRIVATE_KEY, 0x0080, 0x0080, CLOSED, SUBJECT_SLOT_CONFIG},
    [CHIP_RULE_TOO_SHORT] = {CHIP_CAN_HOLD_PUBLIC, 8, 8, CLOSED, SUBJECT_SLOT},
    [CHIP_RULE_PRIVATE] = {CHIP_CAN_HOLD_PUBLIC | ACCESS, 0x0001, 0, CLOSED, SUBJECT_KEY_CONFIG},
    [CHIP_RULE_PUBLIC_NOT_P256] = {CHIP_CAN_HOLD_PUBLIC, 0x001C, 0x0010, CLOSED, SUBJECT_KEY_CONFIG},
    [CHIP_RULE_UNVALIDATED] = {CHIP_CAN_HOLD_PUBLIC, 0x0002, 0, CLOSED, SUBJECT_KEY_CONFIG},
    [CHIP_RULE_REQ_RANDOM] = {CHIP_CAN_HOLD_PUBLIC, 0x0040, 0, CLOSED, SUBJECT_KEY_CONFIG},

    /* Locks. */
    [CHIP_RULE_SLOT_LOCKED] = {CHIP_CAN_GENERATE | IMPORTS | CHIP_CAN_WRITE_CLEAR, 1, 0, CLOSED, SUBJECT_IS_LOCKED},
    [CHIP_RULE_LOCKED_ALREADY] = {CHIP_CAN_LOCK, 1, 0, CLOSED, SUBJECT_IS_LOCKED},
    [CHIP_RULE_NOT_LOCKABLE] = {CHIP_CAN_LOCK, 0x0020, 0x0020, CLOSED, SUBJECT_KEY_CONFIG},
    [CHIP_RULE_SIGN_INTERNAL_LATER] = {CHIP_CAN_SIGN_INTERNAL, STATE_FILLING, 0, STATE_FILLING, SUBJECT_STATE},
    [CHIP_RULE_ECDH_LATER] = {CHIP_CAN_ECDH, STATE_FILLING, 0, STATE_FILLING, SUBJECT_STATE},
    [CHIP_RULE_READ_LATER] = {CHIP_CAN_READ_CLEAR, STATE_FILLING, 0, STATE_FILLING, SUBJECT_STATE},
    [CHIP_RULE_IMPORT_CLEAR_OVER] = {CHIP_CAN_IMPORT_CLEAR, STATE_LOCKED, 0, STATE_LOCKED, SUBJECT_STATE},

    /* Uses. */
    [CHIP_RULE_NO_EXTERNAL_SIGN] = {CHIP_CAN_SIGN_DIGEST, 0x0001, 0x0001, CLOSED, SUBJECT_SLOT_CONFIG},
    [CHIP_RULE_NO_INTERNAL_SIGN] = {CHIP_CAN_SIGN_INTERNAL, 0x0002, 0x0002, CLOSED, SUBJECT_SLOT_CONFIG},
    [CHIP_RULE_NO_ECDH] = {CHIP_CAN_ECDH, 0x0004, 0x0004, CLOSED, SUBJECT_SLOT_CONFIG},
    [CHIP_RULE_NO_GENKEY] = {CHIP_CAN_GENERATE, 0x2000, 0x2000, STATE_LOCKED, SUBJECT_SLOT_CONFIG},
    [CHIP_RULE_NO_PRIVWRITE] = {CHIP_CAN_IMPORT_SECRET, 0x4000, 0x4000, STATE_LOCKED, SUBJECT_SLOT_CONFIG},
    [CHIP_RULE_NO_PUB_INFO] = {CHIP_CAN_GIVE_PUBLIC, 0x0002, 0x0002, CLOSED, SUBJECT_KEY_CONFIG},
    [CHIP_RULE_WRITE_ENCRYPTED] = {CHIP_CAN_WRITE_CLEAR, 0x4000, 0, STATE_LOCKED, SUBJECT_SLOT_CONFIG},
    [CHIP_RULE_WRITE_NEVER] = {CHIP_CAN_WRITE_CLEAR, 0xA000, 0, STATE_LOCKED, SUBJECT_SLOT_CONFIG},
    [CHIP_RULE_READ_ENCRYPTED] = {CHIP_CAN_READ_CLEAR, 0x0040, 0, STATE_LOCKED, SUBJECT_SLOT_CONFIG},
    [CHIP_RULE_READ_NEVER] = {CHIP_CAN_READ_CLEAR, 0x0080, 0, STATE_LOCKED, SUBJECT_SLOT_CONFIG},

    /* Authorisation by another key before each use, which nothing here gives. Creation needs it once data is locked. */
    [CHIP_RULE_REQ_AUTH] = {SIGNS | CHIP_CAN_ECDH | CHIP_CAN_HOLD_PUBLIC | CHIP_CAN_GIVE_PUBLIC | SYMMETRIC, 0x0080, 0,
                            CLOSED, SUBJECT_KEY_CONFIG},
    [CHIP_RULE_REQ_AUTH_GENKEY] = {CHIP_CAN_GENERATE, 0x0080, 0, STATE_LOCKED, SUBJECT_KEY_CONFIG},

    /* The persistent latch is 0 at power-up. It keeps a key from every use but GenKey, which makes and shows keys. */
    [CHIP_RULE_LATCH] = {SIGNS | CHIP_CAN_ECDH | CHIP_CAN_HOLD_PUBLIC | SYMMETRIC, 0x1000, 0, CLOSED,
                         SUBJECT_KEY_CONFIG},

    /* An encrypted import uses the key in the WriteKey slot (GenDig), to which the same two rules apply. */
    [CHIP_RULE_WRITE_KEY_AUTH] = {CHIP_CAN_IMPORT_SECRET, 0x0080, 0, STATE_LOCKED, SUBJECT_WRITE_KEY_CONFIG},
    [CHIP_RULE_WRITE_KEY_LATCH] = {CHIP_CAN_IMPORT_SECRET, 0x1000, 0, STATE_LOCKED, SUBJECT_WRITE_KEY_CONFIG},

    /*
     * Symmetric keys. A slot that anybody can read holds none, though the chip would compute with what is in it. The
     * bits of Private and KeyType together.
     */
    [CHIP_RULE_NOT_DATA] = {MACS, 0x001D, 0x001C, CLOSED, SUBJECT_KEY_CONFIG},
    [CHIP_RULE_NOT_AES] = {CHIP_CAN_AES, 0x001D, 0x0018, CLOSED, SUBJECT_KEY_CONFIG},
    [CHIP_RULE_KEY_IN_CLEAR] = {SYMMETRIC, 0x0080, 0x0080, CLOSED, SUBJECT_SLOT_CONFIG},
    [CHIP_RULE_NO_AES] = {CHIP_CAN_AES, 0x0001, 0x0001, CLOSED, SUBJECT_AES_ENABLE},
    [CHIP_RULE_NO_MAC] = {MACS, 0x0010, 0, CLOSED, SUBJECT_SLOT_CONFIG},
    [CHIP_RULE_HMAC_REQ_RANDOM] = {CHIP_CAN_HMAC, 0x0040, 0, CLOSED, SUBJECT_KEY_CONFIG},
    [CHIP_RULE_SYMMETRIC_LATER] = {SYMMETRIC, STATE_FILLING, 0, STATE_FILLING, SUBJECT_STATE},
};
#define SLOT_RULES (sizeof(slot_rules) / sizeof(slot_rules[0]))

static enum lock_state lock_state_of(const struct chip_config *config)
{
    if (!chip_config_is_locked(config))
        return STATE_OPEN;
    return chip_data_is_locked(config) ? STATE_LOCKED : STATE_FILLING;
}

static void collect_subjects(const struct chip_config *config, uint8_t slot, uint16_t subjects[static SUBJECTS])
{
    subjects[SUBJECT_STATE] = (uint16_t)lock_state_of(config);
    subjects[SUBJECT_SLOT] = slot;
    subjects[SUBJECT_IS_LOCKED] = chip_slot_is_locked(config, slot);
    subjects[SUBJECT_SLOT_CONFIG] = chip_slot_config(config, slot);
    subjects[SUBJECT_KEY_CONFIG] = chip_key_config(config, slot);
    subjects[SUBJECT_WRITE_KEY_CONFIG] = chip_key_config(config, chip_slot_write_key(config, slot));
    subjects[SUBJECT_AES_ENABLE] = config->zone[CONFIG_AES_ENABLE_AT];
}

static bool rule_forbids(const struct slot_rule *rule, const uint16_t subjects[static SUBJECTS])
{
    return (rule->states & subjects[SUBJECT_STATE]) != 0 && (subjects[rule->subject] & rule->mask) != rule->value;
}

/* The machine-readable reason for a rule: a lock is missing, or set for good, or the slot is configured otherwise. */
static enum error_reason reason_of(const struct slot_rule *rule, const uint16_t subjects[static SUBJECTS])
{
    if (rule->subject == SUBJECT_IS_LOCKED)
        return ERROR_SLOT_LOCKED;
    if (rule->subject != SUBJECT_STATE)
        return ERROR_SLOT_POLICY;
    if (subjects[SUBJECT_STATE] == STATE_OPEN)
        return ERROR_CONFIG_UNLOCKED;
    return subjects[SUBJECT_STATE] == STATE_FILLING ? ERROR_DATA_UNLOCKED : ERROR_DATA_LOCKED;
}

uint32_t chip_slot_can(const struct chip_config *config, uint8_t slot)
{
    uint16_t subjects[SUBJECTS];
    uint32_t abilities = ALL_ABILITIES;

    if (slot >= CHIP_SLOTS)
        return 0;
    collect_subjects(config, slot, subjects);
    for (size_t i = 0; i < SLOT_RULES; i++)
        if (rule_forbids(&slot_rules[i], subjects))
            abilities &= ~(uint32_t)slot_rules[i].abilities;
    return abilities;
}

enum chip_rule chip_slot_why_not(const struct chip_config *config, uint8_t slot, uint32_t abilities,
                                 enum error_reason *reason)
{
    uint16_t subjects[SUBJECTS];
    enum chip_rule found = CHIP_RULE_NONE;

    if (slot >= CHIP_SLOTS) {
        *reason = ERROR_USAGE;
        return CHIP_RULE_NO_SLOT;
    }
    collect_subjects(config, slot, subjects);
    for (size_t i = 0; i < SLOT_RULES && (found == CHIP_RULE_NONE || found == CHIP_RULE_LATCH); i++)
        if ((slot_rules[i].abilities & abilities) != 0 && rule_forbids(&slot_rules[i], subjects)) {
            *reason = reason_of(&slot_rules[i], subjects);
            found = (enum chip_rule)i;
        }
    return found;
}
