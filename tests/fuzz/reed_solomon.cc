// A word with errors and erasures: within capacity it must come back; past it the answer must be a codeword near by,
// or none.
#include <algorithm>

#include "correct.hpp"
#include "encode.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const auto check = static_cast<std::size_t>(1 + input.below(68));
    const auto payload = static_cast<std::size_t>(1 + input.below(static_cast<int>(255 - check)));
    const int erased = input.below(static_cast<int>(check) + 2), wrong = input.below(static_cast<int>(check) + 2);

    std::vector<std::uint8_t> sent(payload);
    for (auto& d : sent) d = input.byte();
    for (const auto c : fuzz::check_codewords(sent, check)) sent.push_back(c);

    auto received = sent;
    std::vector<std::uint8_t> erasures;
    std::vector<bool> touched(sent.size());
    const auto damage = [&](int times, bool erase) {
        int changed = 0;
        for (int i = 0; i < times; ++i) {
            const auto place = static_cast<std::size_t>(input.below(static_cast<int>(sent.size())));
            if (touched[place]) continue;
            touched[place] = true;
            const std::uint8_t by = input.byte();
            received[place] ^= by;
            if (erase) erasures.push_back(static_cast<std::uint8_t>(place));
            else changed += by != 0;
        }
        return changed;
    };
    damage(erased, true);
    const int errors = damage(wrong, false), erasures_made = static_cast<int>(erasures.size());
    if (erasures.size() > check) return 0;

    auto word = received;
    const int most = (static_cast<int>(check) - erasures_made) / 2;
    const auto result = qrcore::mend_block(word, static_cast<int>(check), erasures, most);
    if (errors <= most) {
        fuzz::require(result.ok && word == sent);
        return 0;
    }
    if (!result.ok) {
        fuzz::require(word == received);
        return 0;
    }
    const auto again = fuzz::check_codewords(std::span(word).first(payload), check);
    fuzz::require(std::equal(again.begin(), again.end(), word.begin() + static_cast<std::ptrdiff_t>(payload)));
    int changed = 0;
    for (std::size_t i = 0; i < word.size(); ++i) changed += word[i] != received[i];
    fuzz::require(changed == result.changed && result.errors <= most && changed <= result.errors + erasures_made);
    return 0;
}
