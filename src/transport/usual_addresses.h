/* SPDX-License-Identifier: Apache-2.0 */
/* Where new parts answer on I2C. */
#ifndef IMPRINT_TRANSPORT_USUAL_ADDRESSES_H
#define IMPRINT_TRANSPORT_USUAL_ADDRESSES_H

#include <stdint.h>

/*
 * 7-bit addresses of new parts, most usual first: unconfigured ones, Trust&GO, TrustFLEX, TrustMANAGER (the parts'
 * data sheets, I2C_Address as delivered).
 */
#define TRANSPORT_USUAL_ADDRESSES 4
extern const uint8_t transport_usual_addresses[TRANSPORT_USUAL_ADDRESSES];

#endif
