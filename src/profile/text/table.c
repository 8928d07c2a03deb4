/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes values by their names in the headers, so that people can read the C source and it compiles with other headers.
 * The tables below have every value that a checked profile can contain.
 */
#include "profile/text/table.h"

#include <ctype.h>
#include <string.h>

struct spelling {
    uint32_t value;
    const char *c;
};

#define SPELL(name) {name, #name}
#define END {0, NULL}

static const struct spelling parts[] = {
    {1u << CHIP_PART_ATECC508A, "1u << CHIP_PART_ATECC508A"},
    {1u << CHIP_PART_ATECC608A, "1u << CHIP_PART_ATECC608A"},
    {1u << CHIP_PART_ATECC608B, "1u << CHIP_PART_ATECC608B"},
    END,
};
static const struct spelling configurations[] = {
    SPELL(PROFILE_AS_DELIVERED),
    SPELL(PROFILE_FACTORY_DEFAULT),
    SPELL(PROFILE_TRUST_AND_GO),
    SPELL(PROFILE_TRUST_FLEX),
    SPELL(PROFILE_POLICY),
    SPELL(PROFILE_BYTES),
    END,
};
static const struct spelling genuines[] = {
    SPELL(PROFILE_GENUINE_UNCHECKED),
    SPELL(PROFILE_GENUINE_REPORTED),
    SPELL(PROFILE_GENUINE_REQUIRED),
    END,
};
static const struct spelling listings[] = {
    SPELL(PROFILE_LISTED_UNCHECKED),
    SPELL(PROFILE_LISTED_REPORTED),
    SPELL(PROFILE_LISTED_REQUIRED),
    END,
};
static const struct spelling rehearsals[] = {
    SPELL(PROFILE_REHEARSAL_REFUSED),
    SPELL(PROFILE_REHEARSAL_ALLOWED),
    END,
};
static const struct spelling methods[] = {
    SPELL(PROFILE_REGISTER),
    SPELL(PROFILE_GENERATE),
    SPELL(PROFILE_IMPORT),
    END,
};
static const struct spelling kinds[] = {
    SPELL(PROFILE_KIND_EXTENSIONS),
    SPELL(PROFILE_KIND_TLS_CLIENT),
    SPELL(PROFILE_KIND_IDEVID),
    SPELL(PROFILE_KIND_MATTER_DAC),
    END,
};
static const struct spelling replaces[] = {
    SPELL(PROFILE_REPLACE_NEVER),
    SPELL(PROFILE_REPLACE_UNCLAIMED),
    END,
};
static const struct spelling datum_types[] = {
    SPELL(PROFILE_DATUM_IO_KEY),
    END,
};
static const struct spelling proofs[] = {
    SPELL(PROFILE_PROVE_READ_BACK),
    SPELL(PROFILE_PROVE_TLS),
    END,
};
static const struct spelling types[] = {
    SPELL(PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1)),
    SPELL(PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1)),
    END,
};
static const struct spelling algorithms[] = {
    SPELL(PSA_ALG_ECDSA(PSA_ALG_ANY_HASH)),
    SPELL(PSA_ALG_ECDSA(PSA_ALG_SHA_256)),
    SPELL(PSA_ALG_ECDSA(PSA_ALG_SHA_384)),
    SPELL(PSA_ALG_ECDSA(PSA_ALG_SHA_512)),
    END,
};
static const struct spelling usages[] = {
    SPELL(PSA_KEY_USAGE_SIGN_HASH),
    SPELL(PSA_KEY_USAGE_SIGN_MESSAGE),
    SPELL(PSA_KEY_USAGE_VERIFY_HASH),
    SPELL(PSA_KEY_USAGE_VERIFY_MESSAGE),
    SPELL(PSA_KEY_USAGE_DERIVE),
    SPELL(PSA_KEY_USAGE_EXPORT),
    END,
};

static void print_value(FILE *stream, const char *field, const struct spelling *spellings, uint32_t value)
{
    while (spellings->c != NULL && spellings->value != value)
        spellings++;
    if (spellings->c != NULL)
        fprintf(stream, "%s = %s,\n", field, spellings->c);
    else
        fprintf(stream, "%s = 0x%xu,\n", field, (unsigned)value);
}

