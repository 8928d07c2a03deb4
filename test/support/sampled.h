/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sweeps over every place where something can fail: a build with sanitizers is slow and takes every SWEEP_STRIDE-th of
 * them, for the code is the same at each; the plain build takes all. IMPRINT_SAMPLED says the same to test/e2e.
 */
#ifndef IMPRINT_TEST_SUPPORT_SAMPLED_H
#define IMPRINT_TEST_SUPPORT_SAMPLED_H

#ifdef __SANITIZE_ADDRESS__
#define SWEEP_STRIDE 3u
#else
#define SWEEP_STRIDE 1u
#endif

/* The first place that a sweep takes at its `turn`: sweeps in a row take different ones. 0 where all are taken. */
static inline unsigned sweep_first(unsigned turn)
{
#ifdef __SANITIZE_ADDRESS__
    return turn % SWEEP_STRIDE;
#else
    (void)turn;
    return 0;
#endif
}

#endif
