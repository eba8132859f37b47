/* SHA-256 (FIPS 180-4), so that core can be tested without a server and gives the same fingerprint as inside one. */
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace surefoot::core {

using Digest = std::array<uint8_t, 32>;

Digest sha256(std::string_view bytes);

std::string hexadecimal(const Digest &digest);

} // namespace surefoot::core