static void print_flags(FILE *stream, const char *field, const struct spelling *spellings, uint32_t value)
{
    const char *between = "";

    fprintf(stream, "%s = ", field);
    for (; spellings->c != NULL; spellings++) {
        if ((value & spellings->value) == 0)
            continue;
        fprintf(stream, "%s%s", between, spellings->c);
        between = " | ";
    }
    fputs(",\n", stream);
}

/* A string literal. Octal escapes end after three digits, whatever follows; ?? could begin a trigraph. */
static void print_text(FILE *stream, const char *field, const char *text)
{
    fprintf(stream, "%s = \"", field);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\' || c == '?')
            fprintf(stream, "\\%c", c);
        else if (c >= 0x20 && c < 0x7f)
            fputc(c, stream);
        else
            fprintf(stream, "\\%03o", c);
    }
    fputs("\",\n", stream);
}

void profile_table_print_bytes(FILE *stream, const char *indent, struct bytes data)
{
    for (size_t i = 0; i < data.len; i++)
        fprintf(stream, "%s0x%02x,%s", i % 13 == 0 ? indent : " ", data.data[i],
                i % 13 == 12 || i + 1 == data.len ? "\n" : "");
}

static void print_key(FILE *stream, const struct profile_key *key)
{
    fputs("            {\n", stream);
    print_text(stream, "                .name", key->name);
    fprintf(stream, "                .id = %u,\n", (unsigned)key->id);
    print_value(stream, "                .method", methods, (uint32_t)key->method);
    if (key->slot == PROFILE_SLOT_ANY)
        fputs("                .slot = PROFILE_SLOT_ANY,\n", stream);
    else
        fprintf(stream, "                .slot = %u,\n", key->slot);
    print_value(stream, "                .type", types, key->type);
    fprintf(stream, "                .bits = %u,\n", key->bits);
    print_value(stream, "                .algorithm", algorithms, key->algorithm);
    print_flags(stream, "                .usage", usages, key->usage);
    print_value(stream, "                .replace", replaces, (uint32_t)key->replace);
    fprintf(stream, "                .lock_slot = %s,\n", key->lock_slot ? "true" : "false");
    if (key->source[0] != '\0')
        print_text(stream, "                .source", key->source);
    if (key->csr_subject[0] != '\0')
        print_text(stream, "                .csr_subject", key->csr_subject);
    fputs("            },\n", stream);
}

static void print_certificate(FILE *stream, const struct profile_certificate *certificate)
{
    fputs("            {\n", stream);
    print_text(stream, "                .name", certificate->name);
    print_text(stream, "                .key", certificate->key);
    print_text(stream, "                .issuer", certificate->issuer);
    print_value(stream, "                .kind", kinds, (uint32_t)certificate->kind);
    fprintf(stream, "                .extensions = 0x%xu,\n", (unsigned)certificate->extensions);
    print_text(stream, "                .subject", certificate->subject);
    fprintf(stream, "                .valid = %u,\n", (unsigned)certificate->valid);
    fprintf(stream, "                .outlives_issuer = %s,\n", certificate->outlives_issuer ? "true" : "false");
    print_text(stream, "                .hardware_type", certificate->hardware_type);
    fprintf(stream, "                .vendor_id = 0x%04x,\n                .product_id = 0x%04x,\n",
            certificate->vendor_id, certificate->product_id);
    fprintf(stream,
            "                .slot = %u,\n                .signer_key_slot = %u,\n"
            "                .signer_slot = %u,\n",
            certificate->slot, certificate->signer_key_slot, certificate->signer_slot);
    print_value(stream, "                .replace", replaces, (uint32_t)certificate->replace);
    fprintf(stream, "                .psa_id = %u,\n", (unsigned)certificate->psa_id);
    print_value(stream, "                .prove", proofs, (uint32_t)certificate->prove);
    if (certificate->connection[0] != '\0')
        print_text(stream, "                .connection", certificate->connection);
    fputs("            },\n", stream);
}

