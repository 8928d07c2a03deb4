/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/factory/factory.h"

#include <string.h>

#include "base/hex.h"
#include "firmware/factory/image_digest.h"
#include "firmware/factory/maker.h"
#include "profile/certificate.h"
#include "provision/kept_keys.h"
#include <imprint/board.h>

/* How much of the digest a person must type to arm. */
#define DIGEST_BYTES_MIN 4

/*
 * How long an arming waits for its run. A station sends the run at once, and a person who has just typed the digest is
 * about to type `run`. Longer, and a board armed for one person is run by the next.
 */
#define ARMED_MAX_US (UINT64_C(60) * 1000 * 1000)

/* --- what the engine asks ------------------------------------------------------------------------------------------
 */

static bool on_progress(void *context, const struct provision_plan *plan, const struct provision_step *step,
                        bool finished)
{
    const struct factory *factory = context;

    if (finished) {
        console_print("[");
        console_print_number((uint32_t)(step - plan->steps) + 1);
        console_print("/");
        console_print_number((uint32_t)plan->step_count);
        console_print("] ");
        factory_say_step(factory, step);
        console_print(": ");
        console_print_number(step->chip_us / 1000);
        console_print(" ms\n");
    }
    factory_send_step(factory, finished ? "finished" : "started", step);
    return !console_stop_requested();
}

/* Only public keys are in the image; the engine wipes them like any other. */
static bool on_import(void *context, const struct profile_key *key, struct bytes_out *out, struct error *err)
{
    const struct factory *factory = context;

    for (size_t i = 0; i < factory->compiled->public_key_count; i++) {
        const struct profile_public_key *public_key = &factory->compiled->public_keys[i];

        if (public_key->id == key->id)
            return bytes_append(out, bytes_of(public_key->point, sizeof public_key->point));
    }
    error_set(err, ERROR_INPUT_FILE, "this key is not in the image", "provision the device from a station");
    return false;
}

static bool on_recorded(void *context, const struct profile_key *key, const uint8_t *point)
{
    const struct factory *factory = context;

    return known_is_proven(&factory->known, key, point);
}

static bool on_matches_record(void *context, const struct provision_key_evidence *key, struct error *err)
{
    const struct factory *factory = context;

    return known_matches(&factory->known, key, err);
}

static bool is_armed(const struct factory *factory, const uint8_t serial[static CHIP_SERIAL_BYTES])
{
    return factory->compiled->armed ||
           (factory->run_is_armed && memcmp(serial, factory->armed_serial, CHIP_SERIAL_BYTES) == 0);
}

static bool on_armed(void *context, const uint8_t serial[static CHIP_SERIAL_BYTES],
                     const uint8_t profile_digest[static PROFILE_DIGEST_BYTES])
{
    const struct factory *factory = context;

    return is_armed(factory, serial) && memcmp(profile_digest, factory->compiled->digest, PROFILE_DIGEST_BYTES) == 0;
}

static bool on_before_lock(void *context, const struct provision_plan *plan, const struct provision_step *step)
{
    const struct factory *factory = context;

    console_print("for ever, on chip ");
    console_print_hex(bytes_of(plan->serial, sizeof plan->serial));
    console_print(": ");
    factory_say_step(factory, step);
    console_print("\n");
    factory_send_step(factory, "locking", step);
    return !console_stop_requested();
}

/* --- commands --------------------------------------------------------------------------------------------------------
 */

