// Functions that are compiled twice where the loader can choose between them: for any x86-64 and for AVX2, whose
// vectors are twice as long. Their results are the same, as nothing is contracted and sums have a fixed number of
// lanes. For loops over floats that the compiler makes vectors of; what is written by hand is in kernels.hpp.
#pragma once

#include <cstddef>  // glibc's name, where it is glibc

#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define QRCORE_CLONES [[gnu::target_clones("avx2", "default")]]
#else
#define QRCORE_CLONES
#endif
