/* SPDX-License-Identifier: Apache-2.0 */
/* Modes: ATECC608B-TFLXTLS data sheet, 5.2.3. */
#include "chip/operations_boot.h"

#include "chip/protection.h"
#include "chip/sequence.h"

#include <string.h>

#define BOOT_LAST 0x40
#define BOOT_PROVEN 0x80
#define NONCE_RANDOM 0x00

static const char booting[] = "check the firmware's signature for secure boot";

static bool is_well_formed(enum chip_boot_mode mode, const uint8_t *signature)
{
    return mode == CHIP_BOOT_STORED || ((mode == CHIP_BOOT_FULL || mode == CHIP_BOOT_COPY) && signature != NULL);
}

/* Digest, in clear or not, and signature where the mode sends one. */
static size_t collect(uint8_t data[static CHIP_DIGEST_BYTES + CHIP_SIGNATURE_BYTES], enum chip_boot_mode mode,
                      const uint8_t digest[static CHIP_DIGEST_BYTES], const uint8_t *signature)
{
    memcpy(data, digest, CHIP_DIGEST_BYTES);
    if (mode == CHIP_BOOT_STORED)
        return CHIP_DIGEST_BYTES;
    memcpy(data + CHIP_DIGEST_BYTES, signature, CHIP_SIGNATURE_BYTES);
    return CHIP_DIGEST_BYTES + CHIP_SIGNATURE_BYTES;
}

enum chip_status chip_boot(struct chip *chip, enum chip_boot_mode mode, bool last,
                           const uint8_t digest[static CHIP_DIGEST_BYTES], const uint8_t *signature, struct error *err)
{
    static const struct chip_command *const rows[2][2] = {
        {&chip_command_secureboot, &chip_command_secureboot_once},
        {&chip_command_secureboot_copy, &chip_command_secureboot_copy_once},
    };
    uint8_t data[CHIP_DIGEST_BYTES + CHIP_SIGNATURE_BYTES];
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (is_well_formed(mode, signature))
        status =
            chip_execute(chip, rows[mode == CHIP_BOOT_COPY][last], (uint8_t)((unsigned)mode | (last ? BOOT_LAST : 0)),
                         0, bytes_of(data, collect(data, mode, digest, signature)), NULL, err);
    return chip_doing(status, booting, err);
}

struct boot_job {
    const uint8_t *digest, *signature, *num_in;
    const uint8_t *io_key; /* secret */
    enum chip_boot_mode mode;
    uint8_t param1;
};

static enum chip_status boot_run(struct chip *chip, void *job, struct error *err)
{
    const struct boot_job *boot = job;
    struct chip_tempkey tempkey;
    uint8_t rand_out[32];
    uint8_t key[32] = {0};
    uint8_t cipher[CHIP_DIGEST_BYTES];
    uint8_t data[CHIP_DIGEST_BYTES + CHIP_SIGNATURE_BYTES];
    uint8_t mac[32];
    uint8_t expected[32];
    enum chip_status status =
        chip_execute_exact(chip, &chip_command_nonce_seeding, NONCE_RANDOM, 0,
                           bytes_of(boot->num_in, CHIP_NUM_IN_BYTES), rand_out, sizeof(rand_out), err);

    if (status != CHIP_OK)
        return status;
    status = CHIP_HOST_FAILED;
    if (!chip_tempkey_nonce(&tempkey, NONCE_RANDOM, rand_out, boot->num_in) ||
        !chip_protection_boot_key(boot->io_key, tempkey.value, key) ||
        !chip_protection_boot_mac(key, boot->param1, boot->digest, boot->signature, expected))
        goto out;
    chip_protection_boot_digest(key, boot->digest, cipher);
    status = chip_execute_exact(
        chip,
        boot->mode == CHIP_BOOT_COPY ? &chip_command_secureboot_copy_protected : &chip_command_secureboot_protected,
        boot->param1, 0, bytes_of(data, collect(data, boot->mode, cipher, boot->signature)), mac, sizeof(mac), err);
    if (status == CHIP_OK && !bytes_equal_secret(bytes_of(mac, sizeof(mac)), bytes_of(expected, sizeof(expected))))
        status = CHIP_MISCOMPARE;
out:
    bytes_wipe(key, sizeof(key));
    bytes_wipe(&tempkey, sizeof(tempkey));
    return status;
}

enum chip_status chip_boot_proven(struct chip *chip, enum chip_boot_mode mode, bool last,
                                  const uint8_t digest[static CHIP_DIGEST_BYTES], const uint8_t *signature,
                                  const uint8_t io_key[static 32], const uint8_t num_in[static CHIP_NUM_IN_BYTES],
                                  struct error *err)
{
    struct boot_job job = {
        .digest = digest,
        .signature = signature,
        .num_in = num_in,
        .io_key = io_key,
        .mode = mode,
        .param1 = (uint8_t)((unsigned)mode | BOOT_PROVEN | (last ? BOOT_LAST : 0)),
    };
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (is_well_formed(mode, signature))
        status = last ? boot_run(chip, &job, err)
                      : chip_run_sequence(chip, (struct chip_sequence){.run = boot_run, .job = &job}, err);
    return chip_doing(status, booting, err);
}
