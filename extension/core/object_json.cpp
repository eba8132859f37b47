#include "core/object_json.hpp"

#include "core/json.hpp"

namespace surefoot::core {

namespace {

void write(std::string &out, const Object &object)
{
	out.append("{\"kind\": ");
	json::write(out, object.kind);
	out.append(", \"identity\": ");
	json::write(out, object.identity);
	out.append(", \"root\": ");
	json::write(out, object.root);
	if (!object.address.empty()) {
		out.append(", \"address\": ");
		json::write(out, object.address);
	}
	out.append(", \"fields\": [");
	const char *separator = "[";
	for (const auto &[name, value] : object.fields) {
		out.append(separator);
		json::write(out, name);
		out.append(", ");
		json::write(out, value);
		out.append("]");
		separator = ", [";
	}
	out.append("]}");
}

Object read_object(json::Reader &in)
{
	Object object;
	in.object([&](const std::string &name) {
		if (name == "kind")
			object.kind = in.string();
		else if (name == "identity")
			object.identity = in.string();
		else if (name == "root")
			object.root = in.string();
		else if (name == "address")
			object.address = in.string();
		else if (name == "fields")
			in.array([&] {
				std::vector<std::string> pair;
				in.array([&] { pair.push_back(in.string()); });
				if (pair.size() != 2)
					in.fail();
				object.fields.emplace_back(std::move(pair[0]), std::move(pair[1]));
			});
		else
			in.fail();
	});
	return object;
}

} // namespace

std::string to_json(const Object &object)
{
	std::string out;
	write(out, object);
	return out;
}

std::string to_json(const Objects &objects)
{
	std::string out = "[";
	for (const Object &object : objects) {
		if (out.size() > 1)
			out.append(", ");
		write(out, object);
	}
	return out.append("]");
}

std::string to_json(const std::vector<Change> &changes)
{
	std::string out = "[";
	for (const Change &change : changes) {
		out.append(out.size() > 1 ? ", {\"before\": " : "{\"before\": ");
		if (change.before)
			write(out, *change.before);
		else
			out.append("null");
		out.append(", \"after\": ");
		if (change.after)
			write(out, *change.after);
		else
			out.append("null");
		out.append("}");
	}
	return out.append("]");
}

Objects objects_from_json(std::string_view text)
{
	Objects objects;
	json::Reader in(text);
	in.array([&] { objects.add(read_object(in)); });
	in.end();
	return objects;
}

std::vector<Change> changes_from_json(std::string_view text)
{
	std::vector<Change> changes;
	json::Reader in(text);
	in.array([&] {
		Change change;
		in.object([&](const std::string &name) {
			if (name != "before" && name != "after")
				in.fail();
			if (!in.null())
				(name == "before" ? change.before : change.after) = read_object(in);
		});
		if (!change.before && !change.after)
			in.fail();
		changes.push_back(std::move(change));
	});
	in.end();
	return changes;
}

} // namespace surefoot::core
