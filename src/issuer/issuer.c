/* SPDX-License-Identifier: Apache-2.0 */
#include "issuer/issuer.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "issuer/kinds.h"
#include "issuer/signing.h"

static const struct issuer_operations *const issuer_kinds[ISSUER_KIND_COUNT] = {
    [ISSUER_FILE] = &issuer_file,
    [ISSUER_PKCS11] = &issuer_pkcs11,
    [ISSUER_EST] = &issuer_est,
};

const char *issuer_kind_name(enum issuer_kind kind)
{
    return issuer_kinds[kind]->word;
}

typedef bool open_issuer(struct issuer *issuer, const struct issuer_config *config, struct error *err);

static bool open_kind(struct issuer *issuer, const struct issuer_config *config, struct error *err)
{
    issuer->operations = issuer_kinds[config->kind];
    return issuer->operations->open(issuer, config, err);
}

static bool open_certificates(struct issuer *issuer, const struct issuer_config *config, struct error *err)
{
    if (config->certificate != NULL)
        return chain_read(&issuer->chain, config->certificate, time(NULL), err);
    error_set(err, ERROR_ISSUER_INVALID, "the issuers file does not name this issuer's certificate",
              "name it there, so that what it has issued can be told (certificate): docs/reference/issuers.md");
    return false;
}

static bool open_by(open_issuer *open, const struct issuer_config *config, struct issuer **issuer, struct error *err)
{
    bool ok;

    *issuer = calloc(1, sizeof **issuer);
    if (*issuer == NULL || ((*issuer)->name = strdup(config->name)) == NULL) {
        free(*issuer);
        *issuer = NULL;
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
        return false;
    }
    (*issuer)->chain.purpose = config->purpose;
    ok = open(*issuer, config, err);
    if (!ok) {
        error_doing(err, "open the issuer");
        error_with_subject(err, config->name);
        issuer_close(*issuer);
        *issuer = NULL;
    }
    return ok;
}

bool issuer_open(const struct issuer_config *config, struct issuer **issuer, struct error *err)
{
    return open_by(open_kind, config, issuer, err);
}

bool issuer_open_certificates(const struct issuer_config *config, struct issuer **issuer, struct error *err)
{
    return open_by(open_certificates, config, issuer, err);
}

void issuer_close(struct issuer *issuer)
{
    if (issuer == NULL)
        return;
    gnutls_privkey_deinit(issuer->key);
    if (issuer->operations != NULL && issuer->operations->close != NULL)
        issuer->operations->close(issuer);
    chain_release(&issuer->chain);
    free(issuer->name);
    free(issuer);
}

struct bytes issuer_certificate(const struct issuer *issuer)
{
    return issuer_chain(issuer, 0);
}

struct bytes issuer_chain(const struct issuer *issuer, size_t index)
{
    if (index >= issuer->chain.count)
        return BYTES_NONE;
    return bytes_of(issuer->chain.der[index].data, issuer->chain.der[index].size);
}

const char *issuer_subject(const struct issuer *issuer)
{
    return (const char *)issuer->chain.subject.data;
}

void issuer_validity(const struct issuer *issuer, int64_t *not_before, int64_t *not_after)
{
    *not_before = issuer->chain.not_before;
    *not_after = issuer->chain.not_after;
}

bool issuer_signs(const struct issuer *issuer)
{
    return issuer->key != NULL;
}

/* A token that was removed has forgotten its sessions, the login too. */
static bool sign(struct issuer *issuer, struct bytes tbs, uint8_t signature[static P256_SIGNATURE_BYTES],
                 struct error *err)
{
    const bool ok = (!issuer->is_away || issuer->operations->reopen(issuer, err)) &&
                    signing_sign(issuer->key, issuer->chain.key, tbs, signature, err);

    issuer->is_away = !ok && issuer->operations->reopen != NULL;
    return ok;
}

enum issuer_answer issuer_sign(struct issuer *issuer, struct bytes tbs, uint8_t signature[static P256_SIGNATURE_BYTES],
                               struct error *err)
{
    if (chain_is_current(&issuer->chain, time(NULL), err) && sign(issuer, tbs, signature, err))
        return ISSUER_DONE;
    error_doing(err, "sign a certificate");
    error_with_subject(err, issuer->name);
    return ISSUER_REFUSED;
}

enum issuer_answer issuer_enroll(struct issuer *issuer, struct bytes request, struct bytes_out *certificate,
                                 unsigned *retry_after_s, struct error *err)
{
    enum issuer_answer answer = ISSUER_REFUSED;

    if (chain_is_current(&issuer->chain, time(NULL), err))
        answer = issuer->operations->enroll(issuer, request, certificate, retry_after_s, err);
    if (answer != ISSUER_DONE) {
        error_doing(err, "get a certificate");
        error_with_subject(err, issuer->name);
    }
    return answer;
}

const char *issuer_wanted(const struct issuer *issuer)
{
    return issuer->operations->wanted != NULL ? issuer->operations->wanted(issuer) : "";
}
