// Counts the allocations of a process that it is preloaded into (glibc).
#define _GNU_SOURCE
#include <stddef.h>

extern void* __libc_malloc(size_t);
extern void* __libc_calloc(size_t, size_t);
extern void* __libc_realloc(void*, size_t);
extern void* __libc_memalign(size_t, size_t);

static long counted;

long allocations(void) { return counted; }

static void count(void) { __atomic_fetch_add(&counted, 1, __ATOMIC_RELAXED); }

void* malloc(size_t size) { return count(), __libc_malloc(size); }
void* calloc(size_t n, size_t size) { return count(), __libc_calloc(n, size); }
void* realloc(void* old, size_t size) { return count(), __libc_realloc(old, size); }
void* memalign(size_t alignment, size_t size) { return count(), __libc_memalign(alignment, size); }
void* aligned_alloc(size_t alignment, size_t size) { return count(), __libc_memalign(alignment, size); }
int posix_memalign(void** to, size_t alignment, size_t size) {
    count();
    *to = __libc_memalign(alignment, size);
    return *to ? 0 : 12;  // ENOMEM
}
