/* SPDX-License-Identifier: Apache-2.0 */
/* ELF: System V ABI, chapters 4 and 5; the note of Go programs: cmd/internal/buildid. */
#include "cli/program_file.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SCRIPT_DEPTH 4 /* scripts whose interpreter is a script: as many as Linux follows */
#define SCRIPT_LINE 256
#define HEADERS_MAX 64
#define NOTES_MAX 16 /* of one segment */
#define DYNAMIC_MAX 512
#define NAME_MAX_BYTES 256 /* of a library or an interpreter */

/* An ELF file of this program's own word size. */
struct elf {
    int fd;
    ElfW(Phdr) headers[HEADERS_MAX];
    size_t count;
};

static bool read_at(int fd, void *data, size_t len, uint64_t offset)
{
    return offset <= INT64_MAX && pread(fd, data, len, (off_t)offset) == (ssize_t)len;
}

/* Up to NAME_MAX_BYTES - 1 characters at `offset`, "" if there are none. */
static void read_name(int fd, char name[static NAME_MAX_BYTES], uint64_t offset)
{
    ssize_t len = offset <= INT64_MAX ? pread(fd, name, NAME_MAX_BYTES - 1, (off_t)offset) : 0;

    name[len > 0 ? len : 0] = '\0';
}

/* The path of the file that execvp() would start; false if there is none. */
static bool find_in_path(const char *program, char path[static PATH_MAX])
{
    const char *folder = getenv("PATH");

    if (strchr(program, '/') != NULL || folder == NULL)
        return snprintf(path, PATH_MAX, "%s", program) < PATH_MAX;
    while (true) {
        const size_t len = strcspn(folder, ":");
        struct stat found;

        if (snprintf(path, PATH_MAX, "%.*s%s%s", (int)len, folder, len == 0 ? "" : "/", program) < PATH_MAX &&
            access(path, X_OK) == 0 && stat(path, &found) == 0 && S_ISREG(found.st_mode))
            return true;
        if (folder[len] == '\0')
            return false;
        folder += len + 1;
    }
}

/* "#!/bin/sh" into the interpreter's path; of env, the program that it starts. False if the file is no script. */
static bool find_interpreter(int fd, char path[static PATH_MAX])
{
    char line[SCRIPT_LINE + 1] = "", *word, *rest = NULL;
    const char *base;

    if (pread(fd, line, SCRIPT_LINE, 0) < 3 || line[0] != '#' || line[1] != '!')
        return false;
    line[strcspn(line, "\n")] = '\0';
    word = strtok_r(line + 2, " \t", &rest);
    if (word == NULL)
        return false;
    base = strrchr(word, '/') != NULL ? strrchr(word, '/') + 1 : word;
    if (strcmp(base, "env") == 0) {
        const char *program = strtok_r(NULL, " \t", &rest);

        if (program != NULL && strcmp(program, "-S") == 0)
            program = strtok_r(NULL, " \t", &rest);
        return program != NULL && find_in_path(program, path);
    }
    return snprintf(path, PATH_MAX, "%s", word) < PATH_MAX;
}

/* True if the system would start it with other rights than this process has. */
static bool has_other_rights(int fd)
{
    struct stat found;

    if (fstat(fd, &found) != 0)
        return false;
    return ((found.st_mode & S_ISUID) != 0 && found.st_uid != geteuid()) ||
           ((found.st_mode & S_ISGID) != 0 && found.st_gid != getegid()) ||
           (geteuid() != 0 && fgetxattr(fd, "security.capability", NULL, 0) > 0);
}

/* For what a file is built, as its first bytes say: the same bytes for all word sizes. */
struct target {
    unsigned char identification[EI_NIDENT];
    uint8_t machine[2];
};

static bool read_target(int fd, struct target *target)
{
    return read_at(fd, target->identification, EI_NIDENT, 0) &&
           read_at(fd, target->machine, sizeof target->machine, offsetof(ElfW(Ehdr), e_machine)) &&
           memcmp(target->identification, ELFMAG, SELFMAG) == 0;
}

/* True if the file is for the word size, byte order and processor of this program. */
static bool is_for_our_system(const struct target *target)
{
    struct target own = *target;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

    if (fd >= 0) {
        (void)read_target(fd, &own);
        (void)close(fd);
    }
    return target->identification[EI_CLASS] == own.identification[EI_CLASS] &&
           target->identification[EI_DATA] == own.identification[EI_DATA] &&
           memcmp(target->machine, own.machine, sizeof own.machine) == 0;
}

static bool begins_as_elf(int fd)
{
    char magic[SELFMAG];

    return read_at(fd, magic, sizeof magic, 0) && memcmp(magic, ELFMAG, SELFMAG) == 0;
}

/* True if the file ends before its program headers do. */
static bool is_cut_off(int fd)
{
    ElfW(Ehdr) header;
    uint8_t last;

    if (!read_at(fd, &header, sizeof header, 0))
        return true;
    const uint64_t bytes = (uint64_t)header.e_phnum * header.e_phentsize;
    return bytes == 0 || !read_at(fd, &last, sizeof last, header.e_phoff + bytes - 1);
}

