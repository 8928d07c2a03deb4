/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS in memory with a chip key, as client and as server, 1.2 and 1.3, by the core's own TLS. Both sides must have a
 * certificate, so that the chip's signature is what the other side lets pass; what passes on the bus says that the
 * chip made it. The certificates are libcrypto's.
 */
#include "test/support/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <mbedtls/build_info.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "test/support/ca_files.h"

#if MBEDTLS_VERSION_NUMBER < 0x04000000
#include <mbedtls/psa_util.h>
#else
/* Mbed TLS 4 takes its random numbers from PSA Crypto, and has this name for a PK context on a PSA key. */
#define mbedtls_pk_setup_opaque mbedtls_pk_wrap_psa
#define mbedtls_ssl_conf_rng(config, random, state) ((void)0)
#endif

#define CHIP_KEY 16
#define OPCODE_SIGN 0x41
#define PIPE_MAX 16384

static struct world world;

/* ---- what passes on the bus ---- */

/* Of the message that is being written: how many bytes have passed, and the first. */
struct bus {
    size_t at;
    uint8_t word_address;
    unsigned signatures;
};

static void ignore_wake(void *context, uint64_t now_ns, uint32_t low_us)
{
    (void)context;
    (void)now_ns;
    (void)low_us;
}

static void begin_message(void *context, uint64_t now_ns, uint8_t address_byte, bool acknowledged)
{
    struct bus *bus = context;

    (void)now_ns;
    (void)address_byte;
    (void)acknowledged;
    bus->at = 0;
}

/* Word address 03, the count, the opcode: ATECC608B data sheet, section 7. */
static void note_written(void *context, uint8_t byte, bool acknowledged)
{
    struct bus *bus = context;

    (void)acknowledged;
    if (bus->at == 0)
        bus->word_address = byte;
    if (bus->at == 2 && bus->word_address == 0x03 && byte == OPCODE_SIGN)
        bus->signatures++;
    bus->at++;
}

static void ignore_read(void *context, uint8_t byte)
{
    (void)context;
    (void)byte;
}

static void ignore_stop(void *context)
{
    (void)context;
}

/* ---- the two sides ---- */

/* What one side has sent and the other has not read. */
struct pipe {
    uint8_t data[PIPE_MAX];
    size_t len;
};

struct side {
    psa_key_id_t key_id;
    mbedtls_pk_context key;
    mbedtls_x509_crt own, root;
    mbedtls_ssl_config config;
    mbedtls_ssl_context ssl;
    struct pipe *from, *to;
};

static int send_some(void *context, const unsigned char *data, size_t len)
{
    struct pipe *to = ((struct side *)context)->to;

    assert_true(len <= sizeof to->data - to->len);
    memcpy(to->data + to->len, data, len);
    to->len += len;
    return (int)len;
}

static int receive_some(void *context, unsigned char *data, size_t len)
{
    struct pipe *from = ((struct side *)context)->from;

    if (from->len == 0)
        return MBEDTLS_ERR_SSL_WANT_READ;
    if (len > from->len)
        len = from->len;
    memcpy(data, from->data, len);
    from->len -= len;
    memmove(from->data, from->data + len, from->len);
    return (int)len;
}

static EVP_PKEY *public_of(psa_key_id_t key_id)
{
    uint8_t point[P256_POINT_BYTES];
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM parameters[3];
    EVP_PKEY *key = NULL;
    char group[] = "P-256";
    size_t len = 0;

    world_expect(&world, psa_export_public_key(key_id, point, sizeof point, &len), PSA_SUCCESS);
    parameters[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
    parameters[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, len);
    parameters[2] = OSSL_PARAM_construct_end();
    assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
    assert_int_equal(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters), 1);
    EVP_PKEY_CTX_free(context);
    return key;
}

static void parse(X509 *certificate, mbedtls_x509_crt *into)
{
    uint8_t der[2048], *at = der;
    const int len = i2d_X509(certificate, NULL);

    assert_true(len > 0 && (size_t)len <= sizeof der);
    assert_int_equal(i2d_X509(certificate, &at), len);
    assert_int_equal(mbedtls_x509_crt_parse_der(into, der, (size_t)len), 0);
}

