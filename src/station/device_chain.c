/* SPDX-License-Identifier: Apache-2.0 */
#include "station/device_chain.h"

#include <string.h>

#include <mbedtls/x509_crt.h>

#include "cert/check_certificate.h"
#include "station/input.h"

#define FILE_MAX 65536

struct bytes device_chain_der(const struct device_chain *chain, enum device_chain_role role)
{
    return bytes_of(chain->links[role].der, chain->links[role].len);
}

static void put_link(struct device_chain *chain, enum device_chain_role role, const char *name, const char *where,
                     struct bytes der)
{
    struct device_chain_link *link = &chain->links[role];

    link->role = name;
    link->where = where;
    memcpy(link->der, der.data, der.len); /* the maker's have CERT_MAX bytes at most; others were compared */
    link->len = der.len;
}

static bool refuse(const struct genuine *genuine, struct error *err)
{
    const char *cause = genuine->cause != NULL ? genuine->cause : "the chain was not read";

    error_set(err, genuine->part == NULL ? ERROR_NO_CERTIFICATE : ERROR_NOT_GENUINE, cause, NULL);
    error_doing(err, "read the maker's certificates");
    return false;
}

bool device_chain_of_maker(const struct genuine *genuine, struct device_chain *chain, struct error *err)
{
    *chain = (struct device_chain){.part = NULL};
    if (genuine->device.len == 0 || genuine->signer.len == 0 || genuine->root == NULL)
        return refuse(genuine, err);
    chain->part = genuine->part;
    chain->root = genuine->root;
    chain->is_virtual = genuine->root_is_virtual;
    memcpy(chain->public_key, genuine->public_key, sizeof chain->public_key);
    put_link(chain, DEVICE_CHAIN_DEVICE, "device", "slots 10 and 0 of the chip",
             bytes_of(genuine->device.der, genuine->device.len));
    put_link(chain, DEVICE_CHAIN_SIGNER, "signer", "slots 12 and 11 of the chip",
             bytes_of(genuine->signer.der, genuine->signer.len));
    put_link(chain, DEVICE_CHAIN_ROOT, "root", "imprint", device_chain_roots_certificate(chain->is_virtual));
    chain->count = DEVICE_CHAIN_MAKERS;
    return true;
}

bool device_chain_read_maker(struct chip *chip, const struct chip_config *config, struct device_chain *chain,
                             struct error *err)
{
    struct genuine genuine;

    return genuine_read_chain(&genuine, chip, config, err) && device_chain_of_maker(&genuine, chain, err);
}

/* ---- a file ---- */

static bool same_name(const mbedtls_x509_buf *one, const mbedtls_x509_buf *other)
{
    return one->len == other->len && memcmp(one->p, other->p, one->len) == 0;
}

static const char *role_of(const mbedtls_x509_crt *certificate, size_t place)
{
    if (place == 0)
        return "device";
    return same_name(&certificate->subject_raw, &certificate->issuer_raw) ? "root" : "signer";
}

static bool refuse_file(const char *path, const char *cause, struct error *err)
{
    error_set(err, ERROR_INPUT_FILE, cause, NULL);
    error_with_subject(err, path);
    return false;
}

static bool take_links(const mbedtls_x509_crt *first, const char *path, struct device_chain *chain, struct error *err)
{
    for (const mbedtls_x509_crt *at = first; at != NULL; at = at->next) {
        if (chain->count == DEVICE_CHAIN_MAX)
            return refuse_file(path, "the chain is longer than five certificates", err);
        if (at->raw.len > PEM_CERTIFICATE_DER)
            return refuse_file(path, "a certificate of the chain is longer than 3,072 bytes", err);
        if (at->next != NULL && !same_name(&at->issuer_raw, &at->next->subject_raw))
            return refuse_file(path, "a certificate of the chain was not issued by the one that follows it", err);
        put_link(chain, (enum device_chain_role)chain->count, role_of(at, chain->count), path,
                 bytes_of(at->raw.p, at->raw.len));
        chain->count++;
    }
    return true;
}

bool device_chain_read_file(const char *path, const uint8_t point[static P256_POINT_BYTES], struct device_chain *chain,
                            struct error *err)
{
    mbedtls_x509_crt certificates;
    struct input input;
    bool ok;

    *chain = (struct device_chain){.count = 0};
    if (!input_read(&input, path, FILE_MAX, err))
        return false;
    mbedtls_x509_crt_init(&certificates);
    ok = mbedtls_x509_crt_parse(&certificates, input.data, input.len + 1) == 0 ||
         refuse_file(path, "the file does not hold certificates in PEM", err);
    input_release(&input);
    ok = ok && take_links(&certificates, path, chain, err);
    if (ok && (!cert_check_read_key(device_chain_der(chain, DEVICE_CHAIN_DEVICE), chain->public_key) ||
               memcmp(chain->public_key, point, P256_POINT_BYTES) != 0))
        ok = refuse_file(path, "the first certificate is not for this key", err);
    mbedtls_x509_crt_free(&certificates);
    return ok;
}
