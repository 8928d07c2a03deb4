/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/rules.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/settings_file.h"
#include "profile/check_certificate.h"
#include "signer/subject.h"

#define FILE_MAX ((size_t)256 * 1024)

/* --- what a file can have --- */

#define VALUE(type, member) .at = offsetof(type, member), .size = sizeof(((type *)0)->member)

static const struct profile_word key_words[] = {{"p-256", 0}, {NULL, 0}};

static const struct schema_field schema_tls[] = {
    {.key = "certificate",
     .kind = SCHEMA_FILE,
     .required = true,
     VALUE(struct signer_rules, tls_certificate),
     .help = "the PEM file with the server's certificate and those above it",
     .example = "certificate: server.pem"},
    {.key = "key",
     .kind = SCHEMA_FILE,
     .required = true,
     VALUE(struct signer_rules, tls_key),
     .help = "the PEM file with the server's private key",
     .example = "key: server.key"},
    {.key = "clients",
     .kind = SCHEMA_FILE,
     .required = true,
     VALUE(struct signer_rules, tls_clients),
     .help = "the PEM file with the certificates that vouch for stations",
     .example = "clients: stations-root.pem"},
    {.key = NULL},
};

static const struct schema_field schema_station[] = {
    {.key = "name",
     .kind = SCHEMA_NAME,
     .required = true,
     VALUE(struct signer_station, name),
     .help = "the station's name",
     .example = "name: line-1"},
    {.key = "certificate",
     .kind = SCHEMA_FILE,
     .required = true,
     VALUE(struct signer_station, certificate),
     .help = "the PEM file with the station's client certificate",
     .example = "certificate: line-1.pem"},
    {.key = "rate",
     .kind = SCHEMA_NUMBER,
     VALUE(struct signer_station, rate),
     .min = 1,
     .max = SIGNER_RATE_MAX,
     .otherwise = SIGNER_RATE_USUAL,
     .help = "how many requests the station may send in a minute",
     .example = "rate: 120"},
    {.key = NULL},
};

/* What a profile's certificate has as well: these rows come from the profile's schema. */
static const char *const of_profiles[] = {"name",  "issuer",          "kind",          "extensions", "subject",
                                          "valid", "outlives-issuer", "hardware-type", "vendor-id",  "product-id"};
#define OF_PROFILES (sizeof of_profiles / sizeof of_profiles[0])
_Static_assert(offsetof(struct signer_order, certificate) == 0, "rows of the profile's schema store there");

static const struct schema_field schema_order_own[] = {
    {.key = "key",
     .kind = SCHEMA_WORD,
     VALUE(struct signer_order, key),
     .words = key_words,
     .help = "the type of the devices' keys",
     .example = "key: p-256"},
    {.key = "budget",
     .kind = SCHEMA_NUMBER,
     .required = true,
     VALUE(struct signer_order, budget),
     .min = 1,
     .max = SIGNER_BUDGET_MAX,
     .help = "how many certificates the order may have",
     .example = "budget: 500"},
    {.key = "rework",
     .kind = SCHEMA_FLAG,
     VALUE(struct signer_order, rework),
     .help = "whether a device may get another certificate for another key",
     .example = "rework: true"},
    {.key = "stations",
     .kind = SCHEMA_NAMES,
     .required = true,
     .at = offsetof(struct signer_order, stations),
     .size = PROFILE_NAME_MAX,
     .min = 1,
     .max = SIGNER_STATIONS_OF_ORDER_MAX,
     .count_at = offsetof(struct signer_order, station_count),
     .help = "the stations that may ask",
     .example = "stations: [line-1]"},
};
#define ORDER_OWN (sizeof schema_order_own / sizeof schema_order_own[0])

enum { ROOT_VERSION, ROOT_ISSUERS, ROOT_RECORDS, ROOT_TLS, ROOT_STATIONS, ROOT_ORDERS, ROOT_END, ROOT_COUNT };

