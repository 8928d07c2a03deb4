/* SPDX-License-Identifier: Apache-2.0 */
#include "web/users.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error_format.h"
#include "issuer/input_file.h"
#include "station/file.h"

#define FILE_MAX ((size_t)64 * 1024)
#define HEADING "# imprint users 1"

static const char *const roles[USERS_ROLE_COUNT] = {"operator", "lead", "auditor"};

const char *users_role_name(enum users_role role)
{
    return roles[role];
}

bool users_find_role(const char *name, enum users_role *role)
{
    for (size_t i = 0; i < USERS_ROLE_COUNT; i++) {
        if (strcmp(roles[i], name) == 0) {
            *role = (enum users_role)i;
            return true;
        }
    }
    return false;
}

bool users_name_is_valid(const char *name)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    const size_t len = strlen(name);

    return len > 0 && len < USERS_NAME_SIZE && strspn(name, allowed) == len;
}

const struct user *users_find(const struct users *users, const char *name)
{
    for (size_t i = 0; i < users->count; i++)
        if (strcmp(users->all[i].name, name) == 0)
            return &users->all[i];
    return NULL;
}

/* --- reading --- */

/* NAME:ROLE:HASH; the hash has colons of its own. Changes `line`. */
static bool read_user(char *line, struct user *user)
{
    char *role = strchr(line, ':'), *hash = role != NULL ? strchr(role + 1, ':') : NULL;

    if (hash == NULL)
        return false;
    *role++ = '\0';
    *hash++ = '\0';
    if (!users_name_is_valid(line) || !users_find_role(role, &user->role) || strlen(hash) >= sizeof user->hash ||
        !password_is_hash(hash))
        return false;
    memcpy(user->name, line, strlen(line) + 1);
    memcpy(user->hash, hash, strlen(hash) + 1);
    return true;
}

static bool take_line(struct bytes text, struct users *users)
{
    char line[USERS_NAME_SIZE + 16 + PASSWORD_HASH_SIZE];
    struct user user;

    if (text.len == 0 || text.data[0] == '#')
        return true;
    if (text.len >= sizeof line || memchr(text.data, '\0', text.len) != NULL || users->count == USERS_MAX)
        return false;
    memcpy(line, text.data, text.len);
    line[text.len] = '\0';
    if (!read_user(line, &user) || users_find(users, user.name) != NULL)
        return false;
    users->all[users->count++] = user;
    return true;
}

bool users_parse(struct bytes text, struct users *users, size_t *line)
{
    users->count = 0;
    *line = 0;
    while (text.len > 0) {
        const uint8_t *end = memchr(text.data, '\n', text.len);
        const size_t len = end != NULL ? (size_t)(end - text.data) : text.len;
        const bool is_heading = len == strlen(HEADING) && memcmp(text.data, HEADING, len) == 0;

        ++*line;
        if ((*line == 1 && !is_heading) || !take_line(bytes_of(text.data, len), users)) {
            users->count = 0;
            return false;
        }
        text = end != NULL ? bytes_of(end + 1, text.len - len - 1) : BYTES_NONE;
    }
    return *line > 0;
}

/* The pages read it at each login: a pipe that nobody writes to would stop them. */
static bool is_file(const char *path, struct error *err)
{
    struct stat status;

    if (stat(path, &status) != 0 || S_ISREG(status.st_mode))
        return true; /* why it cannot be read is said by who reads it */
    error_set(err, ERROR_INPUT_FILE, "this is no file", "restore the file from a backup, or name another one");
    error_with_subject(err, path);
    return false;
}

/* The file as it is. Where there is none, there are no users. */
static bool read_file(const char *path, struct users *users, struct error *err)
{
    struct input_file file = {.data = NULL};
    size_t line;
    bool ok;

    users->count = 0;
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return true;
    ok = is_file(path, err) && input_file_read(&file, path, FILE_MAX, INPUT_FILE_SECRET, err);
    if (ok && !users_parse(bytes_of(file.data, file.len), users, &line)) {
        error_set(err, ERROR_INPUT_FILE, "the line is no user of a station",
                  "restore the file from a backup; users are added with: imprint user add");
        error_with_subject(err, path);
        if (err != NULL)
            err->line = (uint32_t)line;
        ok = false;
    }
    input_file_release(&file);
    return ok;
}

