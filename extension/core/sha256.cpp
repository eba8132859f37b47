#include "core/sha256.hpp"

#include <bit>
#include <cstring>

namespace surefoot::core {

namespace {

constexpr uint32_t round_constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
	0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
	0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
	0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
	0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
	0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

using State = std::array<uint32_t, 8>;

void compress(State &state, const uint8_t *block)
{
	uint32_t w[64];
	for (int i = 0; i < 16; i++)
		w[i] = uint32_t(block[4 * i]) << 24 | uint32_t(block[4 * i + 1]) << 16 | uint32_t(block[4 * i + 2]) << 8 |
			   uint32_t(block[4 * i + 3]);
	for (int i = 16; i < 64; i++) {
		const uint32_t x = w[i - 15], y = w[i - 2];
		w[i] = w[i - 16] + (std::rotr(x, 7) ^ std::rotr(x, 18) ^ x >> 3) + w[i - 7] +
			   (std::rotr(y, 17) ^ std::rotr(y, 19) ^ y >> 10);
	}
	auto [a, b, c, d, e, f, g, h] = state;
	for (int i = 0; i < 64; i++) {
		const uint32_t t1 = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) + ((e & f) ^ (~e & g)) +
							round_constants[i] + w[i];
		const uint32_t t2 = (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
		h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
	}
	const State step = {a, b, c, d, e, f, g, h};
	for (int i = 0; i < 8; i++)
		state[i] += step[i];
}

} // namespace

Digest sha256(std::string_view bytes)
{
	State state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
	const uint8_t *data = reinterpret_cast<const uint8_t *>(bytes.data());
	size_t left = bytes.size();
	for (; left >= 64; data += 64, left -= 64)
		compress(state, data);

	uint8_t tail[128] = {};
	if (left > 0)
		std::memcpy(tail, data, left);
	tail[left] = 0x80;
	const size_t size = left < 56 ? 64 : 128;
	const uint64_t bits = uint64_t(bytes.size()) * 8;
	for (int i = 0; i < 8; i++)
		tail[size - 1 - i] = uint8_t(bits >> (8 * i));
	for (size_t i = 0; i < size; i += 64)
		compress(state, tail + i);

	Digest digest;
	for (int i = 0; i < 8; i++)
		for (int j = 0; j < 4; j++)
			digest[4 * i + j] = uint8_t(state[i] >> (24 - 8 * j));
	return digest;
}

std::string hexadecimal(const Digest &digest)
{
	static const char digits[] = "0123456789abcdef";
	std::string text;
	for (uint8_t byte : digest) {
		text.push_back(digits[byte >> 4]);
		text.push_back(digits[byte & 15]);
	}
	return text;
}

} // namespace surefoot::core
