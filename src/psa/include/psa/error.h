/* SPDX-License-Identifier: Apache-2.0 */
/* PSA status codes, under the name by which Mbed TLS asks for them when PSA ITS is not its own. */
#include <psa/crypto.h>
