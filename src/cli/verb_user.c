/* SPDX-License-Identifier: Apache-2.0 */
/* imprint user add, list and remove: who can log in at the pages of a station. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "cli/ask.h"
#include "issuer/input_file.h"
#include "panel/settings.h"
#include "station/folder.h"
#include "web/login_record.h"
#include "web/users.h"

enum user_option { OPTION_ROLE, OPTION_PASSWORD_FILE, OPTION_COUNT };
static const struct cli_option options[OPTION_COUNT] = {
    [OPTION_ROLE] = {"role", 0, "ROLE", "operator (default), lead or auditor", "operator lead auditor"},
    [OPTION_PASSWORD_FILE] = {"password-file", 0, "FILE",
                              "the file whose first line is the password, instead of asking", NULL},
};

/* --- the password --- */

static bool refuse(const char *cause, const char *next, struct error *err)
{
    error_set(err, ERROR_USAGE, cause, next);
    return false;
}

static bool ask_twice(const struct issuer_prompt *prompt, char password[static INPUT_FILE_SECRET_MAX],
                      struct error *err)
{
    char again[INPUT_FILE_SECRET_MAX] = "";
    bool ok;

    if (prompt->ask == NULL)
        return refuse("there is no terminal to ask for the password on",
                      "write it into a file of mode 0600, then use --password-file FILE", err);
    ok = input_file_ask_secret(prompt, "the new password", password, err) &&
         input_file_ask_secret(prompt, "it again", again, err);
    if (ok && strcmp(password, again) != 0)
        ok = refuse("the two passwords differ", "run the same command again", err);
    bytes_wipe(again, sizeof again);
    return ok;
}