/* A secret that imprint makes: one with content is in no table. */
static void print_datum(FILE *stream, const struct profile_datum *datum)
{
    fputs("            {\n", stream);
    print_text(stream, "                .name", datum->name);
    print_value(stream, "                .type", datum_types, (uint32_t)datum->type);
    fprintf(stream, "                .slot = %u,\n", datum->slot);
    fputs("                .write_key = PROFILE_SLOT_ANY,\n", stream);
    print_value(stream, "                .replace", replaces, (uint32_t)datum->replace);
    fprintf(stream, "                .lock_slot = %s,\n", datum->lock_slot ? "true" : "false");
    fputs("            },\n", stream);
}

/* image.cmake looks for `.bytes = {`: an image of another profile has no room for it. */
static void print_configuration(FILE *stream, const struct chip_policy_bytes *policy)
{
    const struct {
        const char *member;
        struct bytes data;
    } runs[] = {
        {"low", bytes_of(policy->low, sizeof policy->low)},
        {"middle", bytes_of(policy->middle, sizeof policy->middle)},
        {"high", bytes_of(policy->high, sizeof policy->high)},
    };

    fputs("        .bytes = {\n", stream);
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        fprintf(stream, "            .%s = {\n", runs[i].member);
        profile_table_print_bytes(stream, "                ", runs[i].data);
        fputs("            },\n", stream);
    }
    fputs("        },\n", stream);
}

/* What the table needs of the structure's guarded sizes. */
static void print_assertions(FILE *stream, const struct profile *profile)
{
    size_t source = 0, subject = 0;

    for (size_t i = 0; i < profile->key_count; i++) {
        const struct profile_key *key = &profile->keys[i];

        if (strlen(key->source) > source)
            source = strlen(key->source);
        if (strlen(key->csr_subject) > subject)
            subject = strlen(key->csr_subject);
    }
    for (size_t i = 0; i < profile->certificate_count; i++)
        if (strlen(profile->certificates[i].subject) > subject)
            subject = strlen(profile->certificates[i].subject);
    fprintf(stream,
            "_Static_assert(PROFILE_KEYS_MAX >= %zu && PROFILE_SOURCE_MAX > %zu && PROFILE_SUBJECT_MAX > %zu &&\n"
            "                   PROFILE_CERTIFICATES_MAX >= %zu,\n"
            "               \"this build has too little room for the profile\");\n\n",
            profile->key_count, source, subject, profile->certificate_count);
    if (profile->data_count > 0)
        fprintf(stream,
                "_Static_assert(PROFILE_HAS_DATA != 0 && PROFILE_DATA_MAX >= %zu,\n"
                "               \"this build has no room for the profile's data\");\n\n",
                profile->data_count);
}

/* A key is proven with its own hash: an image whose Mbed TLS lacks it is not to be built. */
static void print_hashes(FILE *stream, const struct profile *profile)
{
    static const struct {
        psa_algorithm_t hash;
        const char *want;
    } hashes[] = {
        {PSA_ALG_SHA_256, "PSA_WANT_ALG_SHA_256"},
        {PSA_ALG_SHA_384, "PSA_WANT_ALG_SHA_384"},
        {PSA_ALG_SHA_512, "PSA_WANT_ALG_SHA_512"},
    };

    for (size_t i = 0; i < profile->key_count; i++)
        for (size_t h = 0; h < sizeof hashes / sizeof hashes[0]; h++)
            if (PSA_ALG_SIGN_GET_HASH(profile->keys[i].algorithm) == hashes[h].hash)
                fprintf(stream,
                        "#if !defined(%s)\n"
                        "#error \"key %u of the profile needs %s in the image's Mbed TLS (firmware/mbedtls/)\"\n"
                        "#endif\n",
                        hashes[h].want, (unsigned)profile->keys[i].id, hashes[h].want);
}

