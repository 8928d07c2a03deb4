/* SPDX-License-Identifier: Apache-2.0 */
#include "stamp/stamp.h"

#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ts.h>
#include <openssl/x509.h>

#include "base/error_format.h"

static bool no_memory(struct error *err)
{
    error_set(err, ERROR_UNEXPECTED, "libcrypto cannot make a request for a time stamp", NULL);
    return false;
}

static bool hash(struct bytes text, uint8_t digest[static STAMP_HASH_BYTES])
{
    return EVP_Digest(text.data, text.len, digest, NULL, EVP_sha256(), NULL) == 1;
}

/* --- the request --- */

static bool set_imprint(TS_REQ *request, const uint8_t digest[static STAMP_HASH_BYTES])
{
    uint8_t copy[STAMP_HASH_BYTES]; /* libcrypto asks for bytes that it could write */
    TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
    X509_ALGOR *algorithm = X509_ALGOR_new();
    bool ok = imprint != NULL && algorithm != NULL &&
              X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) == 1;

    memcpy(copy, digest, sizeof copy);
    ok = ok && TS_MSG_IMPRINT_set_algo(imprint, algorithm) == 1 &&
         TS_MSG_IMPRINT_set_msg(imprint, copy, (int)sizeof copy) == 1 && TS_REQ_set_msg_imprint(request, imprint) == 1;
    TS_MSG_IMPRINT_free(imprint);
    X509_ALGOR_free(algorithm);
    return ok;
}

bool stamp_request(struct bytes text, struct bytes_out *der, struct error *err)
{
    uint8_t digest[STAMP_HASH_BYTES];
    unsigned char *made = NULL;
    TS_REQ *request = TS_REQ_new();
    int len = -1;
    bool ok;

    if (request != NULL && hash(text, digest) && TS_REQ_set_version(request, 1) == 1 && set_imprint(request, digest) &&
        TS_REQ_set_cert_req(request, 1) == 1)
        len = i2d_TS_REQ(request, &made);
    ok = len > 0 && bytes_append(der, bytes_of(made, (size_t)len));
    OPENSSL_free(made);
    TS_REQ_free(request);
    return ok || no_memory(err);
}

/* --- the reply --- */

/* When the stamp says that it was made. */
static bool read_time(TS_RESP *reply, time_t *when)
{
    TS_TST_INFO *info = TS_RESP_get_tst_info(reply);
    struct tm utc;

    if (info == NULL || ASN1_TIME_to_tm(TS_TST_INFO_get_time(info), &utc) != 1)
        return false;
    *when = timegm(&utc);
    return *when > 0;
}

/* Those of the file vouch, at this time: a stamp holds when its TSA's certificate has ended. */
static X509_STORE *make_store(const char *ca, time_t when)
{
    X509_STORE *store = X509_STORE_new();

    if (store != NULL && X509_STORE_load_file(store, ca) == 1) {
        X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), when);
        return store;
    }
    X509_STORE_free(store);
    return NULL;
}

/* The context owns what it is given: the digest's copy, the store. */
static TS_VERIFY_CTX *make_context(const uint8_t digest[static STAMP_HASH_BYTES], X509_STORE *store)
{
    TS_VERIFY_CTX *context = TS_VERIFY_CTX_new();
    unsigned char *copy = OPENSSL_malloc(STAMP_HASH_BYTES);

    if (context == NULL || copy == NULL) {
        TS_VERIFY_CTX_free(context);
        OPENSSL_free(copy);
        X509_STORE_free(store);
        return NULL;
    }
    memcpy(copy, digest, STAMP_HASH_BYTES);
    (void)TS_VERIFY_CTX_set_flags(context, TS_VFY_VERSION | TS_VFY_IMPRINT | TS_VFY_SIGNATURE);
#if OPENSSL_VERSION_NUMBER >= 0x30400000L /* where the older names are deprecated */
    (void)TS_VERIFY_CTX_set0_imprint(context, copy, STAMP_HASH_BYTES);
    (void)TS_VERIFY_CTX_set0_store(context, store);
#else
    (void)TS_VERIFY_CTX_set_imprint(context, copy, STAMP_HASH_BYTES);
    (void)TS_VERIFY_CTX_set_store(context, store);
#endif
    return context;
}

static bool untrusted(const char *cause, struct error *err)
{
    const char *why = ERR_reason_error_string(ERR_peek_last_error());

    error_set(err, ERROR_SERVER_UNTRUSTED, why == NULL ? cause : error_keep_format(err, "%s: %s", cause, why),
              "compare the file named as ca with the certificate of who runs the time stamping authority");
    ERR_clear_error();
    return false;
}

static bool verify_reply(TS_RESP *reply, const uint8_t digest[static STAMP_HASH_BYTES], const char *ca, time_t when,
                         struct error *err)
{
    X509_STORE *store = make_store(ca, when);
    TS_VERIFY_CTX *context;
    bool ok;

    if (store == NULL) {
        ERR_clear_error();
        error_set(err, ERROR_INPUT_FILE, "the certificates of the time stamping authority cannot be read",
                  "name a PEM file with its root as ca in ledger.yaml");
        error_with_subject(err, ca);
        return false;
    }
    context = make_context(digest, store);
    ok = context != NULL && TS_RESP_verify_response(context, reply) == 1;
    TS_VERIFY_CTX_free(context);
    return ok || untrusted("the time stamp does not verify", err);
}

bool stamp_verify(struct bytes reply, struct bytes text, const char *ca, uint64_t *time, struct error *err)
{
    const unsigned char *at = reply.data;
    uint8_t digest[STAMP_HASH_BYTES];
    TS_RESP *read = d2i_TS_RESP(NULL, &at, (long)reply.len);
    time_t when = 0;
    bool ok;

    ERR_clear_error();
    if (read == NULL || at != reply.data + reply.len)
        ok = untrusted("the answer is no time stamp", err);
    else if (!read_time(read, &when))
        ok = untrusted("the time stamping authority refuses the request", err);
    else
        ok = hash(text, digest) && verify_reply(read, digest, ca, when, err);
    TS_RESP_free(read);
    *time = (uint64_t)when;
    return ok;
}