/* The certificate of `certified`: that of the side's key, where all is well. */
static void certify(struct side *side, psa_key_id_t certified, const char *name, X509 *root, EVP_PKEY *root_key)
{
    EVP_PKEY *key = public_of(certified);
    X509 *own = ca_make_certificate(&(struct ca_wish){.subject = name,
                                                      .key = key,
                                                      .issuer = root,
                                                      .issuer_key = root_key,
                                                      .no_ca = true,
                                                      .key_usage = "digitalSignature"});

    parse(own, &side->own);
    parse(root, &side->root);
    X509_free(own);
    EVP_PKEY_free(key);
}

static void configure(struct side *side, int endpoint, mbedtls_ssl_protocol_version version)
{
    mbedtls_ssl_config *config = &side->config;

    assert_int_equal(mbedtls_pk_setup_opaque(&side->key, side->key_id), 0);
    assert_int_equal(
        mbedtls_ssl_config_defaults(config, endpoint, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT), 0);
    mbedtls_ssl_conf_rng(config, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
    mbedtls_ssl_conf_min_tls_version(config, version);
    mbedtls_ssl_conf_max_tls_version(config, version);
    mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(config, &side->root, NULL);
    assert_int_equal(mbedtls_ssl_conf_own_cert(config, &side->own, &side->key), 0);
    assert_int_equal(mbedtls_ssl_setup(&side->ssl, config), 0);
    mbedtls_ssl_set_bio(&side->ssl, side, send_some, receive_some, NULL);
}

static void init(struct side *side, psa_key_id_t key_id, struct pipe *from, struct pipe *to)
{
    *side = (struct side){.key_id = key_id, .from = from, .to = to};
    mbedtls_pk_init(&side->key);
    mbedtls_x509_crt_init(&side->own);
    mbedtls_x509_crt_init(&side->root);
    mbedtls_ssl_config_init(&side->config);
    mbedtls_ssl_init(&side->ssl);
}

static void release(struct side *side)
{
    mbedtls_ssl_free(&side->ssl);
    mbedtls_ssl_config_free(&side->config);
    mbedtls_pk_free(&side->key);
    mbedtls_x509_crt_free(&side->own);
    mbedtls_x509_crt_free(&side->root);
}

/* Both sides in turn, until both are done or one has failed: its error; 0: it stands. */
static int shake_hands(struct side *client, struct side *server)
{
    int a = MBEDTLS_ERR_SSL_WANT_READ, b = MBEDTLS_ERR_SSL_WANT_READ;

    for (unsigned turn = 0; turn < 50 && (a != 0 || b != 0); turn++) {
        if (a == MBEDTLS_ERR_SSL_WANT_READ)
            a = mbedtls_ssl_handshake(&client->ssl);
        if (b == MBEDTLS_ERR_SSL_WANT_READ)
            b = mbedtls_ssl_handshake(&server->ssl);
        if (a != 0 && a != MBEDTLS_ERR_SSL_WANT_READ)
            return a;
        if (b != 0 && b != MBEDTLS_ERR_SSL_WANT_READ)
            return b;
    }
    return a != 0 ? a : b;
}

static void pass(struct side *from, struct side *to, const char *text)
{
    uint8_t read[64];
    int n;

    assert_int_equal(mbedtls_ssl_write(&from->ssl, (const unsigned char *)text, strlen(text)), (int)strlen(text));
    do
        n = mbedtls_ssl_read(&to->ssl, read, sizeof read);
    while (n == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET);
    assert_int_equal(n, (int)strlen(text));
    assert_memory_equal(read, text, strlen(text));
}

/* ---- the tests ---- */

static const struct row {
    const char *name, *version;
    mbedtls_ssl_protocol_version number;
    bool chip_serves;
} rows[] = {
    {"client, TLS 1.2", "TLSv1.2", MBEDTLS_SSL_VERSION_TLS1_2, false},
    {"server, TLS 1.2", "TLSv1.2", MBEDTLS_SSL_VERSION_TLS1_2, true},
    {"client, TLS 1.3", "TLSv1.3", MBEDTLS_SSL_VERSION_TLS1_3, false},
    {"server, TLS 1.3", "TLSv1.3", MBEDTLS_SSL_VERSION_TLS1_3, true},
};

/* A world with the maker's key of slot 0 under a key id, and a software key of PSA's for the other side. */
static psa_key_id_t begin(struct bus *bus)
{
    const struct transport_virtual_observer observer = {.context = bus,
                                                        .wake = ignore_wake,
                                                        .start = begin_message,
                                                        .written = note_written,
                                                        .read = ignore_read,
                                                        .stop = ignore_stop};
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t other = 0;

    world_make(&world, WORLD_TRUST_AND_GO);
    world_start(&world);
    world_expect(&world, world_register(CHIP_KEY, 0), PSA_SUCCESS);
    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_bits(&attributes, 256);
    psa_set_key_algorithm(&attributes, PSA_ALG_ECDSA(PSA_ALG_ANY_HASH));
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_VERIFY_HASH);
    world_expect(&world, psa_generate_key(&attributes, &other), PSA_SUCCESS);
    transport_virtual_observe(&world.transport, &observer);
    return other;
}

