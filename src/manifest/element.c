/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/element.h"

#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <jansson.h>

#include "base/error_format.h"
#include "issuer/datum.h"
#include "manifest/base64url.h"
#include "manifest/payload.h"

static const char *const fault_names[MANIFEST_FAULT_COUNT] = {
    [MANIFEST_GOOD] = "good",
    [MANIFEST_FAULT_JSON] = "json",
    [MANIFEST_FAULT_MEMBERS] = "members",
    [MANIFEST_FAULT_HEADER] = "header",
    [MANIFEST_FAULT_SIGNER] = "unknown-signer",
    [MANIFEST_FAULT_SIGNATURE] = "signature",
    [MANIFEST_FAULT_PAYLOAD] = "payload",
    [MANIFEST_FAULT_SERIAL] = "serial",
    [MANIFEST_FAULT_DATE] = "date",
    [MANIFEST_FAULT_KEYS] = "keys",
    [MANIFEST_FAULT_CERTIFICATES] = "certificates",
    [MANIFEST_FAULT_DUPLICATE] = "duplicate",
};

const char *manifest_fault_name(enum manifest_fault fault)
{
    return fault_names[fault];
}

static enum manifest_fault fault(enum manifest_fault found, const char *cause, struct error *err)
{
    error_set(err, ERROR_MANIFEST_REFUTED, cause, NULL);
    return found;
}

/* The members of an element; texts belong to its JSON. */
struct element {
    const char *payload, *protected, *signature;
    json_t *header; /* protected, decoded */
    const struct manifest_signer *signer;
};

/* The JSON object of a base64url text: the caller's reference; NULL where it is none. */
static json_t *read_object(const char *text)
{
    const size_t room = strlen(text);
    struct bytes_out out = {.data = malloc(room + 1), .cap = room};
    json_t *object = NULL;

    if (out.data != NULL && base64url_decode(text, &out))
        object = json_loadb((const char *)out.data, out.len, JSON_REJECT_DUPLICATES, NULL);
    free(out.data);
    if (json_is_object(object))
        return object;
    json_decref(object);
    return NULL;
}

static enum manifest_fault read_members(const json_t *json, struct element *element, struct manifest_part *part,
                                        bool *has_serial, struct error *err)
{
    element->payload = json_string_value(json_object_get(json, "payload"));
    element->protected = json_string_value(json_object_get(json, "protected"));
    element->signature = json_string_value(json_object_get(json, "signature"));
    *has_serial = payload_read_serial(json_object_get(json_object_get(json, "header"), "uniqueId"), part->serial);
    if (element->payload == NULL || element->protected == NULL || element->signature == NULL)
        return fault(MANIFEST_FAULT_MEMBERS, "payload, protected or signature is missing or no text", err);
    if (!*has_serial)
        return fault(MANIFEST_FAULT_MEMBERS, "header has no uniqueId of 18 hex digits", err);
    return MANIFEST_GOOD;
}

/* --- the protected header --- */

static bool is_word(const json_t *value, const char *word)
{
    const char *text = json_string_value(value);

    return text != NULL && strcmp(text, word) == 0;
}

static enum manifest_fault find_signer(struct element *element, const struct manifest_trust *trust, struct error *err)
{
    const char *hash_text = json_string_value(json_object_get(element->header, "x5t#S256"));
    const char *id_text = json_string_value(json_object_get(element->header, "kid"));
    uint8_t hash[MANIFEST_HASH_BYTES], id[MANIFEST_KEY_ID_BYTES];
    struct bytes_out hash_out = {.data = hash, .cap = sizeof hash}, id_out = {.data = id, .cap = sizeof id};

    if (hash_text == NULL || !base64url_decode(hash_text, &hash_out) || hash_out.len != sizeof hash)
        return fault(MANIFEST_FAULT_HEADER,
                     "the protected header has no x5t#S256: the hash of the signer's certificate", err);
    if (id_text == NULL || !base64url_decode(id_text, &id_out))
        return fault(MANIFEST_FAULT_HEADER, "the protected header has no kid: the signer's key identifier", err);
    element->signer = manifest_trust_find(trust, hash);
    if (element->signer == NULL)
        return fault(MANIFEST_FAULT_SIGNER,
                     error_keep_format(
                         err, "none of the named signers signed it (the signer's certificate: x5t#S256 %s)", hash_text),
                     err);
    if (!bytes_equal(bytes_written(&id_out), bytes_of(element->signer->key_id, element->signer->key_id_len)))
        return fault(MANIFEST_FAULT_HEADER, "kid is not the key identifier of the signer's certificate", err);
    return MANIFEST_GOOD;
}