static void show_plan(const struct factory *factory)
{
    const struct provision_plan *plan = &factory->plan;
    struct link_frame frame;

    console_print("plan for ");
    console_print_hex(bytes_of(plan->serial, sizeof plan->serial));
    console_print(" (");
    console_print(chip_part_name(plan->part));
    console_print("): ");
    console_print_number((uint32_t)plan->changes_left);
    console_print(plan->changes_left == 1 ? " change\n" : " changes\n");
    for (size_t i = 0; i < plan->step_count; i++) {
        console_print(plan->steps[i].done            ? "  done      "
                      : plan->steps[i].forever       ? "  for ever  "
                      : plan->steps[i].is_persistent ? "  to do     "
                                                     : "  proof     ");
        factory_say_step(factory, &plan->steps[i]);
        console_print("\n");
    }
    frame = console_begin_frame("chip");
    link_add_hex(&frame, "serial", bytes_of(plan->serial, sizeof plan->serial));
    link_add_text(&frame, "part", chip_part_name(plan->part));
    link_add_number(&frame, "steps", (uint32_t)plan->step_count);
    link_add_number(&frame, "changes", (uint32_t)plan->changes_left);
    link_end(&frame);
    for (size_t i = 0; i < plan->step_count; i++)
        factory_send_step(factory, "step", &plan->steps[i]);
}

/* A build whose profile has no data carries no code for it. */
static struct factory_data *data_of(const struct factory *factory)
{
    return PROFILE_HAS_DATA != 0 ? factory->data : NULL;
}

/* Starts the platform and observes the device. The caller stops the platform if this returns true. */
static bool look(struct factory *factory, struct error *err)
{
    if (!platform_start(&factory->platform, PLATFORM_LOOK, factory->driver, err))
        return false;
    factory->provision = (struct provision){
        .driver = &factory->platform.driver,
        .profile = &factory->compiled->profile,
        .steps = factory->steps,
        .certificates = factory->certificates != NULL ? &factory->certificates->engine : NULL,
        .contents = data_of(factory) != NULL ? &data_of(factory)->engine : NULL,
        .callbacks = {.context = factory,
                      .progress = on_progress,
                      .import_key = on_import,
                      .matches_record = on_matches_record,
                      .recorded = on_recorded,
                      .armed = on_armed,
                      .before_lock = on_before_lock},
    };
    if (provision_observe(&factory->provision, &factory->plan, err) == PROVISION_OK)
        return true;
    platform_stop(&factory->platform);
    return false;
}

static bool do_plan(void *application, const struct link_words *words, struct error *err)
{
    struct factory *factory = application;
    (void)words;
    if (!look(factory, err))
        return false;
    platform_stop(&factory->platform);
    show_plan(factory);
    return true;
}

static bool do_known(void *application, const struct link_words *words, struct error *err)
{
    struct factory *factory = application;

    return known_take(&factory->known, words, err);
}

static bool do_maker(void *application, const struct link_words *words, struct error *err)
{
    struct factory *factory = application;
    bool ok;

    if (!platform_start(&factory->platform, PLATFORM_LOOK, factory->driver, err))
        return false;
    ok = maker_show(&factory->platform.driver, words, err);
    platform_stop(&factory->platform);
    return ok;
}

static bool parse_serial(const char *text, uint8_t serial[static CHIP_SERIAL_BYTES])
{
    struct bytes_out out = {.data = serial, .cap = CHIP_SERIAL_BYTES};

    return hex_decode(text, strlen(text), &out, NULL) && out.len == CHIP_SERIAL_BYTES;
}

static bool do_arm(void *application, const struct link_words *words, struct error *err)
{
    struct factory *factory = application;
    uint8_t serial[CHIP_SERIAL_BYTES], digest[PROFILE_DIGEST_BYTES];
    struct bytes_out digest_out = {.data = digest, .cap = sizeof digest};

    if (words->count != 3 || !parse_serial(words->word[1], serial) ||
        !hex_decode(words->word[2], strlen(words->word[2]), &digest_out, NULL) || digest_out.len < DIGEST_BYTES_MIN)
        return console_refuse_words("expected: arm SERIAL DIGEST (18 hex digits; at least 8 hex digits)",
                                    "plan shows the serial number, hello the digest", err);
    if (memcmp(digest, factory->compiled->digest, digest_out.len) != 0)
        return console_refuse_words("that is not the digest of the profile in this image", "hello shows the digest",
                                    err);
    factory->armed = true;
    factory->armed_us = imprint_board_now_us();
    memcpy(factory->armed_serial, serial, sizeof serial);
    console_print("armed for ");
    console_print_hex(bytes_of(serial, sizeof serial));
    console_print(" for one run within 60 seconds\n");
    return true;
}

