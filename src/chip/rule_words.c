/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of chip/slot_rules.c in words. */
#include "chip/config.h"
#include "chip/words.h"

static const char *const rule_texts[CHIP_RULE_COUNT] = {
    [CHIP_RULE_NO_SLOT] = "there is no such slot: slots are numbered 0 to 15",
    [CHIP_RULE_CONFIG_OPEN] = "the config zone is unlocked: no slot works before it is locked",
    [CHIP_RULE_NOT_PRIVATE] = "bit 0 of its KeyConfig (Private) is 0: it is not for a private key",
    [CHIP_RULE_NOT_P256] = "bits 4-2 of its KeyConfig (KeyType) are not 4: it is not for a P-256 key",
    [CHIP_RULE_NOT_SECRET] = "bit 7 of its SlotConfig (IsSecret) is 0: no private key works there",
    [CHIP_RULE_TOO_SHORT] = "a public key needs 72 bytes: only slots 8 to 15 are long enough",
    [CHIP_RULE_PRIVATE] =
        "bit 0 of its KeyConfig (Private) is 1: only GenKey and PrivWrite may write there, and nothing may read",
    [CHIP_RULE_PUBLIC_NOT_P256] = "bits 4-2 of its KeyConfig (KeyType) are not 4: it is not for a P-256 key",
    [CHIP_RULE_UNVALIDATED] =
        "bit 1 of its KeyConfig (PubInfo) is 1: Verify accepts a public key there only after its parent key has validated it",
    [CHIP_RULE_REQ_RANDOM] =
        "bit 6 of its KeyConfig (ReqRandom) is 1: Verify with that key accepts no digest from the host",
    [CHIP_RULE_SLOT_LOCKED] = "its bit of SlotLocked is 0: the slot is locked for ever",
    [CHIP_RULE_LOCKED_ALREADY] = "its bit of SlotLocked is 0: the slot is locked already",
    [CHIP_RULE_NOT_LOCKABLE] = "bit 5 of its KeyConfig (Lockable) is 0: the slot cannot be locked by itself",
    [CHIP_RULE_SIGN_INTERNAL_LATER] = "the data zone is unlocked: internal Sign works only once it is locked",
    [CHIP_RULE_ECDH_LATER] = "the data zone is unlocked: ECDH works only once it is locked",
    [CHIP_RULE_READ_LATER] = "the data zone is unlocked: no slot can be read before it is locked",
    [CHIP_RULE_IMPORT_CLEAR_OVER] = "the data zone is locked: PrivWrite in clear works only while it is unlocked",
    [CHIP_RULE_NO_EXTERNAL_SIGN] =
        "bit 0 of its SlotConfig (external Sign) is 0: its key cannot sign digests from the host",
    [CHIP_RULE_NO_INTERNAL_SIGN] =
        "bit 1 of its SlotConfig (internal Sign) is 0: its key cannot sign digests made inside the chip",
    [CHIP_RULE_NO_ECDH] = "bit 2 of its SlotConfig (ECDH) is 0: its key cannot be used for key agreement",
    [CHIP_RULE_NO_GENKEY] =
        "bit 13 of its SlotConfig (WriteConfig) is 0: GenKey is not allowed once the data zone is locked",
    [CHIP_RULE_NO_PRIVWRITE] =
        "bit 14 of its SlotConfig (WriteConfig) is 0: PrivWrite is not allowed once the data zone is locked",
    [CHIP_RULE_NO_PUB_INFO] =
        "bit 1 of its KeyConfig (PubInfo) is 0: the public key can be read only when the key is made",
    [CHIP_RULE_WRITE_ENCRYPTED] =
        "bit 14 of its SlotConfig (WriteConfig) is 1: only encrypted writes are allowed once the data zone is locked",
    [CHIP_RULE_WRITE_NEVER] =
        "bits 15-12 of its SlotConfig (WriteConfig) forbid every write once the data zone is locked",
    [CHIP_RULE_READ_ENCRYPTED] = "bit 6 of its SlotConfig (EncryptRead) is 1: only encrypted reads are allowed",
    [CHIP_RULE_READ_NEVER] = "bit 7 of its SlotConfig (IsSecret) is 1: it can never be read",
    [CHIP_RULE_REQ_AUTH] = "bit 7 of its KeyConfig (ReqAuth) is 1: each use needs another key to be authorised first",
    [CHIP_RULE_REQ_AUTH_GENKEY] =
        "bit 7 of its KeyConfig (ReqAuth) is 1: GenKey needs another key to be authorised first",
    [CHIP_RULE_LATCH] =
        ("bit 12 of its KeyConfig (PersistentDisable; ATECC508A: IntrusionDisable) is 1: its key works only "
         "while the chip's latch is set, and the latch is not set"),
    [CHIP_RULE_WRITE_KEY_AUTH] =
        "bit 7 of its WriteKey slot's KeyConfig (ReqAuth) is 1: encrypted writes need another key to be authorised first",
    [CHIP_RULE_WRITE_KEY_LATCH] =
        ("bit 12 of its WriteKey slot's KeyConfig (PersistentDisable) is 1: encrypted writes work "
         "only while the chip's latch is set"),
    [CHIP_RULE_NOT_DATA] =
        "bits 4-2 of its KeyConfig (KeyType) are not 7, or bit 0 (Private) is 1: it is not for a secret of an HMAC",
    [CHIP_RULE_NOT_AES] =
        "bits 4-2 of its KeyConfig (KeyType) are not 6, or bit 0 (Private) is 1: it is not for an AES key",
    [CHIP_RULE_KEY_IN_CLEAR] = "bit 7 of its SlotConfig (IsSecret) is 0: anybody can read it, so that it holds no key",
    [CHIP_RULE_NO_AES] = "bit 0 of byte 13 of the config zone (AES_Enable) is 0: this part has no AES",
    [CHIP_RULE_NO_MAC] = "bit 4 of its SlotConfig (NoMac) is 1: its secret computes no HMAC",
    [CHIP_RULE_HMAC_REQ_RANDOM] = "bit 6 of its KeyConfig (ReqRandom) is 1: HMAC accepts no such secret",
    [CHIP_RULE_SYMMETRIC_LATER] = "the data zone is unlocked: HMAC and AES are used only once it is locked",
};

void chip_words_for_rule(struct error *err)
{
    if (err->cause == NULL && err->slot_rule < CHIP_RULE_COUNT)
        err->cause = rule_texts[err->slot_rule];
}
