#include "server/catalog/writer.hpp"

#include "server/catalog/roots.hpp"
#include "server/guard.hpp"

namespace surefoot::catalog {

void ObjectsWriter::begin_root(const ObjectAddress &root)
{
	root_ = root_text(root);
}

void ObjectsWriter::flush()
{
	if (!object_.kind.empty())
		objects_.add(std::move(object_));
	object_ = {};
}

void ObjectsWriter::end_root()
{
	flush();
}

void ObjectsWriter::begin(std::string_view kind, std::string_view identity, const ObjectAddress &address)
{
	flush();
	object_.kind = kind;
	object_.identity = identity;
	object_.root = root_;
	object_.address = address_text(address);
	object_.fields.reserve(4);
}

void ObjectsWriter::field(std::string_view name, std::string_view value)
{
	object_.fields.emplace_back(name, value);
}

HashWriter::HashWriter(core::Kind kind)
	: hash_(pg_call([] { return pg_cryptohash_create(PG_SHA256); })),
	  fingerprint_(kind, [this](std::string_view bytes) { return digest(bytes); })
{
}

HashWriter::~HashWriter()
{
	pg_cryptohash_free(hash_);
}

core::Digest HashWriter::digest(std::string_view bytes)
{
	core::Digest result;
	const uint8 *data = reinterpret_cast<const uint8 *>(bytes.data());
	if (hash_ == nullptr || pg_cryptohash_init(hash_) < 0 || pg_cryptohash_update(hash_, data, bytes.size()) < 0 ||
		pg_cryptohash_final(hash_, result.data(), result.size()) < 0)
		return core::sha256(bytes);
	return result;
}

} // namespace surefoot::catalog
