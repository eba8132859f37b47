/* Where formatted definitions go: into Objects, or straight into a hash. */
#pragma once

#include "core/fingerprint.hpp"
#include "core/object.hpp"
#include "server/pg.hpp"

extern "C" {
#include "common/cryptohash.h"
}

namespace surefoot::catalog {

class Writer {
public:
	virtual ~Writer() = default;
	/* What follows, until end_root(), hangs on this top-level object. */
	virtual void begin_root(const ObjectAddress &root) = 0;
	virtual void end_root() = 0;
	virtual void begin(std::string_view kind, std::string_view identity, const ObjectAddress &address) = 0;
	virtual void field(std::string_view name, std::string_view value) = 0;

	/* A field that is left out when it is empty. */
	void maybe(std::string_view name, std::string_view value)
	{
		if (!value.empty())
			field(name, value);
	}
	/* A field that is left out when it is ordinary. */
	void flag(std::string_view name, bool set)
	{
		if (set)
			field(name, "yes");
	}
};

class ObjectsWriter : public Writer {
public:
	explicit ObjectsWriter(core::Objects &objects) : objects_(objects) {}
	void begin_root(const ObjectAddress &root) override;
	void end_root() override;
	void begin(std::string_view kind, std::string_view identity, const ObjectAddress &address) override;
	void field(std::string_view name, std::string_view value) override;

private:
	void flush();
	core::Objects &objects_;
	core::Object object_;
	std::string root_;
};

class HashWriter : public Writer {
public:
	explicit HashWriter(core::Kind kind);
	~HashWriter() override;
	void begin_root(const ObjectAddress &) override {}
	void end_root() override { fingerprint_.end_root(); }
	void begin(std::string_view kind, std::string_view identity, const ObjectAddress &) override
	{
		fingerprint_.begin(kind, identity);
	}
	void field(std::string_view name, std::string_view value) override { fingerprint_.field(name, value); }
	std::string finish() { return fingerprint_.finish(); }

private:
	core::Digest digest(std::string_view bytes);
	pg_cryptohash_ctx *hash_; /* the server's, which uses what the processor offers */
	core::Fingerprint fingerprint_;
};

} // namespace surefoot::catalog
