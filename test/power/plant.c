/* SPDX-License-Identifier: Apache-2.0 */
#include "test/power/plant.h"

#include <string.h>

#include "chip/operations.h"
#include "psa/records.h"
#include "provision/prove.h"
#include "psa/scrap.h"
#include "psa/settle.h"

enum wrapped {
    SOUND,
    NO_RECOVERY,   /* what an interrupted run has left is not settled */
    NO_SCRAP,      /* the rule that gives a half-made key's slot back is missing */
    STALE_SCRAP,   /* the rule that a reported key is no scrap is missing */
    FORGETS_WHOLE, /* the rule that keeps a whole key is missing */
    NO_ERASE,      /* the rule that finishes a destruction in the chip is missing */
    SECOND_KEY,    /* GenKey is sent again after a lost reply */
    NO_READ_BACK,  /* the public key is not read back, but remembered */
    NO_PROOF,      /* "provisioned" without a proof */
    TRUSTS_LOCK,   /* a lock is not read back */
};

const struct plant plants[] = {
    {"file-sync", "a file's content is never synced", MEDIUM_FILE, {"mbed-factory-example"}, .disk = DISK_NO_FILE_SYNC},
    {"directory-sync",
     "the directory is never synced",
     MEDIUM_FILE,
     {"mbed-factory-example"},
     .disk = DISK_NO_DIRECTORY_SYNC},
    {"sync-after-rename",
     "a file is renamed, and then synced",
     MEDIUM_FILE,
     {"mbed-factory-example"},
     .disk = DISK_RENAME_FIRST},
    {"mark-skipped",
     "flash: an entry's commit mark is not written",
     MEDIUM_FLASH,
     {"mbed-factory-example"},
     .flash = FLASH_SIM_NO_MARK},
    {"programs-swapped",
     "flash: each program takes effect after the next one",
     MEDIUM_FLASH,
     {"mbed-factory-example"},
     .flash = FLASH_SIM_SWAPPED},
    {"erased-too-early",
     "flash: a block is erased before it is copied",
     MEDIUM_FLASH_ECC,
     {"mbed-factory-example"},
     .flash = FLASH_SIM_EARLY_ERASE},
    {"bits-not-read-back",
     "flash: bits that did not take, not read back",
     MEDIUM_FLASH,
     {"mbed-factory-example"},
     .flash = FLASH_SIM_NO_READ_BACK},
    {"transaction-late",
     "the key's record is stored before the transaction",
     MEDIUM_FILE,
     {"generate-anywhere", "import-encrypted"},
     .board = {.transaction_late = true}},
    {"transaction-early",
     "the transaction is removed before the key's record is stored",
     MEDIUM_FILE,
     {"generate-anywhere", "import-encrypted"},
     .board = {.transaction_early = true}},
    {"no-reserve",
     "no room is reserved for the key's record",
     MEDIUM_FILE,
     {"mbed-factory-example"},
     .board = {.no_reserve = true}},
    {"no-recovery", "an interrupted run is not settled", MEDIUM_FILE, {"mbed-factory-example"}, .wrapped = NO_RECOVERY},
    {"no-scrap",
     "recovery: the slot of a half-made key is lost",
     MEDIUM_FILE,
     {"generate-anywhere"},
     .wrapped = NO_SCRAP},
    {"stale-scrap",
     "recovery: a reported key's slot stays scrap",
     MEDIUM_FILE,
     {"generate-anywhere"},
     .wrapped = STALE_SCRAP},
    {"forgets-whole",
     "recovery: a whole key is forgotten",
     MEDIUM_FILE,
     {"generate-anywhere"},
     .wrapped = FORGETS_WHOLE},
    {"no-erase", "recovery: a destroyed key stays in the chip", MEDIUM_FILE, {"destroy"}, .wrapped = NO_ERASE},
    {"second-key",
     "GenKey is sent again when its reply was lost",
     MEDIUM_FILE,
     {"generate-anywhere"},
     .wrapped = SECOND_KEY},
    {"no-read-back",
     "a new key's public key is remembered, not read back",
     MEDIUM_FILE,
     {"mbed-factory-example"},
     .wrapped = NO_READ_BACK},
    {"no-proof", "keys are reported without a proof", MEDIUM_FILE, {"mbed-factory-example"}, .wrapped = NO_PROOF},
    {"trusts-lock",
     "a lock's answer is believed, and not read back",
     MEDIUM_FILE,
     {"blank-three-ways"},
     .wrapped = TRUSTS_LOCK},
};
const unsigned plant_count = sizeof plants / sizeof plants[0];

