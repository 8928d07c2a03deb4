/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a slot can do, as one table of rules: an ability is there when none of its rules forbids it, and the first that
 * does is the answer to "why not". Rules are ordered from what can never change (what the slot is for) to what a lock
 * may still change. Where public sources leave it open whether a part allows something, the rule forbids it: so with
 * the public key of a slot that is to hide it, while the data zone is unlocked.
 *
 * Sources: ATECC508A data sheet DS20005927, sections 2.2.1 to 2.4.3 and tables 2-6 to 2-12; ATECC608B-TNGTLS data
 * sheet, sections 2.2 and 5; expectations of cryptoauthlib's tests against real parts.
 */
#include "chip/config.h"

#include "bytes/order.h"

/* The chip's lock state as the data sheets count it, one bit each. */
enum lock_state {
    STATE_OPEN = 1 << 0,    /* config zone unlocked */
    STATE_FILLING = 1 << 1, /* config locked, data and OTP unlocked: slot policies rest */
    STATE_LOCKED = 1 << 2,  /* both locked: slot policies in force */
};
#define ANY_STATE (STATE_OPEN | STATE_FILLING | STATE_LOCKED)
#define CLOSED (STATE_FILLING | STATE_LOCKED)

enum subject { SUBJECT_STATE, SUBJECT_SLOT, SUBJECT_IS_LOCKED, SUBJECT_SLOT_CONFIG, SUBJECT_KEY_CONFIG, SUBJECTS };

#define SIGNS (CHIP_CAN_SIGN_DIGEST | CHIP_CAN_SIGN_INTERNAL)
#define IMPORTS (CHIP_CAN_IMPORT_CLEAR | CHIP_CAN_IMPORT_SECRET)
#define PRIVATE_KEY (SIGNS | CHIP_CAN_ECDH | CHIP_CAN_GENERATE | IMPORTS | CHIP_CAN_GIVE_PUBLIC)
#define ACCESS (CHIP_CAN_WRITE_CLEAR | CHIP_CAN_READ_CLEAR)
#define ALL_ABILITIES (PRIVATE_KEY | CHIP_CAN_HOLD_PUBLIC | ACCESS | CHIP_CAN_LOCK)

/* In the given states, the abilities need (subject & mask) == value. */
struct slot_rule {
    uint16_t abilities;
    uint8_t states;
    enum subject subject;
    uint16_t mask, value;
    enum error_reason reason;
    const char *text;
};