/* Refuses before the run what would stop it half-way. */
static bool check_armed(const struct factory *factory, struct error *err)
{
    for (size_t i = 0; i < factory->plan.step_count; i++) {
        const struct provision_step *step = &factory->plan.steps[i];

        if (step->done || !step->forever || is_armed(factory, factory->plan.serial))
            continue;
        error_set(err, ERROR_NOT_ARMED,
                  factory->came_late ? "the arming has expired: it lasts 60 seconds"
                                     : "irreversible steps are not armed",
                  "read the plan; if you agree, type: arm SERIAL DIGEST, then: run");
        error_doing(err, "start the run");
        error_with_serial(err, factory->plan.serial);
        return false;
    }
    return true;
}

/* A station names the chip whose plan it has read: another chip may be in its place now. */
static bool check_serial(const struct factory *factory, const char *named, struct error *err)
{
    uint8_t serial[CHIP_SERIAL_BYTES];

    if (parse_serial(named, serial) && memcmp(serial, factory->plan.serial, sizeof serial) == 0)
        return true;
    error_set(err, ERROR_WRONG_PART, "another chip answers than the one named",
              "leave the device in its place and run again");
    error_doing(err, "start the run");
    error_with_serial(err, factory->plan.serial);
    return false;
}

static bool parse_nonce(const char *text, uint8_t nonce[static PROVISION_CHALLENGE_BYTES])
{
    struct bytes_out out = {.data = nonce, .cap = PROVISION_CHALLENGE_BYTES};

    return hex_decode(text, strlen(text), &out, NULL) && out.len == PROVISION_CHALLENGE_BYTES;
}

/* The station's nonce, which the keys sign in this run. A person at the console gives none. */
static bool read_nonce(struct factory *factory, const struct link_words *words, struct error *err)
{
    if (words->count < 3 || parse_nonce(words->word[2], factory->nonce))
        return true;
    return console_refuse_words("expected: run SERIAL NONCE (18 and 64 hex digits)", "plan shows the serial number",
                                err);
}

/* The arming ends here, whatever comes of the run. */
static void take_arming(struct factory *factory)
{
    const bool in_time = imprint_board_now_us() - factory->armed_us <= ARMED_MAX_US;

    factory->run_is_armed = factory->armed && in_time;
    factory->came_late = factory->armed && !in_time;
    factory->armed = false;
}

/* With more words a key signs a handshake. The results of the last run, again, where `words` is NULL. */
static bool report_again(struct factory *factory, const struct link_words *words, struct error *err)
{
    const bool shakes =
        words != NULL && words->count > 1 && factory->certificates != NULL && factory->certificates->handshake != NULL;
    bool ok;

    if (!factory->finished) {
        error_set(err, ERROR_USAGE, "no run has succeeded since the board was started", "run");
        error_doing(err, "report");
        return false;
    }
    if (!platform_start(&factory->platform, PLATFORM_USE, factory->driver, err))
        return false;
    ok = shakes ? factory->certificates->handshake(factory, words, err) : factory_report(factory, true, err);
    platform_stop(&factory->platform);
    return ok;
}

static bool do_report(void *application, const struct link_words *words, struct error *err)
{
    return report_again(application, words, err);
}

/* Whether the words name the chip and the nonce of the last run. */
static bool is_of_last_run(const struct factory *factory, const struct link_words *words)
{
    uint8_t serial[CHIP_SERIAL_BYTES], nonce[PROVISION_CHALLENGE_BYTES];

    return factory->provision.nonce != NULL && words->count == 3 && parse_serial(words->word[1], serial) &&
           parse_nonce(words->word[2], nonce) && memcmp(serial, factory->evidence.serial, sizeof serial) == 0 &&
           memcmp(nonce, factory->nonce, sizeof nonce) == 0;
}