static enum wrapped planted;
static uint8_t made_slot = CHIP_SLOTS;
static uint8_t made_key[CHIP_PUBLIC_KEY_BYTES];

const struct plant *plant_find(const char *name)
{
    for (unsigned i = 0; i < plant_count; i++)
        if (strcmp(plants[i].name, name) == 0)
            return &plants[i];
    return NULL;
}

void plant_set(struct board *board, const struct plant *plant)
{
    static const struct plant none;

    if (plant == NULL)
        plant = &none;
    planted = (enum wrapped)plant->wrapped;
    board->medium.disk_plant = plant->disk;
    board->medium.flash_plant = plant->flash;
    board->plant = plant->board;
}

void plant_power_up(void)
{
    made_slot = CHIP_SLOTS;
}

/* ---- in place of the product's functions */

/*
 * The linker's --wrap (CMakeLists.txt names the functions) sends callers in other files to __wrap_NAME, and __real_NAME
 * is then the function itself.
 */
#define QUOTED(name) #name
#define FOR_LINKER(name) QUOTED(name) /* the name that the linker knows */
#define REAL(name) __asm__("__real_" FOR_LINKER(name))
#define WRAP(name) __asm__("__wrap_" FOR_LINKER(name))

void real_driver_recover(struct driver *driver, struct se_session *session) REAL(driver_recover);
void planted_driver_recover(struct driver *driver, struct se_session *session) WRAP(driver_recover);
void planted_driver_recover(struct driver *driver, struct se_session *session)
{
    if (planted != NO_RECOVERY)
        real_driver_recover(driver, session);
}

void real_driver_recover_again(struct se_session *session, void *context) REAL(driver_recover_again);
void planted_driver_recover_again(struct se_session *session, void *context) WRAP(driver_recover_again);
void planted_driver_recover_again(struct se_session *session, void *context)
{
    if (planted != NO_RECOVERY)
        real_driver_recover_again(session, context);
}

enum storage_status real_scrap_set(const struct storage *storage, uint64_t uid, bool erase_due) REAL(scrap_set);
enum storage_status planted_scrap_set(const struct storage *storage, uint64_t uid, bool erase_due) WRAP(scrap_set);
enum storage_status planted_scrap_set(const struct storage *storage, uint64_t uid, bool erase_due)
{
    if (planted == NO_SCRAP)
        return STORAGE_OK;
    return real_scrap_set(storage, uid, erase_due && planted != NO_ERASE);
}

enum storage_status real_scrap_clear(const struct storage *storage, uint64_t uid) REAL(scrap_clear);
enum storage_status planted_scrap_clear(const struct storage *storage, uint64_t uid) WRAP(scrap_clear);
enum storage_status planted_scrap_clear(const struct storage *storage, uint64_t uid)
{
    return planted == STALE_SCRAP ? STORAGE_OK : real_scrap_clear(storage, uid);
}

psa_status_t real_driver_read_record(struct driver *driver, uint32_t key_id, struct driver_record *record,
                                     struct error *err) REAL(driver_read_record);
psa_status_t planted_driver_read_record(struct driver *driver, uint32_t key_id, struct driver_record *record,
                                        struct error *err) WRAP(driver_read_record);
/* Recovery is the one caller that wants no reason. */
psa_status_t planted_driver_read_record(struct driver *driver, uint32_t key_id, struct driver_record *record,
                                        struct error *err)
{
    if (planted == FORGETS_WHOLE && err == NULL)
        return PSA_ERROR_DATA_CORRUPT;
    return real_driver_read_record(driver, key_id, record, err);
}