/* What the file will be when the change that was begun is finished. `*is_there` false: none was begun. */
static bool read_next(const char *path, struct users *next, bool *is_there, struct error *err)
{
    char name[PATH_MAX];

    *is_there = file_name_next(path, name) && access(name, F_OK) == 0;
    if (!*is_there || read_file(name, next, err))
        return true;
    *is_there = access(name, F_OK) == 0;
    if (!*is_there) /* finished meanwhile */
        error_clear(err);
    return !*is_there;
}

static bool is_same(const struct user *one, const struct user *other)
{
    return other != NULL && one->role == other->role && strcmp(one->hash, other->hash) == 0;
}

static void leave_out_changed(struct users *users, const struct users *next)
{
    size_t kept = 0;

    for (size_t i = 0; i < users->count; i++)
        if (is_same(&users->all[i], users_find(next, users->all[i].name)))
            users->all[kept++] = users->all[i];
    users->count = kept;
}

bool users_read(const char *path, struct users *users, struct error *err)
{
    struct users *next = calloc(1, sizeof *next);
    bool has_next, ok = next != NULL && read_next(path, next, &has_next, err) && read_file(path, users, err);

    if (ok && has_next)
        leave_out_changed(users, next);
    if (!ok) {
        users->count = 0;
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
        error_doing(err, "read the users of the station");
    }
    free(next);
    return ok;
}

/* --- writing --- */

static const char *const change_words[] = {
    [USERS_ADDED] = "added", [USERS_CHANGED] = "changed", [USERS_REMOVED] = "removed"};

const char *users_change_word(enum users_change_kind kind)
{
    return change_words[kind];
}

/* A change that is about to take effect, and who notes it. */
struct changing {
    const struct users_noting *noting;
    const struct users_change *change;
};

static bool note_change(void *context, struct error *err)
{
    const struct changing *changing = context;

    return changing->noting->note(changing->noting->context, changing->change, err);
}

static bool write_users(const char *path, const struct users *users, struct changing *changing, struct error *err)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    bool ok = out != NULL;
    int closed = 0;

    if (ok) {
        fputs(HEADING "\n", out);
        for (size_t i = 0; i < users->count; i++)
            fprintf(out, "%s:%s:%s\n", users->all[i].name, roles[users->all[i].role], users->all[i].hash);
        ok = ferror(out) == 0;
        closed = fclose(out);
    }
    ok = ok && closed == 0 &&
         file_replace_noted(path, bytes_of(text, len), 0600, ERROR_STORAGE_FAILED, note_change, changing, err);
    if (!ok)
        error_set(err, ERROR_UNEXPECTED, "there is no memory for the users", NULL);
    free(text);
    return ok;
}

/* One change at a time. The lock is a file beside it, for the file itself is replaced. -1 with a reason. */
static int lock_users(const char *path, struct error *err)
{
    char name[4096];
    const int len = snprintf(name, sizeof name, "%s.lock", path);
    const int fd =
        len > 0 && (size_t)len < sizeof name ? open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;

    if (fd >= 0 && flock(fd, LOCK_EX) == 0)
        return fd;
    error_set(err, ERROR_STORAGE_FAILED, "the file of the users cannot be locked", "check who may write its folder");
    error_with_errno(err, errno);
    error_with_subject(err, path);
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

/* --- a change that was begun --- */

static void describe(struct users_change *change, enum users_change_kind kind, const struct user *user)
{
    *change = (struct users_change){.kind = kind, .role = user->role};
    memcpy(change->name, user->name, sizeof change->name);
}

/* The next change between the two, from `*at`, which is 0 at first. False: there is none. */
static bool compare(const struct users *users, const struct users *next, size_t *at, struct users_change *change)
{
    for (; *at < next->count; ++*at) {
        const struct user *new = &next->all[*at], *old = users_find(users, new->name);

        if (is_same(new, old))
            continue;
        describe(change, old == NULL ? USERS_ADDED : USERS_CHANGED, new);
        ++*at;
        return true;
    }
    for (; *at < next->count + users->count; ++*at) {
        const struct user *old = &users->all[*at - next->count];

        if (users_find(next, old->name) != NULL)
            continue;
        describe(change, USERS_REMOVED, old);
        ++*at;
        return true;
    }
    return false;
}

/* -1 with EWOULDBLOCK: somebody changes the users now. -1 otherwise: there is no lock, or it may not be read. */
static int try_lock(const char *path)
{
    char name[4096];
    const int len = snprintf(name, sizeof name, "%s.lock", path);
    const int fd = len > 0 && (size_t)len < sizeof name ? open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    int saved;

    if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) == 0)
        return fd;
    saved = errno;
    (void)close(fd);
    errno = saved;
    return -1;
}