/* What a run has done before it stopped for a certificate is of the same run. */
static void note_before(struct factory *factory)
{
    struct provision_evidence *evidence = &factory->evidence;

    factory->before.changes = evidence->changes += factory->before.changes;
    factory->before.chip_us = evidence->chip_us += factory->before.chip_us;
    for (size_t i = 0; i < factory->compiled->profile.key_count; i++)
        factory->before.created[i] = evidence->keys[i].created =
            evidence->keys[i].created || factory->before.created[i];
}

/* The station may issue now: the key that gets the certificate has signed its nonce. */
static void show_awaited(const struct factory *factory)
{
    const struct profile *profile = &factory->compiled->profile;

    factory_report_key(factory,
                       profile_certificate_key(profile, &profile->certificates[factory->certificates->awaited]));
}

static bool execute(struct factory *factory, struct error *err)
{
    const bool ok = provision_execute(&factory->provision, &factory->plan, &factory->evidence, err) == PROVISION_OK;

    note_before(factory);
    factory->finished = ok;
    factory->waits = !ok && err->reason == ERROR_CERTIFICATE_AWAITED;
    if (factory->waits)
        show_awaited(factory);
    return ok && factory_report(factory, false, err);
}

/* Looks at the device and does what is still to do. */
static bool go(struct factory *factory, const struct link_words *words, bool with_nonce, struct error *err)
{
    bool ok;

    factory->finished = factory->waits = false;
    if (!look(factory, err))
        return false;
    factory->provision.nonce = with_nonce ? factory->nonce : NULL;
    show_plan(factory);
    ok = (words->count < 2 || check_serial(factory, words->word[1], err)) && check_armed(factory, err) &&
         provision_check_kept_keys(&factory->provision, &factory->plan, err) == PROVISION_OK &&
         platform_make_persistent(&factory->platform, err) && execute(factory, err);
    platform_stop(&factory->platform);
    return ok;
}

/*
 * A station that missed the end of a run sends the same command again. Its keys have signed that nonce, and those that
 * count their uses must not sign it twice.
 */
static bool do_run(void *application, const struct link_words *words, struct error *err)
{
    struct factory *factory = application;

    take_arming(factory);
    if (factory->finished && is_of_last_run(factory, words))
        return report_again(factory, NULL, err);
    factory->finished = factory->waits = false;
    memset(&factory->before, 0, sizeof factory->before);
    return read_nonce(factory, words, err) && go(factory, words, words->count >= 3, err);
}

/* The rest of a run that has stopped for a certificate: still the run that was armed. */
static bool do_finish(void *application, const struct link_words *words, struct error *err)
{
    struct factory *factory = application;

    if (factory->finished && is_of_last_run(factory, words))
        return report_again(factory, NULL, err);
    if (factory->waits && is_of_last_run(factory, words))
        return go(factory, words, true, err);
    return console_refuse_words("no run of this chip with this nonce waits for a certificate", "run", err);
}

static bool refuse_certificates(struct error *err)
{
    return console_refuse_words("the profile in this image has no certificates", NULL, err);
}

static bool do_certificate(void *application, const struct link_words *words, struct error *err)
{
    struct factory_certificates *certificates = ((struct factory *)application)->certificates;

    return certificates != NULL ? certificates->functions->take(certificates, words, err) : refuse_certificates(err);
}

static bool do_csr(void *application, const struct link_words *words, struct error *err)
{
    struct factory *factory = application;
    bool ok;

    if (factory->certificates == NULL)
        return refuse_certificates(err);
    if (!factory->waits)
        return console_refuse_words("no run waits for a certificate", "run", err);
    if (!platform_start(&factory->platform, PLATFORM_USE, factory->driver, err))
        return false;
    ok = factory->certificates->functions->request(factory, words, err);
    platform_stop(&factory->platform);
    return ok;
}

static bool do_hello(void *application, const struct link_words *words, struct error *err)
{
    const struct factory *factory = application;
    struct link_frame frame = console_hello("factory", words == NULL);

    (void)err;
    link_add_text(&frame, "profile", factory->compiled->profile.name);
    link_add_hex(&frame, "digest", bytes_of(factory->compiled->digest, PROFILE_DIGEST_BYTES));
    link_add_flag(&frame, "armed", factory->compiled->armed);
    link_add_flag(&frame, "certificates", factory->certificates != NULL);
    if (data_of(factory) != NULL)
        link_add_flag(&frame, "io-key", true);
    if (image_digest_len() != 0)
        link_add_number(&frame, "image", (uint32_t)image_digest_len());
    link_end(&frame);
    return true;
}

