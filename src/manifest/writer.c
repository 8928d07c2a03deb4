/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/writer.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error_format.h"
#include "base/hex.h"
#include "issuer/datum.h"
#include "ledger/new_file.h"
#include "manifest/base64url.h"
#include "manifest/element.h"

static bool no_memory(struct error *err)
{
    error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
    return false;
}

/* --- texts --- */

/* The caller frees it; NULL without memory. */
static char *encode(struct bytes in)
{
    char *text = malloc(BASE64URL_SIZE(in.len));

    if (text != NULL)
        base64url_encode(in, text);
    return text;
}

static char *encode_object(const json_t *object)
{
    char *json = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);
    char *text = json == NULL ? NULL : encode(bytes_of(json, strlen(json)));

    free(json);
    return text;
}

static json_t *base64url_value(struct bytes in)
{
    char *text = encode(in);
    json_t *value = text == NULL ? NULL : json_string(text);

    free(text);
    return value;
}

/* x5c has ordinary base64, with padding (RFC 7517, section 4.7). */
static json_t *base64_value(struct bytes in)
{
    const gnutls_datum_t data = datum_of(in);
    gnutls_datum_t text = {.data = NULL};
    json_t *value = gnutls_base64_encode2(&data, &text) < 0 ? NULL : json_stringn((const char *)text.data, text.size);

    gnutls_free(text.data);
    return value;
}

/* --- the signer --- */

static void add_name(json_t *owner, const char *member, gnutls_x509_crt_t certificate, const char *oid)
{
    char text[MANIFEST_NAME_SIZE];
    size_t len = sizeof text;

    if (gnutls_x509_crt_get_dn_by_oid(certificate, oid, 0, 0, text, &len) >= 0)
        json_object_set_new(owner, member, json_string(text));
}

/* EntityName: who provisioned the parts is who signs for them. It needs one member at least. */
static json_t *read_owner(struct bytes der)
{
    const gnutls_datum_t data = datum_of(der);
    json_t *owner = json_object();
    gnutls_x509_crt_t certificate = NULL;

    if (gnutls_x509_crt_init(&certificate) < 0)
        return owner;
    if (gnutls_x509_crt_import(certificate, &data, GNUTLS_X509_FMT_DER) >= 0) {
        add_name(owner, "organizationName", certificate, GNUTLS_OID_X520_ORGANIZATION_NAME);
        add_name(owner, "organizationalUnitName", certificate, GNUTLS_OID_X520_ORGANIZATIONAL_UNIT_NAME);
        if (json_object_size(owner) == 0)
            add_name(owner, "commonName", certificate, GNUTLS_OID_X520_COMMON_NAME);
    }
    gnutls_x509_crt_deinit(certificate);
    return owner;
}

static bool read_signer(struct manifest_writer *writer, struct error *err)
{
    const struct bytes der = issuer_certificate(writer->issuer);
    struct manifest_signer *signer = &writer->signer;
    json_t *header;

    if (!manifest_signer_read(signer, der, err))
        return false;
    header = json_pack("{s:s, s:s, s:o, s:o}", "typ", "JWT", "alg", "ES256", "kid",
                       base64url_value(bytes_of(signer->key_id, signer->key_id_len)), "x5t#S256",
                       base64url_value(bytes_of(signer->hash, sizeof signer->hash)));
    writer->protected = encode_object(header);
    json_decref(header);
    writer->owner = read_owner(der);
    if (writer->protected == NULL || writer->owner == NULL)
        return no_memory(err);
    if (json_object_size(writer->owner) > 0)
        return true;
    error_set(err, ERROR_ISSUER_INVALID, "the subject of the signer's certificate has no O, OU or CN",
              "make it again with O=YOUR COMPANY in its subject: docs/guide/manifests.md");
    return false;
}

bool manifest_writer_begin(struct manifest_writer *writer, const char *path, struct issuer *issuer, struct error *err)
{
    const int n = snprintf(writer->temp, sizeof writer->temp, "%s.new", path);

    writer->issuer = issuer;
    if (n <= 0 || (size_t)n >= sizeof writer->temp) {
        error_set(err, ERROR_USAGE, "the file's name is too long", NULL);
        return false;
    }
    memcpy(writer->path, path, strlen(path) + 1);
    if (access(path, F_OK) == 0) {
        error_set(err, ERROR_USAGE, "there is a file of that name already", "name a new file");
        error_with_subject(err, path);
        return false;
    }
    if (!read_signer(writer, err))
        return false;
    (void)unlink(writer->temp); /* of a run that was killed */
    writer->file = new_file_begin(writer->temp, err);
    if (writer->file == NULL)
        error_replace_subject(err, path);
    return writer->file != NULL;
}

/* --- a part --- */

