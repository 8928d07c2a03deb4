/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest secure element that Mbed TLS takes: four slots that are filled or not, and that does what it is told
 * about failing. It has none of the defences of a real driver, so that those of the storage are what is tested.
 */
#ifndef IMPRINT_TEST_SUPPORT_TOY_DRIVER_H
#define IMPRINT_TEST_SUPPORT_TOY_DRIVER_H

#include <psa/crypto.h>
#include <psa/crypto_se_driver.h>

#include <stdbool.h>

#define TOY_LOCATION 0x42
#define TOY_LIFETIME PSA_KEY_LIFETIME_FROM_PERSISTENCE_AND_LOCATION(PSA_KEY_PERSISTENCE_DEFAULT, TOY_LOCATION)

enum { TOY_SLOTS = 4 };

struct toy {
    bool filled[TOY_SLOTS];
    unsigned generated, imported, destroyed;
    psa_status_t destroy_status; /* what destroying answers */
    bool hold;                   /* whether it then holds the record, as a driver should */
};

extern struct toy toy;
extern const psa_drv_se_t toy_driver;

/* Attributes of a P-256 key for signing in the toy. */
psa_key_attributes_t toy_attributes(psa_key_id_t id);

#endif
