/* SPDX-License-Identifier: Apache-2.0 */
/* Modes and message: ATECC608B-TNGTLS data sheet, MAC (5.3.5); cryptoauthlib lib/host/atca_host.c, atcah_mac(). */
#include "chip/operations_mac.h"

#include "base/order.h"
#include "chip/digest.h"
#include "chip/sequence.h"
#include "crypto/hash.h"

#include <string.h>

#define NONCE_RANDOM 0x00
#define MAC_TEMPKEY_WHOLE_SERIAL 0x41 /* over TempKey, which is random; with all of the serial number */
#define MAC_TAIL_BYTES 24             /* after key and challenge */

struct mac_job {
    const uint8_t *num_in;
    uint8_t *challenge, *mac;
    uint8_t slot;
};

static enum chip_status mac_run(struct chip *chip, void *job, struct error *err)
{
    const struct mac_job *mac = job;
    uint8_t rand_out[32];
    enum chip_status status =
        chip_execute_exact(chip, &chip_command_nonce_seeding, NONCE_RANDOM, 0, bytes_of(mac->num_in, CHIP_NUM_IN_BYTES),
                           rand_out, sizeof(rand_out), err);

    if (status == CHIP_OK && !chip_tempkey_nonce(mac->challenge, NONCE_RANDOM, rand_out, mac->num_in))
        status = CHIP_HOST_FAILED;
    if (status == CHIP_OK)
        status = chip_execute_exact(chip, &chip_command_mac, MAC_TEMPKEY_WHOLE_SERIAL, mac->slot, BYTES_NONE, mac->mac,
                                    CHIP_DIGEST_BYTES, err);
    return status;
}

enum chip_status chip_mac_of_slot(struct chip *chip, uint8_t slot, const uint8_t num_in[static CHIP_NUM_IN_BYTES],
                                  uint8_t challenge[static CHIP_TEMPKEY_BYTES], uint8_t mac[static CHIP_DIGEST_BYTES],
                                  struct error *err)
{
    struct mac_job job = {.num_in = num_in, .challenge = challenge, .mac = mac, .slot = slot};
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_is_slot(slot))
        status = chip_run_sequence(chip, (struct chip_sequence){.run = mac_run, .job = &job}, err);
    return chip_doing_at(status, "compute a MAC on the chip", slot, err);
}

/* opcode, mode, Param2; 11 bytes of the OTP zone that take no part; SN[8], SN[4:7], SN[0:1], SN[2:3]. */
bool chip_mac_compute(const uint8_t secret[static 32], const uint8_t challenge[static CHIP_TEMPKEY_BYTES], uint8_t slot,
                      const uint8_t serial[static CHIP_SERIAL_BYTES], uint8_t mac[static CHIP_DIGEST_BYTES])
{
    uint8_t tail[MAC_TAIL_BYTES] = {chip_command_mac.opcode, MAC_TEMPKEY_WHOLE_SERIAL};
    const struct bytes message[] = {
        bytes_of(secret, 32),
        bytes_of(challenge, CHIP_TEMPKEY_BYTES),
        bytes_of(tail, sizeof(tail)),
    };

    store16_le(tail + 2, slot);
    tail[15] = serial[8];
    memcpy(tail + 16, serial + 4, 4);
    memcpy(tail + 20, serial, 2);
    memcpy(tail + 22, serial + 2, 2);
    return crypto_sha256(PIECES(message), mac);
}
