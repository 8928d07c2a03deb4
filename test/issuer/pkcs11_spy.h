/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PKCS#11 module in front of SoftHSM2: it counts logins, which no token does for us, and lets a token be busy, broken
 * or gone, which SoftHSM2 never is. Loaded by path, as every module is; a test reaches the counters with dlsym(). Of a
 * program that it starts, by the environment: PKCS11_SPY_SIGNS signatures are made, then C_Sign answers
 * PKCS11_SPY_THEN, a CK_RV; each login is a line more in the file PKCS11_SPY_LOGINS.
 */
#ifndef IMPRINT_TEST_ISSUER_PKCS11_SPY_H
#define IMPRINT_TEST_ISSUER_PKCS11_SPY_H

struct pkcs11_spy {
    unsigned logins;          /* calls of C_Login */
    unsigned signatures;      /* calls of C_Sign for a signature */
    unsigned long sign_fails; /* the CK_RV that C_Sign answers; 0: SoftHSM2's own */
    int last_try;             /* say that one more wrong PIN locks the token */
    int removed;              /* the token is gone, and its sessions with it */
    int other_pin;            /* whoever logs in has the wrong PIN */
};

/* The symbol "pkcs11_spy" of the module. */
extern struct pkcs11_spy pkcs11_spy;

#endif
