/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The harness as a program: sweeps scenes, replays one id, shows figures, or looks for the planted defects.
 */
#include <ftw.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "test/power/plant.h"
#include "test/power/scene.h"
#include "test/power/sweep.h"

static const char usage[] =
    "usage: power [OPTION...] [SCENE...]\n"
    "Cuts the power of virtual boards at every moment of each SCENE (a profile's file name without .yaml, or a way to a\n"
    "key; --list names them), lets them recover, and compares. Without SCENE: all of them.\n"
    "  --medium file|flash|flash-ecc   on this medium only\n"
    "  --ways                          all ways to a key\n"
    "  --long | --sampled              more, or less, than usual\n"
    "  --cuts                          every cut, and nothing else that goes wrong\n"
    "  --depth N                       how often power fails one after the other on files: up to 8\n"
    "  --seed N                        which of the samples are drawn\n"
    "  --plants                        look for each planted defect instead\n"
    "  --really                        kill processes, and compare what they leave with what is noted otherwise\n"
    "  --replay ID [--verbose]         run one id; with --verbose show the bus (profiles are run on the same parts)\n"
    "  --profiles DIRECTORY            where the profiles are\n"
    "  --list                          name the scenes and the plants\n";

struct options {
    const char *profiles, *medium, *replay;
    struct sweep_extent extent;
    bool plants, list, verbose, ways, really;
    char **scenes;
    int scene_count;
};

/* One scene on one board. */
struct stage {
    struct scene scene;
    struct board board;
    char folder[256], chip_path[512], name[128];
};

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static bool make_folder(struct stage *stage)
{
    const char *base = getenv("TMPDIR");

    if (base == NULL)
        base = access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
    (void)snprintf(stage->folder, sizeof stage->folder, "%s/imprint-power-XXXXXX", base);
    return mkdtemp(stage->folder) != NULL;
}

