/* SPDX-License-Identifier: Apache-2.0 */
#include "transport/usual_addresses.h"

const uint8_t transport_usual_addresses[TRANSPORT_USUAL_ADDRESSES] = {0x60, 0x35, 0x36, 0x58};