/* Characters, not bytes: UTF-8. */
static size_t count_characters(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static bool get_password(const struct cli *cli, char password[static INPUT_FILE_SECRET_MAX], struct error *err)
{
    const struct issuer_prompt prompt = ask_prompt();
    const char *file = cli->values[OPTION_PASSWORD_FILE];

    if (file != NULL ? !input_file_read_secret(file, password, err) : !ask_twice(&prompt, password, err))
        return false;
    if (count_characters(password) >= PASSWORD_LEAST && strlen(password) <= PASSWORD_MOST)
        return true;
    return refuse("a password has 8 characters or more, and at most 128 bytes", "choose another one", err);
}

/* --- the verbs --- */

static bool check_name(const char *name, struct error *err)
{
    if (users_name_is_valid(name))
        return true;
    error_with_subject(err, name);
    return refuse("a user's name has 1 to 32 letters, digits and . _ -",
                  "use the number of the badge, or a short name: the ledger keeps it for years", err);
}

/* A change of the users, on its way into the ledger. */
struct noting {
    const struct cli *cli;
    const struct panel_settings *settings;
    char removed[USERS_NAME_SIZE]; /* whose removal was begun before, and is finished now; "": nobody's */
};

static bool note(void *context, const struct users_change *change, struct error *err)
{
    struct noting *noting = context;
    const bool is_removed = change->kind == USERS_REMOVED;
    const struct login_record entry = {.kind = is_removed ? "user remove" : "user add",
                                       .person = change->name,
                                       .result = users_change_word(change->kind),
                                       .role = is_removed ? NULL : users_role_name(change->role)};

    if (!login_record_append(noting->settings->state, &entry, err))
        return false;
    if (change->is_finished && is_removed)
        memcpy(noting->removed, change->name, sizeof noting->removed);
    if (change->is_finished)
        output_say(&noting->cli->output, "imprint: a change that was interrupted is finished: user %s %s", change->name,
                   users_change_word(change->kind));
    return true;
}

static void print_user(const struct output *output, const char *event, const char *name, const char *role)
{
    output_object(output, json_pack("{s:s, s:s, s:s*}", "event", event, "name", name, "role", role));
}

static bool add(struct cli *cli, const struct panel_settings *settings, struct error *err)
{
    const char *name = cli->arguments[1], *word = cli->values[OPTION_ROLE];
    char password[INPUT_FILE_SECRET_MAX] = "";
    enum users_role role = USERS_OPERATOR;
    struct noting context = {.cli = cli, .settings = settings};
    const struct users_noting noting = {note, &context};
    struct users_change done;
    bool ok;

    if (!check_name(name, err))
        return false;
    if (word != NULL && !users_find_role(word, &role))
        return refuse("the role is not known", "use --role operator, lead or auditor", err);
    /* A password will be in memory: no core file is to keep it. */
    setrlimit(RLIMIT_CORE, &(struct rlimit){.rlim_cur = 0, .rlim_max = 0});
    ok = get_password(cli, password, err) && folder_make(settings->state, err) &&
         users_add(settings->users, name, role, password, &noting, &done, err);
    bytes_wipe(password, sizeof password);
    if (!ok)
        return false;
    output_result(&cli->output, "%s: %s, %s\n", name, users_role_name(role), users_change_word(done.kind));
    print_user(&cli->output, done.kind == USERS_ADDED ? "user-added" : "user-changed", name, users_role_name(role));
    return true;
}

static bool remove_user(struct cli *cli, const struct panel_settings *settings, struct error *err)
{
    const char *name = cli->arguments[1];
    struct noting context = {.cli = cli, .settings = settings};
    const struct users_noting noting = {note, &context};
    struct users_change done;

    if (!check_name(name, err))
        return false;
    if (!users_remove(settings->users, name, &noting, &done, err)) {
        if (err->reason != ERROR_USAGE || strcmp(context.removed, name) != 0)
            return false;
        error_clear(err);
    }
    output_result(&cli->output, "%s: removed\n", name);
    print_user(&cli->output, "user-removed", name, NULL);
    return true;
}

static bool list(struct cli *cli, const struct panel_settings *settings, struct error *err)
{
    struct users *users = calloc(1, sizeof *users);
    const bool ok = users != NULL && users_read(settings->users, users, err);
    struct users_change begun;

    for (size_t i = 0; ok && i < users->count; i++) {
        output_result(&cli->output, "%-32s  %s\n", users->all[i].name, users_role_name(users->all[i].role));
        print_user(&cli->output, "user", users->all[i].name, users_role_name(users->all[i].role));
    }
    if (ok && users_find_unfinished(settings->users, &begun))
        output_warn(
            &cli->output,
            "a change of user %s (%s) was interrupted: until the next imprint user add or remove, which finishes "
            "it, this person cannot log in",
            begun.name, users_change_word(begun.kind));
    if (ok && users->count == 0)
        output_result(&cli->output, "there are no users: nobody can log in\n");
    if (users == NULL)
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
    free(users);
    return ok;
}

static enum cli_exit with_settings(struct cli *cli, const char *doing,
                                   bool (*work)(struct cli *, const struct panel_settings *, struct error *))
{
    struct error err = ERROR_IN(cli->error_room);
    struct panel_settings *settings = NULL;
    const bool ok = panel_settings_read(cli->arguments[0], &settings, &err) && work(cli, settings, &err);

    free(settings);
    if (ok)
        return CLI_DONE;
    error_doing(&err, doing);
    return output_error(&cli->output, &err);
}

static enum cli_exit run_user_add(struct cli *cli)
{
    return with_settings(cli, "add the user", add);
}

static enum cli_exit run_user_list(struct cli *cli)
{
    return with_settings(cli, "list the users", list);
}

static enum cli_exit run_user_remove(struct cli *cli)
{
    return with_settings(cli, "remove the user", remove_user);
}

const struct cli_verb cli_verb_user_add = {
    .name = "user add",
    .arguments = "FILE NAME",
    .summary = "Let a person log in at the pages of a station",
    .description = "FILE is the station file. NAME is what the ledger names the person by, such as\n"
                   "the number of a badge. An operator works at the sockets, a lead also approves\n"
                   "first articles and closes orders, an auditor reads everything. The password is\n"
                   "asked for on the terminal, twice. Somebody who is there already gets the new\n"
                   "role and password, and has to log in again. The change is an entry of the\n"
                   "ledger; a station that runs knows it within a second.\n",
    .examples = "  imprint user add station.yaml 17\n"
                "  imprint user add station.yaml 4 --role lead --password-file secret\n",
    .options = options,
    .option_count = OPTION_COUNT,
    .least = 2,
    .most = 2,
    .run = run_user_add,
};

const struct cli_verb cli_verb_user_list = {
    .name = "user list",
    .arguments = "FILE",
    .summary = "List who can log in at the pages of a station",
    .description = "A line for each person: name and role. FILE is the station file. Changes\n"
                   "nothing.\n",
    .examples = "  imprint user list station.yaml\n",
    .least = 1,
    .most = 1,
    .run = run_user_list,
};

const struct cli_verb cli_verb_user_remove = {
    .name = "user remove",
    .arguments = "FILE NAME",
    .summary = "Take away a person's login at a station",
    .description = "The person is logged out within a second. What the ledger says of them stays.\n"
                   "FILE is the station file.\n",
    .examples = "  imprint user remove station.yaml 17\n",
    .least = 2,
    .most = 2,
    .run = run_user_remove,
};
