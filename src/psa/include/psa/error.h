/* SPDX-License-Identifier: Apache-2.0 */
/* PSA status codes, in the header that Mbed TLS includes when another library implements PSA ITS. */
#include <psa/crypto.h>