static const struct slot_rule slot_rules[] = {
    {ALL_ABILITIES, ANY_STATE, SUBJECT_STATE, STATE_OPEN, 0, ERROR_CONFIG_UNLOCKED,
     "the config zone is unlocked: no slot works before its policy is locked in"},

    /* What the slot is for. */
    {PRIVATE_KEY, CLOSED, SUBJECT_KEY_CONFIG, 0x0001, 0x0001, ERROR_SLOT_POLICY,
     "bit 0 of its KeyConfig (Private) is 0: it is not for a private key"},
    {PRIVATE_KEY, CLOSED, SUBJECT_KEY_CONFIG, 0x001C, 0x0010, ERROR_SLOT_POLICY,
     "bits 4-2 of its KeyConfig (KeyType) are not 4: it is not for a P-256 key"},
    {PRIVATE_KEY, CLOSED, SUBJECT_SLOT_CONFIG, 0x0080, 0x0080, ERROR_SLOT_POLICY,
     "bit 7 of its SlotConfig (IsSecret) is 0: no private key works there"},
    {CHIP_CAN_HOLD_PUBLIC, CLOSED, SUBJECT_SLOT, 8, 8, ERROR_SLOT_POLICY,
     "a public key takes 72 bytes: only slots 8 to 15 are long enough"},
    {CHIP_CAN_HOLD_PUBLIC | ACCESS, CLOSED, SUBJECT_KEY_CONFIG, 0x0001, 0, ERROR_SLOT_POLICY,
     "bit 0 of its KeyConfig (Private) is 1: only GenKey and PrivWrite may write there, and nothing may read"},
    {CHIP_CAN_HOLD_PUBLIC, CLOSED, SUBJECT_KEY_CONFIG, 0x001C, 0x0010, ERROR_SLOT_POLICY,
     "bits 4-2 of its KeyConfig (KeyType) are not 4: it is not for a P-256 key"},
    {CHIP_CAN_HOLD_PUBLIC, CLOSED, SUBJECT_KEY_CONFIG, 0x0002, 0, ERROR_SLOT_POLICY,
     "bit 1 of its KeyConfig (PubInfo) is 1: Verify takes a public key there only once its parent key has validated it"},
    {CHIP_CAN_HOLD_PUBLIC, CLOSED, SUBJECT_KEY_CONFIG, 0x0040, 0, ERROR_SLOT_POLICY,
     "bit 6 of its KeyConfig (ReqRandom) is 1: Verify with that key takes no digest from the host"},

    /* Locks. */
    {CHIP_CAN_GENERATE | IMPORTS | CHIP_CAN_WRITE_CLEAR, CLOSED, SUBJECT_IS_LOCKED, 1, 0, ERROR_SLOT_LOCKED,
     "its bit of SlotLocked is 0: the slot is locked for good"},
    {CHIP_CAN_LOCK, CLOSED, SUBJECT_IS_LOCKED, 1, 0, ERROR_SLOT_LOCKED,
     "its bit of SlotLocked is 0: the slot is locked already"},
    {CHIP_CAN_LOCK, CLOSED, SUBJECT_KEY_CONFIG, 0x0020, 0x0020, ERROR_SLOT_POLICY,
     "bit 5 of its KeyConfig (Lockable) is 0: the slot cannot be locked by itself"},
    {CHIP_CAN_SIGN_INTERNAL, STATE_FILLING, SUBJECT_STATE, STATE_FILLING, 0, ERROR_DATA_UNLOCKED,
     "the data zone is unlocked: internal Sign works only once it is locked"},
    {CHIP_CAN_ECDH, STATE_FILLING, SUBJECT_STATE, STATE_FILLING, 0, ERROR_DATA_UNLOCKED,
     "the data zone is unlocked: ECDH works only once it is locked"},
    {CHIP_CAN_READ_CLEAR, STATE_FILLING, SUBJECT_STATE, STATE_FILLING, 0, ERROR_DATA_UNLOCKED,
     "the data zone is unlocked: no slot can be read before it is locked"},
    {CHIP_CAN_IMPORT_CLEAR, STATE_LOCKED, SUBJECT_STATE, STATE_LOCKED, 0, ERROR_DATA_LOCKED,
     "the data zone is locked: PrivWrite in clear worked only before"},

    /* Uses. */
    {CHIP_CAN_SIGN_DIGEST, CLOSED, SUBJECT_SLOT_CONFIG, 0x0001, 0x0001, ERROR_SLOT_POLICY,
     "bit 0 of its SlotConfig (external Sign) is 0: it signs no digests from outside"},
    {CHIP_CAN_SIGN_INTERNAL, CLOSED, SUBJECT_SLOT_CONFIG, 0x0002, 0x0002, ERROR_SLOT_POLICY,
     "bit 1 of its SlotConfig (internal Sign) is 0: it signs no digests made inside"},
    {CHIP_CAN_ECDH, CLOSED, SUBJECT_SLOT_CONFIG, 0x0004, 0x0004, ERROR_SLOT_POLICY,
     "bit 2 of its SlotConfig (ECDH) is 0: it takes no part in a key agreement"},
    {CHIP_CAN_GENERATE, STATE_LOCKED, SUBJECT_SLOT_CONFIG, 0x2000, 0x2000, ERROR_SLOT_POLICY,
     "bit 13 of its SlotConfig (WriteConfig) is 0: GenKey is not allowed once the data zone is locked"},
    {CHIP_CAN_IMPORT_SECRET, STATE_LOCKED, SUBJECT_SLOT_CONFIG, 0x4000, 0x4000, ERROR_SLOT_POLICY,
     "bit 14 of its SlotConfig (WriteConfig) is 0: PrivWrite is not allowed once the data zone is locked"},
    {CHIP_CAN_GIVE_PUBLIC, CLOSED, SUBJECT_KEY_CONFIG, 0x0002, 0x0002, ERROR_SLOT_POLICY,
     "bit 1 of its KeyConfig (PubInfo) is 0: the public key came out once, when the key was made"},
    {CHIP_CAN_WRITE_CLEAR, STATE_LOCKED, SUBJECT_SLOT_CONFIG, 0x4000, 0, ERROR_SLOT_POLICY,
     "bit 14 of its SlotConfig (WriteConfig) is 1: only encrypted writes are allowed once the data zone is locked"},
    {CHIP_CAN_WRITE_CLEAR, STATE_LOCKED, SUBJECT_SLOT_CONFIG, 0xA000, 0, ERROR_SLOT_POLICY,
     "bits 15-12 of its SlotConfig (WriteConfig) forbid every write once the data zone is locked"},
    {CHIP_CAN_READ_CLEAR, STATE_LOCKED, SUBJECT_SLOT_CONFIG, 0x0040, 0, ERROR_SLOT_POLICY,
     "bit 6 of its SlotConfig (EncryptRead) is 1: only encrypted reads are allowed"},
    {CHIP_CAN_READ_CLEAR, STATE_LOCKED, SUBJECT_SLOT_CONFIG, 0x0080, 0, ERROR_SLOT_POLICY,
     "bit 7 of its SlotConfig (IsSecret) is 1: it can never be read"},

    /* Authorisation by another key before each use, which nothing here gives. Creation needs it once data is locked. */
    {SIGNS | CHIP_CAN_ECDH | CHIP_CAN_HOLD_PUBLIC, CLOSED, SUBJECT_KEY_CONFIG, 0x0080, 0, ERROR_SLOT_POLICY,
     "bit 7 of its KeyConfig (ReqAuth) is 1: each use needs another key to be authorised first"},
    {CHIP_CAN_GENERATE, STATE_LOCKED, SUBJECT_KEY_CONFIG, 0x0080, 0, ERROR_SLOT_POLICY,
     "bit 7 of its KeyConfig (ReqAuth) is 1: GenKey needs another key to be authorised first"},
    {CHIP_CAN_GIVE_PUBLIC, CLOSED, SUBJECT_KEY_CONFIG, 0x0080, 0, ERROR_SLOT_POLICY,
     "bit 7 of its KeyConfig (ReqAuth) is 1: GenKey needs another key to be authorised first"},
};
#define SLOT_RULES (sizeof(slot_rules) / sizeof(slot_rules[0]))

