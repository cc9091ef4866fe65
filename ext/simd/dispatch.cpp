// Which kernels this build has and this machine can run.
#include "scalar.hpp"
#include "targets.hpp"

namespace qrcore {

KernelList available_kernels() {
#if defined(QRCORE_X86)
    static const Kernels* const list[] = {&sse4::kernels, &scalar::kernels};
    return sse4::supported() ? KernelList{list, 2} : KernelList{list + 1, 1};
#elif defined(QRCORE_NEON)
    static const Kernels* const list[] = {&neon::kernels, &scalar::kernels};
    return {list, 2};
#else
    static const Kernels* const list[] = {&scalar::kernels};
    return {list, 1};
#endif
}

}  // namespace qrcore