static bool find_unfinished(const char *path, struct users_change *change)
{
    struct error ignored = {.reason = ERROR_NONE};
    struct users *users = calloc(1, sizeof *users), *next = calloc(1, sizeof *next);
    bool has_next = false;
    size_t at = 0;
    const bool found = users != NULL && next != NULL && read_next(path, next, &has_next, &ignored) && has_next &&
                       read_file(path, users, &ignored) && compare(users, next, &at, change);

    free(users);
    free(next);
    return found;
}

bool users_find_unfinished(const char *path, struct users_change *change)
{
    const int lock = try_lock(path);
    bool found;

    if (lock < 0 && errno == EWOULDBLOCK)
        return false;
    found = find_unfinished(path, change);
    if (lock >= 0)
        (void)close(lock);
    return found;
}

/* Whether the killed process had noted it is not known: it is noted (again), and takes effect. Reads `users`. */
static bool finish_change(const char *path, struct users *users, const struct users_noting *noting, struct error *err)
{
    struct users *next = calloc(1, sizeof *next);
    struct users_change change;
    bool has_next, ok = next != NULL && read_next(path, next, &has_next, err) && read_file(path, users, err);
    size_t at = 0;

    while (ok && has_next && compare(users, next, &at, &change)) {
        change.is_finished = true;
        ok = noting->note(noting->context, &change, err);
    }
    ok = ok && (!has_next || (file_take_next(path, ERROR_STORAGE_FAILED, err) && read_file(path, users, err)));
    if (!ok)
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
    free(next);
    return ok;
}

/* --- changing --- */

/* Changes `users`, which are the file's, and says how. */
struct edit {
    bool (*make)(struct users *users, const struct user *user, struct users_change *change, struct error *err);
    const struct user *user;
};

static bool change_users(const char *path, const struct edit *edit, const struct users_noting *noting,
                         struct users_change *done, struct error *err)
{
    struct users *users = calloc(1, sizeof *users);
    struct changing changing = {.noting = noting, .change = done};
    const int lock = users != NULL ? lock_users(path, err) : -1;
    const bool ok = lock >= 0 && finish_change(path, users, noting, err) && edit->make(users, edit->user, done, err) &&
                    write_users(path, users, &changing, err);

    if (lock >= 0)
        (void)close(lock);
    if (users == NULL)
        error_set(err, ERROR_UNEXPECTED, "out of memory", NULL);
    free(users);
    return ok;
}

/* Replaces the person of that name, or adds one. */
static bool put_user(struct users *users, const struct user *user, struct users_change *change, struct error *err)
{
    for (size_t i = 0; i < users->count; i++) {
        if (strcmp(users->all[i].name, user->name) == 0) {
            users->all[i] = *user;
            describe(change, USERS_CHANGED, user);
            return true;
        }
    }
    if (users->count == USERS_MAX) {
        error_set(err, ERROR_USAGE, error_keep_format(err, "a station has at most %d users", USERS_MAX),
                  "remove a user who has left: imprint user remove");
        return false;
    }
    users->all[users->count++] = *user;
    describe(change, USERS_ADDED, user);
    return true;
}

static bool drop_user(struct users *users, const struct user *user, struct users_change *change, struct error *err)
{
    for (size_t i = 0; i < users->count; i++) {
        if (strcmp(users->all[i].name, user->name) != 0)
            continue;
        describe(change, USERS_REMOVED, &users->all[i]);
        users->count--;
        memmove(&users->all[i], &users->all[i + 1], (users->count - i) * sizeof users->all[0]);
        return true;
    }
    error_set(err, ERROR_USAGE, "the station has no user of that name", "see who there is: imprint user list");
    error_with_subject(err, user->name);
    return false;
}

bool users_add(const char *path, const char *name, enum users_role role, const char *password,
               const struct users_noting *noting, struct users_change *done, struct error *err)
{
    struct user user = {.role = role};
    const struct edit edit = {.make = put_user, .user = &user};

    (void)snprintf(user.name, sizeof user.name, "%s", name);
    return password_hash(password, user.hash, err) && change_users(path, &edit, noting, done, err);
}

bool users_remove(const char *path, const char *name, const struct users_noting *noting, struct users_change *done,
                  struct error *err)
{
    struct user user = {.name = ""};
    const struct edit edit = {.make = drop_user, .user = &user};

    (void)snprintf(user.name, sizeof user.name, "%s", name);
    return change_users(path, &edit, noting, done, err);
}