static const struct slot_rule no_such_slot = {.reason = ERROR_USAGE,
                                              .text = "there is no such slot: slots are numbered 0 to 15"};

static enum lock_state lock_state_of(const struct chip_config *config)
{
    if (!chip_config_is_locked(config))
        return STATE_OPEN;
    return chip_data_is_locked(config) ? STATE_LOCKED : STATE_FILLING;
}

static void collect_subjects(const struct chip_config *config, uint8_t slot, uint16_t subjects[static SUBJECTS])
{
    struct chip_slot_policy policy = chip_slot_policy(config, slot);

    subjects[SUBJECT_STATE] = (uint16_t)lock_state_of(config);
    subjects[SUBJECT_SLOT] = slot;
    subjects[SUBJECT_IS_LOCKED] = policy.locked;
    subjects[SUBJECT_SLOT_CONFIG] = policy.slot_config;
    subjects[SUBJECT_KEY_CONFIG] = policy.key_config;
}

static bool rule_forbids(const struct slot_rule *rule, const uint16_t subjects[static SUBJECTS])
{
    return (rule->states & subjects[SUBJECT_STATE]) != 0 && (subjects[rule->subject] & rule->mask) != rule->value;
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

static const struct slot_rule *first_rule_against(const struct chip_config *config, uint8_t slot, uint32_t ability)
{
    uint16_t subjects[SUBJECTS];

    if (slot >= CHIP_SLOTS)
        return &no_such_slot;
    collect_subjects(config, slot, subjects);
    for (size_t i = 0; i < SLOT_RULES; i++)
        if ((slot_rules[i].abilities & ability) != 0 && rule_forbids(&slot_rules[i], subjects))
            return &slot_rules[i];
    return NULL;
}

const char *chip_slot_why_not(const struct chip_config *config, uint8_t slot, enum chip_ability ability,
                              enum error_reason *reason)
{
    const struct slot_rule *rule = first_rule_against(config, slot, (uint32_t)ability);

    if (rule == NULL)
        return NULL;
    *reason = rule->reason;
    return rule->text;
}
