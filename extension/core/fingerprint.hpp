/*
 * The hash of a set of definitions, fed object by object.
 *
 * Each root (a table with all that hangs on it) gets a digest of its own, of its objects in the order of kind and identity; the
 * fingerprint is the hash of the sorted digests. So neither the order of the catalogs nor that of the reader counts, and a whole
 * schema streams through with the memory of one root at a time.
 */
#pragma once

#include "core/object.hpp"
#include "core/sha256.hpp"

#include <functional>

namespace surefoot::core {

class Fingerprint {
public:
	/* hash computes SHA-256; a caller may know a faster one. */
	using Hash = std::function<Digest(std::string_view)>;
	explicit Fingerprint(Kind kind, Hash hash = sha256) : kind_(kind), hash_(std::move(hash)) {}

	void begin(std::string_view kind, std::string_view identity);
	void field(std::string_view name, std::string_view value);
	/* After the last object of a root. */
	void end_root();
	/* The fingerprint; end_root() was the last call. */
	std::string finish();

private:
	void put(std::string_view text);

	struct Entry {
		std::string_view name; /* kind and identity, in buffer_ once it no longer moves */
		size_t start, name_size, end;
	};
	Kind kind_;
	Hash hash_;
	std::string buffer_, ordered_;
	std::vector<Entry> entries_;
	std::vector<Digest> digests_;
};

} // namespace surefoot::core