static void print_public_keys(FILE *stream, const struct profile_compiled *compiled, const char *name)
{
    if (compiled->public_key_count == 0)
        return;
    fprintf(stream, "static const struct profile_public_key %s_public_keys[%zu] = {\n", name,
            compiled->public_key_count);
    for (size_t i = 0; i < compiled->public_key_count; i++) {
        const struct profile_public_key *key = &compiled->public_keys[i];

        fprintf(stream, "    {\n        .id = %u,\n        .point = {\n", (unsigned)key->id);
        profile_table_print_bytes(stream, "            ", bytes_of(key->point, sizeof key->point));
        fputs("        },\n    },\n", stream);
    }
    fputs("};\n\n", stream);
}

static bool any_key(const struct profile *profile, bool (*is)(const struct profile_key *key))
{
    bool any = false;

    for (size_t i = 0; i < profile->key_count; i++)
        any = any || is(&profile->keys[i]);
    return any;
}

static bool is_imported(const struct profile_key *key)
{
    return key->method == PROFILE_IMPORT;
}

/* The kinds of steps (provision/steps.h) and the driver table by which this profile can be done. */
static void print_needs(FILE *stream, const struct profile *profile, const char *name, const char *const *steps)
{
    fprintf(stream,
            "\n/* The code that does it. The linker leaves out what nothing refers to. */\n"
            "extern const struct provision_step_kind *const %s_steps[];\n"
            "const struct provision_step_kind *const %s_steps[] = {\n",
            name, name);
    for (; *steps != NULL; steps++)
        fprintf(stream, "    &%s,\n", *steps);
    fprintf(stream,
            "    NULL,\n};\n\n"
            "extern const struct driver_shell *const %s_driver;\n"
            "const struct driver_shell *const %s_driver = &%s;\n",
            name, name, any_key(profile, is_imported) ? "driver_shell_all" : "driver_shell_make_only");
}

static bool proves_by_tls(const struct profile *profile)
{
    bool any = false;

    for (size_t i = 0; i < profile->certificate_count; i++)
        any = any || profile->certificates[i].prove == PROFILE_PROVE_TLS;
    return any;
}

/* Room for the certificates that the station sends, and what takes them. */
static void print_certificates(FILE *stream, const struct profile *profile, const char *name)
{
    if (profile->certificate_count == 0) {
        fprintf(stream,
                "\nextern struct factory_certificates *const %s_certificates;\n"
                "struct factory_certificates *const %s_certificates = NULL;\n",
                name, name);
        return;
    }
    fprintf(stream,
            "\nstatic struct factory_certificate %s_rooms[%zu];\n"
            "static struct factory_certificates %s_taken = {.functions = &factory_certificate_functions, .rooms = "
            "%s_rooms%s};\n"
            "extern struct factory_certificates *const %s_certificates;\n"
            "struct factory_certificates *const %s_certificates = &%s_taken;\n",
            name, profile->certificate_count, name, name,
            proves_by_tls(profile) ? ", .handshake = factory_sign_handshake" : "", name, name, name);
}

/* What is kept of the IO protection key's proof, and what sends it. */
static void print_data(FILE *stream, const struct profile *profile, const char *name)
{
    if (profile->data_count > 0)
        fprintf(stream,
                "\nstatic struct factory_data %s_shown = {.engine = {.proven = factory_data_proven, .block = "
                "provision_datum_block},\n    .report = factory_data_report};\n",
                name);
    fprintf(stream,
            "\nextern struct factory_data *const %s_data;\n"
            "struct factory_data *const %s_data = %s%s%s;\n",
            name, name, profile->data_count > 0 ? "&" : "NULL", profile->data_count > 0 ? name : "",
            profile->data_count > 0 ? "_shown" : "");
}

