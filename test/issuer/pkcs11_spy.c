/* SPDX-License-Identifier: Apache-2.0 */
#include "test/issuer/pkcs11_spy.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <p11-kit/pkcs11.h>

struct pkcs11_spy pkcs11_spy;

static void *module; /* SoftHSM2, as long as this program lives */
static CK_FUNCTION_LIST *softhsm;
static CK_FUNCTION_LIST functions;

/* A setting of the environment, for programs that a test does not reach into; 0: there is none. */
static unsigned long number_of(const char *name)
{
    const char *text = getenv(name);

    return text != NULL ? strtoul(text, NULL, 0) : 0;
}

/* A line more in the file that the environment names. */
static void note_login(void)
{
    const char *name = getenv("PKCS11_SPY_LOGINS");
    FILE *file = name != NULL ? fopen(name, "a") : NULL;

    if (file == NULL)
        return;
    fputs("login\n", file);
    fclose(file);
}

static CK_RV spy_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG len)
{
    pkcs11_spy.logins++;
    note_login();
    if (pkcs11_spy.other_pin)
        return CKR_PIN_INCORRECT;
    return softhsm->C_Login(session, user, pin, len);
}

static CK_RV spy_sign(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *signature, CK_ULONG *len)
{
    CK_RV status = softhsm->C_Sign(session, data, data_len, signature, len);

    if (signature == NULL) /* it only asks for the length */
        return status;
    pkcs11_spy.signatures++;
    if (number_of("PKCS11_SPY_SIGNS") != 0 && pkcs11_spy.signatures > number_of("PKCS11_SPY_SIGNS"))
        return number_of("PKCS11_SPY_THEN");
    return pkcs11_spy.sign_fails != 0 ? pkcs11_spy.sign_fails : status;
}

static CK_RV spy_sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    CK_SESSION_INFO info;
    CK_RV status = CKR_DEVICE_REMOVED;

    if (!pkcs11_spy.removed)
        status = softhsm->C_SignInit(session, mechanism, key);
    else if (softhsm->C_GetSessionInfo(session, &info) == CKR_OK)
        (void)softhsm->C_CloseAllSessions(info.slotID);
    /* Some modules say for ever of a session that its token was removed. */
    return status == CKR_SESSION_HANDLE_INVALID ? CKR_DEVICE_REMOVED : status;
}

static CK_RV spy_open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *context, CK_NOTIFY notify,
                              CK_SESSION_HANDLE *session)
{
    return pkcs11_spy.removed ? CKR_TOKEN_NOT_PRESENT : softhsm->C_OpenSession(slot, flags, context, notify, session);
}

static CK_RV spy_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
    CK_RV status = pkcs11_spy.removed ? CKR_TOKEN_NOT_PRESENT : softhsm->C_GetTokenInfo(slot, info);

    if (status == CKR_OK && pkcs11_spy.last_try)
        info->flags |= CKF_USER_PIN_FINAL_TRY;
    return status;
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list)
{
    CK_C_GetFunctionList get = NULL;
    const void *symbol;
    CK_RV status;

    module = dlopen(IMPRINT_SOFTHSM2, RTLD_NOW | RTLD_LOCAL);
    symbol = module != NULL ? dlsym(module, "C_GetFunctionList") : NULL;
    if (symbol == NULL)
        return CKR_GENERAL_ERROR;
    memcpy((void *)&get, (const void *)&symbol, sizeof get);
    status = get(&softhsm);
    if (status != CKR_OK)
        return status;
    functions = *softhsm;
    functions.C_Login = spy_login;
    functions.C_Sign = spy_sign;
    functions.C_SignInit = spy_sign_init;
    functions.C_OpenSession = spy_open_session;
    functions.C_GetTokenInfo = spy_token_info;
    *list = &functions;
    return CKR_OK;
}
