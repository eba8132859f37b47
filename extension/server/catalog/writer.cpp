#include "server/catalog/writer.hpp"

#include "server/catalog/roots.hpp"

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

void ObjectsWriter::begin(std::string_view kind, std::string_view identity)
{
	flush();
	object_.kind = kind;
	object_.identity = identity;
	object_.root = root_;
	object_.fields.reserve(4);
}

void ObjectsWriter::field(std::string_view name, std::string_view value)
{
	object_.fields.emplace_back(name, value);
}

} // namespace surefoot::catalog
