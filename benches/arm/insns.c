// A plugin for qemu-aarch64 that counts the instructions of marked parts of a program, by kind.
//
//   qemu-aarch64 -plugin libinsns.so,out=FILE[,symbols=on] PROGRAM
//
// The program marks a part by calling getppid() before and after it. FILE gets a line of names and then one line of
// counts for each part; with symbols, at the end `@symbol count` for each function, of all parts together.
// A block of instructions is counted as a whole when it is entered, so where one faults in its middle those behind it
// count twice: once a fresh page. Threads are not told apart, and counted exactly only when there is one.
//
// Debian packages no header of the plugin interface, so its declarations stand here, in the version that QEMU had until
// 8.2. See docs/devel/tcg-plugins.rst of QEMU.
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info_t;
typedef void (*tb_trans_cb)(qemu_plugin_id_t, struct qemu_plugin_tb*);
typedef void (*tb_exec_cb)(unsigned vcpu, void* data);
typedef void (*exit_cb)(qemu_plugin_id_t, void* data);
typedef void (*syscall_cb)(qemu_plugin_id_t, unsigned vcpu, int64_t number, uint64_t, uint64_t, uint64_t, uint64_t,
                           uint64_t, uint64_t, uint64_t, uint64_t);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, tb_trans_cb);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb*, tb_exec_cb, int flags, void* data);
void qemu_plugin_register_vcpu_syscall_cb(qemu_plugin_id_t, syscall_cb);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, exit_cb, void* data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb*);
struct qemu_plugin_insn* qemu_plugin_tb_get_insn(const struct qemu_plugin_tb*, size_t index);
const char* qemu_plugin_insn_symbol(const struct qemu_plugin_insn*);

const void* qemu_plugin_insn_data(const struct qemu_plugin_insn*);

int qemu_plugin_version = 1;

// Vector and scalar floating-point arithmetic, and loads and stores of any register.
enum { all, vector, scalar_float, load, store, branch, kinds };
static const char* const names[kinds] = {"all", "vector", "float", "load", "store", "branch"};

// By the top-level encoding of A64 (Arm Architecture Reference Manual, C4.1): bits 28 to 25.
static int kind_of(uint32_t word) {
    const unsigned op0 = word >> 25 & 15;
    if ((op0 & 14) == 10) return branch;
    if ((op0 & 7) == 7) return word >> 28 & 1 ? (word >> 30 & 1 ? vector : scalar_float) : vector;
    if ((op0 & 5) != 4) return all;
    if ((word & 0x3B000000) == 0x18000000) return load;  // literal
    const bool single = (word & 0x3A000000) == 0x38000000, simd = word >> 26 & 1;
    if (single && !simd) return word >> 22 & 3 ? load : store;  // opc: 0 stores, the others load
    return word >> 22 & 1 ? load : store;
}

// What one translated block adds; the same code may be translated more than once.
struct block {
    uint64_t entered, before;  // in this part, in those before
    const char* symbol;
    uint32_t adds[kinds];
    struct block* next;
};

enum { getppid_number = 173 };  // of Linux on aarch64

static struct block* blocks;
static FILE* out;
static bool by_symbol, counting;

static void entered(unsigned vcpu, void* data) {
    (void)vcpu;
    ((struct block*)data)->entered += counting;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb* tb) {
    (void)id;
    struct block* b = calloc(1, sizeof *b);
    if (!b) abort();
    b->adds[all] = (uint32_t)qemu_plugin_tb_n_insns(tb);
    for (size_t i = 0; i < b->adds[all]; ++i) {
        uint32_t word;
        memcpy(&word, qemu_plugin_insn_data(qemu_plugin_tb_get_insn(tb, i)), sizeof word);
        const int kind = kind_of(word);
        if (kind != all) ++b->adds[kind];
    }
    const char* symbol = by_symbol ? qemu_plugin_insn_symbol(qemu_plugin_tb_get_insn(tb, 0)) : NULL;
    b->symbol = symbol ? symbol : "?";
    b->next = blocks;
    blocks = b;
    qemu_plugin_register_vcpu_tb_exec_cb(tb, entered, 0, b);
}

static void end_part(void) {
    uint64_t counts[kinds] = {0};
    for (struct block* b = blocks; b; b = b->next) {
        for (int kind = 0; kind < kinds; ++kind) counts[kind] += b->entered * b->adds[kind];
        b->before += b->entered;
        b->entered = 0;
    }
    for (int kind = 0; kind < kinds; ++kind) fprintf(out, "%" PRIu64 "%c", counts[kind], kind < branch ? ' ' : '\n');
}

static void called(qemu_plugin_id_t id, unsigned vcpu, int64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                   uint64_t e, uint64_t f, uint64_t g, uint64_t h) {
    (void)id, (void)vcpu, (void)a, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h;
    if (number != getppid_number) return;
    if (counting) end_part();
    counting = !counting;
}

static int by_name(const void* a, const void* b) {
    return strcmp((*(struct block* const*)a)->symbol, (*(struct block* const*)b)->symbol);
}

static void write_symbols(void) {
    size_t n = 0;
    for (struct block* b = blocks; b; b = b->next) ++n;
    struct block** sorted = malloc((n + 1) * sizeof *sorted);
    if (!sorted) abort();
    n = 0;
    for (struct block* b = blocks; b; b = b->next) sorted[n++] = b;
    qsort(sorted, n, sizeof *sorted, by_name);
    for (size_t i = 0; i < n;) {
        uint64_t count = 0;
        const char* symbol = sorted[i]->symbol;
        for (; i < n && !strcmp(sorted[i]->symbol, symbol); ++i) count += sorted[i]->before * sorted[i]->adds[all];
        if (count) fprintf(out, "@%s %" PRIu64 "\n", symbol, count);
    }
    free(sorted);
}

static void finished(qemu_plugin_id_t id, void* data) {
    (void)id, (void)data;
    if (by_symbol) write_symbols();
    fclose(out);
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t* info, int argc, char** argv) {
    (void)info;
    const char* path = NULL;
    for (int i = 0; i < argc; ++i) {
        if (!strncmp(argv[i], "out=", 4)) path = argv[i] + 4;
        if (!strcmp(argv[i], "symbols=on")) by_symbol = true;
    }
    out = path ? fopen(path, "w") : NULL;
    if (!out) {
        fprintf(stderr, "insns: give out=FILE that can be written\n");
        return -1;
    }
    for (int kind = 0; kind < kinds; ++kind) fprintf(out, "%s%c", names[kind], kind < branch ? ' ' : '\n');
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_vcpu_syscall_cb(id, called);
    qemu_plugin_register_atexit_cb(id, finished, NULL);
    return 0;
}
