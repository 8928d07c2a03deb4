/* SPDX-License-Identifier: Apache-2.0 */
#include "station/ledger_chip.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "chip/operations.h"
#include "station/device.h"

#define WAIT_MS 20
#define WAITS 500 /* ten seconds, as for the ledger's own lock (DATABASE_BUSY_MS) */

struct ledger_chip {
    struct station_config config; /* the device alone */
    struct ledger_file_key key;
};

/* What is asked of the chip, once it is open. */
struct question {
    const uint8_t *digest; /* NULL: its public key is asked for */
    uint8_t *answer;       /* 64 bytes */
};

static bool is_open(const struct ledger_chip *chip, struct device *device, struct error *err)
{
    for (unsigned waits = 0;; waits++) {
        char room[ERROR_ROOM];
        struct error failure = ERROR_IN(room);

        if (device_open(device, &chip->config, true, &failure))
            return true;
        if (failure.reason != ERROR_DEVICE_BUSY || waits == WAITS) {
            error_pass(err, &failure);
            return false;
        }
        (void)nanosleep(&(struct timespec){.tv_nsec = WAIT_MS * 1000 * 1000}, NULL);
    }
}

static bool ask(const struct ledger_chip *chip, const struct question *question, struct error *err)
{
    const uint8_t slot = (uint8_t)chip->key.slot;
    char room[ERROR_ROOM];
    struct error failure = ERROR_IN(room);
    struct device device;
    bool ok = is_open(chip, &device, &failure);

    if (ok) {
        ok = (question->digest == NULL ? chip_read_public_key(&device.chip, slot, question->answer, &failure)
                                       : chip_sign_digest(&device.chip, device.part, slot, question->digest,
                                                          question->answer, &failure)) == CHIP_OK;
        device_close(&device);
    }
    if (ok)
        return true;
    failure.doing = question->digest == NULL ? "read the public key of the ledger's log from the station's chip"
                                             : "sign the ledger's checkpoint with the station's chip";
    error_with_subject(&failure, chip->key.device);
    error_pass(err, &failure);
    return false;
}

static bool read_point(void *context, uint8_t point[static P256_POINT_BYTES], struct error *err)
{
    const struct question question = {.answer = point + 1};

    point[0] = P256_UNCOMPRESSED;
    return ask(context, &question, err);
}

static bool sign(void *context, const uint8_t digest[static NOTE_DIGEST_BYTES],
                 uint8_t signature[static NOTE_RAW_BYTES], struct error *err)
{
    const struct question question = {.digest = digest, .answer = signature};

    return ask(context, &question, err);
}

static void release(void *context)
{
    free(context);
}

bool ledger_chip_keeper(const struct ledger_file_key *key, struct note_keeper *keeper, struct error *err)
{
    struct ledger_chip *chip = calloc(1, sizeof *chip);

    if (chip == NULL) {
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
        return false;
    }
    chip->key = *key;
    chip->config.device = chip->key.device;
    *keeper = (struct note_keeper){.context = chip, .read = read_point, .sign = sign, .release = release};
    return true;
}
