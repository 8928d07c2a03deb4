/* SPDX-License-Identifier: Apache-2.0 */
#include "test/signer/office.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

void office_make_files(struct office_files *files)
{
    static const char issuers[] =
        "imprint: 1\nissuers:\n  - {name: line, kind: file, certificate: ca.pem, key: ca.key}\n";

    scratch_make(files->folder);
    files->ca_key = ca_make_key("P-256");
    files->ca = ca_make_certificate(&(struct ca_wish){.subject = "TEST signer", .key = files->ca_key});
    ca_write_certificates(path_in(files->folder, "ca.pem"), &files->ca, 1);
    ca_write_key(path_in(files->folder, "ca.key"), files->ca_key, CA_PKCS8, NULL);
    file_store(path_in(files->folder, "issuers.yaml"), bytes_of(issuers, sizeof issuers - 1));
}

void office_remove_files(struct office_files *files)
{
    X509_free(files->ca);
    EVP_PKEY_free(files->ca_key);
    scratch_remove(files->folder);
}

static struct signer_order make_order(const char *name, uint32_t budget)
{
    struct signer_order order = {
        .budget = budget,
        .station_count = 2,
        .stations = {"line-1", "line-2"},
        .certificate = {
            .issuer = "line", .kind = PROFILE_KIND_TLS_CLIENT, .subject = "O=Example,CN={serial}", .valid = 5}};

    (void)snprintf(order.certificate.name, sizeof order.certificate.name, "%s", name);
    return order;
}

struct signer_rules *office_rules(const struct office_files *files, uint32_t budget)
{
    struct signer_rules *rules = calloc(1, sizeof *rules);

    assert_non_null(rules);
    (void)snprintf(rules->issuers, sizeof rules->issuers, "%s", path_in(files->folder, "issuers.yaml"));
    rules->orders[0] = make_order("boards", budget);
    rules->orders[1] = make_order("others", budget);
    rules->order_count = 2;
    return rules;
}

bool office_open(struct office *office, const struct office_files *files, struct signer_rules *rules, const char *name,
                 struct error *err)
{
    const struct issuer_prompt nobody = {.ask = NULL};

    *office = (struct office){.rules = rules};
    if (!signer_authority_open(&office->authority, rules, &nobody, err) ||
        !signer_store_open(&office->database, path_in(files->folder, name), DATABASE_MAKE, err) ||
        !signer_log_open(&office->log, &office->database, path_in(files->folder, name), err))
        return false;
    office->desk = (struct signer_desk){
        .rules = office->rules, .authority = &office->authority, .database = &office->database, .log = &office->log};
    return true;
}

void office_close(struct office *office)
{
    signer_log_close(&office->log);
    database_close(&office->database);
    signer_authority_close(&office->authority);
    free(office->rules);
    office->rules = NULL;
}

static void add(X509_NAME *name, const char *type, const char *value)
{
    assert_int_equal(X509_NAME_add_entry_by_txt(name, type, MBSTRING_UTF8, (const unsigned char *)value, -1, -1, 0), 1);
}

void office_make_body(struct office_body *body, unsigned chip)
{
    X509_REQ *request = X509_REQ_new();
    unsigned char der[1024], *at = der;
    char serial[32];
    int len;

    if (body->key == NULL)
        body->key = ca_make_key("P-256");
    (void)snprintf(serial, sizeof serial, "0123%012XEE", chip);
    add(X509_REQ_get_subject_name(request), "O", "Example");
    add(X509_REQ_get_subject_name(request), "CN", serial);
    assert_int_equal(X509_REQ_set_pubkey(request, body->key), 1);
    assert_true(X509_REQ_sign(request, body->key, EVP_sha256()) > 0);
    len = i2d_X509_REQ(request, &at);
    assert_in_range(len, 1, sizeof der);
    body->len = (size_t)EVP_EncodeBlock((unsigned char *)body->text, der, len);
    X509_REQ_free(request);
}

void office_ask_as(struct office *office, const struct office_body *body, struct signer_ask ask,
                   struct signer_answer *answer)
{
    ask.body = bytes_of(body->text, body->len);
    ask.stranger = "key 00";
    signer_decide(&office->desk, &ask, answer);
}

void office_ask(struct office *office, const struct office_body *body, struct signer_answer *answer)
{
    office_ask_as(office, body, (struct signer_ask){.station = "line-1", .label = "boards", .now = time(NULL)}, answer);
}
