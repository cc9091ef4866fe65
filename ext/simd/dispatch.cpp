// Which kernels this build has and this machine can run.
#include "kernels.hpp"
#include "scalar.hpp"

namespace qrcore {

KernelList available_kernels() {
    static const Kernels* const list[] = {&scalar::kernels};
    return {list, 1};
}

}  // namespace qrcore