static json_t *key_value(const struct manifest_key *key)
{
    json_t *object = json_pack("{s:o, s:s, s:s, s:o, s:o}", "kid", json_sprintf("%u", key->slot), "kty", "EC", "crv",
                               "P-256", "x", base64url_value(bytes_of(key->point + 1, P256_BYTES)), "y",
                               base64url_value(bytes_of(key->point + 1 + P256_BYTES, P256_BYTES)));
    json_t *certificates;

    if (object == NULL || key->chain_count == 0)
        return object;
    certificates = json_array();
    for (size_t i = 0; i < key->chain_count; i++)
        json_array_append_new(certificates, base64_value(key->chain[i]));
    json_object_set_new(object, "x5c", certificates);
    return object;
}

static json_t *keys_value(const struct manifest_part *part)
{
    json_t *keys = json_array();

    for (size_t i = 0; i < part->key_count; i++)
        json_array_append_new(keys, key_value(&part->keys[i]));
    return json_pack("{s:o}", "keys", keys);
}

/* "0123f1822c38dd7a01" */
static void serial_text(const struct manifest_part *part, char text[static HEX_SIZE(MANIFEST_SERIAL_BYTES)])
{
    hex_encode(bytes_of(part->serial, sizeof part->serial), text);
    for (; *text != '\0'; text++)
        if (*text >= 'A' && *text <= 'F')
            *text = (char)(*text - 'A' + 'a');
}

/* The members in the order of Microchip's own files. */
static json_t *payload_value(const struct manifest_writer *writer, const struct manifest_part *part, const char *serial)
{
    return json_pack("{s:i, s:s, s:s, s:{s:s, s:s}, s:O, s:O, s:s, s:s, s:o}", "version", 1, "model", part->model,
                     "partNumber", part->part_number, "manufacturer", "organizationName", "Microchip Technology Inc",
                     "organizationalUnitName", "Secure Products Group", "provisioner", writer->owner, "distributor",
                     writer->owner, "provisioningTimestamp", part->time, "uniqueId", serial, "publicKeySet",
                     keys_value(part));
}

static bool sign(struct manifest_writer *writer, const char *payload, json_t **signature, struct error *err)
{
    uint8_t bytes[P256_SIGNATURE_BYTES];
    char *text = NULL;
    const int len = asprintf(&text, "%s.%s", writer->protected, payload);
    bool ok;

    if (len < 0)
        return no_memory(err);
    ok = issuer_sign(writer->issuer, bytes_of(text, (size_t)len), bytes, err) == ISSUER_DONE;
    free(text);
    *signature = ok ? base64url_value(bytes_of(bytes, sizeof bytes)) : NULL;
    return ok;
}

/* Whether a reader will accept the date. */
static bool check_time(const struct manifest_writer *writer, const struct manifest_part *part, struct error *err)
{
    int64_t seconds;

    if (!manifest_read_time(part->time, &seconds)) {
        error_set(err, ERROR_DATABASE_DAMAGED, "the device has no date that can be read", NULL);
        return false;
    }
    if (seconds >= writer->signer.not_before && seconds <= writer->signer.not_after)
        return true;
    error_set(
        err, ERROR_ISSUER_INVALID,
        error_keep_format(err, "the device was made at %s, when the signer's certificate was not valid", part->time),
        "name a signer whose certificate was valid then, or leave the device out: --since DATE");
    return false;
}

static bool write_element(struct manifest_writer *writer, json_t *element, struct error *err)
{
    char *text = element == NULL ? NULL : json_dumps(element, JSON_INDENT(2));

    if (text == NULL)
        return no_memory(err);
    fputs(writer->count == 0 ? "[\n" : ",\n", writer->file); /* new_file_end() sees what failed */
    fputs(text, writer->file);
    free(text);
    writer->count++;
    return true;
}

bool manifest_writer_add(struct manifest_writer *writer, const struct manifest_part *part, struct error *err)
{
    char serial[HEX_SIZE(MANIFEST_SERIAL_BYTES)];
    json_t *object, *signature = NULL, *element = NULL;
    char *payload;
    bool ok;

    serial_text(part, serial);
    object = payload_value(writer, part, serial);
    payload = encode_object(object);
    ok = payload != NULL ? check_time(writer, part, err) && sign(writer, payload, &signature, err) : no_memory(err);
    if (ok) {
        element = json_pack("{s:s, s:s, s:{s:s}, s:o}", "payload", payload, "protected", writer->protected, "header",
                            "uniqueId", serial, "signature", signature);
        ok = write_element(writer, element, err);
    }
    json_decref(element);
    json_decref(object);
    free(payload);
    if (!ok) {
        error_doing(err, "write the manifest");
        error_with_serial(err, part->serial);
    }
    return ok;
}

bool manifest_writer_end(struct manifest_writer *writer, bool ok, struct error *err)
{
    if (writer->file != NULL) {
        fputs(writer->count == 0 ? "[]\n" : "\n]\n", writer->file);
        if (ok) {
            ok = new_file_end(writer->file, writer->temp, err) && new_file_publish(writer->temp, writer->path, err);
            if (!ok)
                error_replace_subject(err, writer->path);
        } else {
            (void)fclose(writer->file); /* it goes, whatever is in it */
            (void)unlink(writer->temp);
        }
    }
    writer->file = NULL;
    manifest_signer_release(&writer->signer);
    json_decref(writer->owner);
    free(writer->protected);
    return ok;
}
