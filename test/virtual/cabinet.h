/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A part for the tests of secrets and derived keys, beside lab.h's: sixteen slots are too few for every kind of use at
 * once. Bus, files and judges are the lab's, and so is the serial number, for which the worked vectors hold.
 */
#ifndef IMPRINT_TEST_VIRTUAL_CABINET_H
#define IMPRINT_TEST_VIRTUAL_CABINET_H

#include "test/virtual/lab.h"

/*
 * 0 private: signs, ECDH to the bus         8 secret, ReadKey 0: CheckMac copies 9
 * 1 private: may not do ECDH                9 secret
 * 2 private: ECDH into slot 3              10 data, clear both ways
 * 3 data, rolled by DeriveKey              11 public key of SecureBoot
 * 4 secret; may set the latch              12 data: stored digest or signature
 * 5 AES keys                               13 secret, limited use
 * 6 secret, NoMac                          14 secret, ReqRandom
 * 7 secret, needs authorisation by 4       15 secret: IO protection key
 */
extern const uint8_t cabinet_config[128];

/* Keys and secrets in place: lab_key in every secret slot but 9, which has lab_key backwards; both zones locked. */
void cabinet_open(struct lab *lab, const uint8_t config[128]);

/* The same in state B. */
void cabinet_open_unlocked(struct lab *lab, const uint8_t config[128]);

#endif
