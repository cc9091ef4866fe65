// Which kernels this build has and this machine can run.
#include "scalar.hpp"
#include "targets.hpp"

namespace qrcore {

KernelList available_kernels() {
#if defined(QRCORE_X86)
    static const Kernels* const list[] = {&avx2::kernels, &sse4::kernels, &scalar::kernels};
    const std::size_t missing = !sse4::supported() ? 2 : !avx2::supported() ? 1 : 0;
    return {list + missing, 3 - missing};
#elif defined(QRCORE_NEON)
    static const Kernels* const list[] = {&neon::kernels, &scalar::kernels};
    return {list, 2};
#else
    static const Kernels* const list[] = {&scalar::kernels};
    return {list, 1};
#endif
}

}  // namespace qrcore
