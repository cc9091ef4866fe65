// The targets that this build has beside the scalar one.
#pragma once

#include "kernels.hpp"

#if defined(__x86_64__) || defined(_M_X64) || defined(__i386__)
#define QRCORE_X86 1
namespace qrcore::sse4 {
extern const Kernels kernels;
bool supported();
}  // namespace qrcore::sse4
namespace qrcore::avx2 {
extern const Kernels kernels;
bool supported();
}  // namespace qrcore::avx2
#elif defined(__aarch64__) || defined(_M_ARM64)
#define QRCORE_NEON 1
namespace qrcore::neon {
extern const Kernels kernels;  // every 64-bit ARM has it
}  // namespace qrcore::neon
#endif
