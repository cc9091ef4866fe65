// The portable kernels, written so that a compiler can vectorise them; also the tails of the hand-written ones.
#pragma once

#include "kernels.hpp"

namespace qrcore::scalar {

void halve(const std::uint8_t* a, const std::uint8_t* b, std::uint8_t* dst, std::size_t n);
void luma_rgb(const std::uint8_t* src, std::uint8_t* dst, std::size_t n);
void luma_rgba(const std::uint8_t* src, std::uint8_t* dst, std::size_t n);
void threshold(const std::uint8_t* src, const std::uint8_t* limit, std::uint64_t* bits, std::size_t n);
void between(const std::uint8_t* near, const std::uint8_t* far, std::uint8_t* dst, std::size_t n);
void widen(const std::uint8_t* src, std::uint8_t* dst, std::size_t n);
std::size_t cores(const std::int32_t* edges, std::size_t n, const RunTest& test, std::int32_t* hits);

extern const Kernels kernels;

}  // namespace qrcore::scalar
