/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An issuer whose key is in a token: an HSM, a smart card, SoftHSM2. GnuTLS loads one module and no other, logs in
 * once, and signs there. Tokens lock after a few wrong PINs, and GnuTLS asks for a PIN for as long as it gets one: a
 * PIN that was wrong is never given again. A token that was away is opened once more when the next signature is due.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gnutls/pkcs11.h>

#include "base/error_format.h"
#include "issuer/input_file.h"
#include "issuer/kinds.h"
#include "issuer/pkcs11_uri.h"
#include "issuer/signing.h"

/* The PIN of an open token, for sessions that GnuTLS opens anew and keys that ask for it at each signature. */
struct token {
    const struct issuer_config *config; /* while it is opened */
    const char *pin_file;               /* likewise; NULL: a person is asked */
    struct error *err;                  /* likewise */
    char *url;                          /* names the key: for opening it once more */
    char pin[INPUT_FILE_SECRET_MAX];
    bool has_pin;
    bool wrong;     /* the token refused it */
    bool last_try;  /* one more wrong PIN would lock the token: none was given */
    bool no_pin;    /* none was given; `err` says why */
    bool is_loaded; /* gnutls_pkcs11_init() was called */
};

static bool refuse(enum error_reason reason, const char *cause, const char *next, struct error *err)
{
    error_set(err, reason, cause, next);
    return false;
}

/* --- the PIN --- */

static bool get_pin(struct token *token, const char *label)
{
    char what[160];

    if (token->config == NULL)
        return false;
    (void)snprintf(what, sizeof what, "the PIN of token %s", label);
    return input_file_get_secret_for_issuer(token->pin_file, &token->config->prompt, what, token->pin, token->err);
}

/* GnuTLS calls this for each login; `attempt` counts from 0 within one. */
static int give_pin(void *context, int attempt, const char *url, const char *label, unsigned flags, char *pin,
                    size_t pin_size)
{
    struct token *token = context;

    (void)url;
    token->wrong = token->wrong || attempt > 0 || (flags & GNUTLS_PIN_WRONG) != 0;
    if (token->wrong)
        return -1;
    token->last_try = (flags & GNUTLS_PIN_FINAL_TRY) != 0;
    if (token->last_try)
        return -1;
    if (!token->has_pin) {
        token->has_pin = get_pin(token, label);
        token->no_pin = !token->has_pin;
    }
    if (!token->has_pin || strlen(token->pin) >= pin_size)
        return -1;
    memcpy(pin, token->pin, strlen(token->pin) + 1);
    return 0;
}

/* --- what GnuTLS says --- */

/* Why the key did not open; a status that no row names is the token's trouble. */
static const struct {
    int status;
    enum error_reason reason;
    const char *cause, *next;
} open_failures[] = {
    {GNUTLS_E_PKCS11_PIN_ERROR, ERROR_ISSUER_LOGIN, "the token refuses the PIN", NULL},
    {GNUTLS_E_PKCS11_REQUESTED_OBJECT_NOT_AVAILBLE, ERROR_ISSUER_AWAY, "the token is not there",
     "connect it; list what the module sees with: p11tool --provider MODULE --list-tokens"},
    {GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE, ERROR_ISSUER_INVALID, "the token has no such private key",
     "list its keys with: p11tool --provider MODULE --login --list-privkeys URI"},
};

static bool open_failed(const struct token *token, int status, struct error *err)
{
    if (token->no_pin)
        return false; /* with its reason */
    if (token->last_try)
        return refuse(ERROR_ISSUER_LOGIN, "one more wrong PIN locks the token, so none was tried",
                      "log in once with the tool of the token's maker, then run the same command again", err);
    if (token->wrong)
        return refuse(ERROR_ISSUER_LOGIN, "the token refuses the PIN (it was tried once)", NULL, err);
    for (size_t i = 0; i < sizeof open_failures / sizeof open_failures[0]; i++) {
        if (open_failures[i].status == status)
            return refuse(open_failures[i].reason, open_failures[i].cause, open_failures[i].next, err);
    }
    return refuse(ERROR_ISSUER_AWAY, error_keep_format(err, "the token does not work: %s", gnutls_strerror(status)),
                  NULL, err);
}

/* --- opening --- */

/* Automatic mode would load every module that p11-kit knows, into a program that holds secrets. */
static bool load_module(struct token *token, const char *path, struct error *err)
{
    int status = gnutls_pkcs11_init(GNUTLS_PKCS11_FLAG_MANUAL, NULL);

    token->is_loaded = status >= 0;
    if (status >= 0)
        status = gnutls_pkcs11_add_provider(path, NULL);
    if (status >= 0)
        return true;
    error_with_subject(err, path);
    return refuse(ERROR_ISSUER_INVALID,
                  error_keep_format(err, "the PKCS#11 module cannot be loaded: %s", gnutls_strerror(status)),
                  "name the shared library of the token's maker: module", err);
}