static const struct schema_field schema_rules[ROOT_COUNT] = {
    [ROOT_VERSION] = SETTINGS_VERSION(struct signer_rules),
    [ROOT_ISSUERS] = {.key = "issuers",
                      .kind = SCHEMA_FILE,
                      .required = true,
                      VALUE(struct signer_rules, issuers),
                      .help = "the file with the issuers whose keys sign",
                      .example = "issuers: issuers.yaml"},
    [ROOT_RECORDS] = {.key = "records",
                      .kind = SCHEMA_FILE,
                      .required = true,
                      VALUE(struct signer_rules, records),
                      .help = "the database of what was decided; it is made where there is none",
                      .example = "records: signer.db"},
    [ROOT_TLS] = {.key = "tls",
                  .kind = SCHEMA_MAPPING,
                  .required = true,
                  .fields = schema_tls,
                  .help = "how stations and the signer know each other",
                  .example = "tls: {certificate: server.pem, key: server.key, clients: stations-root.pem}"},
    [ROOT_STATIONS] = {.key = "stations",
                       .kind = SCHEMA_ENTRIES,
                       .required = true,
                       .at = offsetof(struct signer_rules, stations),
                       .size = sizeof(struct signer_station),
                       .min = 1,
                       .max = SIGNER_STATIONS_MAX,
                       .fields = schema_station,
                       .count_at = offsetof(struct signer_rules, station_count),
                       .line_at = SCHEMA_NOWHERE,
                       .help = "the stations that are known",
                       .example = "stations: [{name: line-1, certificate: line-1.pem}]"},
    [ROOT_ORDERS] = {.key = "orders",
                     .kind = SCHEMA_ENTRIES,
                     .required = true,
                     .at = offsetof(struct signer_rules, orders),
                     .size = sizeof(struct signer_order),
                     .min = 1,
                     .max = SIGNER_ORDERS_MAX,
                     .count_at = offsetof(struct signer_rules, order_count),
                     .line_at = SCHEMA_NOWHERE,
                     .help = "the work orders",
                     .example = "orders: [{name: boards, issuer: line, kind: tls-client, subject: 'CN={serial}', "
                                "valid: 20, budget: 500, stations: [line-1]}]"},
};

/* The whole schema: an order's rows are put together from the profile's and its own. */
struct schema {
    struct schema_field order[OF_PROFILES + ORDER_OWN + 1], root[ROOT_COUNT];
};

static void make_schema(struct schema *schema)
{
    memset(schema, 0, sizeof *schema);
    for (size_t i = 0; i < OF_PROFILES; i++)
        schema->order[i] = *settings_file_row(schema_certificate, of_profiles[i]);
    memcpy(schema->order + OF_PROFILES, schema_order_own, sizeof schema_order_own);
    schema->order[0].help = "the order's name, which is the label in the address of EST";
    schema->order[0].example = "name: boards-0815";
    memcpy(schema->root, schema_rules, sizeof schema->root);
    schema->root[ROOT_ORDERS].fields = schema->order;
}

/* --- rules that no single setting breaks --- */

/* One entry that is looked at. */
struct entry {
    const struct signer_rules *rules;
    const struct schema *schema;
    const struct tree_node *node;
    const struct complain_path *path;
    size_t index;
    struct profile_complaint *complaint;
};

static bool refuse(const struct entry *entry, const struct schema_field *rows, const char *key, const char *what)
{
    return settings_file_refuse(entry->complaint, rows, entry->node, entry->path, key, what);
}

static bool check_station(const struct entry *entry)
{
    for (size_t i = 0; i < entry->index; i++)
        if (strcmp(entry->rules->stations[i].name, entry->rules->stations[entry->index].name) == 0)
            return refuse(entry, schema_station, "name", "is the name of a station above, too");
    return true;
}

/* RFC 7030, 3.2.2: a label is not the name of an operation. */
static bool is_operation(const char *name)
{
    static const char *const operations[] = {"cacerts",  "simpleenroll", "simplereenroll",
                                             "csrattrs", "serverkeygen", "fullcmc"};

    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        if (strcmp(operations[i], name) == 0)
            return true;
    return false;
}

static bool check_name(const struct entry *entry, const struct signer_order *order)
{
    if (is_operation(order->certificate.name))
        return refuse(entry, entry->schema->order, "name", "is the name of an operation of EST");
    for (size_t i = 0; i < entry->index; i++)
        if (strcmp(entry->rules->orders[i].certificate.name, order->certificate.name) == 0)
            return refuse(entry, entry->schema->order, "name", "is the name of an order above, too");
    return true;
}

static bool is_station(const struct signer_rules *rules, const char *name)
{
    for (size_t i = 0; i < rules->station_count; i++)
        if (strcmp(rules->stations[i].name, name) == 0)
            return true;
    return false;
}

static bool check_stations(const struct entry *entry, const struct signer_order *order)
{
    const struct complain_path list = {.outer = entry->path, .key = "stations"};

    for (size_t i = 0; i < order->station_count; i++) {
        const struct complain_path path = {.outer = &list, .index = i};

        if (!is_station(entry->rules, order->stations[i]))
            return complain_value(entry->complaint, settings_file_row(entry->schema->order, "stations"),
                                  tree_item(tree_get(entry->node, "stations"), i), &path,
                                  "is not the name of a station above");
    }
    return true;
}