static bool read_headers(struct elf *elf)
{
    ElfW(Ehdr) header;

    if (!read_at(elf->fd, &header, sizeof header, 0) || header.e_phentsize != sizeof elf->headers[0] ||
        header.e_phnum > HEADERS_MAX)
        return false;
    elf->count = header.e_phnum;
    return read_at(elf->fd, elf->headers, elf->count * sizeof elf->headers[0], header.e_phoff);
}

static const ElfW(Phdr) * find_header(const struct elf *elf, uint32_t type)
{
    for (size_t i = 0; i < elf->count; i++) {
        if (elf->headers[i].p_type == type)
            return &elf->headers[i];
    }
    return NULL;
}

/* True if one of the notes from `at` on, `len` bytes, is of the Go linker. */
static bool has_go_note(int fd, uint64_t at, uint64_t len)
{
    static const char go[4] = "Go\0";
    const uint64_t end = at + len;
    ElfW(Nhdr) note;
    char name[sizeof go];

    for (unsigned i = 0; i < NOTES_MAX && at < end && read_at(fd, &note, sizeof note, at); i++) {
        if (note.n_namesz == sizeof go && read_at(fd, name, sizeof name, at + sizeof note) &&
            memcmp(name, go, sizeof go) == 0)
            return true;
        at += sizeof note + ((note.n_namesz + UINT64_C(3)) & ~UINT64_C(3)) +
              ((note.n_descsz + UINT64_C(3)) & ~UINT64_C(3));
    }
    return false;
}

static bool is_go(const struct elf *elf)
{
    for (size_t i = 0; i < elf->count; i++) {
        if (elf->headers[i].p_type == PT_NOTE &&
            has_go_note(elf->fd, elf->headers[i].p_offset, elf->headers[i].p_filesz))
            return true;
    }
    return false;
}

/* Where the byte at an address is in the file; 0 if nowhere. */
static uint64_t offset_of(const struct elf *elf, uint64_t address)
{
    for (size_t i = 0; i < elf->count; i++) {
        const ElfW(Phdr) *header = &elf->headers[i];

        if (header->p_type == PT_LOAD && address >= header->p_vaddr && address - header->p_vaddr < header->p_filesz)
            return header->p_offset + (address - header->p_vaddr);
    }
    return 0;
}

/* True if it loads AddressSanitizer's library, of GCC or Clang. */
static bool needs_sanitizer(const struct elf *elf)
{
    const ElfW(Phdr) *dynamic = find_header(elf, PT_DYNAMIC);
    ElfW(Dyn) entries[DYNAMIC_MAX];
    const size_t count = dynamic == NULL ? 0 : dynamic->p_filesz / sizeof entries[0];
    uint64_t names = 0;
    char name[NAME_MAX_BYTES];

    if (count == 0 || count > DYNAMIC_MAX || !read_at(elf->fd, entries, count * sizeof entries[0], dynamic->p_offset))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (entries[i].d_tag == DT_STRTAB)
            names = offset_of(elf, entries[i].d_un.d_ptr);
    }
    for (size_t i = 0; names != 0 && i < count; i++) {
        if (entries[i].d_tag != DT_NEEDED)
            continue;
        read_name(elf->fd, name, names + entries[i].d_un.d_val);
        if (strncmp(name, "libasan.so", 10) == 0 || strncmp(name, "libclang_rt.asan", 16) == 0)
            return true;
    }
    return false;
}

static enum program_file_kind look_at_elf(int fd)
{
    struct elf elf = {.fd = fd};
    struct target target;
    const ElfW(Phdr) * loader;
    char name[NAME_MAX_BYTES] = "";

    if (!begins_as_elf(fd))
        return PROGRAM_FILE_PLAIN;
    if (!read_target(fd, &target))
        return PROGRAM_FILE_DAMAGED;
    if (!is_for_our_system(&target))
        return PROGRAM_FILE_OTHER_CPU;
    if (is_cut_off(fd))
        return PROGRAM_FILE_DAMAGED;
    if (!read_headers(&elf))
        return PROGRAM_FILE_PLAIN;
    loader = find_header(&elf, PT_INTERP);
    if (loader != NULL)
        read_name(fd, name, loader->p_offset);
    if (is_go(&elf))
        return PROGRAM_FILE_GO;
    if (loader == NULL)
        return PROGRAM_FILE_STATIC;
    if (strstr(name, "musl") != NULL)
        return PROGRAM_FILE_OTHER_C;
    return needs_sanitizer(&elf) ? PROGRAM_FILE_SANITIZED : PROGRAM_FILE_PLAIN;
}

enum program_file_kind program_file_look(const char *program)
{
    enum program_file_kind kind = PROGRAM_FILE_PLAIN;
    char path[PATH_MAX];
    bool is_script = find_in_path(program, path);

    for (unsigned depth = 0; is_script && depth < SCRIPT_DEPTH; depth++) {
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

        if (fd < 0)
            break;
        is_script = find_interpreter(fd, path);
        if (!is_script)
            kind = has_other_rights(fd) ? PROGRAM_FILE_SET_ID : look_at_elf(fd);
        (void)close(fd);
    }
    return kind;
}
