/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/postgres.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_TRIES 2400 /* of 50 ms */
#define SERVER_USER "postgres"
#define LOGINS "local all owner trust\nlocal all all scram-sha-256\n"

/* The newest one of Debian's. */
static bool find_program(const char *name, char path[static SCRATCH_PATH_MAX])
{
    char pattern[SCRATCH_PATH_MAX];
    glob_t found;
    bool ok;

    (void)snprintf(pattern, sizeof pattern, "/usr/lib/postgresql/*/bin/%s", name);
    ok = glob(pattern, 0, NULL, &found) == 0 && found.gl_pathc > 0;
    if (ok)
        (void)snprintf(path, SCRATCH_PATH_MAX, "%s", found.gl_pathv[found.gl_pathc - 1]);
    globfree(&found);
    return ok;
}

/* The user that Debian's package makes. */
static bool find_server_user(uid_t *uid, gid_t *gid)
{
    struct passwd user, *found = NULL;
    char text[1024];

    if (getpwnam_r(SERVER_USER, &user, text, sizeof text, &found) != 0 || found == NULL)
        return false;
    *uid = user.pw_uid;
    *gid = user.pw_gid;
    return true;
}

/* PostgreSQL refuses to run as root. */
static void become_server_user(void)
{
    uid_t uid = 0;
    gid_t gid = 0;

    if (geteuid() == 0 &&
        (!find_server_user(&uid, &gid) || setgroups(0, NULL) != 0 || setgid(gid) != 0 || setuid(uid) != 0))
        _exit(126);
}

/* Runs it in the server's folder, and says nothing. It ends with the test, however that ends. */
static pid_t spawn(const struct postgres_server *server, char *arguments[])
{
    char path[SCRATCH_PATH_MAX];
    const pid_t child = find_program(arguments[0], path) ? fork() : -1;

    if (child != 0)
        return child;
    if (chdir(server->folder) != 0)
        _exit(126);
    become_server_user();
    (void)prctl(PR_SET_PDEATHSIG, SIGQUIT); /* after it: another user forgets this */
    if (freopen("/dev/null", "r", stdin) == NULL || freopen("log", "a", stdout) == NULL || dup2(1, 2) < 0)
        _exit(126);
    arguments[0] = path; /* PostgreSQL 17 finds its other programs by it */
    (void)execv(path, arguments);
    _exit(127);
}

static void expect_end(pid_t child, const char *what)
{
    int status = -1;

    if (child <= 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("%s failed", what);
}

/* The socket is there before the server answers; pg_isready asks it. */
static void await_start(const struct postgres_server *server)
{
    char host[SCRATCH_PATH_MAX + 8], *arguments[] = {"pg_isready", "-q", "-h", host, NULL};
    const struct timespec pause = {.tv_nsec = 50000000};
    int status = -1;

    (void)snprintf(host, sizeof host, "%s", server->folder);
    for (int i = 0; i < START_TRIES; i++) {
        const pid_t child = spawn(server, arguments);

        if (child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0)
            return;
        (void)nanosleep(&pause, NULL);
    }
    fail_msg("PostgreSQL does not start: %s/log", server->folder);
}

void postgres_server_restart(struct postgres_server *server)
{
    char socket[SCRATCH_PATH_MAX + 40];
    char *arguments[] = {"postgres",
                         "-D",
                         "data",
                         "-h",
                         "",
                         "-c",
                         socket,
                         "-c",
                         "fsync=off",
                         "-c",
                         "shared_buffers=16MB",
                         "-c",
                         "max_connections=40",
                         NULL};

    (void)snprintf(socket, sizeof socket, "unix_socket_directories=%s", server->folder);
    server->pid = spawn(server, arguments);
    await_start(server);
}

bool postgres_server_start(struct postgres_server *server)
{
    char *arguments[] = {"initdb", "-D", "data", "-U", "owner", "-A", "trust", "-E", "UTF8", "--locale=C", "-N", NULL};
    char path[SCRATCH_PATH_MAX];
    uid_t uid = 0;
    gid_t gid = 0;

    if (!find_program("initdb", path) || (geteuid() == 0 && !find_server_user(&uid, &gid))) {
        print_message("stepped aside: %s: PostgreSQL is not installed\n", program_invocation_short_name);
        return false;
    }
    scratch_make(server->folder);
    if (geteuid() == 0 && chown(server->folder, uid, gid) != 0)
        fail_msg("chown");
    expect_end(spawn(server, arguments), "initdb");
    file_store(path_in(server->folder, "data/pg_hba.conf"), bytes_of((const uint8_t *)LOGINS, sizeof LOGINS - 1));
    postgres_server_restart(server);
    return true;
}

void postgres_server_kill(struct postgres_server *server)
{
    /* SIGQUIT: at once, without a checkpoint; SIGKILL would leave its children for a moment, which lock the data. */
    if (server->pid > 0 && kill(server->pid, SIGQUIT) == 0)
        (void)waitpid(server->pid, NULL, 0);
    server->pid = 0;
}

void postgres_server_stop(struct postgres_server *server)
{
    postgres_server_kill(server);
    scratch_remove(server->folder);
}

char *postgres_server_settings(const struct postgres_server *server, const char *name, const char *role)
{
    char *text = NULL;

    if (asprintf(&text, "host=%s dbname=%s user=%s", server->folder, name, role) < 0)
        fail_msg("asprintf");
    return text;
}