static enum manifest_fault read_header(struct element *element, const struct manifest_trust *trust, struct error *err)
{
    element->header = read_object(element->protected);
    if (element->header == NULL)
        return fault(MANIFEST_FAULT_HEADER, "protected is no base64url of a JSON object", err);
    if (!is_word(json_object_get(element->header, "alg"), "ES256"))
        return fault(MANIFEST_FAULT_HEADER, "the algorithm is not ES256", err);
    if (json_object_get(element->header, "crit") != NULL || json_object_get(element->header, "b64") != NULL)
        return fault(MANIFEST_FAULT_HEADER, "the protected header asks for what imprint does not know (crit, b64)",
                     err);
    return find_signer(element, trust, err);
}

/* --- the signature: over the two texts as they stand in the file --- */

static bool verify_text(const struct manifest_signer *signer, const char *text, size_t len, const uint8_t *signature)
{
    const gnutls_datum_t data = datum_of(bytes_of(text, len));
    const gnutls_datum_t r = datum_of(bytes_of(signature, P256_BYTES));
    const gnutls_datum_t s = datum_of(bytes_of(signature + P256_BYTES, P256_BYTES));
    gnutls_datum_t der = {.data = NULL};
    bool ok = gnutls_encode_rs_value(&der, &r, &s) >= 0 &&
              gnutls_pubkey_verify_data2(signer->key, GNUTLS_SIGN_ECDSA_SHA256, 0, &data, &der) >= 0;

    gnutls_free(der.data);
    return ok;
}

static enum manifest_fault verify_signature(const struct element *element, struct error *err)
{
    uint8_t signature[P256_SIGNATURE_BYTES];
    struct bytes_out out = {.data = signature, .cap = sizeof signature};
    char *text = NULL;
    int len;
    bool ok;

    if (!base64url_decode(element->signature, &out) || out.len != sizeof signature)
        return fault(MANIFEST_FAULT_MEMBERS, "signature is no base64url of 64 bytes", err);
    len = asprintf(&text, "%s.%s", element->protected, element->payload);
    if (len < 0)
        return fault(MANIFEST_FAULT_JSON, "out of memory", err);
    ok = verify_text(element->signer, text, (size_t)len, signature);
    free(text);
    return ok ? MANIFEST_GOOD : fault(MANIFEST_FAULT_SIGNATURE, "the signature does not verify", err);
}

static enum manifest_fault read_payload(const struct element *element, struct manifest_trust *trust,
                                        struct manifest_part *part, struct error *err)
{
    json_t *payload = read_object(element->payload);
    enum manifest_fault found = payload == NULL
                                    ? fault(MANIFEST_FAULT_PAYLOAD, "payload is no base64url of a JSON object", err)
                                    : payload_read(payload, element->signer, trust, part, err);

    json_decref(payload);
    return found;
}

enum manifest_fault manifest_element_verify(struct bytes text, struct manifest_trust *trust, struct manifest_part *part,
                                            bool *has_serial, const struct manifest_signer **signer, struct error *err)
{
    struct element element = {.payload = NULL};
    json_t *json = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
    enum manifest_fault found = MANIFEST_GOOD;

    *part = (struct manifest_part){.key_count = 0};
    *has_serial = false;
    if (!json_is_object(json))
        found = fault(MANIFEST_FAULT_JSON, "it is no JSON object", err);
    if (found == MANIFEST_GOOD)
        found = read_members(json, &element, part, has_serial, err);
    if (found == MANIFEST_GOOD)
        found = read_header(&element, trust, err);
    if (found == MANIFEST_GOOD)
        found = verify_signature(&element, err);
    if (found == MANIFEST_GOOD)
        found = read_payload(&element, trust, part, err);
    *signer = element.signer;
    json_decref(element.header);
    json_decref(json);
    return found;
}