/* The members of struct profile. */
static void print_profile(FILE *stream, const struct profile *profile)
{
    print_text(stream, "        .name", profile->name);
    print_flags(stream, "        .parts", parts, profile->parts);
    print_value(stream, "        .configuration", configurations, (uint32_t)profile->configuration);
    print_value(stream, "        .genuine", genuines, (uint32_t)profile->genuine);
    print_value(stream, "        .listed", listings, (uint32_t)profile->listed);
    print_value(stream, "        .rehearsal", rehearsals, (uint32_t)profile->rehearsal);
    fprintf(stream, "        .i2c_address = 0x%02x,\n", profile->i2c_address);
    fprintf(stream, "        .lock_config = %s,\n", profile->lock_config ? "true" : "false");
    fprintf(stream, "        .lock_data = %s,\n", profile->lock_data ? "true" : "false");
    if (profile->mark_slot != 0)
        fprintf(stream, "        .mark_slot = %u,\n", profile->mark_slot);
    fprintf(stream, "        .key_count = %zu,\n", profile->key_count);
    if (profile->key_count > 0) {
        fputs("        .keys = {\n", stream);
        for (size_t i = 0; i < profile->key_count; i++)
            print_key(stream, &profile->keys[i]);
        fputs("        },\n", stream);
    }
    if (profile->certificate_count > 0) {
        fprintf(stream, "        .certificate_count = %zu,\n        .certificates = {\n", profile->certificate_count);
        for (size_t i = 0; i < profile->certificate_count; i++)
            print_certificate(stream, &profile->certificates[i]);
        fputs("        },\n", stream);
    }
    if (profile->data_count > 0) { /* image.cmake looks for it, too */
        fprintf(stream, "        .data_count = %zu,\n        .data = {\n", profile->data_count);
        for (size_t i = 0; i < profile->data_count; i++)
            print_datum(stream, &profile->data[i]);
        fputs("        },\n", stream);
    }
    if (profile_bytes(profile) != NULL)
        print_configuration(stream, profile_bytes(profile));
}

void profile_table_print(FILE *stream, const struct profile_compiled *compiled, const char *name,
                         const char *const *steps)
{
    const struct profile *profile = &compiled->profile;

    fprintf(stream,
            "/*\n * Profile %s as const data for a factory image. Made by: imprint compile --c\n"
            " * Do not edit it: compile the profile again. docs/reference/profile.md says what the values mean.\n */\n"
            "#include \"profile/compiled.h\"\n"
            "#include \"provision/steps.h\"\n"
            "#include \"psa/start.h\"\n%s%s\n",
            profile->name, profile->certificate_count > 0 ? "#include \"firmware/factory/certificates.h\"\n" : "",
            profile->data_count > 0 ? "#include \"firmware/factory/data.h\"\n" : "");
    print_hashes(stream, profile);
    print_assertions(stream, profile);
    print_public_keys(stream, compiled, name);
    fprintf(stream,
            "extern const struct profile_compiled %s;\n"
            "const struct profile_compiled %s = {\n    .profile = {\n",
            name, name);
    print_profile(stream, profile);
    fputs("    },\n    .digest = {\n", stream);
    profile_table_print_bytes(stream, "        ", bytes_of(compiled->digest, sizeof compiled->digest));
    fprintf(stream, "    },\n    .armed = %s,\n    .run_at_start = %s,\n", compiled->armed ? "true" : "false",
            compiled->run_at_start ? "true" : "false");
    if (compiled->public_key_count > 0)
        fprintf(stream, "    .public_key_count = %zu,\n    .public_keys = %s_public_keys,\n",
                compiled->public_key_count, name);
    fputs("};\n", stream);
    print_needs(stream, profile, name, steps);
    print_certificates(stream, profile, name);
    print_data(stream, profile, name);
}

bool profile_table_name_valid(const char *name)
{
    /* C11, 6.4.1; what begins with an underscore is the compiler's. */
    static const char *const keywords[] = {
        "auto",     "break",  "case",     "char",   "const",  "continue", "default", "do",     "double",  "else",
        "enum",     "extern", "float",    "for",    "goto",   "if",       "inline",  "int",    "long",    "register",
        "restrict", "return", "short",    "signed", "sizeof", "static",   "struct",  "switch", "typedef", "union",
        "unsigned", "void",   "volatile", "while",  "bool",   "true",     "false",
    };

    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
        if (strcmp(name, keywords[i]) == 0)
            return false;
    if (!isalpha((unsigned char)name[0]) || strlen(name) > 63)
        return false;
    for (; *name != '\0'; name++)
        if (!isalnum((unsigned char)*name) && *name != '_')
            return false;
    return true;
}
