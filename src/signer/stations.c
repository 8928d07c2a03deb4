/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/stations.h"

#include <string.h>

#include "base/error_format.h"
#include "issuer/input_file.h"

#define FILE_MAX ((size_t)64 * 1024)
#define MS_OF_MINUTE 60000.0
#define LEAST_BURST 10.0 /* requests that may follow each other at once, however low the rate */

static bool refuse(const char *cause, const char *next, struct error *err)
{
    error_set(err, ERROR_INPUT_FILE, cause, next);
    return false;
}

static bool read_id(gnutls_x509_crt_t certificate, uint8_t id[static SIGNER_KEY_ID_BYTES])
{
    size_t len = SIGNER_KEY_ID_BYTES;

    return gnutls_x509_crt_get_key_id(certificate, GNUTLS_KEYID_USE_SHA256, id, &len) == GNUTLS_E_SUCCESS &&
           len == SIGNER_KEY_ID_BYTES;
}

/* Whether the certificate would be let in, but for the time. */
static bool is_vouched_for(gnutls_x509_crt_t certificate, gnutls_x509_trust_list_t anchors, struct error *err)
{
    unsigned char purpose[] = GNUTLS_KP_TLS_WWW_CLIENT;
    gnutls_typed_vdata_st purposes = {.type = GNUTLS_DT_KEY_PURPOSE_OID, .data = purpose};
    unsigned status = GNUTLS_CERT_INVALID;

    if (gnutls_x509_trust_list_verify_crt2(anchors, &certificate, 1, &purposes, 1, GNUTLS_VERIFY_DISABLE_TIME_CHECKS,
                                           &status, NULL) < 0)
        status = GNUTLS_CERT_INVALID;
    return status == 0 ||
           refuse("the station's certificate is not vouched for by those in `clients`, or is not a client's",
                  "name the certificate that the authority in `clients` has issued to the station", err);
}

static bool import(gnutls_x509_crt_t certificate, const struct input_file *file, struct error *err)
{
    const gnutls_datum_t text = {file->data, (unsigned)file->len};

    return gnutls_x509_crt_import(certificate, &text, GNUTLS_X509_FMT_PEM) == GNUTLS_E_SUCCESS ||
           refuse("the file holds no certificate in PEM", "convert it: openssl x509 -inform DER -in FILE -out FILE.pem",
                  err);
}

static bool read_station(struct signer_stations *stations, const struct signer_station *station,
                         gnutls_x509_trust_list_t anchors, struct error *err)
{
    struct signer_known *known = &stations->known[stations->count];
    gnutls_x509_crt_t certificate = NULL;
    struct input_file file;
    bool ok = input_file_read(&file, station->certificate, FILE_MAX, INPUT_FILE_TRUSTED, err);

    ok = ok && gnutls_x509_crt_init(&certificate) == GNUTLS_E_SUCCESS && import(certificate, &file, err) &&
         is_vouched_for(certificate, anchors, err) && read_id(certificate, known->id);
    gnutls_x509_crt_deinit(certificate);
    input_file_release(&file);
    for (size_t i = 0; ok && i < stations->count; i++)
        if (memcmp(stations->known[i].id, known->id, sizeof known->id) == 0)
            ok = refuse("another station has a certificate with the same key", "give each station a key of its own",
                        err);
    known->rate = station->rate;
    stations->count++;
    return ok;
}

static double burst(const struct signer_known *known)
{
    return known->rate > LEAST_BURST ? known->rate : LEAST_BURST;
}

bool signer_stations_read(struct signer_stations *stations, const struct signer_rules *rules,
                          gnutls_x509_trust_list_t anchors, struct error *err)
{
    for (size_t i = 0; i < rules->station_count; i++) {
        if (!read_station(stations, &rules->stations[i], anchors, err)) {
            error_doing(err, error_keep_format(err, "read the certificate of station %s", rules->stations[i].name));
            error_with_subject(err, rules->stations[i].certificate);
            return false;
        }
    }
    stations->known[stations->count].rate = SIGNER_RATE_USUAL;
    for (size_t i = 0; i <= stations->count; i++)
        stations->known[i].tokens = burst(&stations->known[i]);
    return true;
}

size_t signer_stations_find(const struct signer_stations *stations, const gnutls_datum_t *certificate,
                            uint8_t id[static SIGNER_KEY_ID_BYTES])
{
    gnutls_x509_crt_t read = NULL;
    size_t found = 0;
    bool ok = gnutls_x509_crt_init(&read) == GNUTLS_E_SUCCESS &&
              gnutls_x509_crt_import(read, certificate, GNUTLS_X509_FMT_DER) == GNUTLS_E_SUCCESS && read_id(read, id);

    gnutls_x509_crt_deinit(read);
    if (!ok) {
        memset(id, 0, SIGNER_KEY_ID_BYTES);
        return stations->count;
    }
    while (found < stations->count && memcmp(stations->known[found].id, id, SIGNER_KEY_ID_BYTES) != 0)
        found++;
    return found;
}

bool signer_stations_take(struct signer_stations *stations, size_t index, int64_t now_ms)
{
    struct signer_known *known = &stations->known[index];
    const double most = burst(known);

    if (known->filled_ms != 0)
        known->tokens += (double)(now_ms - known->filled_ms) * known->rate / MS_OF_MINUTE;
    known->filled_ms = now_ms;
    if (known->tokens > most)
        known->tokens = most;
    if (known->tokens < 1)
        return false;
    known->tokens -= 1;
    return true;
}