enum chip_status real_chip_generate_key(struct chip *chip, uint8_t slot,
                                        uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES], struct error *err)
    REAL(chip_generate_key);
enum chip_status planted_chip_generate_key(struct chip *chip, uint8_t slot,
                                           uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES], struct error *err)
    WRAP(chip_generate_key);
enum chip_status planted_chip_generate_key(struct chip *chip, uint8_t slot,
                                           uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES], struct error *err)
{
    enum chip_status status = real_chip_generate_key(chip, slot, public_key, err);

    if (status == CHIP_REPLY_LOST && planted == SECOND_KEY) {
        error_clear(err);
        status = real_chip_generate_key(chip, slot, public_key, err);
    }
    if (planted == NO_READ_BACK) {
        made_slot = slot;
        memcpy(made_key, public_key, sizeof made_key);
        if (status == CHIP_REPLY_LOST || status == CHIP_RESET)
            return CHIP_OK;
    }
    return status;
}

enum chip_status real_chip_read_public_key(struct chip *chip, uint8_t slot,
                                           uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES], struct error *err)
    REAL(chip_read_public_key);
enum chip_status planted_chip_read_public_key(struct chip *chip, uint8_t slot,
                                              uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES], struct error *err)
    WRAP(chip_read_public_key);
enum chip_status planted_chip_read_public_key(struct chip *chip, uint8_t slot,
                                              uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES], struct error *err)
{
    if (planted != NO_READ_BACK || slot != made_slot)
        return real_chip_read_public_key(chip, slot, public_key, err);
    made_slot = CHIP_SLOTS; /* once: what comes later asks the chip again */
    memcpy(public_key, made_key, sizeof made_key);
    return CHIP_OK;
}

enum provision_status real_provision_prove_key(struct provision *provision, const struct provision_step *step,
                                               bool finished, const uint8_t serial[static CHIP_SERIAL_BYTES],
                                               struct provision_key_evidence *evidence, struct error *err)
    REAL(provision_prove_key);
enum provision_status planted_provision_prove_key(struct provision *provision, const struct provision_step *step,
                                                  bool finished, const uint8_t serial[static CHIP_SERIAL_BYTES],
                                                  struct provision_key_evidence *evidence, struct error *err)
    WRAP(provision_prove_key);
enum provision_status planted_provision_prove_key(struct provision *provision, const struct provision_step *step,
                                                  bool finished, const uint8_t serial[static CHIP_SERIAL_BYTES],
                                                  struct provision_key_evidence *evidence, struct error *err)
{
    if (planted != NO_PROOF)
        return real_provision_prove_key(provision, step, finished, serial, evidence, err);
    evidence->key_id = provision->profile->keys[step->key].id;
    evidence->slot = step->slot;
    evidence->proven = true;
    return PROVISION_OK;
}

/* The lock "took" as soon as the command went out: a refusal and a lost reply are believed to be success. */
enum chip_status real_chip_lock_data(struct chip *chip, bool has_summary, uint16_t summary, struct error *err)
    REAL(chip_lock_data);
enum chip_status planted_chip_lock_data(struct chip *chip, bool has_summary, uint16_t summary, struct error *err)
    WRAP(chip_lock_data);

static bool lock_believed;

enum chip_status planted_chip_lock_data(struct chip *chip, bool has_summary, uint16_t summary, struct error *err)
{
    enum chip_status status = real_chip_lock_data(chip, has_summary, summary, err);

    lock_believed = planted == TRUSTS_LOCK; /* by the next look, which is the gate's */
    return status;
}

enum chip_status real_chip_refresh_locks(struct chip *chip, struct chip_config *config, struct error *err)
    REAL(chip_refresh_locks);
enum chip_status planted_chip_refresh_locks(struct chip *chip, struct chip_config *config, struct error *err)
    WRAP(chip_refresh_locks);
enum chip_status planted_chip_refresh_locks(struct chip *chip, struct chip_config *config, struct error *err)
{
    enum chip_status status = real_chip_refresh_locks(chip, config, err);

    if (lock_believed && status == CHIP_OK)
        config->zone[86] = 0; /* LockValue */
    lock_believed = false;
    return status;
}