static bool import_key(struct token *token, gnutls_privkey_t *key, struct error *err)
{
    int status = gnutls_privkey_init(key);

    if (status >= 0) {
        gnutls_privkey_set_pin_function(*key, give_pin, token);
        status = gnutls_privkey_import_url(*key, token->url, 0);
    }
    return status >= 0 || open_failed(token, status, err);
}

/*
 * GnuTLS takes the first key that matches, and a token may have two of one label. The login of the key that is open
 * holds for this, too.
 */
static bool is_only_one(struct token *token, struct error *err)
{
    gnutls_pkcs11_obj_t *found = NULL;
    unsigned count = 0;
    int status;

    gnutls_pkcs11_set_pin_function(give_pin, token);
    status = gnutls_pkcs11_obj_list_import_url4(&found, &count, token->url, GNUTLS_PKCS11_OBJ_FLAG_LOGIN);
    gnutls_pkcs11_set_pin_function(NULL, NULL);
    if (status < 0)
        return open_failed(token, status, err);
    for (unsigned i = 0; i < count; i++)
        gnutls_pkcs11_obj_deinit(found[i]);
    gnutls_free((void *)found);
    if (count == 1)
        return true;
    return refuse(ERROR_ISSUER_INVALID, error_keep_format(err, "the URI matches %u private keys of the token", count),
                  "name one of them by its id (id=%..)", err);
}

static bool open_key(struct issuer *issuer, const struct issuer_config *config, const struct pkcs11_uri *uri,
                     struct error *err)
{
    const char *module = config->module != NULL ? config->module : uri->module;

    if (module == NULL || (config->module != NULL && uri->module != NULL))
        return refuse(ERROR_ISSUER_INVALID,
                      module == NULL ? "no PKCS#11 module is named" : "the PKCS#11 module is named twice",
                      "name the shared library of the token's maker once: module", err);
    if (config->pin_file != NULL && uri->pin_source != NULL)
        return refuse(ERROR_ISSUER_INVALID, "the file with the PIN is named twice",
                      "remove pin-file, or pin-source from the URI", err);
    issuer->token->pin_file = config->pin_file != NULL ? config->pin_file : uri->pin_source;
    issuer->token->url = strdup(uri->key);
    if (issuer->token->url == NULL)
        return refuse(ERROR_UNEXPECTED, "out of memory", NULL, err);
    return load_module(issuer->token, module, err) && import_key(issuer->token, &issuer->key, err) &&
           is_only_one(issuer->token, err) && signing_try(issuer->key, issuer->chain.key, err);
}

/*
 * With the PIN that has opened the token before, tried once: a token that is there again may be another one, or have
 * another PIN, and then nothing is tried until the program starts anew.
 */
static bool reopen_pkcs11(struct issuer *issuer, struct error *err)
{
    struct token *token = issuer->token;
    gnutls_privkey_t key = NULL;
    bool ok;

    if (token->wrong)
        return refuse(ERROR_ISSUER_LOGIN, "the token refuses the PIN (it was tried once)",
                      "correct the PIN, then start the program again", err);
    token->last_try = false;
    ok = import_key(token, &key, err) && is_only_one(token, err) && signing_try(key, issuer->chain.key, err);
    if (ok) {
        gnutls_privkey_deinit(issuer->key);
        issuer->key = key;
    } else if (key != NULL) {
        gnutls_privkey_deinit(key);
    }
    return ok;
}

static bool open_pkcs11(struct issuer *issuer, const struct issuer_config *config, struct error *err)
{
    struct pkcs11_uri uri;
    bool ok;

    if (!chain_read(&issuer->chain, config->certificate, time(NULL), err))
        return false;
    issuer->token = calloc(1, sizeof *issuer->token);
    if (issuer->token == NULL)
        return refuse(ERROR_UNEXPECTED, "out of memory", NULL, err);
    issuer->token->config = config;
    issuer->token->err = err;
    ok = pkcs11_uri_parse(&uri, config->uri, err) && open_key(issuer, config, &uri, err);
    issuer->token->config = NULL;
    issuer->token->pin_file = NULL;
    issuer->token->err = NULL;
    pkcs11_uri_release(&uri);
    if (!ok) {
        error_doing(err, "open the issuer's key");
        error_with_subject(err, config->uri);
    }
    return ok;
}

static void close_pkcs11(struct issuer *issuer)
{
    if (issuer->token == NULL)
        return;
    if (issuer->token->is_loaded)
        gnutls_pkcs11_deinit();
    free(issuer->token->url);
    bytes_wipe(issuer->token, sizeof *issuer->token);
    free(issuer->token);
}

const struct issuer_operations issuer_pkcs11 = {
    .open = open_pkcs11, .close = close_pkcs11, .reopen = reopen_pkcs11, .word = "pkcs11"};