/*
 * The rules for certificates of profiles: of a profile that has this one certificate, for a key with which nothing is
 * wrong.
 */
static bool check_certificate(const struct entry *entry, const struct signer_order *order)
{
    static const struct profile_key key = {.name = "key",
                                           .id = 1,
                                           .type = PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1),
                                           .usage = PSA_KEY_USAGE_SIGN_HASH,
                                           .algorithm = PSA_ALG_ECDSA(PSA_ALG_SHA_256),
                                           .slot = PROFILE_SLOT_ANY};
    static const struct profile_conflict no_serial = {
        .field = "subject",
        .reason = ERROR_PROFILE_CONFLICT,
        .cause = "the extension with the chip's serial number needs that number, which only the subject can tell",
        .next = "a subject with {serial}, as in O=Example,serialNumber={serial}"};
    struct profile *profile = calloc(1, sizeof *profile);
    struct profile_conflict conflict;
    bool broken;

    if (profile == NULL)
        return complain_memory(entry->complaint);
    profile->key_count = profile->certificate_count = 1;
    profile->keys[0] = key;
    profile->certificates[0] = order->certificate;
    memcpy(profile->certificates[0].key, "key", sizeof "key");
    broken =
        profile_find_certificate_value(profile, &conflict) || profile_find_certificate_conflict(profile, &conflict);
    free(profile);
    if (!broken && (profile_certificate_extensions(&order->certificate) & CERT_HARDWARE_MODULE) != 0 &&
        !signer_subject_has_serial(&order->certificate)) {
        broken = true;
        conflict = no_serial;
    }
    return !broken || complain_entry(entry->complaint, &conflict, entry->node, entry->path);
}

static bool check_order(const struct entry *entry)
{
    const struct signer_order *order = &entry->rules->orders[entry->index];

    return check_name(entry, order) && check_stations(entry, order) && check_certificate(entry, order);
}

static bool check_entries(const struct entry *common, const struct tree_node *root, const char *key, size_t count,
                          bool (*check)(const struct entry *entry))
{
    const struct complain_path list = {.key = key};

    for (size_t i = 0; i < count; i++) {
        const struct complain_path path = {.outer = &list, .index = i};
        struct entry entry = *common;

        entry.index = i;
        entry.node = tree_item(tree_get(root, key), i);
        entry.path = &path;
        if (!check(&entry))
            return false;
    }
    return true;
}

static bool check_rules(const void *context, const void *document, const struct tree_node *root,
                        struct profile_complaint *complaint)
{
    const struct signer_rules *rules = document;
    const struct entry entry = {.rules = rules, .schema = context, .complaint = complaint};

    return check_entries(&entry, root, "stations", rules->station_count, check_station) &&
           check_entries(&entry, root, "orders", rules->order_count, check_order);
}

/* --- from the text to rules --- */

static bool complete_all(struct signer_rules *rules, const char *file, struct error *err)
{
    char *const names[] = {rules->issuers, rules->records, rules->tls_certificate, rules->tls_key, rules->tls_clients};
    bool ok = true;

    for (size_t i = 0; ok && i < sizeof names / sizeof names[0]; i++)
        ok = settings_file_complete(names[i], SIGNER_PATH_MAX, file, err);
    for (size_t i = 0; ok && i < rules->station_count; i++)
        ok = settings_file_complete(rules->stations[i].certificate, SIGNER_PATH_MAX, file, err);
    return ok;
}

bool signer_rules_read(const char *path, struct signer_rules **rules, struct error *err)
{
    struct schema schema;
    const struct settings_kind rule_file = {
        .help = "a rule file",
        .doing = "read the rule file",
        .missing = "write one: docs/guide/signer.md",
        .next = "correct the rule file at that place: docs/reference/signer.md",
        .most = FILE_MAX,
        .fields = schema.root,
        .check = check_rules,
        .context = &schema,
    };

    make_schema(&schema);
    *rules = calloc(1, sizeof **rules);
    if (*rules == NULL) {
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
        return false;
    }
    if (settings_file_read(&rule_file, path, *rules, err) && complete_all(*rules, path, err))
        return true;
    free(*rules);
    *rules = NULL;
    return false;
}

const struct signer_order *signer_rules_order(const struct signer_rules *rules, const char *name)
{
    for (size_t i = 0; i < rules->order_count; i++)
        if (strcmp(rules->orders[i].certificate.name, name) == 0)
            return &rules->orders[i];
    return NULL;
}

bool signer_rules_permit(const struct signer_order *order, const char *station)
{
    for (size_t i = 0; i < order->station_count; i++)
        if (strcmp(order->stations[i], station) == 0)
            return true;
    return false;
}
