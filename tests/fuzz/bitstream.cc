// Any bytes as the data of any symbol: no crash, and segments that tile the data.
#include "bitstream.hpp"
#include "encode.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static fuzz::Stage stage;
    static qrcore::Content content;
    fuzz::Input input(data, size);
    const auto specs = qrcore::symbologies();
    const auto& spec = specs[static_cast<std::size_t>(input.byte()) % specs.size()];
    const int version = spec.first_version + input.byte() % (spec.last_version - spec.first_version + 1);

    const auto status = qrcore::read_bitstream({input.rest(), version, spec}, stage.context, content);
    fuzz::require(status == qrcore::Status::ok || status == qrcore::Status::bitstream);
    std::size_t end = 0;
    for (const auto& segment : content.segments) {
        fuzz::require(segment.offset == end && segment.eci >= -1 && segment.eci <= 999999);
        end += segment.length;
    }
    if (status != qrcore::Status::ok) return 0;
    fuzz::require(end == content.data.size());
    fuzz::require(!content.data.empty() || content.padding_ok);
    fuzz::require(content.append.total == 0 || content.append.index < content.append.total);
    return 0;
}