/* One handshake. `certified`: whose certificate the chip's side shows. Its result; after a good one data has passed. */
static int run(const struct row *row, psa_key_id_t other, psa_key_id_t certified)
{
    static struct pipe up, down;
    static struct side client, server;
    struct side *chip = row->chip_serves ? &server : &client, *peer = row->chip_serves ? &client : &server;
    EVP_PKEY *root_key = ca_make_key("P-256");
    X509 *root = ca_make_certificate(&(struct ca_wish){.subject = "root", .key = root_key, .key_usage = "keyCertSign"});
    int failure;

    up.len = down.len = 0;
    init(&client, row->chip_serves ? other : CHIP_KEY, &down, &up);
    init(&server, row->chip_serves ? CHIP_KEY : other, &up, &down);
    certify(chip, certified, "chip", root, root_key);
    certify(peer, other, "peer", root, root_key);
    configure(&client, MBEDTLS_SSL_IS_CLIENT, row->number);
    configure(&server, MBEDTLS_SSL_IS_SERVER, row->number);
    assert_int_equal(mbedtls_ssl_set_hostname(&client.ssl, row->chip_serves ? "chip" : "peer"), 0);
    failure = shake_hands(&client, &server);
    if (failure == 0) {
        assert_string_equal(mbedtls_ssl_get_version(&client.ssl), row->version);
        assert_int_equal(mbedtls_ssl_get_verify_result(&client.ssl), 0);
        assert_int_equal(mbedtls_ssl_get_verify_result(&server.ssl), 0);
        pass(&client, &server, "a question");
        pass(&server, &client, "an answer");
    }
    release(&client);
    release(&server);
    X509_free(root);
    EVP_PKEY_free(root_key);
    return failure;
}

static void the_chip_signs_once(void **state)
{
    struct bus bus = {.at = 0};
    const psa_key_id_t other = begin(&bus);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bus.signatures = 0;
        const int failure = run(&rows[i], other, CHIP_KEY);

        if (failure != 0 || bus.signatures != 1)
            fail_msg("%s: -0x%x, the chip signed %u times", rows[i].name, (unsigned)-failure, bus.signatures);
    }
    transport_virtual_observe(&world.transport, NULL);
    world_remove(&world);
}

/* With the certificate of another key the other side refuses what the chip has signed. */
static void another_keys_certificate_is_refused(void **state)
{
    struct bus bus = {.at = 0};
    const psa_key_id_t other = begin(&bus);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (run(&rows[i], other, other) == 0)
            fail_msg("%s: accepted", rows[i].name);
    }
    transport_virtual_observe(&world.transport, NULL);
    world_remove(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_chip_signs_once),
        cmocka_unit_test(another_keys_certificate_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