static void remove_folder(const struct stage *stage)
{
    (void)nftw(stage->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* The board for the scene that is open, on this medium. */
static bool set_up(struct stage *stage, enum medium_kind medium, const struct plant *plant)
{
    if (!board_make(&stage->board, &stage->scene, stage->chip_path, stage->folder, medium))
        return false;
    plant_set(&stage->board, plant);
    (void)snprintf(stage->name, sizeof stage->name, "%s/%s%s%s", stage->scene.name, medium_name(medium),
                   plant == NULL ? "" : "!", plant == NULL ? "" : plant->name);
    return true;
}

/* False when there is no such scene, or with a word on stderr when it cannot be opened. */
static bool open_scene(struct stage *stage, const char *profiles, const char *name)
{
    char failure[FAILURE_MAX];

    for (unsigned i = 0; scene_open(&stage->scene, profiles, i, stage->folder, stage->chip_path, failure); i++)
        if (strcmp(stage->scene.name, name) == 0)
            return true;
    fprintf(stderr, "power: %s: %s\n", name, failure[0] != '\0' ? failure : "there is no such scene (--list)");
    return false;
}

/* ---- figures ---------------------------------------------------------------------------------------------------- */

static void print_figures(const char *name, const struct sweep_figures *figures, double seconds)
{
    const struct outcome *unbroken = &figures->unbroken;
    const struct medium_counts *medium = &unbroken->medium;

    printf("%s\n", name);
    printf("  unbroken run: %llu bus transactions, %u commands (%.1f ms), %llu writes in the chip, ",
           (unsigned long long)unbroken->transactions, (unsigned)unbroken->commands, (double)unbroken->chip_us / 1000,
           (unsigned long long)unbroken->memory_changes);
    if (medium->programs + medium->erases > 0)
        printf("%u flash programs, %u erases\n", medium->programs, medium->erases);
    else
        printf("%u file writes, %u syncs, %u renames\n", medium->writes, medium->syncs, medium->renames);
    for (unsigned depth = 1; depth <= SWEEP_DEPTH_MAX && figures->points[depth] > 0; depth++)
        printf("  depth %u: %llu cut points, which leave %lu states that are new\n", depth, figures->points[depth],
               figures->states[depth]);
    if (figures->left_out > 0)
        printf("  (%lu states of the last depth left out of this sample)\n", figures->left_out);
    printf(
        "  runs that met something else: %lu, which leave %lu states more; killed with the chip powered: %lu; after a "
        "sync that lied: %lu\n",
        figures->faults, figures->other_states, figures->kills, figures->lies);
    printf("  worst recovery: %u commands, %.1f ms of chip time\n", (unsigned)figures->worst_commands,
           (double)figures->worst_us / 1000);
    if (figures->worst_opening_reads > 0)
        printf("  worst opening of the store: %lu reads, %lu bytes\n", figures->worst_opening_reads,
               figures->worst_opening_bytes);
    printf("  %lu failures; %lu runs in %.1f s\n", figures->failures, figures->runs, seconds);
    (void)fflush(stdout);
}

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static unsigned long sweep_on(struct stage *stage, const struct options *options, enum medium_kind medium)
{
    static struct sweep_figures figures;
    const double began = now_s();

    if (!set_up(stage, medium, NULL)) {
        fprintf(stderr, "power: %s: no board can be made\n", stage->scene.name);
        return 1;
    }
    if (options->really) {
        const unsigned long failures = medium == MEDIUM_FILE ? sweep_really(&stage->board, stage->name) : 0;
        board_free(&stage->board);
        return failures;
    }
    sweep_scene(&stage->board, stage->name, &options->extent, &figures);
    print_figures(stage->name, &figures, now_s() - began);
    board_free(&stage->board);
    return figures.failures;
}

/* ---- modes ------------------------------------------------------------------------------------------------------ */

static bool is_wanted(const struct options *options, const struct scene *scene)
{
    if (options->ways)
        return scene->way != NULL;
    for (int i = 0; i < options->scene_count; i++)
        if (strcmp(options->scenes[i], scene->name) == 0)
            return true;
    return options->scene_count == 0;
}

static int sweep_all(struct stage *stage, const struct options *options)
{
    char failure[FAILURE_MAX];
    unsigned long failures = 0;
    int found = 0;

    for (unsigned i = 0; scene_open(&stage->scene, options->profiles, i, stage->folder, stage->chip_path, failure);
         i++) {
        if (!is_wanted(options, &stage->scene))
            continue;
        found++;
        for (unsigned medium = 0; medium < MEDIUM_KINDS; medium++)
            if (options->medium == NULL || strcmp(options->medium, medium_name((enum medium_kind)medium)) == 0)
                failures += sweep_on(stage, options, (enum medium_kind)medium);
    }
    if (failure[0] != '\0' || found == 0 || found < options->scene_count) {
        fprintf(stderr, "power: %s\n", failure[0] != '\0' ? failure : "there is no such scene (--list)");
        return 2;
    }
    return failures == 0 ? 0 : 1;
}

static int list_all(struct stage *stage, const struct options *options)
{
    char failure[FAILURE_MAX];

    for (unsigned i = 0; scene_open(&stage->scene, options->profiles, i, stage->folder, stage->chip_path, failure); i++)
        printf("%-28s %s\n", stage->scene.name, stage->scene.way == NULL ? "profile" : "way");
    for (unsigned i = 0; i < plant_count; i++)
        printf("!%-27s %s\n", plants[i].name, plants[i].what);
    return failure[0] == '\0' ? 0 : 2;
}

/* Sets up what an id names and runs it. What `sweep_replay()` answers; 2 too for what is no id. */
static int replay(struct stage *stage, const struct options *options, const char *text, FILE *out)
{
    char id[MOMENT_TEXT_MAX + 128]; /* SCENE/MEDIUM!PLANT/STEPS, taken apart in place */
    struct moment_path path;
    const struct plant *plant = NULL;
    unsigned medium = 0;

    (void)snprintf(id, sizeof id, "%s", text);
    char *on = strchr(id, '/'), *steps = on == NULL ? NULL : strchr(on + 1, '/');
    if (steps == NULL || !moment_parse(steps + 1, &path)) {
        fprintf(stderr, "power: an id is SCENE/MEDIUM/STEPS\n");
        return 2;
    }
    *on++ = *steps++ = '\0';
    char *mark = strchr(on, '!');
    if (mark != NULL) {
        *mark++ = '\0';
        plant = plant_find(mark);
    }
    while (medium < MEDIUM_KINDS && strcmp(on, medium_name((enum medium_kind)medium)) != 0)
        medium++;
    if (medium == MEDIUM_KINDS || (mark != NULL && plant == NULL)) {
        fprintf(stderr, "power: no such %s\n", medium == MEDIUM_KINDS ? "medium" : "plant");
        return 2;
    }
    plant_set(&stage->board, NULL);
    if (!open_scene(stage, options->profiles, id) || !set_up(stage, (enum medium_kind)medium, plant))
        return 2;
    const int result = sweep_replay(&stage->board, &path, out, options->verbose);
    board_free(&stage->board);
    return result;
}

/* Whether the defect shows in one of its scenes. */
static bool find_plant(struct stage *stage, const struct options *options, const struct plant *plant,
                       struct sweep_figures *figures)
{
    for (size_t i = 0; i < sizeof plant->scenes / sizeof plant->scenes[0] && plant->scenes[i] != NULL; i++) {
        plant_set(&stage->board, NULL);
        if (!open_scene(stage, options->profiles, plant->scenes[i]) || !set_up(stage, plant->medium, plant))
            return false;
        sweep_scene(&stage->board, stage->name, &sweep_plants, figures);
        board_free(&stage->board);
        if (figures->failures > 0)
            return true;
    }
    return false;
}

/* Each planted defect is found; its id shows it again, and shows nothing where the defect is not. */
static int find_plants(struct stage *stage, const struct options *options)
{
    static struct sweep_figures figures;
    unsigned missed = 0;

    for (unsigned i = 0; i < plant_count; i++) {
        const bool caught = find_plant(stage, options, &plants[i], &figures);
        const bool shown = caught && replay(stage, options, figures.first_id, NULL) == 1;
        plant_set(&stage->board, NULL);
        char sound[sizeof figures.first_id];
        const char *mark = caught ? strchr(figures.first_id, '!') : NULL,
                   *rest = mark == NULL ? NULL : strchr(mark, '/');
        (void)snprintf(sound, sizeof sound, "%.*s%s", mark == NULL || rest == NULL ? 0 : (int)(mark - figures.first_id),
                       figures.first_id, rest == NULL ? "" : rest);
        const int without = rest == NULL ? 1 : replay(stage, options, sound, NULL);
        missed += !caught || !shown || without == 1;
        printf("%-20s %s\n", plants[i].name, plants[i].what);
        if (caught)
            printf("%-20s %s: %s%s%s\n", "", figures.first_id, figures.first_failure,
                   shown ? "" : "; its id does not show it again", without == 1 ? "; the sound one does as well" : "");
        else
            printf("%-20s NOT CAUGHT\n", "");
        (void)fflush(stdout);
    }
    printf("%u planted defects, %u missed\n", plant_count, missed);
    return missed == 0 ? 0 : 1;
}

static bool read_options(struct options *options, int argc, char **argv)
{
    enum {
        PROFILES = 'p',
        MEDIUM = 'm',
        LONG = 'l',
        SAMPLED = 'q',
        SEED = 's',
        PLANTS = 'b',
        REPLAY = 'r',
        LIST = 'n'
    };
    static const struct option known[] = {{"profiles", required_argument, NULL, PROFILES},
                                          {"medium", required_argument, NULL, MEDIUM},
                                          {"ways", no_argument, NULL, 'w'},
                                          {"long", no_argument, NULL, LONG},
                                          {"cuts", no_argument, NULL, 'c'},
                                          {"sampled", no_argument, NULL, SAMPLED},
                                          {"depth", required_argument, NULL, 'd'},
                                          {"seed", required_argument, NULL, SEED},
                                          {"plants", no_argument, NULL, PLANTS},
                                          {"replay", required_argument, NULL, REPLAY},
                                          {"verbose", no_argument, NULL, 'v'},
                                          {"really", no_argument, NULL, 'k'},
                                          {"list", no_argument, NULL, LIST},
                                          {NULL, 0, NULL, 0}};
    unsigned seed = 1;
    unsigned long depth = 0;
    int letter;

    *options = (struct options){.profiles = "profiles", .extent = sweep_short};
    while ((letter = getopt_long(argc, argv, "vw", known, NULL)) != -1) {
        switch (letter) {
        case PROFILES:
            options->profiles = optarg;
            break;
        case MEDIUM:
            options->medium = optarg;
            break;
        case 'w':
            options->ways = true;
            break;
        case LONG:
            options->extent = sweep_long;
            break;
        case 'c':
            options->extent = sweep_cuts;
            break;
        case SAMPLED:
            options->extent = sweep_sampled;
            break;
        case 'd':
            depth = strtoul(optarg, NULL, 10);
            if (depth == 0 || depth > SWEEP_DEPTH_MAX)
                return false;
            break;
        case SEED:
            seed = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case PLANTS:
            options->plants = true;
            break;
        case REPLAY:
            options->replay = optarg;
            break;
        case 'k':
            options->really = true;
            break;
        case 'v':
            options->verbose = true;
            break;
        case LIST:
            options->list = true;
            break;
        default:
            return false;
        }
    }
    options->extent.seed = seed;
    if (depth != 0)
        options->extent.depth = (unsigned)depth;
    options->scenes = argv + optind;
    options->scene_count = argc - optind;
    return true;
}

int main(int argc, char **argv)
{
    static struct stage stage;
    struct options options;
    int result;

    if (!read_options(&options, argc, argv)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    if (!make_folder(&stage)) {
        fprintf(stderr, "power: no folder for the boards\n");
        return 2;
    }
    if (options.list)
        result = list_all(&stage, &options);
    else if (options.replay != NULL)
        result = replay(&stage, &options, options.replay, stdout);
    else if (options.plants)
        result = find_plants(&stage, &options);
    else
        result = sweep_all(&stage, &options);
    remove_folder(&stage);
    return result;
}
