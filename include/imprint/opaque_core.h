/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Says at link time that the PSA core was built with imprint's opaque driver: src/psa/opaque/core/ defines the
 * constant. Who uses the driver refers to it, so that a program with a core of another build does not link.
 */
#ifndef IMPRINT_OPAQUE_CORE_H
#define IMPRINT_OPAQUE_CORE_H

#ifdef __cplusplus
extern "C" {
#endif

/* Counts up when the entry points of imprint/opaque_driver.h change. */
#define IMPRINT_OPAQUE_CORE 2
extern const int imprint_opaque_core;

#ifdef __cplusplus
}
#endif

#endif
