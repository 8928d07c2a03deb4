/* SPDX-License-Identifier: Apache-2.0 */
#include "station/verify_record_certificates.h"

#include <string.h>

#include "base/hex.h"
#include "cert/parts.h"
#include "crypto/hash.h"
#include "provision/provision.h"
#include "station/evidence.h"

/* Hex digits, at most `cap` bytes of them; empty: none, or something else. */
static struct bytes read_hex(const json_t *object, const char *name, uint8_t *room, size_t cap)
{
    const char *text = json_string_value(json_object_get(object, name));
    struct bytes_out out = {.data = room, .cap = cap};

    if (text == NULL || !hex_decode(text, strlen(text), &out, NULL))
        return BYTES_NONE;
    return bytes_written(&out);
}

bool verify_record_certificates_check(const json_t *record, const json_t *certificate)
{
    uint8_t room[PROVISION_CERTIFICATE_MAX], hash[CRYPTO_SHA256_BYTES], said_hash[CRYPTO_SHA256_BYTES], said_serial[32];
    const struct bytes der = read_hex(certificate, "certificate", room, sizeof room);
    const json_int_t key_id = json_integer_value(json_object_get(certificate, "key_id"));
    uint8_t point[P256_POINT_BYTES];
    struct cert_parts parts;

    return key_id > 0 && key_id <= UINT32_MAX && cert_read_parts(der, &parts) &&
           evidence_key_point(record, (uint32_t)key_id, point) &&
           memcmp(parts.public_key, point + 1, CERT_KEY_BYTES) == 0 && crypto_sha256(&der, 1, hash) &&
           bytes_equal(read_hex(certificate, "sha256", said_hash, sizeof said_hash), bytes_of(hash, sizeof hash)) &&
           bytes_equal(read_hex(certificate, "serial_number", said_serial, sizeof said_serial), parts.serial);
}

bool verify_record_certificates_check_connection(const json_t *record, const json_t *connection)
{
    const json_t *hash = json_object_get(json_object_get(connection, "device"), "sha_256"), *certificate;
    size_t i;

    json_array_foreach(json_object_get(record, "certificates"), i, certificate)
    {
        if (json_is_string(hash) && json_equal(json_object_get(certificate, "sha256"), hash) &&
            json_equal(json_object_get(certificate, "key_id"), json_object_get(connection, "key_id")) &&
            json_equal(json_object_get(certificate, "name"), json_object_get(connection, "certificate")))
            return true;
    }
    return false;
}