static bool do_image(void *application, const struct link_words *words, struct error *err)
{
    (void)application;
    (void)words;
    return image_digest_show(err);
}

static bool do_end(void *application, const struct link_words *words, struct error *err)
{
    struct factory *factory = application;
    (void)words;
    (void)err;
    factory->ended = true;
    return true;
}

static const struct console_command commands[] = {
    {"hello", "which application this is", do_hello},
    {"image", "SHA-256 of the image that runs, computed over the flash", do_image},
    {"known", "[ID HASH [proven]]: what the station has on record of a key; alone: nothing", do_known},
    {"maker", "NONCE: show the maker's certificates; the key in slot 0 signs NONCE", do_maker},
    {"plan", "show what a run would do, change nothing", do_plan},
    {"arm", "SERIAL DIGEST: allow irreversible steps in the next run, for 60 seconds", do_arm},
    {"run", "[SERIAL [NONCE]]: do the plan and prove the keys, on that chip only; they sign NONCE", do_run},
    {"csr", "ID [AT OF DATA]: a request (PKCS#10) for the certificate that the run waits for; what to ask for", do_csr},
    {"certificate", "[ID AT OF DATA | ID HASH]: a piece of a certificate, its end; alone: none", do_certificate},
    {"finish", "SERIAL NONCE: go on with the run that waits for a certificate", do_finish},
    {"report", "[ID HASH]: send the results of the last run again; have a key sign a TLS handshake", do_report},
    {"end", "end the application", do_end},
};
#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

/* A table compiled with other sizes or values than this image has another digest. */
static bool check_table(const struct profile_compiled *compiled)
{
    uint8_t digest[PROFILE_DIGEST_BYTES];

    return profile_digest(&compiled->profile, digest) && memcmp(digest, compiled->digest, sizeof digest) == 0;
}

static void start_certificates(struct factory *factory, struct factory_certificates *certificates)
{
    factory->certificates = certificates;
    if (certificates == NULL)
        return;
    certificates->profile = &factory->compiled->profile;
    for (size_t i = 0; i < certificates->profile->certificate_count; i++)
        certificates->rooms[i].len = certificates->rooms[i].der_len = 0;
    certificates->engine = (struct provision_certificates){
        .context = certificates, .get = certificates->functions->get, .slot = certificates->functions->slot};
}

static void start_data(struct factory *factory, struct factory_data *data)
{
    if (PROFILE_HAS_DATA == 0 || data == NULL)
        return;
    factory->data = data;
    data->engine.context = data;
}

void factory_serve(struct factory *factory, const struct profile_compiled *compiled,
                   const struct provision_step_kind *const *steps, const struct driver_shell *driver,
                   struct factory_certificates *certificates, struct factory_data *data)
{
    static const struct link_words run = {.count = 1, .word = {"run"}};
    struct error err = {.reason = ERROR_NONE};
    struct link_words words;

    memset(factory, 0, sizeof *factory);
    factory->compiled = compiled;
    factory->steps = steps;
    factory->driver = driver;
    start_certificates(factory, certificates);
    start_data(factory, data);
    console_init(&factory->console);
    (void)do_hello(factory, NULL, &err); /* for a station that waits for the board */
    if (!check_table(compiled)) {
        error_set(&err, ERROR_UNEXPECTED,
                  "the profile in this image does not have the digest that it was compiled with",
                  "build the image again");
        error_doing(&err, "start");
        console_report_error("hello", &err);
        return;
    }
    if (compiled->run_at_start)
        console_run(commands, COMMAND_COUNT, factory, &run);
    while (!factory->ended) {
        console_read_command(&factory->console, &words);
        console_run(commands, COMMAND_COUNT, factory, &words);
    }
}
